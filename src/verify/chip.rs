//! Whether the chip is the one that was issued: chip authentication and active authentication,
//! under keys that the security object vouches for (Doc 9303-11 §6).

use crate::bytes::tlv::trim_zeros;
use crate::capture::ActiveAttempt;
use crate::capture::Capture;
use crate::capture::ChipAttempt;
use crate::capture::ChipWitness;
use crate::capture::Live;
use crate::capture::Session;
use crate::crypto::curve::Point;
use crate::crypto::hash::Hash;
use crate::crypto::iso9796_2;
use crate::crypto::rsa;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::dg15;
use crate::lds::security_infos::SecurityInfos;
use crate::verify::Outcome;
use crate::verify::passive::Passive;

/// What became of one of the two protocols.
enum Proof {
    /// The security object offers no key for it.
    NotOffered,
    /// The key or algorithm is one that this build does not know.
    Unsupported,
    /// The key's group was read and nothing vouches for it yet.
    NotVouched,
    /// Only a live chip can tell.
    NotLive,
    /// Proven; with the name of key and algorithm.
    Proven(String),
    /// The chip did not do what its signed groups offer.
    Refused,
    /// The chip's proof is wrong.
    Wrong,
}

/// Judges both.
pub(super) fn examine(live: &Live, capture: &Capture, passive: &Passive<'_>) -> Outcome {
    if passive.object.is_none() {
        // What the chip offers stands in a security object that cannot be used.
        return Outcome::open("chip.not_vouched");
    }
    let chip = chip_authentication(live, capture, passive);
    let active = active_authentication(live, capture, passive);
    match (&chip, &active) {
        (Proof::Wrong, _) => Outcome::fail("chip.proof_failed").with("protocol", CHIP),
        (_, Proof::Wrong) => Outcome::fail("chip.proof_failed").with("protocol", ACTIVE),
        (Proof::Refused, _) => Outcome::fail("chip.refused").with("protocol", CHIP),
        (_, Proof::Refused) => Outcome::fail("chip.refused").with("protocol", ACTIVE),
        (Proof::Proven(chip), Proof::Proven(active)) => Outcome::pass("chip.both")
            .with("chip_authentication", chip)
            .with("active_authentication", active),
        (Proof::Proven(name), _) => {
            Outcome::pass("chip.chip_authentication").with("chip_authentication", name)
        }
        (_, Proof::Proven(name)) => {
            Outcome::pass("chip.active_authentication").with("active_authentication", name)
        }
        (Proof::NotVouched, _) | (_, Proof::NotVouched) => Outcome::open("chip.not_vouched"),
        (Proof::NotLive, _) | (_, Proof::NotLive) => Outcome::open("chip.not_live"),
        (Proof::Unsupported, _) | (_, Proof::Unsupported) => Outcome::open("chip.unsupported"),
        (Proof::NotOffered, Proof::NotOffered) => Outcome::open("chip.no_clone_protection"),
    }
}

const CHIP: &str = "chip authentication";
const ACTIVE: &str = "active authentication";

fn chip_authentication(live: &Live, capture: &Capture, passive: &Passive<'_>) -> Proof {
    if !passive.signed.contains(&DataGroup::DG14) {
        return Proof::NotOffered;
    }
    let Some(file) = capture.files.get(&FileId::Group(DataGroup::DG14)) else {
        return missing(live);
    };
    let Ok(infos) = dg14::decode(file) else {
        return unreadable(passive, DataGroup::DG14);
    };
    if infos.chip_keys.is_empty() && infos.chip_authentication.is_empty() {
        return Proof::NotOffered;
    }
    if live.session == Session::Stored {
        return Proof::NotLive;
    }
    match &live.chip_authentication {
        ChipAttempt::Refused => Proof::Refused,
        ChipAttempt::Agreed(_) | ChipAttempt::Unproven => Proof::Wrong,
        ChipAttempt::NotTried if live.channel_break.is_some() => Proof::Refused,
        ChipAttempt::NotTried => Proof::Unsupported,
        ChipAttempt::Proven(witness) => match passive.proof(DataGroup::DG14) {
            None => Proof::NotVouched,
            Some(proof) => match dg14::decode(proof.bytes()) {
                Ok(vouched) if holds(&vouched, witness) => Proof::Proven(witness.name.clone()),
                _ => Proof::Wrong,
            },
        },
    }
}

/// Whether the vouched group has the key that the chip proved to hold, and offers the protocol.
fn holds(infos: &SecurityInfos, witness: &ChipWitness) -> bool {
    let key = infos
        .chip_keys
        .iter()
        .filter_map(|key| key.key.as_ref())
        .any(|point| point.encoded() == witness.public);
    // A key without an info means 3DES (quirk row 36), which the reader inferred.
    let protocol = infos.chip_authentication.is_empty()
        || infos
            .chip_authentication
            .iter()
            .any(|info| info.oid == witness.oid);
    key && protocol
}

fn active_authentication(live: &Live, capture: &Capture, passive: &Passive<'_>) -> Proof {
    if !passive.signed.contains(&DataGroup::DG15) {
        return Proof::NotOffered;
    }
    let Some(file) = capture.files.get(&FileId::Group(DataGroup::DG15)) else {
        return missing(live);
    };
    let Some(active) = &capture.active else {
        // Stripping shows: the signed group says that the chip can do it.
        return missing(live);
    };
    if passive.proof(DataGroup::DG15).is_none() {
        return Proof::NotVouched;
    }
    let Ok(key) = dg15::decode(file) else {
        return Proof::Unsupported;
    };
    let verified = match &key {
        PublicKey::Rsa(key) => rsa_signature(key, &active.challenge, &active.response),
        PublicKey::Ec(point) => {
            let named = passive
                .proof(DataGroup::DG14)
                .and_then(|proof| dg14::decode(proof.bytes()).ok())
                .and_then(|infos| infos.active_authentication)
                .and_then(|info| info.signature)
                .map(|scheme| scheme.hash());
            ecdsa_signature(&key, point, named, &active.challenge, &active.response)
        }
    };
    let proof = match verified {
        Ok(name) => Proof::Proven(name),
        Err(Wrong) => Proof::Wrong,
    };
    // A stored signature that holds was made some day; only a fresh challenge proves the chip here.
    match (&proof, live.session, &live.active_authentication) {
        (Proof::Proven(_), Session::Stored, _) => Proof::NotLive,
        (Proof::Proven(_), Session::Live, ActiveAttempt::Answered { challenge })
            if *challenge == active.challenge =>
        {
            proof
        }
        // The challenge of another session.
        (Proof::Proven(_), Session::Live, _) => Proof::Wrong,
        _ => proof,
    }
}

/// A signed key group or its proof that did not come: a live chip hides it, a stored capture may
/// lack it.
const fn missing(live: &Live) -> Proof {
    match live.session {
        Session::Live => Proof::Refused,
        Session::Stored => Proof::NotLive,
    }
}

/// Bytes that do not decode: forged if nothing vouches for them, beyond this build if something does.
fn unreadable(passive: &Passive<'_>, group: DataGroup) -> Proof {
    match passive.proof(group) {
        Some(_) => Proof::Unsupported,
        None => Proof::NotVouched,
    }
}

struct Wrong;

/// ISO/IEC 9796-2 with every trailer. A trailer of an unknown hash is wrong, not unknown: nobody
/// signed it, and one number in 65,536 opens to it without any private key.
fn rsa_signature(key: &rsa::PublicKey, challenge: &[u8], response: &[u8]) -> Result<String, Wrong> {
    // Leading zeros too many or too few (quirk row 33) change no number.
    let number = trim_zeros(response);
    let missing = key.modulus_len().checked_sub(number.len()).ok_or(Wrong)?;
    let signature = [&vec![0; missing], number].concat();
    iso9796_2::verify(key, challenge, &signature)
        .map(|hash| format!("RSA-{} {}", key.bits(), hash.name()))
        .map_err(|_| Wrong)
}

/// Plain or DER signature; the hash from DG14, or else by the field's size and then the others
/// (quirk rows 32 and 33).
fn ecdsa_signature(
    key: &PublicKey,
    point: &Point,
    named: Option<Hash>,
    challenge: &[u8],
    response: &[u8],
) -> Result<String, Wrong> {
    let hashes = match named {
        Some(hash) => vec![hash],
        None => by_field_size(point.curve().field_len()),
    };
    for hash in hashes {
        for scheme in [Scheme::EcdsaPlain(hash), Scheme::Ecdsa(hash)] {
            if key.verify(scheme, &[challenge], response).is_ok() {
                return Ok(format!("{} {}", key.name(), scheme.name()));
            }
        }
    }
    Err(Wrong)
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
