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

mod entry;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::certificate::same_name;
use crate::pki::certificate::span;
use crate::pki::certificate::value_span;
use crate::pki::cms::shortest;
use crate::pki::extensions;
use crate::pki::name;
use crate::pki::time;

pub use entry::Reason;
pub use entry::Restriction;
pub use entry::Revoked;

/// Largest list read, in bytes: as large as a trust file may be.
const MAX_CRL: usize = 16 * 1024 * 1024;

/// Most certificates on one list. An authority has some hundred document signers.
const MAX_REVOKED: usize = 65_536;

/// Most kinds of extension named that this build does not process.
const MAX_UNKNOWN: usize = 64;

/// Most former names kept. An authority changes its name once in a decade.
const MAX_FORMER_NAMES: usize = 16;

/// A revocation list, decoded and not trusted.
#[derive(Clone)]
pub struct Crl {
    raw: Vec<u8>,
    fingerprint: [u8; 32],
    tbs: Range<usize>,
    inner_algorithm: Range<usize>,
    issuer: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    former_names: Vec<Vec<u8>>,
    revoked: BTreeMap<Vec<u8>, Revoked>,
    unknown_critical: Vec<String>,
    restriction: Option<Restriction>,
}

impl Crl {
    /// Decodes one list, which must be all there is.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are no CRL, or it is too long, or its successor is due before it
    /// was made.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_CRL {
            return Err(Malformed::new("CRL length", MAX_CRL));
        }
        let mut outer = Reader::new(bytes);
        let mut inside = outer.expect(tag::SEQUENCE, "CertificateList")?.inside()?;
        outer.finish("CertificateList")?;
        let tbs = inside.expect(tag::SEQUENCE, "TBSCertList")?;
        let algorithm = inside.expect(tag::SEQUENCE, "signatureAlgorithm")?;
        let signature = inside.expect(tag::BIT_STRING, "signatureValue")?;
        inside.finish("CertificateList")?;
        // A signature is whole octets, so the count of unused bits is zero.
        if signature.value.first() != Some(&0) {
            return Err(Malformed::new("signatureValue", signature.offset));
        }

        let mut fields = tbs.inside()?;
        // RFC 5280 §5.1.2.1: version 2 is the number 1, version 1 leaves the field out.
        if let Some(version) = fields.optional(tag::INTEGER, "version")?
            && version.small_integer()? != 1
        {
            return Err(Malformed::new("CRL version", version.offset));
        }
        let inner_algorithm = fields.expect(tag::SEQUENCE, "signature")?;
        let issuer = fields.expect(tag::SEQUENCE, "issuer")?;
        name::check(issuer.raw)?;
        let this_update = time::take(&mut fields, "thisUpdate")?;
        let next_offset = fields.offset();
        let next_update = match fields.peek() {
            Some(time::UTC_TIME | time::GENERALIZED_TIME) => {
                Some(time::take(&mut fields, "nextUpdate")?)
            }
            _ => None,
        };
        if next_update.is_some_and(|next| next < this_update) {
            return Err(Malformed::new("nextUpdate", next_offset));
        }
        let digest = Hash::Sha256.digest(&[bytes]);
        let mut this = Self {
            raw: bytes.to_vec(),
            fingerprint: digest
                .try_into()
                .map_err(|_| Malformed::new("fingerprint", 0))?,
            tbs: span(tbs),
            inner_algorithm: span(inner_algorithm),
            issuer: span(issuer),
            algorithm: span(algorithm),
            signature: value_span(signature),
            this_update,
            next_update,
            number: None,
            authority_key_id: None,
            former_names: Vec::new(),
            revoked: BTreeMap::new(),
            unknown_critical: Vec::new(),
            restriction: None,
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
        let serial = inside.expect(tag::INTEGER, "userCertificate")?;
        if serial.value.is_empty() {
            return Err(Malformed::new("userCertificate", serial.offset));
        }
        let since = time::take(&mut inside, "revocationDate")?;
        let mut reason = None;
        if let Some(sequence) = inside.optional(tag::SEQUENCE, "crlEntryExtensions")? {
            for extension in extensions::list(sequence)? {
                match extension.kind {
                    REASON_CODE => reason = Some(Reason::read(extension.value)?),
                    CERTIFICATE_ISSUER => self.restrict(Restriction::Indirect, extension.kind),
                    kind if extension.critical => self.note_critical(kind),
                    _ => {}
                }
            }
        }
        inside.finish("revokedCertificates")?;
        // Should a serial number stand there twice, the earlier date counts.
        let entry = Revoked { since, reason };
        self.revoked
            .entry(shortest(serial.value).to_vec())
            .and_modify(|known| {
                if since < known.since {
                    *known = entry;
                }
            })
            .or_insert(entry);
        Ok(())
    }

    fn extensions(&mut self, sequence: Element<'_>) -> Result<(), Malformed> {
        for extension in extensions::list(sequence)? {
            match extension.kind {
                CRL_NUMBER => {
                    let mut only = extension.value.inside()?;
                    let number = only.expect(tag::INTEGER, "cRLNumber")?;
                    only.finish("cRLNumber")?;
                    // RFC 5280 §5.2.3: a negative number is none; the list counts by its date.
                    self.number = number.magnitude().ok().map(<[u8]>::to_vec);
                }
                extensions::AUTHORITY_KEY_ID => {
                    self.authority_key_id = extensions::authority_key_id(extension.value)?;
                }
                ISSUER_ALT_NAME => self.former_names = directory_names(extension.value)?,
                // RFC 5280 §5.2.4, §5.2.5: both are critical. One that is not would make a part pass
                // for the whole.
                DELTA_CRL => self.restrict(Restriction::Delta, extension.kind),
                DISTRIBUTION_POINT => match entry::restriction(extension.value)? {
                    Some(restriction) => self.restrict(restriction, extension.kind),
                    None if extension.critical => {
                        self.restrict(Restriction::Partial, extension.kind);
                    }
                    None => {}
                },
                kind if extension.critical => self.note_critical(kind),
                _ => {}
            }
        }
        Ok(())
    }

    fn restrict(&mut self, restriction: Restriction, kind: Oid<'_>) {
        self.restriction = self.restriction.or(Some(restriction));
        self.note_critical(kind);
    }

    fn note_critical(&mut self, kind: Oid<'_>) {
        let name = kind.to_string();
        if self.unknown_critical.len() < MAX_UNKNOWN && !self.unknown_critical.contains(&name) {
            self.unknown_critical.push(name);
        }
    }

    fn slice(&self, span: &Range<usize>) -> &[u8] {
        self.raw.get(span.clone()).unwrap_or_default()
    }

    /// The list as it stood.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// SHA-256 of the whole list.
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The issuer's name, raw.
    pub fn issuer(&self) -> &[u8] {
        self.slice(&self.issuer)
    }

    /// The issuer's name as people read it.
    pub fn issuer_text(&self) -> String {
        name::display(self.issuer())
    }

    /// The issuer's country in upper case.
    pub fn country(&self) -> Option<String> {
        name::country(self.issuer())
    }

    /// When the list was made.
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one was to come, where that is said.
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// The list's number as an unsigned big-endian number without leading zeros, where it has one.
    /// Zero is no octet at all.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// The list's number as people read it: decimal, or in hexadecimal digits after `0x` where it has
    /// more than 128 bits.
    pub fn number_text(&self) -> Option<String> {
        let number = self.number()?;
        let decimal = number.iter().try_fold(0_u128, |sum, octet| {
            Some(sum.checked_mul(256)? | u128::from(*octet))
        });
        Some(match decimal {
            Some(decimal) => decimal.to_string(),
            None => format!("0x{}", hex::encode(number)),
        })
    }

    /// Which of two lists of one issuer was made first: by their numbers, and by their dates where
    /// one has none or the numbers are the same (RFC 5280 §5.2.3).
    pub fn order(&self, other: &Self) -> Ordering {
        let by_number = match (self.number(), other.number()) {
            (Some(a), Some(b)) => (a.len(), a).cmp(&(b.len(), b)),
            _ => Ordering::Equal,
        };
        by_number.then(self.this_update.cmp(&other.this_update))
    }

    /// Identifier of the key that signed this list.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// Whether the list bears the name of this certificate's subject as its issuer.
    pub fn is_issued_by(&self, signer: &Certificate) -> bool {
        same_name(self.issuer(), signer.subject())
    }

    /// Whether the list covers the certificates of an issuer, by its raw name: the list's own
    /// issuer, or a name that it says it bore before (Doc 9303-12 §7.1.4 note 1).
    pub fn covers(&self, issuer: &[u8]) -> bool {
        same_name(self.issuer(), issuer)
            || self.former_names.iter().any(|name| same_name(name, issuer))
    }

    /// When the certificate with this serial number was revoked, if it was. The number is given as
    /// content octets.
    pub fn revoked(&self, serial: &[u8]) -> Option<Timestamp> {
        self.entry_of(serial).map(|entry| entry.since)
    }

    /// The entry of the certificate with this serial number, if it has one. The number is given as
    /// content octets; numbers are compared, since some write octets that DER leaves out.
    pub fn entry_of(&self, serial: &[u8]) -> Option<Revoked> {
        self.revoked.get(shortest(serial)).copied()
    }

    /// How many certificates are on the list.
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether no certificate is on the list.
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }

    /// Critical extensions, of the list or an entry, that this build does not process, and those that
    /// make a list a part of another, critical or not. Such a list says nothing (RFC 5280 §5.2, §5.3).
    pub fn unknown_critical(&self) -> &[String] {
        &self.unknown_critical
    }

    /// Why the list does not speak for all certificates of its issuer, where it does not.
    pub const fn restriction(&self) -> Option<Restriction> {
        self.restriction
    }

    /// How the list is signed.
    ///
    /// # Errors
    /// [`KeyFault`] when the algorithm is malformed or unknown.
    pub fn scheme(&self) -> Result<Scheme, KeyFault> {
        algorithm::scheme_of(self.slice(&self.algorithm), None)
    }

    /// Verifies the list's signature under a certificate's key. Whether that certificate may sign
    /// lists is `pki::revocation`'s to judge.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn verify(&self, signer: &Certificate) -> Result<(), SignatureFault> {
        let scheme = self.scheme()?;
        // RFC 5280 §5.1.1.2: the same algorithm inside and outside.
        let inner = algorithm::scheme_of(self.slice(&self.inner_algorithm), None)?;
        if inner != scheme {
            return Err(SignatureFault::Algorithms {
                inner,
                outer: scheme,
            });
        }
        let key = signer.public_key()?;
        // The first octet counts unused bits; decoding saw that it is zero.
        let signature = self.slice(&self.signature).get(1..).unwrap_or_default();
        key.verify(scheme, &[self.slice(&self.tbs)], signature)?;
        Ok(())
    }
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Crl({}, {})", self.issuer_text(), self.this_update)
    }
}

/// The directory names of an issuerAltName: `GeneralNames ::= SEQUENCE OF CHOICE { …,
/// directoryName [4] EXPLICIT Name, … }`.
fn directory_names(value: Element<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    const WHAT: &str = "issuerAltName";
    let mut outer = value.inside()?;
    let mut inside = outer.expect(tag::SEQUENCE, WHAT)?.inside()?;
    outer.finish(WHAT)?;
    let mut names = Vec::new();
    while !inside.at_end() {
        let choice = inside.element(WHAT)?;
        if choice.tag == 0xA4 && names.len() < MAX_FORMER_NAMES {
            names.push(choice.value.to_vec());
        }
    }
    Ok(names)
}

const CRL_NUMBER: Oid<'_> = Oid::new(&[0x55, 0x1D, 20]);
const ISSUER_ALT_NAME: Oid<'_> = Oid::new(&[0x55, 0x1D, 18]);
const REASON_CODE: Oid<'_> = Oid::new(&[0x55, 0x1D, 21]);
const DELTA_CRL: Oid<'_> = Oid::new(&[0x55, 0x1D, 27]);
const DISTRIBUTION_POINT: Oid<'_> = Oid::new(&[0x55, 0x1D, 28]);
const CERTIFICATE_ISSUER: Oid<'_> = Oid::new(&[0x55, 0x1D, 29]);

#[cfg(test)]
mod tests;
