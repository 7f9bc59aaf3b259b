//! Question and answer there and back, and what is none.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::bytes::date::PartialDate;
use crate::crypto::random::System;
use crate::lds::mrz::Sex;
use crate::registry::RegistryError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::Case;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Device;
use crate::registry::query::Expiry;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::registry::query::Query;
use crate::registry::query::SodDigest;
use crate::seal::canonical::canonical;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign;
use crate::seal::signature::Signature;

fn registry() -> &'static DeviceKey {
    static KEY: OnceLock<DeviceKey> = OnceLock::new();
    KEY.get_or_init(|| DeviceKey::generate(&mut System).unwrap())
}

fn device() -> &'static DeviceKey {
    static KEY: OnceLock<DeviceKey> = OnceLock::new();
    KEY.get_or_init(|| DeviceKey::generate(&mut System).unwrap())
}

fn trusted() -> Vec<DeviceId> {
    vec![registry().public().id()]
}

pub(super) fn now() -> Timestamp {
    "2026-11-22T08:15:00Z".parse().unwrap()
}

pub(super) fn query() -> Query {
    Query {
        context: Context {
            procedure: Procedure::new("1.004222"),
            case: Case::new("H26.12-261122-0001"),
            officer: Officer::new("cb-0417"),
            device: Device::new("quay-3"),
            agency: None,
        },
        card: CardKey {
            sod: Some(SodDigest::of(b"EF.SOD")),
            number: CitizenNumber::new("001099000123"),
        },
        attributes: Attributes {
            name: Some("Nguyễn Văn Mẫu".to_owned()),
            birth: PartialDate::new(1999, 3, 15),
            sex: Some(Sex::Male),
            nationality: Some("VNM".to_owned()),
            document_number: None,
            expiry: Some(Expiry::Never),
        },
        disclose: vec![FactKind::PermanentResidence, FactKind::IdentityLevel],
    }
}

pub(super) fn answer() -> Answer {
    let agreements = Agreements {
        number: Agreement::Match,
        name: Agreement::Match,
        birth: Agreement::Match,
        sex: Agreement::Match,
        nationality: Agreement::NotOnFile,
        document_number: Agreement::NotSupplied,
        expiry: Agreement::Match,
    };
    let mut answer = Answer::new(CardStatus::Active, agreements, now(), now());
    answer.disclosed = vec![Fact {
        kind: FactKind::PermanentResidence,
        value: "Số 1 phố Mẫu, phường Cửa Nam, Hà Nội".to_owned(),
        place: Some("00070".to_owned()),
    }];
    answer
}

struct Exchange {
    question: Vec<u8>,
    expecting: Expecting,
    answer: Vec<u8>,
}

fn exchange(answer: &Answer) -> Exchange {
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let question = encode_question(&query(), &id, &nonce, now(), Some(device())).unwrap();
    let asked = Asked::decode(&question).unwrap();
    Exchange {
        expecting: Expecting::new(&query(), &id, &nonce, &question, &trusted()),
        answer: encode_answer(answer, &[FactKind::IdentityLevel], &asked, registry()).unwrap(),
        question,
    }
}

#[test]
fn a_question_is_read_as_it_was_asked() {
    let exchange = exchange(&answer());
    let asked = Asked::decode(&exchange.question).unwrap();
    assert!(asked.query == query());
    assert_eq!(asked.asked_at, now());
    assert!(
        matches!(&asked.signature, Signature::Right(signer) if signer.device == device().public().id())
    );
    assert_eq!(format!("{asked:?}"), format!("Asked({}, ..)", asked.id));
}

#[test]
fn an_answer_is_read_as_it_was_given() {
    let exchange = exchange(&answer());
    let read = exchange.expecting.read(&exchange.answer, now()).unwrap();
    let receipt = read.receipt.clone().unwrap();
    assert_eq!(*receipt.question, *exchange.question);
    assert_eq!(*receipt.answer, *exchange.answer);
    let expected = Answer {
        withheld: vec![FactKind::IdentityLevel],
        receipt: Some(receipt),
        ..answer()
    };
    assert_eq!(read, expected);
}

#[test]
fn an_answer_to_something_else_is_none() {
    let one = exchange(&answer());
    let other = exchange(&answer());
    let stale = Err(RegistryError::Stale);
    assert_eq!(one.expecting.read(&other.answer, now()), stale);
    let late = now() + Duration::from_secs(121);
    assert_eq!(one.expecting.read(&one.answer, late), stale);
    let early = now() - Duration::from_secs(121);
    assert_eq!(one.expecting.read(&one.answer, early), stale);
    let patient = one.expecting.clone().within(Duration::from_secs(300));
    assert!(patient.read(&one.answer, late).is_ok());
}

#[test]
fn an_answer_of_somebody_else_is_none() {
    let one = exchange(&answer());
    let asked = Asked::decode(&one.question).unwrap();
    let foreign = encode_answer(&answer(), &[], &asked, device()).unwrap();
    assert_eq!(
        one.expecting.read(&foreign, now()),
        Err(RegistryError::ForeignSigner)
    );
    let mut altered: Value = serde_json::from_slice(&one.answer).unwrap();
    altered["answered_at"] = Value::from("2026-11-22T08:15:01Z");
    assert_eq!(
        one.expecting.read(&canonical(&altered).unwrap(), now()),
        Err(RegistryError::WrongSignature)
    );
    altered.as_object_mut().unwrap().remove("signature");
    assert_eq!(
        one.expecting.read(&canonical(&altered).unwrap(), now()),
        Err(RegistryError::WrongSignature)
    );
}

/// The answer with a change, signed again by the registry: what it says is wrong all the same.
fn resigned(exchange: &Exchange, change: impl Fn(&mut Value)) -> Result<Answer, RegistryError> {
    let mut value: Value = serde_json::from_slice(&exchange.answer).unwrap();
    value.as_object_mut().unwrap().remove("signature");
    change(&mut value);
    let signed = sign(value, registry(), now()).unwrap();
    exchange.expecting.read(&canonical(&signed).unwrap(), now())
}

#[test]
fn an_answer_that_contradicts_itself_or_the_question_is_none() {
    let exchange = exchange(&answer());
    assert!(resigned(&exchange, |_| ()).is_ok());
    let changes: [(&str, Value); 15] = [
        ("/decision", "mismatch".into()),
        ("/decision", "Confirmed".into()),
        ("/card/status", "revoked".into()),
        ("/person/status", "not_on_file".into()),
        ("/attributes/name", "not_supplied".into()),
        ("/attributes/document_number", "match".into()),
        ("/attributes/birth", "mismatch".into()),
        ("/disclosed/0/kind", "household_relation".into()),
        ("/disclosed/0/value", "".into()),
        ("/disclosed/0/value", "x".repeat(MAX_FACT + 1).into()),
        ("/withheld/0", "permanent_residence".into()),
        ("/withheld/0", "current_residence".into()),
        ("/schema", "cancuoc.answer/2".into()),
        ("/source", "hearsay".into()),
        ("/answered_at", "2026-11-22 08:15:00Z".into()),
    ];
    for (place, value) in changes {
        let read = resigned(&exchange, |answer| {
            *answer.pointer_mut(place).unwrap() = value.clone();
        });
        assert!(
            matches!(read, Err(RegistryError::BadAnswer { .. })),
            "{place}: {read:?}"
        );
    }
    for name in ["note", "reasons", "withheld", "person", "attributes"] {
        let read = resigned(&exchange, |answer| {
            let members = answer.as_object_mut().unwrap();
            if members.remove(name).is_none() {
                members.insert(name.to_owned(), Value::Null);
            }
        });
        assert!(
            matches!(read, Err(RegistryError::BadAnswer { .. })),
            "{name}"
        );
    }
    // Data of tomorrow, and an answer that was signed long after it was given.
    for name in ["data_as_of", "answered_at"] {
        let read = resigned(&exchange, |answer| {
            answer[name] = "2026-11-23T08:15:00Z".into();
        });
        assert_eq!(read, Err(RegistryError::Stale), "{name}");
    }
}

#[test]
fn a_problem_is_read_as_it_was_given() {
    for kind in ProblemCode::ALL {
        let problem = Problem::from(kind).after(Duration::from_millis(1500));
        let bytes = problem.encode(QuestionId::new("0123456789abcdef").as_ref(), Some("length"));
        let read = Problem::decode(kind.status(), &bytes).unwrap();
        assert_eq!((read.status, read.code), (kind.status(), kind.code()));
        assert_eq!(read.retry_after, Some(Duration::from_secs(2)));
        assert_eq!(Problem::decode(418, &bytes), None);
    }
    assert_eq!(Problem::decode(400, b"<html>"), None);
    assert_eq!(Problem::decode(400, br#"{"code":"question.other"}"#), None);
}

#[test]
fn a_wrong_member_is_named_by_its_place_and_not_by_what_it_says() {
    let whole = exchange(&answer()).question;
    let whole: Value = serde_json::from_slice(&whole).unwrap();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut question = whole.clone();
        change(&mut question);
        Asked::decode(question.to_string().as_bytes()).unwrap_err()
    };
    let error = wrong(&|question| question["attributes"]["tôn giáo"] = "x".into());
    assert_eq!(error.to_string(), "unknown_member at /attributes");
    let error = wrong(&|question| question["purpose"]["case"] = "x".repeat(65).into());
    assert_eq!(error.to_string(), "format at /purpose/case");
    let error = wrong(&|question| question["disclose"][1] = "religion".into());
    assert_eq!(error.to_string(), "format at /disclose/1");
    let error = wrong(&|question| question["officer"] = Value::Null);
    assert_eq!(error.to_string(), "kind at /officer");
    let error = Asked::decode(b"[]").unwrap_err();
    assert_eq!(error.to_string(), "kind at the whole");
    let error = Asked::decode(&vec![b' '; MAX_QUESTION + 1]).unwrap_err();
    assert_eq!(error.code(), "too_large");
    let twice = br#"{"schema":"cancuoc.question/1","schema":"cancuoc.question/1"}"#;
    assert_eq!(Asked::decode(twice).unwrap_err().code(), "json");
}

#[test]
fn a_question_that_no_registry_would_take_is_not_asked() {
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let encode = |query: &Query| encode_question(query, &id, &nonce, now(), None);
    let mut without_case = query();
    without_case.context.case = None;
    let mut without_card = query();
    without_card.card = CardKey {
        sod: None,
        number: None,
    };
    let mut long = query();
    long.attributes.name = Some("x".repeat(MAX_NAME + 1));
    for query in [without_case, without_card, long] {
        assert_eq!(encode(&query).unwrap_err().code(), "registry.unusable");
    }
}

/// What the registry alone could sign, and what no asker may go by.
#[test]
fn what_only_the_registry_could_contradict_is_no_answer_either() {
    let exchange = exchange(&answer());
    let bad = |what: &str, change: &dyn Fn(&mut Value)| {
        let read = resigned(&exchange, change);
        assert!(
            matches!(read, Err(RegistryError::BadAnswer { .. })),
            "{what}: {read:?}"
        );
    };
    bad("a fact twice", &|answer| {
        let fact = answer["disclosed"][0].clone();
        answer["disclosed"].as_array_mut().unwrap().push(fact);
    });
    bad("a revision of the register itself", &|answer| {
        answer["revision"] = 7.into();
    });
    bad("a fact that was not asked for", &|answer| {
        answer["disclosed"][0]["kind"] = "household_relation".into();
    });
    // Signed over the same members, and spelled otherwise.
    let spaced = String::from_utf8(exchange.answer.clone()).unwrap();
    let spaced = spaced.replacen("{\"answered_at\"", "{ \"answered_at\"", 1);
    assert_ne!(spaced.as_bytes(), exchange.answer);
    let read = exchange.expecting.read(spaced.as_bytes(), now());
    assert!(matches!(read, Err(RegistryError::BadAnswer { .. })));
    // Signed at another time than it was given.
    let mut value: Value = serde_json::from_slice(&exchange.answer).unwrap();
    value.as_object_mut().unwrap().remove("signature");
    for (seconds, taken) in [(-121, false), (-120, true), (120, true), (121, false)] {
        let at = Timestamp::from_second(now().as_second() + seconds).unwrap();
        let signed = canonical(&sign(value.clone(), registry(), at).unwrap()).unwrap();
        let read = exchange.expecting.read(&signed, now());
        assert_eq!(read.is_ok(), taken, "{seconds}: {read:?}");
    }
}

#[test]
fn an_attribute_that_says_nothing_may_be_compared_or_not() {
    let mut query = query();
    query.attributes.name = Some("--".to_owned());
    query.attributes.sex = Some(Sex::Unspecified);
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let question = encode_question(&query, &id, &nonce, now(), None).unwrap();
    let asked = Asked::decode(&question).unwrap();
    let expecting = Expecting::of(&asked, &question, &trusted());
    for agreement in [Agreement::NotSupplied, Agreement::NotOnFile] {
        let mut answer = answer();
        answer.agreements.name = agreement;
        answer.agreements.sex = agreement;
        let said = encode_answer(&answer, &[], &asked, registry()).unwrap();
        assert!(expecting.read(&said, now()).is_ok(), "{agreement:?}");
    }
}

#[test]
fn an_answer_leaves_out_what_is_withheld_and_what_was_not_asked_for() {
    let exchange = exchange(&answer());
    let asked = Asked::decode(&exchange.question).unwrap();
    let mut answer = answer();
    answer.disclosed = FactKind::ALL
        .map(|kind| Fact {
            kind,
            value: "1".to_owned(),
            place: None,
        })
        .to_vec();
    let withheld = [FactKind::IdentityLevel];
    let said = encode_answer(&answer, &withheld, &asked, registry()).unwrap();
    let read = exchange.expecting.read(&said, now()).unwrap();
    let kinds: Vec<FactKind> = read.disclosed.iter().map(|fact| fact.kind).collect();
    assert_eq!(kinds, [FactKind::PermanentResidence]);
    assert_eq!(read.withheld, withheld);
}

#[test]
fn a_question_that_was_kept_is_no_evidence_once_it_was_changed() {
    let exchange = exchange(&answer());
    assert!(Kept::check(&exchange.question, &exchange.answer).is_ok());
    let mut changed: Value = serde_json::from_slice(&exchange.question).unwrap();
    changed["officer"] = "cb-0418".into();
    let question = canonical(&changed).unwrap();
    let asked = Asked::decode(&question).unwrap();
    // Answered as it stands, by the registry itself.
    let said = encode_answer(&answer(), &[FactKind::IdentityLevel], &asked, registry()).unwrap();
    assert!(matches!(
        Kept::check(&question, &said),
        Err(RegistryError::BadAnswer { .. })
    ));
}

/// A bit of every octet of a signed answer: none is taken. `promise::register` flips all of them.
#[test]
fn an_answer_with_a_flipped_bit_is_none() {
    let exchange = exchange(&answer());
    let mut bytes = exchange.answer.clone();
    for at in 0..bytes.len() {
        let bit = 1 << (at % 8);
        bytes[at] ^= bit;
        assert!(exchange.expecting.read(&bytes, now()).is_err(), "{at}");
        bytes[at] ^= bit;
    }
    assert!(exchange.expecting.read(&bytes, now()).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
        let _ = Asked::decode(&bytes);
        let _ = Problem::decode(400, &bytes);
        let _ = Kept::check(&bytes, &bytes);
    }

    #[test]
    fn what_is_asked_comes_back(
        name in proptest::option::of("[^\\p{Cc}]{1,256}"),
        year in proptest::option::of(1..9999_i16),
        number in "[0-9]{12}",
        case in "[!-~]([ -~]{0,62}[!-~])?",
        kinds in proptest::sample::subsequence(FactKind::ALL.to_vec(), 0..=5),
    ) {
        let mut query = query();
        query.attributes.name = name;
        query.attributes.birth = year.and_then(|year| PartialDate::new(year, 0, 0));
        query.card.number = CitizenNumber::new(&number);
        query.context.case = Case::new(&case);
        query.disclose = kinds;
        let id = QuestionId::random(&mut System).unwrap();
        let nonce = Nonce::random(&mut System).unwrap();
        let bytes = encode_question(&query, &id, &nonce, now(), None).unwrap();
        let asked = Asked::decode(&bytes).unwrap();
        prop_assert!(asked.query == query);
        prop_assert_eq!((asked.id, asked.nonce), (id, nonce));
    }
}
