//! Virtual readers, and workers that read on them.

use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use crate::agent::judge::Judge;
use crate::agent::judge::Sources;
use crate::agent::judge::TestMaterial;
use crate::agent::slots::CardKind;
use crate::agent::slots::Material;
use crate::agent::slots::News;
use crate::agent::slots::Order;
use crate::agent::slots::Pace;
use crate::agent::slots::Running;
use crate::agent::slots::Service;
use crate::agent::slots::SlotId;
use crate::agent::slots::Slots;
use crate::agent::slots::Step;
use crate::agent::slots::VirtualSlots;
use crate::agent::slots::Why;
use crate::error::AccessError;
use crate::error::Error;
use crate::error::TransportError;
use crate::lds::key::AccessKey;
use crate::reader::Groups;
use crate::registry::Context;
use crate::registry::RegistryOptions;
use crate::sim::link::Clock;
use crate::sim::link::Link;
use crate::sim::persona;
use crate::sim::persona::Persona;
use crate::verify::Check;
use crate::verify::Policy;
use crate::verify::Verdict;
use crate::workflow::Inspected;

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(30);

/// Noon of 22 November 2026, in seconds since 1970: all personas are in force.
const NOW: u64 = 1_795_348_800;

fn judge(registry: &str) -> Arc<Judge> {
    let sources = Sources {
        trust: Vec::new(),
        test_material: TestMaterial::Foreign,
        policy: Policy::counter(),
        registry: registry.to_owned(),
        registry_options: RegistryOptions::default(),
        context: Context::default(),
        disclose: Vec::new(),
        now: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)),
    };
    Arc::new(Judge::open(sources).unwrap())
}

fn key(text: &str) -> AccessKey {
    AccessKey::parse(text, jiff::civil::date(2026, 11, 22)).unwrap()
}

fn order(read: u64, key: Option<AccessKey>) -> Order {
    Order {
        read,
        key,
        groups: Groups::Signed,
        checks: Vec::new(),
        context: Context::default(),
        disclose: Vec::new(),
        within: LONG,
        judge: judge("none"),
    }
}

fn an() -> Persona {
    persona::find("an").unwrap()
}

/// Virtual readers with what they told.
struct Counter {
    slots: VirtualSlots,
    news: Receiver<News>,
    reader: SlotId,
}

impl Counter {
    /// A counter with one reader, which was told of.
    fn open() -> Self {
        let (tell, news) = mpsc::channel();
        let slots = VirtualSlots::new(tell);
        let reader = slots.attach("Virtual reader");
        let counter = Self {
            slots,
            news,
            reader,
        };
        assert!(matches!(counter.next(), News::Service(Service::Up)));
        let News::Attached { slot, material, .. } = counter.next() else {
            panic!("a reader");
        };
        assert_eq!((slot, material), (reader, Material::Test));
        counter
    }

    /// The same with a card on it that was looked at.
    fn with(persona: &Persona, pace: Pace) -> Self {
        let counter = Self::open();
        counter.slots.lay(counter.reader, persona, pace).unwrap();
        counter.await_kind(CardKind::Emrtd);
        counter
    }

    fn next(&self) -> News {
        self.news.recv_timeout(LONG).expect("news")
    }

    fn await_kind(&self, wanted: CardKind) {
        loop {
            match self.next() {
                News::Card { card, .. } if card == wanted => return,
                News::Card { .. } | News::Removed { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn read(&self, key: Option<AccessKey>) -> Running {
        self.slots.read(self.reader, order(7, key)).unwrap()
    }

    /// The next step or end of the read.
    fn progress(&self) -> Progress {
        loop {
            match self.next() {
                News::Step { slot, read, step } => {
                    assert_eq!((slot, read), (self.reader, 7));
                    return Progress::Step(step);
                }
                News::Done { slot, read, result } => {
                    assert_eq!((slot, read), (self.reader, 7));
                    return Progress::Done(result);
                }
                _ => {}
            }
        }
    }

    /// The end of the read, with the names of its steps.
    fn end(&self) -> (Vec<&'static str>, Result<Box<Inspected>, Error>) {
        let mut steps = Vec::new();
        loop {
            match self.progress() {
                Progress::Step(step) => steps.push(name(&step)),
                Progress::Done(result) => return (steps, result),
            }
        }
    }

    fn await_step(&self, wanted: &str) -> Step {
        loop {
            match self.progress() {
                Progress::Step(step) if name(&step) == wanted => return step,
                Progress::Step(_) => {}
                Progress::Done(result) => panic!("{wanted} before {:?}", result.map(|_| ())),
            }
        }
    }
}

enum Progress {
    Step(Step),
    Done(Result<Box<Inspected>, Error>),
}

const fn name(step: &Step) -> &'static str {
    match step {
        Step::Opening => "opening",
        Step::Opened => "opened",
        Step::File { .. } => "file",
        Step::Text(_) => "text",
        Step::Proving => "proving",
        Step::Verifying => "verifying",
        Step::Registry => "registry",
        Step::KeyWanted { .. } => "key wanted",
        Step::Lost { .. } => "lost",
        Step::Found => "found",
    }
}

#[test]
fn a_card_that_is_laid_down_is_told_of_and_seen_to_be_a_document() {
    let counter = Counter::with(&an(), Pace::Free);
    counter.slots.take_away(counter.reader);
    assert!(matches!(counter.next(), News::Removed { .. }));
    counter.slots.put_back(counter.reader);
    counter.await_kind(CardKind::Emrtd);
    counter.slots.detach(counter.reader);
    assert!(matches!(counter.next(), News::Detached { .. }));
    // Under the same name it is the same reader.
    assert_eq!(counter.slots.attach("Virtual reader"), counter.reader);
    assert!(matches!(counter.next(), News::Attached { .. }));
    assert_eq!(counter.slots.attach("Another"), SlotId(2));
}

#[test]
fn a_read_tells_its_steps_in_order_and_the_text_before_the_photo() {
    let counter = Counter::with(&an(), Pace::Free);
    let _running = counter.read(Some(key(&an().can())));
    let (steps, result) = counter.end();
    let inspected = result.unwrap();
    assert_eq!(inspected.report.verdict(), Verdict::Genuine);
    assert_eq!(steps.first(), Some(&"opening"));
    assert_eq!(steps.get(1), Some(&"opened"));
    let place = |wanted| steps.iter().position(|step| *step == wanted).unwrap();
    let last_file = steps.iter().rposition(|step| *step == "file").unwrap();
    assert!(place("text") < last_file, "{steps:?}");
    assert!(last_file < place("proving") && place("proving") < place("verifying"));
    assert!(!steps.contains(&"registry") && !steps.contains(&"lost"));
}

#[test]
fn the_text_names_the_holder_and_the_card_is_then_known_for_a_citizen_card() {
    let counter = Counter::with(&an(), Pace::Free);
    let _running = counter.read(Some(key(&an().can())));
    let mut known = CardKind::Emrtd;
    loop {
        match counter.next() {
            News::Card { card, .. } => known = card,
            News::Step {
                step: Step::Text(holder),
                ..
            } => {
                let holder = holder.unwrap();
                let number = holder.inspect_unverified().citizen_number();
                assert!(number.is_some_and(|number| number.ends_with(&an().can())));
                assert_eq!(known, CardKind::CitizenCard);
            }
            News::Done { result, .. } => break drop(result.unwrap()),
            _ => {}
        }
    }
    assert_eq!(known, CardKind::CitizenCard);
}

#[test]
fn a_key_is_asked_for_and_again_when_it_is_wrong() {
    let counter = Counter::with(&an(), Pace::Free);
    let running = counter.read(None);
    let Step::KeyWanted { why, .. } = counter.await_step("key wanted") else {
        panic!("a key is wanted");
    };
    assert_eq!(why, Why::First);
    // There is nothing to try again with: it is asked for again.
    running.go_on();
    let Step::KeyWanted { why, .. } = counter.await_step("key wanted") else {
        panic!("a key is wanted");
    };
    assert_eq!(why, Why::First);
    running.key(key("999999"));
    let Step::KeyWanted { why, .. } = counter.await_step("key wanted") else {
        panic!("a key is wanted");
    };
    assert_eq!(why, Why::Wrong);
    running.key(key(&an().can()));
    let (_, result) = counter.end();
    assert_eq!(result.unwrap().report.verdict(), Verdict::Genuine);
}

#[test]
fn a_wrong_pin_is_tried_once_for_each_time_that_somebody_enters_it() {
    let personas = persona::shipped();
    let with_pin = personas.iter().find(|persona| persona.chip.pin.is_some());
    let with_pin = with_pin.expect("a persona with a PIN");
    let counter = Counter::with(with_pin, Pace::Free);
    let running = counter.read(Some(key("pin:99999999")));
    let mut tries = Vec::new();
    for _ in 0..2 {
        match counter.await_step("key wanted") {
            Step::KeyWanted { why, tries_left } => {
                assert_eq!(why, Why::Wrong);
                tries.push(tries_left);
            }
            _ => panic!("a key is wanted"),
        }
        if tries.len() == 1 {
            running.go_on();
        }
    }
    // Each of the two told one try less.
    let first = tries[0].unwrap();
    assert_eq!(tries[1], Some(first - 1));
    running.cancel();
    let (_, result) = counter.end();
    assert_eq!(result.unwrap_err(), TransportError::Cancelled.into());
}

#[test]
fn a_card_that_slips_pauses_the_read_and_gives_the_same_result() {
    let counter = Counter::with(&an(), Pace::Slept(Link::named("nfc-848").unwrap()));
    let _running = counter.read(Some(key(&an().can())));
    counter.await_step("text");
    counter.slots.take_away(counter.reader);
    counter.await_step("lost");
    counter.slots.put_back(counter.reader);
    counter.await_step("found");
    let (_, result) = counter.end();
    let slipped = result.unwrap();
    assert_eq!(slipped.report.verdict(), Verdict::Genuine);
    let quiet = Counter::with(&an(), Pace::Free);
    let _running = quiet.read(Some(key(&an().can())));
    let quiet = quiet.end().1.unwrap();
    assert_eq!(slipped.capture.files, quiet.capture.files);
}

#[test]
fn a_card_taken_away_while_the_key_is_looked_for_is_waited_for() {
    let counter = Counter::with(&an(), Pace::Free);
    let running = counter.read(None);
    counter.await_step("key wanted");
    counter.slots.take_away(counter.reader);
    running.key(key(&an().can()));
    counter.await_step("lost");
    counter.slots.put_back(counter.reader);
    counter.await_step("found");
    assert!(counter.end().1.is_ok());
}

#[test]
fn cancelling_is_heard_at_once_wherever_the_read_is() {
    // At 106 kbit/s the photo alone lasts for seconds.
    let slow = Pace::Slept(Link::named("nfc-106").unwrap());
    for moment in ["key wanted", "opening", "text"] {
        let counter = Counter::with(&an(), slow.clone());
        let known = (moment != "key wanted").then(|| key(&an().can()));
        let running = counter.read(known);
        counter.await_step(moment);
        let since = Instant::now();
        running.cancel();
        let (_, result) = counter.end();
        let took = since.elapsed();
        assert_eq!(result.unwrap_err(), TransportError::Cancelled.into());
        println!("cancelled at {moment}: {took:?}");
        // A tenth of a second; ten times that on a machine under load.
        assert!(took < Duration::from_secs(1), "{moment}: {took:?}");
        // The card is free for the next.
        let _again = counter.read(Some(key(&an().can())));
        let (steps, result) = counter.end();
        assert!(result.is_ok(), "{moment}: {steps:?}");
    }
}

#[test]
fn a_registry_that_takes_its_time_does_not_hold_whoever_cancels_nor_the_card() {
    let mut persona = an();
    let slow = ["register-slow".to_owned()];
    persona.switch_on(&[], &slow).unwrap();
    let counter = Counter::with(&persona, Pace::Free);
    let running = counter.read(Some(key(&persona.can())));
    counter.await_step("registry");
    // The card may be taken away by now, and nobody minds.
    counter.slots.take_away(counter.reader);
    counter.slots.put_back(counter.reader);
    let since = Instant::now();
    running.cancel();
    let (steps, result) = counter.end();
    let took = since.elapsed();
    assert_eq!(result.unwrap_err(), TransportError::Cancelled.into());
    assert!(steps.is_empty(), "{steps:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let _again = counter.read(Some(key(&persona.can())));
    let (steps, result) = counter.end();
    assert!(steps.contains(&"registry"), "{steps:?}");
    assert_eq!(result.unwrap().report.verdict(), Verdict::Genuine);
}

#[test]
fn dropping_a_read_cancels_it() {
    let counter = Counter::with(&an(), Pace::Free);
    drop(counter.read(None));
    assert_eq!(
        counter.end().1.unwrap_err(),
        TransportError::Cancelled.into()
    );
}

#[test]
fn a_read_ends_when_its_time_is_over() {
    let counter = Counter::with(&an(), Pace::Slept(Link::named("nfc-106").unwrap()));
    let within = Duration::from_millis(300);
    let order = Order {
        within,
        ..order(7, Some(key(&an().can())))
    };
    let _running = counter.slots.read(counter.reader, order).unwrap();
    assert_eq!(counter.end().1.unwrap_err(), TransportError::Timeout.into());
}

#[test]
fn a_read_that_cannot_begin_says_why() {
    let counter = Counter::open();
    let refused = |slot, counter: &Counter| {
        let begun = counter.slots.read(slot, order(1, None));
        begun.map(|_| ()).unwrap_err()
    };
    assert_eq!(
        refused(SlotId(9), &counter),
        TransportError::UnknownReader.into()
    );
    counter
        .slots
        .lay(counter.reader, &an(), Pace::Free)
        .unwrap();
    counter.await_kind(CardKind::Emrtd);
    let _running = counter.read(None);
    assert_eq!(
        refused(counter.reader, &counter),
        TransportError::InUse.into()
    );
}

#[test]
fn another_card_in_place_of_the_first_is_no_part_of_the_read() {
    let counter = Counter::with(&an(), Pace::Slept(Link::named("nfc-106").unwrap()));
    let _running = counter.read(Some(key(&an().can())));
    counter.await_step("text");
    counter.slots.take_away(counter.reader);
    counter.await_step("lost");
    let binh = persona::find("binh").unwrap();
    counter
        .slots
        .lay(counter.reader, &binh, Pace::Free)
        .unwrap();
    let error = counter.end().1.unwrap_err();
    assert_eq!(error.code(), "card.another");
}

#[test]
fn a_registry_that_is_not_there_is_no_failure_of_the_read() {
    let counter = Counter::with(&an(), Pace::Free);
    let order = Order {
        judge: judge("sqlite:/dev/null/registry.sqlite"),
        ..order(7, Some(key(&an().can())))
    };
    let _running = counter.slots.read(counter.reader, order).unwrap();
    let inspected = counter.end().1.unwrap();
    assert!(inspected.answer.is_none());
    assert_eq!(inspected.report.verdict(), Verdict::Genuine);
}

#[test]
fn a_check_that_was_asked_for_must_pass() {
    let counter = Counter::with(&an(), Pace::Free);
    for (checks, verdict) in [
        (vec![Check::Registry], Verdict::Inconclusive),
        (Vec::new(), Verdict::Genuine),
    ] {
        let order = Order {
            checks,
            ..order(7, Some(key(&an().can())))
        };
        let _running = counter.slots.read(counter.reader, order).unwrap();
        let inspected = counter.end().1.unwrap();
        assert_eq!(inspected.report.verdict(), verdict);
    }
}

#[test]
fn a_whole_read_at_424_kbit_per_second_takes_less_than_two_and_a_half_seconds() {
    let clock = Clock::default();
    let link = Link::named("nfc-424").unwrap();
    let counter = Counter::with(&an(), Pace::Modelled(link, clock.clone()));
    let before = clock.elapsed();
    let _running = counter.read(Some(key(&an().can())));
    counter.await_step("text");
    let inspected = loop {
        if let Progress::Done(result) = counter.progress() {
            break result.unwrap();
        }
    };
    let took = clock.elapsed() - before;
    println!("at 424 kbit/s: {took:?}, judging {:?}", inspected.verifying);
    assert_eq!(inspected.report.verdict(), Verdict::Genuine);
    // On the link's own clock: no machine is too slow for it.
    assert!(took < Duration::from_millis(2_500), "{took:?}");
}

#[test]
fn a_key_of_the_wrong_kind_is_asked_for_again() {
    let zone_only = persona::shipped()
        .into_iter()
        .find(|persona| persona.chip.pace.is_empty())
        .expect("a persona without PACE");
    let counter = Counter::with(&zone_only, Pace::Free);
    let running = counter.read(Some(key("123456")));
    assert!(matches!(
        counter.await_step("key wanted"),
        Step::KeyWanted {
            why: Why::Wrong,
            ..
        }
    ));
    running.key(key(&zone_only.mrz()));
    assert!(counter.end().1.is_ok());
    assert_eq!(
        super::worker::mistyped(&AccessError::Blocked.into()),
        None,
        "a blocked key is not tried again"
    );
}
