//! The way of a question, or of a list of them, up to where it costs tokens: read it, see that it is
//! fresh, that a known device signed it and that its agency may ask for its procedure; look whether it was
//! answered before; take tokens for the dearest answers. The rest is in `work`.
//!
//! A question is a list of one here: whatever holds for it holds for every entry of a list.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use jiff::SignedDuration;
use jiff::Timestamp;

use crate::registry::message::Asked;
use crate::registry::message::AskedList;
use crate::registry::message::MessageError;
use crate::registry::message::Problem;
use crate::registry::message::ProblemCode;
use crate::registry::server::app::AWAY;
use crate::registry::server::app::App;
use crate::registry::server::body;
use crate::registry::server::body::NoBody;
use crate::registry::server::buckets::Taken;
use crate::registry::server::buckets::TooMany;
use crate::registry::server::config::Agency;
use crate::registry::server::config::Limits;
use crate::registry::server::config::Signatures;
use crate::registry::server::ledger::Said;
use crate::registry::server::metrics::Layer;
use crate::registry::server::reply::Reply;
use crate::registry::server::reply::passing;
use crate::registry::server::seen::Turn;
use crate::registry::server::tls::Peer;
use crate::registry::server::work::Admission;
use crate::registry::server::work::work;
use crate::seal::signature::Keys;
use crate::seal::signature::Signature;

/// Status of a body that did not come in time (RFC 9110 §15.5.9).
const REQUEST_TIMEOUT: u16 = 408;

/// In which form questions come and are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One question in a message
    One,
    /// A list of them
    List,
}

impl Form {
    /// Longest body, in bytes.
    const fn limit(self, limits: &Limits) -> usize {
        match self {
            Self::One => limits.body,
            Self::List => limits.list,
        }
    }

    fn decode(self, bytes: &[u8], keys: &Keys) -> Result<AskedList, MessageError> {
        match self {
            Self::One => Asked::decode_by(bytes, Some(keys)).map(AskedList::from),
            Self::List => AskedList::decode_by(bytes, Some(keys)),
        }
    }
}

/// Answers a request, or says why not.
pub async fn answer(app: &App, form: Form, request: Request) -> Reply {
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
    let bytes = match body::take(&parts.headers, body, form.limit(limits), limits.body_time).await {
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
    let asked = match form.decode(&bytes, &app.keys) {
        Ok(asked) => asked,
        Err(error) => {
            let detail = error.to_string();
            return Reply::problem(&ProblemCode::Malformed.into(), None, Some(&detail));
        }
    };
    let reply = consider(app, agency, &asked, form, now, taken).await;
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
    asked: &AskedList,
    form: Form,
    now: Timestamp,
    taken: Instant,
) -> Result<Reply, Problem> {
    fresh(app, asked, now)?;
    let device = signed(app, agency, asked)?;
    let context = &asked.context;
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
    let taken = tokens(app, agency, &said, asked)?;
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
    work(app, asked, form, admission).await
}

/// Takes what the dearest answers to all of it cost, or nothing.
fn tokens(app: &App, agency: &Agency, said: &Said, asked: &AskedList) -> Result<Taken, Problem> {
    let costs = app.settings.costs;
    let count = u64::try_from(asked.queries.len()).unwrap_or(u64::MAX);
    let ever = costs.lets(agency.rates.hold());
    if (1..count).contains(&ever) {
        return Err(Problem::from(ProblemCode::ListTooLong).letting(ever));
    }
    let worst = u64::from(costs.worst()).saturating_mul(count);
    let taken = agency.buckets.take(
        &agency.rates,
        &said.officer,
        &said.device,
        worst,
        app.elapsed(),
    );
    taken.map_err(|TooMany { whose, wait, left }| {
        app.metrics.short(whose);
        let problem = passing(ProblemCode::TooMany, wait);
        match costs.lets(left) {
            // Of one question it is said by the refusal itself.
            _ if count == 1 => problem,
            most => problem.letting(most),
        }
    })
}

/// Neither too old nor of the future.
fn fresh(app: &App, asked: &AskedList, now: Timestamp) -> Result<(), Problem> {
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
fn signed(app: &App, agency: &Agency, asked: &AskedList) -> Result<String, Problem> {
    let device = asked.context.device.as_ref();
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

#[cfg(test)]
mod tests;
