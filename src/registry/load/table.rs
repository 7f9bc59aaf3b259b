//! The columns of a table, and what may stand in them.

use std::str;

use crate::bytes::date::PartialDate;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::query::CitizenNumber;
use crate::registry::tables;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Date,
    Expiry,
    Sex,
    Person,
    Digest,
    Card,
    Level,
}

/// Every column: its name, and what may stand in it.
const COLUMNS: [(&str, Kind); COUNT] = [
    ("number", Kind::Number),
    ("old_number", Kind::Number),
    ("sod_sha256", Kind::Digest),
    ("name", Kind::Text),
    ("birth", Kind::Date),
    ("sex", Kind::Sex),
    ("nationality", Kind::Text),
    ("person_status", Kind::Person),
    ("card_status", Kind::Card),
    ("document_number", Kind::Text),
    ("issued", Kind::Date),
    ("expiry", Kind::Expiry),
    ("permanent_residence", Kind::Text),
    ("temporary_residence", Kind::Text),
    ("current_residence", Kind::Text),
    ("household_relation", Kind::Text),
    ("identity_level", Kind::Level),
];

/// How many columns there are.
pub(in crate::registry) const COUNT: usize = 17;

/// Places of columns in [`COLUMNS`] that code names.
pub(super) const NUMBER: usize = 0;
pub(super) const OLD_NUMBER: usize = 1;
pub(super) const SOD: usize = 2;
pub(super) const CARD_STATUS: usize = 8;

/// The columns that say something of a card.
const OF_CARDS: [usize; 5] = [SOD, CARD_STATUS, 9, 10, 11];

/// Most characters of a text: an address has some two hundred.
const MAX_TEXT: usize = 1_000;

/// Why a row is not loaded, and because of which column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bad {
    /// Name of the column; empty where it is the row as a whole
    pub column: &'static str,
    /// Why
    pub code: &'static str,
}

/// The name of a column by its place.
pub(in crate::registry) fn name(place: usize) -> &'static str {
    COLUMNS.get(place).map_or("", |column| column.0)
}

/// The place of a column by its name.
pub(super) fn place(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.0 == name)
}

/// What stands in a cell: nothing where it is empty.
pub(super) fn cell(place: usize, octets: &[u8]) -> Result<Option<&str>, Bad> {
    let column = name(place);
    let bad = |code| Err(Bad { column, code });
    let Ok(text) = str::from_utf8(octets) else {
        return bad("not_utf8");
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Octets first: counting the characters of a long text takes time.
    if text.len() > MAX_TEXT * 4 || text.chars().count() > MAX_TEXT {
        return bad("text_too_long");
    }
    if text.chars().any(char::is_control) {
        return bad("control_character");
    }
    let kind = COLUMNS.get(place).map_or(Kind::Text, |column| column.1);
    let (right, code) = match kind {
        Kind::Text => (true, ""),
        // Eleven digits are twelve whose zero a spreadsheet took; which one, nobody can tell.
        Kind::Number => (CitizenNumber::new(text).is_some(), "number_malformed"),
        Kind::Date => (PartialDate::from_iso(text).is_some(), "date_malformed"),
        Kind::Expiry => (tables::expiry(text).is_some(), "date_malformed"),
        Kind::Sex => (tables::sex(text).is_some(), "sex_unknown"),
        Kind::Person => {
            let status = Person::from_code(text);
            let known = status.is_some_and(|status| status != Person::NotOnFile);
            (known, "status_unknown")
        }
        Kind::Card => {
            let status = CardStatus::from_code(text);
            let stored = |status: CardStatus| {
                !matches!(status, CardStatus::NotIssued | CardStatus::NotOnFile)
            };
            (status.is_some_and(stored), "status_unknown")
        }
        Kind::Digest => (digest(text).is_some(), "digest_malformed"),
        Kind::Level => (matches!(text, "1" | "2"), "level_unknown"),
    };
    if right { Ok(Some(text)) } else { bad(code) }
}

/// SHA-256 in hexadecimal.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    let mut octets = [0; 32];
    hex::decode_to_slice(text, &mut octets).ok()?;
    Some(octets)
}

/// What is wrong with a row whose cells are right each.
pub(super) fn whole(cells: &[Option<&str>; COUNT]) -> Result<(), Bad> {
    let has = |place: &usize| cells.get(*place).is_some_and(Option::is_some);
    let bad = |place, code| {
        Err(Bad {
            column: name(place),
            code,
        })
    };
    if !has(&NUMBER) {
        return bad(NUMBER, "number_missing");
    }
    if OF_CARDS.iter().any(has) && !has(&CARD_STATUS) {
        return bad(CARD_STATUS, "status_missing");
    }
    Ok(())
}
