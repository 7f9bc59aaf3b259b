//! What a client may say.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::lds::DataGroup;
use crate::registry::FactKind;
use crate::registry::query::Case;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::render::words::Lang;
use crate::verify::Check;

/// The client's own name for a command; the reply bears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub(super) String);

impl Id {
    /// Takes 1 to 64 characters without controls.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.chars().count());
        (fits && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One command.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Begins a session, or takes one up again.
    Hello(Hello),
    /// How the agent is.
    Status,
    /// Which readers there are.
    Readers,
    /// Takes a reader.
    Claim {
        /// Which, as the client names it.
        reader: String,
    },
    /// Gives a reader back.
    Release {
        /// Which.
        reader: String,
    },
    /// Reads the card that lies there or will.
    Read(Box<Ask>),
    /// Gives a key to the read at work.
    Key {
        /// Where.
        reader: String,
        /// The key.
        key: KeyText,
    },
    /// Lets the read at work try again.
    Continue {
        /// Where.
        reader: String,
    },
    /// Ends the read at work.
    Cancel {
        /// Where.
        reader: String,
    },
    /// Says that the clerk is done with the card.
    End {
        /// Where.
        reader: String,
    },
    /// What is trusted.
    Trust,
    /// Says that the session is not taken up again: it ends with its connection.
    Leave {
        /// Which, where it is not the one that asks.
        session: Option<String>,
    },
}

impl Command {
    /// Every name, in the order of the documentation.
    pub const NAMES: [&'static str; 12] = [
        "hello", "status", "readers", "claim", "release", "read", "key", "continue", "cancel",
        "end", "trust", "leave",
    ];

    /// Its name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Status => "status",
            Self::Readers => "readers",
            Self::Claim { .. } => "claim",
            Self::Release { .. } => "release",
            Self::Read(_) => "read",
            Self::Key { .. } => "key",
            Self::Continue { .. } => "continue",
            Self::Cancel { .. } => "cancel",
            Self::End { .. } => "end",
            Self::Trust => "trust",
            Self::Leave { .. } => "leave",
        }
    }
}

/// The first thing a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The API level that it speaks.
    pub level: u32,
    /// The language of whoever looks at it.
    pub lang: Option<Lang>,
    /// The session that it had before.
    pub resume: Option<Resume>,
}

/// A session that is taken up again.
#[derive(Clone, PartialEq, Eq)]
pub struct Resume {
    /// Its name.
    pub session: String,
    /// The last event that the client has.
    pub seq: u64,
}

impl fmt::Debug for Resume {
    /// Whoever knows the name of a session may take it up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resume({})", self.seq)
    }
}

/// What is to be read, and told of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    /// Where.
    pub reader: String,
    /// What opens the chip, where it is known already.
    pub key: Option<KeyText>,
    /// Data groups to read; all that are signed without.
    pub groups: Option<Vec<DataGroup>>,
    /// Checks that must pass beyond those that the policy requires.
    pub checks: Vec<Check>,
    /// The fields of the holder that leave the agent; the counter's own without.
    pub fields: Option<Vec<&'static str>>,
    /// Whether the portrait leaves the agent.
    pub portrait: Portrait,
    /// For what the registry is asked.
    pub purpose: Purpose,
    /// What the registry is asked to tell beside; the agent's own without.
    pub disclose: Option<Vec<FactKind>>,
    /// What the client can show to others.
    pub evidence: Evidence,
    /// What a receipt is bound to.
    pub nonce: Option<Nonce>,
    /// How long card and key are waited for.
    pub within: Option<Duration>,
}

/// Whether the portrait leaves the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Portrait {
    /// It does.
    Wanted,
    /// It does not.
    Unwanted,
}

/// For what the registry is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purpose {
    /// The administrative procedure.
    pub procedure: Option<Procedure>,
    /// The case file.
    pub case: Option<Case>,
    /// The officer.
    pub officer: Option<Officer>,
}

/// What the client can show to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Nothing.
    None,
    /// A receipt that the device signs.
    Receipt,
    /// The whole report, signed, and what was read.
    Full,
}

impl Evidence {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::None, Self::Receipt, Self::Full];

    /// The word in messages.
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Receipt => "receipt",
            Self::Full => "full",
        }
    }
}

/// What a receipt is bound to: a number that a backend uses once.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(pub(super) Vec<u8>);

impl Nonce {
    /// Takes 16 to 64 octets.
    pub fn new(octets: Vec<u8>) -> Option<Self> {
        (16..=64).contains(&octets.len()).then_some(Self(octets))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({} bytes)", self.0.len())
    }
}

/// A key as somebody typed or scanned it.
#[derive(PartialEq, Eq)]
pub struct KeyText(pub(super) Zeroizing<String>);

impl KeyText {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}
