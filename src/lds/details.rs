//! What DG11, DG12 and DG16 have in common (Doc 9303-10 §4.7.11, §4.7.12 and §4.7.16): data elements
//! in any order, of which issuers leave some empty and add some of their own.
//!
//! ```text
//! 6B | 6C { 5C tags, element*, A0 { 02 count, element of one kind* }? }
//! ```

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::DateTime;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::field::Field;
use crate::lds::field::Value;

const TAG_LIST: u32 = 0x5C;
const SEVERAL: u32 = 0xA0;

/// Most data elements in a group. The standard knows thirteen.
const MAX_ELEMENTS: usize = 64;

/// Most values of one kind in their template: two digits announce them.
const MAX_VALUES: usize = 99;

/// Most parts of one text. An address has a handful; what is more stays in the last of them.
const MAX_PARTS: usize = 256;

/// Other names (DG11) and other persons (DG12). They belong into the template, and some issuers
/// write them beside it, one after the other.
const REPEATED: [u32; 2] = [0x5F0F, 0x5F1A];

/// What an issuer does otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// A data element of no length; it is skipped.
    EmptyField,
    /// A template announces another number of values than there are; those there are count.
    Count,
    /// A data element that the standard does not know, or that has not the form it must have; it is
    /// kept as it stands.
    UnknownField,
    /// A date in BCD.
    BinaryDate,
}

/// What is left of a group when its fields are taken out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rest {
    /// The list of tags, which is for information only.
    pub tags: Vec<u32>,
    /// Data elements that could not be used, by their tags.
    pub unknown: Vec<(u32, Vec<u8>)>,
    /// What the issuer does otherwise.
    pub oddities: BTreeSet<Oddity>,
}

impl Rest {
    /// The elements that could not be used, as one field, where there are any. Nobody knows whether
    /// they may be seen.
    pub(super) fn field(&self) -> Option<Field> {
        let elements: Vec<Value> = self
            .unknown
            .iter()
            .map(|(tag, value)| {
                Value::Fields(vec![
                    Field::shown("tag", Value::Text(format!("{tag:X}"))),
                    Field::sensitive("content", Value::Octets(value.clone())),
                ])
            })
            .collect();
        (!elements.is_empty()).then(|| Field::shown("not_understood", Value::List(elements)))
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Rest({} unknown, {:?})",
            self.unknown.len(),
            self.oddities
        )
    }
}

/// The data elements of a group, to be taken out one after another.
pub(super) struct Elements<'a> {
    found: Vec<Element<'a>>,
    several: Vec<Element<'a>>,
    rest: Rest,
}

impl<'a> Elements<'a> {
    /// Reads the frame.
    pub(super) fn read(
        file: &'a [u8],
        template: u32,
        what: &'static str,
    ) -> Result<Self, Malformed> {
        let mut reader = Reader::new(file);
        let group = reader.expect(template, what)?.inside()?;
        reader.finish(what)?;
        Self::inside(group, what)
    }

    /// Reads the elements of a frame.
    pub(super) fn inside(mut group: Reader<'a>, what: &'static str) -> Result<Self, Malformed> {
        let mut this = Self {
            found: Vec::new(),
            several: Vec::new(),
            rest: Rest::default(),
        };
        while !group.at_end() {
            let element = group.element(what)?;
            if this.found.len() + this.rest.unknown.len() >= MAX_ELEMENTS {
                return Err(Malformed::new(what, element.offset));
            }
            match element.tag {
                TAG_LIST => this.rest.tags = tags(element.value),
                SEVERAL => this.values(element, what)?,
                _ if element.value.is_empty() => this.odd(Oddity::EmptyField),
                repeated if REPEATED.contains(&repeated) => this.push(element, what)?,
                // The first of a kind counts.
                _ if this.found.iter().any(|known| known.tag == element.tag) => this.keep(element),
                _ => this.found.push(element),
            }
        }
        Ok(this)
    }

    /// A template with a number of values. The bytes that are there bound the number.
    fn values(&mut self, template: Element<'a>, what: &'static str) -> Result<(), Malformed> {
        let mut inside = template.inside()?;
        let announced = count(inside.optional(tag::INTEGER, what)?);
        let mut there = 0_usize;
        while !inside.at_end() {
            let value = inside.element(what)?;
            there += 1;
            if value.value.is_empty() {
                self.odd(Oddity::EmptyField);
            } else {
                self.push(value, what)?;
            }
        }
        if announced != Some(there) {
            self.odd(Oddity::Count);
        }
        Ok(())
    }

    fn push(&mut self, value: Element<'a>, what: &'static str) -> Result<(), Malformed> {
        if self.several.len() >= MAX_VALUES {
            return Err(Malformed::new(what, value.offset));
        }
        self.several.push(value);
        Ok(())
    }

    fn odd(&mut self, oddity: Oddity) {
        self.rest.oddities.insert(oddity);
    }

    fn keep(&mut self, element: Element<'_>) {
        self.odd(Oddity::UnknownField);
        self.rest
            .unknown
            .push((element.tag, element.value.to_vec()));
    }

    /// The octets of a data element.
    pub(super) fn octets(&mut self, tag: u32) -> Option<Vec<u8>> {
        self.take(tag).map(|element| element.value.to_vec())
    }

    /// The text of a data element: UTF-8, of which ASCII is a part.
    pub(super) fn text(&mut self, tag: u32) -> Option<String> {
        let element = self.take(tag)?;
        let text = as_text(&element);
        if text.is_none() {
            self.keep(element);
        }
        text
    }

    /// The texts of one kind, in a template or alone.
    pub(super) fn texts(&mut self, tag: u32) -> Vec<String> {
        let (of_kind, others) = std::mem::take(&mut self.several)
            .into_iter()
            .partition(|element| element.tag == tag);
        self.several = others;
        let mut elements: Vec<Element<'_>> = of_kind;
        elements.extend(self.take(tag));
        let mut texts = Vec::new();
        for element in elements {
            match as_text(&element) {
                Some(text) => texts.push(text),
                None => self.keep(element),
            }
        }
        texts
    }

    /// A text in parts with `<` between; empty ones say nothing.
    pub(super) fn parts(&mut self, tag: u32) -> Vec<String> {
        let text = self.text(tag).unwrap_or_default();
        let parts = text.splitn(MAX_PARTS, '<').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }

    /// A date: eight digits, in ASCII or in BCD; zeros stand for what is not known.
    pub(super) fn date(&mut self, tag: u32) -> Option<PartialDate> {
        let element = self.take(tag)?;
        let date = self.digits::<8>(&element).and_then(|digits| date(&digits));
        if date.is_none() {
            self.keep(element);
        }
        date
    }

    /// A time: fourteen digits, in ASCII or in BCD.
    pub(super) fn time(&mut self, tag: u32) -> Option<DateTime> {
        let element = self.take(tag)?;
        let time = self.digits::<14>(&element).and_then(|digits| time(&digits));
        if time.is_none() {
            self.keep(element);
        }
        time
    }

    /// What nobody took.
    pub(super) fn rest(mut self) -> Rest {
        let left = [&mut self.found, &mut self.several].map(std::mem::take);
        for element in left.into_iter().flatten() {
            self.keep(element);
        }
        self.rest
    }

    fn take(&mut self, tag: u32) -> Option<Element<'a>> {
        let place = self.found.iter().position(|element| element.tag == tag)?;
        Some(self.found.remove(place))
    }

    fn digits<const N: usize>(&mut self, element: &Element<'_>) -> Option<String> {
        let octets = element.value;
        if octets.len() == N && octets.iter().all(u8::is_ascii_digit) {
            return String::from_utf8(octets.to_vec()).ok();
        }
        if octets.len() != N / 2 {
            return None;
        }
        let digits = hex::encode(octets);
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        self.odd(Oddity::BinaryDate);
        Some(digits)
    }
}

/// The number that a count announces, where there is one.
pub(super) fn count(element: Option<Element<'_>>) -> Option<usize> {
    element?.value.iter().try_fold(0_usize, |sum, octet| {
        Some(sum.checked_mul(256)? | usize::from(*octet))
    })
}

/// A text with the fillers of a machine-readable zone as people write it: `SMITH<<JOHN<T` is
/// `SMITH JOHN T`.
pub(super) fn in_words(text: &str) -> String {
    let words = text
        .split('<')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn as_text(element: &Element<'_>) -> Option<String> {
    std::str::from_utf8(element.value).ok().map(str::to_owned)
}

/// Two-octet tags begin with all ones in their number (X.690 §8.1.2.4); what is no tag ends the list.
fn tags(list: &[u8]) -> Vec<u32> {
    let mut tags = Vec::new();
    let mut octets = list.iter().copied();
    while let Some(first) = octets.next() {
        let mut tag = u32::from(first);
        if first & 0x1F == 0x1F {
            let Some(second) = octets.next() else {
                break;
            };
            tag = (tag << 8) | u32::from(second);
        }
        if tags.len() >= MAX_ELEMENTS {
            break;
        }
        tags.push(tag);
    }
    tags
}

fn date(digits: &str) -> Option<PartialDate> {
    let number = |from, to| digits.get(from..to)?.parse::<i16>().ok();
    PartialDate::new(
        number(0, 4)?,
        i8::try_from(number(4, 6)?).ok()?,
        i8::try_from(number(6, 8)?).ok()?,
    )
}

fn time(digits: &str) -> Option<DateTime> {
    let day = date(digits.get(..8)?)?.day()?;
    let number = |from, to| digits.get(from..to)?.parse::<i8>().ok();
    let at = DateTime::new(
        day.year(),
        day.month(),
        day.day(),
        number(8, 10)?,
        number(10, 12)?,
        number(12, 14)?,
        0,
    );
    at.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::tlv;

    #[test]
    fn lists_of_tags_have_tags_of_one_and_of_two_octets() {
        assert_eq!(
            tags(&[0x5F, 0x0E, 0xA0, 0x5F, 0x11]),
            [0x5F0E, 0xA0, 0x5F11]
        );
        assert_eq!(tags(&[0x5F, 0x0E, 0x5F]), [0x5F0E]);
    }

    #[test]
    fn parts_without_end_stay_together() {
        let text = "x<".repeat(100_000);
        let group = tlv::encode(0x5F42, &[text.as_bytes()]);
        let mut elements = Elements::inside(Reader::new(&group), "address").unwrap();
        let parts = elements.parts(0x5F42);
        assert_eq!(parts.len(), MAX_PARTS);
        let whole: usize = parts.iter().map(|part| part.len() + 1).sum();
        assert_eq!(whole, text.len() + 1);
    }

    #[test]
    fn dates_may_lack_their_parts_and_may_not_be_impossible() {
        assert_eq!(date("19500000").unwrap().to_string(), "1950");
        assert!(date("20230230").is_none());
        assert!(time("20210119246000").is_none());
        assert!(time("20210019000000").is_none());
    }
}
