//! A statement in JSON and a signature over its canonical form (RFC 8785): how reports, registry
//! questions and answers, and checkpoints of audit logs are signed and checked.
//!
//! What is signed is the canonical form, so that a statement that was indented or whose members were
//! put in another order is still the same statement. The room knows JSON and keys, and nothing of
//! what a statement says.

pub mod canonical;
pub mod key;
pub mod sign;
pub mod signature;
