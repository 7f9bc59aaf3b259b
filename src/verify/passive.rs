//! Passive authentication (Doc 9303-11 §5, 9303-10 §4.6.2, 9303-12 §7): the security object's
//! signature, its signer's path, revocation, and the hash of every group that was read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::bytes::country;
use crate::bytes::country::Agreement;
use crate::bytes::oid::Oid;
use crate::capture::Capture;
use crate::crypto::algorithm::KeyFault;
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
use crate::pki::cms::SignerInfo;
use crate::pki::path;
use crate::pki::path::Path;
use crate::pki::path::PathFault;
use crate::pki::revocation;
use crate::pki::revocation::Revocation;
use crate::pki::signer;
use crate::pki::signer::AttributeForm;
use crate::pki::signer::SignerFault;
use crate::pki::store::TrustStore;
use crate::verify::GroupState;
use crate::verify::Outcome;

/// The security object's signature is right under its signer's certificate.
struct SignatureProof(());

/// The signer's certificate chains to an anchor of its country.
struct ChainProof(());

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
    /// Groups that the security object lists.
    pub(super) signed: Vec<DataGroup>,
    /// The security object, where it could be decoded.
    pub(super) object: Option<SecurityObject>,
    /// The signer's certificate, where it was found.
    pub(super) signer: Option<Certificate>,
    /// Signing time, where the attributes have it.
    pub(super) signing_time: Option<Timestamp>,
    /// Deviations from the standard that were tolerated.
    pub(super) deviations: Vec<&'static str>,
    capture: &'a Capture,
    proofs: Option<(SignatureProof, ChainProof)>,
}

impl<'a> Passive<'a> {
    /// Proof for one group: its hash matches, and signature and chain hold.
    pub(super) fn proof(&self, group: DataGroup) -> Option<GroupProof<'a>> {
        let (SignatureProof(()), ChainProof(())) = self.proofs.as_ref()?;
        if self.groups.get(&group) != Some(&GroupState::Verified) {
            return None;
        }
        let bytes = self.capture.files.get(&FileId::Group(group))?;
        Some(GroupProof { bytes })
    }
}

/// Runs it all.
pub(super) fn examine<'a>(capture: &'a Capture, trust: &TrustStore, now: Timestamp) -> Passive<'a> {
    let mut deviations = Vec::new();
    let Opened {
        sod_signature,
        signature_proof,
        signer,
        signing_time,
        object,
    } = match open(capture, trust, &mut deviations) {
        Ok(opened) => opened,
        Err(outcome) => return Passive::unread(capture, outcome),
    };
    let (signer_chain, revocation, chain_proof) = match &signer {
        Some(signer) => chain(signer, trust, now),
        None => (
            Outcome::open("chain.signer_unread"),
            Outcome::open("revocation.not_checked"),
            None,
        ),
    };
    let proofs = signature_proof
        .zip(chain_proof)
        .filter(|_| own_document(capture, signer.as_ref()));
    let (hashes, groups) = match &object {
        Ok(object) => hashes(capture, object, proofs.is_some()),
        Err(outcome) => (outcome.clone(), without_hashes(capture)),
    };
    let object = object.ok();
    Passive {
        sod_signature,
        signer_chain,
        revocation,
        hashes,
        groups,
        signed: object
            .iter()
            .flat_map(|object| object.hashes.keys().copied())
            .collect(),
        object,
        signer,
        signing_time,
        deviations,
        capture,
        proofs,
    }
}

impl<'a> Passive<'a> {
    /// What is left when the security object cannot be used at all.
    fn unread(capture: &'a Capture, sod_signature: Outcome) -> Self {
        Self {
            sod_signature,
            signer_chain: Outcome::open("chain.signer_unread"),
            revocation: Outcome::open("revocation.not_checked"),
            hashes: Outcome::open("hashes.unread").with("unread", "EF.SOD"),
            groups: without_hashes(capture),
            signed: Vec::new(),
            object: None,
            signer: None,
            signing_time: None,
            deviations: Vec::new(),
            capture,
            proofs: None,
        }
    }
}

/// A security object taken apart.
struct Opened {
    sod_signature: Outcome,
    signature_proof: Option<SignatureProof>,
    signer: Option<Certificate>,
    signing_time: Option<Timestamp>,
    /// Its content, or what the check of hashes says in its place.
    object: Result<SecurityObject, Outcome>,
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
    deviations: &mut Vec<&'static str>,
) -> Result<Opened, Outcome> {
    let file = capture
        .files
        .get(&FileId::Sod)
        .ok_or_else(|| Outcome::open("sod.unread"))?;
    let malformed = |_| Outcome::fail("sod.malformed");
    let content_info = sod::signed_data(file).map_err(malformed)?;
    let signed_data = SignedData::decode(&content_info).map_err(malformed)?;
    let object = SecurityObject::decode(&signed_data.content).map_err(|fault| match fault {
        SecurityObjectFault::Malformed(_) => Outcome::fail("sod.malformed"),
        SecurityObjectFault::UnknownHash(hash) => {
            Outcome::open("hashes.unread").with("algorithm", hash)
        }
    });
    match sod::is_content_type(Oid::new(&signed_data.content_type)) {
        Some(Alias::Current) => {}
        Some(Alias::Old) => deviations.push("deviation.old_sod_oid"),
        None => return Err(Outcome::fail("sod.content_type")),
    }
    let [info] = signed_data.signers.as_slice() else {
        // Several signers are refused, none is none.
        return Err(if signed_data.signers.is_empty() {
            Outcome::fail("sod.signer_missing")
        } else {
            Outcome::fail("sod.several_signers")
        });
    };
    let certificates: Vec<Certificate> = signed_data
        .certificates
        .iter()
        .filter_map(|raw| Certificate::decode(raw).ok())
        .collect();
    let signing_time = info
        .signed_attributes
        .as_ref()
        .and_then(|attributes| attributes.signing_time);
    let Some(signer) = find_signer(info, certificates, trust, deviations) else {
        let outcome = if signed_data.certificates.is_empty() {
            // Doc 9303-12: the certificate may be kept elsewhere, and the operator has none.
            Outcome::open("sod.unread").with("unread", "signer certificate")
        } else {
            Outcome::fail("sod.signer_missing")
        };
        return Ok(Opened {
            sod_signature: outcome,
            signature_proof: None,
            signer: None,
            signing_time,
            object,
        });
    };
    let checked = check_signature(&signed_data, info, &signer, deviations);
    let (sod_signature, signature_proof) = match checked {
        Ok(outcome) => (outcome, Some(SignatureProof(()))),
        Err(outcome) => (outcome, None),
    };
    Ok(Opened {
        sod_signature,
        signature_proof,
        signer: Some(signer),
        signing_time,
        object,
    })
}

/// The certificate that the signer id names. A single certificate that does not match letter for
/// letter may serve (quirk row 26); the signature decides, and the deviation is noted.
fn find_signer(
    info: &SignerInfo,
    mut certificates: Vec<Certificate>,
    trust: &TrustStore,
    deviations: &mut Vec<&'static str>,
) -> Option<Certificate> {
    let named = certificates
        .iter()
        .position(|certificate| info.id.names(certificate));
    if let Some(position) = named {
        return Some(certificates.swap_remove(position));
    }
    // Quirk row 27: certificates that the operator keeps stand in for one that the card lacks.
    let kept = trust.signers().iter().find(|kept| info.id.names(kept));
    if let Some(kept) = kept {
        return Some(kept.clone());
    }
    if certificates.len() == 1 {
        deviations.push("deviation.signer_by_single_certificate");
        return certificates.pop();
    }
    None
}

/// Signed attributes and signature, judged under the signer's key.
fn check_signature(
    signed_data: &SignedData,
    info: &SignerInfo,
    signer: &Certificate,
    deviations: &mut Vec<&'static str>,
) -> Result<Outcome, Outcome> {
    let key = signer.public_key().map_err(unknown)?;
    let signed = signer::verify(signed_data, info, &key).map_err(|fault| match fault {
        SignerFault::NoSignedAttributes => Outcome::fail("sod.attributes_missing"),
        SignerFault::ContentType => Outcome::fail("sod.content_type"),
        SignerFault::MessageDigest => Outcome::fail("sod.digest_mismatch"),
        SignerFault::Algorithms { digest, signature } => {
            Outcome::fail("sod.algorithm_inconsistent")
                .with("digest", digest.name())
                .with("signature", signature.name())
        }
        SignerFault::Key(fault) => unknown(fault),
        SignerFault::Wrong(scheme) => {
            Outcome::fail("sod.signature_wrong").with("algorithm", scheme.name())
        }
    })?;
    if signed.form == AttributeForm::Sorted {
        deviations.push("deviation.attributes_not_der");
    }
    Ok(Outcome::pass("sod.signed")
        .with("algorithm", signed.scheme.name())
        .with("key", key.name())
        .with("signer_sha256", hex::encode(signer.fingerprint()))
        .with("signer_serial", hex::encode(signer.serial())))
}

/// An algorithm or key that this build does not know leaves the check open; a malformed one fails.
fn unknown(fault: KeyFault) -> Outcome {
    match fault {
        KeyFault::Malformed(_) => Outcome::fail("sod.malformed"),
        KeyFault::Unsupported(what) => {
            Outcome::open("sod.algorithm_unknown").with("algorithm", what)
        }
    }
}

/// The signer's path, and whether it was revoked.
fn chain(
    signer: &Certificate,
    trust: &TrustStore,
    now: Timestamp,
) -> (Outcome, Outcome, Option<ChainProof>) {
    let path = match path::signer_path(signer, trust, now) {
        Ok(path) => path,
        Err(fault) => {
            return (
                chain_fault(&fault),
                Outcome::open("revocation.not_checked"),
                None,
            );
        }
    };
    let revocation = match revocation::revocation(signer, trust, &path, now) {
        Revocation::Good { .. } => Outcome::pass("revocation.good"),
        Revocation::Revoked { .. } => Outcome::fail("revocation.revoked"),
        Revocation::NoCrl => Outcome::open("revocation.no_crl"),
        Revocation::Stale { .. } => Outcome::open("revocation.stale"),
    };
    // A signer that was revoked vouches for nothing.
    let proof = match &revocation {
        Outcome::Fail(_) => None,
        Outcome::Pass(_) | Outcome::Open(_) => Some(ChainProof(())),
    };
    (chain_evidence(&path), revocation, proof)
}

/// Whether the signer vouches for a document of its own country: the zone's issuing state decides
/// (the finding itself is `consistency.country`).
fn own_document(capture: &Capture, signer: Option<&Certificate>) -> bool {
    let zone = capture
        .files
        .get(&FileId::Group(DataGroup::DG1))
        .and_then(|file| Dg1::decode(file).ok());
    zone.zip(signer)
        .is_none_or(|(Dg1 { mrz }, signer)| same_country(&mrz, signer) == Agreement::Same)
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

fn chain_evidence(path: &Path) -> Outcome {
    Outcome::pass("chain.anchored")
        .with("anchor_sha256", hex::encode(path.anchor_fingerprint))
        .with("anchor_subject", path.anchor_subject.clone())
        .with("country", path.country.clone())
        .with("provenance", path.provenance.to_string())
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
        PathFault::IssuedOutsidePeriod => Outcome::fail("chain.anchor_period"),
    }
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
