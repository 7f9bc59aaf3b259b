//! What several tests stand on.

#[cfg(feature = "sim")]
pub mod card;
#[cfg(feature = "sim")]
pub mod cards;
#[cfg(all(
    unix,
    feature = "cli",
    feature = "pcsc",
    feature = "postgres",
    feature = "serve",
    feature = "sim"
))]
pub mod cluster;
#[cfg(feature = "sim")]
pub mod forge;
#[cfg(all(feature = "cli", feature = "sim"))]
pub mod home;
pub mod issued;
#[cfg(feature = "sim")]
pub mod kept;
#[cfg(all(feature = "pcsc", feature = "sim"))]
pub mod pcscd;
#[cfg(all(feature = "postgres", unix))]
pub mod postgres;
#[cfg(any(feature = "cli", feature = "pcsc", feature = "postgres"))]
pub mod program;
#[cfg(feature = "sim")]
pub mod publish;
#[cfg(all(feature = "cli", feature = "fetch", feature = "sim"))]
pub mod registry;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "serve", feature = "sim"))]
pub mod registry_pki;
#[cfg(all(feature = "cli", feature = "pcsc", feature = "serve", feature = "sim"))]
pub mod registry_server;
#[cfg(all(feature = "cli", feature = "sim"))]
pub mod server;
