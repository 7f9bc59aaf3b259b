//! Passive authentication by itself, for who has the files of a document and asks no more than
//! whether they are what its state signed.

use std::collections::BTreeMap;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::capture::Capture;
use crate::lds::DataGroup;
use crate::pki::store::TrustStore;
use crate::verify::GroupState;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::passive;

/// What passive authentication found. It is a part of a verdict and none by itself: see
/// [`verify`](crate::verify::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct PassiveAuthentication {
    /// The signature on EF.SOD under its signer's certificate
    pub sod_signature: Outcome,
    /// The signer's way to an anchor of its country
    pub signer_chain: Outcome,
    /// Whether the signer was revoked
    pub revocation: Outcome,
    /// The hash of every group that was read
    pub hashes: Outcome,
    /// State of every group that is signed or was read
    pub groups: BTreeMap<DataGroup, GroupState>,
}

/// Checks signature, signer, revocation and hashes (Doc 9303-11 §5.1), as `verify` does, and nothing
/// else.
pub fn passive_authentication(
    capture: &Capture,
    trust: &TrustStore,
    policy: &Policy,
    now: SystemTime,
) -> PassiveAuthentication {
    let now = Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH);
    let passive = passive::examine(capture, trust, policy, now);
    PassiveAuthentication {
        sod_signature: passive.sod_signature,
        signer_chain: passive.signer_chain,
        revocation: passive.revocation,
        hashes: passive.hashes,
        groups: passive.groups,
    }
}
