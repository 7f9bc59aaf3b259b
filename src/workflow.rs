//! The one path from a card to a report: read, verify, ask the registry.

mod judging;

use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::bytes::date::PartialDate;
use crate::capture::Capture;
use crate::capture::Reading;
use crate::crypto::random::Random;
use crate::error::Error;
use crate::lds::FileId;
use crate::pki::store::TrustStore;
use crate::profile::Hints;
use crate::reader;
use crate::reader::Plan;
use crate::reader::Progress;
use crate::registry::Answer;
use crate::registry::Attributes;
use crate::registry::CardKey;
use crate::registry::CitizenNumber;
use crate::registry::Context;
use crate::registry::Expiry;
use crate::registry::FactKind;
use crate::registry::Query;
use crate::registry::Registry;
use crate::registry::RegistryError;
use crate::registry::SodDigest;
use crate::transport::Stop;
use crate::transport::Transport;
use crate::verify;
use crate::verify::DocumentExpiry;
use crate::verify::Holder;
use crate::verify::Outcome;
use crate::verify::Policy;
use crate::verify::Report;

/// What judges a reading.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// The operator's anchors.
    pub trust: &'a TrustStore,
    /// What must pass.
    pub policy: &'a Policy,
    /// The time that counts.
    pub now: SystemTime,
    /// Who asks the registry, and for what.
    pub context: Context,
    /// What the registry is asked to tell beside.
    pub disclose: Vec<FactKind>,
}

/// A report, and what stands behind it.
#[derive(Debug)]
pub struct Inspected {
    /// The report, the registry's word included.
    pub report: Report,
    /// What was read; the caller may keep it.
    pub capture: Capture,
    /// What card and reader turned out to need; a later read may start from it.
    pub learnt: Hints,
    /// Time that verification took.
    pub verifying: Duration,
    /// Time that the registry took, from the question to the answer.
    pub asking: Duration,
    /// What the registry answered, where it was asked and did: evidence, and what it disclosed.
    pub answer: Option<Answer>,
    /// The newest signed date among what was trusted when it was judged.
    pub trust_as_of: Option<Timestamp>,
}

/// Reads a card, verifies it and asks the registry.
///
/// The lookup begins as soon as all text is in and runs beside the photo, so a healthy registry
/// costs no time.
///
/// ```
/// use cancuoc::crypto::random::System;
/// use cancuoc::lds::key::AccessKey;
/// use cancuoc::pki::certificate::Certificate;
/// use cancuoc::pki::store::{Provenance, TrustStore};
/// use cancuoc::reader::{Groups, Plan};
/// use cancuoc::sim::{VirtualCard, persona, pki};
/// use cancuoc::transport::Stop;
/// use cancuoc::verify::{Policy, Verdict};
/// use cancuoc::workflow::{Judgement, inspect};
///
/// let persona = persona::find("an").expect("shipped");
/// let mut card = VirtualCard::new(persona.personalise()?, Box::new(System));
/// let mut trust = TrustStore::empty();
/// trust.add_anchor(Certificate::decode(&pki::test_root())?, Provenance::TestCard);
/// let policy = Policy::counter();
/// let plan = Plan::new(
///     AccessKey::parse(&persona.can(), jiff::Zoned::now().date())?,
///     Groups::Signed,
///     policy.access(),
/// );
/// let judgement = Judgement {
///     trust: &trust,
///     policy: &policy,
///     now: std::time::SystemTime::now(),
///     context: Default::default(),
///     disclose: Vec::new(),
/// };
/// let inspected = inspect(
///     &mut card, &plan, &Stop::never(), &mut System, &judgement, None, &mut |_| {},
/// )?;
/// assert_eq!(inspected.report.verdict(), Verdict::Genuine);
/// # Ok::<(), cancuoc::Error>(())
/// ```
///
/// # Errors
/// When the card could not be read at all.
pub fn inspect(
    transport: &mut dyn Transport,
    plan: &Plan,
    stop: &Stop,
    random: &mut dyn Random,
    judgement: &Judgement<'_>,
    registry: Option<&mut (dyn Registry + 'static)>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Inspected, Error> {
    thread::scope(|scope| {
        let mut waiting = registry;
        let mut asked = None;
        let reading = reader::read(transport, plan, stop, random, &mut |step| {
            if let Progress::Text(capture) = step {
                let question = question(capture, judgement);
                if let Some((registry, query)) = waiting.take().zip(question) {
                    asked = Some(scope.spawn(move || ask(registry, &query)));
                }
            }
            progress(step);
        })?;
        progress(Progress::Verifying);
        let started = Instant::now();
        let report = verify::verify(&reading, judgement.trust, judgement.policy, judgement.now);
        let verifying = started.elapsed();
        let answered = match asked {
            Some(thread) => {
                if !thread.is_finished() {
                    progress(Progress::Asking);
                }
                // A registry that panics is a registry that did not answer.
                Some(thread.join().unwrap_or_else(|_| unreached()))
            }
            None => waiting
                .zip(question(&reading.capture, judgement))
                .map(|(registry, query)| {
                    progress(Progress::Asking);
                    ask(registry, &query)
                }),
        };
        Ok(finish(report, judgement, reading, verifying, answered))
    })
}

/// Verifies a saved reading again, and asks the registry if there is one.
pub fn inspect_again(
    reading: Reading,
    judgement: &Judgement<'_>,
    registry: Option<&mut (dyn Registry + 'static)>,
) -> Inspected {
    let started = Instant::now();
    let report = verify::verify(&reading, judgement.trust, judgement.policy, judgement.now);
    let verifying = started.elapsed();
    let answered = registry
        .zip(question(&reading.capture, judgement))
        .map(|(registry, query)| ask(registry, &query));
    finish(report, judgement, reading, verifying, answered)
}

type Answered = (Result<Answer, RegistryError>, Duration);

fn finish(
    report: Report,
    judgement: &Judgement<'_>,
    reading: Reading,
    verifying: Duration,
    answered: Option<Answered>,
) -> Inspected {
    let (report, asking, answer) = match answered {
        None => (report, Duration::ZERO, None),
        Some((answer, asking)) => {
            let chain = &report.checks().signer_chain;
            let (outcome, answer) = judging::of_card(answer, chain, judgement.policy);
            (report.join(outcome), asking, answer)
        }
    };
    Inspected {
        report,
        capture: reading.capture,
        learnt: reading.learnt,
        verifying,
        asking,
        answer,
        trust_as_of: judgement.trust.newest_signed(),
    }
}

fn ask(registry: &mut dyn Registry, query: &Query) -> Answered {
    let started = Instant::now();
    let answer = registry.check(query);
    (answer, started.elapsed())
}

fn unreached() -> Answered {
    let error = RegistryError::NotReached {
        why: "the lookup ended without an answer".to_owned(),
    };
    (Err(error), Duration::ZERO)
}

/// What an answer to a question without a card means, by a policy.
pub fn judge(answer: &Result<Answer, RegistryError>, policy: &Policy) -> Outcome {
    judging::outcome(answer, policy)
}

/// The question that a capture gives rise to; none where it has no security object or names nobody.
/// What it says is not verified yet: the answer counts beside the other checks, never in their place.
pub fn question(capture: &Capture, judgement: &Judgement<'_>) -> Option<Query> {
    let sod = capture.files.get(&FileId::Sod)?;
    let holder = verify::unverified(capture, judgement.now)?;
    let holder: &Holder = holder.inspect_unverified();
    Some(Query {
        context: judgement.context.clone(),
        card: CardKey {
            sod: Some(SodDigest::of(sod)),
            number: holder.citizen_number().and_then(CitizenNumber::new),
        },
        attributes: Attributes {
            // A transliteration is no name to compare with a register.
            name: holder.native_name(),
            birth: holder.birth(),
            sex: Some(holder.sex()),
            nationality: Some(holder.nationality().to_owned()),
            document_number: Some(holder.document_number().to_owned()),
            expiry: match holder.expiry() {
                DocumentExpiry::On(date) => Some(Expiry::Date(PartialDate::Day(date))),
                DocumentExpiry::Never => Some(Expiry::Never),
                DocumentExpiry::Unknown => None,
            },
        },
        disclose: judgement.disclose.clone(),
    })
}
