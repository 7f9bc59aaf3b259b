//! Whose lists get in: those of publishers that the operator chose.
//!
//! A master list brings anchors of other states. Were whoever leads to any anchor a publisher, one
//! state on one accepted list could publish a list of its own with a false root of another, and so
//! on from list to list. So the signer must lead to an anchor that the operator confirmed himself,
//! or the publisher (the signer's state) must have a list in place already, and the signer lead to
//! an anchor that stands in it.
//!
//! A deviation list speaks of the documents of its signer's state alone (`verify` asks that of every
//! signature), so that any anchor of that state serves.

use std::collections::BTreeSet;

use crate::crypto::algorithm::KeyFault;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::same_name;
use crate::pki::deviation_list;
use crate::pki::list::ListFault;
use crate::pki::list::Signatory;
use crate::pki::master_list;
use crate::pki::path;
use crate::pki::path::PathFault;
use crate::pki::path::Signs;
use crate::pki::revocation;
use crate::pki::revocation::Revocation;
use crate::pki::signer::SignerFault;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::trust::holding::Content;
use crate::trust::index::Confirmed;
use crate::trust::index::Kind;
use crate::trust::rules::Plan;
use crate::trust::rules::certificates::Signature;
use crate::trust::rules::certificates::signature;

/// Most link certificates followed from an anchor that the operator confirmed, as `pki::path` has it.
const MAX_LINKS: usize = 4;

/// Who signed a list.
pub(super) struct Voucher {
    pub(super) confirmed: Confirmed,
    /// The signer's state, or nothing where it names none.
    pub(super) state: String,
}

/// What is asked about a list.
pub(super) struct List<'a> {
    kind: Kind,
    /// What its signer's key must be for.
    purpose: &'static str,
    /// Certificates that it brings along.
    helpers: &'a [Certificate],
    place: &'a str,
}

impl<'a> List<'a> {
    /// A master list.
    pub(super) const fn masters(helpers: &'a [Certificate], place: &'a str) -> Self {
        Self {
            kind: Kind::MasterList,
            purpose: master_list::SIGNING_KEY,
            helpers,
            place,
        }
    }

    /// A deviation list.
    pub(super) const fn deviations(helpers: &'a [Certificate], place: &'a str) -> Self {
        Self {
            kind: Kind::DeviationList,
            purpose: deviation_list::SIGNING_KEY,
            helpers,
            place,
        }
    }

    fn why(&self, why: &str) -> String {
        format!("{}: {why}", self.place)
    }

    /// The list, its signer and an authority, with the fingerprints that the operator may give.
    fn signed_by(&self, signer: &Certificate, authority: Option<&Certificate>) -> String {
        let told = |one: &Certificate| {
            let fingerprint = hex::encode(one.fingerprint());
            format!("{} {fingerprint}", one.subject_text())
        };
        let authority = authority.map(|one| format!(", {}", told(one)));
        self.why(&format!(
            "{}{}",
            told(signer),
            authority.unwrap_or_default()
        ))
    }
}

impl Plan<'_> {
    /// Who signed a list: every signature must be right, and every signer of a publisher that was
    /// chosen.
    pub(super) fn voucher(
        &self,
        signatories: Result<Vec<Signatory>, ListFault>,
        list: &List<'_>,
    ) -> Result<Voucher, TrustError> {
        let what = || list.place.to_owned();
        let signatories = signatories.map_err(|fault| match fault {
            ListFault::Unsigned => TrustError::ListUnsigned { what: what() },
            ListFault::SignerMissing => TrustError::ListSignerUnknown { what: what() },
            ListFault::Signature(SignerFault::Key(KeyFault::Unsupported(algorithm))) => {
                let what = list.why(&algorithm);
                TrustError::Unsupported { what }
            }
            ListFault::Purpose => {
                let what = list.why(&fault.to_string());
                TrustError::ListSigner { what }
            }
            _ => TrustError::ListSignature { what: what() },
        })?;
        let mut voucher = None;
        for signatory in signatories {
            let signer = &signatory.certificate;
            if !signer.valid_at(signatory.signed.unwrap_or(self.now)) {
                let subject = signer.subject_text();
                let what = list.why(&format!("{subject}: the certificate was not in force"));
                return Err(TrustError::ListSigner { what });
            }
            let confirmed = self.known(signer, list)?;
            let state = signer.country().unwrap_or_default();
            voucher.get_or_insert(Voucher { confirmed, state });
        }
        voucher.ok_or_else(|| TrustError::ListUnsigned { what: what() })
    }

    /// Whose signatures a list bears. Most bring their signer's certificate; those of the store are
    /// asked for where one does not.
    pub(super) fn signatories(
        &self,
        verify: impl Fn(&[Certificate]) -> Result<Vec<Signatory>, ListFault>,
    ) -> Result<Vec<Signatory>, ListFault> {
        verify(&[]).or_else(|_| verify(self.store.signers()))
    }

    /// How the signer of a list is known.
    fn known(&self, signer: &Certificate, list: &List<'_>) -> Result<Confirmed, TrustError> {
        let fingerprint = signer.fingerprint();
        if self.confirmed.names(fingerprint) {
            return Ok(Confirmed::Fingerprint(*fingerprint));
        }
        let country = signer.country().unwrap_or_default();
        let chosen = self.chosen(&country, list.kind);
        let publisher = |authority: &Certificate| TrustError::ListPublisher {
            what: list.signed_by(signer, Some(authority)),
        };
        // Some authorities sign their lists themselves, and name their key by its identifier alone,
        // which their links have as well.
        let themselves = self.store.anchors_for(&country).filter(|anchor| {
            anchor.certificate.public_key_info() == signer.public_key_info()
                && same_name(anchor.certificate.subject(), signer.subject())
                && anchor.certificate.valid_at(self.now)
        });
        let mut passed_over = None;
        for anchor in themselves {
            let fingerprint = *anchor.certificate.fingerprint();
            if chosen.contains(&fingerprint) {
                return Ok(Confirmed::Signature(fingerprint));
            }
            if self.confirmed.names(&fingerprint) {
                return Ok(Confirmed::Fingerprint(fingerprint));
            }
            passed_over.get_or_insert(&anchor.certificate);
        }
        if let Some(anchor) = passed_over {
            return Err(publisher(anchor));
        }
        // Links help whoever brings them: an anchor must have signed them.
        let mut bare = TrustStore::empty();
        let brought = list.helpers.iter();
        let brought = brought.filter(|link| link.country().as_deref() == Some(&country));
        for link in brought
            .chain(self.store.links_for(&country))
            .filter(|link| link.is_authority())
        {
            bare.add_link(link.clone());
        }
        for crl in self.store.crls() {
            bare.add_crl(crl.clone());
        }
        let [mut ours, mut named, mut all] = [bare.clone(), bare.clone(), bare];
        for anchor in self.store.anchors_for(&country) {
            let fingerprint = anchor.certificate.fingerprint();
            let add = |store: &mut TrustStore| {
                store.add_anchor(anchor.certificate.clone(), anchor.provenance.clone());
            };
            add(&mut all);
            if chosen.contains(fingerprint) {
                add(&mut ours);
            } else if self.confirmed.names(fingerprint) {
                add(&mut named);
            }
        }
        for anchor in list.helpers {
            if self.confirmed.names(anchor.fingerprint()) {
                let file = list.place.to_owned();
                named.add_anchor(anchor.clone(), Provenance::Operator { file });
            }
        }
        if let Ok(anchor) = self.leads(signer, &ours, list.purpose) {
            return Ok(Confirmed::Signature(*anchor.fingerprint()));
        }
        let fault = match self.leads(signer, &named, list.purpose) {
            Ok(anchor) => return Ok(Confirmed::Fingerprint(*anchor.fingerprint())),
            Err(astray) => match self.leads(signer, &all, list.purpose) {
                Ok(anchor) => return Err(publisher(&anchor)),
                Err(fault) if astray == PathFault::NoAnchor => fault,
                Err(_) => astray,
            },
        };
        let what = || {
            let issued = |one: &&Certificate| {
                one.is_authority() && signature(signer, one) == Signature::Right
            };
            list.signed_by(signer, list.helpers.iter().find(issued))
        };
        Err(match fault {
            PathFault::NoAnchor
            | PathFault::UnknownIssuer
            | PathFault::AuthorityKeyId
            | PathFault::Signature => TrustError::ListSignerUnknown { what: what() },
            PathFault::UnknownAlgorithm(_) => TrustError::Unsupported { what: what() },
            fault => TrustError::ListSigner {
                what: format!("{}: {fault}", what()),
            },
        })
    }

    /// The anchor that the signer of a list leads to.
    fn leads(
        &self,
        signer: &Certificate,
        store: &TrustStore,
        purpose: &str,
    ) -> Result<Certificate, PathFault> {
        let path = path::path(signer, store, self.now, Signs::Records(purpose))?;
        match revocation::revocation(signer, store, &path, self.now) {
            Revocation::Revoked { .. } => Err(PathFault::Purpose),
            _ => Ok(path.anchor),
        }
    }

    /// The anchors of a state under which its lists of that kind are taken unasked.
    fn chosen(&self, state: &str, kind: Kind) -> BTreeSet<[u8; 32]> {
        let anchors = || {
            let anchors = self.store.anchors_for(state);
            anchors.map(|anchor| *anchor.certificate.fingerprint())
        };
        if kind != Kind::MasterList {
            return anchors().collect();
        }
        let own = self.own(state);
        let in_place = self.in_place(kind, state);
        let in_place = in_place.and_then(|sha256| self.objects.get(&sha256));
        let listed = match in_place.map(AsRef::as_ref) {
            Some(Content::MasterList(list)) => list.certificates.as_slice(),
            _ => &[],
        };
        let mut chosen: BTreeSet<[u8; 32]> = listed.iter().map(|one| *one.fingerprint()).collect();
        chosen.extend(own.into_iter().map(|one| *one.fingerprint()));
        anchors().filter(|one| chosen.contains(one)).collect()
    }

    /// What the operator confirmed by its fingerprint: anchors, and the signers and authorities whose
    /// lists he took.
    fn confirmed_ever(&self) -> BTreeSet<[u8; 32]> {
        let records = self.index.records.iter();
        records
            .filter_map(|record| match record.confirmed {
                Confirmed::Fingerprint(sha256) => Some(sha256),
                Confirmed::Signature(_) | Confirmed::Link(_) => None,
            })
            .collect()
    }

    /// The anchors of a state that the operator confirmed, and those that links lead to from them.
    pub(super) fn own(&self, state: &str) -> Vec<&Certificate> {
        let confirmed = self.confirmed_ever();
        let (mut own, mut others): (Vec<&Certificate>, Vec<&Certificate>) = self
            .store
            .anchors_for(state)
            .map(|anchor| &anchor.certificate)
            .partition(|anchor| confirmed.contains(anchor.fingerprint()));
        for _ in 0..MAX_LINKS {
            let before = own.len();
            if own.is_empty() {
                break;
            }
            let from = own.clone();
            others.retain(|anchor| {
                let linked = self.link_between(&from, anchor, &[]).is_some();
                if linked {
                    own.push(anchor);
                }
                !linked
            });
            if own.len() == before {
                break;
            }
        }
        own
    }

    /// The operator's own anchor whose name a certificate bears, with another key to which no link
    /// leads. Authorities keep several keys, and so do forgers: a person is told.
    pub(super) fn namesake(&self, certificate: &Certificate) -> Option<[u8; 32]> {
        let own = self.own(&certificate.country()?);
        if own.contains(&certificate) {
            return None;
        }
        own.iter()
            .find(|anchor| {
                anchor.public_key_info() != certificate.public_key_info()
                    && same_name(anchor.subject(), certificate.subject())
            })
            .map(|anchor| *anchor.fingerprint())
    }
}
