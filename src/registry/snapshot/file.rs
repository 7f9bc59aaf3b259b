//! A snapshot as a file: a full one, and the deltas behind it that were applied, each as its
//! publisher signed it. `docs/snapshot.md` describes it octet by octet.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

use crate::error::SnapshotError;
use crate::registry::snapshot::filter::Filter;
use crate::registry::snapshot::header::Header;
use crate::registry::snapshot::header::Part;
use crate::registry::snapshot::header::malformed;
use crate::registry::snapshot::header::sha256;
use crate::registry::snapshot::ribbon::Ribbon;
use crate::registry::snapshot::table::Table;
use crate::seal::key::DeviceId;
use crate::seal::signature::Signer;

/// What every snapshot and every delta begins with. The number is that of the form.
const MAGIC: &[u8; 8] = b"CCSNAP1\n";

/// Longest header, in octets: an RSA key of 8192 bits and its signature are 3,000 of them.
const MAX_HEADER: usize = 16 * 1024;

/// Largest file: forty times the one for 100 million cards.
pub(super) const MAX_FILE: u64 = 512 * 1024 * 1024;

/// Most deltas behind a full snapshot.
pub(super) const MAX_DELTAS: usize = 1_000;

/// Whose snapshots are taken.
#[derive(Debug, Clone, Copy)]
pub enum Signers<'a> {
    /// Those of these keys.
    These(&'a [DeviceId]),
    /// Anybody's, to look at and to say who signed; never to answer by.
    Any,
}

impl Signers<'_> {
    fn accept(self, signer: &Signer) -> Result<(), SnapshotError> {
        match self {
            Self::These([]) => Err(SnapshotError::NoSigner),
            Self::These(trusted) if !trusted.contains(&signer.device) => {
                Err(SnapshotError::ForeignSigner {
                    signer: signer.device.to_string(),
                })
            }
            Self::These(_) | Self::Any => Ok(()),
        }
    }
}

/// A full snapshot or a delta, signed by somebody.
pub(super) struct Segment {
    pub(super) header: Header,
    pub(super) header_sha256: [u8; 32],
    pub(super) signer: Signer,
    pub(super) filter: Option<Filter>,
    pub(super) table: Table,
}

/// Reads everything in a file.
pub(super) fn decode(octets: &[u8], signers: Signers<'_>) -> Result<Vec<Segment>, SnapshotError> {
    let mut rest = octets;
    let mut segments: Vec<Segment> = Vec::new();
    while !rest.is_empty() || segments.is_empty() {
        if segments.len() > MAX_DELTAS {
            return Err(SnapshotError::TooLarge);
        }
        let (segment, behind) = Segment::decode(rest, signers)?;
        if let Some(before) = segments.last() {
            segment.follows(before)?;
        }
        segments.push(segment);
        rest = behind;
    }
    Ok(segments)
}

impl Segment {
    /// Reads one, and gives what stands behind it.
    fn decode<'a>(
        octets: &'a [u8],
        signers: Signers<'_>,
    ) -> Result<(Self, &'a [u8]), SnapshotError> {
        let (magic, rest) = cut(octets, MAGIC.len())?;
        if magic != MAGIC {
            return Err(match magic {
                [b'C', b'C', b'S', b'N', b'A', b'P', ..] => SnapshotError::Version,
                _ => malformed("beginning"),
            });
        }
        let (length, rest) = rest.split_first_chunk().ok_or(SnapshotError::Truncated)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_HEADER {
            return Err(malformed("length of the header"));
        }
        let (octets, mut rest) = cut(rest, length)?;
        let (header, signer) = Header::decode(octets)?;
        signers.accept(&signer)?;
        let mut filter = None;
        if let Some(shape) = &header.filter {
            let first = part(&mut rest, &shape.first, "filter: first")?;
            let second = part(&mut rest, &shape.second, "filter: second")?;
            let columns = shape.bits.columns().unwrap_or(0);
            filter = Some(Filter {
                bits: shape.bits,
                codes: shape.codes,
                first: Ribbon::decode(shape.first_slots, columns, first)
                    .ok_or(malformed("filter: first"))?,
                second: Ribbon::decode(shape.second_slots, 1, second)
                    .ok_or(malformed("filter: second"))?,
            });
        }
        let shape = &header.table;
        let table = part(&mut rest, &shape.part, "table")?;
        let table = Table::decode(shape.key_bits, shape.rice_bits, shape.entries, table)
            .map_err(malformed)?;
        let segment = Self {
            header_sha256: sha256(octets),
            header,
            signer,
            filter,
            table,
        };
        Ok((segment, rest))
    }

    /// Checks that a delta belongs behind what is there.
    pub(super) fn follows(&self, before: &Self) -> Result<(), SnapshotError> {
        let there = before.header.revision;
        let Some(base) = self.header.base else {
            return Err(malformed("a full snapshot behind another"));
        };
        if self.header.register != before.header.register {
            return Err(SnapshotError::OtherRegister);
        }
        if base.revision != there
            || base.header != before.header_sha256
            || self.header.times.as_of < before.header.times.as_of
        {
            return Err(SnapshotError::Chain {
                base: base.revision,
                there,
            });
        }
        Ok(())
    }
}

/// The octets of a header and its parts, in a row.
pub(super) fn encode(header: &[u8], parts: &[&[u8]]) -> Option<Vec<u8>> {
    let length = u32::try_from(header.len()).ok()?;
    if header.len() > MAX_HEADER {
        return None;
    }
    let mut octets = Vec::from(MAGIC);
    octets.extend_from_slice(&length.to_be_bytes());
    octets.extend_from_slice(header);
    for part in parts {
        octets.extend_from_slice(part);
    }
    let fits = u64::try_from(octets.len()).is_ok_and(|length| length <= MAX_FILE);
    fits.then_some(octets)
}

/// Reads a file whole.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let unreadable = |_: io::Error| SnapshotError::Unreadable {
        path: path.display().to_string(),
    };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > MAX_FILE {
        return Err(SnapshotError::TooLarge);
    }
    let mut octets = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    let read = file.take(MAX_FILE + 1).read_to_end(&mut octets);
    read.map_err(unreadable)?;
    if u64::try_from(octets.len()).is_ok_and(|length| length <= MAX_FILE) {
        Ok(octets)
    } else {
        Err(SnapshotError::TooLarge)
    }
}

/// Takes a part, and checks its digest.
fn part<'a>(
    rest: &mut &'a [u8],
    part: &Part,
    name: &'static str,
) -> Result<&'a [u8], SnapshotError> {
    let (octets, behind) = cut(rest, part.octets)?;
    if sha256(octets) != part.sha256 {
        return Err(SnapshotError::Damaged { part: name });
    }
    *rest = behind;
    Ok(octets)
}

fn cut(octets: &[u8], length: usize) -> Result<(&[u8], &[u8]), SnapshotError> {
    octets
        .split_at_checked(length)
        .ok_or(SnapshotError::Truncated)
}
