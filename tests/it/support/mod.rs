//! What several tests stand on.

#[cfg(feature = "sim")]
pub mod cards;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod pcscd;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod program;
