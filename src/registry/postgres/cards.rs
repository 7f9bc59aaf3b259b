//! Every card of a register in a database, for snapshots: fetched some at a time, all as of one moment.

use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::Statement;

use super::address::Address;
use super::connect::Hosts;
use super::runtime;
use super::trouble::Trouble;
use crate::error::SetupError;
use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::cards::Cards;
use crate::registry::snapshot::cards::Take;
use crate::registry::tables;
use crate::registry::tables::REGISTER;

/// Every statement sees the register as it was at the first.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// Cards whose security object the register has not seen are not among them: nobody could ask for
/// them.
const CURSOR: &str =
    "DECLARE cards NO SCROLL CURSOR FOR SELECT sod, status FROM card WHERE sod IS NOT NULL";

/// Cards that are not in force and that a snapshot cannot name.
const UNNAMED: &str = "SELECT count(*) FROM card \
    WHERE sod IS NULL AND status IN ('replaced', 'reported_lost', 'revoked')";

/// Some thousand cards are some hundred kilobytes here, and few enough journeys.
const FETCH: &str = "FETCH FORWARD 8192 FROM cards";

/// How long a step may take. The first may have to read much before it finds a card.
const STEP: Duration = Duration::from_secs(300);

/// A register in a database. While it is held, what others change in it does not show.
pub struct DatabaseCards {
    runtime: Runtime,
    client: Client,
    as_of: Timestamp,
}

impl DatabaseCards {
    /// Opens a register, which is not changed. Its number key is not needed.
    ///
    /// # Errors
    /// [`SetupError::Registry`], as for lookups.
    pub fn open(url: &str) -> Result<Self, SetupError> {
        let runtime = runtime()?;
        let (client, as_of) = runtime.block_on(open(url))?;
        Ok(Self {
            runtime,
            client,
            as_of,
        })
    }

    /// When the data was last known to be true.
    pub const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// How many cards that are not in force the register has without their security object: a
    /// snapshot says of them that they are not listed.
    ///
    /// # Errors
    /// [`SnapshotError::Cards`].
    pub fn unnamed(&self) -> Result<u64, SnapshotError> {
        let asking = step(self.client.query_one(UNNAMED, &[]));
        let count = self.runtime.block_on(asking).and_then(|row| {
            let count: i64 = row.try_get(0)?;
            Ok(count)
        });
        let count = count.map_err(|trouble| SnapshotError::Cards {
            why: trouble.reason(),
        })?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

async fn open(url: &str) -> Result<(Client, Timestamp), Trouble> {
    let hosts = Hosts::new(Address::parse(url).map_err(Trouble::Address)?);
    let client = hosts.connect(hosts.address.target).await?;
    client.batch_execute(BEGIN).await?;
    let row = client.query_opt(REGISTER, &[]).await?;
    let row = row.ok_or(Trouble::Content("register's own row"))?;
    let version: i32 = row.try_get("version")?;
    if version != tables::VERSION {
        return Err(Trouble::Version(version));
    }
    let as_of: String = row.try_get("as_of")?;
    let as_of = as_of.parse();
    Ok((
        client,
        as_of.map_err(|_| Trouble::Content("time of the data"))?,
    ))
}

impl Cards for DatabaseCards {
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError> {
        let failed = |trouble: Trouble| SnapshotError::Cards {
            why: trouble.reason(),
        };
        let fetch = self.runtime.block_on(step(declare(&self.client)));
        let fetch = fetch.map_err(failed)?;
        loop {
            let some = self.runtime.block_on(step(self.client.query(&fetch, &[])));
            let some = some.map_err(failed)?;
            if some.is_empty() {
                break;
            }
            for row in some {
                let (sod, status) = card(&row).map_err(failed)?;
                take(sod, status)?;
            }
        }
        let end = self.client.batch_execute("CLOSE cards");
        self.runtime.block_on(step(end)).map_err(failed)
    }
}

async fn declare(client: &Client) -> Result<Statement, tokio_postgres::Error> {
    client.batch_execute(CURSOR).await?;
    client.prepare(FETCH).await
}

/// A part of the way, for a limited time.
async fn step<T>(
    doing: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Trouble> {
    match timeout(STEP, doing).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Trouble::Late),
    }
}

fn card(row: &tokio_postgres::Row) -> Result<(SodDigest, CardStatus), Trouble> {
    let sod: Option<&[u8]> = row.try_get(0).ok();
    let sod: Option<[u8; 32]> = sod.and_then(|octets| octets.try_into().ok());
    let status: Option<&str> = row.try_get(1).ok();
    let status = status.and_then(CardStatus::from_code);
    let card = sod.map(SodDigest::from_bytes).zip(status);
    card.ok_or(Trouble::Content("card"))
}
