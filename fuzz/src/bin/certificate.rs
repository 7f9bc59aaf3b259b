#![no_main]

use cancuoc::pki::certificate::Certificate;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Certificate::decode(bytes)));
