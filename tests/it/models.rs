//! The time at which things must be valid: the models that a policy may ask for, a clock that cannot
//! be right, and the last day of a document.

use cancuoc::crypto::curve::Curve;
use cancuoc::error::NextAction;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::TrustStore;
use cancuoc::sim::keys;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::sim::pki::signing_key::SigningKey;
use cancuoc::verify::Check;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use jiff::civil::date;

use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::authority;
use crate::support::forge::find;
use crate::support::forge::linked;
use crate::support::forge::signer;
use crate::support::forge::trusting;

fn judged(scene: Scene) -> Report {
    scene.inspect().unwrap().report
}

fn fact<'a>(outcome: &'a Outcome, name: &str) -> Option<&'a str> {
    outcome.facts().get(name).map(String::as_str)
}

fn policy(text: &str) -> Policy {
    Policy::parse(&format!("name = \"x\"\n{text}")).unwrap()
}

/// The ordinary card, under a signer whose certificate has ended since.
fn signer_is_over() -> Scene {
    Scene::an().signed_by(&signer(|spec| {
        spec.validity.1 = date(2026, 6, 1).at(0, 0, 0, 0);
    }))
}

/// A list of November 2026 with these serial numbers.
fn list(revoked: &[&[u8]], issuer: &Entity) -> Crl {
    let list = RevocationListSpec {
        this_update: date(2026, 11, 1).at(0, 0, 0, 0),
        next_update: date(2027, 2, 1).at(0, 0, 0, 0),
        number: 17,
        revoked: revoked.iter().map(|serial| serial.to_vec()).collect(),
    };
    Crl::decode(&list.sign(issuer).unwrap()).unwrap()
}

/// The ordinary card, and such a list of its authority.
fn with_list(revoked: &[&[u8]]) -> Scene {
    let crl = list(revoked, &TestPki::shipped().unwrap().csca);
    Scene::an().but(|scene| scene.trust.add_crl(crl))
}

/// An anchor, and a link below it.
fn trusting_link(anchor: &Entity, link: &Entity) -> TrustStore {
    let mut trust = trusting(&[&anchor.certificate]);
    trust.add_link(Certificate::decode(&link.certificate).unwrap());
    trust
}

#[test]
fn a_signer_that_is_over_counts_against_the_document_in_the_shell_model_alone() {
    for (model, code, verdict) in [
        ("chain", "validity.in_force", Verdict::Genuine),
        ("hybrid", "validity.in_force", Verdict::Genuine),
        ("shell", "validity.signer_out_of_date", Verdict::NotInForce),
    ] {
        let policy = policy(&format!("model = \"{model}\""));
        let report = judged(signer_is_over().but(|scene| scene.policy = policy));
        let validity = &report.checks().validity;
        assert_eq!(validity.code(), code, "{model}");
        assert_eq!(fact(validity, "signer_today"), Some("over"));
        assert_eq!(fact(&report.checks().signer_chain, "model"), Some(model));
        assert_eq!(report.verdict(), verdict, "{model}");
    }
    let report = judged(Scene::an());
    assert_eq!(
        fact(&report.checks().validity, "signer_today"),
        Some("valid")
    );
}

#[test]
fn the_chain_names_what_it_rests_on() {
    let report = judged(Scene::an());
    let chain = &report.checks().signer_chain;
    for name in [
        "anchor_sha256",
        "anchor_subject",
        "anchor_not_before",
        "anchor_not_after",
        "signer_sha256",
        "signer_subject",
        "country",
        "provenance",
        "scheme",
        "key",
        "model",
    ] {
        assert!(fact(chain, name).is_some(), "{name}");
    }
}

#[test]
fn a_list_that_was_asked_is_named() {
    let report = judged(with_list(&[]));
    let revocation = &report.checks().revocation;
    assert_eq!(revocation.code(), "revocation.good");
    assert_eq!(fact(revocation, "crl_number"), Some("17"));
    assert_eq!(
        fact(revocation, "this_update"),
        Some("2026-11-01T00:00:00Z")
    );
    assert_eq!(
        fact(revocation, "next_update"),
        Some("2027-02-01T00:00:00Z")
    );
    assert_eq!(fact(revocation, "crl_sha256").map(str::len), Some(64));
    let serial = TestPki::shipped().unwrap().signer.spec.serial.clone();
    let report = judged(with_list(&[&serial]));
    let revocation = &report.checks().revocation;
    assert_eq!(revocation.code(), "revocation.revoked");
    assert!(fact(revocation, "since").is_some());
    assert_eq!(fact(revocation, "reason"), Some("not said"));
}

#[test]
fn a_policy_may_ask_for_younger_lists_than_their_issuer() {
    for (days, code) in [(29, "revocation.stale"), (31, "revocation.good")] {
        let policy = policy(&format!("crl_age_days = {days}"));
        let report = judged(with_list(&[]).but(|scene| scene.policy = policy));
        assert_eq!(report.checks().revocation.code(), code, "{days} days");
    }
}

#[test]
fn a_doubtful_clock_leaves_open_what_asks_for_today_and_nothing_else() {
    let early = "2026-10-01T00:00:00Z";
    let report = judged(with_list(&[]).but(|scene| scene.now = at(early)));
    for (check, code) in [
        (Check::SignerChain, "chain.clock_doubtful"),
        (Check::Revocation, "revocation.clock_doubtful"),
        (Check::Validity, "validity.clock_doubtful"),
        (Check::SodSignature, "sod.signed"),
    ] {
        assert_eq!(report.checks().outcome(check).code(), code);
    }
    assert_eq!(report.verdict(), Verdict::Inconclusive);
    assert_eq!(report.next_action(), NextAction::CheckClock);
    let serial = TestPki::shipped().unwrap().signer.spec.serial.clone();
    let report = judged(with_list(&[&serial]).but(|scene| scene.now = at(early)));
    assert_eq!(report.checks().revocation.code(), "revocation.revoked");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
    let late = Scene::an()
        .sod(|sod| sod.signing_time = Some(date(2021, 1, 31).at(0, 0, 0, 0)))
        .but(|scene| scene.now = at(early));
    let report = judged(late);
    let validity = report.checks().validity.code();
    assert_eq!(validity, "validity.signed_outside_period");
}

#[test]
fn a_document_is_good_through_its_last_day_where_it_is_used() {
    let last = find("an").citizen.expires.unwrap();
    assert_eq!(last, date(2035, 8, 17));
    let validity = |code: &str, now: &str| {
        let mut persona = find("an");
        code.clone_into(&mut persona.chip.document.code);
        let scene = Scene::of(persona).but(|scene| scene.now = at(now));
        judged(scene).checks().validity.code()
    };
    let (good, over) = ("validity.in_force", "validity.document_expired");
    for (code, now, expected) in [
        // The day ends in Vietnam.
        ("ID", "2035-08-17T16:59:59Z", good),
        ("ID", "2035-08-17T17:00:00Z", over),
        // The day ends at the last place on Earth.
        ("P", "2035-08-18T11:59:59Z", good),
        ("P", "2035-08-18T12:00:00Z", over),
    ] {
        assert_eq!(validity(code, now), expected, "{code} at {now}");
    }
}

#[test]
fn the_hybrid_model_asks_of_every_authority_that_it_was_valid_when_the_document_was_signed() {
    // The operator has the new root alone, and a link from it to the old key that is younger than the
    // document.
    let old = authority(|_| {});
    let next = || SigningKey::Ec(keys::ec(Curve::P384, "next CSCA").unwrap());
    let judged_under = |model: &str, link_begins| {
        let mut spec = old.spec.clone();
        spec.serial = vec![0x21, 0x43];
        spec.validity.0 = date(2020, 6, 1).at(0, 0, 0, 0);
        let new_root = spec.clone().self_signed(next()).unwrap();
        spec.serial = vec![0x21, 0x44];
        spec.validity.0 = link_begins;
        let over_old = authority(|_| {}).key;
        let link = spec.issued_by(&new_root, over_old).unwrap();
        let policy = policy(&format!("model = \"{model}\""));
        judged(Scene::an().but(|scene| {
            scene.trust = trusting_link(&new_root, &link);
            scene.policy = policy;
        }))
    };
    let [before, after] = [2020, 2024].map(|year| date(year, 7, 1).at(0, 0, 0, 0));
    for (model, link_begins, code, verdict) in [
        ("chain", after, "chain.anchored", Verdict::Genuine),
        ("shell", after, "chain.anchored", Verdict::Genuine),
        ("hybrid", after, "chain.anchor_period", Verdict::NotGenuine),
        ("hybrid", before, "chain.anchored", Verdict::Genuine),
    ] {
        let report = judged_under(model, link_begins);
        let chain = &report.checks().signer_chain;
        assert_eq!(chain.code(), code, "{model} {link_begins}");
        assert_eq!(report.verdict(), verdict, "{model} {link_begins}");
        assert_eq!(fact(chain, "links").is_some(), code == "chain.anchored");
    }
}

#[test]
fn a_link_that_was_revoked_carries_nobody() {
    let (old, link, signer) = linked();
    let under = |crl: Option<Crl>| {
        judged(Scene::an().signed_by(&signer).but(|scene| {
            scene.trust = trusting_link(&old, &link);
            if let Some(crl) = crl {
                scene.trust.add_crl(crl);
            }
        }))
    };
    assert_eq!(under(None).verdict(), Verdict::Genuine);
    let other = list(&[&[0x55]], &old);
    assert_eq!(
        under(Some(other)).checks().revocation.code(),
        "revocation.good"
    );
    let report = under(Some(list(&[&link.spec.serial], &old)));
    assert_eq!(report.checks().revocation.code(), "revocation.revoked");
    assert_eq!(report.verdict(), Verdict::NotGenuine);
    assert_eq!(report.checks().chip.code(), "chip.not_vouched");
}
