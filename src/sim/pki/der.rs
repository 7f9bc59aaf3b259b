//! Small parts of DER (X.690 §10, §11) that certificates and signed data are made of.

use jiff::civil::DateTime;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;

/// SEQUENCE of finished elements.
pub(in crate::sim) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, parts)
}

/// SEQUENCE OF, in the order given.
pub(in crate::sim) fn sequence_of(elements: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &slices(elements))
}

/// SET OF, in the ascending order that DER demands (X.690 §11.6).
pub(in crate::sim) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    encode(tag::SET, &slices(&elements))
}

/// Constructed element with a context-specific tag number below 31.
pub(in crate::sim) fn explicit(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    encode(u32::from(0xA0 | number), parts)
}

/// Primitive element with a context-specific tag number below 31.
pub(in crate::sim) fn implicit(number: u8, value: &[u8]) -> Vec<u8> {
    encode(u32::from(0x80 | number), &[value])
}

/// INTEGER of a small number.
pub(in crate::sim) fn small(number: u32) -> Vec<u8> {
    encode_integer(&number.to_be_bytes())
}

/// OBJECT IDENTIFIER from its content octets.
pub(in crate::sim) fn oid(octets: &[u8]) -> Vec<u8> {
    encode(tag::OID, &[octets])
}

/// OCTET STRING.
pub(in crate::sim) fn octets(value: &[u8]) -> Vec<u8> {
    encode(tag::OCTET_STRING, &[value])
}

/// BIT STRING of whole octets.
pub(in crate::sim) fn bits(value: &[u8]) -> Vec<u8> {
    encode(tag::BIT_STRING, &[&[0], value])
}

/// UTF8String.
pub(in crate::sim) fn utf8(text: &str) -> Vec<u8> {
    encode(tag::UTF8_STRING, &[text.as_bytes()])
}

/// PrintableString; the caller keeps to its characters.
pub(in crate::sim) fn printable(text: &str) -> Vec<u8> {
    encode(tag::PRINTABLE_STRING, &[text.as_bytes()])
}

/// UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). The time is in UTC.
pub(in crate::sim) fn time(at: DateTime) -> Vec<u8> {
    const UTC_TIME: u32 = 0x17;
    const GENERALIZED_TIME: u32 = 0x18;
    let text = generalized(at);
    match text.get(2..) {
        Some(short) if (1950..2050).contains(&at.year()) => encode(UTC_TIME, &[short.as_bytes()]),
        _ => encode(GENERALIZED_TIME, &[text.as_bytes()]),
    }
}

/// The text of a GeneralizedTime in UTC.
pub(in crate::sim) fn generalized(at: DateTime) -> String {
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// AlgorithmIdentifier of a hash function, without parameters (RFC 5754 §2).
pub(in crate::sim) fn hash_algorithm(hash: Hash) -> Vec<u8> {
    let octets: &[u8] = match hash {
        Hash::Sha1 => &[0x2B, 0x0E, 0x03, 0x02, 0x1A],
        Hash::Sha224 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04],
        Hash::Sha256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
        Hash::Sha384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        Hash::Sha512 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
    };
    sequence(&[&oid(octets)])
}

fn slices(elements: &[Vec<u8>]) -> Vec<&[u8]> {
    elements.iter().map(Vec::as_slice).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn sets_are_sorted() {
        assert_eq!(
            set_of(vec![small(3), small(1), small(2)]),
            [0x31, 9, 2, 1, 1, 2, 1, 2, 2, 1, 3]
        );
    }

    #[test]
    fn times_change_their_form_in_2050() {
        assert_eq!(
            time(date(2049, 12, 31).at(23, 59, 59, 0)),
            b"\x17\x0D491231235959Z"
        );
        assert_eq!(
            time(date(2050, 1, 1).at(0, 0, 0, 0)),
            b"\x18\x0F20500101000000Z"
        );
    }
}
