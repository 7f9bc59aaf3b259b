//! What comes and goes on the readers, as the service tells it: nothing is polled.
//!
//! The service is asked to say when something changes on any reader, or when a reader comes or goes
//! (the pseudo reader of PC/SC part 5 as pcsc-lite and Windows have it), and one thread sleeps until it
//! does. A service that ends is looked for again, after growing pauses.

use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use pcsc::Context;

use crate::error::TransportError;

use super::lost;
use super::readers::ReaderState;
use super::readers::Seen;
use super::readers::Watch;

/// How long one wait for news lasts at most. Then all is looked at anew, should news have been lost.
const WATCH: Duration = Duration::from_secs(60);

/// Pause before a service that went away is looked for, the first time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Longest pause between two looks for the service.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long dropping a watcher waits for its thread.
const ENDING: Duration = Duration::from_secs(2);

/// Pause between two attempts to wake the thread.
const NUDGE: Duration = Duration::from_millis(10);

/// A reader, and the number of what happened on it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// The reader and what lies on it.
    pub reader: ReaderState,
    /// Cards laid down and taken away so far; another number is another card.
    pub events: u32,
}

/// What a watcher sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// All readers. None at all is an empty list.
    Readers(Vec<Sighted>),
    /// Nothing, for this reason: the service does not run, or does not let this user in.
    Blind(TransportError),
}

/// Watches all readers until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    ending: Arc<Ending>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Begins to watch. `tell` hears what there is to see at first, and then each change of it; it is
    /// called on the watcher's thread and must not take long.
    ///
    /// # Errors
    /// [`TransportError::Failed`] when no thread can be started.
    pub fn start(tell: impl FnMut(Sight) + Send + 'static) -> Result<Self, TransportError> {
        let ending = Arc::new(Ending::default());
        let theirs = Arc::clone(&ending);
        let thread = thread::Builder::new()
            .name("readers".to_owned())
            .spawn(move || watch(&theirs, tell))
            .map_err(|_| lost())?;
        Ok(Self {
            ending,
            thread: Some(thread),
        })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.ending.begin();
        let until = Instant::now() + ENDING;
        let Some(thread) = self.thread.take() else {
            return;
        };
        // A cancellation that comes just before the thread begins to wait is not heard.
        while !thread.is_finished() && Instant::now() < until {
            self.ending.nudge();
            thread::sleep(NUDGE);
        }
        if thread.is_finished() {
            // Nothing is to be learnt from how it ended.
            let _ = thread.join();
        }
    }
}

/// How a watcher is told to end.
#[derive(Default)]
struct Ending {
    state: Mutex<State>,
    begun: Condvar,
}

#[derive(Default)]
struct State {
    begun: Begun,
    /// The conversation that may be waiting for news.
    context: Option<Context>,
}

/// Whether the watcher is to end.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Begun {
    #[default]
    No,
    Yes,
}

impl Ending {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        self.state().begun = Begun::Yes;
        self.begun.notify_all();
    }

    /// Ends the wait for news.
    fn nudge(&self) {
        if let Some(context) = &self.state().context {
            // Where there is no service, nobody waits for it.
            let _ = context.cancel();
        }
    }

    fn has_begun(&self) -> bool {
        self.state().begun == Begun::Yes
    }

    /// Sleeps so long, or until the watcher is to end.
    fn pause(&self, time: Duration) {
        // Whether it ended for one reason or the other, the caller looks again.
        let _ = self
            .begun
            .wait_timeout_while(self.state(), time, |state| state.begun == Begun::No);
    }

    fn keep(&self, context: Option<Context>) {
        self.state().context = context;
    }
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ending").finish_non_exhaustive()
    }
}

/// Looks on until it is to end.
fn watch(ending: &Ending, mut tell: impl FnMut(Sight)) {
    let mut told = None;
    let mut pauses = Pauses::default();
    while !ending.has_begun() {
        let mut say = |sight: Sight| {
            if told.as_ref() != Some(&sight) {
                told = Some(sight.clone());
                tell(sight);
            }
        };
        let reason = converse(ending, &mut pauses, &mut say);
        ending.keep(None);
        if ending.has_begun() {
            return;
        }
        say(Sight::Blind(reason));
        ending.pause(pauses.next());
    }
}

/// One conversation with the service, until it breaks.
fn converse(ending: &Ending, pauses: &mut Pauses, say: &mut dyn FnMut(Sight)) -> TransportError {
    let mut follow = || -> Result<(), TransportError> {
        let mut watch = Watch::new()?;
        ending.keep(Some(watch.context().clone()));
        while !ending.has_begun() {
            let seen = watch.look()?;
            say(Sight::Readers(seen.iter().map(sighted).collect()));
            match watch.wait(WATCH) {
                Ok(()) | Err(TransportError::Cancelled | TransportError::Timeout) => {}
                Err(error) => return Err(error),
            }
            // A service that answered twice runs again.
            pauses.start_again();
        }
        Ok(())
    };
    match follow() {
        Ok(()) => TransportError::Cancelled,
        Err(error) => error,
    }
}

fn sighted(seen: &Seen) -> Sighted {
    Sighted {
        reader: seen.public(),
        events: seen.events,
    }
}

/// Pauses that grow.
#[derive(Debug)]
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Pauses {
    fn start_again(&mut self) {
        *self = Self::default();
    }

    fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = now.saturating_mul(2).min(LONGEST_PAUSE);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_longest_one_and_begin_anew() {
        let mut pauses = Pauses::default();
        assert_eq!(pauses.next(), FIRST_PAUSE);
        assert_eq!(pauses.next(), FIRST_PAUSE * 2);
        for _ in 0..100 {
            pauses.next();
        }
        assert_eq!(pauses.next(), LONGEST_PAUSE);
        pauses.start_again();
        assert_eq!(pauses.next(), FIRST_PAUSE);
    }

    #[test]
    fn a_watcher_ends_when_it_is_dropped_whether_there_is_a_service_or_not() {
        let (told, heard) = std::sync::mpsc::channel();
        let watcher = Watcher::start(move |sight| told.send(sight).unwrap()).unwrap();
        // Something is always to be said at first: readers, or why there are none to be seen.
        heard.recv_timeout(Duration::from_secs(20)).unwrap();
        let since = Instant::now();
        drop(watcher);
        assert!(since.elapsed() < ENDING + Duration::from_secs(20));
    }
}
