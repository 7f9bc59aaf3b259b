#![no_main]

use cancuoc::lds::lds2::directory;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    (
        directory::applications(bytes),
        directory::signed_copy(bytes),
    )
}));
