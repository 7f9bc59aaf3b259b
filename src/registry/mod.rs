//! Whether a card is in force, and whether what it says agrees with the register.
//!
//! A registry is asked by value and answers per attribute. "Not reached" is an error and never an
//! answer, so a broken line is never mistaken for a "no". What a query and an answer are does not
//! depend on which registry is built in.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;

use thiserror::Error;

use crate::error::SetupError;
use crate::registry::snapshot::Address;

pub mod answer;
#[cfg(feature = "registry")]
pub mod backend;
#[cfg(feature = "registry")]
pub mod embedded;
pub mod exchange;
pub mod facts;
pub mod fallback;
#[cfg(feature = "fetch")]
pub mod http;
#[cfg(feature = "cli")]
pub mod load;
pub mod message;
pub mod names;
#[cfg(feature = "registry")]
pub mod number_key;
pub mod options;
#[cfg(any(feature = "agent", feature = "serve"))]
pub mod patience;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod query;
pub mod reconcile;
#[cfg(feature = "registry")]
pub mod record;
#[cfg(feature = "registry")]
pub mod samples;
#[cfg(feature = "serve")]
pub mod server;
pub mod snapshot;
#[cfg(feature = "registry")]
mod tables;

pub use answer::Agreement;
pub use answer::Agreements;
pub use answer::Answer;
pub use answer::CardStatus;
pub use answer::Decision;
pub use answer::Person;
pub use answer::Reason;
pub use answer::Receipt;
pub use answer::Source;
#[cfg(feature = "registry")]
pub use embedded::Embedded;
pub use facts::Fact;
pub use facts::FactKind;
pub use fallback::Fallback;
#[cfg(feature = "fetch")]
pub use http::Https;
pub use options::RegistryOptions;
pub use query::Agency;
pub use query::Attributes;
pub use query::CardKey;
pub use query::CitizenNumber;
pub use query::Context;
pub use query::Expiry;
pub use query::Query;
pub use query::SodDigest;
pub use snapshot::Snapshot;

/// Something that knows which cards are in force. It may be asked from another thread than the one
/// that opened it.
pub trait Registry: Send {
    /// Asks about one card.
    ///
    /// # Errors
    /// When no answer could be had. That a card is not on file is an answer.
    fn check(&self, query: &Query) -> Result<Answer, RegistryError>;

    /// Asks about several cards, and gives an answer to each, in the same order. A registry that can
    /// answer many questions at once does so here.
    ///
    /// # Errors
    /// When one of them had no answer.
    fn check_all(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        queries.iter().map(|query| self.check(query)).collect()
    }

    /// Asks about the first of several cards, one at least and as many as can be asked about at once, and
    /// gives an answer to each of those: where questions cost whoever asks, none is asked twice because a
    /// later one had no answer.
    ///
    /// # Errors
    /// When there was no answer; then none was given to any of them.
    fn check_some(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        self.check_all(queries)
    }
}

/// Why no answer could be had. Holds nothing about the person asked for.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// The registry did not answer.
    #[error("the registry did not answer: {why}")]
    NotReached {
        /// What is wrong with the way there, without personal data.
        why: String,
    },
    /// The question lacks something that every question needs, and was not sent.
    #[error("the question has no {what}")]
    NoPurpose {
        /// What it lacks: procedure, case, officer or device.
        what: &'static str,
    },
    /// The registry answered with something that is no answer.
    #[error("the registry's answer is malformed: {what}")]
    BadAnswer {
        /// Which part of the answer, without its value.
        what: &'static str,
    },
    /// The registry refused the question.
    #[error("the registry refused the question: {code}")]
    Refused {
        /// Why, in a word of a fixed list.
        code: &'static str,
    },
    /// The answer is not signed, or its signature does not hold.
    #[error("the answer's signature does not hold")]
    WrongSignature,
    /// Somebody signed the answer who is not trusted to answer.
    #[error("the answer is signed by somebody else")]
    ForeignSigner,
    /// It is the answer to another question, or one of another time.
    #[error("it is the answer to another question or of another time")]
    Stale,
    /// The snapshot is older than its publisher lets it be.
    #[error("the snapshot no longer counts")]
    SnapshotStale,
    /// The snapshot is of a time that this machine's clock has not reached.
    #[error("the clock is behind the snapshot")]
    ClockDoubtful,
}

impl RegistryError {
    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReached { .. } => "registry.not_reached",
            Self::NoPurpose { .. } => "registry.purpose_missing",
            Self::BadAnswer { .. } => "registry.bad_answer",
            Self::Refused { .. } => "registry.refused",
            Self::WrongSignature => "registry.wrong_signature",
            Self::ForeignSigner => "registry.foreign_signer",
            Self::Stale => "registry.not_ours",
            Self::SnapshotStale => "registry.snapshot_stale",
            Self::ClockDoubtful => "registry.clock_doubtful",
        }
    }
}

/// Opens the registry at an address, as [`open_with`] does, where nothing else is configured.
///
/// # Errors
/// What [`open_with`] gives.
pub fn open(url: &str) -> Result<Option<Box<dyn Registry>>, SetupError> {
    open_with(url, &RegistryOptions::default())
}

/// Opens the registry at an address: `sqlite:PATH`, `https://…`, `snapshot:PATH`, or `none` for none
/// at all.
///
/// # Errors
/// [`SetupError::NotBuilt`] for an address that this build cannot speak; [`SetupError::Line`] for what
/// is configured and cannot be used; [`SetupError::Registry`] for any other address and for a database
/// that cannot be used. The address is not repeated in the error, because it may hold a password.
pub fn open_with(
    url: &str,
    options: &RegistryOptions,
) -> Result<Option<Box<dyn Registry>>, SetupError> {
    if url == "none" {
        return Ok(None);
    }
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            // Both `sqlite:/a/b` and the form with an empty host, `sqlite:///a/b`.
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(unusable("sqlite: is not followed by a path"));
            }
            embedded(Path::new(path)).map(Some)
        }
        Some(("snapshot", rest)) => Ok(Some(Box::new(snapshot(rest, options)?))),
        Some(("postgres" | "postgresql", _)) => or_offline(database(url)?, options).map(Some),
        Some(("https", _)) => or_offline(https(url, options)?, options).map(Some),
        Some(("http", _)) => Err(unusable("an unprotected http:// address is not accepted")),
        _ => Err(unusable(
            "the address is none of sqlite:PATH, postgres://…, https://…, snapshot:PATH and none",
        )),
    }
}

/// Where the embedded registry lies unless told otherwise:
/// `$XDG_DATA_HOME/cancuoc/registry.sqlite`, or under `~/.local/share`.
///
/// # Errors
/// [`SetupError::Registry`] when neither `XDG_DATA_HOME` nor `HOME` names a folder.
pub fn default_path() -> Result<PathBuf, SetupError> {
    path_under(env::var_os("XDG_DATA_HOME"), env::var_os("HOME"))
        .ok_or_else(|| unusable("neither XDG_DATA_HOME nor HOME names a folder"))
}

/// XDG Base Directory Specification: a path in `XDG_DATA_HOME` that is not absolute is ignored.
fn path_under(data: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |folder: OsString| Some(PathBuf::from(folder)).filter(|path| path.is_absolute());
    let folder = data
        .and_then(absolute)
        .or_else(|| Some(home.and_then(absolute)?.join(".local").join("share")))?;
    Some(folder.join("cancuoc").join("registry.sqlite"))
}

#[cfg(feature = "registry")]
fn embedded(path: &Path) -> Result<Box<dyn Registry>, SetupError> {
    Ok(Box::new(Embedded::open(path)?))
}

#[cfg(feature = "postgres")]
fn database(url: &str) -> Result<Box<dyn Registry>, SetupError> {
    Ok(Box::new(postgres::Blocking::open(url)?))
}

#[cfg(not(feature = "postgres"))]
fn database(_url: &str) -> Result<Box<dyn Registry>, SetupError> {
    Err(SetupError::NotBuilt {
        feature: "PostgreSQL registry",
    })
}

#[cfg(not(feature = "registry"))]
fn embedded(_path: &Path) -> Result<Box<dyn Registry>, SetupError> {
    Err(SetupError::NotBuilt {
        feature: "embedded registry",
    })
}

/// The snapshot at a place, signed by one of the registry's keys.
fn snapshot(place: &str, options: &RegistryOptions) -> Result<Snapshot, SetupError> {
    Address::parse(place)?.trusting(&options.keys).open()
}

/// A registry over the network, and the snapshot for when it is not reached, where one is configured.
///
/// The snapshot is opened now: that it is an old one, or nobody's, is told while somebody can mend it.
fn or_offline(
    line: Box<dyn Registry>,
    options: &RegistryOptions,
) -> Result<Box<dyn Registry>, SetupError> {
    let Some(place) = &options.offline else {
        return Ok(line);
    };
    let place = place
        .to_str()
        .ok_or_else(|| unusable("offline is no text"))?;
    let offline = snapshot(place, options)?;
    Ok(Box::new(Fallback::new(line, offline)))
}

#[cfg(feature = "fetch")]
fn https(url: &str, options: &RegistryOptions) -> Result<Box<dyn Registry>, SetupError> {
    Ok(Box::new(Https::open(url, options)?))
}

#[cfg(not(feature = "fetch"))]
fn https(_url: &str, _options: &RegistryOptions) -> Result<Box<dyn Registry>, SetupError> {
    Err(SetupError::NotBuilt {
        feature: "HTTPS registry",
    })
}

fn unusable(why: &str) -> SetupError {
    SetupError::Registry {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str) -> &'static str {
        match open(url) {
            Ok(_) => "opened",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn an_address_says_which_registry() {
        assert!(open("none").unwrap().is_none());
        #[cfg(not(feature = "postgres"))]
        for address in ["postgres://host/register", "postgresql://host/register"] {
            assert_eq!(code(address), "build.feature_missing");
        }
        #[cfg(feature = "postgres")]
        for address in ["postgres://host/register", "postgresql://host/register"] {
            // Where the number key is, it does not say.
            assert_eq!(code(address), "registry.unusable");
        }
        let expected = match cfg!(feature = "fetch") {
            true => "registry.key_missing",
            false => "build.feature_missing",
        };
        assert_eq!(code("https://registry.example"), expected);
        for wrong in [
            "",
            "sqlite:",
            "sqlite://",
            "http://registry.example",
            "None",
            "/a/b",
            "ftp:x",
        ] {
            assert_eq!(code(wrong), "registry.unusable", "{wrong}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_address() {
        let error = open("mysql://clerk:secret@host").err().unwrap();
        assert!(!error.to_string().contains("secret"));
    }

    #[test]
    fn the_default_path_follows_xdg() {
        let path = |data: Option<&str>, home: Option<&str>| {
            path_under(data.map(Into::into), home.map(Into::into))
        };
        let expected = Some(PathBuf::from("/d/cancuoc/registry.sqlite"));
        assert_eq!(path(Some("/d"), Some("/h")), expected);
        let expected = Some(PathBuf::from("/h/.local/share/cancuoc/registry.sqlite"));
        assert_eq!(path(None, Some("/h")), expected);
        assert_eq!(path(Some(""), Some("/h")), expected);
        assert_eq!(path(Some("relative"), Some("/h")), expected);
        assert_eq!(path(None, None), None);
    }
}
