//! The cards of a register in SQLite, as of one moment.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::OpenFlags;

use crate::error::SnapshotError;
use crate::registry::answer::CardStatus;
use crate::registry::query::SodDigest;
use crate::registry::snapshot::cards::Cards;
use crate::registry::snapshot::cards::Take;
use crate::registry::snapshot::cards::unusable;

/// Cards whose security object the register has not seen are not among them: nobody could ask for
/// them.
const CARDS: &str = "SELECT sod, status FROM card WHERE sod IS NOT NULL";

/// Cards that are not in force, and that no snapshot can name.
const UNNAMED: &str = "SELECT count(*) FROM card \
    WHERE sod IS NULL AND status IN ('replaced', 'reported_lost', 'revoked')";

const AS_OF: &str = "SELECT as_of FROM register";

/// A register in a file. While it is held, what others change in it does not show.
pub struct DatabaseCards {
    connection: Connection,
    as_of: Timestamp,
}

impl DatabaseCards {
    /// Opens a register, which is not changed.
    ///
    /// # Errors
    /// [`SnapshotError::Unreadable`], [`SnapshotError::Cards`].
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let unreadable = |_| SnapshotError::Unreadable {
            path: path.display().to_string(),
        };
        let connection = Connection::open_with_flags(path, flags).map_err(unreadable)?;
        // One transaction for every reading: the cards are those of one moment.
        connection
            .execute_batch("BEGIN DEFERRED")
            .map_err(unreadable)?;
        let as_of: rusqlite::Result<String> = connection.query_row(AS_OF, [], |row| row.get(0));
        let as_of = as_of.map_err(|_| unusable("this is no register"))?;
        let as_of = as_of.parse();
        Ok(Self {
            connection,
            as_of: as_of.map_err(|_| unusable("the time of the data is malformed"))?,
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
        let count = self.connection.query_row(UNNAMED, [], |row| row.get(0));
        let count: i64 = count.map_err(|_| unusable("the register cannot be read"))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

impl Cards for DatabaseCards {
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError> {
        let failed = |_: rusqlite::Error| unusable("the register cannot be read");
        let mut statement = self.connection.prepare_cached(CARDS).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let sod: Option<[u8; 32]> = row
                .get_ref(0)
                .ok()
                .and_then(|value| value.as_blob().ok())
                .and_then(|octets| octets.try_into().ok());
            let status = row
                .get_ref(1)
                .ok()
                .and_then(|value| value.as_str().ok())
                .and_then(CardStatus::from_code);
            let Some((sod, status)) = sod.zip(status) else {
                return Err(unusable("the register holds a malformed card"));
            };
            take(SodDigest::from_bytes(sod), status)?;
        }
        Ok(())
    }
}
