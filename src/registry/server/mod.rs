//! The registry's own server: questions over HTTPS with mutual TLS, signed answers, an audit log
//! without which nothing is answered, and limits to what anybody may ask.
//!
//! `docs/registry.md` says how it is run. The order of the work on a question is in
//! `question` and `work`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;

use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::error::AuditError;
use crate::error::Error;
use crate::error::ServeError;
use crate::error::SetupError;
use crate::registry::backend::Backend;
use crate::registry::server::app::App;
use crate::registry::server::app::BEFORE;
use crate::registry::server::app::Parts;
use crate::registry::server::app::Stopping;
use crate::registry::server::buckets::Rate;
use crate::registry::server::buckets::Rates;
use crate::registry::server::config::Settings;
use crate::registry::server::ledger::Earlier;
use crate::registry::server::ledger::Ledger;
use crate::registry::server::listen::Door;
use crate::registry::server::listen::MAX_STATUS;
use crate::registry::server::listen::Tls;
use crate::registry::server::log::Log;
use crate::registry::server::metrics::Metrics;
use crate::seal::key::DeviceId;
use crate::seal::key::DeviceKey;
use crate::seal::key::Exposure;

mod app;
mod body;
pub mod buckets;
pub mod chaos;
pub mod config;
mod ledger;
mod listen;
pub mod log;
pub mod metrics;
mod misbehaving;
mod question;
mod reply;
pub mod seen;
mod tls;
mod told;
mod work;

/// Places that are waited for at a time when connections end.
const LOOK: Duration = Duration::from_millis(10);

/// Where a server listens, and by which key its answers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// HTTPS
    pub address: SocketAddr,
    /// Health and metrics
    pub status: Option<SocketAddr>,
    /// The key that signs
    pub key: DeviceId,
}

/// A server that runs, until it is stopped or dropped.
pub struct Server {
    runtime: Runtime,
    app: Arc<App>,
    tls: Arc<Tls>,
    stop: watch::Sender<Stopping>,
    listening: Listening,
    places: Vec<(Arc<Semaphore>, usize)>,
    doors: Vec<JoinHandle<()>>,
}

/// Why a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Stop,
    Reload,
}

impl Server {
    /// Opens the register and the audit log, and listens.
    ///
    /// # Errors
    /// [`ServeError`]; what keeps the register or the key from being used.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let key = Arc::new(DeviceKey::load(&settings.signing_key).map_err(SetupError::from)?);
        let tls = Arc::new(Tls::new(
            tls::load(&settings.tls).map_err(SetupError::from)?,
        ));
        let mut builder = runtime::Builder::new_multi_thread();
        if let Some(threads) = settings.limits.threads {
            builder.worker_threads(threads);
        }
        let runtime = builder
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| SetupError::from(system(&error)))?;
        let metrics = Arc::new(Metrics::default());
        let log = Log::start(settings.log);
        if key.exposure() == Exposure::Shared {
            log.event(
                "signing_key",
                "others on this machine may read or change it",
            );
        }
        let ledger = Ledger::open(&settings.audit, Arc::clone(&key), &settings.name)?;
        let backend = runtime.block_on(Backend::open(&settings.registry))?;
        let mut octets = [0; 4];
        System.fill(&mut octets)?;
        let (stop, stopping) = watch::channel(Stopping::No);
        let key_id = key.public().id();
        let app = Arc::new(App::new(Parts {
            settings,
            backend,
            ledger,
            key,
            metrics,
            log,
            stopping,
            run: hex::encode(octets),
        }));
        remember(&app).map_err(SetupError::from)?;
        let mut server = Self {
            listening: Listening {
                address: app.settings.listen,
                status: None,
                key: key_id,
            },
            runtime,
            tls,
            stop,
            places: Vec::new(),
            doors: Vec::new(),
            app,
        };
        server.listen().map_err(SetupError::from)?;
        Ok(server)
    }

    fn listen(&mut self) -> Result<(), ServeError> {
        let (app, tls) = (Arc::clone(&self.app), Arc::clone(&self.tls));
        let most = app.settings.limits.connections;
        let router = app::service(Arc::clone(&app));
        self.listening.address = self.open(app.settings.listen, router, Some(tls), most)?;
        if let Some(address) = app.settings.status {
            let router = app::status(Arc::clone(&app));
            self.listening.status = Some(self.open(address, router, None, MAX_STATUS)?);
        }
        Ok(())
    }

    fn open(
        &mut self,
        address: SocketAddr,
        router: axum::Router,
        tls: Option<Arc<Tls>>,
        most: usize,
    ) -> Result<SocketAddr, ServeError> {
        let taken = |error: io::Error| ServeError::Address {
            address: address.to_string(),
            why: error.to_string(),
        };
        let listener = self
            .runtime
            .block_on(TcpListener::bind(address))
            .map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let most = most.min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most));
        let door = Arc::new(Door {
            router,
            app: Arc::clone(&self.app),
            tls,
            places: Arc::clone(&places),
        });
        self.doors.push(self.runtime.spawn(door.open(listener)));
        self.places.push((places, most));
        Ok(address)
    }

    /// Where it listens.
    pub const fn listening(&self) -> Listening {
        self.listening
    }

    /// Takes certificates, authorities, agencies and procedures anew; all else stays as it was. What
    /// agencies have spent stays spent, and connections stay open.
    ///
    /// # Errors
    /// [`ServeError::Certificate`]; nothing has changed then.
    pub fn reload(&self, settings: Settings) -> Result<(), ServeError> {
        let config = tls::load(&settings.tls)?;
        self.tls.renew(config);
        self.app.renew(settings.policy);
        Ok(())
    }

    /// Runs until it is told to stop by SIGTERM or SIGINT, and stops. SIGHUP has it read its settings
    /// anew; a mistake in them is logged and changes nothing.
    ///
    /// # Errors
    /// [`ServeError`].
    pub fn run(self, again: impl Fn() -> Result<Settings, ServeError>) -> Result<(), ServeError> {
        let mut signals = {
            let _inside = self.runtime.enter();
            Signals::new().map_err(|error| system(&error))?
        };
        loop {
            match self.runtime.block_on(signals.next()) {
                Signal::Stop => break,
                Signal::Reload => match again().and_then(|settings| self.reload(settings)) {
                    Ok(()) => self.app.log.event("reload", "done"),
                    Err(error) => self.app.log.event("reload", &error.to_string()),
                },
            }
        }
        self.stop();
        Ok(())
    }

    /// Takes nothing new, finishes what runs within its time, and closes the audit log.
    pub fn stop(self) {
        let Self {
            runtime,
            app,
            stop,
            places,
            doors,
            ..
        } = self;
        app.log.event("stop", "asked");
        // An error says that nothing runs any more.
        let _ = stop.send(Stopping::Yes);
        let patience = app.settings.limits.stop_time;
        let ended = runtime.block_on(async {
            for door in doors {
                let _ = door.await;
            }
            let all_gone = async {
                for (places, most) in &places {
                    while places.available_permits() < *most {
                        time::sleep(LOOK).await;
                    }
                }
            };
            time::timeout(patience, all_gone).await
        });
        if ended.is_err() {
            app.log.event("stop", "connections were cut");
        }
        app.ledger.close();
        runtime.block_on(app.backend.close());
        app.log.event("stop", "done");
        runtime.shutdown_timeout(LOOK);
    }
}

/// Knows again what an earlier run answered: which ids belong to which questions, and what was spent in
/// the time that the slowest bucket takes to fill.
fn remember(app: &App) -> Result<(), AuditError> {
    let policy = app.policy();
    let fills = policy.agencies().iter().map(|agency| {
        let Rates {
            agency,
            officer,
            device,
        } = agency.rates;
        let times = [agency, officer, device].map(Rate::time_to_fill);
        times.into_iter().max().unwrap_or_default()
    });
    let slowest = fills.max().unwrap_or_default();
    let back = slowest.min(BEFORE).max(app.settings.room.window);
    let now = app.elapsed();
    Ledger::earlier(&app.settings.audit, back, |earlier| {
        let Earlier { agency, id, .. } = earlier;
        app.seen
            .remember(agency, id, earlier.question, earlier.ago, now);
        let known = policy.agencies().iter().find(|one| one.id == *agency);
        if let Some(known) = known {
            let Earlier {
                officer, device, ..
            } = earlier;
            let at = now.saturating_sub(earlier.ago);
            known
                .buckets
                .charge(&known.rates, officer, device, earlier.cost, at);
        }
    })
}

fn system(error: &io::Error) -> ServeError {
    ServeError::System {
        why: error.to_string(),
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|context| {
            let stopped = self.terminate.poll_recv(context).is_ready()
                || self.interrupt.poll_recv(context).is_ready();
            if stopped {
                return std::task::Poll::Ready(Signal::Stop);
            }
            self.hangup.poll_recv(context).map(|_| Signal::Reload)
        })
        .await
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::Stop
    }
}
