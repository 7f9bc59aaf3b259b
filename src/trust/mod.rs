//! The operator's trust on disk: what a file holds, plain folders, and the store that
//! `cancuoc trust` keeps.
//!
//! [`crate::pki::store::TrustStore`] is what is trusted while judging; here is where it comes from,
//! who said so, and by which rules it may change.

pub mod change;
mod disk;
pub mod folder;
pub mod holding;
pub mod index;
pub mod kept;
mod rules;

#[cfg(test)]
mod scratch;
