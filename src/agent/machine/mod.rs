//! What happens at one reader: a pure state machine. It is given news of the reader, commands and the
//! time, and says what follows; it has no clock, does nothing by itself, and knows nothing about any
//! person: what was read passes it by.
//!
//! What it promises, whatever it is given, in whatever order:
//! - what is said about a read is said to the session that has the reader, and to nobody else;
//! - a read that was accepted ends in exactly one of result and failure;
//! - a result is cleared, at the latest when its time has come.

mod said;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use said::Failure;
pub use said::Output;
pub use said::Public;
pub use said::Refusal;
pub use said::Say;
pub use said::Turn;

use crate::agent::protocol::ReaderWord;
use crate::agent::slots::CardKind;
use crate::agent::slots::Why;

/// A session, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(pub u64);

/// A moment, as time since the agent began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// So much later.
    #[must_use]
    pub const fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// A key that was asked for in the middle of a read.
    pub key: Duration,
    /// A read that is at work, each time that it is not waiting for a key.
    pub work: Duration,
    /// A read in all.
    pub whole: Duration,
    /// A result, until it is wiped.
    pub clear: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            key: Duration::from_secs(120),
            work: Duration::from_secs(45),
            whole: Duration::from_secs(600),
            clear: Duration::from_secs(120),
        }
    }
}

/// One reader.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reader {
    place: Place,
    card: CardKind,
    owner: Option<SessionNumber>,
    doing: Doing,
    /// The read whose worker is still at the reader. Its end may have been told already.
    worker: Option<u64>,
}

/// Whether the reader is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// It is not.
    #[default]
    Detached,
    /// It is.
    Attached,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Doing {
    /// Nothing.
    #[default]
    Nothing,
    /// A read waits for a card, or for the worker of the one before to end.
    Waiting(Waiting),
    /// A worker reads.
    Working(Working),
    /// A result was told.
    Shown {
        /// When it is wiped.
        until: Moment,
        /// When it is wiped whoever asks for more time.
        latest: Moment,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    read: u64,
    key: KeyHeld,
    until: Moment,
}

/// Whether there is a key for a read that has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHeld {
    /// There is.
    Yes,
    /// The client was asked for it.
    No,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Working {
    read: u64,
    until: Moment,
    latest: Moment,
    percent: u8,
    halt: Halt,
    partial: Partial,
}

/// Why a read at work does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// It does.
    No,
    /// It wants a key.
    Key,
    /// The card slipped.
    Card,
}

/// Whether the text was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Partial {
    Untold,
    Told,
}

/// What happened, or is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The reader is there.
    Attached,
    /// The reader is gone.
    Detached,
    /// A card lies there, or more is known of it.
    Card(CardKind),
    /// The card is gone.
    Removed,
    /// The read has come so far.
    Step {
        /// Which.
        read: u64,
        /// How far.
        step: Reached,
    },
    /// The worker has ended.
    Done {
        /// Which read.
        read: u64,
        /// With what.
        ended: Ended,
    },
    /// A session wants the reader.
    Claim(SessionNumber),
    /// A session gives it back.
    Release(SessionNumber),
    /// A session wants a card read.
    Read {
        /// Which session.
        session: SessionNumber,
        /// The number of the read, never used before.
        read: u64,
        /// Whether a key came with it.
        key: KeyHeld,
        /// How long card and key are waited for.
        wait: Duration,
    },
    /// A session gives a key.
    Key(SessionNumber),
    /// A session wants the read to try again.
    Continue(SessionNumber),
    /// A session wants the read to end.
    Cancel(SessionNumber),
    /// A session is done with the card.
    End(SessionNumber),
    /// A session is no more.
    Gone(SessionNumber),
    /// Time passes.
    Tick,
    /// The agent ends.
    Shutdown,
}

/// How far a worker has come, without what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The access protocol runs.
    Opening,
    /// The chip is open.
    Opened,
    /// A file comes next.
    File {
        /// Whether it is the portrait.
        kind: FileKind,
        /// Its number, from 1.
        index: usize,
        /// Of so many.
        count: usize,
    },
    /// All text is in.
    Text,
    /// The chip proves itself.
    Proving,
    /// It is judged.
    Verifying,
    /// The registry is waited for.
    Registry,
    /// A key is wanted.
    KeyWanted {
        /// Why.
        why: Why,
        /// Tries left, where the chip tells.
        tries_left: Option<u8>,
    },
    /// The card slipped.
    Lost {
        /// How long it is waited for.
        within: Duration,
    },
    /// The card is there again.
    Found,
}

/// What kind of file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Text, keys, signatures.
    Text,
    /// The portrait.
    Photo,
}

/// How a worker has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The card was read and judged.
    Inspected,
    /// It was not.
    Failed,
}

impl Reader {
    /// Whether it is there.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// What lies on it.
    pub const fn card(&self) -> CardKind {
        self.card
    }

    /// Who has it.
    pub const fn owner(&self) -> Option<SessionNumber> {
        self.owner
    }

    /// What it is to everybody.
    pub const fn word(&self) -> ReaderWord {
        match (self.owner, &self.doing) {
            (None, _) => ReaderWord::Free,
            (Some(_), Doing::Waiting(_) | Doing::Working(_)) => ReaderWord::Busy,
            (Some(_), Doing::Nothing | Doing::Shown { .. }) => ReaderWord::Claimed,
        }
    }

    /// The read that is waited for or at work.
    pub const fn read(&self) -> Option<u64> {
        match &self.doing {
            Doing::Waiting(waiting) => Some(waiting.read),
            Doing::Working(working) => Some(working.read),
            Doing::Nothing | Doing::Shown { .. } => None,
        }
    }

    /// The read whose worker is still there.
    pub const fn worker(&self) -> Option<u64> {
        self.worker
    }

    /// When it wants to be told the time next.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.doing {
            Doing::Nothing => None,
            Doing::Waiting(waiting) => Some(waiting.until),
            Doing::Working(working) => Some(working.until.min(working.latest)),
            Doing::Shown { until, .. } => Some(*until),
        }
    }
}
