#![no_main]

use cancuoc::lds::sod::SecurityObject;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| SecurityObject::decode(bytes)));
