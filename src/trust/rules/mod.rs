//! What gets into a kept store, and what that changes.
//!
//! An anchor gets in because the operator gave its fingerprint, because a link certificate leads to
//! it from an anchor of the store, or because it stands in a list whose publisher he chose
//! (`publishers`). Everything else gets in because an anchor signed it. What is offered together may vouch for each
//! other, in any order.

mod certificates;
mod crls;
mod lists;
mod newest;
mod publishers;
mod removal;
mod signers;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::same_name;
use crate::pki::store::TrustStore;
use crate::trust::change;
use crate::trust::change::Change;
use crate::trust::change::Confirmation;
use crate::trust::change::Item;
use crate::trust::change::Note;
use crate::trust::change::Offer;
use crate::trust::change::Skip;
use crate::trust::change::Unconfirmed;
use crate::trust::change::What;
use crate::trust::holding::Carrier;
use crate::trust::holding::Content;
use crate::trust::holding::Holding;
use crate::trust::holding::sha256;
use crate::trust::index::Confirmed;
use crate::trust::index::Digest;
use crate::trust::index::Index;
use crate::trust::index::Kind;
use crate::trust::index::MAX_RECORDS;
use crate::trust::index::Record;
use crate::trust::index::Word;
use crate::trust::kept;
use crate::trust::kept::Kept;
use crate::trust::kept::Objects;
use crate::trust::rules::signers::Signers;

/// How often what is offered is looked through for what something else in it vouches for. An
/// authority's keys follow each other at three to five years.
const MAX_ROUNDS: usize = 32;

/// A store as it would be.
pub(in crate::trust) struct Plan<'a> {
    pub(in crate::trust) index: Index,
    pub(in crate::trust) objects: Objects,
    pub(in crate::trust) fresh: BTreeMap<[u8; 32], Vec<u8>>,
    pub(in crate::trust) changes: Vec<Change>,
    pub(in crate::trust) needs: Vec<Unconfirmed>,
    confirmed: &'a Confirmation,
    now: Timestamp,
    /// What the store would trust.
    store: TrustStore,
    /// Every authority's certificate in it, by serial number.
    serials: Serials,
    /// Document signers in it, and those that get in.
    signers: Signers,
}

/// Certificates by their serial number.
type Serials = BTreeMap<Vec<u8>, Vec<Numbered>>;

/// A certificate that has some serial number.
struct Numbered {
    issuer: Vec<u8>,
    fingerprint: [u8; 32],
}

/// Where something comes from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Origin {
    source: String,
    word: Word,
}

/// What was offered and is not decided yet.
struct Pending {
    holding: Holding,
    origin: Origin,
    refusal: Option<TrustError>,
}

impl<'a> Plan<'a> {
    pub(in crate::trust) fn new(kept: &Kept, confirmed: &'a Confirmation, now: Timestamp) -> Self {
        let mut this = Self {
            index: kept.index.clone(),
            objects: kept.objects.clone(),
            fresh: BTreeMap::new(),
            changes: Vec::new(),
            needs: Vec::new(),
            confirmed,
            now,
            store: TrustStore::empty(),
            serials: Serials::new(),
            signers: Signers::default(),
        };
        this.refresh();
        this
    }

    /// Makes the store anew from the index.
    fn refresh(&mut self) {
        self.store = TrustStore::empty();
        kept::pour(&self.index, &self.objects, &mut self.store);
        let anchors = self.store.anchors().iter().map(|one| &one.certificate);
        let mut serials = Serials::new();
        for certificate in anchors.chain(self.store.links()) {
            note(&mut serials, certificate);
        }
        self.serials = serials;
    }

    /// Takes what is offered, in the order in which it can be vouched for.
    pub(in crate::trust) fn take(&mut self, offers: Vec<Offer>) -> Result<(), TrustError> {
        self.signers = Signers::of(&self.store);
        let mut pending: Vec<Pending> = Vec::new();
        for Offer {
            holdings,
            source,
            as_: word,
        } in offers
        {
            pending.extend(holdings.into_iter().map(|holding| Pending {
                holding,
                origin: Origin {
                    source: source.clone(),
                    word,
                },
                refusal: None,
            }));
        }
        // Authorities vouch for lists, and both for CRLs and signers.
        pending.sort_by_key(|one| match &one.holding.content {
            Content::Certificate(certificate) if certificate.is_authority() => 0,
            Content::MasterList(_) | Content::DeviationList(_) => 1,
            Content::Crl(_) | Content::Signers(_) | Content::Unread(_) => 2,
            Content::Certificate(_) => 3,
        });
        let links: Vec<Certificate> = pending
            .iter()
            .filter_map(|one| match &one.holding.content {
                Content::Certificate(link) if link.is_authority() && !link.self_keyed() => {
                    Some(link.as_ref().clone())
                }
                _ => None,
            })
            .collect();
        let offered = pending.len();
        for _ in 0..MAX_ROUNDS {
            let mut vouchers = false;
            let mut left = Vec::new();
            for mut one in pending {
                match self.consider(&one.holding, &one.origin, &links) {
                    Ok(()) => vouchers |= may_vouch(&one.holding),
                    Err(fault) if may_pass(&fault) => {
                        one.refusal = Some(fault);
                        left.push(one);
                    }
                    Err(fault) => self.refuse(&one.holding, fault)?,
                }
            }
            pending = left;
            if pending.is_empty() {
                break;
            }
            if !vouchers {
                // Nobody vouches for what is left. Anchors may still be confirmed, and what they
                // would vouch for is shown with them: first those to which no link can lead.
                let (unconfirmed, others): (Vec<Pending>, Vec<Pending>) = pending
                    .into_iter()
                    .partition(|one| matches!(one.refusal, Some(TrustError::Unconfirmed { .. })));
                let (behind, mut first): (Vec<Pending>, Vec<Pending>) = unconfirmed
                    .into_iter()
                    .partition(|one| self.has_link(&one.holding, &links));
                pending = others;
                if first.is_empty() {
                    first = behind;
                } else {
                    pending.extend(behind);
                }
                if first.is_empty() {
                    break;
                }
                for one in first {
                    if self.has(&one.holding.sha256()) {
                        // It stood there before.
                        pending.push(one);
                    } else if let Content::Certificate(certificate) = &one.holding.content {
                        self.anchor_unconfirmed(certificate, &one.holding, &one.origin)?;
                    }
                }
            }
        }
        for one in pending {
            if let Some(fault) = one.refusal {
                self.refuse(&one.holding, fault)?;
            }
        }
        self.keep_signers()?;
        self.something(offered)
    }

    /// Whether some link, whoever signed it, is over an anchor's key.
    fn has_link(&self, holding: &Holding, offered: &[Certificate]) -> bool {
        let Content::Certificate(anchor) = &holding.content else {
            return false;
        };
        self.store
            .links()
            .iter()
            .chain(offered)
            .any(|link| link.public_key_info() == anchor.public_key_info())
    }

    /// A directory of which nothing gets in is refused.
    fn something(&self, offered: usize) -> Result<(), TrustError> {
        let refused = self
            .changes
            .iter()
            .filter(|change| matches!(change.what, What::Skipped(Skip::Refused(_))))
            .count();
        match self.changes.first() {
            Some(first) if refused == self.changes.len() && refused >= offered => {
                let what = first.item.place.clone();
                Err(TrustError::Nothing { what })
            }
            _ => Ok(()),
        }
    }

    /// Refuses all, or passes one entry of a directory over.
    fn refuse(&mut self, holding: &Holding, fault: TrustError) -> Result<(), TrustError> {
        // A plan that is too full is not gone on with, whatever the rest would be.
        if holding.carrier == Carrier::File || matches!(fault, TrustError::TooMany { .. }) {
            return Err(fault);
        }
        self.skip(change::item(holding), Skip::Refused(fault));
        Ok(())
    }

    fn consider(
        &mut self,
        holding: &Holding,
        origin: &Origin,
        links: &[Certificate],
    ) -> Result<(), TrustError> {
        match &holding.content {
            Content::Certificate(certificate) if certificate.self_keyed() => {
                self.anchor(certificate, holding, origin, links)
            }
            Content::Certificate(certificate) if certificate.is_authority() => {
                self.link(certificate, holding, origin)
            }
            Content::Certificate(certificate) => self.signer(certificate, holding, origin),
            Content::MasterList(list) => self.master_list(list, holding, origin),
            Content::DeviationList(list) => self.deviation_list(list, holding, origin),
            Content::Crl(crl) => self.crl(crl, holding, origin),
            Content::Unread(fault) => Err(TrustError::Malformed {
                what: format!("{}: {fault}", holding.place),
            }),
            // No file is read so.
            Content::Signers(_) => Err(TrustError::Malformed {
                what: holding.place.clone(),
            }),
        }
    }

    fn skip(&mut self, item: Item, why: Skip) {
        let what = What::Skipped(why);
        self.changes.push(Change { what, item });
    }

    /// Whether this very object is in the store already.
    fn has(&self, sha256: &[u8; 32]) -> bool {
        self.objects.contains_key(sha256)
    }

    /// Puts an object into the store.
    fn put(
        &mut self,
        kind: Kind,
        holding: &Holding,
        origin: &Origin,
        confirmed: Confirmed,
    ) -> Result<&mut Record, TrustError> {
        let raw = holding.raw().to_vec();
        self.put_object(kind, (raw, holding.content.clone()), origin, confirmed)
    }

    /// Puts octets and what they say into the store.
    fn put_object(
        &mut self,
        kind: Kind,
        (raw, content): (Vec<u8>, Content),
        origin: &Origin,
        confirmed: Confirmed,
    ) -> Result<&mut Record, TrustError> {
        let too_many = || TrustError::TooMany {
            what: origin.source.clone(),
        };
        if self.index.records.len() >= MAX_RECORDS {
            return Err(too_many());
        }
        let sha256 = sha256(&raw);
        self.fresh.insert(sha256, raw);
        self.objects.insert(sha256, Arc::new(content));
        self.index.records.push(Record {
            kind,
            sha256: Digest(sha256),
            word: origin.word,
            source: origin.source.clone(),
            added: self.now,
            confirmed,
            publisher: None,
            without: BTreeSet::new(),
        });
        self.index.records.last_mut().ok_or_else(too_many)
    }

    /// Takes an object out of the store.
    fn drop_object(&mut self, sha256: &[u8; 32]) {
        self.index
            .records
            .retain(|record| record.sha256.0 != *sha256);
        self.objects.remove(sha256);
        self.fresh.remove(sha256);
    }

    /// Notes a certificate's issuer and serial number.
    fn note_serial(&mut self, certificate: &Certificate) {
        note(&mut self.serials, certificate);
    }

    /// RFC 5280 §4.1.2.2: issuer and serial number name one certificate.
    fn same_serial(&self, certificate: &Certificate) -> bool {
        let tables = [&self.serials, &self.signers.serials];
        tables
            .into_iter()
            .filter_map(|serials| serials.get(certificate.serial()))
            .flatten()
            .any(|other| {
                other.fingerprint != *certificate.fingerprint()
                    && same_name(&other.issuer, certificate.issuer())
            })
    }

    /// The anchors by their fingerprints.
    fn anchors(&self) -> BTreeMap<[u8; 32], Certificate> {
        self.store
            .anchors()
            .iter()
            .map(|anchor| {
                (
                    *anchor.certificate.fingerprint(),
                    anchor.certificate.clone(),
                )
            })
            .collect()
    }

    /// Tells which anchors came and went.
    fn tell_anchors(&mut self, before: &BTreeMap<[u8; 32], Certificate>, place: &str) {
        let after = self.anchors();
        let tell = |what: What, certificate: &Certificate, notes: Vec<Note>| {
            let item = Item {
                notes,
                ..Item::certificate(Kind::Anchor, certificate, place)
            };
            Change { what, item }
        };
        let came = after
            .iter()
            .filter(|(fingerprint, _)| !before.contains_key(*fingerprint))
            .map(|(_, anchor)| {
                let namesake = self.namesake(anchor);
                let notes = namesake.map(|anchor| Note::SameName { anchor });
                tell(What::Added, anchor, notes.into_iter().collect())
            });
        let went = before
            .iter()
            .filter(|(fingerprint, _)| !after.contains_key(*fingerprint))
            .map(|(fingerprint, anchor)| tell(What::Removed, anchor, self.rests_on(fingerprint)));
        let told: Vec<Change> = came.chain(went).collect();
        self.changes.extend(told);
    }

    /// The lists of the store that got in because their signer leads to this anchor.
    fn rests_on(&self, anchor: &[u8; 32]) -> Vec<Note> {
        let records = self.index.records.iter();
        records
            .filter(|record| matches!(record.kind, Kind::MasterList | Kind::DeviationList))
            .filter(|record| match &record.confirmed {
                Confirmed::Fingerprint(sha256) | Confirmed::Signature(sha256) => sha256 == anchor,
                Confirmed::Link(_) => false,
            })
            .map(|record| Note::VouchedFor {
                kind: record.kind,
                list: record.sha256.0,
                state: record.publisher.clone().filter(|state| !state.is_empty()),
            })
            .collect()
    }
}

/// Whether something else that is offered may still vouch for what was refused so.
const fn may_pass(fault: &TrustError) -> bool {
    matches!(
        fault,
        TrustError::Unconfirmed { .. }
            | TrustError::SameName { .. }
            | TrustError::LinkUnknown { .. }
            | TrustError::SignerUnknown { .. }
            | TrustError::ListSignerUnknown { .. }
            | TrustError::ListPublisher { .. }
            | TrustError::CrlForeign { .. }
    )
}

/// Whether what was taken may vouch for something else.
fn may_vouch(holding: &Holding) -> bool {
    match &holding.content {
        Content::Certificate(certificate) => certificate.is_authority(),
        Content::MasterList(_) => true,
        Content::DeviationList(_) | Content::Crl(_) | Content::Signers(_) | Content::Unread(_) => {
            false
        }
    }
}

fn note(serials: &mut Serials, certificate: &Certificate) {
    serials
        .entry(certificate.serial().to_vec())
        .or_default()
        .push(Numbered {
            issuer: certificate.issuer().to_vec(),
            fingerprint: *certificate.fingerprint(),
        });
}
