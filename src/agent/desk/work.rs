//! The desk's thread.

mod commands;
mod outputs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use zeroize::Zeroizing;

use crate::agent::desk::Inbox;
use crate::agent::desk::Outgoing;
use crate::agent::desk::Parting;
use crate::agent::desk::ReadBegun;
use crate::agent::desk::ReadEnded;
use crate::agent::desk::Settings;
use crate::agent::desk::Visitor;
use crate::agent::desk::bay::Bay;
use crate::agent::desk::bay::Beginning;
use crate::agent::desk::bay::Wish;
use crate::agent::desk::session::Session;
use crate::agent::machine::Ended;
use crate::agent::machine::FileKind;
use crate::agent::machine::Input;
use crate::agent::machine::Moment;
use crate::agent::machine::Place;
use crate::agent::machine::Reached;
use crate::agent::machine::Refusal;
use crate::agent::machine::SessionNumber;
use crate::agent::protocol::Event;
use crate::agent::protocol::Fault;
use crate::agent::slots::News;
use crate::agent::slots::Service;
use crate::agent::slots::SlotId;
use crate::agent::slots::Slots;
use crate::agent::slots::Step;
use crate::crypto::hash::Hash;
use crate::error::Error;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::key::AccessKey;
use crate::registry::CardKey;
use crate::registry::CitizenNumber;
use crate::registry::SodDigest;
use crate::verify::Holder;
use crate::verify::Unverified;
use crate::verify::Vouched;
use crate::workflow::Inspected;

/// Everything that the desk knows.
pub(super) struct Work {
    settings: Settings,
    slots: Arc<dyn Slots>,
    began: Instant,
    service: Service,
    bays: BTreeMap<SlotId, Bay>,
    sessions: BTreeMap<SessionNumber, Session>,
    lines: BTreeMap<u64, Line>,
    sessions_so_far: u64,
    reads_so_far: u64,
}

/// A connection.
struct Line {
    visitor: Visitor,
    /// Until it has a session, which has it then: who is cut off is cut off whole.
    events: Option<Sender<Outgoing>>,
    session: Option<SessionNumber>,
}

/// What an input brings along that the machine need not know.
#[derive(Default)]
struct Brought {
    text: Option<Box<Unverified<Holder>>>,
    inspected: Option<Box<Inspected>>,
    picture: Option<Zeroizing<Vec<u8>>>,
    error: Option<Error>,
    key: Option<AccessKey>,
    wish: Option<Wish>,
}

type Answer = Result<Value, Box<Fault>>;

impl Work {
    pub(super) fn new(settings: Settings, slots: Arc<dyn Slots>) -> Self {
        Self {
            settings,
            slots,
            began: Instant::now(),
            service: Service::Up,
            bays: BTreeMap::new(),
            sessions: BTreeMap::new(),
            lines: BTreeMap::new(),
            sessions_so_far: 0,
            reads_so_far: 0,
        }
    }

    /// Works until it is closed, or nobody is left who could say anything.
    pub(super) fn run(mut self, inbox: &Receiver<Inbox>) {
        loop {
            let next = match self.deadline() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(until) => inbox.recv_timeout(until.0.saturating_sub(self.now().0)),
            };
            match next {
                Err(RecvTimeoutError::Disconnected) => return self.shut(),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Inbox::Close { done }) => {
                    self.shut();
                    let _ = done.send(());
                    return;
                }
                Ok(other) => self.take(other),
            }
            self.tick();
        }
    }

    fn now(&self) -> Moment {
        Moment(self.began.elapsed())
    }

    fn deadline(&self) -> Option<Moment> {
        let readers = self.bays.values().filter_map(|bay| bay.reader.deadline());
        let grace = self.settings.grace;
        let sessions = self.sessions.values();
        readers
            .chain(sessions.filter_map(|session| session.over(grace)))
            .min()
    }

    fn take(&mut self, what: Inbox) {
        match what {
            Inbox::News(news) => self.news(news),
            Inbox::Inspected {
                slot,
                read,
                inspected,
                picture,
            } => {
                let brought = Brought {
                    inspected: Some(inspected),
                    picture,
                    ..Brought::default()
                };
                self.done(slot, read, Ended::Inspected, brought);
            }
            Inbox::Entered {
                connection,
                visitor,
                events,
            } => {
                let line = Line {
                    visitor,
                    events: Some(events),
                    session: None,
                };
                self.lines.insert(connection, line);
            }
            Inbox::Asked {
                connection,
                command,
                answer,
            } => self.asked(connection, command, &answer),
            Inbox::Left {
                connection,
                unsent,
                parting,
            } => {
                let now = self.now();
                let line = self.lines.remove(&connection);
                let session = line.and_then(|line| line.session);
                if let Some(session) = session.and_then(|number| self.sessions.get_mut(&number)) {
                    // One that was taken up by another connection meanwhile is that one's.
                    if parting == Parting::Away && session.connection() == Some(connection) {
                        session.leaving = true;
                    }
                    session.detach(connection, unsent, now);
                }
            }
            Inbox::Close { .. } => {}
        }
    }

    /// Whatever is due.
    fn tick(&mut self) {
        let now = self.now();
        let due: Vec<SlotId> = self
            .bays
            .iter()
            .filter(|(_, bay)| bay.reader.deadline().is_some_and(|until| until <= now))
            .map(|(slot, _)| *slot)
            .collect();
        for slot in due {
            self.turn(slot, &Input::Tick);
        }
        let grace = self.settings.grace;
        let over: Vec<SessionNumber> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.over(grace).is_some_and(|over| over <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            for slot in self.slots() {
                self.turn(slot, &Input::Gone(number));
            }
            self.sessions.remove(&number);
            self.count();
        }
    }

    fn shut(&mut self) {
        for slot in self.slots() {
            self.turn(slot, &Input::Shutdown);
        }
        let (at, now) = (Timestamp::now(), self.now());
        for session in self.sessions.values_mut() {
            session.tell(&Event::Shutdown, None, at, now);
        }
        self.sessions.clear();
        self.lines.clear();
    }

    fn slots(&self) -> Vec<SlotId> {
        self.bays.keys().copied().collect()
    }

    fn count(&mut self) {
        let sessions = self.sessions.len();
        let there = |bay: &&Bay| bay.reader.place() == Place::Attached;
        let readers = self.bays.values().filter(there).count();
        if let Some(witness) = &mut self.settings.witness {
            witness.counted(sessions, readers);
        }
    }

    fn news(&mut self, news: News) {
        match news {
            News::Attached {
                slot,
                name,
                material,
            } => {
                let bay = self
                    .bays
                    .entry(slot)
                    .or_insert_with(|| Bay::new(name.clone(), material));
                bay.name = name;
                bay.material = material;
                self.turn(slot, &Input::Attached);
                self.count();
            }
            News::Detached { slot } => {
                self.turn(slot, &Input::Detached);
                self.count();
            }
            News::Card { slot, card } => self.turn(slot, &Input::Card(card)),
            News::Removed { slot } => self.turn(slot, &Input::Removed),
            News::Step { slot, read, step } => {
                let (step, text) = reached(step);
                self.note_card(slot, read, text.as_deref());
                if !self.is_recorded(slot, read, step) {
                    // What cannot be recorded is not shown. How the read ends is recorded or told as such.
                    return;
                }
                let brought = Brought {
                    text,
                    ..Brought::default()
                };
                // What a worker says is never refused.
                let _ = self.turn_with(slot, &Input::Step { read, step }, brought);
            }
            News::Done { slot, read, result } => {
                let (ended, brought) = match result {
                    Ok(inspected) => (
                        Ended::Inspected,
                        Brought {
                            inspected: Some(inspected),
                            ..Brought::default()
                        },
                    ),
                    Err(error) => (
                        Ended::Failed,
                        Brought {
                            error: Some(error),
                            ..Brought::default()
                        },
                    ),
                };
                self.done(slot, read, ended, brought);
            }
            News::Service(service) => self.service = service,
        }
    }

    /// Has it recorded that a read began, once its chip is open, and waits for that before any text. Whether
    /// what was reached may be told.
    fn is_recorded(&mut self, slot: SlotId, read: u64, step: Reached) -> bool {
        if !matches!(step, Reached::Opened | Reached::Text) {
            return true;
        }
        let wish = self.bays.get_mut(&slot).and_then(|bay| bay.wish.as_mut());
        let wish = wish.filter(|wish| wish.read == read);
        let (Some(wish), Some(witness)) = (wish, &mut self.settings.witness) else {
            return true;
        };
        if wish.beginning == Beginning::Unrecorded {
            wish.beginning = Beginning::Recorded;
            witness.read_begun(&ReadBegun {
                reader: slot,
                read,
                context: &wish.context,
            });
        }
        step != Reached::Text || witness.kept(read).is_ok()
    }

    /// Keeps whose card it says it is, for the record of a read that comes to nothing.
    fn note_card(&mut self, slot: SlotId, read: u64, text: Option<&Unverified<Holder>>) {
        let wish = self.bays.get_mut(&slot).and_then(|bay| bay.wish.as_mut());
        let wish = wish.filter(|wish| wish.read == read);
        if let (Some(wish), Some(holder)) = (wish, text) {
            let number = holder.inspect_unverified().citizen_number();
            wish.card = Some(CardKey {
                sod: None,
                number: number.and_then(CitizenNumber::new),
            });
        }
    }

    /// A worker has ended. A read that cannot be recorded has no result.
    fn done(&mut self, slot: SlotId, read: u64, mut ended: Ended, mut brought: Brought) {
        let ours = self
            .bays
            .get(&slot)
            .is_some_and(|bay| bay.reader.read() == Some(read));
        let recorded = if ours {
            self.record(slot, &brought)
        } else {
            Ok(())
        };
        if let Err(error) = recorded {
            ended = Ended::Failed;
            brought = Brought {
                error: Some(error),
                ..Brought::default()
            };
        }
        let _ = self.turn_with(slot, &Input::Done { read, ended }, brought);
    }

    /// Has a read recorded that ends with what a worker brings.
    fn record(&mut self, slot: SlotId, brought: &Brought) -> Result<(), Error> {
        let outcome = match (&brought.inspected, &brought.error) {
            (Some(inspected), _) => inspected.report.verdict().word(),
            (None, Some(error)) => error.code(),
            (None, None) => Fault::Cancelled.code(),
        };
        self.record_as(slot, outcome, brought.inspected.as_deref())
    }

    fn record_as(
        &mut self,
        slot: SlotId,
        outcome: &'static str,
        inspected: Option<&Inspected>,
    ) -> Result<(), Error> {
        let now = self.now();
        let wish = self.bays.get(&slot).and_then(|bay| bay.wish.as_ref());
        let (Some(wish), Some(witness)) = (wish, &mut self.settings.witness) else {
            return Ok(());
        };
        let card = inspected.map(card);
        let receipt = inspected.and_then(|inspected| inspected.answer.as_ref()?.receipt.as_ref());
        let digest = receipt.map(|receipt| Hash::Sha256.digest(&[&receipt.answer]));
        witness.read_ended(&ReadEnded {
            reader: slot,
            read: wish.read,
            context: &wish.context,
            card: card.as_ref().or(wish.card.as_ref()),
            outcome,
            registry_answer: digest.and_then(|digest| digest.try_into().ok()),
            took: now.0.saturating_sub(wish.since.0),
        })
    }

    /// A turn that brings nothing along and cannot be refused.
    fn turn(&mut self, slot: SlotId, input: &Input) {
        let _ = self.turn_with(slot, input, Brought::default());
    }

    fn turn_with(
        &mut self,
        slot: SlotId,
        input: &Input,
        mut brought: Brought,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let Some(bay) = self.bays.get_mut(&slot) else {
            return Err(Refusal::Detached);
        };
        let reader = std::mem::take(&mut bay.reader);
        if let Input::Done { read, .. } = input
            && reader.worker() == Some(*read)
        {
            // The worker is gone whether or not its read was still wanted.
            bay.running = None;
        }
        let turn = reader.step(now, &self.settings.times, input);
        bay.reader = turn.reader;
        if let Some(refusal) = turn.refused {
            return Err(refusal);
        }
        let mut failed = None;
        for output in turn.outputs {
            failed = self.carry_out(slot, output, &mut brought).or(failed);
        }
        if let Some((read, error)) = failed {
            let brought = Brought {
                error: Some(error),
                ..Brought::default()
            };
            self.done(slot, read, Ended::Failed, brought);
        }
        Ok(())
    }
}

/// What the machine is told of a step, and what it need not know.
fn reached(step: Step) -> (Reached, Option<Box<Unverified<Holder>>>) {
    let plain = |reached| (reached, None);
    match step {
        Step::Opening => plain(Reached::Opening),
        Step::Opened => plain(Reached::Opened),
        Step::File { file, index, count } => {
            let kind = match file {
                FileId::Group(DataGroup::DG2) => FileKind::Photo,
                _ => FileKind::Text,
            };
            plain(Reached::File { kind, index, count })
        }
        Step::Text(holder) => (Reached::Text, holder),
        Step::Proving => plain(Reached::Proving),
        Step::Verifying => plain(Reached::Verifying),
        Step::Registry => plain(Reached::Registry),
        Step::KeyWanted { why, tries_left } => plain(Reached::KeyWanted { why, tries_left }),
        Step::Lost { within } => plain(Reached::Lost { within }),
        Step::Found => plain(Reached::Found),
    }
}

/// Names the card of a read, for its record.
fn card(inspected: &Inspected) -> CardKey {
    let holder = match inspected.report.holder() {
        Some(Vouched::Verified(holder)) => Some(holder.get()),
        Some(Vouched::Unverified(holder)) => Some(holder.inspect_unverified()),
        None => None,
    };
    let sod = inspected.report.security_object_sha256();
    CardKey {
        sod: sod.copied().map(SodDigest::from_bytes),
        number: holder
            .and_then(Holder::citizen_number)
            .and_then(CitizenNumber::new),
    }
}

#[cfg(test)]
mod tests;
