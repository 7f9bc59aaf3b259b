//! Reports and errors in words.

pub mod words;
