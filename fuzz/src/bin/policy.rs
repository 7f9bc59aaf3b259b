#![no_main]

use cancuoc::verify::Policy;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Policy::parse(text)));
