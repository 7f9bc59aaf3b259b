//! Reading a card: opens the chip, reads its files, lets it prove itself. Judges nothing but the
//! channel itself.

mod access;
mod active;
mod chip;
mod files;
mod flow;
mod plan;

pub use access::pace_choice;
pub use chip::chip_choice;
pub use flow::Progress;
pub use flow::read;
pub use plan::Groups;
pub use plan::Plan;
