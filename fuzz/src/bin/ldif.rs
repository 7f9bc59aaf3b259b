#![no_main]

use cancuoc::pki::ldif;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    let _ = ldif::is_ldif(bytes);
    ldif::entries(bytes)
}));
