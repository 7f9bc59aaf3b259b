//! Which authorities' certificates get in: anchors and links.

use crate::crypto::algorithm::KeyFault;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::certificate::same_name;
use crate::trust::change::Change;
use crate::trust::change::Item;
use crate::trust::change::Skip;
use crate::trust::change::Unconfirmed;
use crate::trust::change::What;
use crate::trust::holding::Holding;
use crate::trust::index::Confirmed;
use crate::trust::index::Kind;
use crate::trust::kept;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;

/// Most candidates for one certificate's issuer whose key is tried.
const MAX_CANDIDATES: usize = 32;

/// What is known of a certificate's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Right,
    Wrong,
    Unknown,
}

/// Whether the key of one certificate signed another.
pub(super) fn signature(certificate: &Certificate, issuer: &Certificate) -> Signature {
    let unknown = |fault: &KeyFault| match fault {
        KeyFault::Unsupported(_) => Signature::Unknown,
        KeyFault::Malformed(_) => Signature::Wrong,
    };
    match issuer.public_key() {
        Err(fault) => unknown(&fault),
        Ok(key) => match certificate.verify(&key) {
            Ok(_) => Signature::Right,
            Err(SignatureFault::Key(fault)) => unknown(&fault),
            Err(_) => Signature::Wrong,
        },
    }
}

/// Whether one certificate names another as its issuer, by name and key identifier.
fn names_issuer(certificate: &Certificate, issuer: &Certificate) -> bool {
    let other_key = certificate
        .authority_key_id()
        .zip(issuer.subject_key_id())
        .is_some_and(|(named, has)| named != has);
    !other_key && same_name(certificate.issuer(), issuer.subject())
}

impl Plan<'_> {
    /// An authority's self-signed certificate.
    pub(super) fn anchor(
        &mut self,
        certificate: &Certificate,
        holding: &Holding,
        origin: &Origin,
        links: &[Certificate],
    ) -> Result<(), TrustError> {
        let fingerprint = certificate.fingerprint();
        let named = self.confirmed.names(fingerprint);
        let what = || {
            let (subject, place) = (certificate.subject_text(), &holding.place);
            format!("{subject} {} ({place})", hex::encode(fingerprint))
        };
        let there = self.store.anchor(fingerprint).is_some();
        // What a list gave and the operator now confirms becomes his own.
        if self.has(fingerprint) || (there && !named) {
            self.skip(
                Item::certificate(Kind::Anchor, certificate, &holding.place),
                Skip::Present,
            );
            return Ok(());
        }
        if self.same_serial(certificate) {
            return Err(TrustError::SameSerial { what: what() });
        }
        match signature(certificate, certificate) {
            Signature::Right => {}
            // Early links have no key identifiers, and look like anchors until their signature is
            // tried.
            Signature::Wrong if self.issuer_of(certificate).is_some() => {
                return self.link(certificate, holding, origin);
            }
            Signature::Wrong => return Err(TrustError::SelfSignature { what: what() }),
            Signature::Unknown if named => {}
            Signature::Unknown => return Err(TrustError::Unsupported { what: what() }),
        }
        let link = self.linked(certificate, links);
        let namesake = self.store.anchors().iter().any(|anchor| {
            let other = &anchor.certificate;
            other.public_key_info() != certificate.public_key_info()
                && same_name(other.subject(), certificate.subject())
        });
        let beside = self.confirmed.beside && named;
        if namesake && !there && link.is_none() && !beside {
            return Err(TrustError::SameName { what: what() });
        }
        let confirmed = if named {
            Confirmed::Fingerprint(*fingerprint)
        } else if let Some(link) = link.filter(|_| !self.index.excludes(fingerprint)) {
            Confirmed::Link(link)
        } else {
            return Err(TrustError::Unconfirmed { what: what() });
        };
        self.add_anchor(certificate, holding, origin, confirmed)
    }

    /// Shows an anchor that still needs its fingerprint, with all that it would vouch for.
    pub(super) fn anchor_unconfirmed(
        &mut self,
        certificate: &Certificate,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        let item = Item::certificate(Kind::Anchor, certificate, &holding.place);
        self.needs.push(Unconfirmed { item });
        // Nothing of a plan with needs is ever written.
        let confirmed = Confirmed::Fingerprint(*certificate.fingerprint());
        self.add_anchor(certificate, holding, origin, confirmed)
    }

    fn add_anchor(
        &mut self,
        certificate: &Certificate,
        holding: &Holding,
        origin: &Origin,
        confirmed: Confirmed,
    ) -> Result<(), TrustError> {
        let fingerprint = certificate.fingerprint();
        let provenance = kept::provenance(self.put(Kind::Anchor, holding, origin, confirmed)?);
        self.index
            .excluded
            .retain(|one| one.sha256.0 != *fingerprint);
        self.note_serial(certificate);
        self.store.add_anchor(certificate.clone(), provenance);
        self.added(Kind::Anchor, certificate, holding, confirmed);
        Ok(())
    }

    /// An authority's certificate that another key signed.
    pub(super) fn link(
        &mut self,
        certificate: &Certificate,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        let Some(issuer) = self.vouched(Kind::Link, certificate, holding)? else {
            return Ok(());
        };
        let confirmed = Confirmed::Signature(issuer);
        self.put(Kind::Link, holding, origin, confirmed)?;
        self.note_serial(certificate);
        self.store.add_link(certificate.clone());
        self.added(Kind::Link, certificate, holding, confirmed);
        Ok(())
    }

    /// Who signed a certificate that is new here; nothing where it is passed over.
    pub(super) fn vouched(
        &mut self,
        kind: Kind,
        certificate: &Certificate,
        holding: &Holding,
    ) -> Result<Option<[u8; 32]>, TrustError> {
        let fingerprint = certificate.fingerprint();
        let item = || Item::certificate(kind, certificate, &holding.place);
        if self.has(fingerprint) {
            self.skip(item(), Skip::Present);
            return Ok(None);
        }
        if self.index.excludes(fingerprint) && !self.confirmed.names(fingerprint) {
            self.skip(item(), Skip::Excluded);
            return Ok(None);
        }
        let what = || format!("{} ({})", certificate.subject_text(), holding.place);
        if self.same_serial(certificate) {
            return Err(TrustError::SameSerial { what: what() });
        }
        let Some(issuer) = self.issuer_of(certificate) else {
            return Err(match kind {
                Kind::Link => TrustError::LinkUnknown { what: what() },
                _ => TrustError::SignerUnknown { what: what() },
            });
        };
        self.index
            .excluded
            .retain(|one| one.sha256.0 != *fingerprint);
        Ok(Some(issuer))
    }

    /// Tells that a certificate gets in.
    pub(super) fn added(
        &mut self,
        kind: Kind,
        certificate: &Certificate,
        holding: &Holding,
        confirmed: Confirmed,
    ) {
        let item = Item {
            confirmed: Some(confirmed),
            ..Item::certificate(kind, certificate, &holding.place)
        };
        let what = What::Added;
        self.changes.push(Change { what, item });
    }

    /// The anchor or link of the store that signed a certificate.
    fn issuer_of(&self, certificate: &Certificate) -> Option<[u8; 32]> {
        // Doc 9303-12 §7.1.1 table 5: the countries of issuer and subject must match. An authority
        // names no other state's.
        let country = certificate.issuer_country()?;
        if certificate.country().as_ref() != Some(&country) {
            return None;
        }
        let anchors = self
            .store
            .anchors_for(&country)
            .map(|anchor| &anchor.certificate);
        anchors
            .chain(self.store.links_for(&country))
            .filter(|issuer| issuer.is_authority() && names_issuer(certificate, issuer))
            .take(MAX_CANDIDATES)
            .find(|issuer| signature(certificate, issuer) == Signature::Right)
            .map(|issuer| *issuer.fingerprint())
    }

    /// The link certificate that leads from an anchor of the store to this one.
    fn linked(&self, certificate: &Certificate, offered: &[Certificate]) -> Option<[u8; 32]> {
        let anchors = self.store.anchors_for(&certificate.country()?);
        let anchors: Vec<&Certificate> = anchors.map(|anchor| &anchor.certificate).collect();
        self.link_between(&anchors, certificate, offered)
    }

    /// The link certificate that leads from one of these anchors to this one: it has this one's name
    /// and key, an anchor signed it, and both are in force (Doc 9303-12 §7.1.1.5).
    pub(super) fn link_between(
        &self,
        anchors: &[&Certificate],
        certificate: &Certificate,
        offered: &[Certificate],
    ) -> Option<[u8; 32]> {
        self.store
            .links()
            .iter()
            .chain(offered)
            .filter(|link| {
                link.public_key_info() == certificate.public_key_info()
                    && same_name(link.subject(), certificate.subject())
                    && link.is_authority()
                    && link.unknown_critical().is_empty()
                    && link.valid_at(self.now)
                    && !self.revoked(link)
                    && !self.index.excludes(link.fingerprint())
            })
            .take(MAX_CANDIDATES)
            .find(|link| {
                anchors
                    .iter()
                    .filter(|anchor| {
                        anchor.public_key_info() != link.public_key_info()
                            && anchor.is_authority()
                            && anchor.valid_at(self.now)
                            && names_issuer(link, anchor)
                    })
                    .take(MAX_CANDIDATES)
                    .any(|anchor| signature(link, anchor) == Signature::Right)
            })
            .map(|link| *link.fingerprint())
    }

    /// Whether a CRL of the store, each of which an authority signed, names a certificate.
    fn revoked(&self, certificate: &Certificate) -> bool {
        self.store.crls().iter().any(|crl| {
            crl.covers(certificate.issuer()) && crl.revoked(certificate.serial()).is_some()
        })
    }
}
