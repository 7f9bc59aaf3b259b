//! Many document signers in the store that `cancuoc trust` keeps, as a directory brings them.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use cancuoc::crypto::curve::Curve;
use cancuoc::sim::pki::SignerKey;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::CertificateSpec;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::trust::kept::Kept;
use cancuoc::trust::kept::Kind;

use super::support::kept::Place;
use super::support::kept::count;
use super::support::kept::print;
use super::support::publish::country;
use super::support::publish::flipped;

/// How many signers each state has.
const MANY: u8 = 40;

/// A signer of a state.
fn signer(pki: &TestPki, number: u8) -> Vec<u8> {
    let name = Name::test(&pki.csca.spec.subject.country, "TEST signer");
    let mut spec = CertificateSpec::document_signer(name);
    spec.serial = vec![0x51, number];
    let key = SignerKey::Ec(Curve::P256).key().unwrap();
    spec.issued_by(&pki.csca, key).unwrap().certificate
}

/// A directory with these certificates.
fn directory(certificates: &[Vec<u8>]) -> Vec<u8> {
    let entry = |bytes: &Vec<u8>| {
        let text = STANDARD.encode(bytes);
        format!("dn: cn=x\nuserCertificate;binary:: {text}\n\n")
    };
    let entries: String = certificates.iter().map(entry).collect();
    entries.into_bytes()
}

#[test]
fn many_signers_of_one_authority_are_one_object() {
    let place = Place::new();
    let states = ["VN", "DE"].map(country);
    let roots = [0, 1].map(|at: usize| states[at].csca.certificate.as_slice());
    place.add(&roots, &roots.map(print)).unwrap();
    let all: Vec<Vec<u8>> = states
        .iter()
        .flat_map(|state| (0..MANY).map(|number| signer(state, number)))
        .collect();
    let whole = directory(&all);
    let changes = place.add(&[&whole], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Signer, "added"), all.len());
    let objects = fs::read_dir(place.path().join("objects")).unwrap();
    assert_eq!(objects.count(), 4, "two roots, and the signers of each");
    assert_eq!(place.trust().signers().len(), all.len());
    let kept = place.kept();
    let of_kind = |kind| kept.entries().iter().filter(|one| one.kind == kind).count();
    assert_eq!(of_kind(Kind::Signer), all.len());

    // What is there already is not taken twice; what is new comes beside it.
    let before = place.state();
    let again = place.add(&[&whole], &[]).unwrap();
    assert_eq!(count(&again, Kind::Signer, "present"), all.len());
    assert_eq!(place.state(), before);
    let more = signer(&states[0], MANY);
    let grown = directory(&[all[3].clone(), more.clone(), more]);
    let changes = place.add(&[&grown], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Signer, "added"), 1);
    assert_eq!(count(&changes, Kind::Signer, "present"), 2);
    assert_eq!(place.trust().signers().len(), all.len() + 1);

    // One of them goes, and stays out until its fingerprint is given.
    let gone = &all[5];
    let removed = place.remove(print(gone));
    assert_eq!(count(&removed, Kind::Signer, "removed"), 1);
    assert_eq!(place.trust().signers().len(), all.len());
    let changes = place.add(&[&whole], &[]).unwrap();
    assert_eq!(count(&changes, Kind::Signer, "excluded"), 1);
    place.add(&[gone], &[print(gone)]).unwrap();
    assert_eq!(place.trust().signers().len(), all.len() + 1);
}

#[test]
fn damage_in_an_object_of_many_signers_is_seen() {
    let place = Place::new();
    let vn = country("VN");
    let root = &vn.csca.certificate;
    place.add(&[root], &[print(root)]).unwrap();
    let all: Vec<Vec<u8>> = (0..3).map(|number| signer(&vn, number)).collect();
    place.add(&[&directory(&all)], &[]).unwrap();
    let state = place.state();
    let (path, bytes) = state
        .iter()
        .max_by_key(|(path, bytes)| {
            let object = path
                .parent()
                .is_some_and(|folder| folder.ends_with("objects"));
            (object, bytes.len())
        })
        .unwrap();
    for at in (0..bytes.len()).step_by(61) {
        fs::write(path, flipped(bytes, at)).unwrap();
        let fault = Kept::open(place.path()).unwrap_err();
        assert_eq!(fault.code(), "trust.corrupt");
    }
}
