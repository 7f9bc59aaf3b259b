//! Personas in files of TOML: every key is known, every value is checked, and every mistake is told at
//! once with its line (`docs/personas.md`).
//!
//! What a file leaves out is as its [`Kind`] of card has it.

use std::fmt;

use crate::error::ProfileFault;
use crate::error::Wrong;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::MAX_LENGTH;
use crate::profile::values::labels;
use crate::sim::lds2;
use crate::sim::persona::CardState;
use crate::sim::persona::Expected;
use crate::sim::persona::Persona;
use crate::sim::persona::Title;
use crate::sim::persona::file::document::Dates;
use crate::sim::persona::file::document::SEEDED;
use crate::sim::persona::file::document::SHIPPED;

mod chip;
mod document;
mod holder;
mod issuer;
mod kind;
mod portrait;
mod protocols;
mod values;

pub use crate::sim::persona::file::kind::Kind;
pub use crate::sim::persona::file::portrait::MAX_IMAGE;

/// What every file of this version says first.
pub const SCHEMA: &str = "cancuoc.persona/1";

/// What a file may hold, as a JSON schema (draft 2020-12): of its form everything, of what contradicts
/// itself nothing.
pub const JSON_SCHEMA: &str = include_str!("schema.json");

/// Largest file, in bytes. The longest that ships has 2 KiB; certificates of terminals' authorities
/// may stand in one.
pub const MAX_FILE: usize = 64 * 1024;

/// Keys at the top.
const TOP: &[&str] = &[
    "schema", "name", "title", "kind", "seed", "expect", "document", "holder", "chip", "issuer",
    "register", "quirks", "faults",
];

/// Why a file is no persona: every mistake, in the order of the file; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonaError {
    /// Line, key and what is wrong there.
    pub faults: Vec<ProfileFault>,
}

impl fmt::Display for PersonaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the persona is wrong")?;
        for fault in &self.faults {
            write!(f, "; {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PersonaError {}

/// Gives the content of an image file that lies beside the persona's, where there is one.
pub type Images<'a> = dyn Fn(&str) -> Option<Vec<u8>> + 'a;

/// Reads a persona that needs no image of its own.
///
/// ```
/// use cancuoc::sim::persona::file;
/// let text = r#"
/// schema = "cancuoc.persona/1"
/// name = "mau"
/// kind = "cccd-2021"
/// title = { vi = "Thẻ mẫu", en = "A specimen" }
/// [holder]
/// number = "001195000111"
/// name = "Nguyễn Thị Mẫu"
/// birth = "1995-08-17"
/// sex = "female"
/// [document]
/// issued = "2021-05-10"
/// "#;
/// let persona = file::parse(text)?;
/// assert_eq!(persona.can(), "000111");
/// let wrong = file::parse(&text.replace("08-17", "02-31")).unwrap_err();
/// assert_eq!((wrong.faults[0].line, wrong.faults[0].at.as_str()), (9, "holder.birth"));
/// # Ok::<(), file::PersonaError>(())
/// ```
///
/// # Errors
/// [`PersonaError`] with every mistake.
pub fn parse(text: &str) -> Result<Persona, PersonaError> {
    parse_with(text, &|_| None)
}

/// Reads a persona whose image may lie in another file.
///
/// # Errors
/// [`PersonaError`] with every mistake.
pub fn parse_with(text: &str, images: &Images<'_>) -> Result<Persona, PersonaError> {
    if text.len() > MAX_FILE {
        let wrong = Wrong::TooLong { most: MAX_FILE };
        let (line, at) = (1, String::new());
        return Err(PersonaError {
            faults: vec![ProfileFault { line, at, wrong }],
        });
    }
    let mut reader = Reader::new(text);
    let persona = reader.document(TOP, |reader, top| whole(reader, top, images));
    let persona = reader.finish(persona);
    persona.map_err(|faults| PersonaError { faults })
}

/// The whole file. What is missing or wrong is told by the reader, which refuses the persona then:
/// what stands in its place here is never seen.
fn whole(reader: &mut Reader<'_>, top: &Table<'_>, images: &Images<'_>) -> Persona {
    if let Some(schema) = top.needed(reader, "schema") {
        values::word(reader, &schema, &[(SCHEMA, ())]);
    }
    let kind = top.needed(reader, "kind");
    let kind =
        kind.and_then(|entry| values::word(reader, &entry, &Kind::ALL.map(|it| (it.name(), it))));
    let kind = kind.unwrap_or(Kind::Cccd2021);
    let name = top.needed(reader, "name");
    let name = name.and_then(|entry| values::name(reader, &entry));
    let title = top.needed(reader, "title");
    let title = title.and_then(|entry| {
        let table = reader.table(&entry, &["vi", "en"])?;
        Some(labels(reader, &table, MAX_LENGTH))
    });
    let title = title.unwrap_or_default();
    let seed = top.get("seed");
    let seed = seed.and_then(|entry| values::text(reader, &entry));
    let mut chip = kind.chip();
    let issuer = issuer::issuer(reader, top, &mut chip);
    let dates = document::table(reader, top);
    if let Some(table) = &dates {
        document::document(reader, table, &mut chip.document);
    }
    let dates = dates.as_ref().map(|table| Dates {
        table,
        signing: match &issuer {
            None => SHIPPED,
            Some(_) => SEEDED,
        },
    });
    let citizen = holder::holder(reader, top, kind, dates.as_ref(), &chip.document);
    let applications = chip::chip(reader, top, &mut chip, citizen.issued, images);
    let state = register(reader, top).unwrap_or(CardState::Active);
    let expected = top.get("expect").and_then(|entry| {
        let words = Expected::ALL.map(|it| (it.code(), it));
        values::word(reader, &entry, &words)
    });
    let persona = Persona {
        name: name.unwrap_or_default(),
        kind,
        title: Title {
            vi: title.vi,
            en: title.en,
        },
        citizen,
        chip,
        state,
        expected: expected.unwrap_or(Expected::of(state)),
        seed,
        issuer,
    };
    let Some(entry) = applications else {
        return persona;
    };
    lds2::laid_beside(persona.clone()).unwrap_or_else(|_| {
        reader.fault(&entry, Wrong::Against { other: "chip" });
        persona
    })
}

fn register(reader: &mut Reader<'_>, top: &Table<'_>) -> Option<CardState> {
    let entry = top.get("register")?;
    let table = reader.table(&entry, &["state"])?;
    let state = table.get("state")?;
    values::word(reader, &state, &CardState::ALL.map(|it| (it.code(), it)))
}

#[cfg(test)]
mod tests;
