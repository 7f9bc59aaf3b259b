//! The store that `cancuoc trust` keeps: what gets in, what does not, and that a refusal leaves every
//! byte of it as it was.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use cancuoc::crypto::curve::Curve;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::renewal::RenewalSpec;
use cancuoc::trust::folder;
use cancuoc::trust::holding::MAX_FILE;
use cancuoc::trust::kept::Confirmed;
use cancuoc::trust::kept::Kept;
use cancuoc::trust::kept::Kind;

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
use super::support::publish::missigned;
use super::support::publish::namesake;

#[test]
fn an_anchor_gets_in_by_its_fingerprint_alone() {
    let place = Place::new();
    let root = country("VN").csca.certificate;
    let proposal = place.propose(&[&root], &[]).unwrap();
    assert_eq!(proposal.needs().len(), 1);
    assert_eq!(proposal.needs()[0].item.fingerprint, print(&root));
    assert!(!proposal.is_empty());
    place.refuses(&[&root], &[], "trust.unconfirmed");
    place.refuses(&[&root], &[[7; 32]], "trust.unconfirmed");
    assert!(!place.path().exists(), "not a trace of a refusal");

    let changes = place.add(&[&root], &[print(&root)]).unwrap();
    assert_eq!(count(&changes, Kind::Anchor, "added"), 1);
    let confirmed = Some(Confirmed::Fingerprint(print(&root)));
    assert_eq!(changes[0].item.confirmed, confirmed);
    let entries = place.kept().entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].added, now());
    assert!(entries[0].private_key_usage.is_some());
    let trust = place.trust();
    let file = "file".to_owned();
    let operator = Provenance::Operator { file };
    assert_eq!(trust.anchors()[0].provenance, operator);

    let before = place.state();
    let again = place.add(&[&root, &root], &[]).unwrap();
    assert_eq!(count(&again, Kind::Anchor, "present"), 2);
    assert_eq!(place.state(), before, "nothing to write");
}

#[test]
fn a_bundle_may_hold_one_thing_twice() {
    let place = Place::new();
    let root = country("VN").csca.certificate;
    let text = STANDARD.encode(&root);
    let block = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let bundle = format!("{block}{block}");
    let changes = place.add(&[bundle.as_bytes()], &[print(&root)]).unwrap();
    assert_eq!(count(&changes, Kind::Anchor, "added"), 1);
    assert_eq!(count(&changes, Kind::Anchor, "present"), 1);
    assert_eq!(place.trust().anchors().len(), 1);
}

#[test]
fn a_link_leads_to_the_next_key_in_any_order() {
    let old = country("VN").csca;
    let spec = RenewalSpec {
        subject: None,
        validity: (day(2025, 6), day(2045, 6)),
        number: 9,
    };
    let new = spec
        .sign(&old, SignerKey::Ec(Curve::P256).key().unwrap())
        .unwrap();
    let root = new.root.certificate;
    for files in [[&new.link, &root], [&root, &new.link]] {
        let place = Place::new();
        place.refuses(&[&new.link], &[], "trust.link_unknown");
        place
            .add(&[&old.certificate], &[print(&old.certificate)])
            .unwrap();
        place.refuses(&[&root], &[], "trust.same_name");
        let changes = place.add(&files.map(Vec::as_slice), &[]).unwrap();
        let anchor = changes
            .iter()
            .find(|change| change.item.kind == Kind::Anchor);
        let confirmed = anchor.unwrap().item.confirmed;
        assert_eq!(confirmed, Some(Confirmed::Link(print(&new.link))));
        assert_eq!(place.trust().anchors().len(), 2);
        assert_eq!(place.trust().links().len(), 1);
    }
}

#[test]
fn what_breaks_a_rule_is_refused_and_nothing_is_changed() {
    let place = Place::new();
    let vn = country("VN");
    let de = country("DE");
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();

    for (bytes, code) in [
        (&b""[..], "trust.malformed"),
        (b"words", "trust.malformed"),
        (&root[..root.len() / 2], "trust.malformed"),
        // A certificate of a billion octets, and one that ends in the middle of its length.
        (b"\x30\x84\x40\x00\x00\x00\x30", "trust.malformed"),
        (b"\x30\x84", "trust.malformed"),
    ] {
        place.refuses(&[bytes], &[], code);
    }
    let mut long = vec![0x30; MAX_FILE + 1];
    place.refuses(&[&long], &[], "trust.too_large");
    long.pop();
    place.refuses(&[&long], &[], "trust.malformed");

    let other = namesake(&vn, &[5, 5]).certificate;
    let same = namesake(&vn, &vn.csca.spec.serial).certificate;
    place.refuses(&[&other], &[print(&other)], "trust.same_name");
    place.refuses(&[&same], &[print(&same)], "trust.same_serial");
    let wrong = missigned(&de.csca.certificate);
    place.refuses(&[&wrong], &[print(&wrong)], "trust.self_signature");
    place.refuses(&[&de.signer.certificate], &[], "trust.signer_unknown");
    // One bad thing keeps the good ones out.
    let good = &vn.signer.certificate;
    place.refuses(&[good, &de.signer.certificate], &[], "trust.signer_unknown");

    let late = day(2026, 5);
    place.refuses(&[&crl(&de, 1, late, &[9])], &[], "trust.crl_foreign");
    let wrong = missigned(&crl(&vn, 1, late, &[9]));
    place.refuses(&[&wrong], &[], "trust.crl_unsigned");
    let future = crl(&vn, 1, day(2026, 7), &[9]);
    place.refuses(&[&future], &[], "trust.not_yet");

    // Two of one name in one file, neither of which is there yet.
    let [one, two] = [&de.csca.certificate, &namesake(&de, &[5, 5]).certificate];
    let both = [print(one), print(two)];
    place.refuses(&[one, two], &both, "trust.same_name");
    let changes = place.add_so(&[one, two], &both, true).unwrap();
    assert_eq!(count(&changes, Kind::Anchor, "added"), 2);
    let fault = place.add_so(&[&other], &[], true).unwrap_err();
    assert_eq!(fault.code(), "trust.same_name", "both are needed");
}

#[test]
fn a_crl_gives_way_to_a_newer_one_alone() {
    let place = Place::new();
    let vn = country("VN");
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let made = |number, month| crl(&vn, number, day(2026, month), &[9]);
    place.add(&[&made(7, 3)], &[]).unwrap();
    place.refuses(&[&made(6, 4)], &[], "trust.older");
    place.refuses(&[&made(8, 2)], &[], "trust.older");
    let changes = place.add(&[&made(256, 4)], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Crl, "replaced"), 1);
    assert_eq!(place.trust().crls().len(), 1);
    place.remove(file_digest(&made(256, 4)));
    place.refuses(&[&made(7, 3)], &[], "trust.older");
}

#[test]
fn a_directory_gives_what_is_good_in_it() {
    let vn = country("VN");
    let de = country("DE");
    let entry = |kind: &str, bytes: &[u8]| {
        format!("dn: cn=x,c=VN\n{kind}:: {}\n\n", STANDARD.encode(bytes))
    };
    let torn = &vn.signer.certificate[..90];
    let bad = [
        entry("userCertificate;binary", &de.signer.certificate),
        entry("userCertificate;binary", b"\x30\x03\x02\x01\x00"),
    ]
    .concat();
    let whole = [
        "version: 1\n".to_owned(),
        bad.clone(),
        entry("userCertificate;binary", &vn.signer.certificate),
        entry(
            "certificateRevocationList;binary",
            &crl(&vn, 1, day(2026, 3), &[9]),
        ),
    ]
    .concat();
    let place = Place::new();
    place.refuses(&[whole.as_bytes()], &[], "trust.nothing");
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let cut = format!("{whole}{}", entry("userCertificate", torn));
    place.refuses(&[cut.as_bytes()], &[], "trust.malformed");
    place.refuses(&[bad.as_bytes()], &[], "trust.nothing");
    let changes = place.add(&[whole.as_bytes()], &[]).unwrap();
    let words: Vec<&str> = changes.iter().map(|change| word(&change.what)).collect();
    assert_eq!(words.iter().filter(|word| **word == "added").count(), 2);
    assert!(words.contains(&"trust.signer_unknown"));
    assert!(words.contains(&"trust.malformed"));
    assert_eq!(place.trust().signers().len(), 1);
}

#[test]
fn damage_is_seen_and_named() {
    let place = Place::new();
    let root = country("VN").csca.certificate;
    place.add(&[&root], &[print(&root)]).unwrap();
    let code = || {
        let mut store = TrustStore::empty();
        let fault = folder::load(&mut store, place.path()).unwrap_err();
        assert!(store.anchors().is_empty());
        (fault.code(), fault.subject().unwrap())
    };
    for (path, bytes) in place.state() {
        if path.ends_with("cancuoc-trust.lock") {
            continue;
        }
        for at in (0..bytes.len()).step_by(7) {
            fs::write(&path, flipped(&bytes, at)).unwrap();
            let (code, subject) = code();
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(
                code == "trust.corrupt" && subject.ends_with(name) || code == "trust.schema",
                "{code} {subject}"
            );
        }
        fs::write(&path, &bytes).unwrap();
    }
    let object = place.path().join("objects").join(hex::encode(print(&root)));
    fs::remove_file(&object).unwrap();
    assert_eq!(code().0, "trust.corrupt");
    let index = place.path().join("cancuoc-trust.json");
    let newer = fs::read_to_string(&index)
        .unwrap()
        .replace("cancuoc.trust/1", "cancuoc.trust/2");
    fs::write(&index, newer).unwrap();
    let newer = ("trust.schema", "cancuoc.trust/2".to_owned());
    assert_eq!(code(), newer);
}

#[test]
fn a_plain_folder_is_not_kept_and_two_changes_do_not_mix() {
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    let file = place.path().join("root.cer");
    let root = country("VN").csca.certificate;
    fs::write(&file, &root).unwrap();
    for fault in [
        Kept::open(place.path()).unwrap_err(),
        Kept::create(place.path()).unwrap_err(),
    ] {
        assert_eq!(fault.code(), "trust.not_kept");
    }
    assert_eq!(place.trust().anchors().len(), 1);
    fs::remove_file(&file).unwrap();

    let de = country("DE").csca.certificate;
    let [mut one, mut two] = [place.kept(), place.kept()];
    let propose = |root: &[u8]| place.propose(&[root], &[print(root)]).unwrap();
    let [first, second] = [propose(&root), propose(&de)];
    one.apply(first).unwrap();
    let before = place.state();
    let fault = two.apply(second).unwrap_err();
    assert_eq!(fault.code(), "trust.changed");
    assert_eq!(place.state(), before);
}
