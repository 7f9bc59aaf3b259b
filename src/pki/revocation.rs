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
    let issuer = Some(path.issuer()).filter(|issuer| crl.covers(issuer.issuer()));
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
    std::iter::once(path.issuer())
        .chain(anchors)
        .filter(|signer| may_sign(signer, crl))
        .any(|signer| {
            if let Some(left) = checks_left.checked_sub(1) {
                *checks_left = left;
                let memo = store.memo();
                memo.revocation_list(crl, signer, || crl.verify(signer))
                    .is_ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::oid::Oid;
    use crate::bytes::tlv::encode;
    use crate::pki::build::CrlDraft;
    use crate::pki::build::Draft;
    use crate::pki::build::key_usage;
    use crate::pki::build::name;
    use crate::pki::build::sequence;
    use crate::pki::extensions;
    use crate::pki::path::signer_path;
    use crate::pki::store::Provenance;

    const ISSUER_ALT_NAME: Oid<'_> = Oid::new(&[0x55, 0x1D, 18]);

    fn root_name() -> Vec<u8> {
        name("VN", "Test CSCA")
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    /// The answer for signer 9 under authority 1, with anchors and lists.
    fn ask(anchors: &[Draft], lists: &[(CrlDraft, u8)], now: &str) -> Revocation {
        let mut store = TrustStore::empty();
        let root = Draft::authority(&root_name(), 1, &root_name(), 1);
        for anchor in std::iter::once(&root).chain(anchors) {
            let key = anchor.serial[0];
            store.add_anchor(anchor.certificate(key), Provenance::TestCard);
        }
        for (draft, key) in lists {
            store.add_crl(draft.crl(*key));
        }
        let signer = Draft::signer(&name("VN", "Test DS"), 9, &root_name(), 1).certificate(1);
        let path = signer_path(&signer, &store, at(now)).unwrap();
        revocation(&signer, &store, &path, at(now))
    }

    const NOW: &str = "2026-02-01T00:00:00Z";

    fn list(revoked: &[&[u8]]) -> CrlDraft {
        CrlDraft::new(&root_name(), revoked)
    }

    fn is_good(answer: Revocation) -> bool {
        matches!(answer, Revocation::Good { .. })
    }

    #[test]
    fn a_current_list_without_the_signer_is_good() {
        assert!(is_good(ask(&[], &[(list(&[&[8]]), 1)], NOW)));
    }

    #[test]
    fn a_listed_signer_or_authority_is_revoked_even_on_a_stale_list() {
        let since = at("2025-12-01T00:00:00Z");
        for serial in [9, 1] {
            for now in [NOW, "2027-01-01T00:00:00Z"] {
                assert_eq!(
                    ask(&[], &[(list(&[&[serial]]), 1)], now),
                    Revocation::Revoked { since }
                );
            }
        }
    }

    #[test]
    fn without_a_list_of_the_authority_nothing_is_known() {
        assert_eq!(ask(&[], &[], NOW), Revocation::NoCrl);
        let other = CrlDraft::new(&name("VN", "Other CSCA"), &[&[9]]);
        assert_eq!(ask(&[], &[(other, 1)], NOW), Revocation::NoCrl);
    }

    #[test]
    fn a_list_counts_only_with_its_own_signature() {
        assert_eq!(ask(&[], &[(list(&[&[9]]), 66)], NOW), Revocation::NoCrl);
        assert_eq!(ask(&[], &[(list(&[]), 66)], NOW), Revocation::NoCrl);
    }

    #[test]
    fn a_stale_list_says_so() {
        let stale = ask(&[], &[(list(&[]), 1)], "2026-04-01T00:00:01Z");
        assert_eq!(
            stale,
            Revocation::Stale {
                this_update: at("2026-01-01T00:00:00Z"),
                next_update: Some(at("2026-04-01T00:00:00Z")),
            }
        );
    }

    #[test]
    fn the_newest_list_counts() {
        let mut newer = list(&[]);
        newer.updates = ["20260115000000Z", "20260415000000Z"];
        let lists = [(newer.clone(), 1), (list(&[&[9]]), 1)];
        assert!(is_good(ask(&[], &lists, NOW)));
        // One that is not signed does not push the other aside.
        let lists = [(newer, 66), (list(&[&[9]]), 1)];
        assert!(matches!(ask(&[], &lists, NOW), Revocation::Revoked { .. }));
    }

    #[test]
    fn a_newer_key_of_the_authority_signs_for_the_older() {
        let newer = Draft::authority(&root_name(), 2, &root_name(), 2);
        let answer = ask(std::slice::from_ref(&newer), &[(list(&[&[9]]), 2)], NOW);
        assert!(matches!(answer, Revocation::Revoked { .. }));
        let no_lists = newer.with(extensions::KEY_USAGE, true, key_usage(0x04));
        assert_eq!(
            ask(&[no_lists], &[(list(&[&[9]]), 2)], NOW),
            Revocation::NoCrl
        );
    }

    #[test]
    fn a_renamed_authority_speaks_for_its_former_name() {
        let new_name = name("VN", "New CSCA");
        let renamed = Draft::authority(&new_name, 2, &new_name, 2);
        let mut crl = CrlDraft::new(&new_name, &[&[9]]);
        let alone = ask(std::slice::from_ref(&renamed), &[(crl.clone(), 2)], NOW);
        assert_eq!(alone, Revocation::NoCrl);
        let former = sequence(&[&encode(0xA4, &[&root_name()])]);
        crl.extensions.push((ISSUER_ALT_NAME, false, former));
        let told = ask(&[renamed], &[(crl, 2)], NOW);
        assert!(matches!(told, Revocation::Revoked { .. }));
    }

    #[test]
    fn a_partial_list_says_nothing() {
        let mut partial = list(&[&[9]]);
        // issuingDistributionPoint
        partial
            .extensions
            .push((Oid::new(&[0x55, 0x1D, 28]), true, sequence(&[])));
        assert_eq!(ask(&[], &[(partial, 1)], NOW), Revocation::NoCrl);
    }
}
