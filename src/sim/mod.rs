//! (being built)

pub mod fault;
pub mod personalisation;
pub mod quirk;
pub mod keys;
pub mod pki;
