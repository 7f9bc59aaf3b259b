//! Making the tables of a register in a database.

use jiff::Timestamp;
use tokio_postgres::Transaction;

use super::address::Address;
use super::address::Target;
use super::check;
use super::connect::Hosts;
use super::runtime;
use super::trouble::Trouble;
use crate::error::SetupError;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::samples;
use crate::registry::samples::Citizen;
use crate::registry::samples::Contents;
use crate::registry::tables;
use crate::registry::tables::INDEXES;
use crate::registry::tables::TABLES;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A register was made.
    New,
    /// There was one, with this number key.
    There,
}

/// Makes a register in the database at an address, and its number key where that file is missing, all
/// of it or nothing. A register that is there is left as it is.
///
/// # Errors
/// [`SetupError::Registry`] when the database cannot be reached or written, and when it holds tables
/// of these names that are something else.
pub fn make(url: &str, contents: Contents) -> Result<Made, SetupError> {
    Ok(runtime()?.block_on(make_at(url, contents))?)
}

async fn make_at(url: &str, contents: Contents) -> Result<Made, Trouble> {
    let hosts = Hosts::new(Address::parse(url).map_err(Trouble::Address)?);
    let mut client = hosts.connect(Target::Writer).await?;
    let there = client
        .query_opt(
            "SELECT 1 FROM information_schema.tables
            WHERE table_name = 'register' AND table_schema = current_schema()",
            &[],
        )
        .await?;
    if there.is_some() {
        let key = NumberKey::read(&hosts.address.number_key)?;
        check(&client, key.check()).await?;
        return Ok(Made::There);
    }
    let key = NumberKey::read_or_make(&hosts.address.number_key)?;
    let transaction = client.transaction().await?;
    let text = TABLES.replace("{octets}", "BYTEA");
    transaction.batch_execute(&text).await?;
    let now = Timestamp::now().to_string();
    let check = key.check();
    transaction
        .execute(
            "INSERT INTO register VALUES ($1, $2, $3)",
            &[&tables::VERSION, &now, &check.as_bytes().as_slice()],
        )
        .await?;
    if contents == Contents::Samples {
        fill(&transaction, &key, samples::citizens()?).await?;
    }
    for (_, index) in INDEXES {
        transaction.batch_execute(index).await?;
    }
    transaction.commit().await?;
    Ok(Made::New)
}

async fn fill(
    transaction: &Transaction<'_>,
    key: &NumberKey,
    citizens: Vec<Citizen>,
) -> Result<(), Trouble> {
    let persons = "INSERT INTO person VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let persons = transaction.prepare(persons).await?;
    let cards = "INSERT INTO card VALUES ($1, $2, $3, $4, $5, $6)";
    let cards = transaction.prepare(cards).await?;
    let facts = "INSERT INTO fact VALUES ($1, $2, $3, $4)";
    let facts = transaction.prepare(facts).await?;
    for citizen in citizens {
        let (person, old) = citizen.keys(key)?;
        let person: &[u8] = person.as_bytes();
        let old: Option<&[u8]> = old
            .as_ref()
            .map(|old: &PersonKey| old.as_bytes().as_slice());
        transaction
            .execute(
                &persons,
                &[
                    &person,
                    &citizen.status,
                    &citizen.name,
                    &citizen.birth,
                    &citizen.sex,
                    &citizen.nationality,
                    &old,
                ],
            )
            .await?;
        for fact in citizen.facts() {
            let kind = fact.kind.code();
            transaction
                .execute(&facts, &[&person, &kind, &fact.value, &fact.place])
                .await?;
        }
        for card in citizen.card {
            let sod = card.digest()?;
            transaction
                .execute(
                    &cards,
                    &[
                        &sod,
                        &person,
                        &card.status,
                        &card.document_number,
                        &card.issued,
                        &card.expiry,
                    ],
                )
                .await?;
        }
    }
    Ok(())
}
