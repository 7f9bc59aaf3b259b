//! The door: who may ask, and the way in over HTTP and WebSocket, on loopback alone.
//!
//! `docs/agent-access.md` says how it is configured. All of the agent that is async is in here. The order
//! of the work on a request is in `request`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;

use crate::agent::desk::Desk;
use crate::agent::door::admit::Admission;
use crate::agent::door::house::House;
use crate::agent::door::house::Measured;
use crate::agent::door::house::Stopping;
use crate::agent::door::limits::CONNECTIONS;
use crate::agent::door::limits::Pairings;
use crate::agent::door::limits::STALL;
use crate::agent::door::limits::Seats;
use crate::agent::door::mirror::Mirror;
use crate::agent::door::origin::Gate;
use crate::agent::door::origin::Origin;
use crate::agent::door::origin::Twin;
use crate::agent::door::pair::Pairing;
use crate::agent::door::pass::Passes;
use crate::agent::door::pass::Site;
use crate::agent::door::state::State;
use crate::agent::door::token::Tokens;
use crate::agent::ops::config::MetricsDoor;
use crate::agent::ops::log::Happening;
use crate::agent::ops::log::Log;
use crate::agent::ops::metrics::Gauges;
use crate::agent::ops::metrics::Metrics;
use crate::agent::ops::teller::Teller;
use crate::agent::vital::Vital;
use crate::error::DoorError;
use crate::error::Error;
use crate::error::SetupError;

pub mod admit;
mod body;
mod files;
mod house;
pub mod limits;
mod listen;
mod mirror;
mod moment;
pub mod origin;
pub mod pair;
pub mod pass;
pub mod presence;
pub mod reply;
mod request;
mod signal;
mod socket;
pub mod state;
pub mod token;

pub use signal::Told;
pub use signal::wait;

/// Threads that answer: a client that costs time does not keep the others waiting.
const THREADS: usize = 2;

/// How long those who are there may take to hear that the agent ends.
const CLOSING: Duration = Duration::from_secs(3);

/// Pause between two looks at whether all have gone.
const LOOK: Duration = Duration::from_millis(10);

/// How the door is set up.
pub struct Settings {
    /// Where to listen: a loopback address; port 0 is any free one
    pub listen: SocketAddr,
    /// Origins that may ask beside the agent's own pages
    pub origins: Vec<Origin>,
    /// Sites whose passes are taken
    pub sites: Vec<Site>,
    /// The folder with tokens and codes
    pub state: PathBuf,
    /// Who may read the figures
    pub metrics_door: MetricsDoor,
    /// The figures
    pub metrics: Arc<Metrics>,
    /// The log
    pub log: Arc<Log>,
    /// What is measured when somebody looks
    pub measured: Measured,
    /// How long a client may take nothing of what it is sent, or send nothing of what it began
    pub stall: Duration,
    /// Who is told when nobody is let in any more, for a fault of this program
    pub vital: Vital,
}

impl Settings {
    /// Nothing allowed but the agent's own pages, and the figures for whoever holds a token.
    pub fn new(listen: SocketAddr, state: PathBuf, log: Arc<Log>) -> Self {
        Self {
            listen,
            origins: Vec::new(),
            sites: Vec::new(),
            state,
            metrics_door: MetricsDoor::default(),
            metrics: Arc::new(Metrics::default()),
            log,
            measured: Arc::new(Gauges::default),
            stall: STALL,
            vital: Vital::default(),
        }
    }
}

/// The door while it is open. Dropped without [`Door::close`], it falls shut.
pub struct Door {
    runtime: Runtime,
    house: Arc<House>,
    stop: watch::Sender<Stopping>,
    accepting: Vec<JoinHandle<()>>,
    address: SocketAddr,
    state: State,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({})", self.address)
    }
}

impl Door {
    /// Listens, and lets in whoever may ask.
    ///
    /// # Errors
    /// [`DoorError::ListenPlace`], [`DoorError::ListenTaken`], [`DoorError::System`],
    /// [`DoorError::State`].
    pub fn open(settings: Settings, desk: Desk) -> Result<Self, Error> {
        Ok(Self::begin(settings, desk).map_err(SetupError::from)?)
    }

    fn begin(settings: Settings, desk: Desk) -> Result<Self, DoorError> {
        let state = State::open(settings.state)?;
        let Bound {
            listeners,
            address,
            twin,
        } = bind(settings.listen)?;
        let tokens = Arc::new(Tokens::new(state.clone()));
        // A file that cannot be read is told now, and not to the first who asks.
        tokens.all()?;
        let (stop, stopping) = watch::channel(Stopping::No);
        let gate = Gate::new(address, twin, settings.origins);
        let house = Arc::new(House {
            desk,
            admission: Admission::new(gate, Arc::clone(&tokens)),
            tokens,
            pairing: Pairing::new(state.clone()),
            passes: Passes::new(state.clone(), settings.sites),
            seats: Arc::new(Seats::default()),
            mirror: Mirror::default(),
            teller: Teller {
                log: settings.log,
                metrics: settings.metrics,
            },
            metrics_door: settings.metrics_door,
            measured: settings.measured,
            stall: settings.stall,
            connections: AtomicUsize::new(0),
            pairings: Pairings::default(),
            stopping,
        });
        let (runtime, listeners) = answering("door", THREADS, listeners)?;
        presence::tell(&state, address)?;
        house.teller.log.tell(&Happening::Started { address });
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let accepting = listeners
            .into_iter()
            .map(|listener| {
                let (house, places) = (Arc::clone(&house), Arc::clone(&places));
                let vital = settings.vital.guard("door");
                runtime.spawn(async move {
                    let _vital = vital;
                    listen::open(house, listener, places).await;
                })
            })
            .collect();
        Ok(Self {
            runtime,
            house,
            stop,
            accepting,
            address,
            state,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The page's address.
    pub fn page(&self) -> String {
        presence::page(self.address)
    }

    /// The folder with tokens and codes.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Takes nothing new, closes the desk, tells those who are there, and shuts.
    pub fn close(self) {
        let Self {
            runtime,
            house,
            stop,
            accepting,
            state,
            ..
        } = self;
        // Errors say that nobody listens any more.
        let _ = stop.send(Stopping::Soon);
        house.desk.close();
        let _ = stop.send(Stopping::Yes);
        runtime.block_on(async {
            for one in accepting {
                let _ = one.await;
            }
            let all_gone = async {
                while house.connections.load(std::sync::atomic::Ordering::Relaxed) > 0 {
                    time::sleep(LOOK).await;
                }
            };
            let _ = time::timeout(CLOSING, all_gone).await;
        });
        house.mirror.close();
        presence::forget(&state);
        house.teller.log.tell(&Happening::Stopped);
        runtime.shutdown_timeout(LOOK);
    }
}

/// What is listened at.
pub struct Bound {
    /// The configured address, and the other one of `localhost` where it could be had
    pub listeners: Vec<TcpListener>,
    /// The configured one
    pub address: SocketAddr,
    /// Who has the other one
    pub twin: Twin,
}

/// Listens at an address of this machine alone; where that is what `localhost` is, at both of its
/// addresses, so that no other user's program answers by that name.
///
/// # Errors
/// [`DoorError::ListenPlace`], [`DoorError::ListenTaken`], [`DoorError::System`].
pub fn bind(address: SocketAddr) -> Result<Bound, DoorError> {
    let named = || address.to_string();
    if !address.ip().is_loopback() {
        return Err(DoorError::ListenPlace { address: named() });
    }
    let taken = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => DoorError::ListenTaken { address: named() },
        _ => system(&error),
    };
    let listener = TcpListener::bind(address).map_err(taken)?;
    let address = listener.local_addr().map_err(|error| system(&error))?;
    let mut listeners = vec![listener];
    let twin = match Twin::of(address).map(TcpListener::bind) {
        Some(Ok(other)) => {
            listeners.push(other);
            Twin::Ours
        }
        Some(Err(error)) if error.kind() == io::ErrorKind::AddrInUse => Twin::Foreign,
        // A machine without the other version of the protocol has nobody there.
        Some(Err(_)) | None => Twin::Nobodys,
    };
    for listener in &listeners {
        listener
            .set_nonblocking(true)
            .map_err(|error| system(&error))?;
    }
    Ok(Bound {
        listeners,
        address,
        twin,
    })
}

/// Threads of this name that answer whoever comes to these listeners.
///
/// # Errors
/// [`DoorError::System`].
pub fn answering(
    name: &str,
    threads: usize,
    listeners: Vec<TcpListener>,
) -> Result<(Runtime, Vec<tokio::net::TcpListener>), DoorError> {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name(name)
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| system(&error))?;
    let listeners = {
        let _inside = runtime.enter();
        let listeners = listeners.into_iter();
        let listeners = listeners.map(tokio::net::TcpListener::from_std);
        let listeners: io::Result<Vec<_>> = listeners.collect();
        listeners.map_err(|error| system(&error))?
    };
    Ok((runtime, listeners))
}

fn system(error: &io::Error) -> DoorError {
    DoorError::System {
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_to() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let bound = bind(address.parse().unwrap());
            let refused = matches!(bound, Err(DoorError::ListenPlace { .. }));
            assert!(refused, "{address}");
        }
        let bound = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        for listener in &bound.listeners {
            assert!(listener.local_addr().unwrap().ip().is_loopback());
        }
    }
}
