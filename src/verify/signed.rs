//! The signature on a CMS object that a chip holds (Doc 9303-11 §5, 9303-10 §4.6.2): the same for
//! EF.SOD and EF.CardSecurity. The signer's path is `chain.rs`.

use jiff::Timestamp;

use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::cms::SignerId;
use crate::pki::cms::SignerInfo;
use crate::pki::signer;
use crate::pki::signer::AttributeForm;
use crate::pki::signer::SignerFault;
use crate::pki::store::TrustStore;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::notes;
use crate::verify::strictness;

/// A signature is right under its signer's certificate.
pub(super) struct SignatureProof(());

/// What was found of a signature.
pub(super) struct Signature {
    pub(super) outcome: Outcome,
    pub(super) proof: Option<SignatureProof>,
    /// The signer's certificate, where it was found.
    pub(super) signer: Option<Certificate>,
    /// Signing time, where the attributes have it.
    pub(super) signing_time: Option<Timestamp>,
}

impl Signature {
    /// The same where the policy has something against what is signed: it proves nothing then.
    pub(super) fn refused(self, objection: Outcome) -> Self {
        Self {
            outcome: strictness::unless(self.outcome, Some(objection)),
            proof: None,
            ..self
        }
    }
}

/// Checks the one signature; several are refused, none is none.
pub(super) fn signature(
    signed_data: &SignedData,
    trust: &TrustStore,
    policy: &Policy,
    deviations: &mut Vec<&'static str>,
) -> Result<Signature, Outcome> {
    let [info] = signed_data.signers.as_slice() else {
        return Err(if signed_data.signers.is_empty() {
            Outcome::fail("sod.signer_missing")
        } else {
            Outcome::fail("sod.several_signers")
        });
    };
    let mut certificates = Vec::new();
    let mut unreadable = None;
    for raw in &signed_data.certificates {
        match Certificate::decode(raw) {
            Ok(certificate) => certificates.push(certificate),
            Err(malformed) => unreadable = unreadable.or(Some(malformed)),
        }
    }
    let signing_time = info
        .signed_attributes
        .as_ref()
        .and_then(|attributes| attributes.signing_time);
    let Some(signer) = find_signer(info, certificates, trust, deviations) else {
        let outcome = if signed_data.certificates.is_empty() {
            // Doc 9303-12: the certificate may be kept elsewhere, and the operator has none.
            Outcome::open("sod.unread").with("unread", "signer certificate")
        } else if let Some(malformed) = unreadable {
            place(Outcome::fail("sod.signer_malformed"), malformed)
        } else {
            Outcome::fail("sod.signer_missing")
        };
        return Ok(Signature {
            outcome,
            proof: None,
            signer: None,
            signing_time,
        });
    };
    let checked = check_signature(signed_data, info, &signer, policy, deviations);
    let (outcome, proof) = match checked {
        Ok(outcome) => (outcome, Some(SignatureProof(()))),
        Err(outcome) => (outcome, None),
    };
    Ok(Signature {
        outcome,
        proof,
        signer: Some(signer),
        signing_time,
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
        let certificate = certificates.swap_remove(position);
        if !info.id.names_exactly(&certificate) {
            deviations.push("deviation.signer_name_differs");
        }
        return Some(certificate);
    }
    // Quirk row 27: certificates that the operator keeps stand in for one that the card lacks.
    let kept = trust.signers().iter().find(|kept| info.id.names(kept));
    if let Some(kept) = kept {
        if certificates.is_empty() {
            deviations.push("deviation.signer_from_store");
        }
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
    policy: &Policy,
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
    form(signed_data, info, deviations)?;
    match signed.form {
        AttributeForm::AsSent => {}
        AttributeForm::Unsorted => deviations.push("deviation.attributes_unsorted"),
        AttributeForm::Sorted => deviations.push("deviation.attributes_not_der"),
    }
    for deviation in notes::of_signature(info, signed.scheme, signer, &key) {
        if !deviations.contains(&deviation) {
            deviations.push(deviation);
        }
    }
    if let Some(objection) = strictness::signature(policy, &signed.scheme, &key) {
        return Err(objection);
    }
    Ok(Outcome::pass("sod.signed")
        .with("algorithm", signed.scheme.name())
        .with("key", key.name())
        .with("signer_sha256", hex::encode(signer.fingerprint()))
        .with("signer_serial", hex::encode(signer.serial())))
}

/// What stands beside the signature and must fit it. Nobody signed it, so that anybody may have
/// changed it: what does not fit leaves open how the rest is meant, and accuses nobody.
fn form(
    signed_data: &SignedData,
    info: &SignerInfo,
    deviations: &mut Vec<&'static str>,
) -> Result<(), Outcome> {
    // RFC 5652 §5.1, as Doc 9303-10 §4.6.2 has it for a document: version 3.
    if signed_data.version != 3 {
        return Err(other_version("SignedData", signed_data.version));
    }
    // RFC 5652 §5.3: by issuer and serial number it is version 1, by the key's identifier 3.
    let expected = match info.id {
        SignerId::IssuerSerial { .. } => 1,
        SignerId::SubjectKeyId(_) => 3,
    };
    if info.version != expected {
        return Err(other_version("SignerInfo", info.version));
    }
    let announced = signed_data
        .digest_algorithms
        .iter()
        .map(|algorithm| algorithm::hash_of(algorithm))
        .collect::<Result<Vec<Hash>, KeyFault>>()
        .map_err(unknown)?;
    // RFC 5652 §5.1: the set is there for reading in one pass, and may be empty.
    let used = algorithm::hash_of(&info.digest_algorithm).map_err(unknown)?;
    if !announced.contains(&used) {
        deviations.push("deviation.digest_algorithms");
    }
    Ok(())
}

/// A version that this build does not know, or that does not fit what it is the version of.
pub(super) fn other_version(what: &'static str, version: u32) -> Outcome {
    Outcome::open("sod.version")
        .with("what", what)
        .with("version", version.to_string())
}

/// Something that has not the form it must have.
pub(super) fn malformed(malformed: Malformed) -> Outcome {
    place(Outcome::fail("sod.malformed"), malformed)
}

/// What was being read, and where.
fn place(outcome: Outcome, malformed: Malformed) -> Outcome {
    outcome
        .with("what", malformed.what)
        .with("offset", malformed.offset.to_string())
}

/// An algorithm or key that this build does not know leaves the check open; a malformed one fails.
fn unknown(fault: KeyFault) -> Outcome {
    match fault {
        KeyFault::Malformed(malformed) => self::malformed(malformed),
        KeyFault::Unsupported(what) => {
            Outcome::open("sod.algorithm_unknown").with("algorithm", what)
        }
    }
}
