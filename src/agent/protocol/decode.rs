//! Reading commands: strictly, so that what a client meant is what is done. A member that is not known,
//! stands twice or has another type is refused, and the refusal says where.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::agent::protocol::Ask;
use crate::agent::protocol::Command;
use crate::agent::protocol::Evidence;
use crate::agent::protocol::Fault;
use crate::agent::protocol::Hello;
use crate::agent::protocol::Id;
use crate::agent::protocol::KeyText;
use crate::agent::protocol::Nonce;
use crate::agent::protocol::Portrait;
use crate::agent::protocol::Purpose;
use crate::agent::protocol::Resume;
use crate::agent::protocol::personal::wipe;
use crate::lds::DataGroup;
use crate::lds::field::REVEALABLE;
use crate::registry::FactKind;
use crate::registry::query::Case;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::render::words::Lang;
use crate::seal::canonical::parse;
use crate::verify::Check;

/// Longest message from a client, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Longest key text, in bytes: a QR code's text with long names and addresses.
const MAX_KEY: usize = 4_096;

/// Longest name of a reader or session, in bytes.
const MAX_NAME: usize = 64;

/// Most entries in a list. No list of this protocol has as many different words.
const MAX_LIST: usize = 64;

/// Longest name of a member that a pointer repeats, in characters.
const MAX_POINTER: usize = 64;

/// How long card and key may be waited for, in seconds.
const WITHIN: std::ops::RangeInclusive<u64> = 1..=600;

/// The fields of a holder, by their names in reports.
const HOLDER: [&str; 29] = [
    "name",
    "latin_name",
    "other_names",
    "citizen_number",
    "document_number",
    "old_number",
    "personal_number",
    "birth",
    "place_of_birth",
    "sex",
    "nationality",
    "issuing_state",
    "document_code",
    "issued",
    "authority",
    "expiry",
    "origin",
    "residence",
    "address",
    "telephone",
    "profession",
    "title",
    "father",
    "mother",
    "spouse",
    "number_origin",
    "number_sex",
    "number_birth_year",
    "custody",
];

/// The field of a name: one of the holder, or one of those that are sensitive.
pub fn field(name: &str) -> Option<&'static str> {
    let mut known = HOLDER.into_iter().chain(REVEALABLE);
    known.find(|known| *known == name)
}

/// Why a message is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecoded {
    /// The client's name for it, where that much could be read.
    pub id: Option<Id>,
    /// Why.
    pub fault: Fault,
}

impl Command {
    /// Reads a message.
    ///
    /// ```
    /// use cancuoc::agent::protocol::Command;
    /// let (id, command) = Command::decode(br#"{"id": "7", "command": "claim", "reader": "r1"}"#)?;
    /// assert_eq!((id.as_str(), command.name()), ("7", "claim"));
    /// assert!(Command::decode(br#"{"id": "7", "command": "claim", "raeder": "r1"}"#).is_err());
    /// # Ok::<(), cancuoc::agent::protocol::Undecoded>(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Malformed`], [`Fault::UnknownCommand`], [`Fault::TooLarge`].
    pub fn decode(message: &[u8]) -> Result<(Id, Self), Undecoded> {
        Self::read(message, None)
    }

    /// Reads the body of a request whose address says the command's name; the member `command` is not
    /// in it.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_named(name: &str, message: &[u8]) -> Result<(Id, Self), Undecoded> {
        Self::read(message, Some(name))
    }

    fn read(message: &[u8], name: Option<&str>) -> Result<(Id, Self), Undecoded> {
        let nameless = |fault| Undecoded { id: None, fault };
        if message.len() > MAX_MESSAGE {
            return Err(nameless(Fault::TooLarge));
        }
        let members = match parse(message) {
            Ok(Value::Object(members)) => members,
            Ok(other) => {
                wipe(other);
                let why = "no JSON object".to_owned();
                return Err(nameless(Fault::Unreadable { why }));
            }
            // Says the kind of mistake and the place, and nothing of what stands there.
            Err(fault) => {
                let why = fault.to_string();
                return Err(nameless(Fault::Unreadable { why }));
            }
        };
        let mut members = Members {
            members,
            path: String::new(),
        };
        let id = members
            .text("id", 4 * MAX_NAME)
            .and_then(|id| Id::new(&id).ok_or_else(|| Fault::malformed("/id")))
            .map_err(nameless)?;
        let named = |fault| Undecoded {
            id: Some(id.clone()),
            fault,
        };
        let command = match name {
            Some(name) => Self::of(name, &mut members),
            None => members
                .text("command", MAX_NAME)
                .and_then(|name| Self::of(&name, &mut members)),
        };
        let command = command.map_err(named)?;
        members.finish().map_err(named)?;
        Ok((id, command))
    }

    fn of(name: &str, members: &mut Members) -> Result<Self, Fault> {
        let mut reader = || {
            members
                .text("reader", MAX_NAME)
                .map(|name| name.to_string())
        };
        Ok(match name {
            "hello" => Self::Hello(hello(members)?),
            "status" => Self::Status,
            "readers" => Self::Readers,
            "trust" => Self::Trust,
            "leave" => Self::Leave {
                session: members.optional("session", |members, name| {
                    members.text(name, MAX_NAME).map(|name| name.to_string())
                })?,
            },
            "claim" => Self::Claim { reader: reader()? },
            "release" => Self::Release { reader: reader()? },
            "continue" => Self::Continue { reader: reader()? },
            "cancel" => Self::Cancel { reader: reader()? },
            "end" => Self::End { reader: reader()? },
            "key" => Self::Key {
                reader: reader()?,
                key: KeyText(members.text("key", MAX_KEY)?),
            },
            "read" => Self::Read(Box::new(ask(members)?)),
            _ => return Err(Fault::UnknownCommand),
        })
    }
}

fn hello(members: &mut Members) -> Result<Hello, Fault> {
    let level = members.number("level")?;
    Ok(Hello {
        // A level that no program will ever have is as unknown as the next one.
        level: u32::try_from(level).unwrap_or(u32::MAX),
        lang: match members.optional("lang", |members, name| members.text(name, MAX_NAME))? {
            None => None,
            Some(code) => Some(Lang::from_code(&code).ok_or_else(|| members.wrong("lang"))?),
        },
        resume: members.optional("resume", |members, name| {
            let mut inner = members.object(name)?;
            let resume = Resume {
                session: inner.text("session", MAX_NAME)?.to_string(),
                seq: inner.number("seq")?,
            };
            inner.finish()?;
            Ok(resume)
        })?,
    })
}

fn ask(members: &mut Members) -> Result<Ask, Fault> {
    Ok(Ask {
        reader: members.text("reader", MAX_NAME)?.to_string(),
        key: members.optional("key", |members, name| {
            members.text(name, MAX_KEY).map(KeyText)
        })?,
        groups: members.optional("groups", |members, name| {
            members.list(name, |value| {
                DataGroup::new(u8::try_from(value.as_u64()?).ok()?)
            })
        })?,
        checks: members
            .optional("checks", |members, name| {
                members.list(name, |value| {
                    let name = value.as_str()?;
                    Check::ALL.into_iter().find(|check| check.name() == name)
                })
            })?
            .unwrap_or_default(),
        fields: members.optional("fields", |members, name| {
            members.list(name, |value| field(value.as_str()?))
        })?,
        portrait: match members.optional("portrait", Members::truth)? {
            Some(true) => Portrait::Wanted,
            Some(false) | None => Portrait::Unwanted,
        },
        purpose: members
            .optional("purpose", |members, name| {
                let mut inner = members.object(name)?;
                let purpose = Purpose {
                    procedure: inner.code("procedure", Procedure::new)?,
                    case: inner.code("case", Case::new)?,
                    officer: inner.code("officer", Officer::new)?,
                };
                inner.finish()?;
                Ok(purpose)
            })?
            .unwrap_or_default(),
        disclose: members.optional("disclose", |members, name| {
            members.list(name, |value| FactKind::from_code(value.as_str()?))
        })?,
        evidence: members
            .optional("evidence", |members, name| {
                let word = members.text(name, MAX_NAME)?;
                let known = Evidence::ALL.into_iter().find(|one| one.code() == *word);
                known.ok_or_else(|| members.wrong(name))
            })?
            .unwrap_or(Evidence::None),
        nonce: members.optional("nonce", |members, name| {
            let text = members.text(name, 2 * MAX_NAME)?;
            let octets = STANDARD.decode(text.as_bytes()).ok();
            let nonce = octets.and_then(Nonce::new);
            nonce.ok_or_else(|| members.wrong(name))
        })?,
        within: members
            .optional("within", |members, name| {
                let seconds = members.number(name)?;
                WITHIN
                    .contains(&seconds)
                    .then_some(seconds)
                    .ok_or_else(|| members.wrong(name))
            })?
            .map(Duration::from_secs),
    })
}

/// The members of an object that were not taken yet.
struct Members {
    members: Map<String, Value>,
    /// Where the object stands, as a JSON pointer.
    path: String,
}

impl Members {
    /// That the member of this name is missing, or is not what it should be.
    fn wrong(&self, name: &str) -> Fault {
        let name: String = name.chars().take(MAX_POINTER).collect();
        // RFC 6901 §3
        let name = name.replace('~', "~0").replace('/', "~1");
        Fault::malformed(format!("{}/{name}", self.path))
    }

    fn optional<T>(
        &mut self,
        name: &str,
        take: impl FnOnce(&mut Self, &str) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        if self.members.contains_key(name) {
            take(self, name).map(Some)
        } else {
            Ok(None)
        }
    }

    fn text(&mut self, name: &str, longest: usize) -> Result<Zeroizing<String>, Fault> {
        match self.members.remove(name) {
            Some(Value::String(text)) => {
                let text = Zeroizing::new(text);
                if text.is_empty() || text.len() > longest {
                    return Err(self.wrong(name));
                }
                Ok(text)
            }
            _ => Err(self.wrong(name)),
        }
    }

    fn number(&mut self, name: &str) -> Result<u64, Fault> {
        let value = self.members.remove(name);
        let number = value.as_ref().and_then(Value::as_u64);
        number.ok_or_else(|| self.wrong(name))
    }

    fn truth(&mut self, name: &str) -> Result<bool, Fault> {
        let value = self.members.remove(name);
        let truth = value.as_ref().and_then(Value::as_bool);
        truth.ok_or_else(|| self.wrong(name))
    }

    fn object(&mut self, name: &str) -> Result<Self, Fault> {
        match self.members.remove(name) {
            Some(Value::Object(members)) => Ok(Self {
                members,
                path: format!("{}/{name}", self.path),
            }),
            _ => Err(self.wrong(name)),
        }
    }

    /// A list of words or numbers, each once.
    fn list<T: PartialEq>(
        &mut self,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Fault> {
        let Some(Value::Array(values)) = self.members.remove(name) else {
            return Err(self.wrong(name));
        };
        if values.len() > MAX_LIST {
            return Err(self.wrong(name));
        }
        let mut list = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let entry = read(value).filter(|entry| !list.contains(entry));
            let wrong = || Fault::malformed(format!("{}/{name}/{index}", self.path));
            list.push(entry.ok_or_else(wrong)?);
        }
        Ok(list)
    }

    fn code<T>(&mut self, name: &str, new: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Fault> {
        self.optional(name, |members, name| {
            let text = members.text(name, 4 * MAX_NAME)?;
            new(&text).ok_or_else(|| members.wrong(name))
        })
    }

    /// Nothing else may be there.
    fn finish(&mut self) -> Result<(), Fault> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.wrong(name)),
        }
    }
}

impl Drop for Members {
    /// What was not taken may be a key under a wrong name.
    fn drop(&mut self) {
        wipe(Value::Object(std::mem::take(&mut self.members)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(message: &str) -> (Option<String>, Fault) {
        let refused = Command::decode(message.as_bytes()).unwrap_err();
        (refused.id.map(|id| id.0), refused.fault)
    }

    #[test]
    fn a_read_says_all_that_can_be_asked() {
        let message = r#"{"id": "a", "command": "read", "reader": "r1", "key": "001234",
            "groups": [1, 2, 13], "checks": ["registry"], "fields": ["name", "religion"],
            "portrait": true, "purpose": {"procedure": "1.001", "case": "H-1", "officer": "cb-7"},
            "disclose": ["current_residence"], "evidence": "receipt",
            "nonce": "AAECAwQFBgcICQoLDA0ODw==", "within": 30}"#;
        let (id, command) = Command::decode(message.as_bytes()).unwrap();
        assert_eq!(id.as_str(), "a");
        let Command::Read(ask) = command else {
            panic!("a read");
        };
        assert_eq!(ask.key.unwrap().expose(), "001234");
        assert_eq!(ask.groups.unwrap().len(), 3);
        assert_eq!(ask.checks, [Check::Registry]);
        assert_eq!(ask.fields.unwrap(), ["name", "religion"]);
        assert_eq!(ask.portrait, Portrait::Wanted);
        assert_eq!(ask.evidence, Evidence::Receipt);
        assert_eq!(ask.nonce.unwrap().octets().len(), 16);
        assert_eq!(ask.within, Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_is_wrong_is_named_by_a_pointer() {
        for (message, pointer) in [
            (r#"{"command": "status"}"#, "/id"),
            (r#"{"id": 7, "command": "status"}"#, "/id"),
            (r#"{"id": "", "command": "status"}"#, "/id"),
            (r#"{"id": "a"}"#, "/command"),
            (r#"{"id": "a", "command": "status", "x/y~": 1}"#, "/x~1y~0"),
            (r#"{"id": "a", "command": "claim"}"#, "/reader"),
            (r#"{"id": "a", "command": "hello", "level": "1"}"#, "/level"),
            (r#"{"id": "a", "command": "hello", "level": -1}"#, "/level"),
            (
                r#"{"id": "a", "command": "hello", "level": 1, "lang": "de"}"#,
                "/lang",
            ),
            (
                r#"{"id": "a", "command": "hello", "level": 1, "resume": {"session": "x", "seq": 1, "more": 1}}"#,
                "/resume/more",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "fields": ["name", "shoe_size"]}"#,
                "/fields/1",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "groups": [1, 1]}"#,
                "/groups/1",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "nonce": "AAAA"}"#,
                "/nonce",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "within": 0}"#,
                "/within",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "portrait": 1}"#,
                "/portrait",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "purpose": {"officer": ""}}"#,
                "/purpose/officer",
            ),
        ] {
            assert_eq!(refused(message).1, Fault::malformed(pointer), "{message}");
        }
        for (message, reason) in [
            ("", "the end is missing"),
            ("[]", "no JSON object"),
            ("{'id': 1}", "no JSON"),
            (
                r#"{"id": "a", "id": "b", "command": "status"}"#,
                "a name stands twice in one object",
            ),
            (
                r#"{"id": "a", "command": "read", "reader": "r1", "within": 1.5}"#,
                "a number is no integer within 2^53",
            ),
        ] {
            let (id, fault) = refused(message);
            assert_eq!((id, fault.code()), (None, "agent.malformed"), "{message}");
            let said = fault.json();
            assert_eq!(said["pointer"], "", "{message}");
            let why = said["why"].as_str().unwrap();
            assert!(why.starts_with(reason), "{message}: {why}");
        }
        let unknown = refused(r#"{"id": "a", "command": "format_disk"}"#);
        assert_eq!(unknown, (Some("a".to_owned()), Fault::UnknownCommand));
        let message = |length: usize| {
            let begin = r#"{"id": "a", "command": "status"}"#;
            format!("{begin}{}", " ".repeat(length - begin.len()))
        };
        assert_eq!(refused(&message(MAX_MESSAGE + 1)).1, Fault::TooLarge);
        assert!(Command::decode(message(MAX_MESSAGE).as_bytes()).is_ok());
    }

    #[test]
    fn a_named_command_has_no_member_for_its_name() {
        let (_, command) = Command::decode_named("status", br#"{"id": "a"}"#).unwrap();
        assert_eq!(command, Command::Status);
        let twice = Command::decode_named("status", br#"{"id": "a", "command": "status"}"#);
        assert_eq!(twice.unwrap_err().fault, Fault::malformed("/command"));
    }

    #[test]
    fn every_name_is_a_command() {
        for name in Command::NAMES {
            let message = format!(r#"{{"id": "a", "command": "{name}"}}"#);
            match Command::decode(message.as_bytes()) {
                Ok((_, command)) => assert_eq!(command.name(), name),
                Err(refused) => assert_eq!(refused.fault.code(), "agent.malformed"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = Command::decode(&bytes);
        }

        #[test]
        fn no_json_breaks_it(
            name in prop::sample::select(Command::NAMES.to_vec()),
            member in "[a-z]{1,10}",
            value in "(1|true|null|\"\"|\"r1\"|\\[\\]|\\{\\}|-7)",
        ) {
            let message = format!(r#"{{"id": "a", "command": "{name}", "{member}": {value}}}"#);
            let _ = Command::decode(message.as_bytes());
        }
    }

    #[test]
    fn what_is_not_asked_for_is_not_given() {
        let message = br#"{"id": "a", "command": "read", "reader": "r1"}"#;
        let Ok((_, Command::Read(ask))) = Command::decode(message) else {
            panic!("a read");
        };
        assert_eq!(ask.portrait, Portrait::Unwanted);
        assert_eq!(ask.evidence, Evidence::None);
        assert_eq!(ask.fields, None);
        assert_eq!(ask.nonce, None);
    }

    #[test]
    fn a_text_has_a_length() {
        let read = |name: &str, length: usize| {
            let (reader, key) = match name {
                "reader" => ("r".repeat(length), "1".to_owned()),
                _ => ("r".to_owned(), "1".repeat(length)),
            };
            let message =
                format!(r#"{{"id": "a", "command": "key", "reader": "{reader}", "key": "{key}"}}"#);
            Command::decode(message.as_bytes()).map_err(|refused| refused.fault)
        };
        for (name, longest) in [("reader", MAX_NAME), ("key", MAX_KEY)] {
            assert!(read(name, longest).is_ok(), "{name}");
            for wrong in [0, longest + 1] {
                let refused = Err(Fault::malformed(format!("/{name}")));
                assert_eq!(read(name, wrong).map(drop), refused, "{name} {wrong}");
            }
        }
    }
}
