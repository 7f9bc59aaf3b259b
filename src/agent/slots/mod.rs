//! The readers of this machine, as the desk sees them: places where cards are laid down, and workers
//! that read them, each on a thread of its own.

mod attempt;
mod board;
mod gate;
mod look;
mod readers;
mod virtual_slots;
mod worker;

pub use readers::Readers;
pub use virtual_slots::Pace;
pub use virtual_slots::VirtualSlots;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use crate::agent::judge::Judge;
use crate::error::Error;
use crate::lds::FileId;
use crate::lds::key::AccessKey;
use crate::reader::Groups;
use crate::registry::Context;
use crate::registry::FactKind;
use crate::transport::Cancel;
use crate::verify::Check;
use crate::verify::Holder;
use crate::verify::Unverified;
use crate::workflow::Inspected;

/// The readers: whatever starts a read on one of them. What happens at them is told as [`News`].
pub trait Slots: Send + Sync {
    /// Begins to read the card that lies there, on a thread of its own, and comes back at once. Whatever
    /// becomes of it, exactly one [`News::Done`] with the number of the read follows, unless this fails.
    ///
    /// # Errors
    /// When the read cannot begin: no such reader, another read at work there. Where the card has gone
    /// meanwhile, it waits a moment for the next.
    fn read(&self, slot: SlotId, order: Order) -> Result<Running, Error>;
}

/// A reader, by the number that it keeps as long as the agent runs: `r1`, `r2` and so on. A reader
/// that comes back under the same name comes back with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId(pub u32);

impl SlotId {
    /// The number in a name such as `r1`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('r')?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        plain.then(|| digits.parse().ok().map(Self)).flatten()
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// What lies on a reader, as far as it is known before the card is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CardKind {
    /// Nothing.
    #[default]
    None,
    /// A card that does not answer, or is no travel or identity document; or it is not known yet.
    Unknown,
    /// A document with the eMRTD application.
    Emrtd,
    /// A citizen card.
    CitizenCard,
}

impl CardKind {
    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Emrtd => "emrtd",
            Self::CitizenCard => "citizen_card",
        }
    }
}

/// What the cards on a reader are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material {
    /// Cards of people.
    Real,
    /// Virtual cards: nobody's, made for tests.
    Test,
}

/// Whether readers can be had at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// They can.
    Up,
    /// They cannot, and why: the PC/SC service does not run, or refuses this user.
    Down(Error),
}

/// What happens at the readers.
#[derive(Debug)]
pub enum News {
    /// A reader is there.
    Attached {
        /// Its number.
        slot: SlotId,
        /// Its name, as the system has it.
        name: String,
        /// What its cards are worth.
        material: Material,
    },
    /// A reader is gone, and with it the card.
    Detached {
        /// Its number.
        slot: SlotId,
    },
    /// A card lies there; again when more is known of it.
    Card {
        /// Its number.
        slot: SlotId,
        /// What is known of the card.
        card: CardKind,
    },
    /// The card is gone. A read at work there goes on by itself: it says that the card is lost, and then
    /// that it is there again, or ends. Which of them is told first depends on who saw it first.
    Removed {
        /// The reader.
        slot: SlotId,
    },
    /// A read has come so far.
    Step {
        /// The reader.
        slot: SlotId,
        /// The number in the order.
        read: u64,
        /// How far.
        step: Step,
    },
    /// A read has ended, and the reader is free for the next.
    Done {
        /// The reader.
        slot: SlotId,
        /// The number in the order.
        read: u64,
        /// What came of it.
        result: Result<Box<Inspected>, Error>,
    },
    /// Readers can be had again, or no longer.
    Service(Service),
}

/// How far a read has come.
#[derive(Debug)]
pub enum Step {
    /// The access protocol runs.
    Opening,
    /// The chip is open.
    Opened,
    /// This file comes next: number `index` of `count`, from 1.
    File {
        /// The file.
        file: FileId,
        /// Its number.
        index: usize,
        /// How many files will be read.
        count: usize,
    },
    /// All text is in; what it says of the holder, if that can be told. Nothing of it is verified.
    Text(Option<Box<Unverified<Holder>>>),
    /// The chip proves itself.
    Proving,
    /// All is read, and judged now.
    Verifying,
    /// The registry's answer is waited for.
    Registry,
    /// The read goes on when it is given a key.
    KeyWanted {
        /// Whether one was tried.
        why: Why,
        /// Tries left before the chip blocks the key, where it tells.
        tries_left: Option<u8>,
    },
    /// The card slipped; it is waited for so long.
    Lost {
        /// How long.
        within: Duration,
    },
    /// The card is there again.
    Found,
}

/// Why a key is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// None was given.
    First,
    /// The one that was given is not this card's.
    Wrong,
}

impl Why {
    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Wrong => "wrong",
        }
    }
}

/// What to read, and by what to judge it.
#[derive(Debug)]
pub struct Order {
    /// The number of the read, which all news of it bear.
    pub read: u64,
    /// What opens the chip, where it is known; else it is asked for.
    pub key: Option<AccessKey>,
    /// Data groups to read.
    pub groups: Groups,
    /// Checks that must pass beyond those that the policy requires.
    pub checks: Vec<Check>,
    /// Who asks the registry, and for what.
    pub context: Context,
    /// What the registry is asked to tell beside.
    pub disclose: Vec<FactKind>,
    /// Longest time with the card, waiting for a key aside.
    pub within: Duration,
    /// What the reading is judged by: anchors, policy, registry, time.
    pub judge: Arc<Judge>,
}

/// What a read that is at work is told.
#[derive(Debug)]
pub enum Word {
    /// Here is a key.
    Key(AccessKey),
    /// Try again at once: the card lies there again, or the key is right after all.
    GoOn,
    /// Give up. The read's [`Stop`](crate::transport::Stop) is cancelled with it; this wakes a worker
    /// that waits for words.
    Cancel,
}

/// A read at work, for whoever ordered it. Dropped, it cancels.
#[derive(Debug)]
pub struct Running {
    words: mpsc::Sender<Word>,
    cancel: Cancel,
}

impl Running {
    /// A read whose [`Stop`](crate::transport::Stop) this cancels, and the other end for its worker.
    pub fn new(cancel: Cancel) -> (Self, mpsc::Receiver<Word>) {
        let (words, heard) = mpsc::channel();
        (Self { words, cancel }, heard)
    }

    /// Gives the read up, wherever it is.
    pub fn cancel(&self) {
        self.cancel.cancel();
        // A worker that has ended hears nothing, and need not.
        let _ = self.words.send(Word::Cancel);
    }

    /// Gives it a key.
    pub fn key(&self, key: AccessKey) {
        let _ = self.words.send(Word::Key(key));
    }

    /// Lets it try again.
    pub fn go_on(&self) {
        let _ = self.words.send(Word::GoOn);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.cancel();
    }
}

#[cfg(test)]
mod tests;
