//! `[document]`: size, state, code and number, and from when to when it holds.

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::error::Wrong;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::sim::persona::Document;
use crate::sim::persona::DocumentNumber;
use crate::sim::persona::Size;
use crate::sim::persona::file::kind::Kind;
use crate::sim::persona::file::kind::Lawful;
use crate::sim::persona::file::values;

/// Keys here.
const KEYS: &[&str] = &[
    "size",
    "state",
    "code",
    "number",
    "optional_data",
    "issued",
    "expires",
];

/// First and last day on which the signers that ship sign documents.
pub(super) const SHIPPED: (&str, &str) = ("2021-02-01", "2026-01-18");

/// The same of signers that follow from a seed.
pub(super) const SEEDED: (&str, &str) = ("2015-01-03", "2039-12-30");

/// The table of the document, and when its signer signs.
pub(super) struct Dates<'a> {
    pub(super) table: &'a Table<'a>,
    pub(super) signing: (&'static str, &'static str),
}

/// The table, whose key `issued` every file has.
pub(super) fn table<'v>(reader: &mut Reader<'_>, top: &Table<'v>) -> Option<Table<'v>> {
    let entry = top.needed(reader, "document")?;
    reader.table(&entry, KEYS)
}

/// What the document is.
pub(super) fn document(reader: &mut Reader<'_>, table: &Table<'_>, document: &mut Document) {
    let sizes = [("td1", Size::Td1), ("td2", Size::Td2), ("td3", Size::Td3)];
    values::set(reader, table, "size", &sizes, &mut document.size);
    if let Some(state) = table
        .get("state")
        .and_then(|it| values::capitals(reader, &it, 3))
    {
        document.state = state;
    }
    code(reader, table, document);
    let optional = [
        ("citizen-number", DocumentNumber::Citizen),
        ("none", DocumentNumber::Nine),
    ];
    if let Some(entry) = table.get("optional_data") {
        if let Some(number) = values::word(reader, &entry, &optional) {
            document.number = number;
        }
        // All twelve digits and their check digit have no room elsewhere.
        let citizen = document.number == DocumentNumber::Citizen;
        if citizen && document.size != Size::Td1 {
            reader.fault(
                &entry,
                Wrong::Against {
                    other: "document.size",
                },
            );
        }
    }
    if document.size != Size::Td1 {
        document.number = DocumentNumber::Nine;
    }
    if let Some(entry) = table.get("number") {
        document.own_number = number(reader, &entry, document);
    }
}

/// `P`, and a second letter or none, is for passports alone, as `V` is for visas, which have no chip of
/// their own (Doc 9303-4, -5, -6 and -7).
fn code(reader: &mut Reader<'_>, table: &Table<'_>, document: &mut Document) {
    let Some(entry) = table.get("code") else {
        let passport = document.code.starts_with('P');
        if passport != document.is_passport() {
            let code = if passport { "I" } else { "P" };
            document.code = code.to_owned();
        }
        return;
    };
    let Some(code) = values::capitals(reader, &entry, 2) else {
        return;
    };
    let lawful = match document.size {
        Size::Td3 => code.starts_with('P'),
        Size::Td1 | Size::Td2 => code.starts_with(['A', 'C', 'I']),
    };
    if !lawful {
        reader.fault(
            &entry,
            Wrong::Against {
                other: "document.size",
            },
        );
    }
    document.code = code;
}

/// Capital letters and digits.
fn number(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &Document) -> Option<String> {
    let text = reader.text(entry)?;
    let most = document.size.number_room();
    let lawful = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if !(1..=most).contains(&text.len()) || !text.bytes().all(lawful) {
        reader.fault(entry, Wrong::DocumentNumber { most });
        return None;
    }
    // A long number takes the place of the optional data.
    if text.len() > 9 && document.number == DocumentNumber::Citizen {
        let other = "document.optional_data";
        reader.fault(entry, Wrong::Against { other });
    }
    Some(text.to_owned())
}

/// The day of issue, which lies after the birth and where the signer signs.
pub(super) fn issued(
    reader: &mut Reader<'_>,
    dates: &Dates<'_>,
    birth: PartialDate,
) -> Option<Date> {
    let entry = dates.table.needed(reader, "issued")?;
    let issued = values::date(reader, &entry)?;
    let (from, to) = dates.signing;
    let bound = |text| PartialDate::from_iso(text).and_then(PartialDate::day);
    let early = bound(from).is_some_and(|from| issued < from);
    let late = bound(to).is_some_and(|to| issued > to);
    // A year or month alone is over when something can come after it.
    let born = match birth {
        PartialDate::Day(day) => issued < day,
        PartialDate::Month(year, month) => (issued.year(), issued.month()) < (year, month),
        PartialDate::Year(year) => issued.year() < year,
    };
    if born {
        let other = "holder.birth";
        reader.fault(&entry, Wrong::NotAfter { other });
    } else if early || late {
        reader.fault(&entry, Wrong::DateRange { from, to });
    }
    Some(issued)
}

/// The day on which the document ends; what the law says where the file does not.
pub(super) fn expires(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    kind: Kind,
    birth: PartialDate,
    issued: Date,
) -> Option<Date> {
    let Some(entry) = table.get("expires") else {
        return match kind.ends(birth, issued) {
            Lawful::Day(day) => Some(day),
            Lawful::Never => None,
            Lawful::Unsaid => {
                table.needed(reader, "expires");
                None
            }
        };
    };
    if reader.text(&entry)? == "never" {
        return None;
    }
    let expires = values::date(reader, &entry)?;
    if expires <= issued {
        let other = "document.issued";
        reader.fault(&entry, Wrong::NotAfter { other });
    }
    Some(expires)
}
