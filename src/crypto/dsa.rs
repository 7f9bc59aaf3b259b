//! DSA (FIPS 186-4 §4), which Doc 9303-12 §4.4 allowed to document signers. FIPS 186-5 allows no
//! more than verifying it.

use dsa::BoxedUint;
use dsa::Components;
use dsa::SigningKey;
use dsa::VerifyingKey;
use dsa::signature::hazmat::PrehashVerifier;

use crate::bytes::tlv::trim_zeros;
use crate::crypto::hash::Hash;
use crate::crypto::modp::Modp;
use crate::error::Malformed;

/// Lengths of p and q in bits (FIPS 186-4 §4.2).
const SIZES: [(usize, usize); 4] = [(1024, 160), (2048, 224), (2048, 256), (3072, 256)];

/// Domain parameters as unsigned big-endian numbers.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    /// Prime of the field
    pub p: &'a [u8],
    /// Prime order of the subgroup
    pub q: &'a [u8],
    /// Generator of the subgroup
    pub g: &'a [u8],
}

/// A public key whose number lies in the subgroup that its parameters describe.
#[derive(Clone, PartialEq)]
pub struct PublicKey {
    key: VerifyingKey,
    bits: (usize, usize),
}

impl Eq for PublicKey {}

/// Why numbers are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// p and q have lengths, in bits, that the standard does not have.
    Size(usize, usize),
    /// The numbers do not belong together.
    Malformed(Malformed),
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

/// The signature does not fit key and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inconsistent;

impl PublicKey {
    /// Takes domain parameters and a public number from outside.
    ///
    /// That p and q are prime is not tested: who signs the certificate answers for that.
    ///
    /// # Errors
    /// [`Fault`] for lengths that the standard does not have, a generator that has not the order q,
    /// and a public number outside its subgroup.
    pub fn new(parameters: Parameters<'_>, y: &[u8]) -> Result<Self, Fault> {
        let Parameters { p, q, g } = parameters;
        let bits = (bits(p), bits(q));
        if !SIZES.contains(&bits) {
            return Err(Fault::Size(bits.0, bits.1));
        }
        let group = Modp::new(p, g, Some(q))?;
        let wrong = Malformed::new("DSA key", 0);
        let y = group.element(y).ok_or(wrong)?;
        let components = Components::from_components(
            number(group.prime()),
            number(trim_zeros(q)),
            number(group.generator()),
        )
        .map_err(|_| wrong)?;
        let key = VerifyingKey::from_components(components, number(&y)).map_err(|_| wrong)?;
        Ok(Self { key, bits })
    }

    /// Length of the prime p, in bits.
    pub const fn bits(&self) -> usize {
        self.bits.0
    }

    /// Length of the order q, in bytes.
    pub const fn order_len(&self) -> usize {
        self.bits.1.div_ceil(8)
    }

    /// Length of the order q, in bits.
    pub const fn order_bits(&self) -> usize {
        self.bits.1
    }

    /// Prime, order, generator and public number, without leading zeros.
    pub fn numbers(&self) -> [Vec<u8>; 4] {
        let components = self.key.components();
        [
            components.p().as_ref().to_be_bytes(),
            components.q().to_be_bytes(),
            components.g().to_be_bytes(),
            self.key.y().to_be_bytes(),
        ]
        .map(|octets| trim_zeros(&octets).to_vec())
    }

    /// Verifies r and s in a row, each as long as q, over a digest of which the leftmost bits count
    /// (FIPS 186-4 §4.7).
    pub(in crate::crypto) fn verify(
        &self,
        digest: &[u8],
        r_and_s: &[u8],
    ) -> Result<(), Inconsistent> {
        let (r, s) = r_and_s
            .split_at_checked(self.order_len())
            .filter(|(_, s)| s.len() == self.order_len())
            .ok_or(Inconsistent)?;
        let precision = self.key.components().q().bits_precision();
        let padded = |octets| BoxedUint::from_be_slice(octets, precision).map_err(|_| Inconsistent);
        let signature =
            dsa::Signature::from_components(padded(r)?, padded(s)?).ok_or(Inconsistent)?;
        self.key
            .verify_prehash(digest, &signature)
            .map_err(|_| Inconsistent)
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DSA-{}", self.bits())
    }
}

fn number(octets: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(octets)
}

fn bits(number: &[u8]) -> usize {
    match trim_zeros(number) {
        [] => 0,
        [first, rest @ ..] => {
            let zeros = usize::try_from(first.leading_zeros()).unwrap_or(0);
            (rest.len() + 1) * 8 - zeros
        }
    }
}

/// A private key, for test material. Wiped when dropped.
pub struct PrivateKey {
    key: SigningKey,
    public: PublicKey,
}

impl PrivateKey {
    /// Takes a public key and its private number, unsigned and big-endian.
    ///
    /// # Errors
    /// [`Malformed`] when the number is zero or not below the order.
    pub fn new(public: PublicKey, x: &[u8]) -> Result<Self, Malformed> {
        SigningKey::from_components(public.key.clone(), number(trim_zeros(x)))
            .map(|key| Self { key, public })
            .map_err(|_| Malformed::new("DSA private key", 0))
    }

    /// The public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs; gives r and s in a row, each as long as q. The same message gives the same signature
    /// (RFC 6979).
    ///
    /// # Errors
    /// [`Malformed`] where the key gives no signature.
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, Malformed> {
        let digest = hash.digest(&[message]);
        let key = &self.key;
        let signature = match hash {
            Hash::Sha1 => key.sign_prehashed_rfc6979::<sha1::Sha1>(&digest),
            Hash::Sha224 => key.sign_prehashed_rfc6979::<sha2::Sha224>(&digest),
            Hash::Sha256 => key.sign_prehashed_rfc6979::<sha2::Sha256>(&digest),
            Hash::Sha384 => key.sign_prehashed_rfc6979::<sha2::Sha384>(&digest),
            Hash::Sha512 => key.sign_prehashed_rfc6979::<sha2::Sha512>(&digest),
        }
        .map_err(|_| Malformed::new("DSA signature", 0))?;
        let length = self.public.order_len();
        let mut out = Vec::with_capacity(2 * length);
        for part in [signature.r(), signature.s()] {
            let octets = part.to_be_bytes();
            let octets = trim_zeros(&octets);
            out.resize(out.len() + length.saturating_sub(octets.len()), 0);
            out.extend_from_slice(octets);
        }
        Ok(out)
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(DSA)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::vectors;

    struct Numbers([Vec<u8>; 4]);

    impl Numbers {
        fn of_openssl(index: usize) -> Self {
            let file = vectors::parse(include_str!("../../tests/vectors/dsa_openssl.toml"));
            let entry = vectors::tables(&file, "key").nth(index).unwrap();
            let part = |name| vectors::hex(entry, name);
            Self(["prime", "order", "generator", "public"].map(part))
        }

        fn with(mut self, index: usize, number: &[u8]) -> Self {
            self.0[index] = number.to_vec();
            self
        }

        fn key(&self) -> Result<PublicKey, Fault> {
            let [p, q, g, y] = &self.0;
            PublicKey::new(Parameters { p, q, g }, y)
        }
    }

    #[test]
    fn the_numbers_come_back() {
        for (index, bits) in SIZES.into_iter().enumerate() {
            let numbers = Numbers::of_openssl(index);
            let key = numbers.key().unwrap();
            assert_eq!((key.bits(), key.order_bits()), bits);
            assert_eq!(key.numbers(), numbers.0);
        }
    }

    #[test]
    fn numbers_that_do_not_belong_together_are_refused() {
        const PUBLIC: usize = 3;
        const GENERATOR: usize = 2;
        let an = || Numbers::of_openssl(0);
        let [p, q, ..] = an().0;
        let mut below = p.clone();
        *below.last_mut().unwrap() -= 1;
        for index in [GENERATOR, PUBLIC] {
            // Nothing, zero, one, p - 1, p, more than p, and a number outside the subgroup.
            for number in [&[][..], &[0], &[1], &below, &p, &[0xFF; 129], &[2]] {
                let key = an().with(index, number).key();
                assert!(
                    matches!(key, Err(Fault::Malformed(_))),
                    "{index} {number:?}"
                );
            }
        }
        assert!(matches!(
            an().with(0, &below).key(),
            Err(Fault::Malformed(_))
        ));
        let mut other = q.clone();
        *other.last_mut().unwrap() ^= 2;
        assert!(matches!(
            an().with(1, &other).key(),
            Err(Fault::Malformed(_))
        ));
    }

    #[test]
    fn other_lengths_are_named() {
        let of = |p: usize, q: usize| {
            let an = Numbers::of_openssl(0);
            an.with(0, &vec![0xFF; p]).with(1, &vec![0xFF; q]).key()
        };
        for (p, q) in [
            (0, 0),
            (64, 20),
            (128, 28),
            (192, 20),
            (1024, 32),
            (65536, 1),
        ] {
            assert_eq!(of(p, q), Err(Fault::Size(p * 8, q * 8)));
        }
    }
}
