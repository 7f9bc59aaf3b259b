//! A snapshot as a registry's address names it.

use std::path::Path;
use std::path::PathBuf;

use crate::error::SetupError;
use crate::error::SnapshotError;
use crate::registry::snapshot::Snapshot;
use crate::registry::snapshot::header::RegisterId;
use crate::registry::snapshot::state::Expected;
use crate::registry::snapshot::state::State;
use crate::seal::key::DeviceId;
use crate::seal::key::DevicePublic;

/// What stands behind `snapshot:` in an address.
///
/// ```text
/// PATH?signer=KEY&signer=KEY&state=PATH&register=NAME
/// ```
/// `KEY` is the SHA-256 of a key in 64 digits, or a file with a public key. Without `state` the
/// record of the newest snapshot lies beside it, under its name and `.seen`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    path: PathBuf,
    signers: Vec<DeviceId>,
    state: PathBuf,
    register: Option<RegisterId>,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`SetupError::Registry`]; [`SetupError::Attest`] for a key that cannot be read.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        let (path, options) = text.split_once('?').unwrap_or((text, ""));
        // Both `snapshot:/a/b` and the form with an empty host, `snapshot:///a/b`.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(unusable("snapshot: is not followed by a path"));
        }
        let path = PathBuf::from(path);
        let mut address = Self {
            signers: Vec::new(),
            state: State::beside(&path),
            register: None,
            path,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("signer", key)) => address.signers.push(signer(key)?),
                Some(("state", path)) if !path.is_empty() => address.state = path.into(),
                Some(("register", name)) => {
                    let name = RegisterId::new(name);
                    let wrong = || unusable("snapshot: register= is no name of a register");
                    address.register = Some(name.ok_or_else(wrong)?);
                }
                _ => {
                    return Err(unusable(
                        "snapshot: takes signer=, state= and register= behind the question mark",
                    ));
                }
            }
        }
        Ok(address)
    }

    /// Trusts the snapshots of these keys, too.
    #[must_use]
    pub fn trusting(mut self, signers: &[DeviceId]) -> Self {
        self.signers.extend_from_slice(signers);
        self
    }

    /// Opens the snapshot.
    ///
    /// # Errors
    /// [`SetupError::Snapshot`].
    pub fn open(&self) -> Result<Snapshot, SetupError> {
        if self.signers.is_empty() {
            return Err(SnapshotError::NoSigner.into());
        }
        let expected = match &self.register {
            Some(register) => Expected::Named(register),
            None => Expected::Before,
        };
        let (path, state) = (&self.path, &self.state);
        Ok(Snapshot::open_expecting(
            path,
            &self.signers,
            state,
            expected,
        )?)
    }

    /// Where the record of a snapshot's newest revision lies unless told otherwise.
    pub fn state_beside(snapshot: &Path) -> PathBuf {
        State::beside(snapshot)
    }
}

/// A key by its digest in 64 digits, or in a file with the public key.
///
/// # Errors
/// [`SetupError::Attest`].
pub fn signer(text: &str) -> Result<DeviceId, SetupError> {
    match DeviceId::parse(text) {
        Some(id) => Ok(id),
        None => Ok(DevicePublic::load(Path::new(text))?.id()),
    }
}

fn unusable(why: &str) -> SetupError {
    SetupError::Registry {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_path_keys_and_record() {
        let key = "ab".repeat(32);
        let address = Address::parse(&format!("///a/b?signer={key}&state=/c&register=vn")).unwrap();
        assert_eq!(address.path, Path::new("/a/b"));
        assert_eq!(address.state, Path::new("/c"));
        assert_eq!(address.signers, [DeviceId::parse(&key).unwrap()]);
        assert_eq!(address.register.unwrap().as_str(), "vn");
        let address = Address::parse("b").unwrap();
        assert_eq!(address.state, Path::new("b.seen"));
        assert_eq!(address.open().unwrap_err().code(), "snapshot.no_signer");
        for wrong in [
            "",
            "?signer=x",
            "a?state=",
            "a?b",
            "a?register=a/b",
            "a?c=d",
        ] {
            let code = Address::parse(wrong).unwrap_err().code();
            assert_eq!(code, "registry.unusable", "{wrong}");
        }
        let missing = Address::parse("a?signer=/no/such/file").unwrap_err();
        assert_eq!(missing.code(), "report.device");
    }
}
