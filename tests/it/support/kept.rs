//! A kept store in a place of its own, and what files change in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use cancuoc::error::TrustError;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::TrustStore;
use cancuoc::trust::change::Change;
use cancuoc::trust::change::Confirmation;
use cancuoc::trust::change::Offer;
use cancuoc::trust::change::Proposal;
use cancuoc::trust::change::Skip;
use cancuoc::trust::change::What;
use cancuoc::trust::folder;
use cancuoc::trust::holding::holdings;
use cancuoc::trust::kept::Kept;
use cancuoc::trust::kept::Kind;
use cancuoc::trust::kept::Word;

/// The time of every test.
pub fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// A place for a store. Removed when dropped.
pub struct Place(PathBuf);

impl Place {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("cancuoc-trust-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn kept(&self) -> Kept {
        Kept::open_or_create(&self.0).unwrap()
    }

    /// Every file and its bytes.
    pub fn state(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut state = BTreeMap::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    state.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        state
    }

    /// What these files would change.
    pub fn propose(
        &self,
        files: &[&[u8]],
        fingerprints: &[[u8; 32]],
    ) -> Result<Proposal, TrustError> {
        self.propose_so(files, fingerprints, false)
    }

    pub fn propose_so(
        &self,
        files: &[&[u8]],
        fingerprints: &[[u8; 32]],
        beside: bool,
    ) -> Result<Proposal, TrustError> {
        let mut offers = Vec::new();
        for bytes in files {
            offers.push(Offer {
                holdings: holdings(bytes, "file")?,
                source: "file".to_owned(),
                as_: Word::Operator,
            });
        }
        let confirmed = Confirmation {
            fingerprints: fingerprints.to_vec(),
            beside,
        };
        self.kept().propose_all(offers, &confirmed, now())
    }

    /// Adds these files.
    pub fn add(
        &self,
        files: &[&[u8]],
        fingerprints: &[[u8; 32]],
    ) -> Result<Vec<Change>, TrustError> {
        self.add_so(files, fingerprints, false)
    }

    pub fn add_so(
        &self,
        files: &[&[u8]],
        fingerprints: &[[u8; 32]],
        beside: bool,
    ) -> Result<Vec<Change>, TrustError> {
        let proposal = self.propose_so(files, fingerprints, beside)?;
        let changes = proposal.changes().to_vec();
        self.kept().apply(proposal)?;
        Ok(changes)
    }

    /// Sees that these files are refused with that code, and nothing is changed by it.
    pub fn refuses(&self, files: &[&[u8]], fingerprints: &[[u8; 32]], code: &str) {
        let before = self.state();
        let fault = self.add(files, fingerprints).unwrap_err();
        assert_eq!(fault.code(), code, "{fault}");
        assert_eq!(self.state(), before, "{code}");
    }

    pub fn remove(&self, fingerprint: [u8; 32]) -> Vec<Change> {
        let proposal = self.kept().propose_removal(&[fingerprint], now()).unwrap();
        let changes = proposal.changes().to_vec();
        self.kept().apply(proposal).unwrap();
        changes
    }

    pub fn trust(&self) -> TrustStore {
        let mut store = TrustStore::empty();
        folder::load(&mut store, &self.0).unwrap();
        store
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn print(certificate: &[u8]) -> [u8; 32] {
    *Certificate::decode(certificate).unwrap().fingerprint()
}

/// How many changes are of that kind, by what happens.
pub fn count(changes: &[Change], kind: Kind, what: &str) -> usize {
    changes
        .iter()
        .filter(|change| change.item.kind == kind && word(&change.what) == what)
        .count()
}

/// What happens to a thing, in a word: the code where it is refused.
pub fn word(what: &What) -> &str {
    match what {
        What::Added => "added",
        What::Removed => "removed",
        What::Replaced { .. } => "replaced",
        What::Skipped(Skip::Present) => "present",
        What::Skipped(Skip::Excluded) => "excluded",
        What::Skipped(Skip::Refused(fault)) => fault.code(),
        What::Skipped(_) => "skipped",
    }
}

/// SHA-256 of a file, by way of what it holds.
pub fn file_digest(bytes: &[u8]) -> [u8; 32] {
    holdings(bytes, "file").unwrap()[0].sha256()
}
