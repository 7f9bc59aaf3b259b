//! One slot of a virtual reader, and the card that lies on it or does not.
//!
//! A thread of its own answers the reader, so that a card can be laid down and taken away at any time,
//! in the middle of a command, too.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use crate::error::BenchError;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::sim::chip::Chip;
use crate::sim::chip::Memory;
use crate::sim::chip::Silence;
use crate::sim::link::Link;
use crate::sim::stand::installed;
use crate::sim::vpcd::Card;
use crate::sim::vpcd::Ended;
use crate::sim::vpcd::Slot;
use crate::transport::Cancel;
use crate::transport::Stop;

/// How long a reader may take to power up a card that was laid down; pcscd looks every 400 ms.
const POWER_UP: Duration = Duration::from_secs(5);

/// How long a reader that looks at a card may wait before it powers it up.
const LOOKS: Duration = Duration::from_millis(1_500);

/// How often a card is laid down that the reader takes for the one before.
const ATTEMPTS: usize = 3;

/// How long a chip without power stays away: long enough for pcscd to see it.
const MOMENT: Duration = Duration::from_secs(1);

/// How long the reader may be away when a chip that lost its power comes back.
const PATIENCE: Duration = Duration::from_secs(10);

/// State of an established connection in the kernel's tables (`/proc/net/tcp`).
const ESTABLISHED: &str = "01";

/// One slot of a virtual reader.
#[derive(Debug)]
pub struct Place {
    address: SocketAddr,
    lying: Option<Lying>,
    keeping: Option<Arc<Mutex<Keeping>>>,
}

/// Keeps what a chip remembers when this process does not.
pub trait Keeper: fmt::Debug + Send {
    /// Keeps it. The answer of the chip that changed it waits for this, and never leaves where it fails.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn keep(&mut self, memory: &Memory) -> Result<(), Error>;
}

/// A keeper, with what it was given last.
#[derive(Debug)]
struct Keeping {
    keeper: Box<dyn Keeper>,
    last: Option<Memory>,
    failed: Option<Error>,
}

impl Keeping {
    /// Keeps what is new. `None` when that failed, now or before.
    fn keep(&mut self, chip: &Chip) -> Option<()> {
        let memory = chip.memory();
        if self.last.as_ref() != Some(&memory) && self.failed.is_none() {
            match self.keeper.keep(&memory) {
                Ok(()) => self.last = Some(memory),
                Err(error) => self.failed = Some(error),
            }
        }
        self.failed.is_none().then_some(())
    }
}

/// Whether a card lies in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// None was laid down, or it was taken away.
    Absent,
    /// The reader has powered it up.
    Present,
    /// It left by itself, by a fault, or the reader went.
    Left(Ended),
}

/// A card that was laid down.
#[derive(Debug)]
struct Lying {
    shared: Arc<Shared>,
    stop: Cancel,
    thread: JoinHandle<()>,
}

/// What the thread that answers the reader shares with others.
#[derive(Debug)]
struct Shared {
    chip: Mutex<Chip>,
    keeping: Option<Arc<Mutex<Keeping>>>,
    phase: Mutex<Phase>,
    changed: Condvar,
    commands: AtomicU64,
    power_ups: AtomicU64,
    /// How often the answer to reset was asked for.
    looks: AtomicU64,
}

/// How far a card and its reader are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The reader has not said anything.
    Laid,
    /// The reader has powered it up, and not asked for the answer to reset.
    Powered,
    /// The reader has the answer to reset.
    Seen,
    /// It is over.
    Over(Ended),
}

impl Place {
    /// A slot without a card; nothing is connected.
    pub const fn at(address: SocketAddr) -> Self {
        Self {
            address,
            lying: None,
            keeping: None,
        }
    }

    /// The same slot for one card, whose memory is kept.
    #[must_use]
    pub fn kept_by(mut self, keeper: impl Keeper + 'static) -> Self {
        let keeping = Keeping {
            keeper: Box::new(keeper),
            last: None,
            failed: None,
        };
        self.keeping = Some(Arc::new(Mutex::new(keeping)));
        self
    }

    /// Why the card's memory could not be kept, once: then the card has left without an answer.
    pub fn lost_memory(&self) -> Option<Error> {
        let mut keeping = locked(self.keeping.as_ref()?);
        keeping.failed.take()
    }

    /// Where the reader listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lays a card down, in place of the one that lies there, and waits until the reader has powered it
    /// up. It answers as slowly as the link makes it, where there is one. `patience` is how long the
    /// reader may take to listen.
    ///
    /// # Errors
    /// [`BenchError`]: why there is no reader, or what else is at the address.
    pub fn insert(&mut self, chip: Chip, link: Option<Link>, patience: &Stop) -> Result<(), Error> {
        self.remove();
        let mut chip = chip;
        for attempt in 1.. {
            let lying = Lying::down(chip, self.keeping.clone(), link, self.address, patience)?;
            let (phase, asked) = lying.first_words();
            let lying = self.lying.insert(lying);
            match phase {
                // A chip may be pulled at once, by a fault.
                Phase::Seen | Phase::Over(Ended::Pulled) => return Ok(()),
                Phase::Over(Ended::ReaderGone) if lying.shared.power_ups() > 0 => {
                    let address = self.address.to_string();
                    return Err(BenchError::ReaderGone { address }.into());
                }
                // It looks, and takes the card for the one before, which it has not seen go.
                Phase::Laid if asked && attempt < ATTEMPTS => {}
                Phase::Laid | Phase::Powered | Phase::Over(_) => break,
            }
            match self.remove() {
                Some(again) => chip = again,
                None => break,
            }
        }
        let taken = connections(self.address.port()) > 1;
        self.remove();
        let address = self.address.to_string();
        Err(if taken {
            BenchError::ReaderTaken { address }.into()
        } else {
            BenchError::NotAReader { address }.into()
        })
    }

    /// Takes the card away, waits until the reader has noticed, and gives the chip back with all that it
    /// remembers; `None` when none lay there.
    pub fn remove(&mut self) -> Option<Chip> {
        let Lying {
            shared,
            stop,
            thread,
        } = self.lying.take()?;
        stop.cancel();
        // The thread holds the other end of what is shared; a chip that panicked is no chip any more.
        thread.join().ok()?;
        let chip = Arc::into_inner(shared)?.chip;
        Some(chip.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a card lies there.
    pub fn presence(&self) -> Presence {
        match self.lying.as_ref().map(|lying| lying.shared.phase()) {
            None => Presence::Absent,
            Some(Phase::Over(ended)) => Presence::Left(ended),
            Some(Phase::Laid | Phase::Powered | Phase::Seen) => Presence::Present,
        }
    }

    /// Waits, so long at most, until the card has left by itself or the reader has gone. `None` when it
    /// still lies there, or never did.
    pub fn wait(&self, limit: Duration) -> Option<Ended> {
        let over = |phase| matches!(phase, Phase::Over(_));
        match self.lying.as_ref()?.shared.wait(limit, over) {
            Phase::Over(ended) => Some(ended),
            Phase::Laid | Phase::Powered | Phase::Seen => None,
        }
    }

    /// Commands since the card was laid down.
    pub fn commands(&self) -> u64 {
        let count = |lying: &Lying| lying.shared.commands.load(Ordering::SeqCst);
        self.lying.as_ref().map_or(0, count)
    }

    /// Power-ups and resets since the card was laid down.
    pub fn power_ups(&self) -> u64 {
        let count = |lying: &Lying| lying.shared.power_ups();
        self.lying.as_ref().map_or(0, count)
    }

    /// Looks at the chip, between two commands.
    pub fn look<T>(&self, look: impl FnOnce(&Chip) -> T) -> Option<T> {
        let lying = self.lying.as_ref()?;
        Some(look(&lying.shared.chip()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Lying {
    /// Connects, and answers on a thread of its own.
    fn down(
        chip: Chip,
        keeping: Option<Arc<Mutex<Keeping>>>,
        link: Option<Link>,
        address: SocketAddr,
        patience: &Stop,
    ) -> Result<Self, Error> {
        let slot = Slot::insert(address, patience).map_err(|error| match error {
            TransportError::NoReader => no_reader(address),
            other => other.into(),
        })?;
        let shared = Arc::new(Shared {
            chip: Mutex::new(chip),
            keeping,
            phase: Mutex::new(Phase::Laid),
            changed: Condvar::new(),
            commands: AtomicU64::new(0),
            power_ups: AtomicU64::new(0),
            looks: AtomicU64::new(0),
        });
        let stop = Stop::never();
        let (theirs, cancel) = (Arc::clone(&shared), stop.handle());
        let thread = thread::spawn(move || {
            let ended = theirs.serve(slot, address, link, &stop);
            theirs.enter(|_| Phase::Over(ended));
        });
        Ok(Self {
            shared,
            stop: cancel,
            thread,
        })
    }

    /// How far it comes with a reader that has just got it, and whether the reader has looked at it.
    fn first_words(&self) -> (Phase, bool) {
        let enough = |phase| matches!(phase, Phase::Seen | Phase::Over(_));
        let looked = || self.shared.looks.load(Ordering::SeqCst) > 0;
        let mut phase = self.shared.wait(LOOKS, enough);
        if !(enough(phase) || phase == Phase::Laid && looked()) {
            phase = self.shared.wait(POWER_UP, enough);
        }
        (phase, looked())
    }
}

impl Shared {
    /// Answers the reader until the card has gone.
    fn serve(&self, mut slot: Slot, address: SocketAddr, link: Option<Link>, stop: &Stop) -> Ended {
        let mut card = OnReader {
            shared: self,
            link,
            stop,
        };
        loop {
            match slot.serve(&mut card, stop) {
                Ended::Stopped => {
                    slot.pull();
                    return Ended::Stopped;
                }
                // A chip that lost its power for a moment is there again.
                Ended::Pulled if self.chip().silence() == Some(Silence::Dropped) => {
                    drop(slot);
                    let back = Instant::now().checked_add(MOMENT);
                    while back.is_some_and(|back| Instant::now() < back) {
                        if stop.check().is_err() {
                            return Ended::Stopped;
                        }
                        thread::sleep(stop.remaining(MOMENT / 50));
                    }
                    slot = match Slot::insert(address, &stop.within(PATIENCE)) {
                        Ok(slot) => slot,
                        Err(_) if stop.check().is_err() => return Ended::Stopped,
                        Err(_) => return Ended::ReaderGone,
                    };
                }
                ended => return ended,
            }
        }
    }

    fn chip(&self) -> MutexGuard<'_, Chip> {
        locked(&self.chip)
    }

    fn phase(&self) -> Phase {
        *locked(&self.phase)
    }

    fn enter(&self, next: impl FnOnce(Phase) -> Phase) {
        let mut phase = locked(&self.phase);
        *phase = next(*phase);
        self.changed.notify_all();
    }

    /// Waits for a phase, so long at most; gives the last one.
    fn wait(&self, limit: Duration, enough: impl Fn(Phase) -> bool) -> Phase {
        let phase = locked(&self.phase);
        let (phase, _) = self
            .changed
            .wait_timeout_while(phase, limit, |phase| !enough(*phase))
            .unwrap_or_else(PoisonError::into_inner);
        *phase
    }

    fn power_ups(&self) -> u64 {
        self.power_ups.load(Ordering::SeqCst)
    }
}

/// The chip as the reader sees it, and as it is watched.
struct OnReader<'a> {
    shared: &'a Shared,
    link: Option<Link>,
    stop: &'a Stop,
}

impl Card for OnReader<'_> {
    fn atr(&self) -> Vec<u8> {
        self.shared.looks.fetch_add(1, Ordering::SeqCst);
        self.shared.enter(|phase| match phase {
            Phase::Powered => Phase::Seen,
            other => other,
        });
        Card::atr(&*self.shared.chip())
    }

    fn power(&mut self) {
        Card::power(&mut *self.shared.chip());
        self.shared.power_ups.fetch_add(1, Ordering::SeqCst);
        self.shared.enter(|phase| match phase {
            Phase::Laid => Phase::Powered,
            other => other,
        });
    }

    fn process(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        self.shared.commands.fetch_add(1, Ordering::SeqCst);
        let since = Instant::now();
        let (answer, delay, silence, kept) = {
            let mut chip = self.shared.chip();
            let answer = chip.process(command);
            // What outlives power is written before the answer leaves.
            let kept = match &self.shared.keeping {
                Some(keeping) => locked(keeping).keep(&chip),
                None => Some(()),
            };
            (answer, chip.delay(), chip.silence(), kept)
        };
        // A slow answer keeps nobody from looking at the card, or from taking it away meanwhile.
        let answer = match silence {
            None => Some(answer),
            Some(Silence::Mute) => Some(Vec::new()),
            Some(Silence::Removed | Silence::Dropped) => None,
        };
        let received = answer.as_ref().map_or(0, Vec::len);
        let carried = self.link.map(|link| link.time(command.len(), received));
        let carried = carried.unwrap_or_default();
        // What this machine took for the chip's work is part of the link's time.
        let rest = carried.saturating_sub(since.elapsed());
        self.stop.pause(delay.saturating_add(rest));
        // A card that was taken away meanwhile says nothing any more.
        if self.stop.check().is_err() {
            return Some(Vec::new());
        }
        kept.and(answer)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why nothing listens at the address: what is missing on this machine, where the reader would be on
/// this machine.
fn no_reader(address: SocketAddr) -> Error {
    let named = address.to_string();
    let here = address.ip().is_loopback();
    // vpcd lets one more caller wait than it serves, and further ones hear nothing.
    if here && connections(address.port()) > 0 {
        return BenchError::ReaderTaken { address: named }.into();
    }
    let why = here.then(|| installed::why_no_reader(&named));
    match why.flatten() {
        Some(error) => error.into(),
        None => SetupError::NoVirtualReader { address: named }.into(),
    }
}

/// Connections to a port of this machine, those with them that nobody has accepted; 0 where the system
/// does not tell.
fn connections(port: u16) -> usize {
    let mut count = 0;
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table)
            .unwrap_or_default()
            .lines()
            .skip(1)
        {
            let mut fields = line.split_whitespace().skip(1);
            let (local, _, state) = (fields.next(), fields.next(), fields.next());
            let theirs = local
                .and_then(|local| local.rsplit_once(':'))
                .is_some_and(|(_, number)| u16::from_str_radix(number, 16) == Ok(port));
            if theirs && state == Some(ESTABLISHED) {
                count += 1;
            }
        }
    }
    count
}
