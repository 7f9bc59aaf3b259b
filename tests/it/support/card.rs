//! A card on a virtual reader, on a thread of its own.

use std::net::SocketAddr;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use cancuoc::sim::vpcd;
use cancuoc::sim::vpcd::Ended;
use cancuoc::transport::Stop;

/// Longest time that a card lies there.
const LONG: Duration = Duration::from_secs(120);

/// A card that lies on a reader until this is dropped.
pub struct Laid {
    stop: Stop,
    thread: Option<JoinHandle<Ended>>,
}

impl Laid {
    /// Lays a card down.
    pub fn down(mut card: impl vpcd::Card + Send + 'static, address: SocketAddr) -> Self {
        let stop = Stop::after(LONG);
        let theirs = stop.clone();
        let thread = thread::spawn(move || vpcd::serve(&mut card, address, &theirs).unwrap());
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Laid {
    fn drop(&mut self) {
        self.stop.handle().cancel();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
