//! Who may ask: what comes before every request, and the token that comes with it.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::agent::door::origin::Caller;
use crate::agent::door::origin::SEC_FETCH_SITE;
use crate::agent::door::token::Kept;
use crate::agent::facade::App;
use crate::agent::facade::timed::Began;
use crate::agent::facade::timed::Timed;
use crate::error::DoorError;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 256;

/// How long a browser may remember that an origin may ask, in seconds.
const REMEMBER: &str = "600";

/// Whose request it is; goes with the request.
#[derive(Debug, Clone)]
pub struct Whose(pub Caller);

/// Lets a request in, or refuses it without a word about the machine.
pub async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let caller = match app.gate.admit(request.uri(), request.headers()) {
        // There is nothing here that a person could open.
        Ok(Caller::Navigation) => return refusal(&app, &DoorError::Origin),
        // There are no pages of its own here. Whoever names the facade as its origin is a program: clients
        // that are no browsers do so (python-socketio's WebSocket).
        Ok(Caller::Page(origin)) if !app.gate.allowed().contains(&origin) => {
            // A browser says of every request whose it is. What it shows under this address was left behind
            // by whoever had the port before: a page, a service worker.
            if request.headers().contains_key(SEC_FETCH_SITE) {
                return refusal(&app, &DoorError::Origin);
            }
            Caller::Local
        }
        Ok(caller) => caller,
        Err(refused) => return refusal(&app, &refused),
    };
    let mut response = if request.method() == Method::OPTIONS {
        preflight(request.headers())
    } else {
        request.extensions_mut().insert(Whose(caller.clone()));
        request.extensions_mut().insert(Began(Instant::now()));
        let within = app.stall;
        let request = request.map(|body| Body::new(Timed::new(body, within)));
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Caller::Page(origin) = &caller
        && let Ok(origin) = HeaderValue::from_str(origin.as_str())
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        // Pages that are set up for cookies get no further without this; there are none.
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The answer to a browser that asks beforehand, on behalf of an origin that may ask.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBER),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Private Network Access, as the browsers that ask for it spell it.
    for (question, answer) in [(
        "access-control-request-private-network",
        "access-control-allow-private-network",
    )] {
        if asked.contains_key(question) {
            headers.insert(answer, HeaderValue::from_static("true"));
        }
    }
    response
}

/// The holder of a token, where it is in force for whoever asks.
pub fn holder(app: &App, whose: Option<&Whose>, token: Option<&str>) -> Result<Kept, DoorError> {
    let Whose(caller) = whose.ok_or(DoorError::Origin)?;
    let token = token.filter(|token| token.len() <= MAX_TOKEN);
    let token = token.ok_or(DoorError::Token)?;
    app.tokens.find(token, caller.name(), Timestamp::now())
}

/// The token of a request: its `Authorization`, or `token` in its query.
pub fn token(uri: &Uri, headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let authorization = headers.get(header::AUTHORIZATION);
    let bearer = authorization
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let query = || {
        let pairs = uri.query()?.split('&');
        let mut tokens = pairs.filter_map(|pair| pair.strip_prefix("token="));
        // Two are none: which of them would count?
        tokens.next().filter(|_| tokens.next().is_none())
    };
    bearer
        .or_else(query)
        .map(|token| Zeroizing::new(token.to_owned()))
}

/// The token in what a Socket.IO client sends as `auth`: `{"token": "…"}`.
pub fn token_of(auth: &Value) -> Option<&str> {
    auth.get("token").and_then(Value::as_str)
}

/// What a caller gets who is not let in: no header that would let a page read it.
pub fn refusal(app: &App, error: &DoorError) -> Response {
    answer(error.status(), &app.refused(error).body())
}

/// An answer in JSON.
pub fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(uri: &str, authorization: Option<&'static str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        token(&uri.parse().unwrap(), &headers).map(|token| token.to_string())
    }

    #[test]
    fn a_token_is_in_the_header_or_once_in_the_query() {
        assert_eq!(of("/x?EIO=4&token=abc", None).unwrap(), "abc");
        assert_eq!(of("/x?token=abc", Some("Bearer def")).unwrap(), "def");
        assert_eq!(of("/x", Some("bearer def")).unwrap(), "def");
        assert_eq!(of("/x?token=a&token=b", None), None);
        assert_eq!(of("/x?xtoken=a", None), None);
        assert_eq!(of("/x", Some("Basic def")), None);
        assert_eq!(token_of(&json!({"token": "abc"})), Some("abc"));
        assert_eq!(token_of(&json!({"token": 7})), None);
        assert_eq!(token_of(&json!("abc")), None);
    }
}
