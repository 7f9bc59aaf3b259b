//! The key derivation function (Doc 9303-11 §9.7.1).

use zeroize::Zeroize;

use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::crypto::hash::Hash;
use crate::secret::Secret;

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
#[expect(clippy::expect_used, reason = "cut to the length of the cipher")]
pub fn derive(cipher: Cipher, shared: &[u8], purpose: Purpose) -> Key {
    let counter: u32 = match purpose {
        Purpose::Encryption => 1,
        Purpose::Authentication => 2,
        Purpose::Password => 3,
    };
    let hash = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => Hash::Sha1,
        Cipher::Aes192 | Cipher::Aes256 => Hash::Sha256,
    };
    let mut bytes = hash.digest(&[shared, &counter.to_be_bytes()]);
    // What is cut off stays in the vector's memory otherwise.
    for beyond in bytes.iter_mut().skip(cipher.key_len()) {
        beyond.zeroize();
    }
    bytes.truncate(cipher.key_len());
    if cipher == Cipher::TripleDes {
        for octet in &mut bytes {
            *octet = odd_parity(*octet);
        }
    }
    Key::new(cipher, Secret::new(bytes)).expect("a key of the cipher's length")
}

/// Sets the lowest bit so that the number of ones is odd (FIPS 46-3).
const fn odd_parity(octet: u8) -> u8 {
    if octet.count_ones().is_multiple_of(2) {
        octet ^ 1
    } else {
        octet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::vectors;

    #[test]
    fn keys_of_the_worked_examples() {
        let file = vectors::parse(include_str!("../../tests/vectors/kdf.toml"));
        let mut seen = 0;
        for entry in vectors::tables(&file, "kdf") {
            let cipher = match vectors::text(entry, "cipher") {
                "3des" => Cipher::TripleDes,
                "aes128" => Cipher::Aes128,
                "aes192" => Cipher::Aes192,
                "aes256" => Cipher::Aes256,
                other => panic!("{other}"),
            };
            let purpose = match vectors::number(entry, "counter") {
                1 => Purpose::Encryption,
                2 => Purpose::Authentication,
                3 => Purpose::Password,
                other => panic!("{other}"),
            };
            let mut shared = vectors::hex(entry, "k");
            if entry.contains_key("nonce") {
                shared.extend(vectors::hex(entry, "nonce"));
            }
            let key = derive(cipher, &shared, purpose);
            assert_eq!(
                key.expose(),
                vectors::hex(entry, "key"),
                "{}",
                vectors::text(entry, "name")
            );
            seen += 1;
        }
        assert!(seen > 30);
    }
}
