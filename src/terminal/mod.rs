//! A terminal's identity for terminal authentication: certificates, and the key to the last of them.
//!
//! A folder holds `*.cvcert` files (each one certificate, or several in a row) and one private key:
//! PKCS#8 in `*.pkcs8`, `*.pem` or `*.key`, or `pkcs11.toml`, which says where a hardware module
//! keeps it. Certificates are verified when they are loaded; from what holds, a chain is chosen for
//! the authority that a chip names.

pub mod chain;
pub mod file;
pub mod pkcs11;

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::bytes::tlv::Reader;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Error;
use crate::error::SetupError;
use crate::pki::cvc::CvCertificate;
use crate::terminal::chain::Chain;
use crate::terminal::chain::Graph;
use crate::terminal::chain::NoChain;

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 1_024;

/// Most certificates of one terminal. An authority, its links, a verifier and the terminal itself
/// are a handful.
pub const MAX_CERTIFICATES: usize = 64;

/// Largest file read, in bytes.
const MAX_FILE: usize = 256 * 1024;

/// Name of the file that says where a hardware module keeps the key.
const PKCS11: &str = "pkcs11.toml";

/// The private key of a terminal, wherever it is.
pub trait TerminalKey: Send + Sync + fmt::Debug {
    /// The public half, where it can be had.
    fn public(&self) -> Option<PublicKey> {
        None
    }

    /// Signs a message: ECDSA as r and s in a row, RSA as long as the modulus.
    ///
    /// # Errors
    /// When the key is of another kind than the scheme, or cannot be used.
    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// A terminal that can prove itself to a chip.
#[derive(Debug)]
pub struct Terminal {
    graph: Graph,
    key: Box<dyn TerminalKey>,
}

impl Terminal {
    /// A terminal with these certificates, in any order, and this key. What does not hold on `today`
    /// is not used, and named when a chip asks for it.
    ///
    /// # Errors
    /// [`SetupError::TerminalUnusable`] when there are too many certificates.
    pub fn new(
        certificates: Vec<CvCertificate>,
        key: Box<dyn TerminalKey>,
        today: Date,
    ) -> Result<Self, SetupError> {
        if certificates.len() > MAX_CERTIFICATES {
            return Err(unusable(format!(
                "more than {MAX_CERTIFICATES} certificates"
            )));
        }
        Ok(Self {
            graph: Graph::new(certificates, today),
            key,
        })
    }

    /// Loads a folder. A service that runs for days loads it anew each day: certificates of
    /// terminals live as short.
    ///
    /// # Errors
    /// [`SetupError::TerminalUnreadable`] when the folder or a file in it cannot be read,
    /// [`SetupError::TerminalUnusable`] when a certificate is none, or there is not exactly one key.
    pub fn load(folder: &Path, today: Date) -> Result<Self, SetupError> {
        let mut certificates = Vec::new();
        let mut keys = Vec::new();
        for path in entries(folder)? {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let kind = path.extension().and_then(|extension| extension.to_str());
            match kind {
                _ if name.starts_with('.') => {}
                _ if name == PKCS11 => {
                    let text = read(&path)?;
                    keys.push(pkcs11::key(&text, folder)?);
                }
                Some("cvcert") => {
                    let bytes = read(&path)?;
                    decode(&bytes, &name, &mut certificates)?;
                }
                Some("pkcs8" | "pem" | "key") => {
                    let key = file::Key::decode(&read(&path)?)
                        .map_err(|fault| unusable(format!("{name}: {fault}")))?;
                    keys.push(Box::new(key));
                }
                _ => {}
            }
        }
        if certificates.is_empty() {
            return Err(unusable("no certificate (*.cvcert)".to_owned()));
        }
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Self::new(certificates, key, today),
            (None, _) => Err(unusable("no private key".to_owned())),
            (Some(_), Some(_)) => Err(unusable("more than one private key".to_owned())),
        }
    }

    /// The chain for a chip that names these authorities, the first that leads anywhere.
    ///
    /// # Errors
    /// [`NoChain`] for the first authority.
    pub fn chain(&self, authorities: &[Vec<u8>]) -> Result<Chain, NoChain> {
        let own = self.key.public();
        let mut first = None;
        for authority in authorities {
            match self.graph.chain(authority, own.as_ref()) {
                Ok(chain) => return Ok(chain),
                // What is known of one authority says more than that another is unknown.
                Err(fault) => match first {
                    None | Some(NoChain::Unknown) => first = Some(fault),
                    Some(_) => {}
                },
            }
        }
        Err(first.unwrap_or(NoChain::Unknown))
    }

    /// The template 7F4C that asks PACE for the most that any chain of this terminal allows; `None`
    /// where no chain holds.
    pub fn holder_authorization(&self) -> Option<Vec<u8>> {
        let rights = self.graph.most_rights(self.key.public().as_ref())?;
        Some(rights.terminal_template())
    }

    /// Why no chain of this terminal holds at all; `None` where one does.
    pub fn fault(&self) -> Option<NoChain> {
        self.graph.fault(self.key.public().as_ref())
    }

    /// Signs as the last holder of a chain does, and looks whether the certificate fits the key: a
    /// wrong signature would only be refused, without a reason.
    ///
    /// # Errors
    /// When the key cannot be used, or is not the one in the certificate.
    pub fn sign(&self, chain: &Chain, message: &[u8]) -> Result<Vec<u8>, Error> {
        let scheme = chain.terminal().scheme();
        let signature = self.key.sign(scheme, message)?;
        match chain
            .terminal()
            .key()
            .verify(scheme, &[message], &signature)
        {
            Ok(()) => Ok(signature),
            Err(_) => Err(unusable("the key is not the certificate's".to_owned()).into()),
        }
    }
}

/// The error for what cannot be used, with the reason.
fn unusable(why: String) -> SetupError {
    SetupError::TerminalUnusable { why }
}

fn unreadable(path: &Path) -> SetupError {
    SetupError::TerminalUnreadable {
        path: path.display().to_string(),
    }
}

/// The files of a folder in the order of their names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SetupError> {
    let entries = std::fs::read_dir(folder).map_err(|_| unreadable(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        if paths.len() == MAX_ENTRIES {
            return Err(unusable(format!("more than {MAX_ENTRIES} files")));
        }
        paths.push(entry.map_err(|_| unreadable(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Reads a file whole; it may hold a key, so the copy is wiped.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SetupError> {
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(|_| unreadable(path))?;
    if bytes.len() > MAX_FILE {
        return Err(unusable(format!("{} is too long", path.display())));
    }
    Ok(bytes)
}

/// The certificates of one file.
fn decode(bytes: &[u8], name: &str, found: &mut Vec<CvCertificate>) -> Result<(), SetupError> {
    let mut reader = Reader::new(bytes);
    loop {
        if found.len() == MAX_CERTIFICATES {
            return Err(unusable(format!(
                "more than {MAX_CERTIFICATES} certificates"
            )));
        }
        let certificate = CvCertificate::take(&mut reader)
            .map_err(|fault| unusable(format!("{name}: {fault}")))?;
        if !found.contains(&certificate) {
            found.push(certificate);
        }
        if reader.at_end() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
