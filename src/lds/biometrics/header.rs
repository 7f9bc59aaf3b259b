//! The biometric header template (Doc 9303-10, data groups 2 to 4; ISO/IEC 7816-11).

use jiff::civil::Date;
use jiff::civil::DateTime;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// ISO/IEC JTC 1/SC 37, the owner of the formats of ISO/IEC 19794 and 39794
const OWNER: u32 = 0x0101;

/// Most elements that are looked at; the standard has eight.
const MAX_ELEMENTS: usize = 32;

/// What a card says about a record. Every element may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Version of this template: `0101` hexadecimal.
    pub version: Option<u32>,
    /// Face 2, finger 8, iris 16.
    pub biometric_type: Option<u32>,
    /// Which finger or iris.
    pub subtype: Option<u32>,
    /// When the record was made.
    pub created: Option<DateTime>,
    /// First and last day on which the record is good.
    pub valid: Option<(Date, Date)>,
    /// Product that made the record, by its number.
    pub creator: Option<u32>,
    /// Owner of the record's format: `0101` hexadecimal is ISO/IEC JTC 1/SC 37.
    pub format_owner: Option<u32>,
    /// The record's format, in its owner's numbers.
    pub format_type: Option<u32>,
}

/// What the header of a record should say.
pub(in crate::lds) struct Expected {
    /// Biometric type
    pub biometric_type: u32,
    /// Types of a record of ISO/IEC 19794
    pub fixed: FormatType,
    /// Types of a block of ISO/IEC 39794
    pub extensible: FormatType,
    /// Whether it must say which finger or iris it is
    pub subtype: Subtype,
}

/// The number of a format at its owner.
pub(in crate::lds) struct FormatType {
    /// The one registered
    pub registered: u32,
    /// The one that drafts of the standard gave it
    pub outdated: Option<u32>,
}

/// Whether a subtype must be there.
pub(in crate::lds) enum Subtype {
    /// It may.
    Optional,
    /// It must.
    Mandatory,
}

impl Header {
    /// Reads the elements of a header template.
    pub(super) fn decode(
        template: Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        let mut header = Self::default();
        let mut reader = template.inside()?;
        let mut seen = Vec::new();
        while !reader.at_end() {
            let element = reader.element("biometric header template")?;
            if seen.contains(&element.tag) || seen.len() >= MAX_ELEMENTS {
                let offset = element.offset;
                return Err(Malformed::new("biometric header template", offset));
            }
            seen.push(element.tag);
            let understood = match element.tag {
                0x80 => put(&mut header.version, number(element.value)),
                0x81 => put(&mut header.biometric_type, number(element.value)),
                0x82 => put(&mut header.subtype, number(element.value)),
                0x83 => put(&mut header.created, time(element.value)),
                0x84 | 0x85 => put(&mut header.valid, period(element.value)),
                0x86 => put(&mut header.creator, number(element.value)),
                0x87 => put(&mut header.format_owner, number(element.value)),
                0x88 => put(&mut header.format_type, number(element.value)),
                _ => None,
            };
            if understood.is_none() {
                oddities.insert(Oddity::HeaderElement);
            }
        }
        Ok(header)
    }

    /// Notes what is not as it should be; `subtypes` are those that the record itself would have, none
    /// where it does not say.
    pub(super) fn compare(
        &self,
        expected: &Expected,
        format: &FormatType,
        subtypes: &[u8],
        oddities: &mut Oddities,
    ) {
        if oddities.contains(&Oddity::HeaderAbsent) {
            return;
        }
        let mut note = |oddity| {
            oddities.insert(oddity);
        };
        match self.format_owner {
            None => note(Oddity::FormatOwnerAbsent),
            Some(OWNER) => {}
            Some(_) => note(Oddity::FormatOwner),
        }
        match self.format_type {
            None => note(Oddity::FormatTypeAbsent),
            Some(kind) if kind == format.registered => {}
            Some(kind) if Some(kind) == format.outdated => note(Oddity::FormatTypeOutdated),
            Some(_) => note(Oddity::FormatType),
        }
        if self
            .biometric_type
            .is_some_and(|kind| kind != expected.biometric_type)
        {
            note(Oddity::BiometricType);
        }
        match (self.subtype, &expected.subtype) {
            (None, Subtype::Optional) => {}
            (None, Subtype::Mandatory) => note(Oddity::SubtypeAbsent),
            (Some(subtype), _) => {
                let fits = subtypes.iter().any(|own| u32::from(*own) == subtype);
                if !fits && !subtypes.is_empty() {
                    note(Oddity::Subtype);
                }
            }
        }
    }

    /// What there is to show of it: when the record was made, and how long it is good.
    pub(in crate::lds) fn fields(&self) -> Vec<Field> {
        let date = |date| Value::Date(PartialDate::Day(date));
        let mut fields = Vec::new();
        let mut put = |name, value: Option<Value>| {
            fields.extend(value.map(|value| Field::shown(name, value)));
        };
        put("created", self.created.map(Value::Time));
        put("valid_from", self.valid.map(|(from, _)| date(from)));
        put("valid_until", self.valid.map(|(_, until)| date(until)));
        put(
            "creator",
            self.creator
                .map(|creator| Value::Number(u64::from(creator))),
        );
        fields
    }
}

/// Fills a place; nothing where there is nothing to fill it with.
fn put<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    *place = value;
    place.as_ref().map(|_| ())
}

/// One to four octets as a number.
fn number(octets: &[u8]) -> Option<u32> {
    let long = octets.is_empty() || octets.len() > 4;
    let sum = |sum: u32, octet: &u8| (sum << 8) | u32::from(*octet);
    (!long).then(|| octets.iter().fold(0, sum))
}

/// Two digits in each octet.
fn digits(octets: &[u8]) -> Option<Vec<i16>> {
    let pair = |octet: &u8| {
        let (high, low) = (octet >> 4, octet & 0x0F);
        (high < 10 && low < 10).then(|| i16::from(high) * 10 + i16::from(low))
    };
    octets.iter().map(pair).collect()
}

fn date(octets: &[u8]) -> Option<Date> {
    let [century, year, month, day] = digits(octets)?.try_into().ok()?;
    let month = i8::try_from(month).ok()?;
    Date::new(century * 100 + year, month, i8::try_from(day).ok()?).ok()
}

/// `CCYYMMDDhhmmss`
fn time(octets: &[u8]) -> Option<DateTime> {
    let (day, hours) = octets.split_at_checked(4)?;
    let [hour, minute, second] = digits(hours)?.try_into().ok()?;
    let time = jiff::civil::Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        0,
    );
    Some(date(day)?.to_datetime(time.ok()?))
}

/// `CCYYMMDD` twice
fn period(octets: &[u8]) -> Option<(Date, Date)> {
    let (from, until) = octets.split_at_checked(4)?;
    Some((date(from)?, date(until)?))
}
