//! What a row of a list says: a question for the registry, or why it is none.

use std::mem;

use crate::bytes::vietnamese::fold_ascii;
use crate::lds::mrz::Sex;
use crate::registry::facts::FactKind;
use crate::registry::names::Rule;
use crate::registry::names::read_date;
use crate::registry::names::read_sex;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Expiry;
use crate::registry::query::Query;
use crate::registry::query::SodDigest;
use crate::registry::reconcile::columns::Column;
use crate::registry::reconcile::columns::Columns;
use crate::registry::reconcile::records;
use crate::registry::reconcile::records::Form;
use crate::registry::reconcile::records::Row;

/// A row that a registry can be asked about.
pub(super) struct Asking {
    pub(super) query: Query,
    /// What the list calls the row.
    pub(super) key: Option<String>,
    /// Fields that hold something that cannot be read.
    pub(super) unreadable: Vec<(&'static str, Rule)>,
    /// Whether every column that was recognised holds something.
    pub(super) complete: bool,
    /// The values as they stand, in the order of the columns.
    pub(super) values: Vec<String>,
}

/// The values of a row, in the order of the columns.
pub(super) fn values(
    row: &Row,
    form: Form,
    columns: &Columns,
) -> Result<Vec<String>, &'static str> {
    if let Some(code) = row.bad {
        return Err(code);
    }
    let text = str::from_utf8(&row.text).map_err(|_| "row.not_utf8")?;
    match form {
        Form::Csv { delimiter } => {
            let mut values = records::values(text, delimiter).ok_or("row.quotes")?;
            // A row may lack the empty values at its end, as some spreadsheets write it.
            if values.len() > columns.width {
                return Err("row.too_many_values");
            }
            values.resize(columns.width, String::new());
            let placed = columns.places.iter();
            let value = |at: &usize| values.get_mut(*at).map(mem::take);
            let mut value = value;
            Ok(placed
                .map(|(_, at)| value(at).unwrap_or_default())
                .collect())
        }
        Form::Json => {
            let value: serde_json::Value = serde_json::from_str(text).map_err(|_| "row.json")?;
            let object = value.as_object().ok_or("row.json")?;
            let said = columns.names.iter().map(|name| match object.get(name) {
                None | Some(serde_json::Value::Null) => Ok(String::new()),
                Some(serde_json::Value::String(text)) => Ok(text.clone()),
                // A number has lost its zeros, and is looked at as the text that is left.
                Some(serde_json::Value::Number(number)) => Ok(number.to_string()),
                Some(_) => Err("row.json"),
            });
            said.collect()
        }
    }
}

/// The citizen number of a row, for finding rows of one person.
pub(super) fn number(values: &[String], columns: &Columns) -> Option<CitizenNumber> {
    let at = columns
        .places
        .iter()
        .position(|(column, _)| *column == Column::Number)?;
    CitizenNumber::new(&digits(values.get(at)?))
}

/// A number without what people and spreadsheets put into it.
fn digits(text: &str) -> String {
    let kept = text.chars().filter_map(|sign| match sign {
        // A spreadsheet's mark for "this is text" stands in front.
        '\'' | '.' | '-' => None,
        '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => None,
        '\u{FF10}'..='\u{FF19}' => char::from_u32(u32::from(sign) - 0xFEE0),
        other if other.is_whitespace() => None,
        other => Some(other),
    });
    kept.collect()
}

/// Reads a row.
///
/// # Errors
/// The code of what makes it no row.
pub(super) fn read(
    values: Vec<String>,
    columns: &Columns,
    context: &Context,
) -> Result<Asking, &'static str> {
    let mut asking = Asking {
        query: Query {
            context: context.clone(),
            card: CardKey {
                sod: None,
                number: None,
            },
            attributes: Attributes::default(),
            disclose: Vec::<FactKind>::new(),
        },
        key: None,
        unreadable: Vec::new(),
        complete: true,
        values: Vec::new(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for ((column, _), value) in columns.places.iter().zip(&values) {
        let value = value.trim();
        if value.is_empty() {
            // A middle name is what some people do not have.
            asking.complete &= matches!(column, Column::Key | Column::Sod | Column::Middle);
            continue;
        }
        asking.put(*column, value, &mut parts)?;
    }
    if asking.query.attributes.name.is_none() && !parts.is_empty() {
        asking.query.attributes.name = Some(parts.join(" "));
    }
    if asking.query.card.number.is_none() && asking.query.card.sod.is_none() {
        return Err("row.no_number");
    }
    asking.values = values;
    Ok(asking)
}

impl Asking {
    fn put<'a>(
        &mut self,
        column: Column,
        value: &'a str,
        parts: &mut Vec<&'a str>,
    ) -> Result<(), &'static str> {
        let attributes = &mut self.query.attributes;
        match column {
            Column::Key => self.key = Some(value.to_owned()),
            Column::Number => {
                let digits = digits(value);
                let number = CitizenNumber::new(&digits).ok_or_else(|| no_number(&digits))?;
                self.query.card.number = Some(number);
            }
            Column::Sod => {
                let mut digest = [0; 32];
                hex::decode_to_slice(value, &mut digest).map_err(|_| "row.sod")?;
                self.query.card.sod = Some(SodDigest::from_bytes(digest));
            }
            Column::Name => attributes.name = Some(value.to_owned()),
            Column::Family | Column::Middle | Column::Given => parts.push(value),
            Column::Birth => match read_date(value) {
                Ok(date) => attributes.birth = Some(date),
                Err(rule) => self.unreadable.push(("birth", rule)),
            },
            Column::Sex => match read_sex(value) {
                Some(Sex::Unspecified) => {}
                Some(sex) => attributes.sex = Some(sex),
                None => self.unreadable.push(("sex", Rule::Unreadable)),
            },
            Column::Nationality => attributes.nationality = Some(value.to_owned()),
            Column::DocumentNumber => attributes.document_number = Some(value.to_owned()),
            Column::Expiry => match expiry(value) {
                Ok(expiry) => attributes.expiry = Some(expiry),
                Err(rule) => self.unreadable.push(("expiry", rule)),
            },
        }
        Ok(())
    }
}

/// Why a text is no citizen number.
fn no_number(text: &str) -> &'static str {
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        8 | 10 | 11 if all_digits => "row.zeros_lost",
        _ if !all_digits && text.to_ascii_uppercase().contains("E+") => "row.scientific",
        _ => "row.number",
    }
}

fn expiry(text: &str) -> Result<Expiry, Rule> {
    let folded = fold_ascii(text);
    if matches!(folded.as_str(), "NEVER" | "KHONG THOI HAN" | "VO THOI HAN") {
        return Ok(Expiry::Never);
    }
    read_date(text).map(Expiry::Date)
}
