//! What whoever asked knows about the answer before it comes, and checks when it is there.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::lds::mrz::Sex;
use crate::registry::RegistryError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::Receipt;
use crate::registry::facts::FactKind;
use crate::registry::message::answer::Said;
use crate::registry::message::fields::MessageError;
use crate::registry::message::fields::MessageFault;
use crate::registry::message::ids::Nonce;
use crate::registry::message::ids::QuestionId;
use crate::registry::message::question::Asked;
use crate::registry::message::question::sha256;
use crate::registry::query::Query;
use crate::seal::key::DeviceId;
use crate::seal::signature::Signature;

/// The answer that a question waits for. Whatever is another one is none.
#[derive(Clone)]
pub struct Expecting {
    due: Due,
    scope: Scope,
}

impl Expecting {
    /// How far the clocks of registry and asker may be apart, unless told otherwise: as far as a
    /// registry lets a question be old.
    pub const TOLERANCE: Duration = Duration::from_secs(120);

    /// What the answer to this question must be. `question` is what was sent, byte for byte.
    pub fn new(
        query: &Query,
        id: &QuestionId,
        nonce: &Nonce,
        question: &[u8],
        trusted: &[DeviceId],
    ) -> Self {
        Self {
            due: Due::new(id, nonce, question, trusted),
            scope: Scope::of(query),
        }
    }

    /// What the answer to a question that was kept must be.
    pub fn of(asked: &Asked, question: &[u8], trusted: &[DeviceId]) -> Self {
        Self::new(&asked.query, &asked.id, &asked.nonce, question, trusted)
    }

    /// With another limit for how far the clocks may be apart.
    #[must_use]
    pub const fn within(mut self, tolerance: Duration) -> Self {
        self.due.tolerance = tolerance;
        self
    }

    /// Reads what came back, and takes it only if it is the answer of a registry that is trusted to
    /// this very question, made now.
    ///
    /// # Errors
    /// [`RegistryError::BadAnswer`] when it is no answer or contradicts itself or the question,
    /// [`RegistryError::WrongSignature`], [`RegistryError::ForeignSigner`], and
    /// [`RegistryError::Stale`] when it is the answer to another question or of another time.
    pub fn read(&self, bytes: &[u8], now: Timestamp) -> Result<Answer, RegistryError> {
        let said = Said::decode(bytes).map_err(|error| bad_answer(&error))?;
        let answers = self
            .due
            .take(said, bytes, now, slice::from_ref(&self.scope))?;
        let [mut answer] = <[Answer; 1]>::try_from(answers).map_err(|_| OTHER_NUMBER)?;
        if let Some(receipt) = &mut answer.receipt {
            receipt.entry = None;
        }
        Ok(answer)
    }
}

/// What the answer to one message must bear: to which it is, from whom and of when.
#[derive(Clone)]
pub(super) struct Due {
    id: QuestionId,
    nonce: Nonce,
    digest: [u8; 32],
    question: Arc<[u8]>,
    trusted: Vec<DeviceId>,
    pub(super) tolerance: Duration,
}

/// Something is said to more questions than were asked, or to fewer.
const OTHER_NUMBER: RegistryError = RegistryError::BadAnswer {
    what: "another number of entries",
};

impl Due {
    pub(super) fn new(
        id: &QuestionId,
        nonce: &Nonce,
        question: &[u8],
        trusted: &[DeviceId],
    ) -> Self {
        Self {
            id: id.clone(),
            nonce: nonce.clone(),
            digest: sha256(question),
            question: question.into(),
            trusted: trusted.to_vec(),
            tolerance: Expecting::TOLERANCE,
        }
    }

    /// Takes what was said, if it is the answer, each entry within what its question asked. Every one
    /// has the receipt of the whole, with its place.
    pub(super) fn take(
        &self,
        said: Said,
        bytes: &[u8],
        now: Timestamp,
        scopes: &[Scope],
    ) -> Result<Vec<Answer>, RegistryError> {
        // Who speaks comes first: what a stranger says is not worth comparing.
        let signer = match &said.signature {
            Signature::Right(signer) if self.trusted.contains(&signer.device) => signer.device,
            Signature::Right(_) => return Err(RegistryError::ForeignSigner),
            Signature::Wrong(_) => return Err(RegistryError::WrongSignature),
            Signature::Absent | Signature::Malformed(_) | Signature::Unknown(_) => {
                return Err(RegistryError::WrongSignature);
            }
        };
        if said.id != self.id || said.nonce != self.nonce || said.question != self.digest {
            return Err(RegistryError::Stale);
        }
        self.times(&said, now)?;
        if said.answers.len() != scopes.len() {
            return Err(OTHER_NUMBER);
        }
        let whole: Arc<[u8]> = bytes.into();
        let mut answers = said.answers;
        for (place, (answer, scope)) in answers.iter_mut().zip(scopes).enumerate() {
            scope.check(answer)?;
            answer.receipt = Some(Receipt {
                question: Arc::clone(&self.question),
                answer: Arc::clone(&whole),
                entry: Some(place),
                signer,
            });
        }
        Ok(answers)
    }

    /// Answered now, signed in the same moment, from data that is not of the future.
    fn times(&self, said: &Said, now: Timestamp) -> Result<(), RegistryError> {
        let tolerance = SignedDuration::try_from(self.tolerance).unwrap_or(SignedDuration::MAX);
        let apart = |one: Timestamp, other: Timestamp| one.duration_since(other).abs() > tolerance;
        let answered_at = said.moment.answered_at;
        let signed_at = said.signed_at().unwrap_or(answered_at);
        let later = said.moment.data_as_of.duration_since(answered_at) > tolerance;
        if apart(answered_at, now) || apart(signed_at, answered_at) || later {
            return Err(RegistryError::Stale);
        }
        Ok(())
    }
}

/// What one question asked with and for.
#[derive(Clone)]
pub(super) struct Scope {
    supplied: [(&'static str, Supplied); 7],
    disclose: Vec<FactKind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supplied {
    Given,
    /// Given, and it says nothing: a text without letter and digit, a sex that is not specified.
    Empty,
    Absent,
}

impl Scope {
    pub(super) fn of(query: &Query) -> Self {
        let given = |there: bool| match there {
            true => Supplied::Given,
            false => Supplied::Absent,
        };
        let says = |text: &Option<String>| match text {
            None => Supplied::Absent,
            Some(text) if text.chars().any(char::is_alphanumeric) => Supplied::Given,
            Some(_) => Supplied::Empty,
        };
        let attributes = &query.attributes;
        let sex = match attributes.sex {
            None => Supplied::Absent,
            Some(Sex::Unspecified) => Supplied::Empty,
            Some(Sex::Male | Sex::Female) => Supplied::Given,
        };
        Self {
            supplied: [
                ("number", given(query.card.number.is_some())),
                ("name", says(&attributes.name)),
                ("birth", given(attributes.birth.is_some())),
                ("sex", sex),
                ("nationality", says(&attributes.nationality)),
                ("document_number", says(&attributes.document_number)),
                ("expiry", given(attributes.expiry.is_some())),
            ],
            disclose: query.disclose.clone(),
        }
    }

    /// Nothing is said about what was not asked, and nothing is passed over.
    fn check(&self, answer: &Answer) -> Result<(), RegistryError> {
        let bad = |what| Err(RegistryError::BadAnswer { what });
        for ((name, agreement), (asked, supplied)) in
            answer.agreements.entries().into_iter().zip(self.supplied)
        {
            let silent = agreement == Agreement::NotSupplied;
            let fits = match supplied {
                Supplied::Given => !silent,
                Supplied::Empty => true,
                Supplied::Absent => silent,
            };
            if name != asked || !fits {
                return bad("an attribute that was not asked with, or one that is passed over");
            }
        }
        let asked = |kind: &FactKind| self.disclose.contains(kind);
        if !answer.disclosed.iter().all(|fact| asked(&fact.kind)) {
            return bad("a fact that was not asked for");
        }
        let disclosed = |kind: &FactKind| answer.disclosed.iter().any(|fact| fact.kind == *kind);
        if !answer
            .withheld
            .iter()
            .all(|kind| asked(kind) && !disclosed(kind))
        {
            return bad("a withheld fact that was not asked for, or was told");
        }
        Ok(())
    }
}

/// A question and its answer that were kept, looked at again: what they say, and whose signature the
/// answer bears. Whether that one was to be trusted is another question.
#[derive(Debug)]
pub struct Kept {
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub answer: Answer,
    /// Who signed the answer.
    pub signer: DeviceId,
}

impl Kept {
    /// Checks everything about an answer that does not depend on when and where it is looked at.
    ///
    /// # Errors
    /// As [`Expecting::read`]; [`RegistryError::BadAnswer`] for a question that is none.
    pub fn check(question: &[u8], answer: &[u8]) -> Result<Self, RegistryError> {
        let asked = Asked::decode(question).map_err(|_| NO_QUESTION)?;
        held(&asked.signature)?;
        let said = Said::decode(answer).map_err(|error| bad_answer(&error))?;
        let signer = signer(&said)?;
        let at = said.moment.answered_at;
        let answer = Expecting::of(&asked, question, &[signer]).read(answer, at)?;
        Ok(Self {
            asked,
            answer,
            signer,
        })
    }
}

/// What was kept as a question is none.
pub(super) const NO_QUESTION: RegistryError = RegistryError::BadAnswer {
    what: "the question that it answers is none",
};

/// The device's signature over what was kept holds, where there is one.
pub(super) const fn held(signature: &Signature) -> Result<(), RegistryError> {
    match signature {
        Signature::Malformed(_) | Signature::Wrong(_) => Err(RegistryError::BadAnswer {
            what: "the question's signature does not hold",
        }),
        _ => Ok(()),
    }
}

/// Whose signature an answer bears, whoever that is.
pub(super) const fn signer(said: &Said) -> Result<DeviceId, RegistryError> {
    match &said.signature {
        Signature::Right(signer) => Ok(signer.device),
        _ => Err(RegistryError::WrongSignature),
    }
}

pub(super) const fn bad_answer(error: &MessageError) -> RegistryError {
    RegistryError::BadAnswer {
        what: bad(error.fault),
    }
}

/// The words for a fault, from this program's own list.
const fn bad(fault: MessageFault) -> &'static str {
    match fault {
        MessageFault::TooLarge => "longer than any answer",
        MessageFault::Json => "no JSON with one meaning",
        MessageFault::Missing => "a member is missing",
        MessageFault::Unknown => "a member that is not known",
        MessageFault::Kind => "a member of another kind",
        MessageFault::Length => "a member that is empty or too long",
        MessageFault::Format => "a member that says none of what it may say",
        MessageFault::Repeated => "an entry that stands twice",
        MessageFault::Schema => "another schema",
        MessageFault::Contradiction => "members that contradict each other",
        MessageFault::Spelling => "not in its canonical form",
    }
}
