//! Published test keys. None of them protects anything: elliptic curve keys come from a label
//! that stands in this source, RSA keys from the files beside it.

use serde::Deserialize;

use crate::crypto::curve::Curve;
use crate::crypto::curve::PrivateKey;
use crate::crypto::rsa;
use crate::error::Malformed;
use crate::sim::seed::Seeded;

/// The elliptic curve key that belongs to a label.
///
/// # Errors
/// [`Malformed`] when the curve gives none.
pub fn ec(curve: Curve, label: &str) -> Result<PrivateKey, Malformed> {
    curve
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
}

/// Reads a published RSA test key.
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn rsa(key: RsaKey) -> Result<rsa::PrivateKey, Malformed> {
    let text = match key {
        RsaKey::Active => include_str!("active-rsa-2048.toml"),
        RsaKey::Signer => include_str!("signer-rsa-2048.toml"),
    };
    let file: RsaFile = toml::from_str(text).map_err(|_| Malformed::new("RSA test key", 0))?;
    let number = |hex: &str| hex::decode(hex).map_err(|_| Malformed::new("RSA test key", 0));
    rsa::PrivateKey::new(
        &number(&file.modulus)?,
        &number(&file.public_exponent)?,
        &number(&file.private_exponent)?,
        [&number(&file.prime1)?, &number(&file.prime2)?],
    )
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_are_whole() {
        for key in [RsaKey::Active, RsaKey::Signer] {
            assert_eq!(rsa(key).unwrap().public().bits(), 2048);
        }
    }
}
