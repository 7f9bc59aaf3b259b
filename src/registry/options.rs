//! What asking a registry takes beside its address: whose answers count, who asks, and how long it may
//! take.

use std::path::PathBuf;
use std::time::Duration;

use crate::seal::key::DeviceId;

/// How long a check may take unless told otherwise: a counter gives the registry up after that long.
pub const LIMIT: Duration = Duration::from_secs(3);

/// Shortest and longest time that a check may be given.
pub const LIMITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(30)];

/// How a registry is asked. Registries in a file need nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryOptions {
    /// The keys that a registry's answers and its snapshots may be signed with, by fingerprint.
    pub keys: Vec<DeviceId>,
    /// The certificate of this agency, with what stands above it, in PEM: for mutual TLS.
    pub certificate: Option<PathBuf>,
    /// The private key that belongs to the certificate, in PEM.
    pub private_key: Option<PathBuf>,
    /// The authorities that a registry's server certificate may come from, in PEM or DER; those of the
    /// system where none are named.
    pub roots: Option<PathBuf>,
    /// The key that this device signs questions with.
    pub device_key: Option<PathBuf>,
    /// The snapshot to ask when the registry is not reached.
    pub offline: Option<PathBuf>,
    /// How long one check may take, retries included.
    pub limit: Duration,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            certificate: None,
            private_key: None,
            roots: None,
            device_key: None,
            offline: None,
            limit: LIMIT,
        }
    }
}
