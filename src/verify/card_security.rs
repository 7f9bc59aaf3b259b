//! Whether EF.CardSecurity is signed as EF.SOD must be, and what it says then.

use crate::bytes::oid::Oid;
use crate::capture::Capture;
use crate::error::Malformed;
use crate::lds::FileId;
use crate::lds::card_security;
use crate::lds::lds2::directory;
use crate::lds::security_infos::SecurityInfos;
use crate::pki::cms::SignedData;
use crate::pki::store::TrustStore;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::chain;
use crate::verify::chain::ChainProof;
use crate::verify::clock::Clock;
use crate::verify::notes;
use crate::verify::passive;
use crate::verify::signed;
use crate::verify::signed::Signature;
use crate::verify::signed::SignatureProof;

/// What became of EF.CardSecurity.
pub(super) enum CardSecurity {
    /// It was not read.
    Unread,
    /// Signature and chain hold.
    Vouched(Box<VouchedInfos>),
    /// Nothing vouches for it: no anchor, an unknown algorithm.
    NotVouched,
    /// It is malformed, or its signature or its signer's path is wrong.
    Wrong,
}

/// SecurityInfos whose signature and chain hold.
pub(super) struct VouchedInfos {
    infos: SecurityInfos,
    signer: String,
    directory: Option<Vec<u8>>,
}

impl VouchedInfos {
    const fn new(
        infos: SecurityInfos,
        signer: String,
        directory: Option<Vec<u8>>,
        _proofs: (&SignatureProof, &ChainProof),
    ) -> Self {
        Self {
            infos,
            signer,
            directory,
        }
    }

    /// EF.DIR as its issuer wrote it, where the file holds a copy.
    pub(super) fn directory(&self) -> Option<&[u8]> {
        self.directory.as_deref()
    }

    /// Whether the chip's key with these octets stands in it.
    pub(super) fn has_key(&self, public: &[u8]) -> bool {
        let mut keys = self
            .infos
            .chip_keys
            .iter()
            .filter_map(|key| key.key.as_ref());
        keys.any(|key| key.encoded() == public)
    }

    /// Everything in it.
    pub(super) const fn infos(&self) -> &SecurityInfos {
        &self.infos
    }

    /// SHA-256 of the signer's certificate, in hexadecimal.
    pub(super) fn signer(&self) -> &str {
        &self.signer
    }
}

/// The SecurityInfos in the file, whoever signed them.
///
/// # Errors
/// [`Malformed`].
pub(super) fn decode(file: &[u8]) -> Result<(SignedData, SecurityInfos), Malformed> {
    let content_info = card_security::signed_data(file)?;
    let signed_data = SignedData::decode(&content_info)?;
    let content_type = Oid::new(&signed_data.content_type);
    let infos = card_security::decode(content_type, &signed_data.content)?;
    Ok((signed_data, infos))
}

/// Checks the signature and its signer's path, as for EF.SOD.
pub(super) fn examine(
    capture: &Capture,
    trust: &TrustStore,
    policy: &Policy,
    clock: &Clock,
    deviations: &mut Vec<&'static str>,
) -> CardSecurity {
    let Some(file) = capture.files.get(&FileId::CardSecurity) else {
        return CardSecurity::Unread;
    };
    let Ok((signed_data, infos)) = decode(file) else {
        return CardSecurity::Wrong;
    };
    let mut met = Vec::new();
    let Ok(signature) = signed::signature(&signed_data, trust, policy, &mut met) else {
        return CardSecurity::Wrong;
    };
    for deviation in met {
        if !deviations.contains(&deviation) {
            deviations.push(deviation);
        }
    }
    let Signature {
        outcome,
        proof,
        signer,
        signing_time,
    } = signature;
    let (Some(proof), Some(signer)) = (proof, signer) else {
        return standing(&outcome);
    };
    let clock = clock.against(&signer, signing_time);
    let zone = passive::zone(capture);
    let signed = (&signer, signing_time);
    let chain = chain::examine(signed, zone.as_ref(), trust, policy, &clock);
    for deviation in chain.deviations {
        notes::note(deviations, deviation);
    }
    match chain.proof {
        Some(chain) if passive::own_document(zone.as_ref(), Some(&signer)) => {
            let signer = hex::encode(signer.fingerprint());
            let copy = directory::signed_copy(&signed_data.content);
            let infos = VouchedInfos::new(infos, signer, copy, (&proof, &chain));
            CardSecurity::Vouched(Box::new(infos))
        }
        Some(_) => CardSecurity::NotVouched,
        None => standing(&chain.outcome),
    }
}

/// What an outcome short of a proof means.
const fn standing(outcome: &Outcome) -> CardSecurity {
    match outcome {
        Outcome::Fail(_) => CardSecurity::Wrong,
        Outcome::Pass(_) | Outcome::Open(_) => CardSecurity::NotVouched,
    }
}
