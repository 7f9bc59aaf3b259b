//! A connection that may send little.
//!
//! Pages send next to nothing: heads of requests, pings, a key. The WebSocket of Socket.IO takes messages
//! of any length into memory before anybody sees them, so their octets are counted here.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Instant;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

/// Octets that may come at once: sixteen requests with the longest heads.
const BURST: f64 = 256.0 * 1024.0;

/// Octets a second that may come over a while: some twenty polls.
const RATE: f64 = 16.0 * 1024.0;

/// A stream that fails when too much comes. Writing is as it was.
pub struct Bounded<S> {
    stream: S,
    level: f64,
    at: Instant,
}

impl<S> Bounded<S> {
    /// Counts from now on.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            level: BURST,
            at: Instant::now(),
        }
    }

    /// Counts what came. An error ends the connection.
    fn count(&mut self, octets: usize, now: Instant) -> io::Result<()> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        let came = f64::from(u32::try_from(octets).unwrap_or(u32::MAX));
        self.level = (self.level + passed * RATE).min(BURST) - came;
        if self.level < 0.0 {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let came = Pin::new(&mut self.stream).poll_read(context, buffer);
        match came {
            Poll::Ready(Ok(())) => {
                let octets = buffer.filled().len().saturating_sub(before);
                Poll::Ready(self.count(octets, Instant::now()))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_ended_and_a_page_that_polls_is_not() {
        let start = Instant::now();
        let mut page = Bounded::new(());
        page.at = start;
        for second in 0..600 {
            let now = start + Duration::from_secs(second);
            assert!(page.count(8 * 1024, now).is_ok(), "{second}");
        }
        let now = start + Duration::from_secs(600);
        let taken = (0..64).take_while(|_| page.count(16 * 1024, now).is_ok());
        assert!(taken.count() <= 16);
    }
}
