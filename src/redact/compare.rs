//! How the shape of the redacted conversation compares with that of the other.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;

use crate::error::Error;
use crate::lds::FileId;
use crate::pki::store::TrustStore;
use crate::redact::heard::Part;
use crate::redact::observe::Observed;
use crate::redact::shape::End;
use crate::redact::shape::Exchanged;
use crate::redact::shape::Shape;
use crate::redact::terms::Terms;
use crate::verify;
use crate::verify::Check;
use crate::verify::Policy;
use crate::verify::Verdict;

/// Most differences that are listed one by one.
const MAX_LISTED: usize = 200;

/// An exchange that has not the shape of the other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Number of the exchange, from 1.
    pub exchange: usize,
    /// How it was: header, lengths, status word or failure.
    pub before: String,
    /// How it is.
    pub after: String,
}

/// How two conversations compare, without a word of what they say.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    exchanges: [usize; 2],
    equal: usize,
    differences: Vec<Difference>,
    lengths: Vec<(FileId, usize, usize)>,
    notes: Vec<String>,
    quirks: Vec<String>,
    seed: String,
    outcomes: Vec<(&'static str, String, String)>,
    verdict: Option<String>,
    failure: Option<String>,
}

/// Compares what went over the wire.
pub(super) fn compare(before: &[Exchanged], after: &[Exchanged], terms: &Terms) -> Comparison {
    let mut comparison = Comparison {
        exchanges: [before.len(), after.len()],
        quirks: terms.quirks.iter().map(ToString::to_string).collect(),
        seed: terms.seed.clone(),
        ..Comparison::default()
    };
    let shape = |one: Option<&Exchanged>| one.map(|(sent, got)| Shape::of(sent, got));
    for place in 0..before.len().max(after.len()) {
        let (was, is) = (shape(before.get(place)), shape(after.get(place)));
        if was == is {
            comparison.equal = comparison.equal.saturating_add(1);
        } else {
            comparison.differences.push(Difference {
                exchange: place.saturating_add(1),
                before: written(was.as_ref()),
                after: written(is.as_ref()),
            });
        }
    }
    comparison
}

fn written(shape: Option<&Shape>) -> String {
    let Some(shape) = shape else {
        return "none".to_owned();
    };
    let mut text = format!(
        "{} ({} bytes)",
        hex::encode_upper(&shape.header),
        shape.sent
    );
    // Writing to a string cannot fail.
    let _ = match &shape.end {
        End::Answer(length, status) => {
            write!(text, ": {} ({length} bytes)", hex::encode_upper(status))
        }
        End::Failure(error) => write!(text, ": {}", error.code()),
    };
    text
}

impl Comparison {
    /// Number of exchanges, before and after.
    pub const fn exchanges(&self) -> [usize; 2] {
        self.exchanges
    }

    /// Exchanges that differ in header, length, status or failure.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Files that have another length now: before, after.
    pub fn lengths(&self) -> &[(FileId, usize, usize)] {
        &self.lengths
    }

    /// What else could not be kept.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Checks that come out otherwise: the check, before, after.
    pub fn outcomes(&self) -> &[(&'static str, String, String)] {
        &self.outcomes
    }

    /// The verdict on the persona's document, or the code of the failure that the conversation ends
    /// in.
    pub fn ends_with(&self) -> &str {
        let failure = self.failure.as_deref();
        failure.or(self.verdict.as_deref()).unwrap_or_default()
    }

    pub(super) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    pub(super) fn compare_files(
        &mut self,
        before: &BTreeMap<FileId, Part>,
        after: &BTreeMap<FileId, Vec<u8>>,
    ) {
        for (file, part) in before {
            let was = part
                .announced
                .unwrap_or(part.bytes.len())
                .max(part.bytes.len());
            let Some(now) = after.get(file) else {
                continue;
            };
            if now.len() != was {
                self.lengths.push((*file, was, now.len()));
            }
            if !part.is_whole() {
                self.note(&format!("{file} was not read to its end: filler"));
            }
        }
    }

    /// Judges both: the other document under no anchor at all, the persona's under the test root.
    pub(super) fn compare_outcomes(
        &mut self,
        before: &Observed,
        after: &Observed,
        trust: &TrustStore,
        now: SystemTime,
    ) {
        match (&before.outcome, &after.outcome) {
            (Ok(before), Ok(after)) => {
                let policy = Policy::counter();
                let was = verify::verify(before, &TrustStore::empty(), &policy, now);
                let is = verify::verify(after, trust, &policy, now);
                self.verdict = Some(Verdict::word(is.verdict()).to_owned());
                let checks = [
                    Check::Access,
                    Check::SodSignature,
                    Check::Hashes,
                    Check::Consistency,
                    Check::Chip,
                    Check::Validity,
                ];
                for check in checks {
                    let codes = [&was, &is].map(|report| report.checks().outcome(check).code());
                    let [was, is] = codes;
                    // Without an anchor nothing vouches for the chip's keys: nothing to compare with.
                    if was != is && was != "chip.not_vouched" {
                        self.outcomes
                            .push((check.name(), was.to_owned(), is.to_owned()));
                    }
                }
            }
            (before, after) => {
                let code = |outcome: &Result<_, Error>| match outcome {
                    Ok(_) => "read".to_owned(),
                    Err(error) => error.code().to_owned(),
                };
                let (was, is) = (code(before), code(after));
                if was != is {
                    self.outcomes.push(("read", was, is.clone()));
                }
                self.failure = Some(is);
            }
        }
    }

    /// The comparison as JSON, `cancuoc.redaction/1`.
    pub fn to_json(&self) -> Value {
        let [before, after] = self.exchanges;
        let differ: Vec<Value> = self
            .differences
            .iter()
            .take(MAX_LISTED)
            .map(
                |one| json!({ "exchange": one.exchange, "before": one.before, "after": one.after }),
            )
            .collect();
        let lengths: Vec<Value> = self
            .lengths
            .iter()
            .map(|(file, before, after)| {
                json!({ "file": file.name(), "before": before, "after": after })
            })
            .collect();
        let outcomes: Vec<Value> = self
            .outcomes
            .iter()
            .map(|(check, before, after)| {
                json!({ "check": check, "before": before, "after": after })
            })
            .collect();
        json!({
            "schema": "cancuoc.redaction/1",
            "seed": self.seed,
            "exchanges": { "before": before, "after": after },
            "equal": self.equal,
            "different": self.differences.len(),
            "differ": differ,
            "lengths": lengths,
            "quirks": self.quirks,
            "verdict": self.verdict,
            "failure": self.failure,
            "outcomes": outcomes,
            "notes": self.notes,
        })
    }
}
