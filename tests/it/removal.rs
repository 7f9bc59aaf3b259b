//! A card or reader that leaves at any command of a read, and keys that are wrong: never confused.
//! Most transports here cannot find a card again; `found` has those that can.

use cancuoc::error::TransportError;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::transport::Limits;
use cancuoc::transport::Transport;
use cancuoc::verify::Verdict;

use crate::support::cards;
use crate::support::cards::Rehearsal;
use crate::support::cards::Tap;

/// Pulls the card out at every command in turn.
fn pull_out_at_every_command(persona: &Persona) {
    let commands = cards::read_own(persona, "removal")
        .unwrap()
        .exchange
        .commands;
    assert!(commands >= 18);
    for number in 1..=commands {
        let pulled = persona
            .clone()
            .with(|chip| chip.faults.push(Fault::LostAtCommand(number).into()));
        let card = cards::card(&pulled, "removal");
        let handle = card.handle();
        let mut tap = Tap::new(card);
        let heard = tap.heard();
        let plan = cards::whole(cards::key(persona));
        let error = cards::read(&mut tap, &plan, "removal")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "card.removed", "at command {number}");
        // Nothing is tried after it, and what was there before did reach the card.
        assert_eq!(heard.borrow().len(), usize::try_from(number).unwrap());
        assert_eq!(handle.counters().commands, u64::from(number) - 1);
    }
    // One command later the read is over.
    let spared = persona
        .clone()
        .with(|chip| chip.faults.push(Fault::LostAtCommand(commands + 1).into()));
    let reading = cards::read_own(&spared, "removal").unwrap();
    assert_eq!(cards::judge(&reading).verdict(), Verdict::Genuine);
}

#[test]
fn a_card_pulled_out_of_a_read_in_long_commands_is_a_card_removed() {
    pull_out_at_every_command(&cards::persona("an"));
}

#[test]
fn a_card_pulled_out_of_a_read_in_short_commands_is_a_card_removed() {
    pull_out_at_every_command(&cards::persona("binh"));
}

#[test]
fn a_card_pulled_out_of_a_read_under_bac_is_a_card_removed() {
    pull_out_at_every_command(&cards::persona("chi"));
}

#[test]
fn every_other_loss_keeps_its_own_code_at_every_command() {
    let losses = [
        (TransportError::ReaderRemoved, "reader.removed"),
        (TransportError::CardReset, "card.reset"),
        (TransportError::Mute, "card.mute"),
        (TransportError::Timeout, "run.timeout"),
        (TransportError::Cancelled, "run.cancelled"),
        (TransportError::NoService, "reader.no_service"),
        (
            TransportError::Failed { code: 0x8010_0001 },
            "reader.failed",
        ),
    ];
    for name in ["an", "chi"] {
        let rehearsal = Rehearsal::of(cards::persona(name), "loss");
        for number in 1..=rehearsal.commands().count() {
            // Each loss at every few commands, all of them over the whole read.
            let (loss, code) = &losses[number % losses.len()];
            let (reading, sent) = rehearsal.perform(|at, answer| {
                if at >= number {
                    Err(loss.clone())
                } else {
                    Ok(answer)
                }
            });
            let error = reading.map(|_| ()).unwrap_err();
            assert_eq!(error.code(), *code, "{name} at command {number}");
            assert_eq!(sent, number);
        }
    }
}

#[test]
fn an_answer_without_a_status_word_is_an_error_of_the_line() {
    let rehearsal = Rehearsal::of(cards::persona("an"), "short");
    for number in 1..=rehearsal.commands().count() {
        for length in [0, 1] {
            let (reading, _) = rehearsal.perform(|at, mut answer| {
                if at == number {
                    answer.truncate(length);
                }
                Ok(answer)
            });
            let error = reading.map(|_| ()).unwrap_err();
            assert_eq!(error.code(), "card.short_answer", "at command {number}");
        }
    }
}

#[test]
fn a_mute_card_says_nothing_from_the_start() {
    let persona = cards::changed("an", |chip| chip.faults.push(Fault::Mute.into()));
    let error = cards::read_own(&persona, "mute").map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "card.mute");
}

/// Reads the card of one persona with the key of another.
fn with_the_key_of(card: &Persona, other: &Persona, mrz: bool) -> &'static str {
    let key = if mrz {
        cards::mrz(other)
    } else {
        cards::can(other)
    };
    let plan = cards::whole(key);
    cards::read(&mut cards::card(card, "key"), &plan, "key")
        .map(|_| ())
        .unwrap_err()
        .code()
}

#[test]
fn a_wrong_key_is_a_wrong_key() {
    let [an, binh, chi] = ["an", "binh", "chi"].map(cards::persona);
    assert_eq!(with_the_key_of(&an, &binh, false), "access.wrong_key");
    assert_eq!(with_the_key_of(&an, &binh, true), "access.wrong_key");
    assert_eq!(with_the_key_of(&binh, &an, false), "access.wrong_key");
    assert_eq!(with_the_key_of(&chi, &an, true), "access.wrong_key");
}

#[test]
fn a_key_of_the_wrong_kind_is_not_a_wrong_key() {
    let chi = cards::persona("chi");
    assert_eq!(with_the_key_of(&chi, &chi, false), "access.key_kind");
}

/// A card lost while a wrong key is being tried is a card lost.
#[test]
fn a_card_pulled_out_while_a_wrong_key_is_tried_is_a_card_removed() {
    let [an, chi] = ["an", "chi"].map(cards::persona);
    for (persona, key) in [(&an, cards::can(&chi)), (&chi, cards::mrz(&an))] {
        let plan = cards::whole(key);
        let mut tap = Tap::new(cards::card(persona, "both"));
        let heard = tap.heard();
        let error = cards::read(&mut tap, &plan, "both")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "access.wrong_key");
        let last = heard.borrow().len();
        for number in 1..=last {
            let removed = TransportError::CardRemoved;
            let mut tap = Tap::failing(cards::card(persona, "both"), number, removed);
            let error = cards::read(&mut tap, &plan, "both")
                .map(|_| ())
                .unwrap_err();
            assert_eq!(error.code(), "card.removed", "at command {number}");
        }
    }
}

/// A chip that answers one instruction with a status word of its own.
struct Stubborn {
    inner: VirtualCard,
    instruction: u8,
    status: u16,
    asked: usize,
}

impl Transport for Stubborn {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if command[1] == self.instruction {
            self.asked += 1;
            return Ok(self.status.to_be_bytes().to_vec());
        }
        self.inner.transmit(command)
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

#[test]
fn what_the_chip_says_of_the_key_is_told_apart_and_never_tried_again() {
    const SET_AT: u8 = 0x22;
    const GENERAL_AUTHENTICATE: u8 = 0x86;
    const GET_CHALLENGE: u8 = 0x84;
    const EXTERNAL_AUTHENTICATE: u8 = 0x82;
    let cases = [
        ("an", SET_AT, 0x6983, "access.blocked"),
        ("an", SET_AT, 0x6984, "access.blocked"),
        ("an", SET_AT, 0x63C0, "access.blocked"),
        ("an", SET_AT, 0x6A80, "access.refused"),
        ("an", SET_AT, 0x6A88, "access.refused"),
        ("an", GENERAL_AUTHENTICATE, 0x6983, "access.blocked"),
        ("an", GENERAL_AUTHENTICATE, 0x63C2, "access.wrong_key"),
        ("an", GENERAL_AUTHENTICATE, 0x6A80, "access.refused"),
        ("an", GENERAL_AUTHENTICATE, 0x9000, "access.bad_answer"),
        ("chi", GET_CHALLENGE, 0x6983, "access.blocked"),
        ("chi", GET_CHALLENGE, 0x6F00, "access.refused"),
        ("chi", GET_CHALLENGE, 0x9000, "access.bad_answer"),
        ("chi", EXTERNAL_AUTHENTICATE, 0x6983, "access.blocked"),
        ("chi", EXTERNAL_AUTHENTICATE, 0x6300, "access.wrong_key"),
        ("chi", EXTERNAL_AUTHENTICATE, 0x63C1, "access.wrong_key"),
        ("chi", EXTERNAL_AUTHENTICATE, 0x6982, "access.wrong_key"),
        ("chi", EXTERNAL_AUTHENTICATE, 0x9000, "access.bad_answer"),
    ];
    for (name, instruction, status, code) in cases {
        let persona = cards::persona(name);
        let mut chip = Stubborn {
            inner: cards::card(&persona, "stubborn"),
            instruction,
            status,
            asked: 0,
        };
        let plan = cards::whole(cards::key(&persona));
        let error = cards::read(&mut chip, &plan, "stubborn")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), code, "{name} {instruction:02X} {status:04X}");
        // MSE:Set AT tries nothing against the password: it may be said again in another form
        // (quirk row 4).
        let most = match (instruction, status) {
            (SET_AT, 0x6A80 | 0x6A88) => 2,
            _ => 1,
        };
        assert_eq!(chip.asked, most, "{name} {instruction:02X} {status:04X}");
    }
}

#[test]
fn a_card_that_is_no_emrtd_says_so() {
    let persona = cards::persona("chi");
    for status in [0x6A82_u16, 0x6D00, 0x6999] {
        let mut chip = Stubborn {
            inner: cards::card(&persona, "other"),
            instruction: 0xA4,
            status,
            asked: 0,
        };
        let plan = cards::whole(cards::key(&persona));
        let error = cards::read(&mut chip, &plan, "other")
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "card.not_emrtd", "{status:04X}");
    }
}
