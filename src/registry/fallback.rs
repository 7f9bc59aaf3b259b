//! A registry for when the line is down: the register itself is asked, and a snapshot where it is not
//! reached.
//!
//! Only a line that is down lets the snapshot speak. An answer with a wrong signature, one to another
//! question and a refusal stay what they are: whoever can spoil an answer could else choose an older one.

use crate::registry::Answer;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;

/// A register, and what is asked in its place when it is not reached.
pub struct Fallback<L, O> {
    line: L,
    offline: O,
}

impl<L: Registry, O: Registry> Fallback<L, O> {
    /// Asks `line`, and `offline` when that is not reached.
    pub const fn new(line: L, offline: O) -> Self {
        Self { line, offline }
    }
}

impl<L: Registry, O: Registry> Registry for Fallback<L, O> {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        match self.line.check(query) {
            Err(error @ RegistryError::NotReached { .. }) => self.instead(query, error),
            other => other,
        }
    }

    /// Where the line is down for a list, it is not tried again for each of its questions.
    fn check_some(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        match self.line.check_some(queries) {
            Err(error @ RegistryError::NotReached { .. }) => {
                let each = queries
                    .iter()
                    .map(|query| self.instead(query, error.clone()));
                each.collect()
            }
            other => other,
        }
    }
}

impl<L, O: Registry> Fallback<L, O> {
    /// What the snapshot says where the line did not.
    fn instead(&self, query: &Query, line: RegistryError) -> Result<Answer, RegistryError> {
        match self.offline.check(query) {
            Ok(answer) => Ok(Answer {
                instead_of: Some(line),
                ..answer
            }),
            // Both are said; what is wrong with the line comes first, since mending it helps most.
            Err(error) => Err(RegistryError::NotReached {
                why: format!("{}; offline: {error}", reason(line)),
            }),
        }
    }
}

fn reason(error: RegistryError) -> String {
    match error {
        RegistryError::NotReached { why } => why,
        other => other.to_string(),
    }
}

impl Registry for Box<dyn Registry> {
    fn check(&self, query: &Query) -> Result<Answer, RegistryError> {
        self.as_ref().check(query)
    }

    fn check_all(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        self.as_ref().check_all(queries)
    }

    fn check_some(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        self.as_ref().check_some(queries)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::registry::Agreement;
    use crate::registry::Agreements;
    use crate::registry::Attributes;
    use crate::registry::CardKey;
    use crate::registry::CardStatus;
    use crate::registry::Context;
    use crate::registry::Source;

    struct Says(Result<Answer, RegistryError>);

    impl Registry for Says {
        fn check(&self, _: &Query) -> Result<Answer, RegistryError> {
            self.0.clone()
        }
    }

    fn answer(source: Source) -> Answer {
        let now = Timestamp::UNIX_EPOCH;
        let agreements = Agreements {
            number: Agreement::NotSupplied,
            name: Agreement::NotSupplied,
            birth: Agreement::NotSupplied,
            sex: Agreement::NotSupplied,
            nationality: Agreement::NotSupplied,
            document_number: Agreement::NotSupplied,
            expiry: Agreement::NotSupplied,
        };
        Answer {
            source,
            ..Answer::new(CardStatus::Active, agreements, now, now)
        }
    }

    fn asked(
        line: Result<Answer, RegistryError>,
        offline: Result<Answer, RegistryError>,
    ) -> Result<Answer, RegistryError> {
        let query = Query {
            context: Context::default(),
            card: CardKey {
                sod: None,
                number: None,
            },
            attributes: Attributes::default(),
            disclose: Vec::new(),
        };
        Fallback::new(Says(line), Says(offline)).check(&query)
    }

    fn down() -> RegistryError {
        RegistryError::NotReached {
            why: "connect: connection refused".to_owned(),
        }
    }

    #[test]
    fn a_line_that_is_up_is_the_one_that_answers() {
        let register = answer(Source::Register);
        let said = asked(Ok(register.clone()), Err(down()));
        assert_eq!(said, Ok(register));
    }

    #[test]
    fn the_snapshot_answers_for_a_line_that_is_down_and_says_so() {
        let source = Source::Snapshot { revision: 7 };
        let said = asked(Err(down()), Ok(answer(source))).unwrap();
        assert_eq!(said.source, source);
        assert_eq!(said.instead_of, Some(down()));
    }

    #[test]
    fn a_spoilt_answer_never_brings_an_older_one_in() {
        for error in [
            RegistryError::WrongSignature,
            RegistryError::ForeignSigner,
            RegistryError::Stale,
            RegistryError::BadAnswer { what: "status" },
            RegistryError::Refused {
                code: "question.too_many",
            },
        ] {
            let snapshot = answer(Source::Snapshot { revision: 7 });
            assert_eq!(asked(Err(error.clone()), Ok(snapshot)), Err(error));
        }
    }

    #[test]
    fn where_neither_answers_both_are_said() {
        let said = asked(Err(down()), Err(RegistryError::Stale)).unwrap_err();
        let words = said.to_string();
        assert!(
            words.contains("connect: ") && words.contains("offline: "),
            "{words}"
        );
    }
}
