//! What a register has about one card and its holder, and how that compares with a query. Knows of no
//! database.

use std::hint;

use jiff::Timestamp;

use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::Answer;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::facts::Fact;
use crate::registry::names::Compared;
use crate::registry::names::Rule;
use crate::registry::names::compare_date;
use crate::registry::names::compare_document_number;
use crate::registry::names::compare_expiry;
use crate::registry::names::compare_name;
use crate::registry::names::compare_nationality;
use crate::registry::names::compare_sex;
use crate::registry::number_key::PersonKey;
use crate::registry::query::Expiry;
use crate::registry::query::Query;

/// A citizen, as the register has them.
#[derive(Clone)]
pub(super) struct Holder {
    pub(super) key: PersonKey,
    /// By the number that the citizen had before.
    pub(super) old: Option<PersonKey>,
    pub(super) status: Person,
    pub(super) name: Option<String>,
    pub(super) birth: Option<PartialDate>,
    pub(super) sex: Option<Sex>,
    pub(super) nationality: Option<String>,
}

/// A card, as the register has it.
#[derive(Clone)]
pub(super) struct Plastic {
    pub(super) status: CardStatus,
    pub(super) sod_known: bool,
    pub(super) document_number: Option<String>,
    pub(super) issued: Option<PartialDate>,
    pub(super) expiry: Option<Expiry>,
}

/// A card of the register with its holder. Never prints what it holds.
#[derive(Clone)]
pub struct Record {
    /// What the register says about the card.
    pub status: CardStatus,
    /// What the register says about its holder.
    pub person: Person,
    /// Whether the register knows the digest of the card's security object.
    pub sod_known: bool,
    /// How long the card is valid.
    pub expiry: Option<Expiry>,
    pub(super) issued: Option<PartialDate>,
    document_number: Option<String>,
    holder: Holder,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(..)")
    }
}

impl Record {
    /// A holder with a card, or with none.
    pub(super) fn new(holder: Holder, card: Option<Plastic>) -> Self {
        let card = card.unwrap_or(Plastic {
            status: CardStatus::NotIssued,
            sod_known: false,
            document_number: None,
            issued: None,
            expiry: None,
        });
        Self {
            status: card.status,
            person: holder.status,
            sod_known: card.sod_known,
            expiry: card.expiry,
            issued: card.issued,
            document_number: card.document_number,
            holder,
        }
    }

    /// The holder.
    pub(super) fn key(&self) -> PersonKey {
        self.holder.key
    }

    /// How every attribute compares with those of a query, and by which rule, each with its name in
    /// [`Agreements::entries`] and in that order. `asked` is the citizen whose number the query has.
    pub fn compared(
        &self,
        query: &Query,
        asked: Option<PersonKey>,
    ) -> [(&'static str, Compared); 7] {
        let supplied = &query.attributes;
        let holder = &self.holder;
        let stated = |sex: &Sex| *sex != Sex::Unspecified;
        let number = Compared::of(Some(holder), asked, |holder, asked| {
            let (agreement, rule) = if holder.key == asked {
                (Agreement::Match, Rule::Exact)
            } else if holder.old == Some(asked) {
                (Agreement::Match, Rule::OldNumber)
            } else {
                (Agreement::Mismatch, Rule::Digits)
            };
            Compared { agreement, rule }
        });
        let (name, nationality) = (holder.name.as_deref(), holder.nationality.as_deref());
        let document = self.document_number.as_deref();
        [
            ("number", number),
            (
                "name",
                Compared::of(name, supplied.name.as_deref(), compare_name),
            ),
            (
                "birth",
                Compared::of(holder.birth, supplied.birth, compare_date),
            ),
            (
                "sex",
                Compared::of(
                    holder.sex.filter(stated),
                    supplied.sex.filter(stated),
                    compare_sex,
                ),
            ),
            (
                "nationality",
                Compared::of(
                    nationality,
                    supplied.nationality.as_deref(),
                    compare_nationality,
                ),
            ),
            (
                "document_number",
                Compared::of(
                    document,
                    supplied.document_number.as_deref(),
                    compare_document_number,
                ),
            ),
            (
                "expiry",
                Compared::of(self.expiry, supplied.expiry, compare_expiry),
            ),
        ]
    }
}

/// What the comparison of every attribute comes to.
fn agreements(compared: &[(&'static str, Compared); 7]) -> Agreements {
    let [
        number,
        name,
        birth,
        sex,
        nationality,
        document_number,
        expiry,
    ] = compared.map(|(_, compared)| compared.agreement);
    Agreements {
        number,
        name,
        birth,
        sex,
        nationality,
        document_number,
        expiry,
    }
}

/// Whether two cards are valid equally long, as far as both are known.
pub(super) fn same_expiry(register: Expiry, supplied: Expiry) -> bool {
    compare_expiry(register, supplied).is_match()
}

/// What a register found. Never prints what it holds.
pub struct Found {
    /// The card and its holder, where the register knows either.
    pub record: Option<Record>,
    /// Those of the facts asked for that the register has about the holder.
    pub facts: Vec<Fact>,
    /// When the data was last known to be true.
    pub as_of: Timestamp,
    /// The citizen whose number was asked with.
    pub(super) asked: Option<PersonKey>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Found(..)")
    }
}

impl Found {
    /// The answer to a query, which must be the one that this was found for.
    ///
    /// By which rule two values are one, it says; why two values differ, it does not, since that would
    /// tell of the register's value. Where nothing was found, as much is compared as else, with nobody:
    /// how long an answer takes does not tell whether somebody is on file.
    pub fn answer(&self, query: &Query, at: Timestamp) -> Answer {
        let Some(record) = &self.record else {
            let _ = hint::black_box(nobody().compared(query, self.asked));
            let unknown = unknown(query);
            return Answer::new(CardStatus::NotOnFile, unknown, self.as_of, at);
        };
        let compared = record.compared(query, self.asked);
        let mut answer = Answer::new(record.status, agreements(&compared), self.as_of, at);
        answer.person = record.person;
        let same = compared.iter().filter(|(_, compared)| compared.is_match());
        answer.reasons = same
            .filter_map(|(name, compared)| compared.reason(name))
            .collect();
        answer.disclosed = self.facts.clone();
        answer
    }

    /// The citizen whose number was asked with.
    pub const fn asked(&self) -> Option<PersonKey> {
        self.asked
    }
}

/// How attributes compare with a register that knows nothing.
fn unknown(query: &Query) -> Agreements {
    fn of<T>(supplied: Option<&T>) -> Agreement {
        Agreement::of(None::<()>, supplied, |(), _| false)
    }
    let supplied = &query.attributes;
    Agreements {
        number: of(query.card.number.as_ref()),
        name: of(supplied.name.as_ref()),
        birth: of(supplied.birth.as_ref()),
        sex: of(supplied.sex.filter(|sex| *sex != Sex::Unspecified).as_ref()),
        nationality: of(supplied.nationality.as_ref()),
        document_number: of(supplied.document_number.as_ref()),
        expiry: of(supplied.expiry.as_ref()),
    }
}

/// A record of nobody, to be compared with for the time that it takes.
fn nobody() -> Record {
    let holder = Holder {
        key: PersonKey::NOBODY,
        old: None,
        status: Person::NotOnFile,
        name: Some("Nguyễn Thị Không Có Thật".to_owned()),
        birth: PartialDate::new(1900, 1, 1),
        sex: Some(Sex::Female),
        nationality: Some("VNM".to_owned()),
    };
    let card = Plastic {
        status: CardStatus::NotOnFile,
        sod_known: false,
        document_number: Some("000000000".to_owned()),
        issued: None,
        expiry: Some(Expiry::Never),
    };
    Record::new(holder, Some(card))
}
