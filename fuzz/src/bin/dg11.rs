#![no_main]

use cancuoc::lds::dg11::Dg11;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg11::decode(bytes)));
