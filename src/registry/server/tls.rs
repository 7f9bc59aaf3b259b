//! Mutual TLS (RFC 8446, RFC 5246) by rustls: the server's own certificate, and whose certificates it
//! takes.
//!
//! Sessions are not resumed. A resumed session does not show the client's certificate again, so that one
//! that has expired or was revoked since would be taken; clients keep their connections instead. A kept
//! connection's certificate is looked at again, whenever authorities and lists are taken anew and from
//! time to time.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::CertificateError;
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use rustls::server::NoServerSessionStorage;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use x509_parser::parse_x509_certificate;

use crate::crypto::hash::Hash;
use crate::error::ServeError;

/// Largest file with certificates, keys or revocations, in bytes.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The protocol that is spoken inside (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";

/// The files that TLS needs.
#[derive(Debug, Clone)]
pub struct Files {
    /// The server's certificate and those above it, in PEM
    pub certificate: PathBuf,
    /// Its key, in PEM
    pub key: PathBuf,
    /// The authorities that clients' certificates come from, in PEM
    pub clients: PathBuf,
    /// Their revocation lists, in PEM
    pub revoked: Vec<PathBuf>,
}

/// Why a handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The client showed no certificate
    NoCertificate,
    /// Its certificate has expired
    Expired,
    /// It is not valid yet
    NotYetValid,
    /// It comes from an authority that is not among ours
    Foreign,
    /// It was revoked
    Revoked,
    /// Something else is wrong with it
    BadCertificate,
    /// The client refused the server, most often its certificate
    Refused,
    /// No version, cipher or group in common
    Incompatible,
    /// What came was no handshake
    Protocol,
    /// The client went away
    Gone,
    /// It took too long
    Timeout,
}

impl Failure {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::NoCertificate,
        Self::Expired,
        Self::NotYetValid,
        Self::Foreign,
        Self::Revoked,
        Self::BadCertificate,
        Self::Refused,
        Self::Incompatible,
        Self::Protocol,
        Self::Gone,
        Self::Timeout,
    ];

    /// The word in metrics and log lines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Foreign => "foreign",
            Self::Revoked => "revoked",
            Self::BadCertificate => "bad_certificate",
            Self::Refused => "refused",
            Self::Incompatible => "incompatible",
            Self::Protocol => "protocol",
            Self::Gone => "gone",
            Self::Timeout => "timeout",
        }
    }

    /// What an error of the acceptor means.
    pub fn of(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        inner.map_or(Self::Gone, Self::of_tls)
    }

    /// What an error of TLS means.
    pub const fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::NoCertificatesPresented => Self::NoCertificate,
            rustls::Error::InvalidCertificate(why) => Self::of_certificate(why),
            rustls::Error::InvalidCertRevocationList(_) => Self::BadCertificate,
            rustls::Error::AlertReceived(_) => Self::Refused,
            rustls::Error::PeerIncompatible(_) | rustls::Error::NoApplicationProtocol => {
                Self::Incompatible
            }
            _ => Self::Protocol,
        }
    }

    const fn of_certificate(why: &CertificateError) -> Self {
        match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            // A name of one of our authorities under a signature of somebody else is as foreign.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Foreign,
            CertificateError::Revoked => Self::Revoked,
            _ => Self::BadCertificate,
        }
    }
}

/// What is known about the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// SHA-256 of the certificate
    pub sha256: [u8; 32],
    /// Its subject's common name, if it has exactly one
    pub common_name: Option<String>,
    /// Until when it is valid, in seconds since 1970
    pub until: i64,
}

impl Peer {
    /// Reads the certificate that was shown and checked.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let sha256 = Hash::Sha256.digest(&[certificate]).try_into().ok()?;
        let (_, parsed) = parse_x509_certificate(certificate).ok()?;
        let mut names = parsed.subject().iter_common_name();
        let (name, more) = (names.next(), names.next());
        let name = name.filter(|_| more.is_none());
        Some(Self {
            sha256,
            common_name: name.and_then(|name| Some(name.as_str().ok()?.to_owned())),
            until: parsed.validity().not_after.timestamp(),
        })
    }
}

/// What accepts connections, and looks at the certificates of those that are open.
#[derive(Debug)]
pub struct Ways {
    /// For new connections
    pub config: Arc<ServerConfig>,
    verifier: Arc<dyn ClientCertVerifier>,
}

impl Ways {
    /// Looks at a client's certificates as for a new connection.
    ///
    /// # Errors
    /// Why there would be none.
    pub fn check(&self, chain: &[CertificateDer<'_>]) -> Result<(), Failure> {
        let (own, above) = chain.split_first().ok_or(Failure::NoCertificate)?;
        let checked = self
            .verifier
            .verify_client_cert(own, above, UnixTime::now());
        checked.map(drop).map_err(|error| Failure::of_tls(&error))
    }
}

/// Reads the files and makes of them what accepts connections.
///
/// # Errors
/// [`ServeError::Certificate`] with the file that cannot be used.
pub fn load(files: &Files) -> Result<Arc<Ways>, ServeError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&files.clients)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(&files.clients, &error))?;
    }
    let mut lists = Vec::new();
    for path in &files.revoked {
        let bytes = read(path)?;
        for list in CertificateRevocationListDer::pem_slice_iter(&bytes) {
            lists.push(list.map_err(|error| unusable(path, &error))?);
        }
    }
    let mut verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    if !lists.is_empty() {
        verifier = verifier
            .with_crls(lists)
            .only_check_end_entity_revocation()
            .allow_unknown_revocation_status()
            .enforce_revocation_expiration();
    }
    let verifier = verifier
        .build()
        .map_err(|error| unusable(&files.clients, &error))?;
    let own = certificates(&files.certificate)?;
    let bytes = read(&files.key)?;
    let key =
        PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| unusable(&files.key, &error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&files.certificate, &error))?
        .with_client_cert_verifier(Arc::clone(&verifier))
        .with_single_cert(own, key)
        .map_err(|error| unusable(&files.certificate, &error))?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(Ways {
        config: Arc::new(config),
        verifier,
    }))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let bytes = read(path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(unusable(path, &"no certificate in PEM")),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn read(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, ServeError> {
    let length = fs::metadata(path)
        .map_err(|error| unusable(path, &error))?
        .len();
    if length > MAX_FILE {
        return Err(unusable(path, &"too long"));
    }
    let bytes = fs::read(path).map_err(|error| unusable(path, &error))?;
    Ok(zeroize::Zeroizing::new(bytes))
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> ServeError {
    ServeError::Certificate {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}
