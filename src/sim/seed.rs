//! Randomness that repeats: for tests and made-up cards, never for a real key.

use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::SetupError;

/// **For tests only.** The bytes follow from the seed: SHA-256 over seed and counter, block after
/// block. Whoever knows the seed knows every key made from it.
#[derive(Debug, Clone)]
pub struct Seeded {
    seed: Vec<u8>,
    counter: u64,
    rest: Vec<u8>,
}

impl Seeded {
    /// Starts the sequence that belongs to this seed.
    ///
    /// ```
    /// use cancuoc::crypto::random::Random;
    /// use cancuoc::sim::seed::Seeded;
    /// let mut first = [0; 40];
    /// Seeded::new("example").fill(&mut first)?;
    /// let mut again = [0; 40];
    /// Seeded::new("example").fill(&mut again)?;
    /// assert_eq!(first, again);
    /// # Ok::<(), cancuoc::error::SetupError>(())
    /// ```
    pub fn new(seed: &str) -> Self {
        Self {
            seed: seed.as_bytes().to_vec(),
            counter: 0,
            rest: Vec::new(),
        }
    }
}

impl Random for Seeded {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        for to in buffer {
            if self.rest.is_empty() {
                let block = Hash::Sha256.digest(&[&self.seed, &self.counter.to_be_bytes()]);
                self.counter = self.counter.wrapping_add(1);
                self.rest = block;
            }
            *to = self.rest.pop().ok_or(SetupError::NoRandomness)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_seeds_give_other_bytes_and_pieces_do_not_matter() {
        let mut whole = [0; 70];
        Seeded::new("a").fill(&mut whole).unwrap();
        let mut pieces = Seeded::new("a");
        let (mut first, mut second) = ([0; 33], [0; 37]);
        pieces.fill(&mut first).unwrap();
        pieces.fill(&mut second).unwrap();
        assert_eq!(whole.as_slice(), [first.as_slice(), &second].concat());
        let mut other = [0; 70];
        Seeded::new("b").fill(&mut other).unwrap();
        assert_ne!(whole, other);
    }
}
