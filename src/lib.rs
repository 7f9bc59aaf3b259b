//! Reads a citizen's chip identity card, verifies every byte of it, and asks a registry whether it
//! is in force.
//!
//! Data flows one way: a [`transport::Transport`] carries bytes, [`reader`] makes a `Reading` of
//! them, [`verify`] judges the reading against a trust store, a policy and a time, and [`render`]
//! puts the report into words. `docs/architecture.md` describes the floors.

pub mod error;
pub mod secret;

pub mod bytes;
#[cfg(any(feature = "agent", feature = "serve"))]
pub mod telemetry;

pub mod crypto;
pub mod image;
pub mod iso7816;
pub mod transport;

pub mod lds;
pub mod pki;
pub mod profile;

pub mod channel;
pub mod trust;

pub mod capture;
pub mod link;
pub mod terminal;

pub mod audit;
pub mod reader;
pub mod seal;
pub mod verify;

pub mod attest;
pub mod registry;
pub mod render;

#[cfg(feature = "cli")]
pub mod doctor;
pub mod workflow;

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(any(feature = "agent", feature = "cli"))]
mod around;
#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "sim")]
pub mod redact;
#[cfg(feature = "sim")]
pub mod sim;

pub use error::Error;

/// The examples of the README, in both languages, and of the page on virtual cards are compiled and run with the tests.
#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/README.vi.md")]
#[doc = include_str!("../docs/virtual-card.md")]
struct Readme;
