//! What the server answers, to whom, and that the same question gets the same answer.

use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use cancuoc::registry::CitizenNumber;
use cancuoc::registry::RegistryError;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Expecting;

use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;
use crate::support::registry_server::signed_by;

/// The first of the sample citizens.
pub const AN: &str = "036195000123";

/// One of whose card the register has the security object: the number, and an octet of its digest.
const WITH_SOD: (&str, &str) = ("038178001029", "6b");

/// A question that the first of the sample citizens' register confirms.
pub fn right(stand: &Stand) -> Value {
    let mut question = stand.question(AN);
    question["attributes"] = json!({"name": "Nguyễn Thị Mẫu An", "birth": "1995-08-17"});
    question
}

#[test]
fn an_answer_is_signed_over_its_question_and_says_what_was_asked() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let question = stand.signed(right(&stand));
    let reply = line.post(&question);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(reply.header("x-request-id").is_some());

    let asked = Asked::decode(&question).unwrap();
    let read = |key| Expecting::of(&asked, &question, &[key]).read(&reply.body, Timestamp::now());
    let answer = read(stand.registry_key).unwrap();
    assert_eq!(answer.decision().word(), "confirmed");
    assert_eq!(
        read(stand.device.public().id()),
        Err(RegistryError::ForeignSigner)
    );
    let another = stand.signed(right(&stand));
    let asked = Asked::decode(&another).unwrap();
    let other = Expecting::of(&asked, &another, &[stand.registry_key]);
    assert_eq!(
        other.read(&reply.body, Timestamp::now()),
        Err(RegistryError::Stale)
    );
}

#[test]
fn facts_are_told_where_the_procedure_and_the_holder_allow_it() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let asking = |question: &Value, facts: Value| {
        let mut question = question.clone();
        question["id"] = stand.question(AN)["id"].clone();
        question["disclose"] = facts;
        question
    };
    let wanted = json!(["permanent_residence", "identity_level"]);
    let told = stand.ask(&mut line, asking(&right(&stand), wanted.clone()));
    assert_eq!(told["disclosed"][0]["kind"], "permanent_residence");
    assert!(
        told["disclosed"][0]["value"]
            .as_str()
            .unwrap()
            .contains("Phố Mẫu")
    );
    assert_eq!(told["withheld"], json!(["identity_level"]));

    // Another procedure, a number alone, a wrong name: nothing.
    let mut marriage = right(&stand);
    marriage["purpose"]["procedure"] = json!("marriage");
    let nameless = stand.question(AN);
    let mut wrong = right(&stand);
    wrong["attributes"]["name"] = json!("Nguyễn Thị Mẫu Ân");
    for question in [marriage, nameless, wrong] {
        let silent = stand.ask(&mut line, asking(&question, wanted.clone()));
        assert_eq!(silent["disclosed"], json!([]), "{silent}");
        assert_eq!(silent["withheld"], wanted);
    }
}

#[test]
fn a_security_object_that_the_register_does_not_know_shows_no_card() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    // Nobody can guess the one that is on file; any other is no more than the number.
    for (number, sod, told) in [
        (WITH_SOD.0, WITH_SOD.1.repeat(32), 1),
        (AN, "77".repeat(32), 0),
    ] {
        let mut question = stand.question(number);
        question["card"]["sod_sha256"] = json!(sod);
        question["disclose"] = json!(["permanent_residence"]);
        let answer = stand.ask(&mut line, question);
        assert_eq!(answer["decision"], "confirmed", "{answer}");
        assert_eq!(answer["disclosed"].as_array().unwrap().len(), told);
    }
}

#[test]
fn the_same_question_gets_the_very_same_answer_and_another_is_refused() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let question = right(&stand);
    let bytes = stand.signed(question.clone());
    let first = line.post(&bytes);
    let mut other_line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(other_line.post(&bytes).body, first.body);
    let mut other = question;
    other["purpose"]["case"] = json!("case-2");
    let refused = line.post(&stand.signed(other.clone()));
    refused.refused(409, "question.reused_id");
    assert_eq!(refused.json()["id"], other["id"]);
    // Ids of another agency are its own.
    other["purpose"]["procedure"] = json!("marriage");
    let mut bank = Line::open(server.address, &stand.pki, Some(&stand.pki.bank)).unwrap();
    stand.ask(&mut bank, other);
    let again = server.figure("cancuoc_registry_requests_total{outcome=\"again\"}");
    assert!((again - 1.0).abs() < f64::EPSILON);
}

#[test]
fn the_same_question_asked_by_many_at_once_is_answered_once() {
    let stand = Arc::new(Stand::new());
    let server = stand.start_with(Some("delay:200"));
    let bytes = Arc::new(stand.signed(right(&stand)));
    let address = server.address;
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let (stand, bytes) = (Arc::clone(&stand), Arc::clone(&bytes));
            thread::spawn(move || {
                let mut line = Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
                line.post(&bytes).body
            })
        })
        .collect();
    let answers: Vec<_> = askers.into_iter().map(|one| one.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let written = server.figure("cancuoc_registry_audit_written_total");
    assert!((written - 1.0).abs() < f64::EPSILON, "{written}");
}

#[test]
fn only_what_is_fresh_signed_and_allowed_is_answered() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let mut refused = |question: Vec<u8>, status, code| {
        line.post(&question).refused(status, code);
    };
    let at = |seconds: i64| {
        let mut question = right(&stand);
        let time = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
        question["asked_at"] = json!(time.to_string());
        stand.signed(question)
    };
    refused(at(-200), 409, "question.stale");
    refused(at(200), 409, "question.future");
    let plain = serde_json::to_vec(&right(&stand)).unwrap();
    refused(plain, 403, "question.unsigned");
    let mut changed: Value = serde_json::from_slice(&stand.signed(right(&stand))).unwrap();
    changed["officer"] = json!("officer-2");
    let changed = serde_json::to_vec(&changed).unwrap();
    refused(changed, 403, "question.wrong_signature");
    let unknown = signed_by(right(&stand), &stand.unknown_device);
    refused(unknown, 403, "question.unknown_device");
    // The key of one device under the name of another.
    let mut named = right(&stand);
    named["device"] = json!("counter-2");
    refused(stand.signed(named), 403, "question.unknown_device");
    let mut procedure = right(&stand);
    procedure["purpose"]["procedure"] = json!("1.000001");
    refused(stand.signed(procedure), 403, "question.unknown_procedure");

    let mut bank = Line::open(server.address, &stand.pki, Some(&stand.pki.bank)).unwrap();
    let residence = bank.post(&stand.signed(right(&stand)));
    residence.refused(403, "question.unknown_procedure");
    let mut stranger = Line::open(server.address, &stand.pki, Some(&stand.pki.stranger)).unwrap();
    let nobody = stranger.post(&stand.signed(right(&stand)));
    nobody.refused(403, "question.agency_unknown");
}

#[test]
fn devices_need_not_sign_where_the_configuration_says_so() {
    let stand = Stand::with("device_signatures = \"optional\"");
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let plain = serde_json::to_vec(&right(&stand)).unwrap();
    assert_eq!(line.post(&plain).status, 200);
    let unknown = signed_by(right(&stand), &stand.unknown_device);
    line.post(&unknown).refused(403, "question.unknown_device");
}

#[test]
fn an_id_is_known_again_after_a_restart() {
    let stand = Stand::new();
    let server = stand.start();
    let open = |address| Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let question = right(&stand);
    let bytes = stand.signed(question.clone());
    let first = open(server.address).post(&bytes);
    assert_eq!(first.status, 200);
    server.stop();

    let server = stand.start();
    let mut line = open(server.address);
    let mut other = question;
    other["officer"] = json!("officer-2");
    line.post(&stand.signed(other))
        .refused(409, "question.reused_id");
    let anew = line.post(&bytes);
    assert_eq!(anew.status, 200, "{}", anew.text());
    assert_eq!(
        anew.json()["question_sha256"],
        first.json()["question_sha256"]
    );
    assert_eq!(line.post(&bytes).body, anew.body);
}

#[test]
fn a_server_that_is_told_to_misbehave_does() {
    let stand = Stand::new();
    let ask = |chaos: &str| {
        let server = stand.start_with(Some(chaos));
        let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
        let replies = [(); 2].map(|()| {
            let question = stand.signed(right(&stand));
            let reply = line.post(&question);
            let asked = Asked::decode(&question).unwrap();
            let expecting = Expecting::of(&asked, &question, &[stand.registry_key]);
            let read = expecting.read(&reply.body, Timestamp::now());
            (reply, read)
        });
        let [_, last] = replies;
        last
    };
    assert_eq!(ask("wrong-signature").1, Err(RegistryError::WrongSignature));
    assert_eq!(ask("replay").1, Err(RegistryError::Stale));
    assert_eq!(ask("skew:300").1, Err(RegistryError::Stale));
    let (reply, _) = ask("5xx:1");
    reply.refused(503, "question.unavailable");
    assert!(reply.header("retry-after").is_some());
    let days = |answer: cancuoc::registry::Answer| answer.age().as_secs() / 86_400;
    assert!(days(ask("stale").1.unwrap()) >= 399);
}

/// The table of test identities in docs/registry.md: number, what is asked with it, and the answer.
#[test]
fn every_row_of_the_test_identities_is_answered_as_it_says() {
    let page = include_str!("../../../docs/registry.md");
    let table = page.split("<!-- test identities -->").nth(1).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim().trim_matches('`'))
                .collect()
        })
        .collect();
    assert!(rows.len() >= 12, "{rows:?}");
    let stand = Stand::new();
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let mut seen = Vec::new();
    for row in &rows {
        let [_, number, sod, attributes, decision, card, person, ..] = row[..] else {
            panic!("{row:?}")
        };
        let mut question = stand.question(AN);
        question["card"] = json!({});
        if !number.is_empty() && number != "-" {
            assert!(CitizenNumber::new(number).is_some());
            question["card"]["number"] = json!(number);
        }
        if sod != "-" {
            question["card"]["sod_sha256"] = json!(sod.repeat(32));
        }
        if attributes != "-" {
            question["attributes"] = serde_json::from_str(attributes).unwrap();
        }
        let answer = stand.ask(&mut line, question);
        assert_eq!(answer["decision"], decision, "{row:?}: {answer}");
        assert_eq!(answer["card"]["status"], card, "{row:?}");
        assert_eq!(answer["person"]["status"], person, "{row:?}");
        seen.push(card.to_owned());
        seen.push(person.to_owned());
        seen.push(decision.to_owned());
    }
    for status in cancuoc::registry::CardStatus::ALL {
        assert!(seen.iter().any(|one| one == status.code()), "{status:?}");
    }
    for person in cancuoc::registry::Person::ALL {
        assert!(seen.iter().any(|one| one == person.code()), "{person:?}");
    }
}
