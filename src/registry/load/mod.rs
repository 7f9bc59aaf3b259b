//! Filling a register from tables of text: all of them or nothing.
//!
//! Rows are laid beside the register first, and then merged into it by a few statements in one
//! transaction, so that whatever interrupts leaves the register as it was. `docs/registry-load.md`
//! says what the columns are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::LoadError;
use crate::error::SetupError;

pub(super) mod merge;
pub(super) mod rows;
pub mod sample;
mod sqlite;
mod table;

pub use rows::Input;
pub use rows::Rows;

/// What becomes of those whom the register knows already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What the rows say counts; about whom they say nothing, stays.
    Merge,
    /// They go: afterwards the register knows what the rows say, and nothing else.
    Replace,
}

/// What a load did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows after the header.
    pub rows: u64,
    /// Rows that were loaded.
    pub loaded: u64,
    /// Rows that were not, by their codes.
    pub rejected: BTreeMap<&'static str, u64>,
}

/// Loads rows into the register at an address, `sqlite:PATH` or `postgres://…`. A file that is not
/// there is made, empty; a database must have a register.
///
/// # Errors
/// [`LoadError`], or [`SetupError::Registry`] when the register cannot be opened. The register is then
/// as it was.
pub fn load(
    url: &str,
    rows: &mut Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<Totals, SetupError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            sqlite::load(path.as_ref(), rows, mode, as_of)?;
        }
        #[cfg(feature = "postgres")]
        Some(("postgres" | "postgresql", _)) => {
            crate::registry::postgres::load::load(url, rows, mode, as_of)?;
        }
        _ => return Err(LoadError::Target.into()),
    }
    Ok(rows.totals().clone())
}
