//! Which algorithms are too weak for a purpose.
//!
//! Without a policy that refuses it, a weak algorithm is a note in the report
//! (`deviation.weak_algorithm`): it was permitted when early documents were issued.

use std::collections::BTreeSet;
use std::fmt;

use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;

/// What a policy refuses. Empty: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) hashes: BTreeSet<Hash>,
    pub(super) schemes: BTreeSet<Family>,
    pub(super) curves: BTreeSet<Curve>,
    pub(super) ciphers: BTreeSet<Cipher>,
    /// Fewest bits of an RSA modulus; 0 takes any.
    pub(super) smallest_rsa: usize,
    /// Fewest bits of a curve's order.
    pub(super) smallest_ec: usize,
    /// Fewest bits of a DSA prime.
    pub(super) smallest_dsa: usize,
    /// Fewest bits of a Diffie-Hellman prime.
    pub(super) smallest_dh: usize,
}

/// A family of signature schemes, whatever its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// RSASSA-PKCS1-v1_5
    RsaPkcs1,
    /// RSASSA-PSS
    RsaPss,
    /// ECDSA, in either form of its signature
    Ecdsa,
    /// DSA
    Dsa,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::RsaPkcs1, Self::RsaPss, Self::Ecdsa, Self::Dsa];

    /// The word in policy files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1 => "RSA-PKCS1",
            Self::RsaPss => "RSA-PSS",
            Self::Ecdsa => "ECDSA",
            Self::Dsa => "DSA",
        }
    }
}

impl From<&Scheme> for Family {
    fn from(scheme: &Scheme) -> Self {
        match scheme {
            Scheme::RsaPkcs1(_) => Self::RsaPkcs1,
            Scheme::RsaPss { .. } => Self::RsaPss,
            Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_) => Self::Ecdsa,
            Scheme::Dsa(_) => Self::Dsa,
        }
    }
}

/// Why an algorithm is too weak for a purpose. [`fmt::Display`] is for the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// The policy refuses the hash.
    Hash(Hash),
    /// The policy refuses the family of signature schemes.
    Family(Family),
    /// The policy refuses the curve.
    Curve(Curve),
    /// The policy refuses the cipher.
    Cipher(Cipher),
    /// The key has fewer bits than the policy asks for.
    Short {
        /// Bits of modulus, order or prime.
        bits: usize,
        /// The fewest that the policy takes.
        least: usize,
    },
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(hash) => write!(f, "{} is refused", hash.name()),
            Self::Family(family) => write!(f, "{} is refused", family.name()),
            Self::Curve(curve) => write!(f, "{} is refused", curve.name()),
            Self::Cipher(cipher) => write!(f, "{} is refused", cipher.name()),
            Self::Short { bits, least } => write!(f, "{bits} bits, fewer than {least}"),
        }
    }
}

impl Refused {
    /// A signature by this scheme under this key.
    pub(super) fn signature(&self, scheme: &Scheme, key: &PublicKey) -> Option<Weakness> {
        self.hash(scheme.hash())
            .or_else(|| self.family(scheme.into()))
            .or_else(|| self.key(key))
    }

    /// A hash by which something is signed.
    pub(super) fn hash(&self, hash: Hash) -> Option<Weakness> {
        self.hashes.contains(&hash).then_some(Weakness::Hash(hash))
    }

    /// A family of signature schemes.
    pub(super) fn family(&self, family: Family) -> Option<Weakness> {
        let refused = self.schemes.contains(&family);
        refused.then_some(Weakness::Family(family))
    }

    /// A key that signs.
    pub(super) fn key(&self, key: &PublicKey) -> Option<Weakness> {
        match key {
            PublicKey::Rsa(key) => shorter(key.bits(), self.smallest_rsa),
            PublicKey::Ec(point) => self.curve(point.curve()),
            PublicKey::Dsa(key) => shorter(key.bits(), self.smallest_dsa),
        }
    }

    /// A group in which keys are agreed on.
    pub(super) fn domain(&self, domain: &Domain) -> Option<Weakness> {
        match domain {
            Domain::Curve(curve) => self.curve(*curve),
            Domain::Modp(group) => shorter(group.prime_bits(), self.smallest_dh),
        }
    }

    /// A cipher of secure messaging.
    pub(super) fn cipher(&self, cipher: Cipher) -> Option<Weakness> {
        let refused = self.ciphers.contains(&cipher);
        refused.then_some(Weakness::Cipher(cipher))
    }

    fn curve(&self, curve: Curve) -> Option<Weakness> {
        if self.curves.contains(&curve) {
            Some(Weakness::Curve(curve))
        } else {
            shorter(curve.order_bits(), self.smallest_ec)
        }
    }
}

fn shorter(bits: usize, least: usize) -> Option<Weakness> {
    (bits < least).then_some(Weakness::Short { bits, least })
}
