//! The tables of a register, the same in every database, and how a card is looked up in them.
//!
//! Plain SQL: no extension, no function of the server, no sequence. A citizen is a row of `person` by
//! the HMAC of the number ([`NumberKey`](super::number_key::NumberKey)); the number itself is nowhere.
//! Both keys are evenly spread octets, so that a database that shards by hash spreads them.

use jiff::Timestamp;

use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::number_key::PersonKey;
use crate::registry::query::Expiry;
use crate::registry::record::Holder;
use crate::registry::record::Plastic;

/// Version of these tables.
pub(super) const VERSION: i32 = 2;

/// The tables. `{octets}` is what the database calls a string of octets.
pub(super) const TABLES: &str = "
CREATE TABLE register (
    version INTEGER NOT NULL, as_of TEXT NOT NULL, number_check {octets} NOT NULL
);
CREATE TABLE person (
    person {octets} NOT NULL PRIMARY KEY,
    status TEXT NOT NULL, name TEXT, birth TEXT, sex TEXT, nationality TEXT, old_person {octets}
);
CREATE TABLE card (
    sod {octets}, person {octets} NOT NULL, status TEXT NOT NULL,
    document_number TEXT, issued TEXT, expiry TEXT
);
CREATE TABLE fact (
    person {octets} NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, place TEXT,
    PRIMARY KEY (person, kind)
);
";

/// The indexes beside the primary keys, by name. A filling of empty tables makes them afterwards.
pub(super) const INDEXES: [(&str, &str); 3] = [
    (
        "card_by_sod",
        "CREATE UNIQUE INDEX card_by_sod ON card (sod)",
    ),
    (
        "card_by_person",
        "CREATE INDEX card_by_person ON card (person)",
    ),
    (
        "person_by_old_person",
        "CREATE INDEX person_by_old_person ON person (old_person) WHERE old_person IS NOT NULL",
    ),
];

macro_rules! by_sod {
    () => {
        "
SELECT 1 AS part, card.person AS person, person.old_person AS old_person, person.status AS status,
    person.name AS name, person.birth AS birth, person.sex AS sex,
    person.nationality AS nationality, card.sod AS sod, card.status AS card_status,
    card.document_number AS document_number, card.issued AS issued, card.expiry AS expiry
FROM card LEFT JOIN person ON person.person = card.person WHERE card.sod = "
    };
}

macro_rules! register {
    () => {
        "
UNION ALL
SELECT 0, number_check, NULL, as_of, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM register"
    };
}

macro_rules! by_number {
    ($number:literal, $most:literal) => {
        concat!(
            "
UNION ALL
SELECT * FROM (
    SELECT 2 AS part, person.person, person.old_person, person.status, person.name, person.birth,
        person.sex, person.nationality, card.sod, card.status AS card_status,
        card.document_number, card.issued, card.expiry
    FROM person LEFT JOIN card ON card.person = person.person
    WHERE person.person = ",
            $number,
            " LIMIT ",
            $most,
            "
) AS own
UNION ALL
SELECT * FROM (
    SELECT 3 AS part, person.person, person.old_person, person.status, person.name, person.birth,
        person.sex, person.nationality, card.sod, card.status AS card_status,
        card.document_number, card.issued, card.expiry
    FROM person LEFT JOIN card ON card.person = person.person
    WHERE person.old_person = ",
            $number,
            " LIMIT ",
            $most,
            "
) AS former"
        )
    };
}

macro_rules! lookup {
    ($sod:literal, $number:literal, $most:literal) => {
        concat!(by_sod!(), $sod, by_number!($number, $most), register!())
    };
}

macro_rules! facts {
    ($sod:literal, $number:literal, $most:literal) => {
        concat!(
            "
UNION ALL
SELECT * FROM (
    SELECT 4 AS part, fact.person, fact.person AS old_person, fact.kind, fact.value, fact.place,
        NULL AS a, NULL AS b, fact.person AS sod, NULL AS c, NULL AS d, NULL AS e, NULL AS f
    FROM fact WHERE fact.person = ",
            $number,
            " LIMIT ",
            $most,
            "
) AS own_facts
UNION ALL
SELECT * FROM (
    SELECT 4 AS part, fact.person, fact.person AS old_person, fact.kind, fact.value, fact.place,
        NULL AS a, NULL AS b, fact.person AS sod, NULL AS c, NULL AS d, NULL AS e, NULL AS f
    FROM card JOIN fact ON fact.person = card.person WHERE card.sod = ",
            $sod,
            " LIMIT ",
            $most,
            "
) AS card_facts
UNION ALL
SELECT * FROM (
    SELECT 4 AS part, fact.person, fact.person AS old_person, fact.kind, fact.value, fact.place,
        NULL AS a, NULL AS b, fact.person AS sod, NULL AS c, NULL AS d, NULL AS e, NULL AS f
    FROM person JOIN fact ON fact.person = person.person
    WHERE person.old_person = ",
            $number,
            " LIMIT ",
            $most,
            "
) AS former_facts"
        )
    };
}

/// The card of a security object with its holder (part 1), and the register itself (part 0). Where this
/// finds a card it is the one that is meant, and [`LOOKUP`] would find nothing better.
///
/// That takes less work than what is not found does. It tells nothing about numbers: nobody can guess
/// a digest, and whoever has that of a card has seen the card. Of numbers, known and unknown ones take
/// the same way.
pub(super) const BY_SOD: &str = concat!(by_sod!(), "$1", register!());

/// The cards of several security objects, each with its holder (part 1), for databases that have arrays.
#[cfg(feature = "postgres")]
pub(super) const BY_SODS: &str = concat!(by_sod!(), "ANY ($1)");

/// What is known of a card, in one question: the card by its security object (part 1); the citizen of
/// a number with every card (part 2); the citizen who had that number before (part 3); the register
/// itself (part 0), in the columns `person` and `status`.
///
/// Every part is run whatever the others find, so that the work does not tell which numbers are on file. Nobody
/// has had 32 cards; the limits bound the work on a damaged register.
pub(super) const LOOKUP: &str = lookup!("$1", "$2", "32");

/// The same, and the facts about the citizens that it may find (part 4): kind, value and place in the
/// columns `status`, `name` and `birth`.
pub(super) const LOOKUP_WITH_FACTS: &str =
    concat!(lookup!("$1", "$2", "32"), facts!("$1", "$2", "32"));

/// [`LOOKUP`] of several cards at once, for databases that have arrays: whose a row is, its `sod`, its
/// `person` and its `old_person` say. Of a part that has [`MOST_ROWS`] some may be missing.
#[cfg(feature = "postgres")]
pub(super) const LOOKUP_ALL: &str = lookup!("ANY ($1)", "ANY ($2)", "2048");

/// The same with facts.
#[cfg(feature = "postgres")]
pub(super) const LOOKUP_ALL_WITH_FACTS: &str = concat!(
    lookup!("ANY ($1)", "ANY ($2)", "2048"),
    facts!("ANY ($1)", "ANY ($2)", "2048")
);

/// Most rows of a part of [`LOOKUP_ALL`]: 32 for each of 64 cards.
#[cfg(feature = "postgres")]
pub(super) const MOST_ROWS: usize = 2048;

/// The register's own row.
pub(super) const REGISTER: &str = "SELECT version, as_of, number_check FROM register";

/// A value in the tables that cannot be there: which, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// A row of [`LOOKUP`], as a database hands it over.
#[derive(Clone, Default)]
pub(super) struct Row {
    pub(super) part: i32,
    pub(super) person: Option<Vec<u8>>,
    pub(super) old_person: Option<Vec<u8>>,
    pub(super) status: Option<String>,
    pub(super) name: Option<String>,
    pub(super) birth: Option<String>,
    pub(super) sex: Option<String>,
    pub(super) nationality: Option<String>,
    pub(super) sod: Option<Vec<u8>>,
    pub(super) card_status: Option<String>,
    pub(super) document_number: Option<String>,
    pub(super) issued: Option<String>,
    pub(super) expiry: Option<String>,
}

impl Row {
    /// Whether this is the card of the security object.
    pub(super) const fn is_card(&self) -> bool {
        self.part == 1
    }

    /// The row of the register itself: when the data was last known to be true, and the check value
    /// of its key.
    pub(super) fn register(&self) -> Result<(Timestamp, PersonKey), Malformed> {
        let as_of = self
            .status
            .as_deref()
            .ok_or(Malformed("time of the data"))?;
        let as_of = as_of.parse().map_err(|_| Malformed("time of the data"))?;
        let check = self.person.as_deref().and_then(PersonKey::from_slice);
        Ok((as_of, check.ok_or(Malformed("check value"))?))
    }

    /// A fact, and about whom; nothing where a later version's kind of fact stands.
    pub(super) fn fact(&self) -> Result<Option<(PersonKey, Fact)>, Malformed> {
        let key = self.person.as_deref().and_then(PersonKey::from_slice);
        let key = key.ok_or(Malformed("key of a person"))?;
        let kind = self.status.as_deref().and_then(FactKind::from_code);
        Ok(kind.zip(self.name.clone()).map(|(kind, value)| {
            let place = self.birth.clone();
            (key, Fact { kind, value, place })
        }))
    }

    /// The card's holder.
    pub(super) fn holder(&self) -> Result<Holder, Malformed> {
        let key = self.person.as_deref().and_then(PersonKey::from_slice);
        let old = self
            .old_person
            .as_deref()
            .map(|old| PersonKey::from_slice(old).ok_or(Malformed("key of an earlier number")));
        // Without a status, the register has a card of somebody who is not in it: it is damaged.
        let status = self.status.as_deref().and_then(Person::from_code);
        Ok(Holder {
            key: key.ok_or(Malformed("key of a person"))?,
            old: old.transpose()?,
            status: status.ok_or(Malformed("status of a person"))?,
            name: self.name.clone(),
            birth: parsed(&self.birth, "birth", PartialDate::from_iso)?,
            sex: parsed(&self.sex, "sex", sex)?,
            nationality: self.nationality.clone(),
        })
    }

    /// The card, where there is one.
    pub(super) fn plastic(&self) -> Result<Option<Plastic>, Malformed> {
        let Some(code) = &self.card_status else {
            return Ok(None);
        };
        if self.sod.as_ref().is_some_and(|sod| sod.len() != 32) {
            return Err(Malformed("digest of a security object"));
        }
        Ok(Some(Plastic {
            status: CardStatus::from_code(code).ok_or(Malformed("status"))?,
            sod_known: self.sod.is_some(),
            document_number: self.document_number.clone(),
            issued: parsed(&self.issued, "issued", PartialDate::from_iso)?,
            expiry: parsed(&self.expiry, "expiry", expiry)?,
        }))
    }
}

fn parsed<T>(
    text: &Option<String>,
    column: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Malformed> {
    let text = text.as_deref();
    text.map(|text| parse(text).ok_or(Malformed(column)))
        .transpose()
}

/// A date of expiry as the tables have it.
pub(super) fn expiry(text: &str) -> Option<Expiry> {
    match text {
        "never" => Some(Expiry::Never),
        date => PartialDate::from_iso(date).map(Expiry::Date),
    }
}

/// A sex as the tables have it.
pub(super) fn sex(text: &str) -> Option<Sex> {
    match text {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        "unspecified" => Some(Sex::Unspecified),
        _ => None,
    }
}
