//! The readers of PC/SC, as the agent's slots.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::agent::slots::Material;
use crate::agent::slots::News;
use crate::agent::slots::Order;
use crate::agent::slots::Running;
use crate::agent::slots::Service;
use crate::agent::slots::SlotId;
use crate::agent::slots::Slots;
use crate::agent::slots::board::Board;
use crate::agent::slots::board::Ground;
use crate::agent::slots::board::Lying;
use crate::agent::slots::board::Voice;
use crate::agent::slots::worker;
use crate::agent::vital::Vital;
use crate::around::Around;
use crate::error::Error;
use crate::error::TransportError;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::transport::pcsc;
use crate::transport::pcsc::CardState;
use crate::transport::pcsc::Sight;
use crate::transport::pcsc::Sighted;
use crate::transport::pcsc::Watcher;

/// The readers of this machine, watched until this is dropped.
#[derive(Debug)]
pub struct Readers {
    board: Arc<Board>,
    _watcher: Watcher,
}

impl Readers {
    /// Begins to watch the readers. What there is and what happens is told as news, also that there is no
    /// PC/SC service: it is waited for.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(news: Sender<News>) -> Result<Self, Error> {
        Self::open_with(news, &Vital::default())
    }

    /// The same; whoever is named is told when the watching was broken off.
    ///
    /// # Errors
    /// As [`Readers::open`].
    pub fn open_with(news: Sender<News>, vital: &Vital) -> Result<Self, Error> {
        let board = Board::new(Box::new(Pcsc), news);
        let theirs = Arc::clone(&board);
        let mut state = State::Unsaid;
        let vital = vital.guard("readers");
        let watcher = Watcher::start(move |sight| {
            // It goes with this closure, when the thread that watches does.
            let _vital = &vital;
            see(&theirs, &mut state, sight);
        })?;
        Ok(Self {
            board,
            _watcher: watcher,
        })
    }
}

impl Slots for Readers {
    fn read(&self, slot: SlotId, order: Order) -> Result<Running, Error> {
        worker::start(&self.board, slot, order)
    }
}

/// What was told of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Unsaid,
    Up,
    Down(TransportError),
}

fn see(board: &Arc<Board>, state: &mut State, sight: Sight) {
    let now = match &sight {
        Sight::Readers(_) => State::Up,
        Sight::Blind(reason) => State::Down(reason.clone()),
    };
    let changed = *state != now;
    *state = now;
    match sight {
        Sight::Readers(seen) => {
            if changed {
                board.service(Service::Up);
            }
            let names: Vec<&str> = seen.iter().map(|one| one.reader.name.as_str()).collect();
            board.keep(&names);
            for one in &seen {
                let slot = board.attach(&one.reader.name, Material::Real);
                board.lay(slot, lying(one));
            }
        }
        Sight::Blind(reason) => {
            board.keep(&[]);
            if changed {
                board.service(Service::Down(reason.into()));
            }
        }
    }
}

fn lying(seen: &Sighted) -> Option<Lying> {
    let voice = match seen.reader.card {
        // A reader that does not say is just being plugged in or out; the next look tells.
        CardState::Absent | CardState::Unknown => return None,
        CardState::Present | CardState::InUse => Voice::Heard,
        CardState::Mute => Voice::Mute,
    };
    Some(Lying {
        events: seen.events,
        voice,
    })
}

/// Cards on readers of PC/SC.
struct Pcsc;

impl Ground for Pcsc {
    fn open(&self, reader: &str, stop: &Stop) -> Result<Box<dyn Transport + Send>, TransportError> {
        Ok(Box::new(pcsc::open_on(reader, stop)?))
    }

    fn around(&self, _reader: &str) -> Result<Option<Around>, Error> {
        Ok(None)
    }
}
