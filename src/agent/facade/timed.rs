//! A body that has come in time, or comes no more: whoever sends a byte now and then keeps a connection
//! alive, and would keep its place for ever.

use std::future::Future as _;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;
use std::time::Instant;

use axum::BoxError;
use axum::body::Body;
use axum::body::Bytes;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tokio::time;
use tokio::time::Sleep;

/// When the time of a request's body began.
#[derive(Debug, Clone, Copy)]
pub struct Began(pub Instant);

/// What comes of a body within its time.
pub struct Timed {
    body: Body,
    ends: Pin<Box<Sleep>>,
}

impl Timed {
    /// Gives a body so long from now on.
    pub fn new(body: Body, within: Duration) -> Self {
        Self {
            body,
            ends: Box::pin(time::sleep(within)),
        }
    }
}

impl hyper::body::Body for Timed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // What is there counts, however late this is looked at.
        let come = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(come) = come {
            return Poll::Ready(come.map(|one| one.map_err(Into::into)));
        }
        let ended = self.ends.as_mut().poll(context);
        ended.map(|()| Some(Err("the body took too long".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
