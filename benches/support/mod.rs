//! What the benchmarks share: a card, its key, and the trust that goes with it.

#![allow(dead_code, reason = "every benchmark takes what it needs")]

use cancuoc::crypto::random::Random;
use cancuoc::crypto::random::System;
use cancuoc::error::SetupError;
use cancuoc::lds::key::AccessKey;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader::Groups;
use cancuoc::reader::Plan;
use cancuoc::sim::VirtualCard;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki;
use cancuoc::verify::Policy;

pub mod bound;
pub mod cells;
pub mod issued;
pub mod modelled;
pub mod ratio;

/// A shipped persona.
pub fn persona(name: &str) -> Persona {
    persona::find(name).expect("a shipped persona")
}

/// A persona's card on a reader in this process.
pub fn card(persona: &Persona) -> VirtualCard {
    VirtualCard::new(
        persona.personalise().expect("a shipped persona"),
        Box::new(System),
    )
}

/// Everything that is signed, with the key from the persona's machine-readable zone.
pub fn plan(persona: &Persona) -> Plan {
    Plan::new(
        AccessKey::parse(&persona.mrz(), jiff::Zoned::now().date()).expect("a zone"),
        Groups::Signed,
        Policy::counter().access(),
    )
}

/// The test card's root alone.
pub fn trust() -> TrustStore {
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&pki::test_root()).expect("a certificate");
    trust.add_anchor(root, Provenance::TestCard);
    trust
}

/// The same numbers every time, so that the answers of one run fit the next.
#[derive(Debug, Default)]
pub struct Repeatable(u64);

impl Random for Repeatable {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        for octet in buffer {
            // A linear congruential generator (Knuth's MMIX constants), its high byte.
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            [*octet, ..] = self.0.to_be_bytes();
        }
        Ok(())
    }
}
