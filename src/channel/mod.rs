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
pub mod terminal_auth;

use crate::error::AccessError;
use crate::iso7816::Status;

/// What a refused step means, as far as every access protocol reads it alike.
fn refusal(step: &'static str, status: Status) -> AccessError {
    match status {
        Status::BLOCKED | Status::REFERENCE_UNUSABLE => AccessError::Blocked,
        other => match other.tries_left() {
            Some(0) => AccessError::Blocked,
            tries_left @ Some(_) => AccessError::WrongKey { tries_left },
            None => AccessError::Refused {
                step,
                status: other.0,
            },
        },
    }
}
