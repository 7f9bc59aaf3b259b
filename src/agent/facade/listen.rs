//! The port: connections taken in, bounded, and ended when the agent ends.

use std::fmt;
use std::future::Future as _;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task;
use tokio::time;

use crate::agent::desk::Desk;
use crate::agent::door::Bound;
use crate::agent::door::answering;
use crate::agent::door::bind;
use crate::agent::door::limits::CONNECTIONS;
use crate::agent::door::limits::Pairings;
use crate::agent::door::limits::STALL;
use crate::agent::door::limits::Seats;
use crate::agent::door::origin::Gate;
use crate::agent::door::pair::Pairing;
use crate::agent::door::state::State;
use crate::agent::door::token::Tokens;
use crate::agent::facade::App;
use crate::agent::facade::Settings;
use crate::agent::facade::bounded::Bounded;
use crate::agent::facade::guard;
use crate::agent::facade::post;
use crate::agent::facade::session::Posts;
use crate::agent::facade::socket;
use crate::agent::ops::teller::Teller;
use crate::error::DoorError;
use crate::registry::patience::Patient;

/// Most header fields of a request, and most octets that are read ahead of it.
const MAX_HEADERS: usize = 64;
const MAX_BUFFER: usize = 16 * 1024;

/// Pause after the system could not take a connection in.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Threads that answer.
const THREADS: usize = 1;

/// How long those who are there may take to hear that the agent ends.
const CLOSING: Duration = Duration::from_secs(1);

/// The facade while it is open.
pub struct Facade {
    runtime: Runtime,
    stop: watch::Sender<Stopping>,
    address: SocketAddr,
}

/// Whether the facade is about to shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    No,
    Yes,
}

impl fmt::Debug for Facade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Facade({})", self.address)
    }
}

impl Facade {
    /// Listens, and lets in whoever may ask. Tokens and pairing codes are those of the agent's own door.
    ///
    /// # Errors
    /// [`DoorError::ListenPlace`] for an address that others could reach, [`DoorError::ListenTaken`],
    /// [`DoorError::System`].
    pub fn open(
        settings: Settings,
        desk: Desk,
        state: &State,
        teller: Teller,
    ) -> Result<Self, DoorError> {
        let Bound {
            listeners,
            address,
            twin,
        } = bind(settings.listen)?;
        let app = Arc::new(App {
            desk,
            gate: Gate::new(address, twin, settings.origins),
            tokens: Arc::new(Tokens::new(state.clone())),
            pairing: Pairing::new(state.clone()),
            pairings: Pairings::default(),
            seats: Arc::new(Seats::default()),
            rules: settings.rules,
            posts: Posts::default(),
            teller,
            stall: settings.stall,
            heartbeat: settings.heartbeat,
        });
        let (runtime, listeners) = answering("facade", THREADS, listeners)?;
        let (stop, stopping) = watch::channel(Stopping::No);
        let guarded = middleware::from_fn_with_state(Arc::clone(&app), guard::guard);
        let router = post::router(&app).layer(socket::layer(&app)).layer(guarded);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        for listener in listeners {
            let (router, places) = (router.clone(), Arc::clone(&places));
            let (stopping, vital) = (stopping.clone(), settings.vital.guard("facade"));
            runtime.spawn(async move {
                let _vital = vital;
                serve(router, listener, places, stopping).await;
            });
        }
        Ok(Self {
            runtime,
            stop,
            address,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes nothing new, and shuts. The desk tells its sessions that it closes.
    pub fn close(self) {
        // An error says that nobody listens any more.
        let _ = self.stop.send(Stopping::Yes);
        self.runtime.shutdown_timeout(CLOSING);
    }
}

/// Takes connections in until the facade shuts.
async fn serve(
    router: Router,
    listener: TcpListener,
    places: Arc<Semaphore>,
    stopping: watch::Receiver<Stopping>,
) {
    let mut stop = stopping.clone();
    let mut stopped = pin!(stop.wait_for(|stopping| *stopping == Stopping::Yes));
    loop {
        let mut accept = pin!(listener.accept());
        let next = poll_fn(|context| match stopped.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => accept.as_mut().poll(context).map(Some),
        });
        match next.await {
            None => return,
            Some(Err(_)) => time::sleep(AFTER_FAILURE).await,
            Some(Ok((stream, _))) => {
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                    continue;
                };
                let (router, ends) = (router.clone(), stopping.clone());
                task::spawn(async move {
                    let _place = place;
                    connection(stream, router, ends).await;
                });
            }
        }
    }
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<Stopping>) {
    // Events are short: each goes out at once.
    let _ = stream.set_nodelay(true);
    let inner = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        inner.call(request.map(Body::new))
    });
    let stream = Patient::new(Bounded::new(stream), STALL);
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(STALL)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut served = pin!(served);
    let mut ended = pin!(async move {
        // An error says that nobody can stop it any more.
        let _ = stop.wait_for(|stopping| *stopping == Stopping::Yes).await;
    });
    let mut told = false;
    // Whatever ends a connection ends this one alone.
    let _ = poll_fn(|context| {
        if !told && ended.as_mut().poll(context).is_ready() {
            told = true;
            served.as_mut().graceful_shutdown();
        }
        served.as_mut().poll(context)
    })
    .await;
}
