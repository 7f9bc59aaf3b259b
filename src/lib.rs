//! Reads a citizen's chip identity card, verifies every byte of it, and asks a registry whether it
//! is in force.
//!
//! Data flows one way: a [`transport::Transport`] carries bytes, [`reader`] makes a `Reading` of
//! them, [`verify`] judges the reading against a trust store, a policy and a time, and [`render`]
//! puts the report into words. `docs/architecture.md` describes the floors.

pub mod error;
pub mod secret;

pub mod bytes;

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

pub mod reader;
pub mod verify;

pub mod attest;
pub mod registry;
pub mod render;

pub mod workflow;

#[cfg(feature = "cli")]
pub mod cli;

#[cfg(feature = "sim")]
pub mod sim;

pub use error::Error;

/// The example of the README, in both languages, is compiled and run with the tests.
#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/README.vi.md")]
struct Readme;
