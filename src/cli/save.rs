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
    /// Where it is written until it is whole; none for a device or a pipe, which no file replaces.
    part: Option<PathBuf>,
    path: PathBuf,
}

impl Saving {
    /// Opens the file before there is anything to write, so that a place that cannot be written is
    /// known before a card is read.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn begin(path: &Path) -> Result<Self, SetupError> {
        let device = fs::metadata(path).is_ok_and(|there| !there.is_file());
        if device {
            let file = fs::OpenOptions::new().write(true).open(path);
            return Ok(Self {
                file: file.map_err(|_| unwritable(path))?,
                part: None,
                path: path.to_owned(),
            });
        }
        let mut name = path.file_name().ok_or_else(|| unwritable(path))?.to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let file = create(&part).map_err(|_| unwritable(path))?;
        Ok(Self {
            file,
            part: Some(part),
            path: path.to_owned(),
        })
    }

    /// Writes everything and puts the file in its place.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(crate) fn finish(mut self, bytes: &[u8]) -> Result<(), SetupError> {
        let written = match &self.part {
            None => self.file.write_all(bytes),
            Some(part) => self
                .file
                .write_all(bytes)
                .and_then(|()| self.file.sync_all())
                .and_then(|()| fs::rename(part, &self.path)),
        };
        written.map_err(|_| unwritable(&self.path))
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // Gone already when it was finished.
            let _ = fs::remove_file(part);
        }
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt;

    use super::*;

    #[test]
    fn a_device_is_written_to_and_never_replaced() {
        let null = Path::new("/dev/null");
        Saving::begin(null).unwrap().finish(b"gone").unwrap();
        drop(Saving::begin(null).unwrap());
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
        assert!(!Path::new("/dev/null.part").exists());
    }

    #[test]
    fn a_folder_cannot_be_written() {
        assert!(Saving::begin(Path::new("/")).is_err());
    }
}
