//! TLS to a database, by rustls.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;

use rustls::CertificateError;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio_postgres::tls::ChannelBinding;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::tls::TlsStream;
use tokio_rustls::TlsConnector;

/// Whether there is TLS.
pub(super) enum Tls {
    Off,
    On(Connector),
}

/// Whether the certificate must be for the host that was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Checked,
    /// libpq's `verify-ca`: anybody of this authority.
    Any,
}

/// Makes TLS of a connection.
#[derive(Clone)]
pub(super) struct Connector(TlsConnector);

impl Connector {
    /// Trusts what a file of certificates in PEM says, and shows this certificate where the server
    /// asks for one. The error repeats no path.
    pub(super) fn new(
        root: &str,
        client: Option<(String, String)>,
        names: Names,
    ) -> Result<Self, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for certificate in certificates(root).ok_or("sslrootcert holds no certificate in PEM")? {
            roots
                .add(certificate)
                .map_err(|_| "a certificate in sslrootcert is malformed")?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|_| "sslrootcert holds no certificate that can be trusted")?;
        let verifier: Arc<dyn ServerCertVerifier> = match names {
            Names::Checked => verifier,
            Names::Any => Arc::new(AnyName(verifier)),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| "TLS is not available")?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let config = match client {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate =
                    certificates(&certificate).ok_or("sslcert holds no certificate in PEM")?;
                let key = PrivateKeyDer::from_pem_file(key)
                    .map_err(|_| "sslkey holds no private key in PEM")?;
                config
                    .with_client_auth_cert(certificate, key)
                    .map_err(|_| "sslcert and sslkey do not belong together")?
            }
        };
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }
}

fn certificates(path: &str) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).ok()?.collect();
    found.ok().filter(|found| !found.is_empty())
}

/// Takes a certificate for any name, and checks everything else.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match found {
            // The name is looked at last, when everything else was right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector(..)")
    }
}

impl<S> MakeTlsConnect<S> for Connector
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type TlsConnect = One;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<One, io::Error> {
        let name = ServerName::try_from(domain.to_owned())
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(One(self.0.clone(), name))
    }
}

/// A connection that is about to get TLS.
pub(super) struct One(TlsConnector, ServerName<'static>);

impl<S> TlsConnect<S> for One
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Stream<S>, io::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self(connector, name) = self;
        Box::pin(async move { Ok(Stream(connector.connect(name, stream).await?)) })
    }
}

/// A connection with TLS.
pub(super) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}
