#![no_main]

use cancuoc::lds::dg13::Dg13;
use cancuoc::lds::dg13::Layout;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| Dg13::decode(bytes, Layout::VnCitizen)));
