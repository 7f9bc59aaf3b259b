#![no_main]

use cancuoc::lds::dg1::Dg1;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg1::decode(bytes)));
