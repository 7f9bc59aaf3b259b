//! Sessions: who has which number, what was told, and what is told again.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use zeroize::Zeroizing;

use crate::agent::desk::Once;
use crate::agent::desk::Outgoing;
use crate::agent::desk::Visitor;
use crate::agent::machine::Moment;
use crate::agent::protocol::Event;
use crate::agent::slots::SlotId;

/// Most events that are kept for who comes back.
const MAX_KEPT: usize = 512;

/// One session.
pub(super) struct Session {
    /// Its name, which nobody can guess.
    pub(super) name: String,
    /// Who has it.
    pub(super) label: String,
    /// For which officer.
    pub(super) officer: Option<String>,
    /// The connection that it has now, and the way there.
    line: Option<(u64, Sender<Outgoing>)>,
    /// Since when it has none.
    pub(super) left: Option<Moment>,
    /// Whether it ends with its connection, since nobody takes it up again.
    pub(super) leaving: bool,
    seq: u64,
    kept: VecDeque<Kept>,
}

/// An event that was told, or would have been.
struct Kept {
    seq: u64,
    /// About which reader it says something personal.
    about: Option<SlotId>,
    /// What is sent when it was sent before, or is wiped: nothing personal.
    again: String,
    /// What is sent the first time, where that is something else, and nobody has it yet.
    first: Option<Zeroizing<String>>,
    /// The same while it waits in a connection's queue.
    given: Option<Once>,
    wiped: bool,
}

impl Session {
    pub(super) const fn new(name: String, label: String, officer: Option<String>) -> Self {
        Self {
            name,
            label,
            officer,
            line: None,
            left: None,
            leaving: false,
            seq: 0,
            kept: VecDeque::new(),
        }
    }

    /// Whether it is this visitor's: what was read for one officer is not told to the next who signs on
    /// there.
    pub(super) fn is_of(&self, visitor: &Visitor) -> bool {
        self.label == visitor.label && self.officer == visitor.officer
    }

    /// When it ends, unless somebody takes it up again.
    pub(super) fn over(&self, grace: Duration) -> Option<Moment> {
        let grace = if self.leaving { Duration::ZERO } else { grace };
        self.left.map(|left| left.after(grace))
    }

    /// The number of the last event.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// Its connection.
    pub(super) fn connection(&self) -> Option<u64> {
        self.line.as_ref().map(|(connection, _)| *connection)
    }

    /// Whether every event after this one is still kept.
    pub(super) fn knows(&self, seq: u64) -> bool {
        let oldest = self.kept.front().map_or(self.seq + 1, |kept| kept.seq);
        seq <= self.seq && oldest <= seq + 1
    }

    /// Takes a connection, and gives it what came after an event.
    pub(super) fn attach(
        &mut self,
        connection: u64,
        sender: Sender<Outgoing>,
        after: u64,
        now: Moment,
    ) {
        // What a former connection has not fetched is this one's.
        for kept in &mut self.kept {
            let unfetched = kept.given.take().and_then(|once| once.take());
            kept.first = kept.first.take().or(unfetched);
        }
        self.left = None;
        self.leaving = false;
        self.line = Some((connection, sender));
        let Self { line, kept, .. } = self;
        let mut whole = true;
        for kept in kept.iter_mut().filter(|kept| kept.seq > after) {
            whole = whole && hand_over(line.as_ref(), kept);
        }
        if !whole {
            self.line = None;
            self.left = Some(now);
        }
    }

    /// The connection is over; these did not get through.
    pub(super) fn detach(&mut self, connection: u64, unsent: Vec<Outgoing>, now: Moment) {
        for event in unsent {
            let kept = self.kept.iter_mut().find(|kept| kept.seq == event.seq);
            if let Some(kept) = kept.filter(|kept| kept.about.is_some() && !kept.wiped) {
                let unfetched = event.once.and_then(|once| once.take());
                kept.first = kept.first.take().or(unfetched);
            }
        }
        if self.connection() == Some(connection) || self.line.is_none() {
            self.line = None;
            self.left = self.left.or(Some(now));
        }
    }

    /// Tells something. A client that does not take it is cut off.
    pub(super) fn tell(
        &mut self,
        event: &Event,
        about: Option<SlotId>,
        at: Timestamp,
        now: Moment,
    ) {
        self.seq += 1;
        let mut kept = Kept {
            seq: self.seq,
            about,
            again: event.json_again(self.seq, at),
            first: event.is_personal().then(|| event.json(self.seq, at)),
            given: None,
            wiped: false,
        };
        if !hand_over(self.line.as_ref(), &mut kept) {
            self.line = None;
            self.left = self.left.or(Some(now));
        }
        self.kept.push_back(kept);
        if self.kept.len() > MAX_KEPT {
            self.kept.pop_front();
        }
    }

    /// Forgets what is personal about a reader's card.
    pub(super) fn wipe(&mut self, slot: SlotId) {
        for kept in &mut self.kept {
            if kept.about == Some(slot) {
                kept.first = None;
                drop(kept.given.take().and_then(|once| once.take()));
                kept.wiped = true;
            }
        }
    }
}

/// Hands an event to the connection, if there is one. What is personal is handed over once.
fn hand_over(line: Option<&(u64, Sender<Outgoing>)>, kept: &mut Kept) -> bool {
    let Some((_, sender)) = line else {
        return false;
    };
    let Ok(place) = sender.try_reserve() else {
        return false;
    };
    if let Some(text) = kept.first.take() {
        kept.given = Some(Once::new(text));
    }
    place.send(Outgoing {
        seq: kept.seq,
        plain: kept.again.clone(),
        once: kept.given.clone(),
    });
    true
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use serde_json::Value;
    use serde_json::json;
    use tokio::sync::mpsc::Receiver;
    use tokio::sync::mpsc::channel;

    use super::*;
    use crate::agent::protocol::Personal;

    const NOW: Moment = Moment(std::time::Duration::ZERO);

    fn session() -> Session {
        Session::new("s".to_owned(), "local".to_owned(), None)
    }

    fn tell(session: &mut Session, reader: SlotId) {
        let mut holder = Map::new();
        holder.insert("name".to_owned(), json!("Mẫu"));
        let event = Event::Partial {
            reader,
            read: 1,
            holder: Personal::new(holder),
        };
        session.tell(&event, Some(reader), Timestamp::UNIX_EPOCH, NOW);
    }

    fn come(session: &mut Session, connection: u64, after: u64) -> Receiver<Outgoing> {
        let (sender, told) = channel(8);
        session.attach(connection, sender, after, NOW);
        told
    }

    fn heard(told: &mut Receiver<Outgoing>) -> Vec<(u64, bool)> {
        let events = std::iter::from_fn(|| told.try_recv().ok());
        let heard = events.map(|event| {
            let seq = event.seq;
            let said: Value = serde_json::from_str(&event.text()).unwrap();
            (seq, said["unverified_holder"]["name"] == "Mẫu")
        });
        heard.collect()
    }

    #[test]
    fn a_reader_that_is_cleared_leaves_those_of_others() {
        let mut session = session();
        tell(&mut session, SlotId(1));
        tell(&mut session, SlotId(2));
        session.wipe(SlotId(1));
        let mut told = come(&mut session, 1, 0);
        assert_eq!(heard(&mut told), [(1, false), (2, true)]);
        // Who comes again has what followed, without the person.
        let mut told = come(&mut session, 2, 1);
        assert_eq!(heard(&mut told), [(2, false)]);
        assert!(come(&mut session, 3, 2).try_recv().is_err());
    }

    #[test]
    fn a_former_connection_that_ends_is_not_the_one_that_is() {
        let mut session = session();
        let _former = come(&mut session, 1, 0);
        let mut told = come(&mut session, 2, 0);
        session.detach(1, Vec::new(), NOW);
        assert_eq!(session.connection(), Some(2));
        assert_eq!(session.left, None);
        tell(&mut session, SlotId(1));
        assert_eq!(heard(&mut told), [(1, true)]);
        session.detach(2, Vec::new(), NOW);
        assert_eq!(session.left, Some(NOW));
    }

    #[test]
    fn who_comes_back_too_late_or_too_early_begins_anew() {
        let mut session = session();
        for _ in 0..=MAX_KEPT {
            tell(&mut session, SlotId(1));
        }
        assert_eq!(session.kept.len(), MAX_KEPT);
        let last = session.seq();
        for (seq, known) in [(0, false), (1, true), (last, true), (last + 1, false)] {
            assert_eq!(session.knows(seq), known, "{seq}");
        }
    }
}
