//! Card-verifiable certificates (TR-03110-3 Appendices C and D): what a chip can check of a
//! terminal.
//!
//! ```text
//! 7F21 { 7F4E { 5F29 profile, 42 CAR, 7F49 key, 5F20 CHR, 7F4C CHAT,
//!               5F25 effective, 5F24 expiration, [65 extensions] },
//!        5F37 signature }
//! ```
//! Decoding trusts nothing; [`chain`] alone says whether one certificate follows from another.

pub mod chain;
pub mod chat;
pub mod key;

use std::fmt;

use jiff::civil::Date;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm::KeyFault;
use crate::error::Malformed;
use crate::pki::cvc::chat::Chat;
use crate::pki::cvc::chat::Role;
use crate::pki::cvc::key::KeyData;

/// Longest certificate taken, in bytes. RSA with 4096 bits and some extensions fill two thousand.
pub const MAX_CERTIFICATE: usize = 8 * 1024;

/// Most extensions of one certificate.
const MAX_EXTENSIONS: usize = 16;

/// Longest reference, in characters: country, nine of a mnemonic, five of a sequence number.
pub const MAX_REFERENCE: usize = 16;

/// Shortest reference: a country and something after it.
const MIN_REFERENCE: usize = 3;

const CERTIFICATE: u32 = 0x7F21;
const BODY: u32 = 0x7F4E;
const PROFILE: u32 = 0x5F29;
const AUTHORITY: u32 = 0x42;
const PUBLIC_KEY: u32 = 0x7F49;
const HOLDER: u32 = 0x5F20;
const AUTHORIZATION: u32 = 0x7F4C;
const EFFECTIVE: u32 = 0x5F25;
const EXPIRATION: u32 = 0x5F24;
const EXTENSIONS: u32 = 0x65;
const EXTENSION: u32 = 0x73;
const SIGNATURE: u32 = 0x5F37;

/// Name of a key: of the authority that signed, or of the holder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(Vec<u8>);

impl Reference {
    /// Takes the characters, which are ISO 8859-1.
    ///
    /// # Errors
    /// [`Malformed`] when they are too few, too many, or cannot be printed.
    pub fn new(characters: &[u8]) -> Result<Self, Malformed> {
        let printable = |octet: &u8| matches!(octet, 0x20..=0x7E | 0xA1..=0xFF);
        if (MIN_REFERENCE..=MAX_REFERENCE).contains(&characters.len())
            && characters.iter().all(printable)
        {
            Ok(Self(characters.to_vec()))
        } else {
            Err(Malformed::new("key reference", 0))
        }
    }

    fn read(element: &Element<'_>) -> Result<Self, Malformed> {
        Self::new(element.value).map_err(|fault| Malformed::new(fault.what, element.offset))
    }

    /// The characters as they stand in the certificate.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|octet| write!(f, "{}", char::from(*octet)))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

/// A certificate extension, kept as it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Content octets of its object identifier.
    pub oid: Vec<u8>,
    /// What follows the identifier.
    pub data: Vec<u8>,
}

/// A certificate that a chip can verify.
#[derive(Clone, PartialEq, Eq)]
pub struct CvCertificate {
    /// Whose key signed it (CAR).
    pub authority: Reference,
    /// Whose key it holds (CHR).
    pub holder: Reference,
    /// The key.
    pub key: KeyData,
    /// What the holder is and may do.
    pub chat: Chat,
    /// First day.
    pub effective: Date,
    /// Last day.
    pub expiration: Date,
    /// In their order.
    pub extensions: Vec<Extension>,
    body: Vec<u8>,
    signature: Vec<u8>,
}

impl CvCertificate {
    /// Reads one certificate, which must be all there is.
    ///
    /// # Errors
    /// [`KeyFault::Malformed`] when the bytes have another form, [`KeyFault::Unsupported`] when
    /// algorithm, curve or kind of terminal is unknown.
    pub fn decode(bytes: &[u8]) -> Result<Self, KeyFault> {
        let mut reader = Reader::new(bytes);
        let certificate = Self::take(&mut reader)?;
        reader.finish("CV certificate")?;
        Ok(certificate)
    }

    /// Reads the next of several certificates in a row.
    ///
    /// # Errors
    /// As [`CvCertificate::decode`].
    pub fn take(reader: &mut Reader<'_>) -> Result<Self, KeyFault> {
        let outer = reader.expect(CERTIFICATE, "CV certificate")?;
        if outer.raw.len() > MAX_CERTIFICATE {
            return Err(Malformed::new("CV certificate", outer.offset).into());
        }
        let mut parts = outer.inside()?;
        let body = parts.expect(BODY, "certificate body")?;
        let signature = parts.expect(SIGNATURE, "certificate signature")?;
        parts.finish("CV certificate")?;
        let mut inside = body.inside()?;
        let profile = inside.expect(PROFILE, "certificate profile identifier")?;
        if profile.value != [0] {
            return Err(Malformed::new("certificate profile identifier", profile.offset).into());
        }
        let authority = Reference::read(&inside.expect(AUTHORITY, "authority reference")?)?;
        let key = KeyData::read(&inside.expect(PUBLIC_KEY, "certificate public key")?)?;
        let holder = Reference::read(&inside.expect(HOLDER, "holder reference")?)?;
        let chat = Chat::read(&inside.expect(AUTHORIZATION, "holder authorization")?)?;
        let effective = date(&inside.expect(EFFECTIVE, "effective date")?)?;
        let expiration = date(&inside.expect(EXPIRATION, "expiration date")?)?;
        let extensions = match inside.optional(EXTENSIONS, "certificate extensions")? {
            Some(element) => extensions(&element)?,
            None => Vec::new(),
        };
        inside.finish("certificate body")?;
        Ok(Self {
            authority,
            holder,
            key,
            chat,
            effective,
            expiration,
            extensions,
            body: body.raw.to_vec(),
            signature: signature.value.to_vec(),
        })
    }

    /// The body with tag and length: what is signed.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The signature alone.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Body and signature as PSO:VERIFY CERTIFICATE takes them: without the outermost tag.
    pub fn body_and_signature(&self) -> Vec<u8> {
        let mut bytes = self.body.clone();
        bytes.extend(encode(SIGNATURE, &[&self.signature]));
        bytes
    }

    /// Whether an authority vouches for its own new key: a link from the old one.
    pub fn is_link(&self) -> bool {
        self.chat.role() == Role::Cvca && self.authority != self.holder
    }

    /// Whether an authority's key vouches for itself.
    pub fn is_self_signed(&self) -> bool {
        self.chat.role() == Role::Cvca && self.authority == self.holder
    }
}

impl fmt::Debug for CvCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CvCertificate({} by {})", self.holder, self.authority)
    }
}

/// YYMMDD, one digit in an octet, in this century.
fn date(element: &Element<'_>) -> Result<Date, Malformed> {
    let malformed = Malformed::new("certificate date", element.offset);
    let [y1, y2, m1, m2, d1, d2] = *element.value else {
        return Err(malformed);
    };
    let two = |tens: u8, ones: u8| match (tens, ones) {
        (0..=9, 0..=9) => i8::try_from(tens * 10 + ones).map_err(|_| malformed),
        _ => Err(malformed),
    };
    let year = 2000 + i16::from(two(y1, y2)?);
    Date::new(year, two(m1, m2)?, two(d1, d2)?).map_err(|_| malformed)
}

fn extensions(element: &Element<'_>) -> Result<Vec<Extension>, Malformed> {
    let mut inside = element.inside()?;
    let mut extensions = Vec::new();
    while !inside.at_end() {
        if extensions.len() == MAX_EXTENSIONS {
            return Err(Malformed::new("certificate extensions", inside.offset()));
        }
        let mut template = inside
            .expect(EXTENSION, "certificate extension")?
            .inside()?;
        let oid = template.expect(tag::OID, "certificate extension")?;
        let data = template.rest().to_vec();
        while !template.at_end() {
            template.element("certificate extension")?;
        }
        extensions.push(Extension {
            oid: oid.value.to_vec(),
            data,
        });
    }
    Ok(extensions)
}

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;
