//! Files that a person names: read no further than they may go.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::error::ProfileFault;
use crate::error::Wrong;

/// Why a file gives no text.
pub(super) enum NoText {
    /// It cannot be read.
    Unreadable,
    /// It is no UTF-8, from this place on.
    Encoding(ProfileFault),
}

/// Reads a file, and at most one byte more than it may have: a pipe or a device tells no length.
pub(super) fn read_bounded(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of text, such as a card profile or a policy. Whoever parses it refuses one byte too
/// many.
pub(super) fn text(path: &Path, most: usize) -> Result<String, NoText> {
    let bytes = read_bounded(path, most).map_err(|_| NoText::Unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        NoText::Encoding(ProfileFault {
            line: before.split(|byte| *byte == b'\n').count(),
            at: String::new(),
            wrong: Wrong::Encoding,
        })
    })
}
