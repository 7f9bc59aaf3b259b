//! The files of a log.
//!
//! ```text
//! DIR/lock                        held by whoever writes
//! DIR/00000000000000000000.jsonl  segment: lines from the record of that number on
//! DIR/checkpoints                 every checkpoint, an empty line behind each
//! DIR/checkpoint                  the newest of them alone, for witnesses
//! DIR/KEY.pem                     public key that signed, called by its SHA-256
//! DIR/frontier                    the tree where the last segment begins; may be missing
//! DIR/pairwise.key                secret of the pairwise identifiers; may lie elsewhere
//! ```

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::TryLockError;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::audit::entry::MAX_LINE;
use crate::audit::note::MAX_NOTE;
use crate::error::AuditError;
use crate::seal::key::DeviceId;

/// Digits in the name of a segment: every number of 64 bits has as many, with zeros in front.
const DIGITS: usize = 20;

/// End of a segment's name.
const SEGMENT: &str = ".jsonl";

/// Bytes read from a file at a time.
const READ_AHEAD: usize = 256 * 1024;

/// Every checkpoint.
pub(super) const CHECKPOINTS: &str = "checkpoints";

/// The newest checkpoint.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// The tree where the last segment begins.
pub(super) const FRONTIER: &str = "frontier";

/// The secret of the pairwise identifiers.
pub(super) const PAIRWISE: &str = "pairwise.key";

const LOCK: &str = "lock";

/// How long the lock is waited for: whoever just ended holds it a moment longer where a child was being
/// started meanwhile, which has the open file until it becomes another program.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the lock is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// A file of the system that could not be used.
pub(super) fn unusable(path: &Path, error: &io::Error) -> AuditError {
    AuditError::Unusable {
        path: path.display().to_string(),
        why: error.kind().to_string(),
    }
}

/// Makes the folder, for this user alone, if it is not there; gives the lock on it.
pub(super) fn take(dir: &Path) -> Result<File, AuditError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|error| unusable(dir, &error))?;
    let path = dir.join(LOCK);
    let lock = private()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|error| unusable(&path, &error))?;
    let since = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(AuditError::Locked {
                    path: dir.display().to_string(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(&path, &error)),
        }
    }
}

/// Options for files that are nobody else's.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Has the system write down which names a folder has.
pub(super) fn sync_names(dir: &Path) -> io::Result<()> {
    // Other systems write names down with the files, and open no folders.
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Puts a small file in its place whole, or not at all.
pub(super) fn replace(dir: &Path, name: &str, contents: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut file = private()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&new)?;
    file.write_all(contents)?;
    file.sync_data()?;
    fs::rename(&new, dir.join(name))
}

/// One file of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// Number of its first record, by its name.
    pub(super) first: u64,
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Its length when the folder was looked at.
    pub(super) length: u64,
}

/// Where the segment that begins with a record lies.
pub(super) fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:0DIGITS$}{SEGMENT}"))
}

/// The public key of that name.
pub(super) fn key_path(dir: &Path, key: DeviceId) -> PathBuf {
    dir.join(format!("{key}.pem"))
}

/// The segments, by the numbers of their first records. Files with other names are not ours.
pub(super) fn segments(dir: &Path) -> Result<Vec<Segment>, AuditError> {
    let failed = |error: io::Error| unusable(dir, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(SEGMENT));
        let Some(first) = digits.filter(|digits| digits.len() == DIGITS) else {
            continue;
        };
        let Ok(first) = first.parse() else { continue };
        let path = entry.path();
        let length = fs::metadata(&path)
            .map_err(|error| unusable(&path, &error))?
            .len();
        found.push(Segment {
            first,
            path,
            length,
        });
    }
    found.sort_by_key(|segment| segment.first);
    Ok(found)
}

/// What a file of lines gives next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A line, with its end taken off.
    Line,
    /// Bytes up to the end of the file, without an end of line among them: how many.
    Torn(u64),
    /// A line that is longer than any record.
    Long,
    /// Nothing more.
    End,
}

/// Lines of a file, one at a time.
pub(super) struct Lines {
    file: BufReader<File>,
    path: PathBuf,
    /// Where the next line begins.
    pub(super) offset: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let file = File::open(path).map_err(|error| unusable(path, &error))?;
        Ok(Self {
            file: BufReader::with_capacity(READ_AHEAD, file),
            path: path.to_owned(),
            offset: 0,
        })
    }

    /// Reads the next line into `line`, whose contents are lost.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<Next, AuditError> {
        line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = self.file.by_ref().take(most).read_until(b'\n', line);
        let length = read.map_err(|error| unusable(&self.path, &error))?;
        let mut length = u64::try_from(length).unwrap_or(u64::MAX);
        if line.pop_if(|byte| *byte == b'\n').is_some() {
            self.offset = self.offset.saturating_add(length);
            return Ok(Next::Line);
        }
        if length < most {
            return Ok(match length {
                0 => Next::End,
                length => Next::Torn(length),
            });
        }
        // A crash leaves many zeros behind, but no end of line.
        loop {
            let ahead = self
                .file
                .fill_buf()
                .map_err(|error| unusable(&self.path, &error))?;
            if ahead.is_empty() {
                return Ok(Next::Torn(length));
            }
            if ahead.contains(&b'\n') {
                return Ok(Next::Long);
            }
            let seen = ahead.len();
            self.file.consume(seen);
            length = length.saturating_add(u64::try_from(seen).unwrap_or(u64::MAX));
        }
    }
}

/// The notes in the file of checkpoints, one at a time.
pub(super) struct Notes {
    file: BufReader<File>,
    path: PathBuf,
    /// Where the next note begins.
    pub(super) offset: u64,
}

/// What the file of checkpoints gives next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NextNote {
    /// A note, without the empty line behind it.
    Note(Vec<u8>),
    /// The beginning of a note, up to the end of the file.
    Torn,
    /// Something longer than any note.
    Long,
    /// Nothing more.
    End,
}

impl Notes {
    /// None where there is no such file.
    pub(super) fn open(dir: &Path) -> Result<Option<Self>, AuditError> {
        let path = dir.join(CHECKPOINTS);
        match File::open(&path) {
            Ok(file) => Ok(Some(Self {
                file: BufReader::new(file),
                path,
                offset: 0,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Reads the next note: up to the second empty line, since the first one parts the text from the
    /// signatures.
    pub(super) fn next(&mut self) -> Result<NextNote, AuditError> {
        let mut note = Vec::new();
        let mut empty_lines = 0;
        loop {
            let start = note.len();
            let most = u64::try_from(MAX_NOTE).unwrap_or(u64::MAX);
            let read = self.file.by_ref().take(most).read_until(b'\n', &mut note);
            read.map_err(|error| unusable(&self.path, &error))?;
            if note.is_empty() {
                return Ok(NextNote::End);
            }
            if note.len() > MAX_NOTE {
                return Ok(NextNote::Long);
            }
            if note.last() != Some(&b'\n') || note.len() == start {
                return Ok(NextNote::Torn);
            }
            if note.len() == start + 1 {
                empty_lines += 1;
            }
            if empty_lines == 2 {
                let length = u64::try_from(note.len()).unwrap_or(u64::MAX);
                self.offset = self.offset.saturating_add(length);
                note.pop();
                return Ok(NextNote::Note(note));
            }
        }
    }
}
