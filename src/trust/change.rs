//! Changing a kept store: what an offer would change is decided before anything is written, and
//! either all of it happens or nothing (`rules` says what gets in).

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::name;
use crate::trust::disk;
use crate::trust::disk::Disk;
use crate::trust::disk::Real;
use crate::trust::folder;
use crate::trust::holding::Content;
use crate::trust::holding::Holding;
use crate::trust::index::Index;
use crate::trust::kept;
use crate::trust::kept::Confirmed;
use crate::trust::kept::Kept;
use crate::trust::kept::Kind;
use crate::trust::kept::Objects;
use crate::trust::kept::Revision;
use crate::trust::kept::Word;
use crate::trust::rules::Plan;

/// What is to be added.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What the file holds.
    pub holdings: Vec<Holding>,
    /// Where it came from: a file name or URL.
    pub source: String,
    /// On whose word.
    pub as_: Word,
}

/// What the operator says about an offer.
#[derive(Debug, Clone, Default)]
pub struct Confirmation {
    /// SHA-256 of what he confirms: certificates; a list's signer or the signer's authority; or the
    /// very file of a list that is older than one that was removed.
    pub fingerprints: Vec<[u8; 32]>,
    /// Whether an anchor may stand beside another of its name. It needs its fingerprint too.
    pub beside: bool,
}

impl Confirmation {
    pub(in crate::trust) fn names(&self, fingerprint: &[u8; 32]) -> bool {
        self.fingerprints.contains(fingerprint)
    }
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// SHA-256 of the object.
    pub fingerprint: [u8; 32],
    /// Country in upper case, where one is said.
    pub country: Option<String>,
    /// Subject of a certificate or of a list's signer, issuer of a CRL.
    pub subject: String,
    /// Where it stood: file and line, or the list.
    pub place: String,
    /// First and last moment of a certificate's validity.
    pub validity: Option<(Timestamp, Timestamp)>,
    /// When a list was signed, or a CRL made.
    pub signed: Option<Timestamp>,
    /// How it comes that it is let in; nothing where it is not.
    pub confirmed: Option<Confirmed>,
    /// What a person should know of it.
    pub notes: Vec<Note>,
}

/// What a person should know of a thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// An anchor bears the name of one that the operator confirmed, with another key to which no link
    /// leads from it.
    SameName {
        /// SHA-256 of the operator's anchor.
        anchor: [u8; 32],
    },
    /// This anchor vouched for a list, which stays.
    VouchedFor {
        /// What the list is.
        kind: Kind,
        /// SHA-256 of the list.
        list: [u8; 32],
        /// The state that signed it.
        state: Option<String>,
    },
}

impl Item {
    pub(in crate::trust) fn certificate(
        kind: Kind,
        certificate: &Certificate,
        place: &str,
    ) -> Self {
        Self {
            kind,
            fingerprint: *certificate.fingerprint(),
            country: certificate.country(),
            subject: certificate.subject_text(),
            place: place.to_owned(),
            validity: Some((certificate.not_before(), certificate.not_after())),
            signed: None,
            confirmed: None,
            notes: Vec::new(),
        }
    }
}

/// One thing that changes, or does not although it was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happens to it.
    pub what: What,
    /// What it is about.
    pub item: Item,
}

/// What happens to one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is added.
    Added,
    /// It is removed.
    Removed,
    /// It takes the place of another.
    Replaced {
        /// What it replaces.
        former: Box<Item>,
    },
    /// It was offered and is passed over.
    Skipped(Skip),
}

/// Why something is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// It is there already.
    Present,
    /// The operator removed this anchor before.
    Excluded,
    /// It breaks a rule. Alone it would be refused with this error.
    Refused(TrustError),
}

/// An anchor for which neither a signature nor the operator vouches yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The anchor.
    pub item: Item,
}

/// What would change. Nothing is written before it is applied.
#[derive(Debug, Clone)]
pub struct Proposal {
    base: Revision,
    index: Index,
    objects: Objects,
    fresh: BTreeMap<[u8; 32], Vec<u8>>,
    changes: Vec<Change>,
    needs: Vec<Unconfirmed>,
}

impl Proposal {
    /// Everything that changes or is passed over, in the order in which it was decided.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Anchors that somebody must confirm before this can be applied.
    pub fn needs(&self) -> &[Unconfirmed] {
        &self.needs
    }

    /// Whether applying it would leave the store as it is.
    pub fn is_empty(&self) -> bool {
        self.changes
            .iter()
            .all(|change| matches!(change.what, What::Skipped(_)))
    }
}

impl Kept {
    /// Decides what an offer would change.
    ///
    /// ```
    /// # #[cfg(feature = "sim")] {
    /// use cancuoc::trust::change::Confirmation;
    /// use cancuoc::trust::change::Offer;
    /// use cancuoc::trust::holding::holdings;
    /// use cancuoc::trust::kept::Kept;
    /// use cancuoc::trust::kept::Word;
    ///
    /// let place = std::env::temp_dir().join(format!("cancuoc-change-{}", std::process::id()));
    /// let mut kept = Kept::open_or_create(&place).unwrap();
    /// let offer = Offer {
    ///     holdings: holdings(&cancuoc::sim::pki::test_root(), "root.cer").unwrap(),
    ///     source: "root.cer".to_owned(),
    ///     as_: Word::Operator,
    /// };
    /// let now = "2026-11-22T00:00:00Z".parse().unwrap();
    ///
    /// // Nobody vouches for the root yet, so that it cannot be added.
    /// let nobody = Confirmation::default();
    /// let proposal = kept.propose(offer.clone(), &nobody, now).unwrap();
    /// let fingerprint = proposal.needs()[0].item.fingerprint;
    /// assert_eq!(kept.apply(proposal).unwrap_err().code(), "trust.unconfirmed");
    ///
    /// // Somebody has compared the fingerprint with what the authority publishes.
    /// let confirmed = Confirmation {
    ///     fingerprints: vec![fingerprint],
    ///     ..Confirmation::default()
    /// };
    /// let proposal = kept.propose(offer, &confirmed, now).unwrap();
    /// kept.apply(proposal).unwrap();
    /// assert_eq!(Kept::open(&place).unwrap().trust().anchors_for("VN").count(), 1);
    /// # std::fs::remove_dir_all(&place).unwrap();
    /// # }
    /// ```
    ///
    /// # Errors
    /// The [`TrustError`] of the first rule that is broken, and [`TrustError::Nothing`] when none of
    /// a directory's entries can be taken.
    pub fn propose(
        &self,
        offer: Offer,
        confirmed: &Confirmation,
        now: Timestamp,
    ) -> Result<Proposal, TrustError> {
        self.propose_all(vec![offer], confirmed, now)
    }

    /// The same for several offers, of which one may vouch for another. Either all get in or none.
    ///
    /// # Errors
    /// As [`Self::propose`].
    pub fn propose_all(
        &self,
        offers: Vec<Offer>,
        confirmed: &Confirmation,
        now: Timestamp,
    ) -> Result<Proposal, TrustError> {
        let mut plan = Plan::new(self, confirmed, now);
        plan.take(offers)?;
        Ok(self.proposal(plan))
    }

    /// Decides what the removal of things by their fingerprints would change. An anchor stays out:
    /// no list brings it back. A list takes with it the anchors that only it gave.
    ///
    /// # Errors
    /// [`TrustError::NotFound`].
    pub fn propose_removal(
        &self,
        fingerprints: &[[u8; 32]],
        now: Timestamp,
    ) -> Result<Proposal, TrustError> {
        let nothing = Confirmation::default();
        let mut plan = Plan::new(self, &nothing, now);
        // Lists last: with a list goes what it alone gave, which may be named as well. Each once.
        let is_list = |fingerprint: &[u8; 32]| {
            matches!(
                self.objects.get(fingerprint).map(AsRef::as_ref),
                Some(Content::MasterList(_))
            )
        };
        let ordered: BTreeSet<(bool, &[u8; 32])> = fingerprints
            .iter()
            .map(|fingerprint| (is_list(fingerprint), fingerprint))
            .collect();
        for (_, fingerprint) in ordered {
            plan.remove(fingerprint)?;
        }
        Ok(self.proposal(plan))
    }

    fn proposal(&self, plan: Plan<'_>) -> Proposal {
        Proposal {
            base: self.revision(),
            index: plan.index,
            objects: plan.objects,
            fresh: plan.fresh,
            changes: plan.changes,
            needs: plan.needs,
        }
    }

    /// Does what was proposed. When it fails, the store is as it was before.
    ///
    /// # Errors
    /// [`TrustError::Unconfirmed`] when an anchor still needs its fingerprint,
    /// [`TrustError::Changed`] when the store is another than the one that the proposal was made
    /// for, [`TrustError::Locked`], [`TrustError::Unwritable`].
    pub fn apply(&mut self, proposal: Proposal) -> Result<Revision, TrustError> {
        self.apply_on(&Real, proposal)
    }

    pub(in crate::trust) fn apply_on(
        &mut self,
        disk: &impl Disk,
        mut proposal: Proposal,
    ) -> Result<Revision, TrustError> {
        if let Some(Unconfirmed { item }) = proposal.needs.first() {
            let what = format!("{} {}", item.subject, hex::encode(item.fingerprint));
            return Err(TrustError::Unconfirmed { what });
        }
        let changed = || TrustError::Changed {
            what: self.path.display().to_string(),
        };
        if proposal.base != self.revision() {
            return Err(changed());
        }
        if proposal.index == self.index {
            return Ok(self.revision());
        }
        let lock = disk::lock(&self.path)?;
        if self.index_there()? != self.index {
            return Err(changed());
        }
        proposal.index.revision = self.index.revision.saturating_add(1);
        disk::commit(disk, &self.path, &proposal.fresh, &proposal.index)
            .inspect_err(|_| self.undo(disk))?;
        disk::sweep(disk, &self.path, &proposal.index);
        drop(lock);
        self.index = proposal.index;
        self.objects = proposal.objects;
        Ok(self.revision())
    }
}

impl Kept {
    /// The index that is in place now.
    fn index_there(&self) -> Result<Index, TrustError> {
        if Kept::is_at(&self.path) {
            kept::read_index(&self.path)
        } else {
            Ok(Index::default())
        }
    }

    /// Takes away what a change that failed has written, unless it came so far that the new state is
    /// the one in place.
    fn undo(&self, disk: &impl Disk) {
        if self.index_there().is_ok_and(|there| there == self.index) {
            disk::undo(disk, &self.path, &self.index);
        }
    }
}

/// What an offered thing is, before anybody knows whether it gets in.
pub(in crate::trust) fn item(holding: &Holding) -> Item {
    described(&holding.content, holding.sha256(), &holding.place)
}

/// What an object is, in the words of its own.
pub(in crate::trust) fn described(content: &Content, fingerprint: [u8; 32], place: &str) -> Item {
    let bare = Item {
        kind: Kind::Signer,
        fingerprint,
        country: None,
        subject: String::new(),
        place: place.to_owned(),
        validity: None,
        signed: None,
        confirmed: None,
        notes: Vec::new(),
    };
    match content {
        Content::Certificate(certificate) => {
            let kind = if certificate.self_keyed() {
                Kind::Anchor
            } else if certificate.is_authority() {
                Kind::Link
            } else {
                Kind::Signer
            };
            Item::certificate(kind, certificate, place)
        }
        Content::MasterList(list) => list_item(Kind::MasterList, &list.signed, bare),
        Content::DeviationList(list) => list_item(Kind::DeviationList, &list.signed, bare),
        Content::Crl(crl) => Item {
            kind: Kind::Crl,
            country: name::country(crl.issuer()),
            subject: crl.issuer_text(),
            signed: Some(crl.this_update()),
            ..bare
        },
        Content::Signers(_) | Content::Unread(_) => bare,
    }
}

fn list_item(kind: Kind, signed: &SignedData, bare: Item) -> Item {
    let signer = folder::signers(signed).into_iter().next();
    Item {
        kind,
        country: signer.as_ref().and_then(Certificate::country),
        subject: signer.map(|one| one.subject_text()).unwrap_or_default(),
        signed: folder::signing_time(signed),
        ..bare
    }
}
