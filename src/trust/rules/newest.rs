//! No way back: a list or CRL never gives way to an older one.
//!
//! The index remembers the newest that was accepted of every publisher, also when it is removed. What
//! is older comes back only when nothing of that publisher is in place and the operator names the
//! very file by its SHA-256.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::error::TrustError;
use crate::trust::change;
use crate::trust::change::Change;
use crate::trust::change::Item;
use crate::trust::change::What;
use crate::trust::holding::Holding;
use crate::trust::index::Confirmed;
use crate::trust::index::Digest;
use crate::trust::index::Kind;
use crate::trust::index::Newest;
use crate::trust::rules::Origin;
use crate::trust::rules::Plan;

/// How far another clock may be ahead of ours. A list from farther in the future would keep every
/// later one out.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

impl Plan<'_> {
    /// Refuses what is older than the newest of its publisher, and remembers what is not.
    pub(super) fn dated(
        &mut self,
        kind: Kind,
        publisher: &str,
        holding: &Holding,
        dated: Option<Timestamp>,
        number: Option<&[u8]>,
    ) -> Result<(), TrustError> {
        let place = || holding.place.clone();
        if dated.is_some_and(|dated| dated > self.now.saturating_add(AHEAD).unwrap_or(self.now)) {
            return Err(TrustError::NotYet { what: place() });
        }
        let sha256 = holding.sha256();
        let in_place = self.in_place(kind, publisher).is_some();
        // What was removed may come back older only when the operator names that very file.
        let allowed = !in_place && self.confirmed.names(&sha256);
        if let Some(newest) = self.index.newest(kind, publisher)
            && newest.sha256.0 != sha256
            && !allowed
        {
            let Some(dated) = dated else {
                return Err(TrustError::ListUndated { what: place() });
            };
            let known = newest.number.as_deref().map(hex::decode);
            let lower = match (number, known) {
                (Some(number), Some(Ok(known))) => {
                    (number.len(), number) < (known.len(), known.as_slice())
                }
                (None, Some(_)) => true,
                _ => false,
            };
            let later = if kind == Kind::Crl {
                dated >= newest.dated && !lower
            } else {
                dated > newest.dated
            };
            if !later {
                let what = format!("{}, {dated}; accepted before: {}", place(), newest.dated);
                return Err(TrustError::Older { what });
            }
        } else if in_place && dated.is_none() {
            return Err(TrustError::ListUndated { what: place() });
        }
        if let Some(dated) = dated {
            self.index
                .newest
                .retain(|one| one.kind != kind || one.publisher != publisher);
            self.index.newest.push(Newest {
                kind,
                publisher: publisher.to_owned(),
                sha256: Digest(sha256),
                dated,
                number: number.map(hex::encode),
            });
        }
        Ok(())
    }

    /// Puts a list or CRL in the place of its publisher's former one, and tells it.
    pub(super) fn put_in_place(
        &mut self,
        kind: Kind,
        publisher: &str,
        holding: &Holding,
        origin: &Origin,
        confirmed: Confirmed,
    ) -> Result<(), TrustError> {
        let former = self.in_place(kind, publisher).and_then(|sha256| {
            let content = self.objects.get(&sha256)?.clone();
            self.drop_object(&sha256);
            Some(change::described(&content, sha256, ""))
        });
        let record = self.put(kind, holding, origin, confirmed)?;
        record.publisher = Some(publisher.to_owned());
        let item = Item {
            confirmed: Some(confirmed),
            ..change::item(holding)
        };
        let what = former.map_or(What::Added, |former| What::Replaced {
            former: Box::new(former),
        });
        self.changes.push(Change { what, item });
        Ok(())
    }

    /// What a list or CRL of this publisher would replace.
    pub(super) fn in_place(&self, kind: Kind, publisher: &str) -> Option<[u8; 32]> {
        self.index
            .records
            .iter()
            .find(|one| one.kind == kind && one.publisher.as_deref() == Some(publisher))
            .map(|one| one.sha256.0)
    }
}
