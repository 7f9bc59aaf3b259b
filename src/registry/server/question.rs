//! The work on one question, in this order: read it, see that it is fresh, that a known device signed
//! it and that its agency may ask for its procedure; look whether it was answered before; take tokens
//! for the dearest answer; look into the register; compare; sign; write the answer down; give it.
//!
//! Nothing is given that the audit log does not hold. Tokens are given back only with the answer, or
//! when this server is at fault: who goes away in the middle pays for the dearest answer.

use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time;

use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::registry::RegistryError;
use crate::registry::answer::Agreement;
use crate::registry::answer::Answer;
use crate::registry::answer::Decision;
use crate::registry::backend::Wanted;
use crate::registry::facts::FactKind;
use crate::registry::message::Asked;
use crate::registry::message::Problem;
use crate::registry::message::ProblemCode;
use crate::registry::message::encode_answer;
use crate::registry::query::SodDigest;
use crate::registry::server::app::AWAY;
use crate::registry::server::app::App;
use crate::registry::server::body;
use crate::registry::server::body::NoBody;
use crate::registry::server::buckets::Costs;
use crate::registry::server::buckets::Taken;
use crate::registry::server::buckets::TooMany;
use crate::registry::server::chaos::Chaos;
use crate::registry::server::config::Agency;
use crate::registry::server::config::Signatures;
use crate::registry::server::ledger::Answered;
use crate::registry::server::ledger::Said;
use crate::registry::server::metrics::Layer;
use crate::registry::server::reply::Reply;
use crate::registry::server::reply::passing;
use crate::registry::server::seen::Claim;
use crate::registry::server::seen::Record;
use crate::registry::server::seen::Turn;
use crate::registry::server::tls::Peer;
use crate::seal::signature::Signature;

/// Status of a body that did not come in time (RFC 9110 §15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// Answers a request, or says why not.
pub async fn answer(app: &App, request: Request) -> Reply {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let policy = app.policy();
    let now = Timestamp::now();
    let peer = parts.extensions.get::<Arc<Peer>>();
    let peer = peer.filter(|peer| peer.until >= now.as_second());
    let Some(agency) = peer.and_then(|peer| policy.agency(peer)) else {
        return Reply::from(ProblemCode::AgencyUnknown).closing();
    };
    if !is_json(&parts.headers) {
        return Reply::from(ProblemCode::MediaType).closing();
    }
    let limits = &app.settings.limits;
    let bytes = match body::take(&parts.headers, body, limits.body, limits.body_time).await {
        Ok(bytes) => bytes,
        Err(NoBody::TooLarge) => return Reply::from(ProblemCode::TooLarge).closing(),
        Err(NoBody::Broken) => return Reply::from(ProblemCode::Malformed).closing(),
        Err(NoBody::Slow) => {
            let problem = Problem {
                status: REQUEST_TIMEOUT,
                ..ProblemCode::Timeout.into()
            };
            let detail = "the body did not come in time";
            return Reply::problem(&problem, None, Some(detail)).closing();
        }
    };
    let taken = Instant::now();
    app.metrics.layer(Layer::Body, taken.duration_since(began));
    let asked = match Asked::decode_by(&bytes, Some(&app.keys)) {
        Ok(asked) => asked,
        Err(error) => {
            let detail = error.to_string();
            return Reply::problem(&ProblemCode::Malformed.into(), None, Some(&detail));
        }
    };
    let reply = consider(app, agency, &asked, now, taken).await;
    reply.unwrap_or_else(|problem| Reply::problem(&problem, Some(&asked.id), None))
}

/// `application/json`, in UTF-8 as JSON is (RFC 8259 §8.1), and not packed.
fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return false;
    };
    let Ok(kind) = kind.to_str() else {
        return false;
    };
    let (essence, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let parameters = parameters.trim();
    essence.trim().eq_ignore_ascii_case("application/json")
        && (parameters.is_empty() || parameters.eq_ignore_ascii_case("charset=utf-8"))
        && !headers.contains_key(header::CONTENT_ENCODING)
}

async fn consider(
    app: &App,
    agency: &Agency,
    asked: &Asked,
    now: Timestamp,
    taken: Instant,
) -> Result<Reply, Problem> {
    fresh(app, asked, now)?;
    let device = signed(app, agency, asked)?;
    let context = &asked.query.context;
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let said = Said {
        agency: agency.id.clone(),
        officer: text(context.officer.as_ref().map(|code| code.as_str())),
        device,
        procedure: text(context.procedure.as_ref().map(|code| code.as_str())),
        case: text(context.case.as_ref().map(|code| code.as_str())),
    };
    let policy = app.policy();
    let Some(allowed) = policy.discloses(agency, &said.procedure) else {
        return Err(ProblemCode::UnknownProcedure.into());
    };
    let decoded = Instant::now();
    app.metrics
        .layer(Layer::Decode, decoded.duration_since(taken));
    let elapsed = || app.elapsed();
    let claim = match app
        .seen
        .turn(&agency.id, asked.id.as_str(), asked.digest, elapsed)
        .await
    {
        Turn::Yours(claim) => claim,
        Turn::Answered(bytes) => return Ok(Reply::answer("again", bytes)),
        Turn::Reused => return Err(ProblemCode::ReusedId.into()),
        Turn::Full => return Err(passing(ProblemCode::Overloaded, AWAY)),
    };
    let taken = agency
        .buckets
        .take(
            &agency.rates,
            &said.officer,
            &said.device,
            app.settings.costs.worst(),
            app.elapsed(),
        )
        .map_err(|TooMany { whose, wait }| {
            app.metrics.short(whose);
            passing(ProblemCode::TooMany, wait)
        })?;
    let admitted = Instant::now();
    app.metrics
        .layer(Layer::Admit, admitted.duration_since(decoded));
    let admission = Admission {
        agency,
        allowed,
        said,
        claim,
        taken,
        at: admitted,
    };
    work(app, asked, admission).await
}

/// Neither too old nor of the future.
fn fresh(app: &App, asked: &Asked, now: Timestamp) -> Result<(), Problem> {
    let tolerance = SignedDuration::try_from(app.settings.tolerance);
    let tolerance = tolerance.unwrap_or(SignedDuration::MAX);
    let age = now.duration_since(asked.asked_at);
    if age > tolerance {
        return Err(ProblemCode::Stale.into());
    }
    if -age > tolerance {
        return Err(ProblemCode::Future.into());
    }
    Ok(())
}

/// Signed by a device of this agency. Gives the name of the device in the log and of its bucket: one that
/// was registered by its key alone can call itself what it likes, and is known by its key.
fn signed(app: &App, agency: &Agency, asked: &Asked) -> Result<String, Problem> {
    let device = asked.query.context.device.as_ref();
    let device = device.map(|device| device.as_str()).unwrap_or_default();
    match &asked.signature {
        Signature::Absent if app.settings.signatures == Signatures::Required => {
            Err(ProblemCode::Unsigned.into())
        }
        Signature::Absent => Ok(device.to_owned()),
        Signature::Malformed(_) | Signature::Unknown(_) | Signature::Wrong(_) => {
            Err(ProblemCode::WrongSignature.into())
        }
        Signature::Right(signer) => match agency.devices.get(&signer.device) {
            Some(None) => Ok(signer.device.to_string()),
            Some(Some(name)) if name == device => Ok(device.to_owned()),
            _ => Err(ProblemCode::UnknownDevice.into()),
        },
    }
}

/// What a question has that may be answered.
struct Admission<'a> {
    agency: &'a Agency,
    allowed: &'a [FactKind],
    said: Said,
    claim: Claim,
    taken: Taken,
    at: Instant,
}

/// The part that costs tokens.
async fn work(app: &App, asked: &Asked, admission: Admission<'_>) -> Result<Reply, Problem> {
    let Admission {
        agency,
        allowed,
        said,
        mut claim,
        taken,
        at: admitted,
    } = admission;
    misbehave(&app.settings.chaos).await?;
    let facts: Vec<FactKind> = asked
        .query
        .disclose
        .iter()
        .copied()
        .filter(|kind| allowed.contains(kind))
        .collect();
    let wanted = Wanted::of(&asked.query, &facts);
    let found = time::timeout(app.settings.limits.answer_time, app.backend.find(&wanted)).await;
    let found = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            agency.buckets.settle(taken, 0);
            app.log
                .trouble("register", error.code(), &error.to_string());
            return Err(match error {
                RegistryError::NotReached { .. } => passing(ProblemCode::Unavailable, AWAY),
                _ => ProblemCode::Internal.into(),
            });
        }
        Err(_) => {
            agency.buckets.settle(taken, 0);
            app.log.event("register", "no answer in time");
            return Err(passing(ProblemCode::Timeout, AWAY));
        }
    };
    let looked = Instant::now();
    app.metrics
        .layer(Layer::Find, looked.duration_since(admitted));

    let chaos = &app.settings.chaos;
    let at = Timestamp::now().checked_add(chaos.skew);
    let mut answer = found.answer(&asked.query, at.unwrap_or(Timestamp::MAX));
    if let Some(age) = chaos.age {
        answer.data_as_of = answer.data_as_of.checked_sub(age).unwrap_or(Timestamp::MIN);
    }
    let known = found.record.as_ref().is_some_and(|record| record.sod_known);
    let holder = match asked.query.card.sod {
        // Of a card that the register knows by another security object, none is found by number.
        Some(_) if known => Holder::Shown,
        _ => Holder::Claimed,
    };
    withhold(&mut answer, &asked.query.disclose, &facts, holder);
    let decision = answer.decision();
    let cost = cost(app.settings.costs, decision);
    let withheld = answer.withheld.clone();
    let encoded = encode_answer(&answer, &withheld, asked, &app.key);
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
    let answered = Answered {
        verdict: decision.word(),
        digest: *SodDigest::of(&bytes).as_bytes(),
        cost,
    };
    let writing = app.ledger.write(said, asked, answered);
    let waiting = Waiting::new(app);
    let written = time::timeout(app.settings.limits.answer_time, writing).await;
    drop(waiting);
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            claim.recorded(Record::None);
            app.metrics.audit_failed.fetch_add(1, Relaxed);
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
    app.metrics.audit_written.fetch_add(1, Relaxed);
    app.metrics.layer(Layer::Audit, sealed.elapsed());

    agency.buckets.settle(taken, cost);
    app.metrics.tokens.fetch_add(u64::from(cost), Relaxed);
    let bytes = Bytes::from(bytes);
    claim.answered(bytes.clone());
    Ok(Reply::answer(decision.word(), replayed(app, bytes)))
}

/// Counts a record while somebody waits for it, also where they go away.
struct Waiting<'a>(&'a App);

impl<'a> Waiting<'a> {
    fn new(app: &'a App) -> Self {
        app.metrics.audit_waiting.fetch_add(1, Relaxed);
        Self(app)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.metrics.audit_waiting.fetch_sub(1, Relaxed);
    }
}

fn cost(costs: Costs, decision: Decision) -> u32 {
    match decision {
        Decision::NotOnFile => costs.unknown,
        Decision::Mismatch => costs.mismatch,
        // What is known and not in force was asked about a card that was there.
        Decision::Confirmed | Decision::NotInForce(_) | Decision::PersonNotInForce(_) => {
            costs.confirmed
        }
    }
}

/// Leaves in the answer what may be told, and says what is not.
///
/// A procedure's permission is not enough. Facts are told about the holder of a card in force of whom
/// whoever asks knows more than the number: the card's security object, which nobody can guess, or the
/// name. A number alone opens nobody's address.
fn withhold(answer: &mut Answer, asked: &[FactKind], allowed: &[FactKind], holder: Holder) {
    let named = answer.agreements.name == Agreement::Match;
    let shown = named || holder == Holder::Shown;
    let told = shown && answer.decision() == Decision::Confirmed;
    let tells = |kind: &FactKind| told && allowed.contains(kind);
    answer.disclosed.retain(|fact| tells(&fact.kind));
    answer.withheld = asked.iter().copied().filter(|kind| !tells(kind)).collect();
}

/// Whether the card that was asked about was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// It was found by its security object
    Shown,
    /// Anybody can say a number
    Claimed,
}

/// What a server does that was told to misbehave, before it looks.
async fn misbehave(chaos: &Chaos) -> Result<(), Problem> {
    if !chaos.delay.is_zero() {
        time::sleep(chaos.delay).await;
    }
    if chaos.unavailable > 0.0 {
        let mut octets = [0; 4];
        let drawn = System.fill(&mut octets);
        if drawn.is_err() || chaos.strikes(u32::from_be_bytes(octets)) {
            return Err(passing(ProblemCode::Unavailable, AWAY));
        }
    }
    Ok(())
}

/// The answer before, on a server that was told to misbehave in this way.
fn replayed(app: &App, bytes: Bytes) -> Bytes {
    if app.settings.chaos.replay.is_none() {
        return bytes;
    }
    let mut before = app.before.lock().unwrap_or_else(PoisonError::into_inner);
    before.replace(bytes.clone()).unwrap_or(bytes)
}

/// The same answer under a signature that does not hold.
fn spoil(bytes: Vec<u8>) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else {
        return bytes;
    };
    if let Some(Value::String(value)) = answer.pointer_mut("/signature/value") {
        let first = if value.starts_with('A') { "B" } else { "A" };
        let rest: String = value.chars().skip(1).collect();
        *value = format!("{first}{rest}");
    }
    // serde_json keeps members in the order of their names, which is that of the canonical form here.
    answer.to_string().into_bytes()
}

#[cfg(test)]
mod tests;
