//! Lost and found: a card that leaves at any command and is put back, and one that is put in its
//! place.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::error::TransportError;
use cancuoc::lds::key::AccessKey;
use cancuoc::reader;
use cancuoc::reader::Plan;
use cancuoc::reader::Progress;
use cancuoc::sim::Handle;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Cue;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::sim::seed::Seeded;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::Verdict;

use crate::support::cards;

/// How long a card stays away that comes back.
const AWAY: Duration = Duration::from_millis(3);

/// How long a card is waited for that does not come.
const SHORT: Duration = Duration::from_millis(40);

/// What a read with losses gave.
struct Outcome {
    reading: Result<Reading, Error>,
    /// How often the person was told to put the card back.
    lost: u32,
    found: u32,
    handle: Handle,
}

/// Reads a card; what the person at the reader does when told that the card is lost.
fn read(persona: &Persona, plan: &Plan, person: impl Fn(&Handle)) -> Outcome {
    let mut card = cards::card(persona, "found");
    let handle = card.handle();
    let (mut lost, mut found) = (0, 0);
    let reading = reader::read(
        &mut card,
        plan,
        &Stop::never(),
        &mut cards::terminal("found"),
        &mut |step| match step {
            Progress::Lost { .. } => {
                lost += 1;
                person(&handle);
            }
            Progress::Found => found += 1,
            _ => {}
        },
    );
    Outcome {
        reading,
        lost,
        found,
        handle,
    }
}

/// Puts the card back from another thread, a little later.
fn put_back(handle: &Handle) {
    let handle = handle.clone();
    thread::spawn(move || {
        thread::sleep(AWAY);
        handle.insert();
    });
}

fn losing(persona: &Persona, commands: &[u32]) -> Persona {
    persona.clone().with(|chip| {
        let losses = commands.iter().copied().map(Fault::LostAtCommand);
        chip.faults.extend(losses.map(Cue::from));
    })
}

/// Commands of an undisturbed read, and the bytes that came.
fn undisturbed(persona: &Persona) -> (u32, u64) {
    let reading = cards::read_own(persona, "found").unwrap();
    (reading.exchange.commands, reading.exchange.bytes_received)
}

/// A full read of a card lost at every command in turn and put back.
fn lose_at_every_command(name: &str) {
    let persona = cards::persona(name);
    let plan = cards::whole(cards::key(&persona));
    let (commands, bytes) = undisturbed(&persona);
    let whole = cards::read_own(&persona, "found").unwrap();
    let sod = whole.capture.files.iter();
    let sod = sod.filter(|(file, _)| file.name() == "EF.SOD");
    let sod: usize = sod.map(|(_, bytes)| bytes.len()).sum();
    for number in 1..=commands {
        let outcome = read(&losing(&persona, &[number]), &plan, put_back);
        let reading = outcome.reading.unwrap();
        let report = cards::judge(&reading);
        assert_eq!(report.verdict(), Verdict::Genuine, "{name} at {number}");
        assert!(report.quirks().iter().any(|quirk| quirk == "tag-lost"));
        assert_eq!((outcome.lost, outcome.found), (1, 1), "{name} at {number}");
        assert_eq!(reading.capture.files, whole.capture.files);
        // The counters of reader and card agree.
        let (counters, exchange) = (outcome.handle.counters(), reading.exchange);
        assert_eq!(u64::from(exchange.commands), counters.commands);
        assert_eq!(exchange.bytes_sent, counters.bytes_sent);
        assert_eq!(exchange.bytes_received, counters.bytes_received);
        // What came is not read again: only access control, EF.SOD and one SELECT, or what the
        // chip proved, are had twice. Before EF.SOD was whole there was nothing to go on from.
        let again = exchange.bytes_received.saturating_sub(bytes);
        let most = u64::try_from(2 * sod + 2_500).unwrap();
        assert!(again <= most, "{name} at {number}: {again} of {most}");
    }
}

#[test]
fn a_card_lost_in_long_commands_and_put_back_is_genuine() {
    lose_at_every_command("an");
}

#[test]
fn a_card_lost_in_short_commands_and_put_back_is_genuine() {
    lose_at_every_command("binh");
}

#[test]
fn a_card_lost_under_bac_and_put_back_is_genuine() {
    lose_at_every_command("chi");
}

#[test]
fn five_losses_are_borne_and_a_sixth_is_not() {
    for name in ["an", "binh", "chi"] {
        let persona = cards::persona(name);
        let plan = cards::whole(cards::key(&persona));
        // Counted from each power-up: every one comes in another session.
        let five = losing(&persona, &[6, 7, 8, 9, 10]);
        let outcome = read(&five, &plan, put_back);
        assert_eq!(
            cards::judge(&outcome.reading.unwrap()).verdict(),
            Verdict::Genuine
        );
        assert_eq!(outcome.lost, 5, "{name}");
        let six = losing(&persona, &[4, 5, 6, 7, 8, 9]);
        let outcome = read(&six, &plan, put_back);
        let error = outcome.reading.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "card.removed", "{name}");
        assert_eq!(outcome.lost, 5, "{name}");
    }
}

#[test]
fn a_card_that_does_not_come_back_was_removed() {
    let persona = cards::persona("an");
    let mut plan = cards::whole(cards::key(&persona));
    plan.put_back = SHORT;
    for number in [1, 6, 9, 14, 18] {
        let since = Instant::now();
        let outcome = read(&losing(&persona, &[number]), &plan, |_| {});
        let error = outcome.reading.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "card.removed");
        assert!(since.elapsed() >= SHORT);
        assert_eq!((outcome.lost, outcome.found), (1, 0));
    }
}

/// The place of the first card is taken by another's, at every command of the read.
#[test]
fn another_card_put_back_is_refused() {
    for (name, other) in [("an", "binh"), ("binh", "an"), ("chi", "an")] {
        let [first, second] = [name, other].map(cards::persona);
        let plan = cards::whole(cards::mrz(&first));
        let commands = {
            let mut card = cards::card(&first, "found");
            cards::read(&mut card, &plan, "found")
                .unwrap()
                .exchange
                .commands
        };
        for number in 1..=commands {
            let swap = |handle: &Handle| {
                let chip = Seeded::new("other");
                handle.replace(Chip::new(second.personalise().unwrap(), Box::new(chip)));
            };
            let outcome = read(&losing(&first, &[number]), &plan, swap);
            let error = outcome.reading.map(|_| ()).unwrap_err();
            // Before anything is known of the card it is as any card with another key.
            assert!(
                ["card.another", "access.wrong_key"].contains(&error.code()),
                "{name} at {number}: {error}"
            );
            if number == commands {
                assert_eq!(error.code(), "card.another", "{name}");
            }
        }
    }
}

/// A card with the same key and another content is another card, too.
#[test]
fn another_card_that_opens_with_the_same_key_is_refused_after_its_security_object() {
    let first = cards::persona("an");
    let second = cards::changed("an", |chip| chip.portrait = chip.portrait.padded_to(20_000));
    let plan = cards::whole(cards::key(&first));
    let (commands, _) = undisturbed(&first);
    let mut refused = 0;
    for number in 1..=commands {
        let swap = |handle: &Handle| {
            let chip = Seeded::new("other");
            handle.replace(Chip::new(second.personalise().unwrap(), Box::new(chip)));
        };
        match read(&losing(&first, &[number]), &plan, swap).reading {
            // Nothing of the first was kept: the second card was read from its beginning.
            Ok(reading) => {
                assert_eq!(refused, 0, "at {number}");
                assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
                let portrait = &reading.capture.files;
                assert!(portrait.iter().any(|(file, bytes)| {
                    file.name() == "DG2"
                        && Some(bytes) == second.personalise().unwrap().files.get(file)
                }));
            }
            Err(error) => {
                assert_eq!(error.code(), "card.another", "at {number}");
                refused += 1;
            }
        }
    }
    assert!(refused >= 8, "{refused}");
}

#[test]
fn waiting_for_a_lost_card_ends_at_the_deadline_and_when_cancelled() {
    let persona = losing(&cards::persona("an"), &[10]);
    let plan = cards::whole(cards::key(&persona));
    let since = Instant::now();
    let stop = Stop::after(Duration::from_millis(400));
    let mut card = cards::card(&persona, "found");
    let error = reader::read(
        &mut card,
        &plan,
        &stop,
        &mut cards::terminal("found"),
        &mut |_| {},
    )
    .map(|_| ())
    .unwrap_err();
    assert_eq!(error.code(), "card.removed");
    assert!(since.elapsed() < Duration::from_secs(15));

    let stop = Stop::never();
    let cancel = stop.handle();
    let mut card = cards::card(&persona, "found");
    let error = reader::read(
        &mut card,
        &plan,
        &stop,
        &mut cards::terminal("found"),
        &mut |step| {
            if let Progress::Lost { .. } = step {
                cancel.cancel();
            }
        },
    );
    assert_eq!(error.map(|_| ()).unwrap_err().code(), "run.cancelled");
}

/// A try of a PIN may be spent: the person decides about another. What is lost before and after is
/// as with any other password.
#[test]
fn a_card_lost_while_a_pin_is_tried_is_not_tried_again() {
    let persona = cards::changed("an", |chip| {
        chip.pin = Some(PinOptions {
            digits: "246813".to_owned(),
            tries: 3,
        });
    });
    let key = AccessKey::parse("pin:246813", cards::TODAY).unwrap();
    let plan = cards::whole(key);
    let mut card = cards::card(&persona, "found");
    let reading = cards::read(&mut card, &plan, "found").unwrap();
    let commands = reading.exchange.commands;
    let mut refused = Vec::new();
    for number in 1..=commands {
        let outcome = read(&losing(&persona, &[number]), &plan, put_back);
        match outcome.reading {
            Ok(reading) => {
                assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
                assert_eq!(outcome.lost, 1);
            }
            Err(error) => {
                assert_eq!(error.code(), "card.removed", "at {number}");
                assert_eq!(outcome.lost, 0);
                refused.push(number);
            }
        }
    }
    // MSE:Set AT and four steps, after two commands for EF.CardAccess.
    assert_eq!(refused, [3, 4, 5, 6, 7]);
}

/// What was lost in other ways goes on in the same way, under its own name.
struct Losing {
    inner: VirtualCard,
    at: usize,
    sent: usize,
    loss: TransportError,
    reconnected: Rc<RefCell<usize>>,
}

impl Transport for Losing {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent += 1;
        if self.sent == self.at {
            return Err(self.loss.clone());
        }
        self.inner.transmit(command)
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        *self.reconnected.borrow_mut() += 1;
        self.inner.reconnect(stop, within)
    }
}

#[test]
fn every_loss_that_can_be_made_good_is_and_no_other() {
    let persona = cards::persona("an");
    let plan = cards::whole(cards::key(&persona));
    let cases = [
        (TransportError::CardReset, Some("card-reset")),
        (TransportError::ReaderRemoved, Some("reader-lost")),
        (TransportError::NoService, Some("reader-lost")),
        (TransportError::Mute, Some("tag-lost")),
        (TransportError::ShortAnswer, Some("tag-lost")),
        (TransportError::Timeout, None),
        (TransportError::Cancelled, None),
        (TransportError::InUse, None),
        (TransportError::Failed { code: 1 }, None),
    ];
    for (loss, quirk) in cases {
        for at in [1, 5, 9, 11, 15] {
            let reconnected = Rc::default();
            let mut card = Losing {
                inner: cards::card(&persona, "found"),
                at,
                sent: 0,
                loss: loss.clone(),
                reconnected: Rc::clone(&reconnected),
            };
            let reading = cards::read(&mut card, &plan, "found");
            match quirk {
                Some(quirk) => {
                    let report = cards::judge(&reading.unwrap());
                    assert_eq!(report.verdict(), Verdict::Genuine);
                    assert_eq!(report.quirks(), [quirk]);
                    assert_eq!(*reconnected.borrow(), 1);
                }
                None => {
                    assert_eq!(reading.map(|_| ()).unwrap_err(), loss.clone().into());
                    assert_eq!(*reconnected.borrow(), 0);
                }
            }
        }
    }
}
