//! Connections: taken in on loopback, each within its limits, and ended when the agent ends.

use std::future::Future as _;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::task;
use tokio::time;

use crate::agent::door::house::House;
use crate::agent::door::house::Stopping;
use crate::agent::door::request;
use crate::registry::patience::Patient;

/// Most header fields of a request. Browsers send some twenty.
const MAX_HEADERS: usize = 64;

/// Most bytes that are read ahead of a request, and so longest head.
const MAX_HEAD: usize = 16 * 1024;

/// Pause after the system could not take a connection in: most often there are no descriptors left.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// How often programs that ask no more are looked for.
const FORGET: Duration = Duration::from_secs(10);

/// A connection's place: as long as it is held by anybody, the connection counts.
#[derive(Clone)]
pub struct Place(#[expect(dead_code, reason = "it is held, not looked at")] Arc<Held>);

struct Held {
    house: Arc<House>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.house.connections.fetch_sub(1, Relaxed);
    }
}

/// Takes connections in until the agent ends, while there are places.
pub async fn open(house: Arc<House>, listener: TcpListener, places: Arc<Semaphore>) {
    let mut stopping = house.stopping.clone();
    let mut stopped = pin!(async move {
        // An error says that nobody can stop it any more.
        let _ = stopping
            .wait_for(|stopping| *stopping != Stopping::No)
            .await;
    });
    let mut forget = Box::pin(time::sleep(FORGET));
    loop {
        let mut accept = pin!(listener.accept());
        let next = poll_fn(|context| {
            if stopped.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            if forget.as_mut().poll(context).is_ready() {
                house.mirror.forget();
                forget = Box::pin(time::sleep(FORGET));
                // It is asked at once, so that its end is heard.
                let _ = forget.as_mut().poll(context);
            }
            accept.as_mut().poll(context).map(Some)
        });
        match next.await {
            None => return,
            Some(Ok((stream, from))) => {
                // Only loopback is listened on; a system that lets others through is not believed.
                let permit = Arc::clone(&places).try_acquire_owned();
                if let (true, Ok(permit)) = (from.ip().is_loopback(), permit) {
                    admit(&house, stream, permit);
                }
            }
            Some(Err(_)) => time::sleep(AFTER_FAILURE).await,
        }
    }
}

fn admit(house: &Arc<House>, stream: TcpStream, permit: OwnedSemaphorePermit) {
    house.connections.fetch_add(1, Relaxed);
    let place = Place(Arc::new(Held {
        house: Arc::clone(house),
        _permit: permit,
    }));
    // Answers and events are short: each goes out at once (RFC 9293 §3.7.4 calls the delay Nagle's).
    let _ = stream.set_nodelay(true);
    let house = Arc::clone(house);
    task::spawn(serve(house, stream, place));
}

async fn serve(house: Arc<House>, stream: TcpStream, place: Place) {
    let mut stopping = house.stopping.clone();
    let stall = house.stall;
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(place.clone());
        let house = Arc::clone(&house);
        async move {
            let response: Response = request::answer(&house, request).await;
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(stall)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Patient::new(stream, stall)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut stopped = pin!(stopping.wait_for(|stopping| *stopping == Stopping::Yes));
    let mut told = Stopping::No;
    // Whatever ends a connection ends this one alone; refusals were counted and logged.
    let _ = poll_fn(|context| {
        if told == Stopping::No && stopped.as_mut().poll(context).is_ready() {
            told = Stopping::Yes;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    })
    .await;
}
