//! The same thing written otherwise, as honest issuers do: names, algorithms, lengths.

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::sim::pki::der;

/// How a name is written that the certificate writes otherwise (RFC 5280 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// PrintableString in place of UTF8String
    Printable,
    /// In upper case
    UpperCase,
    /// With two spaces for one, and one at each end
    Spaces,
    /// Another name altogether
    Foreign,
}

/// How the parameters of an algorithm without any are written (RFC 4055 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgorithmParameters {
    /// As its standard says: NULL for RSA, absent for ECDSA and for hashes
    Usual,
    /// NULL
    Null,
    /// Absent
    Absent,
}

impl Spelling {
    /// The Name element in this spelling.
    ///
    /// # Errors
    /// [`Malformed`] when it is no name.
    pub(in crate::sim) fn of(self, name: &[u8]) -> Result<Vec<u8>, Malformed> {
        const WHAT: &str = "test name";
        let mut relative = Reader::new(name).expect(tag::SEQUENCE, WHAT)?.inside()?;
        let mut sets = Vec::new();
        while !relative.at_end() {
            let mut set = relative.expect(tag::SET, WHAT)?.inside()?;
            let mut pair = set.expect(tag::SEQUENCE, WHAT)?.inside()?;
            let kind = pair.expect(tag::OID, WHAT)?.raw;
            let value = self.value(pair.element(WHAT)?);
            sets.push(der::set_of(vec![der::sequence(&[kind, &value])]));
        }
        Ok(der::sequence_of(&sets))
    }

    /// Countries stay as they are: two capital letters.
    fn value(self, value: Element<'_>) -> Vec<u8> {
        if value.tag != tag::UTF8_STRING {
            return value.raw.to_vec();
        }
        let text = String::from_utf8_lossy(value.value);
        match self {
            Self::Printable => der::printable(&text),
            Self::UpperCase => der::utf8(&text.to_uppercase()),
            Self::Spaces => der::utf8(&format!(" {} ", text.replace(' ', "  "))),
            Self::Foreign => der::utf8("another authority"),
        }
    }
}

impl AlgorithmParameters {
    /// The AlgorithmIdentifier with its parameters written so; one with parameters that say
    /// something stays as it is.
    ///
    /// # Errors
    /// [`Malformed`] when it is no AlgorithmIdentifier.
    pub(in crate::sim) fn of(self, algorithm: Vec<u8>) -> Result<Vec<u8>, Malformed> {
        const WHAT: &str = "test algorithm";
        let mut inside = Reader::new(&algorithm)
            .expect(tag::SEQUENCE, WHAT)?
            .inside()?;
        let oid = inside.expect(tag::OID, WHAT)?.raw;
        let says_something = inside.peek().is_some_and(|tag| tag != tag::NULL);
        let null = encode(tag::NULL, &[]);
        Ok(match self {
            Self::Null if !says_something => der::sequence(&[oid, &null]),
            Self::Absent if !says_something => der::sequence(&[oid]),
            _ => algorithm,
        })
    }
}

/// A constructed element of indefinite length (X.690 §8.1.3.6), the tag of one octet.
pub(in crate::sim) fn indefinite(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![tag, 0x80];
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.extend_from_slice(&[0, 0]);
    out
}

/// An OCTET STRING in two pieces (X.690 §8.7.3).
pub(in crate::sim) fn octets_in_pieces(value: &[u8]) -> Vec<u8> {
    const CONSTRUCTED_OCTET_STRING: u32 = 0x24;
    let (first, second) = value.split_at(value.len() / 2);
    encode(
        CONSTRUCTED_OCTET_STRING,
        &[&der::octets(first), &der::octets(second)],
    )
}

/// The same elements, every length field three octets longer than its first (X.690 §8.1.3.5 lets
/// BER do so). What is no BER-TLV stays as it is.
pub(in crate::sim) fn long_lengths(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut reader = Reader::new(bytes);
    while !reader.at_end() {
        let Ok(element) = reader.element("test file") else {
            return bytes.to_vec();
        };
        let tag = element.tag.to_be_bytes();
        let tag = tag.split_at(tag.iter().take_while(|octet| **octet == 0).count());
        let constructed = tag.1.first().is_some_and(|first| first & 0x20 != 0);
        let value = if constructed {
            long_lengths(element.value)
        } else {
            element.value.to_vec()
        };
        let [_, high, middle, low] = u32::try_from(value.len()).unwrap_or(0).to_be_bytes();
        out.extend_from_slice(tag.1);
        out.extend_from_slice(&[0x83, high, middle, low]);
        out.extend_from_slice(&value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::name::same_name;
    use crate::sim::pki::certificate::Name;

    #[test]
    fn a_name_stays_the_same_in_every_spelling_but_the_foreign_one() {
        let name = Name::test("VN", "TEST two words").encode();
        for spelling in [Spelling::Printable, Spelling::UpperCase, Spelling::Spaces] {
            let other = spelling.of(&name).unwrap();
            assert_ne!(other, name);
            assert!(same_name(&other, &name), "{spelling:?}");
        }
        assert!(!same_name(&Spelling::Foreign.of(&name).unwrap(), &name));
    }

    #[test]
    fn lengths_are_longer_at_every_depth() {
        assert_eq!(
            long_lengths(&[0x61, 4, 0x5F, 0x1F, 1, b'x']),
            [0x61, 0x83, 0, 0, 7, 0x5F, 0x1F, 0x83, 0, 0, 1, b'x']
        );
    }
}
