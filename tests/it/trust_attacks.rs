//! What an attacker, a full disk or a killed program does to the store that `cancuoc trust` keeps.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use cancuoc::crypto::curve::Curve;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::renewal::RenewalSpec;
use cancuoc::trust::folder;
use cancuoc::trust::kept::Kind;

use super::support::kept::Place;
use super::support::kept::count;
use super::support::kept::now;
use super::support::kept::print;
use super::support::publish::country;
use super::support::publish::day;
use super::support::publish::list;

fn bundle(certificates: &[Vec<u8>]) -> String {
    certificates
        .iter()
        .map(|one| {
            let text = STANDARD.encode(one);
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
        })
        .collect()
}

fn root(number: usize) -> Entity {
    let name = Name::test("VN", &format!("Test CSCA {number}"));
    CertificateSpec::country_signer(name)
        .self_signed(SignerKey::Ec(Curve::P256).key().unwrap())
        .unwrap()
}

#[test]
fn of_many_roots_that_nobody_vouches_for_each_is_told_once() {
    let roots: Vec<Vec<u8>> = (0..120).map(|number| root(number).certificate).collect();
    let place = Place::new();
    let twice = [bundle(&roots), bundle(&roots)].concat();
    let proposal = place.propose(&[twice.as_bytes()], &[]).unwrap();
    let mut needed: Vec<[u8; 32]> = proposal
        .needs()
        .iter()
        .map(|need| need.item.fingerprint)
        .collect();
    needed.sort_unstable();
    let mut offered: Vec<[u8; 32]> = roots.iter().map(|root| print(root)).collect();
    offered.sort_unstable();
    assert_eq!(needed, offered);
}

#[test]
fn only_the_first_root_of_a_chain_of_links_needs_a_fingerprint() {
    let first = country("VN").csca;
    let renewed = |old: &Entity, number: u8| {
        let spec = RenewalSpec {
            subject: None,
            validity: (day(2025, 6), day(2045, 6)),
            number,
        };
        let key = SignerKey::Ec(Curve::P256).key().unwrap();
        spec.sign(old, key).unwrap()
    };
    let second = renewed(&first, 9);
    let third = renewed(&second.root, 12);
    let chain = [
        third.root.certificate,
        third.link,
        second.root.certificate,
        second.link,
        first.certificate.clone(),
    ];
    let place = Place::new();
    let proposal = place.propose(&[bundle(&chain).as_bytes()], &[]).unwrap();
    assert_eq!(proposal.needs().len(), 1);
    assert_eq!(
        proposal.needs()[0].item.fingerprint,
        print(&first.certificate)
    );
}

#[test]
fn a_root_vouches_for_no_other_state() {
    let vn = country("VN").csca;
    let spec = RenewalSpec {
        subject: Some(Name::test("DE", "Test CSCA")),
        validity: (day(2025, 6), day(2045, 6)),
        number: 9,
    };
    let key = SignerKey::Ec(Curve::P256).key().unwrap();
    let false_one = spec.sign(&vn, key).unwrap();
    let place = Place::new();
    let root = &vn.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    place.refuses(&[&false_one.link], &[], "trust.link_unknown");
    let both = [
        false_one.link.as_slice(),
        false_one.root.certificate.as_slice(),
    ];
    place.refuses(&both, &[], "trust.link_unknown");

    let name = Name::test("DE", "Test signer");
    let signer = CertificateSpec::document_signer(name)
        .issued_by(&vn, SignerKey::Ec(Curve::P256).key().unwrap())
        .unwrap();
    place.refuses(&[&signer.certificate], &[], "trust.signer_unknown");
}

#[test]
fn a_link_that_was_removed_leads_nowhere() {
    let pki = country("VN");
    let spec = RenewalSpec {
        subject: None,
        validity: (day(2025, 6), day(2045, 6)),
        number: 9,
    };
    let key = SignerKey::Ec(Curve::P256).key().unwrap();
    let new = spec.sign(&pki.csca, key).unwrap();
    let old = &pki.csca.certificate;
    let place = Place::new();
    place.add(&[old], &[print(old)]).unwrap();
    let brings = list(&pki, &[old, &new.link], Some(day(2025, 3)));
    place.add(&[&brings], &[]).unwrap();
    place.remove(print(&new.link));
    let both = [new.link.as_slice(), new.root.certificate.as_slice()];
    place.refuses(&both, &[], "trust.same_name");
}

#[test]
fn a_list_and_what_it_gave_go_together_in_any_order() {
    let vn = country("VN");
    let root = &vn.csca.certificate;
    let de = country("DE").csca.certificate;
    let brings = list(&vn, &[root, &de], Some(day(2025, 3)));
    let place = Place::new();
    place.add(&[root], &[print(root)]).unwrap();
    place.add(&[&brings], &[]).unwrap();
    let its_entry = place
        .kept()
        .entries()
        .into_iter()
        .find(|entry| entry.kind == Kind::MasterList)
        .unwrap();
    let named = [its_entry.fingerprint, print(&de), print(&de)];
    let proposal = place.kept().propose_removal(&named, now()).unwrap();
    assert_eq!(count(proposal.changes(), Kind::Anchor, "removed"), 1);
    assert_eq!(count(proposal.changes(), Kind::MasterList, "removed"), 1);
}

#[test]
fn a_first_change_that_was_killed_leaves_an_empty_store() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("objects")).unwrap();
    for (name, bytes) in [
        ("cancuoc-trust.lock", ""),
        ("cancuoc-trust.json.new", "{\n"),
    ] {
        fs::write(place.path().join(name), bytes).unwrap();
        let mut store = TrustStore::empty();
        folder::load(&mut store, place.path()).unwrap();
        assert!(store.anchors().is_empty());
    }
    let root = country("VN").csca.certificate;
    place.add(&[&root], &[print(&root)]).unwrap();
}
