//! The answer to a list of questions: an entry for each, in their order, under one signature.
//!
//! ```text
//! { answered_at, answers: [ {attributes, card, decision, disclosed, person, reasons, withheld} … ],
//!   data_as_of, id, nonce, padding, question_sha256, [revision,] schema, signature, source }
//! ```
//! Which question an entry answers, its place says; that it stands there, the signature.

use serde_json::Value;

use crate::error::Error;
use crate::registry::answer::Answer;
use crate::registry::message::ANSWER_LIST;
use crate::registry::message::MAX_ANSWER_LIST;
use crate::registry::message::MAX_LIST;
use crate::registry::message::answer::Moment;
use crate::registry::message::answer::Said;
#[cfg(feature = "serve")]
use crate::registry::message::answer::To;
use crate::registry::message::answer::Told;
use crate::registry::message::answer::back;
#[cfg(feature = "serve")]
use crate::registry::message::answer::encode_only;
use crate::registry::message::answer::put_digest;
use crate::registry::message::answer::put_revision;
use crate::registry::message::answer::told;
use crate::registry::message::answer::unsayable;
use crate::registry::message::fields::Fields;
use crate::registry::message::fields::MessageError;
use crate::registry::message::fields::MessageFault;
use crate::registry::message::question_list::AskedList;
use crate::seal::canonical::Object;
use crate::seal::key::DeviceKey;
use crate::seal::sign::sign_between;
use crate::seal::sign::time;

/// The member that holds the entries.
const ANSWERS: &str = "answers";

/// The member that fills the entries up.
const PADDING: &str = "padding";

/// What the entries of a list and their padding are a multiple of, in bytes, for each entry. One without
/// facts has 270 to 470, so that whatever the register says of each card, all such lists of one length are
/// of one size: who sees how much is sent does not learn how many cards are not on file.
const BLOCK: usize = 512;

/// Longest padding, in characters.
const MAX_PADDING: usize = BLOCK * MAX_LIST;

/// Writes the answers to a list, in the order of its questions, and signs them once. What an answer
/// withholds it says itself.
///
/// The data is as old as the oldest that any of them is from, and the time of the first is that of all.
/// What comes out is the canonical form (RFC 8785), and no other spelling is an answer.
///
/// # Errors
/// [`SetupError::Registry`](crate::error::SetupError::Registry) for another number of answers than of
/// questions, for answers of several sources, and for what [`encode_answer`](super::encode_answer)
/// refuses. What keeps the key from signing.
pub fn encode_answer_list(
    answers: &[Answer],
    asked: &AskedList,
    key: &DeviceKey,
) -> Result<Vec<u8>, Error> {
    let entries = entries(answers, asked)?;
    let first = answers.first().ok_or_else(|| unsayable("no answer"))?;
    if answers.iter().any(|answer| answer.source != first.source) {
        return Err(unsayable("answers of several sources"));
    }
    let oldest = answers.iter().map(|answer| answer.data_as_of).min();
    let answered_at = time(first.answered_at);
    // Member by member in the order of the canonical form, which is that of the names.
    let mut front = Vec::with_capacity(BLOCK * (answers.len() + 2));
    let mut whole = Object::begin(&mut front);
    whole.text("answered_at", &answered_at);
    let mut length = 0;
    whole.list(ANSWERS, &entries, |out, entry| {
        let before = out.len();
        entry.entry(out);
        length += out.len() - before;
    });
    whole.text("data_as_of", &time(oldest.unwrap_or(first.data_as_of)));
    whole.text("id", asked.id.as_str());
    whole.text("nonce", &asked.nonce.text());
    let step = BLOCK * answers.len();
    whole.text(PADDING, &"0".repeat(step - length % step));
    put_digest(&mut whole, &asked.digest)?;
    put_revision(&mut whole, first.source)?;
    whole.text("schema", ANSWER_LIST);
    front.push(b',');
    let mut back = back(first.source);
    back.push(b'}');
    sign_between(front, &back, key, &answered_at)
}

/// Writes the answer to a question that is held as a list of one.
///
/// # Errors
/// As [`encode_answer`](super::encode_answer), and where there is another number of either than one.
#[cfg(feature = "serve")]
pub(in crate::registry) fn encode_answer_alone(
    answers: &[Answer],
    asked: &AskedList,
    key: &DeviceKey,
) -> Result<Vec<u8>, Error> {
    let entries = entries(answers, asked)?;
    let [about] = entries.as_slice() else {
        return Err(unsayable("not one answer"));
    };
    let to: To<'_> = (&asked.id, &asked.nonce, &asked.digest);
    encode_only(about, to, key)
}

/// What is said to each question.
fn entries<'a>(answers: &'a [Answer], asked: &AskedList) -> Result<Vec<Told<'a>>, Error> {
    if answers.len() != asked.queries.len() {
        return Err(unsayable("another number of answers than of questions"));
    }
    let pairs = answers.iter().zip(&asked.queries);
    pairs
        .map(|(answer, query)| Told::new(answer, &answer.withheld, query))
        .collect()
}

impl Said {
    /// Reads the answer to a list.
    pub(super) fn decode_list(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::read(bytes, MAX_ANSWER_LIST, ANSWER_LIST, each)
    }
}

fn each(fields: &mut Fields, moment: Moment) -> Result<Vec<Answer>, MessageError> {
    let padding = fields.text(PADDING, MAX_PADDING)?;
    if !padding.bytes().all(|byte| byte == b'0') {
        return Err(fields.wrong(PADDING, MessageFault::Format));
    }
    let entries = fields.list(ANSWERS, MAX_LIST)?;
    let read = |(place, entry): (usize, Value)| {
        let mut entry = fields.entry(ANSWERS, place, entry)?;
        let answer = told(&mut entry, moment)?;
        entry.finish()?;
        Ok(answer)
    };
    entries.into_iter().enumerate().map(read).collect()
}
