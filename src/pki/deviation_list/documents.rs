//! Which documents a deviation is about (Doc 9303-3 §7.3.6, Doc 9303-12 §10.2).
//!
//! ```text
//! DeviationDocuments ::= SEQUENCE {                           -- IMPLICIT TAGS
//!   documentType    [0] PrintableString (SIZE(2)) OPTIONAL,
//!   dscIdentifier   DocumentSignerIdentifier OPTIONAL,
//!   issuingDate     [4] IssuancePeriod OPTIONAL,
//!   documentNumbers [5] SET OF PrintableString OPTIONAL }
//! DocumentSignerIdentifier ::= CHOICE {
//!   issuerAndSerialNumber [1] IssuerAndSerialNumber,
//!   subjectKeyIdentifier  [2] SubjectKeyIdentifier,
//!   certificateDigest     [3] Digest }
//! IssuancePeriod ::= SEQUENCE { firstIssued GeneralizedTime, lastIssued GeneralizedTime }
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::same_name;
use crate::pki::cms::same_serial;
use crate::pki::deviation_list::inside_of;
use crate::pki::name;
use crate::pki::time;

/// Longest number of a document, in characters: what a zone can hold, with room.
const MAX_NUMBER: usize = 64;

/// Which documents: all conditions that are given must be met. None at all means every document of
/// the state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Documents {
    /// Document code of the zone, such as `P` or `ID`, without fillers.
    pub document_type: Option<String>,
    /// The document signer.
    pub signer: Option<DocumentSigner>,
    /// When they were issued.
    pub issued: Option<IssuancePeriod>,
    /// Their numbers, without fillers.
    pub numbers: Option<BTreeSet<String>>,
}

/// How a deviation names a document signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSigner {
    /// By issuer and serial number.
    IssuerSerial {
        /// The issuer's name, raw.
        issuer: Vec<u8>,
        /// Content octets of the serial number.
        serial: Vec<u8>,
    },
    /// By the key's identifier.
    SubjectKeyId(Vec<u8>),
    /// By the digest of the whole certificate.
    Digest(Vec<u8>),
}

/// From when to when documents were issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuancePeriod {
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
}

/// What is known of one document.
#[derive(Debug, Clone, Copy, Default)]
pub struct Document<'a> {
    /// Its signer's certificate.
    pub signer: Option<&'a Certificate>,
    /// The document code of its zone.
    pub document_type: Option<&'a str>,
    /// Its number.
    pub number: Option<&'a str>,
    /// When it was issued, from the start to the end of that day where only the day is known.
    pub issued: Option<IssuancePeriod>,
}

/// Whether an entry is about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// It is: all its conditions are met.
    Named,
    /// It may be: none of its conditions fails, and one is about something that is not known of the
    /// document. The date of issue is in no zone (Doc 9303-3 §7.3.6).
    Possible,
}

impl Documents {
    pub(super) fn read(element: Element<'_>, numbers_left: &mut usize) -> Result<Self, Malformed> {
        let mut fields = element.inside()?;
        let mut this = Self::default();
        if let Some(kind) = either(&mut fields, 0, "documentType")? {
            let text = implicit_text(kind).ok_or(Malformed::new("documentType", kind.offset))?;
            this.document_type = Some(plain(&text));
        }
        this.signer = DocumentSigner::take(&mut fields)?;
        if let Some(period) = fields.optional(0xA4, "issuingDate")? {
            let mut dates = inside_of(period, tag::SEQUENCE)?;
            let first = time::take(&mut dates, "firstIssued")?;
            let last = time::take(&mut dates, "lastIssued")?;
            dates.finish("issuingDate")?;
            this.issued = Some(IssuancePeriod { first, last });
        }
        if let Some(set) = fields.optional(0xA5, "documentNumbers")? {
            let mut members = inside_of(set, tag::SET)?;
            let mut numbers = BTreeSet::new();
            while !members.at_end() {
                let member = members.element("documentNumbers")?;
                let malformed = Malformed::new("documentNumbers", member.offset);
                *numbers_left = numbers_left.checked_sub(1).ok_or(malformed)?;
                let text = name::text(member)
                    .filter(|text| text.len() <= MAX_NUMBER)
                    .ok_or(malformed)?;
                numbers.insert(plain(&text));
            }
            this.numbers = Some(numbers);
        }
        fields.finish("DeviationDocuments")?;
        Ok(this)
    }

    /// Whether they are about a document; nothing when one condition fails.
    pub(super) fn concern(&self, document: &Document<'_>, hash: Option<Hash>) -> Option<Concern> {
        let kind = (self.document_type.as_ref()).map(|named| {
            let known = document.document_type?;
            Some(*named == plain(known))
        });
        let signer = (self.signer.as_ref()).map(|named| named.names(document.signer?, hash));
        let issued = self.issued.map(|period| document.issued?.within(period));
        let number = (self.numbers.as_ref()).map(|named| {
            let known = document.number?;
            Some(named.contains(&plain(known)))
        });
        let mut concern = Concern::Named;
        for met in [kind, signer, issued, number].into_iter().flatten() {
            match met {
                Some(true) => {}
                Some(false) => return None,
                None => concern = Concern::Possible,
            }
        }
        Some(concern)
    }
}

impl IssuancePeriod {
    /// Whether it lies within another: nothing when only a part of it does.
    fn within(self, period: Self) -> Option<bool> {
        if self.last < period.first || period.last < self.first {
            return Some(false);
        }
        let inside = period.first <= self.first && self.last <= period.last;
        inside.then_some(true)
    }
}

impl DocumentSigner {
    /// Takes the identifier, if the next field is one.
    fn take(fields: &mut Reader<'_>) -> Result<Option<Self>, Malformed> {
        const WHAT: &str = "dscIdentifier";
        if let Some(named) = fields.optional(0xA1, WHAT)? {
            let mut inside = inside_of(named, tag::SEQUENCE)?;
            let issuer = inside.expect(tag::SEQUENCE, "issuer")?.raw;
            name::check(issuer)?;
            let serial = inside.expect(tag::INTEGER, "serialNumber")?.value;
            inside.finish("IssuerAndSerialNumber")?;
            return Ok(Some(Self::IssuerSerial {
                issuer: issuer.to_vec(),
                serial: serial.to_vec(),
            }));
        }
        if let Some(id) = either(fields, 2, WHAT)? {
            return Ok(Some(Self::SubjectKeyId(octets(id)?.to_vec())));
        }
        let digest = either(fields, 3, WHAT)?;
        digest
            .map(|digest| octets(digest).map(|digest| Self::Digest(digest.to_vec())))
            .transpose()
    }

    /// Whether it names this certificate; nothing when that cannot be told, for want of the hash.
    /// Names are compared by what they say (RFC 5280 §7.1).
    pub fn names(&self, certificate: &Certificate, hash: Option<Hash>) -> Option<bool> {
        match self {
            Self::IssuerSerial { issuer, serial } => Some(
                same_serial(certificate.serial(), serial)
                    && same_name(certificate.issuer(), issuer),
            ),
            Self::SubjectKeyId(id) => certificate.subject_key_id().map(|own| own == id),
            Self::Digest(digest) => Some(hash?.digest(&[certificate.raw()]) == *digest),
        }
    }
}

/// Takes a primitive field under a context-specific tag, or the same with an explicit tag, as some
/// write it.
fn either<'a>(
    fields: &mut Reader<'a>,
    number: u32,
    what: &'static str,
) -> Result<Option<Element<'a>>, Malformed> {
    match fields.optional(0x80 | number, what)? {
        Some(field) => Ok(Some(field)),
        None => fields.optional(0xA0 | number, what),
    }
}

/// The octets of such a field.
fn octets(field: Element<'_>) -> Result<&[u8], Malformed> {
    if field.tag & 0x20 == 0 {
        return Ok(field.value);
    }
    let mut inside = field.inside()?;
    let octets = inside.expect(tag::OCTET_STRING, "dscIdentifier")?.value;
    inside.finish("dscIdentifier")?;
    Ok(octets)
}

/// The text of such a field.
fn implicit_text(field: Element<'_>) -> Option<String> {
    if field.tag & 0x20 != 0 {
        let mut inside = field.inside().ok()?;
        let text = name::text(inside.element("documentType").ok()?);
        return inside.at_end().then_some(text).flatten();
    }
    std::str::from_utf8(field.value).ok().map(str::to_owned)
}

/// A code or number without fillers and spaces, in capitals: as the zone has it.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| *letter != '<' && !letter.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}
