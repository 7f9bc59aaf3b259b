//! Where something is taken from: a file, standard input, an address.

use std::io::stdin;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::error::SetupError;
use crate::error::TrustError;
use crate::trust::fetch;
use crate::trust::fetch::is_url;
use crate::trust::holding;
use crate::trust::holding::Holding;

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
        if path.is_dir() {
            let what = format!("{source}: a folder");
            return Err(SetupError::from(TrustError::Unreadable { what }).into());
        }
        Ok(Self {
            name: path
                .file_name()
                .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into()),
            bytes: holding::read(path).map_err(SetupError::from)?,
        })
    }

    /// What it holds. What is plainly something else is named as that.
    ///
    /// # Errors
    /// What [`holding::holdings`] gives.
    pub(super) fn holdings(&self) -> Result<Vec<Holding>, SetupError> {
        holding::holdings(&self.bytes, &self.name).map_err(|error| {
            let error = match (error, mistaken(&self.bytes)) {
                (TrustError::Malformed { .. }, Some(kind)) => TrustError::Malformed {
                    what: format!("{}: {kind}", self.name),
                },
                (error, _) => error,
            };
            error.into()
        })
    }
}

/// What people give by mistake, by its first octets.
const MISTAKEN: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\xFF\xD8\xFF", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"<", "a web page or XML"),
    (b"{", "JSON"),
];

/// What a file is that holds no trust material.
fn mistaken(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = start.trim_ascii_start();
    if start.is_empty() {
        return Some("an empty file");
    }
    MISTAKEN
        .iter()
        .find_map(|(magic, kind)| start.starts_with(magic).then_some(*kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        let source = Source {
            name: "given".to_owned(),
            bytes: bytes.to_vec(),
        };
        let error = source.holdings().unwrap_err();
        assert_eq!(error.code(), "trust.malformed");
        error.subject().unwrap()
    }

    #[test]
    fn what_is_given_by_mistake_is_named() {
        assert_eq!(said(b"PK\x03\x04rest"), "given: a zip archive");
        assert_eq!(said(b"\n<!DOCTYPE html>"), "given: a web page or XML");
        assert_eq!(said(b" \n"), "given: an empty file");
        assert!(said(b"something else").starts_with("given"));
    }

    #[test]
    fn a_folder_is_called_a_folder() {
        let error = Source::obtain(env!("CARGO_MANIFEST_DIR"), None)
            .err()
            .unwrap();
        assert_eq!(error.code(), "trust.unreadable");
    }
}
