//! A test PKI of its own for whoever asks: another seed, another country, other keys.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::civil::DateTime;
use jiff::civil::date;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::keys::issuers::Holder;
use crate::sim::pki::SHIPPED_SIGNER;
use crate::sim::pki::TestPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::kinds::AuthorityKey;
use crate::sim::pki::kinds::SignerKey;
use crate::sim::pki::kinds::SigningKind;
use crate::sim::pki::signing_key::SigningKey;

/// 2.25.167631241788237883594420488658927709745, an identifier of ours by X.667 (a UUID, so that nobody
/// had to assign it): whatever is under a certificate with this extension is test material.
const TEST_MATERIAL: &[u8] = &[
    0x69, 0x81, 0xFC, 0x9C, 0xCD, 0x94, 0xC7, 0xF0, 0xDA, 0xB6, 0x8D, 0x9B, 0x8F, 0xB1, 0x94, 0xAD,
    0x82, 0xFD, 0xDC, 0x31,
];

/// What the mark says to people.
const WARNING: &str = "TEST MATERIAL - never trust for a real card";

/// Begin and end of an authority's certificates. They sign for all of that time but the last ten years,
/// which lets any card be issued that anybody wants to try.
const AUTHORITY: [DateTime; 2] = [
    date(2015, 1, 1).at(0, 0, 0, 0),
    date(2049, 12, 31).at(23, 59, 59, 0),
];
/// Begin and end of signers' certificates.
const SIGNER: [DateTime; 2] = [
    date(2015, 1, 2).at(0, 0, 0, 0),
    date(2049, 12, 30).at(23, 59, 59, 0),
];
/// End of the time in which keys sign.
const LAST_USE: DateTime = date(2039, 12, 31).at(23, 59, 59, 0);

/// Who issues a card: whose keys and names follow from a seed.
///
/// ```
/// use cancuoc::sim::pki::{IssuerSpec, TestPki};
/// let spec = IssuerSpec::new("example");
/// let (one, again) = (TestPki::seeded(&spec)?, TestPki::seeded(&spec)?);
/// assert_eq!(one.csca.certificate, again.csca.certificate);
/// # Ok::<(), cancuoc::error::Malformed>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSpec {
    /// Names, serial numbers and keys on curves follow from it; any text.
    pub seed: String,
    /// Two letters, in upper case.
    pub country: String,
    /// The authority's key.
    pub authority: AuthorityKey,
    /// The document signer's key.
    pub signer: SignerKey,
}

impl IssuerSpec {
    /// An issuer as the shipped one is, with names and keys from this seed.
    pub fn new(seed: &str) -> Self {
        Self {
            seed: seed.to_owned(),
            country: "VN".to_owned(),
            authority: SigningKind {
                key: SignerKey::Ec(Curve::P384),
                hash: Hash::Sha384,
            },
            signer: SHIPPED_SIGNER,
        }
    }

    /// Tells the names of different seeds apart: no seed stands in a certificate as it is.
    fn tag(&self) -> String {
        let mut digest = hex::encode(Hash::Sha256.digest(&[b"issuer ", self.seed.as_bytes()]));
        digest.truncate(8);
        digest
    }

    pub(in crate::sim::pki) fn name(&self, what: &str) -> Name {
        Name::test(&self.country, &format!("TEST {what} {}", self.tag()))
    }

    fn authority_name(&self) -> Name {
        self.name("CSCA never trust for a real card")
    }

    /// The key of an authority or of its successor.
    pub(in crate::sim::pki) fn authority_label(&self, holder: Holder) -> String {
        let number = match holder {
            Holder::Successor => " 2",
            Holder::Authority | Holder::Signer => "",
        };
        let Self {
            seed,
            country,
            authority,
            ..
        } = self;
        format!("{seed} CSCA{number} {country} {authority}")
    }

    /// The label of a signer's key.
    pub(in crate::sim::pki) fn signer_label(&self, kind: SignerKey) -> String {
        let Self { seed, country, .. } = self;
        format!("{seed} DS {country} {kind}")
    }

    /// The country signer.
    ///
    /// # Errors
    /// [`Malformed`] when the country is not two capital letters, or an authority has no such key.
    pub fn authority(&self) -> Result<Entity, Malformed> {
        let key = self.authority_key()?;
        let spec = self.authority_spec();
        let issuer = spec.subject.clone();
        let what = format!("{:?} {} {:?}", self.seed, self.country, self.authority);
        match known(&what) {
            Some(certificate) => Ok(Entity {
                spec,
                key,
                certificate,
                issuer,
            }),
            None => {
                let made = spec.self_signed(key)?;
                keep(what, &made.certificate);
                Ok(made)
            }
        }
    }

    fn authority_key(&self) -> Result<SigningKey, Malformed> {
        let letters = self.country.bytes().all(|byte| byte.is_ascii_uppercase());
        if self.country.len() != 2 || !letters {
            return Err(Malformed::new("country of the test PKI", 0));
        }
        if !self.authority.signs_certificates() {
            return Err(Malformed::new("key of a test authority", 0));
        }
        let label = self.authority_label(Holder::Authority);
        self.authority.key.key_of(Holder::Authority, &label)
    }

    pub(in crate::sim::pki) fn authority_spec(&self) -> CertificateSpec {
        let [from, to] = AUTHORITY;
        CertificateSpec {
            validity: (from, to),
            private_key_usage: Some((from, LAST_USE)),
            parameters: self.authority.key.parameters(),
            hash: self.authority.hash,
            more_extensions: vec![mark()],
            ..CertificateSpec::country_signer(self.authority_name())
        }
    }

    /// What the certificate of a document signer says.
    pub(in crate::sim::pki) fn signer_spec(&self, kind: SigningKind) -> CertificateSpec {
        let [from, to] = SIGNER;
        let mut document_types =
            CertificateSpec::document_signer(self.authority_name()).document_types;
        // Any document that a persona may have.
        document_types.push("P".to_owned());
        CertificateSpec {
            validity: (from, to),
            private_key_usage: Some((from, LAST_USE)),
            parameters: kind.key.parameters(),
            hash: self.authority.hash,
            document_types,
            more_extensions: vec![mark()],
            ..CertificateSpec::document_signer(self.name(&format!("DS {kind}")))
        }
    }
}

/// The Extension element that marks test material. Not critical, so that every verifier can be tried.
pub(in crate::sim::pki) fn mark() -> Vec<u8> {
    let text = encode(tag::UTF8_STRING, &[WARNING.as_bytes()]);
    extension(TEST_MATERIAL, Critical::No, &text)
}

/// Certificates that were made: a long RSA key takes many milliseconds for each, and a card is signed
/// more than once while it is made.
static MADE: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Most certificates kept, of 1 to 2 KiB each.
const MOST: usize = 512;

fn known(what: &str) -> Option<Vec<u8>> {
    MADE.lock().ok()?.get(what).cloned()
}

fn keep(what: String, certificate: &[u8]) {
    // Whoever died with the lock in hand left a map that is whole; then nothing is kept any more.
    let Ok(mut made) = MADE.lock() else { return };
    if made.len() >= MOST {
        made.clear();
    }
    made.insert(what, certificate.to_vec());
}

impl TestPki {
    /// The country signer and the document signer that belong to a seed, both marked as test material.
    ///
    /// # Errors
    /// [`Malformed`] when the country is not two capital letters, or there is no such key.
    pub fn seeded(spec: &IssuerSpec) -> Result<Self, Malformed> {
        let csca = spec.authority()?;
        let label = spec.signer_label(spec.signer);
        let key = spec.signer.key_of(Holder::Signer, &label)?;
        let signer = spec.signer_spec(SigningKind::usual(spec.signer));
        let what = format!("{spec:?}");
        let signer = match known(&what) {
            Some(certificate) => Entity {
                issuer: csca.spec.subject.clone(),
                spec: signer,
                key,
                certificate,
            },
            None => {
                let made = signer.issued_by(&csca, key)?;
                keep(what, &made.certificate);
                made
            }
        };
        Ok(Self { csca, signer })
    }

    /// The same with another certificate of the same signer, for the same key.
    ///
    /// # Errors
    /// [`Malformed`] when the authority cannot sign.
    pub fn with_signer_spec(self, spec: CertificateSpec) -> Result<Self, Malformed> {
        let signer = spec.issued_by(&self.csca, self.signer.key)?;
        Ok(Self { signer, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::certificate::Certificate;

    #[test]
    fn seeds_countries_and_kinds_make_different_issuers() {
        let base = IssuerSpec::new("a");
        let mut specs = vec![base.clone(), IssuerSpec::new("b"), IssuerSpec::new("")];
        specs.push(IssuerSpec {
            country: "DE".to_owned(),
            ..base.clone()
        });
        specs.push(IssuerSpec {
            signer: SignerKey::Ec(Curve::P256),
            ..base.clone()
        });
        let made: Vec<TestPki> = specs
            .iter()
            .map(|spec| TestPki::seeded(spec).unwrap())
            .collect();
        for (place, (spec, pki)) in specs.iter().zip(&made).enumerate() {
            let again = TestPki::seeded(spec).unwrap();
            assert_eq!(again.csca.certificate, pki.csca.certificate);
            assert_eq!(again.signer.certificate, pki.signer.certificate);
            for other in &made[..place] {
                assert_ne!(other.signer.certificate, pki.signer.certificate);
            }
        }
        assert_eq!(made[0].csca.certificate, made[4].csca.certificate);
    }

    #[test]
    fn the_names_say_test_and_fit_and_hold_no_seed() {
        let longest = SigningKind::of_signers()
            .into_iter()
            .map(|kind| kind.key)
            .max_by_key(|key| key.to_string().len())
            .unwrap();
        let spec = IssuerSpec {
            signer: longest,
            ..IssuerSpec::new("password")
        };
        let pki = TestPki::seeded(&spec).unwrap();
        for entity in [&pki.csca, &pki.signer] {
            let name = &entity.spec.subject.common_name;
            assert!(
                name.contains("TEST") && !name.contains("password"),
                "{name}"
            );
            // X.520: at most 64 characters.
            assert!(name.len() <= 64, "{name}");
            let certificate = Certificate::decode(&entity.certificate).unwrap();
            assert!(certificate.unknown_critical().is_empty());
        }
    }

    #[test]
    fn what_no_issuer_is_makes_none() {
        for country in ["", "V", "VNM", "vn", "V1", "ÄÖ"] {
            let spec = IssuerSpec {
                country: country.to_owned(),
                ..IssuerSpec::new("a")
            };
            assert!(TestPki::seeded(&spec).is_err(), "{country}");
        }
        let plain = SigningKind::usual(SignerKey::EcPlain(Curve::P256));
        let spec = IssuerSpec {
            authority: plain,
            ..IssuerSpec::new("a")
        };
        assert!(TestPki::seeded(&spec).is_err());
    }
}
