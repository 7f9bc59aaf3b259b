//! The report: every check with its outcome, and the verdict that follows from them.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::NextAction;
use crate::lds::DataGroup;
use crate::lds::FileId;
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
use crate::verify::decision::Decision;
use crate::verify::decision::Standing;
use crate::verify::decision::decide;

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

/// Where the bytes came from that were judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a chip, in the process that judged them.
    Live,
    /// From a file: what only a live chip can prove is open.
    Stored,
}

impl Origin {
    /// The word in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stored => "stored",
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
    pub(super) judged_at: Timestamp,
    pub(super) origin: Origin,
    pub(super) files: BTreeMap<FileId, [u8; 32]>,
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

    /// The time that counted as now.
    pub const fn judged_at(&self) -> Timestamp {
        self.judged_at
    }

    /// Whether a chip was there, or a file only.
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// SHA-256 of every file of the eMRTD application that was read, as it was read.
    pub const fn files(&self) -> &BTreeMap<FileId, [u8; 32]> {
        &self.files
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
        self.decision().verdict
    }

    /// The first required check that is open; a doubtful clock before all others, since they may be
    /// open only because of it.
    pub fn first_gap(&self) -> Option<Check> {
        self.decision().first_gap
    }

    /// The first check that failed, those against genuineness before those against force.
    pub fn first_failure(&self) -> Option<Check> {
        self.decision().first_failure
    }

    /// What the person does next.
    pub fn next_action(&self) -> NextAction {
        self.decision().next_action
    }

    fn decision(&self) -> Decision {
        decide(
            |check| Standing::from(self.checks.outcome(check)),
            |check| self.policy.requires(check).is_some(),
        )
    }
}
