#![no_main]

use cancuoc::lds::security_infos::SecurityInfos;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| SecurityInfos::decode(bytes)));
