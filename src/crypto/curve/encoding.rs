//! Point encoding for the integrated mapping (Doc 9303-11 Appendix B.2): a field element becomes a
//! point, without a branch on either.

use elliptic_curve::FieldBytes;
use elliptic_curve::ff::Field;
use elliptic_curve::ff::PrimeField;
use elliptic_curve::subtle::ConditionallySelectable;
use elliptic_curve::subtle::ConstantTimeEq;

use super::arithmetic::Arithmetic;
use super::arithmetic::is_point;

/// Whether the encoding is defined over a field with this prime.
pub(super) fn is_defined(prime: &[u8]) -> bool {
    quarter_below(prime).is_some()
}

/// Reduces a number of any length modulo the prime and encodes it as a point.
///
/// `None` on a field whose prime is not 3 modulo 4: the encoding is not defined there, and the
/// table of standardized domain parameters (Doc 9303-11 §9.5.1) excepts NIST P-224 for it. `None`
/// too for the numbers 0, 1 and -1, which have no encoding; none of them comes by chance.
pub(super) fn map_integrated<C: Arithmetic>(number: &[u8], prime: &[u8]) -> Option<Vec<u8>> {
    let quarter = quarter_below(prime)?;
    let (a, b) = (C::EQUATION_A, C::EQUATION_B);
    let base = C::FieldElement::from(256);
    let t = number.iter().fold(C::FieldElement::ZERO, |sum, octet| {
        sum * base + C::FieldElement::from(u64::from(*octet))
    });

    let alpha = -t.square();
    let sum = alpha + alpha.square();
    let inverse = Option::<C::FieldElement>::from((a * sum).invert())?;
    let x2 = -b * (C::FieldElement::ONE + sum) * inverse;
    let x3 = alpha * x2;
    let h2 = x2.square() * x2 + a * x2 + b;
    let u = t.square() * t * h2;
    // The exponent p - 1 - (p + 1) / 4 is 3 · (p - 3) / 4 + 1.
    let power = h2.pow(quarter);
    let root = power.square() * power * h2;
    let residue = (root.square() * h2).ct_eq(&C::FieldElement::ONE);
    let x = C::FieldElement::conditional_select(&x3, &x2, residue);
    let y = root * C::FieldElement::conditional_select(&u, &h2, residue);

    let mut encoded = Vec::with_capacity(1 + 2 * prime.len());
    encoded.push(4);
    for coordinate in [x, y] {
        let octets: FieldBytes<C> = coordinate.to_repr();
        encoded.extend_from_slice(&octets);
    }
    // Every cofactor here is 1, so that the encoding is the mapped point itself.
    is_point::<C>(&encoded).then_some(encoded)
}

/// (p - 3) / 4 in words, the lowest first, when p is 3 modulo 4.
fn quarter_below(prime: &[u8]) -> Option<Vec<u64>> {
    if prime.last()? % 4 != 3 {
        return None;
    }
    let words: Vec<u64> = prime
        .rchunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |word, octet| (word << 8) | u64::from(*octet))
        })
        .collect();
    let above = words.iter().skip(1).chain(&[0]);
    Some(
        words
            .iter()
            .zip(above)
            .map(|(word, above)| (word >> 2) | (above << 62))
            .collect(),
    )
}
