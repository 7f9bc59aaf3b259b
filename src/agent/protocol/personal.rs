//! JSON that says something about a person: shown nowhere, and wiped when it is done with.

use std::fmt;

use serde_json::Map;
use serde_json::Value;
use zeroize::Zeroize;

/// Members of a message that say something about a person.
#[derive(PartialEq, Eq)]
pub struct Personal(Map<String, Value>);

impl Personal {
    /// Takes them over.
    pub const fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Nothing about anybody.
    pub fn nothing() -> Self {
        Self(Map::new())
    }

    /// The members.
    pub const fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Adds one.
    pub fn insert(&mut self, name: &str, value: Value) {
        if let Some(before) = self.0.insert(name.to_owned(), value) {
            wipe(before);
        }
    }
}

impl Drop for Personal {
    fn drop(&mut self) {
        wipe(Value::Object(std::mem::take(&mut self.0)));
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(..)")
    }
}

/// Overwrites every text in a value.
pub fn wipe(value: Value) {
    match value {
        Value::String(mut text) => text.zeroize(),
        Value::Array(values) => values.into_iter().for_each(wipe),
        Value::Object(members) => members.into_iter().for_each(|(_, value)| wipe(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
