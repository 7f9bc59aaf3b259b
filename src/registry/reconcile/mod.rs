//! A list compared with the registry, row by row: subscribers, payees, households, whatever an agency
//! keeps of citizens.
//!
//! Each row becomes a question like any other; nothing but its answer is written down. A first look
//! through the list finds what it is like and which rows are of one person; the second asks. Rows are
//! asked by several readers at once and written in the order of the list, so that a run that was cut
//! short and taken up again writes the same bytes as one that was not.

mod columns;
mod duplicates;
mod judged;
mod kept;
mod look;
mod moment;
mod output;
mod records;
mod row;
mod run;
mod totals;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use crate::registry::query::Context;

pub use columns::Column;
pub use columns::Columns;
pub use columns::Mapping;
pub use judged::ADVICE;
pub use judged::Values;
pub use run::Done;
pub use run::Opener;
pub use run::Progress;
pub use run::reconcile;
pub use totals::Totals;

/// How old the registry's data may be for a person to count as alive by it, unless told otherwise.
pub const FRESH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What to compare, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The list; standard input where there is none.
    pub list: Option<PathBuf>,
    /// Which columns hold what.
    pub mapping: Mapping,
    /// Where each row's result goes: CSV, or JSON lines where the name ends in `.jsonl`, `.ndjson` or
    /// `.json`.
    pub out: Option<PathBuf>,
    /// Whether the output repeats what the list says.
    pub values: Values,
    /// Whether an earlier run is put aside.
    pub restart: Restart,
    /// Who asks, and for what.
    pub context: Context,
    /// How old the registry's data may be.
    pub fresh: Duration,
    /// The time of the run.
    pub now: Timestamp,
    /// How many ask the registry at once.
    pub readers: usize,
    /// How many rows are asked about together.
    pub together: usize,
    /// How many rows are done in one step; one where each costs the caller, so that what was answered is
    /// kept when a later row has no answer.
    pub step: usize,
    /// What else decides the results, such as the registry's address; it is kept as a digest.
    pub also: String,
}

/// What to do with what an earlier run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Go on from there
    No,
    /// Begin anew, in the place of its output
    Yes,
}
