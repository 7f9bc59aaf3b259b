//! A log to which lines are only added, each bound by its hash to all before it.
//!
//! The registry's server writes one record for every decision that leaves it, and waits until the
//! record is on the disk. Each line holds the SHA-256 of the line before; over all lines there is a
//! Merkle tree (RFC 6962 §2.1), whose head is signed from time to time as a checkpoint (C2SP
//! tlog-checkpoint). `docs/audit.md` has the format bit by bit, and what it proves and what not.

mod chain;
pub mod entry;
mod folder;
mod heads;
mod log;
pub mod note;
pub mod pairwise;
mod pending;
pub mod proof;
mod reads;
mod recent;
mod saved;
mod store;
pub mod tree;
mod verify;

pub use entry::Entry;
pub use log::Log;
pub use log::Options;
pub use note::Checkpoint;
pub use note::Signed;
pub use pending::MAX_WAITING;
pub use pending::Pending;
pub use pending::Placed;
pub use reads::Unended;
pub use recent::recent;
pub use store::Clock;
pub use verify::Verified;
pub use verify::line;
pub use verify::newest;
pub use verify::prove;
pub use verify::verify;

#[cfg(test)]
mod tests;
