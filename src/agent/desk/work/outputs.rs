//! What the machine of a reader gives out, carried out and told to whom it concerns.

use std::sync::Arc;

use jiff::Timestamp;

use crate::agent::desk::body;
use crate::agent::desk::work::Brought;
use crate::agent::desk::work::Work;
use crate::agent::machine::Failure;
use crate::agent::machine::Output;
use crate::agent::machine::Public;
use crate::agent::machine::Say;
use crate::agent::machine::SessionNumber;
use crate::agent::protocol::Event;
use crate::agent::protocol::Fault;
use crate::agent::protocol::ResultBody;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::agent::slots::SlotId;
use crate::error::Error;
use crate::error::TransportError;
use crate::reader::Groups;

impl Work {
    /// Does what the machine says. Gives a read that could not begin, and why.
    pub(super) fn carry_out(
        &mut self,
        slot: SlotId,
        output: Output,
        brought: &mut Brought,
    ) -> Option<(u64, Error)> {
        match output {
            Output::Tell { to, say } => self.say(slot, to, say, brought),
            Output::Everybody(public) => self.announce(slot, public),
            Output::Wipe => {
                if let Some(bay) = self.bays.get_mut(&slot) {
                    bay.wish = None;
                }
                for session in self.sessions.values_mut() {
                    session.wipe(slot);
                }
            }
            Output::Accept { .. } => {
                if let Some(bay) = self.bays.get_mut(&slot) {
                    bay.wish = brought.wish.take();
                }
            }
            Output::KeepKey => {
                let wish = self.bays.get_mut(&slot).and_then(|bay| bay.wish.as_mut());
                if let Some(wish) = wish {
                    wish.key = brought.key.take();
                }
            }
            Output::Start { read } => {
                if let Err(error) = self.start(slot, read) {
                    return Some((read, error));
                }
            }
            Output::PassKey => {
                if let (Some(running), Some(key)) = (self.running(slot), brought.key.take()) {
                    running.key(key);
                }
            }
            Output::GoOn => {
                if let Some(running) = self.running(slot) {
                    running.go_on();
                }
            }
            Output::Cancel => {
                if let Some(running) = self.running(slot) {
                    running.cancel();
                }
            }
        }
        None
    }

    fn running(&self, slot: SlotId) -> Option<&Running> {
        self.bays.get(&slot)?.running.as_ref()
    }

    fn start(&mut self, slot: SlotId, read: u64) -> Result<(), Error> {
        let bay = self.bays.get_mut(&slot);
        let (Some(bay), judge) = (bay, &self.settings.judge) else {
            return Err(TransportError::ReaderRemoved.into());
        };
        let Some(wish) = bay.wish.as_mut().filter(|wish| wish.read == read) else {
            return Err(TransportError::Cancelled.into());
        };
        let order = Order {
            read,
            key: wish.key.take(),
            groups: match &wish.groups {
                None => Groups::Signed,
                Some(groups) => Groups::Only(groups.clone()),
            },
            checks: wish.checks.clone(),
            context: wish.context.clone(),
            disclose: wish.disclose.clone(),
            within: wish.within,
            judge: Arc::clone(judge),
        };
        bay.running = Some(self.slots.read(slot, order)?);
        Ok(())
    }

    fn say(&mut self, reader: SlotId, to: SessionNumber, say: Say, brought: &mut Brought) {
        let wish = self.bays.get(&reader).and_then(|bay| bay.wish.as_ref());
        let event = match say {
            Say::Phase {
                read,
                phase,
                file,
                percent,
            } => Event::Phase {
                reader,
                read,
                phase,
                file,
                percent,
            },
            Say::KeyWanted {
                read,
                why,
                tries_left,
            } => Event::KeyWanted {
                reader,
                read,
                why,
                tries_left,
            },
            Say::Paused { read, within } => Event::Paused {
                reader,
                read,
                within,
            },
            Say::Resumed { read } => Event::Resumed { reader, read },
            Say::Partial { read } => {
                let Some(wish) = wish else { return };
                Event::Partial {
                    reader,
                    read,
                    holder: body::partial(brought.text.as_deref(), wish),
                }
            }
            Say::Result { read } => match self.result(reader, brought) {
                Ok(body) => Event::Result {
                    reader,
                    read,
                    body: Box::new(body),
                    clear_after: self.settings.times.clear,
                },
                Err(fault) => Event::Failed {
                    reader,
                    read,
                    fault: *fault,
                },
            },
            Say::Failed { read, why } => {
                let fault = failed(why, brought.error.take());
                if why != Failure::AsReported {
                    // Nothing is held back for want of a record: nothing is given out.
                    let _ = self.record_as(reader, fault.code(), None);
                }
                Event::Failed {
                    reader,
                    read,
                    fault,
                }
            }
            Say::Cleared(why) => Event::Cleared { reader, why },
        };
        let (at, now) = (Timestamp::now(), self.now());
        let about = event.is_personal().then_some(reader);
        if let Some(session) = self.sessions.get_mut(&to) {
            session.tell(&event, about, at, now);
        }
    }

    fn result(&self, slot: SlotId, brought: &mut Brought) -> Result<ResultBody, Box<Fault>> {
        let wish = self.bays.get(&slot).and_then(|bay| bay.wish.as_ref());
        let (Some(inspected), Some(wish)) = (brought.inspected.take(), wish) else {
            return Err(Box::new(Fault::Cancelled));
        };
        let key = self.settings.device_key.as_deref();
        let picture = brought.picture.as_deref().map(Vec::as_slice);
        let body = body::result(&inspected, wish, key, picture);
        body.map_err(|error| Box::new(error.into()))
    }

    /// Tells every session what everybody may know.
    fn announce(&mut self, reader: SlotId, public: Public) {
        let Some(bay) = self.bays.get(&reader) else {
            return;
        };
        let (at, now) = (Timestamp::now(), self.now());
        for (number, session) in &mut self.sessions {
            let event = match public {
                Public::Attached => Event::ReaderAttached {
                    reader,
                    name: bay.name.clone(),
                    material: bay.material,
                },
                Public::Detached => Event::ReaderDetached {
                    reader,
                    name: bay.name.clone(),
                },
                Public::CardPresent(card) => Event::CardPresent { reader, card },
                Public::CardRemoved => Event::CardRemoved { reader },
                Public::State { word, owner } => Event::ReaderState {
                    reader,
                    state: word,
                    mine: owner == Some(*number),
                },
            };
            session.tell(&event, None, at, now);
        }
    }
}

/// Why a read came to nothing, in the words of the protocol.
fn failed(why: Failure, reported: Option<Error>) -> Fault {
    match why {
        Failure::Cancelled => Fault::Cancelled,
        Failure::WaitedTooLong => Fault::WaitedTooLong,
        Failure::ReaderGone => Fault::Run(TransportError::ReaderRemoved.into()),
        Failure::Timeout => Fault::Run(TransportError::Timeout.into()),
        Failure::Closing => Fault::Closing,
        Failure::AsReported => reported.map_or(Fault::Cancelled, Fault::Run),
    }
}
