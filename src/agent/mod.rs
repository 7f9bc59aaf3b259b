//! The agent of counters and kiosks: a service on this machine, to which pages and programs speak over
//! loopback. It reads the cards on its readers for whoever may ask, and tells nobody else.
//!
//! [`protocol`] is what is said, [`machine`] what follows from it at one reader, [`desk`] who is told,
//! [`slots`] the readers, [`judge`] what cards are judged by, [`door`] who is let in. `docs/agent.md`
//! describes the protocol.

pub mod desk;
pub mod door;
pub mod facade;
pub mod judge;
pub mod machine;
pub mod ops;
pub mod protocol;
pub mod receipt;
pub mod recorder;
pub mod samples;
pub mod slots;
pub mod vital;
