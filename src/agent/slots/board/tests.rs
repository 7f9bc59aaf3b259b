//! Drivers that take their time, never return, or bring the program down.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use crate::agent::judge::Judge;
use crate::agent::judge::Sources;
use crate::agent::judge::TestMaterial;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::agent::slots::Step;
use crate::agent::slots::worker;
use crate::crypto::random::System;
use crate::lds::key::AccessKey;
use crate::reader::Groups;
use crate::registry::Context;
use crate::registry::RegistryOptions;
use crate::sim::VirtualCard;
use crate::sim::persona;
use crate::verify::Policy;

use super::*;

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(30);

/// Pauses before looks that failed are repeated here.
const AGAIN_SOON: [Duration; 2] = [Duration::from_millis(20); 2];

/// What a driver does when it is asked for the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Open,
    /// Takes so long, whatever anybody says.
    Late(Duration),
    Panic,
    Fail,
    /// Finds no card.
    Miss,
}

/// A driver that does one thing at the look and another at each read.
struct Driver(Arc<Mutex<Vec<Does>>>);

impl Ground for Driver {
    fn open(
        &self,
        _reader: &str,
        _stop: &Stop,
    ) -> Result<Box<dyn Transport + Send>, TransportError> {
        let next = self.0.lock().unwrap().pop().unwrap_or(Does::Open);
        match next {
            Does::Open => {}
            Does::Late(time) => thread::sleep(time),
            Does::Panic => panic!("a driver's mistake"),
            Does::Fail => return Err(TransportError::InUse),
            Does::Miss => return Err(TransportError::NoCard),
        }
        let card = persona::find("an").unwrap().personalise().unwrap();
        Ok(Box::new(VirtualCard::new(card, Box::new(System))))
    }

    fn around(&self, _reader: &str) -> Result<Option<Around>, Error> {
        Ok(Some(Around::of(&persona::find("an").unwrap())?))
    }

    fn again(&self) -> &[Duration] {
        &AGAIN_SOON
    }
}

/// A board with one reader whose driver does this, in this order.
fn board(does: &[Does]) -> (Arc<Board>, SlotId, Receiver<News>) {
    let (tell, news) = mpsc::channel();
    let does: Vec<Does> = does.iter().copied().rev().collect();
    let board = Board::new(Box::new(Driver(Arc::new(Mutex::new(does)))), tell);
    let slot = board.attach("Reader", Material::Test);
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Attached { .. })));
    (board, slot, news)
}

const fn card(events: u32) -> Option<Lying> {
    Some(Lying {
        events,
        voice: Voice::Heard,
    })
}

fn kind(news: &Receiver<News>) -> CardKind {
    match news.recv_timeout(LONG).unwrap() {
        News::Card { card, .. } => card,
        other => panic!("{other:?}"),
    }
}

/// The look may take longer than the first word waits.
fn await_document(news: &Receiver<News>) {
    while kind(news) != CardKind::Emrtd {}
}

fn key(text: &str) -> AccessKey {
    AccessKey::parse(text, jiff::civil::date(2026, 11, 22)).unwrap()
}

fn read(board: &Arc<Board>, slot: SlotId) -> Running {
    let can = persona::find("an").unwrap().can();
    read_with(board, slot, Some(key(&can)))
}

fn read_with(board: &Arc<Board>, slot: SlotId, key: Option<AccessKey>) -> Running {
    let sources = Sources {
        trust: Vec::new(),
        test_material: TestMaterial::Foreign,
        policy: Policy::counter(),
        registry: "none".to_owned(),
        registry_options: RegistryOptions::default(),
        context: Context::default(),
        disclose: Vec::new(),
        now: Some(SystemTime::now()),
    };
    let order = Order {
        read: 1,
        key,
        groups: Groups::Signed,
        checks: Vec::new(),
        context: Context::default(),
        disclose: Vec::new(),
        within: LONG,
        judge: Arc::new(Judge::open(sources).unwrap()),
    };
    worker::start(board, slot, order).unwrap()
}

/// Until the read asks for the card.
fn await_lost(news: &Receiver<News>) {
    loop {
        let step = match news.recv_timeout(LONG).unwrap() {
            News::Step { step, .. } => step,
            News::Done { result, .. } => panic!("{:?}", result.map(drop)),
            _ => continue,
        };
        if matches!(step, Step::Lost { .. }) {
            return;
        }
    }
}

fn end(news: &Receiver<News>) -> Result<(), Error> {
    loop {
        if let News::Done { result, .. } = news.recv_timeout(LONG).unwrap() {
            return result.map(drop);
        }
    }
}

#[test]
fn a_look_that_lasts_does_not_keep_the_first_word_of_a_card_waiting() {
    let (board, slot, news) = board(&[Does::Late(Duration::from_secs(2))]);
    let since = Instant::now();
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    assert!(since.elapsed() < Duration::from_secs(1));
    await_document(&news);
}

#[test]
fn a_mute_card_is_told_of_and_not_read() {
    let (board, slot, news) = board(&[]);
    let mute = Lying {
        events: 1,
        voice: Voice::Mute,
    };
    board.lay(slot, Some(mute));
    assert_eq!(kind(&news), CardKind::Unknown);
    assert_eq!(board.order(slot), Err(TransportError::Mute));
    // Turned around, it answers.
    board.lay(slot, card(3));
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Removed { .. })));
    await_document(&news);
}

#[test]
fn a_card_that_came_while_the_one_before_was_looked_at_is_looked_at_too() {
    let (board, slot, news) = board(&[Does::Late(Duration::from_millis(400)), Does::Open]);
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    board.lay(slot, card(3));
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Removed { .. })));
    await_document(&news);
}

#[test]
fn a_mistake_in_the_program_ends_one_read_and_nothing_else() {
    let (board, slot, news) = board(&[Does::Panic, Does::Panic, Does::Open]);
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    let _running = read(&board, slot);
    assert_eq!(end(&news), Err(Error::Internal));
    let _running = read(&board, slot);
    assert_eq!(end(&news), Ok(()));
}

#[test]
fn a_driver_that_does_not_return_keeps_nobody_waiting_who_cancels() {
    let late = Does::Late(Duration::from_secs(2));
    let (board, slot, news) = board(&[Does::Open, late, Does::Open]);
    board.lay(slot, card(1));
    await_document(&news);
    let running = read(&board, slot);
    loop {
        if let News::Step {
            step: Step::Opening,
            ..
        } = news.recv_timeout(LONG).unwrap()
        {
            break;
        }
    }
    let since = Instant::now();
    running.cancel();
    assert_eq!(end(&news), Err(TransportError::Cancelled.into()));
    let took = since.elapsed();
    println!("cancelled in a driver: {took:?}");
    assert!(took < Duration::from_secs(1), "{took:?}");
    // The next read is taken, and waits until the driver has let go of the card.
    let _running = read(&board, slot);
    assert_eq!(end(&news), Ok(()));
    assert!(since.elapsed() > Duration::from_secs(1));
}

#[test]
fn a_card_that_another_program_holds_is_tried_once_more() {
    let (board, slot, news) = board(&[Does::Open, Does::Fail, Does::Open, Does::Fail, Does::Fail]);
    board.lay(slot, card(1));
    await_document(&news);
    let _running = read(&board, slot);
    assert_eq!(end(&news), Ok(()));
    let _running = read(&board, slot);
    assert_eq!(end(&news), Err(TransportError::InUse.into()));
}

#[test]
fn a_key_whose_tries_the_chip_counts_is_not_tried_again_unasked() {
    for key in ["pin:123456", "pin:123456,puk:1234567890"] {
        let (board, slot, news) = board(&[Does::Open, Does::Fail, Does::Open]);
        board.lay(slot, card(1));
        await_document(&news);
        let _running = read_with(&board, slot, Some(self::key(key)));
        assert_eq!(end(&news), Err(TransportError::InUse.into()), "{key}");
    }
}

#[test]
fn a_reader_that_is_gone_takes_no_order() {
    let (board, slot, news) = board(&[]);
    board.lay(slot, card(1));
    await_document(&news);
    board.keep(&[]);
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Detached { .. })));
    assert_eq!(board.order(slot), Err(TransportError::UnknownReader));
}

#[test]
fn a_look_that_fails_is_repeated_and_what_it_finds_is_told_once() {
    let (board, slot, news) = board(&[Does::Fail, Does::Fail, Does::Open]);
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    assert_eq!(kind(&news), CardKind::Emrtd);
    board.keep(&[]);
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Detached { .. })));
}

#[test]
fn a_look_that_goes_on_failing_is_given_up_until_the_card_is_laid_down_again() {
    let (board, slot, news) = board(&[Does::Fail, Does::Fail, Does::Fail]);
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    // A fourth look would find out.
    let more = news.recv_timeout(Duration::from_millis(300));
    assert!(more.is_err(), "{more:?}");
    board.lay(slot, card(3));
    assert!(matches!(news.recv_timeout(LONG), Ok(News::Removed { .. })));
    await_document(&news);
}

#[test]
fn a_look_is_not_repeated_beside_a_read_but_after_it() {
    let (board, slot, news) = board(&[Does::Fail, Does::Open]);
    board.lay(slot, card(1));
    assert_eq!(kind(&news), CardKind::Unknown);
    let running = read_with(&board, slot, None);
    let wanted = news.recv_timeout(LONG).unwrap();
    assert!(matches!(wanted, News::Step { .. }), "{wanted:?}");
    let more = news.recv_timeout(Duration::from_millis(200));
    assert!(more.is_err(), "{more:?}");
    running.cancel();
    assert!(end(&news).is_err());
    await_document(&news);
}

#[test]
fn a_card_that_had_gone_before_its_reader_said_so_makes_room_for_the_next() {
    let (board, slot, news) = board(&[Does::Open, Does::Miss, Does::Open]);
    board.lay(slot, card(1));
    await_document(&news);
    let _running = read(&board, slot);
    await_lost(&news);
    board.lay(slot, None);
    board.lay(slot, card(3));
    assert_eq!(end(&news), Ok(()));
    // Nobody was told that it had gone when the read was ordered.
    board.lay(slot, None);
    let _running = read(&board, slot);
    await_lost(&news);
    // A system that does not count what happens at a reader.
    board.lay(slot, card(3));
    assert_eq!(end(&news), Ok(()));
}
