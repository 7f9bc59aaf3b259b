//! The file of a card profile: every key is known, every value is checked, and every mistake is told
//! at once (`docs/profiles.md`).

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::error::ProfileFault;
use crate::error::Wrong;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg13::Layout;
use crate::lds::security_infos::SecurityInfos;
use crate::profile::Commands;
use crate::profile::Dg13Profile;
use crate::profile::Field;
use crate::profile::Files;
use crate::profile::Hints;
use crate::profile::KeyKind;
use crate::profile::Profile;
use crate::profile::Recognise;
use crate::profile::quirks;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::AtLeast;
use crate::profile::values::MAX_LENGTH;
use crate::profile::values::choice;
use crate::profile::values::labels;
use crate::profile::values::list;
use crate::profile::values::number;

/// Largest file, in bytes. The longest that is shipped has 4 KiB.
pub const MAX_FILE: usize = 64 * 1024;

/// Fewest bytes in one answer: what a short one has.
const LEAST_ANSWER: usize = 256;

/// Fewest bytes in one piece of a file that a card is known to insist on.
const LEAST_PIECE: usize = 64;

/// Most bytes in one answer.
const MOST_BYTES: usize = 65_536;

/// Keys at the top.
const TOP: &[&str] = &["name", "title", "recognise", "access", "read", "dg13"];

/// Reads and checks a profile.
///
/// # Errors
/// Every mistake, in the order of the file; at least one.
pub(super) fn parse(text: &str) -> Result<Profile, Vec<ProfileFault>> {
    if text.len() > MAX_FILE {
        return Err(vec![ProfileFault {
            line: 1,
            at: String::new(),
            wrong: Wrong::TooLong { most: MAX_FILE },
        }]);
    }
    let mut reader = Reader::new(text);
    let profile = reader.document(TOP, whole);
    reader.finish(profile)
}

/// The whole file. What is missing or wrong is told by the reader, which refuses the profile then:
/// what stands in its place here is never seen.
fn whole(reader: &mut Reader<'_>, top: &Table<'_>) -> Profile {
    let name = top.needed(reader, "name");
    let name = named(reader, name, '-');
    let title = top.needed(reader, "title");
    let title = title.and_then(|title| {
        let table = reader.table(&title, &["vi", "en"])?;
        Some(labels(reader, &table, MAX_LENGTH))
    });
    let recognise = top.needed(reader, "recognise");
    let recognise = recognise.and_then(|entry| recognised(reader, &entry));
    let access = top.needed(reader, "access");
    let access = access.and_then(|entry| reader.table(&entry, &["keys", "card_access", "quirks"]));
    let read = top.needed(reader, "read");
    let read = read.and_then(|entry| {
        reader.table(&entry, &["groups", "commands", "answer", "piece", "files"])
    });
    let in_access = |key| access.as_ref().and_then(|table| table.get(key));
    let in_read = |key| read.as_ref().and_then(|table| table.get(key));
    let keys = access
        .as_ref()
        .and_then(|table| table.needed(reader, "keys"));
    let groups = read
        .as_ref()
        .and_then(|table| table.needed(reader, "groups"));
    Profile {
        name: name.unwrap_or_default(),
        title: title.unwrap_or_default(),
        recognise: recognise.unwrap_or_default(),
        keys: list(reader, keys, AtLeast::One, |reader, entry| {
            choice(
                reader,
                entry,
                &[("can", KeyKind::Can), ("mrz", KeyKind::Mrz)],
            )
        }),
        card_access: in_access("card_access").and_then(|entry| card_access(reader, &entry)),
        quirks: list(reader, in_access("quirks"), AtLeast::None, quirk),
        groups: list(reader, groups, AtLeast::One, group),
        hints: Hints {
            commands: in_read("commands").and_then(|entry| {
                let words = [("extended", Commands::Extended), ("short", Commands::Short)];
                choice(reader, &entry, &words)
            }),
            answer: bytes(reader, in_read("answer"), LEAST_ANSWER),
            piece: bytes(reader, in_read("piece"), LEAST_PIECE),
            files: in_read("files").and_then(|entry| {
                let by_identifier = ("short-identifier", Files::ShortIdentifier);
                choice(reader, &entry, &[by_identifier, ("select", Files::Select)])
            }),
        },
        dg13: top.get("dg13").and_then(|entry| dg13(reader, &entry)),
    }
}

/// A number of bytes that an answer or a piece of a file can have.
fn bytes(reader: &mut Reader<'_>, entry: Option<Entry<'_>>, least: usize) -> Option<usize> {
    number(reader, &entry?, least, MOST_BYTES)
}

/// Lower-case words with a joint between them: `vn-epassport`, `citizen_number`.
fn named(reader: &mut Reader<'_>, entry: Option<Entry<'_>>, joint: char) -> Option<String> {
    let entry = entry?;
    let text = reader.text(&entry)?;
    let word = |word: &str| {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(known)
    };
    if text.len() <= MAX_LENGTH && text.split(joint).all(word) {
        return Some(text.to_owned());
    }
    reader.fault(&entry, Wrong::Name { joint });
    None
}

fn group(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<DataGroup> {
    let text = reader.text(entry)?;
    if let Some(FileId::Group(group)) = FileId::from_name(text) {
        return Some(group);
    }
    let known = vec!["DG1 … DG16"];
    reader.fault(entry, Wrong::Choice { known });
    None
}

fn quirk(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let text = reader.text(entry)?;
    if quirks::is_known(text) {
        return Some(text.to_owned());
    }
    let known = quirks::KNOWN.to_vec();
    reader.fault(entry, Wrong::UnknownQuirk { known });
    None
}

fn card_access(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Vec<u8>> {
    let text = reader.text(entry)?;
    let Ok(bytes) = hex::decode(text) else {
        reader.fault(entry, Wrong::Hexadecimal);
        return None;
    };
    match SecurityInfos::decode(&bytes) {
        Ok(infos) if infos.pace.is_empty() => reader.fault(entry, Wrong::NoPace),
        Ok(_) => return Some(bytes),
        Err(malformed) => {
            let offset = malformed.offset;
            reader.fault(entry, Wrong::SecurityInfos { offset });
        }
    }
    None
}

fn recognised(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Recognise> {
    let known: &[&str] = &[
        "issuing_states",
        "document_codes",
        "issued_from",
        "issued_before",
    ];
    let table = reader.table(entry, known)?;
    let capitals = |most: usize| {
        move |reader: &mut Reader<'_>, entry: &Entry<'_>| {
            let text = reader.text(entry)?;
            let good =
                (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
            if !good {
                reader.fault(entry, Wrong::Capitals { most });
            }
            good.then(|| text.to_owned())
        }
    };
    let states = table.get("issuing_states");
    let issuing_states = list(reader, states, AtLeast::None, capitals(3));
    let codes = table.get("document_codes");
    let document_codes = list(reader, codes, AtLeast::None, capitals(2));
    let from = table.get("issued_from");
    let issued_from = from.and_then(|entry| day(reader, &entry));
    let end = table.get("issued_before");
    let issued_before = end.as_ref().and_then(|entry| day(reader, entry));
    let wrong_way = issued_from
        .zip(issued_before)
        .is_some_and(|(from, end)| from >= end);
    if let (true, Some(end)) = (wrong_way, &end) {
        reader.fault(end, Wrong::DateOrder);
    }
    Some(Recognise {
        issuing_states,
        document_codes,
        issued_from,
        issued_before,
    })
}

fn day(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Date> {
    let text = reader.text(entry)?;
    // Nothing but the ten characters: more of ISO 8601 is read by others, too.
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    if day.is_none() {
        reader.fault(entry, Wrong::Date);
    }
    day
}

fn dg13(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Dg13Profile> {
    let table = reader.table(entry, &["layout", "fields"])?;
    let layout = table.needed(reader, "layout");
    let layout = layout.and_then(|entry| {
        let words = Layout::ALL.map(|layout| (layout.name(), layout));
        choice(reader, &entry, &words)
    });
    let fields = table.needed(reader, "fields");
    let entries = fields
        .as_ref()
        .and_then(|fields| reader.entries(fields, "a list of tables"));
    let entries = entries.unwrap_or_default();
    if let Some(fields) = fields.filter(|_| entries.len() > MAX_LENGTH) {
        reader.fault(&fields, Wrong::TooMany { most: MAX_LENGTH });
    }
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::new();
    let mut fields = vec![];
    for entry in entries.iter().take(MAX_LENGTH) {
        let Some(field) = field(reader, entry) else {
            continue;
        };
        if !names.insert(field.name.clone()) || !places.insert((field.number, field.person)) {
            reader.fault(entry, Wrong::Twice);
        }
        fields.push(field);
    }
    Some(Dg13Profile {
        layout: layout?,
        fields,
    })
}

fn field(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Field> {
    let known: &[&str] = &["number", "person", "name", "vi", "en", "sensitive"];
    let table = reader.table(entry, known)?;
    let field_number = table.needed(reader, "number");
    let field_number = field_number.and_then(|entry| number(reader, &entry, 0, 255));
    let person = table.get("person");
    let person = person.and_then(|entry| number(reader, &entry, 0, 255));
    let name = table.needed(reader, "name");
    let name = named(reader, name, '_');
    let label = labels(reader, &table, MAX_LENGTH);
    let sensitive = table.get("sensitive");
    let sensitive = sensitive.and_then(|entry| reader.truth(&entry));
    Some(Field {
        number: u32::try_from(field_number?).ok()?,
        person,
        name: name?,
        label,
        sensitive: sensitive.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests;
