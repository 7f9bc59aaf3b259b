//! `[holder]`: what the card says about its holder.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::bytes::date::PartialDate;
use crate::error::Wrong;
use crate::lds::mrz::Sex;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::sim::persona::Citizen;
use crate::sim::persona::Document;
use crate::sim::persona::file::document;
use crate::sim::persona::file::document::Dates;
use crate::sim::persona::file::kind::Kind;
use crate::sim::persona::file::values;
use crate::sim::persona::mrz::folded;

/// Keys here.
const KEYS: &[&str] = &[
    "number",
    "name",
    "birth",
    "sex",
    "nationality",
    "ethnicity",
    "religion",
    "origin",
    "residence",
    "features",
    "father",
    "mother",
    "spouse",
    "old_number",
    "code16",
];

/// Years of birth that a citizen number can tell, and of people who may be alive.
const YEARS: (i16, i16) = (1900, 2099);

/// Characters of a name's field that are left when its family name is there: two fillers and one letter
/// of the next name (Doc 9303-3 §4.6: no part of a name is left out altogether).
const LEFT_FOR_OTHERS: usize = 3;

/// Reads the holder, and the days of the document, which the birth bounds.
pub(super) fn holder(
    reader: &mut Reader<'_>,
    top: &Table<'_>,
    kind: Kind,
    dates: Option<&Dates<'_>>,
    document: &Document,
) -> Citizen {
    let mut citizen = nobody();
    let entry = top.needed(reader, "holder");
    let Some(table) = entry.and_then(|entry| reader.table(&entry, KEYS)) else {
        return citizen;
    };
    let sexes = [
        ("male", Sex::Male),
        ("female", Sex::Female),
        ("unspecified", Sex::Unspecified),
    ];
    let birth = table.needed(reader, "birth");
    let birth = birth.and_then(|entry| birth_of(reader, &entry));
    let sex = table.needed(reader, "sex");
    let sex = sex.and_then(|entry| values::word(reader, &entry, &sexes));
    if let Some(name) = table.needed(reader, "name") {
        citizen.name = name_of(reader, &name, document).unwrap_or_default();
    }
    if let Some(entry) = table.needed(reader, "number")
        && let Some(number) = values::digits(reader, &entry, 12, 12)
    {
        if document.state == "VNM" {
            agrees(reader, &entry, &number, birth, sex);
        }
        citizen.number = number;
    }
    citizen.sex = sex.unwrap_or(Sex::Unspecified);
    for (key, place) in [
        ("nationality", &mut citizen.nationality),
        ("ethnicity", &mut citizen.ethnicity),
        ("religion", &mut citizen.religion),
        ("origin", &mut citizen.origin),
        ("residence", &mut citizen.residence),
        ("features", &mut citizen.features),
    ] {
        if let Some(text) = table.get(key).and_then(|it| values::text(reader, &it)) {
            *place = text;
        }
    }
    for (key, place) in [
        ("father", &mut citizen.father),
        ("mother", &mut citizen.mother),
        ("spouse", &mut citizen.spouse),
    ] {
        *place = table.get(key).and_then(|it| values::text(reader, &it));
    }
    let old = table.get("old_number");
    citizen.old_number = old.and_then(|entry| old_number(reader, &entry));
    if let Some(code) = table.get("code16").and_then(|it| code16(reader, &it)) {
        citizen.code16 = code;
    }
    if let (Some(birth), Some(dates)) = (birth, dates) {
        citizen.birth = birth;
        if let Some(issued) = document::issued(reader, dates, birth) {
            citizen.issued = issued;
            citizen.expires = document::expires(reader, dates.table, kind, birth, issued);
        }
    }
    citizen
}

/// What stands where a file says nothing.
fn nobody() -> Citizen {
    Citizen {
        number: String::new(),
        name: String::new(),
        birth: PartialDate::Year(2000),
        sex: Sex::Unspecified,
        nationality: "Việt Nam".to_owned(),
        ethnicity: "Kinh".to_owned(),
        religion: "Không".to_owned(),
        origin: String::new(),
        residence: String::new(),
        features: String::new(),
        issued: Date::constant(2021, 2, 1),
        expires: None,
        father: None,
        mother: None,
        spouse: None,
        old_number: None,
        code16: String::new(),
    }
}

fn birth_of(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<PartialDate> {
    let birth = values::partial_date(reader, entry)?;
    let (first, last) = YEARS;
    if !(first..=last).contains(&birth.year()) {
        let (from, to) = ("1900-01-01", "2099-12-31");
        reader.fault(entry, Wrong::DateRange { from, to });
    }
    Some(birth)
}

/// A name that the zone can write: letters, single spaces, hyphens and apostrophes.
fn name_of(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &Document) -> Option<String> {
    let name = values::text(reader, entry)?;
    let letter = |letter: char| {
        letter.is_ascii_alphabetic() || is_combining_mark(letter) || "Đđ -'’".contains(letter)
    };
    let family = folded(&name);
    let family = family.split(' ').next().unwrap_or_default();
    if name.contains("  ") || family.is_empty() || !name.nfd().all(letter) {
        reader.fault(entry, Wrong::Letters);
        return None;
    }
    let most = document.size.name_room().saturating_sub(LEFT_FOR_OTHERS);
    if family.len() > most {
        reader.fault(entry, Wrong::FamilyName { most });
    }
    Some(name)
}

/// The fourth digit tells century and sex, the two behind it the year: the 1900s have 0 and 1, the 2000s
/// 2 and 3, the even ones for men.
fn agrees(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    number: &str,
    birth: Option<PartialDate>,
    sex: Option<Sex>,
) {
    let digit = number.chars().nth(3).and_then(|digit| digit.to_digit(10));
    let digit = digit.unwrap_or_default();
    if let Some(year) = birth.map(PartialDate::year) {
        let century = if year < 2000 { 0 } else { 1 };
        let two = format!("{:02}", year.rem_euclid(100));
        if digit / 2 != century || number.get(4..6) != Some(two.as_str()) {
            let other = "holder.birth";
            reader.fault(entry, Wrong::Against { other });
        }
    }
    let other_sex = match sex {
        Some(Sex::Male) => !digit.is_multiple_of(2),
        Some(Sex::Female) => digit.is_multiple_of(2),
        Some(Sex::Unspecified) | None => false,
    };
    if other_sex {
        let other = "holder.sex";
        reader.fault(entry, Wrong::Against { other });
    }
}

/// Nine digits, or twelve.
fn old_number(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let number = values::digits(reader, entry, 9, 12)?;
    if [9, 12].contains(&number.len()) {
        return Some(number);
    }
    let (least, most) = (9, 12);
    reader.fault(entry, Wrong::Digits { least, most });
    None
}

/// Sixteen hexadecimal digits.
fn code16(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let octets = values::octets(reader, entry, 8, 8)?;
    Some(hex::encode_upper(octets))
}
