//! One question over the wire and what comes back: HTTP/1.1 over TLS, bounded in size and time, with
//! connections kept for the next question (RFC 9112 §9.3).

use std::io;
use std::time::Duration;

use ureq::Agent;
use ureq::Body;
use ureq::http::Response;
use ureq::http::Uri;
use ureq::http::header::ACCEPT;
use ureq::http::header::CONTENT_TYPE;
use ureq::http::header::RETRY_AFTER;
use ureq::tls::TlsConfig;

use crate::registry::message::CONTENT_TYPE as JSON;
use crate::registry::message::MAX_ANSWER;
use crate::registry::message::MAX_ANSWER_LIST;
use crate::registry::message::PROBLEM_TYPE;

/// Who asks.
const USER_AGENT: &str = concat!("cancuoc/", env!("CARGO_PKG_VERSION"));

/// Longest head of an answer, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// How long an idle connection is kept. Servers and the boxes between usually cut after a minute.
const IDLE: Duration = Duration::from_secs(45);

/// Idle connections that are kept: one for each thread of a busy agent.
const MAX_IDLE: usize = 8;

/// Where questions go (`POST /v1/questions`).
const QUESTIONS: &str = "/v1/questions";

/// Where lists of questions go (`POST /v1/question-lists`).
const LISTS: &str = "/v1/question-lists";

/// Where a server says whether it can answer (`GET /v1/health`).
const HEALTH: &str = "/v1/health";

/// Longest address, in bytes.
const MAX_URL: usize = 2_048;

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is no question: it lacks something.
    Question,
    /// The name of the host was looked up.
    Dns,
    /// A connection was made.
    Connect,
    /// The two sides showed their certificates.
    Tls,
    /// The answer was waited for.
    Answer,
    /// The time was up.
    Timeout,
    /// It was not sent: the line counts as down.
    Breaker,
    /// The server answered with a status that is no answer.
    Status,
}

impl Stage {
    /// The word that a reason begins with.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Answer => "answer",
            Self::Timeout => "timeout",
            Self::Breaker => "breaker",
            Self::Status => "status",
        }
    }
}

/// Why nothing came back.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) stage: Stage,
    /// In words of this program and its libraries; the server's own are not repeated.
    pub(super) why: String,
}

/// What came back.
pub(super) enum Came {
    /// An answer of HTTP.
    Reply(Reply),
    /// Bytes that are none, or too many; by what is wrong with them.
    Garbage(&'static str),
}

/// An answer of HTTP.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) media: Media,
    /// How long to wait before asking again, where it says so in seconds.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Vec<u8>,
}

/// What kind of body an answer says that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`
    Json,
    /// `application/problem+json` (RFC 9457)
    Problem,
    /// Anything else, or nothing
    Other,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// One question
    Questions,
    /// A list of them
    Lists,
}

/// A way to one registry.
pub(super) struct Line {
    agent: Agent,
    questions: Uri,
    lists: Uri,
    health: Uri,
}

impl Line {
    /// A way to the registry at this address; nothing is sent yet.
    pub(super) fn new(url: &str, tls: TlsConfig) -> Result<Self, &'static str> {
        let (questions, lists) = (place(url, QUESTIONS)?, place(url, LISTS)?);
        let health = place(url, HEALTH)?;
        // No proxy of the environment: a question about a person goes where the operator said, and
        // over nobody else's machine.
        let config = Agent::config_builder()
            .user_agent(USER_AGENT)
            .https_only(true)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(MAX_HEAD)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .max_idle_age(IDLE)
            .tls_config(tls);
        Ok(Self {
            agent: config.build().into(),
            questions,
            lists,
            health,
        })
    }

    /// Sends a message and waits for what comes back, no longer than `left` in all.
    pub(super) fn post(&self, door: Door, message: &[u8], left: Duration) -> Result<Came, Fault> {
        let (place, most) = match door {
            Door::Questions => (&self.questions, MAX_ANSWER),
            Door::Lists => (&self.lists, MAX_ANSWER_LIST),
        };
        let sent = self
            .agent
            .post(place.clone())
            .header(CONTENT_TYPE, JSON)
            .header(ACCEPT, format!("{JSON}, {PROBLEM_TYPE}"))
            .config()
            .timeout_global(Some(left))
            .build()
            .send(message);
        came(sent, most)
    }

    /// Asks the server whether it can answer, no longer than `left` in all.
    pub(super) fn health(&self, left: Duration) -> Result<Came, Fault> {
        let sent = self
            .agent
            .get(self.health.clone())
            .header(ACCEPT, format!("{JSON}, {PROBLEM_TYPE}"))
            .config()
            .timeout_global(Some(left))
            .build()
            .call();
        came(sent, MAX_ANSWER)
    }
}

/// Takes in what came, no more than `most` bytes of it.
fn came(sent: Result<Response<Body>, ureq::Error>, most: usize) -> Result<Came, Fault> {
    let response = match sent {
        Ok(response) => response,
        Err(error) => return fault(error),
    };
    let status = response.status().as_u16();
    let media = media(&response);
    let retry_after = retry_after(&response);
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let body = response.into_body().into_with_config().limit(limit);
    match body.read_to_vec() {
        Ok(body) if body.len() > most => Ok(Came::Garbage("length")),
        Ok(body) => Ok(Came::Reply(Reply {
            status,
            media,
            retry_after,
            body,
        })),
        Err(error) => fault(error),
    }
}

/// Where something of the registry at an address is.
fn place(url: &str, path: &str) -> Result<Uri, &'static str> {
    if url.len() > MAX_URL {
        return Err("the address is too long");
    }
    if url.contains(['?', '#']) {
        return Err("the address has more than a path");
    }
    let whole = format!("{}{path}", url.trim_end_matches('/'));
    let uri: Uri = whole.parse().map_err(|_| "the address is malformed")?;
    if uri.scheme_str() != Some("https") {
        return Err("the address is not https");
    }
    match uri.authority() {
        None => Err("the address names no host"),
        Some(authority) if authority.host().is_empty() => Err("the address names no host"),
        // It would stand in logs and lists of processes, and a certificate says who asks.
        Some(authority) if authority.as_str().contains('@') => {
            Err("the address holds a user name or password")
        }
        Some(_) => Ok(uri),
    }
}

fn media(response: &Response<Body>) -> Media {
    let said = response.headers().get(CONTENT_TYPE);
    let said = said.and_then(|value| value.to_str().ok()).unwrap_or("");
    // Parameters such as charset change nothing: JSON is UTF-8 (RFC 8259 §8.1).
    let kind = said.split(';').next().unwrap_or("").trim();
    if kind.eq_ignore_ascii_case(JSON) {
        Media::Json
    } else if kind.eq_ignore_ascii_case(PROBLEM_TYPE) {
        Media::Problem
    } else {
        Media::Other
    }
}

/// Retry-After in seconds (RFC 9110 §10.2.3). One with a date asks for more time than a check has.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let said = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    said.trim().parse().ok().map(Duration::from_secs)
}

fn fault(error: ureq::Error) -> Result<Came, Fault> {
    let at = |stage, why: &str| {
        Err(Fault {
            stage,
            why: why.to_owned(),
        })
    };
    match error {
        ureq::Error::Timeout(_) => at(Stage::Timeout, "the time was up"),
        ureq::Error::HostNotFound => at(Stage::Dns, "the host is not known"),
        ureq::Error::ConnectionFailed => at(Stage::Connect, "no connection"),
        ureq::Error::Rustls(error) => at(Stage::Tls, &error.to_string()),
        ureq::Error::Tls(why) => at(Stage::Tls, why),
        ureq::Error::Io(error) => io_fault(error),
        ureq::Error::LargeResponseHeader(..) => Ok(Came::Garbage("head")),
        ureq::Error::BodyExceedsLimit(_) => Ok(Came::Garbage("length")),
        _ => Ok(Came::Garbage("HTTP")),
    }
}

/// Faults of TLS, and the client's own, come wrapped.
fn io_fault(error: io::Error) -> Result<Came, Fault> {
    use io::ErrorKind;

    if error
        .get_ref()
        .is_some_and(|inner| inner.is::<ureq::Error>())
    {
        return match error.downcast::<ureq::Error>() {
            Ok(inner) => fault(inner),
            Err(error) => io_fault(error.kind().into()),
        };
    }
    let tls = error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>());
    let why = error.to_string();
    let stage = match error.kind() {
        _ if tls => Stage::Tls,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Stage::Timeout,
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => Stage::Connect,
        // What the system says about a name that it cannot look up has no kind of its own.
        _ if why.starts_with("failed to lookup address") => Stage::Dns,
        _ => Stage::Answer,
    };
    let why = match stage {
        // A certificate names machines and authorities, never a person who is asked about.
        Stage::Tls => why,
        Stage::Dns => "the host is not known".to_owned(),
        Stage::Timeout => "the time was up".to_owned(),
        _ => error.kind().to_string(),
    };
    Err(Fault { stage, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_host_and_nobody_in_it() {
        for (url, asked) in [
            ("https://a.example", "https://a.example/v1/questions"),
            ("https://a.example/", "https://a.example/v1/questions"),
            ("https://[::1]:8443/r/", "https://[::1]:8443/r/v1/questions"),
        ] {
            assert_eq!(place(url, QUESTIONS).unwrap().to_string(), asked);
        }
        let long = format!("https://a.example/{}", "x".repeat(MAX_URL));
        for wrong in [
            "http://a.example",
            "https://",
            "https:///x",
            "https://clerk:secret@a.example",
            "https://a.example/?q=1",
            "https://a.example/#x",
            "https://a b",
            "a.example",
            &long,
        ] {
            let why = place(wrong, QUESTIONS).unwrap_err();
            assert!(!why.contains("secret"), "{wrong}");
        }
    }
}
