//! Which lists get in: those that somebody known signed, and that are newer than the one in place.

use std::collections::BTreeSet;

use crate::crypto::algorithm::KeyFault;
use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::same_name;
use crate::pki::cms::SignedData;
use crate::pki::deviation_list;
use crate::pki::deviation_list::DeviationList;
use crate::pki::list::ListFault;
use crate::pki::list::Signatory;
use crate::pki::master_list;
use crate::pki::master_list::MasterList;
use crate::pki::path;
use crate::pki::path::PathFault;
use crate::pki::path::Signs;
use crate::pki::revocation;
use crate::pki::revocation::Revocation;
use crate::pki::signer::SignerFault;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::trust::change;
use crate::trust::change::Change;
use crate::trust::change::Item;
use crate::trust::change::Skip;
use crate::trust::change::What;
use crate::trust::folder;
use crate::trust::holding::Holding;
use crate::trust::index::Confirmed;
use crate::trust::index::Digest;
use crate::trust::index::Kind;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;
use crate::trust::rules::certificates::Signature;
use crate::trust::rules::certificates::signature;

/// Who signed a list.
struct Voucher {
    confirmed: Confirmed,
    /// The signer's state, or nothing where it names none.
    state: String,
}

impl Plan<'_> {
    /// A master list.
    pub(super) fn master_list(
        &mut self,
        list: &MasterList,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        if self.has(&holding.sha256()) {
            self.skip(change::item(holding), Skip::Present);
            return Ok(());
        }
        let helpers: Vec<Certificate> = list
            .signers()
            .into_iter()
            .chain(list.certificates.iter().cloned())
            .collect();
        let signatories = list.verify(self.store.signers());
        let voucher = self.voucher(signatories, &helpers, master_list::SIGNING_KEY, holding)?;
        let before = self.anchors();
        self.replace(Kind::MasterList, &list.signed, holding, origin, &voucher)?;
        self.refresh();
        let mut without = BTreeSet::new();
        for certificate in &list.certificates {
            let fingerprint = certificate.fingerprint();
            let item = || Item::certificate(Kind::Anchor, certificate, &holding.place);
            if self.index.excludes(fingerprint) {
                self.skip(item(), Skip::Excluded);
                continue;
            }
            if !certificate.self_keyed() {
                continue;
            }
            let what = || format!("{} ({})", certificate.subject_text(), holding.place);
            if before.contains_key(fingerprint) {
                continue;
            }
            // One serial number twice under one name is let pass here: in real lists two authorities
            // gave it to their root and to the link that leads to it.
            let fault = match signature(certificate, certificate) {
                Signature::Right => continue,
                Signature::Wrong => TrustError::SelfSignature { what: what() },
                Signature::Unknown => TrustError::Unsupported { what: what() },
            };
            without.insert(Digest(*fingerprint));
            self.skip(item(), Skip::Refused(fault));
        }
        for fault in &list.unread {
            let item = change::item(holding);
            let what = format!("{}: {fault}", holding.place);
            self.skip(item, Skip::Refused(TrustError::Malformed { what }));
        }
        if let Some(record) = self.index.records.last_mut() {
            record.without = without;
        }
        self.refresh();
        self.tell_anchors(&before, &holding.place);
        Ok(())
    }

    /// A deviation list.
    pub(super) fn deviation_list(
        &mut self,
        list: &DeviationList,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        if self.has(&holding.sha256()) {
            self.skip(change::item(holding), Skip::Present);
            return Ok(());
        }
        let signatories = list.verify(self.store.signers());
        let purpose = deviation_list::SIGNING_KEY;
        let voucher = self.voucher(signatories, &list.signers(), purpose, holding)?;
        self.replace(Kind::DeviationList, &list.signed, holding, origin, &voucher)?;
        self.refresh();
        Ok(())
    }

    /// Puts a list in the place of its publisher's former one.
    fn replace(
        &mut self,
        kind: Kind,
        signed: &SignedData,
        holding: &Holding,
        origin: &Origin,
        voucher: &Voucher,
    ) -> Result<(), TrustError> {
        let dated = folder::signing_time(signed);
        self.dated(kind, &voucher.state, holding, dated, None)?;
        let former = self.in_place(kind, &voucher.state);
        let former = former.and_then(|sha256| {
            let content = self.objects.get(&sha256)?.clone();
            self.drop_object(&sha256);
            Some(change::described(&content, sha256, ""))
        });
        let record = self.put(kind, holding, origin, voucher.confirmed)?;
        record.publisher = Some(voucher.state.clone());
        let item = Item {
            confirmed: Some(voucher.confirmed),
            ..change::item(holding)
        };
        let what = match former {
            Some(former) => What::Replaced {
                former: Box::new(former),
            },
            None => What::Added,
        };
        self.changes.push(Change { what, item });
        Ok(())
    }

    /// Who signed a list: every signature must be right, and every signer known.
    fn voucher(
        &self,
        signatories: Result<Vec<Signatory>, ListFault>,
        helpers: &[Certificate],
        purpose: &str,
        holding: &Holding,
    ) -> Result<Voucher, TrustError> {
        let what = || holding.place.clone();
        let why = |why: String| format!("{}: {why}", holding.place);
        let signatories = signatories.map_err(|fault| match fault {
            ListFault::Unsigned => TrustError::ListUnsigned { what: what() },
            ListFault::SignerMissing => TrustError::ListSignerUnknown { what: what() },
            ListFault::Signature(SignerFault::Key(KeyFault::Unsupported(algorithm))) => {
                let what = why(algorithm);
                TrustError::Unsupported { what }
            }
            ListFault::Purpose => {
                let what = why(fault.to_string());
                TrustError::ListSigner { what }
            }
            _ => TrustError::ListSignature { what: what() },
        })?;
        let mut voucher = None;
        for signatory in signatories {
            let signer = &signatory.certificate;
            if !signer.valid_at(signatory.signed.unwrap_or(self.now)) {
                let subject = signer.subject_text();
                let what = why(format!("{subject}: the certificate was not in force"));
                return Err(TrustError::ListSigner { what });
            }
            let confirmed = self.known(signer, helpers, purpose, holding)?;
            let state = signer.country().unwrap_or_default();
            voucher.get_or_insert(Voucher { confirmed, state });
        }
        voucher.ok_or_else(|| TrustError::ListUnsigned { what: what() })
    }

    /// How the signer of a list is known.
    fn known(
        &self,
        signer: &Certificate,
        helpers: &[Certificate],
        purpose: &str,
        holding: &Holding,
    ) -> Result<Confirmed, TrustError> {
        let fingerprint = signer.fingerprint();
        if self.confirmed.names(fingerprint) {
            return Ok(Confirmed::Fingerprint(*fingerprint));
        }
        let country = signer.country().unwrap_or_default();
        // Some authorities sign their lists themselves, and name their key by its identifier alone,
        // which their links have as well.
        let itself = self.store.anchors_for(&country).find(|anchor| {
            anchor.certificate.public_key_info() == signer.public_key_info()
                && same_name(anchor.certificate.subject(), signer.subject())
                && anchor.certificate.valid_at(self.now)
        });
        if let Some(anchor) = itself {
            return Ok(Confirmed::Signature(*anchor.certificate.fingerprint()));
        }
        // Links help whoever brings them: an anchor must have signed them.
        let mut helped = TrustStore::empty();
        for link in helpers
            .iter()
            .chain(self.store.links())
            .filter(|link| link.is_authority() && link.country().as_deref() == Some(&country))
        {
            helped.add_link(link.clone());
        }
        for crl in self.store.crls() {
            helped.add_crl(crl.clone());
        }
        let mut named = helped.clone();
        for anchor in self.store.anchors_for(&country) {
            helped.add_anchor(anchor.certificate.clone(), anchor.provenance.clone());
        }
        for anchor in helpers {
            if self.confirmed.names(anchor.fingerprint()) {
                let file = holding.place.clone();
                named.add_anchor(anchor.clone(), Provenance::Operator { file });
            }
        }
        let what = || {
            let authority = helpers
                .iter()
                .find(|one| one.is_authority() && signature(signer, one) == Signature::Right)
                .map(|one| {
                    format!(
                        ", {} {}",
                        one.subject_text(),
                        hex::encode(one.fingerprint())
                    )
                });
            format!(
                "{}: {} {}{}",
                holding.place,
                signer.subject_text(),
                hex::encode(fingerprint),
                authority.unwrap_or_default()
            )
        };
        match self.leads(signer, &helped, purpose) {
            Ok(anchor) => return Ok(Confirmed::Signature(anchor)),
            Err(fault) => match self.leads(signer, &named, purpose) {
                Ok(anchor) => return Ok(Confirmed::Fingerprint(anchor)),
                Err(PathFault::NoAnchor) => Err(fault),
                Err(other) => Err(other),
            },
        }
        .map_err(|fault| match fault {
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
    ) -> Result<[u8; 32], PathFault> {
        let path = path::path(signer, store, self.now, Signs::Records(purpose))?;
        match revocation::revocation(signer, store, &path, self.now) {
            Revocation::Revoked { .. } => Err(PathFault::Purpose),
            _ => Ok(*path.anchor.fingerprint()),
        }
    }
}
