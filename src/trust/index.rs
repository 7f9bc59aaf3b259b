//! The index of a kept store: `cancuoc-trust.json`, schema `cancuoc.trust/1`.
//!
//! It has one spelling only, and ends with its own digest, so that damage shows. The digest keeps
//! off accidents, not attackers: who may write the folder is the operator.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;

use crate::error::TrustError;
use crate::trust::holding::sha256;

/// Name of the index inside the folder of a kept store.
pub const INDEX: &str = "cancuoc-trust.json";

/// What this program writes and reads.
const SCHEMA: &str = "cancuoc.trust/1";

/// Longest index read, in bytes: as many records as there may be, a quarter of a kilobyte each, and
/// the certificates that are left out of lists.
pub(in crate::trust) const MAX_INDEX: usize = 64 * 1024 * 1024;

/// Most records. The PKD of ICAO holds some thirty thousand document signers.
pub(in crate::trust) const MAX_RECORDS: usize = 65_536;

/// SHA-256 of an object, in hexadecimal in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::trust) struct Digest(pub(in crate::trust) [u8; 32]);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut digest = [0; 32];
        hex::decode_to_slice(&text, &mut digest)
            .map_err(|_| serde::de::Error::custom("no SHA-256"))?;
        Ok(Self(digest))
    }
}

/// A time as RFC 3339 has it.
mod time {
    use super::Deserialize;
    use super::Deserializer;
    use super::Serializer;
    use super::Timestamp;

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|_| serde::de::Error::custom("no RFC 3339 time"))
    }
}

/// What an object of the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// An authority's certificate that is trusted.
    Anchor,
    /// A link between two keys or names of an authority.
    Link,
    /// A document signer's certificate, not trusted.
    Signer,
    /// A master list.
    MasterList,
    /// A deviation list.
    DeviationList,
    /// A certificate revocation list.
    Crl,
}

impl Kind {
    /// Stable name, as the index has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anchor => "anchor",
            Self::Link => "link",
            Self::Signer => "signer",
            Self::MasterList => "master_list",
            Self::DeviationList => "deviation_list",
            Self::Crl => "crl",
        }
    }
}

/// On whose word something was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The operator's own.
    #[default]
    Operator,
    /// A state's, which published it as its own.
    National,
    /// That of the public key directory of ICAO.
    Pkd,
}

/// How it came that something was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The operator gave this SHA-256: of the certificate itself, or of a list's signer or of the
    /// signer's authority.
    Fingerprint([u8; 32]),
    /// It is signed, and the signer leads to the anchor with this SHA-256.
    Signature([u8; 32]),
    /// The link certificate with this SHA-256 leads to it from another anchor.
    Link([u8; 32]),
}

/// The same as the file has it: `{"by": "fingerprint", "sha256": "…"}`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Voucher {
    by: By,
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    Fingerprint,
    Signature,
    Link,
}

impl Serialize for Confirmed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (by, sha256) = match self {
            Self::Fingerprint(sha256) => (By::Fingerprint, sha256),
            Self::Signature(sha256) => (By::Signature, sha256),
            Self::Link(sha256) => (By::Link, sha256),
        };
        let sha256 = Digest(*sha256);
        Voucher { by, sha256 }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Confirmed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Voucher { by, sha256 } = Voucher::deserialize(deserializer)?;
        Ok(match by {
            By::Fingerprint => Self::Fingerprint(sha256.0),
            By::Signature => Self::Signature(sha256.0),
            By::Link => Self::Link(sha256.0),
        })
    }
}

/// One object of the store, and how it came there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::trust) struct Record {
    pub(in crate::trust) kind: Kind,
    pub(in crate::trust) sha256: Digest,
    #[serde(rename = "as")]
    pub(in crate::trust) word: Word,
    /// File name or URL.
    pub(in crate::trust) source: String,
    #[serde(with = "time")]
    pub(in crate::trust) added: Timestamp,
    pub(in crate::trust) confirmed: Confirmed,
    /// Who made a list or CRL, so that its successor is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::trust) publisher: Option<String>,
    /// Certificates of a master list that are no anchors although they say that they signed
    /// themselves: their own signature was wrong or could not be judged.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(in crate::trust) without: BTreeSet<Digest>,
}

/// The newest list or CRL that was ever accepted from a publisher, whether or not it is still there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::trust) struct Newest {
    pub(in crate::trust) kind: Kind,
    pub(in crate::trust) publisher: String,
    pub(in crate::trust) sha256: Digest,
    #[serde(with = "time")]
    pub(in crate::trust) dated: Timestamp,
    /// A CRL's number, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::trust) number: Option<String>,
}

/// An anchor that the operator removed: no list brings it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::trust) struct Excluded {
    pub(in crate::trust) sha256: Digest,
    #[serde(with = "time")]
    pub(in crate::trust) since: Timestamp,
}

/// The index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::trust) struct Index {
    /// Counts the changes.
    pub(in crate::trust) revision: u64,
    pub(in crate::trust) records: Vec<Record>,
    pub(in crate::trust) newest: Vec<Newest>,
    pub(in crate::trust) excluded: Vec<Excluded>,
}

/// The index as the file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    schema: String,
    revision: u64,
    entries: Vec<Record>,
    newest: Vec<Newest>,
    excluded: Vec<Excluded>,
    /// SHA-256 of the page with this member empty.
    digest: String,
}

/// The one member that every schema has.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

impl Index {
    /// Reads an index.
    ///
    /// # Errors
    /// [`TrustError::Schema`] when a newer program wrote it, [`TrustError::Corrupt`] when it is not
    /// letter for letter what was written.
    pub(in crate::trust) fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let corrupt = || TrustError::Corrupt {
            what: INDEX.to_owned(),
        };
        if bytes.len() > MAX_INDEX {
            return Err(corrupt());
        }
        let Head { schema } = serde_json::from_slice(bytes).map_err(|_| corrupt())?;
        if schema != SCHEMA {
            let known = schema.starts_with("cancuoc.trust/") && schema.len() < 32;
            return Err(if known {
                TrustError::Schema { what: schema }
            } else {
                corrupt()
            });
        }
        let page: Page = serde_json::from_slice(bytes).map_err(|_| corrupt())?;
        let index = Self {
            revision: page.revision,
            records: page.entries,
            newest: page.newest,
            excluded: page.excluded,
        };
        let whole = index.records.len() <= MAX_RECORDS && index.encode()? == bytes;
        whole.then_some(index).ok_or_else(corrupt)
    }

    /// Writes the index.
    ///
    /// # Errors
    /// [`TrustError::Unwritable`] when it cannot be put into words, which does not happen.
    pub(in crate::trust) fn encode(&self) -> Result<Vec<u8>, TrustError> {
        let unwritable = |_| TrustError::Unwritable {
            what: INDEX.to_owned(),
        };
        let mut page = Page {
            schema: SCHEMA.to_owned(),
            revision: self.revision,
            entries: self.records.clone(),
            newest: self.newest.clone(),
            excluded: self.excluded.clone(),
            digest: String::new(),
        };
        let bare = serde_json::to_vec_pretty(&page).map_err(unwritable)?;
        page.digest = hex::encode(sha256(&bare));
        let mut bytes = serde_json::to_vec_pretty(&page).map_err(unwritable)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Whether the operator removed this anchor.
    pub(in crate::trust) fn excludes(&self, sha256: &[u8; 32]) -> bool {
        self.excluded.iter().any(|one| one.sha256.0 == *sha256)
    }

    /// The newest that was ever accepted of that kind from that publisher.
    pub(in crate::trust) fn newest(&self, kind: Kind, publisher: &str) -> Option<&Newest> {
        self.newest
            .iter()
            .find(|one| one.kind == kind && one.publisher == publisher)
    }
}

/// Reads the index of a kept store and throws it away: for feeding hostile bytes to it.
///
/// # Errors
/// [`TrustError::Schema`], [`TrustError::Corrupt`].
pub fn check(bytes: &[u8]) -> Result<(), TrustError> {
    Index::parse(bytes).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Index {
        let digest = Digest([0xAB; 32]);
        let time: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let record = |kind, confirmed| Record {
            kind,
            sha256: digest,
            word: Word::National,
            source: "a \"file\"".to_owned(),
            added: time,
            confirmed,
            publisher: Some("VN".to_owned()),
            without: BTreeSet::from([digest]),
        };
        Index {
            revision: 7,
            records: vec![
                record(Kind::Anchor, Confirmed::Fingerprint([1; 32])),
                record(Kind::MasterList, Confirmed::Signature([2; 32])),
                record(Kind::DeviationList, Confirmed::Link([3; 32])),
            ],
            newest: vec![Newest {
                kind: Kind::Crl,
                publisher: "VN".to_owned(),
                sha256: digest,
                dated: time,
                number: Some("0100".to_owned()),
            }],
            excluded: vec![Excluded {
                sha256: digest,
                since: time,
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for index in [Index::default(), index()] {
            let bytes = index.encode().unwrap();
            assert_eq!(Index::parse(&bytes).unwrap(), index);
        }
        let text = String::from_utf8(index().encode().unwrap()).unwrap();
        assert!(text.contains("\"schema\": \"cancuoc.trust/1\""));
        assert!(text.contains("\"as\": \"national\""));
    }

    #[test]
    fn no_bit_of_it_may_change() {
        let bytes = index().encode().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Index::parse(&changed).is_err(), "octet {at}");
            assert!(Index::parse(&bytes[..at]).is_err(), "{at} octets");
        }
        let text = String::from_utf8(bytes).unwrap();
        let newer = text.replace("cancuoc.trust/1", "cancuoc.trust/12");
        let schema = TrustError::Schema {
            what: "cancuoc.trust/12".to_owned(),
        };
        assert_eq!(Index::parse(newer.as_bytes()), Err(schema));
        let other = text.replace("cancuoc.trust/1", "other/1");
        assert_eq!(
            Index::parse(other.as_bytes()).unwrap_err().code(),
            "trust.corrupt"
        );
    }
}
