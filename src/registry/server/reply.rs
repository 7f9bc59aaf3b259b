//! What goes back over HTTP: answers, and problems (RFC 9457) for everything else.

use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;

use crate::registry::message::CONTENT_TYPE;
use crate::registry::message::PROBLEM_TYPE;
use crate::registry::message::Problem;
use crate::registry::message::ProblemCode;
use crate::registry::message::QuestionId;

/// Names one request in log lines and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Fills answers up, so that who sees only how long they are cannot tell a mismatch from an unknown
/// number.
const PADDING: HeaderName = HeaderName::from_static("x-padding");

/// What an answer and its padding are a multiple of, in bytes.
const BLOCK: usize = 512;

/// As many as a block has.
const FILL: &str = concat!(
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
);

/// Whether the connection goes on after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// It goes on
    Kept,
    /// It ends: what is left of the request will not be read
    Closed,
}

/// How a request ended.
#[derive(Debug)]
pub struct Reply {
    /// The word for it in metrics and log lines
    pub code: &'static str,
    /// HTTP status
    pub status: u16,
    body: Bytes,
    kind: &'static str,
    wait: Option<u64>,
    connection: Connection,
}

impl Reply {
    /// An answer.
    pub const fn answer(code: &'static str, body: Bytes) -> Self {
        Self {
            code,
            status: 200,
            body,
            kind: CONTENT_TYPE,
            wait: None,
            connection: Connection::Kept,
        }
    }

    /// A refusal. The detail says where a question is wrong, and nothing of what it says.
    pub fn problem(problem: &Problem, id: Option<&QuestionId>, detail: Option<&str>) -> Self {
        Self {
            code: problem.code,
            status: problem.status,
            body: Bytes::from(problem.encode(id, detail)),
            kind: PROBLEM_TYPE,
            wait: problem.retry_seconds(),
            connection: Connection::Kept,
        }
    }

    /// The same, and the connection ends.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.connection = Connection::Closed;
        self
    }

    /// As HTTP carries it.
    pub fn response(self, request: &str) -> Response {
        let padding = BLOCK - self.body.len() % BLOCK;
        let mut response = Response::new(Body::from(self.body));
        let unknown = StatusCode::INTERNAL_SERVER_ERROR;
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(unknown);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        // Answers are about persons (RFC 9111 §5.2.2.5).
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(request) = HeaderValue::from_str(request) {
            headers.insert(REQUEST_ID, request);
        }
        if let (200, Some(fill)) = (self.status, FILL.get(..padding)) {
            headers.insert(PADDING, HeaderValue::from_static(fill));
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        if self.connection == Connection::Closed {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<ProblemCode> for Reply {
    fn from(code: ProblemCode) -> Self {
        Self::problem(&code.into(), None, None)
    }
}

/// A problem that may pass.
pub fn passing(code: ProblemCode, wait: Duration) -> Problem {
    Problem::from(code).after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_like_length_are_of_one_length() {
        let length = |body: usize| {
            let reply = Reply::answer("confirmed", Bytes::from(vec![b' '; body]));
            let response = reply.response("request");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
            let padding = response.headers().get(PADDING).unwrap();
            padding.len() + body
        };
        assert_eq!(length(700), 1024);
        assert_eq!(length(1023), 1024);
        assert_eq!(length(1024), 1536);
    }
}
