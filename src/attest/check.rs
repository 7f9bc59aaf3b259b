//! Whether a report may be relied upon here: who signed it, whether it agrees with itself, and
//! whether what it rested on still stands.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::attest::again::Again;
use crate::attest::registry;
use crate::attest::signed::SignedReport;
use crate::attest::statement::Fit;
use crate::attest::statement::Said;
use crate::attest::statement::Statement;
use crate::error::NextAction;
use crate::pki::path::Path;
use crate::pki::revocation;
use crate::pki::store::Anchor;
use crate::pki::store::TrustStore;
use crate::seal::key::DeviceId;
use crate::seal::sign::time;
use crate::verify::Check;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Requirement;
use crate::verify::Verdict;
use crate::verify::decision::Decision;
use crate::verify::decision::decide;

/// How far two clocks may be apart, as for documents.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Longest time between judging and signing, which are one act. More says that the report was judged
/// for another time than that of the read (`--now`).
const ONE_ACT: SignedDuration = SignedDuration::from_hours(1);

/// What is asked of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// Who signed it.
    Signature,
    /// Whether its verdict follows from its checks.
    Verdict,
    /// Whether its policy is known here.
    Policy,
    /// Whether its times are possible.
    Dates,
    /// Whether what it trusted is trusted here and not revoked since.
    Anchors,
    /// Whether the registry's answer in it says what the report says it said.
    Registry,
    /// Whether the capture says the same.
    Capture,
}

impl Test {
    /// Every test.
    pub const ALL: [Self; 7] = [
        Self::Signature,
        Self::Verdict,
        Self::Policy,
        Self::Dates,
        Self::Anchors,
        Self::Registry,
        Self::Capture,
    ];

    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Verdict => "verdict",
            Self::Policy => "policy",
            Self::Dates => "dates",
            Self::Anchors => "anchors",
            Self::Registry => "registry",
            Self::Capture => "capture",
        }
    }
}

/// What is known where a report is checked.
#[derive(Debug)]
pub struct Here<'a> {
    /// The devices whose signatures count.
    pub devices: &'a [DeviceId],
    /// What is trusted.
    pub trust: &'a TrustStore,
    /// The policies that are known.
    pub policies: &'a [Policy],
    /// The registries whose answers count, by their keys; empty where nobody says which.
    pub registries: &'a [DeviceId],
    /// The time.
    pub now: Timestamp,
}

/// What all tests come to.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The report may be relied upon as far as the device that signed it is: its verdict counts.
    Confirmed,
    /// Something about it is false, or no longer so.
    Contradicted,
    /// Something that it rests on cannot be said here.
    Undecided,
}

impl Standing {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Contradicted => "contradicted",
            Self::Undecided => "undecided",
        }
    }
}

/// What a report was found to be worth.
#[must_use]
#[derive(Debug)]
pub struct ReportCheck {
    tests: Vec<(Test, Outcome)>,
    decision: Decision,
    relies_on_anchor: bool,
    knows_registries: bool,
}

/// Runs every test; the capture's only where there is one.
pub fn check(report: &SignedReport, here: &Here<'_>, again: Option<&Again>) -> ReportCheck {
    let statement = report.statement();
    let decision = decide(
        |check| statement.standing(check),
        |check| statement.required.contains(&check),
    );
    let mut tests = vec![
        (Test::Signature, report.signature(here.devices)),
        (Test::Verdict, verdict(report, &decision)),
        (Test::Policy, policy(report, here.policies)),
        (Test::Dates, dates(report, here.now)),
        (Test::Anchors, anchors(statement, here.trust)),
    ];
    let answered = registry::answered(report, here.registries);
    tests.extend(answered.map(|outcome| (Test::Registry, outcome)));
    tests.extend(again.map(|again| (Test::Capture, again.outcome().clone())));
    ReportCheck {
        tests,
        decision,
        relies_on_anchor: said(statement, Check::SignerChain) == Some(Said::Pass),
        knows_registries: !here.registries.is_empty(),
    }
}

impl ReportCheck {
    /// Every test that was made, with what it found.
    pub fn tests(&self) -> &[(Test, Outcome)] {
        &self.tests
    }

    /// What they come to.
    pub fn standing(&self) -> Standing {
        if self
            .first(|_, outcome| matches!(outcome, Outcome::Fail(_)))
            .is_some()
        {
            Standing::Contradicted
        } else if self.first_gap().is_some() {
            Standing::Undecided
        } else {
            Standing::Confirmed
        }
    }

    /// The verdict that may be relied upon here: the report's, where all of it holds.
    pub fn verdict(&self) -> Verdict {
        match self.standing() {
            Standing::Confirmed => self.decision.verdict,
            Standing::Contradicted => Verdict::NotGenuine,
            Standing::Undecided => Verdict::Inconclusive,
        }
    }

    /// What the person does next.
    pub fn next_action(&self) -> NextAction {
        match self.standing() {
            Standing::Confirmed => self.decision.next_action,
            Standing::Contradicted => NextAction::Refuse,
            Standing::Undecided => match self.first_gap() {
                Some((Test::Anchors, _)) => NextAction::UpdateTrust,
                Some((Test::Dates, outcome)) if outcome.code() == FROM_THE_FUTURE => {
                    NextAction::CheckClock
                }
                _ => NextAction::ManualReview,
            },
        }
    }

    /// The test that decides: the first that failed, else the first that is open and counts.
    pub fn decisive(&self) -> Option<&(Test, Outcome)> {
        self.first(|_, outcome| matches!(outcome, Outcome::Fail(_)))
            .or_else(|| self.first_gap())
    }

    /// A report without a trusted signer says nothing good that an anchor would have to bear out; and
    /// where nobody says which registries count, what one said is the device's word.
    fn first_gap(&self) -> Option<&(Test, Outcome)> {
        self.first(|test, outcome| {
            matches!(outcome, Outcome::Open(_))
                && (test != Test::Anchors || self.relies_on_anchor)
                && (test != Test::Registry || self.knows_registries)
        })
    }

    fn first(&self, wanted: impl Fn(Test, &Outcome) -> bool) -> Option<&(Test, Outcome)> {
        self.tests
            .iter()
            .find(|(test, outcome)| wanted(*test, outcome))
    }
}

/// Code of a report that is later than the clock.
const FROM_THE_FUTURE: &str = "report.from_the_future";

fn said(statement: &Statement, check: Check) -> Option<Said> {
    statement.checks.get(&check).map(|found| found.outcome)
}

/// The checks of a report whose result came from the live chip alone, so that nobody else can find
/// it again: they are as good as the device that signed.
pub fn live_only(statement: &Statement) -> Vec<Check> {
    if statement.reading != LIVE {
        return Vec::new();
    }
    let settled = |check: &Check| {
        matches!(said(statement, *check), Some(Said::Pass | Said::Fail)) || *check == Check::Access
    };
    [Check::Access, Check::Chip]
        .into_iter()
        .filter(settled)
        .collect()
}

/// The words for where the bytes came from.
const LIVE: &str = "live";
const STORED: &str = "stored";

/// Proofs of the chip that need it to be there. Active authentication is a signature, which a
/// relying party that gave the challenge can count later.
const LIVE_PROOFS: [&str; 3] = ["chip.both", "chip.chip_authentication", "chip.pace_cam"];

/// Whether the report agrees with itself.
fn verdict(report: &SignedReport, decision: &Decision) -> Outcome {
    let statement = report.statement();
    let wrong = |what: &str| Outcome::fail("report.verdict_contradicts").with("what", what);
    let minimum = |check: &Check| Policy::counter().requires(*check) == Some(Requirement::Minimum);
    if Check::ALL
        .into_iter()
        .filter(minimum)
        .any(|check| !statement.required.contains(&check))
    {
        return wrong("required").with("missing", "minimum");
    }
    let odd = |fit| {
        let mut checks = statement.checks.iter();
        checks.find(|(check, found)| found.fit(**check) == fit)
    };
    if let Some((check, _)) = odd(Fit::Foreign) {
        return wrong(check.name()).with("code", "of another check or outcome");
    }
    if statement.verdict != decision.verdict.word() {
        return wrong("verdict").with("follows", decision.verdict.word());
    }
    if statement.next_action != decision.next_action.code() {
        return wrong("next_action").with("follows", decision.next_action.code());
    }
    if ![LIVE, STORED].contains(&statement.reading.as_str()) {
        return wrong("reading");
    }
    let chip = statement.checks.get(&Check::Chip);
    let proven_live = chip.is_some_and(|chip| {
        chip.outcome == Said::Pass
            && (LIVE_PROOFS.contains(&chip.code.as_str())
                || !chip.evidence.contains_key("challenge"))
    });
    if statement.reading == STORED && proven_live {
        return Outcome::fail("report.live_claim");
    }
    // What is vouched for rests on signature and chain, and nothing is both.
    let has = |name: &str| report.report().contains_key(name);
    let vouches = [Check::SodSignature, Check::SignerChain]
        .into_iter()
        .all(|check| said(statement, check) == Some(Said::Pass));
    for name in ["holder", "portrait"] {
        let both = has(name) && has(&format!("unverified_{name}"));
        if both || (has(name) && !vouches) {
            return wrong(name);
        }
    }
    if let Some((check, _)) = odd(Fit::Unknown) {
        return Outcome::open("report.code_unknown").with("what", check.name());
    }
    Outcome::pass("report.verdict_follows").with("verdict", decision.verdict.word())
}

/// The policy that a report names by its digest, if it is one of these.
pub fn policy_of<'a>(report: &SignedReport, known: &'a [Policy]) -> Option<&'a Policy> {
    let digest = &report.statement().policy_sha256;
    known
        .iter()
        .find(|policy| hex::encode(policy.sha256()) == *digest)
}

fn policy(report: &SignedReport, known: &[Policy]) -> Outcome {
    let statement = report.statement();
    let named = |outcome: Outcome| {
        outcome
            .with("policy", &statement.policy)
            .with("policy_sha256", &statement.policy_sha256)
    };
    let Some(policy) = policy_of(report, known) else {
        return named(Outcome::open("report.policy_unknown"));
    };
    let asked: BTreeSet<Check> = Check::ALL
        .into_iter()
        .filter(|check| policy.requires(*check).is_some())
        .collect();
    let told: BTreeSet<Check> = statement.required.iter().copied().collect();
    if asked != told {
        return named(Outcome::fail("report.policy_contradicts"));
    }
    // The digest says nothing of the name, and people go by the name: a lax policy must not come
    // under that of a strict one.
    let mut namesakes = known
        .iter()
        .filter(|one| one.name() == statement.policy)
        .peekable();
    let is_another = namesakes.peek().is_some() && !namesakes.any(|one| same(one, policy));
    if is_another {
        named(Outcome::fail("report.policy_contradicts")).with("known_as", policy.name())
    } else if policy.name() == statement.policy {
        named(Outcome::pass("report.policy_known"))
    } else {
        named(Outcome::pass("report.policy_known")).with("known_as", policy.name())
    }
}

fn same(one: &Policy, other: &Policy) -> bool {
    one.sha256() == other.sha256()
}

fn dates(report: &SignedReport, now: Timestamp) -> Outcome {
    let judged_at = report.statement().judged_at;
    let signed_at = report.signer().map(|signer| signer.signed_at);
    let dated = |outcome: Outcome| {
        let outcome = outcome.with("judged_at", time(judged_at));
        match signed_at {
            Some(at) => outcome.with("signed_at", time(at)),
            None => outcome,
        }
    };
    let newest = signed_at.map_or(judged_at, |at| at.max(judged_at));
    if newest.duration_since(now) > TOLERANCE {
        return dated(Outcome::open("report.from_the_future"));
    }
    if signed_at.is_some_and(|at| at.duration_since(judged_at).abs() > ONE_ACT) {
        return dated(Outcome::open("report.judged_elsewhen"));
    }
    let days = now.duration_since(judged_at).as_hours().max(0) / 24;
    dated(Outcome::pass("report.dated")).with("age_days", days.to_string())
}

/// Whether the anchor that the report names is one here, and whether a list that is here now revokes
/// the signer, or an authority on its way.
fn anchors(statement: &Statement, trust: &TrustStore) -> Outcome {
    let evidence = |check, name: &str| {
        let found = statement.checks.get(&check)?;
        found.evidence.get(name)
    };
    let anchor = evidence(Check::SignerChain, "anchor_sha256");
    let (Some(digest), Some(Said::Pass)) = (anchor, said(statement, Check::SignerChain)) else {
        return Outcome::open("report.no_anchor");
    };
    let known = trust
        .anchors()
        .iter()
        .find(|anchor| hex::encode(anchor.certificate.fingerprint()) == *digest);
    let Some(anchor) = known else {
        return Outcome::open("report.anchor_unknown").with("anchor_sha256", digest);
    };
    let named = |outcome: Outcome| {
        outcome
            .with("anchor_sha256", digest)
            .with("anchor_subject", anchor.certificate.subject_text())
            .with("provenance", anchor.provenance.to_string())
    };
    let links = evidence(Check::SignerChain, "links");
    let path = path(anchor, links.map_or("", String::as_str), trust);
    // As where a document is verified: the newest list counts, whichever key of the authority signed it.
    let lists = |issuer: &[u8]| revocation::newest_lists(issuer, trust, &path);
    let since = |issuer: &[u8], serial: &[u8]| {
        let mut entries = lists(issuer).into_iter().map(|list| list.revoked(serial));
        entries.find_map(|since| since)
    };
    let issuer = path.issuer().subject();
    let serial = evidence(Check::SodSignature, "signer_serial");
    let serial = serial.and_then(|digits| hex::decode(digits).ok());
    if let Some(since) = serial.and_then(|serial| since(issuer, &serial)) {
        return named(Outcome::fail("report.signer_revoked")).with("since", time(since));
    }
    let mut authorities = path.links.iter().chain(std::iter::once(&path.anchor));
    let revoked = authorities.find_map(|one| since(one.issuer(), one.serial()));
    if let Some(since) = revoked {
        return named(Outcome::fail("report.anchor_revoked")).with("since", time(since));
    }
    let outcome = named(Outcome::pass("report.anchor_trusted"));
    match lists(issuer).first() {
        Some(list) => outcome.with("this_update", time(list.this_update())),
        None => outcome,
    }
}

/// The way that a report names, as far as its certificates are here: an anchor, and links by their
/// digests from the signer upwards.
fn path(anchor: &Anchor, links: &str, trust: &TrustStore) -> Path {
    let link = |digest: &str| {
        let mut known = trust.links().iter();
        known.find(|link| hex::encode(link.fingerprint()) == digest)
    };
    Path {
        anchor: anchor.certificate.clone(),
        provenance: anchor.provenance.clone(),
        country: anchor.certificate.country().unwrap_or_default(),
        links: links.split(", ").filter_map(link).cloned().collect(),
        signatures: Vec::new(),
    }
}
