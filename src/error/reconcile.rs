//! Why a list cannot be compared with the registry.

use thiserror::Error;

/// What comparing a list with the registry cannot do without.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReconcileError {
    /// The list cannot be read.
    #[error("the list {path} cannot be read")]
    Unreadable {
        /// Path as given.
        path: String,
    },
    /// The list's first line names no column of citizen numbers or security objects.
    #[error("no column of the list names a person")]
    Columns {
        /// What was looked for; nothing of the list.
        wanted: String,
    },
    /// The mapping of columns is malformed or names what is not there.
    #[error("the mapping of columns cannot be used: {why}")]
    Mapping {
        /// The entry as given.
        why: String,
    },
    /// The output would take the place of a file that is there.
    #[error("{path} is there already")]
    OutputThere {
        /// Path as given.
        path: String,
    },
    /// What an earlier run left does not belong to this list with these options.
    #[error("the progress {path} belongs to another list or other options")]
    ProgressForeign {
        /// Path of the progress file.
        path: String,
    },
    /// Neither the registry nor a wait for it gave an answer; what was done is kept.
    #[error("the registry gave no answer: {code}")]
    NoAnswer {
        /// The code of the registry's error.
        code: &'static str,
    },
}

impl ReconcileError {
    /// What exactly is meant.
    pub fn subject(&self) -> String {
        match self {
            Self::Unreadable { path }
            | Self::OutputThere { path }
            | Self::ProgressForeign { path } => path.clone(),
            Self::Columns { wanted } => wanted.clone(),
            Self::Mapping { why } => why.clone(),
            Self::NoAnswer { code } => (*code).to_owned(),
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "reconcile.unreadable",
            Self::Columns { .. } => "reconcile.columns",
            Self::Mapping { .. } => "reconcile.mapping",
            Self::OutputThere { .. } => "reconcile.output_there",
            Self::ProgressForeign { .. } => "reconcile.progress_foreign",
            Self::NoAnswer { .. } => "reconcile.no_answer",
        }
    }
}
