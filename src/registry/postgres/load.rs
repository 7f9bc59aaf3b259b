//! Into a database: copied into a table of this session in binary form, then merged in one
//! transaction, which is tried again where it meets a conflict with others.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;
use tokio_postgres::Client;
use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::types::Type;

use super::address::Address;
use super::address::Target;
use super::check;
use super::connect::Hosts;
use super::runtime;
use super::trouble::Trouble;
use crate::error::LoadError;
use crate::error::SetupError;
use crate::registry::load::Mode;
use crate::registry::load::Rows;
use crate::registry::load::merge;
use crate::registry::load::merge::Register;
use crate::registry::number_key::NumberKey;
use crate::registry::tables::INDEXES;

/// How often a merge is tried that meets a conflict.
const TRIES: u32 = 5;

/// Pause before the second try; before the third it is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// The types of the columns of `incoming`.
fn types() -> Vec<Type> {
    let octets = [Type::BYTEA, Type::BYTEA, Type::BYTEA];
    let mut all = vec![Type::INT8];
    all.extend(octets);
    all.resize(18, Type::TEXT);
    all
}

/// Loads rows into the register of a database.
pub(in crate::registry) fn load(
    url: &str,
    rows: &mut Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<(), SetupError> {
    runtime()?.block_on(load_at(url, rows, mode, as_of))
}

async fn load_at(
    url: &str,
    rows: &mut Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<(), SetupError> {
    let hosts = Hosts::new(Address::parse(url).map_err(Trouble::Address)?);
    let key = NumberKey::read(&hosts.address.number_key).map_err(Trouble::from)?;
    let mut client = hosts.connect(Target::Writer).await.map_err(failed)?;
    check(&client, key.check()).await?;
    let database = |error: tokio_postgres::Error| failed(error.into());
    let columns = merge::INCOMING
        .replace("{number}", "BIGINT")
        .replace("{octets}", "BYTEA");
    // Outside the transaction: rows can be read once, and merged more than once.
    let table = format!("CREATE TEMPORARY TABLE incoming ({columns})");
    client.batch_execute(&table).await.map_err(database)?;
    let copy = "COPY incoming FROM STDIN BINARY";
    let sink = client.copy_in(copy).await.map_err(database)?;
    let types = types();
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    while rows.advance(&key)?.is_some() {
        let Some(entry) = rows.entry() else {
            continue;
        };
        let person: &[u8] = entry.person.as_bytes();
        let old: Option<&[u8]> = entry.old.as_ref().map(|old| old.as_bytes().as_slice());
        let sod: Option<&[u8]> = entry.sod.as_ref().map(|sod| sod.as_slice());
        let mut values: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(types.len());
        values.push(&entry.place);
        values.push(&person);
        values.push(&old);
        values.push(&sod);
        for text in entry.cells.iter().skip(merge::FIRST_TEXT) {
            values.push(text);
        }
        writer.as_mut().write(&values).await.map_err(database)?;
    }
    writer.finish().await.map_err(database)?;
    if rows.is_useless() {
        return Err(LoadError::Nothing.into());
    }
    let mut tries = 1;
    loop {
        match merged(&mut client, rows, mode, as_of).await {
            Err(error) if tries < TRIES && is_conflict(&error) => {
                sleep(PAUSE * tries).await;
                tries += 1;
            }
            done => return done.map_err(database),
        }
    }
}

/// Merges all in one transaction.
async fn merged(
    client: &mut Client,
    rows: &Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    merge(&transaction, rows, mode, as_of).await?;
    transaction.commit().await
}

/// Whether the database took a transaction back for the sake of another.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .iter()
    .any(|state| error.code() == Some(state))
}

async fn merge(
    transaction: &Transaction<'_>,
    rows: &Rows<'_>,
    mode: Mode,
    as_of: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    // The register's own row first: of two loads, one waits for the other.
    transaction
        .execute("UPDATE register SET as_of = $1", &[&as_of.to_string()])
        .await?;
    let somebody = transaction.query_opt(merge::SOMEBODY, &[]).await?.is_some();
    let filled = somebody && mode == Mode::Merge;
    let register = if filled {
        Register::Filled
    } else {
        Register::Empty
    };
    let present = rows.present();
    let mut all = vec!["ANALYZE incoming".to_owned()];
    if mode == Mode::Replace {
        // Not truncated: who looks up meanwhile sees the register as it was.
        all.push(merge::CLEAR.to_owned());
    }
    if !somebody {
        // Nobody looks anything up here yet, and an index is made faster than kept.
        all.extend(INDEXES.map(|(name, _)| format!("DROP INDEX {name}")));
    }
    all.extend(merge::persons(present));
    all.extend(merge::seen_cards(present, register));
    if !somebody {
        all.extend(INDEXES.map(|(_, index)| index.to_owned()));
    }
    all.extend(merge::unseen_cards(present, register));
    all.extend(merge::facts(present, register));
    all.extend(["person", "card", "fact"].map(|table| format!("ANALYZE {table}")));
    for statement in all {
        transaction.batch_execute(&statement).await?;
    }
    Ok(())
}

fn failed(trouble: Trouble) -> SetupError {
    let full = match &trouble {
        Trouble::Database(error) => error.code() == Some(&SqlState::DISK_FULL),
        _ => false,
    };
    let load = if full {
        LoadError::DiskFull
    } else if trouble.is_read_only() {
        LoadError::ReadOnly
    } else {
        LoadError::Database {
            why: trouble.reason(),
        }
    };
    load.into()
}
