//! (being built)

pub mod fault;
pub mod personalisation;
pub mod quirk;
pub mod keys;
pub mod pki;
pub mod faces;
pub mod files;
pub mod persona;
