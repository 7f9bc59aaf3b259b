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

pub mod answer;
#[cfg(feature = "registry")]
pub mod embedded;
pub mod names;
pub mod query;

pub use answer::Agreement;
pub use answer::Agreements;
pub use answer::Answer;
pub use answer::CardStatus;
pub use answer::Decision;
#[cfg(feature = "registry")]
pub use embedded::Embedded;
pub use query::Attributes;
pub use query::CardKey;
pub use query::CitizenNumber;
pub use query::Context;
pub use query::Expiry;
pub use query::Query;
pub use query::SodDigest;

/// Something that knows which cards are in force. It may be asked from another thread than the one
/// that opened it.
pub trait Registry: Send {
    /// Asks about one card.
    ///
    /// # Errors
    /// When no answer could be had. That a card is not on file is an answer.
    fn check(&self, query: &Query) -> Result<Answer, RegistryError>;
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
    /// The registry answered with something that is no answer.
    #[error("the registry's answer is malformed: {what}")]
    BadAnswer {
        /// Which part of the answer, without its value.
        what: &'static str,
    },
}

impl RegistryError {
    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotReached { .. } => "registry.not_reached",
            Self::BadAnswer { .. } => "registry.bad_answer",
        }
    }
}

/// Opens the registry at an address: `sqlite:PATH`, or `none` for none at all.
///
/// # Errors
/// [`SetupError::NotBuilt`] for `postgres://` and `https://`, which this build cannot speak;
/// [`SetupError::Registry`] for any other address and for a database that cannot be used. The
/// address is not repeated in the error, because it may hold a password.
pub fn open(url: &str) -> Result<Option<Box<dyn Registry>>, SetupError> {
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
        Some(("postgres" | "postgresql", _)) => Err(SetupError::NotBuilt {
            feature: "PostgreSQL registry",
        }),
        Some(("https", _)) => Err(SetupError::NotBuilt {
            feature: "HTTPS registry",
        }),
        Some(("http", _)) => Err(unusable("an unprotected http:// address is not accepted")),
        _ => Err(unusable(
            "the address is none of sqlite:PATH, postgres://…, https://… and none",
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

#[cfg(not(feature = "registry"))]
fn embedded(_path: &Path) -> Result<Box<dyn Registry>, SetupError> {
    Err(SetupError::NotBuilt {
        feature: "embedded registry",
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
        assert_eq!(code("postgres://host/register"), "build.feature_missing");
        assert_eq!(code("postgresql://host/register"), "build.feature_missing");
        assert_eq!(code("https://registry.example"), "build.feature_missing");
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
