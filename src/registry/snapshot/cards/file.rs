//! Cards in a file: CSV, or a plain row of digests and statuses.
//!
//! ```text
//! CSV     a header that names the columns, of which sod_sha256 (64 digits) and card_status count;
//!         a row without a digest is a card whose security object the register has not seen
//! binary  "CCCARDS1", then for each card 32 octets of digest and one of status:
//!         0 active, 1 replaced, 2 reported_lost, 3 revoked, 4 expired
//! ```

use std::fs::File;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek as _;
use std::path::Path;

use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::cards::Cards;
use crate::registry::snapshot::cards::Take;
use crate::registry::snapshot::cards::unusable;

/// What a binary file begins with.
pub const BINARY_MAGIC: &[u8; 8] = b"CCCARDS1";

/// Octets of a card in a binary file.
const RECORD: usize = 33;

/// Longest line of a CSV file, in octets: names and three addresses are 2,000.
const MAX_LINE: u64 = 64 * 1024;

/// Octets that are read at once.
const BUFFER: usize = 1024 * 1024;

/// The statuses of a binary file, by their numbers.
const STATUSES: [CardStatus; 5] = [
    CardStatus::Active,
    CardStatus::Replaced,
    CardStatus::ReportedLost,
    CardStatus::Revoked,
    CardStatus::Expired,
];

/// A card in a binary file; none of a status that a register does not hold.
pub fn binary_record(sod: &SodDigest, status: CardStatus) -> Option<[u8; RECORD]> {
    let place = STATUSES.iter().position(|known| *known == status)?;
    let mut record = [0; RECORD];
    let (digest, last) = record.split_first_chunk_mut::<32>()?;
    *digest = *sod.as_bytes();
    *last.first_mut()? = u8::try_from(place).ok()?;
    Some(record)
}

/// Cards in a file, which stays open.
pub struct FileCards {
    file: File,
}

impl FileCards {
    /// Opens a file.
    ///
    /// # Errors
    /// [`SnapshotError::Unreadable`].
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let unreadable = |_| SnapshotError::Unreadable {
            path: path.display().to_string(),
        };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_file() {
            Ok(Self { file })
        } else {
            // It is read twice.
            Err(unreadable(io::ErrorKind::NotSeekable.into()))
        }
    }
}

impl Cards for FileCards {
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError> {
        self.file.rewind().map_err(|_| unusable("the file"))?;
        let mut reader = BufReader::with_capacity(BUFFER, &self.file);
        let start = reader.fill_buf().map_err(|_| unusable("the file"))?;
        if start.starts_with(BINARY_MAGIC) {
            reader.consume(BINARY_MAGIC.len());
            binary(&mut reader, take)
        } else {
            csv(&mut reader, take)
        }
    }
}

fn binary(reader: &mut impl Read, take: &mut Take<'_>) -> Result<(), SnapshotError> {
    let mut number = 0_u64;
    let mut record = Vec::with_capacity(RECORD);
    loop {
        number += 1;
        record.clear();
        let mut one = reader.by_ref().take(33);
        let read = one.read_to_end(&mut record);
        match read.map_err(|_| unusable(format!("card {number}")))? {
            0 => return Ok(()),
            RECORD => {}
            _ => return Err(unusable(format!("card {number}: cut short"))),
        }
        let card = record.split_first_chunk::<32>().and_then(|(digest, last)| {
            let place = usize::from(*last.first()?);
            Some((SodDigest::from_bytes(*digest), *STATUSES.get(place)?))
        });
        let (sod, status) = card.ok_or_else(|| unusable(format!("card {number}: status")))?;
        take(sod, status)?;
    }
}

/// Where the two columns stand.
struct Columns {
    sod: usize,
    status: usize,
}

fn csv(reader: &mut impl BufRead, take: &mut Take<'_>) -> Result<(), SnapshotError> {
    let mut columns = None;
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        number += 1;
        let wrong = |what: &str| unusable(format!("line {number}: {what}"));
        line.clear();
        let mut limited = reader.by_ref().take(MAX_LINE + 1);
        let read = limited.read_until(b'\n', &mut line);
        if read.map_err(|_| wrong("unreadable"))? == 0 {
            break;
        }
        if u64::try_from(line.len()).is_ok_and(|length| length > MAX_LINE) {
            return Err(wrong("too long"));
        }
        let text = std::str::from_utf8(&line).map_err(|_| wrong("no UTF-8"))?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let Some(Columns { sod, status }) = &columns else {
            let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
            let names = fields(text).ok_or_else(|| wrong("quotes"))?;
            let place = |wanted: &str| {
                let mut places = names.iter().enumerate();
                let found = places.find(|(_, name)| name.trim() == wanted);
                found.map(|(place, _)| place)
            };
            columns = Some(Columns {
                sod: place("sod_sha256").ok_or_else(|| wrong("no column sod_sha256"))?,
                status: place("card_status").ok_or_else(|| wrong("no column card_status"))?,
            });
            continue;
        };
        if text.is_empty() {
            continue;
        }
        let fields = fields(text).ok_or_else(|| wrong("quotes"))?;
        let field = |place: usize| fields.get(place).map(|field| field.trim());
        let digits = field(*sod).ok_or_else(|| wrong("sod_sha256"))?;
        if digits.is_empty() {
            continue;
        }
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest).map_err(|_| wrong("sod_sha256"))?;
        let status = field(*status)
            .and_then(CardStatus::from_code)
            .filter(|status| STATUSES.contains(status))
            .ok_or_else(|| wrong("card_status"))?;
        take(SodDigest::from_bytes(digest), status)?;
    }
    match columns {
        Some(_) => Ok(()),
        None => Err(unusable("line 1: no header")),
    }
}

/// The fields of a line (RFC 4180 §2); quoted ones stay on one line. None where quotes do not close.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let mut field = String::new();
        let behind = if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (text, behind) = quoted.split_once('"')?;
                field.push_str(text);
                match behind.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => break behind,
                }
            }
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            let (text, behind) = rest.split_at_checked(end)?;
            field.push_str(text);
            behind
        };
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None if behind.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards(text: &str) -> Result<Vec<CardStatus>, String> {
        let mut found = Vec::new();
        let mut take = |_: SodDigest, status: CardStatus| {
            found.push(status);
            Ok(())
        };
        csv(&mut text.as_bytes(), &mut take).map_err(|error| error.subject().unwrap())?;
        Ok(found)
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let sod = "0f".repeat(32);
        let text = format!(
            "\u{FEFF}name,card_status,\"sod_sha256\"\r\n\"A, \"\"B\"\"\",revoked,{sod}\r\n\nx,active,\n,expired,{sod}"
        );
        let expected = vec![CardStatus::Revoked, CardStatus::Expired];
        assert_eq!(cards(&text), Ok(expected));
    }

    #[test]
    fn a_bad_line_is_named_and_not_repeated() {
        let sod = "0f".repeat(32);
        for (rows, expected) in [
            ("".to_owned(), "line 1: no header"),
            ("card_status\n".to_owned(), "line 1: no column sod_sha256"),
            ("sod_sha256\n".to_owned(), "line 1: no column card_status"),
            (
                format!("sod_sha256,card_status\n{sod},lost\n"),
                "line 2: card_status",
            ),
            (
                format!("sod_sha256,card_status\n{sod},not_issued\n"),
                "line 2: card_status",
            ),
            (
                format!("sod_sha256,card_status\n{sod}\n"),
                "line 2: card_status",
            ),
            (
                format!("sod_sha256,card_status\n\n{sod}0,active\n"),
                "line 3: sod_sha256",
            ),
            (
                format!("sod_sha256,card_status\n\"{sod},active\n"),
                "line 2: quotes",
            ),
            (
                format!("sod_sha256,card_status\n{}\n", "a".repeat(70_000)),
                "line 2: too long",
            ),
        ] {
            assert_eq!(cards(&rows), Err(expected.to_owned()));
        }
    }

    #[test]
    fn a_binary_file_ends_with_a_card() {
        let sod = SodDigest::from_bytes([7; 32]);
        let mut octets = Vec::new();
        for status in STATUSES {
            octets.extend(binary_record(&sod, status).unwrap());
        }
        assert_eq!(binary_record(&sod, CardStatus::NotOnFile), None);
        let mut found = Vec::new();
        let mut take = |_: SodDigest, status: CardStatus| {
            found.push(status);
            Ok(())
        };
        binary(&mut octets.as_slice(), &mut take).unwrap();
        let short = binary(&mut octets.split_last().unwrap().1, &mut take).unwrap_err();
        assert_eq!(short.subject().unwrap(), "card 5: cut short");
        octets[32] = 5;
        let wrong = binary(&mut octets.as_slice(), &mut take).unwrap_err();
        assert_eq!(wrong.subject().unwrap(), "card 1: status");
        assert_eq!(found[..5], STATUSES);
    }
}
