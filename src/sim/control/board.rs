//! The cards that are told what to do, and what is done to them.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::error::BenchError;
use crate::error::Error;
use crate::error::SetupError;
use crate::sim::chip::Chip;
use crate::sim::control::request::Insert;
use crate::sim::control::request::Whose;
use crate::sim::fault::Register;
use crate::sim::persona;
use crate::sim::persona::CardState;
use crate::sim::persona::Persona;
use crate::sim::persona::file;
use crate::sim::stand::Around;
use crate::sim::stand::Place;
use crate::sim::stand::Presence;
use crate::sim::stand::Setting;
use crate::sim::vpcd::Ended;
use crate::transport::Stop;

/// Name of the form of every answer.
pub(super) const SCHEMA: &str = "cancuoc.control/1";

/// How long a reader may take to listen when a card is laid down.
const PATIENCE: Duration = Duration::from_secs(5);

/// Cards on readers, each told by its number.
#[derive(Debug)]
pub struct Board {
    cards: Vec<Mutex<Card>>,
    quit: Mutex<Quit>,
    changed: Condvar,
}

/// Whether somebody asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quit {
    /// Not yet.
    No,
    /// Yes.
    Asked,
}

/// Whether a card that takes another's place remembers what that did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It does.
    Memory,
    /// It was never used.
    Nothing,
}

/// A card, and the place that it lies in or not.
#[derive(Debug)]
pub struct Card {
    /// What PC/SC calls the reader, where it is known.
    reader: Option<String>,
    place: Place,
    setting: Setting,
    /// What it was at first, and is again after a reset.
    first: Setting,
    /// The chip that was taken away, with all that it remembers.
    aside: Option<Chip>,
}

impl Card {
    /// A card that lies nowhere yet.
    pub fn new(place: Place, reader: Option<String>, setting: Setting) -> Self {
        Self {
            reader,
            place,
            first: setting.clone(),
            setting,
            aside: None,
        }
    }

    /// Lays the card down, the same chip where nothing has changed, and waits until the reader has
    /// powered it up.
    ///
    /// # Errors
    /// As [`Place::insert`], or why the card cannot be made.
    pub fn insert(&mut self, patience: &Stop) -> Result<(), Error> {
        let link = self.setting.line()?;
        self.remove();
        let chip = match self.aside.take() {
            Some(chip) => chip,
            None => self.setting.chip(Around::Told)?,
        };
        self.place.insert(chip, link, patience)
    }

    /// Takes the card away, and waits until the reader has noticed.
    pub fn remove(&mut self) {
        if let Some(chip) = self.place.remove() {
            self.aside = Some(chip);
        }
    }

    /// Makes another card of it; one that lay there is taken away, and the new one laid down. What was
    /// there stays when the new one cannot be made.
    fn change(&mut self, setting: Setting, keep: Keep) -> Result<(), Error> {
        let chip = setting.chip(Around::Told)?;
        setting.line()?;
        let lay = self.place.presence() != Presence::Absent;
        self.become_another(setting, chip, keep);
        if lay {
            self.insert(&Stop::after(PATIENCE))?;
        }
        Ok(())
    }

    /// Takes the card away and puts another aside in its place. One of the same persona remembers what
    /// the one before did, as far as it has the same passwords.
    fn become_another(&mut self, setting: Setting, chip: Chip, keep: Keep) {
        self.remove();
        let same = setting.persona.name == self.setting.persona.name;
        let memory = self.aside.as_ref().map(Chip::memory);
        let memory = memory.filter(|_| same && keep == Keep::Memory);
        let chip = match memory.map(|memory| (setting.chip(Around::Told), memory)) {
            Some((Ok(again), memory)) => again.with_memory(&memory).unwrap_or(chip),
            _ => chip,
        };
        self.setting = setting;
        self.aside = Some(chip);
    }

    fn state(&self, number: usize) -> Value {
        let presence = self.place.presence();
        let left = match presence {
            Presence::Left(Ended::Pulled) => Some("pulled"),
            Presence::Left(_) => Some("reader_gone"),
            Presence::Absent | Presence::Present => None,
        };
        let tries = self.place.look(Chip::pin_tries).flatten();
        let tries = tries.or_else(|| self.aside.as_ref().and_then(Chip::pin_tries));
        json!({
            "schema": SCHEMA,
            "card": number,
            "reader": self.reader,
            "address": self.place.address().to_string(),
            "persona": self.setting.persona.name,
            "present": presence == Presence::Present,
            "left": left,
            "commands": self.place.commands(),
            "power_ups": self.place.power_ups(),
            "pin_tries": tries,
            "quirks": self.setting.quirks,
            "faults": self.setting.faults,
            "link": self.setting.link,
            "seed": self.setting.seed(),
            "register": self.setting.persona.state.code(),
        })
    }
}

impl Board {
    /// Cards in the order of their numbers, from 1.
    pub fn new(cards: Vec<Card>) -> Self {
        Self {
            cards: cards.into_iter().map(Mutex::new).collect(),
            quit: Mutex::new(Quit::No),
            changed: Condvar::new(),
        }
    }

    /// Waits, so long at most, until somebody asks for the end; `true` when somebody did.
    pub fn wait(&self, limit: Duration) -> bool {
        let quit = self.quit.lock().unwrap_or_else(PoisonError::into_inner);
        let (quit, _) = self
            .changed
            .wait_timeout_while(quit, limit, |quit| *quit == Quit::No)
            .unwrap_or_else(PoisonError::into_inner);
        *quit == Quit::Asked
    }

    /// Asks for the end.
    pub(super) fn quit(&self) -> Value {
        *self.quit.lock().unwrap_or_else(PoisonError::into_inner) = Quit::Asked;
        self.changed.notify_all();
        json!({"schema": SCHEMA, "quit": true})
    }

    /// Every card.
    pub(super) fn states(&self) -> Result<Value, Error> {
        let states = (1..=self.cards.len()).map(|number| self.state(number));
        let states: Vec<Value> = states.collect::<Result<_, _>>()?;
        Ok(json!({"schema": SCHEMA, "cards": states}))
    }

    /// One card.
    pub(super) fn state(&self, number: usize) -> Result<Value, Error> {
        Ok(self.card(number)?.state(number))
    }

    /// Lays a card down, changed before where the request says so.
    pub(super) fn insert(&self, number: usize, request: Insert) -> Result<Value, Error> {
        let changes = request.changes();
        let mut card = self.card(number)?;
        let mut setting = card.setting.clone();
        if let Some(whose) = request.whose() {
            setting.persona = load(whose?)?;
        }
        if let Some(faults) = request.faults {
            setting.faults = faults;
        }
        if let Some(quirks) = request.quirks {
            setting.quirks = quirks;
        }
        if let Some(link) = request.link {
            setting.link = link;
        }
        if let Some(seed) = request.seed {
            setting.seed = seed;
        }
        if changes {
            let chip = setting.chip(Around::Told)?;
            setting.line()?;
            card.become_another(setting, chip, Keep::Memory);
        }
        card.insert(&Stop::after(PATIENCE))?;
        Ok(card.state(number))
    }

    /// Takes a card away.
    pub(super) fn remove(&self, number: usize) -> Result<Value, Error> {
        let mut card = self.card(number)?;
        card.remove();
        Ok(card.state(number))
    }

    /// The card as it was at first, with a chip that remembers nothing.
    pub(super) fn reset(&self, number: usize) -> Result<Value, Error> {
        let mut card = self.card(number)?;
        let first = card.first.clone();
        card.change(first, Keep::Nothing)?;
        Ok(card.state(number))
    }

    /// Changes what the card is.
    pub(super) fn set(
        &self,
        number: usize,
        set: impl FnOnce(&mut Setting) -> Result<(), Error>,
    ) -> Result<Value, Error> {
        let mut card = self.card(number)?;
        let mut setting = card.setting.clone();
        set(&mut setting)?;
        card.change(setting, Keep::Memory)?;
        Ok(card.state(number))
    }

    /// Changes what a register says of the card; the card itself does not notice.
    pub(super) fn register(&self, number: usize, state: CardState) -> Result<Value, Error> {
        let mut card = self.card(number)?;
        card.setting.persona.state = state;
        Ok(card.state(number))
    }

    /// What the verifier of the card is to be given: anchors, lists, the register's answer, the day.
    pub(super) fn surroundings(&self, number: usize) -> Result<Value, Error> {
        let persona = self.card(number)?.setting.switched(Around::Told)?;
        let around = persona.surroundings()?;
        let hex = |files: &[Vec<u8>]| files.iter().map(hex::encode).collect::<Vec<_>>();
        let state = match around.register {
            None => Some(persona.state),
            Some(register) => register.state(),
        };
        Ok(json!({
            "schema": SCHEMA,
            "card": number,
            "anchors": hex(&around.anchors),
            "lists": hex(&around.lists),
            "register": {
                "state": state.map(CardState::code),
                "fault": around.register.map(Register::name),
                "citizen_number": persona.citizen.number,
            },
            "day": around.day.map(|day| day.to_string()),
        }))
    }

    fn card(&self, number: usize) -> Result<MutexGuard<'_, Card>, Error> {
        let card = number
            .checked_sub(1)
            .and_then(|index| self.cards.get(index));
        let card = card.ok_or_else(|| BenchError::RequestPath {
            what: format!("card {number}"),
        })?;
        Ok(card.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The persona that a request names. A file is not read: its text comes with the request.
pub(super) fn load(whose: Whose) -> Result<Persona, SetupError> {
    match whose {
        Whose::Name(name) => persona::find(&name).ok_or(SetupError::PersonaUnknown),
        // An image in a file of its own is of no use here, and is refused as missing.
        Whose::Text(text) => file::parse(&text).map_err(|error| SetupError::Persona {
            path: String::new(),
            faults: error.faults,
        }),
    }
}
