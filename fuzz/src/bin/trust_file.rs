#![no_main]

use cancuoc::trust::holding::holdings;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| holdings(bytes, "file")));
