//! Several questions in one message over HTTPS: what is believed, and how lists grow shorter.

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use cancuoc::attest::evidence;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Decision;
use cancuoc::registry::Https;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::registry::RegistryOptions;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::AskedList;
use cancuoc::registry::message::MAX_LIST;
use cancuoc::registry::message::Problem;
use cancuoc::registry::message::ProblemCode;
use cancuoc::registry::query::Case;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;
use jiff::Timestamp;
use serde_json::Value;

use crate::support::registry::Fake;
use crate::support::registry::Keys;
use crate::support::registry::Then;
use crate::support::registry::answer;
use crate::support::registry::answer_list;
use crate::support::registry::json;
use crate::support::registry::query;
use crate::support::registry::reply;

fn open(fake: &Fake, keys: &Keys) -> Https {
    let options = RegistryOptions {
        limit: Duration::from_secs(30),
        ..keys.options()
    };
    Https::open(&fake.url(), &options).unwrap()
}

/// So many questions, each about another number.
fn queries(count: usize) -> Vec<Query> {
    let one = |place: usize| {
        let mut one = query();
        one.card.number = CitizenNumber::new(&format!("0010990{place:05}"));
        one
    };
    (0..count).map(one).collect()
}

/// What a message asks: how many questions, and whether they came as a list.
fn length(body: &[u8]) -> usize {
    match AskedList::decode(body) {
        Ok(asked) => asked.queries.len(),
        Err(_) => Asked::decode(body).map(|_| 1).unwrap(),
    }
}

fn lengths(fake: &Fake) -> Vec<usize> {
    fake.asked().iter().map(|body| length(body)).collect()
}

/// Answers rightly what came, list or question.
fn right(keys: &Keys, body: &[u8], out: &mut dyn Write) -> io::Result<Then> {
    let now = Timestamp::now();
    let said = match AskedList::decode(body) {
        Ok(_) => answer_list(body, &keys.signing, now),
        Err(_) => answer(body, &keys.signing, now),
    };
    json(out, &said)
}

fn refuse(out: &mut dyn Write, problem: &Problem) -> io::Result<Then> {
    let body = problem.encode(None, None);
    let more = match problem.retry_seconds() {
        Some(seconds) => format!("Retry-After: {seconds}\r\n"),
        None => String::new(),
    };
    reply(
        out,
        problem.status,
        "application/problem+json",
        &more,
        &body,
    )
}

#[test]
fn several_questions_go_in_one_message_and_each_answer_is_evidence() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::taking_lists(&keys, move |_, body, out| right(&own, body, out));
    let registry = open(&fake, &keys);
    let asked = queries(MAX_LIST + 36);
    let some = registry.check_some(&asked).unwrap();
    assert_eq!(some.len(), MAX_LIST);
    let all = registry.check_all(&asked).unwrap();
    assert_eq!(all.len(), asked.len());
    assert_eq!(lengths(&fake), [MAX_LIST, MAX_LIST, 36]);
    let trusted = [keys.signing.public().id()];
    for (place, answer) in all.iter().enumerate() {
        assert_eq!(answer.decision(), Decision::Confirmed);
        let receipt = answer.receipt.as_ref().unwrap();
        assert_eq!(receipt.entry, Some(place % MAX_LIST));
        if place % 20 == 3 {
            let kept = evidence::of(receipt).unwrap();
            let checked = evidence::check(kept.to_string().as_bytes(), &trusted).unwrap();
            assert_eq!(checked.outcome.code(), "evidence.holds");
            assert!(checked.kept.unwrap().asked.query == asked[place]);
            // Of another entry's place it is the other's.
            let mut moved = kept.clone();
            moved["entry"] = ((place % MAX_LIST + 1) % 36).into();
            let moved = evidence::check(moved.to_string().as_bytes(), &trusted).unwrap();
            assert!(moved.kept.unwrap().asked.query != asked[place]);
            for wrong in [Value::from(MAX_LIST), Value::Null] {
                let mut none = kept.clone();
                none["entry"] = wrong.clone();
                if wrong.is_null() {
                    none.as_object_mut().unwrap().remove("entry");
                }
                let none = evidence::check(none.to_string().as_bytes(), &trusted).unwrap();
                assert_eq!(none.outcome.code(), "evidence.broken");
            }
        }
    }
    // One question goes as one, and those for another case in a list of their own.
    let _ = registry.check_some(&queries(1)).unwrap();
    let mut mixed = queries(5);
    mixed[3].context.case = Case::new("another");
    mixed[4].context.case = Case::new("another");
    assert_eq!(registry.check_all(&mixed).unwrap().len(), 5);
    assert_eq!(lengths(&fake)[3..], [1, 3, 2]);
    assert!(registry.check_some(&[]).unwrap().is_empty());
    assert!(registry.check_all(&[]).unwrap().is_empty());
}

#[test]
fn a_server_without_the_door_is_asked_one_after_the_other() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::start(&keys, move |_, body, out| right(&own, body, out));
    let registry = open(&fake, &keys);
    assert_eq!(registry.check_some(&queries(3)).unwrap().len(), 1);
    assert_eq!(registry.check_all(&queries(3)).unwrap().len(), 3);
    assert_eq!(lengths(&fake), [1; 4]);
}

#[test]
fn a_list_is_shortened_to_what_the_server_lets_through() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    // Four at most; and of the third message on, only two for a while.
    let fake = Fake::taking_lists(&keys, move |number, body, out| {
        let length = length(body);
        if length > 4 {
            return refuse(out, &Problem::from(ProblemCode::ListTooLong).letting(4));
        }
        if number == 2 && length > 2 {
            let now = Problem::from(ProblemCode::TooMany).after(Duration::from_secs(3600));
            return refuse(out, &now.letting(2));
        }
        right(&own, body, out)
    });
    let registry = open(&fake, &keys);
    assert_eq!(registry.check_all(&queries(11)).unwrap().len(), 11);
    // What it never takes is not tried again; what it does not take now is.
    assert_eq!(lengths(&fake), [11, 4, 4, 2, 4, 1]);
}

#[test]
fn a_list_for_which_there_are_no_tokens_is_refused_and_what_makes_no_sense_too() {
    for (most, expected) in [(0, "question.too_many"), (7, "question.too_many")] {
        let keys = Keys::new();
        let fake = Fake::taking_lists(&keys, move |_, _, out| {
            let problem = Problem::from(ProblemCode::TooMany).after(Duration::from_secs(3600));
            refuse(out, &problem.letting(most))
        });
        let refused = open(&fake, &keys).check_some(&queries(3)).unwrap_err();
        assert_eq!(refused, RegistryError::Refused { code: expected });
        assert_eq!(lengths(&fake), [3]);
    }
}

/// An answer to a list in which something was changed, under the signature of this key, or under the one
/// that it had.
fn changed(said: &[u8], key: Option<&DeviceKey>, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut whole: Value = serde_json::from_slice(said).unwrap();
    change(&mut whole);
    if let Some(key) = key {
        whole.as_object_mut().unwrap().remove("signature");
        whole = sign(whole, key, Timestamp::now()).unwrap();
    }
    cancuoc::seal::canonical::canonical(&whole).unwrap()
}

type Wrong = fn(&Keys, &[u8]) -> Vec<u8>;

#[test]
fn a_wrong_answer_to_a_list_is_none_and_nothing_of_it_is_given() {
    let rows: [(&str, Wrong); 7] = [
        ("registry.wrong_signature", |keys, body| {
            let said = answer_list(body, &keys.signing, Timestamp::now());
            changed(&said, None, |whole| {
                whole["answers"][1]["card"]["status"] = "revoked".into();
                whole["answers"][1]["decision"] = "not_in_force".into();
            })
        }),
        ("registry.wrong_signature", |keys, body| {
            // Entries that change places, where they differ.
            let said = answer_list(body, &keys.signing, Timestamp::now());
            let one = changed(&said, Some(&keys.signing), |whole| {
                whole["answers"][0]["card"]["status"] = "revoked".into();
                whole["answers"][0]["decision"] = "not_in_force".into();
            });
            changed(&one, None, |whole| {
                whole["answers"].as_array_mut().unwrap().swap(0, 2);
            })
        }),
        ("registry.foreign_signer", |keys, body| {
            let other = DeviceKey::load(&keys.home.path("device.key")).unwrap();
            answer_list(body, &other, Timestamp::now())
        }),
        ("registry.not_ours", |keys, body| {
            let said = answer_list(body, &keys.signing, Timestamp::now());
            changed(&said, Some(&keys.signing), |whole| {
                whole["question_sha256"] = "00".repeat(32).into();
            })
        }),
        ("registry.bad_answer", |keys, body| {
            let said = answer_list(body, &keys.signing, Timestamp::now());
            changed(&said, Some(&keys.signing), |whole| {
                whole["answers"].as_array_mut().unwrap().pop();
            })
        }),
        ("registry.bad_answer", |keys, body| {
            let said = answer_list(body, &keys.signing, Timestamp::now());
            changed(&said, Some(&keys.signing), |whole| {
                let first = whole["answers"][0].clone();
                whole["answers"].as_array_mut().unwrap().push(first);
            })
        }),
        ("registry.bad_answer", |keys, body| {
            let said = answer_list(body, &keys.signing, Timestamp::now());
            changed(&said, Some(&keys.signing), |whole| {
                whole["answers"][2]["attributes"]["name"] = "match".into();
            })
        }),
    ];
    for (place, (code, wrong)) in rows.into_iter().enumerate() {
        let keys = Arc::new(Keys::new());
        let own = Arc::clone(&keys);
        let fake = Fake::taking_lists(&keys, move |_, body, out| json(out, &wrong(&own, body)));
        let error = open(&fake, &keys).check_some(&queries(3)).unwrap_err();
        assert_eq!(error.code(), code, "{place}");
        assert_eq!(lengths(&fake), [3], "{place}");
    }
}

#[test]
fn a_line_that_breaks_is_tried_with_the_same_list() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let fake = Fake::taking_lists(&keys, move |number, body, out| match number {
        0 => Ok(Then::Close),
        1 => reply(out, 503, "text/plain", "", b""),
        _ => right(&own, body, out),
    });
    assert_eq!(open(&fake, &keys).check_some(&queries(3)).unwrap().len(), 3);
    let asked = fake.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| *one == asked[0]));
}
