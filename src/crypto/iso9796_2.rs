//! ISO/IEC 9796-2 digital signature scheme 1 with partial recovery, as active authentication uses
//! it (Doc 9303-11 §6.1, Appendix F).

use subtle::ConstantTimeEq;

use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::crypto::rsa::PrivateKey;
use crate::crypto::rsa::PublicKey;
use crate::error::Malformed;

/// What was wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not a number below the modulus.
    Length,
    /// The header, the padding or the trailer is wrong.
    Form,
    /// The trailer names a hash function that this build does not know.
    UnknownTrailer,
    /// The hash does not match the recovered and the given message.
    Digest,
}

/// The recoverable string in front of the data (ISO/IEC 9796-2 scheme 1): the bits 01, the more-data
/// bit, then zeros up to a one, of which all nibbles but the first are combined with B. With data in
/// whole octets it is `6A` or `6B BB … BA`; `4…` instead of `6…` where nothing of the message is left
/// over.
mod header {
    /// First nibble: bits 01, more data, one zero.
    pub(super) const PARTIAL_RECOVERY: u8 = 0x60;
    /// First nibble: bits 01, no more data, one zero.
    pub(super) const TOTAL_RECOVERY: u8 = 0x40;
    /// Nibble of padding: 0 xor B.
    pub(super) const PADDING: u8 = 0x0B;
    /// Last nibble of the padding: 1 xor B.
    pub(super) const BORDER: u8 = 0x0A;
}

/// The trailer field at the end (ISO/IEC 9796-2 §8.1.2; identifiers of ISO/IEC 10118-3).
mod trailer {
    /// Option 1: one octet, the hash function is understood. In documents it is SHA-1.
    pub(super) const IMPLICIT: u8 = 0xBC;
    /// Option 2: this octet last, the identifier of the hash function before it.
    pub(super) const EXPLICIT: u8 = 0xCC;
    /// Both end in this nibble.
    pub(super) const NIBBLE: u8 = 0x0C;
    pub(super) const SHA_1: u8 = 0x33;
    pub(super) const SHA_256: u8 = 0x34;
    pub(super) const SHA_512: u8 = 0x35;
    pub(super) const SHA_384: u8 = 0x36;
    pub(super) const SHA_224: u8 = 0x38;
}

/// Verifies a signature over a message whose second part is `m2` and gives the hash function that
/// the trailer names: BC and 33CC are SHA-1, 34CC SHA-256, 35CC SHA-512, 36CC SHA-384, 38CC SHA-224;
/// 31CC (RIPEMD-160), 32CC and 37CC are unknown here.
///
/// Works on moduli of whole octets, which is what documents have; others give [`Fault::Form`]. A
/// header that says that the whole message was recovered is only right when `m2` is empty: such a
/// signature covers no challenge.
///
/// # Errors
/// [`Fault`].
pub fn verify(key: &PublicKey, m2: &[u8], signature: &[u8]) -> Result<Hash, Fault> {
    let recovered = open(key, signature)?;
    let (last, front) = recovered.split_last().ok_or(Fault::Form)?;
    let (hash, front) = match *last {
        trailer::IMPLICIT => (Hash::Sha1, front),
        trailer::EXPLICIT => {
            let (identifier, front) = front.split_last().ok_or(Fault::Form)?;
            (identified(*identifier).ok_or(Fault::UnknownTrailer)?, front)
        }
        _ => return Err(Fault::Form),
    };
    let split = front.len().checked_sub(hash.len()).ok_or(Fault::Form)?;
    let (front, digest) = front.split_at_checked(split).ok_or(Fault::Form)?;
    let m1 = without_header(front, m2.is_empty()).ok_or(Fault::Form)?;
    if bool::from(hash.digest(&[m1, m2]).ct_eq(digest)) {
        Ok(hash)
    } else {
        Err(Fault::Digest)
    }
}

/// The recoverable string of a signature: what the public operation gives, or what it lacks to the
/// modulus, since a signer may send the smaller one of s and n - s. Only one of the two ends in the
/// nibble C, because the modulus is odd.
fn open(key: &PublicKey, signature: &[u8]) -> Result<Vec<u8>, Fault> {
    if signature.len() != key.modulus_len() {
        return Err(Fault::Length);
    }
    let direct = key.raw(signature).map_err(|_| Fault::Length)?;
    let ends_well = |number: &[u8]| {
        number
            .last()
            .is_some_and(|last| last & 0x0F == trailer::NIBBLE)
    };
    if ends_well(&direct) {
        return Ok(direct);
    }
    let other = difference(key.modulus(), &direct);
    if ends_well(&other) {
        Ok(other)
    } else {
        Err(Fault::Form)
    }
}

/// The first number minus the second, which is not larger; both of the same length.
fn difference(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut out: Vec<u8> = larger
        .iter()
        .zip(smaller)
        .rev()
        .map(|(from, take)| {
            let (rest, first) = from.overflowing_sub(*take);
            let (rest, second) = rest.overflowing_sub(u8::from(borrow));
            borrow = first || second;
            rest
        })
        .collect();
    out.reverse();
    out
}

/// The hash function that an identifier in the trailer names.
const fn identified(identifier: u8) -> Option<Hash> {
    match identifier {
        trailer::SHA_1 => Some(Hash::Sha1),
        trailer::SHA_224 => Some(Hash::Sha224),
        trailer::SHA_256 => Some(Hash::Sha256),
        trailer::SHA_384 => Some(Hash::Sha384),
        trailer::SHA_512 => Some(Hash::Sha512),
        _ => None,
    }
}

/// Checks header and padding and gives what is behind: the recovered part of the message.
fn without_header(front: &[u8], nothing_left_over: bool) -> Option<&[u8]> {
    let kind = if nothing_left_over {
        header::TOTAL_RECOVERY
    } else {
        header::PARTIAL_RECOVERY
    };
    let (first, mut rest) = front.split_first()?;
    if first & 0xF0 != kind {
        return None;
    }
    let mut nibble = first & 0x0F;
    while nibble == header::PADDING {
        let (next, after) = rest.split_first()?;
        if next >> 4 != header::PADDING {
            return None;
        }
        nibble = next & 0x0F;
        rest = after;
    }
    (nibble == header::BORDER).then_some(rest)
}

/// Signs with a random first part that fills the modulus, as a chip does. For test material.
///
/// SHA-1 takes the trailer BC, the others that of two octets.
///
/// # Errors
/// [`Malformed`] when the modulus is too short or of no whole octets, `m2` is empty, or there is no
/// randomness.
pub fn sign(
    key: &PrivateKey,
    hash: Hash,
    m1_random: &mut dyn Random,
    m2: &[u8],
) -> Result<Vec<u8>, Malformed> {
    let public = key.public();
    if m2.is_empty() || !public.bits().is_multiple_of(8) {
        return Err(Malformed::new("message or modulus to sign with", 0));
    }
    let trailer: &[u8] = match hash {
        Hash::Sha1 => &[trailer::IMPLICIT],
        Hash::Sha224 => &[trailer::SHA_224, trailer::EXPLICIT],
        Hash::Sha256 => &[trailer::SHA_256, trailer::EXPLICIT],
        Hash::Sha384 => &[trailer::SHA_384, trailer::EXPLICIT],
        Hash::Sha512 => &[trailer::SHA_512, trailer::EXPLICIT],
    };
    let m1_len = public
        .modulus_len()
        .checked_sub(1 + hash.len() + trailer.len())
        .ok_or(Malformed::new("modulus long enough for the hash", 0))?;
    let mut m1 = vec![0; m1_len];
    m1_random
        .fill(&mut m1)
        .map_err(|_| Malformed::new("random numbers", 0))?;
    let digest = hash.digest(&[&m1, m2]);
    let header = header::PARTIAL_RECOVERY | header::BORDER;
    key.raw(&[&[header], m1.as_slice(), &digest, trailer].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::vectors;
    use crate::error::SetupError;

    struct Fixed(Vec<u8>);

    impl Random for Fixed {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
            buffer.copy_from_slice(&self.0);
            Ok(())
        }
    }

    fn file() -> toml::Table {
        vectors::parse(include_str!("../../tests/vectors/active_auth_rsa.toml"))
    }

    fn key(file: &toml::Table) -> PublicKey {
        vectors::rsa_public_key(vectors::table(file, "own_key"))
    }

    #[test]
    fn signatures_with_every_trailer() {
        let file = file();
        let key = key(&file);
        let own = vectors::table(&file, "own_key");
        let private = vectors::rsa_private_key(own);
        let m2 = vectors::hex(vectors::table(&file, "values"), "m2");
        for entry in vectors::tables(&file, "own_signature") {
            let signature = vectors::hex(entry, "s");
            let expected = vectors::hash(vectors::text(entry, "hash"));
            assert_eq!(verify(&key, &m2, &signature), Ok(expected));
            assert_eq!(open(&key, &signature).unwrap(), vectors::hex(entry, "f"));
            let other = difference(key.modulus(), &signature);
            assert_eq!(verify(&key, &m2, &other), Ok(expected));

            let mut m1 = Fixed(vectors::hex(entry, "m1"));
            let made = sign(&private, expected, &mut m1, &m2).unwrap();
            assert_eq!(made, signature);

            assert_eq!(verify(&key, b"another", &signature), Err(Fault::Digest));
            assert_eq!(verify(&key, b"", &signature), Err(Fault::Form));
            assert_eq!(verify(&key, &m2, &signature[1..]), Err(Fault::Length));
            let longer = [&[0], signature.as_slice()].concat();
            assert_eq!(verify(&key, &m2, &longer), Err(Fault::Length));
            for octet in [0, 60, 127] {
                let mut changed = signature.clone();
                changed[octet] ^= 1;
                assert!(verify(&key, &m2, &changed).is_err());
            }
        }
        assert_eq!(verify(&key, &m2, key.modulus()), Err(Fault::Length));
        assert_eq!(verify(&key, &m2, &[]), Err(Fault::Length));
    }

    #[test]
    fn trailer_33cc_is_sha_1_and_others_are_unknown() {
        let file = file();
        let key = key(&file);
        let private = vectors::rsa_private_key(vectors::table(&file, "own_key"));
        let signed = |identifier: u8, m1: &[u8]| {
            let digest = Hash::Sha1.digest(&[m1, b"challenge"]);
            let f = [&[0x6A], m1, &digest, &[identifier, 0xCC]].concat();
            private.raw(&f).unwrap()
        };
        let check = |signature: &[u8]| verify(&key, b"challenge", signature);
        assert_eq!(check(&signed(0x33, &[7; 105])), Ok(Hash::Sha1));
        assert_eq!(check(&signed(0x31, &[7; 105])), Err(Fault::UnknownTrailer));
        assert_eq!(check(&signed(0x37, &[7; 105])), Err(Fault::UnknownTrailer));
        assert_eq!(check(&signed(0x34, &[7; 105])), Err(Fault::Digest));
    }

    #[test]
    fn short_first_parts_are_padded_and_a_total_recovery_covers_no_challenge() {
        let file = file();
        let key = key(&file);
        let private = vectors::rsa_private_key(vectors::table(&file, "own_key"));
        let signed = |first: u8, m1: &[u8], m2: &[u8]| {
            let digest = Hash::Sha1.digest(&[m1, m2]);
            let mut padding = vec![0xBB; 128 - 1 - m1.len() - 21];
            *padding.last_mut().unwrap() = 0xBA;
            let f = [&[first], padding.as_slice(), m1, &digest, &[0xBC]].concat();
            private.raw(&f).unwrap()
        };
        let partial = signed(0x6B, b"short", b"challenge");
        assert_eq!(verify(&key, b"challenge", &partial), Ok(Hash::Sha1));
        let total = signed(0x4B, b"everything", b"");
        assert_eq!(verify(&key, b"", &total), Ok(Hash::Sha1));
        assert_eq!(verify(&key, b"challenge", &total), Err(Fault::Form));
        // A header of total recovery over a hash that does cover the challenge is none either.
        let mixed = signed(0x4B, b"short", b"challenge");
        assert_eq!(verify(&key, b"challenge", &mixed), Err(Fault::Form));
    }

    #[test]
    fn the_string_of_appendix_f_has_the_right_form() {
        let file = file();
        let values = vectors::table(&file, "values");
        let f = vectors::hex(values, "f");
        let front = &f[..f.len() - 21];
        assert_eq!(
            without_header(front, false).unwrap(),
            vectors::hex(values, "m1")
        );
        let digest = Hash::Sha1.digest(&[&vectors::hex(values, "m")]);
        assert_eq!(digest, vectors::hex(values, "h"));
    }

    #[test]
    fn headers_are_read_to_the_last_nibble() {
        let ok = |front: &[u8]| without_header(front, false).map(<[u8]>::to_vec);
        assert_eq!(ok(&[0x6A, 1, 2]), Some(vec![1, 2]));
        assert_eq!(ok(&[0x6B, 0xBA, 1]), Some(vec![1]));
        assert_eq!(ok(&[0x6B, 0xBB, 0xBB, 0xBA]), Some(vec![]));
        assert_eq!(
            without_header(&[0x4B, 0xBA, 9], true),
            Some([9_u8].as_slice())
        );
        for bad in [
            &[][..],
            &[0x6B],
            &[0x6B, 0xBB],
            &[0x6B, 0xAB],
            &[0x6B, 0xB1],
            &[0x6C, 0xBA],
            &[0x60, 0xBA],
            &[0x7A, 1],
            &[0x2A, 1],
            &[0xEA, 1],
            &[0x4A, 1],
        ] {
            assert_eq!(ok(bad), None, "{bad:02x?}");
        }
        assert_eq!(without_header(&[0x6A, 1], true), None);
    }
}
