#![no_main]

use cancuoc::lds::printed::Printed;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Printed::parse(text)));
