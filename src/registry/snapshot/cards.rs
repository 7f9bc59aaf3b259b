//! Every card of a register, one after the other: what snapshots are made of. Reading needs the same
//! memory however many there are.

use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;

#[cfg(feature = "registry")]
mod database;
mod file;

#[cfg(feature = "registry")]
pub use database::DatabaseCards;
pub use file::BINARY_MAGIC;
pub use file::FileCards;
pub use file::binary_record;

/// Takes one card.
pub type Take<'a> = dyn FnMut(SodDigest, CardStatus) -> Result<(), SnapshotError> + 'a;

/// Every card that a register knows by its security object. They can be gone through several times,
/// and are the same each time.
pub trait Cards {
    /// Gives every card.
    ///
    /// # Errors
    /// [`SnapshotError::Cards`]; what `take` gives.
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError>;
}

/// Cards in memory.
impl Cards for Vec<(SodDigest, CardStatus)> {
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError> {
        self.iter()
            .try_for_each(|(sod, status)| take(*sod, *status))
    }
}

/// What is wrong, and where.
pub(super) fn unusable(why: impl Into<String>) -> SnapshotError {
    SnapshotError::Cards { why: why.into() }
}
