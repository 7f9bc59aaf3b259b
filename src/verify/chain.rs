//! A signer's path to an anchor and its revocation (Doc 9303-11 §5.1, 9303-12 §7), for whatever a
//! chip holds that is signed.

use jiff::Timestamp;

use crate::lds::mrz::Mrz;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Reason;
use crate::pki::path;
use crate::pki::path::Path;
use crate::pki::path::PathFault;
use crate::pki::path::When;
use crate::pki::profile::Departure;
use crate::pki::revocation;
use crate::pki::revocation::Consulted;
use crate::pki::revocation::Freshness;
use crate::pki::revocation::Revocation;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::ValidityModel;
use crate::verify::clock::Clock;
use crate::verify::listed;
use crate::verify::listed::NamedHash;
use crate::verify::notes::Met;
use crate::verify::strictness;

/// The signer's certificate chains to an anchor of its country.
pub(super) struct ChainProof(());

/// What was found of a signer.
pub(super) struct Chain {
    pub(super) outcome: Outcome,
    pub(super) revocation: Outcome,
    pub(super) proof: Option<ChainProof>,
    /// Deviations that were met.
    pub(super) deviations: Met,
}

impl Chain {
    /// There is no signer to look at.
    pub(super) const fn unread() -> Self {
        Self {
            outcome: Outcome::open("chain.signer_unread"),
            revocation: Outcome::open("revocation.not_checked"),
            proof: None,
            deviations: Met::new(),
        }
    }
}

/// Looks at a signer's path and its revocation, and at what its state says of the document.
pub(super) fn examine(
    (signer, signing_time): (&Certificate, Option<Timestamp>),
    zone: Option<&Mrz>,
    trust: &TrustStore,
    policy: &Policy,
    clock: &Clock,
) -> Chain {
    let listed = listed::of(trust, signer, zone);
    let hash = listed
        .as_ref()
        .map_or(NamedHash::Right, |listed| listed.hash);
    let mut chain = under((signer, signing_time), hash, trust, policy, clock);
    if let Some(listed) = listed {
        chain.outcome = chain.outcome.with("listed", listed.kinds.join(", "));
        chain.deviations.push("deviation.listed");
    }
    chain
}

/// The same, with a hash that the signer's certificate may name wrongly.
fn under(
    (signer, signing_time): (&Certificate, Option<Timestamp>),
    hash: NamedHash,
    trust: &TrustStore,
    policy: &Policy,
    clock: &Clock,
) -> Chain {
    let when = When {
        now: clock.now(),
        used: match policy.model() {
            ValidityModel::Hybrid => signing_time,
            ValidityModel::Chain | ValidityModel::Shell => None,
        },
    };
    let found = match hash {
        NamedHash::Right => path::signer_path(signer, trust, when),
        NamedHash::MayBeWrong => path::excused_signer_path(signer, trust, when),
    };
    let path = match found {
        Ok(path) => path,
        Err(fault) => {
            return Chain {
                outcome: chain_fault(&fault),
                revocation: Outcome::open("revocation.not_checked"),
                proof: None,
                deviations: Met::new(),
            };
        }
    };
    let outcome = match clock.doubt() {
        None => strictness::unless(
            Outcome::pass("chain.anchored"),
            strictness::path(policy, &path, clock.now()),
        ),
        Some(doubt) => Outcome::open("chain.clock_doubtful").with("reason", doubt),
    };
    let outcome = evidence(outcome, signer, &path, policy);
    let revocation = revoked(signer, trust, &path, policy, clock);
    // A signer that was revoked vouches for nothing.
    let proof = match (&outcome, &revocation) {
        (Outcome::Pass(_), Outcome::Pass(_) | Outcome::Open(_)) => Some(ChainProof(())),
        _ => None,
    };
    Chain {
        outcome,
        revocation,
        proof,
        deviations: Met::new(),
    }
}

/// Names what the path rests on.
fn evidence(outcome: Outcome, signer: &Certificate, path: &Path, policy: &Policy) -> Outcome {
    let mut outcome = outcome
        .with("anchor_sha256", hex::encode(path.anchor.fingerprint()))
        .with("anchor_subject", path.anchor.subject_text())
        .with("anchor_not_before", path.anchor.not_before().to_string())
        .with("anchor_not_after", path.anchor.not_after().to_string())
        .with("signer_sha256", hex::encode(signer.fingerprint()))
        .with("signer_subject", signer.subject_text())
        .with("country", path.country.clone())
        .with("provenance", path.provenance.to_string())
        .with("model", model(policy.model()));
    if let Some(made) = path.signatures.first() {
        outcome = outcome
            .with("scheme", made.scheme.name())
            .with("key", made.key.name());
    }
    if !path.links.is_empty() {
        let links: Vec<String> = path
            .links
            .iter()
            .map(|link| hex::encode(link.fingerprint()))
            .collect();
        outcome = outcome.with("links", links.join(", "));
    }
    if let Provenance::MasterList { state, signed, .. } = &path.provenance {
        if let Some(state) = state {
            outcome = outcome.with("list_state", state.clone());
        }
        if let Some(signed) = signed {
            outcome = outcome.with("list_signed", signed.to_string());
        }
    }
    outcome
}

const fn model(model: ValidityModel) -> &'static str {
    match model {
        ValidityModel::Chain => "chain",
        ValidityModel::Shell => "shell",
        ValidityModel::Hybrid => "hybrid",
    }
}

/// What the revocation lists say of the signer.
fn revoked(
    signer: &Certificate,
    trust: &TrustStore,
    path: &Path,
    policy: &Policy,
    clock: &Clock,
) -> Outcome {
    let freshness = Freshness {
        now: clock.now(),
        max_age: policy.crl_age(),
    };
    match revocation::revocation(signer, trust, path, freshness) {
        Revocation::Good(list) => consulted(Outcome::pass("revocation.good"), list),
        Revocation::Revoked { entry, list } => {
            let reason = entry.reason.map_or("not said", Reason::name);
            let outcome = Outcome::fail("revocation.revoked")
                .with("since", entry.since.to_string())
                .with("reason", reason);
            consulted(outcome, list)
        }
        Revocation::NoCrl => Outcome::open("revocation.no_crl"),
        Revocation::Stale(list) => consulted(Outcome::open("revocation.stale"), list),
        Revocation::ClockDoubtful(list) => {
            consulted(Outcome::open("revocation.clock_doubtful"), list)
        }
    }
}

/// Names the list that was asked.
fn consulted(outcome: Outcome, list: Consulted) -> Outcome {
    let mut outcome = outcome
        .with("crl_sha256", hex::encode(list.sha256))
        .with("crl_issuer", list.issuer)
        .with("this_update", list.this_update.to_string());
    if let Some(number) = list.number {
        outcome = outcome.with("crl_number", number);
    }
    if let Some(next_update) = list.next_update {
        outcome = outcome.with("next_update", next_update.to_string());
    }
    outcome
}

/// What a fault on the path means. Where nothing is known the check is open; an expired anchor is
/// as good as none.
fn chain_fault(fault: &PathFault) -> Outcome {
    match fault {
        PathFault::NoAnchor => Outcome::open("chain.no_anchor"),
        // A country runs several authorities, one for passports and one for cards, say. Holding
        // another one's anchor says nothing about this signer.
        PathFault::UnknownIssuer => {
            Outcome::open("chain.no_anchor").with("reason", fault.to_string())
        }
        PathFault::UnknownAlgorithm(what) => {
            Outcome::open("chain.algorithm_unknown").with("algorithm", what.clone())
        }
        PathFault::TooManyCandidates => Outcome::open("chain.too_many_candidates"),
        PathFault::AnchorExpired => Outcome::open("chain.anchor_expired"),
        PathFault::AnchorNotYetValid => Outcome::open("chain.anchor_not_yet_valid"),
        PathFault::AuthorityKeyId | PathFault::Signature => {
            Outcome::fail("chain.signature_wrong").with("reason", fault.to_string())
        }
        PathFault::Algorithms { inner, outer } => Outcome::fail("chain.algorithm_inconsistent")
            .with("inner", inner.clone())
            .with("outer", outer.clone()),
        PathFault::Profile(departure) => {
            let what = match departure {
                Departure::Version => "version",
                Departure::TimeForm => "validity",
                Departure::Name => "name",
                Departure::AuthorityKeyId => "authorityKeyIdentifier",
                Departure::KeyUsageNotCritical => "keyUsage",
            };
            Outcome::open("chain.certificate_form").with("what", what)
        }
        PathFault::SelfSigned => Outcome::fail("chain.self_signed"),
        PathFault::KeyUsage | PathFault::Purpose => {
            Outcome::fail("chain.key_usage").with("reason", fault.to_string())
        }
        PathFault::NotCa => Outcome::fail("chain.not_ca"),
        PathFault::PathLength => Outcome::fail("chain.path_length"),
        PathFault::CriticalExtension(oid) => {
            Outcome::fail("chain.critical_extension").with("extension", oid.clone())
        }
        PathFault::Country => Outcome::fail("chain.country"),
        PathFault::IssuedOutsidePeriod | PathFault::NotValidWhenUsed => {
            Outcome::fail("chain.anchor_period").with("reason", fault.to_string())
        }
    }
}
