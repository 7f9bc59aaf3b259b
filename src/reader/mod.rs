//! Reading a card: opens the chip, reads its files, lets it prove itself. Judges nothing but the
//! channel itself.

mod access;
mod active;
mod applications;
mod chip;
mod directory;
mod files;
mod flow;
mod mapping;
mod offers;
mod pace;
mod pieces;
mod plan;
mod setback;
mod terminal;

pub use chip::chip_choices;
pub use flow::Progress;
pub use flow::read;
pub use flow::read_aloud;
pub use offers::pace_choices;
pub use plan::Applications;
pub use plan::Groups;
pub use plan::PUT_BACK;
pub use plan::Plan;
pub use terminal::terminal_choices;
