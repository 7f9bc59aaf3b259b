//! Whether a signature of active authentication is right (Doc 9303-11 §6.1): ISO/IEC 9796-2 with
//! RSA, plain or DER ECDSA, in the forms that honest chips give it.

use crate::bytes::tlv::trim_zeros;
use crate::capture::ActiveExchange;
use crate::crypto::curve::Point;
use crate::crypto::hash::Hash;
use crate::crypto::iso9796_2;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::lds::security_infos::ActiveAuthenticationInfo;

/// DG14 does not name the hash of an ECDSA signature (quirk row 32).
const HASH_UNNAMED: &str = "aa-hash-missing";
/// The ECDSA signature is in DER (quirk row 33).
const IN_DER: &str = "active-signature-der";
/// The signature is longer or shorter than it should be (quirk row 33).
const ODD_LENGTH: &str = "active-signature-zeros";

/// A signature that holds.
pub(super) struct Verified {
    /// Name of key and algorithm.
    pub(super) name: String,
    /// The hash that was signed.
    pub(super) hash: Hash,
    /// Names of the quirks met.
    pub(super) quirks: Vec<&'static str>,
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is wrong.
    Wrong,
    /// The signed DG14 names an algorithm that this build does not know. No other is tried in its
    /// place.
    UnknownAlgorithm,
}

/// Verifies the response to a challenge. `declared` is what the vouched DG14 says of the algorithm;
/// it is defined for ECDSA alone, an RSA signature names its hash itself.
pub(super) fn verify(
    key: &PublicKey,
    declared: Option<&ActiveAuthenticationInfo>,
    exchange: &ActiveExchange,
) -> Result<Verified, Fault> {
    let (challenge, response) = (&exchange.challenge, &exchange.response);
    match key {
        // Doc 9303-11 §6.1 has active authentication with RSA and ECDSA alone.
        PublicKey::Dsa(_) => Err(Fault::UnknownAlgorithm),
        PublicKey::Rsa(key) => rsa_signature(key, challenge, response),
        PublicKey::Ec(point) => {
            let named = match declared {
                None => None,
                Some(info) => Some(info.signature.ok_or(Fault::UnknownAlgorithm)?.hash()),
            };
            ecdsa_signature(key, point, named, challenge, response)
        }
    }
}

/// ISO/IEC 9796-2 with every trailer. A trailer of an unknown hash is wrong, not unknown: nobody
/// signed it, and one number in 65,536 opens to it without any private key.
fn rsa_signature(
    key: &rsa::PublicKey,
    challenge: &[u8],
    response: &[u8],
) -> Result<Verified, Fault> {
    // Leading zeros too many or too few change no number.
    let number = trim_zeros(response);
    let missing = key
        .modulus_len()
        .checked_sub(number.len())
        .ok_or(Fault::Wrong)?;
    let signature = [&vec![0; missing], number].concat();
    let hash = iso9796_2::verify(key, challenge, &signature).map_err(|_| Fault::Wrong)?;
    Ok(Verified {
        name: format!("RSA-{} {}", key.bits(), hash.name()),
        hash,
        quirks: if response.len() == key.modulus_len() {
            Vec::new()
        } else {
            vec![ODD_LENGTH]
        },
    })
}

/// The hash from DG14, or else by the field's size and then the others.
fn ecdsa_signature(
    key: &PublicKey,
    point: &Point,
    named: Option<Hash>,
    challenge: &[u8],
    response: &[u8],
) -> Result<Verified, Fault> {
    let (hashes, unnamed) = match named {
        Some(hash) => (vec![hash], None),
        None => (by_field_size(point.curve().field_len()), Some(HASH_UNNAMED)),
    };
    let forms = forms(response, point.curve().order_len());
    for hash in hashes {
        for (signature, in_der, quirk) in &forms {
            let scheme = match in_der {
                Form::Plain => Scheme::EcdsaPlain(hash),
                Form::Der => Scheme::Ecdsa(hash),
            };
            if key.verify(scheme, &[challenge], signature).is_ok() {
                return Ok(Verified {
                    name: format!("{} {}", key.name(), scheme.name()),
                    hash,
                    quirks: unnamed.into_iter().chain(*quirk).collect(),
                });
            }
        }
    }
    Err(Fault::Wrong)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Der,
}

/// What the bytes may mean, the standard's form first: r and s in a row, each as long as the order;
/// DER; both of another length; one of them without its leading zeros. Each is a number of its own
/// that must verify, so a form too many opens nothing.
fn forms(response: &[u8], order_len: usize) -> Vec<(Vec<u8>, Form, Option<&'static str>)> {
    if response.len() == 2 * order_len {
        let plain = (response.to_vec(), Form::Plain, None);
        return vec![plain, (response.to_vec(), Form::Der, Some(IN_DER))];
    }
    let mut forms = vec![(response.to_vec(), Form::Der, Some(IN_DER))];
    let mut splits = Vec::new();
    if response.len().is_multiple_of(2) {
        splits.push(response.len() / 2);
    }
    splits.push(order_len);
    splits.extend(response.len().checked_sub(order_len));
    splits.dedup();
    for split in splits {
        let numbers = response.split_at_checked(split);
        let padded = numbers
            .and_then(|(r, s)| Some([padded(r, order_len)?, padded(s, order_len)?].concat()));
        forms.extend(padded.map(|plain| (plain, Form::Plain, Some(ODD_LENGTH))));
    }
    forms
}

/// The same number in so many bytes; `None` when it needs more.
fn padded(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let number = trim_zeros(number);
    let missing = length.checked_sub(number.len())?;
    Some([&vec![0; missing], number].concat())
}

fn by_field_size(field_len: usize) -> Vec<Hash> {
    let mut hashes = vec![
        Hash::Sha1,
        Hash::Sha224,
        Hash::Sha256,
        Hash::Sha384,
        Hash::Sha512,
    ];
    hashes.sort_by_key(|hash| hash.len().abs_diff(field_len));
    hashes
}
