//! A private key in a file: PKCS#8 (RFC 5958), or the older forms of its own kind (RFC 5915 for
//! elliptic curves, RFC 8017 §A.1.2 for RSA), in DER or PEM, not encrypted. For tests and small
//! installations; a real inspection system keeps its key in hardware.

use std::fmt;

use thiserror::Error;
use x509_parser::pem::Pem;
use zeroize::Zeroizing;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::tlv::trim_zeros;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::curve;
use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::secret::Secret;
use crate::terminal::TerminalKey;

const RSA_ENCRYPTION: Oid<'static> = Oid::new(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]);
const EC_PUBLIC_KEY: Oid<'static> = Oid::new(&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);

/// `parameters [0]` of ECPrivateKey
const PARAMETERS: u32 = 0xA0;

/// Why a file holds no key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Another form, or an unknown kind of key.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The key is encrypted, or the PEM block is something else.
    #[error("no PKCS#8 private key in the clear")]
    OtherBlock,
}

impl From<Malformed> for Fault {
    fn from(fault: Malformed) -> Self {
        Self::Key(fault.into())
    }
}

/// A private key that was read from a file.
pub struct Key {
    material: Material,
}

enum Material {
    Ec(curve::PrivateKey),
    Rsa(Box<rsa::PrivateKey>),
}

impl Key {
    /// Reads a file: DER, or the first block of PEM that is not the parameters of a curve, which
    /// `openssl ecparam -genkey` writes in front of the key.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn decode(file: &[u8]) -> Result<Self, Fault> {
        if file.first() == Some(&0x30) {
            return Self::from_der(file);
        }
        let block = Pem::iter_from_buffer(file)
            .filter_map(Result::ok)
            .find(|block| block.label != "EC PARAMETERS")
            .ok_or(Fault::OtherBlock)?;
        let contents = Zeroizing::new(block.contents);
        match block.label.as_str() {
            "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => Self::from_der(&contents),
            _ => Err(Fault::OtherBlock),
        }
    }

    /// ```text
    /// OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier,
    ///                                 privateKey OCTET STRING, … }
    /// ECPrivateKey     ::= SEQUENCE { version INTEGER, privateKey OCTET STRING,
    ///                                 parameters [0] ECParameters OPTIONAL, … }
    /// RSAPrivateKey    ::= SEQUENCE { version INTEGER, modulus INTEGER, … }
    /// ```
    fn from_der(der: &[u8]) -> Result<Self, Fault> {
        let mut outer = Reader::new(der);
        let sequence = outer.expect(tag::SEQUENCE, "PKCS#8 private key")?;
        outer.finish("PKCS#8 private key")?;
        let mut inside = sequence.inside()?;
        if inside.peek() == Some(tag::SEQUENCE) {
            // EncryptedPrivateKeyInfo has no version.
            return Err(Fault::OtherBlock);
        }
        inside.expect(tag::INTEGER, "PKCS#8 version")?;
        match inside.peek() {
            Some(tag::INTEGER) => {
                let material = Material::Rsa(Box::new(rsa_key(&sequence)?));
                return Ok(Self { material });
            }
            Some(tag::OCTET_STRING) => {
                inside.element("ECPrivateKey")?;
                let mut parameters = inside.expect(PARAMETERS, "ECPrivateKey")?.inside()?;
                let parameters = parameters.element("ECParameters")?;
                let material = Material::Ec(ec_key(&sequence, parameters)?);
                return Ok(Self { material });
            }
            _ => {}
        }
        let mut algorithm = inside.expect(tag::SEQUENCE, "PKCS#8 algorithm")?.inside()?;
        let oid = Oid::new(algorithm.expect(tag::OID, "PKCS#8 algorithm")?.value);
        let key = inside.expect(tag::OCTET_STRING, "PKCS#8 private key")?;
        let mut inner = Reader::new(key.value);
        let content = inner.expect(tag::SEQUENCE, "private key")?;
        inner.finish("private key")?;
        let material = match oid {
            RSA_ENCRYPTION => Material::Rsa(Box::new(rsa_key(&content)?)),
            EC_PUBLIC_KEY => {
                let parameters = algorithm.element("ECParameters")?;
                Material::Ec(ec_key(&content, parameters)?)
            }
            other => return Err(KeyFault::Unsupported(format!("key algorithm {other}")).into()),
        };
        Ok(Self { material })
    }
}

impl Key {
    /// The key made ready to sign much with ECDSA and SHA-256, where there is a faster way to.
    pub fn ready(&self) -> Option<curve::ReadyKey> {
        match &self.material {
            Material::Ec(key) => key.ready(),
            Material::Rsa(_) => None,
        }
    }
}

/// `RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, dP, dQ, qInv }` (RFC 8017 §A.1.2)
fn rsa_key(content: &Element<'_>) -> Result<rsa::PrivateKey, Fault> {
    let mut inside = content.inside()?;
    let version = inside.expect(tag::INTEGER, "RSAPrivateKey version")?;
    if version.small_integer()? != 0 {
        return Err(KeyFault::Unsupported("RSA key of several primes".to_owned()).into());
    }
    let mut number = || inside.expect(tag::INTEGER, "RSAPrivateKey")?.magnitude();
    let (n, e, d) = (number()?, number()?, number()?);
    let primes = [number()?, number()?];
    Ok(rsa::PrivateKey::new(n, e, d, primes)?)
}

/// `ECPrivateKey ::= SEQUENCE { version, privateKey OCTET STRING, … }` (RFC 5915 §3)
fn ec_key(content: &Element<'_>, parameters: Element<'_>) -> Result<curve::PrivateKey, Fault> {
    let curve = algorithm::ec_curve(parameters)?;
    let mut inside = content.inside()?;
    inside.expect(tag::INTEGER, "ECPrivateKey version")?;
    let octets = inside.expect(tag::OCTET_STRING, "ECPrivateKey")?;
    let malformed = Malformed::new("ECPrivateKey", octets.offset);
    // As long as the order, but encoders forget zeros or add them.
    let number = trim_zeros(octets.value);
    let zeros = curve
        .order_len()
        .checked_sub(number.len())
        .ok_or(malformed)?;
    let mut scalar = Vec::with_capacity(curve.order_len());
    scalar.resize(zeros, 0);
    scalar.extend_from_slice(number);
    Ok(curve.private_key(Secret::new(scalar))?)
}

impl TerminalKey for Key {
    fn public(&self) -> Option<PublicKey> {
        Some(match &self.material {
            Material::Ec(key) => PublicKey::Ec(key.public()),
            Material::Rsa(key) => PublicKey::Rsa(key.public()),
        })
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, error::Error> {
        let signature = match (&self.material, scheme) {
            (Material::Ec(key), Scheme::EcdsaPlain(hash)) => key.sign(hash, message)?,
            (Material::Rsa(key), Scheme::RsaPkcs1(hash)) => key.sign_pkcs1(hash, message)?,
            (
                Material::Rsa(key),
                Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                },
            ) if hash == mgf => {
                let mut salt = vec![0; salt_len];
                System.fill(&mut salt)?;
                key.sign_pss(hash, &salt, message)?
            }
            _ => {
                return Err(SetupError::TerminalUnusable {
                    why: "the key is of another kind than the certificate".to_owned(),
                }
                .into());
            }
        };
        Ok(signature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(file)")
    }
}
