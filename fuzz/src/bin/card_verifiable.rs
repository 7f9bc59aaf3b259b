#![no_main]

use cancuoc::pki::cvc::CvCertificate;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| CvCertificate::decode(bytes)));
