#![no_main]

use cancuoc::lds::sod;
use cancuoc::lds::sod::SecurityObject;
use cancuoc::pki::cms::SignedData;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    let Ok(content_info) = sod::signed_data(bytes) else {
        return;
    };
    if let Ok(signed_data) = SignedData::decode(&content_info) {
        let _ = SecurityObject::decode(&signed_data.content);
    }
}));
