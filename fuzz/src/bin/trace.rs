#![no_main]

use cancuoc::transport::trace::Trace;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Trace::parse(text)));
