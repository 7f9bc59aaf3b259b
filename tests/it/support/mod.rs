//! What several tests stand on.

#[cfg(feature = "sim")]
pub mod card;
#[cfg(feature = "sim")]
pub mod cards;
#[cfg(feature = "sim")]
pub mod forge;
#[cfg(all(feature = "cli", feature = "sim"))]
pub mod home;
pub mod issued;
#[cfg(feature = "sim")]
pub mod kept;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod pcscd;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod program;
#[cfg(feature = "sim")]
pub mod publish;
#[cfg(all(feature = "cli", feature = "sim"))]
pub mod server;
