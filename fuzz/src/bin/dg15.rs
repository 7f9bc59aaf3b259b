#![no_main]

use cancuoc::lds::dg15;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| dg15::decode(bytes)));
