//! What goes wrong with a database, and whether trying again may help.

use std::error::Error as _;
use std::io;

use tokio_postgres::error::SqlState;

use crate::error::SetupError;
use crate::registry::RegistryError;
use crate::registry::number_key::KeyTrouble;
use crate::registry::tables;
use crate::registry::tables::Malformed;

/// What goes wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The address.
    Address(String),
    /// The database or the way to it. Its own words are never shown: they may repeat a value.
    Database(tokio_postgres::Error),
    /// No answer in time.
    Late,
    /// A host that takes no changes where one is needed that does.
    NoWriter,
    /// Only hosts that take changes where one is wanted that does not.
    NoReader,
    /// A register of another version.
    Version(i32),
    Key(KeyTrouble),
    /// The number key is not the one that the register was filled with.
    WrongKey,
    /// A value in the tables that cannot be there.
    Content(&'static str),
    /// This program cannot run what it needs.
    Runtime,
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<KeyTrouble> for Trouble {
    fn from(trouble: KeyTrouble) -> Self {
        Self::Key(trouble)
    }
}

impl From<Malformed> for Trouble {
    fn from(Malformed(what): Malformed) -> Self {
        Self::Content(what)
    }
}

impl Trouble {
    fn state(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            _ => None,
        }
    }

    /// Whether the database refused a change because it takes none.
    pub(super) fn is_read_only(&self) -> bool {
        self.state() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) || matches!(self, Self::NoWriter)
    }

    /// Whether the connection is of no more use.
    pub(super) fn is_broken(&self) -> bool {
        match self {
            Self::Late => true,
            Self::Database(error) => match error.code() {
                // Class 08: connection exception; class 57: operator intervention.
                Some(state) => state.code().starts_with("08") || state.code().starts_with("57P"),
                None => true,
            },
            _ => false,
        }
    }

    /// Whether the same may go well another time: after a conflict, or on another host.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Late | Self::NoWriter | Self::NoReader => true,
            Self::Database(error) => match error.code() {
                Some(state) => {
                    let passing = [
                        &SqlState::T_R_SERIALIZATION_FAILURE,
                        &SqlState::T_R_DEADLOCK_DETECTED,
                        &SqlState::TOO_MANY_CONNECTIONS,
                        &SqlState::QUERY_CANCELED,
                    ];
                    passing.contains(&state) || self.is_broken()
                }
                None => self.certificate().is_none(),
            },
            _ => false,
        }
    }

    /// Whether nobody said anything: no host there, or one that does not answer.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Late => true,
            Self::Database(error) => error.code().is_none() && self.certificate().is_none(),
            _ => false,
        }
    }

    /// What TLS has against the server.
    fn certificate(&self) -> Option<&'static str> {
        let Self::Database(error) = self else {
            return None;
        };
        let mut cause = error.source();
        while let Some(error) = cause {
            let inner = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref)
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match inner.or_else(|| error.downcast_ref::<rustls::Error>()) {
                Some(rustls::Error::InvalidCertificate(_)) => {
                    return Some(
                        "the database's certificate is not one of its authority, of this time and \
                         for this host",
                    );
                }
                Some(_) => return Some("TLS with the database failed"),
                None => cause = error.source(),
            }
        }
        None
    }

    /// What is wrong, without anything from the tables, the address or a password.
    pub(super) fn reason(&self) -> String {
        let known = match self {
            Self::Address(why) => return why.clone(),
            Self::Key(trouble) => return trouble.reason(),
            Self::Version(version) => {
                return format!(
                    "the registry has version {version}, this program needs version {}",
                    tables::VERSION
                );
            }
            Self::Late => "the database did not answer in time",
            Self::NoWriter => "no host of the address takes changes",
            Self::NoReader => "no host of the address is a standby",
            Self::WrongKey => "the number key is not the one the registry was filled with",
            Self::Content(what) => return format!("the {what} is malformed"),
            Self::Runtime => "the program cannot start what it needs to connect",
            Self::Database(error) => match error.code() {
                Some(state) => return Self::of_state(state),
                None => self
                    .certificate()
                    .unwrap_or("the database cannot be reached"),
            },
        };
        known.to_owned()
    }

    fn of_state(state: &SqlState) -> String {
        let known = match state.code() {
            "28P01" | "28000" => "the database refused the user or the password",
            "3D000" => "there is no database of that name",
            "42P01" | "42703" | "3F000" => {
                "the database holds no registry; “cancuoc registry init” makes one"
            }
            "42501" => "the user may not do this in the database",
            "25006" => "the database takes no changes",
            "53100" => "the disk of the database is full",
            "53300" => "the database has too many connections",
            "57014" => "the database did not answer in time",
            code => return format!("the database failed (SQLSTATE {code})"),
        };
        known.to_owned()
    }
}

impl From<Trouble> for RegistryError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Content(what) => Self::BadAnswer { what },
            other => Self::NotReached {
                why: other.reason(),
            },
        }
    }
}

impl From<Trouble> for SetupError {
    fn from(trouble: Trouble) -> Self {
        Self::Registry {
            why: trouble.reason(),
        }
    }
}
