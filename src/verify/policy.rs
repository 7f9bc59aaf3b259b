//! What a purpose requires beyond the built-in minimum.

mod algorithms;
mod canonical;
mod file;

pub use algorithms::Family;
pub use algorithms::Weakness;
pub use canonical::Decision;
pub use file::MAX_FILE;

use std::sync::LazyLock;

use jiff::SignedDuration;

use crate::channel::preference::AccessPreference;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::SetupError;
use crate::profile::Words;
use crate::verify::policy::algorithms::Refused;

/// The policies that come with this program, the default first.
const SHIPPED: [&str; 4] = [
    include_str!("policy/shipped/counter.toml"),
    include_str!("policy/shipped/kiosk.toml"),
    include_str!("policy/shipped/border-strict.toml"),
    include_str!("policy/shipped/ci-simulator.toml"),
];

/// The policy that applies where none is named.
const COUNTER: &str = "counter";

/// One check of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// How the chip was opened.
    Access,
    /// Signed attributes and signature of the security object.
    SodSignature,
    /// The signer's path to an anchor.
    SignerChain,
    /// Whether the signer was revoked.
    Revocation,
    /// Hashes of the groups.
    Hashes,
    /// Whether the parts of the document agree.
    Consistency,
    /// Whether the chip is the one that was issued.
    Chip,
    /// Dates.
    Validity,
    /// What the registry says.
    Registry,
}

impl Check {
    /// Every check, in the report's order.
    pub const ALL: [Self; 9] = [
        Self::Access,
        Self::SodSignature,
        Self::SignerChain,
        Self::Revocation,
        Self::Hashes,
        Self::Consistency,
        Self::Chip,
        Self::Validity,
        Self::Registry,
    ];

    /// Required under every policy; no file takes them away.
    const MINIMUM: [Self; 6] = [
        Self::Access,
        Self::SodSignature,
        Self::SignerChain,
        Self::Hashes,
        Self::Consistency,
        Self::Validity,
    ];

    /// The word in reports and policy files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::SodSignature => "sod_signature",
            Self::SignerChain => "signer_chain",
            Self::Revocation => "revocation",
            Self::Hashes => "hashes",
            Self::Consistency => "consistency",
            Self::Chip => "chip",
            Self::Validity => "validity",
            Self::Registry => "registry",
        }
    }
}

/// At which time the certificates of a chain must be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ValidityModel {
    /// Each certificate when it was used: the signer's at the signing time, the authority's key when
    /// it issued the signer's certificate (Doc 9303-12).
    #[default]
    Chain,
    /// All of them now (RFC 5280 §6.1.3).
    Shell,
    /// All of them at the signing time.
    Hybrid,
}

/// Which anchors may stand at the end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchors {
    /// Real ones, and test material that whoever makes a virtual card, or names its root for one run,
    /// vouches for ([`Provenance::TestCard`](crate::pki::store::Provenance::TestCard)).
    #[default]
    Any,
    /// No test material.
    Real,
    /// Test material only.
    Test,
}

/// What the word of a snapshot is worth that does not list the card: it knows the cards that were out
/// of force when it was made, and nothing of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offline {
    /// Nothing: the register itself must say that the card is in force.
    #[default]
    Refuse,
    /// As much as the register's word, while the snapshot is fresh.
    Accept,
}

/// What must pass for a document to count as genuine.
///
/// ```
/// use cancuoc::verify::{Check, Policy};
/// let policy = Policy::parse("name = \"kiosk\"\nrequire = [\"chip\", \"registry\"]")?;
/// assert!(policy.requires(Check::Registry).is_some());
/// assert!(policy.requires(Check::Hashes).is_some(), "the minimum stands under every policy");
/// # Ok::<(), cancuoc::error::SetupError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    name: String,
    title: Option<Words>,
    purpose: Option<Words>,
    required: Vec<Check>,
    access: AccessPreference,
    model: ValidityModel,
    anchors: Anchors,
    crl_age_days: Option<u32>,
    list_age_days: Option<u32>,
    registry_age_days: Option<u32>,
    registry_offline: Offline,
    refused: Refused,
    sha256: [u8; 32],
}

/// Why a check is required.
///
/// ```
/// use cancuoc::verify::{Check, Policy, Requirement};
/// let counter = Policy::counter();
/// assert_eq!(counter.requires(Check::Hashes), Some(Requirement::Minimum));
/// assert_eq!(counter.requires(Check::Chip), Some(Requirement::Policy));
/// assert_eq!(counter.requires(Check::Registry), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// By the built-in minimum.
    Minimum,
    /// By the policy.
    Policy,
}

impl Policy {
    /// The default: the built-in minimum, and clone protection.
    pub fn counter() -> Self {
        // A test reads the file, so what stands in its place is never needed.
        Self::named(COUNTER).cloned().unwrap_or_else(|| {
            Self {
                name: COUNTER.to_owned(),
                title: None,
                purpose: None,
                required: vec![Check::Chip],
                access: AccessPreference::PreferPace,
                model: ValidityModel::default(),
                anchors: Anchors::default(),
                crl_age_days: None,
                list_age_days: None,
                registry_age_days: None,
                registry_offline: Offline::default(),
                refused: Refused::default(),
                sha256: [0; 32],
            }
            .sealed()
        })
    }

    /// Reads a policy file (TOML, `docs/policies.md`).
    ///
    /// # Errors
    /// [`SetupError::Policy`] with every mistake: where it is, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        file::parse(text).map_err(|faults| SetupError::Policy {
            path: String::new(),
            faults,
        })
    }

    /// The policies that come with this program, the default first.
    pub fn shipped() -> &'static [Self] {
        static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
            // A test reads every one of them, so none is lost here.
            SHIPPED
                .iter()
                .flat_map(|text| Policy::parse(text))
                .collect()
        });
        &POLICIES
    }

    /// The shipped policy of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::shipped().iter().find(|policy| policy.name == name)
    }

    /// The same, with these checks required beside its own.
    ///
    /// ```
    /// use cancuoc::verify::{Check, Policy, Requirement};
    /// let policy = Policy::counter().requiring(&[Check::Registry]);
    /// assert_eq!(policy.requires(Check::Registry), Some(Requirement::Policy));
    /// assert_ne!(policy.sha256(), Policy::counter().sha256());
    /// ```
    #[must_use]
    pub fn requiring(mut self, checks: &[Check]) -> Self {
        for check in checks {
            if self.requires(*check).is_none() {
                self.required.push(*check);
            }
        }
        self.sealed()
    }

    /// The same with the digest of what it says.
    fn sealed(mut self) -> Self {
        let digest = Hash::Sha256.digest(&[canonical::form(&self).as_bytes()]);
        self.sha256 = digest.try_into().unwrap_or_default();
        self
    }

    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What people call it, where it says so.
    pub const fn title(&self) -> Option<&Words> {
        self.title.as_ref()
    }

    /// What it is for, where it says so.
    pub const fn purpose(&self) -> Option<&Words> {
        self.purpose.as_ref()
    }

    /// Which access protocol is good enough.
    pub const fn access(&self) -> AccessPreference {
        self.access
    }

    /// At which time certificates must be valid.
    pub const fn model(&self) -> ValidityModel {
        self.model
    }

    /// Which anchors count.
    pub const fn anchors(&self) -> Anchors {
        self.anchors
    }

    /// How old a CRL may be, since its `thisUpdate`; `None` where its own `nextUpdate` decides.
    pub fn crl_age(&self) -> Option<SignedDuration> {
        self.crl_age_days.map(days)
    }

    /// How old the master list may be that an anchor stood in, since it was signed; `None` where any
    /// age will do.
    pub fn list_age(&self) -> Option<SignedDuration> {
        self.list_age_days.map(days)
    }

    /// How old what a registry answers from may be, since it was last known to be true; `None` where
    /// any age will do.
    pub fn registry_age(&self) -> Option<SignedDuration> {
        self.registry_age_days.map(days)
    }

    /// What a snapshot's word is worth.
    pub const fn registry_offline(&self) -> Offline {
        self.registry_offline
    }

    /// Why a group in which keys are agreed on is too weak for the purpose, if it is.
    pub fn refuses_domain(&self, domain: &Domain) -> Option<Weakness> {
        self.refused.domain(domain)
    }

    /// Why a cipher of secure messaging is too weak for the purpose, if it is.
    pub fn refuses_cipher(&self, cipher: Cipher) -> Option<Weakness> {
        self.refused.cipher(cipher)
    }

    /// Why a hash by which something is signed is too weak for the purpose, if it is.
    pub fn refuses_hash(&self, hash: Hash) -> Option<Weakness> {
        self.refused.hash(hash)
    }

    /// Why a signature by this scheme under this key is too weak for the purpose, if it is.
    ///
    /// ```
    /// use cancuoc::crypto::curve::Curve;
    /// use cancuoc::crypto::hash::Hash;
    /// use cancuoc::crypto::signature::{PublicKey, Scheme};
    /// use cancuoc::verify::Policy;
    /// let key = PublicKey::Ec(Curve::P192.generator());
    /// assert_eq!(Policy::counter().refuses(&Scheme::Ecdsa(Hash::Sha1), &key), None);
    /// ```
    pub fn refuses(&self, scheme: &Scheme, key: &PublicKey) -> Option<Weakness> {
        self.refused.signature(scheme, key)
    }

    /// Everything that the policy decides, by the keys of its file, in a fixed order.
    pub fn decisions(&self) -> Vec<(&'static str, Decision)> {
        canonical::decisions(self)
    }

    /// A policy file that leaves nothing to be understood by itself, and reads back as this policy.
    pub fn to_file(&self) -> String {
        canonical::file(self)
    }

    /// What the policy decides, in a canonical form: equal for files that judge alike.
    pub fn canonical(&self) -> String {
        canonical::form(self)
    }

    /// Why a key that signs is too short for the purpose, or its curve refused, if so.
    pub fn refuses_key(&self, key: &PublicKey) -> Option<Weakness> {
        self.refused.key(key)
    }

    /// SHA-256 of what the policy decides, in its [canonical form](Self::canonical).
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Why a check is required, if it is.
    pub fn requires(&self, check: Check) -> Option<Requirement> {
        if Check::MINIMUM.contains(&check) {
            Some(Requirement::Minimum)
        } else if self.required.contains(&check) {
            Some(Requirement::Policy)
        } else {
            None
        }
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(days) * 24)
}

#[cfg(test)]
mod tests;
