//! LDIF (RFC 2849), as the public key directory of ICAO publishes what it holds: certificates of
//! document signers and CRLs in one file, master lists in another, what does not conform in a third.
//!
//! ```text
//! version: 1
//! dn: cn=…,o=dsc,c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int
//! pkdVersion: 7
//! userCertificate;binary:: MIIE…
//!  …a line that begins with a space goes on where the last one ended
//! ```
//!
//! Entries are taken one by one, so that no more than one is in memory beside the file.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::GeneralPurpose;
use base64::engine::GeneralPurposeConfig;
use thiserror::Error;

use crate::bytes::tlv;

/// Largest file read, in bytes. The directory's largest has some 80 MiB.
const MAX_FILE: usize = 256 * 1024 * 1024;

/// Most entries in one file. The directory's largest has some 32,000.
const MAX_ENTRIES: usize = 262_144;

/// Most lines of one entry that are no continuations. Real ones have up to a dozen.
const MAX_LINES: usize = 4096;

/// Longest line with its continuations, in bytes: a value of 16 MiB, as large as a trust file may be.
const MAX_LINE: usize = 24 * 1024 * 1024;

/// Longest name of an entry and longest text kept, in bytes.
const MAX_TEXT: usize = 16 * 1024;

/// One entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number of the line that it begins on, from 1.
    pub line: usize,
    /// Its distinguished name, as it stood.
    pub dn: String,
    /// What it holds that trust can be made of. Entries that hold nothing of the kind, such as those
    /// for countries, have none.
    pub values: Vec<Value>,
    /// The attribute pkdVersion: it grows with every change of the entry.
    pub pkd_version: Option<u64>,
    /// The attribute pkdConformanceCode: what is wrong with the value, in the words of the directory.
    pub conformance: Option<String>,
}

/// One value.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// Number of the line that it begins on, from 1.
    pub line: usize,
    /// What it should be.
    pub kind: Kind,
    /// Its octets.
    pub der: Vec<u8>,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, kind, der } = self;
        write!(f, "Value({kind:?}, line {line}, {} bytes)", der.len())
    }
}

/// What a value should be, by the name of its attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// userCertificate, cACertificate (RFC 4523)
    Certificate,
    /// certificateRevocationList, authorityRevocationList (RFC 4523)
    Crl,
    /// pkdMasterListContent, and CscaMasterListData as the directory had it before
    MasterList,
    /// An attribute that has the words in its name. What the directory calls it was in no public
    /// text that we found.
    DeviationList,
    /// An attribute of another name, whose octets begin as DER does.
    Other,
}

/// Why a file is no LDIF, and the line, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}: {fault}")]
pub struct LdifFault {
    /// Number of the line.
    pub line: usize,
    /// What is wrong with it.
    pub fault: LineFault,
}

/// What is wrong with a line.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LineFault {
    /// The file is larger than is read.
    #[error("the file is too large")]
    FileTooLarge,
    /// There are more entries than are read.
    #[error("there are too many entries")]
    TooManyEntries,
    /// The entry has more lines than are read.
    #[error("the entry has too many lines")]
    TooManyLines,
    /// The line and its continuations are longer than is read.
    #[error("the line is too long")]
    LineTooLong,
    /// A continuation of nothing.
    #[error("the line continues none")]
    Continuation,
    /// The version of the format is not 1.
    #[error("the version of the format is not 1")]
    Version,
    /// The entry does not begin with its name.
    #[error("an entry begins without its name")]
    NoName,
    /// The entry has a second name.
    #[error("an entry has two names")]
    SecondName,
    /// No attribute description and no colon.
    #[error("the line is no attribute and value")]
    NoAttribute,
    /// The value is no base64.
    #[error("the value is no base64")]
    Base64,
    /// The value is no UTF-8.
    #[error("the value is no UTF-8")]
    Text,
    /// The value is to be fetched from an address; nothing is ever fetched.
    #[error("the value is an address")]
    Url,
    /// The value ends before it says it does.
    #[error("the value is cut off")]
    CutOff,
    /// The file changes or removes entries instead of listing them.
    #[error("the entry is a change and not an addition")]
    Change,
    /// The file holds no entry.
    #[error("there is no entry")]
    Empty,
}

/// Whether a file looks like LDIF: its first line that is no comment is a version or a name.
pub fn is_ldif(bytes: &[u8]) -> bool {
    let bytes = without_mark(bytes);
    bytes
        .split(|octet| *octet == b'\n')
        .take(MAX_LINES)
        .find(|line| {
            // Comments go on over lines that begin with a space.
            !line.trim_ascii().is_empty() && !line.starts_with(b"#") && !line.starts_with(b" ")
        })
        .is_some_and(|line| {
            let name = line
                .split(|octet| *octet == b':')
                .next()
                .unwrap_or_default();
            name.len() < line.len()
                && (name.eq_ignore_ascii_case(b"version") || name.eq_ignore_ascii_case(b"dn"))
        })
}

/// Takes the entries of a file one by one. After a fault there are no more.
///
/// # Errors
/// [`LdifFault`] when the file is too large; each entry may have its own.
pub fn read(bytes: &[u8]) -> Result<Entries<'_>, LdifFault> {
    if bytes.len() > MAX_FILE {
        return Err(LdifFault {
            line: 1,
            fault: LineFault::FileTooLarge,
        });
    }
    Ok(Entries {
        lines: Lines {
            rest: without_mark(bytes),
            number: 0,
        },
        taken: 0,
        state: State::Start,
    })
}

/// All entries of a file.
///
/// # Errors
/// [`LdifFault`] of the first line that is wrong, and when there is no entry at all.
pub fn entries(bytes: &[u8]) -> Result<Vec<Entry>, LdifFault> {
    let entries = read(bytes)?.collect::<Result<Vec<_>, _>>()?;
    if entries.is_empty() {
        return Err(LdifFault {
            line: 1,
            fault: LineFault::Empty,
        });
    }
    Ok(entries)
}

/// Some editors put a byte order mark before the text.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// The entries of a file, see [`read`].
#[derive(Debug)]
pub struct Entries<'a> {
    lines: Lines<'a>,
    taken: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The version may come.
    Start,
    Going,
    Over,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, LdifFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Over {
            return None;
        }
        match self.entry() {
            Ok(Some(entry)) => Some(Ok(entry)),
            Ok(None) => {
                self.state = State::Over;
                None
            }
            Err(fault) => {
                self.state = State::Over;
                Some(Err(fault))
            }
        }
    }
}

impl Entries<'_> {
    fn entry(&mut self) -> Result<Option<Entry>, LdifFault> {
        let mut entry: Option<Entry> = None;
        let mut count = 0_usize;
        while let Some(line) = self.lines.next()? {
            let at = |fault| LdifFault {
                line: line.number,
                fault,
            };
            if line.text.is_empty() {
                if entry.is_some() {
                    return Ok(entry);
                }
                continue;
            }
            count += 1;
            if count > MAX_LINES {
                return Err(at(LineFault::TooManyLines));
            }
            let spec = Spec::read(&line.text).map_err(at)?;
            let starting = std::mem::replace(&mut self.state, State::Going) == State::Start;
            match (&mut entry, spec.name) {
                (None, name) if starting && name.eq_ignore_ascii_case("version") => {
                    if spec.octets().map_err(at)? != b"1" {
                        return Err(at(LineFault::Version));
                    }
                }
                (None, name) if name.eq_ignore_ascii_case("dn") => {
                    self.taken += 1;
                    if self.taken > MAX_ENTRIES {
                        return Err(at(LineFault::TooManyEntries));
                    }
                    entry = Some(Entry {
                        line: line.number,
                        dn: spec.text().map_err(at)?,
                        values: Vec::new(),
                        pkd_version: None,
                        conformance: None,
                    });
                }
                (None, _) => return Err(at(LineFault::NoName)),
                (Some(entry), _) => entry.take(&spec, line.number).map_err(at)?,
            }
        }
        Ok(entry)
    }
}

impl Entry {
    fn take(&mut self, spec: &Spec<'_>, line: usize) -> Result<(), LineFault> {
        // RFC 2849: an attribute description may carry options, `;binary` among them.
        let name = spec.name.split(';').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "dn" => return Err(LineFault::SecondName),
            // A change record, as files of differences have: only additions say what is there.
            "changetype" if spec.octets()?.trim_ascii() == b"add" => return Ok(()),
            "changetype" | "control" => return Err(LineFault::Change),
            "pkdversion" => {
                self.pkd_version = spec.text()?.parse().ok();
                return Ok(());
            }
            "pkdconformancecode" => {
                self.conformance = Some(spec.text()?);
                return Ok(());
            }
            _ => {}
        }
        let octets = spec.octets()?;
        let kind = match name.as_str() {
            "usercertificate" | "cacertificate" => Kind::Certificate,
            "certificaterevocationlist" | "authorityrevocationlist" => Kind::Crl,
            "pkdmasterlistcontent" | "cscamasterlistdata" => Kind::MasterList,
            name if name.contains("deviationlist") => Kind::DeviationList,
            _ if spec.form == Form::Base64 && octets.first() == Some(&0x30) => Kind::Other,
            _ => return Ok(()),
        };
        // What is cut off here was cut off with the file, or by who made it.
        if kind != Kind::Other && is_cut_off(&octets) {
            return Err(LineFault::CutOff);
        }
        self.values.push(Value {
            line,
            kind,
            der: octets,
        });
        Ok(())
    }
}

/// Whether an element ends before it says it does. One of indefinite length does not say.
fn is_cut_off(octets: &[u8]) -> bool {
    /// Octets of the longest header of an element with a short tag.
    const LONGEST_HEADER: usize = 6;
    match tlv::announced_length(octets) {
        Some(length) => length > octets.len(),
        None => octets.len() < LONGEST_HEADER && octets.get(1) != Some(&0x80),
    }
}

/// An attribute description and its value (RFC 2849: attrval-spec).
struct Spec<'a> {
    name: &'a str,
    form: Form,
    value: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Base64,
}

impl<'a> Spec<'a> {
    fn read(line: &'a [u8]) -> Result<Self, LineFault> {
        let colon = line
            .iter()
            .position(|octet| *octet == b':')
            .ok_or(LineFault::NoAttribute)?;
        let (name, rest) = line.split_at(colon);
        let name = std::str::from_utf8(name)
            .ok()
            .filter(|name| is_description(name))
            .ok_or(LineFault::NoAttribute)?;
        let rest = rest.get(1..).unwrap_or_default();
        let (form, value) = match rest {
            [b':', value @ ..] => (Form::Base64, value),
            [b'<', ..] => return Err(LineFault::Url),
            value => (Form::Plain, value),
        };
        Ok(Self {
            name,
            form,
            // RFC 2849: FILL is any number of spaces.
            value: value.trim_ascii(),
        })
    }

    fn octets(&self) -> Result<Vec<u8>, LineFault> {
        match self.form {
            Form::Plain => Ok(self.value.to_vec()),
            Form::Base64 => BASE64.decode(self.value).map_err(|_| LineFault::Base64),
        }
    }

    fn text(&self) -> Result<String, LineFault> {
        let octets = self.octets()?;
        if octets.len() > MAX_TEXT {
            return Err(LineFault::LineTooLong);
        }
        String::from_utf8(octets).map_err(|_| LineFault::Text)
    }
}

/// RFC 2849: letters, digits and hyphens, or a dotted identifier, and options behind semicolons.
fn is_description(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b';' | b'.'))
}

/// Padding may be left out, as some tools do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A line with its continuations.
struct Line {
    /// Number of its first part, from 1.
    number: usize,
    text: Vec<u8>,
}

#[derive(Debug)]
struct Lines<'a> {
    rest: &'a [u8],
    /// Number of the last line taken.
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next line that is no comment, unfolded; an empty one separates entries.
    fn next(&mut self) -> Result<Option<Line>, LdifFault> {
        while !self.rest.is_empty() {
            let first = self.part();
            let number = self.number;
            let at = |fault| LdifFault {
                line: number,
                fault,
            };
            if first.starts_with(b" ") && !first.trim_ascii().is_empty() {
                return Err(at(LineFault::Continuation));
            }
            let mut text = first.to_vec();
            // A line of spaces alone separates entries as an empty one does.
            if text.trim_ascii().is_empty() {
                text.clear();
            }
            // RFC 2849 note 2: a line that begins with one space goes on, comments too.
            while self.rest.starts_with(b" ") && !text.is_empty() {
                let part = self.part();
                text.extend_from_slice(part.get(1..).unwrap_or_default());
                if text.len() > MAX_LINE {
                    return Err(at(LineFault::LineTooLong));
                }
            }
            if text.len() > MAX_LINE {
                return Err(at(LineFault::LineTooLong));
            }
            if !text.starts_with(b"#") {
                return Ok(Some(Line { number, text }));
            }
        }
        Ok(None)
    }

    /// Takes what stands up to the next end of a line, LF or CR LF.
    fn part(&mut self) -> &'a [u8] {
        self.number += 1;
        let end = self.rest.iter().position(|octet| *octet == b'\n');
        let (part, rest) = match end {
            None => (self.rest, &[][..]),
            Some(end) => {
                let (part, rest) = self.rest.split_at(end);
                (part, rest.get(1..).unwrap_or_default())
            }
        };
        self.rest = rest;
        part.strip_suffix(b"\r").unwrap_or(part)
    }
}

#[cfg(test)]
mod tests;
