//! The agent's readers on a real pcscd: cards that come, go and slip, a service that ends, eight readers
//! at work at once.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::Error;
use cancuoc::agent::judge::Judge;
use cancuoc::agent::judge::Sources;
use cancuoc::agent::judge::TestMaterial;
use cancuoc::agent::slots::CardKind;
use cancuoc::agent::slots::News;
use cancuoc::agent::slots::Order;
use cancuoc::agent::slots::Readers;
use cancuoc::agent::slots::Running;
use cancuoc::agent::slots::Service;
use cancuoc::agent::slots::SlotId;
use cancuoc::agent::slots::Slots;
use cancuoc::agent::slots::Step;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::reader::Groups;
use cancuoc::registry::Context;
use cancuoc::registry::RegistryOptions;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::link::Link;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki;
use cancuoc::sim::seed::Seeded;
use cancuoc::sim::stand::Around;
use cancuoc::sim::stand::Place;
use cancuoc::sim::stand::Setting;
use cancuoc::transport::Stop;
use cancuoc::transport::pcsc::CardState;
use cancuoc::transport::pcsc::Sight;
use cancuoc::transport::pcsc::Watcher;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use cancuoc::workflow::Inspected;

use crate::support::cards;
use crate::support::pcscd::View;
use crate::support::pcscd::on_large_stand;
use crate::support::pcscd::on_stand;

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(60);

/// First feedback may take this long from the moment at which the service knows of the card; ten times
/// that here, on a machine under load.
const FEEDBACK: Duration = Duration::from_millis(300);

/// Share of a core that waiting may cost, as one part of so many; ten times that here.
const IDLE: u32 = 500;

/// Readers at work at once.
const EIGHT: usize = 8;

/// Reads on them, unless `CANCUOC_READS` says otherwise.
const READS: usize = 40;

/// The readers of this test's stand, with what they tell.
struct Desk {
    readers: Readers,
    news: Receiver<News>,
    judge: Arc<Judge>,
    /// Names and numbers.
    slots: Vec<(String, SlotId)>,
}

impl Desk {
    /// Watches, and waits until so many readers were told of.
    fn open(view: &View, count: usize) -> Self {
        let (tell, news) = mpsc::channel();
        let readers = Readers::open(tell).unwrap();
        let mut desk = Self {
            readers,
            news,
            judge: judge(&view.file("trust")),
            slots: Vec::new(),
        };
        desk.await_readers(count);
        desk
    }

    fn await_readers(&mut self, count: usize) {
        self.slots.clear();
        while self.slots.len() < count {
            if let News::Attached { slot, name, .. } = self.next() {
                self.slots.push((name, slot));
            }
        }
    }

    fn slot(&self, name: &str) -> SlotId {
        let (_, slot) = self.slots.iter().find(|(own, _)| own == name).unwrap();
        *slot
    }

    fn next(&self) -> News {
        self.news.recv_timeout(LONG).expect("news")
    }

    fn await_kind(&self, wanted: CardKind) {
        self.await_news(|news| matches!(news, News::Card { card, .. } if *card == wanted));
    }

    fn await_news(&self, wanted: impl Fn(&News) -> bool) -> News {
        loop {
            let news = self.next();
            if wanted(&news) {
                return news;
            }
        }
    }

    fn order(&self, read: u64, persona: &Persona) -> Order {
        Order {
            read,
            key: Some(cards::key(persona)),
            groups: Groups::Signed,
            checks: Vec::new(),
            context: Context::default(),
            disclose: Vec::new(),
            within: LONG,
            judge: Arc::clone(&self.judge),
        }
    }

    fn read(&self, slot: SlotId, read: u64, persona: &Persona) -> Running {
        let order = self.order(read, persona);
        self.readers.read(slot, order).unwrap()
    }

    fn await_step(&self, wanted: fn(&Step) -> bool) {
        loop {
            match self.next() {
                News::Step { step, .. } if wanted(&step) => return,
                News::Done { result, .. } => panic!("{:?}", result.map(|_| ())),
                _ => {}
            }
        }
    }

    fn end(&self) -> Result<Box<Inspected>, Error> {
        match self.await_news(|news| matches!(news, News::Done { .. })) {
            News::Done { result, .. } => result,
            _ => unreachable!("the end was waited for"),
        }
    }
}

/// What counts: the test root, as for one who named it for this run.
fn judge(folder: &Path) -> Arc<Judge> {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("root.cer"), pki::test_root()).unwrap();
    let judge = Judge::open(Sources {
        trust: vec![folder.to_owned()],
        test_material: TestMaterial::Owned,
        policy: Policy::counter(),
        registry: "none".to_owned(),
        registry_options: RegistryOptions::default(),
        context: Context::default(),
        disclose: Vec::new(),
        now: Some(cards::now()),
    });
    Arc::new(judge.unwrap())
}

fn chip(persona: &Persona) -> Chip {
    let random = Box::new(Seeded::new("agent readers"));
    Chip::new(persona.personalise().unwrap(), random)
}

fn lay(chip: Chip, address: SocketAddr, link: Option<&str>) -> Place {
    let mut place = Place::at(address);
    put(&mut place, chip, link);
    place
}

fn put(place: &mut Place, chip: Chip, link: Option<&str>) {
    let link = link.map(|name| Link::named(name).unwrap());
    place.insert(chip, link, &Stop::after(LONG)).unwrap();
}

/// Processor time of all threads of this process so far.
fn spent() -> Option<Duration> {
    let mut nanoseconds = 0_u64;
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        // The first number is nanoseconds on a processor (the kernel's sched-stats).
        let told = fs::read_to_string(task.path().join("schedstat")).ok()?;
        nanoseconds += told.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanoseconds))
}

#[test]
fn a_card_is_told_of_at_once_and_then_what_it_is() {
    on_stand(
        "agent_readers::a_card_is_told_of_at_once_and_then_what_it_is",
        |view| {
            // What the service itself knows, and when: it looks at its virtual readers now and then.
            let (knows, known) = mpsc::channel();
            let _watcher = Watcher::start(move |sight| {
                let Sight::Readers(readers) = sight else {
                    return;
                };
                let there = |state| !matches!(state, CardState::Absent | CardState::Unknown);
                if readers.iter().any(|seen| there(seen.reader.card)) {
                    let _ = knows.send(Instant::now());
                }
            })
            .unwrap();
            let desk = Desk::open(view, 2);
            assert_eq!(desk.slot("Virtual PCD 00 00"), SlotId(1));
            assert_eq!(desk.slot("Virtual PCD 00 01"), SlotId(2));
            let address = view.vpcd;
            let laying = thread::spawn(move || lay(chip(&cards::persona("an")), address, None));
            let first = desk.await_news(|news| matches!(news, News::Card { .. }));
            let told = Instant::now();
            let knew = known.recv_timeout(LONG).unwrap();
            let took = told.saturating_duration_since(knew);
            println!("first word of a card: {took:?} after the service knew of it");
            assert!(took < FEEDBACK * 10, "{took:?}");
            match first {
                News::Card {
                    card: CardKind::Emrtd,
                    ..
                } => {}
                _ => desk.await_kind(CardKind::Emrtd),
            }
            let mut place = laying.join().unwrap();
            place.remove();
            let gone = desk.await_news(|news| matches!(news, News::Removed { .. }));
            assert!(matches!(gone, News::Removed { slot } if slot == SlotId(1)));
        },
    );
}

#[test]
fn watching_costs_nothing_while_nothing_happens() {
    on_stand(
        "agent_readers::watching_costs_nothing_while_nothing_happens",
        |view| {
            let desk = Desk::open(view, 2);
            let _place = lay(chip(&cards::persona("an")), view.vpcd, None);
            desk.await_kind(CardKind::Emrtd);
            // The stand's own threads are in this process, too; they sleep.
            let (since, Some(before)) = (Instant::now(), spent()) else {
                return;
            };
            thread::sleep(Duration::from_secs(3));
            let cost = spent().unwrap() - before;
            let most = since.elapsed() / IDLE * 10;
            println!("watching for {:?} took {cost:?}", since.elapsed());
            assert!(cost < most, "{cost:?} of {most:?}");
        },
    );
}

#[test]
fn a_card_pulled_out_and_put_back_pauses_the_read_and_changes_nothing() {
    on_stand(
        "agent_readers::a_card_pulled_out_and_put_back_pauses_the_read_and_changes_nothing",
        |view| {
            let an = cards::persona("an");
            let desk = Desk::open(view, 2);
            let mut place = lay(chip(&an), view.vpcd, Some("nfc-424"));
            desk.await_kind(CardKind::Emrtd);
            let _running = desk.read(SlotId(1), 1, &an);
            desk.await_step(|step| matches!(step, Step::Text(Some(_))));
            let chip = place.remove().unwrap();
            desk.await_step(|step| matches!(step, Step::Lost { .. }));
            put(&mut place, chip, Some("nfc-424"));
            desk.await_step(|step| matches!(step, Step::Found));
            let inspected = desk.end().unwrap();
            assert_eq!(inspected.report.verdict(), Verdict::Genuine);
            let files = an.personalise().unwrap().files;
            for group in [DataGroup::DG1, DataGroup::DG13, DataGroup::DG2] {
                let file = FileId::Group(group);
                assert_eq!(inspected.capture.files.get(&file), files.get(&file));
            }
        },
    );
}

#[test]
fn a_card_that_never_answers_is_not_taken_for_one_that_another_program_holds() {
    on_large_stand(
        "agent_readers::a_card_that_never_answers_is_not_taken_for_one_that_another_program_holds",
        2,
        LONG * 2,
        |view| {
            let an = cards::persona("an");
            let mut setting = Setting::of(an.clone());
            setting.faults.push("mute".to_owned());
            let desk = Desk::open(view, 2);
            let place = lay(setting.chip(Around::Refused).unwrap(), view.vpcd, None);
            desk.await_news(|news| matches!(news, News::Card { .. }));
            for read in 1..=2 {
                let _running = desk.read(SlotId(1), read, &an);
                let error = desk.end().unwrap_err();
                // The look at it, or the read before, still waits for an answer.
                assert_eq!(error, TransportError::Mute.into(), "read {read}");
            }
            drop(place);
        },
    );
}

#[test]
fn a_service_that_dies_takes_its_readers_along_and_brings_them_back() {
    on_large_stand(
        "agent_readers::a_service_that_dies_takes_its_readers_along_and_brings_them_back",
        4,
        LONG * 2,
        |view| {
            let an = cards::persona("an");
            let mut desk = Desk::open(view, 4);
            let mut place = lay(chip(&an), view.vpcd, None);
            desk.await_kind(CardKind::Emrtd);
            view.kill_service();
            for slot in 1..=4 {
                let gone = desk.await_news(|news| matches!(news, News::Detached { .. }));
                assert!(matches!(gone, News::Detached { slot: SlotId(n) } if n == slot));
            }
            let down = desk.await_news(|news| matches!(news, News::Service(_)));
            let News::Service(Service::Down(reason)) = down else {
                panic!("{down:?}");
            };
            assert_eq!(reason.code(), "reader.no_service");
            let again = view.start_service();
            desk.await_news(|news| matches!(news, News::Service(Service::Up)));
            desk.await_readers(2);
            // They are the same readers to whoever claimed one. Two were unplugged meanwhile.
            assert_eq!(desk.slot("Virtual PCD 00 00"), SlotId(1));
            let chip = place.remove().unwrap();
            put(&mut place, chip, None);
            desk.await_kind(CardKind::Emrtd);
            let _running = desk.read(SlotId(1), 1, &an);
            let inspected = desk.end().unwrap();
            assert_eq!(inspected.report.verdict(), Verdict::Genuine);
            for (name, _) in &view.readers[2..] {
                assert!(desk.slots.iter().all(|(own, _)| own != name));
            }
            let unplugged = desk.readers.read(SlotId(3), desk.order(2, &an));
            assert_eq!(unplugged.unwrap_err().code(), "reader.unknown");
            drop(again);
        },
    );
}

#[test]
fn a_service_that_dies_in_the_middle_of_a_read_leaves_no_reader_stuck() {
    on_stand(
        "agent_readers::a_service_that_dies_in_the_middle_of_a_read_leaves_no_reader_stuck",
        |view| {
            let an = cards::persona("an");
            let mut desk = Desk::open(view, 2);
            let mut place = lay(chip(&an), view.vpcd, Some("nfc-106"));
            desk.await_kind(CardKind::Emrtd);
            let running = desk.read(SlotId(1), 1, &an);
            desk.await_step(|step| matches!(step, Step::Text(_)));
            view.kill_service();
            desk.await_step(|step| matches!(step, Step::Lost { .. }));
            running.cancel();
            assert_eq!(desk.end().unwrap_err().code(), "run.cancelled");
            let _again = view.start_service();
            desk.await_readers(2);
            let chip = place.remove().unwrap();
            put(&mut place, chip, None);
            desk.await_kind(CardKind::Emrtd);
            let _running = desk.read(SlotId(1), 2, &an);
            assert_eq!(desk.end().unwrap().report.verdict(), Verdict::Genuine);
        },
    );
}

#[test]
fn eight_readers_at_once_read_many_cards_without_a_failure() {
    let told = env::var("CANCUOC_READS").ok();
    let reads = told.map_or(READS, |told| told.parse().unwrap());
    let limit = LONG * 2 + Duration::from_secs(5) * u32::try_from(reads).unwrap();
    on_large_stand(
        "agent_readers::eight_readers_at_once_read_many_cards_without_a_failure",
        EIGHT,
        limit,
        |view| {
            assert_eq!(view.readers.len(), EIGHT);
            let personas = ["an", "binh", "chi", "dung"].map(cards::persona);
            let persona = |number: usize| &personas[number % personas.len()];
            let desk = Desk::open(view, EIGHT);
            let laying = view.readers.iter().enumerate();
            let laying: Vec<_> = laying
                .map(|(number, (_, address))| {
                    let (chip, address) = (chip(persona(number)), *address);
                    thread::spawn(move || lay(chip, address, None))
                })
                .collect();
            let _places: Vec<Place> = laying.into_iter().map(|it| it.join().unwrap()).collect();
            let mut seen = 0;
            while seen < EIGHT {
                desk.await_kind(CardKind::Emrtd);
                seen += 1;
            }
            let since = Instant::now();
            let slot_of = |number: usize| desk.slot(&view.readers[number].0);
            let mut begun = 0;
            let mut running: Vec<Option<Running>> = Vec::new();
            for number in 0..EIGHT.min(reads) {
                running.push(Some(desk.read(slot_of(number), 0, persona(number))));
                begun += 1;
            }
            let mut ended = 0;
            while ended < reads {
                let news = desk.await_news(|news| matches!(news, News::Done { .. }));
                let News::Done { slot, result, .. } = news else {
                    continue;
                };
                let number = (0..EIGHT).find(|number| slot_of(*number) == slot).unwrap();
                let name = &persona(number).name;
                let inspected = result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                let files = persona(number).personalise().unwrap().files;
                for group in [DataGroup::DG1, DataGroup::DG2] {
                    let file = FileId::Group(group);
                    let read = inspected.capture.files.get(&file);
                    assert_eq!(read, files.get(&file), "{name}");
                }
                ended += 1;
                if begun < reads {
                    running[number] = Some(desk.read(slot, 0, persona(number)));
                    begun += 1;
                }
            }
            println!("{reads} reads on {EIGHT} readers: {:?}", since.elapsed());
        },
    );
}
