//! Taking in the body of a request: never more than the limit, and never longer than its time.

use std::time::Duration;

use axum::body::Body;
use axum::body::to_bytes;
use axum::http::HeaderMap;
use axum::http::header;
use tokio::time;
use zeroize::Zeroizing;

use crate::agent::door::limits::MAX_MESSAGE;
use crate::error::DoorError;

/// The one type of body that there is. A page can send it to another origin only after a preflight; what
/// a form can send, it can send without (Fetch standard, "CORS-safelisted request-header").
const JSON: &str = "application/json";

/// Takes the JSON of a request in, while the time lasts.
///
/// # Errors
/// [`DoorError::MediaType`], [`DoorError::TooLarge`], [`DoorError::Slow`], [`DoorError::Request`].
pub async fn take(
    headers: &HeaderMap,
    body: Body,
    within: Duration,
) -> Result<Zeroizing<Vec<u8>>, DoorError> {
    if !is_json(headers) {
        return Err(DoorError::MediaType);
    }
    if announced(headers).is_some_and(|length| length > MAX_MESSAGE) {
        return Err(DoorError::TooLarge);
    }
    let came = time::timeout(within, to_bytes(body, MAX_MESSAGE)).await;
    let bytes = came.map_err(|_| DoorError::Slow)?.map_err(|error| {
        // Longer than the limit, or cut off: the two are one type of the library's.
        match std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("limit"))
        {
            true => DoorError::TooLarge,
            false => DoorError::Request {
                why: "its body is cut off",
            },
        }
    })?;
    Ok(Zeroizing::new(bytes.to_vec()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        return false;
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(JSON)
}

/// How long the body says that it is. More than fits a number is too long for every limit.
fn announced(headers: &HeaderMap) -> Option<usize> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    Some(text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::pin::Pin;
    use std::task::Context;
    use std::task::Poll;

    use axum::body::Bytes;
    use axum::body::HttpBody;
    use axum::http::HeaderValue;
    use hyper::body::Frame;
    use tokio::runtime;

    use super::*;

    /// How a body goes on behind its pieces.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum End {
        Whole,
        Cut,
        Never,
    }

    /// A body that says nothing of its length.
    struct Pieces(VecDeque<Bytes>, End);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            match (self.0.pop_front(), self.1) {
                (Some(piece), _) => Poll::Ready(Some(Ok(Frame::data(piece)))),
                (None, End::Whole) => Poll::Ready(None),
                (None, End::Cut) => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
                (None, End::Never) => Poll::Pending,
            }
        }
    }

    #[test]
    fn a_body_is_taken_up_to_the_limit_and_in_its_time() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let taken = |length: usize, end: End| {
            let octets = vec![b' '; length];
            let pieces = octets.chunks(1000).map(Bytes::copy_from_slice).collect();
            let within = match end {
                End::Never => Duration::from_millis(1),
                _ => Duration::from_secs(60),
            };
            let body = Body::new(Pieces(pieces, end));
            let taken = runtime.block_on(async { take(&headers, body, within).await });
            taken.map(|taken| taken.len())
        };
        let cut = DoorError::Request {
            why: "its body is cut off",
        };
        for (length, end, found) in [
            (0, End::Whole, Ok(0)),
            (MAX_MESSAGE, End::Whole, Ok(MAX_MESSAGE)),
            (MAX_MESSAGE + 1, End::Whole, Err(DoorError::TooLarge)),
            // As soon as it is too long, however it would have gone on.
            (MAX_MESSAGE + 1, End::Never, Err(DoorError::TooLarge)),
            (10, End::Cut, Err(cut)),
            (10, End::Never, Err(DoorError::Slow)),
        ] {
            assert_eq!(taken(length, end), found, "{length}");
        }
    }
}
