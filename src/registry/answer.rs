//! What a registry answers: the card's status, how each attribute compares, and how old that is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::registry::RegistryError;
use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::names::Rule;
use crate::seal::key::DeviceId;

/// The answer about one card. It gives out nothing that was not asked with.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the card is in force.
    pub status: CardStatus,
    /// Whether the person is in force.
    pub person: Person,
    /// How each attribute compares.
    pub agreements: Agreements,
    /// By which rule attributes compare as they do, where a rule had to be applied.
    pub reasons: Vec<Reason>,
    /// What the procedure may see.
    pub disclosed: Vec<Fact>,
    /// What was asked for and is not told, because the procedure may not see it.
    pub withheld: Vec<FactKind>,
    /// When the data was last known to be true.
    pub data_as_of: Timestamp,
    /// When the registry answered, by its own clock.
    pub answered_at: Timestamp,
    /// Where the answer comes from.
    pub source: Source,
    /// Why the register itself was not reached, where this answer stands in for its own.
    pub instead_of: Option<RegistryError>,
    /// The signed question and answer, where there are such.
    pub receipt: Option<Receipt>,
}

/// What the register says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Person {
    /// Alive, with a number in force, as far as the register knows.
    InForce,
    /// Dead.
    Deceased,
    /// The number was cancelled, or replaced by another.
    Cancelled,
    /// The register does not know the person, or does not say.
    NotOnFile,
}

impl Person {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::InForce,
        Self::Deceased,
        Self::Cancelled,
        Self::NotOnFile,
    ];

    /// The word in messages and databases.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Deceased => "deceased",
            Self::Cancelled => "cancelled",
            Self::NotOnFile => "not_on_file",
        }
    }

    /// The state that a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|person| person.code() == code)
    }
}

/// By which rule an attribute compares as it does. Both are words of this program's own lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The attribute, by its name in [`Agreements::entries`]
    pub attribute: &'static str,
    /// The rule
    pub rule: &'static str,
}

/// The attributes, by their names in [`Agreements::entries`].
const ATTRIBUTES: [&str; 7] = [
    "number",
    "name",
    "birth",
    "sex",
    "nationality",
    "document_number",
    "expiry",
];

impl Reason {
    /// The attribute of a name. What a registry on the wire says is looked up, so that nothing else
    /// gets into an answer.
    pub fn attribute(name: &str) -> Option<&'static str> {
        ATTRIBUTES.into_iter().find(|known| *known == name)
    }

    /// The rule of a name.
    pub fn rule(name: &str) -> Option<&'static str> {
        Rule::from_code(name).map(Rule::code)
    }
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The register itself.
    Register,
    /// An embedded register that holds this program's sample citizens and nobody else: of a true card it
    /// can say nothing.
    Samples,
    /// A snapshot of the cards not in force, of this revision: it knows no attributes.
    Snapshot {
        /// Its revision
        revision: u64,
    },
}

impl Source {
    /// The word in messages and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Samples => "samples",
            Self::Snapshot { .. } => "snapshot",
        }
    }
}

/// A question and its answer as they went over the wire, both signed: evidence of what was asked and
/// what was said. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The question, byte for byte; or the list of questions
    pub question: Arc<[u8]>,
    /// The answer, byte for byte; or that to the list
    pub answer: Arc<[u8]>,
    /// The place in the list, from 0, where it was one
    pub entry: Option<usize>,
    /// Whose signature the answer bears
    pub signer: DeviceId,
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(..)")
    }
}

/// What the register says about a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardStatus {
    /// In force.
    Active,
    /// Another card took its place.
    Replaced,
    /// Its holder reported it lost.
    ReportedLost,
    /// The authority withdrew it.
    Revoked,
    /// Its time is over.
    Expired,
    /// The person is on file, and no such card was issued.
    NotIssued,
    /// The register knows neither the card nor the number.
    NotOnFile,
}

impl CardStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::Replaced,
        Self::ReportedLost,
        Self::Revoked,
        Self::Expired,
        Self::NotIssued,
        Self::NotOnFile,
    ];

    /// The word in reports and databases.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Replaced => "replaced",
            Self::ReportedLost => "reported_lost",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::NotIssued => "not_issued",
            Self::NotOnFile => "not_on_file",
        }
    }

    /// The status that a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// How one attribute compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agreement {
    /// The register has the same.
    Match,
    /// The register has another value.
    Mismatch,
    /// The query did not give it.
    NotSupplied,
    /// The register does not have it.
    NotOnFile,
}

impl Agreement {
    /// The word in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::NotSupplied => "not_supplied",
            Self::NotOnFile => "not_on_file",
        }
    }

    /// What a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Match,
            Self::Mismatch,
            Self::NotSupplied,
            Self::NotOnFile,
        ]
        .into_iter()
        .find(|agreement| agreement.code() == code)
    }

    /// Compares a value of the register with one of the query.
    pub fn of<T, U>(
        register: Option<T>,
        supplied: Option<U>,
        same: impl FnOnce(T, U) -> bool,
    ) -> Self {
        match (register, supplied) {
            (_, None) => Self::NotSupplied,
            (None, Some(_)) => Self::NotOnFile,
            (Some(register), Some(supplied)) => {
                if same(register, supplied) {
                    Self::Match
                } else {
                    Self::Mismatch
                }
            }
        }
    }
}

/// How every attribute compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreements {
    /// The citizen number.
    pub number: Agreement,
    /// The full name.
    pub name: Agreement,
    /// The date of birth, as far as both know it.
    pub birth: Agreement,
    /// The sex.
    pub sex: Agreement,
    /// The nationality.
    pub nationality: Agreement,
    /// The document number.
    pub document_number: Agreement,
    /// The date of expiry.
    pub expiry: Agreement,
}

impl Agreements {
    /// Each with its name in reports.
    pub const fn entries(&self) -> [(&'static str, Agreement); 7] {
        [
            ("number", self.number),
            ("name", self.name),
            ("birth", self.birth),
            ("sex", self.sex),
            ("nationality", self.nationality),
            ("document_number", self.document_number),
            ("expiry", self.expiry),
        ]
    }

    /// The names of those that differ from the register.
    pub fn mismatches(&self) -> Vec<&'static str> {
        let differs = |entry: &(_, Agreement)| entry.1 == Agreement::Mismatch;
        self.entries()
            .into_iter()
            .filter(differs)
            .map(|entry| entry.0)
            .collect()
    }
}

/// What an answer comes to.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// In force, and nothing that was asked with differs.
    Confirmed,
    /// The register does not know the card.
    NotOnFile,
    /// The card is not in force: replaced, reported lost, revoked, expired or never issued.
    NotInForce(CardStatus),
    /// The card is in force, and the person is dead or has another number.
    PersonNotInForce(Person),
    /// In force, and an attribute differs.
    Mismatch,
}

impl Decision {
    /// Code of the `registry` check, documented in `docs/codes.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Confirmed | Self::NotInForce(CardStatus::Active) => "registry.confirmed",
            Self::NotOnFile | Self::NotInForce(CardStatus::NotOnFile) => "registry.not_on_file",
            Self::NotInForce(CardStatus::Replaced) => "registry.replaced",
            Self::NotInForce(CardStatus::ReportedLost) => "registry.reported_lost",
            Self::NotInForce(CardStatus::Revoked) => "registry.revoked",
            Self::NotInForce(CardStatus::Expired) => "registry.expired",
            Self::NotInForce(CardStatus::NotIssued) => "registry.not_issued",
            Self::PersonNotInForce(Person::Deceased) => "registry.person_deceased",
            Self::PersonNotInForce(_) => "registry.person_cancelled",
            Self::Mismatch => "registry.mismatch",
        }
    }

    /// The word in messages, which say the status beside it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NotOnFile => "not_on_file",
            Self::NotInForce(_) | Self::PersonNotInForce(_) => "not_in_force",
            Self::Mismatch => "mismatch",
        }
    }
}

impl Answer {
    /// An answer of the register itself that tells nothing beside: the person is in force, where the
    /// register knows one.
    pub const fn new(
        status: CardStatus,
        agreements: Agreements,
        data_as_of: Timestamp,
        answered_at: Timestamp,
    ) -> Self {
        Self {
            status,
            person: match status {
                CardStatus::NotOnFile => Person::NotOnFile,
                _ => Person::InForce,
            },
            agreements,
            reasons: Vec::new(),
            disclosed: Vec::new(),
            withheld: Vec::new(),
            data_as_of,
            answered_at,
            source: Source::Register,
            instead_of: None,
            receipt: None,
        }
    }

    /// What the answer comes to.
    ///
    /// The status comes before a difference: a card that was replaced may rightly bear an older
    /// name, and saying that it is not genuine would wrong its holder.
    pub fn decision(&self) -> Decision {
        match self.status {
            CardStatus::NotOnFile => Decision::NotOnFile,
            CardStatus::Active if matches!(self.person, Person::Deceased | Person::Cancelled) => {
                Decision::PersonNotInForce(self.person)
            }
            CardStatus::Active if self.agreements.mismatches().is_empty() => Decision::Confirmed,
            CardStatus::Active => Decision::Mismatch,
            other => Decision::NotInForce(other),
        }
    }

    /// How old the data was when the registry answered.
    pub fn age(&self) -> Duration {
        let age = self.answered_at.duration_since(self.data_as_of);
        Duration::try_from(age).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: CardStatus, name: Agreement) -> Answer {
        Answer {
            status,
            person: Person::InForce,
            agreements: Agreements {
                number: Agreement::Match,
                name,
                birth: Agreement::NotOnFile,
                sex: Agreement::NotSupplied,
                nationality: Agreement::NotSupplied,
                document_number: Agreement::NotSupplied,
                expiry: Agreement::NotSupplied,
            },
            reasons: Vec::new(),
            disclosed: Vec::new(),
            withheld: Vec::new(),
            data_as_of: Timestamp::from_second(100).unwrap(),
            answered_at: Timestamp::from_second(160).unwrap(),
            source: Source::Register,
            instead_of: None,
            receipt: None,
        }
    }

    #[test]
    fn the_decision_follows_status_then_attributes() {
        let code = |status, name| answer(status, name).decision().code();
        assert_eq!(
            code(CardStatus::Active, Agreement::Match),
            "registry.confirmed"
        );
        assert_eq!(
            code(CardStatus::Active, Agreement::NotOnFile),
            "registry.confirmed"
        );
        assert_eq!(
            code(CardStatus::Active, Agreement::Mismatch),
            "registry.mismatch"
        );
        assert_eq!(
            code(CardStatus::Replaced, Agreement::Mismatch),
            "registry.replaced"
        );
        assert_eq!(
            code(CardStatus::NotOnFile, Agreement::Mismatch),
            "registry.not_on_file"
        );
        for status in CardStatus::ALL {
            assert_eq!(CardStatus::from_code(status.code()), Some(status));
            if !matches!(status, CardStatus::Active) {
                let expected = format!("registry.{}", status.code());
                assert_eq!(code(status, Agreement::Match), expected);
            }
        }
        assert_eq!(
            answer(CardStatus::Active, Agreement::Mismatch)
                .agreements
                .mismatches(),
            ["name"]
        );
    }

    #[test]
    fn an_age_is_never_negative() {
        let mut answer = answer(CardStatus::Active, Agreement::Match);
        assert_eq!(answer.age(), Duration::from_secs(60));
        answer.answered_at = Timestamp::from_second(10).unwrap();
        assert_eq!(answer.age(), Duration::ZERO);
    }
}
