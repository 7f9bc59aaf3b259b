//! Certificates of country authorities and document signers (RFC 5280 §4, Doc 9303-12 §7.1).
//!
//! The frame is cut by our own reader, so that what is verified is exactly what stood there and one
//! reader alone decides where a field begins; x509-parser reads times and the contents of the
//! extensions. It keeps no raw AlgorithmIdentifiers, and does not compare names as RFC 5280 §7.1 does.
//!
//! ```text
//! Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }
//! TBSCertificate ::= SEQUENCE {
//!   version [0] INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
//!   issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name,
//!   subjectPublicKeyInfo, issuerUniqueID [1] OPTIONAL, subjectUniqueID [2] OPTIONAL,
//!   extensions [3] OPTIONAL }
//! ```

use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;
use thiserror::Error;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Fault;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::pki::extensions::Extensions;
use crate::pki::name;
use crate::pki::time;

pub use crate::pki::extensions::BasicConstraints;
pub use crate::pki::extensions::KeyUsage;
pub use crate::pki::extensions::UsagePeriod;
pub use crate::pki::name::same_name;

/// Largest certificate read, in bytes. Real ones stay under 4 KiB.
const MAX_CERTIFICATE: usize = 64 * 1024;

/// SHA-256 of the virtual card's root, which is older than the mark of test material.
const TEST_ROOT: [u8; 32] = [
    0x79, 0xD0, 0x77, 0xE4, 0xC8, 0x1B, 0xA4, 0xD0, 0x61, 0xD7, 0xA4, 0x75, 0xB0, 0x47, 0xD6, 0xE6,
    0x03, 0x06, 0xBF, 0x7C, 0xDE, 0x20, 0xE3, 0x2B, 0x49, 0x3E, 0xE6, 0x43, 0x1A, 0xDA, 0xD1, 0x9D,
];

/// A certificate, decoded and not trusted. A copy shares everything.
#[derive(Clone)]
pub struct Certificate(Arc<Parts>);

struct Parts {
    raw: Vec<u8>,
    fingerprint: [u8; 32],
    tbs: Range<usize>,
    serial: Range<usize>,
    inner_algorithm: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    public_key: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Extensions,
    /// The public key, read when it is first asked for
    key: OnceLock<Result<PublicKey, KeyFault>>,
}

impl Certificate {
    /// Decodes one certificate, which must be all there is.
    ///
    /// Negative and zero serial numbers, names in any string type and missing extensions are
    /// accepted: they are found in real country certificates.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no certificate.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(Malformed::new("certificate length", MAX_CERTIFICATE));
        }
        let mut outer = Reader::new(bytes);
        let mut inside = outer.expect(tag::SEQUENCE, "Certificate")?.inside()?;
        outer.finish("Certificate")?;
        let tbs = inside.expect(tag::SEQUENCE, "TBSCertificate")?;
        let algorithm = inside.expect(tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = inside.expect(tag::BIT_STRING, "signatureValue")?;
        inside.finish("Certificate")?;
        // A signature is whole octets, so the count of unused bits is zero.
        if signature.value.first() != Some(&0) {
            return Err(Malformed::new("signatureValue", signature.offset));
        }

        let mut fields = tbs.inside()?;
        fields.optional(0xA0, "version")?;
        let serial = fields.expect(tag::INTEGER, "serialNumber")?;
        let inner_algorithm = fields.expect(tag::SEQUENCE, "signature")?;
        let issuer = fields.expect(tag::SEQUENCE, "issuer")?;
        name::check(issuer.raw)?;
        let mut validity = fields.expect(tag::SEQUENCE, "validity")?.inside()?;
        let not_before = time::take(&mut validity, "notBefore")?;
        let not_after = time::take(&mut validity, "notAfter")?;
        validity.finish("validity")?;
        let subject = fields.expect(tag::SEQUENCE, "subject")?;
        name::check(subject.raw)?;
        let public_key = fields.expect(tag::SEQUENCE, "subjectPublicKeyInfo")?;
        fields.optional(0x81, "issuerUniqueID")?;
        fields.optional(0x82, "subjectUniqueID")?;
        let extensions = match fields.optional(0xA3, "extensions")? {
            None => Extensions::default(),
            Some(explicit) => {
                let mut only = explicit.inside()?;
                let sequence = only.expect(tag::SEQUENCE, "extensions")?;
                only.finish("extensions")?;
                Extensions::read(sequence)?
            }
        };
        fields.finish("TBSCertificate")?;

        let digest = Hash::Sha256.digest(&[bytes]);
        Ok(Self(Arc::new(Parts {
            raw: bytes.to_vec(),
            fingerprint: digest
                .try_into()
                .map_err(|_| Malformed::new("fingerprint", 0))?,
            tbs: span(tbs),
            serial: value_span(serial),
            inner_algorithm: span(inner_algorithm),
            issuer: span(issuer),
            subject: span(subject),
            public_key: span(public_key),
            algorithm: span(algorithm),
            signature: value_span(signature),
            not_before,
            not_after,
            extensions,
            key: OnceLock::new(),
        })))
    }

    fn slice(&self, span: &Range<usize>) -> &[u8] {
        self.0.raw.get(span.clone()).unwrap_or_default()
    }

    /// The certificate as it stood.
    pub fn raw(&self) -> &[u8] {
        &self.0.raw
    }

    /// What is signed, as it stood.
    pub fn tbs(&self) -> &[u8] {
        self.slice(&self.0.tbs)
    }

    /// SHA-256 of the whole certificate.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    /// Content octets of the serial number, as they stood; it may be zero or negative.
    pub fn serial(&self) -> &[u8] {
        self.slice(&self.0.serial)
    }

    /// The subject's name, raw.
    pub fn subject(&self) -> &[u8] {
        self.slice(&self.0.subject)
    }

    /// The issuer's name, raw.
    pub fn issuer(&self) -> &[u8] {
        self.slice(&self.0.issuer)
    }

    /// The subject's name as people read it.
    pub fn subject_text(&self) -> String {
        name::display(self.subject())
    }

    /// The issuer's name as people read it.
    pub fn issuer_text(&self) -> String {
        name::display(self.issuer())
    }

    /// The subject's country in upper case.
    pub fn country(&self) -> Option<String> {
        name::country(self.subject())
    }

    /// The issuer's country in upper case.
    pub fn issuer_country(&self) -> Option<String> {
        name::country(self.issuer())
    }

    /// First moment of the certificate's validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Last moment of the certificate's validity; "never" is the latest time there is.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether the certificate is valid at that time.
    pub fn valid_at(&self, time: Timestamp) -> bool {
        self.0.not_before <= time && time <= self.0.not_after
    }

    /// When the private key signs, where that is said.
    pub fn private_key_usage(&self) -> Option<UsagePeriod> {
        self.0.extensions.private_key_usage
    }

    /// What the key is for, where that is said.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// Whether the subject is an authority, where that is said.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.extensions.basic_constraints
    }

    /// Purposes of the key as dotted object identifiers, where the certificate limits them.
    pub fn extended_key_usage(&self) -> Option<&[String]> {
        self.0.extensions.extended_key_usage.as_deref()
    }

    /// Identifier of the key that signed this certificate.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// Serial number of the certificate of the key that signed this one, where it is named so, as
    /// content octets.
    pub fn authority_serial(&self) -> Option<&[u8]> {
        self.0.extensions.authority_serial.as_deref()
    }

    /// Identifier of this certificate's key.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.as_deref()
    }

    /// Document types that a document signer may sign, such as `P` or `ID` (Doc 9303-12 §7.1.1.6).
    pub fn document_types(&self) -> Option<&[String]> {
        self.0.extensions.document_types.as_deref()
    }

    /// Whether the certificate links an authority's old name to its new one (Doc 9303-12 §7.1.1).
    pub fn changes_name(&self) -> bool {
        self.0.extensions.name_change
    }

    /// Critical extensions that this build does not process, as dotted object identifiers.
    pub fn unknown_critical(&self) -> &[String] {
        &self.0.extensions.unknown_critical
    }

    /// Whether it is test material: the virtual card's root, or a certificate that says so of itself.
    /// The private keys under it are published.
    pub fn is_test_material(&self) -> bool {
        self.fingerprint() == &TEST_ROOT || self.0.extensions.test_material
    }

    /// Where a CRL may be had.
    pub fn crl_urls(&self) -> &[String] {
        &self.0.extensions.crl_urls
    }

    /// The public key.
    ///
    /// # Errors
    /// [`KeyFault`] when it is malformed or of an unknown kind.
    pub fn public_key(&self) -> Result<PublicKey, KeyFault> {
        let read = || algorithm::subject_public_key(self.public_key_info());
        self.0.key.get_or_init(read).clone()
    }

    /// The SubjectPublicKeyInfo, raw.
    pub fn public_key_info(&self) -> &[u8] {
        self.slice(&self.0.public_key)
    }

    /// How this certificate is signed.
    ///
    /// # Errors
    /// [`KeyFault`] when the algorithm is malformed or unknown, or is another inside what is
    /// signed than outside (RFC 5280 §4.1.1.2).
    pub fn scheme(&self) -> Result<Scheme, KeyFault> {
        let [outer, inner] = self.schemes()?;
        if inner == outer {
            Ok(outer)
        } else {
            Err(Malformed::new("signatureAlgorithm", self.0.algorithm.start).into())
        }
    }

    /// What stands beside what is signed, and what is signed.
    fn schemes(&self) -> Result<[Scheme; 2], KeyFault> {
        let read = |span: &Range<usize>| algorithm::scheme_of(self.slice(span), None);
        Ok([read(&self.0.algorithm)?, read(&self.0.inner_algorithm)?])
    }

    /// The AlgorithmIdentifier of this certificate's signature, raw.
    pub fn algorithm(&self) -> &[u8] {
        self.slice(&self.0.algorithm)
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        // The first octet counts unused bits; decoding saw that it is zero.
        self.slice(&self.0.signature).get(1..).unwrap_or_default()
    }

    /// Whether subject and issuer are the same (RFC 5280 §6.1: self-issued).
    pub fn self_issued(&self) -> bool {
        same_name(self.subject(), self.issuer())
    }

    /// Whether the certificate says that its own key signed it: self-issued, and no identifier
    /// names another key. Says nothing about the signature.
    pub fn self_keyed(&self) -> bool {
        let other_key = self
            .authority_key_id()
            .zip(self.subject_key_id())
            .is_some_and(|(authority, subject)| authority != subject);
        self.self_issued() && !other_key
    }

    /// Whether the certificate says that it is an authority's, in either of the two ways.
    pub fn is_authority(&self) -> bool {
        self.basic_constraints()
            .is_some_and(|constraints| constraints.ca)
            || self.key_usage().is_some_and(|usage| usage.key_cert_sign)
    }

    /// Verifies this certificate's signature under an issuer's key. The rules of a path are not
    /// looked at; they are `pki::path`'s.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(&self, key: &PublicKey) -> Result<Scheme, SignatureFault> {
        let [outer, inner] = self.schemes()?;
        if inner != outer {
            return Err(SignatureFault::Algorithms { inner, outer });
        }
        key.verify(outer, &[self.tbs()], self.signature())?;
        Ok(outer)
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureFault {
    /// The key or the algorithm cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The signature is not right.
    #[error("the signature is wrong")]
    Wrong(Fault),
    /// The algorithm is another inside what is signed than beside it (RFC 5280 §4.1.1.2).
    #[error("the algorithm is {inner:?} inside what is signed and {outer:?} beside it")]
    Algorithms {
        /// What is signed.
        inner: Scheme,
        /// What stands beside.
        outer: Scheme,
    },
}

impl From<Fault> for SignatureFault {
    fn from(fault: Fault) -> Self {
        Self::Wrong(fault)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", hex::encode(self.0.fingerprint))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.raw == other.0.raw
    }
}

impl Eq for Certificate {}

/// Where an element's value stands in the outermost message.
pub(crate) fn value_span(element: Element<'_>) -> Range<usize> {
    element.offset..element.offset.saturating_add(element.value.len())
}

/// Where an element stands in the outermost message.
pub(crate) fn span(element: Element<'_>) -> Range<usize> {
    let header = element.raw.len().saturating_sub(element.value.len());
    let value = value_span(element);
    value.start.saturating_sub(header)..value.end
}

#[cfg(test)]
mod tests;
