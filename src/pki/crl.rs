//! Certificate revocation lists (RFC 5280 §5, Doc 9303-12 §7.1.4).
//!
//! ```text
//! CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
//! TBSCertList ::= SEQUENCE {
//!   version INTEGER OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time,
//!   nextUpdate Time OPTIONAL,
//!   revokedCertificates SEQUENCE OF SEQUENCE {
//!     userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL } OPTIONAL,
//!   crlExtensions [0] EXPLICIT OPTIONAL }
//! ```

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::extensions;
use crate::pki::name;
use crate::pki::time;

/// Largest list read, in bytes: as large as a trust file may be.
const MAX_CRL: usize = 16 * 1024 * 1024;

/// Most certificates on one list. An authority has some hundred document signers.
const MAX_REVOKED: usize = 65_536;

/// A revocation list, decoded and not trusted.
#[derive(Clone)]
pub struct Crl {
    tbs: Vec<u8>,
    inner_algorithm: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    revoked: BTreeMap<Vec<u8>, Timestamp>,
    unknown_critical: Vec<String>,
}

impl Crl {
    /// Decodes one list, which must be all there is.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no CRL, or it is too long.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_CRL {
            return Err(Malformed::new("CRL length", MAX_CRL));
        }
        let mut outer = Reader::new(bytes);
        let mut inside = outer.expect(tag::SEQUENCE, "CertificateList")?.inside()?;
        outer.finish("CertificateList")?;
        let tbs = inside.expect(tag::SEQUENCE, "TBSCertList")?;
        let algorithm = inside.expect(tag::SEQUENCE, "signatureAlgorithm")?.raw;
        let signature = inside.expect(tag::BIT_STRING, "signatureValue")?;
        inside.finish("CertificateList")?;
        let octets = signature
            .value
            .strip_prefix(&[0])
            .ok_or(Malformed::new("signatureValue", signature.offset))?;

        let mut fields = tbs.inside()?;
        fields.optional(tag::INTEGER, "version")?;
        let inner_algorithm = fields.expect(tag::SEQUENCE, "signature")?.raw;
        let issuer = fields.expect(tag::SEQUENCE, "issuer")?.raw;
        name::check(issuer)?;
        let this_update = time::take(&mut fields, "thisUpdate")?;
        let next_update = match fields.peek() {
            Some(time::UTC_TIME | time::GENERALIZED_TIME) => {
                Some(time::take(&mut fields, "nextUpdate")?)
            }
            _ => None,
        };
        let mut this = Self {
            tbs: tbs.raw.to_vec(),
            inner_algorithm: inner_algorithm.to_vec(),
            algorithm: algorithm.to_vec(),
            signature: octets.to_vec(),
            issuer: issuer.to_vec(),
            this_update,
            next_update,
            number: None,
            authority_key_id: None,
            revoked: BTreeMap::new(),
            unknown_critical: Vec::new(),
        };
        if let Some(list) = fields.optional(tag::SEQUENCE, "revokedCertificates")? {
            let mut entries = list.inside()?;
            while !entries.at_end() {
                if this.revoked.len() >= MAX_REVOKED {
                    return Err(Malformed::new("revokedCertificates", entries.offset()));
                }
                this.entry(entries.expect(tag::SEQUENCE, "revokedCertificates")?)?;
            }
        }
        if let Some(explicit) = fields.optional(0xA0, "crlExtensions")? {
            let mut only = explicit.inside()?;
            let sequence = only.expect(tag::SEQUENCE, "crlExtensions")?;
            only.finish("crlExtensions")?;
            this.extensions(sequence)?;
        }
        fields.finish("TBSCertList")?;
        Ok(this)
    }

    fn entry(&mut self, entry: Element<'_>) -> Result<(), Malformed> {
        let mut inside = entry.inside()?;
        let serial = inside.expect(tag::INTEGER, "userCertificate")?.value;
        let date = time::take(&mut inside, "revocationDate")?;
        if let Some(sequence) = inside.optional(tag::SEQUENCE, "crlEntryExtensions")? {
            for extension in extensions::list(sequence)? {
                if extension.critical && extension.kind != REASON_CODE {
                    self.note_critical(extension.kind);
                }
            }
        }
        inside.finish("revokedCertificates")?;
        // Should a serial number stand there twice, the earlier date counts.
        self.revoked
            .entry(serial.to_vec())
            .and_modify(|known| *known = date.min(*known))
            .or_insert(date);
        Ok(())
    }

    fn extensions(&mut self, sequence: Element<'_>) -> Result<(), Malformed> {
        for extension in extensions::list(sequence)? {
            match extension.kind {
                CRL_NUMBER => {
                    let mut only = extension.value.inside()?;
                    let number = only.expect(tag::INTEGER, "cRLNumber")?;
                    only.finish("cRLNumber")?;
                    self.number = Some(number.magnitude()?.to_vec());
                }
                extensions::AUTHORITY_KEY_ID => {
                    self.authority_key_id = extensions::authority_key_id(extension.value)?;
                }
                kind if extension.critical => self.note_critical(kind),
                _ => {}
            }
        }
        Ok(())
    }

    fn note_critical(&mut self, kind: Oid<'_>) {
        let name = kind.to_string();
        if !self.unknown_critical.contains(&name) {
            self.unknown_critical.push(name);
        }
    }

    /// The issuer's name, raw.
    pub fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The issuer's name as people read it.
    pub fn issuer_text(&self) -> String {
        name::display(&self.issuer)
    }

    /// When the list was made.
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one was to come, where that is said.
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// The list's number as an unsigned big-endian number, where it has one.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// Identifier of the key that signed this list.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// When the certificate with this serial number was revoked, if it was. The number is given as
    /// content octets.
    pub fn revoked(&self, serial: &[u8]) -> Option<Timestamp> {
        self.revoked.get(serial).copied()
    }

    /// How many certificates are on the list.
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether no certificate is on the list.
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// Critical extensions, of the list or an entry, that this build does not process: delta and
    /// partial lists among them. Such a list says nothing (RFC 5280 §5.2, §5.3).
    pub fn unknown_critical(&self) -> &[String] {
        &self.unknown_critical
    }

    /// Verifies the list's signature under a certificate's key. Whether that certificate may sign
    /// lists is `pki::revocation`'s to judge.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(&self, signer: &Certificate) -> Result<(), SignatureFault> {
        let read = |raw| algorithm::scheme(Reader::new(raw).element("signatureAlgorithm")?, None);
        let scheme = read(&self.algorithm)?;
        // RFC 5280 §5.1.1.2: the same algorithm inside and outside.
        if read(&self.inner_algorithm)? != scheme {
            let malformed = Malformed::new("signatureAlgorithm", self.tbs.len());
            return Err(SignatureFault::Key(malformed.into()));
        }
        let key = signer.public_key()?;
        key.verify(scheme, &[&self.tbs], &self.signature)?;
        Ok(())
    }
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crl({}, {})", self.issuer_text(), self.this_update)
    }
}

const CRL_NUMBER: Oid<'_> = Oid::new(&[0x55, 0x1D, 20]);
const REASON_CODE: Oid<'_> = Oid::new(&[0x55, 0x1D, 21]);
