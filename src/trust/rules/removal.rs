//! Removing what the operator no longer trusts.

use crate::error::TrustError;
use crate::pki::store::in_a_row;
use crate::trust::change;
use crate::trust::change::Change;
use crate::trust::change::Item;
use crate::trust::change::What;
use crate::trust::holding::Content;
use crate::trust::index::Digest;
use crate::trust::index::Excluded;
use crate::trust::index::Kind;
use crate::trust::rules::Plan;

impl Plan<'_> {
    /// Removes what has this fingerprint: an object, and a certificate from every list that it stands
    /// in, now and later. What it vouched for stays until it is removed as well.
    pub(in crate::trust) fn remove(&mut self, fingerprint: &[u8; 32]) -> Result<(), TrustError> {
        let not_found = || TrustError::NotFound {
            what: hex::encode(fingerprint),
        };
        let before = self.anchors();
        let is_anchor = before.contains_key(fingerprint);
        let listed = self
            .objects
            .values()
            .find_map(|content| match content.as_ref() {
                Content::MasterList(list) => list
                    .certificates
                    .iter()
                    .find(|one| one.fingerprint() == fingerprint)
                    .cloned(),
                Content::Signers(raw) => in_a_row(raw).find(|one| one.fingerprint() == fingerprint),
                _ => None,
            });
        let object = self.objects.get(fingerprint).cloned();
        let record = self
            .index
            .records
            .iter()
            .find(|record| record.sha256.0 == *fingerprint)
            .cloned();
        let stays_out = self.index.excludes(fingerprint);
        if !stays_out && (is_anchor || listed.is_some()) {
            self.index.excluded.push(Excluded {
                sha256: Digest(*fingerprint),
                since: self.now,
            });
        } else if object.is_none() {
            return Err(not_found());
        }
        self.drop_object(fingerprint);
        if !is_anchor {
            let item = match (record, object, listed) {
                (Some(record), Some(content), _) => Item {
                    kind: record.kind,
                    confirmed: Some(record.confirmed),
                    ..change::described(&content, *fingerprint, &record.source)
                },
                (_, _, Some(other)) => {
                    let kind = if other.is_authority() {
                        Kind::Link
                    } else {
                        Kind::Signer
                    };
                    Item::certificate(kind, &other, "")
                }
                _ => return Err(not_found()),
            };
            let what = What::Removed;
            self.changes.push(Change { what, item });
        }
        self.refresh();
        self.tell_anchors(&before, "");
        Ok(())
    }
}
