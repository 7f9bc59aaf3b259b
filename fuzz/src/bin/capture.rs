#![no_main]

use cancuoc::capture::Capture;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Capture::from_json(text, "fuzzed")));
