//! Where a register lies, for the registry's server: one question, whatever database answers it.

use std::borrow::Borrow;
use std::cmp::Reverse;

#[cfg(feature = "serve")]
use std::path::Path;

#[cfg(feature = "serve")]
use jiff::Timestamp;

#[cfg(feature = "serve")]
use crate::error::SetupError;
#[cfg(feature = "serve")]
use crate::registry::RegistryError;
use crate::registry::answer::CardStatus;
#[cfg(feature = "serve")]
use crate::registry::embedded::Pool;
use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::number_key::PersonKey;
#[cfg(all(feature = "serve", feature = "postgres"))]
use crate::registry::postgres::Postgres;
use crate::registry::query::CardKey;
use crate::registry::query::Expiry;
use crate::registry::query::Query;
pub use crate::registry::record::Found;
pub use crate::registry::record::Record;
use crate::registry::record::same_expiry;
use crate::registry::tables::Malformed;
use crate::registry::tables::Row;

/// What is looked up.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Which card
    pub card: &'a CardKey,
    /// How long it says that it is valid, which tells one card of a citizen from another
    pub expiry: Option<Expiry>,
    /// Facts about its holder that the caller may see
    pub facts: &'a [FactKind],
}

impl std::fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wanted(..)")
    }
}

impl<'a> Wanted<'a> {
    /// What a query wants, with these of its facts.
    pub fn of(query: &'a Query, facts: &'a [FactKind]) -> Self {
        Self {
            card: &query.card,
            expiry: query.attributes.expiry,
            facts,
        }
    }
}

/// Makes out of a lookup's rows what was found.
pub(super) fn gather(
    rows: impl IntoIterator<Item = impl Borrow<Row>>,
    wanted: &Wanted<'_>,
    asked: Option<PersonKey>,
    check: PersonKey,
) -> Result<Found, Malformed> {
    let mut by_sod = None;
    let mut own = Vec::new();
    let mut former = Vec::new();
    let mut facts = Vec::new();
    let mut register = None;
    for row in rows {
        let row = row.borrow();
        if row.part == 0 {
            register = Some(row.register()?);
            continue;
        }
        if row.part == 4 {
            facts.extend(row.fact()?);
            continue;
        }
        let record = Record::new(row.holder()?, row.plastic()?);
        match row.part {
            1 => by_sod = Some(record),
            2 => own.push(record),
            3 => former.push(record),
            _ => return Err(Malformed("part of the lookup")),
        }
    }
    let (as_of, known) = register.ok_or(Malformed("time of the data"))?;
    if known != check {
        return Err(Malformed("check value of the number key"));
    }
    // A number that two citizens had before names neither.
    let mut keys = former.iter().map(Record::key);
    let first = keys.next();
    if keys.any(|key| Some(key) != first) {
        former.clear();
    }
    let of_number = if own.is_empty() { former } else { own };
    let record = by_sod.or_else(|| choose(of_number, wanted));
    let holder = record.as_ref().map(Record::key);
    let mut told: Vec<Fact> = Vec::new();
    for (key, fact) in facts {
        // The lookup gives a citizen's facts twice whom it finds in two ways.
        let known = told.iter().any(|other| other.kind == fact.kind);
        if Some(key) == holder && wanted.facts.contains(&fact.kind) && !known {
            told.push(fact);
        }
    }
    told.sort_by_key(|fact| fact.kind);
    Ok(Found {
        record,
        facts: told,
        as_of,
        asked,
    })
}

/// Which of a citizen's cards is meant, when the register knows none by the security object.
///
/// Where the security object was asked with, only one whose security object the register has not
/// seen; when the register knows them all, it is none of them: such a card was not issued. Of several,
/// the newest that expires when the card says, or else the newest.
fn choose(mut records: Vec<Record>, wanted: &Wanted<'_>) -> Option<Record> {
    records.sort_by_key(|record| Reverse(record.issued));
    let may_be = |record: &&Record| wanted.card.sod.is_none() || !record.sod_known;
    let expires_then = |record: &&Record| {
        let pair = record.expiry.zip(wanted.expiry);
        pair.is_some_and(|(known, asked)| same_expiry(known, asked))
    };
    let mut candidates = records.iter().filter(may_be);
    let newest = candidates.clone().next();
    if let Some(record) = candidates.find(expires_then).or(newest) {
        return Some(record.clone());
    }
    let mut record = records.into_iter().next()?;
    record.status = CardStatus::NotIssued;
    Some(record)
}

/// A register that many ask at once.
#[cfg(feature = "serve")]
#[derive(Debug)]
pub enum Backend {
    /// In a file of this machine
    Embedded(Pool),
    /// In PostgreSQL, or in what speaks its protocol
    #[cfg(feature = "postgres")]
    Postgres(Postgres),
}

#[cfg(feature = "serve")]
impl Backend {
    /// Opens the register at an address: `sqlite:PATH`, or `postgres://…`.
    ///
    /// # Errors
    /// [`SetupError::Registry`] for any other address, and for a database that cannot be used. The
    /// address is not repeated, because it may hold a password.
    pub async fn open(url: &str) -> Result<Self, SetupError> {
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                Pool::open(Path::new(path)).map(Self::Embedded)
            }
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => Postgres::open(url).await.map(Self::Postgres),
            _ => Err(SetupError::Registry {
                why: "the address is neither sqlite:PATH nor postgres://…".to_owned(),
            }),
        }
    }

    /// Looks a card up.
    ///
    /// # Errors
    /// [`RegistryError::NotReached`] when the database does not answer in time,
    /// [`RegistryError::BadAnswer`] when it holds what cannot be there.
    pub async fn find(&self, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        match self {
            Self::Embedded(pool) => pool.find(wanted).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.find(wanted).await,
        }
    }

    /// Looks several cards up, and gives what was found of each, in their order. Together they take little
    /// more of a database than one.
    ///
    /// # Errors
    /// As [`Backend::find`], for all of them.
    pub async fn find_all(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Found>, RegistryError> {
        if let [one] = wanted {
            return Ok(vec![self.find(one).await?]);
        }
        match self {
            Self::Embedded(pool) => pool.find_all(wanted).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => Box::pin(postgres.find_all(wanted)).await,
        }
    }

    /// Whether the register answers, and when its data was last known to be true.
    ///
    /// # Errors
    /// As [`Backend::find`].
    pub async fn ready(&self) -> Result<Timestamp, RegistryError> {
        match self {
            Self::Embedded(pool) => pool.ready().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.ready().await,
        }
    }

    /// Lets every connection go.
    pub async fn close(&self) {
        match self {
            Self::Embedded(pool) => pool.close(),
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.close(),
        }
    }
}
