//! `docs/registry-api.json` and the code say the same.

use std::collections::BTreeSet;
use std::env;
use std::fs;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::tests::answer;
use super::tests::now;
use super::tests::query;
use super::*;
use crate::crypto::hash::Hash;
use crate::crypto::random::System;
use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::answer::Reason;
use crate::registry::facts::FactKind;
use crate::registry::names::Rule;
use crate::registry::query::CardKey;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Query;
use crate::seal::canonical::canonical;
use crate::seal::canonical::parse;
use crate::seal::key::Algorithm;
use crate::seal::key::DeviceKey;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/registry-api.json");

fn api() -> Value {
    serde_json::from_str(&fs::read_to_string(FILE).unwrap()).unwrap()
}

fn schema(api: &Value, name: &str) -> Value {
    api["components"]["schemas"][name].clone()
}

fn names(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn words(list: &Value) -> BTreeSet<String> {
    let words = list.as_array().unwrap().iter();
    words
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

fn codes<T: Copy, const N: usize>(all: [T; N], code: fn(T) -> &'static str) -> BTreeSet<String> {
    set(all.map(code))
}

/// What a place in the description says, wherever it says it.
fn resolved(api: &Value, described: &Value) -> Value {
    let mut described = described.clone();
    while let Some(place) = described["$ref"].as_str() {
        let place = place.strip_prefix('#').unwrap();
        described = api.pointer(place).unwrap().clone();
    }
    described
}

/// Members of a message and of every object in it stand in the description, and those of the
/// description in the message.
fn same_members(api: &Value, described: &Value, said: &Value, at: &str) {
    let described = resolved(api, described);
    if let Some(members) = said.as_object() {
        assert_eq!(names(&described["properties"]), names(said), "{at}");
        assert_eq!(described["additionalProperties"], json!(false), "{at}");
        for (name, value) in members {
            let inner = &described["properties"][name];
            same_members(api, inner, value, &format!("{at}/{name}"));
        }
    } else if let Some(entries) = said.as_array() {
        for entry in entries {
            same_members(api, &described["items"], entry, &format!("{at}/0"));
        }
    }
}

/// A question and an answer with everything in them.
fn whole() -> (Value, Value) {
    let (query, answer) = whole_query();
    let (question, answer, _) = exchange(&query, &answer, "whole");
    (question, answer)
}

fn whole_query() -> (Query, Answer) {
    let mut query = query();
    query.attributes.document_number = Some("099000123".to_owned());
    query.disclose = FactKind::ALL.to_vec();
    let mut answer = answer();
    answer.agreements.document_number = Agreement::Match;
    answer.source = crate::registry::answer::Source::Snapshot { revision: 7 };
    answer.reasons = vec![Reason {
        attribute: "name",
        rule: Rule::Case.code(),
    }];
    (query, answer)
}

/// A list and its answer, with everything in them.
fn whole_lists() -> (Value, Value) {
    let (query, answer) = whole_query();
    list_exchange(&[query], &[answer], "whole list")
}

/// A list and its answer; everything that is drawn follows from the name.
fn list_exchange(queries: &[Query], answers: &[Answer], name: &str) -> (Value, Value) {
    let (id, nonce) = drawn(name);
    let device = DeviceKey::generate(&mut System).unwrap();
    let registry = DeviceKey::generate(&mut System).unwrap();
    let list = encode_question_list(queries, &id, &nonce, now(), Some(&device)).unwrap();
    let asked = AskedList::decode(&list).unwrap();
    let mut answers = answers.to_vec();
    for (answer, query) in answers.iter_mut().zip(queries) {
        answer.withheld = withheld(query, answer);
    }
    let said = encode_answer_list(&answers, &asked, &registry).unwrap();
    let expecting = ExpectingList::of(&asked, &list, &[registry.public().id()]);
    let _ = expecting.read(&said, now()).unwrap();
    (parse(&list).unwrap(), parse(&said).unwrap())
}

fn drawn(name: &str) -> (QuestionId, Nonce) {
    let digest = Hash::Sha256.digest(&[name.as_bytes()]);
    let id = QuestionId::new(&hex::encode(&digest[..16])).unwrap();
    (id, Nonce::new(&digest[16..]).unwrap())
}

/// Kinds of facts that were asked for and are not told.
fn withheld(query: &Query, answer: &Answer) -> Vec<FactKind> {
    let told = |kind: &FactKind| answer.disclosed.iter().any(|fact| fact.kind == *kind);
    query
        .disclose
        .iter()
        .copied()
        .filter(|kind| !told(kind))
        .collect()
}

/// A question and its answer, and what is to be checked of them; everything that is drawn follows from
/// the name.
fn exchange(query: &Query, answer: &Answer, name: &str) -> (Value, Value, Expecting) {
    let (id, nonce) = drawn(name);
    let device = DeviceKey::generate(&mut System).unwrap();
    let registry = DeviceKey::generate(&mut System).unwrap();
    let question = encode_question(query, &id, &nonce, now(), Some(&device)).unwrap();
    let asked = Asked::decode(&question).unwrap();
    let withheld = withheld(query, answer);
    let said = encode_answer(answer, &withheld, &asked, &registry).unwrap();
    let expecting = Expecting::of(&asked, &question, &[registry.public().id()]);
    let _ = expecting.read(&said, now()).unwrap();
    (parse(&question).unwrap(), parse(&said).unwrap(), expecting)
}

#[test]
fn the_description_has_every_member_and_no_other() {
    let api = api();
    let (question, answer) = whole();
    same_members(&api, &schema(&api, "Question"), &question, "");
    same_members(&api, &schema(&api, "Answer"), &answer, "");
    let (list, answers) = whole_lists();
    same_members(&api, &schema(&api, "QuestionList"), &list, "");
    same_members(&api, &schema(&api, "AnswerList"), &answers, "");
}

#[test]
fn what_the_description_requires_is_required() {
    let api = api();
    let (question, _) = whole();
    let question = question.as_object().unwrap();
    for part in ["", "purpose"] {
        let described = match part {
            "" => schema(&api, "Question"),
            part => schema(&api, "Question")["properties"][part].clone(),
        };
        let required = words(&described["required"]);
        for name in names(&described["properties"]) {
            let mut whole = question.clone();
            let object = match part {
                "" => &mut whole,
                part => whole[part].as_object_mut().unwrap(),
            };
            object.remove(&name);
            let decoded = Asked::decode(Value::Object(whole).to_string().as_bytes());
            assert_eq!(decoded.is_err(), required.contains(&name), "{part}/{name}");
        }
    }
    let mut without_card = question.clone();
    without_card["card"] = json!({});
    let text = Value::Object(without_card).to_string();
    assert_eq!(Asked::decode(text.as_bytes()).unwrap_err().at, "/card");
}

#[test]
fn the_description_has_every_word() {
    let api = api();
    let part = |name: &str, place: &str| schema(&api, name).pointer(place).unwrap().clone();
    assert_eq!(
        words(&part("FactKind", "/enum")),
        codes(FactKind::ALL, FactKind::code)
    );
    assert_eq!(
        words(&part("ProblemCode", "/enum")),
        codes(ProblemCode::ALL, ProblemCode::code)
    );
    assert_eq!(
        words(&part("Answer", "/properties/card/properties/status/enum")),
        codes(CardStatus::ALL, CardStatus::code)
    );
    assert_eq!(
        words(&part("Answer", "/properties/person/properties/status/enum")),
        codes(Person::ALL, Person::code)
    );
    let rules = "/properties/reasons/items/properties/rule/enum";
    assert_eq!(
        words(&part("Answer", rules)),
        set(Rule::ALL.iter().map(|rule| rule.code()))
    );
    let attributes = "/properties/reasons/items/properties/attribute/enum";
    assert_eq!(
        words(&part("Answer", attributes)),
        names(&part("Answer", "/properties/attributes/properties"))
    );
    assert_eq!(
        words(&part("Signature", "/properties/algorithm/enum")),
        codes(Algorithm::ALL, Algorithm::name)
    );
    for word in words(&part("Agreement", "/enum")) {
        assert!(Agreement::from_code(&word).is_some(), "{word}");
    }
    // Every status of a refusal is described where it can come.
    let described = names(&api["paths"]["/v1/questions"]["post"]["responses"]);
    let lists = names(&api["paths"]["/v1/question-lists"]["post"]["responses"]);
    assert_eq!(described, lists);
    for kind in ProblemCode::ALL {
        let elsewhere = kind == ProblemCode::NotFound;
        let there = described.contains(&kind.status().to_string());
        assert!(there || elsewhere, "{}", kind.code());
    }
    // A body that did not come in time.
    assert!(described.contains("408"));
}

/// A question with one member set.
fn with(place: &str, value: Value) -> Result<Asked, MessageError> {
    let (mut question, _) = whole();
    question.as_object_mut().unwrap().remove("signature");
    *question.pointer_mut(place).unwrap() = value;
    Asked::decode(question.to_string().as_bytes())
}

#[test]
fn the_limits_of_the_description_are_those_of_the_code() {
    let api = api();
    let limit = |place: &str| {
        let question = schema(&api, "Question");
        let described = question.pointer(place).unwrap();
        let described = match described["$ref"].as_str() {
            Some(name) => schema(&api, name.rsplit('/').next().unwrap()),
            None => described.clone(),
        };
        usize::try_from(described["maxLength"].as_u64().unwrap()).unwrap()
    };
    for (described, place) in [
        ("/properties/officer", "/officer"),
        ("/properties/device", "/device"),
        ("/properties/purpose/properties/case", "/purpose/case"),
        ("/properties/attributes/properties/name", "/attributes/name"),
        (
            "/properties/attributes/properties/nationality",
            "/attributes/nationality",
        ),
        (
            "/properties/attributes/properties/document_number",
            "/attributes/document_number",
        ),
        ("/properties/id", "/id"),
    ] {
        let limit = limit(described);
        let letter = if place == "/id" { "x" } else { "ế" };
        assert!(with(place, letter.repeat(limit).into()).is_ok(), "{place}");
        let error = with(place, letter.repeat(limit + 1).into()).unwrap_err();
        assert_eq!(error.at, place);
        assert!(with(place, "".into()).is_err(), "{place}");
        assert!(with(place, 7.into()).is_err(), "{place}");
    }
    let bounds = |name: &str, member: &str| {
        let described = schema(&api, "Answer");
        described["properties"][name][member].as_u64().unwrap()
    };
    assert_eq!(bounds("disclosed", "maxItems"), 5);
    for (name, member) in [("QuestionList", "questions"), ("AnswerList", "answers")] {
        let described = &schema(&api, name)["properties"][member];
        assert_eq!(described["maxItems"], json!(MAX_LIST));
        assert_eq!(described["minItems"], json!(1));
    }
    let said = |name: &str| {
        schema(&api, name)["description"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(said("QuestionList").contains("278,528") && MAX_QUESTION_LIST == 278_528);
    assert!(said("AnswerList").contains("4,194,304") && MAX_ANSWER_LIST == 4_194_304);
    assert_eq!(bounds("withheld", "maxItems"), 5);
    let fact = "/properties/disclosed/items/properties/value/maxLength";
    assert_eq!(schema(&api, "Answer").pointer(fact), Some(&json!(MAX_FACT)));
    let place = "/properties/disclosed/items/properties/place/maxLength";
    assert_eq!(
        schema(&api, "Answer").pointer(place),
        Some(&json!(MAX_PLACE))
    );
}

#[test]
fn texts_that_the_patterns_allow_are_taken_and_others_are_not() {
    for (place, right, wrong) in [
        (
            "/id",
            vec!["0123456789abcdef", "A-0123456789abcdef"],
            vec!["0123456789abcde", "0123456789abcde_", "0123456789abcdé"],
        ),
        (
            "/nonce",
            vec!["AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAAA="],
            vec![
                "AAAAAAAAAAAAAAAAAAAAAB==",
                "AAAAAAAAAAAAAAAAAAAAAA",
                "AAAAAAAAAAAAAAAAAAAA",
                "____AAAAAAAAAAAAAAAAAA==",
            ],
        ),
        (
            "/asked_at",
            vec![
                "2026-11-22T08:15:00Z",
                "2026-11-22T15:15:00+07:00",
                "2026-11-22T08:15:00.123456789012Z",
                "0001-01-01T00:00:00Z",
            ],
            vec![
                "2026-11-22",
                "2026-11-22 08:15:00Z",
                "2026-11-22T08:15:00",
                "2026-11-22t08:15:00z",
                "2026-11-22T08:15:00+07",
                "2026-11-22T08:15:00.Z",
                "2026-11-22T08:15:00Z[UTC]",
                "2026-13-22T08:15:00Z",
                "2026-11-31T08:15:00Z",
            ],
        ),
        (
            "/card/number",
            vec!["001099000123", "012345678"],
            vec!["1099000123", "00109900012a", ""],
        ),
        (
            "/card/sod_sha256",
            vec!["5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"],
            vec![
                "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A",
                "5a",
            ],
        ),
        (
            "/attributes/birth",
            vec!["1999-03-15", "1999-03", "1999", "0001"],
            vec!["0000", "1999-13", "1999-02-30", "15/03/1999", "never"],
        ),
        (
            "/attributes/expiry",
            vec!["2039-03-15", "never"],
            vec!["Never", "2039-3-15"],
        ),
        (
            "/officer",
            vec!["cb 1", "cán bộ"],
            vec![" cb", "cb ", "c\u{7f}b", "c\nb"],
        ),
    ] {
        for text in right {
            assert!(with(place, text.into()).is_ok(), "{place} {text}");
        }
        for text in wrong {
            assert!(with(place, text.into()).is_err(), "{place} {text}");
        }
    }
    assert!(with("/disclose", json!(["identity_level", "identity_level"])).is_err());
    assert!(with("/disclose", json!([])).is_ok());
}

/// What is asked about whom in the examples: test identities of the sample register.
fn examples() -> Vec<(&'static str, &'static str, Query, Answer)> {
    let about = |number: &str, name: &str| {
        let mut query = query();
        query.card = CardKey {
            sod: None,
            number: CitizenNumber::new(number),
        };
        query.attributes = crate::registry::query::Attributes {
            name: Some(name.to_owned()),
            ..Default::default()
        };
        query.disclose = Vec::new();
        query
    };
    let said = |status, name| {
        let mut answer = answer();
        answer.status = status;
        answer.person = match status {
            CardStatus::NotOnFile => Person::NotOnFile,
            _ => Person::InForce,
        };
        answer.disclosed = Vec::new();
        let silent = Agreement::NotSupplied;
        answer.agreements = crate::registry::answer::Agreements {
            number: match status {
                CardStatus::NotOnFile => Agreement::NotOnFile,
                _ => Agreement::Match,
            },
            name,
            birth: silent,
            sex: silent,
            nationality: silent,
            document_number: silent,
            expiry: silent,
        };
        answer
    };
    let mut told = about("036195000123", "Nguyễn Thị Mẫu An");
    told.disclose = vec![FactKind::PermanentResidence, FactKind::HouseholdRelation];
    let mut telling = said(CardStatus::Active, Agreement::Match);
    telling.disclosed = vec![crate::registry::facts::Fact {
        kind: FactKind::PermanentResidence,
        value: "Số 12 Phố Mẫu, Phường Mẫu, Hà Nội".to_owned(),
        place: None,
    }];
    let mut differs = said(CardStatus::Active, Agreement::Mismatch);
    differs.reasons = vec![Reason {
        attribute: "name",
        rule: Rule::Letters.code(),
    }];
    vec![
        (
            "confirmed",
            "In force, and the name is the register's; one fact is told, the other withheld",
            told,
            telling,
        ),
        (
            "mismatch",
            "In force, and the register has another name",
            about("036195000123", "Nguyễn Thị Mẫu Ánh"),
            differs,
        ),
        (
            "reported_lost",
            "The holder reported the card lost",
            about("048091900202", "Đoàn Văn Thử"),
            said(CardStatus::ReportedLost, Agreement::Match),
        ),
        (
            "not_on_file",
            "The register does not know the number",
            about("001099999999", "Nguyễn Văn Mẫu"),
            said(CardStatus::NotOnFile, Agreement::NotOnFile),
        ),
    ]
}

/// The examples are whole exchanges: the answers are signed, by a key that is nowhere else.
#[test]
fn the_examples_of_the_description_are_exchanges() {
    let mut api = api();
    let places = [
        "/paths/~1v1~1questions/post/requestBody/content/application~1json",
        "/paths/~1v1~1questions/post/responses/200/content/application~1json",
    ];
    let lists = places.map(|place| place.replace("questions", "question-lists"));
    if env::var_os("CANCUOC_BLESS").is_some() {
        let (queries, answers): (Vec<Query>, Vec<Answer>) = examples()
            .into_iter()
            .map(|(_, _, query, answer)| (query, answer))
            .unzip();
        let (list, answer) = list_exchange(&queries, &answers, "list");
        let summary = "The four questions of the examples in one message";
        for (place, value) in lists.iter().zip([list, answer]) {
            let examples = json!({"list": {"summary": summary, "value": value}});
            api.pointer_mut(place).unwrap()["examples"] = examples;
        }
        let mut written = [Map::new(), Map::new()];
        for (name, summary, query, answer) in examples() {
            let (question, answer, _) = exchange(&query, &answer, name);
            for (examples, value) in written.iter_mut().zip([question, answer]) {
                let example = json!({"summary": summary, "value": value});
                examples.insert(name.to_owned(), example);
            }
        }
        for (place, examples) in places.iter().zip(written) {
            api.pointer_mut(place).unwrap()["examples"] = Value::Object(examples);
        }
        fs::write(FILE, format!("{api:#}\n")).unwrap();
    }
    let [questions, answers] = places.map(|place| api.pointer(place).unwrap()["examples"].clone());
    assert!(names(&questions).len() >= 4);
    assert_eq!(names(&questions), names(&answers));
    for name in names(&questions) {
        let question = canonical(&questions[&name]["value"]).unwrap();
        let answer = canonical(&answers[&name]["value"]).unwrap();
        let kept = Kept::check(&question, &answer).unwrap();
        let told = kept.answer.decision().code().rsplit('.').next();
        assert_eq!(told, Some(name.as_str()));
    }
    let [list, answer] = lists.map(|place| {
        let examples = &api.pointer(&place).unwrap()["examples"];
        canonical(&examples["list"]["value"]).unwrap()
    });
    for (place, (told, _, _, _)) in examples().into_iter().enumerate() {
        let kept = Kept::check_entry(&list, &answer, place).unwrap();
        let said = kept.answer.decision();
        let same = said.word() == told || said.code().ends_with(told);
        assert!(same, "{told}: {}", said.code());
    }
}
