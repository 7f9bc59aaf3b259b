//! Signed data (RFC 5652), as the document security object, EF.CardSecurity and master lists are.
//!
//! ```text
//! ContentInfo ::= SEQUENCE { contentType id-signedData, content [0] EXPLICIT SignedData }
//! SignedData  ::= SEQUENCE {
//!   version INTEGER, digestAlgorithms SET OF AlgorithmIdentifier,
//!   encapContentInfo SEQUENCE { eContentType OID, eContent [0] EXPLICIT OCTET STRING },
//!   certificates [0] IMPLICIT SET OPTIONAL, crls [1] IMPLICIT SET OPTIONAL,
//!   signerInfos SET OF SignerInfo }
//! ```

use jiff::Timestamp;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::same_name;
use crate::pki::time;

/// Most certificates in one signed object. A security object has one, a master list two or three; some
/// publishers may put all keys of their authority there.
const MAX_CERTIFICATES: usize = 256;

/// Most signers, digest algorithms and attributes read. Real objects have one, one and three.
const MAX_ENTRIES: usize = 32;

/// Signed data, decoded and not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedData {
    /// The version (RFC 5652 §5.1): 3 where content other than id-data is signed and every
    /// certificate is one of X.509.
    pub version: u32,
    /// Content octets of the eContentType object identifier.
    pub content_type: Vec<u8>,
    /// What is signed: the octets of the eContent.
    pub content: Vec<u8>,
    /// The digest algorithms that are announced, each an AlgorithmIdentifier as it stood.
    pub digest_algorithms: Vec<Vec<u8>>,
    /// The certificates that came along, each as it stood, in order.
    pub certificates: Vec<Vec<u8>>,
    /// The signers, in order.
    pub signers: Vec<SignerInfo>,
}

/// One signature over the content.
///
/// ```text
/// SignerInfo ::= SEQUENCE {
///   version INTEGER, sid SignerIdentifier, digestAlgorithm AlgorithmIdentifier,
///   signedAttrs [0] IMPLICIT OPTIONAL, signatureAlgorithm AlgorithmIdentifier,
///   signature OCTET STRING, unsignedAttrs [1] IMPLICIT OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerInfo {
    /// The version (RFC 5652 §5.3): 1 with issuer and serial number, 3 with the key's identifier.
    pub version: u32,
    /// Whose signature it is.
    pub id: SignerId,
    /// The AlgorithmIdentifier of the digest, as it stood.
    pub digest_algorithm: Vec<u8>,
    /// What is signed in the content's stead.
    pub signed_attributes: Option<SignedAttributes>,
    /// The AlgorithmIdentifier of the signature, as it stood.
    pub signature_algorithm: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// How a signer names its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerId {
    /// By issuer and serial number.
    IssuerSerial {
        /// The issuer's name, raw.
        issuer: Vec<u8>,
        /// Content octets of the serial number.
        serial: Vec<u8>,
    },
    /// By the key's identifier.
    SubjectKeyId(Vec<u8>),
}

impl SignerId {
    /// Whether it names this certificate. Names are compared by what they say (RFC 5280 §7.1).
    pub fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerSerial { issuer, serial } => {
                same_serial(certificate.serial(), serial) && same_name(certificate.issuer(), issuer)
            }
            Self::SubjectKeyId(id) => certificate.subject_key_id() == Some(id),
        }
    }

    /// Whether it names this certificate letter for letter.
    pub fn names_exactly(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerSerial { issuer, serial } => {
                certificate.serial() == serial && certificate.issuer() == issuer
            }
            Self::SubjectKeyId(_) => self.names(certificate),
        }
    }
}

/// Whether the content octets of two serial numbers are the same number. Some write octets that DER
/// leaves out (X.690 §8.3.2).
pub(crate) fn same_serial(a: &[u8], b: &[u8]) -> bool {
    shortest(a) == shortest(b)
}

/// The content octets of an INTEGER without those that say nothing: a first octet of all zeros or all
/// ones that only repeats the sign of the next.
pub(crate) fn shortest(mut integer: &[u8]) -> &[u8] {
    while let [first @ (0 | 0xFF), next, ..] = integer
        && first & 0x80 == next & 0x80
        && let Some((_, rest)) = integer.split_first()
    {
        integer = rest;
    }
    integer
}

/// The attributes that a signer signs in the content's stead (RFC 5652 §5.3, §11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedAttributes {
    /// The whole element under tag A0, as it stood.
    pub raw: Vec<u8>,
    /// Content octets of the content-type attribute's object identifier.
    pub content_type: Option<Vec<u8>>,
    /// The message-digest attribute.
    pub message_digest: Option<Vec<u8>>,
    /// The signing-time attribute.
    pub signing_time: Option<Timestamp>,
    /// Each attribute, as it stood.
    entries: Vec<Vec<u8>>,
}

impl SignedAttributes {
    /// What is signed, as it was sent: the tag of a SET OF instead of the implicit one
    /// (RFC 5652 §5.4).
    pub fn as_set(&self) -> Vec<u8> {
        let mut set = self.raw.clone();
        if let Some(first) = set.first_mut() {
            *first = 0x31;
        }
        set
    }

    /// What should have been signed: the SET OF in DER, its members in order (X.690 §11.6).
    pub fn sorted_set(&self) -> Vec<u8> {
        let mut entries: Vec<&[u8]> = self.entries.iter().map(Vec::as_slice).collect();
        // X.690 §11.6 pads the shorter encoding with zeros; a TLV is never a prefix of another,
        // so that the order is that of the octets.
        entries.sort_unstable();
        encode(tag::SET, &entries)
    }

    fn read(element: Element<'_>) -> Result<Self, Malformed> {
        let mut this = Self {
            raw: element.raw.to_vec(),
            content_type: None,
            message_digest: None,
            signing_time: None,
            entries: Vec::new(),
        };
        let mut kinds: Vec<&[u8]> = Vec::new();
        let mut attributes = element.inside()?;
        while !attributes.at_end() {
            let attribute = attributes.expect(tag::SEQUENCE, "signed attribute")?;
            let mut inside = attribute.inside()?;
            let kind = inside.expect(tag::OID, "attribute type")?.value;
            let mut values = inside.expect(tag::SET, "attribute values")?.inside()?;
            inside.finish("signed attribute")?;
            // RFC 5652 §11: content type, message digest and signing time occur once.
            if kinds.contains(&kind) || kinds.len() >= MAX_ENTRIES {
                return Err(Malformed::new("signed attributes", attribute.offset));
            }
            kinds.push(kind);
            this.entries.push(attribute.raw.to_vec());
            match Oid::new(kind) {
                CONTENT_TYPE => {
                    let value = values.expect(tag::OID, "content-type")?.value;
                    this.content_type = Some(value.to_vec());
                }
                MESSAGE_DIGEST => {
                    let value = values.expect(tag::OCTET_STRING, "message-digest")?.value;
                    this.message_digest = Some(value.to_vec());
                }
                SIGNING_TIME => {
                    this.signing_time = Some(time::take(&mut values, "signing-time")?);
                }
                _ => continue,
            }
            values.finish("attribute values")?;
        }
        Ok(this)
    }
}

impl SignedData {
    /// Decodes a ContentInfo in definite form (see `bytes::tlv::definite`), which must be all there
    /// is.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no signed data, the content is missing, a signed attribute
    /// is doubled, or a count is out of bounds.
    pub fn decode(content_info: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(content_info);
        let mut info = outer.expect(tag::SEQUENCE, "ContentInfo")?.inside()?;
        outer.finish("ContentInfo")?;
        let kind = info.expect(tag::OID, "contentType")?;
        if Oid::new(kind.value) != SIGNED_DATA {
            return Err(Malformed::new("contentType", kind.offset));
        }
        let mut content = info.expect(0xA0, "content")?.inside()?;
        info.finish("ContentInfo")?;
        let mut fields = content.expect(tag::SEQUENCE, "SignedData")?.inside()?;
        content.finish("content")?;

        let version = fields.expect(tag::INTEGER, "CMSVersion")?.small_integer()?;
        let digests = fields.expect(tag::SET, "digestAlgorithms")?;
        let mut encapsulated = fields.expect(tag::SEQUENCE, "encapContentInfo")?.inside()?;
        let content_type = encapsulated
            .expect(tag::OID, "eContentType")?
            .value
            .to_vec();
        let mut explicit = encapsulated.expect(0xA0, "eContent")?.inside()?;
        encapsulated.finish("encapContentInfo")?;
        let content = explicit.expect(tag::OCTET_STRING, "eContent")?.value;
        explicit.finish("eContent")?;
        let certificates = match fields.optional(0xA0, "certificates")? {
            None => Vec::new(),
            Some(set) => members(set, "certificates", MAX_CERTIFICATES)?
                .into_iter()
                // RFC 5652 §10.2.2: the other choices are attribute certificates and the like.
                .filter(|member| member.tag == tag::SEQUENCE)
                .map(|member| member.raw.to_vec())
                .collect(),
        };
        fields.optional(0xA1, "crls")?;
        let signers = members(
            fields.expect(tag::SET, "signerInfos")?,
            "signerInfos",
            MAX_ENTRIES,
        )?;
        fields.finish("SignedData")?;
        Ok(Self {
            version,
            content_type,
            content: content.to_vec(),
            digest_algorithms: members(digests, "digestAlgorithms", MAX_ENTRIES)?
                .into_iter()
                .map(|member| member.raw.to_vec())
                .collect(),
            certificates,
            signers: signers
                .into_iter()
                .map(SignerInfo::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The members of a SET, bounded.
fn members<'a>(
    set: Element<'a>,
    what: &'static str,
    most: usize,
) -> Result<Vec<Element<'a>>, Malformed> {
    let mut reader = set.inside()?;
    let mut members = Vec::new();
    while !reader.at_end() {
        if members.len() >= most {
            return Err(Malformed::new(what, reader.offset()));
        }
        members.push(reader.element(what)?);
    }
    Ok(members)
}

impl SignerInfo {
    fn read(element: Element<'_>) -> Result<Self, Malformed> {
        if element.tag != tag::SEQUENCE {
            return Err(Malformed::new("SignerInfo", element.offset));
        }
        let mut fields = element.inside()?;
        let version = fields.expect(tag::INTEGER, "CMSVersion")?.small_integer()?;
        let sid = fields.element("SignerIdentifier")?;
        let id = match sid.tag {
            tag::SEQUENCE => {
                let mut inside = sid.inside()?;
                let issuer = inside.expect(tag::SEQUENCE, "issuer")?.raw.to_vec();
                let serial = inside.expect(tag::INTEGER, "serialNumber")?.value.to_vec();
                inside.finish("IssuerAndSerialNumber")?;
                SignerId::IssuerSerial { issuer, serial }
            }
            0x80 => SignerId::SubjectKeyId(sid.value.to_vec()),
            _ => return Err(Malformed::new("SignerIdentifier", sid.offset)),
        };
        let digest_algorithm = fields
            .expect(tag::SEQUENCE, "digestAlgorithm")?
            .raw
            .to_vec();
        let signed_attributes = fields
            .optional(0xA0, "signedAttrs")?
            .map(SignedAttributes::read)
            .transpose()?;
        let signature_algorithm = fields
            .expect(tag::SEQUENCE, "signatureAlgorithm")?
            .raw
            .to_vec();
        let signature = fields
            .expect(tag::OCTET_STRING, "signature")?
            .value
            .to_vec();
        fields.optional(0xA1, "unsignedAttrs")?;
        fields.finish("SignerInfo")?;
        Ok(Self {
            version,
            id,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
        })
    }
}

const SIGNED_DATA: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]);
const CONTENT_TYPE: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 3]);
const MESSAGE_DIGEST: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 4]);
const SIGNING_TIME: Oid<'_> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 5]);

#[cfg(test)]
mod tests;
