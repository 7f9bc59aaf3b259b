//! Which lists get in: those whose publisher the operator chose, and that are newer than the one in
//! place.

use std::collections::BTreeSet;

use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::deviation_list::DeviationList;
use crate::pki::master_list::MasterList;
use crate::trust::change;
use crate::trust::change::Item;
use crate::trust::change::Skip;
use crate::trust::folder;
use crate::trust::holding::Holding;
use crate::trust::index::Digest;
use crate::trust::index::Kind;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;
use crate::trust::rules::certificates::Signature;
use crate::trust::rules::certificates::signature;
use crate::trust::rules::publishers::List;
use crate::trust::rules::publishers::Voucher;

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
        let signatories = self.signatories(|beside| list.verify(beside));
        let voucher = self.voucher(signatories, &List::masters(&helpers, &holding.place))?;
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
        let signatories = self.signatories(|beside| list.verify(beside));
        let helpers = list.signers();
        let voucher = self.voucher(signatories, &List::deviations(&helpers, &holding.place))?;
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
        self.put_in_place(kind, &voucher.state, holding, origin, voucher.confirmed)
    }
}
