//! Virtual cards in this process: made, tapped, read and judged, with the test root trusted.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use std::time::SystemTime;

use cancuoc::Error;
use cancuoc::capture::Reading;
use cancuoc::channel::preference::AccessPreference;
use cancuoc::crypto::random::Random;
use cancuoc::error::TransportError;
use cancuoc::lds::DataGroup;
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
use cancuoc::sim::pki;
use cancuoc::sim::seed::Seeded;
use cancuoc::transport::Limits;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::verify;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use jiff::civil::Date;
use jiff::civil::date;

/// The day on which every test reads its cards: all personas are in force.
pub const TODAY: Date = date(2026, 11, 22);

/// Noon of [`TODAY`], in seconds since 1970.
const NOW: u64 = 1_795_348_800;

/// A shipped persona.
pub fn persona(name: &str) -> Persona {
    persona::find(name).unwrap()
}

/// A shipped persona with a changed chip.
pub fn changed(name: &str, change: impl FnOnce(&mut ChipOptions)) -> Persona {
    persona(name).with(change)
}

/// The persona's card on a reader, with chosen randomness on the chip's side.
pub fn card(persona: &Persona, seed: &str) -> VirtualCard {
    VirtualCard::new(
        persona.personalise().unwrap(),
        Box::new(Seeded::new(&format!("chip {seed}"))),
    )
}

/// Randomness for the terminal's side.
pub fn terminal(seed: &str) -> Seeded {
    Seeded::new(&format!("terminal {seed}"))
}

/// The key as six digits.
pub fn can(persona: &Persona) -> AccessKey {
    AccessKey::parse(&persona.can(), TODAY).unwrap()
}

/// The key as the machine-readable zone, and nothing else.
pub fn mrz(persona: &Persona) -> AccessKey {
    AccessKey {
        can: None,
        ..AccessKey::parse(&persona.mrz(), TODAY).unwrap()
    }
}

/// The key that the card opens with: the number under PACE, else the zone.
pub fn key(persona: &Persona) -> AccessKey {
    if persona.chip.pace.is_empty() {
        mrz(persona)
    } else {
        can(persona)
    }
}

/// Everything that is signed.
pub fn whole(key: AccessKey) -> Plan {
    Plan::new(key, Groups::Signed, AccessPreference::PreferPace)
}

/// Only what the verdict rests on.
pub fn least(key: AccessKey) -> Plan {
    Plan {
        groups: Groups::Only(vec![DataGroup::DG1]),
        ..whole(key)
    }
}

/// Reads with chosen randomness on the terminal's side.
pub fn read(transport: &mut dyn Transport, plan: &Plan, seed: &str) -> Result<Reading, Error> {
    read_with(transport, plan, &mut terminal(seed))
}

/// Reads with this randomness.
pub fn read_with(
    transport: &mut dyn Transport,
    plan: &Plan,
    random: &mut dyn Random,
) -> Result<Reading, Error> {
    reader::read(transport, plan, &Stop::never(), random, &mut |_| {})
}

/// Reads the persona's own card with its own key.
pub fn read_own(persona: &Persona, seed: &str) -> Result<Reading, Error> {
    read(&mut card(persona, seed), &whole(key(persona)), seed)
}

/// The test root as the only anchor.
pub fn trust() -> TrustStore {
    let mut trust = TrustStore::empty();
    let root = Certificate::decode(&pki::test_root()).unwrap();
    trust.add_anchor(root, Provenance::TestCard);
    trust
}

/// The time that counts.
pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Judges under the default policy.
pub fn judge(reading: &Reading) -> Report {
    verify::verify(reading, &trust(), &Policy::counter(), now())
}

/// What a [`Tap`] heard.
pub type Heard = Rc<RefCell<Vec<Vec<u8>>>>;

/// A transport that keeps every command, and may fail at one of them.
pub struct Tap<T> {
    inner: T,
    heard: Heard,
    failure: Option<(usize, TransportError)>,
}

impl<T: Transport> Tap<T> {
    /// Listens only.
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            heard: Heard::default(),
            failure: None,
        }
    }

    /// Fails at command `number`, from 1, and at every later one.
    pub fn failing(inner: T, number: usize, error: TransportError) -> Self {
        Self {
            failure: Some((number, error)),
            ..Self::new(inner)
        }
    }

    /// What is heard, now and later.
    pub fn heard(&self) -> Heard {
        Rc::clone(&self.heard)
    }
}

impl<T: Transport> Transport for Tap<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.heard.borrow_mut().push(command.to_vec());
        match &self.failure {
            Some((number, error)) if self.heard.borrow().len() >= *number => Err(error.clone()),
            _ => self.inner.transmit(command),
        }
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

/// A read with all randomness fixed, held once and then performed again without the chip's work.
///
/// The chip gives the same answers to the same commands, so as long as the terminal says what it
/// said in the rehearsal the answers come from there. Where it says something else, a real chip is
/// brought up to that point and answers from then on.
pub struct Rehearsal {
    persona: Persona,
    plan: Plan,
    seed: String,
    limits: Limits,
    exchanges: Vec<(Vec<u8>, Vec<u8>)>,
    reading: Reading,
}

impl Rehearsal {
    /// Reads the persona's own card once.
    pub fn of(persona: Persona, seed: &str) -> Self {
        let plan = whole(key(&persona));
        let chip = card(&persona, seed);
        let limits = chip.limits();
        let mut book = Book {
            inner: chip,
            exchanges: Vec::new(),
        };
        let reading = read(&mut book, &plan, seed).unwrap();
        Self {
            persona,
            plan,
            seed: seed.to_owned(),
            limits,
            exchanges: book.exchanges,
            reading,
        }
    }

    /// The true answers, in their order.
    pub fn answers(&self) -> impl Iterator<Item = &[u8]> {
        self.exchanges.iter().map(|(_, answer)| answer.as_slice())
    }

    /// The true commands, in their order.
    pub fn commands(&self) -> impl Iterator<Item = &[u8]> {
        self.exchanges.iter().map(|(command, _)| command.as_slice())
    }

    /// What an undisturbed read gives.
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Reads again while `tamper` changes answers, by their number from 1. Gives what came of it
    /// and how many commands went out.
    pub fn perform(
        &self,
        tamper: impl FnMut(usize, Vec<u8>) -> Result<Vec<u8>, TransportError>,
    ) -> (Result<Reading, Error>, usize) {
        let mut stage = Stage {
            rehearsal: self,
            sent: Vec::new(),
            chip: None,
            tamper,
        };
        let reading = read(&mut stage, &self.plan, &self.seed);
        (reading, stage.sent.len())
    }

    /// Performs with one bit of one answer changed, bits from the most significant of the first
    /// octet on.
    pub fn flip(&self, number: usize, bit: usize) -> (Result<Reading, Error>, usize) {
        self.perform(|at, mut answer| {
            if at == number {
                answer[bit / 8] ^= 0x80 >> (bit % 8);
            }
            Ok(answer)
        })
    }
}

struct Book {
    inner: VirtualCard,
    exchanges: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Transport for Book {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command)?;
        self.exchanges.push((command.to_vec(), answer.clone()));
        Ok(answer)
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

struct Stage<'a, F> {
    rehearsal: &'a Rehearsal,
    sent: Vec<Vec<u8>>,
    chip: Option<VirtualCard>,
    tamper: F,
}

impl<F: FnMut(usize, Vec<u8>) -> Result<Vec<u8>, TransportError>> Transport for Stage<'_, F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let known = self.rehearsal.exchanges.get(self.sent.len());
        let answer = match (&mut self.chip, known) {
            (Some(chip), _) => chip.transmit(command)?,
            (None, Some((expected, answer))) if expected == command => answer.clone(),
            (None, _) => {
                let mut chip = card(&self.rehearsal.persona, &self.rehearsal.seed);
                for earlier in &self.sent {
                    chip.transmit(earlier)?;
                }
                self.chip.insert(chip).transmit(command)?
            }
        };
        self.sent.push(command.to_vec());
        (self.tamper)(self.sent.len(), answer)
    }

    fn limits(&self) -> Limits {
        self.rehearsal.limits.clone()
    }
}
