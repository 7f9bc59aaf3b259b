//! The file that results go to.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::Write as _;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::Error;
use crate::error::ReconcileError;
use crate::error::SetupError;
use crate::registry::reconcile::judged::Style;

/// Bytes that are gathered before they are handed to the system.
const BUFFER: usize = 1 << 20;

/// Where results go, if anywhere.
pub(super) struct Output {
    file: Option<File>,
    path: String,
    buffer: Vec<u8>,
    /// Bytes of all results, those in the buffer with them.
    pub(super) length: u64,
}

/// The form that a file's name asks for.
pub(super) fn style(path: &Path) -> Style {
    match path.extension().and_then(|end| end.to_str()) {
        Some("jsonl" | "ndjson" | "json") => Style::Json,
        _ => Style::Csv,
    }
}

impl Output {
    /// A new file, for this user alone; one that is there is replaced only where that was asked for,
    /// or where nothing stands in it: a run that was killed at its start leaves such a one.
    ///
    /// # Errors
    /// [`ReconcileError::OutputThere`], [`SetupError::OutputUnwritable`].
    pub(super) fn new(path: Option<&Path>, replaces: bool) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.write(true);
        let is_empty =
            |path: &Path| fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == 0);
        if replaces || path.is_some_and(is_empty) {
            options.create(true).truncate(true);
        } else {
            options.create_new(true);
        }
        Self::open(path, &options, 0)
    }

    /// The file of an earlier run, cut to what is known to be on the disk. Nothing where it is shorter.
    ///
    /// # Errors
    /// [`SetupError::OutputUnwritable`].
    pub(super) fn resume(path: Option<&Path>, written: u64) -> Result<Option<Self>, Error> {
        let mut options = OpenOptions::new();
        options.write(true);
        if path.is_some_and(|path| !path.exists()) {
            return Ok(None);
        }
        let mut output = Self::open(path, &options, written)?;
        if let Some(file) = &mut output.file {
            let placed = file.metadata().and_then(|known| {
                if known.len() < written {
                    return Ok(false);
                }
                file.set_len(written)?;
                file.seek(SeekFrom::Start(written))?;
                Ok(true)
            });
            if !placed.map_err(|_| unwritable(&output.path))? {
                return Ok(None);
            }
        }
        Ok(Some(output))
    }

    fn open(path: Option<&Path>, options: &OpenOptions, length: u64) -> Result<Self, Error> {
        let shown = path.map(|path| path.display().to_string());
        let shown = shown.unwrap_or_default();
        let file = match path {
            None => None,
            Some(path) => {
                #[cfg(unix)]
                let options = options.clone().mode(0o600).clone();
                #[cfg(not(unix))]
                let options = options.clone();
                let opened = options.open(path).map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => {
                        Error::from(SetupError::from(ReconcileError::OutputThere {
                            path: shown.clone(),
                        }))
                    }
                    _ => unwritable(&shown),
                });
                Some(opened?)
            }
        };
        Ok(Self {
            file,
            path: shown,
            buffer: Vec::new(),
            length,
        })
    }

    pub(super) fn put(&mut self, text: &[u8]) -> Result<(), Error> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        self.buffer.extend_from_slice(text);
        let more = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.length = self.length.saturating_add(more);
        if self.buffer.len() >= BUFFER {
            file.write_all(&self.buffer)
                .map_err(|_| unwritable(&self.path))?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Returns when everything is on the disk.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file.write_all(&self.buffer);
        self.buffer.clear();
        written
            .and_then(|()| file.sync_data())
            .map_err(|_| unwritable(&self.path))
    }
}

fn unwritable(path: &str) -> Error {
    SetupError::OutputUnwritable {
        path: path.to_owned(),
    }
    .into()
}
