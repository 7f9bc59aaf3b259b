//! Why something could not be fetched from a URL.

use thiserror::Error;

/// Something could not be fetched. What is named is the address without its credentials.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The address has no host or other parts that it must have, or holds a user's name or password.
    #[error("the address {url} cannot be used: {why}")]
    Address {
        /// The address, without what may be a password.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address is of a kind that is not fetched, such as `ldap`.
    #[error("{url} is neither http nor https")]
    Scheme {
        /// The address.
        url: String,
    },
    /// No connection came about.
    #[error("{url} cannot be reached: {why}")]
    Unreachable {
        /// The address.
        url: String,
        /// What the system or the proxy said.
        why: String,
    },
    /// The time limit passed.
    #[error("{url} did not answer in time")]
    Timeout {
        /// The address.
        url: String,
    },
    /// The server answered with another status than success.
    #[error("{url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server sends elsewhere too often, without saying where, or from https to http.
    #[error("{url} is sent elsewhere: {why}")]
    Redirect {
        /// The address that sent on.
        url: String,
        /// Why it was not followed.
        why: &'static str,
    },
    /// The file is longer than a list may be.
    #[error("{url} is too large")]
    TooLarge {
        /// The address.
        url: String,
    },
    /// The server did not prove who it is.
    #[error("{url} has no secure connection: {why}")]
    Tls {
        /// The address.
        url: String,
        /// What TLS found wrong.
        why: String,
    },
    /// The system has no certificates of authorities of the web.
    #[error("the system holds no web certificates, so {url} cannot be checked")]
    TlsRoots {
        /// The address.
        url: String,
    },
    /// The answer is no HTTP, or ended before it was whole.
    #[error("the answer of {url} is broken: {why}")]
    Broken {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
}

impl FetchError {
    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "trust.fetch_address",
            Self::Scheme { .. } => "trust.fetch_scheme",
            Self::Unreachable { .. } => "trust.fetch_unreachable",
            Self::Timeout { .. } => "trust.fetch_timeout",
            Self::Status { .. } => "trust.fetch_status",
            Self::Redirect { .. } => "trust.fetch_redirect",
            Self::TooLarge { .. } => "trust.fetch_too_large",
            Self::Tls { .. } => "trust.fetch_tls",
            Self::TlsRoots { .. } => "trust.fetch_tls_roots",
            Self::Broken { .. } => "trust.fetch_broken",
        }
    }

    /// What exactly is meant: the address, and why. The same in every language.
    pub fn subject(&self) -> String {
        match self {
            Self::Scheme { url }
            | Self::Timeout { url }
            | Self::TlsRoots { url }
            | Self::TooLarge { url } => url.clone(),
            Self::Address { url, why } | Self::Redirect { url, why } => format!("{url}: {why}"),
            Self::Unreachable { url, why } | Self::Tls { url, why } | Self::Broken { url, why } => {
                format!("{url}: {why}")
            }
            Self::Status { url, status } => format!("{url}: {status}"),
        }
    }

    /// Whether the same call may succeed when made again.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            // RFC 9110, 15.6: the server's own failure; 429 asks to come later (RFC 6585, 4).
            Self::Status { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}
