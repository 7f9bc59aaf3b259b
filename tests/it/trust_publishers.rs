//! Whose lists get into the store that `cancuoc trust` keeps, and what takes their place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use cancuoc::bytes::tlv::Reader;
use cancuoc::bytes::tlv::encode;
use cancuoc::crypto::curve::Curve;
use cancuoc::pki::certificate::Certificate;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::deviation_list::DeviationListSpec;
use cancuoc::sim::pki::deviation_list::deviation_list_signer;
use cancuoc::sim::pki::master_list::MasterListSpec;
use cancuoc::sim::pki::renewal::Renewal;
use cancuoc::sim::pki::renewal::RenewalSpec;
use cancuoc::trust::change::Change;
use cancuoc::trust::change::Note;
use cancuoc::trust::kept::Confirmed;
use cancuoc::trust::kept::Kind;

use super::support::forge::with_signer_infos;
use super::support::kept::Place;
use super::support::kept::count;
use super::support::kept::file_digest;
use super::support::kept::now;
use super::support::kept::print;
use super::support::kept::word;
use super::support::publish::country;
use super::support::publish::crl;
use super::support::publish::day;
use super::support::publish::flipped;
use super::support::publish::list;
use super::support::publish::namesake;
use super::support::publish::publisher;

#[test]
fn a_list_is_refused_unless_somebody_known_signed_it() {
    let place = Place::new();
    let vn = country("VN");
    let de = country("DE");
    let root = &vn.csca.certificate;
    let good = list(&vn, &[root, &de.csca.certificate], Some(day(2025, 3)));
    place.refuses(&[&good], &[], "trust.list_signer_unknown");
    place.add(&[root], &[print(root)]).unwrap();

    let foreign = list(&de, &[root], Some(day(2025, 3)));
    place.refuses(&[&foreign], &[], "trust.list_signer_unknown");
    for at in [good.len() / 2, good.len() - 3] {
        place.refuses(&[&flipped(&good, at)], &[], "trust.list_signature");
    }
    let wrapped = with_signer_infos(&encode(0x77, &[&good]), |_| Vec::new());
    let unsigned = Reader::new(&wrapped).element("list").unwrap().value;
    place.refuses(&[unsigned], &[], "trust.list_unsigned");
    for cut in (1..good.len()).step_by(97) {
        place.refuses(&[&good[..cut]], &[], "trust.malformed");
    }
    let spec = MasterListSpec::new(vec![root.clone()], day(2025, 3));
    let document = spec.sign(&vn.signer).unwrap();
    place.refuses(&[&document], &[], "trust.list_signer");
    let outside = list(&vn, &[root], Some(day(2020, 1)));
    place.refuses(&[&outside], &[], "trust.list_signer");
    let future = list(&vn, &[root], Some(day(2026, 8)));
    place.refuses(&[&future], &[], "trust.not_yet");

    let changes = place.add(&[&good], &[]).unwrap();
    assert_eq!(count(&changes, Kind::MasterList, "added"), 1);
    assert_eq!(count(&changes, Kind::Anchor, "added"), 1);
    let trust = place.trust();
    let anchor = trust.anchors_for("DE").next().unwrap();
    let words = anchor.provenance.to_string();
    assert_eq!(words, "master list of VN of 2025-03-01: file");
    // The signer's own fingerprint, or that of its authority, serves where no anchor does.
    let along = Certificate::decode(&publisher(&de).certificate).unwrap();
    let foreign = list(&de, &[&de.csca.certificate], Some(day(2025, 3)));
    for fingerprint in [*along.fingerprint(), print(&de.csca.certificate)] {
        let other = Place::new();
        other.add(&[&foreign], &[fingerprint]).unwrap();
        assert_eq!(other.trust().anchors().len(), 1);
    }
}

/// A signer of lists that its authority took back signs none.
#[test]
fn a_revoked_signer_publishes_nothing() {
    let place = Place::new();
    let vn = country("VN");
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let first = list(&vn, &[root], Some(day(2025, 3)));
    place.add(&[&first], &[]).unwrap();
    let serial = publisher(&vn).spec.serial;
    let other = crl(&vn, 1, day(2025, 4), &[&serial[..], &[1]].concat());
    place.add(&[&other], &[]).unwrap();
    let second = list(&vn, &[root], Some(day(2025, 5)));
    place.add(&[&second], &[]).unwrap();
    let revoking = crl(&vn, 2, day(2025, 5), &serial);
    place.add(&[&revoking], &[]).unwrap();
    let third = list(&vn, &[root], Some(day(2025, 6)));
    place.refuses(&[&third], &[], "trust.list_signer");
}

#[test]
fn a_newer_list_replaces_the_one_in_place_and_an_older_one_never() {
    let place = Place::new();
    let vn = country("VN");
    let [de, fr, jp] = ["DE", "FR", "JP"].map(|name| country(name).csca.certificate);
    let root = &vn.csca.certificate;
    place.add(&[root, &jp], &[print(root), print(&jp)]).unwrap();
    let first = list(&vn, &[root, &de, &jp], Some(day(2025, 3)));
    let second = list(&vn, &[root, &fr], Some(day(2025, 5)));
    let undated = list(&vn, &[root], None);
    place.add(&[&first], &[]).unwrap();
    place.refuses(&[&undated], &[], "trust.list_undated");
    let twin = list(&vn, &[root, &de], Some(day(2025, 3)));
    place.refuses(&[&twin], &[], "trust.older");

    let changes = place.add(&[&second], &[]).unwrap();
    assert_eq!(count(&changes, Kind::MasterList, "replaced"), 1);
    let told = |what| {
        let found = changes
            .iter()
            .filter(|change| change.item.kind == Kind::Anchor && word(&change.what) == what);
        found
            .map(|change| change.item.country.clone().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("added"), ["FR"]);
    assert_eq!(told("removed"), ["DE"]);
    let trust = place.trust();
    let countries: Vec<&str> = trust.countries().collect();
    assert_eq!(countries, ["FR", "JP", "VN"], "the operator's own stays");

    place.refuses(&[&first], &[], "trust.older");
    let file = file_digest(&first);
    place.refuses(&[&first], &[file], "trust.older");
    // Removed or not, the newest is remembered; after a removal the operator may name an older one.
    let removed = place.remove(file_digest(&second));
    assert_eq!(count(&removed, Kind::MasterList, "removed"), 1);
    assert_eq!(count(&removed, Kind::Anchor, "removed"), 1);
    place.refuses(&[&first], &[], "trust.older");
    place.add(&[&first], &[file]).unwrap();
    assert_eq!(place.trust().anchors_for("DE").count(), 1);
    place.add(&[&second], &[]).unwrap();
}

#[test]
fn a_removed_anchor_comes_back_by_its_fingerprint_alone() {
    let place = Place::new();
    let vn = country("VN");
    let de = country("DE").csca.certificate;
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let first = list(&vn, &[root, &de], Some(day(2025, 3)));
    let second = list(&vn, &[root, &de], Some(day(2025, 5)));
    place.add(&[&first], &[]).unwrap();

    let removed = place.remove(print(&de));
    assert_eq!(count(&removed, Kind::Anchor, "removed"), 1);
    assert_eq!(place.trust().anchors_for("DE").count(), 0);
    let changes = place.add(&[&second], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Anchor, "excluded"), 1);
    assert_eq!(place.trust().anchors_for("DE").count(), 0);
    assert!(place.kept().excluded().eq([print(&de)]));
    place.refuses(&[&de], &[], "trust.unconfirmed");
    place.add(&[&de], &[print(&de)]).unwrap();
    assert_eq!(place.trust().anchors_for("DE").count(), 1);
    assert_eq!(place.kept().excluded().count(), 0);

    let fault = place.kept().propose_removal(&[[7; 32]], now()).unwrap_err();
    assert_eq!(fault.code(), "trust.not_found");
}

/// A store with the root of DE by its fingerprint, and a list of DE that brings those of FR and VN.
fn chosen() -> (Place, [TestPki; 3]) {
    let place = Place::new();
    let [de, fr, vn] = ["DE", "FR", "VN"].map(country);
    let root = &de.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let brought = [&fr, &vn].map(|one| one.csca.certificate.as_slice());
    let first = list(&de, &[root, brought[0], brought[1]], Some(day(2025, 3)));
    place.add(&[&first], &[]).unwrap();
    (place, [de, fr, vn])
}

/// The next key of a country.
fn renewed(root: &Entity, number: u8) -> Renewal {
    let spec = RenewalSpec {
        subject: None,
        validity: root.spec.validity,
        number,
    };
    let key = SignerKey::Ec(Curve::P384).key().unwrap();
    spec.sign(root, key).unwrap()
}

/// A country whose root is another.
fn under(root: Entity, pki: TestPki) -> TestPki {
    TestPki { csca: root, ..pki }
}

fn notes(changes: &[Change]) -> Vec<Note> {
    let notes = changes.iter().flat_map(|change| &change.item.notes);
    notes.cloned().collect()
}

#[test]
fn a_state_on_a_list_publishes_none_until_it_is_chosen() {
    let (place, [de, fr, vn]) = chosen();
    let fake = namesake(&vn, &[6, 6]).certificate;
    let root = &fr.csca.certificate;
    let bad = list(&fr, &[root, &fake], Some(day(2025, 4)));
    place.refuses(&[&bad], &[], "trust.list_publisher");
    // Nor does its word count that the authority signs by itself.
    let spec = MasterListSpec::new(vec![fake.clone()], day(2025, 4));
    let itself = spec.sign(&fr.csca).unwrap();
    place.refuses(&[&itself], &[], "trust.list_publisher");
    // Nor a key that it links to, in the list or before it.
    let next = renewed(&fr.csca, 3);
    let linked = under(next.root, country("FR"));
    let by_link = list(&linked, &[&next.link, &fake], Some(day(2025, 4)));
    place.refuses(&[&by_link], &[], "trust.list_publisher");
    place.refuses(&[&next.link, &by_link], &[], "trust.list_publisher");
    place
        .add(&[&next.link, &linked.csca.certificate], &[])
        .unwrap();
    place.refuses(&[&by_link], &[], "trust.list_publisher");
    place.refuses(
        &[&bad],
        &[print(&de.csca.certificate)],
        "trust.list_publisher",
    );

    assert_eq!(place.trust().anchors_for("VN").count(), 1);
    // The root's fingerprint chooses the publisher, also where the list does not bring it.
    let bare = list(&fr, &[&fake], Some(day(2025, 4)));
    place.add(&[&bare], &[print(root)]).unwrap();
    assert_eq!(place.trust().anchors_for("VN").count(), 2);
    let kept = place.kept().entries();
    let entry = kept
        .iter()
        .find(|one| one.fingerprint == file_digest(&bare));
    assert_eq!(
        entry.unwrap().confirmed,
        Confirmed::Fingerprint(print(root))
    );
    // From then on its lists follow each other.
    let next = list(&fr, &[root], Some(day(2025, 5)));
    place.add(&[&next], &[]).unwrap();
    let after = list(&fr, &[root], Some(day(2025, 6)));
    place.add(&[&after], &[]).unwrap();
    assert_eq!(place.trust().anchors_for("VN").count(), 1);
    // Until its list is removed.
    place.remove(file_digest(&after));
    let again = list(&fr, &[root], Some(day(2025, 7)));
    place.refuses(&[&again], &[], "trust.list_publisher");
}

#[test]
fn the_signers_own_fingerprint_chooses_a_publisher() {
    let (place, [_, fr, vn]) = chosen();
    let fake = namesake(&vn, &[6, 6]).certificate;
    let root = &fr.csca.certificate;
    let signer = publisher(&fr);
    let signed = |certificates: &[&[u8]], month| {
        let certificates = certificates.iter().map(|one| one.to_vec()).collect();
        let spec = MasterListSpec::new(certificates, day(2025, month));
        spec.sign(&signer).unwrap()
    };
    let first = signed(&[root, &fake], 4);
    place.refuses(&[&first], &[], "trust.list_publisher");
    let fault = place.add(&[&first], &[]).unwrap_err();
    for fingerprint in [print(root), print(&signer.certificate)] {
        let known = hex::encode(fingerprint);
        assert!(fault.subject().contains(&known), "{fault}");
    }
    place.add(&[&first], &[print(&signer.certificate)]).unwrap();
    place.add(&[&signed(&[root], 5)], &[]).unwrap();
    place
        .add(&[&list(&fr, &[root], Some(day(2025, 6)))], &[])
        .unwrap();
}

#[test]
fn one_publisher_does_not_speak_for_another() {
    let (place, [de, fr, _]) = chosen();
    let root = &fr.csca.certificate;
    let french = list(&fr, &[root], Some(day(2025, 4)));
    place.add(&[&french], &[print(root)]).unwrap();
    // The other list brings a root of that state, which would sign the state's next list.
    let other = country("FR");
    let other = under(namesake(&other, &[7, 7]), other);
    let german = list(
        &de,
        &[&de.csca.certificate, &other.csca.certificate],
        Some(day(2025, 5)),
    );
    place.add(&[&german], &[]).unwrap();
    let displacing = list(&other, &[&other.csca.certificate], Some(day(2025, 6)));
    place.refuses(&[&displacing], &[], "trust.list_publisher");
    // And the state's own goes on.
    place
        .add(&[&list(&fr, &[root], Some(day(2025, 7)))], &[])
        .unwrap();
}

#[test]
fn a_link_leads_from_a_confirmed_root_to_its_next_list() {
    let (place, [de, ..]) = chosen();
    let next = renewed(&de.csca, 4);
    let root = next.root.certificate.clone();
    let de = under(next.root, de);
    let brings = list(&de, &[&root, &next.link], Some(day(2025, 5)));
    let changes = place.add(&[&brings], &[]).unwrap();
    assert!(notes(&changes).is_empty(), "a link leads to it");
    place
        .add(&[&list(&de, &[&root, &next.link], Some(day(2025, 6)))], &[])
        .unwrap();
    let spec = MasterListSpec::new(vec![root, next.link], day(2025, 7));
    place.add(&[&spec.sign(&de.csca).unwrap()], &[]).unwrap();
}

#[test]
fn a_deviation_list_needs_the_chain_alone() {
    let (place, [_, fr, _]) = chosen();
    let key = SignerKey::Ec(Curve::P256).key().unwrap();
    let signer = deviation_list_signer(Name::test("FR", "TEST deviations"))
        .issued_by(&fr.csca, key)
        .unwrap();
    let spec = DeviationListSpec::new(Vec::new(), day(2025, 4));
    let changes = place.add(&[&spec.sign(&signer).unwrap()], &[]).unwrap();
    assert_eq!(count(&changes, Kind::DeviationList, "added"), 1);
}

#[test]
fn of_a_directory_the_lists_of_chosen_publishers_alone_get_in() {
    let (place, [de, fr, vn]) = chosen();
    let fake = namesake(&vn, &[6, 6]).certificate;
    let entry = |bytes: &[u8]| {
        let text = STANDARD.encode(bytes);
        format!("dn: cn=x\npkdMasterListContent:: {text}\n\n")
    };
    let roots = [&de, &fr, &vn].map(|one| one.csca.certificate.as_slice());
    let file = [
        entry(&list(&fr, &[&fake], Some(day(2025, 4)))),
        entry(&list(&de, &roots, Some(day(2025, 5)))),
    ]
    .concat();
    let changes = place.add(&[file.as_bytes()], &[]).unwrap();
    assert_eq!(count(&changes, Kind::MasterList, "replaced"), 1);
    assert_eq!(count(&changes, Kind::MasterList, "trust.list_publisher"), 1);
    assert_eq!(place.trust().anchors_for("VN").count(), 1);
    let french = entry(&list(&fr, &[&fake], Some(day(2025, 4))));
    place.refuses(&[french.as_bytes()], &[], "trust.nothing");
}

#[test]
fn a_namesake_of_a_confirmed_root_is_told() {
    let (place, [de, _, vn]) = chosen();
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let other = namesake(&vn, &[6, 6]).certificate;
    let next = renewed(&vn.csca, 8);
    let brings = [
        root,
        &other,
        &next.link,
        &next.root.certificate,
        &de.csca.certificate,
    ]
    .map(Vec::as_slice);
    let changes = place
        .add(&[&list(&de, &brings, Some(day(2025, 5)))], &[])
        .unwrap();
    let told: Vec<[u8; 32]> = changes
        .iter()
        .filter(|change| !change.item.notes.is_empty())
        .map(|change| change.item.fingerprint)
        .collect();
    assert_eq!(told, [print(&other)]);
    let anchor = print(root);
    assert_eq!(notes(&changes), [Note::SameName { anchor }]);
    assert_eq!(place.trust().anchors_for("VN").count(), 3);
}

#[test]
fn a_removed_root_says_which_lists_rest_on_it() {
    let (place, [de, ..]) = chosen();
    let root = print(&de.csca.certificate);
    let kept = place.kept().entries();
    let found = kept.iter().find(|one| one.kind == Kind::MasterList);
    let [note] = notes(&place.remove(root)).try_into().unwrap();
    let expected = Note::VouchedFor {
        kind: Kind::MasterList,
        list: found.unwrap().fingerprint,
        state: Some("DE".to_owned()),
    };
    assert_eq!(note, expected);
    assert_eq!(place.trust().anchors_for("FR").count(), 1, "it stays");
}
