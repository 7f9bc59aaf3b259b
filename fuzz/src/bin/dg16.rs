#![no_main]

use cancuoc::lds::dg16::Dg16;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg16::decode(bytes).map(|read| read.fields())));
