//! What every request needs, and where requests go.

use std::future::Future;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;
use tokio::time;

use crate::registry::backend::Backend;
use crate::registry::message::ProblemCode;
use crate::registry::server::config::Policy;
use crate::registry::server::config::Settings;
use crate::registry::server::ledger::Ledger;
use crate::registry::server::log::Log;
use crate::registry::server::metrics::Gauges;
use crate::registry::server::metrics::Layer;
use crate::registry::server::metrics::Metrics;
use crate::registry::server::question;
use crate::registry::server::question::Form;
use crate::registry::server::reply::Reply;
use crate::registry::server::reply::passing;
use crate::registry::server::seen::Seen;
use crate::registry::server::tls::Peer;
use crate::seal::key::DeviceKey;
use crate::seal::signature::Keys;

/// How long it is believed that the register answers.
const READY_KEPT: Duration = Duration::from_secs(1);

/// How long a look at the register's state may take.
const READY_TIME: Duration = Duration::from_secs(2);

/// After which time to ask again when the register or the audit log is away.
pub const AWAY: Duration = Duration::from_secs(2);

/// How far back in its audit log a server that starts looks for what was spent: reading more than an
/// hour of a busy log would hold up the start. What happened then has a time of [`App::elapsed`], too.
pub const BEFORE: Duration = Duration::from_secs(60 * 60);

/// What every request needs.
pub struct App {
    /// What the server was told at its start
    pub settings: Settings,
    policy: RwLock<Arc<Policy>>,
    /// The questions that were seen
    pub seen: Arc<Seen>,
    /// The register
    pub backend: Backend,
    /// The audit log
    pub ledger: Ledger,
    /// What answers are signed with
    pub key: Arc<DeviceKey>,
    /// Keys of devices that were read before
    pub keys: Keys,
    /// What is counted
    pub metrics: Arc<Metrics>,
    /// Where it is told
    pub log: Log,
    /// Whether the server is being stopped
    pub stopping: watch::Receiver<Stopping>,
    /// The answer before, for a server that misbehaves
    pub before: Mutex<Option<Bytes>>,
    started: Instant,
    ready: tokio::sync::Mutex<Option<(Instant, Ready)>>,
    run: String,
    requests: AtomicU64,
}

/// Whether a server is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopping {
    /// It runs
    No,
    /// It takes nothing new
    Yes,
}

/// Whether the server can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// It can; the data of the register is of this time
    Yes(Timestamp),
    /// The register does not answer
    NoRegister,
    /// The audit log takes nothing
    NoAudit,
    /// It is being stopped
    Stopping,
}

/// The parts of an [`App`].
pub struct Parts {
    /// What the server was told
    pub settings: Settings,
    /// The register
    pub backend: Backend,
    /// The audit log
    pub ledger: Ledger,
    /// What answers are signed with
    pub key: Arc<DeviceKey>,
    /// What is counted
    pub metrics: Arc<Metrics>,
    /// Where it is told
    pub log: Log,
    /// Whether the server is being stopped
    pub stopping: watch::Receiver<Stopping>,
    /// A name for this run
    pub run: String,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            settings,
            backend,
            ledger,
            key,
            metrics,
            log,
            stopping,
            run,
        } = parts;
        Self {
            policy: RwLock::new(Arc::new(settings.policy.clone())),
            seen: Arc::new(Seen::new(settings.room)),
            settings,
            backend,
            ledger,
            key,
            keys: Keys::default(),
            metrics,
            log,
            stopping,
            before: Mutex::new(None),
            started: Instant::now(),
            ready: tokio::sync::Mutex::new(None),
            run,
            requests: AtomicU64::new(0),
        }
    }

    /// Time since a while before the start, which no change of the machine's clock moves.
    pub fn elapsed(&self) -> Duration {
        BEFORE + self.started.elapsed()
    }

    /// Who may ask, and for what.
    pub fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes another policy; what agencies have spent stays spent.
    pub fn renew(&self, mut policy: Policy) {
        let mut current = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        policy.adopt(&current);
        *current = Arc::new(policy);
    }

    /// Whether the server can answer. What was found out a moment ago is said again, so that nobody
    /// loads the register by asking.
    pub async fn ready(&self) -> Ready {
        if *self.stopping.borrow() == Stopping::Yes {
            return Ready::Stopping;
        }
        let mut known = self.ready.lock().await;
        if let Some((at, ready)) = *known
            && at.elapsed() < READY_KEPT
        {
            return ready;
        }
        let ready = match time::timeout(READY_TIME, self.backend.ready()).await {
            // A disk that does not answer keeps nobody waiting.
            Ok(Ok(as_of)) => match time::timeout(READY_TIME, self.ledger.is_well()).await {
                Ok(true) => Ready::Yes(as_of),
                Ok(false) | Err(_) => Ready::NoAudit,
            },
            _ => Ready::NoRegister,
        };
        *known = Some((Instant::now(), ready));
        ready
    }

    fn gauges(&self, ready: Ready) -> Gauges {
        let policy = self.policy();
        let agencies = policy.agencies().iter();
        Gauges {
            ids: self.seen.len(),
            log_lost: self.log.lost(),
            names: agencies.map(|agency| agency.buckets.names()).sum(),
            data_age: match ready {
                Ready::Yes(as_of) => {
                    let age = Timestamp::now().duration_since(as_of);
                    Duration::try_from(age).ok()
                }
                _ => None,
            },
        }
    }

    fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Relaxed);
        format!("{}-{number}", self.run)
    }
}

/// The doors of the HTTPS side.
pub fn service(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/questions", post(ask))
        .route("/v1/question-lists", post(ask_list))
        .route("/v1/health", get(health))
        .fallback(nowhere)
        .method_not_allowed_fallback(method)
        .with_state(app)
}

/// The doors of the plain side, for this machine alone.
pub fn status(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(|| async { text(200, "alive\n") }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(nowhere)
        .method_not_allowed_fallback(method)
        .with_state(app)
}

async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    finish(&app, request, |app, request| async move {
        question::answer(&app, Form::One, request).await
    })
    .await
}

async fn ask_list(State(app): State<Arc<App>>, request: Request) -> Response {
    finish(&app, request, |app, request| async move {
        question::answer(&app, Form::List, request).await
    })
    .await
}

async fn health(State(app): State<Arc<App>>, request: Request) -> Response {
    finish(&app, request, |app, _request| async move {
        match app.ready().await {
            Ready::Yes(as_of) => {
                let body = json!({"status": "ok", "data_as_of": as_of.to_string()});
                Reply::answer("health", Bytes::from(body.to_string()))
            }
            not => unready(not),
        }
    })
    .await
}

fn unready(ready: Ready) -> Reply {
    let code = match ready {
        Ready::Stopping => ProblemCode::Overloaded,
        Ready::NoAudit => ProblemCode::AuditUnavailable,
        Ready::NoRegister | Ready::Yes(_) => ProblemCode::Unavailable,
    };
    Reply::problem(&passing(code, AWAY), None, None)
}

async fn nowhere(State(app): State<Arc<App>>, request: Request) -> Response {
    let closing = |_: Arc<App>, _: Request| async { Reply::from(ProblemCode::NotFound).closing() };
    finish(&app, request, closing).await
}

async fn method(State(app): State<Arc<App>>, request: Request) -> Response {
    let closing = |_: Arc<App>, _: Request| async { Reply::from(ProblemCode::Method).closing() };
    finish(&app, request, closing).await
}

/// Does the work, counts it, and says how it ended. A fault of this program ends one request.
async fn finish<F>(
    app: &Arc<App>,
    request: Request,
    work: impl FnOnce(Arc<App>, Request) -> F,
) -> Response
where
    F: Future<Output = Reply>,
{
    let began = Instant::now();
    let id = app.request_id();
    let peer = request.extensions().get::<Arc<Peer>>().cloned();
    app.metrics.running.fetch_add(1, Relaxed);
    let _running = Running(&app.metrics);
    let reply = match unbroken(work(Arc::clone(app), request)).await {
        Some(reply) => reply,
        None => {
            app.metrics.panics.fetch_add(1, Relaxed);
            Reply::from(ProblemCode::Internal).closing()
        }
    };
    let time = began.elapsed();
    app.metrics.outcome(reply.code);
    app.metrics.layer(Layer::Total, time);
    let policy = app.policy();
    let agency = peer.and_then(|peer| policy.agency(&peer));
    let agency = agency.map_or("", |agency| agency.id.as_str());
    app.log.request(&id, agency, reply.code, reply.status, time);
    reply.response(&id)
}

/// Counts down when a request ends, in whatever way.
struct Running<'a>(&'a Metrics);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Relaxed);
    }
}

/// The result of a future; none if it panicked.
async fn unbroken<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        },
    )
    .await
}

async fn readyz(State(app): State<Arc<App>>) -> Response {
    match app.ready().await {
        Ready::Yes(_) => text(200, "ready\n"),
        Ready::NoRegister => text(503, "the register does not answer\n"),
        Ready::NoAudit => text(503, "the audit log takes nothing\n"),
        Ready::Stopping => text(503, "stopping\n"),
    }
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    let ready = app.ready().await;
    let mut response = app.metrics.text(&app.gauges(ready)).into_response();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn text(status: u16, body: &'static str) -> Response {
    let mut response = body.into_response();
    if let Ok(status) = axum::http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response
}

#[cfg(test)]
mod tests {
    use tokio::runtime;

    use super::*;

    #[test]
    fn a_panic_ends_one_piece_of_work() {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(unbroken(async { 7 })), Some(7));
        let broken = unbroken(async { panic!("in a test, on purpose") });
        assert_eq!(runtime.block_on::<_>(broken), None::<()>);
    }
}
