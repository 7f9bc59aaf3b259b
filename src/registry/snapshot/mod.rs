//! Which cards are not in force, in a file: for counters without a line to the register.
//!
//! A snapshot covers every card that was issued up to its time. For each of them it says what the
//! register said: in force, replaced, reported lost or revoked. For a digest that the register did
//! not know then, it says nothing, but for a small and known share. Cards that expired have no
//! entry: the date stands on the card and is signed there, and whoever verifies it looks at that.
//!
//! The structure (`docs/snapshot.md`): a filter made by retrieval, which holds a fingerprint for each
//! card that is not in force, and a list of the cards that the filter would answer wrongly. A delta
//! is a list alone: the cards that have another answer than before.

use std::fmt;
use std::path::Path;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::error::SnapshotError;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::answer::Source;
use crate::registry::query::Attributes;
use crate::registry::query::Query;
use crate::registry::query::SodDigest;
use crate::seal::key::DeviceId;

mod address;
mod bits;
pub mod build;
pub mod cards;
mod disk;
mod file;
mod filter;
mod header;
mod ribbon;
mod state;
mod table;

pub use address::Address;
pub use address::signer;
pub use file::Signers;
pub use filter::FingerprintBits;
pub use header::Base;
pub use header::Contents;
pub use header::RegisterId;
pub use header::Times;
pub use state::Expected;

use file::Segment;
use filter::Filter;
use header::Header;
use state::Seen;
use state::State;
use table::KeyBits;
use table::Table;

/// How far a snapshot may be ahead of the clock without doubt: clocks differ. As for revocation
/// lists.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// A snapshot, read and checked. Never prints what is in it.
pub struct Snapshot {
    filter: Filter,
    /// The newest first; lists that name cards by as many bits are one
    tables: Vec<Table>,
    header: Header,
    header_sha256: [u8; 32],
    signer: DeviceId,
    deltas: usize,
    octets: usize,
}

/// How old a snapshot is, by its own rule.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The next is not due yet.
    Fresh,
    /// The next is due, and this one still counts.
    Due,
    /// It no longer counts.
    Stale,
    /// It is of a time that the clock has not reached: the clock is wrong, or the snapshot is.
    ClockDoubtful,
}

impl Freshness {
    /// The word in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Due => "due",
            Self::Stale => "stale",
            Self::ClockDoubtful => "clock_doubtful",
        }
    }
}

impl Snapshot {
    /// Opens the snapshot in a file: checks the signature of one of these keys and the digest of
    /// every part, and that no newer one was seen; then writes down in `state` that this one was.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn open(path: &Path, trusted: &[DeviceId], state: &Path) -> Result<Self, SnapshotError> {
        Self::open_expecting(path, trusted, state, Expected::Before)
    }

    /// The same, for the snapshot of a certain register.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn open_expecting(
        path: &Path,
        trusted: &[DeviceId],
        state: &Path,
        expected: Expected<'_>,
    ) -> Result<Self, SnapshotError> {
        let snapshot = Self::decode(&file::read(path)?, Signers::These(trusted))?;
        snapshot.admit(state, expected)?;
        Ok(snapshot)
    }

    /// Reads a snapshot and looks who signed it. It is not compared with any other.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn decode(octets: &[u8], signers: Signers<'_>) -> Result<Self, SnapshotError> {
        let segments = file::decode(octets, signers)?;
        Self::of(segments, octets.len())
    }

    /// Reads a snapshot in a file, as [`Self::decode`] does.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn load(path: &Path, signers: Signers<'_>) -> Result<Self, SnapshotError> {
        Self::decode(&file::read(path)?, signers)
    }

    /// Puts deltas behind the snapshot in a file, in one step. They are checked as a snapshot is, and
    /// that each follows on what is before it. Then the newest is remembered in `state`; where that
    /// does not come about, the next to open the file does it.
    ///
    /// # Errors
    /// [`SnapshotError`]; the file is then as it was, or whole and new where only the record could
    /// not be written.
    pub fn apply(
        path: &Path,
        deltas: &[&Path],
        trusted: &[DeviceId],
        state: &Path,
    ) -> Result<Self, SnapshotError> {
        let _locked = disk::lock(path)?;
        let mut octets = file::read(path)?;
        // What is there must be good by itself, so that a delta is not blamed for it.
        let before = Self::decode(&octets, Signers::These(trusted))?;
        before.admit(state, Expected::Before)?;
        for delta in deltas {
            octets.extend_from_slice(&file::read(delta)?);
        }
        if u64::try_from(octets.len()).is_ok_and(|length| length > file::MAX_FILE) {
            return Err(SnapshotError::TooLarge);
        }
        let after = Self::decode(&octets, Signers::These(trusted))?;
        State::open(state)?.admit(&after.seen(), Expected::Before)?;
        disk::replace(path, &octets)?;
        after.admit(state, Expected::Before)?;
        Ok(after)
    }

    /// Writes what [`build`] made into a file, in the place of what is there, in one step.
    ///
    /// # Errors
    /// [`SnapshotError::Unwritable`]; what was there is then as it was.
    pub fn write(path: &Path, octets: &[u8]) -> Result<(), SnapshotError> {
        disk::replace(path, octets)
    }

    /// Checks that no newer one was seen, and writes down that this one was.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn admit(&self, state: &Path, expected: Expected<'_>) -> Result<(), SnapshotError> {
        let seen = self.seen();
        let state = State::open(state)?;
        state.admit(&seen, expected)?;
        state.remember(seen)
    }

    fn of(segments: Vec<Segment>, octets: usize) -> Result<Self, SnapshotError> {
        let deltas = segments.len().saturating_sub(1);
        let mut filter = None;
        let mut tables: Vec<Vec<Table>> = Vec::new();
        let mut last = None;
        let mut entries = 0_usize;
        for segment in segments {
            entries = entries.saturating_add(segment.table.len());
            if entries > table::MAX_ENTRIES {
                return Err(SnapshotError::TooLarge);
            }
            let bits = segment.table.key_bits();
            match tables.last_mut() {
                Some(run) if run.iter().all(|table| table.key_bits() == bits) => {
                    run.push(segment.table);
                }
                _ => tables.push(vec![segment.table]),
            }
            filter = filter.or(segment.filter);
            last = Some((segment.header, segment.header_sha256, segment.signer.device));
        }
        let (Some((header, header_sha256, signer)), Some(filter)) = (last, filter) else {
            // A delta alone says nothing.
            let delta = "a delta without what it follows on";
            return Err(header::malformed(delta));
        };
        let layered = |run: Vec<Table>| {
            let bits = run.first().map(Table::key_bits)?;
            Some(Table::layered(bits, run))
        };
        Ok(Self {
            filter,
            tables: tables.into_iter().rev().filter_map(layered).collect(),
            header,
            header_sha256,
            signer,
            deltas,
            octets,
        })
    }

    /// Why a card is not in force; none for those in force, for those whose time is over, and for
    /// nearly all that the register did not know.
    pub fn lookup(&self, sod: &SodDigest) -> Option<CardStatus> {
        let listed = self.tables.iter().find_map(|table| table.find(sod));
        match listed {
            Some(CardStatus::Active) => None,
            Some(status) => Some(status),
            None => self.filter.find(sod),
        }
    }

    /// The register that it speaks of.
    pub const fn register(&self) -> &RegisterId {
        &self.header.register
    }

    /// Its number; each is higher than the one before.
    pub const fn revision(&self) -> u64 {
        self.header.revision
    }

    /// The time that it speaks of, and for how long it counts.
    pub const fn times(&self) -> Times {
        self.header.times
    }

    /// What it says, in numbers.
    pub const fn contents(&self) -> &Contents {
        &self.header.contents
    }

    /// The key that signed it, or its last delta.
    pub const fn signer(&self) -> DeviceId {
        self.signer
    }

    /// What a delta that follows on it names.
    pub const fn as_base(&self) -> Base {
        Base {
            revision: self.header.revision,
            header: self.header_sha256,
        }
    }

    /// How many deltas are behind the full snapshot.
    pub const fn deltas(&self) -> usize {
        self.deltas
    }

    /// Cards that are answered from a list, not from the filter.
    pub fn corrections(&self) -> usize {
        self.tables.iter().map(Table::len).sum()
    }

    /// How many octets it has.
    pub const fn octets(&self) -> usize {
        self.octets
    }

    /// Bits of fingerprint for each card.
    pub const fn fingerprint_bits(&self) -> FingerprintBits {
        self.filter.bits
    }

    /// At most how likely it is that a digest, which the register did not know, is called not in
    /// force.
    pub fn false_positive_rate(&self) -> f64 {
        let listed = self.tables.iter().map(|table| {
            let entries = u32::try_from(table.len()).unwrap_or(u32::MAX);
            f64::from(entries) * power(table.key_bits().get())
        });
        let filter = if self.filter.first.slots() == 0 {
            0.0
        } else {
            power(self.filter.bits.get())
        };
        filter + listed.sum::<f64>()
    }

    /// How old it is at that time.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let times = self.header.times;
        if times.as_of.duration_since(now) > TOLERANCE {
            Freshness::ClockDoubtful
        } else if now < times.next_update {
            Freshness::Fresh
        } else if now < times.stale_after {
            Freshness::Due
        } else {
            Freshness::Stale
        }
    }

    /// Answers a question at that time.
    ///
    /// # Errors
    /// [`RegistryError::SnapshotStale`], [`RegistryError::ClockDoubtful`];
    /// [`RegistryError::NotReached`] for a question by a number alone.
    pub fn check_at(&self, query: &Query, now: Timestamp) -> Result<Answer, RegistryError> {
        match self.freshness(now) {
            Freshness::Fresh | Freshness::Due => {}
            Freshness::Stale => return Err(RegistryError::SnapshotStale),
            Freshness::ClockDoubtful => return Err(RegistryError::ClockDoubtful),
        }
        let Some(sod) = &query.card.sod else {
            return Err(RegistryError::NotReached {
                why: "a snapshot knows cards by their security object, and no numbers".to_owned(),
            });
        };
        let status = self.lookup(sod).unwrap_or(CardStatus::Active);
        let as_of = self.header.times.as_of;
        Ok(Answer {
            person: Person::NotOnFile,
            source: Source::Snapshot {
                revision: self.header.revision,
            },
            ..Answer::new(status, nothing_on_file(query), as_of, now)
        })
    }

    fn seen(&self) -> Seen {
        Seen::of(
            &self.header.register,
            self.header.revision,
            self.header.times.as_of,
            &self.header.contents,
        )
    }
}

impl Registry for Snapshot {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        self.check_at(query, Timestamp::now())
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (register, revision) = (self.register(), self.revision());
        write!(f, "Snapshot({register}, {revision})")
    }
}

/// Reads a list as it stands in a file, behind its key bits, one octet, and the number of entries, two
/// octets; gives the number of cards that it names. For trying out what else only a signer can offer.
///
/// # Errors
/// [`SnapshotError::Malformed`].
pub fn check_list(octets: &[u8]) -> Result<usize, SnapshotError> {
    let ([bits, high, low], list) = octets.split_first_chunk().ok_or(SnapshotError::Truncated)?;
    let bits = KeyBits::new(u64::from(*bits)).ok_or(header::malformed("table"))?;
    let entries = usize::from(u16::from_be_bytes([*high, *low]));
    let rice_bits = Table::rice_bits(bits, entries);
    let table = Table::decode(bits, rice_bits, entries, list).map_err(header::malformed)?;
    Ok(table.len())
}

/// 2 to the power of minus so much.
fn power(bits: u32) -> f64 {
    (0..bits).fold(1.0, |half, _| half / 2.0)
}

/// A snapshot knows no attributes.
fn nothing_on_file(query: &Query) -> Agreements {
    fn unknown<T>(supplied: Option<&T>) -> Agreement {
        Agreement::of(None::<()>, supplied, |(), _| false)
    }
    let Attributes {
        name,
        birth,
        sex,
        nationality,
        document_number,
        expiry,
    } = &query.attributes;
    Agreements {
        number: unknown(query.card.number.as_ref()),
        name: unknown(name.as_ref()),
        birth: unknown(birth.as_ref()),
        sex: unknown(sex.as_ref()),
        nationality: unknown(nationality.as_ref()),
        document_number: unknown(document_number.as_ref()),
        expiry: unknown(expiry.as_ref()),
    }
}

#[cfg(test)]
mod tests;
