//! How far a run has come, kept beside the list so that a run that was cut short goes on where it was.
//!
//! Written whole, beside, and put in its place only when the output it speaks of is on the disk: what it
//! says is always true. It holds counts and digests, and nothing of a person.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::registry::reconcile::moment;
use crate::registry::reconcile::totals::Totals;

/// Longest progress file, in bytes: counts by a few hundred words at most.
const MAX_FILE: u64 = 256 * 1024;

/// Name of this form of progress files.
const SCHEMA: &str = "cancuoc.reconcile_progress/1";

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    schema: String,
    /// Of what decides what is written for each row, in hexadecimal.
    pub(super) options: String,
    /// The moment by which data is fresh or not, for every row.
    #[serde(with = "moment")]
    pub(super) now: Timestamp,
    /// Bytes of the list that are done, and the digest of them.
    pub(super) offset: u64,
    pub(super) digest: String,
    /// Bytes of the output that are on the disk.
    pub(super) written: u64,
    pub(super) totals: Totals,
}

impl Kept {
    pub(super) fn new(options: String, now: Timestamp) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            options,
            now,
            offset: 0,
            digest: String::new(),
            written: 0,
            totals: Totals::default(),
        }
    }

    /// The file beside a list.
    pub(super) fn beside(list: &Path) -> PathBuf {
        let mut path = OsString::from(list);
        path.push(".reconcile");
        PathBuf::from(path)
    }

    /// Reads what an earlier run left.
    ///
    /// # Errors
    /// `None` within where there is a file that is none of these.
    pub(super) fn read(path: &Path) -> io::Result<Option<Option<Self>>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut text = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut text)?;
        let kept: Option<Self> = serde_json::from_slice(&text).ok();
        Ok(Some(kept.filter(|kept| kept.schema == SCHEMA)))
    }

    /// Puts this in the place of what was there.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut beside = OsString::from(path);
        beside.push(".new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(&beside)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The folder's own entry; file systems that cannot do this do not need it.
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            && let Ok(folder) = File::open(folder)
        {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}
