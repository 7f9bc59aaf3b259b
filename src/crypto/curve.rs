//! Elliptic curves over prime fields, chosen at run time (SEC 1, RFC 5639, FIPS 186).

mod arithmetic;
mod declared;
mod encoding;
mod parameters;

pub(in crate::crypto) use arithmetic::Fault;
pub use parameters::Parameters;

use bp256::BrainpoolP256r1;
use bp384::BrainpoolP384r1;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use zeroize::Zeroizing;

use crate::bytes::oid::Oid;
use crate::crypto::engine::SigningKey;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::secret::Secret;

/// A curve that documents use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// NIST P-192
    P192,
    /// NIST P-224
    P224,
    /// NIST P-256
    P256,
    /// NIST P-384
    P384,
    /// NIST P-521
    P521,
    /// brainpoolP160r1
    BrainpoolP160r1,
    /// brainpoolP192r1
    BrainpoolP192r1,
    /// brainpoolP224r1
    BrainpoolP224r1,
    /// brainpoolP256r1
    BrainpoolP256r1,
    /// brainpoolP320r1
    BrainpoolP320r1,
    /// brainpoolP384r1
    BrainpoolP384r1,
    /// brainpoolP512r1
    BrainpoolP512r1,
}

/// Calls a function of `arithmetic`, or of another module here, for the curve that a value names.
macro_rules! on {
    ($curve:expr, $function:ident ( $($argument:expr),* )) => {
        on!($curve, arithmetic::$function($($argument),*))
    };
    ($curve:expr, $module:ident :: $function:ident ( $($argument:expr),* )) => {
        match $curve {
            Curve::P192 => $module::$function::<declared::NistP192>($($argument),*),
            Curve::P224 => $module::$function::<declared::NistP224>($($argument),*),
            Curve::P256 => $module::$function::<NistP256>($($argument),*),
            Curve::P384 => $module::$function::<NistP384>($($argument),*),
            Curve::P521 => $module::$function::<NistP521>($($argument),*),
            Curve::BrainpoolP160r1 => {
                $module::$function::<declared::BrainpoolP160r1>($($argument),*)
            }
            Curve::BrainpoolP192r1 => {
                $module::$function::<declared::BrainpoolP192r1>($($argument),*)
            }
            Curve::BrainpoolP224r1 => {
                $module::$function::<declared::BrainpoolP224r1>($($argument),*)
            }
            Curve::BrainpoolP256r1 => $module::$function::<BrainpoolP256r1>($($argument),*),
            Curve::BrainpoolP320r1 => {
                $module::$function::<declared::BrainpoolP320r1>($($argument),*)
            }
            Curve::BrainpoolP384r1 => $module::$function::<BrainpoolP384r1>($($argument),*),
            Curve::BrainpoolP512r1 => {
                $module::$function::<declared::BrainpoolP512r1>($($argument),*)
            }
        }
    };
}

/// Tries before a source of random numbers is given up. Every order is above half of what its bits
/// can hold, so a good source fails this often less than once in 2^128.
const MAX_TRIES: usize = 128;

impl Curve {
    /// Every curve here.
    pub const ALL: [Self; 12] = [
        Self::P192,
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP160r1,
        Self::BrainpoolP192r1,
        Self::BrainpoolP224r1,
        Self::BrainpoolP256r1,
        Self::BrainpoolP320r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// The curve of a standardized domain parameter id, 8 to 18 (Doc 9303-11 §9.5.1 table).
    pub const fn from_parameter_id(id: u8) -> Option<Self> {
        match id {
            8 => Some(Self::P192),
            9 => Some(Self::BrainpoolP192r1),
            10 => Some(Self::P224),
            11 => Some(Self::BrainpoolP224r1),
            12 => Some(Self::P256),
            13 => Some(Self::BrainpoolP256r1),
            14 => Some(Self::BrainpoolP320r1),
            15 => Some(Self::P384),
            16 => Some(Self::BrainpoolP384r1),
            17 => Some(Self::BrainpoolP512r1),
            18 => Some(Self::P521),
            _ => None,
        }
    }

    /// The standardized domain parameter id; brainpoolP160r1 has none.
    pub const fn parameter_id(self) -> Option<u8> {
        match self {
            Self::BrainpoolP160r1 => None,
            Self::P192 => Some(8),
            Self::BrainpoolP192r1 => Some(9),
            Self::P224 => Some(10),
            Self::BrainpoolP224r1 => Some(11),
            Self::P256 => Some(12),
            Self::BrainpoolP256r1 => Some(13),
            Self::BrainpoolP320r1 => Some(14),
            Self::P384 => Some(15),
            Self::BrainpoolP384r1 => Some(16),
            Self::BrainpoolP512r1 => Some(17),
            Self::P521 => Some(18),
        }
    }

    /// The curve that an object identifier names.
    pub fn from_oid(oid: Oid<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    /// The object identifier.
    pub const fn oid(self) -> Oid<'static> {
        Oid::new(match self {
            Self::P192 => &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01],
            Self::P224 => &[0x2B, 0x81, 0x04, 0x00, 0x21],
            Self::P256 => &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
            Self::P384 => &[0x2B, 0x81, 0x04, 0x00, 0x22],
            Self::P521 => &[0x2B, 0x81, 0x04, 0x00, 0x23],
            Self::BrainpoolP160r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x01],
            Self::BrainpoolP192r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x03],
            Self::BrainpoolP224r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
            Self::BrainpoolP256r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
            Self::BrainpoolP320r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09],
            Self::BrainpoolP384r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B],
            Self::BrainpoolP512r1 => &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D],
        })
    }

    /// The known curve that explicit parameters describe; unknown ones are refused.
    ///
    /// Numbers may have leading zeros or lack them; the generator may be compressed; the cofactor,
    /// where given, must be right.
    pub fn from_parameters(parameters: &Parameters<'_>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|curve| parameters.describe(&curve.parameters()))
    }

    /// The domain parameters.
    pub fn parameters(self) -> Parameters<'static> {
        parameters::of(self)
    }

    /// Length of a field element, in bytes.
    pub const fn field_len(self) -> usize {
        match self {
            Self::BrainpoolP160r1 => 20,
            Self::P192 | Self::BrainpoolP192r1 => 24,
            Self::P224 | Self::BrainpoolP224r1 => 28,
            Self::P256 | Self::BrainpoolP256r1 => 32,
            Self::BrainpoolP320r1 => 40,
            Self::P384 | Self::BrainpoolP384r1 => 48,
            Self::BrainpoolP512r1 => 64,
            Self::P521 => 66,
        }
    }

    /// Length of the field prime, in bits. For every curve here it is that of the order.
    pub const fn field_bits(self) -> usize {
        self.order_bits()
    }

    /// Length of the order, in bytes. For every curve here it is that of the field.
    pub const fn order_len(self) -> usize {
        self.order_bits().div_ceil(8)
    }

    /// Length of the order, in bits.
    pub const fn order_bits(self) -> usize {
        match self {
            Self::BrainpoolP160r1 => 160,
            Self::P192 | Self::BrainpoolP192r1 => 192,
            Self::P224 | Self::BrainpoolP224r1 => 224,
            Self::P256 | Self::BrainpoolP256r1 => 256,
            Self::BrainpoolP320r1 => 320,
            Self::P384 | Self::BrainpoolP384r1 => 384,
            Self::BrainpoolP512r1 => 512,
            Self::P521 => 521,
        }
    }

    /// Name as the standards write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P192 => "NIST P-192",
            Self::P224 => "NIST P-224",
            Self::P256 => "NIST P-256",
            Self::P384 => "NIST P-384",
            Self::P521 => "NIST P-521",
            Self::BrainpoolP160r1 => "brainpoolP160r1",
            Self::BrainpoolP192r1 => "brainpoolP192r1",
            Self::BrainpoolP224r1 => "brainpoolP224r1",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP320r1 => "brainpoolP320r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
        }
    }

    /// The generator.
    pub fn generator(self) -> Point {
        Point {
            curve: self,
            encoded: Zeroizing::new(parameters::of(self).g.to_vec()),
        }
    }

    /// Takes a point from outside: uncompressed, on the curve, not the identity.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn point(self, encoded: &[u8]) -> Result<Point, Malformed> {
        if on!(self, is_point(encoded)) {
            Ok(Point {
                curve: self,
                encoded: Zeroizing::new(encoded.to_vec()),
            })
        } else {
            Err(Malformed::new("point on the curve", 0))
        }
    }

    /// Takes a private key: exactly as long as the order, between 1 and n - 1.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn private_key(self, scalar: Secret) -> Result<PrivateKey, Malformed> {
        if on!(self, is_scalar(scalar.expose())) {
            Ok(PrivateKey {
                curve: self,
                scalar,
            })
        } else {
            Err(Malformed::new("private key of the curve", 0))
        }
    }

    /// Makes a private key: takes as many bytes as the order has (spare top bits cleared) until
    /// they are between 1 and n - 1. Feeding published key bytes therefore gives the published key.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`], also when the source gives no usable number many times.
    pub fn generate(self, random: &mut dyn Random) -> Result<PrivateKey, SetupError> {
        let spare_bits = self.order_len() * 8 - self.order_bits();
        let mut octets = Zeroizing::new(vec![0; self.order_len()]);
        for _ in 0..MAX_TRIES {
            random.fill(&mut octets)?;
            if let Some(first) = octets.first_mut() {
                *first &= 0xFF >> spare_bits;
            }
            if let Ok(key) = self.private_key(Secret::copy_of(&octets)) {
                return Ok(key);
            }
        }
        Err(SetupError::NoRandomness)
    }
}

/// A point on a curve, not the identity. Affine and uncompressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Point {
    curve: Curve,
    /// Wiped, because a shared point is a secret
    encoded: Zeroizing<Vec<u8>>,
}

impl Point {
    /// The curve it lies on.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// `04`, x and y, each as long as the field (SEC 1 §2.3.3).
    pub fn encoded(&self) -> &[u8] {
        &self.encoded
    }

    /// The x coordinate, as long as the field.
    pub fn x(&self) -> &[u8] {
        self.encoded
            .get(1..=self.curve.field_len())
            .unwrap_or_default()
    }
}

impl Point {
    /// Verifies an ECDSA signature over a digest of any length: of a digest longer than the order
    /// the leftmost bits count (SEC 1 §4.1.4).
    pub(in crate::crypto) fn verify(&self, digest: &[u8], r_and_s: &[u8]) -> Result<(), Fault> {
        on!(self.curve, verify(&self.encoded, digest, r_and_s))
    }
}

impl std::fmt::Debug for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Point({})", self.curve.name())
    }
}

/// A private key. Scalar multiplication takes the same time for every key.
#[derive(Debug)]
pub struct PrivateKey {
    curve: Curve,
    scalar: Secret,
}

impl PrivateKey {
    /// The curve.
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The public key under the curve's own generator.
    #[expect(clippy::expect_used, reason = "checked when the key was made")]
    pub fn public(&self) -> Point {
        let encoded = on!(self.curve, public(self.scalar.expose()));
        Point {
            curve: self.curve,
            encoded: Zeroizing::new(encoded.expect("a private key is between 1 and n - 1")),
        }
    }

    /// The private key times a point: a public key under another generator, or a shared point.
    ///
    /// # Errors
    /// [`Malformed`] when the point lies on another curve, or the product is the identity.
    pub fn times(&self, point: &Point) -> Result<Point, Malformed> {
        if self.curve != point.curve {
            return Err(Malformed::new("point on the key's curve", 0));
        }
        on!(self.curve, times(self.scalar.expose(), point.encoded()))
            .map(|encoded| Point {
                curve: self.curve,
                encoded: Zeroizing::new(encoded),
            })
            .ok_or(Malformed::new("product that is not the identity", 0))
    }

    /// Key agreement: x coordinate of the shared point, padded to the field's length
    /// (TR-03111 §4.3.1).
    ///
    /// # Errors
    /// As [`PrivateKey::times`].
    pub fn agree(&self, peer: &Point) -> Result<Secret, Malformed> {
        let shared = self.times(peer)?;
        Ok(Secret::copy_of(shared.x()))
    }

    /// Another key divided by this one, modulo the order: as long as the order.
    ///
    /// # Errors
    /// [`Malformed`] when the other key is of another curve.
    pub fn divide(&self, dividend: &Self) -> Result<Secret, Malformed> {
        if self.curve != dividend.curve {
            return Err(Malformed::new("key of the same curve", 0));
        }
        on!(
            self.curve,
            divide(dividend.scalar.expose(), self.scalar.expose())
        )
        .map(Secret::new)
        .ok_or(Malformed::new("quotient of two keys", 0))
    }

    /// The same key made ready to sign much; none where there is no faster way than
    /// [`sign`](Self::sign).
    pub fn ready(&self) -> Option<ReadyKey> {
        SigningKey::new(self.curve, &self.scalar, &self.public()).map(ReadyKey)
    }

    /// Signs a digest with ECDSA and a nonce by RFC 6979, as r and s each of the order's length.
    /// For test material.
    ///
    /// # Errors
    /// [`Malformed`] when the curve gives no signature.
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        on!(self.curve, sign(self.scalar.expose(), hash, message))
            .ok_or(Malformed::new("ECDSA signature", 0))
    }
}

/// A private key on P-256 that a faster engine signs with.
pub struct ReadyKey(SigningKey);

impl ReadyKey {
    /// Signs with ECDSA and SHA-256, under a nonce that is drawn for this signature: r and s, each of
    /// the order's length. None when the engine gives no signature.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.0.sign(message)
    }
}

impl std::fmt::Debug for ReadyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReadyKey(..)")
    }
}

/// Generic mapping (Doc 9303-11 §4.4.3.3.1): the nonce times the generator plus the shared point.
///
/// # Errors
/// [`Malformed`] when the result is the identity.
pub fn map_generic(nonce: &Secret, shared: &Point) -> Result<Point, Malformed> {
    let curve = shared.curve;
    on!(curve, map_generic(nonce.expose(), shared.encoded()))
        .map(|encoded| Point {
            curve,
            encoded: Zeroizing::new(encoded),
        })
        .ok_or(Malformed::new("mapped generator", 0))
}

/// Whether the integrated mapping is defined on the curve.
pub(in crate::crypto) fn has_integrated_mapping(curve: Curve) -> bool {
    encoding::is_defined(curve.parameters().p)
}

/// Integrated mapping: the point that a pseudo-random number, of any length, encodes
/// (Doc 9303-11 Appendix B). Not defined on NIST P-224.
///
/// # Errors
/// [`Malformed`] when the number encodes no point of the curve.
pub(in crate::crypto) fn map_integrated(curve: Curve, number: &Secret) -> Result<Point, Malformed> {
    on!(
        curve,
        encoding::map_integrated(number.expose(), curve.parameters().p)
    )
    .map(|encoded| Point {
        curve,
        encoded: Zeroizing::new(encoded),
    })
    .ok_or(Malformed::new("mapped generator", 0))
}

#[cfg(test)]
mod tests;
