//! Passive authentication (Doc 9303-11 §5, 9303-10 §4.6.2, 9303-12 §7): the security object's
//! signature, its signer's path, revocation, and the hash of every group that was read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::bytes::country;
use crate::bytes::country::Agreement;
use crate::bytes::oid::Oid;
use crate::capture::Capture;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::mrz::Mrz;
use crate::lds::sod;
use crate::lds::sod::Alias;
use crate::lds::sod::SecurityObject;
use crate::lds::sod::SecurityObjectFault;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::store::TrustStore;
use crate::verify::GroupState;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::chain;
use crate::verify::chain::Chain;
use crate::verify::chain::ChainProof;
use crate::verify::clock::Clock;
use crate::verify::notes;
use crate::verify::signed;
use crate::verify::signed::Signature;
use crate::verify::signed::SignatureProof;
use crate::verify::strictness;

/// Passive authentication vouches for the bytes of one group.
pub(super) struct GroupProof<'a> {
    bytes: &'a [u8],
}

impl<'a> GroupProof<'a> {
    /// The group's bytes.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Everything that passive authentication found.
pub(super) struct Passive<'a> {
    pub(super) sod_signature: Outcome,
    pub(super) signer_chain: Outcome,
    pub(super) revocation: Outcome,
    pub(super) hashes: Outcome,
    /// State of every group that is signed or was read.
    pub(super) groups: BTreeMap<DataGroup, GroupState>,
    /// Groups that the security object lists, where it could be decoded, whatever its signature is.
    pub(super) listed: Option<Vec<DataGroup>>,
    /// The security object, where it could be decoded.
    pub(super) object: Option<SecurityObject>,
    /// The signer's certificate, where it was found.
    pub(super) signer: Option<Certificate>,
    /// Signing time, where the attributes have it.
    pub(super) signing_time: Option<Timestamp>,
    /// The clock, after it was compared with what is signed.
    pub(super) clock: Clock,
    /// Deviations from the standard that were tolerated.
    pub(super) deviations: Vec<&'static str>,
    capture: &'a Capture,
    proofs: Option<(SignatureProof, ChainProof)>,
}

impl<'a> Passive<'a> {
    /// Groups that the security object lists, where it could be opened.
    pub(super) fn signed(&self) -> &[DataGroup] {
        let listed = self.listed.as_deref().filter(|_| self.object.is_some());
        listed.unwrap_or_default()
    }

    /// Whether signature and chain of the security object hold.
    pub(super) const fn vouches(&self) -> bool {
        self.proofs.is_some()
    }

    /// Proof for one group: its hash matches, and signature and chain hold.
    pub(super) fn proof(&self, group: DataGroup) -> Option<GroupProof<'a>> {
        self.proofs.as_ref()?;
        if self.groups.get(&group) != Some(&GroupState::Verified) {
            return None;
        }
        let bytes = self.capture.files.get(&FileId::Group(group))?;
        Some(GroupProof { bytes })
    }
}

/// Runs it all.
pub(super) fn examine<'a>(
    capture: &'a Capture,
    trust: &TrustStore,
    policy: &Policy,
    now: Timestamp,
) -> Passive<'a> {
    let clock = Clock::new(now);
    let mut deviations = Vec::new();
    let Opened {
        signature:
            Signature {
                outcome: sod_signature,
                proof: signature_proof,
                signer,
                signing_time,
            },
        object,
    } = match open(capture, trust, policy, &mut deviations) {
        Ok(opened) => opened,
        Err(Unopened { outcome, listed }) => {
            return Passive::unread(capture, outcome, listed, clock);
        }
    };
    let clock = match &signer {
        Some(signer) => clock.against(signer, signing_time),
        None => clock,
    };
    let zone = zone(capture);
    let Chain {
        outcome: signer_chain,
        revocation,
        proof: chain_proof,
        deviations: met,
    } = match &signer {
        Some(signer) => {
            chain::examine((signer, signing_time), zone.as_ref(), trust, policy, &clock)
        }
        None => Chain::unread(),
    };
    for deviation in met {
        notes::note(&mut deviations, deviation);
    }
    let fits = object.as_ref().is_ok_and(SecurityObject::version_fits);
    let proofs = signature_proof
        .zip(chain_proof)
        .filter(|_| fits && own_document(zone.as_ref(), signer.as_ref()));
    let (hashes, groups) = match &object {
        Ok(object) => match hashes(capture, object, proofs.is_some()) {
            // What the list means is not sure; a hash that differs differs in any case.
            (Outcome::Pass(_), groups) if !fits => {
                let outcome = signed::other_version(LDS_SECURITY_OBJECT, object.version);
                (outcome, groups)
            }
            other => other,
        },
        Err(outcome) => (outcome.clone(), without_hashes(capture)),
    };
    let object = object.ok();
    Passive {
        sod_signature,
        signer_chain,
        revocation,
        hashes,
        groups,
        listed: object.as_ref().map(listed),
        object,
        signer,
        signing_time,
        clock,
        deviations,
        capture,
        proofs,
    }
}

impl<'a> Passive<'a> {
    /// What is left when the security object cannot be used at all.
    fn unread(
        capture: &'a Capture,
        sod_signature: Outcome,
        listed: Option<Vec<DataGroup>>,
        clock: Clock,
    ) -> Self {
        Self {
            sod_signature,
            signer_chain: Outcome::open("chain.signer_unread"),
            revocation: Outcome::open("revocation.not_checked"),
            hashes: Outcome::open("hashes.unread").with("unread", "EF.SOD"),
            groups: without_hashes(capture),
            listed,
            object: None,
            signer: None,
            signing_time: None,
            clock,
            deviations: Vec::new(),
            capture,
            proofs: None,
        }
    }
}

/// A security object taken apart.
struct Opened {
    signature: Signature,
    /// Its content, or what the check of hashes says in its place.
    object: Result<SecurityObject, Outcome>,
}

/// A security object that says nothing: why, and what it would list all the same.
struct Unopened {
    outcome: Outcome,
    listed: Option<Vec<DataGroup>>,
}

impl From<Outcome> for Unopened {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            listed: None,
        }
    }
}

/// How the content of EF.SOD is called where it is named.
const LDS_SECURITY_OBJECT: &str = "LDSSecurityObject";

fn listed(object: &SecurityObject) -> Vec<DataGroup> {
    object.hashes.keys().copied().collect()
}

/// The groups that were read, where there is nothing to compare them with.
fn without_hashes(capture: &Capture) -> BTreeMap<DataGroup, GroupState> {
    capture
        .files
        .keys()
        .filter_map(|file| match file {
            FileId::Group(group) => Some((*group, GroupState::Unverified)),
            _ => None,
        })
        .collect()
}

/// Takes the security object apart and checks its signature.
fn open(
    capture: &Capture,
    trust: &TrustStore,
    policy: &Policy,
    deviations: &mut Vec<&'static str>,
) -> Result<Opened, Unopened> {
    let file = capture
        .files
        .get(&FileId::Sod)
        .ok_or_else(|| Outcome::open("sod.unread"))?;
    let content_info = sod::signed_data(file).map_err(signed::malformed)?;
    if matches!(content_info, Cow::Owned(_)) {
        deviations.push("deviation.sod_not_der");
    }
    let signed_data = SignedData::decode(&content_info).map_err(signed::malformed)?;
    let object = SecurityObject::decode(&signed_data.content).map_err(|fault| match fault {
        SecurityObjectFault::Malformed(malformed) => signed::malformed(malformed),
        SecurityObjectFault::UnknownVersion(number) => {
            signed::other_version(LDS_SECURITY_OBJECT, number)
        }
        SecurityObjectFault::UnknownHash(hash) => {
            Outcome::open("hashes.unread").with("algorithm", hash)
        }
    });
    let unopened = |outcome| Unopened {
        outcome,
        listed: object.as_ref().ok().map(listed),
    };
    if let Ok(object) = &object {
        deviations.extend(notes::of_object(object));
    }
    match sod::is_content_type(Oid::new(&signed_data.content_type)) {
        Some(Alias::Current) => {}
        Some(Alias::Old) => deviations.push("deviation.old_sod_oid"),
        None => return Err(unopened(Outcome::fail("sod.content_type"))),
    }
    let mut signature =
        signed::signature(&signed_data, trust, policy, deviations).map_err(unopened)?;
    let hash = object.as_ref().ok().map(|object| object.hash);
    if let Some(objection) = hash.and_then(|hash| strictness::group_hashes(policy, hash)) {
        signature = signature.refused(objection);
    }
    Ok(Opened { signature, object })
}

/// Whether the signer vouches for a document of its own country: the zone's issuing state decides
/// (the finding itself is `consistency.country`).
pub(super) fn own_document(zone: Option<&Mrz>, signer: Option<&Certificate>) -> bool {
    zone.zip(signer)
        .is_none_or(|(mrz, signer)| same_country(mrz, signer) == Agreement::Same)
}

/// The zone, whoever vouches for it.
pub(super) fn zone(capture: &Capture) -> Option<Mrz> {
    let file = capture.files.get(&FileId::Group(DataGroup::DG1))?;
    let Dg1 { mrz, .. } = Dg1::decode(file).ok()?;
    Some(mrz)
}

/// The zone's issuing state against the country of the signer, or of its issuer where the signer's
/// name has none.
pub(super) fn same_country(mrz: &Mrz, signer: &Certificate) -> Agreement {
    signer
        .country()
        .or_else(|| signer.issuer_country())
        .map_or(Agreement::Different, |country| {
            country::compare(mrz.issuing_state(), &country)
        })
}

/// Hash of every group that was read (Doc 9303-11 §5.1 step 4).
fn hashes(
    capture: &Capture,
    object: &SecurityObject,
    vouched: bool,
) -> (Outcome, BTreeMap<DataGroup, GroupState>) {
    let mut groups = BTreeMap::new();
    for (group, expected) in &object.hashes {
        let state = match capture.files.get(&FileId::Group(*group)) {
            None => GroupState::Unread,
            Some(bytes) => {
                let computed = object.hash.digest(&[bytes]);
                match (bool::from(computed.ct_eq(expected)), vouched) {
                    (true, true) => GroupState::Verified,
                    (true, false) => GroupState::Unverified,
                    (false, _) => GroupState::HashMismatch,
                }
            }
        };
        groups.insert(*group, state);
    }
    for file in capture.files.keys() {
        if let FileId::Group(group) = file {
            groups.entry(*group).or_insert(GroupState::Unsigned);
        }
    }
    for group in &capture.requested {
        groups.entry(*group).or_insert(GroupState::Unread);
    }
    let named = |wanted: GroupState| -> Vec<DataGroup> {
        groups
            .iter()
            .filter(|(_, state)| **state == wanted)
            .map(|(group, _)| *group)
            .collect()
    };
    let mismatched = named(GroupState::HashMismatch);
    let unsigned: Vec<DataGroup> = named(GroupState::Unsigned)
        .into_iter()
        // DG1 is on every document (Doc 9303-10 §4.7.1): one that nobody signed is forged.
        .filter(|group| *group == DataGroup::DG1 || capture.requested.contains(group))
        .collect();
    // A signed group that was asked for and refused; one that the plan left out is no gap.
    let refused: Vec<DataGroup> = named(GroupState::Unread)
        .into_iter()
        .filter(|group| !DataGroup::PROTECTED.contains(group) && object.hashes.contains_key(group))
        .filter(|group| capture.missing.contains_key(&FileId::Group(*group)))
        .collect();
    let outcome = if !mismatched.is_empty() {
        Outcome::fail("hashes.mismatch").with("groups", list(&mismatched))
    } else if !unsigned.is_empty() {
        Outcome::fail("hashes.unsigned").with("groups", list(&unsigned))
    } else if !refused.is_empty() {
        Outcome::open("hashes.unread").with("groups", list(&refused))
    } else {
        let matching: Vec<DataGroup> = groups
            .iter()
            .filter(|(_, state)| matches!(state, GroupState::Verified | GroupState::Unverified))
            .map(|(group, _)| *group)
            .collect();
        if matching.is_empty() {
            Outcome::open("hashes.unread")
        } else {
            Outcome::pass("hashes.match")
                .with("algorithm", object.hash.name())
                .with("groups", list(&matching))
        }
    };
    (outcome, groups)
}

fn list(groups: &[DataGroup]) -> String {
    let names: Vec<String> = groups.iter().map(ToString::to_string).collect();
    names.join(", ")
}
