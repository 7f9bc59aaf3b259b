//! Why a report cannot be signed, or a signed one cannot be looked at.

use thiserror::Error;

/// Something about signing reports cannot be used.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AttestError {
    /// The file with the device key cannot be read.
    #[error("the device key {path} cannot be read")]
    KeyUnreadable {
        /// Path as given.
        path: String,
    },
    /// The file holds no private key that signs reports.
    #[error("the device key cannot be used: {why}")]
    KeyUnusable {
        /// Path and what is wrong, without secrets.
        why: String,
    },
    /// A new device key would take the place of a file that is there.
    #[error("{path} is there already")]
    KeyThere {
        /// Path as given.
        path: String,
    },
    /// A signature was asked for, and nothing that is written can carry one.
    #[error("a signed report is JSON, and none is written")]
    Nowhere,
    /// A device that is to be trusted is given neither by a public key nor by its digest.
    #[error("{given} is no device")]
    Device {
        /// What was given.
        given: String,
    },
    /// The report is no JSON as reports are, or lacks what they have.
    #[error("the report is malformed: {why}")]
    Malformed {
        /// Path and what is wrong, without what the report says.
        why: String,
    },
    /// A report of another version than this program knows.
    #[error("the report is of another version: {schema}")]
    Version {
        /// The schema that it names.
        schema: String,
    },
    /// An option that goes with captures was given for a report, or the other way round.
    #[error("{option} does not go with what the file holds")]
    Option {
        /// The option.
        option: &'static str,
    },
}

impl AttestError {
    /// What exactly is meant: a path, a reason. The same in every language.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::KeyUnreadable { path } | Self::KeyThere { path } => Some(path.clone()),
            Self::KeyUnusable { why } | Self::Malformed { why } => Some(why.clone()),
            Self::Device { given } => Some(given.clone()),
            Self::Version { schema } => Some(schema.clone()),
            Self::Option { option } => Some((*option).to_owned()),
            Self::Nowhere => None,
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyUnreadable { .. } => "sign.unreadable",
            Self::KeyUnusable { .. } => "sign.unusable",
            Self::KeyThere { .. } => "sign.key_there",
            Self::Nowhere => "sign.nowhere",
            Self::Device { .. } => "report.device",
            Self::Malformed { .. } => "report.malformed",
            Self::Version { .. } => "report.version",
            Self::Option { .. } => "report.option",
        }
    }
}
