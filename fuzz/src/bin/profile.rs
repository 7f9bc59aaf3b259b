#![no_main]

use cancuoc::profile::Profile;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bounded(|| Profile::parse(text)));
