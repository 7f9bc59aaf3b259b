//! Whether a document signer was revoked (Doc 9303-12 §7.1.4 and Appendix D.1.2, RFC 5280 §6.3).

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::path::Path;
use crate::pki::store::TrustStore;

/// Most signature checks made over the lists of one authority.
const MAX_SIGNATURE_CHECKS: usize = 64;

/// What the revocation lists say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// A current list does not have the signer.
    Good {
        /// When the list was made.
        this_update: Timestamp,
        /// When the next one is due.
        next_update: Timestamp,
    },
    /// A list has the signer, or the authority that issued it.
    Revoked {
        /// Since when.
        since: Timestamp,
    },
    /// No usable list of that authority is there.
    NoCrl,
    /// The newest list does not have the signer, and its successor is overdue.
    Stale {
        /// When the list was made.
        this_update: Timestamp,
        /// When the next one was due, where that is said.
        next_update: Option<Timestamp>,
    },
}

/// Looks the signer of a path up in the store's revocation lists.
///
/// Doc 9303-12 Appendix D.1.2.3: a list counts when its issuer is the authority that issued the
/// certificate, and its signature verifies under an anchor of that authority, which may be a newer
/// one. The country alone would satisfy the document; since a country may run two authorities, one
/// for passports and one for cards, the name is asked for.
pub fn revocation(
    signer: &Certificate,
    store: &TrustStore,
    path: &Path,
    at: Timestamp,
) -> Revocation {
    let mut lists: Vec<&Crl> = store
        .crls()
        .iter()
        // RFC 5280 §5.2: a list with an unknown critical extension must not be used. Delta lists
        // and those for some certificates only say so in one.
        .filter(|crl| crl.unknown_critical().is_empty() && crl.covers(signer.issuer()))
        .collect();
    lists.sort_by_key(|crl| Reverse(crl.this_update()));
    let mut checks_left = MAX_SIGNATURE_CHECKS;
    let newest = lists
        .into_iter()
        .find(|crl| signed(crl, store, path, &mut checks_left));
    let Some(crl) = newest else {
        return Revocation::NoCrl;
    };
    // Doc 9303-12 §7.1.1.5: an authority never uses a serial number twice, so that its own
    // certificates, links among them, stand in the same list as its signers.
    let issuer = Some(&path.issuer).filter(|issuer| crl.covers(issuer.issuer()));
    let since = crl
        .revoked(signer.serial())
        .or_else(|| crl.revoked(issuer?.serial()));
    match (since, crl.next_update()) {
        (Some(since), _) => Revocation::Revoked { since },
        (None, Some(next_update)) if at <= next_update => Revocation::Good {
            this_update: crl.this_update(),
            next_update,
        },
        (None, next_update) => Revocation::Stale {
            this_update: crl.this_update(),
            next_update,
        },
    }
}

/// Whether a list is signed by the authority on the path, or by another of its keys in the store.
fn signed(crl: &Crl, store: &TrustStore, path: &Path, checks_left: &mut usize) -> bool {
    let anchors = store
        .anchors_for(&path.country)
        .map(|anchor| &anchor.certificate);
    std::iter::once(&path.issuer)
        .chain(anchors)
        .filter(|signer| may_sign(signer, crl))
        .any(|signer| {
            if let Some(left) = checks_left.checked_sub(1) {
                *checks_left = left;
                crl.verify(signer).is_ok()
            } else {
                false
            }
        })
}

/// RFC 5280 §6.3.3 (f): the list's issuer, the key that the list names, cRLSign, and a list made
/// while the certificate was valid.
fn may_sign(signer: &Certificate, crl: &Crl) -> bool {
    let other_key = crl
        .authority_key_id()
        .zip(signer.subject_key_id())
        .is_some_and(|(named, has)| named != has);
    let signs_lists = signer.key_usage().is_none_or(|usage| usage.crl_sign);
    crl.is_issued_by(signer) && !other_key && signs_lists && signer.valid_at(crl.this_update())
}
