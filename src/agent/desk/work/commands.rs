//! What clients ask, and the replies.

use std::sync::mpsc::SyncSender;

use jiff::tz;
use serde_json::Value;
use serde_json::json;

use crate::agent::desk::Visitor;
use crate::agent::desk::bay::Bay;
use crate::agent::desk::bay::Standing;
use crate::agent::desk::bay::Wish;
use crate::agent::desk::replies;
use crate::agent::desk::session::Session;
use crate::agent::desk::work::Answer;
use crate::agent::desk::work::Brought;
use crate::agent::desk::work::Work;
use crate::agent::machine::Input;
use crate::agent::machine::KeyHeld;
use crate::agent::machine::Place;
use crate::agent::machine::Refusal;
use crate::agent::machine::SessionNumber;
use crate::agent::protocol::Ask;
use crate::agent::protocol::Command;
use crate::agent::protocol::Evidence;
use crate::agent::protocol::Fault;
use crate::agent::protocol::Hello;
use crate::agent::protocol::KeyText;
use crate::agent::protocol::LEVEL;
use crate::agent::protocol::OLDEST_LEVEL;
use crate::agent::protocol::ReaderView;
use crate::agent::slots::Service;
use crate::agent::slots::SlotId;
use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::lds::key::AccessKey;
use crate::registry::query::Officer;

/// Most sessions at a time.
const MAX_SESSIONS: usize = 64;

/// Octets of a session's name.
const NAME: usize = 16;

impl Work {
    pub(super) fn asked(&mut self, connection: u64, command: Command, answer: &SyncSender<Answer>) {
        let replied = self.answer(connection, command);
        let _ = answer.send(replied);
    }

    fn answer(&mut self, connection: u64, command: Command) -> Answer {
        let fault = |fault: Fault| Box::new(fault);
        let Some(line) = self.lines.get(&connection) else {
            return Err(fault(Fault::Closing));
        };
        let session = line
            .session
            .filter(|session| self.sessions.contains_key(session));
        let session = match (&command, session) {
            (Command::Hello(hello), _) => return self.hello(connection, hello.clone()),
            (
                Command::Leave {
                    session: Some(name),
                },
                _,
            ) => {
                return self.leave(connection, |_, session| session.name == *name);
            }
            (_, None) => return Err(fault(Fault::HelloFirst)),
            (_, Some(session)) => session,
        };
        match command {
            Command::Hello(_) => Err(fault(Fault::HelloFirst)),
            Command::Leave { .. } => self.leave(connection, |number, _| number == session),
            Command::Status => Ok(self.status(session)),
            Command::Readers => Ok(json!({"readers": self.views(session)})),
            Command::Trust => Ok(self.trust()),
            Command::Claim { reader } => {
                let slot = self.simple(&reader, &Input::Claim(session), Brought::default())?;
                Ok(json!({"reader": slot.to_string()}))
            }
            Command::Release { reader } => {
                self.simple(&reader, &Input::Release(session), Brought::default())?;
                Ok(json!({}))
            }
            Command::Read(ask) => self.read(session, *ask),
            Command::Key { reader, key } => {
                let brought = Brought {
                    key: Some(self.key(&key)?),
                    ..Brought::default()
                };
                self.simple(&reader, &Input::Key(session), brought)?;
                Ok(json!({}))
            }
            Command::Continue { reader } => {
                self.simple(&reader, &Input::Continue(session), Brought::default())?;
                Ok(json!({}))
            }
            Command::Cancel { reader } => {
                self.simple(&reader, &Input::Cancel(session), Brought::default())?;
                Ok(json!({}))
            }
            Command::End { reader } => {
                self.simple(&reader, &Input::End(session), Brought::default())?;
                Ok(json!({}))
            }
        }
    }

    /// A command about one reader.
    fn simple(
        &mut self,
        reader: &str,
        input: &Input,
        brought: Brought,
    ) -> Result<SlotId, Box<Fault>> {
        let slot = self.slot(reader)?;
        match self.turn_with(slot, input, brought) {
            Ok(()) => Ok(slot),
            Err(refusal) => Err(Box::new(self.refused(refusal))),
        }
    }

    fn slot(&self, reader: &str) -> Result<SlotId, Box<Fault>> {
        let slot = SlotId::parse(reader).filter(|slot| self.bays.contains_key(slot));
        slot.ok_or_else(|| Box::new(self.no_reader()))
    }

    /// Why a reader is not there: the service that has them may be down.
    fn no_reader(&self) -> Fault {
        match &self.service {
            Service::Up => Fault::NoSuchReader,
            Service::Down(error) => Fault::Run(error.clone()),
        }
    }

    fn refused(&self, refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Detached => self.no_reader(),
            Refusal::Claimed(owner) => Fault::ReaderClaimed {
                holder: self
                    .sessions
                    .get(&owner)
                    .map(|session| session.label.clone())
                    .unwrap_or_default(),
            },
            Refusal::NotClaimed => Fault::NotClaimed,
            Refusal::Busy => Fault::Busy,
            Refusal::NothingToDo => Fault::NothingToDo,
        }
    }

    /// Understands a key. Cards get their dates in Vietnam.
    fn key(&self, text: &KeyText) -> Result<AccessKey, Box<Fault>> {
        let now = self.settings.judge.timestamp();
        let today = tz::offset(7).to_datetime(now.unwrap_or_default()).date();
        AccessKey::parse(text.expose(), today).map_err(|error| Box::new(error.into()))
    }

    fn read(&mut self, session: SessionNumber, mut ask: Ask) -> Answer {
        let slot = self.slot(&ask.reader)?;
        if ask.evidence != Evidence::None && self.settings.device_key.is_none() {
            return Err(Box::new(Fault::NoDeviceKey));
        }
        let key = ask.key.as_ref().map(|key| self.key(key)).transpose()?;
        let Some(own) = self.sessions.get(&session) else {
            return Err(Box::new(Fault::SessionGone));
        };
        if own.officer.is_some() {
            // The site has said who sits there: whatever comes of that name, the page names nobody else.
            ask.purpose.officer = None;
        }
        let mine = |bay: &Bay| bay.reader.owner() == Some(session) && bay.reader.read().is_none();
        // Whoever is refused anyway costs no record of a trial.
        if let (true, Some(witness)) = (
            self.bays.get(&slot).is_some_and(mine),
            &mut self.settings.witness,
        ) {
            witness
                .ready()
                .map_err(|error| Box::new(Fault::Run(error)))?;
        }
        let read = self.reads_so_far + 1;
        let input = Input::Read {
            session,
            read,
            key: match key {
                Some(_) => KeyHeld::Yes,
                None => KeyHeld::No,
            },
            wait: ask.within.unwrap_or(self.settings.wait),
        };
        let judge = &self.settings.judge;
        let wish = Wish::of(
            ask,
            Standing {
                read,
                since: self.now(),
                origin: &own.label,
                key,
                officer: own.officer.as_deref().and_then(Officer::new),
                context: judge.context(),
                disclose: judge.disclose(),
                fields: &self.settings.fields,
                within: self.settings.within,
            },
        );
        let brought = Brought {
            wish: Some(wish),
            ..Brought::default()
        };
        match self.turn_with(slot, &input, brought) {
            Ok(()) => {
                self.reads_so_far = read;
                Ok(json!({"read": read}))
            }
            Err(refusal) => Err(Box::new(self.refused(refusal))),
        }
    }

    fn hello(&mut self, connection: u64, hello: Hello) -> Answer {
        if !(OLDEST_LEVEL..=LEVEL).contains(&hello.level) {
            return Err(Box::new(Fault::Level));
        }
        let now = self.now();
        let Some(line) = self.lines.get_mut(&connection) else {
            return Err(Box::new(Fault::Closing));
        };
        let known = line
            .session
            .filter(|session| self.sessions.contains_key(session));
        let number = match (known, hello.resume) {
            // Whoever says hello twice is still whom it was.
            (Some(number), None) => number,
            (Some(_), Some(_)) => return Err(Box::new(Fault::malformed("/resume"))),
            (None, Some(resume)) => {
                let found = self.sessions.iter_mut().find(|(_, session)| {
                    session.name == resume.session && session.is_of(&line.visitor)
                });
                let Some((number, session)) = found.filter(|(_, own)| own.knows(resume.seq)) else {
                    return Err(Box::new(Fault::SessionGone));
                };
                let Some(events) = line.events.take() else {
                    return Err(Box::new(Fault::SessionGone));
                };
                let former = session.connection();
                session.attach(connection, events, resume.seq, now);
                line.session = Some(*number);
                let number = *number;
                if let Some(former) = former {
                    self.lines.remove(&former);
                }
                number
            }
            (None, None) => {
                if self.sessions.len() >= MAX_SESSIONS {
                    self.make_room()?;
                }
                let Some(line) = self.lines.get_mut(&connection) else {
                    return Err(Box::new(Fault::Closing));
                };
                let Some(events) = line.events.take() else {
                    return Err(Box::new(Fault::SessionGone));
                };
                let mut octets = [0; NAME];
                System.fill(&mut octets).map_err(|_| Fault::Overloaded)?;
                let Visitor { label, officer } = line.visitor.clone();
                let mut session = Session::new(hex::encode(octets), label, officer);
                session.attach(connection, events, 0, now);
                self.sessions_so_far += 1;
                let number = SessionNumber(self.sessions_so_far);
                line.session = Some(number);
                self.sessions.insert(number, session);
                number
            }
        };
        self.count();
        Ok(self.welcome(number))
    }

    /// Has a session end with its connection. A page that is closed says so without the socket, which is
    /// closing by then; where the page that was loaded in its place has taken the session up already, that
    /// one's connection goes on.
    fn leave(
        &mut self,
        connection: u64,
        which: impl Fn(SessionNumber, &Session) -> bool,
    ) -> Answer {
        let Some(line) = self.lines.get(&connection) else {
            return Err(Box::new(Fault::Closing));
        };
        let visitor = &line.visitor;
        let found = self
            .sessions
            .iter_mut()
            .find(|(number, own)| which(**number, own) && own.is_of(visitor));
        let Some((_, session)) = found else {
            return Err(Box::new(Fault::SessionGone));
        };
        session.leaving = true;
        Ok(json!({}))
    }

    /// Ends the session that has been without a connection for longest and has no reader: a page that is
    /// loaded over and over leaves sessions behind, and must not keep the others out by them.
    fn make_room(&mut self) -> Result<(), Box<Fault>> {
        let owns = |number: SessionNumber| {
            self.bays
                .values()
                .any(|bay| bay.reader.owner() == Some(number))
        };
        let left = self.sessions.iter().filter_map(|(number, session)| {
            let left = session.left.filter(|_| !owns(*number))?;
            Some((left, *number))
        });
        let Some((_, oldest)) = left.min() else {
            return Err(Box::new(Fault::Overloaded));
        };
        self.sessions.remove(&oldest);
        Ok(())
    }

    fn welcome(&self, number: SessionNumber) -> Value {
        let session = self.sessions.get(&number);
        let owned = self.bays.iter();
        let owned = owned.filter(|(_, bay)| bay.reader.owner() == Some(number));
        let owned: Vec<String> = owned.map(|(slot, _)| slot.to_string()).collect();
        json!({
            "session": session.map(|session| session.name.as_str()),
            "seq": session.map(Session::seq),
            "level": LEVEL,
            "levels": replies::levels(),
            "agent": replies::agent(self.settings.device_key.as_deref()),
            "readers": self.views(number),
            "owns": owned,
        })
    }

    fn views(&self, number: SessionNumber) -> Vec<Value> {
        let there = self.bays.iter();
        let there = there.filter(|(_, bay)| bay.reader.place() == Place::Attached);
        let views = there.map(|(slot, bay)| ReaderView {
            reader: *slot,
            name: bay.name.clone(),
            state: bay.reader.word(),
            mine: bay.reader.owner() == Some(number),
            card: bay.reader.card(),
            material: bay.material,
        });
        views.map(|view| view.json()).collect()
    }

    fn trust(&self) -> Value {
        let judge = &self.settings.judge;
        replies::trust(&judge.summary(), judge.timestamp())
    }

    fn status(&self, number: SessionNumber) -> Value {
        let judge = &self.settings.judge;
        let service = match &self.service {
            Service::Up => Value::Null,
            Service::Down(error) => Fault::Run(error.clone()).json(),
        };
        let mut said = json!({
            "agent": replies::agent(self.settings.device_key.as_deref()),
            "trust": self.trust(),
            "registry": judge.registry_kind(),
            "clock": replies::clock(judge),
            "readers": self.views(number),
            "sessions": self.sessions.len(),
            "origins": self.settings.origins,
            "service": service,
        });
        if let (Some(said), Some(samples)) = (said.as_object_mut(), judge.samples()) {
            said.insert("registry_samples".into(), json!(samples.word()));
        }
        said
    }
}
