//! Tag, length, value (ISO/IEC 7816-4 §6.3 BER-TLV, ITU-T X.690).
//!
//! [`Reader`] takes elements one by one and knows its position, so that an error says what and
//! where. It accepts definite lengths in any BER form; [`definite`] rewrites indefinite ones first.

use std::borrow::Cow;

use crate::error::Malformed;

/// Deepest nesting followed. Real documents stay under 16; this stops a stack from running out.
const MAX_DEPTH: u8 = 32;

/// Longest length field followed, in octets: 4 GiB is more than any file.
const MAX_LENGTH_OCTETS: u8 = 4;

/// Longest tag field followed, in octets.
const MAX_TAG_OCTETS: usize = 4;

/// Universal tags that ASN.1 structures here are made of.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u32 = 0x01;
    /// INTEGER
    pub const INTEGER: u32 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u32 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u32 = 0x04;
    /// NULL
    pub const NULL: u32 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u32 = 0x06;
    /// UTF8String
    pub const UTF8_STRING: u32 = 0x0C;
    /// PrintableString
    pub const PRINTABLE_STRING: u32 = 0x13;
    /// SEQUENCE
    pub const SEQUENCE: u32 = 0x30;
    /// SET
    pub const SET: u32 = 0x31;
}

/// One element: the tag, the value, and all of it as it stood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Tag octets as a big-endian number: `0x30`, `0x5F1F`, `0x7F49`.
    pub tag: u32,
    /// Value octets.
    pub value: &'a [u8],
    /// Tag, length and value octets as they stood.
    pub raw: &'a [u8],
    /// Offset of the value in the outermost message, in bytes.
    pub offset: usize,
    depth: u8,
}

impl<'a> Element<'a> {
    /// Reads the elements inside this one.
    ///
    /// # Errors
    /// [`Malformed`] when nested too deeply.
    pub fn inside(&self) -> Result<Reader<'a>, Malformed> {
        if self.depth >= MAX_DEPTH {
            return Err(Malformed::new("nesting", self.offset));
        }
        Ok(Reader {
            rest: self.value,
            offset: self.offset,
            depth: self.depth + 1,
        })
    }

    /// Value of an INTEGER that must be small and not negative.
    ///
    /// # Errors
    /// [`Malformed`] when it is empty, negative or over 32 bits.
    pub fn small_integer(&self) -> Result<u32, Malformed> {
        let wrong = Malformed::new("small INTEGER", self.offset);
        if self.value.first().is_none_or(|first| first & 0x80 != 0) {
            return Err(wrong);
        }
        self.value
            .iter()
            .try_fold(0_u32, |sum, octet| {
                Some(sum.checked_mul(256)? | u32::from(*octet))
            })
            .ok_or(wrong)
    }

    /// Magnitude of an INTEGER that must not be negative, without leading zeros.
    ///
    /// # Errors
    /// [`Malformed`] when it is empty or negative.
    pub fn magnitude(&self) -> Result<&'a [u8], Malformed> {
        if self.value.first().is_none_or(|first| first & 0x80 != 0) {
            return Err(Malformed::new("positive INTEGER", self.offset));
        }
        Ok(trim_zeros(self.value))
    }
}

impl std::fmt::Debug for Element<'_> {
    /// Shows tag and length only: values may be personal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Element({:02X}, {} bytes)", self.tag, self.value.len())
    }
}

/// The same number without leading zero octets.
pub fn trim_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Takes elements from the front of a byte string.
///
/// ```
/// use cancuoc::bytes::tlv::{Reader, tag};
/// let mut reader = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x05]);
/// let mut inside = reader.expect(tag::SEQUENCE, "example")?.inside()?;
/// assert_eq!(inside.expect(tag::INTEGER, "version")?.small_integer()?, 5);
/// inside.finish("example")?;
/// # Ok::<(), cancuoc::error::Malformed>(())
/// ```
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    depth: u8,
}

impl<'a> Reader<'a> {
    /// Reads from the start of a message.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
            depth: 0,
        }
    }

    /// Takes the next element.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes end early, a tag or length field is too long, or the length is
    /// of the indefinite form.
    pub fn element(&mut self, what: &'static str) -> Result<Element<'a>, Malformed> {
        let malformed = Malformed::new(what, self.offset);
        let header = Header::parse(self.rest).ok_or(malformed)?;
        let length = header.length.ok_or(malformed)?;
        let end = header.octets.checked_add(length).ok_or(malformed)?;
        let raw = self.rest.get(..end).ok_or(malformed)?;
        let value = raw.get(header.octets..).ok_or(malformed)?;
        let element = Element {
            tag: header.tag,
            value,
            raw,
            offset: self.offset + header.octets,
            depth: self.depth,
        };
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.offset += end;
        Ok(element)
    }

    /// Takes the next element, which must have this tag.
    ///
    /// # Errors
    /// [`Malformed`] as [`Reader::element`], and when the tag is another.
    pub fn expect(&mut self, tag: u32, what: &'static str) -> Result<Element<'a>, Malformed> {
        let offset = self.offset;
        let element = self.element(what)?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(Malformed::new(what, offset))
        }
    }

    /// Takes the next element if it has this tag.
    ///
    /// # Errors
    /// [`Malformed`] as [`Reader::element`], when the tag is there.
    pub fn optional(
        &mut self,
        tag: u32,
        what: &'static str,
    ) -> Result<Option<Element<'a>>, Malformed> {
        match Header::parse(self.rest) {
            Some(header) if header.tag == tag => self.element(what).map(Some),
            _ => Ok(None),
        }
    }

    /// Tag of the next element, if one begins here.
    pub fn peek(&self) -> Option<u32> {
        Header::parse(self.rest).map(|header| header.tag)
    }

    /// Whether nothing is left.
    pub const fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, untouched.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Offset of the next element in the outermost message, in bytes.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Refuses trailing bytes.
    ///
    /// # Errors
    /// [`Malformed`] when anything is left.
    pub const fn finish(self, what: &'static str) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::new(what, self.offset))
        }
    }
}

/// Total length of the element that begins here, header included, or `None` while the header is
/// not complete, too long or indefinite. Tells a file's length from its first bytes.
pub fn announced_length(start: &[u8]) -> Option<usize> {
    let header = Header::parse(start)?;
    header.octets.checked_add(header.length?)
}

/// A parsed tag and length field.
struct Header {
    tag: u32,
    /// `None` for the indefinite form.
    length: Option<usize>,
    /// Length of the header itself.
    octets: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut octets = bytes.iter().copied();
        let first = octets.next()?;
        let mut tag = u32::from(first);
        let mut used = 1;
        if first & 0x1F == 0x1F {
            loop {
                let next = octets.next()?;
                used += 1;
                if used > MAX_TAG_OCTETS {
                    return None;
                }
                tag = (tag << 8) | u32::from(next);
                if next & 0x80 == 0 {
                    break;
                }
            }
        }
        let first = octets.next()?;
        used += 1;
        let length = match first {
            0..=0x7F => Some(usize::from(first)),
            0x80 => None,
            _ => {
                let count = first & 0x7F;
                if count > MAX_LENGTH_OCTETS {
                    return None;
                }
                let mut length = 0_usize;
                for _ in 0..count {
                    length = length.checked_mul(256)? | usize::from(octets.next()?);
                    used += 1;
                }
                Some(length)
            }
        };
        Some(Self {
            tag,
            length,
            octets: used,
        })
    }
}

/// Encodes one element with the shortest length field; the value is the parts in a row.
///
/// ```
/// use cancuoc::bytes::tlv::encode;
/// assert_eq!(encode(0x5F1F, &[b"ab", b"c"]), [0x5F, 0x1F, 3, b'a', b'b', b'c']);
/// ```
pub fn encode(tag: u32, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 8);
    out.extend_from_slice(trim_zeros(&tag.to_be_bytes()));
    put_length(&mut out, length);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// Encodes a non-negative INTEGER from its magnitude.
pub fn encode_integer(magnitude: &[u8]) -> Vec<u8> {
    let magnitude = trim_zeros(magnitude);
    match magnitude.first() {
        None => encode(tag::INTEGER, &[&[0]]),
        Some(first) if first & 0x80 != 0 => encode(tag::INTEGER, &[&[0], magnitude]),
        Some(_) => encode(tag::INTEGER, &[magnitude]),
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    let octets = length.to_be_bytes();
    match octets {
        [0, 0, 0, 0, 0, 0, 0, low @ 0..=0x7F] => out.push(low),
        _ => {
            let significant = trim_zeros(&octets);
            // At most eight octets, so the count fits.
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
            out.extend_from_slice(significant);
        }
    }
}

/// Whether every length field has the shortest form, as DER has it (X.690 §10.1), also inside
/// constructed elements. What is no BER-TLV is passed over.
///
/// ```
/// use cancuoc::bytes::tlv::has_shortest_lengths;
/// assert!(has_shortest_lengths(&[0x61, 2, 0x5F, 0]));
/// assert!(!has_shortest_lengths(&[0x61, 0x81, 0]));
/// ```
pub fn has_shortest_lengths(bytes: &[u8]) -> bool {
    has_shortest_below(bytes, 0)
}

fn has_shortest_below(bytes: &[u8], depth: u8) -> bool {
    let mut reader = Reader::new(bytes);
    while !reader.at_end() {
        let Ok(element) = reader.element("element") else {
            return true;
        };
        let mut shortest = trim_zeros(&element.tag.to_be_bytes()).to_vec();
        put_length(&mut shortest, element.value.len());
        if element.raw.len() - element.value.len() != shortest.len() {
            return false;
        }
        // ISO/IEC 7816-11: 7F2E is called constructed and holds a record that is no BER-TLV.
        let constructed = first_tag_octet(element.tag) & 0x20 != 0 && element.tag != 0x7F2E;
        if constructed && depth < MAX_DEPTH && !has_shortest_below(element.value, depth + 1) {
            return false;
        }
    }
    true
}

/// Rewrites BER with indefinite lengths and constructed octet strings into definite, primitive
/// form (X.690 §8.1.3.6, §8.7.3). A subtree without either is copied as it stood, octet by octet,
/// so that what was signed or hashed inside stays what it was.
///
/// # Errors
/// [`Malformed`] when the bytes are no BER, end early, or nest too deeply.
pub fn definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let mut rest = bytes;
    // Nearly every file: nothing to rewrite, and so nothing to keep on the way.
    if is_definite(&mut rest, 0) {
        return Ok(Cow::Borrowed(bytes));
    }
    rest = bytes;
    let (converted, changed) = definite_element(&mut rest, 0, bytes.len())?;
    if !changed {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = converted.into_owned();
    out.extend_from_slice(rest);
    Ok(Cow::Owned(out))
}

/// Whether the element at the front of `rest` has nothing to convert; moves past it if so. What is no
/// BER is left to the conversion, which says where.
fn is_definite(rest: &mut &[u8], depth: u8) -> bool {
    let Some(header) = Header::parse(rest).filter(|_| depth <= MAX_DEPTH) else {
        return false;
    };
    let whole = header
        .length
        .and_then(|length| header.octets.checked_add(length))
        .and_then(|end| rest.split_at_checked(end));
    let Some((whole, after)) = whole else {
        return false;
    };
    *rest = after;
    if first_tag_octet(header.tag) & 0x20 == 0 {
        return true;
    }
    if header.tag == CONSTRUCTED_OCTET_STRING {
        return false;
    }
    let mut inner = whole.get(header.octets..).unwrap_or_default();
    while !inner.is_empty() {
        if !is_definite(&mut inner, depth + 1) {
            return false;
        }
    }
    true
}

/// Converts the element at the front of `rest` and moves past it; says whether anything changed.
fn definite_element<'a>(
    rest: &mut &'a [u8],
    depth: u8,
    total: usize,
) -> Result<(Cow<'a, [u8]>, bool), Malformed> {
    let start = *rest;
    let malformed = Malformed::new("BER element", total - start.len());
    if depth > MAX_DEPTH {
        return Err(Malformed::new("nesting", malformed.offset));
    }
    let header = Header::parse(start).ok_or(malformed)?;
    let constructed = first_tag_octet(header.tag) & 0x20 != 0;
    let after_header = start.get(header.octets..).ok_or(malformed)?;
    let Some(length) = header.length else {
        if !constructed {
            return Err(malformed);
        }
        let mut children = Vec::new();
        let mut inner = after_header;
        loop {
            if let Some(after) = inner.strip_prefix(&[0, 0]) {
                *rest = after;
                break;
            }
            let offset = total - inner.len();
            let (child, _) = definite_element(&mut inner, depth + 1, total)?;
            children.push((child, offset));
        }
        return Ok((Cow::Owned(join(header.tag, &children)?), true));
    };
    let end = header.octets.checked_add(length).ok_or(malformed)?;
    let whole = start.get(..end).ok_or(malformed)?;
    *rest = start.get(end..).unwrap_or_default();
    if !constructed {
        return Ok((Cow::Borrowed(whole), false));
    }
    let mut inner = whole.get(header.octets..).ok_or(malformed)?;
    // Offsets are counted from the end of the whole message.
    let beyond = total - start.len() + end;
    let mut children = Vec::new();
    let mut changed = header.tag == CONSTRUCTED_OCTET_STRING;
    while !inner.is_empty() {
        let offset = beyond - inner.len();
        let (child, child_changed) = definite_element(&mut inner, depth + 1, beyond)?;
        changed |= child_changed;
        children.push((child, offset));
    }
    if changed {
        Ok((Cow::Owned(join(header.tag, &children)?), true))
    } else {
        Ok((Cow::Borrowed(whole), false))
    }
}

const CONSTRUCTED_OCTET_STRING: u32 = 0x24;

fn first_tag_octet(tag: u32) -> u8 {
    trim_zeros(&tag.to_be_bytes()).first().copied().unwrap_or(0)
}

/// Puts converted children under one definite header; a constructed OCTET STRING becomes primitive.
fn join(tag: u32, children: &[(Cow<'_, [u8]>, usize)]) -> Result<Vec<u8>, Malformed> {
    if tag != CONSTRUCTED_OCTET_STRING {
        let parts: Vec<&[u8]> = children.iter().map(|(child, _)| child.as_ref()).collect();
        return Ok(encode(tag, &parts));
    }
    let mut parts = Vec::with_capacity(children.len());
    for (child, offset) in children {
        let piece = Reader::new(child)
            .expect(tag::OCTET_STRING, "octet string segment")
            .map_err(|_| Malformed::new("octet string segment", *offset))?;
        parts.push(piece.value);
    }
    Ok(encode(tag::OCTET_STRING, &parts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_take_every_form() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let value = vec![7; length];
            let bytes = encode(0x7F49, &[&value]);
            let mut reader = Reader::new(&bytes);
            let element = reader.element("test").unwrap();
            assert_eq!(element.tag, 0x7F49);
            assert_eq!(element.value.len(), length);
            reader.finish("test").unwrap();
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_refused_where_it_stands() {
        let bytes = [0x30, 0x04, 0x02, 0x03, 0x01, 0x01];
        let mut inside = Reader::new(&bytes)
            .element("outer")
            .unwrap()
            .inside()
            .unwrap();
        assert_eq!(inside.element("inner"), Err(Malformed::new("inner", 2)));
    }

    #[test]
    fn indefinite_lengths_and_segmented_strings_become_definite() {
        let ber = [
            0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0x02, 0x81, 0x01, 9, 0,
            0,
        ];
        let expected = [0x30, 0x09, 0x04, 0x03, 1, 2, 3, 0x02, 0x81, 0x01, 9];
        assert_eq!(definite(&ber).unwrap().as_ref(), expected);
        assert!(matches!(definite(&expected).unwrap(), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_needs_no_conversion_is_what_conversion_leaves_alone(
            bytes in prop::collection::vec(prop::sample::select(&[
                0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x24, 0x30, 0x31, 0x80, 0x81, 0xA0, 0x1F, 0x3F,
            ][..]), 0..24),
        ) {
            let converted = definite_element(&mut bytes.as_slice(), 0, bytes.len());
            let unchanged = matches!(converted, Ok((_, false)));
            prop_assert_eq!(is_definite(&mut bytes.as_slice(), 0), unchanged);
        }
    }

    #[test]
    fn depth_is_bounded() {
        let mut bytes = vec![];
        for _ in 0..200 {
            bytes.extend_from_slice(&[0x30, 0x80]);
        }
        assert!(definite(&bytes).is_err());
    }
}
