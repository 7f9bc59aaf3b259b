//! What is signed of a snapshot: which register, as of when, for how long, and the digests of all
//! that follows.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::crypto::hash::Hash;
use crate::error::Error;
use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::snapshot::filter::Codes;
use crate::registry::snapshot::filter::FingerprintBits;
use crate::registry::snapshot::ribbon::Ribbon;
use crate::registry::snapshot::table;
use crate::registry::snapshot::table::KeyBits;
use crate::seal::canonical::canonical;
use crate::seal::canonical::parse;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::seal::sign::time;
use crate::seal::signature::Signature;
use crate::seal::signature::Signer;

/// The version of the form.
const SCHEMA: &str = "cancuoc.snapshot/1";

/// Largest number in a header, 2^53 - 1: every program holds it exactly (RFC 7493 §2.2).
pub(super) const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Most octets of one part.
const MAX_PART: u64 = 1 << 30;

/// The name of a register, which its publisher chooses once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegisterId(String);

impl RegisterId {
    /// Takes 1 to 64 of the letters and digits of ASCII, `.`, `_` and `-`.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '_' | '-');
        let fits = (1..=64).contains(&text.len()) && text.chars().all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RegisterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a snapshot says, whichever way it was made: the same cards give the same contents in a full
/// one and through deltas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Cards that the register knew, in force or not
    pub known: u64,
    /// Of them replaced
    pub replaced: u64,
    /// Of them reported lost
    pub reported_lost: u64,
    /// Of them revoked
    pub revoked: u64,
    /// Digest of the cards that are not in force and their statuses
    pub sha256: [u8; 32],
}

impl Contents {
    /// Cards that are not in force, those that expired not among them.
    pub const fn listed(&self) -> u64 {
        self.replaced
            .saturating_add(self.reported_lost)
            .saturating_add(self.revoked)
    }
}

/// For how long a snapshot counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The time that it speaks of
    pub as_of: Timestamp,
    /// When the next is due
    pub next_update: Timestamp,
    /// From when on it answers nothing
    pub stale_after: Timestamp,
}

impl Times {
    /// Takes times in their order.
    ///
    /// # Errors
    /// [`SnapshotError::Parameter`].
    pub fn new(
        as_of: Timestamp,
        next_update: Timestamp,
        stale_after: Timestamp,
    ) -> Result<Self, SnapshotError> {
        if as_of < next_update && next_update <= stale_after {
            Ok(Self {
                as_of,
                next_update,
                stale_after,
            })
        } else {
            Err(SnapshotError::Parameter { what: "times" })
        }
    }
}

/// What a delta follows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Its revision
    pub revision: u64,
    /// SHA-256 of its last header, signature included
    pub header: [u8; 32],
}

/// A part of the file: its octets and their digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) octets: usize,
    pub(super) sha256: [u8; 32],
}

/// The filter's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FilterShape {
    pub(super) bits: FingerprintBits,
    pub(super) codes: Codes,
    pub(super) first_slots: u64,
    pub(super) first: Part,
    pub(super) second_slots: u64,
    pub(super) second: Part,
}

/// The list's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableShape {
    pub(super) entries: usize,
    pub(super) key_bits: KeyBits,
    pub(super) rice_bits: u32,
    pub(super) part: Part,
}

/// What a header says, read and bounded; whose it is, is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) register: RegisterId,
    pub(super) revision: u64,
    pub(super) times: Times,
    pub(super) contents: Contents,
    /// What a delta follows on; a full snapshot follows on nothing
    pub(super) base: Option<Base>,
    /// What a full snapshot has, and a delta has not
    pub(super) filter: Option<FilterShape>,
    pub(super) table: TableShape,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderText {
    schema: String,
    register: String,
    revision: u64,
    as_of: String,
    next_update: String,
    stale_after: String,
    contents: ContentsText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<BaseText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<FilterText>,
    table: TableText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentsText {
    known: u64,
    replaced: u64,
    reported_lost: u64,
    revoked: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseText {
    revision: u64,
    header_sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterText {
    fingerprint_bits: u64,
    statuses: [String; 3],
    first: RibbonText,
    second: RibbonText,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RibbonText {
    slots: u64,
    octets: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    entries: u64,
    key_bits: u64,
    rice_bits: u64,
    octets: u64,
    sha256: String,
}

impl Header {
    /// Signs the header: its canonical form, signature included.
    pub(super) fn sign(&self, key: &DeviceKey, at: Timestamp) -> Result<Vec<u8>, Error> {
        let unwritable = |_| Error::from(SnapshotError::Parameter { what: "header" });
        let text = serde_json::to_value(self.text()).map_err(|_| unwritable(()))?;
        canonical(&sign(text, key, at)?).map_err(|_| unwritable(()))
    }

    /// Reads a header, which must be in its canonical form, and checks the signature against the key
    /// that it brings.
    pub(super) fn decode(octets: &[u8]) -> Result<(Self, Signer), SnapshotError> {
        let value = parse(octets).map_err(|_| malformed("header"))?;
        // One header has one spelling, so that no bit of a file can be another one.
        if canonical(&value).ok().as_deref() != Some(octets) {
            return Err(malformed("header: form"));
        }
        let Value::Object(mut members) = value else {
            return Err(malformed("header"));
        };
        let schema = members.get("schema").and_then(Value::as_str);
        match schema {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with("cancuoc.snapshot/") => {
                return Err(SnapshotError::Version);
            }
            _ => return Err(malformed("schema")),
        }
        let signature = Signature::take(&mut members).map_err(|_| malformed("header"))?;
        let Signature::Right(signer) = signature else {
            return Err(SnapshotError::WrongSignature);
        };
        let text = serde_json::from_value(Value::Object(members));
        let header = Self::read(text.map_err(|_| malformed("header: members"))?)?;
        Ok((header, signer))
    }

    /// Checks what the members say.
    fn read(text: HeaderText) -> Result<Self, SnapshotError> {
        // In the spelling that the record of what was seen has, too: of one with parts of a second that
        // would be another time, and the snapshot a forgery of itself.
        let when = |text: &str, what| {
            let read: Result<Timestamp, _> = text.parse();
            let read = read.ok().filter(|read| time(*read) == text);
            read.ok_or_else(|| malformed(what))
        };
        let times = Times::new(
            when(&text.as_of, "as_of")?,
            when(&text.next_update, "next_update")?,
            when(&text.stale_after, "stale_after")?,
        )
        .map_err(|_| malformed("times"))?;
        let contents = Contents {
            known: text.contents.known,
            replaced: text.contents.replaced,
            reported_lost: text.contents.reported_lost,
            revoked: text.contents.revoked,
            sha256: digest(&text.contents.sha256, "contents")?,
        };
        if contents.listed() > contents.known {
            return Err(malformed("contents"));
        }
        let base = text.base.map(Base::read).transpose()?;
        let filter = text.filter.map(FilterShape::read).transpose()?;
        // Full or delta, and nothing between.
        if base.is_some() == filter.is_some() {
            return Err(malformed("base"));
        }
        if base.is_some_and(|base| base.revision >= text.revision) || text.revision == 0 {
            return Err(malformed("revision"));
        }
        Ok(Self {
            register: RegisterId::new(&text.register).ok_or(malformed("register"))?,
            revision: text.revision,
            times,
            contents,
            base,
            filter,
            table: TableShape::read(&text.table)?,
        })
    }

    fn text(&self) -> HeaderText {
        HeaderText {
            schema: SCHEMA.to_owned(),
            register: self.register.as_str().to_owned(),
            revision: self.revision,
            as_of: time(self.times.as_of),
            next_update: time(self.times.next_update),
            stale_after: time(self.times.stale_after),
            contents: ContentsText {
                known: self.contents.known,
                replaced: self.contents.replaced,
                reported_lost: self.contents.reported_lost,
                revoked: self.contents.revoked,
                sha256: hex::encode(self.contents.sha256),
            },
            base: self.base.map(|base| BaseText {
                revision: base.revision,
                header_sha256: hex::encode(base.header),
            }),
            filter: self.filter.map(|filter| FilterText {
                fingerprint_bits: u64::from(filter.bits.get()),
                statuses: filter.codes.map(|status| status.code().to_owned()),
                first: RibbonText::of(filter.first_slots, filter.first),
                second: RibbonText::of(filter.second_slots, filter.second),
            }),
            table: TableText {
                entries: number(self.table.entries),
                key_bits: u64::from(self.table.key_bits.get()),
                rice_bits: u64::from(self.table.rice_bits),
                octets: number(self.table.part.octets),
                sha256: hex::encode(self.table.part.sha256),
            },
        }
    }
}

impl Base {
    fn read(text: BaseText) -> Result<Self, SnapshotError> {
        Ok(Self {
            revision: text.revision,
            header: digest(&text.header_sha256, "base")?,
        })
    }
}

impl Part {
    pub(super) fn of(octets: &[u8]) -> Self {
        Self {
            octets: octets.len(),
            sha256: sha256(octets),
        }
    }

    fn read(octets: u64, sha256: &str, what: &'static str) -> Result<Self, SnapshotError> {
        let octets = usize::try_from(octets).ok().filter(|_| octets <= MAX_PART);
        Ok(Self {
            octets: octets.ok_or(malformed(what))?,
            sha256: digest(sha256, what)?,
        })
    }
}

impl RibbonText {
    fn of(slots: u64, part: Part) -> Self {
        Self {
            slots,
            octets: number(part.octets),
            sha256: hex::encode(part.sha256),
        }
    }

    fn read(&self, columns: usize, what: &'static str) -> Result<(u64, Part), SnapshotError> {
        let part = Part::read(self.octets, &self.sha256, what)?;
        if Ribbon::fits(self.slots) && Ribbon::octets(self.slots, columns) == Some(part.octets) {
            Ok((self.slots, part))
        } else {
            Err(malformed(what))
        }
    }
}

impl FilterShape {
    fn read(text: FilterText) -> Result<Self, SnapshotError> {
        let bits = FingerprintBits::new(text.fingerprint_bits).ok_or(malformed("filter"))?;
        let columns = bits.columns().ok_or(malformed("filter"))?;
        let (first_slots, first) = text.first.read(columns, "filter: first")?;
        let (second_slots, second) = text.second.read(1, "filter: second")?;
        let status = |text: &String| {
            CardStatus::from_code(text)
                .filter(|status| table::number(*status).is_some())
                .filter(|status| *status != CardStatus::Active)
        };
        let [Some(one), Some(two), Some(three)] = text.statuses.each_ref().map(status) else {
            return Err(malformed("filter: statuses"));
        };
        if one == two || one == three || two == three {
            return Err(malformed("filter: statuses"));
        }
        Ok(Self {
            bits,
            codes: [one, two, three],
            first_slots,
            first,
            second_slots,
            second,
        })
    }
}

impl TableShape {
    fn read(text: &TableText) -> Result<Self, SnapshotError> {
        let shape = || malformed("table");
        Ok(Self {
            entries: usize::try_from(text.entries)
                .ok()
                .filter(|entries| *entries <= table::MAX_ENTRIES)
                .ok_or_else(shape)?,
            key_bits: KeyBits::new(text.key_bits).ok_or_else(shape)?,
            rice_bits: u32::try_from(text.rice_bits).map_err(|_| shape())?,
            part: Part::read(text.octets, &text.sha256, "table")?,
        })
    }
}

pub(super) fn malformed(what: &str) -> SnapshotError {
    SnapshotError::Malformed {
        what: what.to_owned(),
    }
}

pub(super) fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(Hash::Sha256.digest(&[octets])) {
        *to = from;
    }
    digest
}

/// Digests have lower-case digits, and nothing else.
fn digest(text: &str, what: &'static str) -> Result<[u8; 32], SnapshotError> {
    let mut digest = [0; 32];
    hex::decode_to_slice(text, &mut digest).map_err(|_| malformed(what))?;
    if hex::encode(digest) == text {
        Ok(digest)
    } else {
        Err(malformed(what))
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
