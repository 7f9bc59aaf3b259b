//! Running a saved conversation again, and listening.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::capture::Reading;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::reader;
use crate::reader::Plan;
use crate::redact::heard::Said;
use crate::redact::shape::Exchanged;
use crate::redact::shape::Watched;
use crate::transport::Limits;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::trace::Recorder;
use crate::transport::trace::Redaction;
use crate::transport::trace::Trace;

/// Longest time for a conversation that waits for nothing.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A conversation that was heard to its end.
pub(super) struct Observed {
    pub(super) limits: Limits,
    pub(super) redaction: Option<Redaction>,
    /// What went over the wire.
    pub(super) wire: Vec<Exchanged>,
    /// The same as it is without secure messaging.
    pub(super) said: Vec<Said>,
    /// The bytes that the terminal drew.
    pub(super) drawn: Vec<Vec<u8>>,
    /// What came of it: a failure that is in the trace is an outcome like another.
    pub(super) outcome: Result<Reading, Error>,
    /// The conversation written down anew.
    pub(super) again: String,
}

/// A source of random bytes that keeps what it gave.
struct Drawing<'a, R> {
    inner: R,
    drawn: &'a RefCell<Vec<Vec<u8>>>,
}

impl<R: Random> Random for Drawing<'_, R> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        self.inner.fill(buffer)?;
        self.drawn.borrow_mut().push(buffer.to_vec());
        Ok(())
    }
}

/// Runs a trace again under this plan.
///
/// # Errors
/// [`SetupError::TraceMalformed`], and [`SetupError::TraceUnlike`] when the plan is not the one of
/// the trace, or the trace holds more than was said under it.
pub(super) fn observe(text: &str, plan: &Plan) -> Result<Observed, Error> {
    let trace = Trace::parse(text)?;
    let redaction = trace.redaction().cloned();
    let exchanges = trace.exchanges();
    let (card, random) = trace.replay();
    let limits = card.limits();
    let recorder = Recorder::new();
    let drawn = RefCell::default();
    let mut watched = Watched::new(recorder.transport(card));
    let (count, wire) = (watched.count(), watched.wire());
    let mut random = Drawing {
        inner: recorder.random(random),
        drawn: &drawn,
    };
    let mut said = Vec::new();
    let outcome = reader::read_aloud(
        &mut watched,
        plan,
        &Stop::after(LIMIT),
        &mut random,
        &mut |command, response| {
            said.push(Said {
                command: command.clone(),
                response: response.clone(),
                exchange: count.get(),
            });
        },
    );
    let unlike = |exchange: usize| SetupError::TraceUnlike { exchange };
    if let Err(
        Error::Transport(TransportError::TraceDiverged { .. } | TransportError::TraceEnded { .. })
        | Error::Setup(SetupError::NoRandomness),
    ) = &outcome
    {
        return Err(unlike(count.get()).into());
    }
    // A failure before the last exchange is one of the plan, not of the card.
    if count.get() != exchanges {
        return Err(unlike(count.get().saturating_add(1)).into());
    }
    drop(watched);
    drop(random);
    Ok(Observed {
        limits,
        redaction,
        wire: Rc::try_unwrap(wire)
            .map_or_else(|shared| shared.borrow().clone(), RefCell::into_inner),
        said,
        drawn: drawn.into_inner(),
        outcome,
        again: recorder.text(),
    })
}
