//! Elliptic curves over prime fields, chosen at run time (SEC 1, RFC 5639, FIPS 186).

use crate::bytes::oid::Oid;
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

/// Domain parameters as unsigned big-endian numbers of the field's (`n`: the order's) length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters<'a> {
    /// Field prime
    pub p: &'a [u8],
    /// Coefficient a
    pub a: &'a [u8],
    /// Coefficient b
    pub b: &'a [u8],
    /// Generator, uncompressed or compressed point encoding (SEC 1 §2.3.3)
    pub g: &'a [u8],
    /// Order of the generator
    pub n: &'a [u8],
    /// Cofactor, where it is given
    pub h: Option<&'a [u8]>,
}

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
        todo!()
    }

    /// The standardized domain parameter id; brainpoolP160r1 has none.
    pub const fn parameter_id(self) -> Option<u8> {
        todo!()
    }

    /// The curve that an object identifier names.
    pub fn from_oid(oid: Oid<'_>) -> Option<Self> {
        todo!()
    }

    /// The object identifier.
    pub const fn oid(self) -> Oid<'static> {
        todo!()
    }

    /// The known curve that explicit parameters describe; unknown ones are refused.
    ///
    /// Numbers may have leading zeros or lack them; the generator may be compressed; the cofactor,
    /// where given, must be right.
    pub fn from_parameters(parameters: &Parameters<'_>) -> Option<Self> {
        todo!()
    }

    /// The domain parameters.
    pub fn parameters(self) -> Parameters<'static> {
        todo!()
    }

    /// Length of a field element, in bytes.
    pub const fn field_len(self) -> usize {
        todo!()
    }

    /// Length of the order, in bits.
    pub const fn order_bits(self) -> usize {
        todo!()
    }

    /// Name as the standards write it.
    pub const fn name(self) -> &'static str {
        todo!()
    }

    /// The generator.
    pub fn generator(self) -> Point {
        todo!()
    }

    /// Takes a point from outside: uncompressed, on the curve, not the identity.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn point(self, encoded: &[u8]) -> Result<Point, Malformed> {
        todo!()
    }

    /// Takes a private key: exactly as long as the order, between 1 and n - 1.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn private_key(self, scalar: Secret) -> Result<PrivateKey, Malformed> {
        todo!()
    }

    /// Makes a private key: takes as many bytes as the order has (spare top bits cleared) until
    /// they are between 1 and n - 1. Feeding published key bytes therefore gives the published key.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`], also when the source gives no usable number many times.
    pub fn generate(self, random: &mut dyn Random) -> Result<PrivateKey, SetupError> {
        todo!()
    }
}

/// A point on a curve, not the identity. Affine and uncompressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Point {
    curve: Curve,
    encoded: Vec<u8>,
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
        todo!()
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
    pub fn public(&self) -> Point {
        todo!()
    }

    /// The private key times a point: a public key under another generator, or a shared point.
    ///
    /// # Errors
    /// [`Malformed`] when the point lies on another curve, or the product is the identity.
    pub fn times(&self, point: &Point) -> Result<Point, Malformed> {
        todo!()
    }

    /// Key agreement: x coordinate of the shared point, padded to the field's length
    /// (TR-03111 §4.3.1).
    ///
    /// # Errors
    /// As [`PrivateKey::times`].
    pub fn agree(&self, peer: &Point) -> Result<Secret, Malformed> {
        todo!()
    }

    /// Signs a digest with ECDSA and a nonce by RFC 6979, as r and s each of the order's length.
    /// For test material.
    ///
    /// # Errors
    /// [`Malformed`] when the curve gives no signature.
    pub fn sign(
        &self,
        hash: crate::crypto::hash::Hash,
        message: &[u8],
    ) -> Result<Vec<u8>, Malformed> {
        todo!()
    }
}

/// Generic mapping (Doc 9303-11 §4.4.3.3.1): the nonce times the generator plus the shared point.
///
/// # Errors
/// [`Malformed`] when the result is the identity.
pub fn map_generic(nonce: &Secret, shared: &Point) -> Result<Point, Malformed> {
    todo!()
}
