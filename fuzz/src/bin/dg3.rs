#![no_main]

use cancuoc::lds::dg3::Dg3;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg3::decode(bytes)));
