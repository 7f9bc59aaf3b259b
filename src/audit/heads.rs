//! The checkpoints of a log, held against its records one after the other.

use std::fs;
use std::path::Path;

use crate::audit::chain::Chain;
use crate::audit::chain::broken;
use crate::audit::folder::NextNote;
use crate::audit::folder::Notes;
use crate::audit::folder::key_path;
use crate::audit::folder::unusable;
use crate::audit::note::Sealed;
use crate::audit::note::Signed;
use crate::error::AuditError;
use crate::error::AuditFault;
use crate::seal::key::DeviceId;
use crate::seal::key::DevicePublic;

/// Most keys of a log that are looked at: one a week for a year.
const MAX_KEYS: usize = 64;

/// The public keys that lie in a log's folder under their own names, those of a list where one is
/// given.
pub(super) fn keys(dir: &Path, among: &[DeviceId]) -> Result<Vec<DevicePublic>, AuditError> {
    let failed = |error| unusable(dir, &error);
    let mut keys: Vec<DevicePublic> = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".pem"));
        let Some(id) = digits.and_then(DeviceId::parse) else {
            continue;
        };
        let wanted = among.is_empty() || among.contains(&id);
        if !wanted || keys.len() == MAX_KEYS {
            continue;
        }
        let loaded = DevicePublic::load(&key_path(dir, id)).ok();
        keys.extend(loaded.filter(|key| key.id() == id));
    }
    Ok(keys)
}

/// Which signatures are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signatures {
    /// Those of every checkpoint.
    All,
    /// That of the last one, and of those that [`Heads::vouched`] is asked about.
    Last,
}

/// The checkpoints in the order of their sizes.
pub(super) struct Heads {
    notes: Option<Notes>,
    keys: Vec<DevicePublic>,
    signatures: Signatures,
    next: Option<Signed>,
    /// The one before.
    last: Option<Signed>,
    /// Number of checkpoints that the records agree with.
    pub(super) agreed: u64,
    /// Length of the file up to the end of its last whole note.
    pub(super) good: u64,
    /// Who signed.
    pub(super) signers: Vec<DeviceId>,
    /// The log's name.
    pub(super) origin: Option<String>,
}

impl Heads {
    /// Opens the file and reads the first one.
    pub(super) fn open(
        dir: &Path,
        keys: Vec<DevicePublic>,
        signatures: Signatures,
    ) -> Result<Self, AuditError> {
        let mut heads = Self {
            notes: Notes::open(dir)?,
            keys,
            signatures,
            next: None,
            last: None,
            agreed: 0,
            good: 0,
            signers: Vec::new(),
            origin: None,
        };
        heads.advance()?;
        Ok(heads)
    }

    /// Goes on to the next checkpoint.
    fn advance(&mut self) -> Result<(), AuditError> {
        let before = self.next.take();
        let seq = before.as_ref().map_or(0, |note| note.checkpoint().size);
        self.last = before.or_else(|| self.last.take());
        let Some(notes) = &mut self.notes else {
            return Ok(());
        };
        let note = match notes.next()? {
            NextNote::Note(note) => note,
            // A checkpoint that was not written whole was never given to anybody from here.
            NextNote::Torn | NextNote::End => {
                self.notes = None;
                return Ok(());
            }
            NextNote::Long => return Err(broken(seq, AuditFault::Checkpoint)),
        };
        self.good = notes.offset;
        let note = Signed::read(&note).ok_or_else(|| broken(seq, AuditFault::Checkpoint))?;
        let size = note.checkpoint().size;
        if size < seq {
            return Err(broken(size, AuditFault::Order));
        }
        let origin = &note.checkpoint().origin;
        if self.origin.as_ref().is_some_and(|known| known != origin) {
            return Err(broken(size, AuditFault::Origin));
        }
        self.origin = Some(origin.clone());
        if self.signatures == Signatures::All {
            self.vouch(&note)?;
        }
        self.next = Some(note);
        Ok(())
    }

    /// Whether a known key signed a checkpoint, and none of them wrongly.
    pub(super) fn vouch(&mut self, note: &Signed) -> Result<(), AuditError> {
        let size = note.checkpoint().size;
        let mut found = Err(broken(size, AuditFault::Signer));
        for key in &self.keys {
            match note.signed_by(key) {
                Sealed::No => {}
                Sealed::Wrong => return Err(broken(size, AuditFault::Signature)),
                Sealed::Right => {
                    if !self.signers.contains(&key.id()) {
                        self.signers.push(key.id());
                    }
                    found = Ok(());
                }
            }
        }
        found
    }

    /// Goes on to the first checkpoint of this size or a larger one, without holding those before
    /// against anything. Gives the one of this size, if there is one.
    pub(super) fn skip_to(&mut self, size: u64) -> Result<Option<Signed>, AuditError> {
        while let Some(next) = &self.next {
            if next.checkpoint().size >= size {
                break;
            }
            self.advance()?;
        }
        Ok(self
            .next
            .clone()
            .filter(|next| next.checkpoint().size == size))
    }

    /// Holds the checkpoints of this many records against the tree over them.
    pub(super) fn check(&mut self, chain: &Chain) -> Result<(), AuditError> {
        while let Some(next) = &self.next {
            let head = next.checkpoint();
            if head.size != chain.seq() {
                break;
            }
            if head.root != chain.tree.root() {
                // The chain holds, so whoever wrote this anew began behind the last agreement.
                let seq = self.covered();
                return Err(AuditError::Broken {
                    seq,
                    through: head.size.saturating_sub(1).max(seq),
                    fault: AuditFault::Root,
                });
            }
            self.agreed = self.agreed.saturating_add(1);
            self.advance()?;
        }
        Ok(())
    }

    /// Number of records that the last checkpoint counts which was gone past.
    pub(super) fn covered(&self) -> u64 {
        self.last.as_ref().map_or(0, |note| note.checkpoint().size)
    }

    /// Once there are no more records: whether there are no more checkpoints either.
    pub(super) fn finish(&mut self, chain: &Chain) -> Result<Option<Signed>, AuditError> {
        if self.next.is_some() {
            let mut counted = chain.seq();
            while let Some(next) = &self.next {
                counted = counted.max(next.checkpoint().size);
                // What is wrong with those behind it is not what is to be said first.
                if self.advance().is_err() {
                    break;
                }
            }
            return Err(AuditError::Broken {
                seq: chain.seq(),
                through: counted.saturating_sub(1).max(chain.seq()),
                fault: AuditFault::Missing,
            });
        }
        let last = self.last.take();
        if let Some(note) = &last
            && self.signatures == Signatures::Last
        {
            self.vouch(note)?;
        }
        Ok(last)
    }
}
