//! Published test keys. None of them protects anything: elliptic curve keys come from a label
//! that stands in this source, RSA and DSA keys from the files beside it.

use serde::Deserialize;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::encode_integer;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::dsa;
use crate::crypto::random::Random;
use crate::crypto::rsa;
use crate::error::Malformed;
use crate::secret::Secret;
use crate::sim::keys::issuers::Holder;
use crate::sim::seed::Seeded;

pub mod issuers;

/// Tries before a curve is given up; every order is above half of what its bits can say.
const TRIES: usize = 128;

/// The elliptic curve key that belongs to a label.
///
/// # Errors
/// [`Malformed`] when the curve gives none.
pub fn ec(curve: Curve, label: &str) -> Result<PrivateKey, Malformed> {
    curve.private_key(ec_scalar(curve, label)?)
}

/// The number of the elliptic curve key that belongs to a label, as long as the order.
///
/// # Errors
/// [`Malformed`] when the curve gives none.
pub fn ec_scalar(curve: Curve, label: &str) -> Result<Secret, Malformed> {
    let mut random = Seeded::new(&format!("cancuoc test key {label}"));
    // Bits above the order's, where it does not fill its octets.
    let above = u32::try_from(curve.order_len() * 8 - curve.order_bits()).unwrap_or(0);
    for _ in 0..TRIES {
        let mut scalar = vec![0; curve.order_len()];
        random
            .fill(&mut scalar)
            .map_err(|_| Malformed::new("test key", 0))?;
        if let Some(first) = scalar.first_mut() {
            *first &= 0xFF_u8.checked_shr(above).unwrap_or(0);
        }
        if curve.private_key(Secret::copy_of(&scalar)).is_ok() {
            return Ok(Secret::new(scalar));
        }
    }
    Err(Malformed::new("test key", 0))
}

/// The key of a key agreement that belongs to a label.
///
/// # Errors
/// [`Malformed`] when the group gives none.
pub fn agreement(domain: &Domain, label: &str) -> Result<Private, Malformed> {
    domain
        .generate(&mut Seeded::new(&format!("cancuoc test key {label}")))
        .map_err(|_| Malformed::new("test key", 0))
}

/// One of the RSA keys in the files beside this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaKey {
    /// 2048 bits, for active authentication.
    Active,
    /// 2048 bits, for a document signer.
    Signer,
    /// 2048 bits, for terminals and the authorities above them.
    Terminal,
    /// 1024 bits, for active authentication.
    Active1024,
    /// 1280 bits, for active authentication.
    Active1280,
    /// 1536 bits, for active authentication.
    Active1536,
    /// 3072 bits, for active authentication.
    Active3072,
    /// 4096 bits, for active authentication.
    Active4096,
}

impl RsaKey {
    /// Every key.
    pub const ALL: [Self; 8] = [
        Self::Active,
        Self::Signer,
        Self::Terminal,
        Self::Active1024,
        Self::Active1280,
        Self::Active1536,
        Self::Active3072,
        Self::Active4096,
    ];

    /// Length of the modulus, in bits.
    pub const fn bits(self) -> usize {
        match self {
            Self::Active | Self::Signer | Self::Terminal => 2048,
            Self::Active1024 => 1024,
            Self::Active1280 => 1280,
            Self::Active1536 => 1536,
            Self::Active3072 => 3072,
            Self::Active4096 => 4096,
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Active => include_str!("active-rsa-2048.toml"),
            Self::Signer => include_str!("signer-rsa-2048.toml"),
            Self::Terminal => include_str!("terminal-rsa-2048.toml"),
            Self::Active1024 => include_str!("active-rsa-1024.toml"),
            Self::Active1280 => include_str!("active-rsa-1280.toml"),
            Self::Active1536 => include_str!("active-rsa-1536.toml"),
            Self::Active3072 => include_str!("active-rsa-3072.toml"),
            Self::Active4096 => include_str!("active-rsa-4096.toml"),
        }
    }
}

/// Reads a published RSA test key.
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn rsa(key: RsaKey) -> Result<rsa::PrivateKey, Malformed> {
    rsa_of(key.file())
}

fn rsa_of(text: &str) -> Result<rsa::PrivateKey, Malformed> {
    let file = read(text)?;
    let number = |hex: &str| hex::decode(hex).map_err(|_| Malformed::new("RSA test key", 0));
    rsa::PrivateKey::new(
        &number(&file.modulus)?,
        &number(&file.public_exponent)?,
        &number(&file.private_exponent)?,
        [&number(&file.prime1)?, &number(&file.prime2)?],
    )
}

/// RSAPrivateKey of a published test key, DER (RFC 8017 §A.1.2).
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn rsa_private_key(key: RsaKey) -> Result<Vec<u8>, Malformed> {
    rsa_private_key_of(key.file())
}

fn rsa_private_key_of(text: &str) -> Result<Vec<u8>, Malformed> {
    let file = read(text)?;
    let numbers = [
        "00",
        &file.modulus,
        &file.public_exponent,
        &file.private_exponent,
        &file.prime1,
        &file.prime2,
        &file.exponent1,
        &file.exponent2,
        &file.coefficient,
    ];
    let mut parts = Vec::new();
    for number in numbers {
        let number = hex::decode(number).map_err(|_| Malformed::new("RSA test key", 0))?;
        parts.extend(encode_integer(&number));
    }
    Ok(encode(tag::SEQUENCE, &[&parts]))
}

fn read(text: &str) -> Result<RsaFile, Malformed> {
    toml::from_str(text).map_err(|_| Malformed::new("RSA test key", 0))
}

/// Names as in RFC 8017 §A.1.2, numbers in hexadecimal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RsaFile {
    modulus: String,
    public_exponent: String,
    private_exponent: String,
    prime1: String,
    prime2: String,
    #[serde(default)]
    exponent1: String,
    #[serde(default)]
    exponent2: String,
    #[serde(default)]
    coefficient: String,
}

/// One of the DSA keys in the files beside this one, for document signers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DsaKey {
    /// p of 1024 bits, q of 160.
    L1024N160,
    /// p of 2048 bits, q of 224.
    L2048N224,
    /// p of 2048 bits, q of 256.
    L2048N256,
}

impl DsaKey {
    /// Every key.
    pub const ALL: [Self; 3] = [Self::L1024N160, Self::L2048N224, Self::L2048N256];

    /// Lengths of p and q, in bits.
    pub const fn bits(self) -> (usize, usize) {
        match self {
            Self::L1024N160 => (1024, 160),
            Self::L2048N224 => (2048, 224),
            Self::L2048N256 => (2048, 256),
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::L1024N160 => include_str!("signer-dsa-1024-160.toml"),
            Self::L2048N224 => include_str!("signer-dsa-2048-224.toml"),
            Self::L2048N256 => include_str!("signer-dsa-2048-256.toml"),
        }
    }
}

/// Reads a published DSA test key.
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn dsa(key: DsaKey) -> Result<dsa::PrivateKey, Malformed> {
    issuers::dsa(key, Holder::Signer)
}

fn read_dsa(key: DsaKey) -> Result<DsaFile, Malformed> {
    toml::from_str(key.file()).map_err(|_| Malformed::new("DSA test key", 0))
}

/// Numbers in hexadecimal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DsaFile {
    prime: String,
    order: String,
    generator: String,
    public: String,
    private: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hash::Hash;
    use crate::crypto::signature::PublicKey;
    use crate::crypto::signature::Scheme;
    use crate::crypto::signature::der_from_plain;

    #[test]
    fn dsa_keys_are_whole() {
        for key in DsaKey::ALL {
            let private = dsa(key).unwrap();
            let public = private.public().clone();
            assert_eq!((public.bits(), public.order_bits()), key.bits());
            let public = PublicKey::Dsa(public);
            for hash in [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha512] {
                let signature = der_from_plain(&private.sign(hash, b"message").unwrap());
                let scheme = Scheme::Dsa(hash);
                assert_eq!(public.verify(scheme, &[b"message"], &signature), Ok(()));
                assert!(public.verify(scheme, &[b"massage"], &signature).is_err());
            }
        }
    }

    #[test]
    fn rsa_keys_are_whole() {
        for key in RsaKey::ALL {
            assert_eq!(rsa(key).unwrap().public().bits(), key.bits());
        }
    }
}
