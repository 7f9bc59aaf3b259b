//! Whether the chip is the one that was issued: chip authentication, chip authentication mapping
//! and active authentication, under keys that the issuer's signatures vouch for (Doc 9303-11 §6).

use crate::bytes::oid::Oid;
use crate::capture::AccessUsed;
use crate::capture::ActiveAttempt;
use crate::capture::ActiveExchange;
use crate::capture::Capture;
use crate::capture::ChipAttempt;
use crate::capture::ChipWitness;
use crate::capture::KeySource;
use crate::capture::Live;
use crate::capture::MappingAttempt;
use crate::capture::Session;
use crate::channel::chip_auth::CA_DH_3DES;
use crate::channel::chip_auth::CA_ECDH_3DES;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::cipher::Cipher;
use crate::crypto::signature::PublicKey;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::dg15;
use crate::lds::security_infos::Mapping;
use crate::lds::security_infos::PaceProtocol;
use crate::lds::security_infos::SecurityInfos;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Weakness;
use crate::verify::active_signature;
use crate::verify::active_signature::Fault;
use crate::verify::card_security::CardSecurity;
use crate::verify::passive::Passive;
use crate::verify::strictness;

/// What became of one of the protocols.
enum Proof {
    /// The security object offers no key for it.
    NotOffered,
    /// The key or algorithm is one that this build does not know.
    Unsupported,
    /// The issuer signed a key that cannot be one, or an entry that does not decode.
    Malformed,
    /// The key's group was read and nothing vouches for it yet.
    NotVouched,
    /// The key is vouched for, and nothing ties it to the document of the security object.
    NotBound,
    /// Only a live chip can tell.
    NotLive,
    /// Proven.
    Proven(Proven),
    /// The chip did not do what its signed groups offer.
    Refused,
    /// The same of chip authentication mapping, for which another mapping came in: whoever said no
    /// was not protected yet, so that another proof makes it good.
    Declined,
    /// The chip's proof is wrong.
    Wrong,
}

/// A proof that holds.
struct Proven {
    /// Name of key and algorithm.
    name: String,
    /// The exchange over the challenge of a relying party.
    party: Option<ActiveExchange>,
    /// Why it is too weak for the policy, if it is.
    weakness: Option<Weakness>,
}

/// Judges all of them. Adds the quirks and deviations that show only here.
pub(super) fn examine(
    live: &Live,
    capture: &Capture,
    passive: &Passive<'_>,
    card_security: &CardSecurity,
    policy: &Policy,
    quirks: &mut Vec<String>,
    deviations: &mut Vec<&'static str>,
) -> Outcome {
    if passive.object.is_none() {
        // What the chip offers stands in a security object that cannot be used.
        return Outcome::open("chip.not_vouched");
    }
    let mut chip = chip_authentication(live, capture, passive, card_security);
    if let (Proof::Proven(proven), ChipAttempt::Proven(witness)) =
        (&mut chip, &live.chip_authentication)
    {
        let oid = Some(witness.oid.as_slice());
        proven.weakness = weakness(policy, oid, &witness.public, passive, card_security);
    }
    let mut mapping = mapping(live, capture, passive, card_security);
    if let (Proof::Proven(proven), MappingAttempt::Proven(witness)) =
        (&mut mapping, &live.chip_mapping)
    {
        // Its cipher is that of PACE.
        proven.weakness = weakness(policy, None, &witness.public, passive, card_security);
    }
    let active = active_authentication(live, capture, passive, policy, quirks);
    if matches!(vouched_keys(passive), Some(Keys::Damaged(_))) {
        // Another proof may hold; what is wrong with the document is told all the same.
        deviations.push("deviation.chip_key_malformed");
    }
    let mut outcome = judge(&chip, &mapping, &active);
    if let (Outcome::Pass(_), Proof::Proven(_), CardSecurity::Vouched(infos)) =
        (&outcome, &mapping, card_security)
    {
        outcome = outcome.with("card_security_signer_sha256", infos.signer());
    }
    match active {
        Proof::Proven(Proven {
            party: Some(exchange),
            ..
        }) if matches!(outcome, Outcome::Pass(_)) => outcome
            .with("challenge", hex::encode(exchange.challenge))
            .with("response", hex::encode(exchange.response)),
        _ => outcome,
    }
}

fn judge(chip: &Proof, mapping: &Proof, active: &Proof) -> Outcome {
    let all = [(chip, CHIP), (mapping, MAPPING), (active, ACTIVE)];
    let first = |wanted: fn(&Proof) -> bool| all.iter().find(|(proof, _)| wanted(proof));
    if let Some((_, protocol)) = first(|proof| matches!(proof, Proof::Wrong)) {
        return Outcome::fail("chip.proof_failed").with("protocol", *protocol);
    }
    if let Some((_, protocol)) = first(|proof| matches!(proof, Proof::Refused)) {
        return Outcome::fail("chip.refused").with("protocol", *protocol);
    }
    if let Some(outcome) = proven(chip, mapping, active) {
        return strictness::unless(outcome, too_weak(&all));
    }
    let any = |wanted| first(wanted).is_some();
    if let Some((_, protocol)) = first(|proof| matches!(proof, Proof::Declined)) {
        Outcome::fail("chip.refused").with("protocol", *protocol)
    } else if any(|proof| matches!(proof, Proof::NotVouched)) {
        Outcome::open("chip.not_vouched")
    } else if any(|proof| matches!(proof, Proof::NotBound)) {
        Outcome::open("chip.not_bound")
    } else if any(|proof| matches!(proof, Proof::Malformed)) {
        Outcome::open("chip.key_malformed")
    } else if any(|proof| matches!(proof, Proof::NotLive)) {
        Outcome::open("chip.not_live")
    } else if any(|proof| matches!(proof, Proof::Unsupported)) {
        Outcome::open("chip.unsupported")
    } else {
        Outcome::open("chip.no_clone_protection")
    }
}

/// What the policy has against the proofs that hold. One that is strong enough is enough.
fn too_weak(all: &[(&Proof, &'static str)]) -> Option<Outcome> {
    let mut objection = None;
    for (proof, protocol) in all {
        if let Proof::Proven(Proven { name, weakness, .. }) = proof {
            let weak = strictness::chip(protocol, name, (*weakness)?);
            objection = objection.or(Some(weak));
        }
    }
    objection
}

/// What the policy has against a proof that is no signature: the cipher of the channel that a protocol
/// of chip authentication opens, and the key.
fn weakness(
    policy: &Policy,
    protocol: Option<&[u8]>,
    public: &[u8],
    passive: &Passive<'_>,
    card_security: &CardSecurity,
) -> Option<Weakness> {
    let in_group = match vouched_keys(passive) {
        Some(Keys::Sound(infos) | Keys::Damaged(infos)) => Some(infos),
        None => None,
    };
    let beside = match card_security {
        CardSecurity::Vouched(infos) => Some(infos.infos()),
        _ => None,
    };
    let signed = || in_group.iter().chain(beside);
    let cipher = protocol.and_then(|oid| {
        let named = signed()
            .flat_map(|infos| &infos.chip_authentication)
            .find(|info| info.oid == oid)
            .map(|info| info.cipher);
        named.or_else(|| is_inferred(oid).then_some(Cipher::TripleDes))
    });
    cipher
        .and_then(|cipher| policy.refuses_cipher(cipher))
        .or_else(|| signed().find_map(|infos| strictness::chip_key(policy, infos, public)))
}

/// A key without an info means 3DES (quirk row 36), which the reader inferred.
fn is_inferred(oid: &[u8]) -> bool {
    [CA_DH_3DES.octets(), CA_ECDH_3DES.octets()].contains(&oid)
}

/// Every proof that holds is in the evidence.
fn proven(chip: &Proof, mapping: &Proof, active: &Proof) -> Option<Outcome> {
    let mut outcome = match (chip, mapping, active) {
        (Proof::Proven(_), _, Proof::Proven(_)) => Outcome::pass("chip.both"),
        (Proof::Proven(_), _, _) => Outcome::pass("chip.chip_authentication"),
        (_, _, Proof::Proven(_)) => Outcome::pass("chip.active_authentication"),
        (_, Proof::Proven(_), _) => Outcome::pass("chip.pace_cam"),
        _ => return None,
    };
    for (proof, name) in [
        (chip, "chip_authentication"),
        (mapping, "pace_cam"),
        (active, "active_authentication"),
    ] {
        if let Proof::Proven(proven) = proof {
            outcome = outcome.with(name, &proven.name);
        }
    }
    Some(outcome)
}

const CHIP: &str = "chip authentication";
const MAPPING: &str = "PACE-CAM";
const ACTIVE: &str = "active authentication";

/// Chip authentication mapping. What the chip proved while PACE ran counts under a key of
/// EF.CardSecurity, once that file's own signature and chain hold (quirk row 41), and the document's
/// own groups say that its chip does that.
fn mapping(
    live: &Live,
    capture: &Capture,
    passive: &Passive<'_>,
    card_security: &CardSecurity,
) -> Proof {
    match (&live.chip_mapping, card_security) {
        (MappingAttempt::NotTried, _) => match (live.session, &capture.access) {
            (Session::Stored, AccessUsed::Pace { oid, .. }) if is_mapping(oid) => Proof::NotLive,
            _ => Proof::NotOffered,
        },
        (MappingAttempt::Declined, _) => match vouched_keys(passive) {
            Some(Keys::Sound(infos) | Keys::Damaged(infos)) if offers_mapping(&infos) => {
                Proof::Declined
            }
            _ => Proof::NotOffered,
        },
        (MappingAttempt::Refused, _) => Proof::Refused,
        (MappingAttempt::Unproven, _) | (_, CardSecurity::Wrong) => Proof::Wrong,
        (MappingAttempt::Proven(witness), CardSecurity::Vouched(infos))
            if infos.has_key(&witness.public) =>
        {
            match live.session {
                Session::Live => bound(passive, &witness.public, &witness.name, offers_mapping),
                // What a conversation proved that was kept proves nothing of a chip today.
                Session::Stored => Proof::NotLive,
            }
        }
        (MappingAttempt::Proven(_), CardSecurity::Vouched(_)) => Proof::Wrong,
        (MappingAttempt::Proven(_), CardSecurity::NotVouched | CardSecurity::Unread) => {
            Proof::NotVouched
        }
    }
}

/// A proof under a key of EF.CardSecurity, which is signed apart from EF.SOD. Alone it says that some
/// genuine chip answers: with the key out of one card any copied document could be shown. So the
/// signed DG14 must hold the key too, or offer the protocol by which it was proven.
fn bound(
    passive: &Passive<'_>,
    public: &[u8],
    name: &str,
    offered: impl Fn(&SecurityInfos) -> bool,
) -> Proof {
    match vouched_keys(passive) {
        Some(Keys::Sound(infos) | Keys::Damaged(infos))
            if has_key(&infos, public) || offered(&infos) =>
        {
            Proof::Proven(Proven {
                name: name.to_owned(),
                party: None,
                weakness: None,
            })
        }
        Some(_) => Proof::NotBound,
        None if passive.vouches() && !passive.signed().contains(&DataGroup::DG14) => {
            Proof::NotBound
        }
        None => Proof::NotVouched,
    }
}

fn offers_mapping(infos: &SecurityInfos) -> bool {
    infos.pace.iter().any(|info| is_mapping(&info.oid))
}

fn is_mapping(oid: &[u8]) -> bool {
    PaceProtocol::from_oid(Oid::new(oid))
        .is_some_and(|protocol| protocol.mapping == Mapping::ChipAuthentication)
}

fn chip_authentication(
    live: &Live,
    capture: &Capture,
    passive: &Passive<'_>,
    card_security: &CardSecurity,
) -> Proof {
    if let ChipAttempt::Proven(witness) = &live.chip_authentication
        && witness.source == KeySource::CardSecurity
    {
        return match live.session {
            Session::Live => version_two(witness, passive, card_security),
            Session::Stored => Proof::NotLive,
        };
    }
    if !passive.signed().contains(&DataGroup::DG14) {
        return without_group(live, card_security);
    }
    let Some(file) = capture.files.get(&FileId::Group(DataGroup::DG14)) else {
        return missing(live);
    };
    let damaged = match vouched_keys(passive) {
        Some(Keys::Damaged(infos)) if offers_nothing(&infos) => return Proof::Malformed,
        Some(Keys::Sound(infos)) if offers_nothing(&infos) => {
            return without_group(live, card_security);
        }
        Some(Keys::Damaged(_)) => Proof::Malformed,
        Some(Keys::Sound(_)) => Proof::Unsupported,
        // Nothing vouches for the group. What it offers tells what a live chip should have done.
        None => match dg14::decode(file) {
            Ok(infos) if offers_nothing(&infos) => return Proof::NotOffered,
            Ok(_) => Proof::Unsupported,
            Err(_) => return Proof::NotVouched,
        },
    };
    if live.session == Session::Stored {
        return Proof::NotLive;
    }
    match &live.chip_authentication {
        ChipAttempt::Refused => Proof::Refused,
        ChipAttempt::Agreed(_) | ChipAttempt::Unproven => Proof::Wrong,
        ChipAttempt::NotTried if live.channel_break.is_some() => Proof::Refused,
        ChipAttempt::NotTried => damaged,
        ChipAttempt::KeyImpossible => Proof::Malformed,
        ChipAttempt::Proven(witness) => match passive.proof(DataGroup::DG14) {
            None => Proof::NotVouched,
            Some(proof) => match dg14::decode(proof.bytes()) {
                Ok(vouched) if holds(&vouched, witness) => Proof::Proven(Proven {
                    name: witness.name.clone(),
                    party: None,
                    weakness: None,
                }),
                _ => Proof::Wrong,
            },
        },
    }
}

/// Without a key in DG14 there is version 2 alone, whose key stands in EF.CardSecurity.
const fn without_group(live: &Live, card_security: &CardSecurity) -> Proof {
    match (live.session, &live.chip_authentication, card_security) {
        (Session::Stored, ..) => Proof::NotOffered,
        // Whatever vouches for the key: the chip does not hold the one that it showed.
        (Session::Live, ChipAttempt::Unproven, _) => Proof::Wrong,
        (Session::Live, ChipAttempt::Refused, CardSecurity::Vouched(_)) => Proof::Refused,
        (Session::Live, ChipAttempt::KeyImpossible, _) => Proof::Malformed,
        (Session::Live, ..) => Proof::NotOffered,
    }
}

/// Version 2 proves a key of EF.CardSecurity. It counts where that file is vouched for and the signed
/// DG14 says that this chip does version 2, or where the vouched DG14 has the same key.
fn version_two(
    witness: &ChipWitness,
    passive: &Passive<'_>,
    card_security: &CardSecurity,
) -> Proof {
    let vouched = matches!(
        card_security,
        CardSecurity::Vouched(infos) if infos.has_key(&witness.public)
    );
    let offered = |infos: &SecurityInfos| {
        let terminal = infos.terminal_authentication.iter();
        let chip = infos.chip_authentication.iter();
        vouched
            && (terminal
                .map(|info| info.version)
                .any(|version| version == 2)
                || chip.map(|info| info.version).any(|version| version == 2))
    };
    match bound(passive, &witness.public, &witness.name, offered) {
        Proof::NotBound if !vouched => Proof::NotVouched,
        proof => proof,
    }
}

fn has_key(infos: &SecurityInfos, public: &[u8]) -> bool {
    infos
        .chip_keys
        .iter()
        .filter_map(|key| key.key.as_ref())
        .any(|key| key.encoded() == public)
}

/// Whether the vouched group has the key that the chip proved to hold, and offers the protocol.
fn holds(infos: &SecurityInfos, witness: &ChipWitness) -> bool {
    let protocol = match infos.chip_authentication.as_slice() {
        [] => infos.damaged.is_empty() && is_inferred(&witness.oid),
        offered => offered.iter().any(|info| info.oid == witness.oid),
    };
    has_key(infos, &witness.public) && protocol
}

/// What the vouched DG14 holds of chip and active authentication.
enum Keys {
    /// All of it has the form it must have.
    Sound(SecurityInfos),
    /// Some of it has not; this is the rest.
    Damaged(SecurityInfos),
}

/// `None` when nothing vouches for DG14.
fn vouched_keys(passive: &Passive<'_>) -> Option<Keys> {
    let proof = passive.proof(DataGroup::DG14)?;
    Some(match dg14::decode(proof.bytes()) {
        Err(_) => Keys::Damaged(SecurityInfos::default()),
        Ok(infos) => {
            let impossible = infos
                .chip_keys
                .iter()
                .any(|key| matches!(key.fault, Some(KeyFault::Malformed(_))));
            if impossible || !infos.damaged.is_empty() {
                Keys::Damaged(infos)
            } else {
                Keys::Sound(infos)
            }
        }
    })
}

const fn offers_nothing(infos: &SecurityInfos) -> bool {
    infos.chip_keys.is_empty() && infos.chip_authentication.is_empty()
}

fn active_authentication(
    live: &Live,
    capture: &Capture,
    passive: &Passive<'_>,
    policy: &Policy,
    quirks: &mut Vec<String>,
) -> Proof {
    if !passive.signed().contains(&DataGroup::DG15) {
        return Proof::NotOffered;
    }
    let Some(file) = capture.files.get(&FileId::Group(DataGroup::DG15)) else {
        return missing(live);
    };
    if capture.active.is_none() && capture.active_for_party.is_none() {
        // Stripping shows: the signed group says that the chip can do it.
        return missing(live);
    }
    if passive.proof(DataGroup::DG15).is_none() {
        return Proof::NotVouched;
    }
    let Ok(key) = dg15::decode(file) else {
        return Proof::Unsupported;
    };
    let declared = match vouched_keys(passive) {
        Some(Keys::Sound(infos)) => infos.active_authentication,
        // What it says of the algorithm may be in the damaged part: nothing is guessed.
        Some(Keys::Damaged(infos)) if matches!(key, PublicKey::Ec(_)) => {
            match infos.active_authentication {
                None => return Proof::Malformed,
                declared => declared,
            }
        }
        Some(Keys::Damaged(_)) | None => None,
    };
    let mut own = None;
    let mut party = None;
    for (exchange, name) in [
        (&capture.active, &mut own),
        (&capture.active_for_party, &mut party),
    ] {
        let Some(exchange) = exchange else { continue };
        match active_signature::verify(&key, declared.as_ref(), exchange) {
            Ok(verified) => {
                for quirk in verified.quirks {
                    if !quirks.iter().any(|known| known == quirk) {
                        quirks.push(quirk.to_owned());
                    }
                }
                let weakness = strictness::active(policy, verified.hash, &key);
                *name = Some((exchange, verified.name, weakness));
            }
            Err(Fault::Wrong) => return Proof::Wrong,
            Err(Fault::UnknownAlgorithm) => return Proof::Unsupported,
        }
    }
    match live.session {
        Session::Stored => stored(live, own, party),
        Session::Live => fresh(&live.active_authentication, own, party),
    }
}

type Verified<'a> = Option<(&'a ActiveExchange, String, Option<Weakness>)>;

/// A stored signature that holds was made some day. It proves the chip to whoever gave its challenge
/// and to nobody else.
fn stored(live: &Live, own: Verified<'_>, party: Verified<'_>) -> Proof {
    let demanded = [party, own]
        .into_iter()
        .flatten()
        .find(|(exchange, ..)| live.demanded.is_some_and(|it| exchange.challenge == it));
    match demanded {
        Some((exchange, name, weakness)) => Proof::Proven(Proven {
            name,
            party: Some(exchange.clone()),
            weakness,
        }),
        None => Proof::NotLive,
    }
}

/// Only a challenge that was drawn for this session proves the chip here; those of other sessions
/// are a forgery.
fn fresh(attempt: &ActiveAttempt, own: Verified<'_>, party: Verified<'_>) -> Proof {
    match (attempt, own) {
        (
            ActiveAttempt::Answered {
                challenge,
                party: asked,
            },
            Some((exchange, name, weakness)),
        ) if exchange.challenge == *challenge
            && party.as_ref().map(|(exchange, ..)| &exchange.challenge) == asked.as_ref() =>
        {
            Proof::Proven(Proven {
                name,
                party: party.map(|(exchange, ..)| exchange.clone()),
                weakness,
            })
        }
        _ => Proof::Wrong,
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
