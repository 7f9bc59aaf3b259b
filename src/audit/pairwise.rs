//! Names for persons and cards that only one agency's records have.
//!
//! A hash of a citizen number is no pseudonym: there are 6·10^10 numbers, and a machine tries them
//! all in seconds. Here each agency has a key, which is HMAC-SHA-256 of one secret over its name,
//! and a subject is HMAC-SHA-256 of that key over the number or the digest of the card's EF.SOD.
//! Records of two agencies cannot be brought together by it, and nobody without the secret can try
//! numbers. Whoever has the secret can, so it is worth a place of its own, away from the log.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::audit::folder::PAIRWISE;
use crate::audit::folder::private;
use crate::audit::folder::unusable;
use crate::audit::tree::Digest;
use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::error::AuditError;
use crate::error::SetupError;
use crate::secret::Secret;

/// What an agency's key is made over, in front of the agency's name.
const AGENCY: &[u8] = b"cancuoc.audit.agency/1\0";

/// Length of the secret, in bytes.
const SECRET: usize = 32;

/// The secret that every agency's key comes from.
#[derive(Debug)]
pub struct Pairwise(Secret);

impl Pairwise {
    /// Takes a secret of 32 bytes.
    ///
    /// # Errors
    /// None where it has another length.
    pub fn new(secret: Secret) -> Option<Self> {
        (secret.len() == SECRET).then_some(Self(secret))
    }

    /// Reads a file with 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`AuditError::Unusable`].
    pub fn load(path: &Path) -> Result<Self, SetupError> {
        Ok(Self::read(path)?)
    }

    fn read(path: &Path) -> Result<Self, AuditError> {
        /// The digits, and a line's end of any kind.
        const MAX_FILE: u64 = 80;
        let long = fs::metadata(path).map(|there| there.len() > MAX_FILE);
        let text = match long {
            Ok(true) => Err(io::ErrorKind::InvalidData.into()),
            Ok(false) => fs::read(path).map(Zeroizing::new),
            Err(error) => Err(error),
        };
        let text = text.map_err(|error| unusable(path, &error))?;
        let mut secret = Zeroizing::new([0; SECRET]);
        hex::decode_to_slice(text.trim_ascii(), &mut *secret)
            .map_err(|_| unusable(path, &io::ErrorKind::InvalidData.into()))?;
        Ok(Self(Secret::copy_of(&*secret)))
    }

    /// The secret in a log's folder; made if the log is new.
    pub(super) fn of_folder(dir: &Path, is_new: bool) -> Result<Self, SetupError> {
        let path = dir.join(PAIRWISE);
        if !is_new || path.exists() {
            return Self::load(&path);
        }
        let mut secret = Zeroizing::new([0; SECRET]);
        System.fill(&mut *secret)?;
        let digits = Zeroizing::new(format!("{}\n", &*Zeroizing::new(hex::encode(*secret))));
        let written = private()
            .create_new(true)
            .write(true)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(digits.as_bytes())?;
                file.sync_all()
            });
        if let Err(error) = written {
            // Half a secret would stand in the way of the next try.
            let _ = fs::remove_file(&path);
            return Err(unusable(&path, &error).into());
        }
        Ok(Self(Secret::copy_of(&*secret)))
    }

    /// The name of a person at an agency, by citizen number: its digits.
    pub fn number(&self, agency: &str, number: &str) -> Digest {
        self.subject(agency, number.as_bytes())
    }

    /// The name of a card at an agency, by the SHA-256 of its EF.SOD. Longer than any number, so the
    /// two never meet.
    pub fn card(&self, agency: &str, sod: &Digest) -> Digest {
        self.subject(agency, sod)
    }

    fn subject(&self, agency: &str, identifier: &[u8]) -> Digest {
        let key = Zeroizing::new(hmac(self.0.expose(), &[AGENCY, agency.as_bytes()]));
        hmac(&*key, &[identifier])
    }
}

/// HMAC-SHA-256 (RFC 2104) over the parts in a row.
fn hmac(key: &[u8], parts: &[&[u8]]) -> Digest {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Digest::default();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
