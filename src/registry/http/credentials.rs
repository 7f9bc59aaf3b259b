//! Who asks and whom to believe: certificates and keys for TLS (RFC 8446), from files.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use ureq::tls::Certificate;
use ureq::tls::ClientCert;
use ureq::tls::PrivateKey;
use ureq::tls::RootCerts;
use ureq::tls::TlsConfig;
use zeroize::Zeroizing;

use crate::error::LineError;
use crate::error::SetupError;
use crate::registry::options::RegistryOptions;

/// Largest file with certificates or a key, in bytes: the bundle of a system has 250 KiB.
const MAX_FILE: usize = 1024 * 1024;

/// Most certificates of a chain above the agency's own.
const MAX_CHAIN: usize = 8;

/// The settings of TLS that the options come to. Whatever cannot be used is found here, and not when
/// the first card lies on the reader.
pub(super) fn tls(options: &RegistryOptions) -> Result<TlsConfig, SetupError> {
    let roots = roots(options.roots.as_deref())?;
    let mut store = RootCertStore::empty();
    let (good, _) = store.add_parsable_certificates(roots.iter().cloned());
    if good == 0 {
        let place = options.roots.as_deref().unwrap_or(Path::new("system"));
        return Err(unfit("roots", place, "no certificate of an authority"));
    }
    let client = client(options)?;
    if let Some(client) = &client {
        // A key that belongs to another certificate is told here.
        let provider = Arc::new(aws_lc_rs::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map(|builder| builder.with_root_certificates(store))
            .and_then(|builder| {
                builder.with_client_auth_cert(client.chain.clone(), client.key.clone_key())
            })
            .map_err(|error| unfit("private_key", client.path, &error.to_string()))?;
    }
    let roots: Vec<Certificate<'static>> = roots.iter().map(certificate).collect();
    let config = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = match client {
        None => config,
        Some(client) => {
            let chain: Vec<Certificate<'static>> = client.chain.iter().map(certificate).collect();
            config.client_cert(Some(ClientCert::new_with_certs(&chain, client.same_key)))
        }
    };
    Ok(config.build())
}

/// The agency's certificate with what stands above it, and its key.
struct Client<'a> {
    path: &'a Path,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// The key once more, as the HTTP client takes it.
    same_key: PrivateKey<'static>,
}

/// The agency's certificate and key, both or neither.
fn client(options: &RegistryOptions) -> Result<Option<Client<'_>>, SetupError> {
    match (&options.certificate, &options.private_key) {
        (None, None) => Ok(None),
        (Some(certificate), None) => Err(unfit(
            "certificate",
            certificate,
            "no private_key is named beside it",
        )),
        (None, Some(key)) => Err(unfit(
            "private_key",
            key,
            "no certificate is named beside it",
        )),
        (Some(certificate), Some(key)) => {
            let chain = certificates("certificate", certificate)?;
            if chain.len() > MAX_CHAIN {
                return Err(unfit("certificate", certificate, "too many certificates"));
            }
            let bytes = read("private_key", key)?;
            let no_key = "no private key in PEM";
            Ok(Some(Client {
                path: key,
                chain,
                key: PrivateKeyDer::from_pem_slice(&bytes)
                    .map_err(|_| unfit("private_key", key, no_key))?,
                same_key: PrivateKey::from_pem(&bytes)
                    .map_err(|_| unfit("private_key", key, no_key))?,
            }))
        }
    }
}

/// The authorities that are named, else those of the system.
fn roots(path: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    match path {
        Some(path) => certificates("roots", path),
        None => Ok(rustls_native_certs::load_native_certs().certs),
    }
}

/// Certificates of a file: any number in PEM, or one in DER.
fn certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let bytes = read(what, path)?;
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateDer::from(bytes.to_vec())]);
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    found
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| unfit(what, path, "no certificate in PEM"))
}

/// Reads a file whole; it may hold a key, so the copy is wiped.
fn read(what: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|error| unfit(what, path, &error.to_string()))?;
    if bytes.len() > MAX_FILE {
        return Err(unfit(what, path, "too long"));
    }
    Ok(bytes)
}

fn certificate(der: &CertificateDer<'static>) -> Certificate<'static> {
    Certificate::from_der(der).to_owned()
}

fn unfit(what: &'static str, path: &Path, why: &str) -> SetupError {
    LineError::Credential {
        what,
        path: path.display().to_string(),
        why: why.to_owned(),
    }
    .into()
}
