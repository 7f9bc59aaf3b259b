//! Reports and errors in words: text for a person, JSON for a program.

pub mod answer;
pub mod applications;
pub mod details;
pub mod json;
pub mod portrait;
pub mod reveal;
pub mod screen;
pub mod text;
pub mod trust;
pub mod words;
