//! Lost and found on a real reader: pcscd with a virtual reader, and a card that leaves in the
//! middle of a read.

use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::reader;
use cancuoc::reader::Progress;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::seed::Seeded;
use cancuoc::sim::vpcd;
use cancuoc::transport::Stop;
use cancuoc::transport::pcsc;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::pcscd::View;
use crate::support::pcscd::on_stand;

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(30);

/// How long a card is away that comes back.
const AWAY: Duration = Duration::from_millis(200);

/// A hand that lays cards down, one after another, whenever the one before has left.
struct Hand {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Hand {
    /// Lays the first card down, and each next one in its place; the last comes back again and again.
    fn laying(cards: Vec<Chip>, view: &View) -> Self {
        let stop = Stop::after(LONG * 2);
        let (theirs, address) = (stop.clone(), view.vpcd);
        let thread = thread::spawn(move || {
            let mut cards = cards.into_iter();
            let mut card = cards.next().unwrap();
            while theirs.check().is_ok() {
                // The service may just be starting again.
                let _ = vpcd::serve(&mut card, address, &theirs);
                thread::sleep(AWAY);
                card = cards.next().unwrap_or(card);
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.stop.handle().cancel();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn chip(persona: &Persona, lost_at: Option<u32>) -> Chip {
    let persona = persona.clone().with(|chip| {
        chip.faults
            .extend(lost_at.map(Fault::LostAtCommand).map(Cue::from))
    });
    let random = Box::new(Seeded::new("pcsc found"));
    Chip::new(persona.personalise().unwrap(), random)
}

/// Reads what lies on the reader with the key of `an`, and tells how often it was lost.
fn read(progress: &mut dyn FnMut(&Progress<'_>)) -> (Result<Reading, Error>, usize) {
    let mut card = pcsc::wait_for_card(None, &Stop::after(LONG)).unwrap();
    let plan = cards::whole(cards::can(&cards::persona("an")));
    let mut lost = 0;
    let reading = reader::read(
        &mut card,
        &plan,
        &Stop::after(LONG),
        &mut cards::terminal("pcsc found"),
        &mut |step| {
            if let Progress::Lost { .. } = step {
                lost += 1;
            }
            progress(&step);
        },
    );
    (reading, lost)
}

fn is_read_on(commands: &[u32], view: &View) {
    for number in commands {
        let _hand = Hand::laying(vec![chip(&cards::persona("an"), Some(*number))], view);
        let (reading, lost) = read(&mut |_| {});
        let report = cards::judge(&reading.unwrap());
        assert_eq!(report.verdict(), Verdict::Genuine, "at {number}");
        assert_eq!(report.quirks(), ["tag-lost"], "at {number}");
        // The service may see the card come after it was used already: then it is lost once more.
        assert!((1..=2).contains(&lost), "at {number}: {lost}");
    }
}

#[test]
fn a_card_lost_before_the_chip_is_open_and_put_back_is_read_on() {
    on_stand(
        "pcsc_found::a_card_lost_before_the_chip_is_open_and_put_back_is_read_on",
        |view| is_read_on(&[1, 6], view),
    );
}

#[test]
fn a_card_lost_among_its_files_and_put_back_is_read_on() {
    on_stand(
        "pcsc_found::a_card_lost_among_its_files_and_put_back_is_read_on",
        |view| is_read_on(&[11, 15, 18], view),
    );
}

#[test]
fn another_card_in_its_place_is_refused() {
    on_stand("pcsc_found::another_card_in_its_place_is_refused", |view| {
        let first = chip(&cards::persona("an"), Some(14));
        let second = chip(&cards::persona("binh"), None);
        let _hand = Hand::laying(vec![first, second], view);
        let (reading, lost) = read(&mut |_| {});
        assert_eq!(reading.map(|_| ()).unwrap_err().code(), "card.another");
        assert!((1..=2).contains(&lost), "{lost}");
    });
}

#[test]
fn a_service_that_starts_again_in_the_middle_of_a_read_is_waited_for() {
    on_stand(
        "pcsc_found::a_service_that_starts_again_in_the_middle_of_a_read_is_waited_for",
        |view| {
            let _hand = Hand::laying(vec![chip(&cards::persona("an"), None)], view);
            let service = Arc::new(Mutex::new(None));
            let mut stopped = 0;
            let (reading, lost) = thread::scope(|scope| {
                read(&mut |step| match step {
                    Progress::File { index: 4, .. } if stopped == 0 => {
                        stopped += 1;
                        view.stop_service();
                        thread::sleep(Duration::from_millis(500));
                    }
                    Progress::Lost { .. } => {
                        let service = Arc::clone(&service);
                        scope.spawn(move || *service.lock().unwrap() = Some(view.start_service()));
                    }
                    _ => {}
                })
            });
            let report = cards::judge(&reading.unwrap());
            assert_eq!(report.verdict(), Verdict::Genuine);
            assert!(report.quirks().contains(&"reader-lost".to_owned()));
            assert!((1..=2).contains(&lost), "{lost}");
        },
    );
}
