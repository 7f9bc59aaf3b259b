//! Rewriting a saved conversation as that of an invented persona, and finding out whether anything of
//! a person is left in one.
//!
//! The conversation is run again under its own key, so that everything in it is understood. Then a
//! virtual chip of the same shape, with files of the same lengths, is read under the same plan, with
//! randomness that follows from a seed, and that is written down instead.

mod chip;
mod compare;
mod groups;
mod heard;
mod invent;
mod keys;
mod lint;
mod observe;
mod opening;
mod original;
mod persona;
mod plain;
mod seal;
mod shape;
mod stage;
mod terms;
mod zone;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::SystemTime;

use crate::error::AccessError;
use crate::error::Error;
use crate::error::Malformed;
use crate::error::SetupError;
use crate::lds::FileId;
use crate::pki::certificate::Certificate;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;
use crate::reader::Applications;
use crate::reader::Groups;
use crate::reader::Plan;
use crate::redact::stage::Stage;
use crate::redact::terms::Terms;
use crate::sim::quirk::Quirk;
use crate::transport::Limits;
use crate::transport::trace::Redaction;

pub use compare::Comparison;
pub use compare::Difference;
pub use lint::Finding;
pub use lint::Kind;
pub use lint::lint;
pub use original::lint_against;

/// Longest seed, in bytes.
const MAX_SEED: usize = 200;

/// The seed where none is given.
pub const SEED: &str = "redacted";

/// A conversation that was redacted.
#[derive(Debug)]
pub struct Redacted {
    /// The new conversation, as it is saved.
    pub text: String,
    /// How its shape compares with the other's.
    pub comparison: Comparison,
}

/// Rewrites a saved conversation, recorded under this plan, as an invented persona's.
///
/// # Errors
/// [`SetupError::TraceMalformed`], [`SetupError::TraceUnlike`] when the trace is not the plan's,
/// [`SetupError::Seed`], and [`SetupError::TraceResidue`] when something of the person would be left.
pub fn redact(text: &str, plan: &Plan, seed: &str, now: SystemTime) -> Result<Redacted, Error> {
    let one_line = !seed.is_empty()
        && seed.len() <= MAX_SEED
        && seed.trim() == seed
        && !seed.chars().any(char::is_control);
    if !one_line {
        return Err(SetupError::Seed.into());
    }
    let observed = observe::observe(text, plan)?;
    if observed.redaction.is_some() {
        return Err(SetupError::TraceUnlike { exchange: 0 }.into());
    }
    let mut terms = Terms {
        seed: seed.to_owned(),
        access: Some(plan.access),
        groups: match &plan.groups {
            Groups::Signed => None,
            Groups::Only(list) => Some(list.clone()),
        },
        terminal: plan.terminal.is_some(),
        lists_applications: plan.applications != Applications::Unasked,
        challenge: match plan.challenge {
            None => None,
            Some(_) => Some(opening::challenge(seed)?),
        },
        ..Terms::default()
    };
    let parts = heard::files(&observed.said);
    let mut files = persona::invent(&parts, &plan.key, text, &mut terms)?;
    let limits = Limits {
        atr: plain::answer_to_reset(&observed.limits.atr),
        ..observed.limits.clone()
    };
    let active = observed.outcome.as_ref().ok();
    let active = active.and_then(|reading| reading.capture.active.as_ref());
    // The hash of a signature is known from the chip that made it.
    let originals: BTreeMap<FileId, Vec<u8>> = parts
        .iter()
        .map(|(file, part)| (*file, part.bytes.clone()))
        .collect();
    let signing = persona::signing(&originals, active);
    let wrong_key = matches!(
        &observed.outcome,
        Err(Error::Access(AccessError::WrongKey { .. }))
    );
    terms.wrong_key = wrong_key;
    terms.signing = signing;
    let model = Rc::new(observed.wire.clone());
    for file in stage::unread(&files, &observed.outcome) {
        files.insert(file, Vec::new());
    }
    let stage = Stage {
        files,
        limits: &limits,
        model: Rc::clone(&model),
        piece: heard::longest_piece(&observed.said),
    };
    let met: Vec<String> = match &observed.outcome {
        Ok(reading) => reading.capture.quirks.clone(),
        Err(_) => Vec::new(),
    };
    let met: BTreeSet<Quirk> = met
        .iter()
        .filter_map(|name| Quirk::from_name(name))
        .collect();
    let played = stage.rehearse(&mut terms, met)?;
    let text = terms.redaction().head(&played.text);

    let mut comparison = compare::compare(&observed.wire, &played.wire, &terms);
    comparison.compare_files(&parts, &stage.files);
    if matches!(plan.applications, Applications::Read(_)) {
        comparison.note("applications beside the eMRTD application were not read again");
    }
    let again = observe::observe(&text, &terms.plan()?)?;
    comparison.compare_outcomes(&observed, &again, &trust_in(&terms)?, now);
    let mut left = lint::lint_observed(&text, &terms, &again, now)?;
    left.extend(original::survivors(&text, Some(&again), &observed, &parts)?);
    left.extend(original::keys_left(&text, plan));
    match left.first() {
        None => Ok(Redacted { text, comparison }),
        Some(finding) => Err(SetupError::TraceResidue {
            what: finding.to_string(),
        }
        .into()),
    }
}

/// The test authority under which a redacted conversation verifies, and nothing else.
///
/// # Errors
/// [`SetupError::TraceUnlike`] when the header is not whole.
pub fn trust(redaction: &Redaction) -> Result<TrustStore, Error> {
    Ok(trust_in(&read(redaction)?)?)
}

fn trust_in(terms: &Terms) -> Result<TrustStore, Malformed> {
    let mut trust = TrustStore::empty();
    let root = seal::authority(&terms.country)?.certificate;
    trust.add_anchor(Certificate::decode(&root)?, Provenance::TestCard);
    Ok(trust)
}

/// The plan under which a redacted conversation was held: with the persona's key, which is nobody's.
///
/// # Errors
/// [`SetupError::TraceUnlike`] when the header is not whole.
pub fn plan(redaction: &Redaction) -> Result<Plan, Error> {
    read(redaction)?.plan()
}

fn read(redaction: &Redaction) -> Result<Terms, Error> {
    Ok(Terms::read(redaction).ok_or(SetupError::TraceMalformed { line: 2 })?)
}
