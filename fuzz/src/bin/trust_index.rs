#![no_main]

use cancuoc::trust::index::check;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| check(bytes)));
