//! How much one caller may ask: named limits, and a bucket for each connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::error::DoorError;

/// Longest message of a client, in bytes. The longest command, a read with every member and a machine
/// readable zone as its key, has under four thousand.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Commands that a connection may send in a second, over a while.
pub const RATE: u32 = 50;

/// Commands that it may send at once after a pause.
pub const BURST: u32 = 100;

/// Refused commands after which a connection is closed: whoever does not listen to a refusal sends for
/// the sake of sending.
pub const PATIENCE: u32 = 200;

/// Refused commands that are forgiven in a second. A flood is one whatever is let through of it, so what is
/// let through forgives none.
pub const FORGIVEN: u32 = 1;

/// Most sessions in all: sockets, and programs that ask over the REST mirror.
pub const SESSIONS: usize = 16;

/// Most sessions of one origin.
pub const SESSIONS_OF_ONE: usize = 8;

/// Most connections in all. More than sessions: a page fetches its files beside its socket, and whoever
/// is refused holds a place until the answer is out.
pub const CONNECTIONS: usize = 64;

/// Bytes of events after which one answer to a question for events ends; the rest waits for the next one.
pub const BATCH: usize = 1024 * 1024;

/// How long a request's head, its body, or a client that takes nothing is waited for.
pub const STALL: Duration = Duration::from_secs(10);

/// Longest wait of one question for events.
pub const LONGEST_POLL: Duration = Duration::from_secs(30);

/// Pairing attempts per minute, whatever the codes: with five tries for each of them, more are guesses.
pub const PAIRINGS: u32 = 10;

/// A bucket that fills with time and that every command takes from.
#[derive(Debug)]
pub struct Bucket {
    rate: f64,
    room: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket for commands.
    pub fn commands(now: Instant) -> Self {
        Self::new(f64::from(RATE), f64::from(BURST), now)
    }

    /// A full bucket for commands that are refused.
    pub fn refusals(now: Instant) -> Self {
        Self::new(f64::from(FORGIVEN), f64::from(PATIENCE), now)
    }

    /// A full bucket for attempts to pair.
    pub fn pairings(now: Instant) -> Self {
        Self::new(f64::from(PAIRINGS) / 60.0, f64::from(PAIRINGS), now)
    }

    const fn new(rate: f64, room: f64, now: Instant) -> Self {
        Self {
            rate,
            room,
            level: room,
            at: now,
        }
    }

    /// Takes one, if there is one.
    pub fn take(&mut self, now: Instant) -> Taken {
        let passed = now.saturating_duration_since(self.at);
        self.at = now;
        self.level = (self.level + passed.as_secs_f64() * self.rate).min(self.room);
        if self.level < 1.0 {
            return Taken::Empty;
        }
        self.level -= 1.0;
        Taken::One
    }
}

/// Attempts to pair, whoever makes them.
#[derive(Debug)]
pub struct Pairings(Mutex<Bucket>);

impl Default for Pairings {
    fn default() -> Self {
        Self(Mutex::new(Bucket::pairings(Instant::now())))
    }
}

impl Pairings {
    /// Takes one attempt, if somebody may try now.
    ///
    /// # Errors
    /// [`DoorError::Flood`].
    pub fn take(&self) -> Result<(), DoorError> {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match bucket.take(Instant::now()) {
            Taken::One => Ok(()),
            Taken::Empty => Err(DoorError::Flood),
        }
    }
}

/// What was in the bucket.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Enough.
    One,
    /// Nothing: too many were taken.
    Empty,
}

/// The seats that there are, and who sits on them.
#[derive(Debug, Default)]
pub struct Seats(Mutex<BTreeMap<String, usize>>);

impl Seats {
    /// A seat for a session of this origin, until it is dropped; none when it has its share, or nobody
    /// has room any more.
    pub fn take(self: &Arc<Self>, origin: &str) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(origin).copied().unwrap_or_default();
        if own >= SESSIONS_OF_ONE || taken.values().sum::<usize>() >= SESSIONS {
            return None;
        }
        taken.insert(origin.to_owned(), own + 1);
        Some(Seat {
            seats: Arc::clone(self),
            origin: origin.to_owned(),
        })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.values().sum()
    }
}

/// One session's seat.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    origin: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.origin) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(&self.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let begin = Instant::now();
        let mut bucket = Bucket::commands(begin);
        for _ in 0..BURST {
            assert_eq!(bucket.take(begin), Taken::One);
        }
        assert_eq!(bucket.take(begin), Taken::Empty);
        let later = begin + Duration::from_millis(100);
        for _ in 0..RATE / 10 {
            assert_eq!(bucket.take(later), Taken::One);
        }
        assert_eq!(bucket.take(later), Taken::Empty);
        // A clock that stands still or runs backwards fills nothing.
        assert_eq!(bucket.take(begin), Taken::Empty);
        // However long nobody asks, no more than the burst is there.
        let morning = begin + Duration::from_secs(3600);
        let given = (0..=BURST).take_while(|_| bucket.take(morning) == Taken::One);
        assert_eq!(u32::try_from(given.count()), Ok(BURST));
    }

    #[test]
    fn a_flood_ends_however_slow_it_is() {
        // Half as much again as may be sent, evenly.
        let begin = Instant::now();
        let (mut commands, mut refusals) = (Bucket::commands(begin), Bucket::refusals(begin));
        let every = Duration::from_secs(1) / (RATE * 3 / 2);
        let ended = (0..).find(|number| {
            let at = begin + every * *number;
            commands.take(at) == Taken::Empty && refusals.take(at) == Taken::Empty
        });
        let lasted = every * ended.unwrap();
        assert!(lasted < Duration::from_secs(15), "{lasted:?}");
        // Whoever is refused once in a while is not closed upon.
        let mut refusals = Bucket::refusals(begin);
        let hour = (0..3_600).map(|second| begin + Duration::from_secs(second));
        assert!(hour.into_iter().all(|at| refusals.take(at) == Taken::One));
    }

    #[test]
    fn one_origin_leaves_seats_for_others() {
        let seats = Arc::new(Seats::default());
        let mut held: Vec<Seat> = (0..SESSIONS_OF_ONE)
            .map(|_| seats.take("https://a.example").unwrap())
            .collect();
        assert!(seats.take("https://a.example").is_none());
        for _ in SESSIONS_OF_ONE..SESSIONS {
            held.push(seats.take("https://b.example").unwrap());
        }
        assert!(seats.take("https://c.example").is_none());
        held.remove(0);
        assert!(seats.take("https://b.example").is_none());
        assert!(seats.take("https://c.example").is_some());
        drop(held);
        assert_eq!(seats.taken(), 0);
        assert!(seats.0.lock().unwrap().is_empty());
    }
}
