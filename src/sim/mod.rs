//! (being built)

pub mod faces;
pub mod fault;
pub mod files;
pub mod keys;
pub mod persona;
pub mod personalisation;
pub mod pki;
pub mod quirk;
pub mod seed;
