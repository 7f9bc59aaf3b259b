//! One row of the register, and how it compares with a query.

use rusqlite::Row;

use super::Trouble;
use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::CardStatus;
use crate::registry::names::same_document_number;
use crate::registry::names::same_name;
use crate::registry::names::same_nationality;
use crate::registry::query::Expiry;
use crate::registry::query::Query;

/// A card of the register with its holder; by default, one of which nothing is known.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) status: CardStatus,
    /// Whether the register knows the digest of the card's security object.
    pub(super) sod_known: bool,
    pub(super) expiry: Option<Expiry>,
    number: Option<String>,
    name: Option<String>,
    birth: Option<PartialDate>,
    sex: Option<Sex>,
    nationality: Option<String>,
    document_number: Option<String>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            status: CardStatus::NotOnFile,
            sod_known: false,
            expiry: None,
            number: None,
            name: None,
            birth: None,
            sex: None,
            nationality: None,
            document_number: None,
        }
    }
}

impl Record {
    /// Reads a row of the two lookups.
    pub(super) fn read(row: &Row<'_>) -> Result<Self, Trouble> {
        let status = match text(row, "status")? {
            None => CardStatus::NotIssued,
            Some(code) => CardStatus::from_code(&code).ok_or(Trouble::Content("status"))?,
        };
        let sod: Option<Vec<u8>> = row.get("sod")?;
        Ok(Self {
            status,
            sod_known: sod.is_some(),
            expiry: parsed(row, "expiry", expiry)?,
            number: text(row, "number")?,
            name: text(row, "name")?,
            birth: parsed(row, "birth", PartialDate::from_iso)?,
            sex: parsed(row, "sex", sex)?,
            nationality: text(row, "nationality")?,
            document_number: text(row, "document_number")?,
        })
    }

    /// Compares every attribute.
    pub(super) fn compare(&self, query: &Query) -> Agreements {
        let asked = &query.attributes;
        let stated = |sex: &Sex| *sex != Sex::Unspecified;
        Agreements {
            number: Agreement::of(
                self.number.as_deref(),
                query.card.number.as_ref(),
                |a, b| a == b.as_str(),
            ),
            name: Agreement::of(self.name.as_deref(), asked.name.as_deref(), same_name),
            birth: Agreement::of(self.birth, asked.birth, PartialDate::agrees_with),
            sex: Agreement::of(self.sex.filter(stated), asked.sex.filter(stated), |a, b| {
                a == b
            }),
            nationality: Agreement::of(
                self.nationality.as_deref(),
                asked.nationality.as_deref(),
                same_nationality,
            ),
            document_number: Agreement::of(
                self.document_number.as_deref(),
                asked.document_number.as_deref(),
                same_document_number,
            ),
            expiry: Agreement::of(self.expiry, asked.expiry, same_expiry),
        }
    }
}

/// Whether two cards are valid equally long, as far as both are known.
pub(super) fn same_expiry(register: Expiry, supplied: Expiry) -> bool {
    match (register, supplied) {
        (Expiry::Date(register), Expiry::Date(supplied)) => register.agrees_with(supplied),
        (Expiry::Never, Expiry::Never) => true,
        _ => false,
    }
}

fn text(row: &Row<'_>, column: &'static str) -> Result<Option<String>, Trouble> {
    row.get(column).map_err(|_| Trouble::Content(column))
}

fn parsed<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Trouble> {
    let text = text(row, column)?;
    text.map(|text| parse(&text).ok_or(Trouble::Content(column)))
        .transpose()
}

fn expiry(text: &str) -> Option<Expiry> {
    match text {
        "never" => Some(Expiry::Never),
        date => PartialDate::from_iso(date).map(Expiry::Date),
    }
}

fn sex(text: &str) -> Option<Sex> {
    match text {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        "unspecified" => Some(Sex::Unspecified),
        _ => None,
    }
}
