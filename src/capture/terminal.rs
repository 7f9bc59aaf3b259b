//! What became of terminal authentication.

use std::fmt;

use crate::channel::terminal_auth::Step;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::pki::cvc::chain::Fault;

/// Longest saved form, in characters.
const MAX_TEXT: usize = 120;

/// What became of terminal authentication. Names of authorities and terminals are in it, nothing of
/// the holder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TerminalAttempt {
    /// This read was made without a terminal's identity.
    #[default]
    NotTried,
    /// The chip does not offer it, or there was no chip authentication to build on.
    NotOffered,
    /// The chip does not say whose certificates it takes.
    NoAuthority,
    /// No certificate leads from the authorities that the chip names to the terminal.
    NoChain {
        /// Their references.
        authorities: String,
    },
    /// The chain breaks at a certificate.
    Broken {
        /// Whose.
        holder: String,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The certificates are for another key than the terminal's.
    OtherKey,
    /// The terminal's key gave no signature, or a wrong one.
    KeyUnusable,
    /// The chip said no.
    Refused {
        /// To what.
        step: Step,
        /// The status word.
        status: Status,
    },
    /// The chip's challenge has another length than eight bytes.
    BadChallenge {
        /// Its length, in bytes.
        length: usize,
    },
    /// The chip took the terminal.
    Passed {
        /// The protected groups that the terminal may read.
        groups: Vec<DataGroup>,
    },
}

impl fmt::Display for TerminalAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTried => f.write_str("not tried"),
            Self::NotOffered => f.write_str("not offered"),
            Self::NoAuthority => f.write_str("no authority named"),
            Self::NoChain { authorities } => write!(f, "no chain for {authorities}"),
            Self::Broken { holder, fault } => write!(f, "chain {} at {holder}", fault.word()),
            Self::OtherKey => f.write_str("certificates for another key"),
            Self::KeyUnusable => f.write_str("key unusable"),
            Self::Refused { step, status } => {
                write!(f, "refused at {} with {status}", step.name())
            }
            Self::BadChallenge { length } => write!(f, "challenge of {length} bytes"),
            Self::Passed { groups } => {
                f.write_str("passed")?;
                groups.iter().try_for_each(|group| write!(f, " {group}"))
            }
        }
    }
}

impl TerminalAttempt {
    /// Reads what [`fmt::Display`] writes; `None` for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
            return None;
        }
        let fixed = [
            Self::NotTried,
            Self::NotOffered,
            Self::NoAuthority,
            Self::OtherKey,
            Self::KeyUnusable,
        ];
        if let Some(known) = fixed.into_iter().find(|known| known.to_string() == text) {
            return Some(known);
        }
        if let Some(authorities) = text.strip_prefix("no chain for ") {
            return Some(Self::NoChain {
                authorities: authorities.to_owned(),
            });
        }
        if let Some(rest) = text.strip_prefix("chain ") {
            return Fault::ALL.into_iter().find_map(|fault| {
                let holder = rest.strip_prefix(fault.word())?.strip_prefix(" at ")?;
                Some(Self::Broken {
                    holder: holder.to_owned(),
                    fault,
                })
            });
        }
        if let Some(rest) = text.strip_prefix("refused at ") {
            let (name, status) = rest.rsplit_once(" with ")?;
            return Some(Self::Refused {
                step: Step::ALL.into_iter().find(|step| step.name() == name)?,
                status: Status(u16::from_str_radix(status, 16).ok()?),
            });
        }
        if let Some(rest) = text.strip_prefix("challenge of ") {
            let length = rest.strip_suffix(" bytes")?.parse().ok()?;
            return Some(Self::BadChallenge { length });
        }
        let groups = text.strip_prefix("passed")?;
        let group = |name: &str| {
            DataGroup::PROTECTED
                .into_iter()
                .find(|group| group.to_string() == name)
        };
        let groups = groups
            .split_whitespace()
            .map(group)
            .collect::<Option<_>>()?;
        Some(Self::Passed { groups })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut all = vec![
            TerminalAttempt::NotTried,
            TerminalAttempt::NotOffered,
            TerminalAttempt::NoAuthority,
            TerminalAttempt::NoChain {
                authorities: "UTCVCA00002, UTCVCA00001".to_owned(),
            },
            TerminalAttempt::OtherKey,
            TerminalAttempt::KeyUnusable,
            TerminalAttempt::BadChallenge { length: 7 },
            TerminalAttempt::Passed { groups: Vec::new() },
            TerminalAttempt::Passed {
                groups: DataGroup::PROTECTED.to_vec(),
            },
        ];
        all.extend(Fault::ALL.map(|fault| TerminalAttempt::Broken {
            holder: "UTIS00001".to_owned(),
            fault,
        }));
        all.extend(Step::ALL.map(|step| TerminalAttempt::Refused {
            step,
            status: Status(0x6A88),
        }));
        for attempt in all {
            let text = attempt.to_string();
            assert_eq!(TerminalAttempt::from_text(&text), Some(attempt), "{text}");
        }
        let passed = TerminalAttempt::Passed {
            groups: DataGroup::PROTECTED.to_vec(),
        };
        assert_eq!(passed.to_string(), "passed DG3 DG4");
    }

    #[test]
    fn anything_else_is_refused() {
        for wrong in [
            "",
            "passed DG2",
            "chain at X",
            "refused at nothing with 6A88",
            "refused at Get Challenge with",
            "no chain for \u{1b}[2J",
        ] {
            assert_eq!(TerminalAttempt::from_text(wrong), None, "{wrong}");
        }
        let long = format!("no chain for {}", "X".repeat(MAX_TEXT));
        assert_eq!(TerminalAttempt::from_text(&long), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,130}") {
            let _ = TerminalAttempt::from_text(&text);
        }
    }
}
