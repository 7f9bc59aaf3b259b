//! Keys of terminals and of the authorities above them, and how card-verifiable certificates write
//! them (BSI TR-03110-3).

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::rsa;
use crate::error::Malformed;
use crate::secret::Secret;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::pki::card_verifiable::Role;
use crate::sim::pki::der;
use crate::sim::seed::Seeded;

/// id-TA, 0.4.0.127.0.7.2.2.2
const TERMINAL_AUTHENTICATION: [u8; 8] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02];

/// Tries before a curve is given up; every order is above half of what its bits can say.
const TRIES: usize = 128;

/// Which kind of keys a chain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA with r and s in a row
    Ecdsa(Curve, Hash),
    /// RSASSA-PKCS1-v1_5 of 2048 bits; SHA-1, SHA-256 or SHA-512
    RsaPkcs1(Hash),
    /// RSASSA-PSS of 2048 bits with a salt as long as the hash; SHA-1, SHA-256 or SHA-512
    RsaPss(Hash),
}

/// A private key of the test PKI.
#[derive(Debug)]
pub struct Key {
    kind: KeyKind,
    secret: SecretKey,
}

#[derive(Debug)]
enum SecretKey {
    Rsa(RsaKey, Box<rsa::PrivateKey>),
    Ec(Secret, curve::PrivateKey),
}

impl Key {
    /// The key of this kind that belongs to a label. There is one RSA key for each role.
    ///
    /// # Errors
    /// [`Malformed`] when the curve gives no key, or RSA goes with no such hash.
    pub fn new(kind: KeyKind, role: Role, label: &str) -> Result<Self, Malformed> {
        protocol(kind).ok_or(Malformed::new("protocol of terminal authentication", 0))?;
        let secret = match kind {
            KeyKind::Ecdsa(curve, _) => ec_key(curve, label)?,
            KeyKind::RsaPkcs1(_) | KeyKind::RsaPss(_) => {
                let which = match role {
                    Role::Authority => RsaKey::Active,
                    Role::DomesticVerifier | Role::ForeignVerifier => RsaKey::Signer,
                    Role::Terminal => RsaKey::Terminal,
                };
                SecretKey::Rsa(which, Box::new(keys::rsa(which)?))
            }
        };
        Ok(Self { kind, secret })
    }

    /// What kind of key it is.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Content octets of the protocol that the key is for.
    pub fn protocol(&self) -> Vec<u8> {
        // The kind was checked when the key was made.
        protocol(self.kind).unwrap_or_default()
    }

    /// Signs as terminals do: ECDSA in the plain form.
    ///
    /// # Errors
    /// [`Malformed`] when the key cannot sign with this hash.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        match (&self.secret, self.kind) {
            (SecretKey::Ec(_, key), KeyKind::Ecdsa(_, hash)) => key.sign(hash, message),
            (SecretKey::Rsa(_, key), KeyKind::RsaPkcs1(hash)) => key.sign_pkcs1(hash, message),
            (SecretKey::Rsa(_, key), KeyKind::RsaPss(hash)) => {
                // Any salt verifies; this one makes the signature the same each time.
                let salt = hash.digest(&[b"cancuoc test salt", message]);
                key.sign_pss(hash, &salt, message)
            }
            _ => Err(Malformed::new("key of this kind", 0)),
        }
    }

    /// The public key, data object 7F49; a curve with all of its numbers or with none.
    pub fn public_object(&self, parameters: DomainParameters) -> Vec<u8> {
        let oid = encode(tag::OID, &[&self.protocol()]);
        match &self.secret {
            SecretKey::Rsa(_, key) => {
                let public = key.public();
                let modulus = encode(0x81, &[public.modulus()]);
                let exponent = encode(0x82, &[public.exponent()]);
                encode(0x7F49, &[&oid, &modulus, &exponent])
            }
            SecretKey::Ec(_, key) => {
                let point = encode(0x86, &[key.public().encoded()]);
                let numbers = key.curve().parameters();
                match parameters {
                    DomainParameters::Inherited => encode(0x7F49, &[&oid, &point]),
                    DomainParameters::Given => encode(
                        0x7F49,
                        &[
                            &oid,
                            &encode(0x81, &[numbers.p]),
                            &encode(0x82, &[numbers.a]),
                            &encode(0x83, &[numbers.b]),
                            &encode(0x84, &[numbers.g]),
                            &encode(0x85, &[numbers.n]),
                            &point,
                            &encode(0x87, &[numbers.h.unwrap_or(&[1])]),
                        ],
                    ),
                }
            }
        }
    }

    /// PrivateKeyInfo, DER (RFC 5958 §2): with ECPrivateKey (RFC 5915 §3) or RSAPrivateKey inside.
    ///
    /// # Errors
    /// [`Malformed`] for an RSA key that is not a terminal's.
    pub fn pkcs8(&self) -> Result<Vec<u8>, Malformed> {
        const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
        const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
        let (algorithm, key) = match &self.secret {
            SecretKey::Rsa(RsaKey::Terminal, _) => (
                der::sequence(&[&der::oid(RSA_ENCRYPTION), &encode(tag::NULL, &[])]),
                keys::rsa_private_key(RsaKey::Terminal)?,
            ),
            SecretKey::Rsa(..) => return Err(Malformed::new("key of a terminal", 0)),
            SecretKey::Ec(scalar, key) => (
                der::sequence(&[
                    &der::oid(EC_PUBLIC_KEY),
                    &der::oid(key.curve().oid().octets()),
                ]),
                der::sequence(&[
                    &der::small(1),
                    &der::octets(scalar.expose()),
                    &der::explicit(1, &[&der::bits(key.public().encoded())]),
                ]),
            ),
        };
        Ok(der::sequence(&[
            &encode_integer(&[]),
            &algorithm,
            &der::octets(&key),
        ]))
    }
}

/// Whether a certificate writes out the numbers of its curve (TR-03110-3: authorities do, others
/// do not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainParameters {
    /// It does.
    Given,
    /// It does not: they are those of the authority.
    Inherited,
}

/// The key whose number follows from the label.
fn ec_key(curve: Curve, label: &str) -> Result<SecretKey, Malformed> {
    let mut random = Seeded::new(&format!("cancuoc test terminal {label} {}", curve.name()));
    // Bits above the order's, where it does not fill its octets.
    let above = curve.order_len() * 8 - curve.order_bits();
    for _ in 0..TRIES {
        let mut scalar = vec![0; curve.order_len()];
        random
            .fill(&mut scalar)
            .map_err(|_| Malformed::new("test key", 0))?;
        if let Some(first) = scalar.first_mut() {
            *first = first
                .checked_shr(u32::try_from(above).unwrap_or(0))
                .unwrap_or(0);
        }
        if let Ok(key) = curve.private_key(Secret::copy_of(&scalar)) {
            return Ok(SecretKey::Ec(Secret::new(scalar), key));
        }
    }
    Err(Malformed::new("test key", 0))
}

/// Content octets of id-TA-RSA-… or id-TA-ECDSA-…; TR-03110-3 knows RSA with three hashes.
fn protocol(kind: KeyKind) -> Option<Vec<u8>> {
    let last = match kind {
        KeyKind::RsaPkcs1(Hash::Sha1) => [1, 1],
        KeyKind::RsaPkcs1(Hash::Sha256) => [1, 2],
        KeyKind::RsaPss(Hash::Sha1) => [1, 3],
        KeyKind::RsaPss(Hash::Sha256) => [1, 4],
        KeyKind::RsaPkcs1(Hash::Sha512) => [1, 5],
        KeyKind::RsaPss(Hash::Sha512) => [1, 6],
        KeyKind::RsaPkcs1(_) | KeyKind::RsaPss(_) => return None,
        KeyKind::Ecdsa(_, hash) => match hash {
            Hash::Sha1 => [2, 1],
            Hash::Sha224 => [2, 2],
            Hash::Sha256 => [2, 3],
            Hash::Sha384 => [2, 4],
            Hash::Sha512 => [2, 5],
        },
    };
    Some([&TERMINAL_AUTHENTICATION[..], &last].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::tlv::trim_zeros;

    /// Another implementation reads the keys and finds that they belong to the certificates.
    #[test]
    fn keys_are_read_by_another_implementation() {
        let mut kinds = vec![
            KeyKind::RsaPkcs1(Hash::Sha256),
            KeyKind::RsaPss(Hash::Sha512),
        ];
        for curve in [Curve::P256, Curve::BrainpoolP384r1, Curve::P521] {
            kinds.push(KeyKind::Ecdsa(curve, Hash::Sha256));
        }
        for kind in kinds {
            let key = Key::new(kind, Role::Terminal, "x").unwrap();
            let read = openssl::pkey::PKey::private_key_from_pkcs8(&key.pkcs8().unwrap()).unwrap();
            match &key.secret {
                SecretKey::Rsa(_, own) => {
                    let read = read.rsa().unwrap();
                    assert!(read.check_key().unwrap());
                    assert_eq!(read.n().to_vec(), own.public().modulus());
                }
                SecretKey::Ec(scalar, _) => {
                    let read = read.ec_key().unwrap();
                    read.check_key().unwrap();
                    let expected = trim_zeros(scalar.expose());
                    assert_eq!(read.private_key().to_vec(), expected);
                }
            }
        }
    }

    #[test]
    fn protocols_that_do_not_exist_make_no_key() {
        for kind in [
            KeyKind::RsaPkcs1(Hash::Sha224),
            KeyKind::RsaPss(Hash::Sha384),
        ] {
            assert!(Key::new(kind, Role::Terminal, "x").is_err());
        }
    }
}
