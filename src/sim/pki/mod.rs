//! The test PKI: a country signer and a document signer that exist for virtual cards only, and
//! builders for certificates, security objects and revocation lists, right or wrong.
//!
//! Nothing here is secret and nothing here may be trusted for a real card.

use crate::crypto::curve::Curve;
use crate::error::Malformed;
use crate::sim::keys;

pub mod card_verifiable;
pub mod certificate;
pub(in crate::sim) mod der;
pub mod deviation_list;
pub mod folder;
pub mod kinds;
mod ldif;
pub mod master_list;
pub mod parts;
pub mod private_key;
pub mod renewal;
pub mod revocation_list;
pub mod security_object;
pub mod seeded;
pub mod service;
pub mod signing_key;
pub mod spelling;
pub mod terminal_key;

use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::signing_key::SigningKey;

pub use crate::sim::pki::kinds::AuthorityKey;
pub use crate::sim::pki::kinds::SignerKey;
pub use crate::sim::pki::kinds::SigningKind;
pub use crate::sim::pki::seeded::IssuerSpec;

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
        let signer = signer_spec(name, kind).issued_by(&csca, kind.key()?)?;
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
        let signer = signer_spec(signer_name(kind), kind).issued_by(&shipped.csca, kind.key()?)?;
        Ok(Self { signer, ..shipped })
    }
}

fn csca_name() -> Name {
    Name::test("VN", "TEST CSCA cancuoc - never trust for a real card")
}

fn csca_key() -> Result<SigningKey, Malformed> {
    Ok(SigningKey::Ec(keys::ec(Curve::P384, "CSCA")?))
}

fn signer_spec(name: Name, kind: SignerKey) -> CertificateSpec {
    CertificateSpec {
        parameters: kind.parameters(),
        ..CertificateSpec::document_signer(name)
    }
}

fn signer_name(kind: SignerKey) -> Name {
    // What the shipped files say stays as it is.
    let key = match kind {
        SignerKey::Ec(curve) | SignerKey::EcPlain(curve) => curve.name().to_owned(),
        SignerKey::RsaPkcs1 | SignerKey::RsaBare => "RSA".to_owned(),
        SignerKey::Dsa(_) => "DSA".to_owned(),
        SignerKey::RsaPss | SignerKey::RsaPssSalt(_) | SignerKey::RsaPssDefaults => {
            "RSA-PSS".to_owned()
        }
        SignerKey::EcExplicit(_) | SignerKey::RsaPkcs1Of(_) | SignerKey::RsaPssOf(_) => {
            kind.to_string()
        }
    };
    Name::test("VN", &format!("TEST DS {key}"))
}

#[cfg(test)]
mod tests;
