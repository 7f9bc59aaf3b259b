#![no_main]

use cancuoc::lds::com::Com;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Com::decode(bytes)));
