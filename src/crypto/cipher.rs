//! Block ciphers in CBC mode (Doc 9303-11 §9.8.6.1, §9.8.7.1), and the padding that goes
//! with them.

use cbc::cipher::BlockModeDecrypt;
use cbc::cipher::BlockModeEncrypt;
use cbc::cipher::KeyIvInit;
use cbc::cipher::block_padding::NoPadding;
use des::TdesEde2;

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
        match self {
            Self::TripleDes => 8,
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
        }
    }

    /// Length of a key, in bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Name as people write it: `3DES`, `AES-128`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3DES",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
        }
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
        if secret.len() == cipher.key_len() {
            Ok(Self { cipher, secret })
        } else {
            Err(Malformed::new("cipher key", 0))
        }
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
        let key = self.expose();
        match self.cipher {
            Cipher::TripleDes => encrypt::<cbc::Encryptor<TdesEde2>>(key, iv, data),
            Cipher::Aes128 => encrypt::<cbc::Encryptor<aes::Aes128>>(key, iv, data),
            Cipher::Aes192 => encrypt::<cbc::Encryptor<aes::Aes192>>(key, iv, data),
            Cipher::Aes256 => encrypt::<cbc::Encryptor<aes::Aes256>>(key, iv, data),
        }
    }

    /// Decrypts whole blocks in CBC mode. `iv` is one block; an empty slice means zeros.
    ///
    /// # Errors
    /// [`Malformed`] when the data is no whole number of blocks or `iv` has another length.
    pub fn decrypt(&self, iv: &[u8], data: &[u8]) -> Result<Vec<u8>, Malformed> {
        let key = self.expose();
        match self.cipher {
            Cipher::TripleDes => decrypt::<cbc::Decryptor<TdesEde2>>(key, iv, data),
            Cipher::Aes128 => decrypt::<cbc::Decryptor<aes::Aes128>>(key, iv, data),
            Cipher::Aes192 => decrypt::<cbc::Decryptor<aes::Aes192>>(key, iv, data),
            Cipher::Aes256 => decrypt::<cbc::Decryptor<aes::Aes256>>(key, iv, data),
        }
    }
}

fn encrypt<M: BlockModeEncrypt + KeyIvInit>(
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let mut buffer = data.to_vec();
    mode::<M>(key, iv)?
        .encrypt_padded::<NoPadding>(&mut buffer, data.len())
        .map_err(|_| Malformed::new("whole cipher blocks", data.len()))?;
    Ok(buffer)
}

fn decrypt<M: BlockModeDecrypt + KeyIvInit>(
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let mut buffer = data.to_vec();
    mode::<M>(key, iv)?
        .decrypt_padded::<NoPadding>(&mut buffer)
        .map_err(|_| Malformed::new("whole cipher blocks", data.len()))?;
    Ok(buffer)
}

/// Sets a mode up; an empty initialisation vector means zeros.
fn mode<M: KeyIvInit>(key: &[u8], iv: &[u8]) -> Result<M, Malformed> {
    let zeros = [0; 16];
    let iv = if iv.is_empty() {
        zeros.get(..M::iv_size()).unwrap_or_default()
    } else {
        iv
    };
    M::new_from_slices(key, iv).map_err(|_| Malformed::new("initialisation vector", 0))
}

/// Pads to whole blocks: 80, then zeros (ISO/IEC 9797-1 padding method 2).
pub fn pad(data: &[u8], block_len: usize) -> Vec<u8> {
    let blocks = data.len() / block_len + 1;
    let mut padded = Vec::with_capacity(blocks * block_len);
    padded.extend_from_slice(data);
    padded.push(0x80);
    padded.resize(blocks * block_len, 0);
    padded
}

/// Takes that padding off.
///
/// # Errors
/// [`Malformed`] when it is not there.
pub fn unpad(padded: &[u8]) -> Result<&[u8], Malformed> {
    let zeros = padded.iter().rev().take_while(|octet| **octet == 0).count();
    let marked = padded.len() - zeros;
    padded
        .get(..marked)
        .and_then(|rest| rest.strip_suffix(&[0x80]))
        .ok_or(Malformed::new("padding", marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(cipher: Cipher) -> Key {
        let bytes = (1..).take(cipher.key_len()).collect();
        Key::new(cipher, Secret::new(bytes)).unwrap()
    }

    const ALL: [Cipher; 4] = [
        Cipher::TripleDes,
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
    ];

    #[test]
    fn every_cipher_undoes_itself() {
        for cipher in ALL {
            let data = pad(b"a text of some length", cipher.block_len());
            let iv = vec![7; cipher.block_len()];
            let encrypted = key(cipher).encrypt(&iv, &data).unwrap();
            assert_ne!(encrypted, data);
            assert_eq!(key(cipher).decrypt(&iv, &encrypted).unwrap(), data);
        }
    }

    #[test]
    fn an_empty_vector_means_zeros() {
        for cipher in ALL {
            let data = vec![1; cipher.block_len() * 2];
            let zeros = vec![0; cipher.block_len()];
            assert_eq!(
                key(cipher).encrypt(&[], &data).unwrap(),
                key(cipher).encrypt(&zeros, &data).unwrap()
            );
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        for cipher in ALL {
            let block = cipher.block_len();
            assert!(key(cipher).encrypt(&[], &vec![0; block + 1]).is_err());
            assert!(key(cipher).decrypt(&[], &vec![0; block - 1]).is_err());
            assert!(key(cipher).encrypt(&vec![0; block + 1], &[]).is_err());
            assert!(Key::new(cipher, Secret::new(vec![0; cipher.key_len() - 1])).is_err());
        }
    }

    #[test]
    fn padding_comes_off_as_it_went_on() {
        for length in 0..40 {
            let data = vec![0x80; length];
            for block in [8, 16] {
                let padded = pad(&data, block);
                assert_eq!(padded.len() % block, 0);
                assert!(padded.len() > length && padded.len() <= length + block);
                assert_eq!(unpad(&padded).unwrap(), data);
            }
        }
        assert!(unpad(&[]).is_err());
        assert!(unpad(&[0; 8]).is_err());
        assert!(unpad(&[1, 2, 3, 0]).is_err());
    }
}
