//! Verifying a signature under a public key, whatever its kind.

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
        todo!()
    }
}

impl PublicKey {
    /// Verifies a signature over the message parts in a row.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn verify(&self, scheme: Scheme, message: &[&[u8]], signature: &[u8]) -> Result<(), Fault> {
        todo!()
    }

    /// What the key is, such as `brainpoolP384r1` or `RSA-2048`.
    pub fn name(&self) -> String {
        todo!()
    }
}
