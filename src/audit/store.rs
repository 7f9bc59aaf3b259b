//! Writing to the folder: groups of lines, segments, checkpoints.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::audit::chain::Chain;
use crate::audit::entry::Stamp;
use crate::audit::entry::put_line;
use crate::audit::folder::CHECKPOINT;
use crate::audit::folder::CHECKPOINTS;
use crate::audit::folder::FRONTIER;
use crate::audit::folder::private;
use crate::audit::folder::replace;
use crate::audit::folder::segment_path;
use crate::audit::folder::sync_names;
use crate::audit::note::Checkpoint;
use crate::audit::saved::Saved;
use crate::error::AuditError;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::key::DeviceKey;

/// What the clock says.
pub type Clock = fn() -> Timestamp;

/// A file that is written at its end only.
struct Growing {
    file: File,
    path: PathBuf,
    /// Up to where it is known to be good.
    length: u64,
    state: Tail,
}

/// What stands behind the good part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Clean,
    /// Something that was not written whole, and has to be taken back first.
    Spoilt,
}

impl Growing {
    fn open(path: PathBuf) -> io::Result<Self> {
        let file = private().create(true).append(true).open(&path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file,
            path,
            length,
            state: Tail::Clean,
        })
    }

    /// Adds bytes and has the system write them to the disk, or leaves the file as it was.
    fn add(&mut self, bytes: &[u8]) -> Result<(), AuditError> {
        self.take_back()?;
        self.in_place()?;
        self.state = Tail::Spoilt;
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| AuditError::writing(error.kind()))
            // A file that was taken away meanwhile is written to, and nobody will find it.
            .and_then(|()| self.in_place());
        match written {
            Ok(()) => {
                let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.length = self.length.saturating_add(more);
                self.state = Tail::Clean;
                Ok(())
            }
            Err(error) => {
                // Tried again before the next write, if it does not go now.
                let _ = self.take_back();
                Err(error)
            }
        }
    }

    /// Takes back what was written of lines that nobody was told of.
    fn take_back(&mut self) -> Result<(), AuditError> {
        if self.state == Tail::Spoilt {
            self.file
                .set_len(self.length)
                .and_then(|()| self.file.sync_data())
                .map_err(|error| AuditError::writing(error.kind()))?;
            self.state = Tail::Clean;
        }
        Ok(())
    }

    /// Whether the file's name still leads to it.
    fn in_place(&self) -> Result<(), AuditError> {
        match same_file(&self.file, &self.path) {
            Ok(Same::Yes) => Ok(()),
            Ok(Same::No) => Err(AuditError::Vanished),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(AuditError::Vanished),
            Err(error) => Err(AuditError::writing(error.kind())),
        }
    }
}

/// Whether two ways lead to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Same {
    Yes,
    No,
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> io::Result<Same> {
    use std::os::unix::fs::MetadataExt as _;

    let (open, there) = (file.metadata()?, fs::metadata(path)?);
    let same = open.dev() == there.dev() && open.ino() == there.ino();
    Ok(if same { Same::Yes } else { Same::No })
}

/// Elsewhere, a file that is open cannot be taken away.
#[cfg(not(unix))]
fn same_file(_file: &File, path: &Path) -> io::Result<Same> {
    fs::metadata(path).map(|_| Same::Yes)
}

/// A log's folder, as the one who writes sees it.
pub(super) struct Store {
    dir: PathBuf,
    origin: String,
    key: Arc<DeviceKey>,
    clock: Clock,
    segment_bytes: u64,
    chain: Chain,
    segment: Option<Growing>,
    checkpoints: Growing,
    /// Number of records that the newest checkpoint counts; none where there is no checkpoint.
    checked: Option<u64>,
    /// The lines of the group, made anew for each.
    lines: Vec<u8>,
}

/// What a store is opened with.
pub(super) struct Opened {
    pub(super) dir: PathBuf,
    pub(super) origin: String,
    pub(super) key: Arc<DeviceKey>,
    pub(super) clock: Clock,
    pub(super) segment_bytes: u64,
    pub(super) chain: Chain,
    /// The last segment, if there is one.
    pub(super) segment: Option<PathBuf>,
    pub(super) checked: Option<u64>,
}

impl Store {
    /// Opens the files to write to. They end with whole lines and notes.
    pub(super) fn new(opened: Opened) -> io::Result<Self> {
        let Opened {
            dir,
            origin,
            key,
            clock,
            segment_bytes,
            chain,
            segment,
            checked,
        } = opened;
        let segment = segment.map(Growing::open).transpose()?;
        let checkpoints = Growing::open(dir.join(CHECKPOINTS))?;
        Ok(Self {
            dir,
            origin,
            key,
            clock,
            segment_bytes,
            chain,
            segment,
            checkpoints,
            checked,
            lines: Vec::new(),
        })
    }

    /// Writes a group of records to the disk: all of them, or none.
    pub(super) fn write(&mut self, records: &[Vec<u8>]) -> Result<u64, AuditError> {
        let first = self.chain.seq();
        let mut chain = self.chain.clone();
        let stamp = self.stamp();
        self.lines.clear();
        for record in records {
            let start = self.lines.len();
            put_line(&mut self.lines, chain.seq(), &chain.prev, &stamp, record);
            let line = self.lines.get(start..self.lines.len() - 1);
            chain.push(line.unwrap_or_default());
        }
        chain.time = stamp.time;
        let full = self
            .segment
            .as_ref()
            .is_none_or(|segment| segment.length >= self.segment_bytes);
        if full {
            self.segment = Some(self.begin_segment()?);
        }
        if let Some(segment) = &mut self.segment {
            segment.add(&self.lines)?;
        }
        self.chain = chain;
        Ok(first)
    }

    /// The time of the next lines: the clock's, or that of the last line where the clock went back.
    fn stamp(&self) -> Stamp {
        let now = time((self.clock)());
        if now < self.chain.time {
            Stamp {
                time: self.chain.time.clone(),
                clock: Some(now),
            }
        } else {
            Stamp {
                time: now,
                clock: None,
            }
        }
    }

    /// Begins the segment of the next line. One that is there already and holds nothing is taken.
    fn begin_segment(&mut self) -> Result<Growing, AuditError> {
        let writing = |error: io::Error| AuditError::writing(error.kind());
        // The tree at this place saves walking along all segments at the next start.
        let _ = self.checkpoint();
        let _ = replace(
            &self.dir,
            FRONTIER,
            Saved::of(&self.chain).text().as_bytes(),
        );
        if let Some(segment) = &self.segment {
            segment.in_place()?;
        }
        let segment = Growing::open(segment_path(&self.dir, self.chain.seq())).map_err(writing)?;
        if segment.length > 0 {
            return Err(AuditError::Vanished);
        }
        sync_names(&self.dir).map_err(writing)?;
        Ok(segment)
    }

    /// Number of records that were written since the newest checkpoint.
    pub(super) fn unchecked(&self) -> u64 {
        self.chain.seq().saturating_sub(self.checked.unwrap_or(0))
    }

    /// Whether there is no checkpoint yet, not even of a log without records.
    pub(super) const fn is_new(&self) -> bool {
        self.checked.is_none()
    }

    /// Signs the tree as it is, if that was not done.
    ///
    /// # Errors
    /// What keeps it from being signed or written; it is tried again with the next one.
    pub(super) fn checkpoint(&mut self) -> Result<(), Error> {
        let size = self.chain.seq();
        if self.checked == Some(size) {
            return Ok(());
        }
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size,
            root: self.chain.tree.root(),
        };
        let note = checkpoint.sign(&self.key)?;
        let added = self.checkpoints.add(format!("{note}\n").as_bytes());
        added.map_err(SetupError::from)?;
        self.checked = Some(size);
        // What witnesses fetch may be older than the last one, but never half of one.
        let _ = replace(&self.dir, CHECKPOINT, note.as_bytes());
        Ok(())
    }
}

/// A time as lines have it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
