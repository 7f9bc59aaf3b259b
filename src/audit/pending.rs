//! Records on their way to the disk, and whoever waits for them.
//!
//! Records that arrive while the disk works are written together. Each of them holds the group that
//! it goes with; one result for the group wakes threads and tasks alike.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::AuditError;

/// Most records that wait while others are written.
pub const MAX_WAITING: usize = 16 * 1024;

/// Records in a group from which on others are waited for.
const SEVERAL: usize = 4;

/// Records that are written without waiting for more.
const ENOUGH: usize = 64;

/// How long it is waited for more at a time, and how often as long as more come.
const LINGERING: Duration = Duration::from_micros(250);
const LINGERINGS: usize = 8;

/// Where a record stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its number.
    pub seq: u64,
}

/// What became of a group: the number of its first record.
pub(super) type Written = Result<u64, AuditError>;

/// Records that are written together.
#[derive(Default)]
pub(super) struct Group {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
struct State {
    written: Option<Written>,
    /// By the place of the record in the group; a task that is asked again replaces its own.
    wakers: Vec<(u64, Waker)>,
}

impl Group {
    /// Says what became of the group, and wakes everybody.
    pub(super) fn finish(&self, written: Written) {
        let wakers = {
            let mut state = lock(&self.state);
            state.written = Some(written);
            std::mem::take(&mut state.wakers)
        };
        self.done.notify_all();
        for (_, waker) in wakers {
            waker.wake();
        }
    }
}

/// A record that was handed over. It is written whether or not anybody waits.
///
/// Wait for it with [`Pending::wait`] on a thread, or with `.await` in a task. Until then, nothing
/// may leave the program that the record is about.
#[must_use = "nothing is written for sure before the wait is over"]
pub struct Pending(Inner);

enum Inner {
    Waiting { group: Arc<Group>, index: u64 },
    Refused(AuditError),
}

impl Pending {
    pub(super) const fn refused(error: AuditError) -> Self {
        Self(Inner::Refused(error))
    }

    /// Waits until the record is on the disk.
    ///
    /// # Errors
    /// [`AuditError`] where it is not; then it never will be.
    pub fn wait(self) -> Result<Placed, AuditError> {
        match self.0 {
            Inner::Refused(error) => Err(error),
            Inner::Waiting { group, index } => {
                let mut state = lock(&group.state);
                loop {
                    if let Some(written) = &state.written {
                        return placed(written, index);
                    }
                    state = group
                        .done
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Future for Pending {
    type Output = Result<Placed, AuditError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &self.0 {
            Inner::Refused(error) => Poll::Ready(Err(error.clone())),
            Inner::Waiting { group, index } => {
                let mut state = lock(&group.state);
                if let Some(written) = &state.written {
                    return Poll::Ready(placed(written, *index));
                }
                let waker = context.waker();
                let known = state.wakers.iter_mut().find(|(own, _)| own == index);
                match known {
                    Some((_, known)) => known.clone_from(waker),
                    None => state.wakers.push((*index, waker.clone())),
                }
                Poll::Pending
            }
        }
    }
}

fn placed(written: &Written, index: u64) -> Result<Placed, AuditError> {
    let first = written.clone()?;
    Ok(Placed {
        seq: first.saturating_add(index),
    })
}

/// The records that wait, and the door to them.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

/// Records that wait for the writer.
#[derive(Default)]
pub(super) struct Waiting {
    /// The parts of their lines that do not depend on their places.
    pub(super) records: Vec<Vec<u8>>,
    /// Who waits for them.
    pub(super) group: Arc<Group>,
    /// Whether nothing more will come.
    pub(super) closing: Closing,
}

/// Whether a log is being closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Closing {
    #[default]
    No,
    Yes,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    /// Puts a record in the line.
    pub(super) fn push(&self, record: Vec<u8>) -> Pending {
        let mut waiting = lock(&self.waiting);
        if waiting.closing == Closing::Yes {
            return Pending::refused(AuditError::Closed);
        }
        if waiting.records.len() >= MAX_WAITING {
            return Pending::refused(AuditError::Busy);
        }
        let index = u64::try_from(waiting.records.len()).unwrap_or(u64::MAX);
        waiting.records.push(record);
        let group = Arc::clone(&waiting.group);
        drop(waiting);
        if index == 0 {
            self.arrived.notify_one();
        }
        Pending(Inner::Waiting { group, index })
    }

    /// Takes no more, and has the writer end.
    pub(super) fn close(&self) {
        lock(&self.waiting).closing = Closing::Yes;
        self.arrived.notify_one();
    }

    /// Gives records time to gather, if the last group had so many that several came at once: to have the
    /// disk write costs the same for one and for fifty. Who comes alone never waits.
    pub(super) fn gather(&self, last: usize) {
        if last < SEVERAL {
            return;
        }
        let mut before = self.length();
        for _ in 0..LINGERINGS {
            if before >= ENOUGH {
                return;
            }
            thread::sleep(LINGERING);
            let now = self.length();
            // Nobody else is about to come: those who wait are all there are.
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn length(&self) -> usize {
        lock(&self.waiting).records.len()
    }

    /// Waits for records and takes all that are there. Comes back with none at the deadline.
    pub(super) fn take(&self, deadline: Option<Instant>) -> Waiting {
        let mut waiting = lock(&self.waiting);
        while waiting.records.is_empty() && waiting.closing == Closing::No {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let woken = self.arrived.wait_timeout(waiting, left);
                    waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let woken = self.arrived.wait(waiting);
                    waiting = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        let closing = waiting.closing;
        let taken = std::mem::take(&mut *waiting);
        waiting.closing = closing;
        Waiting { closing, ..taken }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
