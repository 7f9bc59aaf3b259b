//! Kinds of keys that authorities and document signers have, by name: an algorithm, a curve or a
//! length, and the hash that it signs with.

use std::fmt;

use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::keys;
use crate::sim::keys::DsaKey;
use crate::sim::keys::issuers;
use crate::sim::keys::issuers::Holder;
use crate::sim::keys::issuers::RsaLength;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::pki::signing_key::SigningKey;

/// Which kind of key a document signer or an authority has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerKey {
    /// ECDSA on this curve
    Ec(Curve),
    /// ECDSA on this curve, which the certificate describes by its numbers (TR-03111 §5.1.1.1)
    EcExplicit(Curve),
    /// RSA of 2048 bits with PKCS#1 v1.5
    RsaPkcs1,
    /// RSA of 2048 bits with PSS
    RsaPss,
    /// The same with a salt of so many bytes
    RsaPssSalt(usize),
    /// The same with SHA-1, which every default stands for
    RsaPssDefaults,
    /// ECDSA on this curve, with r and s in a row (TR-03111 §5.2.1)
    EcPlain(Curve),
    /// RSA of 2048 bits with PKCS#1 v1.5, under the identifier of the key alone (RFC 3370 §3.2)
    RsaBare,
    /// DSA
    Dsa(DsaKey),
    /// RSA of another length with PKCS#1 v1.5
    RsaPkcs1Of(RsaLength),
    /// RSA of another length with PSS
    RsaPssOf(RsaLength),
}

/// A key with the hash that it signs with. By name: `ecdsa-p256-sha256`, `ecdsa-explicit-p384-sha384`,
/// `ecdsa-plain-brainpoolp256r1-sha256`, `rsa-2048-sha256`, `rsa-pss-4096-sha512`,
/// `dsa-2048-256-sha256`; without the hash it is the one that suits the key.
///
/// ```
/// use cancuoc::sim::pki::SigningKind;
/// let kind = SigningKind::from_name("ecdsa-p384").expect("a kind");
/// assert_eq!(kind.to_string(), "ecdsa-p384-sha384");
/// assert_eq!(SigningKind::from_name("ecdsa-p384-md5"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningKind {
    /// The key
    pub key: SignerKey,
    /// The hash
    pub hash: Hash,
}

/// Which kind of key an authority has, and with which hash it signs certificates and lists.
pub type AuthorityKey = SigningKind;

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// Lengths of the RSA keys that document signers have.
const SIGNER_LENGTHS: [RsaLength; 3] = [RsaLength::L2048, RsaLength::L3072, RsaLength::L4096];

impl SignerKey {
    /// RSA of this length with PKCS#1 v1.5.
    pub fn rsa(length: RsaLength) -> Self {
        match length {
            RsaLength::L2048 => Self::RsaPkcs1,
            other => Self::RsaPkcs1Of(other),
        }
    }

    /// RSA of this length with PSS, and a salt as long as the hash.
    pub fn rsa_pss(length: RsaLength) -> Self {
        match length {
            RsaLength::L2048 => Self::RsaPss,
            other => Self::RsaPssOf(other),
        }
    }

    /// Every kind of key that has a name.
    fn named() -> Vec<Self> {
        let curves = Curve::ALL.into_iter();
        let mut all: Vec<Self> = curves.clone().map(Self::Ec).collect();
        all.extend(curves.clone().map(Self::EcExplicit));
        all.extend(curves.map(Self::EcPlain));
        all.extend(RsaLength::ALL.into_iter().map(Self::rsa));
        all.extend(RsaLength::ALL.into_iter().map(Self::rsa_pss));
        all.extend(DsaKey::ALL.into_iter().map(Self::Dsa));
        all.extend([Self::RsaBare, Self::RsaPssDefaults]);
        all
    }

    /// The published test key of this kind, of a document signer.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn key(self) -> Result<SigningKey, Malformed> {
        self.key_of(Holder::Signer, &self.label())
    }

    /// The label of the published key.
    pub(in crate::sim) fn label(self) -> String {
        match self.curve() {
            Some(curve) => format!("DS {}", curve.name()),
            None => String::new(),
        }
    }

    /// The key of this kind that a holder has: on a curve the one that follows from the label, else the
    /// published one.
    ///
    /// # Errors
    /// [`Malformed`] when a key cannot be made.
    pub fn key_of(self, holder: Holder, label: &str) -> Result<SigningKey, Malformed> {
        let rsa = |length| issuers::rsa(length, holder);
        Ok(match self {
            Self::Ec(curve) | Self::EcExplicit(curve) => SigningKey::Ec(keys::ec(curve, label)?),
            Self::EcPlain(curve) => SigningKey::EcPlain(keys::ec(curve, label)?),
            Self::RsaPkcs1 => SigningKey::RsaPkcs1(rsa(RsaLength::L2048)?),
            Self::RsaPkcs1Of(length) => SigningKey::RsaPkcs1(rsa(length)?),
            Self::RsaPss => SigningKey::RsaPss(rsa(RsaLength::L2048)?),
            Self::RsaPssOf(length) => SigningKey::RsaPss(rsa(length)?),
            Self::RsaPssSalt(salt) => SigningKey::RsaPssSalt(rsa(RsaLength::L2048)?, salt),
            Self::RsaPssDefaults => SigningKey::RsaPssDefaults(rsa(RsaLength::L2048)?),
            Self::RsaBare => SigningKey::RsaBare(rsa(RsaLength::L2048)?),
            Self::Dsa(key) => SigningKey::Dsa(issuers::dsa(key, holder)?),
        })
    }

    /// How a certificate names the curve of such a key.
    pub const fn parameters(self) -> EcParameters {
        match self {
            Self::EcExplicit(_) => EcParameters::Explicit,
            _ => EcParameters::Named,
        }
    }

    /// The curve, where there is one.
    pub const fn curve(self) -> Option<Curve> {
        match self {
            Self::Ec(curve) | Self::EcExplicit(curve) | Self::EcPlain(curve) => Some(curve),
            _ => None,
        }
    }

    /// Length of the modulus, where there is one.
    pub const fn rsa_length(self) -> Option<RsaLength> {
        match self {
            Self::RsaPkcs1Of(length) | Self::RsaPssOf(length) => Some(length),
            Self::RsaPkcs1
            | Self::RsaPss
            | Self::RsaPssSalt(_)
            | Self::RsaPssDefaults
            | Self::RsaBare => Some(RsaLength::L2048),
            _ => None,
        }
    }

    /// The hash that suits the key: no shorter than it protects.
    const fn usual_hash(self) -> Hash {
        let bits = match self {
            Self::Dsa(key) => key.bits().1,
            Self::RsaPssDefaults => 160,
            Self::Ec(curve) | Self::EcExplicit(curve) | Self::EcPlain(curve) => curve.order_bits(),
            _ => 256,
        };
        match bits {
            ..=192 => Hash::Sha1,
            193..=224 => Hash::Sha224,
            225..=256 => Hash::Sha256,
            257..=384 => Hash::Sha384,
            _ => Hash::Sha512,
        }
    }
}

impl fmt::Display for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |curve: Curve| {
            let name = curve.name().replace("NIST P-", "p");
            name.to_ascii_lowercase()
        };
        match self {
            Self::Ec(curve) => write!(f, "ecdsa-{}", short(*curve)),
            Self::EcExplicit(curve) => write!(f, "ecdsa-explicit-{}", short(*curve)),
            Self::EcPlain(curve) => write!(f, "ecdsa-plain-{}", short(*curve)),
            Self::RsaPkcs1 => f.write_str("rsa-2048"),
            Self::RsaPkcs1Of(length) => write!(f, "rsa-{}", length.bits()),
            Self::RsaPss => f.write_str("rsa-pss-2048"),
            Self::RsaPssOf(length) => write!(f, "rsa-pss-{}", length.bits()),
            Self::RsaPssSalt(salt) => write!(f, "rsa-pss-2048-salt-{salt}"),
            Self::RsaPssDefaults => f.write_str("rsa-pss-defaults-2048"),
            Self::RsaBare => f.write_str("rsa-bare-2048"),
            Self::Dsa(key) => {
                let (prime, order) = key.bits();
                write!(f, "dsa-{prime}-{order}")
            }
        }
    }
}

impl SigningKind {
    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        SignerKey::named().into_iter().find_map(|key| {
            let rest = name.strip_prefix(&key.to_string())?;
            if rest.is_empty() {
                return Some(Self::usual(key));
            }
            let hash = rest.strip_prefix('-')?;
            let hash = HASHES.into_iter().find(|one| word(*one) == hash)?;
            let kind = Self { key, hash };
            kind.is_possible().then_some(kind)
        })
    }

    /// This key with this hash.
    pub const fn new(key: SignerKey, hash: Hash) -> Self {
        Self { key, hash }
    }

    /// A key with the hash that suits it.
    pub const fn usual(key: SignerKey) -> Self {
        Self {
            key,
            hash: key.usual_hash(),
        }
    }

    /// Whether there is such a signature.
    fn is_possible(self) -> bool {
        self.key != SignerKey::RsaPssDefaults || self.hash == Hash::Sha1
    }

    /// Whether a document signer has such a key.
    pub fn signs_documents(self) -> bool {
        self.is_possible() && self.key.rsa_length() != Some(RsaLength::L6144)
    }

    /// Whether an authority signs certificates so. The identifier of an RSA key alone names no
    /// signature outside of signed data, and plain ECDSA is what terminals and signed data have.
    pub fn signs_certificates(self) -> bool {
        let no = matches!(self.key, SignerKey::EcPlain(_) | SignerKey::RsaBare);
        self.is_possible() && !no
    }

    /// Every kind that real document signers have: RSA with both paddings in three lengths and with
    /// five hashes, ECDSA on every curve by name, by its numbers and with plain signatures, and on one
    /// curve of each family with five hashes, and DSA.
    pub fn of_signers() -> Vec<Self> {
        let with_all = |key| HASHES.into_iter().map(move |hash| Self { key, hash });
        let mut all = Vec::new();
        for length in SIGNER_LENGTHS {
            all.extend(with_all(SignerKey::rsa(length)));
            all.extend(with_all(SignerKey::rsa_pss(length)));
        }
        for curve in Curve::ALL {
            let key = SignerKey::Ec(curve);
            match curve {
                Curve::P256 | Curve::BrainpoolP256r1 => all.extend(with_all(key)),
                _ => all.push(Self::usual(key)),
            }
            all.push(Self::usual(SignerKey::EcExplicit(curve)));
            all.push(Self::usual(SignerKey::EcPlain(curve)));
        }
        all.extend(
            DsaKey::ALL
                .into_iter()
                .map(|key| Self::usual(SignerKey::Dsa(key))),
        );
        all
    }

    /// Every kind that real authorities have.
    pub fn of_authorities() -> Vec<Self> {
        let mut all = Vec::new();
        for length in RsaLength::ALL {
            for hash in HASHES {
                all.push(Self {
                    key: SignerKey::rsa(length),
                    hash,
                });
                all.push(Self {
                    key: SignerKey::rsa_pss(length),
                    hash,
                });
            }
        }
        for curve in Curve::ALL {
            all.push(Self::usual(SignerKey::Ec(curve)));
            all.push(Self::usual(SignerKey::EcExplicit(curve)));
        }
        all.extend(
            DsaKey::ALL
                .into_iter()
                .map(|key| Self::usual(SignerKey::Dsa(key))),
        );
        all
    }
}

impl fmt::Display for SigningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.key, word(self.hash))
    }
}

/// `sha256`
fn word(hash: Hash) -> String {
    hash.name().replace('-', "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name_and_by_its_keys_alone() {
        let all = [SigningKind::of_signers(), SigningKind::of_authorities()].concat();
        for kind in all {
            assert_eq!(SigningKind::from_name(&kind.to_string()), Some(kind));
            let usual = SigningKind::from_name(&kind.key.to_string());
            assert_eq!(usual, Some(SigningKind::usual(kind.key)));
        }
        for wrong in [
            "",
            "rsa",
            "rsa-1024",
            "rsa-2048-",
            "rsa-2048-md5",
            "ecdsa-p255",
            "RSA-2048",
            "dsa-2048",
            "ecdsa-p256-sha256-x",
            "rsa-pss-defaults-2048-sha256",
        ] {
            assert_eq!(SigningKind::from_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_lists_hold_what_their_holders_have() {
        assert!(
            SigningKind::of_signers()
                .into_iter()
                .all(SigningKind::signs_documents)
        );
        let authorities = SigningKind::of_authorities();
        assert!(authorities.into_iter().all(SigningKind::signs_certificates));
        let plain = SigningKind::usual(SignerKey::EcPlain(Curve::P256));
        assert!(!plain.signs_certificates() && plain.signs_documents());
    }
}
