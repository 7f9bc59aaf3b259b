//! What a register says of a persona's card.

/// The state of a card in a register. The chip itself knows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardState {
    /// In force
    Active,
    /// Another card took its place
    Replaced,
    /// Its holder reported it lost
    ReportedLost,
    /// The authority withdrew it
    Revoked,
    /// Its time is over
    Expired,
    /// The person is on file, and no such card was issued
    NotIssued,
    /// The register knows neither the card nor the number
    NotOnFile,
}

impl CardState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::Replaced,
        Self::ReportedLost,
        Self::Revoked,
        Self::Expired,
        Self::NotIssued,
        Self::NotOnFile,
    ];

    /// The word in persona files and in registers.
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

    /// The state that a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// What a read of a persona's card must end in, by a terminal that trusts its authority and asks a
/// register that knows its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expected {
    /// Genuine and in force
    Genuine,
    /// Genuine and no longer in force
    NotInForce,
    /// A forgery
    NotGenuine,
    /// It cannot be said
    Inconclusive,
}

impl Expected {
    /// Every end.
    pub const ALL: [Self; 4] = [
        Self::Genuine,
        Self::NotInForce,
        Self::NotGenuine,
        Self::Inconclusive,
    ];

    /// What an honest card in this state ends in. That a register does not know a card says nothing
    /// against it: there are documents that are in no register.
    pub const fn of(state: CardState) -> Self {
        match state {
            CardState::Active | CardState::NotOnFile => Self::Genuine,
            _ => Self::NotInForce,
        }
    }

    /// The word in persona files and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::NotInForce => "not_in_force",
            Self::NotGenuine => "not_genuine",
            Self::Inconclusive => "inconclusive",
        }
    }
}
