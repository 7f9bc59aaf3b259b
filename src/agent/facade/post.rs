//! The named form: REST, and a WebSocket on which cards are pushed.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::ws::Message as Frame;
use axum::extract::ws::WebSocket;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use hyper::body::Body as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::agent::door::reply;
use crate::agent::facade::App;
use crate::agent::facade::counter::MAX_KEY;
use crate::agent::facade::guard;
use crate::agent::facade::guard::Whose;
use crate::agent::facade::message::Failure;
use crate::agent::facade::session::Answer;
use crate::agent::facade::session::QUEUE;
use crate::agent::facade::session::Session;
use crate::agent::facade::session::Wish;
use crate::agent::facade::timed::Began;
use crate::agent::ops::log::Happening;
use crate::agent::protocol::wipe;
use crate::crypto::random::System;
use crate::error::DoorError;

/// Longest body: a key and its name.
const MAX_BODY: usize = 2 * MAX_KEY;

/// The paths of this form.
pub fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/api/status", get(status))
        .route("/api/read", post(read))
        .route("/api/key", post(key))
        .route("/api/pair", post(pair))
        .route("/push", get(push))
        .fallback(async |asked: Asked| guard::refusal(&asked.app, &DoorError::Path))
        .method_not_allowed_fallback(async |asked: Asked| {
            guard::refusal(&asked.app, &DoorError::Method)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::clone(app))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    key: Option<String>,
}

impl Body {
    fn key(self) -> Option<Zeroizing<String>> {
        self.key.map(Zeroizing::new)
    }
}

/// A request: whose it is, and what it shows.
struct Asked {
    app: Arc<App>,
    whose: Whose,
    uri: Uri,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        // Who was let in is named there.
        let whose = parts.extensions.get::<Whose>().cloned();
        Ok(Self {
            app: Arc::clone(app),
            whose: whose.ok_or_else(|| guard::refusal(app, &DoorError::Origin))?,
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Asked {
    /// The session of whoever shows a token.
    fn session(&self) -> Result<Session, Failure> {
        let token = guard::token(&self.uri, &self.headers);
        let token = token.as_ref().map(|token| token.as_str());
        guard::holder(&self.app, Some(&self.whose), token)
            .and_then(|kept| self.app.posts.of(&self.app, kept))
            .map_err(|error| self.app.refused(&error))
    }

    /// The body that came. There need be none.
    fn body(&self, body: &[u8]) -> Result<Body, Failure> {
        match body.is_empty() {
            true => Ok(Body::default()),
            false => self.json(body),
        }
    }

    fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        if !is_json(&self.headers) {
            return Err(self.app.refused(&DoorError::MediaType));
        }
        serde_json::from_slice(body).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> Failure {
        self.app.failed("agent.malformed", 400)
    }

    /// Tells a session a wish, and waits for what it answers.
    async fn answer(
        &self,
        session: &Session,
        wish: impl FnOnce(oneshot::Sender<Answer>) -> Wish,
    ) -> Response {
        let (answer, told) = oneshot::channel();
        if let Err(error) = session.wish(wish(answer)) {
            return guard::refusal(&self.app, &error);
        }
        match told.await {
            Ok(answer) => guard::answer(answer.status, &answer.body),
            Err(_) => guard::refusal(&self.app, &DoorError::NotReady),
        }
    }
}

/// A body is JSON and says so, which a form of a foreign page cannot (Fetch standard,
/// "CORS-safelisted request-header").
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}

/// A request of whoever holds a token: nothing more of it is taken in before that is known.
struct Member {
    asked: Asked,
    session: Session,
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        let asked = Asked::from_request_parts(parts, app).await?;
        let session = asked.session().map_err(|failed| failed_with(&failed))?;
        Ok(Self { asked, session })
    }
}

/// What was sent, within its time.
struct Sent(Bytes);

impl FromRequest<Arc<App>> for Sent {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        if !request.body().is_end_stream() && !is_json(request.headers()) {
            return Err(guard::refusal(app, &DoorError::MediaType));
        }
        // The guard began the time: one that is taken here would be a moment behind it.
        let began = request.extensions().get::<Began>().copied();
        Bytes::from_request(request, app)
            .await
            .map(Self)
            .map_err(|refused| {
                let error = match refused.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => DoorError::TooLarge,
                    _ if began.is_some_and(|Began(at)| at.elapsed() >= app.stall) => {
                        DoorError::Slow
                    }
                    _ => DoorError::Request {
                        why: "its body is cut off",
                    },
                };
                guard::refusal(app, &error)
            })
    }
}

async fn status(asked: Asked) -> Response {
    match asked.session() {
        Ok(session) => asked.answer(&session, Wish::Status).await,
        Err(failed) => failed_with(&failed),
    }
}

async fn read(Member { asked, session }: Member, Sent(body): Sent) -> Response {
    match asked.body(&body) {
        Ok(body) => {
            let wish = |answer| Wish::Read(body.key(), answer);
            asked.answer(&session, wish).await
        }
        Err(failed) => failed_with(&failed),
    }
}

async fn key(Member { asked, session }: Member, Sent(body): Sent) -> Response {
    let told = asked.body(&body).and_then(|body| {
        let key = body.key().ok_or_else(|| asked.malformed())?;
        session
            .wish(Wish::Key(key))
            .map_err(|error| asked.app.refused(&error))
    });
    match told {
        Ok(()) => guard::answer(202, &json!({"success": true})),
        Err(failed) => failed_with(&failed),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Paired {
    code: String,
}

/// Gives a token of this origin for a pairing code, as the agent's own door does.
async fn pair(asked: Asked, Sent(body): Sent) -> Response {
    let (app, Whose(caller)) = (&asked.app, &asked.whose);
    let now = Timestamp::now();
    let given = asked.json::<Paired>(&body).and_then(|body| {
        let code = Zeroizing::new(body.code);
        let taken = app.pairings.take();
        let taken = taken.and_then(|()| app.pairing.attempt(&code, now));
        taken.map_err(|error| app.refused(&error))?;
        let given = app.tokens.give(caller.name(), &mut System, now);
        given.map_err(|error| app.refused(&reply::outward(&error)))
    });
    match given {
        Ok(given) => {
            let origin = caller.name();
            app.teller.log.tell(&Happening::Paired { origin });
            let body = json!({
                "success": true, "token": given.token.as_str(), "origin": caller.name(),
                "until": given.kept.until.to_string(),
            });
            let answer = guard::answer(200, &body);
            wipe(body);
            answer
        }
        Err(failed) => failed_with(&failed),
    }
}

async fn push(asked: Asked, upgrade: WebSocketUpgrade) -> Response {
    match asked.session() {
        Err(failed) => failed_with(&failed),
        Ok(session) => upgrade
            .max_message_size(MAX_BODY)
            .max_frame_size(MAX_BODY)
            .on_upgrade(move |socket| pushed(socket, session)),
    }
}

/// Sends what happens until one of the two is gone. What a page sends is its key.
async fn pushed(mut socket: WebSocket, session: Session) {
    let (messages, mut heard) = mpsc::channel(QUEUE);
    if session.wish(Wish::Listen(messages)).is_err() {
        return;
    }
    loop {
        let next = std::future::poll_fn(|context| {
            if let std::task::Poll::Ready(message) = heard.poll_recv(context) {
                return std::task::Poll::Ready(Err(message));
            }
            let mut frame = std::pin::pin!(socket.recv());
            std::future::Future::poll(frame.as_mut(), context).map(Ok)
        });
        match next.await {
            Err(Some(message)) => {
                let event = message.named();
                let text = Zeroizing::new(event.to_string());
                wipe(event);
                if socket
                    .send(Frame::Text(text.as_str().into()))
                    .await
                    .is_err()
                {
                    break;
                }
            }
            Ok(Some(Ok(Frame::Text(text)))) => {
                let body: Option<Body> = serde_json::from_str(&text).ok();
                let key = body.and_then(Body::key);
                let told = key.map(|key| session.wish(Wish::Key(key)));
                if !matches!(told, Some(Ok(()))) {
                    break;
                }
            }
            Ok(Some(Ok(Frame::Ping(_) | Frame::Pong(_)))) => {}
            // The session is over, or another page listens in place of this one: it is theirs now.
            Err(None) => return,
            Ok(_) => break,
        }
    }
    // A session that takes no wish finds out by itself that nobody listens.
    let _ = session.wish(Wish::Leave);
}

fn failed_with(failed: &Failure) -> Response {
    guard::answer(failed.status, &failed.body())
}
