#![no_main]

use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::profile;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    if let Ok(certificate) = Certificate::decode(bytes) {
        let _ = certificate.public_key();
        let _ = certificate.scheme();
        let _ = profile::departures(&certificate);
    }
}));
