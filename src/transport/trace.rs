//! Saved conversations: one line for each command, answer and draw of random bytes.
//!
//! A trace holds everything that was said and drawn, so replaying it runs the same code to the
//! same end. It holds personal data and keys; it is written only when somebody asks for that file.
//!
//! ```text
//! cancuoc.trace/1
//! atr 3B8880014356495A41303031B6
//! limits 65544 65538
//! random 4608F91988702212
//! > 00A4020C02011C
//! < 9000
//! ! card.removed
//! ```
//!
//! ```
//! use cancuoc::transport::Transport;
//! use cancuoc::transport::trace::Trace;
//!
//! let (mut card, _random) = Trace::parse("cancuoc.trace/1\n> 0084000008\n< 6D00\n")?.replay();
//! assert_eq!(card.transmit(&[0x00, 0x84, 0x00, 0x00, 0x08])?, [0x6D, 0x00]);
//! # Ok::<(), cancuoc::Error>(())
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Write;
use std::rc::Rc;

use crate::crypto::random::Random;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::transport::Limits;
use crate::transport::MAX_COMMAND;
use crate::transport::MAX_RESPONSE;
use crate::transport::Medium;
use crate::transport::Transport;

const HEADER: &str = "cancuoc.trace/1";

/// Most lines of a trace; ten times the longest read in short APDUs.
const MAX_LINES: usize = 50_000;

/// Most lines that say how a conversation was redacted, and longest of them, in bytes.
const MAX_REDACTION: usize = 32;
const MAX_REDACTION_LINE: usize = 1_024;

/// What the header of a redacted conversation says of it: names and values, in their order. It holds
/// all that a replay needs, because nothing in such a conversation is anybody's.
///
/// ```text
/// cancuoc.trace/1
/// redacted seed bench 7
/// redacted key can:123456
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction(Vec<(String, String)>);

impl Redaction {
    /// Adds a line.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a name, if it is there.
    pub fn value(&self, name: &str) -> Option<&str> {
        let line = self.0.iter().find(|(own, _)| own == name);
        line.map(|(_, value)| value.as_str())
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The trace of a recorder with these lines in its header.
    pub fn head(&self, trace: &str) -> String {
        let body = trace.strip_prefix(HEADER).unwrap_or(trace);
        let mut text = HEADER.to_owned();
        for (name, value) in &self.0 {
            text.push_str("\nredacted ");
            text.push_str(name);
            text.push(' ');
            text.push_str(value);
        }
        text.push_str(body);
        text
    }

    fn read(&mut self, line: &str) -> Option<()> {
        let (name, value) = line.split_once(' ')?;
        let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        let fine = !name.is_empty()
            && name.bytes().all(known)
            && line.len() <= MAX_REDACTION_LINE
            && self.0.len() < MAX_REDACTION
            && self.value(name).is_none();
        fine.then(|| self.0.push((name.to_owned(), value.to_owned())))
    }
}

/// Writes down a conversation while it goes on.
#[derive(Clone, Default)]
pub struct Recorder {
    lines: Rc<RefCell<String>>,
}

impl Recorder {
    /// An empty recording.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wraps a transport.
    pub fn transport<T: Transport>(&self, inner: T) -> Recorded<T> {
        let limits = inner.limits();
        self.line("atr", &limits.atr);
        // The lengths decide what is said, so a replay must have the same.
        let _ = writeln!(
            self.lines.borrow_mut(),
            "limits {} {}",
            limits.max_command,
            limits.max_response
        );
        Recorded {
            inner,
            recorder: self.clone(),
        }
    }

    /// Wraps a source of random bytes.
    pub fn random<R: Random>(&self, inner: R) -> RecordedRandom<R> {
        RecordedRandom {
            inner,
            recorder: self.clone(),
        }
    }

    /// The trace as it is saved.
    pub fn text(&self) -> String {
        format!("{HEADER}\n{}", self.lines.borrow())
    }

    fn line(&self, mark: &str, bytes: &[u8]) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.lines.borrow_mut(),
            "{mark} {}",
            hex::encode_upper(bytes)
        );
    }
}

/// A transport that is being recorded.
pub struct Recorded<T> {
    inner: T,
    recorder: Recorder,
}

impl<T: Transport> Transport for Recorded<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.recorder.line(">", command);
        let answer = self.inner.transmit(command);
        match &answer {
            Ok(bytes) => self.recorder.line("<", bytes),
            Err(error) => {
                let _ = writeln!(self.recorder.lines.borrow_mut(), "! {}", error.code());
            }
        }
        answer
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

/// A source of random bytes that is being recorded.
pub struct RecordedRandom<R> {
    inner: R,
    recorder: Recorder,
}

impl<R: Random> Random for RecordedRandom<R> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        self.inner.fill(buffer)?;
        self.recorder.line("random", buffer);
        Ok(())
    }
}

/// A parsed trace, ready to be replayed once.
#[derive(Debug)]
pub struct Trace {
    limits: Limits,
    redaction: Option<Redaction>,
    exchanges: VecDeque<Exchange>,
    random: VecDeque<Vec<u8>>,
}

struct Exchange {
    command: Vec<u8>,
    answer: Result<Vec<u8>, TransportError>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exchange({} bytes)", self.command.len())
    }
}

impl Trace {
    /// Reads a saved trace.
    ///
    /// # Errors
    /// [`SetupError::TraceMalformed`] with the line.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let mut trace = Self {
            limits: Limits {
                max_command: MAX_COMMAND,
                max_response: MAX_RESPONSE,
                atr: Vec::new(),
                medium: Medium::Trace,
            },
            redaction: None,
            exchanges: VecDeque::new(),
            random: VecDeque::new(),
        };
        let mut pending: Option<Vec<u8>> = None;
        let mut last = 0;
        for (index, line) in text.lines().enumerate() {
            let malformed = SetupError::TraceMalformed { line: index + 1 };
            last = index + 1;
            if index == 0 {
                if line != HEADER {
                    return Err(malformed);
                }
                continue;
            }
            if index > MAX_LINES {
                return Err(malformed);
            }
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            let bytes =
                || hex::decode(rest).map_err(|_| SetupError::TraceMalformed { line: index + 1 });
            match (mark, pending.take()) {
                ("redacted", None) if trace.is_empty() => {
                    let redaction = trace.redaction.get_or_insert_default();
                    redaction.read(rest).ok_or(malformed)?;
                }
                ("atr", None) => trace.limits.atr = bytes()?,
                ("limits", None) => {
                    let (command, response) = lengths(rest).ok_or(malformed)?;
                    trace.limits.max_command = command;
                    trace.limits.max_response = response;
                }
                ("random", waiting) => {
                    pending = waiting;
                    trace.random.push_back(bytes()?);
                }
                (">", None) => {
                    let command = bytes()?;
                    if command.len() > MAX_COMMAND {
                        return Err(malformed);
                    }
                    pending = Some(command);
                }
                ("<", Some(command)) => {
                    let answer = bytes()?;
                    if answer.len() > MAX_RESPONSE {
                        return Err(malformed);
                    }
                    trace.push(command, Ok(answer));
                }
                ("!", Some(command)) => {
                    let error = failure(rest).ok_or(malformed)?;
                    trace.push(command, Err(error));
                }
                _ => return Err(malformed),
            }
        }
        if last == 0 || pending.is_some() {
            return Err(SetupError::TraceMalformed { line: last.max(1) });
        }
        Ok(trace)
    }

    fn push(&mut self, command: Vec<u8>, answer: Result<Vec<u8>, TransportError>) {
        self.exchanges.push_back(Exchange { command, answer });
    }

    fn is_empty(&self) -> bool {
        self.exchanges.is_empty() && self.random.is_empty()
    }

    /// What the header says of how the conversation was redacted, if it was.
    pub const fn redaction(&self) -> Option<&Redaction> {
        self.redaction.as_ref()
    }

    /// Number of exchanges.
    pub fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// Splits the trace into the chip's side and the random bytes that were drawn.
    pub fn replay(self) -> (Replay, ReplayedRandom) {
        let replay = Replay {
            limits: self.limits,
            total: self.exchanges.len(),
            exchanges: self.exchanges,
        };
        (replay, ReplayedRandom(self.random))
    }
}

/// Longest command and longest answer, no longer than any transport carries.
fn lengths(text: &str) -> Option<(usize, usize)> {
    let (command, response) = text.split_once(' ')?;
    let (command, response) = (command.parse().ok()?, response.parse().ok()?);
    (command <= MAX_COMMAND && response <= MAX_RESPONSE).then_some((command, response))
}

/// The failures that a trace can hold: all that a transport gives but those of a replay.
fn failure(code: &str) -> Option<TransportError> {
    [
        TransportError::CardRemoved,
        TransportError::ReaderRemoved,
        TransportError::CardReset,
        TransportError::Mute,
        TransportError::Timeout,
        TransportError::Cancelled,
        TransportError::InUse,
        TransportError::NoService,
        TransportError::NotAllowed,
        TransportError::NoReader,
        TransportError::UnknownReader,
        TransportError::NoCard,
        TransportError::ShortAnswer,
        TransportError::Failed { code: 0 },
        TransportError::CommandRefused { length: 0 },
    ]
    .into_iter()
    .find(|error| error.code() == code)
}

/// A transport that answers as the trace says, and only to the commands of the trace.
#[derive(Debug)]
pub struct Replay {
    limits: Limits,
    exchanges: VecDeque<Exchange>,
    total: usize,
}

impl Transport for Replay {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let exchange = self
            .exchanges
            .pop_front()
            .ok_or(TransportError::TraceEnded {
                exchanges: self.total,
            })?;
        if exchange.command != command {
            return Err(TransportError::TraceDiverged {
                exchange: self.total - self.exchanges.len(),
            });
        }
        exchange.answer
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}

/// The random bytes of a trace, in the order they were drawn.
#[derive(Debug)]
pub struct ReplayedRandom(VecDeque<Vec<u8>>);

impl Random for ReplayedRandom {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        let drawn = self.0.pop_front().ok_or(SetupError::NoRandomness)?;
        if drawn.len() != buffer.len() {
            return Err(SetupError::NoRandomness);
        }
        buffer.copy_from_slice(&drawn);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "cancuoc.trace/1\natr 3B80\nrandom 0102\n> 00B0000000\n< 01029000\n> 00B0000001\n! card.removed\n";

    #[test]
    fn a_trace_replays_its_answers_and_its_failures() {
        let (mut card, mut random) = Trace::parse(GOOD).unwrap().replay();
        let mut drawn = [0; 2];
        random.fill(&mut drawn).unwrap();
        assert_eq!(drawn, [1, 2]);
        assert_eq!(card.transmit(&[0, 0xB0, 0, 0, 0]).unwrap(), [1, 2, 0x90, 0]);
        assert_eq!(
            card.transmit(&[0, 0xB0, 0, 0, 1]),
            Err(TransportError::CardRemoved)
        );
        assert_eq!(
            card.transmit(&[0]),
            Err(TransportError::TraceEnded { exchanges: 2 })
        );
    }

    #[test]
    fn whatever_a_reader_fails_with_can_be_replayed() {
        struct Failing(TransportError);
        impl Transport for Failing {
            fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
                Err(self.0.clone())
            }
            fn limits(&self) -> Limits {
                Trace::parse(GOOD).unwrap().limits
            }
        }
        for error in [
            TransportError::NoService,
            TransportError::NotAllowed,
            TransportError::NoReader,
            TransportError::UnknownReader,
            TransportError::NoCard,
            TransportError::CardRemoved,
            TransportError::ReaderRemoved,
            TransportError::InUse,
            TransportError::CardReset,
            TransportError::Mute,
            TransportError::Timeout,
            TransportError::Cancelled,
            TransportError::CommandRefused { length: 0 },
            TransportError::ShortAnswer,
            TransportError::Failed { code: 0 },
        ] {
            let recorder = Recorder::new();
            let said = recorder.transport(Failing(error.clone())).transmit(&[0; 4]);
            let (mut card, _) = Trace::parse(&recorder.text()).unwrap().replay();
            assert_eq!(card.transmit(&[0; 4]), said);
            assert_eq!(said, Err(error));
        }
    }

    #[test]
    fn another_conversation_diverges_where_it_does() {
        let (mut card, _) = Trace::parse(GOOD).unwrap().replay();
        assert_eq!(
            card.transmit(&[1]),
            Err(TransportError::TraceDiverged { exchange: 1 })
        );
    }

    #[test]
    fn foreign_and_truncated_traces_are_refused_with_the_line() {
        let line = |text: &str| match Trace::parse(text) {
            Err(SetupError::TraceMalformed { line }) => line,
            other => panic!("{other:?}"),
        };
        assert_eq!(line(""), 1);
        assert_eq!(line("hello"), 1);
        assert_eq!(line("cancuoc.trace/1\n> 00"), 2);
        assert_eq!(line("cancuoc.trace/1\n> 0"), 2);
        assert_eq!(line("cancuoc.trace/1\n< 9000"), 2);
    }
}
