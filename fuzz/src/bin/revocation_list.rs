#![no_main]

use cancuoc::pki::crl::Crl;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Crl::decode(bytes)));
