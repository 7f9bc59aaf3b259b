//! What several tests stand on.

pub mod pcscd;
pub mod program;
