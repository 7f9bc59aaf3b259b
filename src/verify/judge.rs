//! The one way from a reading to a report.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::capture::Reading;
use crate::capture::Session;
use crate::crypto::hash::Hash;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::pki::store::TrustStore;
use crate::verify::Checks;
use crate::verify::Origin;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Report;
use crate::verify::access;
use crate::verify::applications;
use crate::verify::card_security;
use crate::verify::chip;
use crate::verify::consistency;
use crate::verify::contents::Groups;
use crate::verify::deviations;
use crate::verify::holder;
use crate::verify::passive;
use crate::verify::validity;

/// Judges a reading. Cannot fail: trouble is an [`Outcome`].
///
/// The registry's check is open (`registry.not_asked`) until [`Report::join`].
///
/// ```
/// use std::time::SystemTime;
///
/// use cancuoc::capture::{Capture, Reading};
/// use cancuoc::pki::store::TrustStore;
/// use cancuoc::verify::{Policy, Verdict, verify};
///
/// let saved = r#"{"schema": "cancuoc.capture/1", "access": "none", "files": {}}"#;
/// let reading = Reading::stored(Capture::from_json(saved, "card.json")?);
/// let report = verify(&reading, &TrustStore::empty(), &Policy::counter(), SystemTime::now());
/// assert_eq!(report.verdict(), Verdict::Inconclusive);
/// assert_eq!(report.checks().sod_signature.code(), "sod.unread");
/// # Ok::<(), cancuoc::Error>(())
/// ```
pub fn verify(reading: &Reading, trust: &TrustStore, policy: &Policy, now: SystemTime) -> Report {
    // A clock beyond what a timestamp holds is as doubtful as one before its beginning.
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let capture = &reading.capture;
    let passive = passive::examine(capture, trust, policy, now);
    let mut deviations = passive.deviations.clone();
    let document = holder::read(capture, passive.listed.as_deref(), now);
    let contents = Groups::read(capture, &passive, document.layout);
    let consistency =
        consistency::examine(reading, &passive, &document, &contents, &mut deviations);
    let card_security =
        card_security::examine(capture, trust, policy, &passive.clock, &mut deviations);
    let mut quirks = capture.quirks.clone();
    let checks = Checks {
        access: access::examine(reading, passive.signed(), policy),
        consistency,
        chip: chip::examine(
            &reading.live,
            capture,
            &passive,
            &card_security,
            policy,
            &mut quirks,
            &mut deviations,
        ),
        validity: validity::examine(&passive, &document, policy.model()),
        registry: Outcome::open("registry.not_asked"),
        sod_signature: passive.sod_signature.clone(),
        signer_chain: passive.signer_chain.clone(),
        revocation: passive.revocation.clone(),
        hashes: passive.hashes.clone(),
    };
    let files: BTreeMap<FileId, [u8; 32]> = capture
        .files
        .iter()
        .filter_map(|(name, file)| {
            let digest = Hash::Sha256.digest(&[file]);
            Some((*name, <[u8; 32]>::try_from(digest).ok()?))
        })
        .collect();
    deviations.extend(deviations::of_groups(capture, &passive, &document, now));
    let portrait = holder::portrait(capture, &passive);
    if portrait.is_none() && capture.files.contains_key(&FileId::Group(DataGroup::DG2)) {
        deviations.push("deviation.portrait_unread");
    }
    Report {
        checks,
        policy: policy.clone(),
        holder: document.vouched_holder(&passive),
        portrait,
        groups: passive.groups.clone(),
        contents: contents.vouched(&passive),
        quirks,
        deviations,
        exchange: reading.exchange,
        security_object_sha256: files.get(&FileId::Sod).copied(),
        applications: applications::examine(capture, trust, &passive.clock),
        directory: applications::directory(capture, &card_security),
        judged_at: now,
        origin: match reading.live.session {
            Session::Live => Origin::Live,
            Session::Stored => Origin::Stored,
        },
        files,
    }
}
