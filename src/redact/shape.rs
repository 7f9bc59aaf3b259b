//! The shape of a conversation: what is left of it when nobody may know what it said.

use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::error::TransportError;
use crate::transport::Limits;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;

/// Octets of the header of a command.
const HEADER: usize = 4;

/// Bits of the class octet that say secure messaging.
const PROTECTED: u8 = 0x0C;

/// One exchange: how the command begins, lengths, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) header: Vec<u8>,
    pub(super) sent: usize,
    pub(super) end: End,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// An answer of so many bytes, with this status word.
    Answer(usize, [u8; 2]),
    /// No answer.
    Failure(TransportError),
}

impl Shape {
    pub(super) fn of(command: &[u8], answer: &Result<Vec<u8>, TransportError>) -> Self {
        Self {
            header: command.get(..HEADER).unwrap_or(command).to_vec(),
            sent: command.len(),
            end: match answer {
                Ok(bytes) => {
                    let status = bytes.last_chunk::<2>().copied().unwrap_or_default();
                    End::Answer(bytes.len(), status)
                }
                Err(error) => End::Failure(error.clone()),
            },
        }
    }

    /// Whether the two are the same kind of command with the same end; lengths may differ.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let end = match (&self.end, &other.end) {
            (End::Answer(_, one), End::Answer(_, two)) => one == two,
            (one, two) => one == two,
        };
        self.header == other.header && end
    }
}

/// Whether a command goes out under secure messaging.
pub(super) fn is_protected(command: &[u8]) -> bool {
    command
        .first()
        .is_some_and(|class| class & PROTECTED == PROTECTED)
}

/// A transport that others look at: it counts, and keeps what was said.
pub(super) struct Watched<T> {
    inner: T,
    count: Rc<Cell<usize>>,
    wire: Rc<RefCell<Vec<Exchanged>>>,
}

/// A command as it went out, and what came of it.
pub(super) type Exchanged = (Vec<u8>, Result<Vec<u8>, TransportError>);

impl<T: Transport> Watched<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            count: Rc::default(),
            wire: Rc::default(),
        }
    }

    pub(super) fn count(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.count)
    }

    pub(super) fn wire(&self) -> Rc<RefCell<Vec<Exchanged>>> {
        Rc::clone(&self.wire)
    }
}

impl<T: Transport> Transport for Watched<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.count.set(self.count.get().saturating_add(1));
        let answer = self.inner.transmit(command);
        self.wire
            .borrow_mut()
            .push((command.to_vec(), answer.clone()));
        answer
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.inner.reconnect(stop, within)
    }
}

/// The invented card on the reader of the other conversation: with its limits, lost where that was
/// lost, and saying no to the commands in the clear that it said no to.
pub(super) struct Staged<T> {
    inner: T,
    limits: Limits,
    model: Rc<Vec<Exchanged>>,
    at: usize,
    /// Whether to stop at the first exchange of another shape.
    strict: bool,
}

impl<T: Transport> Staged<T> {
    pub(super) fn new(inner: T, limits: &Limits, model: Rc<Vec<Exchanged>>) -> Self {
        Self {
            inner,
            limits: Limits {
                medium: Medium::Trace,
                ..limits.clone()
            },
            model,
            at: 0,
            strict: false,
        }
    }

    /// The same, and the conversation ends where it goes another way.
    pub(super) fn strict(self) -> Self {
        Self {
            strict: true,
            ..self
        }
    }
}

impl<T: Transport> Transport for Staged<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let model = self.model.get(self.at).cloned();
        self.at = self.at.saturating_add(1);
        let answer = match &model {
            Some((_, Err(error))) => return Err(error.clone()),
            // A status word alone, to the same command in the clear, tells of the chip and of nobody.
            Some((same, Ok(bytes)))
                if same == command && bytes.len() == 2 && !is_protected(command) =>
            {
                let own = self.inner.transmit(command)?;
                if own.as_slice() == bytes.as_slice() {
                    Ok(own)
                } else {
                    Ok(bytes.clone())
                }
            }
            _ => self.inner.transmit(command),
        };
        let like = model
            .is_none_or(|(sent, was)| Shape::of(command, &answer).is_like(&Shape::of(&sent, &was)));
        if self.strict && !like {
            return Err(TransportError::TraceDiverged { exchange: self.at });
        }
        answer
    }

    fn limits(&self) -> Limits {
        self.limits.clone()
    }
}
