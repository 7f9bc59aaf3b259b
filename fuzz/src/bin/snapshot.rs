#![no_main]

use cancuoc::registry::Snapshot;
use cancuoc::registry::snapshot::Signers;
use cancuoc::registry::snapshot::check_list;
use cancuoc_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

// What is behind a signature is tried without one, too.
fuzz_target!(|bytes: &[u8]| bounded(|| {
    let list = check_list(bytes);
    (Snapshot::decode(bytes, Signers::Any).is_ok(), list.is_ok())
}));
