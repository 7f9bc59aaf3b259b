//! Opening a chip: the terminal's side of PACE and BAC alone, and with the virtual chip's own.
//!
//! The terminal is measured alone by giving it, for the same random numbers, the answers that the
//! virtual chip gave before.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use cancuoc::channel::bac;
use cancuoc::channel::pace;
use cancuoc::channel::pace::Parameters;
use cancuoc::channel::pace::Password;
use cancuoc::channel::sm::SecureMessaging;
use cancuoc::iso7816::Command;
use cancuoc::iso7816::Response;
use cancuoc::iso7816::ins;
use cancuoc::secret::Secret;
use cancuoc::sim::VirtualCard;
use cancuoc::transport::Transport;
use divan::Bencher;

use support::Repeatable;

fn main() {
    divan::main();
}

/// Where answers come from: a chip, or a memory of one.
trait Chip {
    fn answer(&mut self, command: &Command) -> Response;
}

/// A virtual chip, and what it said.
struct Remembering {
    card: VirtualCard,
    said: Vec<Response>,
}

impl Chip for Remembering {
    fn answer(&mut self, command: &Command) -> Response {
        let bytes = command.encode(command.least_form()).unwrap();
        let response = Response::parse(self.card.transmit(&bytes).unwrap()).unwrap();
        self.said.push(response.clone());
        response
    }
}

/// What a chip said before.
struct Memory<'a>(std::slice::Iter<'a, Response>);

impl Chip for Memory<'_> {
    fn answer(&mut self, _command: &Command) -> Response {
        self.0.next().expect("as many answers as commands").clone()
    }
}

/// PACE with the card access number, AES-128 and brainpoolP256r1.
fn open_by_pace(chip: &mut dyn Chip, parameters: &Parameters, can: &Secret) -> SecureMessaging {
    let random = &mut Repeatable::default();
    let (step, command) = pace::start(parameters.clone(), &Password::can(can), None);
    let (step, command) = step.selected(&chip.answer(&command)).unwrap();
    let (step, command) = step.nonce(&chip.answer(&command), random).unwrap();
    let (step, command) = step.mapped(&chip.answer(&command), random).unwrap();
    let (step, command) = step.agreed(&chip.answer(&command)).unwrap();
    step.token(&chip.answer(&command)).unwrap().session
}

fn open_by_bac(chip: &mut dyn Chip, information: &Secret) -> SecureMessaging {
    let (step, command) = bac::start(information);
    let random = &mut Repeatable::default();
    let (step, command) = step.challenge(&chip.answer(&command), random).unwrap();
    step.authenticated(&chip.answer(&command)).unwrap()
}

/// A fresh card, and what PACE needs to know of it.
fn pace_card() -> (Remembering, Parameters, Secret) {
    let persona = support::persona("an");
    let written = persona.personalise().unwrap();
    let offer = written.pace.first().expect("PACE");
    let parameters = Parameters {
        oid: offer.oid.clone(),
        protocol: offer.protocol,
        domain: offer.domain.clone(),
        reference: None,
    };
    let can = Secret::new(persona.can().into_bytes());
    let card = VirtualCard::new(written, Box::new(Repeatable::default()));
    let said = Vec::new();
    (Remembering { card, said }, parameters, can)
}

/// A fresh card that opens with BAC, its application selected.
fn bac_card() -> (Remembering, Secret) {
    let persona = support::persona("chi");
    let mut card = Remembering {
        card: support::card(&persona),
        said: Vec::new(),
    };
    let application = vec![0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
    card.answer(&Command::new(ins::SELECT, 0x04, 0x0C).with_data(application));
    card.said.clear();
    (card, Secret::new(persona.mrz_information().into_bytes()))
}

#[divan::bench]
fn pace_terminal_alone(bencher: Bencher<'_, '_>) {
    let (mut card, parameters, can) = pace_card();
    open_by_pace(&mut card, &parameters, &can);
    bencher.bench_local(|| open_by_pace(&mut Memory(card.said.iter()), &parameters, &can));
}

#[divan::bench]
fn pace_with_the_chip(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(pace_card)
        .bench_local_values(|(mut card, parameters, can)| {
            open_by_pace(&mut card, &parameters, &can)
        });
}

#[divan::bench]
fn bac_terminal_alone(bencher: Bencher<'_, '_>) {
    let (mut card, information) = bac_card();
    open_by_bac(&mut card, &information);
    bencher.bench_local(|| open_by_bac(&mut Memory(card.said.iter()), &information));
}

#[divan::bench]
fn bac_with_the_chip(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(bac_card)
        .bench_local_values(|(mut card, information)| open_by_bac(&mut card, &information));
}
