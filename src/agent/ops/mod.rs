//! Running an agent: how it is configured, what it logs, what it counts, and the record that it keeps of
//! each read. `docs/operations.md` is about all of them.

pub mod audit;
pub mod config;
pub mod log;
pub mod metrics;
pub mod place;
pub mod readers;
mod table;
pub mod teller;
