use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc::Receiver as Told;
use tokio::sync::mpsc::channel;

use super::*;
use crate::agent::desk::Witness;
use crate::agent::judge::Judge;
use crate::agent::judge::Sources;
use crate::agent::judge::TestMaterial;
use crate::agent::protocol::Command;
use crate::agent::slots::CardKind;
use crate::agent::slots::Material;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::error::AuditError;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::reader::Groups;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::registry::RegistryOptions;
use crate::registry::query::Device;
use crate::registry::query::Procedure;
use crate::transport::Stop;
use crate::verify::Check;
use crate::verify::Policy;

const READER: SlotId = SlotId(1);

/// Readers that begin what they are told to, and no more.
#[derive(Default)]
struct Ordered(Mutex<Vec<Order>>);

impl Slots for Ordered {
    fn read(&self, _slot: SlotId, order: Order) -> Result<Running, Error> {
        self.0.lock().unwrap().push(order);
        Ok(Running::new(Stop::never().handle()).0)
    }
}

#[derive(Default)]
struct Noted {
    asked: usize,
    begun: Vec<(SlotId, u64)>,
    kept: Vec<u64>,
    full: bool,
    ended: Vec<(&'static str, Context)>,
}

struct Clerk(Arc<Mutex<Noted>>);

impl Witness for Clerk {
    fn ready(&mut self) -> Result<(), Error> {
        self.0.lock().unwrap().asked += 1;
        Ok(())
    }

    fn read_begun(&mut self, begun: &ReadBegun<'_>) {
        let mut noted = self.0.lock().unwrap();
        noted.begun.push((begun.reader, begun.read));
    }

    fn kept(&mut self, read: u64) -> Result<(), Error> {
        let mut noted = self.0.lock().unwrap();
        noted.kept.push(read);
        match noted.full {
            true => Err(SetupError::from(AuditError::Full).into()),
            false => Ok(()),
        }
    }

    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error> {
        let one = (ended.outcome, ended.context.clone());
        self.0.lock().unwrap().ended.push(one);
        Ok(())
    }
}

struct Bench {
    work: Work,
    slots: Arc<Ordered>,
    noted: Arc<Mutex<Noted>>,
}

impl Bench {
    /// One reader with a card on it.
    fn new() -> Self {
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context {
                procedure: Procedure::new("usual"),
                device: Device::new("counter-3"),
                ..Context::default()
            },
            disclose: Vec::new(),
            now: None,
        });
        let slots = Arc::new(Ordered::default());
        let noted = Arc::new(Mutex::new(Noted::default()));
        let mut settings = Settings::new(Arc::new(judge.unwrap()));
        settings.witness = Some(Box::new(Clerk(Arc::clone(&noted))));
        let mut work = Work::new(settings, slots.clone());
        work.news(News::Attached {
            slot: READER,
            name: "ACME".to_owned(),
            material: Material::Real,
        });
        work.news(News::Card {
            slot: READER,
            card: CardKind::Emrtd,
        });
        Self { work, slots, noted }
    }

    fn enter(&mut self, connection: u64, officer: Option<&str>) -> Told<Outgoing> {
        let (events, told) = channel(64);
        self.work.take(Inbox::Entered {
            connection,
            visitor: Visitor {
                label: format!("https://{connection}.example"),
                officer: officer.map(str::to_owned),
            },
            events,
        });
        told
    }

    fn ask(&mut self, connection: u64, mut command: Value) -> Answer {
        command["id"] = json!("1");
        let (_, command) = Command::decode(command.to_string().as_bytes()).unwrap();
        let (answer, answered) = mpsc::sync_channel(1);
        self.work.asked(connection, command, &answer);
        answered.recv().unwrap()
    }

    fn ok(&mut self, connection: u64, command: Value) -> Value {
        self.ask(connection, command).unwrap()
    }

    fn code(&mut self, connection: u64, command: Value) -> &'static str {
        self.ask(connection, command).unwrap_err().code()
    }

    /// Somebody who has the reader.
    fn clerk(&mut self, officer: Option<&str>) -> Told<Outgoing> {
        let told = self.enter(1, officer);
        self.ok(1, json!({"command": "hello", "level": 1}));
        self.ok(1, json!({"command": "claim", "reader": "r1"}));
        told
    }

    fn read(&mut self) {
        let read = json!({"command": "read", "reader": "r1", "key": "001234"});
        self.ok(1, read);
    }
}

fn rest(told: &mut Told<Outgoing>) -> Vec<Value> {
    let events = std::iter::from_fn(|| told.try_recv().ok());
    events
        .map(|event| serde_json::from_str(&event.text()).unwrap())
        .collect()
}

fn why(told: &mut Told<Outgoing>) -> Value {
    let failed = rest(told)
        .into_iter()
        .find(|event| event["event"] == "failed");
    failed.unwrap()["error"]["code"].clone()
}

#[test]
fn a_read_is_ordered_as_it_was_asked_for() {
    let mut bench = Bench::new();
    let mut told = bench.clerk(Some("officer-7"));
    bench.ok(
        1,
        json!({
            "command": "read", "reader": "r1", "key": "001234", "groups": [1],
            "checks": ["registry"], "disclose": ["current_residence"],
            "purpose": {"procedure": "1.001", "case": "H-1", "officer": "another"},
        }),
    );
    {
        let orders = bench.slots.0.lock().unwrap();
        let order = &orders[0];
        assert!(matches!(&order.groups, Groups::Only(groups) if groups == &[DataGroup::DG1]));
        assert_eq!(order.checks, [Check::Registry]);
        assert_eq!(
            order.disclose,
            [FactKind::from_code("current_residence").unwrap()]
        );
        let context = &order.context;
        let said = context.procedure.as_ref().unwrap().as_str();
        assert_eq!(said, "1.001");
        assert_eq!(context.case.as_ref().unwrap().as_str(), "H-1");
        // Whom the site vouches for comes before whom the page names.
        assert_eq!(context.officer.as_ref().unwrap().as_str(), "officer-7");
        assert_eq!(context.device.as_ref().unwrap().as_str(), "counter-3");
        assert!(order.key.is_some());
    }
    // A read that is given up is recorded, too, and nothing of what was asked for stays.
    bench.ok(1, json!({"command": "cancel", "reader": "r1"}));
    assert_eq!(why(&mut told), "agent.cancelled");
    {
        let noted = bench.noted.lock().unwrap();
        let (outcome, context) = &noted.ended[0];
        assert_eq!((*outcome, noted.ended.len()), ("agent.cancelled", 1));
        assert_eq!(context.case.as_ref().unwrap().as_str(), "H-1");
    }
    assert!(bench.work.bays[&READER].wish.is_none());
    // What a read does not say is as it is configured.
    let mut bench = Bench::new();
    let _told = bench.clerk(None);
    bench.read();
    let orders = bench.slots.0.lock().unwrap();
    let context = &orders[0].context;
    assert_eq!(context.procedure.as_ref().unwrap().as_str(), "usual");
    assert!(context.officer.is_none() && orders[0].checks.is_empty());
}

#[test]
fn whoever_is_refused_anyway_costs_no_record_of_a_trial() {
    let mut bench = Bench::new();
    let _told = bench.clerk(None);
    let _other = bench.enter(2, None);
    bench.ok(2, json!({"command": "hello", "level": 1}));
    let read = json!({"command": "read", "reader": "r1", "key": "001234"});
    assert_eq!(bench.code(2, read.clone()), "agent.reader_claimed");
    assert_eq!(bench.noted.lock().unwrap().asked, 0);
    bench.read();
    assert_eq!(bench.code(1, read), "agent.busy");
    assert_eq!(bench.noted.lock().unwrap().asked, 1);
}

#[test]
fn nothing_of_a_card_is_shown_before_it_is_recorded_that_its_read_began() {
    for full in [false, true] {
        let mut bench = Bench::new();
        bench.noted.lock().unwrap().full = full;
        let mut told = bench.clerk(None);
        bench.read();
        let mut step = |bench: &mut Bench, step| {
            bench.work.news(News::Step {
                slot: READER,
                read: 1,
                step,
            });
            let events = rest(&mut told);
            events.iter().any(|event| event["event"] == "partial")
        };
        assert!(!step(&mut bench, Step::Opening));
        assert!(bench.noted.lock().unwrap().begun.is_empty());
        // Written while the files are read, and waited for when there is something to show.
        for _ in 0..2 {
            assert!(!step(&mut bench, Step::Opened));
        }
        assert_eq!(bench.noted.lock().unwrap().begun, [(READER, 1)]);
        assert!(bench.noted.lock().unwrap().kept.is_empty());
        assert_eq!(step(&mut bench, Step::Text(None)), !full);
        assert_eq!(bench.noted.lock().unwrap().kept, [1]);
    }
}

#[test]
fn a_read_says_why_it_ended() {
    let mut bench = Bench::new();
    let mut told = bench.clerk(None);
    bench.read();
    bench.work.news(News::Detached { slot: READER });
    let gone = Error::from(TransportError::ReaderRemoved);
    assert_eq!(why(&mut told), gone.code());

    let mut bench = Bench::new();
    bench.work.settings.times.work = Duration::ZERO;
    let mut told = bench.clerk(None);
    bench.read();
    bench.work.tick();
    let late = Error::from(TransportError::Timeout);
    assert_eq!(why(&mut told), late.code());

    let mut bench = Bench::new();
    bench.work.news(News::Removed { slot: READER });
    bench.work.settings.wait = Duration::ZERO;
    let mut told = bench.clerk(None);
    bench.ok(
        1,
        json!({"command": "read", "reader": "r1", "within": 600, "key": "001234"}),
    );
    bench.work.tick();
    // It waits as long as it was asked to.
    assert!(
        rest(&mut told)
            .iter()
            .all(|event| event["event"] != "failed")
    );
    bench.ok(1, json!({"command": "cancel", "reader": "r1"}));
    assert_eq!(why(&mut told), "agent.cancelled");
    bench.read();
    bench.work.tick();
    assert_eq!(why(&mut told), "agent.waited_too_long");
}

#[test]
fn a_reader_is_told_as_its_owners_to_its_owner_alone() {
    let mut bench = Bench::new();
    let mut other = bench.enter(2, None);
    bench.ok(2, json!({"command": "hello", "level": 1}));
    let mut told = bench.clerk(None);
    for (told, mine) in [(&mut told, true), (&mut other, false)] {
        let events = rest(told);
        let mut states = events.iter().filter(|one| one["event"] == "reader_state");
        assert_eq!(states.next().unwrap()["mine"], mine);
    }
}

#[test]
fn a_session_is_its_last_connections_alone() {
    let mut bench = Bench::new();
    let _former = bench.enter(1, None);
    let session = bench.ok(1, json!({"command": "hello", "level": 1}))["session"].clone();
    let (events, _told) = channel(64);
    bench.work.take(Inbox::Entered {
        connection: 2,
        visitor: Visitor {
            label: "https://1.example".to_owned(),
            officer: None,
        },
        events,
    });
    let resume = json!({"session": session, "seq": 0});
    bench.ok(2, json!({"command": "hello", "level": 1, "resume": resume}));
    assert_eq!(bench.code(1, json!({"command": "status"})), "agent.closing");
    bench.ok(2, json!({"command": "status"}));
}

#[test]
fn the_usual_times_are_those_of_the_documentation() {
    let settings = Bench::new().work.settings;
    let seconds = [settings.wait, settings.within, settings.grace].map(|time| time.as_secs());
    assert_eq!(seconds, [60, 30, 60]);
}

#[test]
fn a_desk_that_ends_tells_and_records_the_read_under_way() {
    let mut bench = Bench::new();
    let mut told = bench.clerk(None);
    let mut other = bench.enter(2, None);
    bench.ok(2, json!({"command": "hello", "level": 1}));
    bench.read();
    rest(&mut told);
    rest(&mut other);
    bench.work.shut();
    let events = rest(&mut told);
    let names: Vec<&str> = events
        .iter()
        .filter_map(|one| one["event"].as_str())
        .collect();
    assert!(names.contains(&"failed"), "{names:?}");
    // The last word, to everybody.
    assert_eq!(names.last(), Some(&"shutdown"));
    let failed = events.iter().find(|one| one["event"] == "failed").unwrap();
    assert_eq!(failed["error"]["code"], "agent.closing");
    assert_eq!(rest(&mut other).last().unwrap()["event"], "shutdown");
    let noted = bench.noted.lock().unwrap();
    let outcomes: Vec<&str> = noted.ended.iter().map(|(outcome, _)| *outcome).collect();
    assert_eq!(outcomes, ["agent.closing"]);
}
