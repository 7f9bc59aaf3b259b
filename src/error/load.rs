//! Why a register could not be filled from a file.

use thiserror::Error;

/// Nothing was loaded, and the register is as it was.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Path as given.
        path: String,
    },
    /// The first row does not name columns as it must.
    #[error("the header of {path} cannot be used: {why}")]
    Header {
        /// Path as given.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A row is longer than any can be: a quotation mark is not closed, or this is no table.
    #[error("row at line {line} of {path} is too long")]
    RowTooLong {
        /// Path as given.
        path: String,
        /// Number of the line that the row begins on, from 1.
        line: u64,
    },
    /// No row could be used.
    #[error("no row could be used")]
    Nothing,
    /// The file for rejected rows cannot be written.
    #[error("the file {path} for rejected rows cannot be written")]
    Rejects {
        /// Path as given.
        path: String,
    },
    /// The disk of the database is full.
    #[error("the disk of the registry is full")]
    DiskFull,
    /// The database takes no changes.
    #[error("the registry takes no changes")]
    ReadOnly,
    /// The database failed.
    #[error("the registry could not be filled: {why}")]
    Database {
        /// What is wrong, without anything from the rows.
        why: String,
    },
    /// Another registry than one that rows can be loaded into.
    #[error("rows go into sqlite:PATH or postgres://…")]
    Target,
}

impl LoadError {
    /// What exactly is meant.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Unreadable { path } | Self::Rejects { path } => Some(path.clone()),
            Self::Header { path, why } => Some(format!("{path}: {why}")),
            Self::RowTooLong { path, line } => Some(format!("{path}: {line}")),
            Self::Database { why } => Some(why.clone()),
            Self::Nothing | Self::DiskFull | Self::ReadOnly | Self::Target => None,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "load.unreadable",
            Self::Header { .. } => "load.header",
            Self::RowTooLong { .. } => "load.row_too_long",
            Self::Nothing => "load.nothing",
            Self::Rejects { .. } => "load.rejects",
            Self::DiskFull => "load.disk_full",
            Self::ReadOnly => "load.read_only",
            Self::Database { .. } => "load.database",
            Self::Target => "load.target",
        }
    }
}
