//! The fields inside a signed record: data objects with tags of two octets, each at most once.

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Element;
use crate::error::Malformed;

/// Most data objects in one record. The longest table, that of visas, has 23.
const MAX_ELEMENTS: usize = 64;

/// Longest text, in bytes: five times what the tables allow.
const MAX_TEXT: usize = 255;

/// The data objects of one template, to be taken one by one by their tags.
pub(super) struct Elements<'a> {
    left: Vec<Element<'a>>,
    end: usize,
}

/// A data object that no table names.
#[derive(Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its tag.
    pub tag: u32,
    /// Its value.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unknown({:02X}, {} bytes)", self.tag, self.value.len())
    }
}

impl<'a> Elements<'a> {
    /// Reads all of a template's data objects. Their order is fixed by the tables, and nothing hangs
    /// on it: any is taken.
    pub(super) fn read(template: &Element<'a>) -> Result<Self, Malformed> {
        let mut reader = template.inside()?;
        let mut left: Vec<Element<'a>> = Vec::new();
        while !reader.at_end() {
            let offset = reader.offset();
            let element = reader.element("record field")?;
            if left.iter().any(|other| other.tag == element.tag) {
                return Err(Malformed::new("record field that stands twice", offset));
            }
            if left.len() >= MAX_ELEMENTS {
                return Err(Malformed::new("number of record fields", offset));
            }
            left.push(element);
        }
        Ok(Self {
            left,
            end: reader.offset(),
        })
    }

    fn take(&mut self, tag: u32) -> Option<Element<'a>> {
        let at = self.left.iter().position(|element| element.tag == tag)?;
        Some(self.left.remove(at))
    }

    /// A text that may be missing.
    pub(super) fn text(
        &mut self,
        tag: u32,
        what: &'static str,
    ) -> Result<Option<String>, Malformed> {
        self.take(tag)
            .map(|element| text(&element, what))
            .transpose()
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, tag: u32, what: &'static str) -> Result<String, Malformed> {
        self.text(tag, what)?.ok_or(Malformed::new(what, self.end))
    }

    /// A day as eight digits, that must be there.
    pub(super) fn date(&mut self, tag: u32, what: &'static str) -> Result<PartialDate, Malformed> {
        let element = self.take(tag).ok_or(Malformed::new(what, self.end))?;
        date(element.value).ok_or(Malformed::new(what, element.offset))
    }

    /// A number in so many octets at most, that may be missing.
    pub(super) fn number(
        &mut self,
        tag: u32,
        most: usize,
        what: &'static str,
    ) -> Result<Option<u64>, Malformed> {
        let Some(element) = self.octets(tag, most, what)? else {
            return Ok(None);
        };
        let number = element
            .iter()
            .try_fold(0_u64, |sum, octet| {
                Some(sum.checked_mul(256)? | u64::from(*octet))
            })
            .filter(|_| !element.is_empty());
        number.map(Some).ok_or(Malformed::new(what, self.end))
    }

    /// Octets, so many at most, that may be missing.
    pub(super) fn octets(
        &mut self,
        tag: u32,
        most: usize,
        what: &'static str,
    ) -> Result<Option<Vec<u8>>, Malformed> {
        match self.take(tag) {
            None => Ok(None),
            Some(element) if element.value.len() <= most => Ok(Some(element.value.to_vec())),
            Some(element) => Err(Malformed::new(what, element.offset)),
        }
    }

    /// What no table names.
    pub(super) fn rest(self) -> Vec<Unknown> {
        let unknown = |element: Element<'_>| Unknown {
            tag: element.tag,
            value: element.value.to_vec(),
        };
        self.left.into_iter().map(unknown).collect()
    }
}

/// A text in UTF-8 (Doc 9303-10 §3.9.1).
pub(super) fn text(element: &Element<'_>, what: &'static str) -> Result<String, Malformed> {
    std::str::from_utf8(element.value)
        .ok()
        .filter(|text| text.len() <= MAX_TEXT)
        .map(str::to_owned)
        .ok_or(Malformed::new(what, element.offset))
}

/// `YYYYMMDD`; month and day may be 00 where they are not known, as in the zone.
fn date(value: &[u8]) -> Option<PartialDate> {
    let digits = <[u8; 8]>::try_from(value).ok()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let (year, rest) = digits.split_at(4);
    let (month, day) = rest.split_at(2);
    let small = |digits| i8::try_from(number(digits)).ok();
    PartialDate::new(number(year), small(month)?, small(day)?)
}
