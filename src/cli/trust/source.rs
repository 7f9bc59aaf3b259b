//! Where something is taken from: a file, standard input, an address.

use std::io::stdin;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::error::SetupError;
use crate::trust::fetch;
use crate::trust::fetch::is_url;
use crate::trust::holding;

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
    /// What [`holding::read`] and [`fetch::get`] give.
    pub(super) fn obtain(source: &str, timeout: Option<u64>) -> Result<Self, Error> {
        if is_url(source) {
            let whole = timeout.map_or(fetch::WHOLE, Duration::from_secs);
            return Ok(Self {
                name: source.to_owned(),
                bytes: fetch::get(source, whole)?,
            });
        }
        if source == "-" {
            let name = "stdin".to_owned();
            let bytes = holding::read_from(stdin().lock(), &name).map_err(SetupError::from)?;
            return Ok(Self { name, bytes });
        }
        let path = Path::new(source);
        Ok(Self {
            name: path
                .file_name()
                .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into()),
            bytes: holding::read(path).map_err(SetupError::from)?,
        })
    }
}
