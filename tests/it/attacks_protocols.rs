//! Attacks on the protocols before and beside passive authentication: somebody in the middle, cards
//! that count, clones with a good key of another card.

use std::time::Duration;

use cancuoc::capture::Reading;
use cancuoc::crypto::cipher::Cipher;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::key::AccessKey;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::PinOptions;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;

use crate::support::cards;

/// The citizen card with a PIN.
fn with_pin(tries: u8) -> Persona {
    cards::changed("an", |chip| {
        chip.pace = vec![PaceVariant::generic(Cipher::Aes128, 13)];
        chip.pin = Some(PinOptions {
            digits: "135790".to_owned(),
            tries,
        });
    })
}

/// A wrong PIN, and everything else that could open the card.
fn wrong_pin(persona: &Persona) -> AccessKey {
    AccessKey {
        mrz: cards::mrz(persona).mrz,
        ..AccessKey::parse(&format!("pin:111111 can:{}", persona.can()), cards::TODAY).unwrap()
    }
}

/// Somebody in the middle: sees every command, lets the chip hear it, and answers in its place.
struct Middle<F> {
    card: VirtualCard,
    /// Gets the number of the command from 1, the command, and the chip's answer.
    change: F,
    sent: usize,
}

impl<F> Middle<F> {
    fn new(card: VirtualCard, change: F) -> Self {
        Self {
            card,
            change,
            sent: 0,
        }
    }
}

impl<F: FnMut(usize, &[u8], Vec<u8>) -> Vec<u8>> Transport for Middle<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent += 1;
        let answer = self.card.transmit(command)?;
        Ok((self.change)(self.sent, command, answer))
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.card.reconnect(stop, within)
    }
}

fn read(card: &mut dyn Transport, key: AccessKey) -> Result<Reading, Error> {
    let mut plan = cards::least(key);
    plan.put_back = Duration::from_millis(20);
    cards::read(card, &plan, "attack")
}

#[test]
fn a_wrong_pin_costs_at_most_one_try_whatever_is_odd_or_wrong_about_the_chip() {
    let odd = Quirk::ALL.map(|quirk| {
        let mut persona = with_pin(3);
        persona.chip.quirks.extend([quirk]);
        (quirk.to_string(), persona)
    });
    let wrong = Fault::ALL.map(|fault| {
        let mut persona = with_pin(3);
        persona.chip.faults.push(fault);
        (fault.to_string(), persona)
    });
    for (name, persona) in odd.into_iter().chain(wrong) {
        for tries in [3, 1] {
            let mut persona = persona.clone();
            persona.chip.pin.as_mut().unwrap().tries = tries;
            let mut card = cards::card(&persona, "attack");
            let read = read(&mut card, wrong_pin(&persona));
            let left = card.chip().pin_tries().unwrap();
            assert!(left + 1 >= tries, "{name}: {tries} to {left}");
            // A key that was wrong opens nothing by another key that stands beside it.
            let wrong_key = left < tries;
            assert!(!(wrong_key && read.is_ok()), "{name}");
        }
    }
}

#[test]
fn nobody_in_the_middle_makes_the_reader_spend_a_second_try() {
    let persona = with_pin(3);
    let statuses = [
        0x6700_u16, 0x6C00, 0x6C10, 0x6A80, 0x6A88, 0x6883, 0x6884, 0x6F00, 0x6982, 0x6985, 0x63C2,
        0x63C1, 0x6300, 0x6110, 0x6283, 0x9000,
    ];
    let mut commands = 0;
    let _ = read(
        &mut Middle::new(cards::card(&persona, "attack"), |number, _: &[u8], answer| {
            commands = number;
            answer
        }),
        wrong_pin(&persona),
    );
    for number in 1..=commands {
        for status in statuses {
            for only_once in [true, false] {
                let mut card = Middle::new(
                    cards::card(&persona, "attack"),
                    |at, _: &[u8], answer| {
                        if at == number || (at > number && !only_once) {
                            status.to_be_bytes().to_vec()
                        } else {
                            answer
                        }
                    },
                );
                let _ = read(&mut card, wrong_pin(&persona));
                let left = card.card.chip().pin_tries().unwrap();
                assert!(left >= 2, "{number} {status:04X}: {left}");
                assert!(card.sent < 600, "{number} {status:04X}: {}", card.sent);
            }
        }
    }
}
