//! (being built)

pub mod vpcd;
