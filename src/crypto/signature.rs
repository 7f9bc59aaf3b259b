//! Verifying a signature under a public key, whatever its kind.

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Fault as CurveFault;
use crate::crypto::curve::Point;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;

/// How a signature is made, with all parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017 §8.1)
    RsaPss {
        /// Hash of the message
        hash: Hash,
        /// Hash inside MGF1
        mgf: Hash,
        /// Length of the salt, in bytes
        salt_len: usize,
    },
    /// ECDSA with a DER signature (BSI TR-03111 §5.2.2)
    Ecdsa(Hash),
    /// ECDSA with r and s in a row, each as long as the order (TR-03111 §5.2.1)
    EcdsaPlain(Hash),
}

/// A public key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA
    Rsa(rsa::PublicKey),
    /// A point on a known curve
    Ec(Point),
}

/// What was wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The key is of another kind than the scheme.
    KeyKind,
    /// The signature does not have the scheme's form.
    Form,
    /// The signature is well formed and wrong.
    Wrong,
}

impl Scheme {
    /// The hash of the message.
    pub const fn hash(&self) -> Hash {
        match self {
            Self::RsaPkcs1(hash)
            | Self::RsaPss { hash, .. }
            | Self::Ecdsa(hash)
            | Self::EcdsaPlain(hash) => *hash,
        }
    }

    /// Name as people write it, such as `ECDSA with SHA-384`.
    pub fn name(&self) -> String {
        match self {
            Self::RsaPkcs1(hash) => format!("RSA PKCS#1 v1.5 with {}", hash.name()),
            Self::RsaPss { hash, mgf, .. } if hash == mgf => {
                format!("RSA-PSS with {}", hash.name())
            }
            Self::RsaPss { hash, mgf, .. } => {
                format!("RSA-PSS with {} and MGF1 over {}", hash.name(), mgf.name())
            }
            Self::Ecdsa(hash) => format!("ECDSA with {}", hash.name()),
            Self::EcdsaPlain(hash) => format!("plain ECDSA with {}", hash.name()),
        }
    }
}

impl PublicKey {
    /// Verifies a signature over the message parts in a row.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn verify(&self, scheme: Scheme, message: &[&[u8]], signature: &[u8]) -> Result<(), Fault> {
        let digest = scheme.hash().digest(message);
        match (self, scheme) {
            (Self::Rsa(key), Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. })
                if signature.len() != key.modulus_len() =>
            {
                Err(Fault::Form)
            }
            (Self::Rsa(key), Scheme::RsaPkcs1(hash)) => key
                .verify_pkcs1(hash, &digest, signature)
                .map_err(|_| Fault::Wrong),
            (
                Self::Rsa(key),
                Scheme::RsaPss {
                    hash,
                    mgf,
                    salt_len,
                },
            ) => key
                .verify_pss(hash, mgf, salt_len, &digest, signature)
                .map_err(|_| Fault::Wrong),
            (Self::Ec(key), Scheme::Ecdsa(_)) => {
                let r_and_s = from_der(signature, key.curve().order_len()).ok_or(Fault::Form)?;
                verify_ecdsa(key, &digest, &r_and_s)
            }
            (Self::Ec(key), Scheme::EcdsaPlain(_)) => verify_ecdsa(key, &digest, signature),
            (Self::Rsa(_), Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_))
            | (Self::Ec(_), Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. }) => Err(Fault::KeyKind),
        }
    }

    /// What the key is, such as `brainpoolP384r1` or `RSA-2048`.
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA-{}", key.bits()),
            Self::Ec(key) => key.curve().name().to_owned(),
        }
    }
}

fn verify_ecdsa(key: &Point, digest: &[u8], r_and_s: &[u8]) -> Result<(), Fault> {
    key.verify(digest, r_and_s).map_err(|fault| match fault {
        CurveFault::Range => Fault::Form,
        CurveFault::Equation => Fault::Wrong,
    })
}

/// Takes `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` apart into r and s, each as long as
/// the order. Exactly the DER encoding (X.690 §10.1, §8.3.2), so no signature has a second form.
fn from_der(signature: &[u8], order_len: usize) -> Option<Vec<u8>> {
    let mut reader = Reader::new(signature);
    let mut inside = reader
        .expect(tag::SEQUENCE, "ECDSA signature")
        .and_then(|sequence| sequence.inside())
        .ok()?;
    reader.finish("ECDSA signature").ok()?;
    let r = inside.expect(tag::INTEGER, "r").ok()?.magnitude().ok()?;
    let s = inside.expect(tag::INTEGER, "s").ok()?.magnitude().ok()?;
    inside.finish("ECDSA signature").ok()?;
    if to_der(r, s) != signature {
        return None;
    }
    let mut out = Vec::with_capacity(2 * order_len);
    for number in [r, s] {
        out.resize(out.len() + order_len.checked_sub(number.len())?, 0);
        out.extend_from_slice(number);
    }
    Some(out)
}

fn to_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    encode(tag::SEQUENCE, &[&encode_integer(r), &encode_integer(s)])
}

/// Puts r and s in a row, as [`crate::crypto::curve::PrivateKey::sign`] gives them, into the DER form
/// (TR-03111 §5.2.2).
pub fn der_from_plain(r_and_s: &[u8]) -> Vec<u8> {
    let (r, s) = r_and_s
        .split_at_checked(r_and_s.len() / 2)
        .unwrap_or_default();
    to_der(r, s)
}
