//! The HTTP client: bounded in size, time and redirects; rustls with the certificates of the system.

use std::env;
use std::io;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use rustls::crypto::aws_lc_rs;
use ureq::Agent;
use ureq::Body;
use ureq::Proxy;
use ureq::http::Response;
use ureq::http::Uri;
use ureq::http::header::LOCATION;
use ureq::tls::Certificate;
use ureq::tls::RootCerts;
use ureq::tls::TlsConfig;

use super::Address;
use super::CONNECT;
use super::MAX_REDIRECTS;
use crate::error::Error;
use crate::error::FetchError;
use crate::trust::holding::read_from;

/// Who asks.
const USER_AGENT: &str = concat!("cancuoc/", env!("CARGO_PKG_VERSION"));

/// Fetches what an address holds, following it where the server sends.
pub(super) fn get(address: Address, whole: Duration) -> Result<Vec<u8>, Error> {
    let begun = Instant::now();
    let mut address = address;
    for _ in 0..=MAX_REDIRECTS {
        let left = whole.saturating_sub(begun.elapsed());
        let url = address.to_string();
        if left.is_zero() {
            return Err(FetchError::Timeout { url }.into());
        }
        let response = ask(&address, left)?;
        match response.status().as_u16() {
            200 => return Ok(body(response, &url)?),
            301 | 302 | 303 | 307 | 308 => {
                let location = response.headers().get(LOCATION);
                let location = location.and_then(|value| value.to_str().ok());
                address = address.towards(location.ok_or_else(|| FetchError::Redirect {
                    url: url.clone(),
                    why: "without saying where",
                })?)?;
            }
            status => return Err(FetchError::Status { url, status }.into()),
        }
    }
    Err(FetchError::Redirect {
        url: address.to_string(),
        why: "too often",
    }
    .into())
}

fn ask(address: &Address, whole: Duration) -> Result<Response<Body>, FetchError> {
    let url = address.to_string();
    let uri: Uri = url.parse().map_err(|_| FetchError::Address {
        url: url.clone(),
        why: "it is malformed",
    })?;
    let mut config = Agent::config_builder()
        .user_agent(USER_AGENT)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_resolve(Some(CONNECT.min(whole)))
        .timeout_connect(Some(CONNECT.min(whole)))
        .timeout_global(Some(whole))
        .proxy(proxy(address, &uri));
    if address.secure {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(roots(&url)?))
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
        config = config.tls_config(tls.build());
    }
    let agent: Agent = config.build().into();
    agent
        .get(uri)
        .call()
        .map_err(|error| fault(error, &url, Stage::Connecting))
}

/// The proxy of the environment, as other programs take it: the one of the scheme, else the one of
/// all, unless the host is excepted.
fn proxy(address: &Address, uri: &Uri) -> Option<Proxy> {
    // An http server that is told `Proxy:` by a client may set HTTP_PROXY; no server runs here.
    let own = if address.secure {
        ["https_proxy", "HTTPS_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY"]
    };
    let value = own
        .into_iter()
        .chain(["all_proxy", "ALL_PROXY"])
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))?;
    let excepted = Proxy::try_from_env().is_some_and(|proxy| proxy.is_no_proxy(uri));
    if excepted {
        return None;
    }
    Proxy::new(&value).ok()
}

/// The authorities of the web that the system trusts.
fn roots(url: &str) -> Result<Arc<Vec<Certificate<'static>>>, FetchError> {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> = found
        .certs
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    if roots.is_empty() {
        return Err(FetchError::TlsRoots {
            url: url.to_owned(),
        });
    }
    Ok(Arc::new(roots))
}

/// Reads the answer, no further than its form goes.
fn body(response: Response<Body>, url: &str) -> Result<Vec<u8>, FetchError> {
    let mut reader = Remembering {
        reader: response.into_body().into_reader(),
        fault: None,
    };
    let read = read_from(&mut reader, url);
    let url = url.to_owned();
    match (read, reader.fault) {
        (Ok(bytes), _) => Ok(bytes),
        (Err(_), Some(error)) => Err(fault(ureq::Error::Io(error), &url, Stage::Receiving)),
        (Err(_), None) => Err(FetchError::TooLarge { url }),
    }
}

/// A reader that keeps what was wrong with it.
struct Remembering<R> {
    reader: R,
    fault: Option<io::Error>,
}

impl<R: Read> Read for Remembering<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            let kind = error.kind();
            // What was interrupted is asked for again.
            if kind != io::ErrorKind::Interrupted {
                self.fault = Some(error);
            }
            kind.into()
        })
    }
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Receiving,
}

fn fault(error: ureq::Error, url: &str, stage: Stage) -> FetchError {
    let url = url.to_owned();
    match error {
        ureq::Error::Timeout(_) => FetchError::Timeout { url },
        ureq::Error::Rustls(error) => FetchError::Tls {
            url,
            why: error.to_string(),
        },
        ureq::Error::Tls(why) => FetchError::Tls {
            url,
            why: why.to_owned(),
        },
        ureq::Error::Io(error) => io_fault(error, url, stage),
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::ConnectProxyFailed(_) => FetchError::Unreachable {
            url,
            why: error.to_string(),
        },
        other => FetchError::Broken {
            url,
            why: other.to_string(),
        },
    }
}

/// Faults of TLS, and the client's own, come wrapped.
fn io_fault(error: io::Error, url: String, stage: Stage) -> FetchError {
    if matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    ) {
        return FetchError::Timeout { url };
    }
    let why = error.to_string();
    match error.get_ref() {
        Some(inner) if inner.is::<rustls::Error>() => FetchError::Tls { url, why },
        Some(inner) if inner.is::<ureq::Error>() => match inner.downcast_ref::<ureq::Error>() {
            Some(ureq::Error::Timeout(_)) => FetchError::Timeout { url },
            _ => FetchError::Broken { url, why },
        },
        _ if stage == Stage::Receiving || error.kind() == io::ErrorKind::UnexpectedEof => {
            FetchError::Broken { url, why }
        }
        _ => FetchError::Unreachable { url, why },
    }
}
