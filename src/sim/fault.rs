//! What is wrong with a chip or with the line to it (placeholder).

/// A forgery, an attack or a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {}
