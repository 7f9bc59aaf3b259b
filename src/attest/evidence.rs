//! A question to a registry and its answer, kept as they were signed, and looked at again.
//!
//! ```text
//! { schema: "cancuoc.registry_evidence/1", registry_question: {…}, registry_answer: {…} [, entry: N] }
//! ```
//! `entry` is there if and only if the question is a list: the place in it, from 0.
//!
//! Both stand there as JSON; what was signed, and what the answer says the digest of, are their canonical
//! forms (RFC 8785).

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::error::AttestError;
use crate::registry::Receipt;
use crate::registry::RegistryError;
use crate::registry::message::Kept;
use crate::seal::canonical::canonical;
use crate::seal::canonical::parse;
use crate::seal::key::DeviceId;
use crate::verify::Outcome;

/// Schema of such a file.
pub const SCHEMA: &str = "cancuoc.registry_evidence/1";

/// What the schema begins with, whatever the version.
const KIND: &str = "cancuoc.registry_evidence/";

/// The members.
const QUESTION: &str = "registry_question";
const ANSWER: &str = "registry_answer";
const ENTRY: &str = "entry";

/// Evidence of a lookup, to be kept; none for a receipt that is no JSON.
pub fn of(receipt: &Receipt) -> Option<Value> {
    let mut evidence = json!({
        "schema": SCHEMA,
        QUESTION: parse(&receipt.question).ok()?,
        ANSWER: parse(&receipt.answer).ok()?,
    });
    if let (Some(entry), Value::Object(members)) = (receipt.entry, &mut evidence) {
        members.insert(ENTRY.to_owned(), json!(entry));
    }
    Some(evidence)
}

/// Whether the bytes of a file say that they are such evidence, of whatever version.
pub fn claims_to_be_evidence(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    serde_json::from_slice::<Named>(bytes).is_ok_and(|named| named.schema.starts_with(KIND))
}

/// What kept evidence is worth.
#[derive(Debug)]
pub struct EvidenceCheck {
    /// Whether it holds, and whose word it is.
    pub outcome: Outcome,
    /// What was asked and answered, where it holds.
    pub kept: Option<Kept>,
}

/// Looks at evidence again, for who trusts the registries with these keys.
///
/// # Errors
/// [`AttestError::Malformed`], [`AttestError::Version`].
pub fn check(bytes: &[u8], trusted: &[DeviceId]) -> Result<EvidenceCheck, AttestError> {
    let malformed = |why: &str| AttestError::Malformed {
        why: why.to_owned(),
    };
    let parsed = parse(bytes).map_err(|fault| malformed(&fault.to_string()))?;
    let Value::Object(mut members) = parsed else {
        return Err(malformed("no JSON object"));
    };
    match members.remove("schema") {
        Some(Value::String(schema)) if schema == SCHEMA => {}
        Some(Value::String(schema)) => return Err(AttestError::Version { schema }),
        _ => return Err(malformed("schema")),
    }
    let question = message(&mut members, QUESTION)?;
    let answer = message(&mut members, ANSWER)?;
    let entry = match members.remove(ENTRY) {
        None => None,
        Some(place) => {
            let place = place.as_u64().and_then(|place| usize::try_from(place).ok());
            Some(place.ok_or_else(|| malformed(ENTRY))?)
        }
    };
    if !members.is_empty() {
        return Err(malformed("another member"));
    }
    let kept = match entry {
        None => Kept::check(&question, &answer),
        Some(place) => Kept::check_entry(&question, &answer, place),
    };
    let (outcome, kept) = match kept {
        Err(error) => (broken(&error), None),
        Ok(kept) => {
            let outcome = if trusted.contains(&kept.signer) {
                Outcome::pass("evidence.holds")
            } else {
                Outcome::open("evidence.unknown_registry")
            };
            let outcome = outcome.with("registry_key_sha256", kept.signer.to_string());
            (outcome, Some(kept))
        }
    };
    Ok(EvidenceCheck { outcome, kept })
}

fn broken(error: &RegistryError) -> Outcome {
    Outcome::fail("evidence.broken")
        .with("what", error.code())
        .with("reason", error.to_string())
}

/// A message in its canonical form.
fn message(members: &mut Map<String, Value>, name: &'static str) -> Result<Vec<u8>, AttestError> {
    let malformed = || AttestError::Malformed {
        why: name.to_owned(),
    };
    let value = members.remove(name).ok_or_else(malformed)?;
    canonical(&value).map_err(|_| malformed())
}
