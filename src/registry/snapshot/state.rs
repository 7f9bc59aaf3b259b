//! The record of the newest snapshot that was used: nobody can go back behind it.
//!
//! It lies beside the snapshot, and whoever may write there may also take it away; it stops old and
//! forked snapshots that come over the usual way, not an owner of the machine.

use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::error::SnapshotError;
use crate::registry::snapshot::disk;
use crate::registry::snapshot::disk::Locked;
use crate::registry::snapshot::header::Contents;
use crate::registry::snapshot::header::RegisterId;
use crate::seal::canonical::canonical;
use crate::seal::canonical::parse;
use crate::seal::sign::time;

/// The version of the form.
const SCHEMA: &str = "cancuoc.snapshot-state/1";

/// Longest record, in octets: a hundred registers.
const MAX_STATE: u64 = 64 * 1024;

/// What was seen of one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) register: RegisterId,
    pub(super) revision: u64,
    pub(super) as_of: Timestamp,
    pub(super) contents: [u8; 32],
}

/// Which registers a snapshot may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'a> {
    /// The one that was used before; any, where none was.
    Before,
    /// This one.
    Named(&'a RegisterId),
}

/// The record, locked for as long as it is held.
pub(super) struct State {
    path: PathBuf,
    seen: Vec<Seen>,
    _locked: Locked,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    schema: String,
    registers: Vec<SeenText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeenText {
    register: String,
    revision: u64,
    as_of: String,
    contents_sha256: String,
}

impl State {
    /// Where the record of a snapshot lies unless told otherwise.
    pub(super) fn beside(snapshot: &Path) -> PathBuf {
        disk::with_ending(snapshot, ".seen")
    }

    /// Reads the record; there is none before the first snapshot.
    pub(super) fn open(path: &Path) -> Result<Self, SnapshotError> {
        let locked = disk::lock(path)?;
        let seen = match disk::read_small(path, MAX_STATE)? {
            None => Vec::new(),
            Some(octets) => read(&octets).ok_or_else(|| SnapshotError::State {
                path: path.display().to_string(),
            })?,
        };
        Ok(Self {
            path: path.to_owned(),
            seen,
            _locked: locked,
        })
    }

    /// Checks a snapshot against the newest seen.
    ///
    /// # Errors
    /// [`SnapshotError::Older`], [`SnapshotError::Forked`], [`SnapshotError::OtherRegister`].
    pub(super) fn admit(&self, new: &Seen, expected: Expected<'_>) -> Result<(), SnapshotError> {
        let known = self.seen.iter().find(|seen| seen.register == new.register);
        match expected {
            Expected::Named(register) if *register != new.register => {
                return Err(SnapshotError::OtherRegister);
            }
            Expected::Before if known.is_none() && !self.seen.is_empty() => {
                return Err(SnapshotError::OtherRegister);
            }
            Expected::Named(_) | Expected::Before => {}
        }
        let Some(known) = known else {
            return Ok(());
        };
        if new.revision == known.revision
            && (new.contents != known.contents || new.as_of != known.as_of)
        {
            return Err(SnapshotError::Forked {
                revision: new.revision,
            });
        }
        if new.revision < known.revision || new.as_of < known.as_of {
            return Err(SnapshotError::Older {
                offered: new.revision,
                seen: known.revision,
            });
        }
        Ok(())
    }

    /// Writes down that a snapshot was used; nothing where that is known.
    pub(super) fn remember(mut self, new: Seen) -> Result<(), SnapshotError> {
        if self.seen.contains(&new) {
            return Ok(());
        }
        self.seen.retain(|seen| seen.register != new.register);
        self.seen.push(new);
        self.seen
            .sort_by(|one, two| one.register.cmp(&two.register));
        let text = Text {
            schema: SCHEMA.to_owned(),
            registers: self.seen.iter().map(SeenText::of).collect(),
        };
        let octets = serde_json::to_value(text)
            .ok()
            .and_then(|value| canonical(&value).ok())
            .ok_or_else(|| SnapshotError::State {
                path: self.path.display().to_string(),
            })?;
        disk::replace(&self.path, &octets)
    }
}

impl Seen {
    pub(super) fn of(
        register: &RegisterId,
        revision: u64,
        as_of: Timestamp,
        says: &Contents,
    ) -> Self {
        Self {
            register: register.clone(),
            revision,
            as_of,
            contents: says.sha256,
        }
    }
}

impl SeenText {
    fn of(seen: &Seen) -> Self {
        Self {
            register: seen.register.as_str().to_owned(),
            revision: seen.revision,
            as_of: time(seen.as_of),
            contents_sha256: hex::encode(seen.contents),
        }
    }

    fn read(&self) -> Option<Seen> {
        let mut contents = [0; 32];
        hex::decode_to_slice(&self.contents_sha256, &mut contents).ok()?;
        Some(Seen {
            register: RegisterId::new(&self.register)?,
            revision: self.revision,
            as_of: self.as_of.parse().ok()?,
            contents,
        })
    }
}

fn read(octets: &[u8]) -> Option<Vec<Seen>> {
    let text: Text = serde_json::from_value(parse(octets).ok()?).ok()?;
    if text.schema != SCHEMA {
        return None;
    }
    text.registers.iter().map(SeenText::read).collect()
}
