//! Codes and the tables that they are from.

use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::field::Value;

/// What a table calls each of its codes.
pub(super) type Table = [(u16, &'static str)];

/// A code as it stands, and what its table calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The number.
    pub value: u16,
    /// The word for it, one of ours; nothing for a number that the table does not have.
    pub word: Option<&'static str>,
}

impl Code {
    /// Looks a number up; one that is not there is noted.
    pub(super) fn of(table: &Table, value: u16, oddity: Oddity, oddities: &mut Oddities) -> Self {
        let code = Self::find(table, value);
        if code.word.is_none() {
            oddities.insert(oddity);
        }
        code
    }

    /// Looks a number up.
    pub(super) fn find(table: &Table, value: u16) -> Self {
        let found = table.iter().find(|(number, _)| *number == value);
        Self {
            value,
            word: found.map(|(_, word)| *word),
        }
    }

    /// The word, or the number where there is none.
    pub fn shown(self) -> Value {
        self.word
            .map_or(Value::Number(u64::from(self.value)), Value::Word)
    }
}
