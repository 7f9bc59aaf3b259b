#![no_main]

use cancuoc::lds::lds2::visa::VisaRecord;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| VisaRecord::decode(bytes)));
