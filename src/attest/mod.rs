//! Reports that a device signs, and checking them on another machine.
//!
//! A report is JSON; what is signed is its canonical form (RFC 8785), so that a report that was
//! indented or whose members were put in another order is still the same report. The room knows
//! JSON and the judgement's types, and nothing of how either is shown.

pub mod again;
pub mod canonical;
pub mod check;
pub mod key;
pub mod sign;
pub mod signed;
pub mod statement;
