#![no_main]

use cancuoc::lds::dg4::Dg4;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg4::decode(bytes)));
