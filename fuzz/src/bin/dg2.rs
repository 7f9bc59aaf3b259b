#![no_main]

use cancuoc::lds::dg2::Dg2;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg2::decode(bytes)));
