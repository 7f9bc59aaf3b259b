#![no_main]

use cancuoc::crypto::algorithm;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    let _ = algorithm::names_curve_in_full(bytes);
    algorithm::subject_public_key(bytes)
}));
