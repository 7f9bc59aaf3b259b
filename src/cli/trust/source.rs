//! Where something is taken from: a file, standard input, an address.

use std::fs::File;
use std::io;
use std::io::Read;
use std::io::stdin;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::error::TrustError;
use crate::trust::fetch;
use crate::trust::fetch::is_url;
use crate::trust::fetch::limit_of;

/// How much of a file tells what it is, in bytes.
const BEGINNING: u64 = 64;

/// What a source holds, and what to call it.
pub(super) struct Source {
    /// The address, or the name of the file without its folders.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Source {
    /// Reads or fetches it, not longer than such a thing may be.
    ///
    /// # Errors
    /// [`TrustError::Unreadable`], [`TrustError::TooLarge`], and what [`fetch::get`] gives.
    pub(super) fn obtain(source: &str, timeout: Option<u64>) -> Result<Self, Error> {
        if source == "-" {
            return Self::read(stdin().lock(), "-", "stdin".to_owned());
        }
        if is_url(source) {
            let whole = timeout.map_or(fetch::WHOLE, Duration::from_secs);
            return Ok(Self {
                name: source.to_owned(),
                bytes: fetch::get(source, whole)?,
            });
        }
        let name = Path::new(source)
            .file_name()
            .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into());
        let file = File::open(source).map_err(|_| unreadable(source))?;
        Self::read(file, source, name)
    }

    fn read(mut from: impl Read, source: &str, name: String) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let mut take = |most: u64, bytes: &mut Vec<u8>| -> Result<(), io::Error> {
            from.by_ref().take(most).read_to_end(bytes).map(|_| ())
        };
        take(BEGINNING, &mut bytes).map_err(|_| unreadable(source))?;
        let limit = limit_of(&bytes);
        let rest = limit.saturating_sub(BEGINNING).saturating_add(1);
        take(rest, &mut bytes).map_err(|_| unreadable(source))?;
        if u64::try_from(bytes.len()).map_or(true, |length| length > limit) {
            return Err(Error::Setup(
                TrustError::TooLarge {
                    what: source.to_owned(),
                }
                .into(),
            ));
        }
        Ok(Self { name, bytes })
    }
}

fn unreadable(source: &str) -> Error {
    Error::Setup(
        TrustError::Unreadable {
            what: source.to_owned(),
        }
        .into(),
    )
}
