//! The virtual card: a chip made of the standard's own words, to read and to attack.
//!
//! It stands aside from the reading side and shares no protocol code with it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::crypto::random::Random;
use crate::error::TransportError;
use crate::sim::chip::Chip;
use crate::sim::chip::Silence;
use crate::sim::fault::Cue;
use crate::sim::fault::Fault;
use crate::sim::link::Clock;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::quirk::Quirk;
use crate::sim::vpcd::Card;
use crate::transport::Limits;
use crate::transport::MAX_COMMAND;
use crate::transport::MAX_RESPONSE;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;

pub mod biometrics;
pub mod chip;
#[cfg(all(unix, feature = "control"))]
pub mod control;
pub mod details;
pub mod displayed;
pub mod faces;
pub mod fault;
pub mod files;
pub mod keys;
pub mod lds2;
pub mod link;
pub mod persona;
pub mod personalisation;
pub mod pki;
pub mod prints;
pub mod quirk;
pub mod seed;
#[cfg(unix)]
pub mod stand;
pub mod vpcd;
pub mod zone;

/// Longest command with short length fields, in bytes.
const SHORT_COMMAND: usize = 4 + 1 + 255 + 1;
/// Longest answer to a command with short length fields, in bytes.
const SHORT_RESPONSE: usize = 256 + 2;

/// Longest APDU that a reader carries in one message of its own, in bytes.
const SINGLE_MESSAGE: usize = 261;

/// How often a reader without a card looks for one.
const LOOK: Duration = Duration::from_millis(1);

/// A chip as a transport in this process.
#[derive(Debug)]
pub struct VirtualCard {
    chip: Chip,
    field: Arc<Field>,
    /// Commands since the card was made, lost ones with them.
    sent: u64,
    /// Where faults take their time; without one they sleep.
    clock: Option<Clock>,
}

/// What the card and its handles share.
#[derive(Debug, Default)]
struct Field {
    removed: AtomicBool,
    /// Laid down again, and not yet powered up.
    inserted: AtomicBool,
    /// The card that was laid down in place of the one before.
    other: Mutex<Option<Chip>>,
    commands: AtomicU64,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    /// Faults whose moment has not come.
    waiting: Mutex<Vec<Cue>>,
}

/// What went over the transport since the card was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// Commands that reached the chip.
    pub commands: u64,
    /// Bytes of those commands.
    pub bytes_sent: u64,
    /// Bytes of the answers, status words included.
    pub bytes_received: u64,
}

/// Removes and inserts a card that somebody else holds, and counts what it does.
#[derive(Debug, Clone)]
pub struct Handle(Arc<Field>);

impl VirtualCard {
    /// Makes a card and lays it on the reader.
    pub fn new(card: Personalisation, random: Box<dyn Random + Send>) -> Self {
        Self::from(Chip::new(card, random))
    }

    /// The same card on a modelled clock: what faults make slow takes time there, and none here.
    #[must_use]
    pub fn on(self, clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            ..self
        }
    }

    /// A second end, for other threads and for tests.
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.field))
    }

    /// Takes the card away: every later command fails until it is inserted again.
    pub fn remove(&mut self) {
        self.handle().remove();
    }

    /// Lays the card down again; it powers up anew.
    pub fn insert(&mut self) {
        self.handle().insert();
    }

    /// What went over the transport since the card was made.
    pub fn counters(&self) -> Counters {
        self.handle().counters()
    }

    /// Tells the other ends which moments are still to come.
    fn note_waiting(&self) {
        *self.field.waiting() = self.chip.waiting().collect();
    }

    /// Powers up what was laid down since the last look, if anything was.
    fn take_inserted(&mut self) -> bool {
        let there = !self.field.removed.load(Ordering::SeqCst);
        let inserted = there && self.field.inserted.swap(false, Ordering::SeqCst);
        if inserted {
            let other = self
                .field
                .other
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(other) = other {
                self.chip = other;
            }
            self.chip.reset();
        }
        inserted
    }

    /// What happens to reader and card beside the commands: each once, at a command of its own.
    fn interfere(&mut self) -> Result<(), TransportError> {
        let now = |number: u16| u64::from(number) == self.sent;
        let happening = self
            .chip
            .quirks()
            .iter()
            .copied()
            .find(|quirk| match quirk {
                Quirk::TagDrops(number)
                | Quirk::ResetByOther(number)
                | Quirk::ReaderSleeps(number) => now(*number),
                _ => false,
            });
        let Some(happening) = happening else {
            return Ok(());
        };
        self.chip.reset();
        self.chip.drop_power();
        Err(match happening {
            Quirk::ResetByOther(_) => TransportError::CardReset,
            Quirk::ReaderSleeps(_) => TransportError::ReaderRemoved,
            _ => TransportError::CardRemoved,
        })
    }

    /// What the faults of reader and line make of the command that the chip has just seen.
    fn break_line(&mut self) -> Result<(), TransportError> {
        let now = self.chip.commands();
        if self.chip.happens_once(Fault::SharingViolation(now)) {
            return Err(TransportError::InUse);
        }
        if self.chip.happens_once(Fault::ReaderGone(now)) {
            self.chip.reset();
            self.chip.drop_power();
            return Err(TransportError::ReaderRemoved);
        }
        let dropped = self.chip.silence() == Some(Silence::Dropped);
        if dropped && self.chip.has_fault(Fault::Reset(now)) {
            return Err(TransportError::CardReset);
        }
        match &self.clock {
            Some(clock) => clock.pass(self.chip.delay()),
            None => thread::sleep(self.chip.delay()),
        }
        Ok(())
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.chip.quirks().contains(&quirk)
    }

    /// Whether the chip is in the field, with power or without.
    fn is_there(&self) -> bool {
        !self.field.removed.load(Ordering::SeqCst) && self.chip.silence() != Some(Silence::Removed)
    }

    /// The chip.
    pub const fn chip(&self) -> &Chip {
        &self.chip
    }
}

impl From<Chip> for VirtualCard {
    fn from(chip: Chip) -> Self {
        let card = Self {
            chip,
            field: Arc::default(),
            sent: 0,
            clock: None,
        };
        card.note_waiting();
        card
    }
}

impl Field {
    fn waiting(&self) -> MutexGuard<'_, Vec<Cue>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    /// Takes the card away: every later command fails until it is inserted again.
    pub fn remove(&self) {
        self.0.removed.store(true, Ordering::SeqCst);
    }

    /// Lays the card down again; it powers up anew.
    pub fn insert(&self) {
        self.0.inserted.store(true, Ordering::SeqCst);
        self.0.removed.store(false, Ordering::SeqCst);
    }

    /// Lays another card down in place of the one before.
    pub fn replace(&self, chip: Chip) {
        *self.0.other.lock().unwrap_or_else(PoisonError::into_inner) = Some(chip);
        self.insert();
    }

    /// Whether both are ends of one card.
    pub fn is_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The faults whose moment has not come yet, on the card that lies there.
    pub fn waiting(&self) -> Vec<Cue> {
        self.0.waiting().clone()
    }

    /// What went over the transport since the card was made.
    pub fn counters(&self) -> Counters {
        Counters {
            commands: self.0.commands.load(Ordering::SeqCst),
            bytes_sent: self.0.bytes_sent.load(Ordering::SeqCst),
            bytes_received: self.0.bytes_received.load(Ordering::SeqCst),
        }
    }
}

impl Transport for VirtualCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.field.removed.load(Ordering::SeqCst) {
            return Err(TransportError::CardRemoved);
        }
        self.take_inserted();
        self.sent = self.sent.saturating_add(1);
        self.interfere()?;
        let mut answer = self.chip.process(command);
        self.note_waiting();
        self.break_line()?;
        match self.chip.silence() {
            Some(Silence::Removed | Silence::Dropped) => return Err(TransportError::CardRemoved),
            Some(Silence::Mute) => return Err(TransportError::Mute),
            None => {}
        }
        if command.len().max(answer.len()) > SINGLE_MESSAGE {
            if self.has(Quirk::ReaderRefusesLength) {
                let length = command.len();
                return Err(TransportError::CommandRefused { length });
            }
            if self.has(Quirk::ReaderCutsAnswers) {
                answer.truncate(SINGLE_MESSAGE);
            }
        }
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.field.commands.fetch_add(1, Ordering::SeqCst);
        self.field
            .bytes_sent
            .fetch_add(length(command), Ordering::SeqCst);
        self.field
            .bytes_received
            .fetch_add(length(&answer), Ordering::SeqCst);
        Ok(answer)
    }

    fn limits(&self) -> Limits {
        let (max_command, max_response) = match self.chip.lengths() {
            Lengths::Short => (SHORT_COMMAND, SHORT_RESPONSE),
            Lengths::Extended { max_response } => (
                MAX_COMMAND,
                max_response.saturating_add(2).min(MAX_RESPONSE),
            ),
        };
        Limits {
            max_command,
            max_response,
            atr: self.chip.atr().to_vec(),
            medium: Medium::Virtual,
        }
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        let since = Instant::now();
        loop {
            if self.take_inserted() || self.is_there() {
                self.chip.reset();
                return match self.chip.silence() {
                    None => Ok(()),
                    Some(_) => Err(TransportError::Mute),
                };
            }
            stop.check()?;
            if since.elapsed() >= within {
                return Err(TransportError::CardRemoved);
            }
            thread::sleep(LOOK);
        }
    }
}

/// The chip on a reader of PC/SC.
impl Card for Chip {
    fn atr(&self) -> Vec<u8> {
        Self::atr(self).to_vec()
    }

    fn power(&mut self) {
        self.reset();
    }

    fn process(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let answer = Self::process(self, command);
        thread::sleep(self.delay());
        match self.silence() {
            None => Some(answer),
            Some(Silence::Mute) => Some(Vec::new()),
            Some(Silence::Removed | Silence::Dropped) => None,
        }
    }
}
