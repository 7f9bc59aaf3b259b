//! From one state to the next.

use std::time::Duration;

use crate::agent::machine::Doing;
use crate::agent::machine::Ended;
use crate::agent::machine::Failure;
use crate::agent::machine::FileKind;
use crate::agent::machine::Halt;
use crate::agent::machine::Input;
use crate::agent::machine::KeyHeld;
use crate::agent::machine::Moment;
use crate::agent::machine::Output;
use crate::agent::machine::Partial;
use crate::agent::machine::Place;
use crate::agent::machine::Public;
use crate::agent::machine::Reached;
use crate::agent::machine::Reader;
use crate::agent::machine::Refusal;
use crate::agent::machine::Say;
use crate::agent::machine::SessionNumber;
use crate::agent::machine::Times;
use crate::agent::machine::Turn;
use crate::agent::machine::Waiting;
use crate::agent::machine::Working;
use crate::agent::protocol::Cleared;
use crate::agent::protocol::Phase;
use crate::agent::slots::CardKind;
use crate::agent::slots::Why;

/// Longest that a result stays, however often more time is asked for.
const LONGEST: Duration = Duration::from_secs(600);

impl Reader {
    /// What follows from an input at this moment.
    pub fn step(self, now: Moment, times: &Times, input: &Input) -> Turn {
        let before = (self.word(), self.owner);
        let mut act = Act {
            reader: self.clone(),
            now,
            times: *times,
            outputs: Vec::new(),
        };
        match act.take(input) {
            Err(refusal) => Turn {
                reader: self,
                outputs: Vec::new(),
                refused: Some(refusal),
            },
            Ok(()) => {
                let Act {
                    reader,
                    mut outputs,
                    ..
                } = act;
                let after = (reader.word(), reader.owner);
                if before != after {
                    let (word, owner) = after;
                    outputs.push(Output::Everybody(Public::State { word, owner }));
                }
                Turn {
                    reader,
                    outputs,
                    refused: None,
                }
            }
        }
    }
}

/// One step in the making.
struct Act {
    reader: Reader,
    now: Moment,
    times: Times,
    outputs: Vec<Output>,
}

impl Act {
    fn take(&mut self, input: &Input) -> Result<(), Refusal> {
        match input {
            Input::Attached => self.attached(),
            Input::Detached => self.detached(),
            Input::Card(card) => self.card(*card),
            Input::Removed => self.removed(),
            Input::Step { read, step } => self.reached(*read, step),
            Input::Done { read, ended } => self.done(*read, *ended),
            Input::Claim(session) => return self.claim(*session),
            Input::Release(session) => {
                self.own(*session)?;
                self.leave(Cleared::Released, Failure::Cancelled);
                self.reader.owner = None;
            }
            Input::Read {
                session,
                read,
                key,
                wait,
            } => {
                self.own(*session)?;
                self.ask(*read, *key, *wait)?;
            }
            Input::Key(session) => {
                self.own(*session)?;
                self.key()?;
            }
            Input::Continue(session) => {
                self.own(*session)?;
                self.go_on()?;
            }
            Input::Cancel(session) => {
                self.own(*session)?;
                if self.reader.read().is_none() {
                    return Err(Refusal::NothingToDo);
                }
                self.fail(Failure::Cancelled);
            }
            Input::End(session) => {
                self.own(*session)?;
                self.fail(Failure::Cancelled);
                self.clear(Cleared::Ended);
            }
            Input::Gone(session) => {
                if self.reader.owner == Some(*session) {
                    self.leave(Cleared::Released, Failure::Cancelled);
                    self.reader.owner = None;
                }
            }
            Input::Tick => self.tick(),
            Input::Shutdown => self.leave(Cleared::Ended, Failure::Closing),
        }
        Ok(())
    }

    /// Tells the owner. Without one there is nobody to tell.
    fn say(&mut self, say: Say) {
        if let Some(to) = self.reader.owner {
            self.outputs.push(Output::Tell { to, say });
        }
    }

    fn own(&self, session: SessionNumber) -> Result<(), Refusal> {
        match self.reader.owner {
            Some(owner) if owner == session => Ok(()),
            Some(owner) => Err(Refusal::Claimed(owner)),
            None => Err(Refusal::NotClaimed),
        }
    }

    fn attached(&mut self) {
        if self.reader.place == Place::Detached {
            self.reader.place = Place::Attached;
            self.outputs.push(Output::Everybody(Public::Attached));
        }
    }

    fn detached(&mut self) {
        if self.reader.place == Place::Detached {
            return;
        }
        self.removed();
        self.leave(Cleared::Removed, Failure::ReaderGone);
        self.reader.place = Place::Detached;
        self.outputs.push(Output::Everybody(Public::Detached));
    }

    fn card(&mut self, card: CardKind) {
        if self.reader.place == Place::Detached {
            return;
        }
        if card == CardKind::None {
            return self.removed();
        }
        if self.reader.card != card {
            self.reader.card = card;
            let public = Public::CardPresent(card);
            self.outputs.push(Output::Everybody(public));
        }
        self.start();
    }

    fn removed(&mut self) {
        if self.reader.card != CardKind::None {
            self.reader.card = CardKind::None;
            self.outputs.push(Output::Everybody(Public::CardRemoved));
        }
    }

    fn claim(&mut self, session: SessionNumber) -> Result<(), Refusal> {
        match (self.reader.place, self.reader.owner) {
            (Place::Detached, _) => Err(Refusal::Detached),
            (Place::Attached, Some(owner)) if owner != session => Err(Refusal::Claimed(owner)),
            (Place::Attached, _) => {
                self.reader.owner = Some(session);
                Ok(())
            }
        }
    }

    fn ask(&mut self, read: u64, key: KeyHeld, wait: Duration) -> Result<(), Refusal> {
        if self.reader.place == Place::Detached {
            return Err(Refusal::Detached);
        }
        if self.reader.read().is_some() {
            return Err(Refusal::Busy);
        }
        if matches!(self.reader.doing, Doing::Shown { .. }) {
            self.clear(Cleared::Ended);
        }
        self.outputs.push(Output::Accept { read });
        self.reader.doing = Doing::Waiting(Waiting {
            read,
            key,
            until: self.now.after(wait),
        });
        self.say(Say::Phase {
            read,
            phase: Phase::Waiting,
            file: None,
            percent: 0,
        });
        if key == KeyHeld::No {
            self.say(Say::KeyWanted {
                read,
                why: Why::First,
                tries_left: None,
            });
        }
        self.start();
        Ok(())
    }

    /// Begins the read that waits, if all that it waits for is there.
    fn start(&mut self) {
        let Doing::Waiting(waiting) = &self.reader.doing else {
            return;
        };
        if self.reader.card == CardKind::None || self.reader.worker.is_some() {
            return;
        }
        // No card is held while somebody types.
        if waiting.key == KeyHeld::No {
            return;
        }
        let read = waiting.read;
        self.reader.worker = Some(read);
        self.reader.doing = Doing::Working(Working {
            read,
            until: self.now.after(self.times.work),
            latest: self.now.after(self.times.whole),
            percent: 0,
            halt: Halt::No,
            partial: Partial::Untold,
        });
        self.outputs.push(Output::Start { read });
    }

    fn key(&mut self) -> Result<(), Refusal> {
        match &mut self.reader.doing {
            Doing::Waiting(waiting) => {
                waiting.key = KeyHeld::Yes;
                self.outputs.push(Output::KeepKey);
                self.start();
                Ok(())
            }
            Doing::Working(working) if working.halt == Halt::Key => {
                working.halt = Halt::No;
                working.until = self.now.after(self.times.work);
                self.outputs.push(Output::PassKey);
                Ok(())
            }
            Doing::Working(_) | Doing::Nothing | Doing::Shown { .. } => Err(Refusal::NothingToDo),
        }
    }

    fn go_on(&mut self) -> Result<(), Refusal> {
        match &mut self.reader.doing {
            Doing::Working(working) if working.halt != Halt::No => {
                working.halt = Halt::No;
                working.until = self.now.after(self.times.work);
                self.outputs.push(Output::GoOn);
                Ok(())
            }
            // A document that is not locked needs no key; others will ask for it.
            Doing::Waiting(waiting) if waiting.key == KeyHeld::No => {
                waiting.key = KeyHeld::Yes;
                self.start();
                Ok(())
            }
            Doing::Shown { until, latest } => {
                *until = self.now.after(self.times.clear).min(*latest);
                Ok(())
            }
            Doing::Working(_) | Doing::Waiting(_) | Doing::Nothing => Err(Refusal::NothingToDo),
        }
    }

    fn reached(&mut self, read: u64, step: &Reached) {
        let Doing::Working(working) = &mut self.reader.doing else {
            return;
        };
        if working.read != read {
            return;
        }
        // A worker that tells how far it has come is at work again.
        let halted = std::mem::replace(&mut working.halt, Halt::No);
        let (phase, file, percent) = match *step {
            Reached::Opening => (Phase::Opening, None, 5),
            Reached::Opened => (Phase::Text, None, 15),
            Reached::File { kind, index, count } => {
                let phase = match kind {
                    FileKind::Text => Phase::Text,
                    FileKind::Photo => Phase::Photo,
                };
                (phase, Some((index, count)), share(index, count))
            }
            Reached::Proving => (Phase::Proof, None, 80),
            Reached::Verifying => (Phase::Verifying, None, 90),
            Reached::Registry => (Phase::Registry, None, 95),
            Reached::Text => {
                working.halt = halted;
                if working.partial == Partial::Untold {
                    working.partial = Partial::Told;
                    self.say(Say::Partial { read });
                }
                return;
            }
            Reached::KeyWanted { why, tries_left } => {
                working.halt = Halt::Key;
                working.until = self.now.after(self.times.key);
                return self.say(Say::KeyWanted {
                    read,
                    why,
                    tries_left,
                });
            }
            Reached::Lost { within } => {
                working.halt = Halt::Card;
                working.until = self.now.after(within.saturating_add(self.times.work));
                return self.say(Say::Paused { read, within });
            }
            Reached::Found => {
                if halted == Halt::Card {
                    self.say(Say::Resumed { read });
                } else {
                    working.halt = halted;
                }
                return;
            }
        };
        working.percent = working.percent.max(percent);
        let percent = working.percent;
        if halted == Halt::Card {
            self.say(Say::Resumed { read });
        }
        self.say(Say::Phase {
            read,
            phase,
            file,
            percent,
        });
    }

    fn done(&mut self, read: u64, ended: Ended) {
        if self.reader.worker == Some(read) {
            self.reader.worker = None;
        }
        let ours = matches!(&self.reader.doing, Doing::Working(working) if working.read == read);
        match (ours, ended) {
            (false, _) => {}
            (true, Ended::Inspected) => {
                self.reader.doing = Doing::Shown {
                    until: self.now.after(self.times.clear),
                    latest: self.now.after(LONGEST.max(self.times.clear)),
                };
                self.say(Say::Result { read });
            }
            (true, Ended::Failed) => self.fail(Failure::AsReported),
        }
        self.start();
    }

    fn tick(&mut self) {
        if self.reader.deadline().is_none_or(|until| self.now < until) {
            return;
        }
        match &self.reader.doing {
            Doing::Nothing => {}
            Doing::Waiting(_) => self.fail(Failure::WaitedTooLong),
            Doing::Working(working) if working.halt == Halt::Key => {
                self.fail(Failure::WaitedTooLong);
            }
            Doing::Working(_) => self.fail(Failure::Timeout),
            Doing::Shown { .. } => self.clear(Cleared::Time),
        }
    }

    /// Ends the read that is waited for or at work, if there is one.
    fn fail(&mut self, why: Failure) {
        let Some(read) = self.reader.read() else {
            return;
        };
        if self.reader.worker == Some(read) {
            self.outputs.push(Output::Cancel);
        }
        self.reader.doing = Doing::Nothing;
        self.say(Say::Failed { read, why });
        self.outputs.push(Output::Wipe);
    }

    /// Wipes what was told.
    fn clear(&mut self, why: Cleared) {
        self.reader.doing = Doing::Nothing;
        self.outputs.push(Output::Wipe);
        self.say(Say::Cleared(why));
    }

    /// Ends whatever is going on.
    fn leave(&mut self, why: Cleared, failure: Failure) {
        match &self.reader.doing {
            Doing::Nothing => {}
            Doing::Waiting(_) | Doing::Working(_) => self.fail(failure),
            Doing::Shown { .. } => self.clear(why),
        }
    }
}

/// How far along the files are, between opening and proof.
fn share(index: usize, count: usize) -> u8 {
    const FIRST: usize = 15;
    const LAST: usize = 75;
    let done = index.saturating_sub(1).min(count);
    let part = done
        .saturating_mul(LAST - FIRST)
        .checked_div(count)
        .unwrap_or_default();
    u8::try_from(FIRST + part).unwrap_or(100)
}
