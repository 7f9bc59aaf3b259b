//! Reports and errors in words: text for a person, JSON for a program.

pub mod json;
pub mod text;
pub mod words;
