//! The agent's desk, spoken to as its clients do, over readers that are virtual: sessions, owners, who
//! is told what, and that nothing about a person is told twice or to anybody else.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread::sleep;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use cancuoc::agent::desk::Desk;
use cancuoc::agent::desk::Entrance;
use cancuoc::agent::desk::ReadEnded;
use cancuoc::agent::desk::Settings;
use cancuoc::agent::desk::Visitor;
use cancuoc::agent::desk::Witness;
use cancuoc::agent::judge::Judge;
use cancuoc::agent::judge::Sources;
use cancuoc::agent::judge::TestMaterial;
use cancuoc::agent::slots::Pace;
use cancuoc::agent::slots::SlotId;
use cancuoc::agent::slots::VirtualSlots;
use cancuoc::attest::receipt;
use cancuoc::crypto::random::System;
use cancuoc::error::AuditError;
use cancuoc::error::Error;
use cancuoc::error::SetupError;
use cancuoc::lds::FileId;
use cancuoc::registry::CardKey;
use cancuoc::registry::Context;
use cancuoc::registry::RegistryOptions;
use cancuoc::registry::SodDigest;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use serde_json::Value;
use serde_json::json;

use crate::support::home::Home;
use crate::support::registry::Fake;
use crate::support::registry::Keys;
use crate::support::registry::json as reply_json;

/// Longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long it takes to believe that nothing more comes.
const SILENCE: Duration = Duration::from_millis(300);

const READER: &str = "Virtual reader 1";

/// An agent without a door.
struct Bench {
    desk: Desk,
    slots: Arc<VirtualSlots>,
    reader: SlotId,
}

fn settings() -> Settings {
    settings_at(None)
}

fn settings_at(now: Option<SystemTime>) -> Settings {
    Settings::new(Arc::new(
        Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now,
        })
        .unwrap(),
    ))
}

impl Bench {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: Settings) -> Self {
        let (news, heard) = mpsc::channel();
        let slots = Arc::new(VirtualSlots::new(news));
        let reader = slots.attach(READER);
        let desk = Desk::open(settings, slots.clone(), heard).unwrap();
        let bench = Self {
            desk,
            slots,
            reader,
        };
        // The news has come when a client sees the reader.
        let first = bench.enter("local");
        let welcome = first.hello();
        if welcome["readers"] == json!([]) {
            first.expect("reader_attached");
        }
        bench
    }

    fn enter(&self, label: &str) -> Client {
        self.enter_for(label, None)
    }

    fn enter_for(&self, label: &str, officer: Option<&str>) -> Client {
        let entrance = self.desk.enter(Visitor {
            label: label.to_owned(),
            officer: officer.map(str::to_owned),
        });
        Client {
            inner: std::cell::RefCell::new(Inner {
                entrance,
                seen: Vec::new(),
                commands: 0,
            }),
        }
    }

    /// Somebody who has the reader.
    fn clerk(&self) -> Client {
        let client = self.enter("https://counter.example");
        client.hello();
        client.ok(json!({"command": "claim", "reader": "r1"}));
        client
    }

    fn lay(&self, name: &str) -> Persona {
        let persona = persona::find(name).unwrap();
        self.slots.lay(self.reader, &persona, Pace::Free).unwrap();
        persona
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.desk.close();
    }
}

struct Client {
    inner: std::cell::RefCell<Inner>,
}

struct Inner {
    entrance: Entrance,
    /// Every message, both ways.
    seen: Vec<Value>,
    commands: u32,
}

impl Client {
    fn raw(&self, text: &str) -> Value {
        let mut inner = self.inner.borrow_mut();
        let reply: Value = serde_json::from_str(&inner.entrance.command(text.as_bytes())).unwrap();
        inner.seen.push(reply.clone());
        reply
    }

    fn say(&self, mut command: Value) -> Value {
        let id = {
            let mut inner = self.inner.borrow_mut();
            inner.commands += 1;
            inner.commands.to_string()
        };
        command["id"] = json!(id);
        self.inner.borrow_mut().seen.push(command.clone());
        let reply = self.raw(&command.to_string());
        assert_eq!(reply["reply_to"], json!(id), "{reply}");
        reply
    }

    fn ok(&self, command: Value) -> Value {
        let reply = self.say(command);
        assert!(reply.get("error").is_none(), "{reply}");
        reply["ok"].clone()
    }

    fn refused(&self, command: Value) -> Value {
        let reply = self.say(command);
        let error = reply["error"].clone();
        for words in ["message", "remedy"] {
            for lang in ["vi", "en"] {
                let text = error[words][lang].as_str().unwrap();
                assert!(!text.contains("no description"), "{error}");
            }
        }
        error
    }

    fn code(&self, command: Value) -> String {
        self.refused(command)["code"].as_str().unwrap().to_owned()
    }

    fn hello(&self) -> Value {
        self.ok(json!({"command": "hello", "level": 1}))
    }

    fn event_within(&self, time: Duration) -> Option<Value> {
        let until = Instant::now() + time;
        loop {
            let got = self.inner.borrow_mut().entrance.events().try_recv();
            match got {
                Ok(event) => {
                    let seq = event.seq;
                    let value: Value = serde_json::from_str(&event.text()).unwrap();
                    assert_eq!(value["seq"], json!(seq));
                    self.inner.borrow_mut().seen.push(value.clone());
                    return Some(value);
                }
                Err(_) if Instant::now() >= until => return None,
                Err(_) => sleep(Duration::from_millis(2)),
            }
        }
    }

    /// The next event of this name; the others are passed over.
    fn expect(&self, name: &str) -> Value {
        loop {
            let event = self.event_within(PATIENCE);
            let event = event.unwrap_or_else(|| panic!("no {name} came"));
            if event["event"] == name {
                return event;
            }
            assert!(
                !["result", "failed"].contains(&event["event"].as_str().unwrap()),
                "{name} was waited for: {event}"
            );
        }
    }

    /// Everything that still comes.
    fn rest(&self) -> Vec<Value> {
        std::iter::from_fn(|| self.event_within(SILENCE)).collect()
    }

    /// Everything that was ever said here, as one text.
    fn everything(&self) -> String {
        let inner = self.inner.borrow();
        let lines: Vec<String> = inner.seen.iter().map(Value::to_string).collect();
        lines.join("\n")
    }

    fn read(&self, more: Value) -> Value {
        let mut command = json!({"command": "read", "reader": "r1"});
        for (name, value) in more.as_object().unwrap() {
            command[name] = value.clone();
        }
        self.ok(command)
    }
}

/// What must not be told to whom it does not concern.
fn secrets(persona: &Persona) -> Vec<String> {
    let citizen = &persona.citizen;
    vec![
        citizen.name.clone(),
        citizen.number.clone(),
        citizen.birth.to_string(),
        citizen.residence.clone(),
        persona.can(),
    ]
}

fn assert_silent(text: &str, persona: &Persona) {
    for secret in secrets(persona) {
        assert!(!text.contains(&secret), "{secret}");
    }
    assert!(!text.contains("base64"));
}

/// Checks messages against the schema that integrators are given.
const REFEREE: &str = r#"
import json, sys
import jsonschema
told = json.load(sys.stdin)
validator = jsonschema.Draft202012Validator
validator.check_schema(told["schema"])
schema = validator(told["schema"])
print(json.dumps([
    [error.message[:300] for error in schema.iter_errors(message)][:1] for message in told["messages"]
]))
"#;

/// That messages are as `docs/agent-api.json` says.
fn assert_described(clients: &[&Client], wrong: &[Value]) {
    let here = Command::new("python3")
        .args(["-c", "import jsonschema"])
        .stderr(Stdio::null())
        .status();
    if !here.is_ok_and(|status| status.success()) {
        println!("skipped: python3 with jsonschema (python3-jsonschema) is not here");
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agent-api.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let right: Vec<Value> = clients
        .iter()
        .flat_map(|client| client.inner.borrow().seen.clone())
        .collect();
    let messages: Vec<&Value> = right.iter().chain(wrong).collect();
    let told = json!({"schema": schema, "messages": messages}).to_string();
    let mut child = Command::new("python3")
        .args(["-c", REFEREE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(told.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let found: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found.len(), messages.len());
    for (message, errors) in right.iter().zip(&found) {
        assert!(errors.is_empty(), "{errors:?}: {message}");
    }
    for (message, errors) in wrong.iter().zip(&found[right.len()..]) {
        assert!(!errors.is_empty(), "the schema lets this pass: {message}");
    }
}

#[test]
fn a_card_is_read_for_its_owner_and_for_nobody_else() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    let other = bench.enter("https://elsewhere.example");
    other.hello();
    let reader = other.ok(json!({"command": "readers"}))["readers"][0].clone();
    assert_eq!(reader["state"], "claimed");
    assert_eq!(reader["mine"], false);
    assert_eq!(reader["virtual"], true);
    let taken = other.refused(json!({"command": "claim", "reader": "r1"}));
    assert_eq!(taken["code"], "agent.reader_claimed");
    assert_eq!(taken["status"], 409);
    assert_eq!(taken["holder"], "https://counter.example");
    let persona = bench.lay("an");
    let fields = ["name", "citizen_number", "birth"];
    clerk.read(json!({"key": persona.can(), "fields": fields, "portrait": true}));
    let partial = clerk.expect("partial");
    assert_eq!(
        partial["unverified_holder"]["name"],
        persona.citizen.name.as_str()
    );
    let result = clerk.expect("result");
    let report = &result["report"];
    assert_eq!(report["verdict"], "genuine", "{}", report["checks"]);
    let names: BTreeSet<&str> = report["holder"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, BTreeSet::from(fields));
    assert!(report["portrait"]["base64"].as_str().unwrap().len() > 1_000);
    assert_eq!(report.get("details"), None);
    // What was not asked for is nowhere.
    assert!(!clerk.everything().contains(&persona.citizen.residence));
    clerk.ok(json!({"command": "end", "reader": "r1"}));
    assert_eq!(clerk.expect("cleared")["why"], "ended");
    let told = other.rest();
    let kinds: BTreeSet<&str> = told
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert!(
        kinds.is_subset(&BTreeSet::from([
            "card_present",
            "card_removed",
            "reader_state"
        ])),
        "{kinds:?}"
    );
    for command in ["key", "continue", "cancel", "end", "release", "read"] {
        let mut command = json!({"command": command, "reader": "r1"});
        if command["command"] == "key" {
            command["key"] = json!(persona.can());
        }
        assert_eq!(other.code(command), "agent.reader_claimed");
    }
    assert_silent(&other.everything().replace(&persona.can(), ""), &persona);
    // The page hands fields to these alone.
    let status = clerk.ok(json!({"command": "status"}));
    assert_eq!(status["origins"], json!([]));
    clerk.ok(json!({"command": "trust"}));
    let event = |members: Value| {
        let mut event = json!({"seq": 1, "event": "phase", "at": "2026-11-22T10:00:00.000Z"});
        for (name, value) in members.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    assert_described(
        &[&clerk, &other],
        &[
            json!({"id": "1", "command": "format_disk"}),
            json!({"id": "1", "command": "claim"}),
            json!({"id": "1", "command": "claim", "reader": "r1", "more": 1}),
            json!({"reply_to": "1"}),
            event(json!({"event": "applause"})),
            event(
                json!({"event": "phase", "reader": "r1", "read": 1, "phase": "singing", "percent": 1}),
            ),
            event(json!({"event": "cleared", "reader": "r1", "why": "ended", "holder": {}})),
        ],
    );
}

#[test]
fn a_portrait_comes_in_a_form_that_browsers_show() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    // Its chip holds JPEG 2000.
    let persona = bench.lay("dung");
    clerk.read(json!({"key": persona.can(), "portrait": true}));
    let report = clerk.expect("result")["report"].clone();
    assert_eq!(report["portrait"]["mime"], "image/png");
    let picture = report["portrait"]["base64"].as_str().unwrap();
    assert!(picture.starts_with("iVBORw0KGgo"));
    assert!(picture.len() < 900_000);
}

#[test]
fn what_is_personal_is_sent_once() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    let session = clerk.hello();
    let persona = bench.lay("an");
    clerk.read(json!({"key": persona.can(), "portrait": true}));
    let partial = clerk.expect("partial");
    // The line breaks before the result comes through.
    let wait = Instant::now() + PATIENCE;
    let watcher = bench.enter("local");
    watcher.hello();
    loop {
        let readers = watcher.ok(json!({"command": "readers"}));
        if readers["readers"][0]["state"] == "claimed" || Instant::now() > wait {
            break;
        }
        sleep(Duration::from_millis(10));
    }
    drop(clerk);
    let back = bench.enter("https://counter.example");
    let before = partial["seq"].as_u64().unwrap() - 1;
    let resume = json!({"command": "hello", "level": 1,
        "resume": {"session": session["session"], "seq": before}});
    // Another origin that has learnt the name of the session gets nothing.
    let thief = bench.enter("https://elsewhere.example");
    assert_eq!(thief.code(resume.clone()), "agent.session_gone");
    let welcome = back.ok(resume);
    assert_eq!(welcome["session"], session["session"]);
    assert_eq!(welcome["owns"], json!(["r1"]));
    let again = back.expect("partial");
    assert_eq!(again["sent_before"], true);
    assert_eq!(again.get("unverified_holder"), None);
    assert_eq!(again["seq"], partial["seq"]);
    let result = back.expect("result");
    assert_eq!(
        result["report"]["holder"]["name"],
        persona.citizen.name.as_str()
    );
    let last = result["seq"].clone();
    drop(back);
    let third = bench.enter("https://counter.example");
    third.ok(json!({"command": "hello", "level": 1,
        "resume": {"session": session["session"], "seq": before}}));
    let again = third.expect("result");
    assert_eq!(again["seq"], last);
    assert_eq!(again["sent_before"], true);
    assert_eq!(again["report"]["verdict"], "genuine");
    assert_silent(&third.everything(), &persona);
    assert_silent(&watcher.everything(), &persona);
    let late = bench.enter("https://counter.example");
    let future = json!({"command": "hello", "level": 1,
        "resume": {"session": session["session"], "seq": 1_000}});
    assert_eq!(late.code(future), "agent.session_gone");
    assert_described(&[&third, &watcher, &thief], &[]);
}

#[test]
fn what_nobody_fetched_is_wiped_when_it_is_cleared() {
    let mut settings = settings();
    settings.times.clear = Duration::from_millis(200);
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    let session = clerk.hello();
    let persona = bench.lay("an");
    clerk.read(json!({"key": persona.can()}));
    drop(clerk);
    let watcher = bench.enter("local");
    watcher.hello();
    let until = Instant::now() + PATIENCE;
    while watcher.ok(json!({"command": "readers"}))["readers"][0]["state"] == "busy" {
        assert!(Instant::now() < until);
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(600));
    let back = bench.enter("https://counter.example");
    back.ok(json!({"command": "hello", "level": 1,
        "resume": {"session": session["session"], "seq": session["seq"]}}));
    assert_eq!(back.expect("result")["sent_before"], true);
    assert_eq!(back.expect("cleared")["why"], "time");
    assert_silent(&back.everything(), &persona);
}

#[test]
fn a_read_waits_for_the_card_and_asks_for_its_key() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    clerk.read(json!({}));
    assert_eq!(clerk.expect("phase")["phase"], "waiting");
    let wanted = clerk.expect("key_wanted");
    assert_eq!(wanted["why"], "first");
    assert_eq!(
        clerk.code(json!({"command": "read", "reader": "r1"})),
        "agent.busy"
    );
    let bad = json!({"command": "key", "reader": "r1", "key": "abc"});
    assert_eq!(clerk.code(bad), "key.format");
    clerk.ok(json!({"command": "key", "reader": "r1", "key": "999999"}));
    let persona = bench.lay("an");
    assert_eq!(clerk.expect("key_wanted")["why"], "wrong");
    clerk.ok(json!({"command": "key", "reader": "r1", "key": persona.can()}));
    assert_eq!(clerk.expect("result")["report"]["verdict"], "genuine");
    clerk.ok(json!({"command": "release", "reader": "r1"}));
    assert_eq!(clerk.expect("cleared")["why"], "released");
    assert_eq!(
        clerk.code(json!({"command": "end", "reader": "r1"})),
        "agent.not_claimed"
    );
    assert_described(&[&clerk], &[]);
}

#[test]
fn whoever_goes_on_without_a_key_is_asked_for_it_again() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    let persona = bench.lay("an");
    clerk.read(json!({}));
    for _ in 0..3 {
        assert_eq!(clerk.expect("key_wanted")["why"], "first");
        clerk.ok(json!({"command": "continue", "reader": "r1"}));
    }
    clerk.expect("key_wanted");
    // The read took the word for the key, and a key for nothing to do.
    clerk.ok(json!({"command": "key", "reader": "r1", "key": persona.can()}));
    assert_eq!(clerk.expect("result")["report"]["verdict"], "genuine");
}

#[test]
fn a_read_can_be_cancelled_and_gives_up_by_itself() {
    let mut settings = settings();
    settings.wait = Duration::from_millis(100);
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    clerk.read(json!({"key": "000000"}));
    let failed = clerk.expect("failed");
    assert_eq!(failed["error"]["code"], "agent.waited_too_long");
    let persona = bench.lay("an");
    clerk.read(json!({"key": persona.can(), "within": 60}));
    clerk.ok(json!({"command": "cancel", "reader": "r1"}));
    assert_eq!(clerk.expect("failed")["error"]["code"], "agent.cancelled");
    assert_eq!(
        clerk.code(json!({"command": "cancel", "reader": "r1"})),
        "agent.nothing_to_do"
    );
    clerk.read(json!({"key": persona.can(), "within": 60}));
    clerk.expect("result");
    bench.slots.detach(bench.reader);
    assert_eq!(clerk.expect("cleared")["why"], "removed");
    clerk.expect("reader_detached");
    assert_eq!(
        clerk.code(json!({"command": "read", "reader": "r1"})),
        "agent.no_such_reader"
    );
    bench.slots.attach(READER);
    assert_eq!(clerk.expect("reader_attached")["reader"], "r1");
    assert_eq!(clerk.hello()["owns"], json!(["r1"]));
    assert_described(&[&clerk], &[]);
}

#[test]
fn a_client_that_vanishes_in_mid_read_leaves_the_reader_to_others() {
    let mut settings = settings();
    settings.grace = Duration::from_millis(200);
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    let persona = bench.lay("an");
    clerk.read(json!({"key": persona.can()}));
    clerk.expect("phase");
    drop(clerk);
    let next = bench.enter("https://elsewhere.example");
    next.hello();
    let until = Instant::now() + PATIENCE;
    while next
        .say(json!({"command": "claim", "reader": "r1"}))
        .get("ok")
        .is_none()
    {
        assert!(Instant::now() < until);
        sleep(Duration::from_millis(20));
    }
    assert_silent(&next.everything(), &persona);
    next.read(json!({"key": persona.can()}));
    next.expect("result");
}

#[test]
fn whoever_leaves_keeps_no_reader_and_whoever_comes_back_before_keeps_it() {
    const COUNTER: &str = "https://counter.example";
    let bench = Bench::new();
    let page = bench.enter(COUNTER);
    let session = page.hello()["session"].clone();
    page.ok(json!({"command": "claim", "reader": "r1"}));
    let other = bench.enter("https://elsewhere.example");
    let leave = json!({"command": "leave", "session": session});
    let resume = json!({"command": "hello", "level": 1, "resume": {"session": session, "seq": 0}});
    assert_eq!(other.code(leave.clone()), "agent.session_gone");
    assert_eq!(other.code(json!({"command": "leave"})), "agent.hello_first");
    other.hello();
    let claim = || other.say(json!({"command": "claim", "reader": "r1"}));

    // Loaded anew: the new page is there before the old one's connection has ended, and keeps what is its.
    bench.enter(COUNTER).ok(leave.clone());
    let anew = bench.enter(COUNTER);
    assert_eq!(anew.ok(resume.clone())["owns"], json!(["r1"]));
    drop(page);
    assert_eq!(claim()["error"]["code"], "agent.reader_claimed");

    // Closed: the word comes before the connection ends, or after it.
    bench.enter(COUNTER).ok(leave.clone());
    assert_eq!(claim()["error"]["code"], "agent.reader_claimed");
    drop(anew);
    assert_eq!(claim()["ok"]["reader"], "r1");
    let late = bench.enter(COUNTER);
    assert_eq!(late.code(leave), "agent.session_gone");
    assert_eq!(late.code(resume), "agent.session_gone");
    other.ok(json!({"command": "leave"}));
    assert_described(&[&late, &other], &[]);
}

#[test]
fn what_is_no_command_is_refused_and_the_desk_lives_on() {
    let bench = Bench::new();
    let client = bench.enter("local");
    for command in ["status", "readers", "trust"] {
        assert_eq!(
            client.code(json!({"command": command})),
            "agent.hello_first"
        );
    }
    for level in [0, 2, 99] {
        let refused = client.refused(json!({"command": "hello", "level": level}));
        assert_eq!(refused["code"], "agent.level");
        assert_eq!(refused["status"], 400);
        assert_eq!(refused["levels"], json!({"oldest": 1, "newest": 1}));
    }
    client.hello();
    for text in ["", "null", "{", "[1]", "\u{0}", "{\"id\": 1}"] {
        let reply = client.raw(text);
        assert_eq!(reply["error"]["code"], "agent.malformed", "{text}");
        assert_eq!(reply["reply_to"], Value::Null);
    }
    let large = format!("{{\"id\": \"{}\"}}", "a".repeat(70_000));
    assert_eq!(client.raw(&large)["error"]["status"], 413);
    assert_eq!(
        client.code(json!({"command": "format_disk"})),
        "agent.unknown_command"
    );
    let wrong = client.refused(json!({"command": "claim", "reader": "r1", "force": true}));
    assert_eq!(
        (wrong["code"].as_str(), wrong["pointer"].as_str()),
        (Some("agent.malformed"), Some("/force"))
    );
    for reader in ["r2", "R1", "r01", "1", "r99999999999"] {
        let claim = json!({"command": "claim", "reader": reader});
        assert_eq!(client.code(claim), "agent.no_such_reader");
    }
    client.ok(json!({"command": "claim", "reader": "r1"}));
    for command in ["continue", "cancel"] {
        let command = json!({"command": command, "reader": "r1"});
        assert_eq!(client.code(command), "agent.nothing_to_do");
    }
    let receipt = json!({"command": "read", "reader": "r1", "evidence": "receipt"});
    assert_eq!(client.code(receipt), "agent.no_device_key");
    let persona = bench.lay("an");
    client.read(json!({"key": persona.can()}));
    client.expect("result");
    bench.desk.close();
    client.expect("shutdown");
    assert_eq!(client.code(json!({"command": "status"})), "agent.closing");
}

/// Refuses to record.
struct Full(mpsc::Sender<String>);

impl Witness for Full {
    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error> {
        let officer = ended.context.officer.as_ref().unwrap().as_str().to_owned();
        assert!(ended.card.unwrap().number.is_some());
        self.0.send(format!("{officer} {}", ended.outcome)).unwrap();
        Err(SetupError::Audit(AuditError::Closed).into())
    }
}

#[test]
fn a_read_that_cannot_be_recorded_gives_nothing_out() {
    let mut settings = settings();
    let (told, heard) = mpsc::channel();
    settings.witness = Some(Box::new(Full(told)));
    let bench = Bench::with(settings);
    let clerk = bench.enter_for("https://counter.example", Some("cb-7"));
    clerk.hello();
    clerk.ok(json!({"command": "claim", "reader": "r1"}));
    let persona = bench.lay("an");
    // The site says who the officer is, and not the page.
    let purpose = json!({"officer": "somebody", "procedure": "1.001"});
    clerk.read(json!({"key": persona.can(), "purpose": purpose}));
    let failed = clerk.expect("failed");
    assert_eq!(failed["error"]["code"], "audit.closed");
    assert_eq!(heard.try_recv().unwrap(), "cb-7 genuine");
}

/// Says which officer a record would name.
struct Named(mpsc::Sender<Option<String>>);

impl Witness for Named {
    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error> {
        let officer = ended.context.officer.as_ref();
        let officer = officer.map(|officer| officer.as_str().to_owned());
        self.0.send(officer).unwrap();
        Ok(())
    }
}

#[test]
fn a_page_names_no_other_officer_than_its_site_whatever_that_one_is_called() {
    let mut settings = settings();
    let (told, heard) = mpsc::channel();
    settings.witness = Some(Box::new(Named(told)));
    let bench = Bench::with(settings);
    // Longer than names are in records: nobody's, and not anybody's whom the page likes.
    let clerk = bench.enter_for("https://counter.example", Some(&"7".repeat(65)));
    clerk.hello();
    clerk.ok(json!({"command": "claim", "reader": "r1"}));
    clerk.read(json!({"purpose": {"officer": "somebody"}}));
    clerk.ok(json!({"command": "cancel", "reader": "r1"}));
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), None);
}

/// What a record has of a read: how it ended, whose card, the registry's answer, and how long it took.
type Kept = (&'static str, CardKey, Option<[u8; 32]>, Duration);

/// Keeps what a record would have.
struct Keeping(mpsc::Sender<Kept>);

impl Witness for Keeping {
    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error> {
        let card = ended.card.unwrap().clone();
        let kept = (ended.outcome, card, ended.registry_answer, ended.took);
        self.0.send(kept).unwrap();
        Ok(())
    }
}

#[test]
fn a_record_has_the_card_the_registrys_answer_and_the_time() {
    let keys = Arc::new(Keys::new());
    let own = Arc::clone(&keys);
    let said = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&said);
    let (go, gone) = mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    let fake = Fake::start(&keys, move |number, body, out| {
        if number > 0 {
            // Until the test is over.
            let _ = gone.lock().unwrap().recv_timeout(PATIENCE);
        }
        *theirs.lock().unwrap() = own.answer(body);
        reply_json(out, &theirs.lock().unwrap())
    });
    let context = Context {
        procedure: Procedure::new("1.001"),
        case: Case::new("H-1"),
        officer: Officer::new("cb-7"),
        device: Device::new("counter-3"),
        agency: None,
    };
    let judge = Judge::open(Sources {
        trust: Vec::new(),
        test_material: TestMaterial::Foreign,
        policy: Policy::counter(),
        registry: fake.url(),
        registry_options: RegistryOptions {
            limit: Duration::from_secs(30),
            ..keys.options()
        },
        context,
        disclose: Vec::new(),
        now: None,
    });
    let mut settings = Settings::new(Arc::new(judge.unwrap()));
    let (told, heard) = mpsc::channel();
    settings.witness = Some(Box::new(Keeping(told)));
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    let persona = bench.lay("an");
    let began = Instant::now();
    clerk.read(json!({"key": persona.can()}));
    let result = clerk.expect("result");
    let (outcome, card, answer, took) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(outcome, result["report"]["verdict"]);
    assert_eq!(card.number.unwrap().as_str(), persona.citizen.number);
    let files = persona.personalise().unwrap().files;
    assert_eq!(card.sod, Some(SodDigest::of(&files[&FileId::Sod])));
    let digest = openssl::sha::sha256(&said.lock().unwrap());
    assert_eq!(answer, Some(digest));
    assert!(took > Duration::ZERO && took <= began.elapsed());
    // Whose card it says it is, where nothing comes of the read.
    clerk.read(json!({"key": persona.can()}));
    clerk.expect("partial");
    clerk.ok(json!({"command": "cancel", "reader": "r1"}));
    let (outcome, card, answer, _) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!((outcome, answer), ("agent.cancelled", None));
    assert_eq!(card.number.unwrap().as_str(), persona.citizen.number);
    drop(go);
}

#[test]
fn who_has_a_reader_is_named_at_no_greater_length_than_names_have() {
    let bench = Bench::new();
    // Of two octets each, and one before them: the limit is within one.
    let label = format!("x{}", "é".repeat(100));
    let clerk = bench.enter(&label);
    clerk.hello();
    clerk.ok(json!({"command": "claim", "reader": "r1"}));
    let other = bench.enter("https://elsewhere.example");
    other.hello();
    let refused = other.refused(json!({"command": "claim", "reader": "r1"}));
    assert_eq!(refused["code"], "agent.reader_claimed");
    let text = refused.to_string();
    assert!(text.contains(&label[..127]), "{text}");
    assert!(!text.contains(&label[..129]), "{text}");
}

/// Has no room, and says so before.
struct Stopped;

impl Witness for Stopped {
    fn ready(&mut self) -> Result<(), Error> {
        Err(SetupError::Audit(AuditError::Closed).into())
    }

    fn read_ended(&mut self, _ended: &ReadEnded<'_>) -> Result<(), Error> {
        Err(SetupError::Audit(AuditError::Closed).into())
    }
}

#[test]
fn a_read_that_could_not_be_recorded_does_not_begin() {
    let mut settings = settings();
    settings.witness = Some(Box::new(Stopped));
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    let persona = bench.lay("an");
    let read = json!({"command": "read", "reader": "r1", "key": persona.can()});
    assert_eq!(clerk.code(read.clone()), "audit.closed");
    // Text would have been shown by the time that the record fails.
    let told = clerk.rest();
    assert!(told.iter().all(|event| event["read"].is_null()), "{told:?}");
    assert_silent(&json!(told).to_string(), &persona);
    // Whoever does not have the reader hears that, and nothing about the log.
    let other = bench.enter("https://elsewhere.example");
    other.hello();
    assert_eq!(other.code(read), "agent.reader_claimed");
}

#[test]
fn what_waits_in_a_queue_is_wiped_with_everything_else() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    let watcher = bench.enter("local");
    watcher.hello();
    let persona = bench.lay("an");
    let begun = Instant::now();
    clerk.read(json!({"key": persona.can(), "portrait": true}));
    while watcher.ok(json!({"command": "readers"}))["readers"][0]["state"] != "claimed" {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10));
    }
    // The client fetched nothing, and is done: what waits for it is the card's no more.
    clerk.ok(json!({"command": "end", "reader": "r1"}));
    let told = clerk.rest();
    let result = told
        .iter()
        .find(|event| event["event"] == "result")
        .unwrap();
    assert_eq!(result["sent_before"], true);
    assert_silent(&json!(told).to_string(), &persona);
}

#[test]
fn who_comes_for_a_session_has_what_the_former_connection_did_not_fetch() {
    let bench = Bench::new();
    let clerk = bench.clerk();
    let session = clerk.hello();
    let watcher = bench.enter("local");
    watcher.hello();
    let persona = bench.lay("an");
    let begun = Instant::now();
    clerk.read(json!({"key": persona.can()}));
    while watcher.ok(json!({"command": "readers"}))["readers"][0]["state"] != "claimed" {
        assert!(begun.elapsed() < PATIENCE);
        sleep(Duration::from_millis(10));
    }
    let back = bench.enter("https://counter.example");
    back.ok(json!({"command": "hello", "level": 1,
        "resume": {"session": session["session"], "seq": 0}}));
    let name = persona.citizen.name.as_str();
    assert_eq!(back.expect("result")["report"]["holder"]["name"], name);
    assert_silent(&json!(clerk.rest()).to_string(), &persona);
}

#[test]
fn a_session_is_gone_on_with_for_its_own_officer_alone() {
    const SITE: &str = "https://counter.example";
    let bench = Bench::new();
    let clerk = bench.enter_for(SITE, Some("cb-7"));
    let session = clerk.hello()["session"].clone();
    clerk.ok(json!({"command": "claim", "reader": "r1"}));
    let resume = json!({"command": "hello", "level": 1, "resume": {"session": session, "seq": 0}});
    for officer in [Some("cb-8"), None] {
        let next = bench.enter_for(SITE, officer);
        assert_eq!(next.code(resume.clone()), "agent.session_gone");
    }
    let again = bench.enter_for(SITE, Some("cb-7"));
    assert_eq!(again.ok(resume)["owns"], json!(["r1"]));
}

#[test]
fn a_page_that_is_loaded_over_and_over_keeps_nobody_out() {
    let bench = Bench::new();
    let owner = bench.clerk();
    let session = owner.hello()["session"].clone();
    drop(owner);
    let first = bench.enter("https://counter.example");
    let left = first.hello()["session"].clone();
    drop(first);
    for _ in 0..80 {
        let page = bench.enter("https://counter.example");
        page.hello();
    }
    let resume = |session: &Value| json!({"command": "hello", "level": 1, "resume": {"session": session, "seq": 0}});
    // Those who left first made room; who has a reader keeps it for its minute.
    let back = bench.enter("https://counter.example");
    assert_eq!(back.code(resume(&left)), "agent.session_gone");
    assert_eq!(back.ok(resume(&session))["owns"], json!(["r1"]));
}

#[test]
fn a_receipt_holds_for_who_trusts_the_device() {
    let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
    let device = key.public().id();
    let mut settings = settings();
    settings.device_key = Some(key);
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    assert_eq!(clerk.hello()["agent"]["device"], device.to_string());
    let persona = bench.lay("an");
    let nonce = "AAECAwQFBgcICQoLDA0ODw==";
    clerk.read(
        json!({"key": persona.can(), "evidence": "full", "nonce": nonce, "fields": ["name"]}),
    );
    let result = clerk.expect("result");
    let text = result["receipt"].to_string();
    let checked = receipt::check(text.as_bytes(), &[device]).unwrap();
    assert_eq!(checked.outcome.code(), "receipt.holds");
    assert_eq!(checked.verdict, Verdict::Genuine);
    assert_eq!(checked.said["nonce"], nonce);
    assert_eq!(checked.said["origin"], "https://counter.example");
    // A backend does not take a test card for somebody's.
    assert_eq!(checked.said["virtual"], true);
    assert_silent(&text, &persona);
    assert_example_agrees(&text, &device.to_string(), nonce, "https://counter.example");
    assert_program_agrees(&text, &device.to_string());
    let stranger = receipt::check(text.as_bytes(), &[]).unwrap();
    assert_eq!(stranger.outcome.code(), "receipt.unknown_device");
    assert_eq!(stranger.verdict, Verdict::Inconclusive);
    let changed = text.replace("counter.example", "another.example");
    let changed = receipt::check(changed.as_bytes(), &[device]).unwrap();
    assert_eq!(changed.outcome.code(), "receipt.wrong_signature");
    assert_eq!(changed.verdict, Verdict::NotGenuine);
    // The whole evidence was asked for by name: it may be verified again elsewhere.
    let evidence = &result["evidence"];
    assert_eq!(
        evidence["report"]["signature"]["key_sha256"],
        device.to_string()
    );
    assert_eq!(evidence["capture"]["schema"], "cancuoc.capture/1");
    assert_described(&[&clerk], &[]);
}

/// That `cancuoc verify` says the same, by its exit code too, and takes no option of captures.
fn assert_program_agrees(text: &str, device: &str) {
    let home = Home::new();
    let receipt = home.write("receipt.json", text);
    let changed = text.replace("counter.example", "another.example");
    let changed = home.write("changed.json", changed);
    let trusted = ["--device", device];
    for (file, options, status, code) in [
        (&receipt, &trusted[..], 0, "receipt.holds"),
        (&receipt, &[], 3, "receipt.unknown_device"),
        (&changed, &trusted[..], 1, "receipt.wrong_signature"),
    ] {
        let said = home.json(&[&["verify", file], options].concat(), status);
        assert_eq!(said["schema"], "cancuoc.receipt_check/1");
        assert_eq!(said["receipt"]["code"], code);
    }
    for unfit in [
        ["--capture", "card.json"],
        ["--report", "report.json"],
        ["--portrait", "photo.png"],
        ["--reveal", "religion"],
        ["--challenge", "0001020304050607"],
        ["--printed", "printed.toml"],
    ] {
        let asked = [&["verify", &receipt], &trusted[..], &unfit].concat();
        let error = home.json(&asked, 2);
        assert!(error.to_string().contains(unfit[0]), "{error}");
    }
    assert_eq!(home.files("."), ["changed.json", "receipt.json"]);
}

/// That `docs/examples/receipt.py` takes the receipt for what it is, and no other one.
fn assert_example_agrees(text: &str, device: &str, nonce: &str, origin: &str) {
    let here = Command::new("python3")
        .args(["-c", "import cryptography"])
        .stderr(Stdio::null())
        .status();
    if !here.is_ok_and(|status| status.success()) {
        println!("skipped: python3 with cryptography (python3-cryptography) is not here");
        return;
    }
    let says = |text: &str, nonce: &str| {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/receipt.py");
        let mut child = Command::new("python3")
            .arg(example)
            .args(["/dev/stdin", device, nonce, origin])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let (success, said) = says(text, nonce);
    assert!(success && said.starts_with("a virtual card"), "{said}");
    let altered = text.replace("\"level\":1", "\"level\":2");
    assert_ne!(altered, text);
    for (text, nonce, why) in [
        (altered.as_str(), nonce, "the signature does not hold"),
        (text, "BBECAwQFBgcICQoLDA0ODw==", "nonce is not"),
    ] {
        let (success, said) = says(text, nonce);
        assert!(!success && said.contains(why), "{said}");
    }
}

#[test]
fn by_a_clock_in_1970_a_card_is_not_genuine_and_the_agent_lives_on() {
    let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
    let device = key.public().id();
    let mut settings = settings_at(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(10)));
    settings.device_key = Some(key);
    let bench = Bench::with(settings);
    let clerk = bench.clerk();
    let persona = bench.lay("an");
    for _ in 0..2 {
        clerk.read(json!({"key": persona.can(), "evidence": "receipt"}));
        let result = clerk.expect("result");
        assert_ne!(result["verdict"], "genuine");
        let text = result["receipt"].to_string();
        let checked = receipt::check(text.as_bytes(), &[device]).unwrap();
        assert_eq!(checked.outcome.code(), "receipt.holds");
        assert_ne!(checked.verdict, Verdict::Genuine);
        let read_at = checked.said["read_at"].as_str().unwrap();
        assert!(read_at.starts_with("1970-01-01T00:00:10"), "{read_at}");
        clerk.ok(json!({"command": "end", "reader": "r1"}));
    }
    assert_described(&[&clerk], &[]);
}

/// One session of `docs/agent.md`, played: what the client says, what the agent answers and tells.
#[test]
fn the_documented_session_is_what_happens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/agent.md");
    let text = std::fs::read_to_string(path).unwrap();
    let session = text.split("```session").nth(1).unwrap();
    let session = session.split("```").next().unwrap();
    let bench = Bench::new();
    let client = bench.enter("https://counter.example");
    let mut reply = None;
    let mut skipping = false;
    for line in session
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        if let Some(command) = line.strip_prefix("→ ") {
            let said: Value = serde_json::from_str(command).unwrap();
            client.inner.borrow_mut().seen.push(said);
            reply = Some(client.raw(command));
        } else if line == "← …" {
            skipping = true;
        } else if let Some(told) = line.strip_prefix("← ") {
            let told: Value = serde_json::from_str(told).unwrap();
            if told.get("reply_to").is_some() {
                let reply = reply.take().unwrap();
                assert!(alike(&told, &reply), "{told}\n{reply}");
                continue;
            }
            loop {
                let event = client.event_within(PATIENCE).unwrap();
                if alike(&told, &event) {
                    break;
                }
                assert!(skipping, "{told}\n{event}");
            }
            skipping = false;
        } else if line == "# the card is laid down" {
            bench.lay("an");
        } else if line == "# the card is taken away" {
            bench.slots.take_away(bench.reader);
        } else {
            panic!("{line}");
        }
    }
    assert_eq!(client.rest(), Vec::<Value>::new());
    assert_described(&[&client], &[]);
}

/// Whether a message is as the page has it: `…` stands for any value, as a member's name for any others.
fn alike(page: &Value, real: &Value) -> bool {
    match (page, real) {
        (Value::String(text), _) if text == "…" => true,
        (Value::Object(page), Value::Object(real)) => {
            let open = page.contains_key("…");
            let named = page.iter().filter(|(name, _)| *name != "…");
            let all = named
                .clone()
                .all(|(name, value)| real.get(name).is_some_and(|real| alike(value, real)));
            all && (open || named.count() == real.len())
        }
        (Value::Array(page), Value::Array(real)) => {
            page.len() == real.len() && page.iter().zip(real).all(|(page, real)| alike(page, real))
        }
        _ => page == real,
    }
}
