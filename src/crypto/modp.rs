//! Prime-field groups for Diffie-Hellman (RFC 2631 §2.2), chosen at run time.
//!
//! Numbers are big-endian octets; elements are as long as the prime. Exponentiation takes the same
//! time for every exponent of a length.

mod groups;

use std::fmt;
use std::sync::Arc;
use std::sync::LazyLock;

use crypto_bigint::BoxedUint;
use crypto_bigint::NonZero;
use crypto_bigint::Odd;
use crypto_bigint::modular::BoxedMontyForm;
use crypto_bigint::modular::BoxedMontyParams;
use zeroize::Zeroizing;

use crate::bytes::tlv::trim_zeros;
use crate::crypto::random::Random;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::secret::Secret;

/// Shortest prime taken, in bits: that of the shortest standardized group.
const MIN_PRIME_BITS: usize = 1024;

/// Longest prime taken, in bits. Exponentiation grows with the cube of it.
const MAX_PRIME_BITS: usize = 4096;

/// Shortest order of a subgroup taken, in bits: that of the shortest standardized group.
const MIN_ORDER_BITS: usize = 160;

/// Tries before a source of random numbers is given up. A good one fails at the first with a
/// probability below 2^-158.
const MAX_TRIES: usize = 16;

/// A group of numbers modulo a prime, and a generator. Cheap to clone.
#[derive(Clone)]
pub struct Modp(Arc<Group>);

struct Group {
    /// Prime, without leading zeros
    p: Vec<u8>,
    /// Generator, as long as the prime
    g: Vec<u8>,
    /// Order of the generator, where it is known, without leading zeros
    q: Option<Vec<u8>>,
    /// Standardized domain parameter id
    id: Option<u8>,
    field: BoxedMontyParams,
}

/// Standardized domain parameters 0, 1 and 2, in this order.
static KNOWN: LazyLock<Vec<Modp>> = LazyLock::new(|| {
    [
        groups::MODP_1024_160,
        groups::MODP_2048_224,
        groups::MODP_2048_256,
    ]
    .iter()
    .zip(0..)
    .filter_map(|(numbers, id)| {
        let [p, g, q] = [numbers.p, numbers.g, numbers.q].map(hex::decode);
        Modp::checked(&p.ok()?, &g.ok()?, Some(&q.ok()?), Some(id)).ok()
    })
    .collect()
});

impl Modp {
    /// Takes domain parameters from outside: prime, generator and, where it is given, the order of
    /// the generator. Leading zeros do not count. Those of a standardized group give that group,
    /// with its order.
    ///
    /// That the prime and the order are prime is not tested: who signs the parameters answers for
    /// that, and nothing secret of ours outlives a session.
    ///
    /// # Errors
    /// [`Malformed`] when the prime is even or not of 1024 to 4096 bits, the generator is not
    /// between 1 and p - 1, or the order is not that of the generator or too short.
    pub fn new(p: &[u8], g: &[u8], q: Option<&[u8]>) -> Result<Self, Malformed> {
        let known = KNOWN
            .iter()
            .find(|known| trim_zeros(p) == known.0.p && trim_zeros(g) == trim_zeros(&known.0.g));
        match known {
            Some(known) if q.is_none() || q.map(trim_zeros) == known.order() => Ok(known.clone()),
            Some(_) => Err(Malformed::new("order of the generator", 0)),
            None => Self::checked(p, g, q, None),
        }
    }

    fn checked(p: &[u8], g: &[u8], q: Option<&[u8]>, id: Option<u8>) -> Result<Self, Malformed> {
        let p = trim_zeros(p).to_vec();
        let wrong = Malformed::new("prime", 0);
        if !(MIN_PRIME_BITS..=MAX_PRIME_BITS).contains(&bits(&p)) {
            return Err(wrong);
        }
        let odd = BoxedUint::from_be_slice_vartime(&p).into_odd();
        let odd: Option<Odd<BoxedUint>> = odd.into_option();
        let mut group = Group {
            g: Vec::new(),
            q: None,
            id,
            field: BoxedMontyParams::new_vartime(odd.ok_or(wrong)?),
            p,
        };
        group.g = group
            .within(g)
            .ok_or(Malformed::new("generator of the group", 0))?;
        if let Some(q) = q {
            let q = trim_zeros(q);
            if !group.is_order(q) {
                return Err(Malformed::new("order of the generator", 0));
            }
            group.q = Some(q.to_vec());
        }
        Ok(Self(Arc::new(group)))
    }

    /// The group of a standardized domain parameter id, 0 to 2 (Doc 9303-11 §9.5.1 table).
    pub fn from_parameter_id(id: u8) -> Option<Self> {
        KNOWN.get(usize::from(id)).cloned()
    }

    /// The standardized domain parameter id, of a group that has one.
    pub fn parameter_id(&self) -> Option<u8> {
        self.0.id
    }

    /// The prime, without leading zeros.
    pub fn prime(&self) -> &[u8] {
        &self.0.p
    }

    /// The generator, as long as the prime.
    pub fn generator(&self) -> &[u8] {
        &self.0.g
    }

    /// The order of the generator, where it is known, without leading zeros.
    pub fn order(&self) -> Option<&[u8]> {
        self.0.q.as_deref()
    }

    /// Length of an element, in bytes.
    pub fn element_len(&self) -> usize {
        self.0.p.len()
    }

    /// Length of the prime, in bits.
    pub fn prime_bits(&self) -> usize {
        bits(&self.0.p)
    }

    /// Length of the generator's order, in bits, where it is known.
    pub fn order_bits(&self) -> Option<usize> {
        self.order().map(bits)
    }

    /// Takes an element from outside and gives it as long as the prime: between 1 and p - 1, and
    /// in the subgroup where its order is known. Leading zeros may be there or lack.
    pub(in crate::crypto) fn element(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        let value = self.0.within(encoded)?;
        match self.order() {
            Some(q) if !self.0.is_one(&self.0.power(&value, q)) => None,
            _ => Some(value),
        }
    }

    /// Takes a private exponent of any length up to the prime's and gives one that has the same
    /// powers: reduced by the order, where it is known.
    pub(in crate::crypto) fn exponent(&self, octets: &[u8]) -> Option<Secret> {
        let spare = octets.len().saturating_sub(self.element_len());
        let (above, octets) = octets.split_at_checked(spare)?;
        if above.iter().any(|octet| *octet != 0) {
            return None;
        }
        let exponent = match self.order() {
            Some(q) => reduced(octets, q)?,
            None => Secret::copy_of(octets),
        };
        // Zero, or a multiple of an order that is not known, would give the identity away as key.
        let usable = match self.order() {
            Some(_) => exponent.expose().iter().any(|octet| *octet != 0),
            None => self.power(&self.0.g, exponent.expose()).is_some(),
        };
        usable.then_some(exponent)
    }

    /// Makes a private exponent: takes as many bytes as the prime has (spare top bits cleared) and
    /// reduces them by the order. Feeding the bytes of a published key, which may be longer than
    /// the order, therefore gives the published key.
    pub(in crate::crypto) fn generate(
        &self,
        random: &mut dyn Random,
    ) -> Result<Secret, SetupError> {
        let spare_bits = self.element_len() * 8 - self.prime_bits();
        let mut octets = Zeroizing::new(vec![0; self.element_len()]);
        for _ in 0..MAX_TRIES {
            random.fill(&mut octets)?;
            if let Some(first) = octets.first_mut() {
                *first &= 0xFF >> spare_bits;
            }
            if let Some(exponent) = self.exponent(&octets) {
                return Ok(exponent);
            }
        }
        Err(SetupError::NoRandomness)
    }

    /// An element to the power of a secret number; `None` when that is 1 or p - 1, the elements
    /// that everybody knows.
    pub(in crate::crypto) fn power(
        &self,
        base: &[u8],
        exponent: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let power = self.0.power(base, exponent);
        self.0.within(&power).map(Zeroizing::new)
    }

    /// The generator to the power of a private exponent.
    pub(in crate::crypto) fn power_of_generator(&self, exponent: &[u8]) -> Zeroizing<Vec<u8>> {
        self.0.power(&self.0.g, exponent)
    }

    /// Generic mapping: g^s · h (Doc 9303-11 §4.4.3.3.1).
    pub(in crate::crypto) fn map_generic(
        &self,
        nonce: &[u8],
        shared: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let power = self.0.power(&self.0.g, nonce);
        let product = self.0.product(&power, shared);
        self.0.within(&product).map(Zeroizing::new)
    }

    /// Integrated mapping: x^((p-1)/q) for the pseudo-random number x, of any length, modulo p
    /// (Doc 9303-11 §4.4.3.3.2). `None` where the order is not known.
    pub(in crate::crypto) fn map_integrated(&self, number: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let cofactor = self.0.cofactor(self.order()?)?;
        let number = reduced(number, &self.0.p)?;
        let power = self.0.power(number.expose(), &cofactor);
        self.0.within(&power).map(Zeroizing::new)
    }
}

impl Group {
    /// The number as long as the prime, when it is between 1 and p - 1, both left out.
    fn within(&self, number: &[u8]) -> Option<Vec<u8>> {
        let number = trim_zeros(number);
        let zeros = self.p.len().checked_sub(number.len())?;
        let mut padded = vec![0; zeros];
        padded.extend_from_slice(number);
        // The prime is odd, so that one less differs in the last bit alone.
        let (last, rest) = self.p.split_last()?;
        let mut top = rest.to_vec();
        top.push(last & 0xFE);
        (!matches!(number, [] | [1]) && padded < top).then_some(padded)
    }

    fn is_one(&self, element: &[u8]) -> bool {
        trim_zeros(element) == [1]
    }

    /// Whether a number is long enough and a multiple of the generator's order that divides p - 1.
    fn is_order(&self, q: &[u8]) -> bool {
        bits(q) >= MIN_ORDER_BITS
            && q.len() <= self.p.len()
            && self.cofactor(q).is_some()
            && self.is_one(&self.power(&self.g, q))
    }

    /// (p - 1) / q, when q divides.
    fn cofactor(&self, q: &[u8]) -> Option<Vec<u8>> {
        let top = self.number(&self.p).wrapping_sub(BoxedUint::one());
        let q: Option<NonZero<BoxedUint>> = self.number(q).into_nz().into_option();
        let (cofactor, remainder) = top.div_rem_vartime(&q?);
        bool::from(remainder.is_zero()).then(|| cofactor.to_be_bytes().into_vec())
    }

    /// A number not longer than the prime, in the field's width.
    fn number(&self, octets: &[u8]) -> BoxedUint {
        BoxedUint::from_be_slice_truncated(octets, self.field.bits_precision())
    }

    fn element(&self, octets: &[u8]) -> Zeroizing<BoxedMontyForm> {
        Zeroizing::new(BoxedMontyForm::new(self.number(octets), &self.field))
    }

    fn octets(&self, element: &BoxedMontyForm) -> Zeroizing<Vec<u8>> {
        let number = Zeroizing::new(element.retrieve());
        let octets = Zeroizing::new(number.to_be_bytes().into_vec());
        let spare = octets.len().saturating_sub(self.p.len());
        Zeroizing::new(octets.get(spare..).unwrap_or_default().to_vec())
    }

    fn power(&self, base: &[u8], exponent: &[u8]) -> Zeroizing<Vec<u8>> {
        let exponent = Zeroizing::new(BoxedUint::from_be_slice_vartime(exponent));
        let power = Zeroizing::new(self.element(base).pow(&exponent));
        self.octets(&power)
    }

    fn product(&self, one: &[u8], other: &[u8]) -> Zeroizing<Vec<u8>> {
        let product = Zeroizing::new(self.element(one).mul(&self.element(other)));
        self.octets(&product)
    }
}

/// A secret number modulo another, as long as the other.
fn reduced(number: &[u8], modulus: &[u8]) -> Option<Secret> {
    let number = Zeroizing::new(BoxedUint::from_be_slice_vartime(number));
    let divisor = BoxedUint::from_be_slice_vartime(modulus)
        .into_nz()
        .into_option()?;
    let remainder = Zeroizing::new(number.rem(&divisor));
    let octets = Zeroizing::new(remainder.to_be_bytes().into_vec());
    let spare = octets.len().checked_sub(modulus.len())?;
    octets.get(spare..).map(Secret::copy_of)
}

/// Length of a number in bits.
fn bits(number: &[u8]) -> usize {
    let number = trim_zeros(number);
    let zeros = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(usize::try_from(zeros).unwrap_or_default())
}

impl PartialEq for Modp {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.p == other.0.p && self.0.g == other.0.g && self.0.q == other.0.q)
    }
}

impl Eq for Modp {}

impl fmt::Display for Modp {
    /// `2048-bit MODP group`, and `with 256-bit prime order subgroup` where the order is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-bit MODP group", self.prime_bits())?;
        match self.order_bits() {
            Some(order) => write!(f, " with {order}-bit prime order subgroup"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Modp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Modp({self})")
    }
}

#[cfg(test)]
mod tests;
