//! A report beside the verification of the same capture here: what is found again, what only the
//! live read could know, and what does not agree.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;

use crate::attest::signed::SignedReport;
use crate::attest::statement::Found;
use crate::attest::statement::Said;
use crate::attest::statement::Statement;
use crate::attest::statement::weight;
use crate::error::AttestError;
use crate::verify::Check;
use crate::verify::Outcome;
use crate::verify::Weight;

/// How one check of a report compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Found again here, the same.
    Again,
    /// Only the live read could know; nothing here speaks against it.
    LiveOnly,
    /// Found here otherwise.
    Differs,
    /// Cannot be found out here: nobody asked, or what it takes is not here.
    NotCheckable,
}

impl Comparison {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::LiveOnly => "live_only",
            Self::Differs => "differs",
            Self::NotCheckable => "not_checkable",
        }
    }
}

/// A report compared with its capture.
#[must_use]
#[derive(Debug)]
pub struct Again {
    checks: BTreeMap<Check, (Comparison, Found)>,
    outcome: Outcome,
}

impl Again {
    /// Every check: how it compares, and what was found here.
    pub const fn checks(&self) -> &BTreeMap<Check, (Comparison, Found)> {
        &self.checks
    }

    /// What the comparison comes to.
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// Compares a report with the one that verifying its capture gave here, which has every field.
///
/// # Errors
/// [`AttestError`] when what was made here is no report.
pub fn compare(report: &SignedReport, here: &Map<String, Value>) -> Result<Again, AttestError> {
    let there = report.statement();
    let own = Statement::of(here)?;
    let mut checks = BTreeMap::new();
    let mut contradicted = Vec::new();
    let mut over = Vec::new();
    let mut open = Vec::new();
    for check in Check::ALL {
        let (Some(said), Some(found)) = (there.checks.get(&check), own.checks.get(&check)) else {
            continue;
        };
        let comparison = compared(check, said, found);
        if comparison == Comparison::Differs {
            match (said.outcome, found.outcome) {
                (Said::Pass | Said::Open, Said::Fail)
                    if weight(check, &found.code) == Weight::NotInForce =>
                {
                    over.push(check.name());
                }
                // Nothing was claimed that is known to be otherwise.
                (Said::Open, Said::Pass) | (Said::Fail, Said::Fail) => {}
                _ => contradicted.push(check.name()),
            }
        }
        // What the registry said that day is the device's word, whoever asks again.
        if comparison == Comparison::NotCheckable
            && check != Check::Registry
            && there.required.contains(&check)
        {
            open.push(check.name());
        }
        checks.insert(check, (comparison, found.clone()));
    }
    contradicted.extend(contents(report.report(), here));
    let outcome = files(there, &own).unwrap_or_else(|less| {
        if !contradicted.is_empty() {
            Outcome::fail("report.capture_contradicts").with("differs", contradicted.join(", "))
        } else if !over.is_empty() {
            Outcome::out_of_force("report.no_longer_in_force").with("differs", over.join(", "))
        } else if !less.is_empty() {
            Outcome::open("report.capture_less").with("missing", less.join(", "))
        } else if !open.is_empty() {
            Outcome::open("report.capture_open").with("checks", open.join(", "))
        } else {
            Outcome::pass("report.capture_agrees")
        }
    });
    Ok(Again { checks, outcome })
}

/// The outcome where the files are not those of the report; else those that the capture lacks.
fn files(there: &Statement, own: &Statement) -> Result<Outcome, Vec<String>> {
    let other: Vec<&str> = own
        .files
        .iter()
        .filter(|(name, digest)| there.files.get(*name) != Some(digest))
        .map(|(name, _)| name.as_str())
        .collect();
    if own.files.is_empty() || !other.is_empty() {
        return Ok(Outcome::fail("report.capture_other").with("differs", other.join(", ")));
    }
    let missing = there
        .files
        .keys()
        .filter(|name| !own.files.contains_key(*name));
    Err(missing.filter_map(|name| plain(name)).collect())
}

/// A file's name, if it is one: the report may be anybody's.
fn plain(name: &str) -> Option<String> {
    let shown = |one: char| one.is_ascii_alphanumeric() || "./_-".contains(one);
    let fits = name.len() <= 32 && name.chars().all(shown);
    Some(if fits { name } else { "?" }.to_owned())
}

fn compared(check: Check, said: &Found, found: &Found) -> Comparison {
    let same = (said.outcome, &said.code) == (found.outcome, &found.code);
    match check {
        // Which protocol ran stands in the capture, and whoever has the capture can write there.
        Check::Access if same || said.code == CHANNEL_BROKE => Comparison::LiveOnly,
        Check::Registry if same => Comparison::Again,
        Check::Registry => Comparison::NotCheckable,
        Check::Chip => match (said.outcome, found.outcome) {
            _ if same => Comparison::Again,
            // Active authentication alone was found again, under the challenge of who asks.
            (Said::Pass, Said::Pass) => Comparison::Again,
            (Said::Pass | Said::Fail, Said::Open) if found.code == NOT_LIVE => Comparison::LiveOnly,
            (_, Said::Open) => Comparison::NotCheckable,
            _ => Comparison::Differs,
        },
        _ if same => Comparison::Again,
        // The printed side is compared where somebody holds the card.
        Check::Consistency if said.code == PRINTED => Comparison::NotCheckable,
        _ if found.outcome == Said::Open => Comparison::NotCheckable,
        _ => Comparison::Differs,
    }
}

const CHANNEL_BROKE: &str = "access.channel";
const NOT_LIVE: &str = "chip.not_live";
const PRINTED: &str = "consistency.printed";

/// The parts of a report, other than its checks, that say something else than the capture.
///
/// Whatever the report tells must be found here; here may be more, since the report leaves out what
/// nobody asked for by name.
fn contents(there: &Map<String, Value>, here: &Map<String, Value>) -> Vec<&'static str> {
    let mut differs = Vec::new();
    for (name, unverified) in [
        ("holder", "unverified_holder"),
        ("portrait", "unverified_portrait"),
    ] {
        let own = here.get(name).or_else(|| here.get(unverified));
        let told = there.get(name).or_else(|| there.get(unverified));
        if told.is_some_and(|told| !is_within(told, own)) {
            differs.push(name);
        }
    }
    let details = ["details", "unverified_details"];
    let own = |group: &str| {
        details
            .iter()
            .find_map(|name| here.get(*name)?.as_object()?.get(group))
    };
    let told = details
        .iter()
        .filter_map(|name| there.get(*name)?.as_object())
        .flatten();
    for (group, told) in told {
        if !is_within(told, own(group)) {
            differs.push("details");
            break;
        }
    }
    let told = there.get("sod_sha256");
    if told.is_some() && told != here.get("sod_sha256") {
        differs.push("sod_sha256");
    }
    differs
}

/// Whether everything in one value stands in the other, too.
fn is_within(told: &Value, own: Option<&Value>) -> bool {
    match (told, own) {
        (Value::Object(told), Some(Value::Object(own))) => told
            .iter()
            .all(|(name, told)| is_within(told, own.get(name))),
        (Value::Array(told), Some(Value::Array(own))) => {
            told.len() == own.len()
                && told
                    .iter()
                    .zip(own)
                    .all(|(told, own)| is_within(told, Some(own)))
        }
        (told, Some(own)) => told == own,
        (_, None) => false,
    }
}
