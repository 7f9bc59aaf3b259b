//! Whether a document signer was revoked (Doc 9303-12 §7.1.4 and Appendix D.1.2, RFC 5280 §6.3).

use std::cmp::Reverse;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::crl::Revoked;
use crate::pki::path;
use crate::pki::path::Path;
use crate::pki::store::TrustStore;

/// Most signature checks made over the lists of one authority.
const MAX_SIGNATURE_CHECKS: usize = 64;

/// How far a list may be ahead of the clock without doubt: clocks differ.
const TOLERANCE: SignedDuration = SignedDuration::from_hours(24);

/// What the revocation lists say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// A current list does not have the signer.
    Good(Consulted),
    /// A list has the signer, or an authority on its path.
    Revoked {
        /// Since when, and why.
        entry: Revoked,
        /// The list.
        list: Consulted,
    },
    /// No usable list of that authority is there.
    NoCrl,
    /// The newest list does not have the signer, and its successor is overdue, or it is older than was
    /// asked for.
    Stale(Consulted),
    /// The newest list does not have the signer, and whether it is still the newest cannot be told: no
    /// clock can be believed, or it says that the list is still to come.
    ClockDoubtful(Consulted),
}

/// A list that was asked: the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consulted {
    /// SHA-256 of the whole list.
    pub sha256: [u8; 32],
    /// Its issuer's name as people read it.
    pub issuer: String,
    /// Its number, where it has one.
    pub number: Option<String>,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due, where that is said.
    pub next_update: Option<Timestamp>,
}

impl From<&Crl> for Consulted {
    fn from(crl: &Crl) -> Self {
        Self {
            sha256: *crl.sha256(),
            issuer: crl.issuer_text(),
            number: crl.number_text(),
            this_update: crl.this_update(),
            next_update: crl.next_update(),
        }
    }
}

/// What a list is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The present, unless no clock can be believed.
    pub now: Option<Timestamp>,
    /// The oldest that a list may be, whatever it says of its successor.
    pub max_age: Option<SignedDuration>,
}

impl From<Timestamp> for Freshness {
    fn from(now: Timestamp) -> Self {
        Self {
            now: Some(now),
            max_age: None,
        }
    }
}

/// Looks the signer of a path, and the authorities on it, up in the store's revocation lists.
///
/// Doc 9303-12 Appendix D.1.2.3: a list counts when its issuer is the authority that issued the
/// certificate, and its signature verifies under an anchor of that authority, which may be a newer
/// one, or have only a link. The country alone would satisfy the document; since a country may run
/// two authorities, one for passports and one for cards, the name is asked for.
pub fn revocation(
    signer: &Certificate,
    store: &TrustStore,
    path: &Path,
    freshness: impl Into<Freshness>,
) -> Revocation {
    let mut lists = Lists::of(store, path);
    let newest = lists.newest(signer.issuer());
    // Doc 9303-12 §7.1.1.5: an authority never uses a serial number twice, so that its own
    // certificates, links among them, stand in the same list as its signers. Those of one that had
    // another name may stand in another.
    let on_the_way = std::iter::once(signer)
        .chain(&path.links)
        .chain(std::iter::once(&path.anchor));
    for certificate in on_the_way {
        for list in lists.newest(certificate.issuer()) {
            // Lists without the successor's date, or past it, count here: revocation is not taken back.
            if let Some(entry) = list.entry_of(certificate.serial()) {
                return Revocation::Revoked {
                    entry,
                    list: list.into(),
                };
            }
        }
    }
    match newest.first() {
        None => Revocation::NoCrl,
        Some(list) => fresh(list, freshness.into()),
    }
}

/// The newest lists over the certificates that an issuer on a path issued, whichever key of the authority
/// signed them; several where they were made at the same time.
pub fn newest_lists<'a>(issuer: &[u8], store: &'a TrustStore, path: &Path) -> Vec<&'a Crl> {
    Lists::of(store, path).newest(issuer)
}

/// How a list stands that does not have the signer.
fn fresh(list: &Crl, freshness: Freshness) -> Revocation {
    let consulted = Consulted::from(list);
    let Some(now) = freshness.now else {
        return Revocation::ClockDoubtful(consulted);
    };
    let age = now.duration_since(list.this_update());
    if age < -TOLERANCE {
        return Revocation::ClockDoubtful(consulted);
    }
    let overdue = list.next_update().is_some_and(|due| now > due);
    let aged = match freshness.max_age {
        Some(most) => age > most,
        // RFC 5280 §5.1.2.5 requires nextUpdate: a list without it may be of any age.
        None => list.next_update().is_none(),
    };
    if overdue || aged {
        Revocation::Stale(consulted)
    } else {
        Revocation::Good(consulted)
    }
}

/// The lists that may speak of a path, newest first, and who may have signed them.
struct Lists<'a, 'p> {
    lists: Vec<&'a Crl>,
    store: &'a TrustStore,
    path: &'p Path,
    checks_left: usize,
    /// What was found of each list, in the order of `lists`.
    known: Vec<Option<Standing>>,
}

/// Whether a list's own signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Signed,
    Unsigned,
}

impl<'a, 'p> Lists<'a, 'p> {
    fn of(store: &'a TrustStore, path: &'p Path) -> Self {
        let mut lists: Vec<&Crl> = store
            .crls()
            .iter()
            // RFC 5280 §5.2: a list with an unknown critical extension must not be used. Delta lists
            // and those for some certificates only are counted among them.
            .filter(|crl| crl.unknown_critical().is_empty())
            .collect();
        lists.sort_by_key(|crl| {
            let number = crl.number().unwrap_or_default();
            Reverse((crl.this_update(), number.len(), number))
        });
        Self {
            known: vec![None; lists.len()],
            lists,
            store,
            path,
            checks_left: MAX_SIGNATURE_CHECKS,
        }
    }

    /// The newest list over the certificates of an issuer that is signed as it must be; several where
    /// they were made at the same time.
    fn newest(&mut self, issuer: &[u8]) -> Vec<&'a Crl> {
        let mut newest: Vec<&Crl> = Vec::new();
        for at in 0..self.lists.len() {
            let Some(list) = self.lists.get(at).copied() else {
                continue;
            };
            if newest
                .first()
                .is_some_and(|first| first.this_update() != list.this_update())
            {
                break;
            }
            if list.covers(issuer) && self.standing(at, list) == Standing::Signed {
                newest.push(list);
            }
        }
        newest
    }

    fn standing(&mut self, at: usize, list: &Crl) -> Standing {
        if let Some(Some(known)) = self.known.get(at) {
            return *known;
        }
        let standing = if self.signed(list) {
            Standing::Signed
        } else {
            Standing::Unsigned
        };
        if let Some(known) = self.known.get_mut(at) {
            *known = Some(standing);
        }
        standing
    }

    /// Whether a list is signed by an authority on the path, by another of its keys in the store, or
    /// by one that only a link vouches for.
    fn signed(&mut self, crl: &Crl) -> bool {
        let (path, store) = (self.path, self.store);
        let anchors = store
            .anchors_for(&path.country)
            .map(|anchor| &anchor.certificate)
            .filter(|anchor| **anchor != path.anchor);
        let trusted = path
            .links
            .iter()
            .chain(std::iter::once(&path.anchor))
            .chain(anchors);
        let links = store.links().iter();
        let by_trusted = trusted
            .filter(|signer| may_sign(signer, crl))
            .any(|signer| checked(crl, signer, store, &mut self.checks_left));
        by_trusted
            || links.filter(|signer| may_sign(signer, crl)).any(|signer| {
                checked(crl, signer, store, &mut self.checks_left)
                    && path::vouched_link(signer, store, &path.country)
            })
    }
}

/// Whether that key made a list's signature, within the bounds.
fn checked(crl: &Crl, signer: &Certificate, store: &TrustStore, left: &mut usize) -> bool {
    let Some(fewer) = left.checked_sub(1) else {
        return false;
    };
    *left = fewer;
    let memo = store.memo();
    memo.revocation_list(crl, signer, || crl.verify(signer))
        .is_ok()
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

#[cfg(test)]
mod tests;
