//! Key agreement over whatever group a chip names: elliptic curves and prime fields.
//!
//! One place for what PACE and chip authentication do with a group, so that they need not know
//! which kind it is. What comes from outside is checked once, when it becomes a [`Public`].

use std::fmt;

use zeroize::Zeroizing;

use crate::bytes::tlv::trim_zeros;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve;
use crate::crypto::curve::Curve;
use crate::crypto::curve::Point;
use crate::crypto::curve::PrivateKey;
use crate::crypto::hash::Hash;
use crate::crypto::integrated::pseudo_random;
use crate::crypto::modp::Modp;
use crate::crypto::random::Random;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::secret::Secret;

/// How two parties agree on a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agreement {
    /// Diffie-Hellman over a prime field
    Dh,
    /// Diffie-Hellman over an elliptic curve
    Ecdh,
}

/// Domain parameters of a key agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// An elliptic curve over a prime field
    Curve(Curve),
    /// A group of numbers modulo a prime
    Modp(Modp),
}

impl Domain {
    /// The standardized domain parameters of an id: 0 to 2 are the groups of RFC 5114 §2.1 to
    /// §2.3, 8 to 18 curves (Doc 9303-11 §9.5.1 table). Other ids are reserved.
    pub fn from_parameter_id(id: u8) -> Option<Self> {
        Modp::from_parameter_id(id)
            .map(Self::Modp)
            .or_else(|| Curve::from_parameter_id(id).map(Self::Curve))
    }

    /// The standardized domain parameter id, where there is one.
    pub fn parameter_id(&self) -> Option<u8> {
        match self {
            Self::Curve(curve) => curve.parameter_id(),
            Self::Modp(group) => group.parameter_id(),
        }
    }

    /// The kind of agreement.
    pub const fn agreement(&self) -> Agreement {
        match self {
            Self::Curve(_) => Agreement::Ecdh,
            Self::Modp(_) => Agreement::Dh,
        }
    }

    /// Name as the standards write it.
    pub fn name(&self) -> String {
        match self {
            Self::Curve(curve) => curve.name().to_owned(),
            Self::Modp(group) => group.to_string(),
        }
    }

    /// Security in bits, for choosing among several (SP 800-57 part 1, table 2): of a curve half
    /// the length of its order, of a prime field what its prime and its subgroup both give.
    pub fn strength(&self) -> u16 {
        match self {
            Self::Curve(curve) => u16::try_from(curve.order_bits() / 2).unwrap_or(u16::MAX),
            Self::Modp(group) => {
                let field: u16 = match group.prime_bits() {
                    ..2048 => 80,
                    2048..3072 => 112,
                    _ => 128,
                };
                let order = group.order_bits().unwrap_or(group.prime_bits());
                field.min(u16::try_from(order / 2).unwrap_or(u16::MAX))
            }
        }
    }

    /// Takes a public key from outside. A point must be uncompressed, on the curve and not the
    /// identity. A number must lie between 1 and p - 1 and, where the order is known, in the
    /// subgroup; leading zeros may be there or lack, because chips write it both ways.
    ///
    /// # Errors
    /// [`Malformed`] otherwise.
    pub fn public(&self, encoded: &[u8]) -> Result<Public, Malformed> {
        match self {
            Self::Curve(curve) => curve.point(encoded).map(Public::from),
            Self::Modp(group) => group
                .element(encoded)
                .map(|value| Public::number(group, Zeroizing::new(value)))
                .ok_or(Malformed::new("element of the group", 0)),
        }
    }

    /// Takes a private key, such as a published one. Leading zeros may be there or lack; an
    /// exponent of a prime field may be longer than the order.
    ///
    /// # Errors
    /// [`Malformed`] when it is zero or too large.
    pub fn private(&self, scalar: Secret) -> Result<Private, Malformed> {
        match self {
            Self::Curve(curve) => {
                let padded = padded(scalar.expose(), curve.order_len())
                    .ok_or(Malformed::new("private key of the curve", 0))?;
                curve.private_key(padded).map(Private::from)
            }
            Self::Modp(group) => group
                .exponent(scalar.expose())
                .map(|exponent| Private(Inner::Exponent(group.clone(), exponent)))
                .ok_or(Malformed::new("private key of the group", 0)),
        }
    }

    /// Makes a private key. Feeding the bytes of a published key, as long as the order of the
    /// curve or the prime of the field, gives the published key.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`], also when the source gives no usable number many times.
    pub fn generate(&self, random: &mut dyn Random) -> Result<Private, SetupError> {
        match self {
            Self::Curve(curve) => curve.generate(random).map(Private::from),
            Self::Modp(group) => group
                .generate(random)
                .map(|exponent| Private(Inner::Exponent(group.clone(), exponent))),
        }
    }

    /// The generator.
    pub fn generator(&self) -> Public {
        match self {
            Self::Curve(curve) => Public::from(curve.generator()),
            Self::Modp(group) => Public::number(group, Zeroizing::new(group.generator().to_vec())),
        }
    }

    /// Generic mapping (Doc 9303-11 §4.4.3.3.1): the nonce as a number, times the generator, plus
    /// the shared element; over a prime field power and product.
    ///
    /// # Errors
    /// [`Malformed`] when the shared element is of another group, or the result is the identity.
    pub fn map_generic(&self, nonce: &Secret, shared: &Public) -> Result<Public, Malformed> {
        match (self, &shared.0) {
            (Self::Curve(curve), Element::Point(point)) if *curve == point.curve() => {
                curve::map_generic(nonce, point).map(Public::from)
            }
            (Self::Modp(group), Element::Number(other, value)) if group == other => group
                .map_generic(nonce.expose(), value)
                .map(|value| Public::number(group, value))
                .ok_or(Malformed::new("mapped generator", 0)),
            _ => Err(Malformed::new("element of the same group", 0)),
        }
    }

    /// Whether [`Self::map_integrated`] can give a generator: NIST P-224 cannot be used (note to the
    /// table of Doc 9303-11 §9.5.1), nor a prime field whose order is not known.
    pub fn has_integrated_mapping(&self) -> bool {
        match self {
            Self::Curve(curve) => curve::has_integrated_mapping(*curve),
            Self::Modp(group) => group.order().is_some(),
        }
    }

    /// Integrated mapping (Doc 9303-11 §4.4.3.3.2): the pseudo-random function of both nonces under
    /// the protocol's cipher, then the point encoding of Appendix B or a power in the prime field.
    ///
    /// The chip's nonce has 16 bytes for 3DES and AES-128, 32 for AES-192 and AES-256; the
    /// terminal's is as long as a key.
    ///
    /// # Errors
    /// [`Malformed`] when a nonce has another length or there is no mapping.
    pub fn map_integrated(
        &self,
        cipher: Cipher,
        nonce: &Secret,
        terminal_nonce: &[u8],
    ) -> Result<Public, Malformed> {
        let field_bits = match self {
            Self::Curve(curve) => curve.field_bits(),
            Self::Modp(group) => group.prime_bits(),
        };
        let number = pseudo_random(cipher, nonce, terminal_nonce, field_bits)?;
        match self {
            Self::Curve(curve) => curve::map_integrated(*curve, &number).map(Public::from),
            Self::Modp(group) => group
                .map_integrated(number.expose())
                .map(|value| Public::number(group, value))
                .ok_or(Malformed::new("mapped generator", 0)),
        }
    }
}

/// A number as long as asked for, when what is cut off is zero.
fn padded(number: &[u8], length: usize) -> Option<Secret> {
    let spare = number.len().saturating_sub(length);
    let (above, number) = number.split_at_checked(spare)?;
    if above.iter().any(|octet| *octet != 0) {
        return None;
    }
    let mut octets = vec![0; length - number.len()];
    octets.reserve_exact(number.len());
    octets.extend_from_slice(number);
    Some(Secret::new(octets))
}

/// A public key: an element of a group that is not the identity. Wiped when dropped, because a
/// shared element is one too.
#[derive(Clone, PartialEq, Eq)]
pub struct Public(Element);

#[derive(Clone, PartialEq, Eq)]
enum Element {
    Point(Point),
    /// As long as the prime
    Number(Modp, Zeroizing<Vec<u8>>),
}

impl Public {
    fn number(group: &Modp, value: Zeroizing<Vec<u8>>) -> Self {
        Self(Element::Number(group.clone(), value))
    }

    /// The group.
    pub fn domain(&self) -> Domain {
        match &self.0 {
            Element::Point(point) => Domain::Curve(point.curve()),
            Element::Number(group, _) => Domain::Modp(group.clone()),
        }
    }

    /// A point as `04`, x and y, each as long as the field; a number as long as the prime.
    ///
    /// What is sent or goes into a token is [`Public::data`].
    pub fn encoded(&self) -> &[u8] {
        match &self.0 {
            Element::Point(point) => point.encoded(),
            Element::Number(_, value) => value,
        }
    }

    /// The value of the data object that carries the key, in GENERAL AUTHENTICATE and below 7F49
    /// in the input of an authentication token: a point as [`Public::encoded`] gives it, a number
    /// without leading zeros (Doc 9303-11 §9.4.1; TR-03110-3 appendix D).
    pub fn data(&self) -> &[u8] {
        match &self.0 {
            Element::Point(point) => point.encoded(),
            Element::Number(_, value) => trim_zeros(value),
        }
    }

    /// Comp(), the short form by which terminal authentication names an ephemeral key
    /// (TR-03110-3): of a point the x coordinate, as long as the field; of a number the SHA-1 of
    /// its [`Public::data`].
    pub fn compressed(&self) -> Vec<u8> {
        match &self.0 {
            Element::Point(point) => point.x().to_vec(),
            Element::Number(..) => Hash::Sha1.digest(&[self.data()]),
        }
    }

    /// The point, of an elliptic-curve key.
    pub const fn point(&self) -> Option<&Point> {
        match &self.0 {
            Element::Point(point) => Some(point),
            Element::Number(..) => None,
        }
    }
}

impl From<Point> for Public {
    fn from(point: Point) -> Self {
        Self(Element::Point(point))
    }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Public({})", self.domain().name())
    }
}

/// A private key. Its use takes the same time for every key of a group.
#[derive(Debug)]
pub struct Private(Inner);

#[derive(Debug)]
enum Inner {
    Scalar(PrivateKey),
    Exponent(Modp, Secret),
}

impl From<PrivateKey> for Private {
    fn from(key: PrivateKey) -> Self {
        Self(Inner::Scalar(key))
    }
}

impl Private {
    /// The group.
    pub fn domain(&self) -> Domain {
        match &self.0 {
            Inner::Scalar(key) => Domain::Curve(key.curve()),
            Inner::Exponent(group, _) => Domain::Modp(group.clone()),
        }
    }

    /// The public key under the group's own generator.
    pub fn public(&self) -> Public {
        match &self.0 {
            Inner::Scalar(key) => Public::from(key.public()),
            Inner::Exponent(group, exponent) => {
                Public::number(group, group.power_of_generator(exponent.expose()))
            }
        }
    }

    /// The public key under another generator, such as PACE maps.
    ///
    /// # Errors
    /// [`Malformed`] when the generator is of another group or the result is the identity.
    pub fn public_under(&self, generator: &Public) -> Result<Public, Malformed> {
        self.shared(generator)
    }

    /// The element that this key and the peer's share.
    ///
    /// # Errors
    /// [`Malformed`] when the peer's key is of another group or the element is the identity.
    pub fn shared(&self, peer: &Public) -> Result<Public, Malformed> {
        match (&self.0, &peer.0) {
            (Inner::Scalar(key), Element::Point(point)) => key.times(point).map(Public::from),
            (Inner::Exponent(group, exponent), Element::Number(other, value)) if group == other => {
                group
                    .power(value, exponent.expose())
                    .map(|value| Public::number(group, value))
                    .ok_or(Malformed::new("product that is not the identity", 0))
            }
            _ => Err(Malformed::new("key of the same group", 0)),
        }
    }

    /// Key agreement: the x coordinate of the shared point, as long as the field (TR-03111
    /// §4.3.1), or the shared number, as long as the prime (RFC 2631 §2.1.2).
    ///
    /// # Errors
    /// As [`Private::shared`].
    pub fn agree(&self, peer: &Public) -> Result<Secret, Malformed> {
        let shared = self.shared(peer)?;
        Ok(match &shared.0 {
            Element::Point(point) => Secret::copy_of(point.x()),
            Element::Number(_, value) => Secret::copy_of(value),
        })
    }
}

impl Private {
    /// Another key divided by this one, modulo the order and as long as it: with the chip's static
    /// key here and its mapping key there, CA_IC of chip authentication mapping
    /// (Doc 9303-11 §4.4.3.3.3), for which only elliptic curves are defined.
    ///
    /// # Errors
    /// [`Malformed`] over a prime field, or when the keys are of two curves.
    pub fn divide(&self, mapping: &Self) -> Result<Secret, Malformed> {
        match (&self.0, &mapping.0) {
            (Inner::Scalar(key), Inner::Scalar(mapping)) => key.divide(mapping),
            _ => Err(Malformed::new("keys of one curve", 0)),
        }
    }
}

/// A number from outside times a public key: CA_IC × PK_IC in chip authentication mapping
/// (Doc 9303-11 §4.4.3.3.3). Leading zeros of the number may be there or lack.
///
/// # Errors
/// [`Malformed`] when the number is zero or not below the order.
pub fn times(scalar: &Secret, point: &Public) -> Result<Public, Malformed> {
    point
        .domain()
        .private(Secret::copy_of(scalar.expose()))?
        .shared(point)
}

#[cfg(test)]
mod tests;
