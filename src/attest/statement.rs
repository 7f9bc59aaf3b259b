//! What a report says, as far as others build on it, taken out of its JSON once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::error::AttestError;
use crate::verify::Check;
use crate::verify::Weight;
use crate::verify::decision::Standing;

/// The schema of reports that this program knows, without its version.
const FAMILY: &str = "cancuoc.report/";

/// The one version that this program knows.
const SCHEMA: &str = "cancuoc.report/1";

/// Codes of validity that fail because time has passed, not because something is false.
const OUT_OF_DATE: [&str; 2] = ["validity.document_expired", "validity.signer_out_of_date"];

/// The registry's one failure that is not about being in force.
const MISMATCH: &str = "registry.mismatch";

/// The rooms whose codes a check may bear, and the codes with which it passes.
const fn codes(check: Check) -> (&'static [&'static str], &'static [&'static str]) {
    match check {
        Check::Access => (&["access"], &["access.pace", "access.bac"]),
        Check::SodSignature => (&["sod"], &["sod.signed"]),
        Check::SignerChain => (&["chain"], &["chain.anchored"]),
        Check::Revocation => (&["revocation"], &["revocation.good"]),
        // Without a security object that can be read there are no hashes.
        Check::Hashes => (&["hashes", "sod"], &["hashes.match"]),
        Check::Consistency => (&["consistency"], &["consistency.agrees"]),
        Check::Chip => (
            &["chip"],
            &[
                "chip.both",
                "chip.chip_authentication",
                "chip.active_authentication",
                "chip.pace_cam",
            ],
        ),
        Check::Validity => (&["validity"], &["validity.in_force"]),
        Check::Registry => (
            &["registry"],
            &["registry.confirmed", "registry.not_listed"],
        ),
    }
}

/// Whether a code goes with its check and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It does, as far as is known here.
    Fits,
    /// A check passes with a code that this program does not know.
    Unknown,
    /// It is another check's, or another outcome's.
    Foreign,
}

/// What a report says of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Passed, failed, open.
    pub outcome: Said,
    /// The code.
    pub code: String,
    /// The evidence.
    pub evidence: BTreeMap<String, String>,
}

/// The three words for an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// `pass`
    Pass,
    /// `fail`
    Fail,
    /// `open`
    Open,
}

impl Said {
    /// The word in the report.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Open => "open",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Open]
            .into_iter()
            .find(|said| said.word() == word)
    }
}

/// What a report says about itself and about every check.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The verdict, as it is written.
    pub verdict: String,
    /// What is to be done, as it is written.
    pub next_action: String,
    /// Name and version of the program that judged.
    pub tool: (String, String),
    /// The time that counted as now.
    pub judged_at: Timestamp,
    /// `live` or `stored`.
    pub reading: String,
    /// Name of the policy.
    pub policy: String,
    /// Digest of the policy, in hexadecimal.
    pub policy_sha256: String,
    /// The checks that had to pass.
    pub required: Vec<Check>,
    /// What every check found.
    pub checks: BTreeMap<Check, Found>,
    /// SHA-256 of each file, in hexadecimal, by the file's name.
    pub files: BTreeMap<String, String>,
}

impl Found {
    /// Whether the code goes with the check and what it is said to have found.
    pub fn fit(&self, check: Check) -> Fit {
        let (rooms, passes) = codes(check);
        let room = self.code.split_once('.').map(|(room, _)| room);
        let passes = passes.contains(&self.code.as_str());
        match (room, self.outcome) {
            (Some(room), _) if !rooms.contains(&room) => Fit::Foreign,
            (None, _) => Fit::Foreign,
            (Some(_), Said::Pass) if !passes => Fit::Unknown,
            (Some(_), Said::Fail | Said::Open) if passes => Fit::Foreign,
            (Some(_), _) => Fit::Fits,
        }
    }

    /// What it adds to the verdict. What a failure weighs follows from its code, not from a word of
    /// the report's.
    pub fn standing(&self, check: Check) -> Standing {
        match self.outcome {
            Said::Pass => Standing::Passed,
            Said::Open => Standing::open(&self.code),
            Said::Fail => Standing::Failed(weight(check, &self.code)),
        }
    }
}

/// What a failure of a check means for the document.
pub(crate) fn weight(check: Check, code: &str) -> Weight {
    match check {
        Check::Validity if OUT_OF_DATE.contains(&code) => Weight::NotInForce,
        Check::Registry if code != MISMATCH => Weight::NotInForce,
        _ => Weight::NotGenuine,
    }
}

/// Whether a schema is that of a report, of whatever version.
pub fn is_report(schema: &str) -> bool {
    schema.starts_with(FAMILY)
}

impl Statement {
    /// Takes a report apart.
    ///
    /// # Errors
    /// [`AttestError::Version`], [`AttestError::Malformed`] naming what is missing.
    pub fn of(report: &Map<String, Value>) -> Result<Self, AttestError> {
        let schema = text(report, "schema")?;
        if schema != SCHEMA {
            return Err(AttestError::Version {
                schema: schema
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .take(64)
                    .collect(),
            });
        }
        let tool = object(report, "tool")?;
        let judged_at = time(report, "judged_at")?;
        let required = report
            .get("required")
            .and_then(Value::as_array)
            .ok_or_else(|| lacks("required"))?
            .iter()
            .map(|name| name.as_str().and_then(check_of))
            .collect::<Option<Vec<Check>>>()
            .ok_or_else(|| lacks("required"))?;
        let said = object(report, "checks")?;
        if said.len() != Check::ALL.len() {
            return Err(lacks("checks"));
        }
        let checks = Check::ALL
            .into_iter()
            .map(|check| Ok((check, found(object(said, check.name())?, check)?)))
            .collect::<Result<_, AttestError>>()?;
        Ok(Self {
            verdict: text(report, "verdict")?.to_owned(),
            next_action: text(report, "next_action")?.to_owned(),
            tool: (
                text(tool, "name")?.to_owned(),
                text(tool, "version")?.to_owned(),
            ),
            judged_at,
            reading: text(report, "reading")?.to_owned(),
            policy: text(report, "policy")?.to_owned(),
            policy_sha256: text(report, "policy_sha256")?.to_owned(),
            required,
            checks,
            files: texts(object(report, "files")?, "files")?,
        })
    }

    /// What a check found. Every one is there once a statement is.
    pub fn standing(&self, check: Check) -> Standing {
        self.checks
            .get(&check)
            .map_or(Standing::open(""), |found| found.standing(check))
    }
}

fn found(said: &Map<String, Value>, check: Check) -> Result<Found, AttestError> {
    let outcome = Said::from_word(text(said, "outcome")?).ok_or_else(|| lacks(check.name()))?;
    Ok(Found {
        outcome,
        code: text(said, "code")?.to_owned(),
        evidence: texts(object(said, "evidence")?, check.name())?,
    })
}

fn check_of(name: &str) -> Option<Check> {
    Check::ALL.into_iter().find(|check| check.name() == name)
}

/// The member of this name, a text.
pub(super) fn text<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, AttestError> {
    object
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| lacks(name))
}

/// The member of this name, a time as RFC 3339 writes it.
pub(super) fn time(
    object: &Map<String, Value>,
    name: &'static str,
) -> Result<Timestamp, AttestError> {
    text(object, name)?.parse().map_err(|_| lacks(name))
}

fn object<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a Map<String, Value>, AttestError> {
    object
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| lacks(name))
}

/// Members that are texts, all of them.
fn texts(
    object: &Map<String, Value>,
    of: &'static str,
) -> Result<BTreeMap<String, String>, AttestError> {
    object
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().ok_or_else(|| lacks(of))?;
            Ok((name.clone(), text.to_owned()))
        })
        .collect()
}

/// The error for a member that is not there or has another form.
pub(super) fn lacks(member: &'static str) -> AttestError {
    AttestError::Malformed {
        why: format!("{member} is missing or has another form"),
    }
}
