#![no_main]

use cancuoc::lds::dg12::Dg12;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg12::decode(bytes)));
