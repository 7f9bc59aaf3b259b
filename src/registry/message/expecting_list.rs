//! The answer that a list of questions waits for.

use std::time::Duration;

use jiff::Timestamp;

use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::message::answer::Said;
use crate::registry::message::expecting::Due;
use crate::registry::message::expecting::Kept;
use crate::registry::message::expecting::NO_QUESTION;
use crate::registry::message::expecting::Scope;
use crate::registry::message::expecting::bad_answer;
use crate::registry::message::expecting::held;
use crate::registry::message::expecting::signer;
use crate::registry::message::ids::Nonce;
use crate::registry::message::ids::QuestionId;
use crate::registry::message::question::Asked;
use crate::registry::message::question_list::AskedList;
use crate::registry::query::Query;
use crate::seal::key::DeviceId;

/// The answer that a list of questions waits for. Whatever is another one is none.
#[derive(Clone)]
pub struct ExpectingList {
    due: Due,
    scopes: Vec<Scope>,
}

impl ExpectingList {
    /// What the answer to this list must be. `list` is what was sent, byte for byte.
    pub fn new(
        queries: &[Query],
        id: &QuestionId,
        nonce: &Nonce,
        list: &[u8],
        trusted: &[DeviceId],
    ) -> Self {
        Self {
            due: Due::new(id, nonce, list, trusted),
            scopes: queries.iter().map(Scope::of).collect(),
        }
    }

    /// What the answer to a list that was kept must be.
    pub fn of(asked: &AskedList, list: &[u8], trusted: &[DeviceId]) -> Self {
        Self::new(&asked.queries, &asked.id, &asked.nonce, list, trusted)
    }

    /// With another limit for how far the clocks may be apart.
    #[must_use]
    pub const fn within(mut self, tolerance: Duration) -> Self {
        self.due.tolerance = tolerance;
        self
    }

    /// Reads what came back: an answer to each question, in their order. None of them is taken if one of
    /// them cannot be.
    ///
    /// # Errors
    /// As [`Expecting::read`](super::Expecting::read).
    pub fn read(&self, bytes: &[u8], now: Timestamp) -> Result<Vec<Answer>, RegistryError> {
        let said = Said::decode_list(bytes).map_err(|error| bad_answer(&error))?;
        self.due.take(said, bytes, now, &self.scopes)
    }
}

impl Kept {
    /// Checks one entry of a list and of its answer, as [`Kept::check`] does a question: the whole is
    /// looked at, and this entry is given.
    ///
    /// # Errors
    /// As [`Kept::check`]; [`RegistryError::BadAnswer`] where there is no such entry.
    pub fn check_entry(list: &[u8], answer: &[u8], entry: usize) -> Result<Self, RegistryError> {
        let asked = AskedList::decode(list).map_err(|_| NO_QUESTION)?;
        held(&asked.signature)?;
        let said = Said::decode_list(answer).map_err(|error| bad_answer(&error))?;
        let signer = signer(&said)?;
        let at = said.moment.answered_at;
        let answers = ExpectingList::of(&asked, list, &[signer]).read(answer, at)?;
        let query = asked.queries.into_iter().nth(entry);
        let pair = query.zip(answers.into_iter().nth(entry));
        let (query, answer) = pair.ok_or(RegistryError::BadAnswer {
            what: "there is no such entry",
        })?;
        Ok(Self {
            asked: Asked {
                id: asked.id,
                nonce: asked.nonce,
                asked_at: asked.asked_at,
                query,
                signature: asked.signature,
                digest: asked.digest,
            },
            answer,
            signer,
        })
    }
}
