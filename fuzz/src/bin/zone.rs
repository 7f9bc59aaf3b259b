#![no_main]

use cancuoc::lds::mrz::Mrz;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Mrz::parse(text)));
