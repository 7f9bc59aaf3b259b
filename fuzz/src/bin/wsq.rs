#![no_main]

use cancuoc::image::wsq;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| wsq::decode(bytes)));
