#![no_main]

use cancuoc::bytes::tlv::definite;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::cms::SignedData;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    let Ok(definite) = definite(bytes) else {
        return;
    };
    let Ok(signed) = SignedData::decode(&definite) else {
        return;
    };
    let certificates: Vec<Certificate> = signed
        .certificates
        .iter()
        .filter_map(|raw| Certificate::decode(raw).ok())
        .collect();
    for signer in &signed.signers {
        let named = certificates.iter().filter(|one| signer.id.names(one));
        let _ = named.count();
        if let Some(attributes) = &signer.signed_attributes {
            let _ = (attributes.as_set(), attributes.sorted_set());
        }
    }
}));
