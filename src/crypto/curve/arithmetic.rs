//! Operations that every curve has, over RustCrypto's group law. Points go in and out in their
//! uncompressed encoding (SEC 1 §2.3.3), numbers as big-endian octets of the field's length.

use ecdsa::EcdsaCurve;
use ecdsa::Signature;
use ecdsa::hazmat::sign_prehashed_rfc6979;
use ecdsa::hazmat::verify_prehashed;
use elliptic_curve::FieldBytes;
use elliptic_curve::NonZeroScalar;
use elliptic_curve::Scalar;
use elliptic_curve::ff::Field;
use elliptic_curve::ff::PrimeField as _;
use elliptic_curve::group::Group as _;
use elliptic_curve::sec1::FromSec1Point;
use elliptic_curve::sec1::Sec1Point;
use elliptic_curve::sec1::ToSec1Point;
use primeorder::AffinePoint;
use primeorder::PrimeCurveParams;
use primeorder::ProjectivePoint;
use zeroize::Zeroizing;

use crate::crypto::hash::Hash;

/// A curve with everything that the functions here need.
pub(super) trait Arithmetic: PrimeCurveParams + EcdsaCurve {}

impl<C: PrimeCurveParams + EcdsaCurve> Arithmetic for C {}

/// First octet of an uncompressed point.
const UNCOMPRESSED: u8 = 4;

/// Takes a point that is uncompressed, on the curve, and not the identity.
fn decode<C: Arithmetic>(encoded: &[u8]) -> Option<AffinePoint<C>> {
    if encoded.first() != Some(&UNCOMPRESSED) {
        return None;
    }
    let point = Sec1Point::<C>::from_bytes(encoded).ok()?;
    AffinePoint::from_sec1_point(&point).into_option()
}

/// The encoding of a point, unless it is the identity.
fn encode<C: Arithmetic>(point: &ProjectivePoint<C>) -> Option<Vec<u8>> {
    if bool::from(point.is_identity()) {
        return None;
    }
    let affine = Zeroizing::new(point.to_affine());
    Some(affine.to_sec1_point(false).as_bytes().to_vec())
}

/// A number between 1 and n - 1.
fn scalar<C: Arithmetic>(octets: &[u8]) -> Option<Zeroizing<NonZeroScalar<C>>> {
    let octets = Zeroizing::new(FieldBytes::<C>::try_from(octets).ok()?);
    NonZeroScalar::<C>::from_repr(*octets)
        .into_option()
        .map(Zeroizing::new)
}

/// Whether the encoding is one of a point that may be used.
pub(super) fn is_point<C: Arithmetic>(encoded: &[u8]) -> bool {
    decode::<C>(encoded).is_some()
}

/// Whether the number is a private key.
pub(super) fn is_scalar<C: Arithmetic>(octets: &[u8]) -> bool {
    scalar::<C>(octets).is_some()
}

/// A private key times the generator.
pub(super) fn public<C: Arithmetic>(private: &[u8]) -> Option<Vec<u8>> {
    let private = scalar::<C>(private)?;
    encode(&ProjectivePoint::<C>::mul_by_generator(&private))
}

/// A private key times a point.
pub(super) fn times<C: Arithmetic>(private: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let private = scalar::<C>(private)?;
    let point = ProjectivePoint::<C>::from(decode::<C>(point)?);
    let product = Zeroizing::new(point * **private);
    encode(&product)
}

/// A nonce of any length, reduced modulo the order, times the generator, plus a point.
pub(super) fn map_generic<C: Arithmetic>(nonce: &[u8], shared: &[u8]) -> Option<Vec<u8>> {
    let shared = ProjectivePoint::<C>::from(decode::<C>(shared)?);
    let base = Scalar::<C>::from(256);
    let mut number = Zeroizing::new(Scalar::<C>::ZERO);
    for octet in nonce {
        *number = *number * base + Scalar::<C>::from(u64::from(*octet));
    }
    encode(&(ProjectivePoint::<C>::mul_by_generator(&number) + shared))
}

/// One private key divided by another, modulo the order.
pub(super) fn divide<C: Arithmetic>(dividend: &[u8], divisor: &[u8]) -> Option<Vec<u8>> {
    let dividend = scalar::<C>(dividend)?;
    let inverse = Zeroizing::new(scalar::<C>(divisor)?.invert().into_option()?);
    let quotient = Zeroizing::new(**dividend * *inverse);
    Some(quotient.to_repr().to_vec())
}

/// What was wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) enum Fault {
    /// r or s is not between 1 and n - 1, or the point is none.
    Range,
    /// The equation does not hold.
    Equation,
}

/// Verifies r and s, each as long as the order, over a digest of any length.
pub(super) fn verify<C: Arithmetic>(
    public: &[u8],
    digest: &[u8],
    r_and_s: &[u8],
) -> Result<(), Fault> {
    let public = decode::<C>(public).ok_or(Fault::Range)?;
    let signature = Signature::<C>::from_slice(r_and_s).map_err(|_| Fault::Range)?;
    verify_prehashed(&public.into(), digest, &signature).map_err(|_| Fault::Equation)
}

/// Signs with a nonce by RFC 6979.
pub(super) fn sign<C: Arithmetic>(private: &[u8], hash: Hash, message: &[u8]) -> Option<Vec<u8>> {
    let private = scalar::<C>(private)?;
    let digest = hash.digest(&[message]);
    let (signature, _) = match hash {
        Hash::Sha1 => sign_prehashed_rfc6979::<C, sha1::Sha1>(&private, &digest, &[]),
        Hash::Sha224 => sign_prehashed_rfc6979::<C, sha2::Sha224>(&private, &digest, &[]),
        Hash::Sha256 => sign_prehashed_rfc6979::<C, sha2::Sha256>(&private, &digest, &[]),
        Hash::Sha384 => sign_prehashed_rfc6979::<C, sha2::Sha384>(&private, &digest, &[]),
        Hash::Sha512 => sign_prehashed_rfc6979::<C, sha2::Sha512>(&private, &digest, &[]),
    };
    Some(signature.to_bytes().to_vec())
}
