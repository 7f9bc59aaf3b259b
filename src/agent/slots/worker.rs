//! One read, on a thread of its own, from the order to its end: with the keys that people give, however
//! often they mistype.

use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::agent::slots::News;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::agent::slots::SlotId;
use crate::agent::slots::Step;
use crate::agent::slots::Why;
use crate::agent::slots::Word;
use crate::agent::slots::attempt;
use crate::agent::slots::attempt::Asked;
use crate::agent::slots::attempt::Attempted;
use crate::agent::slots::board::Board;
use crate::agent::slots::board::Lying;
use crate::agent::slots::gate::Gate;
use crate::error::AccessError;
use crate::error::Error;
use crate::error::TransportError;
use crate::lds::key::AccessKey;
use crate::transport::Stop;
use crate::workflow::Inspected;

/// How long a card that slipped is waited for: longer than at a command line, since whoever put it there
/// must first see what is on the screen.
pub(super) const PUT_BACK: Duration = Duration::from_secs(10);

/// How often whoever waits for a card to be read asks whether it was cancelled.
const SLICE: Duration = Duration::from_millis(20);

/// How long a read that was cancelled may take to end by itself, before its end is told without it.
const LAST_WORDS: Duration = Duration::from_millis(40);

/// How long a read may go on after its time is over: the card is let go of, and the registry has a time
/// limit of its own.
const OVERTIME: Duration = Duration::from_secs(2);

/// Begins a read.
pub(super) fn start(board: &Arc<Board>, slot: SlotId, mut order: Order) -> Result<Running, Error> {
    let reader = board.order(slot)?;
    let key = order.key.take();
    let stop = Stop::never();
    let (running, words) = Running::new(stop.handle());
    let read = order.read;
    let worker = Worker {
        gate: Arc::new(Gate::new(Arc::clone(board), slot, read)),
        board: Arc::clone(board),
        slot,
        reader,
        order: Arc::new(order),
        stop,
        words,
    };
    let thread = thread::Builder::new().name("read".to_owned());
    match thread.spawn(move || worker.run(read, key)) {
        Ok(_) => Ok(running),
        Err(_) => {
            board.done(slot, None);
            Err(Error::Internal)
        }
    }
}

/// Whoever carries out an order.
struct Worker {
    board: Arc<Board>,
    slot: SlotId,
    reader: String,
    order: Arc<Order>,
    /// Cancelled with the order.
    stop: Stop,
    words: Receiver<Word>,
    gate: Arc<Gate>,
}

impl Worker {
    fn run(self, read: u64, key: Option<AccessKey>) {
        let result = catch_unwind(AssertUnwindSafe(|| self.work(key)));
        let result = result.unwrap_or(Err(Error::Internal));
        self.gate.close();
        let slot = self.slot;
        let result = result.map(Box::new);
        self.board
            .done(slot, Some(News::Done { slot, read, result }));
    }

    fn work(&self, mut given: Option<AccessKey>) -> Result<Inspected, Error> {
        let mut why = (Why::First, None);
        let mut before = None;
        let mut again = Again::Left;
        let mut gone = None;
        loop {
            let key = match given.take() {
                Some(key) => key,
                None => self.ask(why, before.take())?,
            };
            let (lying, Attempted { key, outcome }) = self.attempt(key, gone.take())?;
            let error = match outcome {
                Ok(inspected) => return Ok(inspected),
                Err(error) => error,
            };
            if let Some(tries_left) = mistyped(&error) {
                why = (Why::Wrong, tries_left);
                before = Some(key);
            } else if again == Again::Left && is_interference(&error) && is_free(&key) {
                again = Again::Spent;
                given = Some(key);
            } else if is_gone(&error) && is_free(&key) {
                // Taken away a moment before, and the key is the next card's.
                gone = Some(lying);
                given = Some(key);
            } else {
                return Err(error);
            }
        }
    }

    /// Asks for a key, with nobody's card held meanwhile.
    fn ask(
        &self,
        (why, tries_left): (Why, Option<u8>),
        mut before: Option<AccessKey>,
    ) -> Result<AccessKey, Error> {
        // What came while the card was read: the last key counts, and "go on" was not meant for this.
        let early = self.words.try_iter().filter_map(|word| match word {
            Word::Key(key) => Some(key),
            Word::GoOn | Word::Cancel => None,
        });
        if let Some(key) = early.last() {
            return Ok(key);
        }
        self.stop.check()?;
        self.gate.step(Step::KeyWanted { why, tries_left });
        loop {
            match self.words.recv() {
                Ok(Word::Key(key)) => return Ok(key),
                // The person says that the key was right after all; where there was none, it is asked for
                // again, since whoever gave the word takes the read to go on.
                Ok(Word::GoOn) => match before.take() {
                    Some(key) => return Ok(key),
                    None => self.gate.step(Step::KeyWanted { why, tries_left }),
                },
                Ok(Word::Cancel) | Err(_) => return Err(TransportError::Cancelled.into()),
            }
        }
    }

    /// Reads with one key. The card is read on another thread: whatever holds that up does not keep this
    /// one from ending the read.
    fn attempt(&self, key: AccessKey, gone: Option<Lying>) -> Result<(Lying, Attempted), Error> {
        let stop = self.stop.within(self.order.within);
        let lying = self.await_card(gone, &stop)?;
        let asked = Asked {
            board: Arc::clone(&self.board),
            slot: self.slot,
            reader: self.reader.clone(),
            order: Arc::clone(&self.order),
            stop: stop.clone(),
            gate: Arc::clone(&self.gate),
        };
        let (told, telling) = mpsc::channel();
        thread::Builder::new()
            .name("card".to_owned())
            // Nobody waits for it any more once the read was given up.
            .spawn(move || drop(told.send(attempt::run(&asked, key))))
            .map_err(|_| Error::Internal)?;
        let mut ended: Option<(Instant, TransportError)> = None;
        loop {
            match telling.recv_timeout(SLICE) {
                Ok(attempted) => return Ok((lying, attempted)),
                Err(RecvTimeoutError::Disconnected) => return Err(Error::Internal),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let reason = match stop.check() {
                Ok(()) => continue,
                Err(reason) => reason,
            };
            let (since, reason) = ended.get_or_insert((Instant::now(), reason));
            // A cancellation counts from when it came, also after the time is over.
            let patience = match self.stop.check() {
                Err(_) => LAST_WORDS,
                Ok(()) => OVERTIME,
            };
            if since.elapsed() >= patience {
                return Err(reason.clone().into());
            }
        }
    }

    /// Waits for a card where there is none: it was taken away while somebody looked for the key, or just
    /// before the read began.
    fn await_card(&self, gone: Option<Lying>, stop: &Stop) -> Result<Lying, Error> {
        let lies = self.board.card(self.slot);
        if let Some(lying) = lies.filter(|lying| gone != Some(*lying)) {
            return Ok(lying);
        }
        self.gate.step(Step::Lost { within: PUT_BACK });
        let within = stop.within(PUT_BACK);
        match self.board.await_card(self.slot, gone, &within) {
            Ok(lying) => {
                self.gate.step(Step::Found);
                Ok(lying)
            }
            Err(TransportError::Timeout) => Err(TransportError::CardRemoved.into()),
            Err(other) => Err(other.into()),
        }
    }
}

/// Whether a read may be begun once more by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Left,
    Spent,
}

/// Whether another key may open the card, with the tries that are left where the chip tells.
pub(super) const fn mistyped(error: &Error) -> Option<Option<u8>> {
    match error {
        Error::Access(AccessError::WrongKey { tries_left }) => Some(*tries_left),
        Error::Access(AccessError::KeyKind) => Some(None),
        _ => None,
    }
}

/// Whether another program got in between: on Windows, software that looks at every card does.
const fn is_interference(error: &Error) -> bool {
    matches!(
        error,
        Error::Transport(TransportError::InUse | TransportError::CardReset)
    )
}

/// Whether there was no card to be opened, though one was seen: nobody was told yet that it has gone.
const fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Transport(TransportError::NoCard))
}

/// Whether the chip does not count the tries of a key: what is printed on the card.
const fn is_free(key: &AccessKey) -> bool {
    key.pin.is_none() && key.puk.is_none()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::agent::judge::Judge;
    use crate::agent::judge::Sources;
    use crate::agent::judge::TestMaterial;
    use crate::agent::slots::Material;
    use crate::agent::slots::board::Ground;
    use crate::around::Around;
    use crate::reader::Groups;
    use crate::registry::Context;
    use crate::registry::RegistryOptions;
    use crate::transport::Transport;
    use crate::verify::Policy;

    /// Where no card can be opened.
    struct Nowhere;

    impl Ground for Nowhere {
        fn open(
            &self,
            _reader: &str,
            _stop: &Stop,
        ) -> Result<Box<dyn Transport + Send>, TransportError> {
            Err(TransportError::NoCard)
        }

        fn around(&self, _reader: &str) -> Result<Option<Around>, Error> {
            Ok(None)
        }
    }

    fn key(text: &str) -> AccessKey {
        AccessKey::parse(text, jiff::civil::date(2026, 11, 22)).unwrap()
    }

    fn worker() -> (Worker, Running, Receiver<News>) {
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: Some(SystemTime::now()),
        });
        let order = Order {
            read: 1,
            key: None,
            groups: Groups::Signed,
            checks: Vec::new(),
            context: Context::default(),
            disclose: Vec::new(),
            within: Duration::from_secs(60),
            judge: Arc::new(judge.unwrap()),
        };
        let (tell, news) = mpsc::channel();
        let board = Board::new(Box::new(Nowhere), tell);
        let slot = board.attach("Reader", Material::Test);
        assert!(matches!(news.recv(), Ok(News::Attached { .. })));
        let stop = Stop::never();
        let (running, words) = Running::new(stop.handle());
        let worker = Worker {
            gate: Arc::new(Gate::new(Arc::clone(&board), slot, 1)),
            board,
            slot,
            reader: "Reader".to_owned(),
            order: Arc::new(order),
            stop,
            words,
        };
        (worker, running, news)
    }

    #[test]
    fn the_last_key_that_came_while_the_card_was_read_is_taken_unasked() {
        let (worker, running, news) = worker();
        running.key(key("can:000123"));
        running.key(key("can:000124"));
        running.go_on();
        let before = Some(key("can:000122"));
        let given = worker.ask((Why::Wrong, Some(2)), before).unwrap();
        assert!(given.can == key("can:000124").can);
        assert!(news.try_recv().is_err());
    }

    #[test]
    fn a_read_that_has_ended_says_nothing_more() {
        let (worker, running, news) = worker();
        let gate = Arc::clone(&worker.gate);
        running.cancel();
        worker.run(1, Some(key("can:000123")));
        gate.step(Step::Opening);
        let told: Vec<News> = news.try_iter().collect();
        assert!(matches!(told.last(), Some(News::Done { .. })));
    }
}
