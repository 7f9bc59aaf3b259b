//! The pseudo-random function of the integrated mapping (Doc 9303-11 §4.4.3.3.2).

use zeroize::Zeroizing;

use crate::crypto::cipher::Cipher;
use crate::crypto::cipher::Key;
use crate::error::Malformed;
use crate::secret::Secret;

/// How much longer than the field the pseudo-random number is, in bits, so that reducing it leaves
/// no bias.
const SURPLUS_BITS: usize = 64;

/// The constants c0 and c1 for nonces of 128 bits.
const CONSTANTS_128: [[u8; 16]; 2] = [
    [
        0xA6, 0x68, 0x89, 0x2A, 0x7C, 0x41, 0xE3, 0xCA, 0x73, 0x9F, 0x40, 0xB0, 0x57, 0xD8, 0x59,
        0x04,
    ],
    [
        0xA4, 0xE1, 0x36, 0xAC, 0x72, 0x5F, 0x73, 0x8B, 0x01, 0xC1, 0xF6, 0x02, 0x17, 0xC1, 0x88,
        0xAD,
    ],
];

/// The constants c0 and c1 for nonces of 256 bits.
const CONSTANTS_256: [[u8; 32]; 2] = [
    [
        0xD4, 0x63, 0xD6, 0x52, 0x34, 0x12, 0x4E, 0xF7, 0x89, 0x70, 0x54, 0x98, 0x6D, 0xCA, 0x0A,
        0x17, 0x4E, 0x28, 0xDF, 0x75, 0x8C, 0xBA, 0xA0, 0x3F, 0x24, 0x06, 0x16, 0x41, 0x4D, 0x5A,
        0x16, 0x76,
    ],
    [
        0x54, 0xBD, 0x72, 0x55, 0xF0, 0xAA, 0xF8, 0x31, 0xBE, 0xC3, 0x42, 0x3F, 0xCF, 0x39, 0xD6,
        0x9B, 0x6C, 0xBF, 0x06, 0x66, 0x77, 0xD0, 0xFA, 0xAE, 0x5A, 0xAD, 0xD9, 0x9D, 0xF8, 0xE5,
        0x35, 0x17,
    ],
];

/// R(s, t): a number at least 64 bits longer than a field whose prime has so many bits.
///
/// The chip's nonce `s` is 128 bits long for 3DES and AES-128 and 256 bits for AES-192 and
/// AES-256; the terminal's nonce `t` is as long as a key. Keys on the way are the first bits of
/// what was encrypted, taken as they are: the parity of a 3DES key is not adjusted.
pub(in crate::crypto) fn pseudo_random(
    cipher: Cipher,
    s: &Secret,
    t: &[u8],
    field_bits: usize,
) -> Result<Secret, Malformed> {
    let [c0, c1]: [&[u8]; 2] = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => CONSTANTS_128.each_ref().map(|c| c.as_slice()),
        Cipher::Aes192 | Cipher::Aes256 => CONSTANTS_256.each_ref().map(|c| c.as_slice()),
    };
    if s.len() != c0.len() {
        return Err(Malformed::new("nonce of the chip", 0));
    }
    let blocks = (field_bits + SURPLUS_BITS).div_ceil(c0.len() * 8);
    let mut key = Key::new(cipher, Secret::copy_of(t))
        .map_err(|_| Malformed::new("nonce of the terminal", 0))?;
    key = next(&key, s.expose())?;
    // Room for all of it, so that nothing moves and leaves a copy behind.
    let mut number = Vec::with_capacity(blocks * c0.len());
    for _ in 0..blocks {
        number.extend_from_slice(&Zeroizing::new(key.encrypt(&[], c1)?));
        key = next(&key, c0)?;
    }
    Ok(Secret::new(number))
}

/// The key that an encryption gives.
fn next(key: &Key, data: &[u8]) -> Result<Key, Malformed> {
    let encrypted = Zeroizing::new(key.encrypt(&[], data)?);
    let octets = encrypted
        .get(..key.cipher().key_len())
        .ok_or(Malformed::new("cipher key", 0))?;
    Key::new(key.cipher(), Secret::copy_of(octets))
}
