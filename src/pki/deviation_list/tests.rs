//! Lists made for the purpose, and damaged.
