//! RSA (RFC 8017): public operations for verification, private ones for test material.

mod encoding;

use std::sync::Arc;
use std::sync::OnceLock;

use ::rsa::BoxedUint;
use ::rsa::Pkcs1v15Sign;
use ::rsa::RsaPrivateKey;
use ::rsa::RsaPublicKey;
use ::rsa::hazmat::rsa_decrypt_and_check;
use ::rsa::hazmat::rsa_encrypt;
use ::rsa::traits::PublicKeyParts;
use ::rsa::traits::SignatureScheme;
use getrandom::SysRng;
use sha1::Sha1;
use sha2::Sha224;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;

use crate::bytes::tlv::trim_zeros;
use crate::crypto::engine;
use crate::crypto::hash::Hash;
use crate::error::Malformed;

pub(in crate::crypto) use encoding::Inconsistent;

/// Shortest modulus accepted, in bits: the shortest that Doc 9303-11 §6.1 knows for active
/// authentication. What is strong enough is for the caller to judge.
const MIN_BITS: usize = 1024;

/// Longest modulus accepted, in bits. Country certificates with 6144 exist; more only costs time.
const MAX_BITS: usize = 8192;

/// Longest public exponent accepted, in bytes, for the same reason. Real ones are 3, 38129, 65537.
const MAX_EXPONENT: usize = 8;

/// A public key of 1024 to 8192 bits. A copy shares what was made ready for verifying.
#[derive(Clone)]
pub struct PublicKey(Arc<Parts>);

struct Parts {
    /// Without leading zeros, as is the exponent
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    /// Length of the modulus, in bits
    bits: usize,
    /// The crate's form, which takes a division by the modulus: made when it is needed
    key: OnceLock<RsaPublicKey>,
    /// The engine's form, likewise
    engine: engine::RsaKey,
}

impl PublicKey {
    /// Takes modulus and public exponent as unsigned big-endian numbers.
    ///
    /// # Errors
    /// [`Malformed`] when they cannot be an RSA key, or are out of bounds.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, Malformed> {
        let modulus = trim_zeros(modulus);
        let exponent = trim_zeros(exponent);
        let malformed = Malformed::new("RSA public key", 0);
        let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if modulus.len() > MAX_BITS / 8 || exponent.len() > MAX_EXPONENT {
            return Err(malformed);
        }
        if !odd(modulus) || !odd(exponent) || exponent == [1] {
            return Err(malformed);
        }
        let unused = modulus.first().map_or(0, |first| first.leading_zeros());
        let bits = usize::try_from(unused)
            .ok()
            .and_then(|unused| (8 * modulus.len()).checked_sub(unused))
            .filter(|bits| *bits >= MIN_BITS)
            .ok_or(malformed)?;
        Ok(Self(Arc::new(Parts {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
            bits,
            key: OnceLock::new(),
            engine: engine::RsaKey::default(),
        })))
    }

    /// Length of the modulus, in bits.
    pub fn bits(&self) -> usize {
        self.0.bits
    }

    /// Modulus, unsigned big-endian without leading zeros.
    pub fn modulus(&self) -> &[u8] {
        &self.0.modulus
    }

    /// Public exponent, unsigned big-endian without leading zeros.
    pub fn exponent(&self) -> &[u8] {
        &self.0.exponent
    }

    /// The public operation, left-padded to the modulus length (RSAVP1).
    ///
    /// # Errors
    /// [`Malformed`] when the number is not below the modulus.
    pub fn raw(&self, signature: &[u8]) -> Result<Vec<u8>, Malformed> {
        let key = self.key();
        let number = representative(key, signature)?;
        let result = rsa_encrypt(key, &number).map_err(|_| OPERATION)?;
        Ok(octets(&result, self.modulus_len()))
    }
}

impl PublicKey {
    /// Length of the modulus, in bytes, and of every signature.
    pub fn modulus_len(&self) -> usize {
        self.0.modulus.len()
    }

    /// What the engine keeps of this key.
    pub(in crate::crypto) fn engine(&self) -> &engine::RsaKey {
        &self.0.engine
    }

    fn key(&self) -> &RsaPublicKey {
        self.0.key.get_or_init(|| {
            // The modulus is odd; the crate's own bounds would refuse exponents of 34 bits and more.
            RsaPublicKey::new_unchecked(
                BoxedUint::from_be_slice_vartime(&self.0.modulus),
                BoxedUint::from_be_slice_vartime(&self.0.exponent),
            )
        })
    }

    /// RSASSA-PKCS1-V1_5-VERIFY (RFC 8017 §8.2.2) over a digest.
    pub(in crate::crypto) fn verify_pkcs1(
        &self,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Inconsistent> {
        self.key()
            .verify(pkcs1(hash), digest, signature)
            .map_err(|_| Inconsistent)
    }

    /// RSASSA-PSS-VERIFY (RFC 8017 §8.1.2) over a digest.
    pub(in crate::crypto) fn verify_pss(
        &self,
        hash: Hash,
        mgf: Hash,
        salt_len: usize,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Inconsistent> {
        let encoded = self.raw(signature).map_err(|_| Inconsistent)?;
        encoding::pss_verify(hash, mgf, salt_len, digest, &encoded, self.bits())
    }
}

/// The private or public operation failed within.
const OPERATION: Malformed = Malformed::new("RSA operation", 0);

/// The number that octets stand for, if it is below the modulus (RFC 8017 §5.2).
fn representative(key: &impl PublicKeyParts, octets: &[u8]) -> Result<BoxedUint, Malformed> {
    let malformed = Malformed::new("number below the modulus", 0);
    let number = BoxedUint::from_be_slice(trim_zeros(octets), key.n_bits_precision())
        .map_err(|_| malformed)?;
    if number < *key.n().as_ref() {
        Ok(number)
    } else {
        Err(malformed)
    }
}

/// A number as octets of a length that it fits.
fn octets(number: &BoxedUint, length: usize) -> Vec<u8> {
    let all = number.to_be_bytes();
    let number = trim_zeros(&all);
    let mut out = vec![0; length.saturating_sub(number.len())];
    out.extend_from_slice(number);
    out
}

/// The crate's PKCS#1 v1.5 for a hash function: DigestInfo with NULL as parameters (RFC 8017 §9.2).
fn pkcs1(hash: Hash) -> Pkcs1v15Sign {
    match hash {
        Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        Hash::Sha224 => Pkcs1v15Sign::new::<Sha224>(),
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.modulus() == other.modulus() && self.exponent() == other.exponent()
    }
}

impl Eq for PublicKey {}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RSA-{}", self.bits())
    }
}

/// A private key, for test material. Wiped when dropped.
pub struct PrivateKey {
    key: RsaPrivateKey,
}

impl PrivateKey {
    /// Takes modulus, public and private exponent and both primes as unsigned big-endian numbers.
    ///
    /// # Errors
    /// [`Malformed`] when they do not belong together.
    pub fn new(n: &[u8], e: &[u8], d: &[u8], primes: [&[u8]; 2]) -> Result<Self, Malformed> {
        let number = |octets: &[u8]| BoxedUint::from_be_slice_vartime(trim_zeros(octets));
        // Bounds first.
        PublicKey::new(n, e)?;
        let primes = primes.map(number).to_vec();
        RsaPrivateKey::from_components_with_large_exponent(number(n), number(e), number(d), primes)
            .map(|key| Self { key })
            .map_err(|_| Malformed::new("RSA private key", 0))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        let key = self.key.to_public_key();
        PublicKey(Arc::new(Parts {
            modulus: key.n_bytes().into_vec(),
            exponent: key.e_bytes().into_vec(),
            bits: usize::try_from(key.n().bits_vartime()).unwrap_or(usize::MAX),
            key: key.into(),
            engine: engine::RsaKey::default(),
        }))
    }

    /// The private operation, left-padded to the modulus length (RSASP1).
    ///
    /// # Errors
    /// [`Malformed`] when the number is not below the modulus.
    pub fn raw(&self, representative: &[u8]) -> Result<Vec<u8>, Malformed> {
        let number = self::representative(&self.key, representative)?;
        let result =
            rsa_decrypt_and_check(&self.key, Some(&mut SysRng), &number).map_err(|_| OPERATION)?;
        Ok(octets(&result, self.key.size()))
    }

    /// Signs with PKCS#1 v1.5.
    ///
    /// # Errors
    /// [`Malformed`] when the key is too short.
    pub fn sign_pkcs1(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        pkcs1(hash)
            .sign(Some(&mut SysRng), &self.key, &hash.digest(&[message]))
            .map_err(|_| Malformed::new("modulus long enough for the hash", 0))
    }

    /// Signs with PSS over the salt that is given, MGF1 with the same hash.
    ///
    /// # Errors
    /// [`Malformed`] when the key is too short.
    pub fn sign_pss(&self, hash: Hash, salt: &[u8], message: &[u8]) -> Result<Vec<u8>, Malformed> {
        let digest = hash.digest(&[message]);
        let encoded = encoding::pss_encode(hash, &digest, salt, self.public().bits())
            .ok_or(Malformed::new("modulus long enough for hash and salt", 0))?;
        self.raw(&encoded)
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(RSA)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::vectors;

    const MODULUS: [u8; 128] = [0xFF; 128];

    #[test]
    fn keys_out_of_bounds_are_refused() {
        assert!(PublicKey::new(&MODULUS, &[3]).is_ok());
        assert!(PublicKey::new(&[&[0, 0], &MODULUS[..]].concat(), &[0, 3]).is_ok());
        assert!(PublicKey::new(&MODULUS, &[0xFF; 8]).is_ok());
        let mut even = MODULUS;
        even[127] = 0xFE;
        let mut short = MODULUS;
        short[0] = 0x7F;
        for (modulus, exponent) in [
            (&MODULUS[..], &[][..]),
            (&MODULUS, &[0]),
            (&MODULUS, &[1]),
            (&MODULUS, &[4]),
            (&MODULUS, &[0xFF; 9]),
            (&even, &[3]),
            (&short, &[3]),
            (&[0xFF; 1025], &[3]),
            (&[], &[3]),
            (&[0], &[3]),
        ] {
            assert!(PublicKey::new(modulus, exponent).is_err());
        }
        let key = PublicKey::new(&[0xFF; 1024], &[1, 0, 1]).unwrap();
        assert_eq!((key.bits(), key.modulus_len()), (8192, 1024));
        assert_eq!(key.modulus(), [0xFF; 1024]);
        assert_eq!(key.exponent(), [1, 0, 1]);
        assert_eq!(format!("{key:?}"), "RSA-8192");
    }

    #[test]
    fn numbers_not_below_the_modulus_are_refused() {
        let key = PublicKey::new(&MODULUS, &[3]).unwrap();
        assert!(key.raw(&MODULUS).is_err());
        assert!(key.raw(&[1; 129]).is_err());
        assert_eq!(key.raw(&[2]).unwrap(), [&[0; 127], &[8][..]].concat());
        assert_eq!(key.raw(&[]).unwrap(), [0; 128]);
    }

    #[test]
    fn signatures_with_the_private_key() {
        let file = vectors::parse(include_str!("../../tests/vectors/rsa_openssl.toml"));
        let message = vectors::hex(&file, "message");
        let entry = vectors::tables(&file, "key")
            .find(|entry| entry.contains_key("private"))
            .unwrap();
        let key = vectors::rsa_private_key(entry);
        assert_eq!(key.public(), vectors::rsa_public_key(entry));
        for signed in vectors::tables(entry, "pkcs1") {
            let hash = vectors::hash(vectors::text(signed, "hash"));
            let signature = key.sign_pkcs1(hash, &message).unwrap();
            assert_eq!(signature, vectors::hex(signed, "signature"));
        }
        for (hash, salt) in [(Hash::Sha1, &[][..]), (Hash::Sha256, &[7; 32])] {
            let signature = key.sign_pss(hash, salt, &message).unwrap();
            let digest = hash.digest(&[&message]);
            let verify = |salt_len| {
                key.public()
                    .verify_pss(hash, hash, salt_len, &digest, &signature)
            };
            assert_eq!(verify(salt.len()), Ok(()));
            assert_eq!(verify(salt.len() + 1), Err(Inconsistent));
        }
        assert!(key.sign_pss(Hash::Sha512, &[0; 191], &message).is_err());
        assert!(key.sign_pss(Hash::Sha512, &[0; 190], &message).is_ok());
        let raw = key.raw(&[9]).unwrap();
        assert_eq!(key.public().raw(&raw).unwrap().last(), Some(&9));
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let file = vectors::parse(include_str!("../../tests/vectors/active_auth_rsa.toml"));
        let table = vectors::table(&file, "own_key");
        let part = |name| vectors::hex(table, name);
        let (n, e) = (part("modulus"), part("public_exponent"));
        let (d, p, q) = (part("private_exponent"), part("prime_1"), part("prime_2"));
        assert!(PrivateKey::new(&n, &e, &d, [&p, &q]).is_ok());
        assert!(PrivateKey::new(&n, &[3], &d, [&p, &q]).is_err());
        assert!(PrivateKey::new(&n, &e, &p, [&p, &q]).is_err());
        assert!(PrivateKey::new(&n, &e, &d, [&p, &p]).is_err());
        assert!(PrivateKey::new(&n, &e, &d, [&[], &[]]).is_err());
        assert!(PrivateKey::new(&n, &e, &d, [&[1], &n]).is_err());
    }
}
