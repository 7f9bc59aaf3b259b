//! Readers that are none: virtual cards in this process, for whoever tries the agent out and for tests.
//!
//! They are marked as test material, and the authority of a virtual card counts for reads of that card
//! only, exactly as with `cancuoc read --virtual`.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::mpsc::Sender;
use std::time::Duration;

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
use crate::around::Around;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::TransportError;
use crate::sim::Handle;
use crate::sim::VirtualCard;
use crate::sim::chip::Chip;
use crate::sim::link::Clock;
use crate::sim::link::Link;
use crate::sim::link::Modelled;
use crate::sim::persona::Persona;
use crate::transport::Limits;
use crate::transport::Medium;
use crate::transport::Stop;
use crate::transport::Transport;

/// The time that exchanges with a virtual card take.
#[derive(Debug, Clone, Default)]
pub enum Pace {
    /// None but what this machine takes.
    #[default]
    Free,
    /// That of a link, on a clock of its own: nothing sleeps.
    Modelled(Link, Clock),
    /// That of a link, in sleep: as it would feel.
    Slept(Link),
}

/// Virtual readers, on which cards are laid and from which they are taken away.
///
/// ```
/// use std::sync::mpsc;
/// use cancuoc::agent::slots::{Pace, VirtualSlots};
/// use cancuoc::sim::persona;
///
/// let (news, heard) = mpsc::channel();
/// let slots = VirtualSlots::new(news);
/// let reader = slots.attach("Virtual reader 1");
/// slots.lay(reader, &persona::find("an").expect("shipped"), Pace::Free)?;
/// # drop(heard);
/// # Ok::<(), cancuoc::Error>(())
/// ```
#[derive(Debug)]
pub struct VirtualSlots {
    board: Arc<Board>,
    table: Arc<Table>,
}

impl VirtualSlots {
    /// No reader yet.
    pub fn new(news: Sender<News>) -> Self {
        let table = Arc::new(Table::default());
        let board = Board::new(Box::new(Arc::clone(&table)), news);
        board.service(Service::Up);
        Self { board, table }
    }

    /// Plugs a reader in. One that was there before under this name has the same number again.
    pub fn attach(&self, name: &str) -> SlotId {
        let slot = self.board.attach(name, Material::Test);
        let mut places = self.table.places();
        if !places.iter().any(|place| place.slot == slot) {
            places.push(Place {
                slot,
                name: name.to_owned(),
                plugged: Presence::Here,
                events: 0,
                card: None,
            });
        } else if let Some(place) = place_of(&mut places, slot) {
            place.plugged = Presence::Here;
        }
        slot
    }

    /// Unplugs a reader, with the card on it.
    pub fn detach(&self, slot: SlotId) {
        let names = {
            let mut places = self.table.places();
            if let Some(place) = place_of(&mut places, slot) {
                place.plugged = Presence::Away;
                if let Some(card) = place.card.take() {
                    card.handle.remove();
                }
            }
            let left = places
                .iter()
                .filter(|place| place.plugged == Presence::Here);
            left.map(|place| place.name.clone()).collect::<Vec<_>>()
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.board.keep(&names);
    }

    /// Lays a persona's card down, in place of what lies there.
    ///
    /// # Errors
    /// When the card cannot be made.
    pub fn lay(&self, slot: SlotId, persona: &Persona, pace: Pace) -> Result<(), Error> {
        let chip =
            || -> Result<Chip, Error> { Ok(Chip::new(persona.personalise()?, Box::new(System))) };
        let card = VirtualCard::from(chip()?);
        let card = match &pace {
            Pace::Modelled(_, clock) => card.on(clock.clone()),
            Pace::Free | Pace::Slept(_) => card,
        };
        let mut places = self.table.places();
        let place = place_of(&mut places, slot).ok_or(TransportError::UnknownReader)?;
        let handle = card.handle();
        if let Some(before) = &place.card {
            // Whoever reads the card before meets this one.
            before.handle.replace(chip()?);
        }
        place.card = Some(Laid {
            handle,
            persona: persona.clone(),
            pace,
            presence: Presence::Here,
            card: Some(card),
        });
        let lying = place.next();
        drop(places);
        // First away, then here: another card.
        self.board.lay(slot, None);
        self.board.lay(slot, Some(lying));
        Ok(())
    }

    /// Takes the card away. It can be put back.
    pub fn take_away(&self, slot: SlotId) {
        let mut places = self.table.places();
        if let Some(card) = place_of(&mut places, slot).and_then(|place| place.card.as_mut()) {
            card.presence = Presence::Away;
            card.handle.remove();
        }
        drop(places);
        self.board.lay(slot, None);
    }

    /// Puts the card back that was taken away.
    pub fn put_back(&self, slot: SlotId) {
        let mut places = self.table.places();
        let Some(place) = place_of(&mut places, slot) else {
            return;
        };
        let Some(card) = place.card.as_mut() else {
            return;
        };
        card.presence = Presence::Here;
        card.handle.insert();
        let lying = place.next();
        drop(places);
        self.board.lay(slot, Some(lying));
    }
}

impl Slots for VirtualSlots {
    fn read(&self, slot: SlotId, order: Order) -> Result<Running, Error> {
        worker::start(&self.board, slot, order)
    }
}

/// Where virtual cards lie.
#[derive(Default)]
struct Table(Mutex<Vec<Place>>);

impl Table {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// Whether a reader or a card is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here,
    Away,
}

/// A virtual reader.
struct Place {
    slot: SlotId,
    name: String,
    plugged: Presence,
    events: u32,
    card: Option<Laid>,
}

impl Place {
    /// A card was laid down.
    fn next(&mut self) -> Lying {
        self.events = self.events.wrapping_add(1);
        Lying {
            events: self.events,
            voice: Voice::Heard,
        }
    }
}

/// A card on a virtual reader.
struct Laid {
    handle: Handle,
    persona: Persona,
    pace: Pace,
    presence: Presence,
    /// Nothing while somebody has it.
    card: Option<VirtualCard>,
}

fn place_of(places: &mut [Place], slot: SlotId) -> Option<&mut Place> {
    places.iter_mut().find(|place| place.slot == slot)
}

impl Ground for Arc<Table> {
    fn open(&self, reader: &str, stop: &Stop) -> Result<Box<dyn Transport + Send>, TransportError> {
        let mut places = self.places();
        let place = places.iter_mut().find(|place| place.name == reader);
        let place = place.ok_or(TransportError::UnknownReader)?;
        let slot = place.slot;
        let laid = place.card.as_mut();
        let laid = laid.filter(|laid| laid.presence == Presence::Here);
        let laid = laid.ok_or(TransportError::NoCard)?;
        let card = laid.card.take().ok_or(TransportError::InUse)?;
        // Powered up anew.
        laid.handle.insert();
        let lent = Lent {
            table: Arc::clone(self),
            slot,
            handle: laid.handle.clone(),
            card: Some(card),
        };
        Ok(match &laid.pace {
            Pace::Free => Box::new(lent),
            Pace::Modelled(link, clock) => Box::new(Modelled::new(lent, *link).on(clock.clone())),
            Pace::Slept(link) => Box::new(Slept {
                card: lent,
                link: *link,
                stop: stop.clone(),
            }),
        })
    }

    fn around(&self, reader: &str) -> Result<Option<Around>, Error> {
        let places = self.places();
        let place = places.iter().find(|place| place.name == reader);
        let card = place.and_then(|place| place.card.as_ref());
        card.map(|card| Around::of(&card.persona)).transpose()
    }
}

/// A card that is given back to its place.
struct Lent {
    table: Arc<Table>,
    slot: SlotId,
    handle: Handle,
    card: Option<VirtualCard>,
}

impl Transport for Lent {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match &mut self.card {
            Some(card) => card.transmit(command),
            None => Err(TransportError::CardRemoved),
        }
    }

    fn limits(&self) -> Limits {
        match &self.card {
            Some(card) => card.limits(),
            None => Limits {
                max_command: 0,
                max_response: 0,
                atr: Vec::new(),
                medium: Medium::Virtual,
            },
        }
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        match &mut self.card {
            Some(card) => card.reconnect(stop, within),
            None => Err(TransportError::CardRemoved),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut places = self.table.places();
        let laid = place_of(&mut places, self.slot).and_then(|place| place.card.as_mut());
        // Another card may lie there by now.
        if let Some(laid) = laid.filter(|laid| laid.handle.is_of(&self.handle)) {
            laid.card = self.card.take();
        }
    }
}

/// A card whose exchanges last as long as on a link.
struct Slept<T> {
    card: T,
    link: Link,
    stop: Stop,
}

impl<T: Transport> Transport for Slept<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.card.transmit(command);
        let received = answer.as_ref().map_or(0, Vec::len);
        self.stop.pause(self.link.time(command.len(), received));
        self.stop.check()?;
        answer
    }

    fn limits(&self) -> Limits {
        self.card.limits()
    }

    fn reconnect(&mut self, stop: &Stop, within: Duration) -> Result<(), TransportError> {
        self.card.reconnect(stop, within)
    }
}
