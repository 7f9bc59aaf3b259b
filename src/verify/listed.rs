//! What a state's own deviation lists say of a document that it issued (Doc 9303-3 §7).
//!
//! It is told, and excuses one defect: a signer's certificate that names another hash than it is signed
//! with. Signed it must be, whatever a list says.

use crate::lds::mrz::Mrz;
use crate::pki::certificate::Certificate;
use crate::pki::deviation_list::CertField;
use crate::pki::deviation_list::CertificateBodyField;
use crate::pki::deviation_list::Concern;
use crate::pki::deviation_list::Description;
use crate::pki::deviation_list::Deviation;
use crate::pki::deviation_list::DeviationList;
use crate::pki::deviation_list::DeviationType;
use crate::pki::deviation_list::Document;
use crate::pki::deviation_list::Parameter;
use crate::pki::store::TrustStore;

/// What lists say of a document.
pub(super) struct Listed {
    /// The kinds of deviation, each once.
    pub(super) kinds: Vec<String>,
    /// What they say of the hash that the signer's certificate names.
    pub(super) hash: NamedHash,
}

/// Whether the hash that a signer's certificate names is the one that it is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedHash {
    /// Nobody says otherwise.
    Right,
    /// Its state says that it may not be.
    MayBeWrong,
}

/// What the lists of the signer's state say; nothing where none is about the document.
pub(super) fn of(trust: &TrustStore, signer: &Certificate, zone: Option<&Mrz>) -> Option<Listed> {
    if trust.deviation_lists().is_empty() {
        return None;
    }
    let country = signer.country()?;
    let document = Document {
        signer: Some(signer),
        document_type: zone.map(Mrz::document_code),
        number: zone.map(Mrz::document_number),
        issued: None,
    };
    let mut listed = Listed {
        kinds: Vec::new(),
        hash: NamedHash::Right,
    };
    for list in trust.deviation_lists() {
        let concerning = list.concerning(&document);
        if concerning.is_empty() || !speaks_for(list, &country, trust) {
            continue;
        }
        for (deviation, concern) in concerning {
            for description in &deviation.descriptions {
                let kind = description.kind.name();
                if !listed.kinds.contains(&kind) {
                    listed.kinds.push(kind);
                }
                if names_another_hash(deviation, description, concern) {
                    listed.hash = NamedHash::MayBeWrong;
                }
            }
        }
    }
    (!listed.kinds.is_empty()).then_some(listed)
}

/// A list speaks of the documents of the state that signed it.
fn speaks_for(list: &DeviationList, country: &str, trust: &TrustStore) -> bool {
    let of_country = |certificate: &Certificate| certificate.country().as_deref() == Some(country);
    // Asked before anything is verified, since a store has lists of many states.
    // The store's signers are many, and asked for where the list does not bring its own.
    let may = list.signers().iter().any(of_country) || trust.signers().iter().any(of_country);
    let signatories = || list.verify(&[]).or_else(|_| list.verify(trust.signers()));
    may && signatories().is_ok_and(|signatories| {
        signatories
            .iter()
            .all(|signatory| of_country(&signatory.certificate))
    })
}

/// Whether an entry names this very signer and says that its certificate's signature is not as it
/// says.
fn names_another_hash(deviation: &Deviation, description: &Description, concern: Concern) -> bool {
    let of_signature = match (&description.kind, &description.parameter) {
        (DeviationType::DsSignature, _) => true,
        (
            DeviationType::DsEncoding | DeviationType::CertOrKey,
            Some(Parameter::Certificate(CertField::Body(field))),
        ) => *field == CertificateBodyField::Signature,
        _ => false,
    };
    of_signature && concern == Concern::Named && deviation.documents.signer.is_some()
}
