//! One attempt at reading a card with one key.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use crate::agent::judge::Judge;
use crate::agent::slots::CardKind;
use crate::agent::slots::Order;
use crate::agent::slots::SlotId;
use crate::agent::slots::Step;
use crate::agent::slots::board::Board;
use crate::agent::slots::board::Turn;
use crate::agent::slots::gate::Gate;
use crate::agent::slots::look;
use crate::agent::slots::worker;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::TransportError;
use crate::lds::key::AccessKey;
use crate::reader::Plan;
use crate::reader::Progress;
use crate::registry::Answer;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::transport::Limits;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::reader_pace::PaceReader;
use crate::transport::reader_pace::PaceRequest;
use crate::transport::reader_pace::ReaderChannel;
use crate::transport::reader_pace::ReaderPaceFault;
use crate::verify;
use crate::workflow;
use crate::workflow::Inspected;
use crate::workflow::Judgement;

/// How long a card may be held by the read before, whose driver does not return.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an attempt is given.
pub(super) struct Asked {
    pub(super) board: Arc<Board>,
    pub(super) slot: SlotId,
    pub(super) reader: String,
    pub(super) order: Arc<Order>,
    pub(super) stop: Stop,
    pub(super) gate: Arc<Gate>,
}

/// What came of an attempt, and the key back.
pub(super) struct Attempted {
    pub(super) key: AccessKey,
    pub(super) outcome: Result<Inspected, Error>,
}

/// Reads, judges and asks. Whatever becomes of it, the card is let go of.
pub(super) fn run(asked: &Asked, key: AccessKey) -> Attempted {
    let policy = asked.order.judge.policy();
    let plan = Plan {
        put_back: worker::PUT_BACK,
        ..Plan::new(key, asked.order.groups.clone(), policy.access())
    };
    let read = || {
        let turn = asked.board.take(asked.slot, &asked.stop, PATIENCE)?;
        inspect(asked, turn, &plan)
    };
    let outcome = catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Error::Internal));
    Attempted {
        key: plan.key,
        outcome,
    }
}

fn inspect(asked: &Asked, turn: Turn, plan: &Plan) -> Result<Inspected, Error> {
    let (gate, order) = (&asked.gate, &asked.order);
    gate.step(Step::Opening);
    let around = asked.board.ground().around(&asked.reader)?;
    let mut trust = order.judge.trust();
    let mut now = order.judge.now();
    let mut registry: Option<Box<dyn Registry>> = match order.judge.registry_kind() {
        "none" => order.judge.registry(),
        _ => Some(Box::new(WhenAsked(Arc::clone(&order.judge)))),
    };
    if let Some(around) = &around {
        // The authority of a virtual card counts for this read only.
        let own = Arc::make_mut(&mut trust);
        around.trust(own)?;
        own.own_test_material();
        now = around.now()?.unwrap_or(now);
        registry = around.register().or(registry);
    }
    let policy = order.judge.policy().clone().requiring(&order.checks);
    let judgement = Judgement {
        trust: &trust,
        policy: &policy,
        now,
        context: order.context.clone(),
        disclose: order.disclose.clone(),
    };
    let card = asked.board.ground().open(&asked.reader, &asked.stop)?;
    let held = Held::new(card, turn);
    let inspected = workflow::inspect(
        &mut &held,
        plan,
        &asked.stop,
        &mut System,
        &judgement,
        registry.as_deref_mut(),
        &mut |progress| match progress {
            // Told before the card was powered up.
            Progress::Opening => {}
            Progress::Opened => {
                gate.refine(CardKind::Emrtd);
                gate.step(Step::Opened);
            }
            Progress::File { file, index, count } => gate.step(Step::File { file, index, count }),
            Progress::Text(capture) => {
                gate.refine(look::kind_of(capture));
                let holder = verify::unverified(capture, now);
                gate.step(Step::Text(holder.map(Box::new)));
            }
            Progress::Proving => gate.step(Step::Proving),
            Progress::Lost { within } => gate.step(Step::Lost { within }),
            Progress::Found => gate.step(Step::Found),
            Progress::Verifying => {
                // Nothing more is asked of it: it may be taken away.
                held.let_go();
                gate.step(Step::Verifying);
            }
            Progress::Asking => gate.step(Step::Registry),
        },
    )?;
    gate.refine(look::kind_of(&inspected.capture));
    Ok(inspected)
}

/// A card that can be let go of while it is lent out.
struct Held {
    limits: Limits,
    card: RefCell<Option<(Box<dyn Transport + Send>, Turn)>>,
}

impl Held {
    fn new(card: Box<dyn Transport + Send>, turn: Turn) -> Self {
        Self {
            limits: card.limits(),
            card: RefCell::new(Some((card, turn))),
        }
    }

    /// Lets go of the card, and then of the reader.
    fn let_go(&self) {
        let card = self.card.borrow_mut().take();
        if let Some((card, turn)) = card {
            drop(card);
            drop(turn);
        }
    }

    fn with<T>(
        &self,
        ask: impl FnOnce(&mut dyn Transport) -> Result<T, TransportError>,
    ) -> Result<T, TransportError> {
        match self.card.borrow_mut().as_mut() {
            Some((card, _)) => ask(card.as_mut()),
            None => Err(TransportError::CardRemoved),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Transport for &Held {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.with(|card| card.transmit(command))
    }

    fn limits(&self) -> Limits {
        let now = self.card.borrow();
        now.as_ref()
            .map_or_else(|| self.limits.clone(), |(card, _)| card.limits())
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.with(|card| card.reconnect(stop, within))
    }

    fn pace_reader(&mut self) -> Option<&mut dyn PaceReader> {
        let offered = self.with(|card| Ok(card.pace_reader().is_some()));
        (offered == Ok(true)).then_some(self)
    }
}

impl PaceReader for &Held {
    fn establish(&mut self, request: &PaceRequest<'_>) -> Result<ReaderChannel, ReaderPaceFault> {
        let mut held = self.card.borrow_mut();
        let card = held.as_mut().and_then(|(card, _)| card.pace_reader());
        match card {
            Some(reader) => reader.establish(request),
            None => Err(TransportError::CardRemoved.into()),
        }
    }
}

/// A registry that is opened when it is asked, beside the photo, and not while the card waits.
struct WhenAsked(Arc<Judge>);

impl Registry for WhenAsked {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        match self.0.registry() {
            Some(registry) => registry.check(query),
            None => Err(RegistryError::NotReached {
                why: "no registry is named".to_owned(),
            }),
        }
    }
}
