//! Published keys of those who sign documents, and of the authorities above them: what takes seconds to
//! make, RSA and DSA, lies in the files beside this one.

use serde::Deserialize;

use crate::crypto::dsa;
use crate::crypto::rsa;
use crate::error::Malformed;
use crate::sim::keys;
use crate::sim::keys::DsaKey;

/// Whose key it is. Those of one certificate chain differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The country signer.
    Authority,
    /// The country signer with its next key.
    Successor,
    /// A document signer.
    Signer,
}

/// Length of an RSA modulus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RsaLength {
    /// 2048 bits.
    L2048,
    /// 3072 bits.
    L3072,
    /// 4096 bits.
    L4096,
    /// 6144 bits; of authorities alone.
    L6144,
}

impl RsaLength {
    /// Every length.
    pub const ALL: [Self; 4] = [Self::L2048, Self::L3072, Self::L4096, Self::L6144];

    /// Length of the modulus, in bits.
    pub const fn bits(self) -> usize {
        match self {
            Self::L2048 => 2048,
            Self::L3072 => 3072,
            Self::L4096 => 4096,
            Self::L6144 => 6144,
        }
    }

    fn file(self, holder: Holder) -> Result<&'static str, Malformed> {
        Ok(match (holder, self) {
            (Holder::Authority, Self::L2048) => include_str!("authority-rsa-2048.toml"),
            (Holder::Authority, Self::L3072) => include_str!("authority-rsa-3072.toml"),
            (Holder::Authority, Self::L4096) => include_str!("authority-rsa-4096.toml"),
            (Holder::Authority, Self::L6144) => include_str!("authority-rsa-6144.toml"),
            (Holder::Successor, Self::L2048) => include_str!("successor-rsa-2048.toml"),
            (Holder::Successor, Self::L3072) => include_str!("successor-rsa-3072.toml"),
            (Holder::Successor, Self::L4096) => include_str!("successor-rsa-4096.toml"),
            (Holder::Successor, Self::L6144) => include_str!("successor-rsa-6144.toml"),
            (Holder::Signer, Self::L2048) => include_str!("signer-rsa-2048.toml"),
            (Holder::Signer, Self::L3072) => include_str!("signer-rsa-3072.toml"),
            (Holder::Signer, Self::L4096) => include_str!("signer-rsa-4096.toml"),
            (Holder::Signer, Self::L6144) => {
                return Err(Malformed::new("RSA test key of a document signer", 0));
            }
        })
    }
}

/// The published RSA key of a holder.
///
/// # Errors
/// [`Malformed`] where there is none of this length.
pub fn rsa(length: RsaLength, holder: Holder) -> Result<rsa::PrivateKey, Malformed> {
    keys::rsa_of(length.file(holder)?)
}

/// The same as RSAPrivateKey, DER (RFC 8017 §A.1.2).
///
/// # Errors
/// [`Malformed`] where there is none of this length.
pub fn rsa_private_key(length: RsaLength, holder: Holder) -> Result<Vec<u8>, Malformed> {
    keys::rsa_private_key_of(length.file(holder)?)
}

/// The published DSA key of a holder. Those of one length have their domain parameters in common.
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn dsa(key: DsaKey, holder: Holder) -> Result<dsa::PrivateKey, Malformed> {
    let numbers = numbers(key, holder)?;
    let [p, q, g] = &numbers.parameters;
    let parameters = dsa::Parameters { p, q, g };
    let public = dsa::PublicKey::new(parameters, &numbers.public).map_err(|_| WRONG)?;
    dsa::PrivateKey::new(public, &numbers.private)
}

/// Its private number, unsigned.
///
/// # Errors
/// [`Malformed`] when the file does not hold a key.
pub fn dsa_private_number(key: DsaKey, holder: Holder) -> Result<Vec<u8>, Malformed> {
    Ok(numbers(key, holder)?.private)
}

const WRONG: Malformed = Malformed::new("DSA test key", 0);

struct Numbers {
    parameters: [Vec<u8>; 3],
    public: Vec<u8>,
    private: Vec<u8>,
}

fn numbers(key: DsaKey, holder: Holder) -> Result<Numbers, Malformed> {
    let number = |hex: &str| hex::decode(hex).map_err(|_| WRONG);
    let signer = keys::read_dsa(key)?;
    let (public, private) = match holder {
        Holder::Signer => (signer.public, signer.private),
        Holder::Authority | Holder::Successor => {
            let file: OtherNumber = toml::from_str(other_number(key, holder)).map_err(|_| WRONG)?;
            (file.public, file.private)
        }
    };
    Ok(Numbers {
        parameters: [
            number(&signer.prime)?,
            number(&signer.order)?,
            number(&signer.generator)?,
        ],
        public: number(&public)?,
        private: number(&private)?,
    })
}

const fn other_number(key: DsaKey, holder: Holder) -> &'static str {
    match (holder, key) {
        (Holder::Successor, DsaKey::L1024N160) => include_str!("successor-dsa-1024-160.toml"),
        (Holder::Successor, DsaKey::L2048N224) => include_str!("successor-dsa-2048-224.toml"),
        (Holder::Successor, DsaKey::L2048N256) => include_str!("successor-dsa-2048-256.toml"),
        (_, DsaKey::L1024N160) => include_str!("authority-dsa-1024-160.toml"),
        (_, DsaKey::L2048N224) => include_str!("authority-dsa-2048-224.toml"),
        (_, DsaKey::L2048N256) => include_str!("authority-dsa-2048-256.toml"),
    }
}

/// Numbers in hexadecimal, over the parameters of the signer's key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherNumber {
    public: String,
    private: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLDERS: [Holder; 3] = [Holder::Authority, Holder::Successor, Holder::Signer];

    #[test]
    fn every_holder_has_a_key_of_its_own() {
        for length in RsaLength::ALL {
            let mut seen = Vec::new();
            for holder in HOLDERS {
                let key = match rsa(length, holder) {
                    Ok(key) => key.public(),
                    Err(_) => {
                        assert_eq!((holder, length), (Holder::Signer, RsaLength::L6144));
                        continue;
                    }
                };
                assert_eq!(key.bits(), length.bits());
                assert!(!seen.contains(&key));
                seen.push(key);
                let whole = rsa_private_key(length, holder).unwrap();
                let read = openssl::rsa::Rsa::private_key_from_der(&whole).unwrap();
                assert!(read.check_key().unwrap());
            }
        }
        for key in DsaKey::ALL {
            let mut seen = Vec::new();
            for holder in HOLDERS {
                let public = dsa(key, holder).unwrap().public().clone();
                assert_eq!((public.bits(), public.order_bits()), key.bits());
                assert!(!seen.contains(&public));
                seen.push(public);
            }
        }
    }
}
