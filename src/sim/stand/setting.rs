//! What card lies on a reader: whose it is, and what is switched on.

use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::error::Error;
use crate::error::SetupError;
use crate::sim::chip::Chip;
use crate::sim::fault::Category;
use crate::sim::fault::Cue;
use crate::sim::link::Link;
use crate::sim::persona::Persona;
use crate::sim::seed::Seeded;

/// Whether what lies around the chip, reader, line, register and clock, can be played here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// There is nobody to play it: it is refused by name.
    Refused,
    /// Register, clock and lists are asked for over the control interface.
    Told,
}

/// Whose card it is, and what is switched on, by the names that were given.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Whose card, with no other quirks and faults than its own.
    pub persona: Persona,
    /// Quirks beside the persona's own.
    pub quirks: Vec<String>,
    /// Faults beside the persona's own, with their moments.
    pub faults: Vec<String>,
    /// Name of the modelled link; without one the card answers at once.
    pub link: Option<String>,
    /// The text that the chip's randomness follows from; without one it is the persona's own, and
    /// where that has none the system's.
    pub seed: Option<String>,
    /// Which card this is of several on one bench, from 0.
    pub number: usize,
}

impl Setting {
    /// A persona's card as it is.
    pub const fn of(persona: Persona) -> Self {
        Self {
            persona,
            quirks: Vec::new(),
            faults: Vec::new(),
            link: None,
            seed: None,
            number: 0,
        }
    }

    /// The persona with everything switched on.
    ///
    /// # Errors
    /// [`SetupError`]: a name that nothing has, or something that cannot be played here.
    pub fn switched(&self, around: Around) -> Result<Persona, SetupError> {
        let mut persona = self.persona.clone();
        persona.switch_on(&self.quirks, &self.faults)?;
        let quirks = persona.chip.quirks.iter().copied();
        let quirk = quirks
            .filter(|quirk| quirk.is_around_the_chip())
            .map(|quirk| quirk.to_string());
        let faults = persona.chip.faults.iter();
        let fault = faults
            .filter(|cue| match around {
                Around::Refused => cue.fault.is_around_the_chip(),
                Around::Told => is_of_the_line(cue),
            })
            .map(ToString::to_string);
        match quirk.chain(fault).next() {
            Some(name) => Err(SetupError::SwitchAround { name }),
            None => Ok(persona),
        }
    }

    /// The chip of that card, never used.
    ///
    /// # Errors
    /// As [`Setting::switched`], or why the card cannot be made.
    pub fn chip(&self, around: Around) -> Result<Chip, Error> {
        let random: Box<dyn Random + Send> = match self.seed() {
            Some(seed) => Box::new(Seeded::new(&format!("{seed} chip"))),
            None => Box::new(System),
        };
        Ok(Chip::new(self.switched(around)?.personalise()?, random))
    }

    /// What the chip's randomness follows from: what was given, else the seed of the persona's file.
    pub fn seed(&self) -> Option<String> {
        let seed = self.seed.as_ref().or(self.persona.seed.as_ref())?;
        Some(match self.number {
            0 => seed.clone(),
            // Two chips must not draw the same nonces.
            number => format!("{seed} {}", number.saturating_add(1)),
        })
    }

    /// The link that the card lies on.
    ///
    /// # Errors
    /// [`SetupError::LinkUnknown`] with the names that there are.
    pub fn line(&self) -> Result<Option<Link>, SetupError> {
        self.link.as_deref().map(Link::from_name).transpose()
    }
}

/// Whether a fault needs a reader that plays along, which vpcd does not.
fn is_of_the_line(cue: &Cue) -> bool {
    cue.fault.is_around_the_chip() && cue.fault.category() == Category::Transport
}
