//! Asking several questions in one message, as many as the server takes.
//!
//! A server that says that a list is too long says how many questions it would let through: so many go at
//! once. One that has no door for lists is asked one question after the other from then on.

use std::sync::atomic::Ordering::Relaxed;

use jiff::Timestamp;

use super::Door;
use super::Https;
use super::Unanswered;
use super::Why;
use super::line::Stage;
use super::purpose;
use super::unreached;
use crate::crypto::random::System;
use crate::error::Error;
use crate::registry::Answer;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::message::ExpectingList;
use crate::registry::message::Nonce;
use crate::registry::message::QuestionId;
use crate::registry::message::encode_question_list;

impl Https {
    /// Answers to the first of these questions, one at least.
    pub(super) fn check_list(&self, queries: &[Query]) -> Result<Vec<Answer>, RegistryError> {
        let longest = self.longest.load(Relaxed);
        let same = one_purpose(queries);
        let mut some = same.get(..longest).unwrap_or(same);
        loop {
            let first = match some {
                [] => return Ok(Vec::new()),
                [one] => return Ok(vec![self.check(one)?]),
                [first, ..] => first,
            };
            purpose(&first.context)?;
            let Unanswered { error, why } = match self.ask_list(some) {
                Ok(answers) => return Ok(answers),
                Err(unanswered) => unanswered,
            };
            let shorter = match why {
                Why::Else => return Err(error),
                Why::NoDoor => 1,
                Why::TooLong(most) => usize::try_from(most).unwrap_or(usize::MAX),
            };
            // No shorter than it was: what the server says makes no sense.
            let Some(fewer) = some.get(..shorter).filter(|fewer| fewer.len() < some.len()) else {
                return Err(error);
            };
            if why == Why::NoDoor || never(&error) {
                self.longest.store(shorter, Relaxed);
            }
            some = fewer;
        }
    }

    fn ask_list(&self, queries: &[Query]) -> Result<Vec<Answer>, Unanswered> {
        // What cannot be asked says nothing about the line.
        let asking = Asking::new(self, queries);
        let asking = asking.map_err(|error| unreached(Stage::Question, &error.to_string()))?;
        self.over_the_line(|| {
            let bytes = self.exchange(Door::Lists, &asking.bytes)?;
            Ok(asking.expecting.read(&bytes, Timestamp::now())?)
        })
    }
}

/// A list as it is sent, and what tells its answer from others.
struct Asking {
    bytes: Vec<u8>,
    expecting: ExpectingList,
}

impl Asking {
    fn new(to: &Https, queries: &[Query]) -> Result<Self, Error> {
        let id = QuestionId::random(&mut System)?;
        let nonce = Nonce::random(&mut System)?;
        let (now, device) = (Timestamp::now(), to.device.as_ref());
        let bytes = encode_question_list(queries, &id, &nonce, now, device)?;
        let expecting = ExpectingList::new(queries, &id, &nonce, &bytes, &to.keys);
        Ok(Self { bytes, expecting })
    }
}

/// Those that come first and that the same officer asks for the same case.
fn one_purpose(queries: &[Query]) -> &[Query] {
    let context = queries.first().map(|query| &query.context);
    let other = |query: &Query| Some(&query.context) != context;
    let end = queries.iter().position(other).unwrap_or(queries.len());
    queries.get(..end).unwrap_or_default()
}

/// Whether a list of this length is refused however long one waits.
fn never(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Refused { code } if *code == "question.list_too_long")
}
