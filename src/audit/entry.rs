//! One record: what is written, and how a line is read.
//!
//! ```text
//! {"seq":N,"prev":"64 hex","time":"YYYY-MM-DDTHH:MM:SS.mmmZ"[,"clock":"…"],"server":"…",
//!  ["agency":"…",]["officer":"…",]["device":"…",]["procedure":"…",]["case":"…",]["id":"…",]
//!  ["subject":"64 hex",]["question":"64 hex",]"verdict":"…"[,"answer":"64 hex"][,"cost":N][,"cut":N]}
//! ```
//!
//! A line has one spelling: the members in this order, no white space, `"` and `\` as the only
//! characters behind a backslash.

use std::str;

use crate::audit::tree::Digest;
use crate::error::AuditError;

/// Longest text in a record, in bytes: 64 characters of four bytes.
const MAX_TEXT: usize = 256;

/// Longest verdict, in bytes.
const MAX_VERDICT: usize = 64;

/// Longest line, in bytes, its end included: seven texts with every character behind a backslash, and
/// the digests, have a little over half of it.
pub const MAX_LINE: usize = 8192;

/// Room in a line for what stands in front of what [`encode`] makes, and behind it.
const PLACE: usize = 256;

/// Length of a time: `2026-11-22T18:29:09.123Z`.
const TIME_LEN: usize = 24;

/// Largest number, which every program holds exactly (RFC 7493 §2.2), and its digits.
const MAX_NUMBER: u64 = (1 << 53) - 1;
const MAX_DIGITS: usize = 16;

/// What is to be recorded of one decision. Neither numbers nor names of persons: the subject is a
/// pairwise identifier ([`crate::audit::pairwise`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The agency that asked.
    pub agency: Option<String>,
    /// Its officer.
    pub officer: Option<String>,
    /// Its device.
    pub device: Option<String>,
    /// What for.
    pub procedure: Option<String>,
    /// The case's own number at the agency.
    pub case: Option<String>,
    /// The question's own name, which no other question of the agency has; for an agent, that of the read.
    pub id: Option<String>,
    /// Who was asked about, by a name that only this agency's records have.
    pub subject: Option<Digest>,
    /// SHA-256 of the question as it came.
    pub question: Option<Digest>,
    /// What was decided: a code of lower-case letters, digits, `.`, `_` and `-`.
    pub verdict: String,
    /// SHA-256 of the answer, or of the receipt that another registry gave.
    pub answer: Option<Digest>,
    /// What it cost of the agency's allowance.
    pub cost: Option<u32>,
}

impl Entry {
    /// A record by which a log is tried: as long as any that comes, or it would find room where they find
    /// none.
    pub fn trial(verdict: &str) -> Self {
        let filler = || Some("-".repeat(64));
        Self {
            agency: filler(),
            officer: filler(),
            device: filler(),
            procedure: filler(),
            case: filler(),
            id: None,
            subject: Some([0; 32]),
            question: Some([0; 32]),
            verdict: verdict.to_owned(),
            answer: Some([0; 32]),
            cost: None,
        }
    }
}

/// Begins the part of a line that does not depend on its place.
pub(super) fn encode(entry: &Entry, server: &str) -> Result<Vec<u8>, AuditError> {
    let mut out = Vec::with_capacity(512);
    text(&mut out, "server", server)?;
    for (name, value) in [
        ("agency", &entry.agency),
        ("officer", &entry.officer),
        ("device", &entry.device),
        ("procedure", &entry.procedure),
        ("case", &entry.case),
        ("id", &entry.id),
    ] {
        if let Some(value) = value {
            text(&mut out, name, value)?;
        }
    }
    digest(&mut out, "subject", entry.subject.as_ref());
    digest(&mut out, "question", entry.question.as_ref());
    if !is_code(entry.verdict.as_bytes()) {
        return Err(AuditError::Entry { member: "verdict" });
    }
    text(&mut out, "verdict", &entry.verdict)?;
    digest(&mut out, "answer", entry.answer.as_ref());
    if let Some(cost) = entry.cost {
        out.extend_from_slice(format!(",\"cost\":{cost}").as_bytes());
    }
    // What is written must be read again.
    if out.len() > MAX_LINE - PLACE {
        return Err(AuditError::Entry { member: "length" });
    }
    Ok(out)
}

/// The record that says that the end of a line was cut off when the log was opened.
pub(super) fn mended(server: &str, cut: u64) -> Result<Vec<u8>, AuditError> {
    let entry = Entry {
        verdict: MENDED.to_owned(),
        ..Entry::default()
    };
    let mut out = encode(&entry, server)?;
    out.extend_from_slice(format!(",\"cut\":{cut}").as_bytes());
    Ok(out)
}

/// The verdict of a record that the log writes itself, when it cut off a line that was torn.
pub const MENDED: &str = "log.mended";

/// The verdict of a record that a read begins with whose end has a record of its own, under the same `id`.
pub const BEGUN: &str = "agent.begun";

/// Appends a whole line to `out`: the place in the log, then what [`encode`] made.
pub(super) fn put_line(out: &mut Vec<u8>, seq: u64, prev: &Digest, stamp: &Stamp, rest: &[u8]) {
    let mut digits = [0; 64];
    // 64 digits have room for 32 bytes.
    let _ = hex::encode_to_slice(prev, &mut digits);
    out.extend_from_slice(b"{\"seq\":");
    out.extend_from_slice(seq.to_string().as_bytes());
    out.extend_from_slice(b",\"prev\":\"");
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\",\"time\":\"");
    out.extend_from_slice(stamp.time.as_bytes());
    out.push(b'"');
    if let Some(clock) = &stamp.clock {
        out.extend_from_slice(b",\"clock\":\"");
        out.extend_from_slice(clock.as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(b"}\n");
}

/// When a line is written, as it stands in it.
pub(super) struct Stamp {
    /// Never earlier than the line before.
    pub(super) time: String,
    /// What the clock said, where that is earlier than the line before.
    pub(super) clock: Option<String>,
}

fn text(out: &mut Vec<u8>, name: &'static str, value: &str) -> Result<(), AuditError> {
    if value.is_empty() || value.len() > MAX_TEXT || value.chars().any(char::is_control) {
        return Err(AuditError::Entry { member: name });
    }
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":\"");
    let mut rest = value.as_bytes();
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        let (plain, from) = rest.split_at(at);
        let (escaped, behind) = from.split_at(1);
        out.extend_from_slice(plain);
        out.push(b'\\');
        out.extend_from_slice(escaped);
        rest = behind;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
    Ok(())
}

fn digest(out: &mut Vec<u8>, name: &str, value: Option<&Digest>) {
    if let Some(value) = value {
        let mut digits = [0; 64];
        // 64 digits have room for 32 bytes.
        let _ = hex::encode_to_slice(value, &mut digits);
        for part in [b",\"", name.as_bytes(), b"\":\"", &digits, b"\""] {
            out.extend_from_slice(part);
        }
    }
}

fn is_code(text: &[u8]) -> bool {
    let allowed = |byte: &u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    (1..=MAX_VERDICT).contains(&text.len()) && text.iter().all(allowed)
}

/// A line that was read. Texts are as they stand in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number, from 0: the index of its leaf in the tree.
    pub seq: u64,
    /// SHA-256 of the line before it, without its end.
    pub prev: Digest,
    /// When it was written; never earlier than the record before.
    pub time: &'a str,
    /// What the clock said, where it had gone back.
    pub clock: Option<&'a str>,
    /// The agency that asked.
    pub agency: Option<&'a str>,
    /// Its officer.
    pub officer: Option<&'a str>,
    /// Its device.
    pub device: Option<&'a str>,
    /// The question's own name.
    pub id: Option<&'a str>,
    /// What was decided.
    pub verdict: &'a str,
    /// SHA-256 of the question.
    pub question: Option<Digest>,
    /// What it cost.
    pub cost: Option<u64>,
}

impl<'a> Record<'a> {
    /// What the clock said when it was written.
    pub fn by_the_clock(&self) -> &'a str {
        self.clock.unwrap_or(self.time)
    }

    /// Reads a line, without its end. None where it is not a record in its one spelling.
    pub fn read(line: &'a [u8]) -> Option<Self> {
        if line.len() >= MAX_LINE {
            return None;
        }
        let mut line = Cursor(str::from_utf8(line).ok()?);
        line.skip("{\"seq\":")?;
        let seq = line.number()?;
        line.skip(",\"prev\":\"")?;
        let prev = line.digest()?;
        let time = line.member("time")?;
        let clock = line.optional("clock")?;
        let is_time = |text: &str| shaped_as_time(text.as_bytes());
        (is_time(time) && clock.is_none_or(is_time)).then_some(())?;
        line.member("server")?;
        let agency = line.optional("agency")?;
        let officer = line.optional("officer")?;
        let device = line.optional("device")?;
        line.optional("procedure")?;
        line.optional("case")?;
        let id = line.optional("id")?;
        line.optional_digest("subject")?;
        let question = line.optional_digest("question")?;
        let verdict = line.member("verdict")?;
        is_code(verdict.as_bytes()).then_some(())?;
        line.optional_digest("answer")?;
        let cost = line.optional_number(",\"cost\":")?;
        line.optional_number(",\"cut\":")?;
        (line.0 == "}").then_some(Self {
            seq,
            prev,
            time,
            clock,
            agency,
            officer,
            device,
            id,
            verdict,
            question,
            cost,
        })
    }
}

/// A text of a line as it was before it was written there.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.extend(match character {
            '\\' => characters.next(),
            other => Some(other),
        });
    }
    plain
}

/// Whether a text is a time as lines have it, so that the order of texts is that of times.
fn shaped_as_time(text: &[u8]) -> bool {
    const SHAPE: &[u8; TIME_LEN] = b"0000-00-00T00:00:00.000Z";
    text.len() == TIME_LEN
        && text.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

/// What is left of a line.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn take(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let digits = self.take(length)?;
        let spelled =
            (1..=MAX_DIGITS).contains(&length) && (length == 1 || !digits.starts_with('0'));
        let number = spelled.then(|| digits.parse().ok()).flatten();
        number.filter(|number| *number <= MAX_NUMBER)
    }

    /// A number that may be absent; `None` outside where it is there and wrong.
    fn optional_number(&mut self, name: &str) -> Option<Option<u64>> {
        match self.skip(name) {
            Some(()) => self.number().map(Some),
            None => Some(None),
        }
    }

    /// 64 digits of lower case, and the quotation mark behind them.
    fn digest(&mut self) -> Option<Digest> {
        let digits = self.take(64)?;
        let lower = digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        lower.then_some(())?;
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest).ok()?;
        self.skip("\"")?;
        Some(digest)
    }

    /// Steps over `,"name":"` if that is next.
    fn name(&mut self, name: &str) -> Option<()> {
        let rest = self.0.strip_prefix(",\"")?.strip_prefix(name)?;
        self.0 = rest.strip_prefix("\":\"")?;
        Some(())
    }

    fn member(&mut self, name: &str) -> Option<&'a str> {
        self.name(name)?;
        self.text()
    }

    /// A member that may be absent; `None` outside where it is there and wrong.
    fn optional(&mut self, name: &str) -> Option<Option<&'a str>> {
        match self.name(name) {
            Some(()) => self.text().map(Some),
            None => Some(None),
        }
    }

    fn optional_digest(&mut self, name: &str) -> Option<Option<Digest>> {
        match self.name(name) {
            Some(()) => self.digest().map(Some),
            None => Some(None),
        }
    }

    /// A text up to its closing quotation mark.
    fn text(&mut self) -> Option<&'a str> {
        let mut escaped = false;
        for (at, byte) in self.0.bytes().enumerate() {
            match (escaped, byte) {
                (true, b'"' | b'\\') => escaped = false,
                (false, b'\\') => escaped = true,
                (false, b'"') => {
                    let taken = self.take(at)?;
                    self.skip("\"")?;
                    // Those of one octet are looked at below.
                    let control = !taken.is_ascii() && taken.chars().any(char::is_control);
                    return (!taken.is_empty() && !control).then_some(taken);
                }
                (true, _) | (_, 0..=0x1F | 0x7F) => return None,
                _ => {}
            }
        }
        None
    }
}
