//! What a card says of its holder as text: the fields of DG13, and dates as cards write them.

use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::sim::files::Dg13Field;
use crate::sim::persona::Citizen;

/// The fields of DG13 in their order.
pub(super) fn dg13_fields(citizen: &Citizen) -> Vec<(u8, Dg13Field)> {
    let words = |text: &str| Dg13Field::Utf8(text.to_owned());
    let printable = |text: &str| Dg13Field::Printable(text.to_owned());
    let expires = match citizen.expires {
        Some(date) => words(&with_slashes(PartialDate::Day(date))),
        None => words("Không thời hạn"),
    };
    let spouse = match &citizen.spouse {
        Some(name) => Dg13Field::Persons(vec![Some(name.clone())]),
        None => Dg13Field::Absent,
    };
    let old_number = match &citizen.old_number {
        Some(number) => printable(number),
        None => Dg13Field::Absent,
    };
    vec![
        (1, printable(&citizen.number)),
        (2, words(&citizen.name)),
        (3, printable(&with_slashes(citizen.birth))),
        (4, words(sex_word(citizen.sex))),
        (5, words(&citizen.nationality)),
        (6, words(&citizen.ethnicity)),
        (7, words(&citizen.religion)),
        (8, words(&citizen.origin)),
        (9, words(&citizen.residence)),
        (10, words(&citizen.features)),
        (
            11,
            printable(&with_slashes(PartialDate::Day(citizen.issued))),
        ),
        (12, expires),
        (
            13,
            Dg13Field::Persons(vec![citizen.father.clone(), citizen.mother.clone()]),
        ),
        (14, spouse),
        (15, old_number),
        (16, printable(&citizen.code16)),
    ]
}

pub(super) const fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "Nam",
        Sex::Female => "Nữ",
        Sex::Unspecified => "",
    }
}

/// As cards write it: `17/08/1995`, `08/1995`, `1995`.
fn with_slashes(date: PartialDate) -> String {
    match date {
        PartialDate::Day(date) => {
            format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
        }
        PartialDate::Month(year, month) => format!("{month:02}/{year:04}"),
        PartialDate::Year(year) => format!("{year:04}"),
    }
}

/// The same without slashes.
pub(super) fn compact(date: PartialDate) -> String {
    with_slashes(date).replace('/', "")
}

/// Year, month and day, with zeros for what is not known (Doc 9303-10 §4.7.11).
pub(in crate::sim) fn eight_digits(date: PartialDate) -> String {
    match date {
        PartialDate::Day(date) => {
            format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
        }
        PartialDate::Month(year, month) => format!("{year:04}{month:02}00"),
        PartialDate::Year(year) => format!("{year:04}0000"),
    }
}
