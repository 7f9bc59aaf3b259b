//! `policy`: what the shipped policies are, what one of them or a file says, and what is wrong in a file.

use std::path::Path;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::cli::Ended;
use crate::cli::arguments::Policy as Request;
use crate::cli::input;
use crate::cli::input::NoText;
use crate::cli::output::Output;
use crate::error::Error;
use crate::error::SetupError;
use crate::profile::Words;
use crate::verify::Decision;
use crate::verify::Policy;
use crate::verify::policy::MAX_FILE;

/// Lists the shipped policies, shows one, or checks a file.
pub(super) fn run(request: &Request, out: &Output) -> Result<Ended, Error> {
    match request {
        Request::List => list(out)?,
        Request::Show { policy } => show(&named(policy)?, out)?,
        Request::Check { file } => {
            let policy = read(file)?;
            let sha256 = hex::encode(policy.sha256());
            out.answer(
                &format!("{}: ok\n", policy.name()),
                &json!({
                    "schema": "cancuoc.policy_check/1",
                    "name": policy.name(),
                    "sha256": sha256,
                }),
            )?;
        }
    }
    Ok(Ended::Done)
}

/// The policy of a name, or of a file. A name of a shipped one means that one, whatever lies in the
/// folder: else a file left there would change what is judged. `./kiosk` is the file.
///
/// # Errors
/// [`SetupError::PolicyUnreadable`], [`SetupError::Policy`].
pub(super) fn named(name: &Path) -> Result<Policy, SetupError> {
    match name.to_str().and_then(Policy::named) {
        Some(shipped) => Ok(shipped.clone()),
        None => read(name),
    }
}

/// The policy of a file.
fn read(path: &Path) -> Result<Policy, SetupError> {
    let given = path.display().to_string();
    let malformed = |faults| SetupError::Policy {
        path: given.clone(),
        faults,
    };
    let text = input::text(path, MAX_FILE).map_err(|no_text| match no_text {
        NoText::Unreadable => SetupError::PolicyUnreadable {
            path: given.clone(),
        },
        NoText::Encoding(fault) => malformed(vec![fault]),
    })?;
    Policy::parse(&text).map_err(|error| match error {
        SetupError::Policy { faults, .. } => malformed(faults),
        other => other,
    })
}

fn list(out: &Output) -> Result<(), SetupError> {
    let mut text = String::new();
    let mut entries = Vec::new();
    for policy in Policy::shipped() {
        let title = policy.title();
        let words = title.map_or("", |title| out.lang.choose(&title.vi, &title.en));
        text.push_str(&format!("{}: {words}\n", policy.name()));
        entries.push(json!({
            "name": policy.name(),
            "title": both(title),
            "sha256": hex::encode(policy.sha256()),
        }));
    }
    out.answer(
        &text,
        &json!({"schema": "cancuoc.policies/1", "policies": entries}),
    )
}

/// Everything that a policy decides: as text a policy file, which may serve as the beginning of another.
fn show(policy: &Policy, out: &Output) -> Result<(), SetupError> {
    let sha256 = hex::encode(policy.sha256());
    let decisions = policy.decisions().into_iter().map(|(key, decision)| {
        let value = match decision {
            Decision::Word(word) => json!(word),
            Decision::Words(words) => json!(words),
            Decision::Number(number) => json!(number),
        };
        (key.to_owned(), value)
    });
    out.answer(
        &format!("{}# sha256 {sha256}\n", policy.to_file()),
        &json!({
            "schema": "cancuoc.policy/1",
            "name": policy.name(),
            "title": both(policy.title()),
            "purpose": both(policy.purpose()),
            "decisions": decisions.collect::<Map<String, Value>>(),
            "sha256": sha256,
        }),
    )
}

fn both(words: Option<&Words>) -> Value {
    words.map_or(Value::Null, |words| json!({"vi": words.vi, "en": words.en}))
}
