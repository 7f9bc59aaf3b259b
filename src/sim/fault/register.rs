//! What a register answers about a card that is as it should be.

use std::time::Duration;

use crate::sim::persona::CardState;

named! {
    /// A register's answer, or none. Lies outside the card: `read --virtual` and the control interface
    /// play it.
    Register {
        /// Another card took its place.
        Replaced = "register-replaced",
        /// Its holder reported it lost.
        ReportedLost = "register-reported-lost",
        /// The authority withdrew it.
        Revoked = "register-revoked",
        /// Its time is over.
        Expired = "register-expired",
        /// The person is on file, and no such card was issued.
        NotIssued = "register-not-issued",
        /// The register knows neither the card nor the number.
        NotOnFile = "register-not-on-file",
        /// The register has another name than the card.
        OtherName = "register-other-name",
        /// The register has another date of birth than the card.
        OtherBirth = "register-other-birth",
        /// The register has another document number than the card.
        OtherDocument = "register-other-document",
        /// The register does not answer.
        NotReached = "register-not-reached",
        /// The register answers something that is no answer.
        BadAnswer = "register-bad-answer",
        /// The register's answer takes two seconds.
        Slow = "register-slow",
        /// What the register knows is a year old.
        Stale = "register-stale",
        /// The register says that the holder is dead.
        Deceased = "register-deceased",
        /// The signature on the answer does not hold.
        WrongSignature = "register-wrong-signature",
        /// Somebody signed the answer who is not the register.
        ForeignSigner = "register-foreign-signer",
        /// The answer is one to another question.
        OtherQuestion = "register-other-question",
        /// The register refuses the question.
        Refused = "register-refused",
    }
}

impl Register {
    /// How long the slow register takes.
    pub const SLOW: Duration = Duration::from_secs(2);

    /// How old what it knows is where it is stale.
    pub const AGE: Duration = Duration::from_secs(366 * 24 * 60 * 60);

    /// The state of the card, where an answer comes.
    pub const fn state(self) -> Option<CardState> {
        Some(match self {
            Self::Replaced => CardState::Replaced,
            Self::ReportedLost => CardState::ReportedLost,
            Self::Revoked => CardState::Revoked,
            Self::Expired => CardState::Expired,
            Self::NotIssued => CardState::NotIssued,
            Self::NotOnFile => CardState::NotOnFile,
            Self::OtherName
            | Self::OtherBirth
            | Self::OtherDocument
            | Self::Slow
            | Self::Stale
            | Self::Deceased => CardState::Active,
            Self::NotReached
            | Self::BadAnswer
            | Self::WrongSignature
            | Self::ForeignSigner
            | Self::OtherQuestion
            | Self::Refused => return None,
        })
    }
}
