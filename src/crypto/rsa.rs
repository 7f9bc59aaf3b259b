//! RSA (RFC 8017): public operations for verification, private ones for test material.

use crate::crypto::hash::Hash;
use crate::error::Malformed;

/// A public key of 1024 to 8192 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: ::rsa::RsaPublicKey,
}

impl PublicKey {
    /// Takes modulus and public exponent as unsigned big-endian numbers.
    ///
    /// # Errors
    /// [`Malformed`] when they cannot be an RSA key, or are out of bounds.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, Malformed> {
        todo!()
    }

    /// Length of the modulus, in bits.
    pub fn bits(&self) -> usize {
        todo!()
    }

    /// Modulus, unsigned big-endian without leading zeros.
    pub fn modulus(&self) -> Vec<u8> {
        todo!()
    }

    /// Public exponent, unsigned big-endian without leading zeros.
    pub fn exponent(&self) -> Vec<u8> {
        todo!()
    }

    /// The public operation, left-padded to the modulus length (RSAVP1).
    ///
    /// # Errors
    /// [`Malformed`] when the number is not below the modulus.
    pub fn raw(&self, signature: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RSA-{}", self.bits())
    }
}

/// A private key, for test material. Wiped when dropped.
pub struct PrivateKey {
    key: ::rsa::RsaPrivateKey,
}

impl PrivateKey {
    /// Takes modulus, public and private exponent and both primes as unsigned big-endian numbers.
    ///
    /// # Errors
    /// [`Malformed`] when they do not belong together.
    pub fn new(n: &[u8], e: &[u8], d: &[u8], primes: [&[u8]; 2]) -> Result<Self, Malformed> {
        todo!()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        todo!()
    }

    /// The private operation, left-padded to the modulus length (RSASP1).
    ///
    /// # Errors
    /// [`Malformed`] when the number is not below the modulus.
    pub fn raw(&self, representative: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }

    /// Signs with PKCS#1 v1.5.
    ///
    /// # Errors
    /// [`Malformed`] when the key is too short.
    pub fn sign_pkcs1(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }

    /// Signs with PSS over the salt that is given, MGF1 with the same hash.
    ///
    /// # Errors
    /// [`Malformed`] when the key is too short.
    pub fn sign_pss(&self, hash: Hash, salt: &[u8], message: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(RSA)")
    }
}
