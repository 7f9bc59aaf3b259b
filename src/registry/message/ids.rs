//! What tells one question from all others.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::random::Random;
use crate::error::SetupError;

/// Name of a question: the same question sent again has the same, and no other question has it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(String);

impl QuestionId {
    /// Shortest and longest, in characters.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 16..=64;

    /// Takes 16 to 64 letters, digits and hyphens of ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let right = Self::LENGTH.contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        right.then(|| Self(text.to_owned()))
    }

    /// Draws one of 128 bits.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`].
    pub fn random(random: &mut dyn Random) -> Result<Self, SetupError> {
        let mut octets = [0; 16];
        random.fill(&mut octets)?;
        Ok(Self(hex::encode(octets)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuestionId({})", self.0)
    }
}

/// A number used once, which the answer repeats.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// Shortest and longest, in octets.
    pub const LENGTH: std::ops::RangeInclusive<usize> = 16..=32;

    /// Takes 16 to 32 octets.
    pub fn new(octets: &[u8]) -> Option<Self> {
        let right = Self::LENGTH.contains(&octets.len());
        right.then(|| Self(octets.to_vec()))
    }

    /// Draws one of 16 octets.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`].
    pub fn random(random: &mut dyn Random) -> Result<Self, SetupError> {
        let mut octets = vec![0; *Self::LENGTH.start()];
        random.fill(&mut octets)?;
        Ok(Self(octets))
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads base64 in its one spelling: with padding, and no bits left over.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        Self::new(&STANDARD.decode(text).ok()?)
    }

    pub(super) fn text(&self) -> String {
        STANDARD.encode(&self.0)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}
