//! Whether the chip was opened as well as it offers.

use crate::bytes::oid::Oid;
use crate::capture::AccessUsed;
use crate::capture::Reading;
use crate::capture::TerminalAttempt;
use crate::channel::preference::AccessPreference;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg14;
use crate::lds::security_infos::PaceProtocol;
use crate::lds::security_infos::SecurityInfos;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::card_security;
use crate::verify::strictness;

/// What the signed groups say of PACE.
enum SignedOffer {
    Pace,
    Nothing,
    Unread,
}

pub(super) fn examine(reading: &Reading, signed: &[DataGroup], policy: &Policy) -> Outcome {
    let outcome = opened(reading, signed, policy);
    match &reading.capture.terminal {
        TerminalAttempt::NotTried => outcome,
        // Beside the rest: fingers and irises are no part of any verdict.
        attempt => outcome.with("terminal_authentication", attempt.to_string()),
    }
}

fn opened(reading: &Reading, signed: &[DataGroup], policy: &Policy) -> Outcome {
    if let Some(error) = &reading.live.channel_break {
        return Outcome::fail("access.channel").with("reason", error.code());
    }
    let bac_is_enough = policy.access() == AccessPreference::AllowBac;
    match &reading.capture.access {
        AccessUsed::Pace { oid, parameter_id } => {
            let (oid, id) = (Oid::new(oid), *parameter_id);
            let cipher = PaceProtocol::from_oid(oid).map(|protocol| protocol.cipher);
            let domain = Domain::from_parameter_id(id);
            let objection = strictness::access(policy, cipher, domain.as_ref());
            let standing = strictness::unless(pace_standing(reading, oid, id), objection);
            pace(standing, oid, id)
        }
        AccessUsed::PaceByReader => Outcome::pass("access.pace").with("run_by", "reader"),
        AccessUsed::Bac | AccessUsed::BacAlthoughPace if bac_is_enough => {
            let outcome = bac(policy).with("allowed_by", policy.name());
            // Allowed, and not unnoticed.
            match (&reading.capture.access, signed_offer(reading, signed)) {
                (AccessUsed::BacAlthoughPace, _) => {
                    outcome.with("pace_offered_in", "EF.CardAccess")
                }
                (_, SignedOffer::Pace) => outcome.with("pace_offered_in", "DG14"),
                _ => outcome,
            }
        }
        AccessUsed::Bac => match signed_offer(reading, signed) {
            SignedOffer::Nothing => bac(policy),
            SignedOffer::Pace => Outcome::open("access.bac_downgrade").with("offered_in", "DG14"),
            SignedOffer::Unread => Outcome::open("access.bac_downgrade").with("unread", "DG14"),
        },
        AccessUsed::BacAlthoughPace => {
            Outcome::open("access.bac_downgrade").with("offered_in", "EF.CardAccess")
        }
        AccessUsed::None => Outcome::open("access.none"),
    }
}

/// BAC is 3DES and nothing else (Doc 9303-11 §4.3).
fn bac(policy: &Policy) -> Outcome {
    let objection = strictness::access(policy, Some(Cipher::TripleDes), None);
    strictness::unless(Outcome::pass("access.bac"), objection)
}

/// EF.CardAccess, by which the reader chose, is not signed. Where DG14 or EF.CardSecurity offers
/// PACE at all, the way that was taken must be among it: else somebody may have put it there.
fn pace_standing(reading: &Reading, oid: Oid<'_>, parameter_id: u8) -> Outcome {
    let files = &reading.capture.files;
    let group = files
        .get(&FileId::Group(DataGroup::DG14))
        .and_then(|file| dg14::decode(file).ok());
    let master = files
        .get(&FileId::CardSecurity)
        .and_then(|file| card_security::decode(file).ok())
        .map(|(_, infos)| infos);
    let signed = || [&group, &master].into_iter().flatten();
    let none = signed().all(|infos| infos.pace.is_empty());
    if none || signed().any(|infos| has_pace(infos, oid, parameter_id)) {
        Outcome::pass("access.pace")
    } else {
        Outcome::open("access.pace_unsigned")
    }
}

/// Whether these offer PACE by this protocol in this group.
fn has_pace(infos: &SecurityInfos, oid: Oid<'_>, parameter_id: u8) -> bool {
    let standardized = |id: u32| {
        let id = u8::try_from(id).ok()?;
        Domain::from_parameter_id(id).map(|_| id)
    };
    let mut same = infos.pace.iter().filter(|info| info.oid == oid.octets());
    same.any(|info| {
        if let Some(id) = info.parameter_id.and_then(standardized) {
            return id == parameter_id;
        }
        // Without a number, or with one of its own, the group stands apart (quirk row 5).
        let mut apart = infos
            .pace_domains
            .iter()
            .filter(|domain| {
                info.protocol.is_some_and(|protocol| {
                    (protocol.agreement, protocol.mapping) == (domain.agreement, domain.mapping)
                })
            })
            .filter(|domain| {
                info.parameter_id.is_none() || domain.parameter_id == info.parameter_id
            })
            .peekable();
        apart.peek().is_none()
            || apart.any(|domain| {
                let group = domain.domain.as_ref();
                group.and_then(Domain::parameter_id) == Some(parameter_id)
            })
    })
}

fn pace(standing: Outcome, oid: Oid<'_>, parameter_id: u8) -> Outcome {
    let mut outcome = standing
        .with("protocol", oid.to_string())
        .with("parameter_id", parameter_id.to_string());
    if let Some(domain) = Domain::from_parameter_id(parameter_id) {
        outcome = outcome.with("domain", domain.name());
    }
    if let Some(protocol) = PaceProtocol::from_oid(oid) {
        let agreement = match protocol.agreement {
            Agreement::Dh => "DH",
            Agreement::Ecdh => "ECDH",
        };
        outcome = outcome
            .with("mapping", protocol.mapping.name())
            .with("agreement", agreement)
            .with("cipher", protocol.cipher.name());
    }
    outcome
}

fn signed_offer(reading: &Reading, signed: &[DataGroup]) -> SignedOffer {
    if !signed.contains(&DataGroup::DG14) {
        return SignedOffer::Nothing;
    }
    let infos = reading
        .capture
        .files
        .get(&FileId::Group(DataGroup::DG14))
        .map(|file| dg14::decode(file));
    match infos {
        Some(Ok(infos)) if infos.pace.is_empty() => SignedOffer::Nothing,
        Some(Ok(_)) => SignedOffer::Pace,
        Some(Err(_)) | None => SignedOffer::Unread,
    }
}
