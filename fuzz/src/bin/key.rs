#![no_main]

use cancuoc::lds::key::AccessKey;
use cancuoc_fuzz::bounded;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| AccessKey::parse(text, date(2026, 1, 1))));
