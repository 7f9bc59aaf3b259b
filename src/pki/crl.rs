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
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::certificate::same_name;
use crate::pki::extensions;
use crate::pki::name;
use crate::pki::time;

/// Largest list read, in bytes: as large as a trust file may be.
const MAX_CRL: usize = 16 * 1024 * 1024;

/// Most certificates on one list. An authority has some hundred document signers.
const MAX_REVOKED: usize = 65_536;

/// Most former names kept. An authority changes its name once in a decade.
const MAX_FORMER_NAMES: usize = 16;

/// A revocation list, decoded and not trusted.
#[derive(Clone)]
pub struct Crl {
    fingerprint: [u8; 32],
    tbs: Vec<u8>,
    inner_algorithm: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    number: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    former_names: Vec<Vec<u8>>,
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
        let digest = Hash::Sha256.digest(&[bytes]);
        let mut this = Self {
            fingerprint: digest
                .try_into()
                .map_err(|_| Malformed::new("fingerprint", 0))?,
            tbs: tbs.raw.to_vec(),
            inner_algorithm: inner_algorithm.to_vec(),
            algorithm: algorithm.to_vec(),
            signature: octets.to_vec(),
            issuer: issuer.to_vec(),
            this_update,
            next_update,
            number: None,
            authority_key_id: None,
            former_names: Vec::new(),
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
                ISSUER_ALT_NAME => self.former_names = directory_names(extension.value)?,
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

    /// SHA-256 of the whole list.
    pub const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
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

    /// Whether the list bears the name of this certificate's subject as its issuer.
    pub fn is_issued_by(&self, signer: &Certificate) -> bool {
        same_name(&self.issuer, signer.subject())
    }

    /// Whether the list covers the certificates of an issuer, by its raw name: the list's own
    /// issuer, or a name that it says it bore before (Doc 9303-12 §7.1.4 note 1).
    pub fn covers(&self, issuer: &[u8]) -> bool {
        same_name(&self.issuer, issuer)
            || self.former_names.iter().any(|name| same_name(name, issuer))
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
        let scheme = algorithm::scheme_of(&self.algorithm, None)?;
        // RFC 5280 §5.1.1.2: the same algorithm inside and outside.
        if algorithm::scheme_of(&self.inner_algorithm, None)? != scheme {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pki::build;
    use crate::pki::build::CrlDraft;
    use crate::pki::build::Draft;
    use crate::pki::build::name;

    fn draft() -> CrlDraft {
        let mut draft = CrlDraft::new(&name("VN", "Test CSCA"), &[&[9], &[0x00, 0x81]]);
        draft.extensions = vec![
            (CRL_NUMBER, false, vec![2, 1, 7]),
            (
                extensions::AUTHORITY_KEY_ID,
                false,
                build::authority_key_id(1),
            ),
        ];
        draft
    }

    #[test]
    fn a_list_is_read_and_verifies() {
        let crl = draft().crl(1);
        assert_eq!(crl.issuer_text(), "CN=Test CSCA,C=VN");
        assert_eq!(crl.this_update().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(
            crl.next_update().unwrap().to_string(),
            "2026-04-01T00:00:00Z"
        );
        assert_eq!(crl.number(), Some(&[7_u8][..]));
        assert_eq!(crl.authority_key_id(), Some(&[1_u8; 20][..]));
        assert_eq!(crl.len(), 2);
        assert!(crl.revoked(&[9]).is_some());
        assert!(crl.revoked(&[0x00, 0x81]).is_some());
        assert!(crl.revoked(&[0x81]).is_none());
        let root = name("VN", "Test CSCA");
        let right = Draft::authority(&root, 1, &root, 1).certificate(1);
        let wrong = Draft::authority(&root, 2, &root, 2).certificate(2);
        assert_eq!(crl.verify(&right), Ok(()));
        assert!(crl.verify(&wrong).is_err());
    }

    #[test]
    fn an_empty_list_is_a_list() {
        let mut draft = draft();
        draft.revoked.clear();
        draft.extensions.clear();
        assert!(draft.crl(1).is_empty());
    }

    #[test]
    fn unknown_critical_extensions_are_named() {
        let mut draft = draft();
        // deltaCRLIndicator
        draft
            .extensions
            .push((Oid::new(&[0x55, 0x1D, 27]), true, vec![2, 1, 1]));
        assert_eq!(draft.crl(1).unknown_critical(), ["2.5.29.27"]);
    }

    #[test]
    fn a_real_list_is_read_and_verifies() {
        let Some(bytes) = build::shared("trust/COL.crl") else {
            return;
        };
        let crl = Crl::decode(&bytes).unwrap();
        assert_eq!(crl.len(), 15);
        assert_eq!(crl.number(), Some(&[0x03, 0x7B][..]));
        assert!(crl.revoked(&[0x55, 0x78, 0x0B, 0x03]).is_some());
        assert_eq!(crl.this_update().to_string(), "2020-05-08T12:38:29Z");
        assert!(crl.unknown_critical().is_empty());
        let [list, _] = build::master_lists().unwrap();
        let verified = list
            .certificates
            .iter()
            .filter(|certificate| crl.is_issued_by(certificate))
            .any(|certificate| crl.verify(certificate).is_ok());
        assert!(verified);
    }

    proptest! {
        #[test]
        fn damage_never_panics(
            changes in prop::collection::vec((any::<usize>(), any::<u8>()), 1..6),
            keep in any::<usize>(),
        ) {
            let bytes = build::damaged(&draft().sign(1), &changes, keep);
            if let Ok(crl) = Crl::decode(&bytes) {
                let _ = (crl.issuer_text(), crl.covers(crl.issuer()), crl.len());
            }
        }
    }
}
