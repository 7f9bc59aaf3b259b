#![no_main]

use cancuoc::lds::card_security;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(
    || card_security::signed_data(bytes).map(|content| content.len())
));
