#![no_main]

use cancuoc::pki::deviation_list::DeviationList;
use cancuoc::pki::deviation_list::Document;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    if let Ok(list) = DeviationList::decode(bytes) {
        let signers = list.signers();
        let document = Document {
            signer: signers.first(),
            document_type: Some("ID"),
            number: Some("000000001"),
            issued: None,
        };
        let _ = list.concerning(&document).len();
    }
}));
