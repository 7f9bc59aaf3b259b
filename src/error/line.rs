//! Why a registry cannot be asked over the network: what was configured cannot be used.

use thiserror::Error;

/// What asking a registry over the network lacks.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineError {
    /// Nobody said with which key the registry signs, so no answer could be believed.
    #[error("the fingerprint of the registry's signing key is not configured")]
    KeyMissing,
    /// A fingerprint of a registry's key is not one.
    #[error("the fingerprint of the registry's key is malformed")]
    KeyFormat,
    /// A certificate, key or list of authorities for the registry cannot be used.
    #[error("the registry's {what} {path} cannot be used: {why}")]
    Credential {
        /// Which one, by its name in the configuration.
        what: &'static str,
        /// Path as given.
        path: String,
        /// What is wrong, without secrets.
        why: String,
    },
    /// A folder for a test service is there already.
    #[error("{path} is there already")]
    PlaceTaken {
        /// The folder as given.
        path: String,
    },
    /// What tells who is asked about cannot be read or is of another form.
    #[error("what tells who is asked about is of no known form")]
    Person,
    /// What should name a card is neither a digest nor a security object.
    #[error("what names the card is neither a SHA-256 nor an EF.SOD")]
    SecurityObject,
    /// A question was to be asked, and no registry is configured.
    #[error("there is no registry to ask")]
    NoRegistry,
    /// Evidence was to be kept, and there is no signed answer.
    #[error("there is no signed answer to keep")]
    NoEvidence,
    /// The time limit is no number of seconds within bounds.
    #[error("the registry's time limit is out of bounds")]
    Limit,
}

impl LineError {
    /// What exactly is meant.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Credential { what, path, why } => Some(format!("{what}: {path}: {why}")),
            Self::PlaceTaken { path } => Some(path.clone()),
            Self::KeyMissing
            | Self::KeyFormat
            | Self::Person
            | Self::SecurityObject
            | Self::NoRegistry
            | Self::NoEvidence
            | Self::Limit => None,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyMissing => "registry.key_missing",
            Self::KeyFormat => "registry.key_format",
            Self::Credential { .. } => "registry.credential",
            Self::PlaceTaken { .. } => "registry.place_taken",
            Self::Person => "registry.person_format",
            Self::SecurityObject => "registry.sod_format",
            Self::NoRegistry => "registry.none",
            Self::NoEvidence => "registry.no_evidence",
            Self::Limit => "registry.limit",
        }
    }
}
