//! What a policy has against a check that passes by the built-in rules: an algorithm that is too weak
//! for the purpose, an anchor of the wrong kind, a list that is too old.
//!
//! Everything here turns a pass into an open check, and nothing else: a failure stays one, and what is
//! open stays open for its own reason. Whoever asks makes no proof of what is open.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::path::Path;
use crate::pki::store::Provenance;
use crate::verify::Anchors;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Weakness;

/// A pass that the policy accepts, or why it does not.
pub(super) fn unless(outcome: Outcome, objection: Option<Outcome>) -> Outcome {
    match (&outcome, objection) {
        (Outcome::Pass(_), Some(objection)) => objection,
        _ => outcome,
    }
}

/// Against the signature on a security object.
pub(super) fn signature(policy: &Policy, scheme: &Scheme, key: &PublicKey) -> Option<Outcome> {
    let weakness = policy.refuses(scheme, key)?;
    Some(
        weak(
            Outcome::open("sod.algorithm_weak"),
            &scheme.name(),
            weakness,
        )
        .with("key", key.name()),
    )
}

/// Against the hash of the groups in a security object.
pub(super) fn group_hashes(policy: &Policy, hash: Hash) -> Option<Outcome> {
    let weakness = policy.refuses_hash(hash)?;
    Some(
        weak(Outcome::open("sod.algorithm_weak"), hash.name(), weakness)
            .with("what", "hashes of the groups"),
    )
}

/// Against a signer's path: first what is wrong for ever, then what a newer list mends.
pub(super) fn path(policy: &Policy, path: &Path, now: Option<Timestamp>) -> Option<Outcome> {
    kind_of_anchor(policy, path)
        .or_else(|| signatures(policy, path))
        .or_else(|| list(policy, &path.provenance, now?))
}

/// Every signature on the way. The anchor's own proves nothing, so that it is not among them.
fn signatures(policy: &Policy, path: &Path) -> Option<Outcome> {
    path.signatures.iter().find_map(|made| {
        let weakness = policy.refuses(&made.scheme, &made.key)?;
        let outcome = weak(
            Outcome::open("chain.algorithm_weak"),
            &made.scheme.name(),
            weakness,
        );
        Some(outcome.with("key", made.key.name()))
    })
}

/// Test material is worth nothing to who serves people: its keys are published. The one exception is a
/// virtual card's own root in the process that made the card, which nobody can mistake for a document.
fn kind_of_anchor(policy: &Policy, path: &Path) -> Option<Outcome> {
    let own = path.provenance == Provenance::TestCard;
    let is_test = own || path.anchor.is_test_material();
    match policy.anchors() {
        Anchors::Any if is_test && !own => Some(Outcome::open("chain.test_anchor")),
        Anchors::Real if is_test => Some(Outcome::open("chain.test_anchor")),
        Anchors::Test if !is_test => Some(Outcome::open("chain.real_anchor")),
        Anchors::Any | Anchors::Real | Anchors::Test => None,
    }
}

/// A master list without a time is as old as can be: whoever keeps an old one could take it away.
fn list(policy: &Policy, provenance: &Provenance, now: Timestamp) -> Option<Outcome> {
    const DAY: i64 = 24 * 60 * 60;
    let most = policy.list_age()?;
    let Provenance::MasterList { signed, .. } = provenance else {
        return None;
    };
    let stale = Outcome::open("chain.list_stale");
    let Some(signed) = signed else {
        return Some(stale.with("signed", "not said"));
    };
    let age: SignedDuration = now.duration_since(*signed);
    (age > most).then(|| {
        stale
            .with("signed", signed.to_string())
            .with("age_days", (age.as_secs() / DAY).to_string())
    })
}

/// Against the way in which the chip was opened.
pub(super) fn access(
    policy: &Policy,
    cipher: Option<Cipher>,
    domain: Option<&Domain>,
) -> Option<Outcome> {
    let open = || Outcome::open("access.algorithm_weak");
    let by_cipher = cipher.and_then(|cipher| {
        let weakness = policy.refuses_cipher(cipher)?;
        Some(weak(open(), cipher.name(), weakness))
    });
    by_cipher.or_else(|| {
        let domain = domain?;
        Some(weak(open(), &domain.name(), policy.refuses_domain(domain)?))
    })
}

/// Against the key by which a chip proved itself, which stands among these.
pub(super) fn chip_key(policy: &Policy, infos: &SecurityInfos, public: &[u8]) -> Option<Weakness> {
    let mut keys = infos.chip_keys.iter().filter_map(|key| key.key.as_ref());
    let key = keys.find(|key| key.encoded() == public)?;
    policy.refuses_domain(&key.domain())
}

/// Against a signature of active authentication. With RSA it is one of ISO/IEC 9796-2, which is of no
/// family that signs documents.
pub(super) fn active(policy: &Policy, hash: Hash, key: &PublicKey) -> Option<Weakness> {
    match key {
        PublicKey::Ec(_) => policy.refuses(&Scheme::Ecdsa(hash), key),
        PublicKey::Rsa(_) | PublicKey::Dsa(_) => policy
            .refuses_hash(hash)
            .or_else(|| policy.refuses_key(key)),
    }
}

/// Against every proof of the chip that holds.
pub(super) fn chip(protocol: &'static str, name: &str, weakness: Weakness) -> Outcome {
    weak(Outcome::open("chip.algorithm_weak"), name, weakness).with("protocol", protocol)
}

fn weak(open: Outcome, algorithm: &str, weakness: Weakness) -> Outcome {
    open.with("algorithm", algorithm)
        .with("reason", weakness.to_string())
}
