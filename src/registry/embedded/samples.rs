//! The tables of the embedded registry and the invented citizens that fill it.
//!
//! Plain SQL, so that the same tables serve another database.

use jiff::Timestamp;
use rusqlite::Transaction;
use rusqlite::params;
use serde::Deserialize;

use super::Trouble;

const TABLES: &str = "
CREATE TABLE register (as_of TEXT NOT NULL);
CREATE TABLE citizen (
    number TEXT PRIMARY KEY NOT NULL,
    name TEXT, birth TEXT, sex TEXT, nationality TEXT, residence TEXT
);
CREATE TABLE card (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL REFERENCES citizen (number),
    sod BLOB UNIQUE,
    status TEXT NOT NULL,
    document_number TEXT, issued TEXT, expiry TEXT
);
CREATE INDEX card_by_number ON card (number);
";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    citizen: Vec<Citizen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Citizen {
    number: String,
    name: String,
    birth: String,
    sex: String,
    nationality: String,
    residence: String,
    #[serde(default)]
    card: Vec<Card>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    status: String,
    document_number: String,
    issued: String,
    expiry: String,
    sod: Option<String>,
}

/// Makes the tables and fills them. The data is as old as the filling.
pub(super) fn fill(transaction: &Transaction<'_>) -> Result<(), Trouble> {
    let samples: Samples = toml::from_str(include_str!("../sample_citizens.toml"))
        .map_err(|_| Trouble::Content("list of sample citizens"))?;
    transaction.execute_batch(TABLES)?;
    let now = Timestamp::now().to_string();
    transaction.execute("INSERT INTO register VALUES (?)", [now])?;
    let mut citizens = transaction.prepare("INSERT INTO citizen VALUES (?, ?, ?, ?, ?, ?)")?;
    let mut cards = transaction.prepare("INSERT INTO card VALUES (NULL, ?, ?, ?, ?, ?, ?)")?;
    for citizen in samples.citizen {
        citizens.execute(params![
            citizen.number,
            citizen.name,
            citizen.birth,
            citizen.sex,
            citizen.nationality,
            citizen.residence,
        ])?;
        for card in citizen.card {
            let sod = card.sod.map(hex::decode).transpose();
            cards.execute(params![
                citizen.number,
                sod.map_err(|_| Trouble::Content("digest of a sample card"))?,
                card.status,
                card.document_number,
                card.issued,
                card.expiry,
            ])?;
        }
    }
    Ok(())
}
