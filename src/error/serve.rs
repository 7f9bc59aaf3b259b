//! Why the registry's server does not run.

use thiserror::Error;

/// The registry's server cannot begin, or could not go on.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServeError {
    /// The configuration has a mistake.
    #[error("the server's configuration is wrong: {why}")]
    Configuration {
        /// What is wrong with it.
        why: String,
    },
    /// A certificate, key or revocation list cannot be used.
    #[error("{path} cannot be used: {why}")]
    Certificate {
        /// Path as given.
        path: String,
        /// What is wrong with it, without the key.
        why: String,
    },
    /// An address cannot be listened on.
    #[error("the server cannot listen on {address}: {why}")]
    Address {
        /// The address as given.
        address: String,
        /// What the system says.
        why: String,
    },
    /// The system gives no threads or signals.
    #[error("the server cannot run: {why}")]
    System {
        /// What the system says.
        why: String,
    },
}

impl ServeError {
    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Configuration { .. } => "serve.configuration",
            Self::Certificate { .. } => "serve.certificate",
            Self::Address { .. } => "serve.address",
            Self::System { .. } => "serve.system",
        }
    }

    /// What exactly is meant: a file, an address, a reason.
    pub fn subject(&self) -> String {
        match self {
            Self::Configuration { why } | Self::System { why } => why.clone(),
            Self::Certificate { path, why } => format!("{path}: {why}"),
            Self::Address { address, why } => format!("{address}: {why}"),
        }
    }
}
