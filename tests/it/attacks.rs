//! Forged, altered and odd documents against the whole way from card to verdict.

use std::time::SystemTime;

use cancuoc::capture::Reading;
use cancuoc::crypto::random::System;
use cancuoc::error::Error;
use cancuoc::error::TransportError;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona;
use cancuoc::sim::persona::ChipOptions;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::personalisation::Personalisation;
use cancuoc::sim::pki;
use cancuoc::sim::quirk::Quirk;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::verify::Verdict;
use cancuoc::verify::verify;

fn an(change: impl FnOnce(&mut ChipOptions)) -> Persona {
    persona::find("an").expect("shipped").with(change)
}

/// All checks of the minimum and nothing more: what a forgery has to get past at least.
fn lax() -> Policy {
    Policy::parse("name = \"lax\"\naccess = \"allow-bac\"").unwrap()
}

fn trust() -> TrustStore {
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&pki::test_root()).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    trust
}

fn read_from(card: &mut dyn Transport, persona: &Persona) -> Result<Reading, Error> {
    let plan = Plan {
        key: AccessKey::parse(&persona.qr(), jiff::Zoned::now().date()).unwrap(),
        groups: Groups::Signed,
        access: Policy::counter().access(),
    };
    reader::read(card, &plan, &Stop::never(), &mut System, &mut |_| {})
}

fn read(personalisation: Personalisation, persona: &Persona) -> Result<Reading, Error> {
    let mut card = VirtualCard::new(personalisation, Box::new(System));
    read_from(&mut card, persona)
}

fn read_persona(persona: &Persona) -> Result<Reading, Error> {
    read(persona.personalise().unwrap(), persona)
}

fn judge(reading: &Reading, policy: &Policy) -> Report {
    verify(reading, &trust(), policy, SystemTime::now())
}

/// A card that hands some commands to somebody in the middle.
struct Between<F> {
    card: VirtualCard,
    middle: F,
}

impl<F: FnMut(&[u8]) -> Option<Vec<u8>>> Transport for Between<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match (self.middle)(command) {
            Some(answer) => Ok(answer),
            None => self.card.transmit(command),
        }
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }
}

#[test]
fn every_honest_quirk_still_ends_with_the_genuine_verdict() {
    for quirk in Quirk::ALL {
        let with_pace = an(|chip| chip.quirks.extend([quirk]));
        let bac_only = with_pace.clone().with(|chip| chip.pace.clear());
        for (persona, name) in [(with_pace, "PACE"), (bac_only, "BAC")] {
            let reading = read_persona(&persona).unwrap_or_else(|error| {
                panic!("{quirk}, {name}: {error}");
            });
            let report = judge(&reading, &Policy::counter());
            // Without EF.CardAccess there is no PACE, and BAC is not what this chip offers.
            let expected = match (quirk, name) {
                (Quirk::CardAccess6982, "PACE") => Verdict::Inconclusive,
                _ => Verdict::Genuine,
            };
            assert_eq!(report.verdict(), expected, "{quirk}, {name}: {report:?}");
        }
    }
}

#[test]
fn an_answer_in_parts_to_the_trial_of_extended_length_is_fetched() {
    let persona = an(|_| {});
    let card = VirtualCard::new(persona.personalise().unwrap(), Box::new(System));
    let mut left = None;
    let file = persona.personalise().unwrap().files[&cancuoc::lds::FileId::CardAccess].clone();
    let middle = |command: &[u8]| match command {
        // READ BINARY with extended Le: as a chip says that speaks T=0.
        [0x00, 0xB0, _, _, 0, 0, 0] => {
            left = Some(file.clone());
            Some(vec![0x61, u8::try_from(file.len()).unwrap()])
        }
        [0x00, 0xC0, ..] => left
            .take()
            .map(|file| [file.as_slice(), &[0x90, 0]].concat()),
        _ => None,
    };
    let reading = read_from(&mut Between { card, middle }, &persona).unwrap();
    let report = judge(&reading, &Policy::counter());
    assert_eq!(report.checks().access.code(), "access.pace");
}
