//! The record on a Vietnamese citizen card, as independent readers agree on it.

use std::collections::BTreeMap;
use std::fmt;

use crate::bytes::date::PartialDate;
use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::vietnamese::fold_ascii;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::dg13::entry::Value;
use crate::lds::dg13::entry::entry;
use crate::lds::dg13::field;
use crate::lds::mrz::Sex;

/// Most entries followed. The card has sixteen.
const MAX_ENTRIES: usize = 64;

/// 1.0.10646.1.0.8: text in UTF-8.
const UTF8_ENCODING: Oid<'static> = Oid::new(&[0x28, 0xD3, 0x16, 0x01, 0x00, 0x08]);

/// When a card expires, as its record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// On a date.
    Date(PartialDate),
    /// Never: `Không thời hạn`.
    None,
    /// The record does not say, or says something else.
    Unknown,
}

/// The record on a Vietnamese citizen card.
///
/// ```text
/// 6D { SEQUENCE { INTEGER 1, OBJECT IDENTIFIER 1.0.10646.1.0.8,
///                 SET OF SEQUENCE { INTEGER n, value } } }
/// ```
/// No specification is public; the layout is what independent readers agree on. Entries are found
/// by their number, never by their place. [`fmt::Debug`] shows no value.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenRecord {
    /// Every entry by its number.
    pub fields: BTreeMap<u32, Value>,
}

impl CitizenRecord {
    /// Whether the file begins as a record does: version, then the identifier of UTF-8.
    ///
    /// # Errors
    /// [`Malformed`] when it is no DG13 at all, or has no data elements in it.
    pub(super) fn begins(file: &[u8]) -> Result<bool, Malformed> {
        let mut reader = Reader::new(file);
        let template = reader.expect(DataGroup::DG13.tag(), "DG13")?;
        reader.finish("DG13")?;
        // Whatever the layout, it is made of data elements.
        let mut elements = template.inside()?;
        elements.element("DG13")?;
        while !elements.at_end() {
            elements.element("DG13")?;
        }
        let encoding = || {
            let mut inside = template.inside().ok()?;
            let mut frame = inside.expect(tag::SEQUENCE, "record").ok()?.inside().ok()?;
            frame.expect(tag::INTEGER, "version").ok()?;
            frame.expect(tag::OID, "encoding").ok()
        };
        Ok(encoding().is_some_and(|encoding| Oid::new(encoding.value) == UTF8_ENCODING))
    }

    /// Decodes the file.
    ///
    /// # Errors
    /// [`Malformed`] when the frame is another, the text encoding is not UTF-8, a number is doubled,
    /// there are too many entries, or bytes follow. A value of unexpected form is kept raw.
    pub fn decode(file: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let mut template = reader.expect(DataGroup::DG13.tag(), "DG13")?.inside()?;
        reader.finish("DG13")?;
        let mut frame = template.expect(tag::SEQUENCE, "DG13 record")?.inside()?;
        template.finish("DG13")?;
        frame
            .expect(tag::INTEGER, "DG13 version")?
            .small_integer()?;
        let encoding = frame.expect(tag::OID, "DG13 text encoding")?;
        if Oid::new(encoding.value) != UTF8_ENCODING {
            return Err(Malformed::new("DG13 text encoding", encoding.offset));
        }
        let mut entries = frame.expect(tag::SET, "DG13 entries")?.inside()?;
        frame.finish("DG13 record")?;

        let mut fields = BTreeMap::new();
        while !entries.at_end() {
            let offset = entries.offset();
            let (number, value) = entry(&mut entries)?;
            if fields.insert(number, value).is_some() || fields.len() > MAX_ENTRIES {
                return Err(Malformed::new("DG13 entry", offset));
            }
        }
        Ok(Self { fields })
    }

    /// Text of a field, unless it is absent or no text. Numbers stand in [`field`].
    pub fn text(&self, number: u32) -> Option<&str> {
        match self.fields.get(&number)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Citizen number, as the card writes it.
    pub fn citizen_number(&self) -> Option<&str> {
        self.text(field::CITIZEN_NUMBER)
    }

    /// Full name with its diacritics.
    pub fn name(&self) -> Option<&str> {
        self.text(field::NAME)
    }

    /// Date of birth.
    pub fn birth(&self) -> Option<PartialDate> {
        self.date(field::BIRTH)
    }

    /// Sex: `Nam` or `Nữ`.
    pub fn sex(&self) -> Option<Sex> {
        match fold_ascii(self.text(field::SEX)?).as_str() {
            "NAM" => Some(Sex::Male),
            "NU" => Some(Sex::Female),
            _ => None,
        }
    }

    /// Nationality.
    pub fn nationality(&self) -> Option<&str> {
        self.text(field::NATIONALITY)
    }

    /// Ethnicity. Sensitive by law.
    pub fn ethnicity(&self) -> Option<&str> {
        self.text(field::ETHNICITY)
    }

    /// Religion. Sensitive by law.
    pub fn religion(&self) -> Option<&str> {
        self.text(field::RELIGION)
    }

    /// Place of origin; on cards of 2024 the place of birth registration. For showing: districts were
    /// abolished and provinces merged in July 2025, so a place that is written otherwise elsewhere may
    /// be the same, and no two are ever compared as strings.
    pub fn origin(&self) -> Option<&str> {
        self.text(field::ORIGIN)
    }

    /// Place of residence. For showing, and never compared, as [`CitizenRecord::origin`].
    pub fn residence(&self) -> Option<&str> {
        self.text(field::RESIDENCE)
    }

    /// Identifying features.
    pub fn features(&self) -> Option<&str> {
        self.text(field::FEATURES)
    }

    /// Date of issue.
    pub fn issued(&self) -> Option<PartialDate> {
        self.date(field::ISSUED)
    }

    /// Date of expiry, or that there is none.
    pub fn expires(&self) -> Expiry {
        let Some(text) = self.text(field::EXPIRES) else {
            return Expiry::Unknown;
        };
        if let Some(date) = PartialDate::from_vietnamese(text) {
            return Expiry::Date(date);
        }
        // "Không thời hạn", "Không có thời hạn", "Vô thời hạn".
        let words = fold_ascii(text);
        let negated = words.starts_with("KHONG ") || words.starts_with("VO ");
        if negated && words.ends_with("THOI HAN") {
            Expiry::None
        } else {
            Expiry::Unknown
        }
    }

    /// Father's name.
    pub fn father(&self) -> Option<&str> {
        self.person(field::PARENTS, 0)
    }

    /// Mother's name.
    pub fn mother(&self) -> Option<&str> {
        self.person(field::PARENTS, 1)
    }

    /// Spouse's name.
    pub fn spouse(&self) -> Option<&str> {
        self.person(field::SPOUSE, 0)
    }

    /// Number of the identity card before, 9 or 12 digits.
    pub fn old_number(&self) -> Option<&str> {
        self.text(field::OLD_NUMBER)
    }

    /// Sixteen characters of unpublished meaning.
    pub fn code16(&self) -> Option<&str> {
        self.text(field::CODE16)
    }

    /// Name of a person in a field of several, by place from 0, unless it is absent.
    pub fn person(&self, number: u32, place: usize) -> Option<&str> {
        match self.fields.get(&number)? {
            Value::Persons(names) => names.get(place).map(String::as_str),
            _ => None,
        }
        .filter(|name| !name.is_empty())
    }

    fn date(&self, number: u32) -> Option<PartialDate> {
        PartialDate::from_vietnamese(self.text(number)?)
    }
}

impl fmt::Debug for CitizenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CitizenRecord({} fields)", self.fields.len())
    }
}

#[cfg(test)]
mod tests;
