//! The registry's answer in a report, looked at again: that it answers the question beside it, that it
//! is signed, and that the report says of it what it says itself.

use serde_json::Map;
use serde_json::Value;

use crate::attest::signed::SignedReport;
use crate::attest::statement::Found;
use crate::crypto::hash::Hash;
use crate::registry::Decision;
use crate::registry::RegistryError;
use crate::registry::message::Kept;
use crate::seal::canonical::canonical;
use crate::seal::key::DeviceId;
use crate::verify::Check;
use crate::verify::Outcome;

/// Members of a report that hold the exchange.
const QUESTION: &str = "registry_question";
const ANSWER: &str = "registry_answer";

/// Evidence of the check `registry` that says the answer's digest.
const DIGEST: &str = "answer_sha256";

/// What a report's exchange with the registry is worth; none where it has none and speaks of none.
pub(super) fn answered(report: &SignedReport, trusted: &[DeviceId]) -> Option<Outcome> {
    let whole = report.report();
    let found = report.statement().checks.get(&Check::Registry)?;
    let spoken_of = found.evidence.contains_key(DIGEST);
    match (whole.get(QUESTION), whole.get(ANSWER)) {
        (None, None) if !spoken_of => None,
        (Some(question), Some(answer)) => Some(outcome(whole, found, question, answer, trusted)),
        _ => Some(
            Outcome::fail("report.registry_contradicts")
                .with("what", "question or answer is missing"),
        ),
    }
}

fn outcome(
    report: &Map<String, Value>,
    found: &Found,
    question: &Value,
    answer: &Value,
    trusted: &[DeviceId],
) -> Outcome {
    let wrong = |what: &str| Outcome::fail("report.registry_contradicts").with("what", what);
    let (Ok(question), Ok(answer)) = (canonical(question), canonical(answer)) else {
        return wrong("form");
    };
    let digest = hex::encode(Hash::Sha256.digest(&[&answer]));
    if found.evidence.get(DIGEST) != Some(&digest) {
        return wrong(DIGEST);
    }
    let kept = match Kept::check(&question, &answer) {
        Ok(kept) => kept,
        Err(RegistryError::WrongSignature) => return wrong("signature"),
        Err(_) => return wrong("answer"),
    };
    // The card that was asked about is the card of the report.
    let sod = kept
        .asked
        .query
        .card
        .sod
        .map(|sod| hex::encode(sod.as_bytes()));
    let own = report.get("sod_sha256").and_then(Value::as_str);
    if sod.as_deref() != own {
        return wrong("sod_sha256");
    }
    if !follows(&found.code, kept.answer.decision()) {
        return wrong("decision");
    }
    let said = |outcome: Outcome| outcome.with("registry_key_sha256", kept.signer.to_string());
    if trusted.contains(&kept.signer) {
        said(Outcome::pass("report.registry_answered"))
    } else {
        said(Outcome::open("report.registry_unknown"))
    }
}

/// Whether a check may bear this code after such an answer: its own, or what a policy makes of a yes.
fn follows(code: &str, decision: Decision) -> bool {
    const OF_A_YES: [&str; 3] = ["registry.stale", "registry.offline", "registry.not_listed"];
    code == decision.code() || (decision == Decision::Confirmed && OF_A_YES.contains(&code))
}
