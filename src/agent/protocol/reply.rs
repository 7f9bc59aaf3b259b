//! The answer to a command.

use serde_json::Value;
use serde_json::json;

use crate::agent::protocol::Fault;
use crate::agent::protocol::Id;

/// The answer to a command: `{"reply_to": id, "ok": {…}}` or `{"reply_to": id, "error": {…}}`.
#[derive(Debug)]
pub struct Reply {
    /// Which command; none where it could not be told.
    pub to: Option<Id>,
    /// What it comes to.
    pub result: Result<Value, Box<Fault>>,
}

impl Reply {
    /// The text that is sent.
    pub fn json(&self) -> String {
        let to = self.to.as_ref().map(Id::as_str);
        let value = match &self.result {
            Ok(ok) => json!({"reply_to": to, "ok": ok}),
            Err(fault) => json!({"reply_to": to, "error": fault.json()}),
        };
        value.to_string()
    }
}
