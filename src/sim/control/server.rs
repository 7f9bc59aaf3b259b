//! The HTTP side: one thread with a runtime of its own, and a thread for each request that waits for a
//! reader.

use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use serde_json::Value;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::task;
use tokio::time;

use crate::error::BenchError;
use crate::error::Error;
use crate::error::SetupError;
use crate::sim::control::board;
use crate::sim::control::board::Board;
use crate::sim::control::request;
use crate::sim::control::request::Insert;
use crate::sim::control::request::Nothing;
use crate::sim::control::request::PutFaults;
use crate::sim::control::request::PutLink;
use crate::sim::control::request::PutPersona;
use crate::sim::control::request::PutQuirks;
use crate::sim::control::request::PutRegister;
use crate::sim::persona::CardState;

/// Longest body of a request, in bytes: a persona file, with room to spare.
const MAX_BODY: usize = 1 << 20;

/// How long a body may take to come.
const BODY: Duration = Duration::from_secs(10);

/// How long requests that are under way may take to end when the interface closes.
const CLOSING: Duration = Duration::from_millis(500);

/// What is written in words elsewhere: this room knows no language.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// An error, in the form `cancuoc.error/1`.
    pub error: fn(&Error) -> Value,
    /// The personas that there are.
    pub personas: fn() -> Value,
    /// The faults and quirks that there are.
    pub faults: fn() -> Value,
}

/// The interface while it is open; dropping it closes it.
#[derive(Debug)]
pub struct Control {
    address: SocketAddr,
    close: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens at an address of this machine alone; port 0 is any free one.
    ///
    /// # Errors
    /// [`BenchError::ControlPlace`], [`BenchError::ControlTaken`], [`BenchError::ControlRefused`].
    pub fn open(address: SocketAddr, board: Arc<Board>, texts: Texts) -> Result<Self, BenchError> {
        let named = || address.to_string();
        if !address.ip().is_loopback() {
            return Err(BenchError::ControlPlace { address: named() });
        }
        let taken = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => BenchError::ControlTaken { address: named() },
            _ => BenchError::ControlRefused {
                address: named(),
                why: error.to_string(),
            },
        };
        let listener = TcpListener::bind(address).map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let shared = Arc::new(Shared {
            board,
            texts,
            address,
        });
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(taken)?;
        let (close, closed) = oneshot::channel();
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let router = Router::new().fallback(handle).with_state(shared);
                    task::spawn(async { axum::serve(listener, router).await });
                    // Ends when the other end is dropped; a last answer may be on its way.
                    let _ = closed.await;
                    time::sleep(CLOSING / 10).await;
                }
            });
            runtime.shutdown_timeout(CLOSING);
        });
        Ok(Self {
            address,
            close: Some(close),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The beginning of every request's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        drop(self.close.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What every request needs.
struct Shared {
    board: Arc<Board>,
    texts: Texts,
    address: SocketAddr,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let answer = match admit(&request, shared.address) {
        Ok(()) => take(&shared, request).await,
        Err(error) => Err(error.into()),
    };
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (status(&error), (shared.texts.error)(&error)),
    };
    let mut response = Response::new(Body::from(format!("{body}\n")));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Lets in who called this machine by its own name, and no page in a browser.
fn admit(request: &Request, address: SocketAddr) -> Result<(), BenchError> {
    let headers = request.headers();
    let foreign = |why| Err(BenchError::RequestForeign { why });
    if headers.contains_key(header::ORIGIN) {
        return foreign("Origin");
    }
    // Browsers send it with every request to this machine, those without Origin with them.
    if headers.contains_key("sec-fetch-site") {
        return foreign("Sec-Fetch-Site");
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    let ours = host.is_some_and(|host| host.to_str().is_ok_and(|host| names(host, address)));
    // A target in absolute form counts before the header (RFC 9112 §3.2.2).
    let target = request.uri().authority();
    let target = target.is_none_or(|target| names(target.as_str(), address));
    if ours && target && more.is_none() {
        Ok(())
    } else {
        foreign("Host")
    }
}

/// Whether this is a name of this interface. Clients leave port 80 out.
fn names(host: &str, address: SocketAddr) -> bool {
    let port = format!(":{}", address.port());
    let own = address.to_string();
    let own = own.strip_suffix(&port).unwrap_or_default();
    let name = match host.strip_suffix(&port) {
        Some(name) => name,
        None if address.port() == 80 => host,
        None => return false,
    };
    name == own || name.eq_ignore_ascii_case("localhost")
}

async fn take(shared: &Arc<Shared>, request: Request) -> Result<Value, Error> {
    let (parts, body) = request.into_parts();
    let too_large = || BenchError::RequestTooLarge { limit: MAX_BODY };
    if announced(&parts.headers).is_some_and(|length| length > MAX_BODY) {
        return Err(too_large().into());
    }
    let body = match time::timeout(BODY, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err(too_large().into()),
        Err(_) => {
            let why = "it did not come".to_owned();
            return Err(BenchError::RequestBody { why }.into());
        }
    };
    let shared = Arc::clone(shared);
    // Laying a card down waits for the reader; other requests are answered meanwhile.
    let work = task::spawn_blocking(move || run(&shared, &parts.method, parts.uri.path(), &body));
    work.await.unwrap_or_else(|_| {
        let why = "the request was not finished".to_owned();
        Err(BenchError::RequestBody { why }.into())
    })
}

/// How long the body says that it is.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Does what a request asks for. `/v1/cards/2/insert` is for the second card, `/v1/insert` for the
/// first.
fn run(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Result<Value, Error> {
    let board = &shared.board;
    let nothing = || request::read::<Nothing>(body);
    let no_such = || BenchError::RequestPath {
        what: format!("{method} {path}"),
    };
    let rest = path.strip_prefix("/v1/").ok_or_else(no_such)?;
    let (card, what) = match rest.strip_prefix("cards/") {
        Some(rest) => {
            let (number, what) = rest.split_once('/').ok_or_else(no_such)?;
            (number.parse().map_err(|_| no_such())?, what)
        }
        None => (1, rest),
    };
    match (method.as_str(), what) {
        ("GET", "state") => board.state(card),
        ("GET", "cards") => board.states(),
        ("GET", "surroundings") => board.surroundings(card),
        ("GET", "personas") => Ok((shared.texts.personas)()),
        ("GET", "faults") => Ok((shared.texts.faults)()),
        ("POST", "insert") => board.insert(card, request::read::<Insert>(body)?),
        ("POST", "remove") => nothing().map(|_| board.remove(card))?,
        ("POST", "reset") => nothing().map(|_| board.reset(card))?,
        ("POST", "quit") => nothing().map(|_| Ok(board.quit()))?,
        ("PUT", "persona") => {
            let persona = board::load(request::read::<PutPersona>(body)?.whose()?)?;
            board.set(card, |setting| {
                setting.persona = persona;
                Ok(())
            })
        }
        ("PUT", "faults") => {
            let put: PutFaults = request::read(body)?;
            board.set(card, |setting| {
                setting.faults = put.faults;
                Ok(())
            })
        }
        ("PUT", "quirks") => {
            let put: PutQuirks = request::read(body)?;
            board.set(card, |setting| {
                setting.quirks = put.quirks;
                Ok(())
            })
        }
        ("PUT", "link") => {
            let put: PutLink = request::read(body)?;
            board.set(card, |setting| {
                setting.link = put.link;
                Ok(())
            })
        }
        ("PUT", "register") => {
            let put: PutRegister = request::read(body)?;
            let state = CardState::from_code(&put.state).ok_or_else(|| {
                let known: Vec<&str> = CardState::ALL.map(CardState::code).to_vec();
                BenchError::RequestBody {
                    why: format!("state is one of {}", known.join(", ")),
                }
            })?;
            board.register(card, state)
        }
        _ => Err(no_such().into()),
    }
}

/// The HTTP status that goes with an error.
const fn status(error: &Error) -> StatusCode {
    match error {
        Error::Setup(SetupError::Bench(error)) => match error {
            BenchError::RequestForeign { .. } => StatusCode::FORBIDDEN,
            BenchError::RequestPath { .. } => StatusCode::NOT_FOUND,
            BenchError::RequestBody { .. } => StatusCode::BAD_REQUEST,
            BenchError::RequestTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        },
        Error::Setup(SetupError::NoVirtualReader { .. }) | Error::Transport(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_called_by_its_own_names_alone() {
        let address: SocketAddr = "127.0.0.1:4000".parse().unwrap();
        for host in ["127.0.0.1:4000", "localhost:4000", "LocalHost:4000"] {
            assert!(names(host, address), "{host}");
        }
        for host in [
            "",
            ":4000",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:4001",
            "127.0.0.1:4000:4000",
            "a@127.0.0.1:4000",
            "127.0.0.1:4000.example",
            "0.0.0.0:4000",
            "[::1]:4000",
        ] {
            assert!(!names(host, address), "{host}");
        }
        let six: SocketAddr = "[::1]:80".parse().unwrap();
        assert!(names("[::1]:80", six) && names("[::1]", six) && names("localhost", six));
        assert!(!names("::1", six) && !names("127.0.0.1", six));
    }
}
