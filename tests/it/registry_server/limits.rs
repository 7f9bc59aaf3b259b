//! How fast anybody may ask.

use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;

use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;

use super::answers::right;

/// Small buckets that fill fast, so that a test sees them fill.
const SMALL: &str = r#"
[buckets]
agency = { capacity = 1000, per_second = 100 }
officer = { capacity = 100, per_second = 40 }
device = { capacity = 200, per_second = 80 }
"#;

#[test]
fn who_walks_through_numbers_is_slowed_to_the_pace_of_the_bucket() {
    let stand = Stand::with(SMALL);
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let began = Instant::now();
    let (mut answered, mut refused) = (0_u32, 0_u32);
    let mut number = 1_000_000_u64;
    while began.elapsed() < Duration::from_secs(3) {
        number += 1;
        let reply = line.post(&stand.signed(stand.question(&format!("{number:012}"))));
        match reply.status {
            200 => {
                assert_eq!(reply.json()["decision"], "not_on_file");
                answered += 1;
            }
            _ => {
                reply.refused(429, "question.too_many");
                let wait = reply.header("retry-after").unwrap();
                assert_eq!(wait, "1");
                assert_eq!(reply.json()["retry_after"], 1);
                refused += 1;
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    // 100 tokens at first and 40 each second, 20 for each number that nobody has.
    let most = (100.0 + 40.0 * seconds) / 20.0;
    assert!(f64::from(answered) <= most, "{answered} in {seconds} s");
    assert!(answered >= 5 && refused > 0, "{answered} and {refused}");
    let short = server.figure("cancuoc_registry_bucket_short_total{bucket=\"officer\"}");
    assert!(short >= f64::from(refused));
}

#[test]
fn a_confirmed_question_costs_little_and_other_names_do_not_help() {
    let never = SMALL.replace("per_second = 100", "per_second = 0");
    let never = never.replace("per_second = 40", "per_second = 0");
    let stand = Stand::with(&never.replace("per_second = 80", "per_second = 0"));
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let asked = |line: &mut Line, officer: &str, number: Option<&str>| {
        let mut question = match number {
            Some(number) => stand.question(number),
            None => right(&stand),
        };
        question["officer"] = json!(officer);
        line.post(&stand.signed(question)).status
    };
    // The last question needs as much as the dearest answer costs.
    for _ in 0..81 {
        assert_eq!(asked(&mut line, "officer-1", None), 200);
    }
    assert_eq!(asked(&mut line, "officer-1", None), 429);
    // Five more for another officer, and the device has no more for a third.
    for _ in 0..5 {
        assert_eq!(asked(&mut line, "officer-2", Some("000000000000")), 200);
    }
    assert_eq!(asked(&mut line, "officer-2", Some("000000000000")), 429);
    assert_eq!(asked(&mut line, "officer-3", None), 429);
    // Another agency has buckets of its own.
    let mut bank = Line::open(server.address, &stand.pki, Some(&stand.pki.bank)).unwrap();
    let mut question = right(&stand);
    question["purpose"]["procedure"] = json!("marriage");
    // An answer that is given again costs nothing.
    let bytes = stand.signed(question);
    assert_eq!(bank.post(&bytes).status, 200);
    let before = server.figure("cancuoc_registry_tokens_spent_total");
    assert_eq!(bank.post(&bytes).status, 200);
    let after = server.figure("cancuoc_registry_tokens_spent_total");
    assert!((after - before).abs() < f64::EPSILON);
    server.stop();

    // A restart fills no bucket.
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    assert_eq!(asked(&mut line, "officer-1", None), 429);
}

#[test]
fn questions_side_by_side_do_not_overrun() {
    let stand = Stand::with(&SMALL.replace("per_second = 40", "per_second = 0"));
    let server = stand.start_with(Some("delay:300"));
    let address = server.address;
    let answered: usize = thread::scope(|scope| {
        let askers: Vec<_> = (0..12)
            .map(|number| {
                let stand = &stand;
                scope.spawn(move || {
                    let mut line = Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
                    let question = stand.question(&format!("{number:012}"));
                    usize::from(line.post(&stand.signed(question)).status == 200)
                })
            })
            .collect();
        askers.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(answered, 5);
}

#[test]
fn a_restart_forgets_nothing_that_a_slow_bucket_still_lacks() {
    // Many small costs: each of them would have flowed in again, all of them have not.
    let slow = SMALL.replace("per_second = 40", "per_second = 0.2");
    let stand = Stand::with(&slow);
    let server = stand.start();
    let asked = |line: &mut Line| line.post(&stand.signed(right(&stand))).status;
    let open = |address| Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    let mut line = open(server.address);
    let mut spent = 0_u32;
    while asked(&mut line) == 200 {
        spent += 1;
    }
    assert!(spent >= 81);
    // By now the first of them are five seconds old and more.
    thread::sleep(Duration::from_millis(5500));
    server.stop();
    let began = Instant::now();
    let server = stand.start();
    let mut line = open(server.address);
    let mut again = 0_u32;
    while asked(&mut line) == 200 {
        again += 1;
    }
    // One for what has flowed in meanwhile, and what flows in while it is asked.
    let most = 3.0 + 0.2 * began.elapsed().as_secs_f64();
    assert!(f64::from(again) <= most, "{again}");
}

#[test]
fn a_device_that_is_known_by_its_key_alone_keeps_its_bucket_over_a_restart() {
    let never = "\n[buckets]\nagency = { capacity = 1000, per_second = 0 }\nofficer = { capacity = 1000, per_second = 0 }\ndevice = { capacity = 60, per_second = 0 }\n";
    let stand = Stand::with(never);
    let ask = |line: &mut Line, name: &str| {
        let mut question = stand.question("000000000000");
        question["purpose"]["procedure"] = json!("marriage");
        question["device"] = json!(name);
        line.post(&stand.signed(question)).status
    };
    let open = |address| Line::open(address, &stand.pki, Some(&stand.pki.bank)).unwrap();
    let server = stand.start();
    let mut line = open(server.address);
    for name in ["one", "two", "three"] {
        assert_eq!(ask(&mut line, name), 200);
    }
    assert_eq!(ask(&mut line, "four"), 429);
    server.stop();
    let server = stand.start();
    assert_eq!(ask(&mut open(server.address), "five"), 429);
    // The log has the key that signed, and not what it called itself.
    let path = stand.home.path("audit/00000000000000000000.jsonl");
    let log = std::fs::read_to_string(path).unwrap();
    let key = stand.device.public().id().to_string();
    assert!(log.contains(&format!("\"device\":\"{key}\"")), "{log}");
}
