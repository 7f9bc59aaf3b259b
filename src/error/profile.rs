//! What is wrong in a card profile or a policy, and where.

use std::fmt;

/// One mistake in a card profile or a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFault {
    /// Line of the file, from 1.
    pub line: usize,
    /// The key, from the top of the file: `recognise.issued_from`. Empty for the file as a whole.
    pub at: String,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What is wrong at one place of a card profile or a policy. [`fmt::Display`] gives English words.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The file is longer than any of its kind.
    TooLong {
        /// Most bytes.
        most: usize,
    },
    /// It is no TOML here.
    Syntax {
        /// The words of the reader of TOML, in English.
        why: String,
    },
    /// It is no text in UTF-8.
    Encoding,
    /// No file of its kind has this key.
    UnknownKey {
        /// The keys that there are here.
        known: &'static [&'static str],
    },
    /// A key that every file of its kind has is not there.
    Missing,
    /// A value of another kind.
    Kind {
        /// The kind that it must have.
        expected: &'static str,
    },
    /// No name of lower-case letters and digits.
    Name {
        /// What joins the words of such a name.
        joint: char,
    },
    /// No short words for people.
    Words,
    /// No capital letters, as the zone has them without filler.
    Capitals {
        /// Most letters.
        most: usize,
    },
    /// No date as YYYY-MM-DD.
    Date,
    /// A day that does not come after the first one.
    DateOrder,
    /// None of the words that may stand here.
    Choice {
        /// Those words.
        known: Vec<&'static str>,
    },
    /// No quirk that this program knows.
    UnknownQuirk {
        /// The names of those.
        known: Vec<&'static str>,
    },
    /// A list without any entry.
    Empty,
    /// A list of too many entries.
    TooMany {
        /// Most entries.
        most: usize,
    },
    /// The same a second time.
    Twice,
    /// A number out of its range.
    Range {
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// No hexadecimal digits in pairs.
    Hexadecimal,
    /// No SecurityInfos.
    SecurityInfos {
        /// Byte at which they cannot be read.
        offset: usize,
    },
    /// SecurityInfos without PACE, which are no help.
    NoPace,
    /// The contrary of what stands elsewhere.
    Against {
        /// The key there.
        other: &'static str,
    },
}

impl Wrong {
    /// Stable name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::Syntax { .. } => "syntax",
            Self::Encoding => "encoding",
            Self::UnknownKey { .. } => "unknown_key",
            Self::Missing => "missing",
            Self::Kind { .. } => "kind",
            Self::Name { .. } => "name",
            Self::Words => "words",
            Self::Capitals { .. } => "capitals",
            Self::Date => "date",
            Self::DateOrder => "date_order",
            Self::Choice { .. } => "choice",
            Self::UnknownQuirk { .. } => "unknown_quirk",
            Self::Empty => "empty",
            Self::TooMany { .. } => "too_many",
            Self::Twice => "twice",
            Self::Range { .. } => "range",
            Self::Hexadecimal => "hexadecimal",
            Self::SecurityInfos { .. } => "security_infos",
            Self::NoPace => "no_pace",
            Self::Against { .. } => "against",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { most } => write!(f, "longer than {most} bytes"),
            Self::Syntax { why } => write!(f, "no TOML: {why}"),
            Self::Encoding => f.write_str("is no text in UTF-8"),
            Self::UnknownKey { known } => {
                write!(f, "no such key; there are {}", known.join(", "))
            }
            Self::Missing => f.write_str("is missing"),
            Self::Kind { expected } => write!(f, "expected {expected}"),
            Self::Name { joint } => {
                write!(
                    f,
                    "expected lower-case letters and digits, joined by {joint}"
                )
            }
            Self::Words => f.write_str("expected a few words"),
            Self::Capitals { most } => {
                write!(f, "expected 1 to {most} capital letters, without filler")
            }
            Self::Date => f.write_str("expected a date as YYYY-MM-DD"),
            Self::DateOrder => f.write_str("expected a date after issued_from"),
            Self::Choice { known } => write!(f, "expected one of {}", known.join(", ")),
            Self::UnknownQuirk { known } => {
                write!(f, "no such quirk; known are {}", known.join(", "))
            }
            Self::Empty => f.write_str("expected at least one entry"),
            Self::TooMany { most } => write!(f, "more than {most} entries"),
            Self::Twice => f.write_str("stands there twice"),
            Self::Range { least, most } => write!(f, "expected a number from {least} to {most}"),
            Self::Hexadecimal => f.write_str("expected hexadecimal digits in pairs"),
            Self::SecurityInfos { offset } => {
                write!(f, "expected SecurityInfos; unreadable at byte {offset}")
            }
            Self::NoPace => f.write_str("expected at least one PACEInfo"),
            Self::Against { other } => write!(f, "says the contrary of {other}"),
        }
    }
}

impl fmt::Display for ProfileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joint = if self.at.is_empty() { "" } else { ": " };
        write!(f, "line {}: {}{joint}{}", self.line, self.at, self.wrong)
    }
}

/// All of them in one line.
pub(super) fn joined(faults: &[ProfileFault]) -> String {
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}
