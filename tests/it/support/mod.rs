//! What several tests stand on.

pub mod card;
pub mod pcscd;
pub mod program;
