//! The embedded registry: one SQLite file, filled with invented citizens when it is made.
//!
//! A file that this program did not make is refused and left as it is.

use std::fs;
use std::fs::DirBuilder;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::DirBuilderExt;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::named_params;

use crate::error::SetupError;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::query::CardKey;
use crate::registry::query::Expiry;
use crate::registry::query::Query;

mod record;
mod samples;

use record::Record;

/// `PRAGMA application_id` of a registry of this program, `ccRg` in ASCII.
const APPLICATION: i64 = 0x6363_5267;

/// `PRAGMA user_version`: version of the tables in [`samples`].
const SCHEMA: i64 = 1;

const AS_OF: &str = "SELECT as_of FROM register";

const BY_SOD: &str = "
SELECT citizen.number, name, birth, sex, nationality, sod, status, document_number, expiry
FROM card JOIN citizen ON citizen.number = card.number WHERE sod = :sod";

/// The newest card first. A citizen without a card gives one row without a status. Nobody has had
/// 32 cards; the limit bounds the work on a damaged file.
const BY_NUMBER: &str = "
SELECT citizen.number, name, birth, sex, nationality, sod, status, document_number, expiry
FROM citizen LEFT JOIN card ON card.number = citizen.number
WHERE citizen.number = :number ORDER BY issued DESC, card.id DESC LIMIT 32";

/// How long to wait while another process makes the registry: milliseconds, or longer on a slow
/// disk.
const WAIT_FOR_MAKING: Duration = Duration::from_secs(10);

/// How long a lookup waits for a process that writes. At the counter it is given up after three
/// seconds.
const WAIT_FOR_LOOKUP: Duration = Duration::from_secs(2);

/// A registry in a file.
#[derive(Debug)]
pub struct Embedded {
    connection: Connection,
}

impl Embedded {
    /// Opens the registry in a file. Where there is none, makes it, with its folder, for this user
    /// alone, and fills it with the sample citizens.
    ///
    /// Any number of processes may do this at once: one fills the file, the others wait for it.
    ///
    /// # Errors
    /// [`SetupError::Registry`] when the file cannot be opened or made, or is something else than a
    /// registry of this version. Such a file is not changed.
    pub fn open(path: &Path) -> Result<Self, SetupError> {
        // An absolute path, because SQLite gives a meaning of its own to "" and ":memory:".
        path::absolute(path)
            .and_then(|file| make_folder(&file).map(|()| file))
            .map_err(Trouble::Io)
            .and_then(|file| Self::open_file(&file))
            .map_err(|trouble| SetupError::Registry {
                why: format!("{}: {}", path.display(), trouble.reason()),
            })
    }

    fn open_file(file: &Path) -> Result<Self, Trouble> {
        // No mutex: a connection belongs to one thread at a time, which the compiler sees to.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(WAIT_FOR_MAKING)?;
        // One transaction, so that the two numbers are not read from before and after a filling.
        let header = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let state = State::of(&header, file)?;
        header.commit()?;
        if state == State::Empty {
            let filling = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have filled it meanwhile.
            if State::of(&filling, file)? == State::Empty {
                make_private(file).map_err(Trouble::Io)?;
                samples::fill(&filling)?;
                filling.pragma_update(None, "application_id", APPLICATION)?;
                filling.pragma_update(None, "user_version", SCHEMA)?;
            }
            filling.commit()?;
        }
        for statement in [AS_OF, BY_SOD, BY_NUMBER] {
            // Kept by the connection; also proves that the tables are there.
            drop(connection.prepare_cached(statement)?);
        }
        connection.busy_timeout(WAIT_FOR_LOOKUP)?;
        Ok(Self { connection })
    }

    fn answer(&self, query: &Query) -> Result<Answer, Trouble> {
        let mut as_of = self.connection.prepare_cached(AS_OF)?;
        let as_of: String = as_of.query_row([], |row| row.get(0))?;
        let record = self.find(&query.card, query.attributes.expiry)?;
        Ok(Answer {
            status: record
                .as_ref()
                .map_or(CardStatus::NotOnFile, |record| record.status),
            agreements: record.unwrap_or_default().compare(query),
            data_as_of: as_of
                .parse()
                .map_err(|_| Trouble::Content("time of the data"))?,
            answered_at: Timestamp::now(),
        })
    }

    /// The card that is meant: by its security object, else by the citizen number.
    fn find(&self, key: &CardKey, expiry: Option<Expiry>) -> Result<Option<Record>, Trouble> {
        let mut by_sod = self.connection.prepare_cached(BY_SOD)?;
        let mut rows = by_sod.query(named_params! { ":sod": key.sod.as_bytes() })?;
        if let Some(row) = rows.next()? {
            return Record::read(row).map(Some);
        }
        let Some(number) = &key.number else {
            return Ok(None);
        };
        let mut by_number = self.connection.prepare_cached(BY_NUMBER)?;
        let mut rows = by_number.query(named_params! { ":number": number.as_str() })?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            records.push(Record::read(row)?);
        }
        Ok(choose(records, expiry))
    }
}

impl Registry for Embedded {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        self.answer(query).map_err(|trouble| match trouble {
            Trouble::Content(what) => RegistryError::BadAnswer { what },
            other => RegistryError::NotReached {
                why: other.reason(),
            },
        })
    }
}

/// Which of a citizen's cards, newest first, a card with an unknown security object can be.
///
/// Only one whose security object the register has not seen. Of several, the newest that
/// expires when the card says, or else the newest. When the register knows them all, this is none
/// of them: such a card was not issued.
fn choose(records: Vec<Record>, expiry: Option<Expiry>) -> Option<Record> {
    let (seen, unseen): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.sod_known);
    let expires_then = |record: &&Record| {
        let pair = record.expiry.zip(expiry);
        pair.is_some_and(|(known, asked)| record::same_expiry(known, asked))
    };
    if let Some(record) = unseen.iter().find(expires_then).or(unseen.first()) {
        return Some(record.clone());
    }
    let mut record = seen.into_iter().next()?;
    record.status = CardStatus::NotIssued;
    Some(record)
}

/// What a database file is.
#[derive(PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Empty,
    /// A registry of this version.
    Ready,
}

impl State {
    /// Looks at the head and the length of the file, within a transaction, so that no other process
    /// is writing it.
    ///
    /// SQLite takes a file that is shorter than a page for an empty one, and would write over it;
    /// a last page that is cut off it takes for one that ends in zeros.
    fn of(transaction: &Transaction<'_>, file: &Path) -> Result<Self, Trouble> {
        let number = |pragma| -> rusqlite::Result<i64> {
            transaction.pragma_query_value(None, pragma, |row| row.get(0))
        };
        let application = number("application_id")?;
        let version = number("user_version")?;
        let length = fs::metadata(file).map_err(Trouble::Io)?.len();
        if application != APPLICATION {
            let empty = (application, version, length) == (0, 0, 0);
            return if empty {
                Ok(Self::Empty)
            } else {
                Err(Trouble::Foreign)
            };
        }
        if version != SCHEMA {
            return Err(Trouble::Version(version));
        }
        let expected = number("page_size")?.saturating_mul(number("page_count")?);
        if u64::try_from(expected).is_ok_and(|expected| length < expected) {
            return Err(Trouble::Content("end of the file"));
        }
        Ok(Self::Ready)
    }
}

/// Makes the folder of a new file, open to this user alone.
fn make_folder(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !file.try_exists()? => {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            builder.mode(0o700);
            builder.create(folder)
        }
        _ => Ok(()),
    }
}

/// Takes a file away from other users. By its path: closing a second handle of a database file
/// would drop the locks that SQLite holds on it.
fn make_private(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// What goes wrong with the file.
#[derive(Debug)]
enum Trouble {
    Io(io::Error),
    Sqlite(rusqlite::Error),
    /// A file or database of another program.
    Foreign,
    /// A registry of another version.
    Version(i64),
    /// A value in the tables that cannot be there.
    Content(&'static str),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(_) => Self::Sqlite(error),
            // No failure of SQLite, but a missing row or a value of the wrong type.
            None => Self::Content("row"),
        }
    }
}

impl Trouble {
    /// What is wrong, without anything from the tables.
    fn reason(&self) -> String {
        match self {
            Self::Io(error) => match error.kind() {
                io::ErrorKind::PermissionDenied => "no permission".to_owned(),
                kind => kind.to_string(),
            },
            Self::Foreign => "this is no registry of this program".to_owned(),
            Self::Version(version) => {
                format!("the registry has version {version}, this program needs version {SCHEMA}")
            }
            Self::Content(what) => format!("the {what} is malformed"),
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => "this is no registry of this program".to_owned(),
                Some(ErrorCode::CannotOpen) => "the file cannot be opened".to_owned(),
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "another program keeps the registry busy".to_owned()
                }
                Some(ErrorCode::DatabaseCorrupt) => "the database is damaged".to_owned(),
                Some(ErrorCode::ReadOnly) => "the file cannot be written".to_owned(),
                Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
                _ => "the database failed".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
