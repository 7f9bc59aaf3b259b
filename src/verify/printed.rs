//! What is printed on a document against what its chip holds.
//!
//! A page that was altered by hand, or another card than the one whose page was read, shows here: the
//! chip alone would be genuine.

use crate::bytes::date::PartialDate;
use crate::bytes::vietnamese;
use crate::bytes::vietnamese::Transliteration;
use crate::lds::dg13::CitizenRecord;
use crate::lds::dg13::Expiry;
use crate::lds::mrz::Mrz;
use crate::lds::mrz::MrzFault;
use crate::lds::mrz::MrzFaultKind;
use crate::lds::mrz::MrzField;
use crate::lds::mrz::Sex;
use crate::lds::printed::Printed;
use crate::verify::Holder;
use crate::verify::Outcome;

/// The first field that differs.
pub(super) fn compare(printed: &[Printed], holder: &Holder) -> Option<Outcome> {
    let differs = printed.iter().find_map(|printed| {
        let zone = printed.zone.as_ref();
        zone.and_then(|zone| of_zone(zone, holder.mrz()))
            .or_else(|| of_words(printed, holder))
    })?;
    Some(Outcome::fail("consistency.printed").with("differs", differs))
}

/// One zone against the other, character for character; the check digits follow from the rest. Optional
/// data that the composite check digit says were misread contradict nothing.
fn of_zone(printed: &Mrz, chip: &Mrz) -> Option<&'static str> {
    let same = [
        (
            "document number",
            printed.document_number() == chip.document_number(),
        ),
        (
            "citizen number",
            printed.citizen_number() == chip.citizen_number(),
        ),
        ("name", same_names(printed, chip)),
        ("date of birth", printed.birth() == chip.birth()),
        ("date of expiry", printed.expiry() == chip.expiry()),
        ("sex", printed.sex() == chip.sex()),
        ("nationality", printed.nationality() == chip.nationality()),
        (
            "issuing state",
            printed.issuing_state() == chip.issuing_state(),
        ),
        (
            "document code",
            printed.document_code() == chip.document_code(),
        ),
        (
            "optional data",
            printed.form() != chip.form()
                || printed.optional_data() == chip.optional_data()
                || is_misread(printed),
        ),
    ];
    same.into_iter()
        .find(|(_, same)| !same)
        .map(|(field, _)| field)
}

fn is_misread(printed: &Mrz) -> bool {
    printed.faults().contains(&MrzFault {
        field: MrzField::Composite,
        kind: MrzFaultKind::CheckDigit,
    })
}

/// Two zones of one form hold a name alike; of two forms, one may hold less of it.
fn same_names(one: &Mrz, other: &Mrz) -> bool {
    let (a, b) = (names(one), names(other));
    if a == b || one.form() == other.form() {
        return a == b;
    }
    let (short, long) = if one.form().name_len() < other.form().name_len() {
        (one, other)
    } else {
        (other, one)
    };
    let (surname, given_names) = names(long);
    let whole = format!("{surname} {given_names}");
    zone_has(short, &whole)
}

/// Names have no digits; one that was read is the letter that looks like it.
fn names(mrz: &Mrz) -> (String, String) {
    let letters = |name: String| {
        let letter = |character| match character {
            '0' => 'O',
            '1' => 'I',
            '2' => 'Z',
            '5' => 'S',
            '8' => 'B',
            other => other,
        };
        name.chars().map(letter).collect()
    };
    (letters(mrz.surname()), letters(mrz.given_names()))
}

/// Whether a zone holds a name, as far as it has room.
fn zone_has(mrz: &Mrz, name: &str) -> bool {
    let (surname, given_names) = names(mrz);
    let field = mrz.form().name_len();
    vietnamese::compare_with_mrz(name, &surname, &given_names, field) != Transliteration::Different
}

/// Fields that somebody typed, or that a QR code holds.
fn of_words(printed: &Printed, holder: &Holder) -> Option<&'static str> {
    let (mrz, record) = (holder.mrz(), holder.record());
    if let Some(number) = &printed.citizen_number {
        let same = match holder.citizen_number() {
            Some(chip) => chip == number,
            // The zone of a citizen card has the last nine digits at least.
            None => number.ends_with(mrz.document_number()),
        };
        if !same {
            return Some("citizen number");
        }
    }
    let number = printed.document_number.as_deref();
    if number.is_some_and(|number| number != mrz.document_number()) {
        return Some("document number");
    }
    if printed
        .name
        .as_ref()
        .is_some_and(|name| !has_name(holder, name))
    {
        return Some("name");
    }
    let agrees = |date: PartialDate, told: Option<PartialDate>| {
        told.is_none_or(|told| told.agrees_with(date))
    };
    if printed.birth.is_some_and(|birth| {
        !mrz.birth().agrees_with(birth) || !agrees(birth, record.and_then(CitizenRecord::birth))
    }) {
        return Some("date of birth");
    }
    let known = mrz.sex() != Sex::Unspecified;
    if printed.sex.is_some_and(|sex| known && sex != mrz.sex()) {
        return Some("sex");
    }
    if printed
        .issued
        .is_some_and(|issued| !agrees(issued, record.and_then(CitizenRecord::issued)))
    {
        return Some("date of issue");
    }
    let told = match record.map(CitizenRecord::expires) {
        Some(Expiry::Date(date)) => Some(date),
        _ => None,
    };
    if printed
        .expiry
        .is_some_and(|expiry| !mrz.expiry().agrees_with(expiry) || !agrees(expiry, told))
    {
        return Some("date of expiry");
    }
    None
}

/// Scanners that act as keyboards lose letters with diacritics and add none: what is left of a name after
/// that is no other name.
fn has_name(holder: &Holder, name: &str) -> bool {
    match holder.native_name() {
        Some(chip) => vietnamese::is_left_of(name, &chip),
        None => {
            let folded = vietnamese::fold_ascii(name);
            zone_has(holder.mrz(), &folded) || left_of_zone(&folded, &holder.latin_name())
        }
    }
}

/// The same where the chip has no diacritics that could tell which letters they were on: vowels and D.
fn left_of_zone(name: &str, zone: &str) -> bool {
    const MARKED: &str = "AEIOUYD";
    let mut left = name.chars().filter(|letter| *letter != ' ').peekable();
    if left.peek().is_none() {
        return false;
    }
    for letter in zone.chars().filter(|letter| *letter != ' ') {
        if left.next_if_eq(&letter).is_none() && !MARKED.contains(letter) {
            return false;
        }
    }
    left.next().is_none()
}
