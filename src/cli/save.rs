//! Files with personal data: for this user alone, whole or not at all.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::error::SetupError;

/// A file that is being written beside its place. Dropped unfinished, it leaves nothing behind.
pub(crate) struct Saving {
    file: File,
    part: PathBuf,
    path: PathBuf,
}

impl Saving {
    /// Opens the file before there is anything to write, so that a place that cannot be written is
    /// known before a card is read.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn begin(path: &Path) -> Result<Self, SetupError> {
        let mut name = path.file_name().ok_or_else(|| unwritable(path))?.to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = create(&part).map_err(|_| unwritable(path))?;
        Ok(Self {
            file,
            part,
            path: path.to_owned(),
        })
    }

    /// Writes everything and puts the file in its place.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn finish(mut self, bytes: &[u8]) -> Result<(), SetupError> {
        self.file
            .write_all(bytes)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| fs::rename(&self.part, &self.path))
            .map_err(|_| unwritable(&self.path))
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        // Gone already when it was finished.
        let _ = fs::remove_file(&self.part);
    }
}

fn create(part: &Path) -> io::Result<File> {
    // A file that somebody else laid there, readable for them, or a link to another place is not
    // written into.
    let _ = fs::remove_file(part);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(part)
}

fn unwritable(path: &Path) -> SetupError {
    SetupError::OutputUnwritable {
        path: path.display().to_string(),
    }
}
