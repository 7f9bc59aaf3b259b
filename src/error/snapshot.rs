//! What is wrong with a snapshot of the cards that are not in force, or keeps one from being made.

use thiserror::Error;

/// Why a snapshot is not taken, made or changed. Says nothing about any card.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Path as given.
        path: String,
    },
    /// A file cannot be written; what was there is as it was.
    #[error("{path} cannot be written: {why}")]
    Unwritable {
        /// Path as given.
        path: String,
        /// What the system says.
        why: String,
    },
    /// A file does not have the form of a snapshot.
    #[error("the snapshot is malformed: {what}")]
    Malformed {
        /// Which part, without what it says.
        what: String,
    },
    /// A file ends before the snapshot does.
    #[error("the snapshot is cut short")]
    Truncated,
    /// A part is not what its signed digest says.
    #[error("the snapshot's {part} is damaged")]
    Damaged {
        /// Which part.
        part: &'static str,
    },
    /// A file is longer than any snapshot.
    #[error("the snapshot is too large")]
    TooLarge,
    /// A snapshot of a version that this program does not know.
    #[error("the snapshot is of another version")]
    Version,
    /// There is no signature, or it does not hold.
    #[error("the snapshot's signature does not hold")]
    WrongSignature,
    /// Another key signed than one that is trusted.
    #[error("the snapshot was signed by {signer}, which is not trusted")]
    ForeignSigner {
        /// SHA-256 of the key.
        signer: String,
    },
    /// Nobody said whose snapshots are trusted.
    #[error("no key is named whose snapshots are trusted")]
    NoSigner,
    /// A newer one was seen before.
    #[error("the snapshot has revision {offered}, and {seen} was seen already")]
    Older {
        /// The revision that is offered.
        offered: u64,
        /// The newest that was seen.
        seen: u64,
    },
    /// Another snapshot of the same revision was seen before.
    #[error("two different snapshots have revision {revision}")]
    Forked {
        /// The revision.
        revision: u64,
    },
    /// A snapshot of another register than the one seen before.
    #[error("the snapshot is of another register")]
    OtherRegister,
    /// A delta does not follow on the snapshot that it is to change.
    #[error("the delta follows on revision {base}, and the snapshot has {there}")]
    Chain {
        /// The revision that the delta follows on.
        base: u64,
        /// The revision of the snapshot.
        there: u64,
    },
    /// The record of the newest snapshot seen is not what was written.
    #[error("{path} does not say which snapshot was the newest")]
    State {
        /// Path of the record.
        path: String,
    },
    /// Another process is changing the snapshot.
    #[error("{path} is being changed by another process")]
    Locked {
        /// Path as given.
        path: String,
    },
    /// What a snapshot is to be made of cannot be used.
    #[error("the cards cannot be used: {why}")]
    Cards {
        /// What is wrong and where, without what it says.
        why: String,
    },
    /// A snapshot cannot be made like that.
    #[error("no snapshot can be made like that: {what}")]
    Parameter {
        /// Which of what was asked for.
        what: &'static str,
    },
    /// The snapshot and the register answer differently.
    #[error("{count} cards have another answer in the register")]
    Differs {
        /// How many.
        count: u64,
    },
}

impl SnapshotError {
    /// What exactly is meant: a path, a revision, a part. The same in every language.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Unreadable { path } | Self::State { path } | Self::Locked { path } => {
                Some(path.clone())
            }
            Self::Unwritable { path, why } => Some(format!("{path}: {why}")),
            Self::Malformed { what } => Some(what.clone()),
            Self::Damaged { part } => Some((*part).to_owned()),
            Self::ForeignSigner { signer } => Some(signer.clone()),
            Self::Older { offered, seen } => Some(format!("{offered} < {seen}")),
            Self::Forked { revision } => Some(revision.to_string()),
            Self::Chain { base, there } => Some(format!("{base} ≠ {there}")),
            Self::Cards { why } => Some(why.clone()),
            Self::Parameter { what } => Some((*what).to_owned()),
            Self::Differs { count } => Some(count.to_string()),
            Self::Truncated
            | Self::TooLarge
            | Self::Version
            | Self::WrongSignature
            | Self::NoSigner
            | Self::OtherRegister => None,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "snapshot.unreadable",
            Self::Unwritable { .. } => "snapshot.unwritable",
            Self::Malformed { .. } => "snapshot.malformed",
            Self::Truncated => "snapshot.truncated",
            Self::Damaged { .. } => "snapshot.damaged",
            Self::TooLarge => "snapshot.too_large",
            Self::Version => "snapshot.version",
            Self::WrongSignature => "snapshot.wrong_signature",
            Self::ForeignSigner { .. } => "snapshot.foreign_signer",
            Self::NoSigner => "snapshot.no_signer",
            Self::Older { .. } => "snapshot.older",
            Self::Forked { .. } => "snapshot.forked",
            Self::OtherRegister => "snapshot.other_register",
            Self::Chain { .. } => "snapshot.chain",
            Self::State { .. } => "snapshot.state",
            Self::Locked { .. } => "snapshot.locked",
            Self::Cards { .. } => "snapshot.cards",
            Self::Parameter { .. } => "snapshot.parameter",
            Self::Differs { .. } => "snapshot.differs",
        }
    }
}

impl From<SnapshotError> for super::Error {
    fn from(error: SnapshotError) -> Self {
        super::SetupError::from(error).into()
    }
}
