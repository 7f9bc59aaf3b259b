//! Certificates for trying out a registry's server and who asks it: an authority, a server on this
//! machine, and an agency, in the profile that TLS takes (RFC 5280 §4.2, RFC 9525).
//!
//! The keys follow from a seed. Where the seed is drawn at random and thrown away, they are as secret as
//! the files that they are written to; the names say all the same that they are for tests.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use jiff::civil::DateTime;

use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::secret::Secret;
use crate::sim::keys;
use crate::sim::keys::issuers::Holder;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::DIGITAL_SIGNATURE;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::der;
use crate::sim::pki::kinds::SignerKey;
use crate::sim::pki::signing_key::SigningKey;

/// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];

/// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2
const CLIENT_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];

/// The curve of every key: what every TLS takes.
const CURVE: Curve = Curve::P256;

/// What to make.
#[derive(Clone)]
pub struct ServiceSpec {
    /// What the keys follow from.
    pub seed: String,
    /// Common name of the agency.
    pub agency: String,
    /// Begin and end of every certificate, in UTC.
    pub validity: (DateTime, DateTime),
}

impl std::fmt::Debug for ServiceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServiceSpec({:?}, ..)", self.agency)
    }
}

/// What was made.
#[derive(Debug)]
pub struct ServicePki {
    /// The authority that both others come from
    pub authority: Credential,
    /// The server: `localhost`, 127.0.0.1 and ::1
    pub server: Credential,
    /// The agency that asks
    pub agency: Credential,
}

/// A certificate and its key.
#[derive(Debug)]
pub struct Credential {
    /// The certificate, DER
    pub certificate: Vec<u8>,
    /// Its private key, PKCS#8 in DER
    pub private_key: Secret,
}

impl ServiceSpec {
    /// Makes them. Costs three signatures.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn make(&self) -> Result<ServicePki, Malformed> {
        let authority = self
            .spec("TEST CA cancuoc registry - for tests only")
            .self_signed(self.key("authority")?)?;
        let server = self.leaf("TEST registry cancuoc", SERVER_AUTH, Some(this_machine()));
        let agency = self.leaf(&self.agency, CLIENT_AUTH, None);
        let server = server.issued_by(&authority, self.key("server")?)?;
        let agency = agency.issued_by(&authority, self.key("agency")?)?;
        Ok(ServicePki {
            authority: self.credential(authority, "authority")?,
            server: self.credential(server, "server")?,
            agency: self.credential(agency, "agency")?,
        })
    }

    fn spec(&self, common_name: &str) -> CertificateSpec {
        let name = Name::test("VN", common_name);
        // No two sets share a serial number (RFC 5280 §4.1.2.2), whatever the names.
        let mut serial = Hash::Sha256.digest(&[
            b"service serial",
            self.seed.as_bytes(),
            common_name.as_bytes(),
        ]);
        serial.truncate(16);
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x3F) | 0x40;
        }
        CertificateSpec {
            serial,
            validity: self.validity,
            private_key_usage: None,
            hash: Hash::Sha256,
            ..CertificateSpec::country_signer(name)
        }
    }

    fn leaf(&self, common_name: &str, purpose: &[u8], names: Option<Vec<u8>>) -> CertificateSpec {
        // Extended key usage is 2.5.29.37 (RFC 5280 §4.2.1.12).
        let usage = der::sequence(&[&der::oid(purpose)]);
        let usage = extension(&[0x55, 0x1D, 37], Critical::No, &usage);
        CertificateSpec {
            key_usage: Some(DIGITAL_SIGNATURE),
            path_length: None,
            more_extensions: std::iter::once(usage).chain(names).collect(),
            ..self.spec(common_name)
        }
    }

    fn label(&self, whose: &str) -> String {
        format!("service {whose} {}", self.seed)
    }

    fn key(&self, whose: &str) -> Result<SigningKey, Malformed> {
        Ok(SigningKey::Ec(keys::ec(CURVE, &self.label(whose))?))
    }

    fn credential(&self, entity: Entity, whose: &str) -> Result<Credential, Malformed> {
        let info = SignerKey::Ec(CURVE).private_key_info(Holder::Signer, &self.label(whose))?;
        Ok(Credential {
            certificate: entity.certificate,
            private_key: Secret::new(info),
        })
    }
}

/// Subject alternative names, 2.5.29.17 (RFC 5280 §4.2.1.6): `dNSName [2]`, `iPAddress [7]`.
fn this_machine() -> Vec<u8> {
    let addresses = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    let addresses = addresses.map(|address| match address {
        IpAddr::V4(address) => der::implicit(7, &address.octets()),
        IpAddr::V6(address) => der::implicit(7, &address.octets()),
    });
    let mut names = vec![der::implicit(2, b"localhost")];
    names.extend(addresses);
    extension(&[0x55, 0x1D, 17], Critical::No, &der::sequence_of(&names))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use openssl::pkey::PKey;
    use openssl::x509::X509;

    use super::*;

    fn spec(seed: &str) -> ServiceSpec {
        ServiceSpec {
            seed: seed.to_owned(),
            agency: "TEST agency".to_owned(),
            validity: (
                date(2026, 1, 1).at(0, 0, 0, 0),
                date(2049, 1, 1).at(0, 0, 0, 0),
            ),
        }
    }

    /// Another implementation finds that keys and certificates belong together.
    #[test]
    fn a_set_belongs_together_and_to_no_other_set() {
        let made = spec("a").make().unwrap();
        let authority = X509::from_der(&made.authority.certificate).unwrap();
        for one in [&made.authority, &made.server, &made.agency] {
            let certificate = X509::from_der(&one.certificate).unwrap();
            let key = PKey::private_key_from_der(one.private_key.expose()).unwrap();
            assert!(certificate.public_key().unwrap().public_eq(&key));
            assert!(
                certificate
                    .verify(&authority.public_key().unwrap())
                    .unwrap()
            );
        }
        let server = X509::from_der(&made.server.certificate).unwrap();
        let names = server.subject_alt_names().unwrap();
        assert_eq!(names[0].dnsname(), Some("localhost"));
        assert_eq!(names[1].ipaddress(), Some(&[127, 0, 0, 1][..]));
        let other = spec("b").make().unwrap();
        assert_ne!(other.agency.certificate, made.agency.certificate);
        let other = X509::from_der(&other.server.certificate).unwrap();
        assert!(!other.verify(&authority.public_key().unwrap()).unwrap());
    }
}
