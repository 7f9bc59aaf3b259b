#![no_main]

use cancuoc::pki::master_list::MasterList;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bounded(|| MasterList::decode(bytes)));
