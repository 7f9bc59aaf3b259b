//! The test PKI: a country signer and a document signer that exist for virtual cards only, and
//! builders for certificates, security objects and revocation lists, right or wrong.
//!
//! Nothing here is secret and nothing here may be trusted for a real card.

use crate::crypto::curve::Curve;
use crate::error::Malformed;
use crate::sim::keys;
use crate::sim::keys::DsaKey;
use crate::sim::keys::RsaKey;

pub mod card_verifiable;
pub mod certificate;
pub(in crate::sim) mod der;
pub mod deviation_list;
pub mod master_list;
pub mod parts;
pub mod renewal;
pub mod revocation_list;
pub mod security_object;
pub mod signing_key;
pub mod spelling;
pub mod terminal_key;

use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::signing_key::SigningKey;

/// The certificate of the test country signer, DER: the only anchor of the shipped personas.
pub fn test_root() -> Vec<u8> {
    include_bytes!("test-csca.der").to_vec()
}

/// A country signer and the document signer under it.
#[derive(Debug)]
pub struct TestPki {
    /// Country signer
    pub csca: Entity,
    /// Document signer
    pub signer: Entity,
}

/// Which kind of key a document signer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerKey {
    /// ECDSA on this curve
    Ec(Curve),
    /// RSA of 2048 bits with PKCS#1 v1.5
    RsaPkcs1,
    /// RSA of 2048 bits with PSS
    RsaPss,
    /// The same with a salt of so many bytes
    RsaPssSalt(usize),
    /// The same with SHA-1, which every default stands for
    RsaPssDefaults,
    /// ECDSA on this curve, with r and s in a row (TR-03111 §5.2.1)
    EcPlain(Curve),
    /// RSA of 2048 bits with PKCS#1 v1.5, under the identifier of the key alone (RFC 3370 §3.2)
    RsaBare,
    /// DSA
    Dsa(DsaKey),
}

/// The document signer of the shipped personas, as the 2021 card has it.
pub const SHIPPED_SIGNER: SignerKey = SignerKey::Ec(Curve::BrainpoolP384r1);

impl TestPki {
    /// The PKI that signs the shipped personas. Costs no signature: the certificates are files.
    ///
    /// # Errors
    /// [`Malformed`] when a curve gives no key.
    pub fn shipped() -> Result<Self, Malformed> {
        Ok(Self {
            csca: Entity {
                spec: CertificateSpec::country_signer(csca_name()),
                key: csca_key()?,
                certificate: test_root(),
                issuer: csca_name(),
            },
            signer: Entity {
                spec: CertificateSpec::document_signer(signer_name(SHIPPED_SIGNER)),
                key: SHIPPED_SIGNER.key()?,
                certificate: include_bytes!("test-signer.der").to_vec(),
                issuer: csca_name(),
            },
        })
    }

    /// A country signer of another country, with a document signer of this kind. Costs two
    /// signatures.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn of_country(country: &str, kind: SignerKey) -> Result<Self, Malformed> {
        let name = Name::test(country, "TEST CSCA cancuoc - never trust for a real card");
        let key = keys::ec(Curve::P384, &format!("CSCA {country}"))?;
        let csca = CertificateSpec::country_signer(name).self_signed(SigningKey::Ec(key))?;
        let name = Name {
            country: country.to_owned(),
            ..signer_name(kind)
        };
        let signer = CertificateSpec::document_signer(name).issued_by(&csca, kind.key()?)?;
        Ok(Self { csca, signer })
    }

    /// The same country signer with a document signer of this kind.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn with_signer(kind: SignerKey) -> Result<Self, Malformed> {
        let shipped = Self::shipped()?;
        if kind == SHIPPED_SIGNER {
            return Ok(shipped);
        }
        let signer = CertificateSpec::document_signer(signer_name(kind))
            .issued_by(&shipped.csca, kind.key()?)?;
        Ok(Self { signer, ..shipped })
    }
}

impl SignerKey {
    /// The published test key of this kind.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn key(self) -> Result<SigningKey, Malformed> {
        Ok(match self {
            Self::Ec(curve) => SigningKey::Ec(keys::ec(curve, &format!("DS {}", curve.name()))?),
            Self::RsaPkcs1 => SigningKey::RsaPkcs1(keys::rsa(RsaKey::Signer)?),
            Self::RsaPss => SigningKey::RsaPss(keys::rsa(RsaKey::Signer)?),
            Self::RsaPssSalt(length) => SigningKey::RsaPssSalt(keys::rsa(RsaKey::Signer)?, length),
            Self::RsaPssDefaults => SigningKey::RsaPssDefaults(keys::rsa(RsaKey::Signer)?),
            Self::EcPlain(curve) => {
                SigningKey::EcPlain(keys::ec(curve, &format!("DS {}", curve.name()))?)
            }
            Self::RsaBare => SigningKey::RsaBare(keys::rsa(RsaKey::Signer)?),
            Self::Dsa(key) => SigningKey::Dsa(keys::dsa(key)?),
        })
    }
}

fn csca_name() -> Name {
    Name::test("VN", "TEST CSCA cancuoc - never trust for a real card")
}

fn csca_key() -> Result<SigningKey, Malformed> {
    Ok(SigningKey::Ec(keys::ec(Curve::P384, "CSCA")?))
}

fn signer_name(kind: SignerKey) -> Name {
    let key = match kind {
        SignerKey::Ec(curve) | SignerKey::EcPlain(curve) => curve.name(),
        SignerKey::RsaPkcs1 | SignerKey::RsaBare => "RSA",
        SignerKey::Dsa(_) => "DSA",
        SignerKey::RsaPss | SignerKey::RsaPssSalt(_) | SignerKey::RsaPssDefaults => "RSA-PSS",
    };
    Name::test("VN", &format!("TEST DS {key}"))
}

#[cfg(test)]
mod tests;
