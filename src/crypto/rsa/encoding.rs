//! Encoding methods for signatures (RFC 8017 §9) around the number that RSA carries. The `rsa` crate
//! has these for one hash function in all places; documents use another one inside MGF1.

use subtle::ConstantTimeEq;

use crate::crypto::hash::Hash;

/// Last octet of every PSS encoding (RFC 8017 §9.1.1 step 12).
const PSS_TRAILER: u8 = 0xBC;

/// The encoded message and the hashed one do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) struct Inconsistent;

/// EMSA-PSS-ENCODE (RFC 8017 §9.1.1) of a digest with MGF1 over the same hash, for a modulus of
/// `modulus_bits`; as long as the modulus. `None` when the modulus is too short.
pub(super) fn pss_encode(
    hash: Hash,
    digest: &[u8],
    salt: &[u8],
    modulus_bits: usize,
) -> Option<Vec<u8>> {
    let layout = Layout::new(hash, salt.len(), modulus_bits)?;
    let h = hash.digest(&[&[0; 8], digest, salt]);
    let mut db = vec![0; layout.padding];
    db.push(1);
    db.extend_from_slice(salt);
    xor_mask(&mut db, hash, &h);
    if let Some(first) = db.first_mut() {
        *first &= layout.first_octet_mask;
    }
    let modulus_len = modulus_bits.div_ceil(8);
    let mut encoded = vec![0; modulus_len.checked_sub(layout.encoded_len)?];
    encoded.extend_from_slice(&db);
    encoded.extend_from_slice(&h);
    encoded.push(PSS_TRAILER);
    Some(encoded)
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2): `representative` is what the public operation gave, as long
/// as the modulus.
pub(in crate::crypto) fn pss_verify(
    hash: Hash,
    mgf: Hash,
    salt_len: usize,
    digest: &[u8],
    representative: &[u8],
    modulus_bits: usize,
) -> Result<(), Inconsistent> {
    let layout = Layout::new(hash, salt_len, modulus_bits).ok_or(Inconsistent)?;
    let beyond = representative
        .len()
        .checked_sub(layout.encoded_len)
        .ok_or(Inconsistent)?;
    let (zeros, encoded) = representative
        .split_at_checked(beyond)
        .ok_or(Inconsistent)?;
    let (trailer, encoded) = encoded.split_last().ok_or(Inconsistent)?;
    let (masked_db, h) = encoded
        .split_at_checked(layout.padding + 1 + salt_len)
        .ok_or(Inconsistent)?;
    let first = masked_db.first().ok_or(Inconsistent)?;
    if zeros.iter().any(|octet| *octet != 0)
        || *trailer != PSS_TRAILER
        || first & !layout.first_octet_mask != 0
    {
        return Err(Inconsistent);
    }

    let mut db = masked_db.to_vec();
    xor_mask(&mut db, mgf, h);
    if let Some(first) = db.first_mut() {
        *first &= layout.first_octet_mask;
    }
    let (padding, rest) = db.split_at_checked(layout.padding).ok_or(Inconsistent)?;
    let (mark, salt) = rest.split_first().ok_or(Inconsistent)?;
    if padding.iter().any(|octet| *octet != 0) || *mark != 1 {
        return Err(Inconsistent);
    }
    let expected = hash.digest(&[&[0; 8], digest, salt]);
    if bool::from(expected.ct_eq(h)) {
        Ok(())
    } else {
        Err(Inconsistent)
    }
}

/// How the parts of a PSS encoding lie: zeros, 01, salt, hash, trailer.
struct Layout {
    /// Length of all of it, in bytes: one less than the modulus when that has 8n + 1 bits.
    encoded_len: usize,
    /// Number of zero octets.
    padding: usize,
    /// The bits of the first octet that may be set.
    first_octet_mask: u8,
}

impl Layout {
    /// `None` when hash and salt do not fit.
    fn new(hash: Hash, salt_len: usize, modulus_bits: usize) -> Option<Self> {
        let encoded_bits = modulus_bits.checked_sub(1)?;
        let encoded_len = encoded_bits.div_ceil(8);
        let padding = encoded_len
            .checked_sub(hash.len())?
            .checked_sub(salt_len)?
            .checked_sub(2)?;
        Some(Self {
            encoded_len,
            padding,
            first_octet_mask: 0xFF >> (8 * encoded_len - encoded_bits),
        })
    }
}

/// Puts the mask of MGF1 (RFC 8017 §B.2.1) over the octets.
fn xor_mask(octets: &mut [u8], hash: Hash, seed: &[u8]) {
    for (counter, chunk) in (0_u32..).zip(octets.chunks_mut(hash.len())) {
        let mask = hash.digest(&[seed, &counter.to_be_bytes()]);
        for (octet, mask) in chunk.iter_mut().zip(mask) {
            *octet ^= mask;
        }
    }
}
