//! Block ciphers in CBC mode (Doc 9303-11 §9.8.6), and the padding that goes with them.

use crate::error::Malformed;
use crate::secret::Secret;

/// A block cipher that documents use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cipher {
    /// Two-key triple DES
    TripleDes,
    /// AES with 128-bit keys
    Aes128,
    /// AES with 192-bit keys
    Aes192,
    /// AES with 256-bit keys
    Aes256,
}

impl Cipher {
    /// Length of a block, in bytes.
    pub const fn block_len(self) -> usize {
        todo!()
    }

    /// Length of a key, in bytes.
    pub const fn key_len(self) -> usize {
        todo!()
    }

    /// Name as people write it: `3DES`, `AES-128`.
    pub const fn name(self) -> &'static str {
        todo!()
    }
}

/// A key and the cipher it belongs to. Wiped when dropped; never printed.
#[derive(Debug)]
pub struct Key {
    cipher: Cipher,
    secret: Secret,
}

impl Key {
    /// Takes a key of the cipher's length.
    ///
    /// # Errors
    /// [`Malformed`] when the length is another.
    pub fn new(cipher: Cipher, secret: Secret) -> Result<Self, Malformed> {
        todo!()
    }

    /// The cipher.
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The key bytes, for the message authentication code.
    pub(in crate::crypto) fn expose(&self) -> &[u8] {
        self.secret.expose()
    }

    /// Encrypts whole blocks in CBC mode. `iv` is one block; an empty slice means zeros.
    ///
    /// # Errors
    /// [`Malformed`] when the data is no whole number of blocks or `iv` has another length.
    pub fn encrypt(&self, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }

    /// Decrypts whole blocks in CBC mode. `iv` is one block; an empty slice means zeros.
    ///
    /// # Errors
    /// [`Malformed`] when the data is no whole number of blocks or `iv` has another length.
    pub fn decrypt(&self, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, Malformed> {
        todo!()
    }
}

/// Pads to whole blocks: 80, then zeros (ISO/IEC 9797-1 padding method 2).
pub fn pad(data: &[u8], block_len: usize) -> Vec<u8> {
    todo!()
}

/// Takes that padding off.
///
/// # Errors
/// [`Malformed`] when it is not there.
pub fn unpad(padded: &[u8]) -> Result<&[u8], Malformed> {
    todo!()
}
