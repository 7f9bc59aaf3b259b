//! What the door answers: JSON, files, refusals, and the headers that go with each.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use crate::agent::door::origin::Caller;
use crate::error::DoorError;
use crate::error::Error;
use crate::error::NextAction;
use crate::error::SetupError;
use crate::render::words;
use crate::render::words::Lang;

/// Whether a page may be reached over the private network (Private Network Access, and the preflight of
/// what followed it).
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Who may load what is answered, where no CORS is asked for.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Seconds for which a browser may remember a preflight.
const REMEMBERED: &str = "600";

/// The error as it is sent: nothing in it is of this machine.
pub fn refusal(error: &DoorError) -> Value {
    let code = error.code();
    let both = |say: fn(&str, Lang) -> &'static str| json!({"vi": say(code, Lang::Vi), "en": say(code, Lang::En)});
    let mut inner = json!({
        "code": code,
        "status": error.status(),
        "retriable": error.passes(),
        "next_action": NextAction::ManualReview.code(),
        "message": both(words::sentence),
        "remedy": both(words::remedy),
    });
    if let (DoorError::Pass { why } | DoorError::Request { why }, Some(inner)) =
        (error, inner.as_object_mut())
    {
        inner.insert("why".to_owned(), json!(why));
    }
    json!({"reply_to": null, "error": inner})
}

/// What somebody outside may know of a fault of ours: that there is one.
pub fn outward(error: &Error) -> DoorError {
    match error {
        // Where the folder lies is nobody's business.
        Error::Setup(SetupError::Door(DoorError::State { .. })) => DoorError::NotReady,
        Error::Setup(SetupError::Door(error)) => error.clone(),
        _ => DoorError::NotReady,
    }
}

/// A refusal, after which the connection ends: whoever is refused keeps no place.
pub fn refused(error: &DoorError, caller: Option<&Caller>) -> Response {
    let mut response = json_text(error.status(), refusal(error).to_string(), caller);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// An answer in JSON.
pub fn json_text(status: u16, body: String, caller: Option<&Caller>) -> Response {
    of(status, "application/json", Body::from(body), caller)
}

/// An answer in plain words.
pub fn text(status: u16, body: String, caller: Option<&Caller>) -> Response {
    of(
        status,
        "text/plain; charset=utf-8",
        Body::from(body),
        caller,
    )
}

/// An answer, with what every answer carries.
pub fn of(status: u16, kind: &'static str, body: Body, caller: Option<&Caller>) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    every(headers, caller);
    response
}

/// A preflight's answer (Fetch standard, "CORS-preflight request"): only origins that may ask get here.
pub fn preflight(caller: &Caller) -> Response {
    let mut response = of(204, "text/plain", Body::empty(), Some(caller));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        (ALLOW_PRIVATE, "true"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn every(headers: &mut HeaderMap, caller: Option<&Caller>) {
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (RESOURCE_POLICY, "same-origin"),
        (header::VARY, "Origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(Caller::Page(origin)) = caller
        && let Ok(origin) = HeaderValue::from_str(origin.as_str())
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_folder_lies_is_told_to_nobody() {
        let state = DoorError::State {
            path: "/home/clerk/.local/state".to_owned(),
            why: "others may change it".to_owned(),
        };
        for error in [SetupError::from(state).into(), Error::Internal] {
            let told = outward(&error);
            assert_eq!(told, DoorError::NotReady);
            assert!(!refusal(&told).to_string().contains("clerk"));
        }
        let token = Error::from(SetupError::from(DoorError::Token));
        assert_eq!(outward(&token), DoorError::Token);
    }
}
