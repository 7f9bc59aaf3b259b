//! What the issuing state's own deviation lists say of a card.

use cancuoc::crypto::hash::Hash;
use cancuoc::pki::deviation_list::DeviationList;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::certificate::Name;
use cancuoc::sim::pki::deviation_list::DescriptionSpec;
use cancuoc::sim::pki::deviation_list::DeviationListSpec;
use cancuoc::sim::pki::deviation_list::DeviationSpec;
use cancuoc::sim::pki::deviation_list::NamedSigner;
use cancuoc::sim::pki::deviation_list::deviation_list_signer;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use jiff::civil::date;

use crate::support::forge::Scene;
use crate::support::forge::authority;
use crate::support::forge::reissued;
use crate::support::forge::signer_key;

/// A deviation list of a country with one entry.
fn list(country: &str, deviation: DeviationSpec) -> DeviationList {
    let root = authority(|spec| spec.subject = Name::test(country, "TEST CSCA"));
    let signer = deviation_list_signer(Name::test(country, "TEST deviations"))
        .issued_by(&root, signer_key())
        .unwrap();
    let mut spec = DeviationListSpec::new(vec![deviation], date(2026, 5, 1).at(0, 0, 0, 0));
    spec.digest_algorithm = Some(Hash::Sha256);
    DeviationList::decode(&spec.sign(&signer).unwrap()).unwrap()
}

fn deviation(signer: Option<NamedSigner>, kind: &[u8]) -> DeviationSpec {
    DeviationSpec {
        signer,
        descriptions: vec![DescriptionSpec::of(kind)],
        ..DeviationSpec::default()
    }
}

fn judged(scene: Scene, list: Option<DeviationList>) -> Report {
    let scene = scene.but(|scene| {
        if let Some(list) = list {
            scene.trust.add_deviation_list(list);
        }
    });
    scene.inspect().unwrap().report
}

fn is_listed(report: &Report) -> bool {
    report.deviations().contains(&"deviation.listed")
}

#[test]
fn what_a_state_says_of_its_documents_is_told() {
    let wrong_data = || deviation(None, &[3, 1]);
    let report = judged(Scene::an(), Some(list("VN", wrong_data())));
    assert!(is_listed(&report), "{:?}", report.deviations());
    let facts = report.checks().signer_chain.facts();
    assert_eq!(
        facts.get("listed").map(String::as_str),
        Some("id-Deviation-MRZ-WrongData")
    );
    assert_eq!(report.verdict(), Verdict::Genuine);
    // Another state speaks of its own documents.
    let report = judged(Scene::an(), Some(list("DE", wrong_data())));
    assert!(!is_listed(&report), "{:?}", report.deviations());
    let other = deviation(Some(NamedSigner::SubjectKeyId(vec![1; 20])), &[3, 1]);
    assert!(!is_listed(&judged(Scene::an(), Some(list("VN", other)))));
}

#[test]
fn a_certificate_that_names_a_wrong_hash_passes_by_the_word_of_its_state_alone() {
    let TestPki { csca, signer, .. } = TestPki::shipped().unwrap();
    // It says SHA-384, and is signed with SHA-256.
    let certificate = reissued(&signer.certificate, &csca.key, Hash::Sha256, <[u8]>::to_vec);
    let digest = Hash::Sha256.digest(&[&certificate]);
    let misnamed = Entity {
        certificate,
        ..signer
    };
    let scene = || Scene::an().signed_by(&misnamed);
    let code = |list| {
        let report = judged(scene(), list);
        (report.checks().signer_chain.code(), report.verdict())
    };
    let named = || Some(NamedSigner::Digest(digest.clone()));
    let wrong = ("chain.signature_wrong", Verdict::NotGenuine);
    assert_eq!(code(None), wrong);
    // About every document of the state, about another thing, or by another state.
    assert_eq!(code(Some(list("VN", deviation(None, &[1, 1])))), wrong);
    assert_eq!(code(Some(list("VN", deviation(named(), &[2, 2])))), wrong);
    assert_eq!(code(Some(list("DE", deviation(named(), &[1, 1])))), wrong);
    let excused = list("VN", deviation(named(), &[1, 1]));
    assert_eq!(code(Some(excused)), ("chain.anchored", Verdict::Genuine));
}
