//! What a registry tells beyond yes and no, and only where the procedure's policy allows it.

use std::fmt;

/// A kind of fact that may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// Place of permanent residence ("nơi thường trú")
    PermanentResidence,
    /// Place of temporary residence ("nơi tạm trú")
    TemporaryResidence,
    /// Place where the person lives now ("nơi ở hiện tại")
    CurrentResidence,
    /// Relation to the head of the household ("quan hệ với chủ hộ")
    HouseholdRelation,
    /// Level of the electronic identity account, 1 or 2 ("mức độ tài khoản định danh điện tử")
    IdentityLevel,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::PermanentResidence,
        Self::TemporaryResidence,
        Self::CurrentResidence,
        Self::HouseholdRelation,
        Self::IdentityLevel,
    ];

    /// The word in messages, policies and databases.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PermanentResidence => "permanent_residence",
            Self::TemporaryResidence => "temporary_residence",
            Self::CurrentResidence => "current_residence",
            Self::HouseholdRelation => "household_relation",
            Self::IdentityLevel => "identity_level",
        }
    }

    /// The kind that a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A fact about a person, given out because the procedure may see it. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it tells
    pub kind: FactKind,
    /// The value, as the register has it: an address, a relation, a level
    pub value: String,
    /// Code of the administrative unit, where the fact is a place and the register knows it
    pub place: Option<String>,
}

impl fmt::Debug for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fact({}, ..)", self.kind.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_does_not_print_its_value() {
        let fact = Fact {
            kind: FactKind::IdentityLevel,
            value: "2".to_owned(),
            place: None,
        };
        assert_eq!(format!("{fact:?}"), "Fact(identity_level, ..)");
        for kind in FactKind::ALL {
            assert_eq!(FactKind::from_code(kind.code()), Some(kind));
        }
    }
}
