//! The terminal's side of every protocol, as pure steps.
//!
//! No step knows a transport: each takes the chip's answer and gives the next command. Randomness
//! is an argument, so a published transcript replays byte for byte. The simulator has its own,
//! separately written side and may not name this room.

pub mod active_auth;
pub mod bac;
pub mod chip_auth;
pub mod pace;
pub mod preference;
pub mod sm;
