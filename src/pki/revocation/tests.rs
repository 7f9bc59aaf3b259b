//! What lists of every kind say of a signer.

use super::*;
use crate::bytes::oid::Oid;
use crate::bytes::tlv::encode;
use crate::pki::build::CrlDraft;
use crate::pki::build::Draft;
use crate::pki::build::key_usage;
use crate::pki::build::name;
use crate::pki::build::sequence;
use crate::pki::crl::Reason;
use crate::pki::extensions;
use crate::pki::path::signer_path;
use crate::pki::store::Provenance;

const ISSUER_ALT_NAME: Oid<'_> = Oid::new(&[0x55, 0x1D, 18]);
const CRL_NUMBER: Oid<'_> = Oid::new(&[0x55, 0x1D, 20]);

fn root_name() -> Vec<u8> {
    name("VN", "Test CSCA")
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Authority 1 and the others as anchors, links signed with the keys of these numbers, and lists.
fn store(anchors: &[Draft], links: &[(Draft, u8)], lists: &[(CrlDraft, u8)]) -> TrustStore {
    let mut store = TrustStore::empty();
    let root = Draft::authority(&root_name(), 1, &root_name(), 1);
    for anchor in std::iter::once(&root).chain(anchors) {
        let key = anchor.serial[0];
        store.add_anchor(anchor.certificate(key), Provenance::TestCard);
    }
    for (link, key) in links {
        store.add_link(link.certificate(*key));
    }
    for (draft, key) in lists {
        store.add_crl(draft.crl(*key));
    }
    store
}

/// The answer of a store for signer 9 under an authority's name and key.
fn ask_of(store: &TrustStore, issuer: (&[u8], u8), freshness: impl Into<Freshness>) -> Revocation {
    let signer = Draft::signer(&name("VN", "Test DS"), 9, issuer.0, issuer.1).certificate(issuer.1);
    let path = signer_path(&signer, store, at(NOW)).unwrap();
    revocation(&signer, store, &path, freshness)
}

/// The answer for signer 9 under authority 1, with anchors and lists.
fn ask(anchors: &[Draft], lists: &[(CrlDraft, u8)], now: &str) -> Revocation {
    ask_of(&store(anchors, &[], lists), (&root_name(), 1), at(now))
}

const NOW: &str = "2026-02-01T00:00:00Z";

fn list(revoked: &[&[u8]]) -> CrlDraft {
    CrlDraft::new(&root_name(), revoked)
}

fn is_good(answer: &Revocation) -> bool {
    matches!(answer, Revocation::Good(_))
}

fn is_revoked(answer: &Revocation) -> bool {
    matches!(answer, Revocation::Revoked { .. })
}

#[test]
fn a_current_list_without_the_signer_is_good_and_is_named() {
    let mut list = list(&[&[8]]);
    list.extensions.push((CRL_NUMBER, false, vec![2, 2, 1, 4]));
    let sha256 = *list.crl(1).sha256();
    let expected = Consulted {
        sha256,
        issuer: "CN=Test CSCA,C=VN".to_owned(),
        number: Some("260".to_owned()),
        this_update: at("2026-01-01T00:00:00Z"),
        next_update: Some(at("2026-04-01T00:00:00Z")),
    };
    assert_eq!(ask(&[], &[(list, 1)], NOW), Revocation::Good(expected));
}

#[test]
fn a_listed_signer_or_authority_is_revoked_even_on_a_stale_list() {
    for serial in [9, 1] {
        for now in [NOW, "2027-01-01T00:00:00Z", "2001-01-01T00:00:00Z"] {
            let answer = ask(&[], &[(list(&[&[serial]]), 1)], now);
            let Revocation::Revoked { entry, .. } = answer else {
                panic!("{serial} at {now}: {answer:?}");
            };
            assert_eq!(entry.since, at("2025-12-01T00:00:00Z"));
            assert_eq!(entry.reason.map(Reason::name), None);
        }
    }
}

#[test]
fn without_a_list_of_the_authority_nothing_is_known() {
    assert_eq!(ask(&[], &[], NOW), Revocation::NoCrl);
    let other = CrlDraft::new(&name("VN", "Other CSCA"), &[&[9]]);
    assert_eq!(ask(&[], &[(other, 1)], NOW), Revocation::NoCrl);
    let other = CrlDraft::new(&name("DE", "Test CSCA"), &[&[9]]);
    assert_eq!(ask(&[], &[(other, 1)], NOW), Revocation::NoCrl);
}

#[test]
fn a_list_counts_only_with_its_own_signature() {
    assert_eq!(ask(&[], &[(list(&[&[9]]), 66)], NOW), Revocation::NoCrl);
    assert_eq!(ask(&[], &[(list(&[]), 66)], NOW), Revocation::NoCrl);
}

#[test]
fn a_list_past_its_time_or_older_than_asked_for_is_stale() {
    let answer = ask(&[], &[(list(&[]), 1)], "2026-04-01T00:00:01Z");
    assert!(matches!(answer, Revocation::Stale(_)), "{answer:?}");
    let store = store(&[], &[], &[(list(&[]), 1)]);
    let aged = |days: i64| {
        let freshness = Freshness {
            now: Some(at(NOW)),
            max_age: Some(SignedDuration::from_hours(days * 24)),
        };
        ask_of(&store, (&root_name(), 1), freshness)
    };
    assert!(matches!(aged(30), Revocation::Stale(_)));
    assert!(is_good(&aged(31)));
}

#[test]
fn a_clock_that_cannot_be_right_leaves_open_how_fresh_a_list_is() {
    let store = store(&[], &[], &[(list(&[]), 1)]);
    let without = Freshness {
        now: None,
        max_age: None,
    };
    for freshness in [
        without,
        // The list is to be made the day after tomorrow.
        at("2025-12-30T00:00:00Z").into(),
    ] {
        let answer = ask_of(&store, (&root_name(), 1), freshness);
        assert!(matches!(answer, Revocation::ClockDoubtful(_)), "{answer:?}");
    }
    let early = at("2025-12-31T12:00:00Z");
    assert!(is_good(&ask_of(&store, (&root_name(), 1), early)));
}

#[test]
fn the_newest_list_counts() {
    let mut newer = list(&[]);
    newer.updates = ["20260115000000Z", "20260415000000Z"];
    let lists = [(newer.clone(), 1), (list(&[&[9]]), 1)];
    assert!(is_good(&ask(&[], &lists, NOW)));
    // One that is not signed does not push the other aside.
    let lists = [(newer, 66), (list(&[&[9]]), 1)];
    assert!(is_revoked(&ask(&[], &lists, NOW)));
}

#[test]
fn of_two_lists_of_one_moment_the_one_that_has_the_signer_counts() {
    let lists = [(list(&[]), 1), (list(&[&[9]]), 1)];
    assert!(is_revoked(&ask(&[], &lists, NOW)));
    let [first, second] = lists;
    assert!(is_revoked(&ask(&[], &[second, first], NOW)));
}

#[test]
fn another_key_of_the_authority_signs_for_this_one() {
    let newer = Draft::authority(&root_name(), 2, &root_name(), 2);
    let answer = ask(std::slice::from_ref(&newer), &[(list(&[&[9]]), 2)], NOW);
    assert!(is_revoked(&answer));
    let no_lists = newer.with(extensions::KEY_USAGE, true, key_usage(0x04));
    assert_eq!(
        ask(&[no_lists], &[(list(&[&[9]]), 2)], NOW),
        Revocation::NoCrl
    );
}

#[test]
fn a_key_that_only_a_link_vouches_for_signs_lists() {
    let link = Draft::authority(&root_name(), 2, &root_name(), 1);
    let lists = [(list(&[&[9]]), 2)];
    let answer = |signed_by| {
        let store = store(&[], &[(link.clone(), signed_by)], &lists);
        ask_of(&store, (&root_name(), 1), at(NOW))
    };
    assert!(is_revoked(&answer(1)));
    // A link that no anchor signed is nobody's.
    assert_eq!(answer(66), Revocation::NoCrl);
}

#[test]
fn a_revoked_link_carries_no_trust() {
    let link = Draft::authority(&root_name(), 2, &root_name(), 1);
    for signed_by in [1, 2] {
        let lists = [(list(&[&[2]]), signed_by)];
        let store = store(&[], &[(link.clone(), 1)], &lists);
        let answer = ask_of(&store, (&root_name(), 2), at(NOW));
        assert!(is_revoked(&answer), "{answer:?}");
    }
}

#[test]
fn a_link_under_the_former_name_is_looked_up_in_the_list_of_that_name() {
    let new_name = name("VN", "New CSCA");
    let link = Draft::authority(&new_name, 2, &root_name(), 1).with(
        extensions::NAME_CHANGE,
        false,
        vec![5, 0],
    );
    let lists = |revoked: &[&[u8]]| [(CrlDraft::new(&new_name, &[]), 2), (list(revoked), 1)];
    let answer = |revoked: &[&[u8]]| {
        let store = store(&[], &[(link.clone(), 1)], &lists(revoked));
        ask_of(&store, (&new_name, 2), at(NOW))
    };
    assert!(is_good(&answer(&[])));
    assert!(is_revoked(&answer(&[&[2]])));
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
    assert!(is_revoked(&ask(&[renamed], &[(crl, 2)], NOW)));
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

#[test]
fn signature_checks_are_bounded() {
    // Sixty-five lists that nobody signed stand before the right one.
    let mut lists: Vec<(CrlDraft, u8)> = vec![(list(&[&[9]]), 1)];
    for _ in 0..65 {
        let mut forged = list(&[]);
        forged.updates = ["20260115000000Z", "20260415000000Z"];
        lists.push((forged, 66));
    }
    assert_eq!(ask(&[], &lists, NOW), Revocation::NoCrl);
    lists.truncate(40);
    assert!(is_revoked(&ask(&[], &lists, NOW)));
}
