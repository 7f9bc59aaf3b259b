//! A list of questions in one message: written by who asks, read by the registry.
//!
//! Who asks, what for and when stands in it once, and one signature is over all of it. An entry is what a
//! question says about its card, read and written by the same code.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::error::Error;
use crate::registry::message::MAX_LIST;
use crate::registry::message::MAX_QUESTION_LIST;
use crate::registry::message::QUESTION_LIST;
use crate::registry::message::fields::MessageError;
use crate::registry::message::fields::MessageFault;
use crate::registry::message::ids::Nonce;
use crate::registry::message::ids::QuestionId;
use crate::registry::message::question::Asked;
use crate::registry::message::question::about;
use crate::registry::message::question::about_members;
use crate::registry::message::question::head;
use crate::registry::message::question::head_members;
use crate::registry::message::question::sealed;
use crate::registry::message::question::unaskable;
use crate::registry::query::Context;
use crate::registry::query::Query;
use crate::seal::key::DeviceKey;
use crate::seal::signature::Keys;
use crate::seal::signature::Signature;

/// The member that holds the entries.
const QUESTIONS: &str = "questions";

/// A list of questions as a registry received it. Never prints what it asks.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedList {
    /// Its name; lists and single questions share one space of names.
    pub id: QuestionId,
    /// The number that the answer repeats.
    pub nonce: Nonce,
    /// When it was asked, by the clock of who asks.
    pub asked_at: Timestamp,
    /// Who asks, and what for: the same in every entry.
    pub context: Context,
    /// What is asked, 1 to [`MAX_LIST`] of them.
    pub queries: Vec<Query>,
    /// What stands where the device's signature does, and whether it holds.
    pub signature: Signature,
    /// SHA-256 of the list byte for byte.
    pub digest: [u8; 32],
}

impl fmt::Debug for AskedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AskedList({}, {})", self.id, self.queries.len())
    }
}

impl AskedList {
    /// Reads a list.
    ///
    /// # Errors
    /// [`MessageError`] names the first member that is wrong, with the place of its entry. A signature
    /// that does not hold is no error here.
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::decode_by(bytes, None)
    }

    /// The same, for whoever reads many lists of the same devices.
    ///
    /// # Errors
    /// As [`AskedList::decode`].
    pub fn decode_by(bytes: &[u8], keys: Option<&Keys>) -> Result<Self, MessageError> {
        let (head, mut fields) = head(bytes, MAX_QUESTION_LIST, QUESTION_LIST, keys)?;
        let entries = fields.list(QUESTIONS, MAX_LIST)?;
        if entries.is_empty() {
            return Err(fields.wrong(QUESTIONS, MessageFault::Length));
        }
        let read = |(place, entry)| {
            let mut entry = fields.entry(QUESTIONS, place, entry)?;
            let query = about(&mut entry, &head.context)?;
            entry.finish()?;
            Ok(query)
        };
        let queries: Result<Vec<Query>, MessageError> =
            entries.into_iter().enumerate().map(read).collect();
        let queries = queries?;
        fields.finish()?;
        Ok(Self {
            id: head.id,
            nonce: head.nonce,
            asked_at: head.asked_at,
            context: head.context,
            queries,
            signature: head.signature,
            digest: head.digest,
        })
    }
}

/// A question about one card, as a list of one: what is done with either is the same.
impl From<Asked> for AskedList {
    fn from(asked: Asked) -> Self {
        Self {
            id: asked.id,
            nonce: asked.nonce,
            asked_at: asked.asked_at,
            context: asked.query.context.clone(),
            queries: vec![asked.query],
            signature: asked.signature,
            digest: asked.digest,
        }
    }
}

/// Writes a list of questions, signed where there is a key. What comes out is what is sent, byte for
/// byte: the answer says the digest of it.
///
/// # Errors
/// [`SetupError::Registry`](crate::error::SetupError::Registry) for a list that no registry would take:
/// an empty one, one of more than [`MAX_LIST`], one whose questions are not asked by the same officer for
/// the same case, and for what [`encode_question`](super::encode_question) refuses. What keeps the key
/// from signing.
pub fn encode_question_list(
    queries: &[Query],
    id: &QuestionId,
    nonce: &Nonce,
    at: Timestamp,
    key: Option<&DeviceKey>,
) -> Result<Vec<u8>, Error> {
    let Some(first) = queries.first() else {
        return Err(unaskable("a list needs a question".to_owned()));
    };
    if queries.len() > MAX_LIST {
        return Err(unaskable(format!(
            "a list has {MAX_LIST} questions at most"
        )));
    }
    if queries.iter().any(|query| query.context != first.context) {
        return Err(unaskable("a list has one purpose".to_owned()));
    }
    let mut list = head_members(QUESTION_LIST, &first.context, id, nonce, at)?;
    let entries = queries
        .iter()
        .map(|query| about_members(query).map(Value::Object));
    let entries: Result<Vec<Value>, Error> = entries.collect();
    list.insert(QUESTIONS.to_owned(), json!(entries?));
    sealed(list, key, at, MAX_QUESTION_LIST)
}
