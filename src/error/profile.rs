//! What is wrong in a card profile or a policy, and where.

use std::fmt;

/// One mistake in a card profile, a policy or a persona.
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
    /// No quirk or fault of the virtual card.
    UnknownSwitch,
    /// Another number of decimal digits.
    Digits {
        /// Fewest digits.
        least: usize,
        /// Most digits.
        most: usize,
    },
    /// No date as YYYY-MM-DD, YYYY-MM or YYYY.
    PartialDate,
    /// A day that is too early or too late.
    DateRange {
        /// The first day.
        from: &'static str,
        /// The last day.
        to: &'static str,
    },
    /// A day that does not come after the one that stands elsewhere.
    NotAfter {
        /// The key there.
        other: &'static str,
    },
    /// No document number as the zone has it.
    DocumentNumber {
        /// Most characters.
        most: usize,
    },
    /// A name with characters for which the zone has no letter.
    Letters,
    /// A family name that leaves the zone no room for the other names.
    FamilyName {
        /// Most letters.
        most: usize,
    },
    /// No moment of a chip's life.
    Moment,
    /// A moment for what has none.
    Timeless,
    /// A fault that says itself when it happens, and a moment.
    TwoMoments,
    /// No kind of key that signs such things.
    SigningKind,
    /// No image that can stand in a card.
    Image,
    /// No card verifiable certificate.
    Certificate,
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
            Self::UnknownSwitch => "unknown_switch",
            Self::Digits { .. } => "digits",
            Self::PartialDate => "partial_date",
            Self::DateRange { .. } => "date_range",
            Self::NotAfter { .. } => "not_after",
            Self::DocumentNumber { .. } => "document_number",
            Self::Letters => "letters",
            Self::FamilyName { .. } => "family_name",
            Self::Moment => "moment",
            Self::Timeless => "timeless",
            Self::TwoMoments => "two_moments",
            Self::SigningKind => "signing_kind",
            Self::Image => "image",
            Self::Certificate => "certificate",
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
            Self::UnknownSwitch => {
                f.write_str("no such quirk or fault; “cancuoc sim faults” lists them")
            }
            Self::Digits { least, most } if least == most => write!(f, "expected {least} digits"),
            Self::Digits { least, most } => write!(f, "expected {least} to {most} digits"),
            Self::PartialDate => f.write_str("expected a date as YYYY-MM-DD, YYYY-MM or YYYY"),
            Self::DateRange { from, to } => write!(f, "expected a day from {from} to {to}"),
            Self::NotAfter { other } => write!(f, "expected a day after {other}"),
            Self::DocumentNumber { most } => {
                write!(f, "expected 1 to {most} capital letters and digits")
            }
            Self::Letters => {
                f.write_str("expected a name of Latin letters, each with one space between words")
            }
            Self::FamilyName { most } => write!(
                f,
                "a family name of more than {most} letters leaves the zone no room for the others"
            ),
            Self::Moment => f.write_str(
                "expected a moment behind @: command:12, read:DG2:3, select:SOD, power:2, session:7",
            ),
            Self::Timeless => {
                f.write_str("this fault is not of the chip at work, and can have no moment")
            }
            Self::TwoMoments => f.write_str("this fault has the number of a command and a moment"),
            Self::SigningKind => f.write_str(
                "expected a kind of key such as ecdsa-p256-sha256, rsa-2048-sha256, rsa-pss-3072-sha256",
            ),
            Self::Image => f.write_str(
                "expected a JPEG or JPEG 2000 image of at most 512 KiB, in a file beside this one",
            ),
            Self::Certificate => f.write_str(
                "expected “test” or a card verifiable certificate, 7F21, in hexadecimal",
            ),
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
