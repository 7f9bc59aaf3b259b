#![no_main]

use cancuoc::attest::signed::SignedReport;
use cancuoc::seal::canonical::canonical;
use cancuoc::seal::canonical::parse;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| {
    if let Ok(value) = parse(bytes) {
        // What is read has one spelling, and that spelling has one meaning.
        let spelled = canonical(&value).expect("whatever is read has a canonical form");
        assert_eq!(parse(&spelled).as_ref(), Ok(&value));
    }
    SignedReport::decode(bytes).map(|report| report.signature(&[]))
}));
