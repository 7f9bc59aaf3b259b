//! What several tests stand on.

#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod card;
#[cfg(feature = "sim")]
pub mod cards;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod pcscd;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod program;
