//! What the Vietnamese identity laws say of a citizen's number and of how long a card holds.
//!
//! Facts of law and no file of the chip: they explain what a card says, and judge nothing. Since
//! 1 July 2024 the law promises twelve digits and no meaning of them (law 26/2023/QH15), so what a
//! number tells is information and never a reason to refuse a card.

mod countries;
pub mod expiry;
mod number;
mod provinces;

pub use number::Number;
pub use number::Origin;
