//! Builds X.509 version 3 certificates (RFC 5280 §4) in the profile of Doc 9303-12 §7.1.

use jiff::civil::DateTime;
use jiff::civil::date;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::pki::der;
use crate::sim::pki::parts::Changes;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::SigningKey;

/// A distinguished name: country, organization, common name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Two-letter country code
    pub country: String,
    /// Organization
    pub organization: String,
    /// Common name
    pub common_name: String,
}

impl Name {
    /// A name that says what it is for: test material.
    pub fn test(country: &str, common_name: &str) -> Self {
        Self {
            country: country.to_owned(),
            organization: "cancuoc test material".to_owned(),
            common_name: common_name.to_owned(),
        }
    }

    /// The Name element; the country is a PrintableString (RFC 5280 Appendix A.1).
    pub fn encode(&self) -> Vec<u8> {
        let part = |last: u8, value: Vec<u8>| {
            der::set_of(vec![der::sequence(&[&der::oid(&[0x55, 4, last]), &value])])
        };
        der::sequence(&[
            &part(6, der::printable(&self.country)),
            &part(10, der::utf8(&self.organization)),
            &part(3, der::utf8(&self.common_name)),
        ])
    }
}

/// What a certificate says. Every field may be changed, to make certificates that a verifier must
/// refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpec {
    /// Whom it names.
    pub subject: Name,
    /// Serial number, unsigned.
    pub serial: Vec<u8>,
    /// Content octets of the serial number in its place, whatever they mean.
    pub raw_serial: Option<Vec<u8>>,
    /// Begin and end of validity, in UTC.
    pub validity: (DateTime, DateTime),
    /// Begin and end of the private key usage period, in UTC.
    pub private_key_usage: Option<(DateTime, DateTime)>,
    /// Octet of the key usage BIT STRING: [`DIGITAL_SIGNATURE`], [`SIGN_CERTIFICATES_AND_CRLS`].
    pub key_usage: Option<u8>,
    /// Path length of basic constraints with `cA` true; `None` leaves the extension out.
    pub path_length: Option<u32>,
    /// Document types of the document type list; none leaves the extension out.
    pub document_types: Vec<String>,
    /// Finished Extension elements to append.
    pub more_extensions: Vec<Vec<u8>>,
    /// How an elliptic curve key names its curve.
    pub parameters: EcParameters,
    /// Hash of the issuer's signature.
    pub hash: Hash,
    /// Hash that the certificate says its signature has, where that is another.
    pub named_hash: Option<Hash>,
    /// Curve that the certificate says its key is on, where that is another.
    pub named_curve: Option<Curve>,
    /// Parts that are written otherwise, or not at all.
    pub changes: Changes<Part>,
}

/// A part of a certificate (RFC 5280 §4.1, §4.2.1). Whatever stands in its place is signed with the
/// rest, but for the two parts that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `[0]` and the version inside
    Version,
    /// serialNumber
    Serial,
    /// The algorithm inside what is signed
    InnerAlgorithm,
    /// issuer
    Issuer,
    /// validity
    Validity,
    /// subject
    Subject,
    /// subjectPublicKeyInfo
    PublicKey,
    /// The Extension element of the authority key identifier
    AuthorityKeyId,
    /// The Extension element of the subject key identifier
    SubjectKeyId,
    /// The Extension element of the key usage
    KeyUsage,
    /// `[3]` and all of the extensions inside
    Extensions,
    /// signatureAlgorithm, which is not signed
    OuterAlgorithm,
    /// signatureValue
    Signature,
}

/// Key usage digitalSignature (RFC 5280 §4.2.1.3, bit 0).
pub const DIGITAL_SIGNATURE: u8 = 0x80;

/// Key usage keyCertSign and cRLSign (bits 5 and 6).
pub const SIGN_CERTIFICATES_AND_CRLS: u8 = 0x06;

impl CertificateSpec {
    /// A country signing certificate, valid from 2021 to 2046, that signs until 2026.
    pub fn country_signer(subject: Name) -> Self {
        let from = date(2021, 1, 19).at(0, 0, 0, 0);
        Self {
            serial: serial(&subject),
            raw_serial: None,
            subject,
            validity: (from, date(2046, 1, 19).at(0, 0, 0, 0)),
            private_key_usage: Some((from, date(2026, 1, 19).at(0, 0, 0, 0))),
            key_usage: Some(SIGN_CERTIFICATES_AND_CRLS),
            path_length: Some(0),
            document_types: Vec::new(),
            more_extensions: Vec::new(),
            parameters: EcParameters::Named,
            hash: Hash::Sha384,
            named_hash: None,
            named_curve: None,
            changes: Changes::none(),
        }
    }

    /// A document signer certificate for identity cards, valid from 2021 to 2036, that signs until
    /// 2026.
    pub fn document_signer(subject: Name) -> Self {
        let from = date(2021, 2, 1).at(0, 0, 0, 0);
        Self {
            validity: (from, date(2036, 2, 1).at(0, 0, 0, 0)),
            private_key_usage: Some((from, date(2026, 1, 19).at(0, 0, 0, 0))),
            key_usage: Some(DIGITAL_SIGNATURE),
            path_length: None,
            document_types: vec!["I".to_owned(), "ID".to_owned()],
            ..Self::country_signer(subject)
        }
    }

    /// Issues the certificate to itself.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign.
    pub fn self_signed(self, key: SigningKey) -> Result<Entity, Malformed> {
        let info = key.public_key_info(self.parameters);
        let issuer = self.subject.clone();
        let certificate = self.sign(&info, &issuer, &key_identifier(&info)?, &key)?;
        Ok(Entity {
            spec: self,
            key,
            certificate,
            issuer,
        })
    }

    /// Issues the certificate under another one.
    ///
    /// # Errors
    /// [`Malformed`] when the issuer's key cannot sign.
    pub fn issued_by(self, issuer: &Entity, key: SigningKey) -> Result<Entity, Malformed> {
        let info = match self.named_curve {
            Some(curve) => key.misnamed_key_info(curve),
            None => key.public_key_info(self.parameters),
        };
        let certificate = self.sign(
            &info,
            &issuer.spec.subject,
            &issuer.key_identifier()?,
            &issuer.key,
        )?;
        Ok(Entity {
            spec: self,
            key,
            certificate,
            issuer: issuer.spec.subject.clone(),
        })
    }

    /// TBSCertificate, algorithm and signature (RFC 5280 §4.1).
    fn sign(
        &self,
        public_key_info: &[u8],
        issuer: &Name,
        issuer_key_identifier: &[u8],
        issuer_key: &SigningKey,
    ) -> Result<Vec<u8>, Malformed> {
        let (from, to) = self.validity;
        let algorithm = issuer_key.algorithm(self.named_hash.unwrap_or(self.hash));
        let extensions = self.extensions(&key_identifier(public_key_info)?, issuer_key_identifier);
        let part = |part, usual| self.changes.of(part, usual);
        let tbs = der::sequence(&[
            &part(Part::Version, der::explicit(0, &[&der::small(2)])),
            &part(Part::Serial, self.serial_number()),
            &part(Part::InnerAlgorithm, algorithm.clone()),
            &part(Part::Issuer, issuer.encode()),
            &part(
                Part::Validity,
                der::sequence(&[&der::time(from), &der::time(to)]),
            ),
            &part(Part::Subject, self.subject.encode()),
            &part(Part::PublicKey, public_key_info.to_vec()),
            &part(Part::Extensions, der::explicit(3, &[&extensions])),
        ]);
        let signature = issuer_key.sign(self.hash, &tbs)?;
        Ok(der::sequence(&[
            &tbs,
            &part(Part::OuterAlgorithm, algorithm),
            &part(Part::Signature, der::bits(&signature)),
        ]))
    }

    fn serial_number(&self) -> Vec<u8> {
        match &self.raw_serial {
            Some(octets) => encode(tag::INTEGER, &[octets]),
            None => encode_integer(&self.serial),
        }
    }

    fn extensions(&self, own_key_identifier: &[u8], issuer_key_identifier: &[u8]) -> Vec<u8> {
        let ce = |last| [0x55, 0x1D, last];
        let part = |part, usual| self.changes.of(part, usual);
        let authority = der::sequence(&[&der::implicit(0, issuer_key_identifier)]);
        let own = der::octets(own_key_identifier);
        let mut list = vec![
            part(
                Part::AuthorityKeyId,
                extension(&ce(35), Critical::No, &authority),
            ),
            part(Part::SubjectKeyId, extension(&ce(14), Critical::No, &own)),
        ];
        if let Some(usage) = self.key_usage {
            let unused = u8::try_from(usage.trailing_zeros()).unwrap_or(0);
            let value = encode(tag::BIT_STRING, &[&[unused, usage]]);
            let usage = extension(&ce(15), Critical::Yes, &value);
            list.push(part(Part::KeyUsage, usage));
        }
        if let Some((from, to)) = self.private_key_usage {
            let value = der::sequence(&[
                &der::implicit(0, der::generalized(from).as_bytes()),
                &der::implicit(1, der::generalized(to).as_bytes()),
            ]);
            list.push(extension(&ce(16), Critical::No, &value));
        }
        if let Some(path_length) = self.path_length {
            let yes = encode(tag::BOOLEAN, &[&[0xFF]]);
            let value = der::sequence(&[&yes, &der::small(path_length)]);
            list.push(extension(&ce(19), Critical::Yes, &value));
        }
        if !self.document_types.is_empty() {
            // Doc 9303-12 §7.1.1: 2.23.136.1.1.6.2, version 0 and the types.
            let types = self.document_types.iter().map(|text| der::printable(text));
            let value = der::sequence(&[&der::small(0), &der::set_of(types.collect())]);
            let identifier = [0x67, 0x81, 0x08, 1, 1, 6, 2];
            list.push(extension(&identifier, Critical::No, &value));
        }
        list.extend_from_slice(&self.more_extensions);
        der::sequence_of(&list)
    }
}

/// Whether a verifier that does not know an extension must refuse the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Critical {
    /// It must.
    Yes,
    /// It may go on.
    No,
}

/// An Extension element (RFC 5280 §4.1.2.9) from identifier octets and the inner element.
pub fn extension(identifier: &[u8], critical: Critical, value: &[u8]) -> Vec<u8> {
    let critical = match critical {
        Critical::Yes => encode(tag::BOOLEAN, &[&[0xFF]]),
        Critical::No => Vec::new(),
    };
    der::sequence(&[&der::oid(identifier), &critical, &der::octets(value)])
}

/// A certificate with its private key.
#[derive(Debug)]
pub struct Entity {
    /// What the certificate says.
    pub spec: CertificateSpec,
    /// The private key.
    pub key: SigningKey,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Who issued it, whatever the certificate says.
    pub issuer: Name,
}

impl Entity {
    /// Subject key identifier.
    ///
    /// # Errors
    /// [`Malformed`] never for keys of this build.
    pub fn key_identifier(&self) -> Result<Vec<u8>, Malformed> {
        key_identifier(&self.key.public_key_info(self.spec.parameters))
    }

    /// The issuer's Name element and the serial number's INTEGER, as they should stand in the
    /// certificate.
    pub fn issuer_and_serial(&self) -> (Vec<u8>, Vec<u8>) {
        (self.issuer.encode(), self.spec.serial_number())
    }
}

/// SHA-1 over the key's BIT STRING value without its first octet (RFC 5280 §4.2.1.2, method 1).
fn key_identifier(public_key_info: &[u8]) -> Result<Vec<u8>, Malformed> {
    const WHAT: &str = "test public key";
    let mut info = Reader::new(public_key_info)
        .expect(tag::SEQUENCE, WHAT)?
        .inside()?;
    info.expect(tag::SEQUENCE, WHAT)?;
    let key = info.expect(tag::BIT_STRING, WHAT)?.value;
    Ok(Hash::Sha1.digest(&[key.get(1..).unwrap_or_default()]))
}

/// Eight octets that depend on the name, with the sign bit clear.
fn serial(subject: &Name) -> Vec<u8> {
    let mut octets = Hash::Sha256.digest(&[b"serial ", &subject.encode()]);
    octets.truncate(8);
    if let Some(first) = octets.first_mut() {
        *first = (*first & 0x3F) | 0x40;
    }
    octets
}
