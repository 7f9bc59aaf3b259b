//! The file of a card profile: every key is known, every value is checked (`docs/profiles.md`).

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;

use crate::error::SetupError;
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
use crate::profile::Words;

/// Largest file, in bytes. The longest that is shipped has 4 KiB.
const MAX_FILE: usize = 64 * 1024;

/// Fewest bytes in one answer: what a short one has.
const LEAST_ANSWER: usize = 256;

/// Fewest bytes in one piece of a file that a card is known to insist on.
const LEAST_PIECE: usize = 64;

/// Most bytes in one answer.
const MOST_BYTES: usize = 65_536;

/// Longest name, label or list.
const MAX_LENGTH: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: Words,
    recognise: RecogniseTable,
    access: Access,
    read: Read,
    dg13: Option<Dg13Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecogniseTable {
    #[serde(default)]
    issuing_states: Vec<String>,
    #[serde(default)]
    document_codes: Vec<String>,
    issued_from: Option<String>,
    issued_before: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Access {
    keys: Vec<KeyKind>,
    card_access: Option<String>,
    #[serde(default)]
    quirks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    groups: Vec<String>,
    commands: Option<Commands>,
    answer: Option<usize>,
    piece: Option<usize>,
    files: Option<Files>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dg13Table {
    layout: String,
    fields: Vec<FieldTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    number: u32,
    person: Option<u8>,
    name: String,
    vi: String,
    en: String,
    #[serde(default)]
    sensitive: bool,
}

/// Reads and checks a profile.
pub(super) fn parse(text: &str) -> Result<Profile, SetupError> {
    if text.len() > MAX_FILE {
        return Err(wrong("the file", "at most 64 KiB"));
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        wrong(&format!("line {line}"), error.message().trim())
    })?;
    words(&file.title, "title")?;
    Ok(Profile {
        name: name(file.name, "name", '-')?,
        title: file.title,
        recognise: recognise(file.recognise)?,
        keys: distinct(file.access.keys, "access.keys", |key| Ok(*key))?,
        card_access: file.access.card_access.map(card_access).transpose()?,
        quirks: quirks(file.access.quirks)?,
        groups: distinct(file.read.groups, "read.groups", |name| group(name))?,
        hints: Hints {
            commands: file.read.commands,
            answer: bytes(file.read.answer, LEAST_ANSWER, "read.answer")?,
            piece: bytes(file.read.piece, LEAST_PIECE, "read.piece")?,
            files: file.read.files,
        },
        dg13: file.dg13.map(dg13).transpose()?,
    })
}

/// A number of bytes that an answer or a piece of a file can have.
fn bytes(number: Option<usize>, least: usize, at: &str) -> Result<Option<usize>, SetupError> {
    match number {
        Some(number) if !(least..=MOST_BYTES).contains(&number) => Err(wrong(
            at,
            &format!("expected a number from {least} to {MOST_BYTES}"),
        )),
        number => Ok(number),
    }
}

fn wrong(at: &str, why: &str) -> SetupError {
    SetupError::Profile {
        at: at.to_owned(),
        why: why.to_owned(),
    }
}

/// Lower-case words with a joint between them: `vn-epassport`, `citizen_number`.
fn name(text: String, at: &str, joint: char) -> Result<String, SetupError> {
    let word = |word: &str| {
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !word.is_empty() && word.chars().all(known)
    };
    if text.len() <= MAX_LENGTH && text.split(joint).all(word) {
        Ok(text)
    } else {
        let why = format!("expected lower-case letters and digits, joined by {joint}");
        Err(wrong(at, &why))
    }
}

fn words(words: &Words, at: &str) -> Result<(), SetupError> {
    let shown = |text: &str| {
        !text.trim().is_empty() && text.len() <= MAX_LENGTH && !text.contains(char::is_control)
    };
    if shown(&words.vi) && shown(&words.en) {
        Ok(())
    } else {
        Err(wrong(
            at,
            "expected a few words in Vietnamese and in English",
        ))
    }
}

/// A list of at least one value, none of them twice.
fn distinct<A, B: PartialEq>(
    list: Vec<A>,
    at: &str,
    read: impl Fn(&A) -> Result<B, SetupError>,
) -> Result<Vec<B>, SetupError> {
    let mut values = vec![];
    for entry in list.iter().take(MAX_LENGTH) {
        let value = read(entry)?;
        if values.contains(&value) {
            return Err(wrong(at, "expected no value twice"));
        }
        values.push(value);
    }
    if values.is_empty() || values.len() < list.len() {
        return Err(wrong(at, "expected at least one value, and not too many"));
    }
    Ok(values)
}

fn group(text: &str) -> Result<DataGroup, SetupError> {
    match FileId::from_name(text) {
        Some(FileId::Group(group)) => Ok(group),
        _ => Err(wrong("read.groups", "expected data groups, DG1 to DG16")),
    }
}

fn quirks(quirks: Vec<String>) -> Result<Vec<String>, SetupError> {
    if quirks.is_empty() {
        return Ok(quirks);
    }
    distinct(quirks, "access.quirks", |quirk| {
        name(quirk.clone(), "access.quirks", '-')
    })
}

fn card_access(text: String) -> Result<Vec<u8>, SetupError> {
    let at = "access.card_access";
    let bytes = hex::decode(text).map_err(|_| wrong(at, "expected hexadecimal digits"))?;
    let infos = SecurityInfos::decode(&bytes)
        .map_err(|malformed| wrong(at, &format!("expected a set of SecurityInfos: {malformed}")))?;
    if infos.pace.is_empty() {
        return Err(wrong(at, "expected at least one PACEInfo"));
    }
    Ok(bytes)
}

fn recognise(table: RecogniseTable) -> Result<Recognise, SetupError> {
    let capitals = |list: &[String], longest: usize, at: &str| {
        let good = |text: &String| {
            (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
        };
        if list.len() <= MAX_LENGTH && list.iter().all(good) {
            Ok(())
        } else {
            let why = format!("expected 1 to {longest} capital letters, without filler");
            Err(wrong(at, &why))
        }
    };
    capitals(&table.issuing_states, 3, "recognise.issuing_states")?;
    capitals(&table.document_codes, 2, "recognise.document_codes")?;
    let day = |text: Option<String>, at: &str| {
        text.map(|text| text.parse::<Date>())
            .transpose()
            .map_err(|_| wrong(at, "expected a date as YYYY-MM-DD"))
    };
    let issued_from = day(table.issued_from, "recognise.issued_from")?;
    let issued_before = day(table.issued_before, "recognise.issued_before")?;
    if issued_from
        .zip(issued_before)
        .is_some_and(|(from, end)| from >= end)
    {
        let why = "expected a date after issued_from";
        return Err(wrong("recognise.issued_before", why));
    }
    Ok(Recognise {
        issuing_states: table.issuing_states,
        document_codes: table.document_codes,
        issued_from,
        issued_before,
    })
}

fn dg13(table: Dg13Table) -> Result<Dg13Profile, SetupError> {
    let layout = Layout::from_name(&table.layout)
        .ok_or_else(|| wrong("dg13.layout", "expected a known layout: vn-citizen"))?;
    let mut names = BTreeSet::new();
    let mut places = BTreeSet::new();
    let mut fields = vec![];
    for field in table.fields.into_iter().take(MAX_LENGTH) {
        let at = format!("dg13.fields, number {}", field.number);
        let field = Field {
            number: field.number,
            person: field.person.map(usize::from),
            name: name(field.name, &at, '_')?,
            label: Words {
                vi: field.vi,
                en: field.en,
            },
            sensitive: field.sensitive,
        };
        words(&field.label, &at)?;
        if !names.insert(field.name.clone()) || !places.insert((field.number, field.person)) {
            return Err(wrong(&at, "expected no name and no place twice"));
        }
        fields.push(field);
    }
    Ok(Dg13Profile { layout, fields })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = r#"
name = "utopia-1"
title = { vi = "Thẻ Utopia", en = "Card of Utopia" }
[recognise]
issuing_states = ["UTO"]
document_codes = ["I"]
issued_from = "2020-01-01"
[access]
keys = ["can", "mrz"]
card_access = "31143012060A04007F0007020204020202010202010D"
quirks = ["select-mf-6d00"]
[read]
groups = ["DG14", "DG1", "DG2"]
commands = "short"
answer = 1000
piece = 112
files = "select"
[dg13]
layout = "vn-citizen"
[[dg13.fields]]
number = 13
person = 1
name = "mother"
vi = "Mẹ"
en = "Mother"
"#;

    /// Where the profile is wrong once a piece is replaced.
    fn fault(from: &str, to: &str) -> String {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        match parse(&text) {
            Err(SetupError::Profile { at, why }) => {
                assert!(!why.is_empty());
                at
            }
            other => panic!("{to}: {other:?}"),
        }
    }

    #[test]
    fn a_whole_profile_is_read() {
        let profile = parse(GOOD).unwrap();
        assert_eq!(profile.keys, [KeyKind::Can, KeyKind::Mrz]);
        assert_eq!(
            profile.groups,
            [DataGroup::DG14, DataGroup::DG1, DataGroup::DG2]
        );
        assert_eq!(profile.recognise.issued_before, None);
        let mother = profile.field(13, Some(1)).unwrap();
        assert_eq!((mother.label.vi.as_str(), mother.sensitive), ("Mẹ", false));
        assert_eq!(profile.field(13, None), None);
    }

    #[test]
    fn unknown_keys_are_refused_wherever_they_stand() {
        assert_eq!(fault("name =", "colour = 1\nname ="), "line 2");
        assert_eq!(fault("issued_from", "issued_form"), "line 7");
        for (from, to) in [
            ("[access]\n", "[access]\npace = false\n"),
            ("[read]\n", "[read]\nskip = []\n"),
            ("[dg13]\n", "[dg13]\nskip = 1\n"),
            ("person =", "persons ="),
            ("[read]", "[anchors]\n[read]"),
            ("vi = \"Thẻ Utopia\"", "fr = \"x\", vi = \"Thẻ\""),
        ] {
            assert!(fault(from, to).starts_with("line "), "{to}");
        }
    }

    #[test]
    fn every_wrong_value_is_placed() {
        for (from, to, at) in [
            ("utopia-1", "Utopia", "name"),
            ("utopia-1", "utopia--1", "name"),
            ("Card of Utopia", " ", "title"),
            ("\"UTO\"", "\"uto\"", "recognise.issuing_states"),
            ("\"UTO\"", "\"D<<\"", "recognise.issuing_states"),
            ("\"I\"", "\"IDX\"", "recognise.document_codes"),
            ("2020-01-01", "01/01/2020", "recognise.issued_from"),
            (
                "issued_from = \"2020-01-01\"",
                "issued_from = \"2020-01-01\"\nissued_before = \"2020-01-01\"",
                "recognise.issued_before",
            ),
            ("\"can\", \"mrz\"", "\"can\", \"can\"", "access.keys"),
            ("\"can\", \"mrz\"", "", "access.keys"),
            ("\"can\", \"mrz\"", "\"pin\"", "line 9"),
            ("31143012", "3114301", "access.card_access"),
            ("31143012", "31143013", "access.card_access"),
            ("select-mf", "Select MF", "access.quirks"),
            ("\"DG14\"", "\"DG17\"", "read.groups"),
            ("\"DG14\"", "\"EF.SOD\"", "read.groups"),
            ("\"DG14\"", "\"DG1\"", "read.groups"),
            ("\"short\"", "\"long\"", "line 14"),
            ("1000", "255", "read.answer"),
            ("112", "63", "read.piece"),
            ("112", "65537", "read.piece"),
            ("\"select\"", "\"by-name\"", "line 17"),
            ("vn-citizen", "xx", "dg13.layout"),
            ("\"mother\"", "\"Mother\"", "dg13.fields, number 13"),
            ("\"Mẹ\"", "\"\"", "dg13.fields, number 13"),
        ] {
            assert_eq!(fault(from, to), at, "{to}");
        }
        let twice = format!(
            "{GOOD}[[dg13.fields]]\nnumber = 13\nperson = 1\nname = \"x\"\nvi = \"x\"\nen = \"x\"\n"
        );
        assert!(parse(&twice).is_err());
        assert!(parse(&"#".repeat(MAX_FILE + 1)).is_err());
        assert!(parse("").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}", at in 0_usize..600, character: char) {
            let _ = parse(&text);
            let mut mutated: Vec<char> = GOOD.chars().collect();
            if let Some(place) = mutated.get_mut(at) {
                *place = character;
            }
            let _ = parse(&String::from_iter(mutated));
        }
    }
}
