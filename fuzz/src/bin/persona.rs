#![no_main]

use cancuoc::sim::persona::file;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| file::parse(text)));
