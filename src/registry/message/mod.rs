//! What goes over the wire between who asks a registry and the registry: question, answer and
//! refusal, in JSON, as `docs/registry-api.json` describes them.
//!
//! A question carries a number that is used once and is signed by the device that asks; the answer
//! repeats both the number and the digest of the question as it was sent, and is signed by the
//! registry. So an answer to another question, an old one and one from somebody else are all told
//! apart from the answer. Everything is read strictly: an unknown member, a member that stands
//! twice and a text that is too long are refused, by where they stand and never by what they say.

mod answer;
mod answer_list;
mod expecting;
mod expecting_list;
mod fields;
mod ids;
mod problem;
mod question;
mod question_list;

pub use answer::encode_answer;
#[cfg(feature = "serve")]
pub(in crate::registry) use answer_list::encode_answer_alone;
pub use answer_list::encode_answer_list;
pub use expecting::Expecting;
pub use expecting::Kept;
pub use expecting_list::ExpectingList;
pub use fields::MessageError;
pub use fields::MessageFault;
pub use ids::Nonce;
pub use ids::QuestionId;
pub use problem::Problem;
pub use problem::ProblemCode;
pub use question::Asked;
pub use question::encode_question;
pub use question_list::AskedList;
pub use question_list::encode_question_list;

/// Longest question, in bytes. One with every member at its longest, signed with RSA of 8192 bits,
/// has under 9,000.
pub const MAX_QUESTION: usize = 16 * 1024;

/// Longest answer, in bytes: five disclosed facts at their longest take 10,000.
pub const MAX_ANSWER: usize = 64 * 1024;

/// Most questions of a list. The signatures of device and registry are then a fiftieth of the work on
/// each, and a message is still read and answered within milliseconds.
pub const MAX_LIST: usize = 64;

/// Longest list of questions, in bytes: as much as a question has for what stands in a list once, and
/// 4 KiB for each entry. One with every member at its longest has under 2,500 in the canonical form.
pub const MAX_QUESTION_LIST: usize = MAX_QUESTION + MAX_LIST * 4 * 1024;

/// Longest answer to a list, in bytes: as long as the longest answers to its questions.
pub const MAX_ANSWER_LIST: usize = MAX_LIST * MAX_ANSWER;

/// Content type of question and answer.
pub const CONTENT_TYPE: &str = "application/json";

/// Content type of a refusal (RFC 9457).
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// Schema of a question.
const QUESTION: &str = "cancuoc.question/1";

/// Schema of an answer.
const ANSWER: &str = "cancuoc.answer/1";

/// Schema of a list of questions.
const QUESTION_LIST: &str = "cancuoc.question_list/1";

/// Schema of the answer to one.
const ANSWER_LIST: &str = "cancuoc.answer_list/1";

/// Longest name of a person, in characters. The longest on a card has under 100.
const MAX_NAME: usize = 256;

/// Longest nationality and document number, in characters.
const MAX_WORD: usize = 64;

/// Longest value of a fact, in characters: an address.
const MAX_FACT: usize = 512;

/// Longest code of an administrative unit, in characters. Vietnam's have 5 digits.
const MAX_PLACE: usize = 16;

/// Most facts that can be asked for: one of each kind.
const MAX_FACTS: usize = 5;

#[cfg(test)]
mod described;
#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod tests;
