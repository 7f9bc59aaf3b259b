//! `verify` of what `registry lookup --evidence` kept.

use serde_json::Value;
use serde_json::json;

use crate::attest::evidence;
use crate::attest::evidence::EvidenceCheck;
use crate::cli::Ended;
use crate::cli::arguments::read::Verify;
use crate::cli::config::Settings;
use crate::cli::output::Output;
use crate::cli::sealed;
use crate::error::Error;
use crate::error::SetupError;
use crate::render::answer;
use crate::render::json;
use crate::verify::Outcome;
use crate::verify::Verdict;
use crate::workflow;

/// Schema of the answer.
const SCHEMA: &str = "cancuoc.evidence_check/1";

/// Checks question and answer again, without asking anybody.
pub(super) fn run(
    bytes: &[u8],
    request: &Verify,
    settings: &Settings,
    out: &Output,
) -> Result<Ended, Error> {
    unfit(request)?;
    let keys = &settings.registry_options.keys;
    let checked = evidence::check(bytes, keys).map_err(SetupError::from)?;
    let EvidenceCheck { outcome, kept } = checked;
    // What the answer says counts for as much as it did then: its age is that of then, too.
    let said = kept.map(|kept| {
        let answer = Ok(kept.answer);
        (workflow::judge(&answer, &settings.policy), answer)
    });
    let mut object = json!({"schema": SCHEMA, "evidence": json::outcome(&outcome)});
    let mut text = sealed::lines(&outcome, out.lang);
    if let (Some((judged, Ok(answer))), Some(object)) = (&said, object.as_object_mut()) {
        object.insert("registry".to_owned(), json::outcome(judged));
        object.insert("decision".to_owned(), json!(answer.decision().word()));
        let when: Value = json::time(answer.answered_at).into();
        let asked = out.lang.choose("Trả lời lúc", "Answered at");
        let time = when.as_str().unwrap_or_default();
        text.push_str(&format!("  {asked} {time}\n"));
        object.insert("answered_at".to_owned(), when);
        text.push_str(&sealed::lines(judged, out.lang));
        text.push_str(&answer::text(answer, out.lang));
    }
    out.answer(&text, &object)?;
    Ok(Ended::Judged(verdict(
        &outcome,
        said.as_ref().map(|said| &said.0),
    )))
}

/// Evidence that does not hold says nothing; evidence that holds says what the registry said.
fn verdict(outcome: &Outcome, said: Option<&Outcome>) -> Verdict {
    match (outcome, said) {
        (Outcome::Fail(_), _) => Verdict::NotGenuine,
        (Outcome::Pass(_), Some(Outcome::Pass(_))) => Verdict::Genuine,
        (Outcome::Pass(_), Some(Outcome::Fail(_))) => Verdict::NotInForce,
        _ => Verdict::Inconclusive,
    }
}

/// Options that mean nothing for evidence.
fn unfit(request: &Verify) -> Result<(), SetupError> {
    sealed::refuse(&[
        ("--capture", request.capture.is_some()),
        ("--device", !request.device.is_empty()),
        ("--report", request.attest.report.is_some()),
        ("--portrait", request.picture.portrait.is_some()),
        ("--draw", request.picture.draw.is_some()),
        ("--reveal", !request.reveal.is_empty()),
        ("--challenge", request.challenge.is_some()),
        ("--printed", request.printed.is_some()),
    ])
}
