//! What carries bytes between this program and a chip: the trait, its limits, and when to stop.

#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod reader_pace;
pub mod trace;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::TransportError;
use crate::transport::reader_pace::PaceReader;

/// Longest command that any transport carries: an extended APDU, in bytes.
pub const MAX_COMMAND: usize = 4 + 3 + 65_535 + 2;

/// Longest answer that any transport carries: 65,536 bytes and the status word.
pub const MAX_RESPONSE: usize = 65_536 + 2;

/// A connection to one chip, from power-up to removal.
///
/// `transmit` sends one command APDU and gives the whole answer with its status word, as it came.
/// It does not interpret either.
pub trait Transport {
    /// Sends one command and waits for the answer.
    ///
    /// # Errors
    /// [`TransportError`] when the bytes did not go both ways; never for a status word.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;

    /// What the connection can carry, and what it is.
    fn limits(&self) -> Limits;

    /// Waits for the chip after an exchange that lost it: until it is there again, powered up anew,
    /// or until so much time has passed. It may be another chip.
    ///
    /// A connection that cannot do this says so at once; what was lost stays lost.
    ///
    /// # Errors
    /// [`TransportError::Cancelled`], or why there is still no chip.
    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        let _ = (stop, within);
        Err(TransportError::CardRemoved)
    }

    /// The reader as one that runs PACE by itself, where it offers to.
    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        None
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        (**self).reconnect(stop, within)
    }

    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        (**self).pace_reader()
    }
}

/// What a connection can carry, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest command, in bytes, header included.
    pub max_command: usize,
    /// Longest answer, in bytes, status word included.
    pub max_response: usize,
    /// Answer to reset as the reader gives it; empty where there is none.
    pub atr: Vec<u8>,
    /// What is at the other end.
    pub medium: Medium,
}

/// What is at the other end of a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A card on a reader.
    Reader,
    /// The virtual card in this process. Only here is the test root trusted.
    Virtual,
    /// A saved conversation; nothing in it is live.
    Trace,
}

/// How often a pause asks whether to go on.
const LOOK: Duration = Duration::from_millis(20);

/// When to give up: a deadline, or somebody cancelling.
#[derive(Debug, Clone)]
pub struct Stop {
    deadline: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

/// The other end of a [`Stop`]: cancels from any thread.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<AtomicBool>);

impl Stop {
    /// Gives up after this time from now.
    pub fn after(limit: Duration) -> Self {
        Self {
            deadline: Instant::now().checked_add(limit),
            cancelled: Arc::default(),
        }
    }

    /// Gives up only when cancelled.
    pub fn never() -> Self {
        Self {
            deadline: None,
            cancelled: Arc::default(),
        }
    }

    /// The same, and after this time from now at the latest.
    pub fn within(&self, limit: Duration) -> Self {
        let latest = Instant::now().checked_add(limit);
        Self {
            deadline: match (self.deadline, latest) {
                (Some(deadline), Some(latest)) => Some(deadline.min(latest)),
                (one, other) => one.or(other),
            },
            cancelled: Arc::clone(&self.cancelled),
        }
    }

    /// A handle that cancels.
    pub fn handle(&self) -> Cancel {
        Cancel(Arc::clone(&self.cancelled))
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`TransportError::Cancelled`] or [`TransportError::Timeout`].
    pub fn check(&self) -> Result<(), TransportError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(TransportError::Cancelled);
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(TransportError::Timeout),
            _ => Ok(()),
        }
    }

    /// Sleeps so long, and no longer than it may go on.
    pub fn pause(&self, time: Duration) {
        let until = Instant::now().checked_add(time);
        while self.check().is_ok() {
            let left = until.map_or(LOOK, |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return;
            }
            thread::sleep(self.remaining(left.min(LOOK)));
        }
    }

    /// Time left, at most `most`.
    pub fn remaining(&self, most: Duration) -> Duration {
        self.deadline.map_or(most, |deadline| {
            deadline.saturating_duration_since(Instant::now()).min(most)
        })
    }
}

impl Cancel {
    /// Makes every later [`Stop::check`] fail.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
