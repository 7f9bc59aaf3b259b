//! Where random bytes come from. An argument everywhere, so that published transcripts replay.

use crate::error::SetupError;

/// A source of random bytes.
pub trait Random {
    /// Fills the buffer.
    ///
    /// # Errors
    /// [`SetupError::NoRandomness`] when the source gives none.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError>;
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct System;

impl Random for System {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), SetupError> {
        getrandom::fill(buffer).map_err(|_| SetupError::NoRandomness)
    }
}
