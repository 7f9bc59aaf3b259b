//! Into the embedded registry: laid in a temporary table, then merged in one transaction.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::Statement;
use rusqlite::ToSql;
use rusqlite::TransactionBehavior;

use super::Mode;
use super::merge;
use super::merge::Register;
use super::rows::Entry;
use super::rows::Rows;
use crate::error::LoadError;
use crate::error::SetupError;
use crate::registry::embedded::Embedded;
use crate::registry::samples::Contents;
use crate::registry::tables::INDEXES;

/// Memory for pages, in KiB.
const CACHE: i64 = 128 * 1024;

pub(super) fn load(
    path: &Path,
    rows: &mut Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<(), SetupError> {
    let mut registry = Embedded::open_with(path, Contents::Nobody)?;
    let (connection, key) = registry.parts();
    prepare(connection).map_err(failed)?;
    {
        let incoming = connection.transaction().map_err(failed)?;
        let values = ["?"; 18].join(", ");
        let insert = format!("INSERT INTO incoming VALUES ({values})");
        let mut insert = incoming.prepare(&insert).map_err(failed)?;
        while rows.advance(key)?.is_some() {
            if let Some(entry) = rows.entry() {
                lay(&mut insert, &entry).map_err(failed)?;
            }
        }
        drop(insert);
        incoming.commit().map_err(failed)?;
    }
    if rows.is_useless() {
        return Err(LoadError::Nothing.into());
    }
    merge(connection, rows, mode, as_of).map_err(failed)?;
    Ok(())
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -CACHE)?;
    let columns = merge::INCOMING
        .replace("{number}", "INTEGER")
        .replace("{octets}", "BLOB");
    connection.execute_batch(&format!("CREATE TEMP TABLE incoming ({columns})"))
}

fn lay(insert: &mut Statement<'_>, entry: &Entry<'_>) -> rusqlite::Result<()> {
    insert.raw_bind_parameter(1, entry.place)?;
    insert.raw_bind_parameter(2, entry.person.as_bytes())?;
    insert.raw_bind_parameter(3, entry.old.as_ref().map(|old| old.as_bytes()))?;
    insert.raw_bind_parameter(4, entry.sod)?;
    let texts = entry.cells.iter().skip(merge::FIRST_TEXT);
    for (number, text) in (5..).zip(texts) {
        let text: &dyn ToSql = text;
        insert.raw_bind_parameter(number, text)?;
    }
    insert.raw_execute().map(drop)
}

fn merge(
    connection: &mut Connection,
    rows: &Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    let merging = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let somebody = merging.prepare(merge::SOMEBODY)?.exists([])?;
    merging.execute("UPDATE register SET as_of = ?", [as_of.to_string()])?;
    if mode == Mode::Replace {
        merging.execute_batch(merge::CLEAR)?;
    }
    let register = if somebody && mode == Mode::Merge {
        Register::Filled
    } else {
        Register::Empty
    };
    if register == Register::Empty {
        // Made anew afterwards, from sorted entries.
        for (name, _) in INDEXES {
            merging.execute_batch(&format!("DROP INDEX {name}"))?;
        }
    }
    let present = rows.present();
    let mut all = merge::persons(present);
    all.extend(merge::seen_cards(present, register));
    if register == Register::Empty {
        all.extend(INDEXES.map(|(_, index)| index.to_owned()));
    }
    all.extend(merge::unseen_cards(present, register));
    all.extend(merge::facts(present, register));
    for statement in all {
        merging.execute_batch(&statement)?;
    }
    merging.commit()?;
    connection.execute_batch("DROP TABLE incoming")
}

fn failed(error: rusqlite::Error) -> SetupError {
    let load = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => LoadError::DiskFull,
        Some(ErrorCode::ReadOnly) => LoadError::ReadOnly,
        _ => LoadError::Database {
            why: Embedded::reason(error),
        },
    };
    load.into()
}
