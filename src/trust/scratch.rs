//! A folder for one test, and authorities to put into it.

use std::path::Path;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pki::build::Draft;
use crate::pki::build::name;

/// A folder that is removed at the end.
pub(in crate::trust) struct Scratch(PathBuf);

impl Scratch {
    /// A folder with these files.
    pub(in crate::trust) fn new(test: &str, files: &[(&str, &[u8])]) -> Self {
        let name = format!("cancuoc-trust-{test}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        for (file, bytes) in files {
            std::fs::write(path.join(file), bytes).unwrap();
        }
        Self(path)
    }

    pub(in crate::trust) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An authority's self-signed certificate over the key with that number.
pub(in crate::trust) fn root(key: u8) -> Vec<u8> {
    let name = name("VN", &format!("Test CSCA {key}"));
    Draft::authority(&name, key, &name, key).sign(key)
}

/// An armoured block, with words before it.
pub(in crate::trust) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("some words\n-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}
