//! Certificates, CRLs and signed data for tests.

use std::path::PathBuf;

use crate::pki::master_list::MasterList;

/// A file of the trust data beside the project, where it is there.
pub(crate) fn shared(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(file);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("skipped: no ../shared/data");
    }
    bytes
}

/// Both German master lists, where they are there.
pub(crate) fn master_lists() -> Option<[MasterList; 2]> {
    let read = |file| shared(file).map(|bytes| MasterList::decode(&bytes).unwrap());
    Some([
        read("trust/DE_ML_2024-08-07-07-38-24.ml")?,
        read("trust/DE_ML_2026-05-28-08-28-45.ml")?,
    ])
}
