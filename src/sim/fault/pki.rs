//! What can be wrong with the signer's certificate, with its authority and with the lists.

use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::date;

use crate::error::Malformed;
use crate::sim::fault::sod;
use crate::sim::pki::TestPki;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::DIGITAL_SIGNATURE;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::Part;
use crate::sim::pki::certificate::SIGN_CERTIFICATES_AND_CRLS;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::revocation_list::RevocationListSpec;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::SigningKey;

named! {
    /// A signer, an authority or a list that a verifier must refuse. What is wrong with the anchor or
    /// with a list lies with the verifier, which `read --virtual` gives them.
    Pki {
        /// The signer's period is over, and nothing says when it signed.
        SignerExpired = "pki-signer-expired",
        /// The signer's period had not begun when it signed.
        SignerNotYetValid = "pki-signer-not-yet-valid",
        /// The signer's period was over when it signed.
        SignerOverBeforeSigning = "pki-signer-over-before-signing",
        /// The signer's key may sign certificates and nothing else.
        SignerUsage = "pki-signer-usage",
        /// The signer's certificate does not say what its key may do.
        SignerUsageMissing = "pki-signer-usage-missing",
        /// The signer's certificate has a critical extension that nobody knows.
        SignerCritical = "pki-signer-critical",
        /// The signer is of another country than its authority.
        SignerCountry = "pki-signer-country",
        /// The signer may sign documents of other types only.
        SignerDocuments = "pki-signer-documents",
        /// The signer's certificate is signed by its own key.
        SignerSelfSigned = "pki-signer-self-signed",
        /// The authority itself signs the document.
        AuthoritySigns = "pki-authority-signs",
        /// The signer's certificate names another issuer, rightly signed.
        IssuerName = "pki-issuer-name",
        /// The last bit of the signature of the signer's certificate is another one.
        CertificateSignature = "pki-certificate-signature",
        /// An authority of the right name and another key issued the signer's certificate.
        Impostor = "pki-impostor",
        /// An authority of the country that nobody knows issued the signer's certificate.
        NoAnchor = "pki-no-anchor",
        /// An authority of another country issued the signer's certificate, and it is known.
        ForeignAuthority = "pki-foreign-authority",
        /// The signer's explicit curve has a generator of the forger's choice.
        TwistedCurve = "pki-twisted-curve",
        /// The anchor is no authority.
        AnchorNoAuthority = "pki-anchor-no-authority",
        /// The anchor's key may not sign certificates.
        AnchorUsage = "pki-anchor-usage",
        /// The anchor has a critical extension that nobody knows.
        AnchorCritical = "pki-anchor-critical",
        /// The anchor's period is over.
        AnchorExpired = "pki-anchor-expired",
        /// The anchor's key had retired when it issued the signer's certificate.
        AnchorRetired = "pki-anchor-retired",
        /// The verifier has no anchor at all.
        AnchorMissing = "pki-anchor-missing",
        /// A list names the signer.
        SignerRevoked = "pki-signer-revoked",
        /// A list that is out of date names nobody.
        ListStale = "pki-list-stale",
        /// A list that another key signed names the signer.
        ListForged = "pki-list-forged",
    }
}

/// The day on which the faults of certificates and lists that are over ended.
const OVER: Date = date(2026, 1, 20);

impl Pki {
    /// Whether it lies with the verifier alone: the card is as it should be.
    pub(super) const fn is_around_the_chip(self) -> bool {
        matches!(
            self,
            Self::AnchorNoAuthority
                | Self::AnchorUsage
                | Self::AnchorCritical
                | Self::AnchorExpired
                | Self::AnchorRetired
                | Self::AnchorMissing
                | Self::SignerRevoked
                | Self::ListStale
                | Self::ListForged
        )
    }

    /// Who signs, where this says otherwise.
    pub(super) fn signer(
        self,
        pki: TestPki,
        again: impl Fn() -> Result<TestPki, Malformed>,
        signed: DateTime,
    ) -> Result<TestPki, Malformed> {
        let TestPki { csca, signer } = pki;
        let spec = signer.spec.clone();
        // No period grows, so that several faults stay what they are.
        let (from, to) = spec.validity;
        let within = |begin: DateTime, end: DateTime| CertificateSpec {
            validity: (from.max(begin), to.min(end)),
            ..spec.clone()
        };
        let changed = match self {
            _ if self.is_around_the_chip() => return Ok(TestPki { csca, signer }),
            Self::SignerSelfSigned => {
                let signer = spec.self_signed(signer.key)?;
                return Ok(TestPki { csca, signer });
            }
            Self::AuthoritySigns => {
                let signer = again()?.csca;
                return Ok(TestPki { csca, signer });
            }
            Self::Impostor => {
                let forged = csca.spec.clone().self_signed(sod::impostor(&csca.key)?)?;
                let signer = spec.issued_by(&forged, signer.key)?;
                return Ok(TestPki { csca, signer });
            }
            Self::NoAnchor | Self::ForeignAuthority => {
                let country = match self {
                    Self::NoAnchor => csca.spec.subject.country.as_str(),
                    _ => FOREIGN,
                };
                let name = Name::test(country, "TEST CSCA of other documents");
                let other = CertificateSpec {
                    subject: name,
                    ..csca.spec.clone()
                };
                let csca = other.self_signed(sod::impostor(&csca.key)?)?;
                let subject = Name {
                    country: country.to_owned(),
                    ..spec.subject.clone()
                };
                let signer = CertificateSpec { subject, ..spec }.issued_by(&csca, signer.key)?;
                return Ok(TestPki { csca, signer });
            }
            Self::CertificateSignature => {
                let mut certificate = signer.certificate.clone();
                if let Some(last) = certificate.last_mut() {
                    *last ^= 1;
                }
                let signer = Entity {
                    certificate,
                    ..signer
                };
                return Ok(TestPki { csca, signer });
            }
            Self::SignerExpired => within(from, OVER.at(0, 0, 0, 0)),
            Self::SignerNotYetValid => within(later(signed, 30)?, to),
            Self::SignerOverBeforeSigning => within(from, later(signed, -30)?),
            Self::SignerUsage => CertificateSpec {
                key_usage: Some(SIGN_CERTIFICATES_AND_CRLS),
                ..spec
            },
            Self::SignerUsageMissing => CertificateSpec {
                key_usage: None,
                ..spec
            },
            Self::SignerCritical => CertificateSpec {
                more_extensions: vec![unknown_critical()],
                ..spec
            },
            Self::SignerCountry => CertificateSpec {
                subject: Name {
                    country: FOREIGN.to_owned(),
                    ..spec.subject.clone()
                },
                ..spec
            },
            Self::SignerDocuments => CertificateSpec {
                document_types: vec!["V".to_owned()],
                ..spec
            },
            Self::IssuerName => {
                let other = Name::test(&csca.spec.subject.country, "TEST CSCA of another name");
                CertificateSpec {
                    changes: spec.changes.clone().with(Part::Issuer, &other.encode()),
                    ..spec
                }
            }
            Self::TwistedCurve => twisted(spec, &signer)?,
            _ => spec,
        };
        let signer = changed.issued_by(&csca, signer.key)?;
        Ok(TestPki { csca, signer })
    }

    /// Whether the signing time must go, so that the verifier cannot know when it was signed.
    pub(super) const fn hides_signing_time(self) -> bool {
        matches!(self, Self::SignerExpired)
    }

    /// What the verifier trusts, where this says otherwise.
    pub(super) fn anchors(self, csca: Entity) -> Result<Option<Vec<Vec<u8>>>, Malformed> {
        let spec = csca.spec.clone();
        let spec = match self {
            Self::AnchorMissing => return Ok(Some(Vec::new())),
            Self::AnchorNoAuthority => CertificateSpec {
                path_length: None,
                ..spec
            },
            Self::AnchorUsage => CertificateSpec {
                key_usage: Some(DIGITAL_SIGNATURE),
                ..spec
            },
            Self::AnchorCritical => CertificateSpec {
                more_extensions: vec![unknown_critical()],
                ..spec
            },
            Self::AnchorExpired => CertificateSpec {
                validity: (spec.validity.0, OVER.at(0, 0, 0, 0)),
                ..spec
            },
            Self::AnchorRetired => CertificateSpec {
                private_key_usage: Some((spec.validity.0, later(spec.validity.0, 1)?)),
                ..spec
            },
            _ => return Ok(None),
        };
        let anchor = spec.self_signed(csca.key)?;
        Ok(Some(vec![anchor.certificate]))
    }

    /// The list that the verifier has.
    pub(super) fn list(self, pki: &TestPki) -> Result<Option<Vec<u8>>, Malformed> {
        let list = |revoked, next_update: Date| RevocationListSpec {
            this_update: date(2026, 1, if next_update == OVER { 5 } else { 10 }).at(0, 0, 0, 0),
            next_update: next_update.at(0, 0, 0, 0),
            number: if next_update == OVER { 1 } else { 2 },
            revoked,
        };
        let own = vec![pki.signer.spec.serial.clone()];
        Ok(Some(match self {
            Self::SignerRevoked => list(own, date(2046, 1, 1)).sign(&pki.csca)?,
            Self::ListStale => list(Vec::new(), OVER).sign(&pki.csca)?,
            Self::ListForged => {
                let forger = Entity {
                    spec: pki.csca.spec.clone(),
                    key: sod::impostor(&pki.csca.key)?,
                    certificate: pki.csca.certificate.clone(),
                    issuer: pki.csca.issuer.clone(),
                };
                list(own, date(2046, 1, 1)).sign(&forger)?
            }
            _ => return Ok(None),
        }))
    }
}

/// A country that no document is of: reserved for users (ISO 3166-1).
const FOREIGN: &str = "XX";

fn unknown_critical() -> Vec<u8> {
    extension(&[0x2A, 3], Critical::Yes, &[5, 0])
}

/// So many days later, or earlier.
fn later(time: DateTime, days: i64) -> Result<DateTime, Malformed> {
    let span = jiff::Span::new().try_days(days);
    span.and_then(|span| time.checked_add(span))
        .map_err(|_| Malformed::new("time of a fault", 0))
}

/// The explicit parameters of the key's curve with its own public key for a generator: whoever
/// believes them lets anybody sign.
fn twisted(spec: CertificateSpec, signer: &Entity) -> Result<CertificateSpec, Malformed> {
    let SigningKey::Ec(key) = &signer.key else {
        return Err(Malformed::new("curve of the signer", 0));
    };
    let info = signer.key.public_key_info(EcParameters::Explicit);
    let public = key.public();
    let generator = key.curve().parameters().g;
    let at = info
        .windows(generator.len())
        .position(|window| window == generator)
        .ok_or(Malformed::new("curve of the signer", 0))?;
    let mut info = info;
    if let Some(place) = info.get_mut(at..at + generator.len()) {
        place.copy_from_slice(public.encoded());
    }
    Ok(CertificateSpec {
        changes: spec.changes.clone().with(Part::PublicKey, &info),
        ..spec
    })
}
