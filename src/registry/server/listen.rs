//! Connections: taken in, shaken hands with, served, and ended when the server stops.

use std::future::Future as _;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::CertificateDer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task;
use tokio::time;
use tokio_rustls::TlsAcceptor;

use crate::registry::patience::Patient;
use crate::registry::server::app::App;
use crate::registry::server::app::Stopping;
use crate::registry::server::tls::Failure;
use crate::registry::server::tls::Peer;
use crate::registry::server::tls::Ways;

/// Most header fields of a request. Browsers send some twenty; clients of a registry under ten.
const MAX_HEADERS: usize = 64;

/// Most bytes that are read ahead of a request, and so longest head.
const MAX_BUFFER: usize = 16 * 1024;

/// Pause after the system could not take a connection in: most often there are no descriptors left.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Most connections to the plain side.
pub const MAX_STATUS: usize = 64;

/// After which time the certificate of a connection that is kept is looked at again: what it hangs on may
/// have expired.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// The certificate and authorities of the moment.
pub struct Tls(Mutex<Arc<Ways>>);

impl Tls {
    /// The first.
    pub const fn new(ways: Arc<Ways>) -> Self {
        Self(Mutex::new(ways))
    }

    /// Others from now on, for the connections that are open, too.
    pub fn renew(&self, ways: Arc<Ways>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ways;
    }

    fn ways(&self) -> Arc<Ways> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A client's certificates, and when and by what they were found good.
struct Shown {
    tls: Arc<Tls>,
    peer: Arc<Peer>,
    chain: Vec<CertificateDer<'static>>,
    checked: Mutex<(Arc<Ways>, Instant)>,
}

impl Shown {
    /// Reads what a client showed in a handshake that just ended.
    fn of(tls: &Arc<Tls>, ways: Arc<Ways>, chain: Option<&[CertificateDer<'_>]>) -> Option<Self> {
        let chain = chain?;
        Some(Self {
            tls: Arc::clone(tls),
            peer: Arc::new(Peer::of(chain.first()?)?),
            chain: chain
                .iter()
                .cloned()
                .map(CertificateDer::into_owned)
                .collect(),
            checked: Mutex::new((ways, Instant::now())),
        })
    }

    /// Whose the connection is, if a new one would still be taken from them: a certificate may have been
    /// revoked while its connection was kept.
    fn peer(&self, now: Instant) -> Result<&Arc<Peer>, Failure> {
        let newest = self.tls.ways();
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let (ways, at) = &*checked;
        if !Arc::ptr_eq(ways, &newest) || now.saturating_duration_since(*at) >= LOOK_AGAIN {
            newest.check(&self.chain)?;
            *checked = (newest, now);
        }
        Ok(&self.peer)
    }
}

/// One door: a listener, and how many may stand in it.
pub struct Door {
    /// What is served behind it
    pub router: Router,
    /// What is known about the server
    pub app: Arc<App>,
    /// The certificate; none for plain HTTP
    pub tls: Option<Arc<Tls>>,
    /// One for each connection that may be open
    pub places: Arc<Semaphore>,
}

impl Door {
    /// Takes connections in until the server is stopped.
    pub async fn open(self: Arc<Self>, listener: TcpListener) {
        let mut stop = self.app.stopping.clone();
        let mut stopped = pin!(async move {
            // An error says that nobody can stop the server any more.
            let _ = stop.wait_for(|stopping| *stopping == Stopping::Yes).await;
        });
        loop {
            let mut accept = pin!(listener.accept());
            let next = poll_fn(|context| {
                if stopped.as_mut().poll(context).is_ready() {
                    return std::task::Poll::Ready(None);
                }
                accept.as_mut().poll(context).map(Some)
            });
            match next.await {
                None => return,
                Some(Ok((stream, from))) => self.admit(stream, from),
                Some(Err(_)) => {
                    self.app
                        .log
                        .event("accept", "the system took no connection in");
                    time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, _from: SocketAddr) {
        let metrics = &self.app.metrics;
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            metrics.turned_away.fetch_add(1, Relaxed);
            return;
        };
        // Answers are short: each goes out at once (RFC 9293 §3.7.4 calls the delay Nagle's).
        let _ = stream.set_nodelay(true);
        let door = Arc::clone(self);
        task::spawn(async move {
            let _place = place;
            let _open = Open::new(&door.app);
            match &door.tls {
                Some(tls) => door.secured(tls, stream).await,
                None => door.serve(stream, None).await,
            }
        });
    }

    async fn secured(&self, tls: &Arc<Tls>, stream: TcpStream) {
        let limit = self.app.settings.limits.handshake;
        let ways = tls.ways();
        let acceptor = TlsAcceptor::from(Arc::clone(&ways.config));
        let failure = match time::timeout(limit, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                let (_, session) = stream.get_ref();
                match Shown::of(tls, ways, session.peer_certificates()) {
                    Some(shown) => return self.serve(stream, Some(shown)).await,
                    None => Failure::BadCertificate,
                }
            }
            Ok(Err(error)) => Failure::of(&error),
            Err(_) => Failure::Timeout,
        };
        self.app.metrics.tls(failure);
        self.app.log.event("handshake", failure.code());
    }

    async fn serve<S>(&self, stream: S, shown: Option<Shown>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let inner = TowerToHyperService::new(self.router.clone());
        let app = Arc::clone(&self.app);
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            match shown.as_ref().map(|shown| shown.peer(Instant::now())) {
                Some(Ok(peer)) => {
                    request.extensions_mut().insert(Arc::clone(peer));
                }
                // Without a peer it is nobody's question, which ends the connection.
                Some(Err(failure)) => {
                    app.metrics.tls(failure);
                    app.log.event("certificate", failure.code());
                }
                None => {}
            }
            inner.call(request)
        });
        let head_time = self.app.settings.limits.head_time;
        let stream = Patient::new(stream, head_time);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_time)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_BUFFER)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let mut stop = self.app.stopping.clone();
        let mut stopped = pin!(stopped(&mut stop));
        let mut told = Stopping::No;
        // Whatever ends a connection ends this one alone; requests were counted and logged.
        let _ = poll_fn(|context| {
            if told == Stopping::No && stopped.as_mut().poll(context).is_ready() {
                told = Stopping::Yes;
                connection.as_mut().graceful_shutdown();
            }
            connection.as_mut().poll(context)
        })
        .await;
    }
}

async fn stopped(stop: &mut watch::Receiver<Stopping>) {
    // An error says that nobody can stop the server any more.
    let _ = stop.wait_for(|stopping| *stopping == Stopping::Yes).await;
}

/// Counts a connection while it is open.
struct Open<'a>(&'a App);

impl<'a> Open<'a> {
    fn new(app: &'a App) -> Self {
        app.metrics.connections.fetch_add(1, Relaxed);
        Self(app)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.metrics.connections.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::path::Path;
    use std::process;

    use jiff::Timestamp;
    use jiff::ToSpan as _;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::registry::server::tls;
    use crate::registry::server::tls::Files;
    use crate::sim::pki::private_key::pem;
    use crate::sim::pki::service::ServicePki;
    use crate::sim::pki::service::ServiceSpec;

    fn valid_until(hours: i64) -> ServicePki {
        let now = Timestamp::now().to_zoned(TimeZone::UTC).datetime();
        let spec = ServiceSpec {
            seed: "a kept connection".to_owned(),
            agency: "Ward".to_owned(),
            validity: (now - 48.hours(), now + hours.hours()),
        };
        spec.make().unwrap()
    }

    fn ways(folder: &Path, pki: &ServicePki) -> Arc<Ways> {
        let write = |name: &str, kind: &str, der: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, pem(kind, der)).unwrap();
            path
        };
        let files = Files {
            certificate: write("own.pem", "CERTIFICATE", &pki.server.certificate),
            key: write("own.key", "PRIVATE KEY", pki.server.private_key.expose()),
            clients: write("ca.pem", "CERTIFICATE", &pki.authority.certificate),
            revoked: Vec::new(),
        };
        tls::load(&files).unwrap()
    }

    #[test]
    fn the_certificate_of_a_kept_connection_is_looked_at_again_each_minute() {
        let folder = env::temp_dir().join(format!("cancuoc-listen-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (hours, found) in [(24, Ok(())), (-24, Err(Failure::Expired))] {
            let pki = valid_until(hours);
            let ways = ways(&folder, &pki);
            let began = Instant::now();
            let chain = vec![CertificateDer::from(pki.agency.certificate.clone())];
            // Taken when it was good; what is over today was so yesterday.
            let shown = Shown {
                tls: Arc::new(Tls::new(Arc::clone(&ways))),
                peer: Arc::new(Peer::of(&pki.agency.certificate).unwrap()),
                chain,
                checked: Mutex::new((ways, began)),
            };
            let look = |later: Duration| shown.peer(began + later).map(|_| ());
            assert_eq!(look(LOOK_AGAIN - Duration::from_millis(1)), Ok(()));
            assert_eq!(look(LOOK_AGAIN), found);
            // And the next time, too, whoever is refused.
            assert_eq!(look(LOOK_AGAIN * 2), found);
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
