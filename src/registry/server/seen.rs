//! Questions that were seen before: the same question gets the very same answer, and another one under
//! the same id is refused.
//!
//! Ids are kept for a window that is longer than a question stays fresh, so that a question that was
//! forgotten here is refused as stale. Answers are kept for as long as there is room for them, the
//! oldest forgotten first; a question whose answer was forgotten is answered anew. Ids are not
//! forgotten before their time: where there is room for no more, questions are refused as too many for
//! this server, because an id that may be used again is worse than a question asked again.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::watch;

use crate::crypto::hash::Hash;

/// How many parts the memory has, each behind a lock of its own.
const SHARDS: usize = 16;

/// Agency and id of a question, as SHA-256 of both.
type Key = [u8; 32];

/// SHA-256 of a question's bytes.
pub type Digest = [u8; 32];

/// What is known about an id.
enum State {
    /// Being answered; whoever waits hears of the end.
    Open(watch::Receiver<()>),
    /// Answered with these bytes.
    Answered(Bytes),
    /// Answered; with what was forgotten, or said by another run of the server.
    Forgotten,
}

struct Entry {
    digest: Digest,
    state: State,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<Key, Entry>,
    /// By the time of their end, oldest first
    ends: VecDeque<(Duration, Key)>,
    /// Those with an answer, oldest first
    answers: VecDeque<Key>,
    bytes: usize,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How long an id is kept
    pub window: Duration,
    /// Most ids
    pub ids: usize,
    /// Most bytes of answers
    pub bytes: usize,
}

/// The questions that were seen.
pub struct Seen {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    room: Room,
}

/// What is to be done with a question.
pub enum Turn {
    /// Answer it.
    Yours(Claim),
    /// It was answered with this.
    Answered(Bytes),
    /// The id belongs to another question.
    Reused,
    /// There is room for no more.
    Full,
}

/// The duty to answer a question. Dropped without an answer, the next one who asks the same gets it.
pub struct Claim {
    seen: Arc<Seen>,
    key: Key,
    before: Before,
    /// Whether the audit log may hold an answer
    record: Record,
    /// Dropped with the claim, which wakes those who wait.
    _done: watch::Sender<()>,
    settled: Settled,
}

/// Whether the id was known when it was claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    New,
    Known,
}

/// Whether the audit log may hold an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// It may
    Possible,
    /// It holds none
    None,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
}

enum Step {
    Turn(Turn),
    Wait(watch::Receiver<()>),
}

impl Seen {
    /// An empty memory.
    pub fn new(room: Room) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            room,
        }
    }

    fn key(agency: &str, id: &str) -> Key {
        // Neither holds a zero octet.
        let digest = Hash::Sha256.digest(&[agency.as_bytes(), &[0], id.as_bytes()]);
        digest.try_into().unwrap_or_default()
    }

    fn shard(&self, key: &Key) -> Option<MutexGuard<'_, Shard>> {
        // By a number that nobody outside can work out: who chooses ids must not fill one part with all
        // of theirs, and so keep others out.
        let part = self.hasher.hash_one(key) % u64::try_from(SHARDS).ok()?;
        let shard = self.shards.get(usize::try_from(part).ok()?)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whose turn it is to answer a question. Waits while the same question is being answered.
    pub async fn turn(
        self: &Arc<Self>,
        agency: &str,
        id: &str,
        digest: Digest,
        now: impl Fn() -> Duration,
    ) -> Turn {
        let key = Self::key(agency, id);
        loop {
            match self.step(key, digest, now()) {
                Step::Turn(turn) => return turn,
                // An error says that the sender is gone, which is what is waited for.
                Step::Wait(mut end) => while end.changed().await.is_ok() {},
            }
        }
    }

    fn step(self: &Arc<Self>, key: Key, digest: Digest, now: Duration) -> Step {
        let Some(mut shard) = self.shard(&key) else {
            return Step::Turn(Turn::Full);
        };
        shard.forget_old(now);
        let before = match shard.entries.get(&key) {
            Some(entry) if entry.digest != digest => return Step::Turn(Turn::Reused),
            Some(entry) => match &entry.state {
                State::Open(end) => return Step::Wait(end.clone()),
                State::Answered(bytes) => return Step::Turn(Turn::Answered(bytes.clone())),
                State::Forgotten => Before::Known,
            },
            None if shard.entries.len() >= self.room.ids / SHARDS => {
                return Step::Turn(Turn::Full);
            }
            None => Before::New,
        };
        let (done, end) = watch::channel(());
        let state = State::Open(end);
        shard.entries.insert(key, Entry { digest, state });
        if before == Before::New {
            shard.ends.push_back((now + self.room.window, key));
        }
        Step::Turn(Turn::Yours(Claim {
            seen: Arc::clone(self),
            key,
            before,
            record: Record::None,
            _done: done,
            settled: Settled::No,
        }))
    }

    /// Remembers a question of an earlier run of the server, asked this long ago.
    pub fn remember(&self, agency: &str, id: &str, digest: Digest, ago: Duration, now: Duration) {
        let key = Self::key(agency, id);
        let left = self.room.window.saturating_sub(ago);
        let Some(mut shard) = self.shard(&key) else {
            return;
        };
        if left.is_zero() || shard.entries.len() >= self.room.ids / SHARDS {
            return;
        }
        let state = State::Forgotten;
        if shard.entries.insert(key, Entry { digest, state }).is_none() {
            shard.ends.push_back((now + left, key));
        }
    }

    /// How many ids are kept.
    pub fn len(&self) -> usize {
        let lock = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.entries.len()
        };
        self.shards.iter().map(lock).sum()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Shard {
    fn forget_old(&mut self, now: Duration) {
        while let Some((end, key)) = self.ends.front().copied() {
            if end > now {
                return;
            }
            self.ends.pop_front();
            if let Some(Entry {
                state: State::Answered(bytes),
                ..
            }) = self.entries.remove(&key)
            {
                self.bytes = self.bytes.saturating_sub(bytes.len());
            }
        }
        if self.ends.is_empty() {
            self.answers.clear();
        }
    }

    fn keep(&mut self, key: Key, bytes: Bytes, most: usize) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        self.bytes += bytes.len();
        entry.state = State::Answered(bytes);
        self.answers.push_back(key);
        while self.bytes > most {
            let Some(oldest) = self.answers.pop_front() else {
                return;
            };
            let Some(entry) = self.entries.get_mut(&oldest) else {
                continue;
            };
            if let State::Answered(bytes) = &entry.state {
                self.bytes = self.bytes.saturating_sub(bytes.len());
                entry.state = State::Forgotten;
            }
        }
        // Keys of entries that have gone since stay no longer than those that are there.
        if self.answers.len() > 2 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.answers.retain(|key| {
                let entry = entries.get(key);
                entry.is_some_and(|entry| matches!(entry.state, State::Answered(_)))
            });
        }
    }
}

impl Claim {
    /// Keeps the answer for whoever asks the same again.
    pub fn answered(mut self, bytes: Bytes) {
        self.settled = Settled::Yes;
        if let Some(mut shard) = self.seen.shard(&self.key) {
            shard.keep(self.key, bytes, self.seen.room.bytes / SHARDS);
        }
    }

    /// Says whether the audit log may hold an answer: then the id stays with its question, even if
    /// nobody got the answer.
    pub const fn recorded(&mut self, record: Record) {
        self.record = record;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.settled == Settled::Yes {
            return;
        }
        let Some(mut shard) = self.seen.shard(&self.key) else {
            return;
        };
        if self.before == Before::Known || self.record == Record::Possible {
            if let Some(entry) = shard.entries.get_mut(&self.key) {
                entry.state = State::Forgotten;
            }
        } else {
            shard.entries.remove(&self.key);
            // The newest are last; a question that failed is among them.
            let place = shard.ends.iter().rposition(|(_, key)| *key == self.key);
            if let Some(place) = place {
                shard.ends.remove(place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;

    fn room() -> Room {
        Room {
            window: Duration::from_secs(300),
            ids: 64 * SHARDS,
            bytes: 1000 * SHARDS,
        }
    }

    fn turn(seen: &Arc<Seen>, id: &str, digest: u8, seconds: u64) -> Turn {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let now = || Duration::from_secs(seconds);
        runtime.block_on(seen.turn("agency", id, [digest; 32], now))
    }

    fn claim(seen: &Arc<Seen>, id: &str, digest: u8, seconds: u64) -> Claim {
        match turn(seen, id, digest, seconds) {
            Turn::Yours(claim) => claim,
            _ => panic!("not ours"),
        }
    }

    #[test]
    fn the_same_question_gets_the_same_bytes_and_another_is_refused() {
        let seen = Arc::new(Seen::new(room()));
        claim(&seen, "id", 1, 0).answered(Bytes::from_static(b"answer"));
        assert!(
            matches!(turn(&seen, "id", 1, 299), Turn::Answered(bytes) if &bytes[..] == b"answer")
        );
        assert!(matches!(turn(&seen, "id", 2, 299), Turn::Reused));
        assert!(matches!(turn(&seen, "other", 2, 299), Turn::Yours(_)));
        assert!(matches!(turn(&seen, "id", 2, 300), Turn::Yours(_)));
    }

    #[test]
    fn a_question_that_failed_may_be_asked_again() {
        let seen = Arc::new(Seen::new(room()));
        drop(claim(&seen, "id", 1, 0));
        assert!(seen.is_empty());
        assert!(matches!(turn(&seen, "id", 2, 1), Turn::Yours(_)));
    }

    #[test]
    fn an_id_whose_answer_was_written_down_stays_with_its_question() {
        let seen = Arc::new(Seen::new(room()));
        let mut claimed = claim(&seen, "id", 1, 0);
        claimed.recorded(Record::Possible);
        drop(claimed);
        assert!(matches!(turn(&seen, "id", 2, 1), Turn::Reused));
        assert!(matches!(turn(&seen, "id", 1, 1), Turn::Yours(_)));
    }

    #[test]
    fn an_earlier_run_is_remembered_for_what_is_left_of_the_window() {
        let seen = Arc::new(Seen::new(room()));
        let ago = Duration::from_secs(100);
        seen.remember("agency", "id", [1; 32], ago, Duration::ZERO);
        assert!(matches!(turn(&seen, "id", 2, 199), Turn::Reused));
        drop(claim(&seen, "id", 1, 199));
        assert!(matches!(turn(&seen, "id", 2, 199), Turn::Reused));
        assert!(matches!(turn(&seen, "id", 2, 200), Turn::Yours(_)));
    }

    #[test]
    fn memory_is_bounded_and_ids_are_not_forgotten_early() {
        let seen = Arc::new(Seen::new(room()));
        let mut full = 0;
        for number in 0..5000 {
            match turn(&seen, &format!("{number}"), 1, 0) {
                Turn::Yours(claim) => claim.answered(Bytes::from(vec![0; 100])),
                Turn::Full => full += 1,
                _ => panic!("neither ours nor full"),
            }
        }
        assert!(seen.len() <= 64 * SHARDS && full > 3000);
        let kept: usize = seen.shards.iter().map(|s| s.lock().unwrap().bytes).sum();
        assert!(kept <= 1000 * SHARDS);
        // The oldest answers are gone, their ids are not.
        assert!(matches!(turn(&seen, "0", 2, 0), Turn::Reused));
        assert!(matches!(turn(&seen, "0", 1, 0), Turn::Yours(_)));
        // All of it ends with the window.
        assert!(matches!(turn(&seen, "0", 2, 300), Turn::Yours(_)));
    }

    #[test]
    fn questions_side_by_side_are_answered_once() {
        let seen = Arc::new(Seen::new(room()));
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap();
        let ask = |seen: Arc<Seen>| async move {
            let now = || Duration::ZERO;
            match seen.turn("agency", "id", [1; 32], now).await {
                Turn::Yours(claim) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    claim.answered(Bytes::from_static(b"one"));
                    1
                }
                Turn::Answered(_) => 0,
                _ => panic!("refused"),
            }
        };
        let answered: usize = runtime.block_on(async {
            let asked: Vec<_> = (0..50)
                .map(|_| tokio::spawn(ask(Arc::clone(&seen))))
                .collect();
            let mut answered = 0;
            for one in asked {
                answered += one.await.unwrap();
            }
            answered
        });
        assert_eq!(answered, 1);
    }
}
