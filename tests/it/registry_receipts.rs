//! A registry's signed answer in a report: kept as it was signed, and looked at again elsewhere.

use cancuoc::attest::check::Here;
use cancuoc::attest::check::Test;
use cancuoc::attest::check::check;
use cancuoc::attest::signed::SignedReport;
use cancuoc::crypto::random::System;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::CardStatus;
use cancuoc::registry::Context;
use cancuoc::registry::Person;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::registry::Source;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Expecting;
use cancuoc::registry::message::Nonce;
use cancuoc::registry::message::QuestionId;
use cancuoc::registry::message::encode_answer;
use cancuoc::registry::message::encode_question;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::render::answer;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::seal::key::DeviceId;
use cancuoc::seal::key::DeviceKey;
use cancuoc::verify::Check;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use cancuoc::workflow::Inspected;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::support::forge::NOW;
use crate::support::forge::Scene;

/// A registry with a key, which says this of every card, over the wire as it is on one.
struct Signing {
    key: DeviceKey,
    status: CardStatus,
    person: Person,
    age: SignedDuration,
    source: Source,
}

impl Signing {
    fn confirming() -> Self {
        Self {
            key: DeviceKey::generate(&mut System).unwrap(),
            status: CardStatus::Active,
            person: Person::InForce,
            age: SignedDuration::ZERO,
            source: Source::Register,
        }
    }
}

impl Registry for Signing {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        let now: Timestamp = NOW.parse().unwrap();
        let mut query = query.clone();
        query.context = Context {
            procedure: Procedure::new("1.004222"),
            case: Case::new("H26-0001"),
            officer: Officer::new("cb-0417"),
            device: Device::new("quay-3"),
            agency: None,
        };
        let id = QuestionId::random(&mut System).unwrap();
        let nonce = Nonce::random(&mut System).unwrap();
        let question = encode_question(&query, &id, &nonce, now, None).unwrap();
        let asked = Asked::decode(&question).unwrap();
        let of = |there: bool| match there {
            true => Agreement::Match,
            false => Agreement::NotSupplied,
        };
        let attributes = &query.attributes;
        let agreements = Agreements {
            number: of(query.card.number.is_some()),
            name: of(attributes.name.is_some()),
            birth: of(attributes.birth.is_some()),
            sex: of(attributes.sex.is_some()),
            nationality: of(attributes.nationality.is_some()),
            document_number: of(attributes.document_number.is_some()),
            expiry: of(attributes.expiry.is_some()),
        };
        let mut answer = Answer::new(self.status, agreements, now - self.age, now);
        answer.person = self.person;
        answer.source = self.source;
        let said = encode_answer(&answer, &[], &asked, &self.key).unwrap();
        let trusted = [self.key.public().id()];
        Expecting::new(&query, &id, &nonce, &question, &trusted).read(&said, now)
    }
}

fn inspected(registry: Signing, policy: &str) -> Inspected {
    let scene = Scene::an().but(|scene| {
        scene.registry = Some(Box::new(registry));
        scene.policy = Policy::named(policy).unwrap().clone();
    });
    scene.inspect().unwrap()
}

fn report(inspected: &Inspected) -> Value {
    let mut report = json::report(&inspected.report, Times::default(), &Reveal::nothing());
    let members = answer::members(inspected.answer.as_ref().unwrap());
    report.as_object_mut().unwrap().extend(members);
    report
}

/// The code of the test of the registry's answer, if there was one.
fn code(report: &Value, registries: &[DeviceId]) -> Option<&'static str> {
    let report = SignedReport::decode(report.to_string().as_bytes()).unwrap();
    let here = Here {
        devices: &[],
        trust: &cancuoc::pki::store::TrustStore::empty(),
        policies: Policy::shipped(),
        registries,
        now: NOW.parse().unwrap(),
    };
    let checked = check(&report, &here, None);
    let found = checked
        .tests()
        .iter()
        .find(|(test, _)| *test == Test::Registry);
    found.map(|(_, outcome)| outcome.code())
}

#[test]
fn the_answer_in_a_report_is_looked_at_again() {
    let registry = Signing::confirming();
    let key = registry.key.public().id();
    let inspected = inspected(registry, "counter");
    assert_eq!(inspected.report.verdict(), Verdict::Genuine);
    let whole = report(&inspected);
    let evidence = &whole["checks"]["registry"]["evidence"];
    assert_eq!(evidence["registry_key_sha256"], key.to_string());
    assert_eq!(evidence["source"], "register");
    assert_eq!(code(&whole, &[key]), Some("report.registry_answered"));
    assert_eq!(code(&whole, &[]), Some("report.registry_unknown"));

    let contradicts = Some("report.registry_contradicts");
    let changed = |place: &str, value: Value| {
        let mut other = whole.clone();
        *other.pointer_mut(place).unwrap() = value;
        code(&other, &[key])
    };
    for (place, value) in [
        ("/registry_answer/card/status", json!("revoked")),
        ("/registry_answer/person/status", json!("deceased")),
        ("/registry_answer/data_as_of", json!("2020-01-01T00:00:00Z")),
        ("/registry_answer/signature/value", json!("AAAA")),
        ("/registry_question/purpose/case", json!("H26-0002")),
        ("/registry_question/card/number", json!("048055000456")),
        ("/checks/registry/code", json!("registry.replaced")),
        ("/checks/registry/evidence/answer_sha256", json!("00")),
        ("/sod_sha256", json!("00")),
    ] {
        assert_eq!(changed(place, value), contradicts, "{place}");
    }
    for name in ["registry_answer", "registry_question"] {
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(name).unwrap();
        assert_eq!(code(&less, &[key]), contradicts, "{name}");
    }
    // Another card's answer, genuine in itself.
    let other = Scene::of(crate::support::forge::find("binh")).but(|scene| {
        scene.registry = Some(Box::new(Signing::confirming()));
    });
    let other = report(&other.inspect().unwrap());
    let mut foreign = whole.clone();
    for name in ["registry_answer", "registry_question", "checks"] {
        foreign[name] = other[name].clone();
    }
    assert_eq!(code(&foreign, &[key]), contradicts);
    // No word of a registry, no test of one.
    let mut silent = whole.clone();
    let members = silent.as_object_mut().unwrap();
    members.remove("registry_answer");
    members.remove("registry_question");
    silent["checks"]["registry"]["evidence"] = json!({});
    assert_eq!(code(&silent, &[key]), None);
}

#[test]
fn a_policy_judges_age_and_source_of_an_answer() {
    let code = |registry: Signing, policy: &str| {
        let inspected = inspected(registry, policy);
        inspected.report.checks().outcome(Check::Registry).code()
    };
    let aged = |days: i64| Signing {
        age: SignedDuration::from_hours(24 * days),
        ..Signing::confirming()
    };
    assert_eq!(code(aged(29), "counter"), "registry.confirmed");
    assert_eq!(code(aged(31), "counter"), "registry.stale");
    assert_eq!(code(aged(8), "kiosk"), "registry.stale");
    assert_eq!(code(aged(2), "border-strict"), "registry.stale");
    assert_eq!(code(aged(3000), "ci-simulator"), "registry.confirmed");
    let snapshot = || Signing {
        source: Source::Snapshot { revision: 7 },
        ..Signing::confirming()
    };
    assert_eq!(code(snapshot(), "counter"), "registry.not_listed");
    assert_eq!(code(snapshot(), "border-strict"), "registry.offline");
    // What speaks against the card counts however old it is, and whoever says so.
    let revoked = Signing {
        status: CardStatus::Revoked,
        source: Source::Snapshot { revision: 7 },
        ..aged(400)
    };
    assert_eq!(code(revoked, "border-strict"), "registry.revoked");
    for (person, expected) in [
        (Person::Deceased, "registry.person_deceased"),
        (Person::Cancelled, "registry.person_cancelled"),
        // A register that knows the card knows its holder.
        (Person::NotOnFile, "registry.bad_answer"),
    ] {
        let registry = Signing {
            person,
            ..Signing::confirming()
        };
        assert_eq!(code(registry, "counter"), expected);
    }
}
