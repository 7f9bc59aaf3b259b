//! What follows from an input.

use std::time::Duration;

use crate::agent::machine::Reader;
use crate::agent::machine::SessionNumber;
use crate::agent::protocol::Cleared;
use crate::agent::protocol::Phase;
use crate::agent::protocol::ReaderWord;
use crate::agent::slots::CardKind;
use crate::agent::slots::Why;

/// The next state, what is to be done in this order, and whether a command was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The next state.
    pub reader: Reader,
    /// What is to be done.
    pub outputs: Vec<Output>,
    /// Why the command was refused, if it was; then nothing is to be done.
    pub refused: Option<Refusal>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Tell one session, and nobody else.
    Tell {
        /// Whom.
        to: SessionNumber,
        /// What.
        say: Say,
    },
    /// Tell every session.
    Everybody(Public),
    /// Forget everything about the card and the read before.
    Wipe,
    /// Keep what this read was asked to do.
    Accept {
        /// Which.
        read: u64,
    },
    /// Keep the key for the read that was accepted.
    KeepKey,
    /// Set a worker to it.
    Start {
        /// Which read.
        read: u64,
    },
    /// Give the worker the key.
    PassKey,
    /// Let the worker try again.
    GoOn,
    /// Have the worker give up.
    Cancel,
}

/// What everybody may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Public {
    /// The reader is there.
    Attached,
    /// The reader is gone.
    Detached,
    /// A card lies there.
    CardPresent(CardKind),
    /// The card is gone.
    CardRemoved,
    /// Who has the reader, and whether it is at work.
    State {
        /// What it is to everybody.
        word: ReaderWord,
        /// Who has it.
        owner: Option<SessionNumber>,
    },
}

/// What the owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// The read has come so far.
    Phase {
        /// Which read.
        read: u64,
        /// How far.
        phase: Phase,
        /// File so-and-so of so many.
        file: Option<(usize, usize)>,
        /// A number that never falls.
        percent: u8,
    },
    /// A key is wanted.
    KeyWanted {
        /// Which read.
        read: u64,
        /// Why.
        why: Why,
        /// Tries left, where the chip tells.
        tries_left: Option<u8>,
    },
    /// The card slipped.
    Paused {
        /// Which read.
        read: u64,
        /// How long it is waited for.
        within: Duration,
    },
    /// The card is there again.
    Resumed {
        /// Which read.
        read: u64,
    },
    /// The text that was just read: personal.
    Partial {
        /// Which read.
        read: u64,
    },
    /// What was just found: personal.
    Result {
        /// Which read.
        read: u64,
    },
    /// The read came to nothing.
    Failed {
        /// Which read.
        read: u64,
        /// Why.
        why: Failure,
    },
    /// Everything about the card is wiped.
    Cleared(Cleared),
}

/// Why a read came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It was cancelled.
    Cancelled,
    /// Card or key did not come in time.
    WaitedTooLong,
    /// The reader was unplugged.
    ReaderGone,
    /// The worker did not end in time.
    Timeout,
    /// The agent ends.
    Closing,
    /// As the worker says.
    AsReported,
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The reader is not there.
    Detached,
    /// Another session has it.
    Claimed(SessionNumber),
    /// The session does not have it.
    NotClaimed,
    /// A read is at work.
    Busy,
    /// There is nothing that the command could be about.
    NothingToDo,
}
