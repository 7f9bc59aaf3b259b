//! Which document signers get in, and how many of them are kept: a directory has some thirty thousand,
//! so that those of one authority that come together become one object, written and synced once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::TrustError;
use crate::pki::certificate::Certificate;
use crate::pki::store::TrustStore;
use crate::trust::change::Item;
use crate::trust::change::Skip;
use crate::trust::holding::Content;
use crate::trust::holding::Holding;
use crate::trust::index::Confirmed;
use crate::trust::index::Kind;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;
use crate::trust::rules::Serials;
use crate::trust::rules::note;

/// Longest object of several signers, in bytes: half of what is read of a file.
const MAX_OBJECT: usize = 8 * 1024 * 1024;

/// The document signers of a plan.
#[derive(Default)]
pub(super) struct Signers {
    known: BTreeSet<[u8; 32]>,
    pub(super) serials: Serials,
    /// Those that get in, by where they come from and by their authority.
    taken: BTreeMap<(Origin, [u8; 32]), Vec<Certificate>>,
}

impl Signers {
    /// Those of a store.
    pub(super) fn of(store: &TrustStore) -> Self {
        let mut this = Self::default();
        for signer in store.signers() {
            this.known.insert(*signer.fingerprint());
            note(&mut this.serials, signer);
        }
        this
    }
}

impl Plan<'_> {
    /// A document signer's certificate: untrusted help for cards that bring none.
    pub(super) fn signer(
        &mut self,
        certificate: &Certificate,
        holding: &Holding,
        origin: &Origin,
    ) -> Result<(), TrustError> {
        if self.signers.known.contains(certificate.fingerprint()) {
            let item = Item::certificate(Kind::Signer, certificate, &holding.place);
            self.skip(item, Skip::Present);
            return Ok(());
        }
        let Some(issuer) = self.vouched(Kind::Signer, certificate, holding)? else {
            return Ok(());
        };
        self.signers.known.insert(*certificate.fingerprint());
        note(&mut self.signers.serials, certificate);
        let taken = self.signers.taken.entry((origin.clone(), issuer));
        taken.or_default().push(certificate.clone());
        let confirmed = Confirmed::Signature(issuer);
        self.added(Kind::Signer, certificate, holding, confirmed);
        Ok(())
    }

    /// Puts the signers that get in into the store.
    pub(super) fn keep_signers(&mut self) -> Result<(), TrustError> {
        for ((origin, issuer), signers) in std::mem::take(&mut self.signers.taken) {
            let mut several: Vec<Certificate> = Vec::new();
            let mut length = 0_usize;
            for signer in signers {
                let longer = length.saturating_add(signer.raw().len());
                if longer > MAX_OBJECT {
                    self.keep(std::mem::take(&mut several), &origin, issuer)?;
                    length = 0;
                }
                length = length.saturating_add(signer.raw().len());
                several.push(signer);
            }
            self.keep(several, &origin, issuer)?;
        }
        Ok(())
    }

    fn keep(
        &mut self,
        mut signers: Vec<Certificate>,
        origin: &Origin,
        issuer: [u8; 32],
    ) -> Result<(), TrustError> {
        let raw: Vec<u8> = signers.iter().flat_map(|one| one.raw()).copied().collect();
        let content = match signers.pop() {
            None => return Ok(()),
            Some(only) if signers.is_empty() => Content::Certificate(Box::new(only)),
            Some(_) => Content::Signers(Arc::new(raw.clone())),
        };
        let confirmed = Confirmed::Signature(issuer);
        self.put_object(Kind::Signer, (raw, content), origin, confirmed)?;
        Ok(())
    }
}
