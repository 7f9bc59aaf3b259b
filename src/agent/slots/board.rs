//! What is known of the readers: which are there, what lies on them, and who is at work there.
//!
//! Everything that happens at a reader goes through here, so that its news come in the order in which
//! they happened, and no two hands reach for one card.

use std::fmt;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use crate::agent::slots::CardKind;
use crate::agent::slots::Material;
use crate::agent::slots::News;
use crate::agent::slots::Service;
use crate::agent::slots::SlotId;
use crate::agent::slots::look;
use crate::agent::slots::look::Seen;
use crate::around::Around;
use crate::error::Error;
use crate::error::TransportError;
use crate::transport::Cancel;
use crate::transport::Stop;
use crate::transport::Transport;

/// How often somebody who waits at a reader asks whether to go on.
const SLICE: Duration = Duration::from_millis(50);

/// How long a read lets the look at a card finish by itself.
const LOOK_PATIENCE: Duration = Duration::from_millis(300);

/// Pauses before a look that failed is repeated: another program held the card, or the machine was busy.
const AGAIN: [Duration; 3] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// Where cards lie that can be opened.
pub(super) trait Ground: Send + Sync {
    /// Opens the card that lies on a reader, powered up. Whoever drops it lets go of the card.
    ///
    /// # Errors
    /// Why it cannot be opened; soon after `stop` says so, too.
    fn open(&self, reader: &str, stop: &Stop) -> Result<Box<dyn Transport + Send>, TransportError>;

    /// What lies around a virtual card; nothing around a real one.
    fn around(&self, reader: &str) -> Result<Option<Around>, Error>;

    /// The pauses before looks that failed are repeated.
    fn again(&self) -> &[Duration] {
        &AGAIN
    }
}

/// A card on a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lying {
    /// Another number is another card, or the same laid down again.
    pub(super) events: u32,
    /// Whether it answers.
    pub(super) voice: Voice,
}

/// Whether a card answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// It does.
    Heard,
    /// It does not.
    Mute,
}

/// The readers.
pub(super) struct Board {
    slots: Mutex<Vec<Slot>>,
    changed: Condvar,
    news: Sender<News>,
    ground: Box<dyn Ground>,
}

/// One reader.
#[derive(Debug)]
struct Slot {
    id: SlotId,
    name: String,
    plug: Plug,
    lying: Option<Lying>,
    kind: CardKind,
    /// Whether anybody was told of the card.
    told: Told,
    /// The card that was looked at last.
    looked: Option<Lying>,
    /// Looks at it that failed.
    failed: usize,
    hands: Hands,
    order: Ordered,
}

/// Whether a reader is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plug {
    In,
    Out,
}

/// Whether anybody was told of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Yes,
    No,
}

/// Who holds the card.
#[derive(Debug)]
enum Hands {
    Free,
    /// Somebody who finds out what it is.
    Looking(Cancel),
    /// A read.
    Reading,
}

/// Whether a read was ordered whose end nobody was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ordered {
    No,
    Yes,
}

impl Board {
    pub(super) fn new(ground: Box<dyn Ground>, news: Sender<News>) -> Arc<Self> {
        Arc::new(Self {
            slots: Mutex::default(),
            changed: Condvar::new(),
            news,
            ground,
        })
    }

    /// Where the cards lie.
    pub(super) fn ground(&self) -> &dyn Ground {
        self.ground.as_ref()
    }

    /// A reader is there. It keeps the number that its name had before.
    pub(super) fn attach(&self, name: &str, material: Material) -> SlotId {
        let mut slots = self.slots();
        let known = slots.iter().position(|slot| slot.name == name);
        let place = known.unwrap_or_else(|| {
            let id = u32::try_from(slots.len()).unwrap_or(u32::MAX);
            slots.push(Slot::new(SlotId(id.saturating_add(1)), name));
            slots.len().saturating_sub(1)
        });
        let Some(slot) = slots.get_mut(place) else {
            return SlotId(0);
        };
        if slot.plug == Plug::Out {
            slot.plug = Plug::In;
            self.tell(News::Attached {
                slot: slot.id,
                name: name.to_owned(),
                material,
            });
        }
        slot.id
    }

    /// Only these readers are there.
    pub(super) fn keep(&self, names: &[&str]) {
        let mut slots = self.slots();
        let gone = slots
            .iter_mut()
            .filter(|slot| slot.plug == Plug::In && !names.contains(&slot.name.as_str()));
        for slot in gone {
            slot.plug = Plug::Out;
            slot.forget();
            self.tell(News::Detached { slot: slot.id });
        }
        self.changed.notify_all();
    }

    /// Readers can be had, or no longer.
    pub(super) fn service(&self, service: Service) {
        self.tell(News::Service(service));
    }

    /// This lies on a reader now.
    pub(super) fn lay(self: &Arc<Self>, id: SlotId, lying: Option<Lying>) {
        let mut slots = self.slots();
        let Some(slot) = slot_of(&mut slots, id) else {
            return;
        };
        if slot.lying == lying || slot.plug == Plug::Out {
            return;
        }
        if slot.lying.is_some() && slot.told == Told::Yes {
            self.tell(News::Removed { slot: id });
        }
        slot.forget();
        slot.lying = lying;
        if lying.is_some() {
            slot.kind = CardKind::Unknown;
        }
        self.changed.notify_all();
        let busy = slot.order == Ordered::Yes || matches!(slot.hands, Hands::Reading);
        match lying {
            None => {}
            // A read that goes on says what it is.
            Some(lying) if lying.voice == Voice::Mute || busy => self.present(slot),
            Some(_) => self.look(slot),
        }
    }

    /// Tells of the card, once for each thing that is known of it.
    fn present(&self, slot: &mut Slot) {
        slot.told = Told::Yes;
        self.tell(News::Card {
            slot: slot.id,
            card: slot.kind,
        });
    }

    /// More is known of the card. What is known already is not taken back.
    pub(super) fn refine(&self, id: SlotId, kind: CardKind) {
        let mut slots = self.slots();
        let Some(slot) = slot_of(&mut slots, id) else {
            return;
        };
        let more = slot.kind == CardKind::Unknown || kind == CardKind::CitizenCard;
        if slot.lying.is_some() && slot.kind != kind && more {
            slot.kind = kind;
            slot.looked = slot.lying;
            self.present(slot);
        }
    }

    /// Has somebody look at the card, unless somebody holds it or it was looked at.
    fn look(self: &Arc<Self>, slot: &mut Slot) {
        let fresh = slot.lying.is_some_and(|lying| {
            lying.voice == Voice::Heard && slot.looked != Some(lying) && slot.plug == Plug::In
        });
        if !fresh || slot.order == Ordered::Yes || !matches!(slot.hands, Hands::Free) {
            return;
        }
        slot.looked = slot.lying;
        let Some(lying) = slot.lying else {
            return;
        };
        let stop = Stop::after(look::LIMIT);
        slot.hands = Hands::Looking(stop.handle());
        if look::start(self, slot.id, &slot.name, lying, stop).is_err() {
            slot.hands = Hands::Free;
            self.present(slot);
        }
    }

    /// A look takes its time: that there is a card can be told already.
    pub(super) fn look_lasts(&self, id: SlotId, lying: Lying) {
        let mut slots = self.slots();
        if let Some(slot) = slot_of(&mut slots, id)
            && slot.lying == Some(lying)
            && slot.told == Told::No
        {
            self.present(slot);
        }
    }

    /// A look has ended, and the card is free. One that failed is to be repeated after the pause that is
    /// given back, as long as there is one.
    pub(super) fn looked(
        self: &Arc<Self>,
        id: SlotId,
        lying: Lying,
        seen: Seen,
    ) -> Option<Duration> {
        let mut slots = self.slots();
        let slot = slot_of(&mut slots, id)?;
        slot.hands = Hands::Free;
        self.changed.notify_all();
        if slot.lying != Some(lying) {
            // Another card came meanwhile.
            self.look(slot);
            return None;
        }
        let kind = match seen {
            Seen::Kind(kind) => kind,
            // What a read told meanwhile stays.
            Seen::Failed => slot.kind,
        };
        let news = slot.told == Told::No || slot.kind != kind;
        slot.kind = kind;
        if news {
            self.present(slot);
        }
        // A read that broke the look off sees to another by itself.
        if seen == Seen::Failed && slot.looked.is_some() {
            let pause = self.ground.again().get(slot.failed).copied();
            slot.failed = slot.failed.saturating_add(1);
            return pause;
        }
        None
    }

    /// Has a look that failed repeated after a pause, while the card lies there; never beside a read:
    /// its end sees to it then.
    pub(super) fn look_later(self: &Arc<Self>, id: SlotId, lying: Lying, pause: Duration) {
        let pause = Stop::after(pause);
        let mut slots = self.slots();
        loop {
            let slot = slot_of(&mut slots, id).filter(|slot| slot.lying == Some(lying));
            let Some(slot) = slot.filter(|slot| slot.kind == CardKind::Unknown) else {
                return;
            };
            if pause.check().is_err() {
                slot.looked = None;
                return self.look(slot);
            }
            slots = self.wait(slots, &pause);
        }
    }

    /// Takes an order for a read.
    ///
    /// # Errors
    /// No such reader, a card on it that does not answer, or another read ordered. A card that has just
    /// gone is none: whoever ordered may not know yet, and the next one may be on its way.
    pub(super) fn order(&self, id: SlotId) -> Result<String, TransportError> {
        let mut slots = self.slots();
        let slot = slot_of(&mut slots, id).filter(|slot| slot.plug == Plug::In);
        let slot = slot.ok_or(TransportError::UnknownReader)?;
        match (slot.lying, slot.order) {
            (_, Ordered::Yes) => return Err(TransportError::InUse),
            (Some(lying), _) if lying.voice == Voice::Mute => return Err(TransportError::Mute),
            _ => slot.order = Ordered::Yes,
        }
        Ok(slot.name.clone())
    }

    /// Tells that a read has ended; another can be ordered.
    pub(super) fn done(self: &Arc<Self>, id: SlotId, news: Option<News>) {
        let mut slots = self.slots();
        if let Some(slot) = slot_of(&mut slots, id) {
            slot.order = Ordered::No;
            self.look_again(slot);
        }
        if let Some(news) = news {
            self.tell(news);
        }
    }

    /// Waits until nobody else holds the card, and takes it.
    ///
    /// # Errors
    /// What `stop` says, and [`TransportError::InUse`] when whoever holds it does not let go.
    pub(super) fn take(
        self: &Arc<Self>,
        id: SlotId,
        stop: &Stop,
        patience: Duration,
    ) -> Result<Turn, TransportError> {
        let since = Instant::now();
        let mut slots = self.slots();
        loop {
            stop.check()?;
            let slot = slot_of(&mut slots, id).ok_or(TransportError::UnknownReader)?;
            match &slot.hands {
                Hands::Free => {
                    slot.hands = Hands::Reading;
                    return Ok(Turn {
                        board: Arc::clone(self),
                        slot: id,
                    });
                }
                Hands::Looking(cancel) if since.elapsed() >= LOOK_PATIENCE => {
                    cancel.cancel();
                    // Should the read not tell, it can be found out afterwards.
                    slot.looked = None;
                }
                _ if since.elapsed() >= patience => return Err(TransportError::InUse),
                _ => {}
            }
            slots = self.wait(slots, stop);
        }
    }

    /// Waits until a card lies on a reader, and another than the one that is gone.
    ///
    /// # Errors
    /// What `stop` says.
    pub(super) fn await_card(
        &self,
        id: SlotId,
        mut gone: Option<Lying>,
        stop: &Stop,
    ) -> Result<Lying, TransportError> {
        let mut slots = self.slots();
        loop {
            stop.check()?;
            let slot = slot_of(&mut slots, id).ok_or(TransportError::UnknownReader)?;
            match slot.lying {
                Some(lying) if gone != Some(lying) => return Ok(lying),
                Some(_) => {}
                // Not every system counts what happens at a reader: what comes now is another.
                None => gone = None,
            }
            slots = self.wait(slots, stop);
        }
    }

    /// The card that lies on a reader.
    pub(super) fn card(&self, id: SlotId) -> Option<Lying> {
        let mut slots = self.slots();
        slot_of(&mut slots, id).and_then(|slot| slot.lying)
    }

    /// Tells what has happened. Where nobody listens any more, nobody needs to know.
    pub(super) fn tell(&self, news: News) {
        let _ = self.news.send(news);
    }

    fn put_back(self: &Arc<Self>, id: SlotId) {
        let mut slots = self.slots();
        if let Some(slot) = slot_of(&mut slots, id) {
            slot.hands = Hands::Free;
            self.look_again(slot);
        }
        self.changed.notify_all();
    }

    /// A card that came while another was read has not been looked at.
    fn look_again(self: &Arc<Self>, slot: &mut Slot) {
        if slot.kind == CardKind::Unknown {
            self.look(slot);
        }
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, slots: MutexGuard<'a, Vec<Slot>>, stop: &Stop) -> MutexGuard<'a, Vec<Slot>> {
        let waited = self.changed.wait_timeout(slots, stop.remaining(SLICE));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

impl Slot {
    fn new(id: SlotId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            plug: Plug::Out,
            lying: None,
            kind: CardKind::None,
            told: Told::No,
            looked: None,
            failed: 0,
            hands: Hands::Free,
            order: Ordered::No,
        }
    }

    /// No card lies there.
    fn forget(&mut self) {
        self.lying = None;
        self.kind = CardKind::None;
        self.told = Told::No;
        self.looked = None;
        self.failed = 0;
    }
}

fn slot_of(slots: &mut [Slot], id: SlotId) -> Option<&mut Slot> {
    slots.iter_mut().find(|slot| slot.id == id)
}

/// The card on a reader, for one read, until dropped.
#[derive(Debug)]
pub(super) struct Turn {
    board: Arc<Board>,
    slot: SlotId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.board.put_back(self.slot);
    }
}

#[cfg(test)]
mod tests;
