//! Reports that a device signs, and checking them on another machine.
//!
//! How a report is signed stands in [`seal`](crate::seal); this room knows what a report says, and
//! nothing of how it is shown.

pub mod again;
pub mod check;
pub mod evidence;
pub mod receipt;
mod registry;
pub mod signed;
pub mod statement;
