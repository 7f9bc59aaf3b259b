//! Taking in the body of a request: never more than the limit, and never longer than its time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody as _;
use axum::http::HeaderMap;
use axum::http::header;
use tokio::time;

/// Why a body was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBody {
    /// It is longer than the limit
    TooLarge,
    /// It did not come in time
    Slow,
    /// It ended before its end, or is malformed
    Broken,
}

/// Takes a body in.
///
/// # Errors
/// [`NoBody`].
pub async fn take(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, NoBody> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(NoBody::TooLarge);
    }
    time::timeout(patience, gather(body, limit))
        .await
        .unwrap_or(Err(NoBody::Slow))
}

/// How long the body says that it is. More than fits a number is too long for every limit.
fn announced(headers: &HeaderMap) -> Option<usize> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

async fn gather(mut body: Body, limit: usize) -> Result<Bytes, NoBody> {
    // Most bodies come in one piece, which needs no copy.
    let mut first = Bytes::new();
    let mut rest = Vec::new();
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // Trailers mean nothing here.
        let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else {
            continue;
        };
        length += data.len();
        if length > limit {
            return Err(NoBody::TooLarge);
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() {
        first
    } else {
        Bytes::from(rest)
    })
}
