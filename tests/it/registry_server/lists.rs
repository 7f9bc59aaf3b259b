//! Several questions in one message: every entry is answered, recorded and paid for as a question is.

use std::fs;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use cancuoc::registry::message::AskedList;
use cancuoc::registry::message::ExpectingList;
use cancuoc::registry::message::MAX_LIST;
use cancuoc::registry::message::MAX_QUESTION_LIST;

use crate::support::registry_server::Line;
use crate::support::registry_server::Reply;
use crate::support::registry_server::Running;
use crate::support::registry_server::Stand;
use crate::support::registry_server::WIDE;
use crate::support::registry_server::signed_by;

use super::answers::AN;
use super::answers::right;
use super::timing::quartiles;

/// Nobody has it.
const NOBODY: &str = "036195999999";

/// The members of an answer that say something about its card.
const ABOUT: [&str; 7] = [
    "card",
    "person",
    "attributes",
    "reasons",
    "decision",
    "disclosed",
    "withheld",
];

fn open(server: &Running, stand: &Stand) -> Line {
    Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap()
}

/// Questions of every kind about the sample citizens.
fn several(stand: &Stand) -> Vec<Value> {
    let mut wrong = right(stand);
    wrong["attributes"]["name"] = json!("Nguyễn Thị Mẫu Ân");
    let mut told = right(stand);
    told["disclose"] = json!(["permanent_residence", "identity_level"]);
    let mut withheld = wrong.clone();
    withheld["disclose"] = json!(["permanent_residence"]);
    let mut by_card = stand.question("038178001029");
    by_card["card"]["sod_sha256"] = json!("6b".repeat(32));
    vec![
        right(stand),
        wrong,
        stand.question(NOBODY),
        told,
        withheld,
        by_card,
        stand.question("048091900202"),
        // The same card twice is asked twice.
        right(stand),
    ]
}

/// The answer, checked as a client checks it.
#[track_caller]
fn believed(stand: &Stand, list: &[u8], reply: &Reply) -> usize {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let asked = AskedList::decode(list).unwrap();
    let expecting = ExpectingList::of(&asked, list, &[stand.registry_key]);
    expecting.read(&reply.body, Timestamp::now()).unwrap().len()
}

#[test]
fn every_entry_is_answered_as_it_is_alone_in_the_order_of_the_questions() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let questions = several(&stand);
    let list = stand.signed(stand.list(&questions));
    let reply = line.post_list(&list);
    assert_eq!(believed(&stand, &list, &reply), questions.len());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let told = reply.json();
    for (place, question) in questions.into_iter().enumerate() {
        let alone = stand.ask(&mut line, fresh(&stand, question));
        for member in ABOUT {
            let entry = &told["answers"][place][member];
            assert_eq!(*entry, alone[member], "{place} {member}");
        }
    }
    // Each was counted.
    let cards = |word: &str| {
        server.figure(&format!(
            "cancuoc_registry_cards_total{{decision=\"{word}\"}}"
        ))
    };
    let words = ["confirmed", "mismatch", "not_on_file", "not_in_force"];
    assert_eq!(
        words.map(cards).map(|count| count.round()),
        [8.0, 4.0, 2.0, 2.0]
    );
    let lists = server.figure("cancuoc_registry_requests_total{outcome=\"list\"}");
    assert!((lists - 1.0).abs() < f64::EPSILON);
}

/// The same question under a name of its own.
fn fresh(stand: &Stand, mut question: Value) -> Value {
    question["id"] = stand.question(AN)["id"].clone();
    question
}

#[test]
fn each_entry_has_a_record_and_the_same_list_gets_the_very_same_answer() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let list = stand.list(&several(&stand));
    let bytes = stand.signed(list.clone());
    let first = line.post_list(&bytes);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(open(&server, &stand).post_list(&bytes).body, first.body);
    let mut other = list.clone();
    other["purpose"]["case"] = json!("case-2");
    line.post_list(&stand.signed(other.clone()))
        .refused(409, "question.reused_id");
    // A question has no name that a list had.
    let mut question = right(&stand);
    question["id"] = list["id"].clone();
    line.post(&stand.signed(question.clone()))
        .refused(409, "question.reused_id");
    server.stop();

    let log = fs::read_to_string(stand.home.path("audit/00000000000000000000.jsonl")).unwrap();
    let id = list["id"].as_str().unwrap();
    let records: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|record: &Value| record["id"] == id)
        .collect();
    let said: Vec<(&str, u64)> = records
        .iter()
        .map(|record| {
            (
                record["verdict"].as_str().unwrap(),
                record["cost"].as_u64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("confirmed", 1),
        ("mismatch", 5),
        ("not_on_file", 20),
        ("confirmed", 1),
        ("mismatch", 5),
        ("confirmed", 1),
        ("not_in_force", 1),
        ("confirmed", 1),
    ];
    assert_eq!(said, expected);
    for record in &records {
        assert_eq!(record["question"], first.json()["question_sha256"]);
        for (member, value) in [
            ("agency", "ward-1"),
            ("officer", "officer-1"),
            ("device", "counter-1"),
        ] {
            assert_eq!(record[member], value);
        }
    }
    assert_eq!(records[0]["subject"], records[7]["subject"]);
    assert_ne!(records[0]["subject"], records[2]["subject"]);

    // After a restart the id is still the list's, and the list is answered anew.
    let server = stand.start();
    let mut line = open(&server, &stand);
    line.post_list(&stand.signed(other))
        .refused(409, "question.reused_id");
    line.post(&stand.signed(question))
        .refused(409, "question.reused_id");
    assert_eq!(line.post_list(&bytes).status, 200);
}

#[test]
fn only_a_list_that_is_fresh_signed_and_allowed_is_answered() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let list = || stand.list(&[right(&stand), right(&stand)]);
    let mut refused = |list: Vec<u8>, status, code| line.post_list(&list).refused(status, code);
    for (seconds, code) in [(-200, "question.stale"), (200, "question.future")] {
        let mut list = list();
        let time = Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap();
        list["asked_at"] = json!(time.to_string());
        refused(stand.signed(list), 409, code);
    }
    refused(
        serde_json::to_vec(&list()).unwrap(),
        403,
        "question.unsigned",
    );
    let mut changed: Value = serde_json::from_slice(&stand.signed(list())).unwrap();
    changed["questions"].as_array_mut().unwrap().pop();
    refused(
        serde_json::to_vec(&changed).unwrap(),
        403,
        "question.wrong_signature",
    );
    refused(
        signed_by(list(), &stand.unknown_device),
        403,
        "question.unknown_device",
    );
    let mut procedure = list();
    procedure["purpose"]["procedure"] = json!("1.000001");
    refused(stand.signed(procedure), 403, "question.unknown_procedure");
    let mut stranger = Line::open(server.address, &stand.pki, Some(&stand.pki.stranger)).unwrap();
    let nobody = stranger.post_list(&stand.signed(list()));
    nobody.refused(403, "question.agency_unknown");
    let written = server.figure("cancuoc_registry_audit_written_total");
    assert!(written.abs() < f64::EPSILON, "{written}");
}

#[test]
fn a_list_with_one_wrong_entry_is_refused_whole_with_its_place() {
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let whole = stand.list(&vec![right(&stand); MAX_LIST]);
    let mut refused = |list: Value, detail: &str| {
        let reply = line.post_list(&stand.signed(list));
        reply.refused(400, "question.malformed");
        assert_eq!(reply.json()["detail"], detail);
    };
    for (place, member, value, detail) in [
        (3, "card", json!({}), "missing at /questions/3/card"),
        (
            63,
            "attributes",
            json!({"birth": "soon"}),
            "format at /questions/63/attributes/birth",
        ),
        (
            0,
            "disclose",
            json!(["secrets"]),
            "format at /questions/0/disclose/0",
        ),
        (
            9,
            "officer",
            json!("officer-2"),
            "unknown_member at /questions/9",
        ),
        (
            9,
            "id",
            json!("0123456789abcdef"),
            "unknown_member at /questions/9",
        ),
    ] {
        let mut list = whole.clone();
        list["questions"][place][member] = value;
        refused(list, detail);
    }
    let mut empty = whole.clone();
    empty["questions"] = json!([]);
    refused(empty, "length at /questions");
    refused(
        stand.list(&vec![right(&stand); MAX_LIST + 1]),
        "length at /questions",
    );
    let mut deep = whole.clone();
    deep["questions"][5]["card"] = (0..25).fold(json!("1"), |inner, _| json!([inner]));
    refused(deep, "kind at /questions/5/card");
    // Each at the other's door.
    let question = stand.signed(right(&stand));
    line.post_list(&question).refused(400, "question.malformed");
    let list = stand.signed(whole);
    line.post(&list).refused(400, "question.malformed");
    assert_eq!(believed(&stand, &list, &line.post_list(&list)), MAX_LIST);
    let head = |length: usize| {
        format!(
            "POST /v1/question-lists HTTP/1.1\nHost: localhost\n\
             Content-Type: application/json\nContent-Length: {length}"
        )
    };
    let longest = vec![b' '; MAX_QUESTION_LIST];
    line.request(&head(longest.len()), &longest)
        .refused(400, "question.malformed");
    line.request(&head(longest.len() + 1), b"")
        .refused(413, "question.too_large");
    let mut line = open(&server, &stand);
    let got = line.request("GET /v1/question-lists HTTP/1.1\nHost: localhost", b"");
    got.refused(405, "question.method");
}

/// Small buckets that fill fast, so that a test sees them fill.
const SMALL: &str = "\n[buckets]\n\
    agency = { capacity = 1000, per_second = 100 }\n\
    officer = { capacity = 100, per_second = 40 }\n\
    device = { capacity = 200, per_second = 80 }\n";

#[test]
fn who_walks_through_numbers_in_lists_is_slowed_to_the_same_pace() {
    let stand = Stand::with(SMALL);
    let server = stand.start();
    let mut line = open(&server, &stand);
    let began = Instant::now();
    let mut number = 1_000_000_u64;
    let mut answered = 0_usize;
    let mut length = 5;
    let too_long = line.post_list(&stand.signed(stand.list(&vec![right(&stand); 6])));
    too_long.refused(413, "question.list_too_long");
    assert_eq!(too_long.json()["most"], 5);
    while began.elapsed() < Duration::from_secs(3) {
        let questions: Vec<Value> = (0..length)
            .map(|_| {
                number += 1;
                stand.question(&format!("{number:012}"))
            })
            .collect();
        let reply = line.post_list(&stand.signed(stand.list(&questions)));
        if reply.status == 200 {
            answered += questions.len();
            continue;
        }
        reply.refused(429, "question.too_many");
        assert!(reply.header("retry-after").is_some());
        // A client that takes whatever is there.
        let most = reply.json()["most"].as_u64();
        let most = most.map_or(0, |most| usize::try_from(most).unwrap());
        length = most.clamp(1, 5);
        if most == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    // As for single questions: 100 tokens at first and 40 each second, 20 for each number.
    let most = (100.0 + 40.0 * seconds) / 20.0;
    let answered = u32::try_from(answered).unwrap();
    assert!(f64::from(answered) <= most, "{answered} in {seconds} s");
    assert!(answered >= 5, "{answered}");
    let spent = server.figure("cancuoc_registry_tokens_spent_total");
    assert!((spent - 20.0 * f64::from(answered)).abs() < f64::EPSILON);
}

#[test]
fn a_restart_gives_nothing_back_of_what_a_list_cost() {
    let never = SMALL.replace("per_second = 100", "per_second = 0");
    let never = never.replace("per_second = 40", "per_second = 0");
    let stand = Stand::with(&never.replace("per_second = 80", "per_second = 0"));
    let server = stand.start();
    let nobody = || vec![stand.question(NOBODY); 4];
    let list = || stand.signed(stand.list(&nobody()));
    assert_eq!(open(&server, &stand).post_list(&list()).status, 200);
    server.stop();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let short = line.post_list(&list());
    short.refused(429, "question.too_many");
    assert_eq!(short.json()["most"], 1);
    assert_eq!(line.post(&stand.signed(stand.question(NOBODY))).status, 200);
    line.post(&stand.signed(stand.question(NOBODY)))
        .refused(429, "question.too_many");
}

#[test]
fn a_server_that_is_told_to_misbehave_does_so_with_lists() {
    let stand = Stand::with(WIDE);
    let ask = |chaos: &str| {
        let server = stand.start_with(Some(chaos));
        let mut line = open(&server, &stand);
        let [_, last] = [(); 2].map(|()| {
            let list = stand.signed(stand.list(&[right(&stand), right(&stand)]));
            let asked = AskedList::decode(&list).unwrap();
            let reply = line.post_list(&list);
            let expecting = ExpectingList::of(&asked, &list, &[stand.registry_key]);
            let read = expecting.read(&reply.body, Timestamp::now());
            (reply, read)
        });
        last
    };
    for (chaos, code) in [
        ("wrong-signature", "registry.wrong_signature"),
        ("replay", "registry.not_ours"),
        ("skew:300", "registry.not_ours"),
    ] {
        assert_eq!(ask(chaos).1.unwrap_err().code(), code, "{chaos}");
    }
    ask("5xx:1").0.refused(503, "question.unavailable");
    let old = ask("stale").1.unwrap();
    assert!(
        old.iter()
            .all(|answer| answer.age().as_secs() / 86_400 >= 399)
    );
}

/// `CANCUOC_TIMING=1` measures long enough for the figures in docs/registry.md and prints them.
#[test]
fn a_list_with_unknown_numbers_cannot_be_told_from_one_with_mismatches() {
    let long = std::env::var_os("CANCUOC_TIMING").is_some();
    let rounds = if long { 1500 } else { 60 };
    let stand = Stand::new();
    let server = stand.start();
    let mut line = open(&server, &stand);
    let mut times = [Vec::new(), Vec::new()];
    let mut lengths = [0, 0];
    for round in 0..rounds {
        // In turn, so that whatever else the machine does strikes both, and each is first as often.
        let mut kinds = [(0, AN), (1, NOBODY)];
        kinds.rotate_left(round % 2);
        for (which, number) in kinds {
            let mut question = stand.question(number);
            question["attributes"] =
                json!({"name": "Trần Văn Mẫu", "birth": "1995-08-18", "sex": "male"});
            let list = stand.signed(stand.list(&vec![question; 16]));
            let began = Instant::now();
            let reply = line.post_list(&list);
            if round > 5 {
                times[which].push(began.elapsed());
            }
            let decision = ["mismatch", "not_on_file"][which];
            assert_eq!(reply.json()["answers"][15]["decision"], decision);
            lengths[which] = reply.head.len() + reply.body.len();
        }
    }
    let [mismatch, unknown] = times.map(quartiles);
    if long {
        println!(
            "lists of 16, quartiles: mismatch {mismatch:?}, unknown {unknown:?}; lengths {lengths:?}"
        );
    }
    let apart = mismatch[1].abs_diff(unknown[1]);
    let spread = (mismatch[2] - mismatch[0]).max(unknown[2] - unknown[0]);
    let most = (spread * 3).max(Duration::from_millis(20));
    assert!(apart <= most, "{mismatch:?} and {unknown:?}");
    // But for the digits of the request's number.
    assert!(lengths[0].abs_diff(lengths[1]) <= 2, "{lengths:?}");
}
