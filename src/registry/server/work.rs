//! The part of the work on questions that costs tokens: look into the register, compare, sign, write the
//! answer down, give it.
//!
//! Nothing is given that the audit log does not hold. Tokens are given back only with the answer, or
//! when this server is at fault: who goes away in the middle pays for the dearest answers.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use axum::body::Bytes;
use jiff::Timestamp;
use tokio::time;

use crate::registry::RegistryError;
use crate::registry::answer::Answer;
use crate::registry::backend::Found;
use crate::registry::backend::Wanted;
use crate::registry::facts::FactKind;
use crate::registry::message::AskedList;
use crate::registry::message::Problem;
use crate::registry::message::ProblemCode;
use crate::registry::message::encode_answer_alone;
use crate::registry::message::encode_answer_list;
use crate::registry::query::SodDigest;
use crate::registry::server::app::AWAY;
use crate::registry::server::app::App;
use crate::registry::server::buckets::Taken;
use crate::registry::server::config::Agency;
use crate::registry::server::ledger::Answered;
use crate::registry::server::ledger::Said;
use crate::registry::server::metrics::Layer;
use crate::registry::server::misbehaving::misbehave;
use crate::registry::server::misbehaving::replayed;
use crate::registry::server::misbehaving::spoil;
use crate::registry::server::question::Form;
use crate::registry::server::reply::Reply;
use crate::registry::server::reply::passing;
use crate::registry::server::seen::Claim;
use crate::registry::server::seen::Record;
use crate::registry::server::told;

/// What questions have that may be answered.
pub struct Admission<'a> {
    /// Who asks
    pub agency: &'a Agency,
    /// What the procedure lets them see
    pub allowed: &'a [FactKind],
    /// What the log says of it
    pub said: Said,
    /// The duty to answer
    pub claim: Claim,
    /// Tokens for the dearest answers
    pub taken: Taken,
    /// Since when
    pub at: Instant,
}

/// Answers questions that may be answered.
pub async fn work(
    app: &App,
    asked: &AskedList,
    form: Form,
    admission: Admission<'_>,
) -> Result<Reply, Problem> {
    let Admission {
        agency,
        allowed,
        said,
        mut claim,
        taken,
        at: admitted,
    } = admission;
    let chaos = &app.settings.chaos;
    misbehave(chaos).await?;
    let facts = asked
        .queries
        .iter()
        .map(|query| told::facts(query, allowed));
    let facts: Vec<Vec<FactKind>> = facts.collect();
    let found = match find(app, asked, &facts).await {
        Ok(found) => found,
        Err(problem) => {
            agency.buckets.settle(taken, 0);
            return Err(problem);
        }
    };
    let looked = Instant::now();
    app.metrics
        .layer(Layer::Find, looked.duration_since(admitted));

    let at = Timestamp::now().checked_add(chaos.skew);
    let at = at.unwrap_or(Timestamp::MAX);
    let each = asked.queries.iter().zip(&facts).zip(&found);
    let answers: Vec<Answer> = each
        .map(|((query, facts), found)| told::answer(found, query, facts, at, chaos))
        .collect();
    let answered: Vec<Answered> = answers.iter().map(|one| decided(app, one)).collect();
    let cost = answered.iter().map(|one| u64::from(one.cost)).sum();
    let encoded = match form {
        Form::One => encode_answer_alone(&answers, asked, &app.key),
        Form::List => encode_answer_list(&answers, asked, &app.key),
    };
    let Ok(mut bytes) = encoded else {
        agency.buckets.settle(taken, 0);
        return Err(ProblemCode::Internal.into());
    };
    if chaos.signature.is_some() {
        bytes = spoil(bytes);
    }
    let sealed = Instant::now();
    app.metrics
        .layer(Layer::Sign, sealed.duration_since(looked));

    // From here on the record may be on the disk, whoever goes away.
    claim.recorded(Record::Possible);
    let digest = *SodDigest::of(&bytes).as_bytes();
    let writing = app.ledger.write(said, asked, &answered, digest);
    let waiting = Waiting::new(app, answered.len());
    let written = time::timeout(app.settings.limits.answer_time, writing).await;
    let records = waiting.records;
    drop(waiting);
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            // Of several records, some may be on the disk.
            if records == 1 {
                claim.recorded(Record::None);
            }
            app.metrics.audit_failed.fetch_add(records, Relaxed);
            app.log.event("audit", error.code());
            agency.buckets.settle(taken, 0);
            return Err(passing(ProblemCode::AuditUnavailable, AWAY));
        }
        Err(_) => {
            // It may still be written; then the log has an answer that nobody got.
            app.log.event("audit", "the disk does not answer");
            agency.buckets.settle(taken, cost);
            return Err(passing(ProblemCode::AuditUnavailable, AWAY));
        }
    }
    app.metrics.audit_written.fetch_add(records, Relaxed);
    app.metrics.layer(Layer::Audit, sealed.elapsed());

    agency.buckets.settle(taken, cost);
    app.metrics.tokens.fetch_add(cost, Relaxed);
    for one in &answered {
        app.metrics.decided(one.verdict);
    }
    let bytes = Bytes::from(bytes);
    claim.answered(bytes.clone());
    let word = match (form, answered.as_slice()) {
        (Form::One, [one]) => one.verdict,
        _ => "list",
    };
    Ok(Reply::answer(word, replayed(app, bytes)))
}

/// Looks every card up.
async fn find(
    app: &App,
    asked: &AskedList,
    facts: &[Vec<FactKind>],
) -> Result<Vec<Found>, Problem> {
    let pairs = asked.queries.iter().zip(facts);
    let wanted: Vec<Wanted<'_>> = pairs
        .map(|(query, facts)| Wanted::of(query, facts))
        .collect();
    let finding = app.backend.find_all(&wanted);
    match time::timeout(app.settings.limits.answer_time, finding).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            app.log
                .trouble("register", error.code(), &error.to_string());
            Err(match error {
                RegistryError::NotReached { .. } => passing(ProblemCode::Unavailable, AWAY),
                _ => ProblemCode::Internal.into(),
            })
        }
        Err(_) => {
            app.log.event("register", "no answer in time");
            Err(passing(ProblemCode::Timeout, AWAY))
        }
    }
}

/// What is written down of an answer.
fn decided(app: &App, answer: &Answer) -> Answered {
    let decision = answer.decision();
    Answered {
        verdict: decision.word(),
        cost: told::cost(app.settings.costs, decision),
    }
}

/// Counts records while somebody waits for them, also where they go away.
struct Waiting<'a> {
    app: &'a App,
    records: u64,
}

impl<'a> Waiting<'a> {
    fn new(app: &'a App, records: usize) -> Self {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        app.metrics.audit_waiting.fetch_add(records, Relaxed);
        Self { app, records }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.app
            .metrics
            .audit_waiting
            .fetch_sub(self.records, Relaxed);
    }
}
