//! Cards on real readers, contact and contactless, through PC/SC.
//!
//! The card is held in one transaction from opening to dropping, so that no other program gets
//! between two commands of a protocol, and is reset when dropped, so that no secure channel
//! outlives its session. All calls into the service are made on a thread of their own: a driver
//! that never returns costs that thread and not its caller.
//!
//! A card that was lost is waited for on the same reader, also when the reader or the service was
//! lost with it, and one that another program reset is powered up anew.
//!
//! Windows ends a transaction in which nothing happens for five seconds and resets the card;
//! the next exchange then says [`TransportError::CardReset`].

mod capability;
mod failure;
mod pace;
mod readers;
mod session;
mod unanswered;
mod watcher;

pub use capability::ReaderPace;
pub use readers::CardState;
pub use readers::ReaderState;
pub use watcher::Sight;
pub use watcher::Sighted;
pub use watcher::Watcher;

use std::mem;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::TransportError;
use crate::transport::Limits;
use crate::transport::MAX_COMMAND;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::reader_pace::PaceReader;
use crate::transport::reader_pace::PaceRequest;
use crate::transport::reader_pace::ReaderChannel;
use crate::transport::reader_pace::ReaderPaceFault;

use readers::Seen;
use readers::Watch;
use session::Ends;
use session::Facts;
use session::HOLDER_PATIENCE;
use session::Request;
use session::Spelling;
use session::Stage;
use session::Waiting;
use session::Wanted;

/// Longest time for one exchange, unless the caller sets another. RSA of 4096 bits on an old chip
/// stays under two seconds.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Longest time for PACE that a reader runs: all its exchanges.
const PACE_LIMIT: Duration = Duration::from_secs(20);

/// Longest time for PACE with the password entered on the reader's pad.
const PAD_LIMIT: Duration = Duration::from_secs(90);

/// Longest time for powering a card up, or for finding one that should lie there already.
const OPENING: Duration = Duration::from_secs(10);

/// Longest time that dropping a card waits for its reset.
const RELEASE: Duration = Duration::from_secs(2);

/// How often a waiting caller is asked whether to go on.
const SLICE: Duration = Duration::from_millis(50);

/// Lists the readers and what lies on them. No reader at all is an empty list.
///
/// # Errors
/// [`TransportError::NoService`], [`TransportError::NotAllowed`], or what else PC/SC says.
pub fn readers() -> Result<Vec<ReaderState>, TransportError> {
    Ok(Watch::new()?.look()?.iter().map(Seen::public).collect())
}

/// Waits for a card and opens it.
///
/// With a name, only on the reader of exactly that name, or else on those whose names contain it,
/// whatever the case. Without, on any reader; free cards come before those in use. Readers that are
/// plugged in later count.
///
/// `stop` is heard within a tenth of a second.
///
/// # Errors
/// [`TransportError::Cancelled`]. At the deadline the reason why there is still no card:
/// [`TransportError::NoReader`], [`TransportError::UnknownReader`], [`TransportError::NoCard`],
/// [`TransportError::Mute`]. At once [`TransportError::NotAllowed`], and
/// [`TransportError::NoService`] when the service does not run; [`TransportError::Mute`] when the
/// only card stays mute for two seconds, and [`TransportError::InUse`] when another program keeps
/// the card to itself for three.
pub fn wait_for_card(name: Option<&str>, stop: &Stop) -> Result<PcscCard, TransportError> {
    PcscCard::obtain(name, Spelling::Part, Waiting::Yes, stop)
}

/// Waits for a card on the reader of exactly this name and opens it, for a service that has many
/// readers at once: a card that is lost is waited for on this reader only, and `stop` ends an exchange
/// that is under way within a tenth of a second, not only the wait between two.
///
/// # Errors
/// As [`wait_for_card`].
pub fn wait_on(reader: &str, stop: &Stop) -> Result<PcscCard, TransportError> {
    let card = PcscCard::obtain(Some(reader), Spelling::Whole, Waiting::Yes, stop)?;
    Ok(card.heeding(stop))
}

/// Opens the card that lies on the reader of exactly this name; else as [`wait_on`].
///
/// # Errors
/// As [`wait_for_card`], without waiting for a card to come.
pub fn open_on(reader: &str, stop: &Stop) -> Result<PcscCard, TransportError> {
    let card = PcscCard::obtain(Some(reader), Spelling::Whole, Waiting::No, stop)?;
    Ok(card.heeding(stop))
}

/// Opens a card that lies there already; the name is as in [`wait_for_card`].
///
/// # Errors
/// As [`wait_for_card`], without waiting for a card to come.
pub fn open(name: Option<&str>) -> Result<PcscCard, TransportError> {
    PcscCard::obtain(name, Spelling::Part, Waiting::No, &Stop::after(OPENING * 2))
}

/// A card on a reader, ours alone until dropped; then it is reset.
#[derive(Debug)]
pub struct PcscCard {
    reader: String,
    limits: Limits,
    pace: ReaderPace,
    time_limit: Duration,
    /// How the reader is found again.
    spelling: Spelling,
    /// What ends an exchange that is under way.
    stop: Stop,
    /// `None` when the card was given up.
    commands: Option<Sender<Request>>,
    answers: Receiver<Result<Vec<u8>, TransportError>>,
    /// Why no further exchange can succeed.
    ended: Option<TransportError>,
}

impl PcscCard {
    fn obtain(
        name: Option<&str>,
        spelling: Spelling,
        waiting: Waiting,
        stop: &Stop,
    ) -> Result<Self, TransportError> {
        let (stages, progress) = mpsc::channel();
        let (commands, to_carry) = mpsc::channel();
        let (replies, answers) = mpsc::channel();
        let wanted = Wanted {
            name: name.map(str::to_owned),
            spelling,
            waiting,
        };
        let ends = Ends {
            stages,
            commands: to_carry,
            answers: replies,
        };
        let theirs = stop.clone();
        thread::Builder::new()
            .name("pcsc".to_owned())
            .spawn(move || session::run(&wanted, &theirs, &ends))
            .map_err(|_| lost())?;
        let facts = opened(&progress, stop).map_err(|reason| unanswered::explain(name, reason))?;
        Ok(Self {
            reader: facts.reader,
            limits: facts.limits,
            pace: facts.capability.pace,
            time_limit: TIME_LIMIT,
            spelling,
            stop: Stop::never(),
            commands: Some(commands),
            answers,
            ended: None,
        })
    }

    /// Sets the longest time for one exchange; [`TIME_LIMIT`] without.
    pub const fn set_time_limit(&mut self, limit: Duration) {
        self.time_limit = limit;
    }

    /// The reader's full name, for opening the same reader again.
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// Whether the reader runs PACE by itself.
    pub const fn reader_pace(&self) -> ReaderPace {
        self.pace
    }

    /// The same, with every exchange ended when `stop` says so.
    fn heeding(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Name to look for when the card was lost: the reader's own, or, when the reader was lost, what
    /// stays of it under a number that the service gives anew.
    fn reader_again(&self) -> &str {
        match self.ended {
            Some(TransportError::ReaderRemoved | TransportError::NoService)
                if self.spelling == Spelling::Part =>
            {
                stem(&self.reader)
            }
            _ => &self.reader,
        }
    }

    /// Lets go of the card, and waits a little until it has been reset.
    fn release(&mut self) {
        self.commands = None;
        if self.ended != Some(TransportError::Timeout) {
            self.await_reset();
        }
        let answers = mem::replace(&mut self.answers, mpsc::channel().1);
        unanswered::note(&self.reader, answers);
    }

    fn await_reset(&self) {
        // The other end of the channel closes when the card has been reset.
        let until = Instant::now() + RELEASE;
        while self
            .answers
            .recv_timeout(until.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
    }

    /// Hands a request to the thread and waits for the answer.
    fn ask(&mut self, request: Request, limit: Duration) -> Result<Vec<u8>, TransportError> {
        if let Some(reason) = &self.ended {
            return Err(reason.clone());
        }
        let sent = self
            .commands
            .as_ref()
            .is_some_and(|commands| commands.send(request).is_ok());
        if !sent {
            return Err(self.end(lost()));
        }
        let limit = Stop::after(limit);
        loop {
            match self.answers.recv_timeout(limit.remaining(SLICE)) {
                Ok(Err(reason)) if is_final(&reason) => return Err(self.end(reason)),
                Ok(answer) => return answer,
                // The thread stays with the driver; it resets the card should that ever return.
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(reason) = limit.check().and_then(|()| self.stop.check()) {
                        return Err(self.end(reason));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err(self.end(lost())),
            }
        }
    }

    /// Gives the card up; every later exchange fails in the same way.
    fn end(&mut self, reason: TransportError) -> TransportError {
        self.commands = None;
        self.ended = Some(reason.clone());
        reason
    }
}

impl Transport for PcscCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if command.len() > MAX_COMMAND && self.ended.is_none() {
            let length = command.len();
            return Err(TransportError::CommandRefused { length });
        }
        self.ask(Request::Command(command.to_vec()), self.time_limit)
    }

    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        match self.pace {
            ReaderPace::Offered => Some(self),
            ReaderPace::Absent => None,
        }
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        let stop = stop.within(within);
        self.release();
        let name = self.reader_again();
        let mut again = Self::obtain(Some(name), self.spelling, Waiting::Back, &stop)?;
        again.time_limit = self.time_limit;
        again.stop = self.stop.clone();
        *self = again;
        Ok(())
    }
}

impl PaceReader for PcscCard {
    fn establish(&mut self, request: &PaceRequest<'_>) -> Result<ReaderChannel, ReaderPaceFault> {
        let block = pace::establish(request)?;
        // Somebody may have to type.
        let limit = match request.secret {
            Some(_) => self.time_limit.max(PACE_LIMIT),
            None => PAD_LIMIT,
        };
        pace::established(&self.ask(Request::Pace(block), limit)?)
    }
}

impl Drop for PcscCard {
    fn drop(&mut self) {
        self.release();
    }
}

/// A reader's name without the numbers that pcsc-lite puts behind it.
fn stem(reader: &str) -> &str {
    let without = |name: &'_ str| -> Option<usize> {
        let (rest, number) = name.rsplit_once(' ')?;
        let numbered = number.len() == 2 && number.bytes().all(|octet| octet.is_ascii_hexdigit());
        numbered.then_some(rest.len())
    };
    let once = without(reader).and_then(|end| reader.get(..end));
    let twice = once.and_then(|name| without(name).and_then(|end| name.get(..end)));
    twice.unwrap_or(reader)
}

/// Waits for the card to be opened, as long as `stop` and each stage allow.
fn opened(progress: &Receiver<Stage>, stop: &Stop) -> Result<Facts, TransportError> {
    let mut reason = TransportError::Timeout;
    let mut limit: Option<(Instant, TransportError)> = None;
    loop {
        match stop.check() {
            Ok(()) => {}
            Err(TransportError::Timeout) => return Err(reason),
            Err(other) => return Err(other),
        }
        match limit {
            Some((limit, reason)) if Instant::now() >= limit => return Err(reason),
            _ => {}
        }
        let stage = match progress.recv_timeout(stop.remaining(SLICE)) {
            Ok(stage) => stage,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(lost()),
        };
        (reason, limit) = match stage {
            Stage::Looking(reason) => (reason, None),
            // The service has no limit of its own on waiting for another program's transaction.
            Stage::Connecting(CardState::InUse) | Stage::Queueing => (
                TransportError::InUse,
                Some((Instant::now() + HOLDER_PATIENCE, TransportError::InUse)),
            ),
            Stage::Connecting(_) => (
                TransportError::Timeout,
                Some((Instant::now() + OPENING, TransportError::Mute)),
            ),
            Stage::Ready(facts) => return Ok(facts),
            // The thread saw the deadline first; the reason is the same as here.
            Stage::Failed(TransportError::Timeout) => return Err(reason),
            Stage::Failed(error) => return Err(error),
        };
    }
}

/// Whether a failed exchange is the last: the card is no longer there, or no longer the same.
const fn is_final(error: &TransportError) -> bool {
    matches!(
        error,
        TransportError::CardRemoved
            | TransportError::ReaderRemoved
            | TransportError::CardReset
            | TransportError::NoService
            | TransportError::NotAllowed
            | TransportError::Timeout
    )
}

/// The thread that owns the card could not be started, or has gone.
const fn lost() -> TransportError {
    TransportError::Failed {
        code: failure::code(pcsc::Error::InternalError),
    }
}

#[cfg(test)]
mod tests {
    use crate::secret::Secret;
    use crate::transport::Medium;
    use crate::transport::reader_pace::ReaderStep;

    use super::*;

    fn facts() -> Facts {
        Facts {
            reader: "Reader".to_owned(),
            limits: Limits {
                max_command: 261,
                max_response: 258,
                atr: vec![0x3B, 0x80, 0x01],
                medium: Medium::Reader,
            },
            capability: capability::Capability {
                max_command: 261,
                max_response: 258,
                pace: ReaderPace::Absent,
                pace_code: None,
            },
        }
    }

    /// A card whose thread does what this closure does.
    fn card(
        thread: impl FnOnce(Receiver<Request>, Sender<Result<Vec<u8>, TransportError>>) + Send + 'static,
    ) -> PcscCard {
        let (commands, to_carry) = mpsc::channel();
        let (replies, answers) = mpsc::channel();
        thread::spawn(move || thread(to_carry, replies));
        PcscCard {
            reader: facts().reader,
            limits: facts().limits,
            pace: ReaderPace::Absent,
            time_limit: Duration::from_millis(200),
            spelling: Spelling::Part,
            stop: Stop::never(),
            commands: Some(commands),
            answers,
            ended: None,
        }
    }

    #[test]
    fn a_driver_that_never_returns_does_not_hold_its_caller() {
        let mut card = card(|commands, answers| {
            commands.recv().unwrap();
            thread::sleep(Duration::from_secs(12));
            drop(answers);
        });
        let since = Instant::now();
        assert_eq!(card.transmit(&[0; 4]), Err(TransportError::Timeout));
        assert_eq!(card.transmit(&[0; 4]), Err(TransportError::Timeout));
        drop(card);
        assert!(since.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_caller_who_cancels_does_not_wait_for_the_driver() {
        let mut card = card(|commands, answers| {
            commands.recv().unwrap();
            thread::sleep(Duration::from_secs(2));
            drop(answers);
        });
        card.time_limit = Duration::from_secs(60);
        let stop = Stop::never();
        let mut card = card.heeding(&stop);
        stop.handle().cancel();
        let since = Instant::now();
        assert_eq!(card.transmit(&[0; 4]), Err(TransportError::Cancelled));
        assert_eq!(card.transmit(&[0; 4]), Err(TransportError::Cancelled));
        assert!(since.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn a_card_that_left_stays_away() {
        let mut card = card(|commands, answers| {
            commands.recv().unwrap();
            answers.send(Err(TransportError::CardRemoved)).unwrap();
            assert!(commands.recv().is_err());
        });
        for _ in 0..2 {
            assert_eq!(card.transmit(&[0; 4]), Err(TransportError::CardRemoved));
        }
    }

    #[test]
    fn a_reader_plugged_in_again_is_known_without_its_numbers() {
        assert_eq!(
            stem("ACME Contactless 3 [CCID] 01 00"),
            "ACME Contactless 3 [CCID]"
        );
        assert_eq!(stem("Virtual PCD 00 00"), "Virtual PCD");
        assert_eq!(stem("Reader 00"), "Reader 00");
        assert_eq!(stem("ACME"), "ACME");
    }

    #[test]
    fn a_refused_command_leaves_the_card_usable() {
        let mut card = card(|commands, answers| {
            let Ok(Request::Command(command)) = commands.recv() else {
                panic!("a command");
            };
            let length = command.len();
            answers
                .send(Err(TransportError::CommandRefused { length }))
                .unwrap();
            commands.recv().unwrap();
            answers.send(Ok(vec![0x90, 0x00])).unwrap();
        });
        assert_eq!(
            card.transmit(&[0; 300]),
            Err(TransportError::CommandRefused { length: 300 })
        );
        assert_eq!(card.transmit(&[0; 4]), Ok(vec![0x90, 0x00]));
        assert_eq!(
            card.transmit(&vec![0; MAX_COMMAND + 1]),
            Err(TransportError::CommandRefused {
                length: MAX_COMMAND + 1
            })
        );
    }

    #[test]
    fn a_reader_that_runs_pace_is_asked_in_its_own_words() {
        let mut card = card(|commands, answers| {
            let Ok(Request::Pace(block)) = commands.recv() else {
                panic!("a request for PACE");
            };
            assert_eq!(block.expose(), [2, 7, 0, 2, 0, 2, b'1', b'2', 0, 0]);
            let refused = 0xF006_6300_u32.to_le_bytes();
            answers.send(Ok(refused.to_vec())).unwrap();
        });
        assert!(Transport::pace_reader(&mut card).is_none());
        card.pace = ReaderPace::Offered;
        let can = Secret::new(b"12".to_vec());
        let refused = Transport::pace_reader(&mut card)
            .unwrap()
            .establish(&PaceRequest {
                reference: 2,
                secret: Some(&can),
                holder_authorisation: &[],
                certificate_description: &[],
            });
        assert_eq!(
            refused,
            Err(ReaderPaceFault::Refused {
                step: ReaderStep::GeneralAuthenticate(4),
                status: 0x6300,
            })
        );
    }

    #[test]
    fn dropping_a_card_waits_for_its_reset() {
        let (reset, was_reset) = mpsc::channel();
        let card = card(move |commands, answers| {
            assert!(commands.recv().is_err());
            thread::sleep(Duration::from_millis(50));
            reset.send(()).unwrap();
            drop(answers);
        });
        drop(card);
        assert_eq!(was_reset.try_recv(), Ok(()));
    }

    #[test]
    fn the_deadline_tells_why_there_is_no_card() {
        let (stages, progress) = mpsc::channel();
        stages
            .send(Stage::Looking(TransportError::NoReader))
            .unwrap();
        stages.send(Stage::Looking(TransportError::NoCard)).unwrap();
        let stop = Stop::after(Duration::from_millis(60));
        assert_eq!(opened(&progress, &stop), Err(TransportError::NoCard));
    }

    #[test]
    fn a_caller_who_cancels_is_heard_at_once() {
        let (stages, progress) = mpsc::channel();
        stages.send(Stage::Queueing).unwrap();
        let stop = Stop::never();
        let cancel = stop.handle();
        let since = thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            cancel.cancel();
            Instant::now()
        });
        assert_eq!(opened(&progress, &stop), Err(TransportError::Cancelled));
        assert!(since.join().unwrap().elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn an_opened_card_brings_its_facts() {
        let (stages, progress) = mpsc::channel();
        for stage in [
            Stage::Connecting(CardState::Present),
            Stage::Queueing,
            Stage::Ready(facts()),
        ] {
            stages.send(stage).unwrap();
        }
        assert_eq!(opened(&progress, &Stop::never()), Ok(facts()));
    }
}
