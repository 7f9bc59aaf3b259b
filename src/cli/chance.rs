//! Where the randomness of a run with a virtual card comes from.

use std::fmt;

use crate::crypto::random::Random;
use crate::crypto::random::System;
use crate::error::SetupError;
use crate::sim::seed::Seeded;

/// The text that all randomness of a run with a virtual card follows from, if one was given. Each use
/// has a sequence of its own, so that one side's draws do not move the other's.
#[derive(Clone, Copy)]
pub(super) struct Seed<'a>(pub(super) Option<&'a str>);

impl fmt::Debug for Seed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl Seed<'_> {
    /// Of the chip.
    pub(super) fn chip(self) -> Chance {
        self.of("chip")
    }

    /// Of the terminal that reads the chip.
    pub(super) fn terminal(self) -> Chance {
        self.of("terminal")
    }

    fn of(self, whose: &str) -> Chance {
        match self.0 {
            Some(seed) => Chance::Seeded(Seeded::new(&format!("{seed} {whose}"))),
            None => Chance::System,
        }
    }
}

/// Random bytes for one side.
pub(super) enum Chance {
    /// The system's.
    System,
    /// Those that follow from a seed.
    Seeded(Seeded),
}

impl Random for Chance {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        match self {
            Self::System => System.fill(buffer),
            Self::Seeded(seeded) => seeded.fill(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(mut random: Chance) -> [u8; 16] {
        let mut bytes = [0; 16];
        random.fill(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_seed_repeats_and_both_sides_draw_apart() {
        let seed = Seed(Some("one"));
        assert_eq!(drawn(seed.chip()), drawn(seed.chip()));
        assert_ne!(drawn(seed.chip()), drawn(seed.terminal()));
        assert_ne!(drawn(seed.chip()), drawn(Seed(Some("two")).chip()));
        assert_ne!(drawn(Seed(None).chip()), drawn(Seed(None).chip()));
    }
}
