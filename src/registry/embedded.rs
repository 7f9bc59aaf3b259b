//! The embedded registry: one SQLite file, filled with invented citizens when it is made.
//!
//! A file that this program did not make is refused and left as it is.

use std::ffi::OsString;
use std::fs;
use std::fs::DirBuilder;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::DirBuilderExt;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::ToSql;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;
use rusqlite::config::DbConfig;
use rusqlite::params;

use crate::error::SetupError;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::answer::Source;
use crate::registry::backend;
use crate::registry::backend::Found;
use crate::registry::backend::Wanted;
use crate::registry::number_key;
use crate::registry::number_key::KeyTrouble;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::query::Query;
use crate::registry::samples;
use crate::registry::samples::Citizen;
use crate::registry::samples::Contents;
use crate::registry::tables;
use crate::registry::tables::BY_SOD;
use crate::registry::tables::INDEXES;
use crate::registry::tables::LOOKUP;
use crate::registry::tables::LOOKUP_WITH_FACTS;
use crate::registry::tables::Malformed;
use crate::registry::tables::REGISTER;
use crate::registry::tables::Row;
use crate::registry::tables::TABLES;

#[cfg(feature = "serve")]
mod pool;
mod sampled;

#[cfg(feature = "serve")]
pub use pool::Pool;
pub use sampled::Sampled;

/// `PRAGMA application_id` of a registry of this program, `ccRg` in ASCII.
const APPLICATION: i64 = 0x6363_5267;

/// `PRAGMA user_version`: version of the tables.
const SCHEMA: i64 = 2;

/// The version before, which held sample citizens and nobody else.
const FIRST: i64 = 1;

/// Takes the tables of [`FIRST`] away.
const DROP_FIRST: &str = "DROP TABLE card; DROP TABLE citizen; DROP TABLE register";

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
    key: NumberKey,
    sampled: Sampled,
}

impl Embedded {
    /// Opens the registry in a file. Where there is none, makes it, with its folder, for this user
    /// alone, and fills it with the sample citizens.
    ///
    /// Any number of processes may do this at once: one fills the file, the others wait for it.
    ///
    /// A registry of version 1 held nobody but sample citizens. It is made anew, and what it was is kept
    /// beside it as `.version-1`.
    ///
    /// # Errors
    /// [`SetupError::Registry`] when the file cannot be opened or made, or is something else than a
    /// registry of this version. Such a file is not changed.
    pub fn open(path: &Path) -> Result<Self, SetupError> {
        Self::open_with(path, Contents::Samples)
    }

    /// Opens the registry in a file, as [`Embedded::open`] does; a new one holds this.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn open_with(path: &Path, contents: Contents) -> Result<Self, SetupError> {
        // An absolute path, because SQLite gives a meaning of its own to "" and ":memory:".
        path::absolute(path)
            .and_then(|file| make_folder(&file).map(|()| file))
            .map_err(Trouble::Io)
            .and_then(|file| Self::open_file(&file, contents))
            .map_err(|trouble| SetupError::Registry {
                why: format!("{}: {}", path.display(), trouble.reason()),
            })
    }

    /// A registry in memory that knows these citizens and nobody else.
    ///
    /// # Errors
    /// [`SetupError::Registry`] when a digest is none, or a card or number is there twice.
    pub fn holding(citizens: Vec<Citizen>) -> Result<Self, SetupError> {
        Self::in_memory(citizens).map_err(|trouble| SetupError::Registry {
            why: trouble.reason(),
        })
    }

    fn in_memory(citizens: Vec<Citizen>) -> Result<Self, Trouble> {
        let mut connection = Connection::open_in_memory()?;
        let key = NumberKey::random()?;
        let filling = connection.transaction()?;
        fill(&filling, &key, citizens)?;
        filling.commit()?;
        Ok(Self {
            connection,
            key,
            sampled: Sampled::No,
        })
    }

    fn open_file(file: &Path, contents: Contents) -> Result<Self, Trouble> {
        // No mutex: a connection belongs to one thread at a time, which the compiler sees to.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(WAIT_FOR_MAKING)?;
        // Without it, SQLite with STAT4 plans a question anew for every value that is bound to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // One transaction, so that the two numbers are not read from before and after a filling.
        let header = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let state = State::of(&header, file)?;
        header.commit()?;
        let place = number_key::beside(file);
        if state == State::First {
            keep_first(&connection, file)?;
        }
        if state != State::Ready {
            let filling = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have filled it meanwhile.
            let state = State::of(&filling, file)?;
            if state == State::First {
                filling.execute_batch(DROP_FIRST)?;
            }
            if state != State::Ready {
                make_private(file).map_err(Trouble::Io)?;
                let key = NumberKey::read_or_make(&place)?;
                let citizens = match contents {
                    Contents::Samples => samples::citizens()?,
                    Contents::Nobody => Vec::new(),
                };
                fill(&filling, &key, citizens)?;
                filling.pragma_update(None, "application_id", APPLICATION)?;
                filling.pragma_update(None, "user_version", SCHEMA)?;
            }
            filling.commit()?;
        }
        let key = NumberKey::read(&place)?;
        let sampled = Sampled::only(&connection, &key)?;
        let registry = Self {
            connection,
            key,
            sampled,
        };
        for statement in [BY_SOD, LOOKUP, LOOKUP_WITH_FACTS] {
            // Kept by the connection; also proves that the tables are there.
            drop(registry.connection.prepare_cached(statement)?);
        }
        registry.check_key()?;
        registry.connection.busy_timeout(WAIT_FOR_LOOKUP)?;
        Ok(registry)
    }

    /// The database and the key, to fill the one by the other.
    #[cfg(feature = "cli")]
    pub(super) const fn parts(&mut self) -> (&mut Connection, &NumberKey) {
        (&mut self.connection, &self.key)
    }

    /// What is wrong, without anything from the tables.
    #[cfg(feature = "cli")]
    pub(super) fn reason(error: rusqlite::Error) -> String {
        Trouble::from(error).reason()
    }

    /// Whether the register's persons were made with this key.
    fn check_key(&self) -> Result<(), Trouble> {
        let mut register = self.connection.prepare(REGISTER)?;
        let known: Vec<u8> = register.query_row([], |row| row.get("number_check"))?;
        if known == self.key.check().as_bytes() {
            Ok(())
        } else {
            Err(Trouble::WrongKey)
        }
    }

    /// Looks a card up.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read, or holds what cannot be there.
    pub fn find(&self, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        Ok(self.look_up(wanted)?)
    }

    fn look_up(&self, wanted: &Wanted<'_>) -> Result<Found, Trouble> {
        let asked = wanted.card.number.as_ref();
        let asked = asked.map(|number| self.key.person(number));
        let sod = wanted.card.sod.as_ref().map(|sod| sod.as_bytes());
        let mut found = match (wanted.facts, sod) {
            ([], Some(sod)) => self.rows(BY_SOD, params![sod])?,
            _ => Vec::new(),
        };
        if !found.iter().any(Row::is_card) {
            let text = match wanted.facts {
                [] => LOOKUP,
                _ => LOOKUP_WITH_FACTS,
            };
            let person = asked.as_ref().map(PersonKey::as_bytes);
            found = self.rows(text, params![sod, person])?;
        }
        Ok(backend::gather(found, wanted, asked, self.key.check())?)
    }

    fn rows(&self, text: &str, values: &[&dyn ToSql]) -> Result<Vec<Row>, Trouble> {
        let mut lookup = self.connection.prepare_cached(text)?;
        let mut rows = lookup.query(values)?;
        let mut gathered = Vec::new();
        while let Some(row) = rows.next()? {
            gathered.push(read(row)?);
        }
        Ok(gathered)
    }
}

impl Registry for Embedded {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        let found = self.find(&Wanted::of(query, &query.disclose))?;
        let mut answer = found.answer(query, Timestamp::now());
        if self.sampled == Sampled::Only {
            answer.source = Source::Samples;
        }
        Ok(answer)
    }

    /// All within one transaction: the file is locked once, and the answers are of one moment.
    fn check_all(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        let moment = self.connection.unchecked_transaction();
        let moment = moment.map_err(Trouble::from)?;
        let answers = queries.iter().map(|query| self.check(query)).collect();
        moment.finish().map_err(Trouble::from)?;
        answers
    }
}

impl From<Trouble> for RegistryError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Content(what) => Self::BadAnswer { what },
            other => Self::NotReached {
                why: other.reason(),
            },
        }
    }
}

/// Reads a row of the lookup. By place: looking for names takes longer than reading.
fn read(row: &rusqlite::Row<'_>) -> Result<Row, Trouble> {
    let octets = |place: usize| row.get(place).map_err(|_| Trouble::Content("octets"));
    let text = |place: usize| row.get(place).map_err(|_| Trouble::Content("text"));
    Ok(Row {
        part: row.get(0)?,
        person: octets(1)?,
        old_person: octets(2)?,
        status: text(3)?,
        name: text(4)?,
        birth: text(5)?,
        sex: text(6)?,
        nationality: text(7)?,
        sod: octets(8)?,
        card_status: text(9)?,
        document_number: text(10)?,
        issued: text(11)?,
        expiry: text(12)?,
    })
}

/// Makes the tables and fills them with these citizens. The data is as old as the filling.
fn fill(
    transaction: &Transaction<'_>,
    key: &NumberKey,
    citizens: Vec<Citizen>,
) -> Result<(), Trouble> {
    transaction.execute_batch(&TABLES.replace("{octets}", "BLOB"))?;
    let now = Timestamp::now().to_string();
    let check = key.check();
    transaction.execute(
        "INSERT INTO register VALUES (?, ?, ?)",
        params![tables::VERSION, now, check.as_bytes()],
    )?;
    let mut persons = transaction.prepare("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?)")?;
    let mut cards = transaction.prepare("INSERT INTO card VALUES (?, ?, ?, ?, ?, ?)")?;
    let mut facts = transaction.prepare("INSERT INTO fact VALUES (?, ?, ?, ?)")?;
    for citizen in citizens {
        let (person, old) = citizen.keys(key)?;
        persons.execute(params![
            person.as_bytes(),
            citizen.status,
            citizen.name,
            citizen.birth,
            citizen.sex,
            citizen.nationality,
            old.as_ref().map(PersonKey::as_bytes),
        ])?;
        for fact in citizen.facts() {
            let kind = fact.kind.code();
            facts.execute(params![person.as_bytes(), kind, fact.value, fact.place])?;
        }
        for card in citizen.card {
            cards.execute(params![
                card.digest()?,
                person.as_bytes(),
                card.status,
                card.document_number,
                card.issued,
                card.expiry,
            ])?;
        }
    }
    for (_, index) in INDEXES {
        transaction.execute_batch(index)?;
    }
    Ok(())
}

/// What a database file is.
#[derive(PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Empty,
    /// A registry of version 1.
    First,
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
        if version == FIRST {
            return Ok(Self::First);
        }
        if version != SCHEMA {
            return Err(Trouble::Version(version));
        }
        // What stands in a write-ahead log is not in the file yet.
        if fs::metadata(beside(file, "-wal")).is_ok_and(|log| log.len() > 0) {
            return Ok(Self::Ready);
        }
        let expected = number("page_size")?.saturating_mul(number("page_count")?);
        if u64::try_from(expected).is_ok_and(|expected| length < expected) {
            return Err(Trouble::Content("end of the file"));
        }
        Ok(Self::Ready)
    }
}

/// Keeps a registry of version 1 beside the file, unless that was done before.
fn keep_first(connection: &Connection, file: &Path) -> Result<(), Trouble> {
    let kept = beside(file, ".version-1");
    if kept.try_exists().map_err(Trouble::Io)? {
        return Ok(());
    }
    let place = kept.to_str().ok_or(Trouble::Content("name of the file"))?;
    connection.execute("VACUUM INTO ?", [place])?;
    make_private(&kept).map_err(Trouble::Io)
}

/// The file that SQLite keeps beside another.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
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
    /// The number key beside the file.
    Key(KeyTrouble),
    /// The number key is not the one that the register was filled with.
    WrongKey,
    /// A value in the tables that cannot be there.
    Content(&'static str),
}

impl From<Malformed> for Trouble {
    fn from(Malformed(what): Malformed) -> Self {
        Self::Content(what)
    }
}

impl From<KeyTrouble> for Trouble {
    fn from(trouble: KeyTrouble) -> Self {
        Self::Key(trouble)
    }
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
            Self::Version(version) => format!(
                "the registry has version {version}, made by another version of this program; this \
                 one needs version {SCHEMA}"
            ),
            Self::Key(trouble) => trouble.reason(),
            Self::WrongKey => {
                "the number key beside the file is not the one the registry was filled with"
                    .to_owned()
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
