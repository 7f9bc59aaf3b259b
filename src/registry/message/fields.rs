//! Reading a JSON object member by member: what is missing, of another kind, too long or not known
//! is named by its place (RFC 6901), and never by what it says.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use thiserror::Error;

use crate::seal::canonical;

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFault {
    /// Longer than any such message.
    TooLarge,
    /// No JSON, or JSON that two programs could understand in two ways.
    Json,
    /// A member is missing.
    Missing,
    /// There is a member that is not known here.
    Unknown,
    /// Another kind of value.
    Kind,
    /// A text that is empty or too long, or a list that is too long.
    Length,
    /// A text that is none of those that may stand there.
    Format,
    /// An entry of a list stands there twice.
    Repeated,
    /// Another schema, or another version of it.
    Schema,
    /// Members that cannot be true together.
    Contradiction,
    /// Another spelling than the canonical one (RFC 8785).
    Spelling,
}

impl MessageFault {
    /// The word in problems.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Json => "json",
            Self::Missing => "missing",
            Self::Unknown => "unknown_member",
            Self::Kind => "kind",
            Self::Length => "length",
            Self::Format => "format",
            Self::Repeated => "repeated",
            Self::Schema => "schema",
            Self::Contradiction => "contradiction",
            Self::Spelling => "spelling",
        }
    }
}

/// Where a message is wrong, and how. Holds names of members of this program's own lists alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} at {}", fault.code(), if at.is_empty() { "the whole" } else { at })]
pub struct MessageError {
    /// What is wrong.
    pub fault: MessageFault,
    /// JSON pointer of the member (RFC 6901); empty for the whole message. An unknown member is
    /// said of the object that it stands in, since its name is whatever the sender wrote.
    pub at: String,
}

impl MessageError {
    pub(super) fn whole(fault: MessageFault) -> Self {
        Self {
            fault,
            at: String::new(),
        }
    }

    /// The word for what is wrong.
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }
}

/// Reads a message as one JSON object.
pub(super) fn object(bytes: &[u8], limit: usize) -> Result<Map<String, Value>, MessageError> {
    if bytes.len() > limit {
        return Err(MessageError::whole(MessageFault::TooLarge));
    }
    match canonical::parse(bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(MessageError::whole(MessageFault::Kind)),
        Err(_) => Err(MessageError::whole(MessageFault::Json)),
    }
}

/// The members of one object that were not taken yet.
pub(super) struct Fields {
    members: Map<String, Value>,
    at: String,
}

impl Fields {
    /// The whole message.
    pub(super) const fn new(members: Map<String, Value>) -> Self {
        Self {
            members,
            at: String::new(),
        }
    }

    /// An error about the object itself.
    pub(super) fn here(&self, fault: MessageFault) -> MessageError {
        MessageError {
            fault,
            at: self.at.clone(),
        }
    }

    /// An error about a member.
    pub(super) fn wrong(&self, name: &'static str, fault: MessageFault) -> MessageError {
        MessageError {
            fault,
            at: format!("{}/{name}", self.at),
        }
    }

    /// The schema, which must be this one.
    pub(super) fn schema(&mut self, schema: &str) -> Result<(), MessageError> {
        let said = self.required("schema")?;
        if said.as_str() == Some(schema) {
            Ok(())
        } else {
            Err(self.wrong("schema", MessageFault::Schema))
        }
    }

    fn required(&mut self, name: &'static str) -> Result<Value, MessageError> {
        let value = self.members.remove(name);
        value.ok_or_else(|| self.wrong(name, MessageFault::Missing))
    }

    /// A text that has a meaning; what has none is of the wrong form.
    pub(super) fn word<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, MessageError> {
        let found = self.optional_word(name, read)?;
        found.ok_or_else(|| self.wrong(name, MessageFault::Missing))
    }

    /// The same where it may be absent.
    pub(super) fn optional_word<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, MessageError> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => match read(&text) {
                Some(value) => Ok(Some(value)),
                None => Err(self.wrong(name, MessageFault::Format)),
            },
            Some(_) => Err(self.wrong(name, MessageFault::Kind)),
        }
    }

    /// A text for people, which may be absent: 1 to `limit` characters, none of them a control.
    pub(super) fn optional_text(
        &mut self,
        name: &'static str,
        limit: usize,
    ) -> Result<Option<String>, MessageError> {
        let Some(text) = self.optional_word(name, |text| Some(text.to_owned()))? else {
            return Ok(None);
        };
        match text_fault(&text, limit) {
            None => Ok(Some(text)),
            Some(fault) => Err(self.wrong(name, fault)),
        }
    }

    /// A text for people.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        limit: usize,
    ) -> Result<String, MessageError> {
        let text = self.optional_text(name, limit)?;
        text.ok_or_else(|| self.wrong(name, MessageFault::Missing))
    }

    /// A time.
    pub(super) fn time(&mut self, name: &'static str) -> Result<Timestamp, MessageError> {
        self.word(name, time)
    }

    /// A count, which may be absent.
    pub(super) fn optional_count(
        &mut self,
        name: &'static str,
    ) -> Result<Option<u64>, MessageError> {
        match self.members.remove(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(count) => Ok(Some(count)),
                None => Err(self.wrong(name, MessageFault::Kind)),
            },
        }
    }

    /// An object.
    pub(super) fn object(&mut self, name: &'static str) -> Result<Self, MessageError> {
        match self.required(name)? {
            Value::Object(members) => Ok(Self {
                members,
                at: format!("{}/{name}", self.at),
            }),
            _ => Err(self.wrong(name, MessageFault::Kind)),
        }
    }

    /// A list, which may be absent, and then is empty.
    pub(super) fn optional_list(
        &mut self,
        name: &'static str,
        limit: usize,
    ) -> Result<Vec<Value>, MessageError> {
        match self.members.remove(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(entries)) if entries.len() <= limit => Ok(entries),
            Some(Value::Array(_)) => Err(self.wrong(name, MessageFault::Length)),
            Some(_) => Err(self.wrong(name, MessageFault::Kind)),
        }
    }

    /// A list.
    pub(super) fn list(
        &mut self,
        name: &'static str,
        limit: usize,
    ) -> Result<Vec<Value>, MessageError> {
        if self.members.contains_key(name) {
            self.optional_list(name, limit)
        } else {
            Err(self.wrong(name, MessageFault::Missing))
        }
    }

    /// An entry of a list in this object, which must be an object.
    pub(super) fn entry(
        &self,
        name: &'static str,
        index: usize,
        value: Value,
    ) -> Result<Self, MessageError> {
        let at = format!("{}/{name}/{index}", self.at);
        match value {
            Value::Object(members) => Ok(Self { members, at }),
            _ => Err(MessageError {
                fault: MessageFault::Kind,
                at,
            }),
        }
    }

    /// Nothing is left.
    pub(super) fn finish(self) -> Result<(), MessageError> {
        if self.members.is_empty() {
            Ok(())
        } else {
            Err(self.here(MessageFault::Unknown))
        }
    }
}

/// Words of a list that stand in it once each.
pub(super) fn words<T: PartialEq>(
    fields: &Fields,
    name: &'static str,
    entries: Vec<Value>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, MessageError> {
    let mut found: Vec<T> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let wrong = |fault| MessageError {
            fault,
            at: format!("{}/{name}/{index}", fields.at),
        };
        let text = entry.as_str().ok_or_else(|| wrong(MessageFault::Kind))?;
        let word = read(text).ok_or_else(|| wrong(MessageFault::Format))?;
        if found.contains(&word) {
            return Err(wrong(MessageFault::Repeated));
        }
        found.push(word);
    }
    Ok(found)
}

/// What keeps a text from being one for people: its length, or a control character in it.
pub(super) fn text_fault(text: &str, limit: usize) -> Option<MessageFault> {
    // Four bytes to a character at most: what is longer need not be counted.
    if text.is_empty() || text.len() > limit.saturating_mul(4) || text.chars().count() > limit {
        return Some(MessageFault::Length);
    }
    let control = text.chars().any(char::is_control);
    control.then_some(MessageFault::Format)
}

/// RFC 3339 with capital letters: `2026-11-22T08:15:00Z`, `2026-11-22T15:15:00.5+07:00`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    /// Longest text: one with more decimals than any clock has.
    const MAX_TIME: usize = 64;
    const DAY_AND_TIME: &str = "0000-00-00T00:00:00";
    const OFFSET: &str = "00:00";
    /// Decimals that count here.
    const DECIMALS: usize = 9;
    if text.len() > MAX_TIME {
        return None;
    }
    let (whole, rest) = text.split_at_checked(DAY_AND_TIME.len())?;
    let zone = rest.trim_start_matches(|one: char| one == '.' || one.is_ascii_digit());
    let decimals = rest.strip_suffix(zone)?;
    let plain = match zone.strip_prefix(['+', '-']) {
        Some(offset) => has_form(offset, OFFSET),
        None => zone == "Z",
    };
    let digits = match decimals.strip_prefix('.') {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit()),
        None => decimals.is_empty(),
    };
    if !(plain && digits && has_form(whole, DAY_AND_TIME)) {
        return None;
    }
    let decimals = decimals.get(..=DECIMALS).unwrap_or(decimals);
    format!("{whole}{decimals}{zone}").parse().ok()
}

/// Whether a text has digits where the form has zeros, and the form's own signs elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(one, form): (u8, u8)| match form {
        b'0' => one.is_ascii_digit(),
        sign => one == sign,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}

/// 64 hexadecimal digits in lower case.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    let lower = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut octets = [0; 32];
    hex::decode_to_slice(text, &mut octets).ok()?;
    lower.then_some(octets)
}
