//! What was asked of a register under load and what it acknowledged, to hold every answer against.
//!
//! A card is first issued and then reported lost, by one writer, each once. So at any moment there is
//! a least that an answer must know (what was acknowledged before the question was asked) and a most
//! that it can know (what had been begun when the answer came).

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::hash::Hash;

/// What the register did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Acknowledged a write.
    Wrote,
    /// Answered who asked the leader itself.
    Read,
    /// Answered through its server.
    Served,
}

impl Done {
    pub const ALL: [Self; 3] = [Self::Wrote, Self::Read, Self::Served];

    fn place(self) -> usize {
        match self {
            Self::Wrote => 0,
            Self::Read => 1,
            Self::Served => 2,
        }
    }
}

/// How far a card's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Unknown,
    Active,
    Lost,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Unknown, Self::Active, Self::Lost];

    /// As the register's tables name it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Active => "active",
            Self::Lost => "reported_lost",
        }
    }

    pub fn of(status: Option<&str>) -> Self {
        let status = status.unwrap_or("unknown");
        let found = Self::ALL.into_iter().find(|stage| stage.status() == status);
        found.unwrap_or_else(|| panic!("no such status: {status}"))
    }

    fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Active => 1,
            Self::Lost => 2,
        }
    }

    fn from(number: &AtomicU8) -> Self {
        Self::ALL[usize::from(number.load(Ordering::SeqCst))]
    }
}

struct Line {
    begun: AtomicU8,
    acknowledged: AtomicU8,
}

/// The cards, and when the register answered.
pub struct Ledger {
    start: Instant,
    lines: Vec<Line>,
    /// How many cards were begun.
    next: AtomicUsize,
    done: [Mutex<Vec<Duration>>; 3],
    wrong: Mutex<Vec<String>>,
    ended: AtomicBool,
}

impl Ledger {
    pub fn new(cards: usize) -> Self {
        let line = |_| Line {
            begun: AtomicU8::new(0),
            acknowledged: AtomicU8::new(0),
        };
        Self {
            start: Instant::now(),
            lines: (0..cards).map(line).collect(),
            next: AtomicUsize::new(0),
            done: Default::default(),
            wrong: Mutex::default(),
            ended: AtomicBool::new(false),
        }
    }

    /// The key of a card: spread as digests are.
    pub fn key(card: usize) -> [u8; 32] {
        let digest = Hash::Sha256.digest(&[&card.to_be_bytes()]);
        digest.as_slice().try_into().unwrap()
    }

    /// A card that nobody has used.
    pub fn fresh(&self) -> usize {
        let card = self.next.fetch_add(1, Ordering::SeqCst);
        assert!(card < self.lines.len(), "the load is out of cards");
        card
    }

    /// How many cards were begun.
    pub fn begun(&self) -> usize {
        self.next.load(Ordering::SeqCst)
    }

    pub fn begin(&self, card: usize, stage: Stage) {
        self.lines[card]
            .begun
            .store(stage.number(), Ordering::SeqCst);
    }

    pub fn acknowledge(&self, card: usize, stage: Stage) {
        self.lines[card]
            .acknowledged
            .store(stage.number(), Ordering::SeqCst);
        self.note(Done::Wrote);
    }

    fn note(&self, done: Done) {
        let moment = self.start.elapsed();
        self.done[done.place()].lock().unwrap().push(moment);
    }

    /// The least that an answer to a question asked from now on must know.
    pub fn least(&self, card: usize) -> Stage {
        Stage::from(&self.lines[card].acknowledged)
    }

    /// Takes an answer to a question that was asked when `least` was the least.
    pub fn answer(&self, done: Done, card: usize, least: Stage, found: Stage) {
        let most = Stage::from(&self.lines[card].begun);
        if found < least || found > most {
            self.wrong.lock().unwrap().push(format!(
                "{done:?} of card {card}: {found:?}, which must be from {least:?} to {most:?}, at {:?}",
                self.start.elapsed()
            ));
        }
        self.note(done);
    }

    /// Every card that was acknowledged, and how far.
    pub fn acknowledged(&self) -> Vec<(usize, Stage)> {
        (0..self.begun())
            .map(|card| (card, self.least(card)))
            .filter(|(_, stage)| *stage != Stage::Unknown)
            .collect()
    }

    /// Answers that were wrong.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }

    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// How often each was done so far.
    pub fn counts(&self) -> [usize; 3] {
        Done::ALL.map(|done| self.done[done.place()].lock().unwrap().len())
    }

    /// The longest time without each since a moment.
    pub fn gaps(&self, since: Duration) -> [Duration; 3] {
        Done::ALL.map(|done| {
            let moments = self.done[done.place()].lock().unwrap();
            let later = moments.iter().copied().filter(|moment| *moment >= since);
            let (mut last, mut longest) = (since, Duration::ZERO);
            for moment in later.chain([self.now()]) {
                longest = longest.max(moment.saturating_sub(last));
                last = moment;
            }
            longest
        })
    }
}
