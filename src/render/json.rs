//! The report as JSON: the shape that programs lean on, documented in `docs/report.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::bytes::legible::legible;
use crate::error::Error;
use crate::error::Retry;
use crate::error::SetupError;
use crate::lds::FileId;
use crate::lds::contents::Contents;
use crate::render::applications;
use crate::render::details;
use crate::render::reveal::Reveal;
use crate::render::words;
use crate::render::words::Lang;
use crate::render::words::profiles;
use crate::verify::ApplicationReport;
use crate::verify::Check;
use crate::verify::Decoded;
use crate::verify::Holder;
use crate::verify::Outcome;
use crate::verify::Portrait;
use crate::verify::Report;
use crate::verify::Unverified;
use crate::verify::Vouched;

/// Schema of a report.
const REPORT: &str = "cancuoc.report/1";
/// Schema of what is in a capture.
const CONTENTS: &str = "cancuoc.contents/1";
/// Schema of a failure to run.
const ERROR: &str = "cancuoc.error/1";

/// The times that a workflow measured beside the exchange, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Verification.
    pub verify_ms: u64,
    /// Registry lookup.
    pub registry_ms: u64,
}

/// A report as one JSON object.
///
/// `holder` and `portrait` are there only when passive authentication vouches for them; else the
/// same fields stand under `unverified_holder` and `unverified_portrait`. In the same manner every
/// group stands under `details` or `unverified_details`, without the sensitive fields that were not
/// asked for.
pub fn report(report: &Report, times: Times, reveal: &Reveal) -> Value {
    let mut out = Map::new();
    out.insert("schema".into(), json!(REPORT));
    out.insert("verdict".into(), json!(report.verdict().word()));
    out.insert("next_action".into(), json!(report.next_action().code()));
    out.insert("tool".into(), tool());
    out.insert("judged_at".into(), json!(time(report.judged_at())));
    out.insert("reading".into(), json!(report.origin().word()));
    let policy = report.policy();
    out.insert("policy".into(), json!(policy.name()));
    out.insert("policy_sha256".into(), json!(hex::encode(policy.sha256())));
    let required = Check::ALL
        .into_iter()
        .filter(|check| policy.requires(*check).is_some());
    let required: Vec<&str> = required.map(Check::name).collect();
    out.insert("required".into(), json!(required));
    let checks: Map<String, Value> = Check::ALL
        .into_iter()
        .map(|check| {
            let outcome = outcome(report.checks().outcome(check));
            (check.name().to_owned(), outcome)
        })
        .collect();
    out.insert("checks".into(), Value::Object(checks));
    match report.holder() {
        Some(Vouched::Verified(verified)) => {
            out.insert("holder".into(), holder(verified.get()));
        }
        Some(Vouched::Unverified(unverified)) => {
            out.insert(
                "unverified_holder".into(),
                holder(unverified.inspect_unverified()),
            );
        }
        None => {}
    }
    match report.portrait() {
        Some(Vouched::Verified(verified)) => {
            out.insert("portrait".into(), portrait(verified.get()));
        }
        Some(Vouched::Unverified(unverified)) => {
            out.insert(
                "unverified_portrait".into(),
                portrait(unverified.inspect_unverified()),
            );
        }
        None => {}
    }
    let (verified, unverified) = contents_of(report, reveal);
    for (name, contents) in [("details", verified), ("unverified_details", unverified)] {
        if !contents.is_empty() {
            out.insert(name.into(), Value::Object(contents));
        }
    }
    let quirks = report.quirks().iter().map(|quirk| legible(quirk));
    out.insert("quirks".into(), json!(quirks.collect::<Vec<_>>()));
    out.insert("deviations".into(), json!(report.deviations()));
    let groups: Map<String, Value> = report
        .groups()
        .iter()
        .map(|(group, state)| (group.to_string(), json!(state.word())))
        .collect();
    out.insert("groups".into(), Value::Object(groups));
    if let Some(applications) = applications::json(report.applications(), reveal) {
        out.insert("applications".into(), applications);
    }
    if let Some(directory) = report.directory() {
        out.insert("directory".into(), json!(directory.word()));
    }
    let files: Map<String, Value> = report
        .files()
        .iter()
        .map(|(file, digest)| (file.name(), json!(hex::encode(digest))))
        .collect();
    out.insert("files".into(), Value::Object(files));
    if let Some(digest) = report.security_object_sha256() {
        out.insert("sod_sha256".into(), json!(hex::encode(digest)));
    }
    let exchange = report.exchange();
    out.insert(
        "exchange".into(),
        json!({
            "commands": exchange.commands,
            "bytes_sent": exchange.bytes_sent,
            "bytes_received": exchange.bytes_received,
            "access_ms": milliseconds(exchange.access),
            "read_ms": milliseconds(exchange.read),
            "verify_ms": times.verify_ms,
            "registry_ms": times.registry_ms,
        }),
    );
    Value::Object(out)
}

/// A report with what its exchange would have taken on a modelled link: reckoned, never measured, and
/// so under a name of its own.
pub fn with_modelled(mut report: Value, modelled: Duration) -> Value {
    if let Some(figures) = report.get_mut("exchange").and_then(Value::as_object_mut) {
        figures.insert("modelled_ms".into(), json!(milliseconds(modelled)));
    }
    report
}

/// What is in a capture as one JSON object: its files, and what they say, judging nothing. Without a
/// holder that field is null. Where a file could not be decoded stands under `undecoded`.
pub fn contents(
    unverified: Option<&Unverified<Holder>>,
    files: &[FileId],
    decoded: &BTreeMap<FileId, Unverified<Decoded>>,
    beside: &[ApplicationReport],
    reveal: &Reveal,
) -> Value {
    let names: Vec<String> = files.iter().map(|file| file.name()).collect();
    let mut contents = Map::new();
    let mut undecoded = Map::new();
    for (file, decoded) in decoded {
        match decoded.inspect_unverified() {
            Ok(said) => contents.insert(file.name(), details::object(said.fields(), reveal)),
            Err(malformed) => undecoded.insert(file.name(), details::undecoded(malformed)),
        };
    }
    let mut out = json!({
        "schema": CONTENTS,
        "files": names,
        "unverified_holder": unverified.map(|unverified| holder(unverified.inspect_unverified())),
        "unverified_details": contents,
        "undecoded": undecoded,
    });
    if let (Some(out), Some(applications)) =
        (out.as_object_mut(), applications::json(beside, reveal))
    {
        out.insert("applications".into(), applications);
    }
    out
}

/// What the groups say, verified and not.
fn contents_of(report: &Report, reveal: &Reveal) -> (Map<String, Value>, Map<String, Value>) {
    let (mut verified, mut unverified) = (Map::new(), Map::new());
    let object = |contents: &Contents| details::object(contents.fields(), reveal);
    for (group, vouched) in report.contents() {
        match vouched {
            Vouched::Verified(contents) => {
                verified.insert(group.to_string(), object(contents.get()))
            }
            Vouched::Unverified(contents) => {
                unverified.insert(group.to_string(), object(contents.inspect_unverified()))
            }
        };
    }
    (verified, unverified)
}

/// A failure to run as one JSON object.
pub fn error(error: &Error) -> Value {
    let mut inner = Map::new();
    inner.insert("code".into(), json!(error.code()));
    inner.insert(
        "retriable".into(),
        json!(matches!(error.retry(), Retry::MayHelp)),
    );
    inner.insert("next_action".into(), json!(error.next_action().code()));
    inner.insert("message".into(), both(words::sentence, error.code()));
    inner.insert("remedy".into(), both(words::remedy, error.code()));
    if let Some(tries) = error.tries_left() {
        inner.insert("tries_left".into(), json!(tries));
    }
    if let Error::Setup(
        SetupError::Profile { faults, .. }
        | SetupError::Policy { faults, .. }
        | SetupError::Persona { faults, .. },
    ) = error
    {
        let faults: Vec<Value> = faults
            .iter()
            .map(|fault| {
                let words = |lang| profiles::wrong(&fault.wrong, lang);
                json!({
                    "line": fault.line,
                    "at": fault.at,
                    "code": fault.wrong.code(),
                    "message": {"vi": words(Lang::Vi), "en": words(Lang::En)},
                })
            })
            .collect();
        inner.insert("faults".into(), json!(faults));
    }
    inner.insert("detail".into(), json!(error.to_string()));
    json!({"schema": ERROR, "error": inner})
}

/// An outcome as one JSON object.
pub fn outcome(outcome: &Outcome) -> Value {
    // Names in certificates come from outside, too.
    let facts = outcome.facts().iter();
    let facts = facts.map(|(name, text)| ((*name).to_owned(), json!(legible(text))));
    json!({
        "outcome": outcome.word(),
        "code": outcome.code(),
        "evidence": facts.collect::<Map<String, Value>>(),
    })
}

/// The program that made a report.
fn tool() -> Value {
    json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")})
}

/// A time as RFC 3339 writes it, in UTC and whole seconds.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn both(words: fn(&str, Lang) -> &'static str, code: &str) -> Value {
    json!({"vi": words(code, Lang::Vi), "en": words(code, Lang::En)})
}

fn holder(holder: &Holder) -> Value {
    let fields: Map<String, Value> = holder
        .fields()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    Value::Object(fields)
}

fn portrait(portrait: &Portrait) -> Value {
    json!({"mime": portrait.mime(), "base64": STANDARD.encode(portrait.image())})
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
