use std::cell::RefCell;
use std::rc::Rc;

use super::*;

/// A desk of one reader, which does what it is told and remembers it.
#[derive(Clone, Default)]
struct Script {
    asked: Rc<RefCell<Vec<(String, Value)>>>,
    card: Rc<RefCell<&'static str>>,
    holder: Rc<RefCell<Option<&'static str>>>,
    readers: Rc<RefCell<usize>>,
    is_down: Rc<RefCell<bool>>,
    is_early: Rc<RefCell<bool>>,
}

impl Script {
    fn new(card: &'static str) -> Self {
        let script = Self::default();
        *script.card.borrow_mut() = card;
        *script.readers.borrow_mut() = 1;
        script
    }

    fn count(&self, command: &str) -> usize {
        let asked = self.asked.borrow();
        asked.iter().filter(|(name, _)| name == command).count()
    }

    fn last(&self, command: &str) -> Value {
        let asked = self.asked.borrow();
        let mut of = asked.iter().rev().filter(|(name, _)| name == command);
        of.next().unwrap().1.clone()
    }
}

impl Ask for Script {
    fn ask(&mut self, command: &str, members: Map<String, Value>) -> Result<Value, Value> {
        self.asked
            .borrow_mut()
            .push((command.to_owned(), Value::Object(members)));
        match (command, *self.holder.borrow()) {
            ("claim", Some(holder)) => Err(json!({
                "code": "agent.reader_claimed", "status": 409, "holder": holder,
                "message": {"vi": "bận", "en": "taken"},
            })),
            ("readers", _) => {
                let one = json!({
                    "reader": "r1", "name": "ACS 1252", "state": "free",
                    "mine": false, "card": *self.card.borrow(),
                });
                Ok(json!({"readers": vec![one; *self.readers.borrow()]}))
            }
            ("status", _) if *self.is_down.borrow() => Ok(json!({"service": {
                "code": "pcsc.no_service", "status": 503,
                "message": {"vi": "nghỉ", "en": "down"},
            }})),
            ("key", _) if *self.is_early.borrow() => {
                Err(json!({"code": "agent.nothing_to_do", "status": 409}))
            }
            _ => Ok(json!({})),
        }
    }
}

fn rules() -> Rules {
    Rules {
        reader: None,
        accepted: vec![Accepted::Genuine],
        disclosure: Disclosure::Ordinary,
    }
}

fn open(script: &Script, way: Way) -> (Counter<Script>, Vec<Message>) {
    Counter::open(script.clone(), rules(), way)
}

fn ids(messages: &[Message]) -> Vec<u64> {
    let events = messages.iter().flat_map(Message::numbered);
    events
        .filter_map(|(_, event)| event["id"].as_u64())
        .collect()
}

fn present() -> Value {
    json!({"event": "card_present", "reader": "r1", "card": "unknown"})
}

fn result(verdict: &str) -> Value {
    json!({
        "event": "result", "reader": "r1", "read": 1,
        "report": {
            "verdict": verdict,
            "checks": {"hashes": {"outcome": "fail", "code": "hashes.mismatch"}},
            "holder": {"citizen_number": "036195000123"},
        },
    })
}

#[test]
fn a_card_is_told_once_read_once_and_ended() {
    let script = Script::new("none");
    let (mut counter, first) = open(&script, Way::OnCard);
    assert!(ids(&first).is_empty());
    assert_eq!(script.count("claim"), 1);
    assert_eq!(ids(&counter.hear(&present())), [1]);
    // The desk knows more of the card now; the page has heard of it.
    assert_eq!(ids(&counter.hear(&present())), [0; 0]);
    assert_eq!(script.count("read"), 1);
    *script.card.borrow_mut() = "citizen_card";
    assert_eq!(ids(&counter.hear(&result("genuine"))), [2, 4]);
    assert_eq!(script.count("end"), 1);
    // It still lies there, and is not read again.
    assert_eq!(ids(&counter.hear(&present())), [0; 0]);
    *script.card.borrow_mut() = "none";
    counter.hear(&json!({"event": "card_removed", "reader": "r1"}));
    assert_eq!(ids(&counter.hear(&present())), [1]);
    assert_eq!(script.count("read"), 2);
}

#[test]
fn what_is_not_genuine_and_what_is_partial_is_no_success() {
    let script = Script::new("emrtd");
    let (mut counter, first) = open(&script, Way::OnCard);
    assert_eq!(ids(&first), [1]);
    let partial = json!({
        "event": "partial", "reader": "r1", "unverified_holder": {"citizen_number": "036195000123"},
    });
    assert!(counter.hear(&partial).is_empty());
    let told = counter.hear(&result("not_genuine"));
    assert_eq!(ids(&told), [3]);
    assert!(!told[0].named().to_string().contains("036195000123"));
}

#[test]
fn what_happens_at_a_reader_of_somebody_else_is_not_told() {
    let script = Script::new("none");
    let (mut counter, _) = open(&script, Way::OnCard);
    for name in [
        "card_present",
        "card_removed",
        "result",
        "failed",
        "key_wanted",
    ] {
        let mut event = result("genuine");
        event["event"] = name.into();
        event["reader"] = "r2".into();
        assert!(counter.hear(&event).is_empty(), "{name}");
    }
}

#[test]
fn a_reader_that_is_taken_is_told_with_its_holder_and_had_when_it_is_free() {
    let script = Script::new("none");
    *script.holder.borrow_mut() = Some("https://other.example");
    let (mut counter, first) = open(&script, Way::OnCard);
    let (_, event) = first[0].numbered().remove(0);
    assert_eq!(event["id"], 3);
    assert_eq!(event["code"], "agent.reader_claimed");
    assert_eq!(event["holder"], "https://other.example");
    *script.holder.borrow_mut() = None;
    let busy = json!({"event": "reader_state", "reader": "r1", "state": "busy"});
    assert!(counter.hear(&busy).is_empty());
    let free = json!({"event": "reader_state", "reader": "r1", "state": "free"});
    assert_eq!(ids(&counter.hear(&free)), [0; 0]);
    assert_eq!(ids(&counter.hear(&present())), [1]);
}

#[test]
fn asked_reads_answer_as_the_rest_form_does() {
    let script = Script::new("none");
    let (mut counter, _) = open(&script, Way::OnAsk);
    assert_eq!(script.count("claim"), 0);
    assert_eq!(counter.read(None).1.unwrap_err().rest_status(), 404);
    // A reader that was taken for one read is given back.
    assert_eq!(script.count("release"), 1);
    *script.readers.borrow_mut() = 0;
    assert_eq!(counter.read(None).1.unwrap_err().code, "reader.none");
    // Why there is none is said where it is known.
    *script.is_down.borrow_mut() = true;
    let down = counter.read(None).1.unwrap_err();
    assert_eq!(
        (down.code.as_str(), down.rest_status()),
        ("pcsc.no_service", 503)
    );
    *script.is_down.borrow_mut() = false;
    *script.readers.borrow_mut() = 1;
    *script.card.borrow_mut() = "emrtd";
    *script.holder.borrow_mut() = Some("local");
    assert_eq!(counter.read(None).1.unwrap_err().rest_status(), 409);
    *script.holder.borrow_mut() = None;
    let key = Zeroizing::new("000123".to_owned());
    assert!(counter.read(Some(key)).1.is_ok());
    assert_eq!(script.last("read")["key"], "000123");
    assert_eq!(counter.read(None).1.unwrap_err().rest_status(), 409);
    let failed = json!({"event": "failed", "reader": "r1", "error": {"code": "card.removed", "status": 422}});
    let told = counter.hear(&failed);
    assert_eq!(ids(&told), [3]);
    assert!(counter.read(None).1.is_ok());
}

#[test]
fn a_key_that_came_first_is_used_once_and_never_after_it_was_wrong() {
    let script = Script::new("none");
    let (mut counter, _) = open(&script, Way::OnCard);
    assert!(
        counter
            .give_key(Zeroizing::new("000123".to_owned()))
            .is_empty()
    );
    counter.hear(&present());
    assert_eq!(script.last("read")["key"], "000123");
    let wanted = json!({"event": "key_wanted", "reader": "r1", "why": "wrong", "kinds": ["can"]});
    let told = counter.hear(&wanted);
    assert_eq!(script.count("key"), 0);
    assert!(told[0].is_about("key_wanted"));
    assert!(
        counter
            .give_key(Zeroizing::new("000124".to_owned()))
            .is_empty()
    );
    assert_eq!(script.last("key")["key"], "000124");
    let long = Zeroizing::new("1".repeat(MAX_KEY + 1));
    assert_eq!(ids(&counter.give_key(long)), [3]);
}

#[test]
fn a_reader_that_goes_in_mid_read_ends_it_and_another_is_looked_for() {
    let script = Script::new("emrtd");
    let (mut counter, _) = open(&script, Way::OnCard);
    *script.readers.borrow_mut() = 0;
    let told = counter.hear(&json!({"event": "reader_detached", "reader": "r1"}));
    assert_eq!(ids(&told), [3]);
    *script.readers.borrow_mut() = 1;
    let told = counter.hear(&json!({"event": "reader_attached", "reader": "r1"}));
    assert_eq!(ids(&told), [1]);
}

#[test]
fn nonsense_from_the_desk_changes_nothing() {
    let script = Script::new("none");
    let (mut counter, _) = open(&script, Way::OnCard);
    for event in [
        Value::Null,
        json!([]),
        json!({"event": 7}),
        json!({"event": "result", "reader": "r1"}),
    ] {
        assert!(counter.hear(&event).is_empty());
    }
}

#[test]
fn sensitive_fields_are_asked_for_where_the_operator_says_so_alone() {
    for (disclosure, asked) in [(Disclosure::Ordinary, false), (Disclosure::Sensitive, true)] {
        let script = Script::new("emrtd");
        let rules = Rules {
            disclosure,
            ..rules()
        };
        let (_, first) = Counter::open(script.clone(), rules, Way::OnCard);
        assert_eq!(ids(&first), [1]);
        let order = script.last("read");
        let fields = order["fields"].as_array().unwrap();
        for name in SENSITIVE_FIELDS {
            assert_eq!(fields.contains(&json!(name)), asked, "{name}");
        }
    }
}

#[test]
fn another_reader_than_the_configured_one_is_left_alone() {
    let script = Script::new("emrtd");
    for (name, claims) in [("Another", 0), ("ACS", 1)] {
        let rules = Rules {
            reader: Some(name.to_owned()),
            ..rules()
        };
        let (_, first) = Counter::open(script.clone(), rules, Way::OnCard);
        assert!(!first.is_empty());
        assert_eq!(script.count("claim"), claims, "{name}");
    }
}

#[test]
fn a_result_that_was_told_before_is_not_told_without_its_person() {
    let script = Script::new("emrtd");
    let (mut counter, _) = open(&script, Way::OnCard);
    let mut again = result("genuine");
    again["sent_before"] = true.into();
    assert_eq!(ids(&counter.hear(&again)), [0; 0]);
    assert_eq!(script.count("end"), 1);
}

#[test]
fn a_key_is_for_one_read_and_of_a_length() {
    let script = Script::new("none");
    let (mut counter, _) = open(&script, Way::OnAsk);
    let long = Zeroizing::new("1".repeat(MAX_KEY + 1));
    assert_eq!(counter.read(Some(long)).1.unwrap_err().rest_status(), 413);
    let key = Zeroizing::new("000123".to_owned());
    assert_eq!(counter.read(Some(key)).1.unwrap_err().rest_status(), 404);
    *script.card.borrow_mut() = "emrtd";
    assert!(counter.read(None).1.is_ok());
    assert_eq!(script.last("read").get("key"), None);

    // A key that came while the card was read waits; once one was wrong, the page is asked.
    *script.is_early.borrow_mut() = true;
    for (why, keys, told) in [("wrong", 1, 1), ("first", 3, 0)] {
        let key = Zeroizing::new("000124".to_owned());
        assert!(counter.give_key(key).is_empty());
        let wanted = json!({"event": "key_wanted", "reader": "r1", "why": why});
        assert_eq!(counter.hear(&wanted).len(), told, "{why}");
        assert_eq!(script.count("key"), keys, "{why}");
    }
}
