//! The promise: a card that verifies, and one bit of anything that was read, trusted or answered
//! turned over. Not one such flip ends as genuine with data that differs from the card's.
//!
//! A class is one kind of bytes: the answers of a chip, the files of a card, the certificates and
//! lists that are trusted, the rows of the register. Each has its module, which says what is flipped
//! and how it is judged; [`bits`] takes the flips and counts what caught them, [`truth`] says what
//! "data that differs" means, [`regions`] says which part of a structure a bit stands in.
//!
//! The ordinary run takes a seeded sample of every region and prints its seed; with
//! `CANCUOC_EVERY_BIT` set (`make promise`) it takes every bit there is.

mod answers;
pub mod bits;
mod certificates;
mod files;
mod regions;
#[cfg(feature = "registry")]
mod register;
#[cfg(feature = "cli")]
mod reports;
pub mod responses;
pub mod truth;
