//! The key derivation function (Doc 9303-11 §9.7.1).

use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;

/// What a derived key is for; the number is the counter in the derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Encryption, 1
    Encryption,
    /// Message authentication, 2
    Authentication,
    /// Encrypting the PACE nonce from a password, 3
    Password,
}

/// Derives a key: SHA-1 for 3DES (with parity adjusted) and AES-128, SHA-256 for the longer ones.
pub fn derive(cipher: Cipher, shared: &[u8], purpose: Purpose) -> Key {
    todo!()
}
