//! Cards on real readers: pcscd with a virtual reader, and our transport on the other side.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::error::TransportError;
use cancuoc::sim::vpcd;
use cancuoc::transport::Limits;
use cancuoc::transport::MAX_COMMAND;
use cancuoc::transport::MAX_RESPONSE;
use cancuoc::transport::Medium;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::transport::pcsc;
use cancuoc::transport::pcsc::CardState;
use cancuoc::transport::pcsc::PcscCard;

use crate::support::card::Laid;
use crate::support::pcscd::Stand;
use crate::support::pcscd::View;
use crate::support::pcscd::on_stand;

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(20);

/// Answer to reset of the test card: T=1, no historical bytes.
const ATR: [u8; 4] = [0x3B, 0x80, 0x01, 0x81];

/// SELECT of nothing; any card answers.
const SELECT: [u8; 4] = [0x00, 0xA4, 0x00, 0x0C];

/// READ BINARY for as much as the extended form can ask for.
const READ_ALL: [u8; 7] = [0x00, 0xB0, 0x00, 0x00, 0x00, 0x00, 0x00];

/// What the test card does with a command.
#[derive(Clone)]
enum Does {
    /// Answers.
    Answer(Vec<u8>),
    /// Answers after a while.
    Late(Duration),
    /// Is pulled out of the reader.
    Leave,
}

/// A card that does one thing after another, and then answers success.
struct Card {
    does: VecDeque<Does>,
    powered: Arc<AtomicUsize>,
}

impl vpcd::Card for Card {
    fn atr(&self) -> Vec<u8> {
        ATR.to_vec()
    }

    fn power(&mut self) {
        self.powered.fetch_add(1, Ordering::SeqCst);
    }

    fn process(&mut self, _command: &[u8]) -> Option<Vec<u8>> {
        match self.does.pop_front() {
            Some(Does::Answer(answer)) => Some(answer),
            Some(Does::Late(time)) => {
                thread::sleep(time);
                Some(vec![0x90, 0x00])
            }
            Some(Does::Leave) => None,
            None => Some(vec![0x90, 0x00]),
        }
    }
}

impl Card {
    fn that(does: &[Does]) -> Self {
        Self {
            does: does.to_vec().into(),
            powered: Arc::default(),
        }
    }
}

fn lay(view: &View, does: &[Does]) -> Laid {
    Laid::down(Card::that(does), view.vpcd)
}

fn wait(view: &View, does: &[Does]) -> (Laid, PcscCard) {
    let laid = lay(view, does);
    let card = pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap();
    (laid, card)
}

#[test]
fn readers_and_what_lies_on_them_are_listed() {
    on_stand("pcsc::readers_and_what_lies_on_them_are_listed", |view| {
        let empty = pcsc::readers().unwrap();
        let names: Vec<_> = empty.iter().map(|reader| reader.name.as_str()).collect();
        assert_eq!(names, ["Virtual PCD 00 00", "Virtual PCD 00 01"]);
        for reader in &empty {
            assert_eq!(
                (reader.card, reader.atr.as_slice()),
                (CardState::Absent, [].as_slice())
            );
        }
        assert_eq!(pcsc::open(None).unwrap_err(), TransportError::NoCard);
        assert_eq!(
            pcsc::open(Some("ACME")).unwrap_err(),
            TransportError::UnknownReader
        );

        let (_laid, card) = wait(view, &[]);
        assert_eq!(card.reader(), "Virtual PCD 00 00");
        let limits = Limits {
            max_command: MAX_COMMAND,
            max_response: MAX_RESPONSE,
            atr: ATR.to_vec(),
            medium: Medium::Reader,
        };
        assert_eq!(card.limits(), limits);
        let in_use = pcsc::readers().unwrap();
        assert_eq!(
            (in_use[0].card, in_use[0].atr.as_slice()),
            (CardState::InUse, ATR.as_slice())
        );
        assert_eq!(in_use[1].card, CardState::Absent);
        drop(card);
        assert_eq!(pcsc::readers().unwrap()[0].card, CardState::Present);
        assert_eq!(
            pcsc::open(Some("00 01")).unwrap_err(),
            TransportError::NoCard
        );
        assert!(pcsc::open(Some("virtual pcd")).is_ok());
    });
}

#[test]
fn a_command_costs_a_fraction_of_a_millisecond() {
    on_stand(
        "pcsc::a_command_costs_a_fraction_of_a_millisecond",
        |view| {
            let (_laid, mut card) = wait(view, &[]);
            let since = Instant::now();
            for _ in 0..500 {
                assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
            }
            let each = since.elapsed() / 500;
            println!("{each:?} for each command");
            // 40 ms and more each, had one side waited for the other's acknowledgement.
            assert!(each < Duration::from_millis(30), "{each:?}");
        },
    );
}

#[test]
fn the_longest_answer_comes_through_whole() {
    let longest: Vec<u8> = (0..=250).cycle().take(65_533).chain([0x90, 0x00]).collect();
    on_stand("pcsc::the_longest_answer_comes_through_whole", |view| {
        let (_laid, mut card) = wait(view, &[Does::Answer(longest.clone())]);
        assert!(card.transmit(&READ_ALL).unwrap() == longest);
        let mut command = vec![0x00, 0xD6, 0x00, 0x00, 0x00, 0xFF, 0x00];
        command.resize(7 + 0xFF00, 0xDD);
        assert_eq!(card.transmit(&command), Ok(vec![0x90, 0x00]));
    });
}

#[test]
fn a_card_is_reset_when_it_is_let_go() {
    on_stand("pcsc::a_card_is_reset_when_it_is_let_go", |view| {
        let laid = Card::that(&[]);
        let powered = Arc::clone(&laid.powered);
        let _laid = Laid::down(laid, view.vpcd);
        let mut card = pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap();
        card.transmit(&SELECT).unwrap();
        let before = powered.load(Ordering::SeqCst);
        drop(card);
        let until = Instant::now() + LONG;
        while powered.load(Ordering::SeqCst) == before {
            assert!(Instant::now() < until, "never reset");
            thread::sleep(Duration::from_millis(5));
        }
    });
}

#[test]
fn a_card_pulled_in_mid_exchange_was_removed() {
    on_stand("pcsc::a_card_pulled_in_mid_exchange_was_removed", |view| {
        let (laid, mut card) = wait(view, &[Does::Leave]);
        for _ in 0..2 {
            assert_eq!(card.transmit(&READ_ALL), Err(TransportError::CardRemoved));
        }
        drop(laid);
        let reader = card.reader().to_owned();
        drop(card);
        // The card comes back: the same reader goes on.
        let _laid = lay(view, &[]);
        let mut card = pcsc::wait_for_card(Some(&reader), &Stop::after(LONG)).unwrap();
        assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
    });
}

#[test]
fn a_card_pulled_between_two_exchanges_was_removed() {
    on_stand(
        "pcsc::a_card_pulled_between_two_exchanges_was_removed",
        |view| {
            let (laid, mut card) = wait(view, &[]);
            card.transmit(&SELECT).unwrap();
            drop(laid);
            assert_eq!(card.transmit(&SELECT), Err(TransportError::CardRemoved));
        },
    );
}

#[test]
fn a_card_swapped_between_two_exchanges_was_removed() {
    on_stand(
        "pcsc::a_card_swapped_between_two_exchanges_was_removed",
        |view| {
            let (laid, mut card) = wait(view, &[]);
            card.transmit(&SELECT).unwrap();
            drop(laid);
            let _other = lay(view, &[]);
            thread::sleep(Duration::from_secs(1));
            assert_eq!(card.transmit(&SELECT), Err(TransportError::CardRemoved));
        },
    );
}

#[test]
fn a_service_that_ends_is_told_from_a_card_that_leaves() {
    on_stand(
        "pcsc::a_service_that_ends_is_told_from_a_card_that_leaves",
        |view| {
            let (_laid, mut card) = wait(view, &[]);
            card.transmit(&SELECT).unwrap();
            view.stop_service();
            thread::sleep(Duration::from_millis(500));
            let error = card.transmit(&SELECT).unwrap_err();
            assert!(
                matches!(
                    error,
                    TransportError::NoService | TransportError::ReaderRemoved
                ),
                "{error}"
            );
            assert_eq!(pcsc::readers(), Err(TransportError::NoService));
            let since = Instant::now();
            let error = pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap_err();
            assert_eq!(error, TransportError::NoService);
            assert!(since.elapsed() < LONG / 2);
        },
    );
}

#[test]
fn a_service_that_starts_again_is_waited_for() {
    on_stand("pcsc::a_service_that_starts_again_is_waited_for", |view| {
        let waiting = thread::spawn(|| pcsc::wait_for_card(None, &Stop::after(LONG)));
        thread::sleep(Duration::from_millis(300));
        view.stop_service();
        thread::sleep(Duration::from_millis(700));
        let _service = view.start_service();
        let _laid = lay(view, &[]);
        let mut card = waiting.join().unwrap().unwrap();
        assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
    });
}

#[test]
fn a_card_that_never_answers_does_not_hold_its_caller() {
    on_stand(
        "pcsc::a_card_that_never_answers_does_not_hold_its_caller",
        |view| {
            let (_laid, mut card) = wait(view, &[Does::Late(Duration::from_secs(12))]);
            card.set_time_limit(Duration::from_millis(200));
            let since = Instant::now();
            for _ in 0..2 {
                assert_eq!(card.transmit(&SELECT), Err(TransportError::Timeout));
            }
            drop(card);
            // Far from the twelve seconds of the card, and from what a loaded machine adds to 0.4 s.
            assert!(since.elapsed() < Duration::from_secs(8));
        },
    );
}

#[test]
fn a_card_that_another_program_keeps_is_in_use() {
    on_stand(
        "pcsc::a_card_that_another_program_keeps_is_in_use",
        |view| {
            let (_laid, mut card) = wait(view, &[]);
            let since = Instant::now();
            assert_eq!(pcsc::open(None).unwrap_err(), TransportError::InUse);
            assert!(since.elapsed() < Duration::from_secs(5));
            // The other one was not disturbed.
            assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
            // A short use is waited out.
            let letting_go = thread::spawn(move || {
                thread::sleep(Duration::from_millis(700));
                drop(card);
            });
            let mut card = pcsc::open(None).unwrap();
            assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
            letting_go.join().unwrap();
        },
    );
}

#[test]
fn a_card_that_is_just_being_reset_can_be_spoken_to() {
    on_stand(
        "pcsc::a_card_that_is_just_being_reset_can_be_spoken_to",
        |view| {
            let (_laid, card) = wait(view, &[]);
            drop(card);
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        for _ in 0..100 {
                            // Letting go resets the card while others are being connected.
                            let mut card = pcsc::open(None).unwrap();
                            assert_eq!(card.transmit(&SELECT), Ok(vec![0x90, 0x00]));
                        }
                    });
                }
            });
        },
    );
}

#[test]
fn waiting_for_a_card_ends_when_told_to() {
    on_stand("pcsc::waiting_for_a_card_ends_when_told_to", |_view| {
        let stop = Stop::never();
        let cancel = stop.handle();
        let cancelling = thread::spawn(move || {
            thread::sleep(Duration::from_millis(430));
            cancel.cancel();
            Instant::now()
        });
        let error = pcsc::wait_for_card(None, &stop).unwrap_err();
        let heard = Instant::now();
        assert_eq!(error, TransportError::Cancelled);
        let late = heard.saturating_duration_since(cancelling.join().unwrap());
        assert!(late < Duration::from_secs(5), "{late:?}");

        let since = Instant::now();
        let stop = Stop::after(Duration::from_millis(300));
        let error = pcsc::wait_for_card(None, &stop).unwrap_err();
        assert_eq!(error, TransportError::NoCard);
        assert!(since.elapsed() < Duration::from_secs(5));
        let stop = Stop::after(Duration::from_millis(300));
        let error = pcsc::wait_for_card(Some("ACME"), &stop).unwrap_err();
        assert_eq!(error, TransportError::UnknownReader);
    });
}

#[test]
fn two_stands_do_not_see_each_other() {
    let (one, other) = (Stand::start(), Stand::start());
    assert_ne!(one.vpcd_address(), other.vpcd_address());
    let _card = Laid::down(Card::that(&[]), one.vpcd_address());
    thread::scope(|scope| {
        scope.spawn(|| one.run("pcsc::on_its_stand_a_card_comes"));
        scope.spawn(|| other.run("pcsc::on_its_stand_no_card_comes"));
    });
}

/// One half of [`two_stands_do_not_see_each_other`]; alone it says nothing.
#[test]
fn on_its_stand_a_card_comes() {
    if std::env::var_os("PCSCLITE_CSOCK_NAME").is_some() {
        pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap();
    }
}

/// The other half.
#[test]
fn on_its_stand_no_card_comes() {
    if std::env::var_os("PCSCLITE_CSOCK_NAME").is_some() {
        let error = pcsc::wait_for_card(None, &Stop::after(Duration::from_secs(2))).unwrap_err();
        assert_eq!(error, TransportError::NoCard);
    }
}
