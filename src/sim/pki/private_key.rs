//! Private keys as files: PKCS#8 and PEM. All of them are published.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::sim::keys;
use crate::sim::keys::issuers;
use crate::sim::keys::issuers::Holder;
use crate::sim::pki::der;
use crate::sim::pki::kinds::SignerKey;

/// id-ecPublicKey, 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

/// rsaEncryption, 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// id-dsa, 1.2.840.10040.4.1
const ID_DSA: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x38, 4, 1];

/// Characters of a line of PEM (RFC 7468 §2).
const LINE: usize = 64;

impl SignerKey {
    /// PrivateKeyInfo (RFC 5958 §2) of [`SignerKey::key_of`]: with RSAPrivateKey (RFC 8017 §A.1.2),
    /// ECPrivateKey (RFC 5915 §3) or the number of DSA inside.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn private_key_info(self, holder: Holder, label: &str) -> Result<Vec<u8>, Malformed> {
        let (algorithm, key) = match self {
            Self::Ec(curve) | Self::EcExplicit(curve) | Self::EcPlain(curve) => {
                let public = keys::ec(curve, label)?.public();
                let scalar = keys::ec_scalar(curve, label)?;
                (
                    der::sequence(&[&der::oid(EC_PUBLIC_KEY), &der::oid(curve.oid().octets())]),
                    der::sequence(&[
                        &der::small(1),
                        &der::octets(scalar.expose()),
                        &der::explicit(1, &[&der::bits(public.encoded())]),
                    ]),
                )
            }
            Self::Dsa(key) => {
                let private = issuers::dsa(key, holder)?;
                let [p, q, g, _] = private.public().numbers();
                let numbers = [p, q, g].map(|number| encode_integer(&number));
                (
                    der::sequence(&[&der::oid(ID_DSA), &der::sequence_of(&numbers)]),
                    encode_integer(&issuers::dsa_private_number(key, holder)?),
                )
            }
            _ => {
                let length = self.rsa_length();
                let length = length.ok_or(Malformed::new("test key", 0))?;
                (
                    der::sequence(&[&der::oid(RSA_ENCRYPTION), &encode(tag::NULL, &[])]),
                    issuers::rsa_private_key(length, holder)?,
                )
            }
        };
        Ok(der::sequence(&[
            &encode_integer(&[]),
            &algorithm,
            &der::octets(&key),
        ]))
    }
}

/// A textual encoding (RFC 7468 §2).
pub fn pem(label: &str, der: &[u8]) -> String {
    let body = lines(&STANDARD.encode(der), LINE).join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// A text of ASCII letters in pieces.
pub(in crate::sim::pki) fn lines(text: &str, length: usize) -> Vec<String> {
    let octets = text.as_bytes().chunks(length);
    octets
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use openssl::pkey::PKey;
    use openssl::x509::X509;

    use super::*;
    use crate::sim::pki::IssuerSpec;
    use crate::sim::pki::SigningKind;
    use crate::sim::pki::TestPki;

    /// Another implementation reads every kind and finds that it belongs to the certificate.
    #[test]
    fn keys_of_every_kind_are_read_and_belong_to_their_certificates() {
        let mut seen = Vec::new();
        for kind in SigningKind::of_signers() {
            if seen.contains(&kind.key) {
                continue;
            }
            seen.push(kind.key);
            let spec = IssuerSpec {
                signer: kind.key,
                ..IssuerSpec::new("keys")
            };
            let pki = TestPki::seeded(&spec).unwrap();
            let label = spec.signer_label(kind.key);
            let info = kind.key.private_key_info(Holder::Signer, &label).unwrap();
            let key = PKey::private_key_from_pem(pem("PRIVATE KEY", &info).as_bytes()).unwrap();
            let certificate = X509::from_der(&pki.signer.certificate).unwrap();
            assert!(certificate.public_key().unwrap().public_eq(&key), "{kind}");
            let csca = X509::from_der(&pki.csca.certificate).unwrap();
            assert!(certificate.verify(&csca.public_key().unwrap()).unwrap());
        }
    }
}
