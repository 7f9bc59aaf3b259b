//! The report: every check with its outcome, and the verdict that follows from them.

use std::collections::BTreeMap;

use crate::error::NextAction;
use crate::lds::DataGroup;
use crate::lds::contents::Contents;
use crate::link::Exchange;
use crate::verify::ApplicationReport;
use crate::verify::Check;
use crate::verify::DirectoryState;
use crate::verify::Holder;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Portrait;
use crate::verify::Vouched;
use crate::verify::Weight;

/// What the checks that ask for today's date are open with when the clock cannot be right.
const CLOCK_DOUBTFUL: [&str; 3] = [
    "validity.clock_doubtful",
    "chain.clock_doubtful",
    "revocation.clock_doubtful",
];

/// What the check of the chain is open with where no newer list helps.
const NO_LIST_HELPS: [&str; 3] = [
    "chain.algorithm_weak",
    "chain.test_anchor",
    "chain.real_anchor",
];

/// One outcome for every check; forgetting one does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// How the chip was opened.
    pub access: Outcome,
    /// Signed attributes and signature of the security object.
    pub sod_signature: Outcome,
    /// The signer's path to an anchor.
    pub signer_chain: Outcome,
    /// Whether the signer was revoked.
    pub revocation: Outcome,
    /// Hashes of the groups.
    pub hashes: Outcome,
    /// Whether the parts of the document agree.
    pub consistency: Outcome,
    /// Whether the chip is the one that was issued.
    pub chip: Outcome,
    /// Dates.
    pub validity: Outcome,
    /// What the registry says.
    pub registry: Outcome,
}

impl Checks {
    /// The outcome of one check.
    pub const fn outcome(&self, check: Check) -> &Outcome {
        match check {
            Check::Access => &self.access,
            Check::SodSignature => &self.sod_signature,
            Check::SignerChain => &self.signer_chain,
            Check::Revocation => &self.revocation,
            Check::Hashes => &self.hashes,
            Check::Consistency => &self.consistency,
            Check::Chip => &self.chip,
            Check::Validity => &self.validity,
            Check::Registry => &self.registry,
        }
    }
}

/// What all checks together say.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The document is what it claims to be and in force, as far as the policy asks.
    Genuine,
    /// The document is what it claims to be and no longer valid.
    NotInForce,
    /// The document is not what it claims to be.
    NotGenuine,
    /// A check that the policy requires is open.
    Inconclusive,
}

impl Verdict {
    /// The word in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::NotInForce => "not_in_force",
            Self::NotGenuine => "not_genuine",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// What is known of one data group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupState {
    /// Hash, signature and chain hold.
    Verified,
    /// Read, and nothing vouches for it: the hash matches, the signature or chain does not hold; or
    /// there is no hash that this build can compare.
    Unverified,
    /// Signed and not read.
    Unread,
    /// Read and not in the security object.
    Unsigned,
    /// Read, and not what was signed.
    HashMismatch,
}

impl GroupState {
    /// The word in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Unread => "unread",
            Self::Unsigned => "unsigned",
            Self::HashMismatch => "hash_mismatch",
        }
    }
}

/// What was found out about a document.
#[must_use]
#[derive(Debug)]
pub struct Report {
    pub(super) checks: Checks,
    pub(super) policy: Policy,
    pub(super) holder: Option<Vouched<Holder>>,
    pub(super) portrait: Option<Vouched<Portrait>>,
    pub(super) groups: BTreeMap<DataGroup, GroupState>,
    pub(super) contents: BTreeMap<DataGroup, Vouched<Contents>>,
    pub(super) quirks: Vec<String>,
    pub(super) deviations: Vec<&'static str>,
    pub(super) exchange: Exchange,
    pub(super) security_object_sha256: Option<[u8; 32]>,
    pub(super) applications: Vec<ApplicationReport>,
    pub(super) directory: Option<DirectoryState>,
}

impl Report {
    /// The outcome of every check.
    pub const fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The policy that was applied.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The holder, verified or not; absent when DG1 could not be read or decoded.
    pub const fn holder(&self) -> Option<&Vouched<Holder>> {
        self.holder.as_ref()
    }

    /// The portrait, verified or not; absent when DG2 was not read or decoded.
    pub const fn portrait(&self) -> Option<&Vouched<Portrait>> {
        self.portrait.as_ref()
    }

    /// State of every group that is signed or was read.
    pub const fn groups(&self) -> &BTreeMap<DataGroup, GroupState> {
        &self.groups
    }

    /// What every group says that the security object lists and that could be decoded, verified or
    /// not, each by itself. The bytes are in the capture.
    pub const fn contents(&self) -> &BTreeMap<DataGroup, Vouched<Contents>> {
        &self.contents
    }

    /// Quirks of card and reader that were met, by their stable names.
    pub fn quirks(&self) -> &[String] {
        &self.quirks
    }

    /// Deviations from the standard that were tolerated, by their codes.
    pub fn deviations(&self) -> &[&'static str] {
        &self.deviations
    }

    /// What went over the wire.
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// SHA-256 of EF.SOD as read; names the plastic without naming the person.
    pub const fn security_object_sha256(&self) -> Option<&[u8; 32]> {
        self.security_object_sha256.as_ref()
    }

    /// The applications beside the eMRTD application that are listed or were asked for. The verdict does
    /// not rest on them.
    pub fn applications(&self) -> &[ApplicationReport] {
        &self.applications
    }

    /// Whether the issuer vouches for EF.DIR; `None` where it was not read.
    pub const fn directory(&self) -> Option<DirectoryState> {
        self.directory
    }

    /// The same report with the registry's word. The registry joins once, by value.
    pub fn join(mut self, registry: Outcome) -> Self {
        self.checks.registry = registry;
        self
    }

    /// What all checks together say.
    ///
    /// Any failure decides; then every check that the policy requires must have passed.
    pub fn verdict(&self) -> Verdict {
        let outcomes = || {
            Check::ALL
                .into_iter()
                .map(|check| self.checks.outcome(check))
        };
        let failed = |weight: Weight| {
            outcomes().any(
                |outcome| matches!(outcome, Outcome::Fail(finding) if finding.weight() == weight),
            )
        };
        if failed(Weight::NotGenuine) {
            Verdict::NotGenuine
        } else if failed(Weight::NotInForce) {
            Verdict::NotInForce
        } else if self.first_gap().is_some() {
            Verdict::Inconclusive
        } else {
            Verdict::Genuine
        }
    }

    /// The first required check that is open; a doubtful clock before all others, since they may be
    /// open only because of it.
    pub fn first_gap(&self) -> Option<Check> {
        let open = |check: &Check| {
            self.policy.requires(*check).is_some()
                && matches!(self.checks.outcome(*check), Outcome::Open(_))
        };
        let doubtful = |check: &Check| open(check) && self.asks_for_clock(*check);
        // Validity tells best why.
        std::iter::once(Check::Validity)
            .chain(Check::ALL)
            .find(doubtful)
            .or_else(|| Check::ALL.into_iter().find(open))
    }

    fn asks_for_clock(&self, check: Check) -> bool {
        CLOCK_DOUBTFUL.contains(&self.checks.outcome(check).code())
    }

    /// The first check that failed, those against genuineness before those against force.
    pub fn first_failure(&self) -> Option<Check> {
        let of = |weight: Weight| {
            Check::ALL.into_iter().find(|check| {
                matches!(self.checks.outcome(*check), Outcome::Fail(finding) if finding.weight() == weight)
            })
        };
        of(Weight::NotGenuine).or_else(|| of(Weight::NotInForce))
    }

    /// What the person does next.
    pub fn next_action(&self) -> NextAction {
        match self.verdict() {
            Verdict::Genuine => NextAction::Proceed,
            Verdict::NotGenuine | Verdict::NotInForce => NextAction::Refuse,
            Verdict::Inconclusive => match self.first_gap() {
                Some(check) if self.asks_for_clock(check) => NextAction::CheckClock,
                Some(Check::SignerChain)
                    if NO_LIST_HELPS.contains(&self.checks.signer_chain.code()) =>
                {
                    NextAction::ManualReview
                }
                Some(Check::SignerChain | Check::Revocation) => NextAction::UpdateTrust,
                Some(Check::Registry) => NextAction::WaitRegistry,
                _ => NextAction::ManualReview,
            },
        }
    }
}
