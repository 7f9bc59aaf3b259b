//! Lists there and back, and what is none.

use serde_json::Value;
use serde_json::json;

use super::tests::answer;
use super::tests::now;
use super::tests::query;
use super::*;
use crate::crypto::random::System;
use crate::registry::RegistryError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::facts::FactKind;
use crate::registry::query::Case;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Query;
use crate::seal::canonical::canonical;
use crate::seal::canonical::parse;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::seal::signature::Signature;

/// So many questions, each about another number.
fn queries(count: usize) -> Vec<Query> {
    let one = |place: usize| {
        let mut one = query();
        one.card.number = CitizenNumber::new(&format!("0010990{place:05}"));
        one
    };
    (0..count).map(one).collect()
}

/// A right answer to a question of [`queries`].
fn told() -> Answer {
    let mut told = answer();
    told.withheld = vec![FactKind::IdentityLevel];
    told
}

struct Exchange {
    list: Vec<u8>,
    asked: AskedList,
    expecting: ExpectingList,
    registry: DeviceKey,
}

impl Exchange {
    fn new(queries: &[Query]) -> Self {
        let id = QuestionId::random(&mut System).unwrap();
        let nonce = Nonce::random(&mut System).unwrap();
        let device = DeviceKey::generate(&mut System).unwrap();
        let registry = DeviceKey::generate(&mut System).unwrap();
        let list = encode_question_list(queries, &id, &nonce, now(), Some(&device)).unwrap();
        let trusted = [registry.public().id()];
        Self {
            asked: AskedList::decode(&list).unwrap(),
            expecting: ExpectingList::new(queries, &id, &nonce, &list, &trusted),
            list,
            registry,
        }
    }

    fn answered(&self, answers: &[Answer]) -> Vec<u8> {
        encode_answer_list(answers, &self.asked, &self.registry).unwrap()
    }
}

fn refused(list: &Value) -> (MessageFault, String) {
    let error = AskedList::decode(list.to_string().as_bytes()).unwrap_err();
    (error.fault, error.at)
}

#[test]
fn a_list_is_read_as_it_was_asked_and_its_answer_as_it_was_given() {
    for count in [1, 2, MAX_LIST] {
        let queries = queries(count);
        let exchange = Exchange::new(&queries);
        let asked = &exchange.asked;
        assert!(asked.queries == queries && asked.context == queries[0].context);
        assert!(matches!(asked.signature, Signature::Right(_)));
        let mut answers = vec![told(); count];
        answers[count - 1].agreements.name = Agreement::Mismatch;
        let said = exchange.answered(&answers);
        let read = exchange.expecting.read(&said, now()).unwrap();
        for (place, (read, given)) in read.into_iter().zip(answers).enumerate() {
            let receipt = read.receipt.clone().unwrap();
            assert_eq!(receipt.entry, Some(place));
            let kept = Kept::check_entry(&receipt.question, &receipt.answer, place).unwrap();
            assert_eq!(kept.answer.decision(), given.decision());
            assert!(kept.asked.query == queries[place]);
            let expected = Answer {
                receipt: Some(receipt),
                ..given
            };
            assert_eq!(read, expected);
        }
        assert!(Kept::check_entry(&exchange.list, &said, count).is_err());
        assert!(Kept::check(&exchange.list, &said).is_err());
    }
}

#[test]
fn a_list_that_nobody_takes_is_not_made() {
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let encode = |queries: &[Query]| encode_question_list(queries, &id, &nonce, now(), None);
    assert!(encode(&queries(MAX_LIST)).is_ok());
    assert!(encode(&queries(MAX_LIST + 1)).is_err());
    assert!(encode(&[]).is_err());
    let mut two = queries(2);
    two[1].context.case = Case::new("another");
    assert!(encode(&two).is_err());
}

#[test]
fn what_is_wrong_is_named_with_the_place_of_its_entry() {
    let exchange = Exchange::new(&queries(3));
    let mut whole = parse(&exchange.list).unwrap();
    whole.as_object_mut().unwrap().remove("signature");
    assert!(AskedList::decode(whole.to_string().as_bytes()).is_ok());
    let with = |place: &str, value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(place).unwrap() = value;
        refused(&changed)
    };
    let entry = whole["questions"][0].clone();
    let many = json!(vec![entry.clone(); MAX_LIST + 1]);
    let too_deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let more = {
        let mut more = entry.clone();
        more["name"] = json!("Nguyễn Văn Mẫu");
        more
    };
    for (place, value, fault, at) in [
        ("/questions", json!([]), MessageFault::Length, "/questions"),
        ("/questions", many, MessageFault::Length, "/questions"),
        ("/questions", json!({}), MessageFault::Kind, "/questions"),
        ("/questions/1", json!(7), MessageFault::Kind, "/questions/1"),
        ("/questions/2", more, MessageFault::Unknown, "/questions/2"),
        (
            "/questions/1/card",
            json!({}),
            MessageFault::Missing,
            "/questions/1/card",
        ),
        (
            "/questions/2/card/number",
            json!("12"),
            MessageFault::Format,
            "/questions/2/card/number",
        ),
        (
            "/questions/0/attributes/name",
            json!(""),
            MessageFault::Length,
            "/questions/0/attributes/name",
        ),
        ("/questions/1/attributes", too_deep, MessageFault::Json, ""),
        (
            "/schema",
            json!("cancuoc.question/1"),
            MessageFault::Schema,
            "/schema",
        ),
    ] {
        assert_eq!(with(place, value), (fault, at.to_owned()), "{place}");
    }
    // A question is no list, and a list is no question.
    assert!(Asked::decode(&exchange.list).is_err());
    let text = whole.to_string();
    let twice = text.replacen("\"questions\"", "\"questions\":[],\"questions\"", 1);
    assert_eq!(
        AskedList::decode(twice.as_bytes()).unwrap_err().fault,
        MessageFault::Json
    );
    let long = format!("{text}{}", " ".repeat(MAX_QUESTION_LIST));
    assert_eq!(
        AskedList::decode(long.as_bytes()).unwrap_err().fault,
        MessageFault::TooLarge
    );
}

/// The answer with something changed, signed anew by this key or left with the signature that it had.
fn changed(said: &[u8], key: Option<&DeviceKey>, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut whole = parse(said).unwrap();
    change(&mut whole);
    if let Some(key) = key {
        whole.as_object_mut().unwrap().remove("signature");
        whole = sign(whole, key, now()).unwrap();
    }
    canonical(&whole).unwrap()
}

#[test]
fn an_answer_that_was_tampered_with_is_none() {
    let exchange = Exchange::new(&queries(3));
    let mut answers = vec![told(); 3];
    answers[1].agreements.name = Agreement::Mismatch;
    let said = exchange.answered(&answers);
    let read = |bytes: &[u8]| exchange.expecting.read(bytes, now()).map(|_| ());
    assert_eq!(read(&said), Ok(()));

    let swap = |whole: &mut Value| whole["answers"].as_array_mut().unwrap().swap(0, 1);
    let wrong = Err(RegistryError::WrongSignature);
    assert_eq!(read(&changed(&said, None, swap)), wrong);
    let turned = changed(&said, None, |whole| {
        whole["answers"][1]["attributes"]["name"] = json!("match");
        whole["answers"][1]["decision"] = json!("confirmed");
    });
    assert_eq!(read(&turned), wrong);
    let fewer = |whole: &mut Value| {
        whole["answers"].as_array_mut().unwrap().pop();
    };
    assert_eq!(read(&changed(&said, None, fewer)), wrong);
    let stranger = DeviceKey::generate(&mut System).unwrap();
    let strange = changed(&said, Some(&stranger), |_| {});
    assert_eq!(read(&strange), Err(RegistryError::ForeignSigner));
    // What the registry itself says to another number of questions, or about what was not asked.
    let own = Some(&exchange.registry);
    let bad = |bytes: Vec<u8>| matches!(read(&bytes), Err(RegistryError::BadAnswer { .. }));
    assert!(bad(changed(&said, own, fewer)));
    assert!(bad(changed(&said, own, |whole| {
        whole["answers"][2]["attributes"]["document_number"] = json!("match");
    })));
    assert!(bad(changed(&said, own, |whole| {
        whole["answers"][2]["decision"] = json!("mismatch");
    })));
    assert!(bad(
        changed(&said, own, |whole| whole["padding"] = json!("1"))
    ));
    // The answer to another list, and one of another time.
    let other = Exchange::new(&queries(3));
    let elsewhere = encode_answer_list(&answers, &other.asked, &exchange.registry).unwrap();
    assert_eq!(read(&elsewhere), Err(RegistryError::Stale));
    let late = now() + std::time::Duration::from_secs(121);
    let late = exchange.expecting.read(&said, late).map(|_| ());
    assert_eq!(late, Err(RegistryError::Stale));
    let trusted: Vec<DeviceId> = vec![exchange.registry.public().id()];
    let one = Expecting::of(&Asked::decode(&single()).unwrap(), &single(), &trusted);
    assert!(one.read(&said, now()).is_err());
}

fn single() -> Vec<u8> {
    let id = QuestionId::new("0123456789abcdef").unwrap();
    let nonce = Nonce::new(&[7; 16]).unwrap();
    encode_question(&query(), &id, &nonce, now(), None).unwrap()
}

#[test]
fn how_many_cards_are_not_on_file_does_not_show_in_the_length() {
    let mut queries = queries(MAX_LIST);
    for query in &mut queries {
        query.disclose = Vec::new();
    }
    let exchange = Exchange::new(&queries);
    let mut known = told();
    known.disclosed = Vec::new();
    known.withheld = Vec::new();
    known.agreements.name = Agreement::Mismatch;
    let mut unknown = known.clone();
    unknown.status = CardStatus::NotOnFile;
    unknown.person = Person::NotOnFile;
    let silent = Agreement::NotOnFile;
    unknown.agreements.number = silent;
    unknown.agreements.name = silent;
    unknown.agreements.birth = silent;
    unknown.agreements.sex = silent;
    unknown.agreements.expiry = silent;
    let length = |unknowns: usize| {
        let mut answers = vec![unknown.clone(); unknowns];
        answers.resize(MAX_LIST, known.clone());
        exchange.answered(&answers).len()
    };
    let [none, some, all] = [0, 7, MAX_LIST].map(length);
    assert_eq!((none, none), (some, all));
}

#[test]
fn the_longest_list_has_room_and_an_answer_too_long_is_not_read() {
    let mut queries = queries(MAX_LIST);
    for query in &mut queries {
        query.attributes.name = Some("ế\u{10FFFF}".repeat(MAX_NAME / 2));
        query.attributes.nationality = Some("\u{10FFFF}".repeat(MAX_WORD));
        query.attributes.document_number = Some("\u{10FFFF}".repeat(MAX_WORD));
        query.disclose = FactKind::ALL.to_vec();
    }
    let exchange = Exchange::new(&queries);
    assert!(exchange.list.len() < MAX_QUESTION_LIST);
    let said = vec![b' '; MAX_ANSWER_LIST + 1];
    let error = exchange.expecting.read(&said, now()).unwrap_err();
    let what = "longer than any answer";
    assert_eq!(error, RegistryError::BadAnswer { what });
}
