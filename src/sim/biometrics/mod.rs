//! Encodes DG2, DG3 and DG4: the nesting of Doc 9303-10 §4.7.2 to §4.7.4 around the records of
//! ISO/IEC 19794 or the blocks of ISO/IEC 39794. Written from the standards and apart from the decoders, so that each checks the
//! other; every part may be made wrong.

use crate::bytes::tlv::encode;
use crate::lds::DataGroup;
use crate::sim::pki::der;

pub mod extensible;
pub mod face;
pub mod finger;
pub mod iris;

/// Tags in a biometric header template.
pub mod element {
    /// Biometric type
    pub const TYPE: u32 = 0x81;
    /// Which finger or iris
    pub const SUBTYPE: u32 = 0x82;
    /// When the record was made
    pub const CREATED: u32 = 0x83;
    /// First and last day on which the record is good
    pub const VALIDITY: u32 = 0x85;
    /// Product that made the record
    pub const CREATOR: u32 = 0x86;
    /// Owner of the record's format
    pub const FORMAT_OWNER: u32 = 0x87;
    /// The record's format
    pub const FORMAT_TYPE: u32 = 0x88;
}

/// A biometric header template, element by element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header(Vec<(u32, Vec<u8>)>);

impl Header {
    /// Biometric type and subtype, ISO/IEC JTC 1/SC 37 as the format's owner, and its type.
    fn of(kind: u8, subtype: u8, format: u16) -> Self {
        Self(vec![
            (element::TYPE, vec![kind]),
            (element::SUBTYPE, vec![subtype]),
            (element::FORMAT_OWNER, vec![0x01, 0x01]),
            (element::FORMAT_TYPE, format.to_be_bytes().to_vec()),
        ])
    }

    /// Facial features, of no subtype.
    pub fn face() -> Self {
        Self::of(0x02, 0x00, 0x0008)
    }

    /// The finger at this position, counted as in its record.
    pub fn finger(position: u8) -> Self {
        Self::of(0x08, finger::subtype(position), 0x0007)
    }

    /// The right iris or the left one.
    pub fn iris(eye: iris::Side) -> Self {
        Self::of(0x10, eye.code(), 0x0009)
    }

    /// The same with another value of an element, or with one more in the order of tags.
    #[must_use]
    pub fn with(self, tag: u32, value: &[u8]) -> Self {
        let Self(mut elements) = self.without(tag);
        let place = elements.partition_point(|(other, _)| *other < tag);
        elements.insert(place, (tag, value.to_vec()));
        Self(elements)
    }

    /// The same without an element.
    #[must_use]
    pub fn without(self, tag: u32) -> Self {
        let Self(mut elements) = self;
        elements.retain(|(other, _)| *other != tag);
        Self(elements)
    }

    fn encode(&self) -> Vec<u8> {
        let elements = self.0.iter();
        let elements: Vec<Vec<u8>> = elements
            .map(|(tag, value)| encode(*tag, &[value]))
            .collect();
        encode(0xA1, &[&elements.concat()])
    }
}

/// A biometric information template: a header and a record in a data block.
pub fn template(header: &Header, record: &[u8]) -> Vec<u8> {
    encode(0x7F60, &[&header.encode(), &encode(0x5F2E, &[record])])
}

/// The same without a data block.
pub fn template_without_record(header: &Header) -> Vec<u8> {
    encode(0x7F60, &[&header.encode()])
}

/// A group of templates, under the number that it is said to have; with none, only what stands in
/// front of the templates is left out.
pub fn group(group: DataGroup, announced: Option<u32>, templates: &[Vec<u8>]) -> Vec<u8> {
    let count = announced.map(der::small).unwrap_or_default();
    encode(
        group.tag(),
        &[&encode(0x7F61, &[&count, &templates.concat()])],
    )
}

/// A group of these templates, rightly counted.
pub fn counted(number: DataGroup, templates: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(templates.len()).unwrap_or(u32::MAX);
    group(number, Some(count), templates)
}

/// A group without any finger or iris: no instance, and behind the template octets that differ from
/// card to card (Doc 9303-10 §4.7.3.1, §4.7.4.1: `7F61 03 020100`, then `53`).
pub fn nothing(group: DataGroup, filler: [u8; 8]) -> Vec<u8> {
    let none = encode(0x7F61, &[&der::small(0)]);
    encode(group.tag(), &[&none, &encode(0x53, &[&filler])])
}

/// Big-endian octets of the length of what is there and so much more.
fn length(so_far: usize, octets: usize) -> Vec<u8> {
    let all = so_far.to_be_bytes();
    let first = all.len().saturating_sub(octets);
    all.get(first..).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests;
