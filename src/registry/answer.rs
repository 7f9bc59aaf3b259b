//! What a registry answers: the card's status, how each attribute compares, and how old that is.

use std::time::Duration;

use jiff::Timestamp;

/// The answer about one card. It gives out nothing that was not asked with.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the card is in force.
    pub status: CardStatus,
    /// How each attribute compares.
    pub agreements: Agreements,
    /// When the data was last known to be true.
    pub data_as_of: Timestamp,
    /// When the registry answered, by its own clock.
    pub answered_at: Timestamp,
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
            Self::Mismatch => "registry.mismatch",
        }
    }
}

impl Answer {
    /// What the answer comes to.
    ///
    /// The status comes before a difference: a card that was replaced may rightly bear an older
    /// name, and saying that it is not genuine would wrong its holder.
    pub fn decision(&self) -> Decision {
        match self.status {
            CardStatus::NotOnFile => Decision::NotOnFile,
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
            agreements: Agreements {
                number: Agreement::Match,
                name,
                birth: Agreement::NotOnFile,
                sex: Agreement::NotSupplied,
                nationality: Agreement::NotSupplied,
                document_number: Agreement::NotSupplied,
                expiry: Agreement::NotSupplied,
            },
            data_as_of: Timestamp::from_second(100).unwrap(),
            answered_at: Timestamp::from_second(160).unwrap(),
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
