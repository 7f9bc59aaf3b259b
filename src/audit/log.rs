//! A log that is written to.

use std::fmt;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use jiff::Timestamp;

use crate::audit::chain::Chain;
use crate::audit::chain::broken;
use crate::audit::chain::joined;
use crate::audit::chain::last_line;
use crate::audit::chain::walk;
use crate::audit::entry;
use crate::audit::entry::Entry;
use crate::audit::entry::Record;
use crate::audit::folder;
use crate::audit::folder::CHECKPOINTS;
use crate::audit::folder::Segment;
use crate::audit::folder::unusable;
use crate::audit::heads::Heads;
use crate::audit::heads::Signatures;
use crate::audit::heads::keys;
use crate::audit::note::ALGORITHM;
use crate::audit::note::is_origin;
use crate::audit::pairwise::Pairwise;
use crate::audit::pending::Closing;
use crate::audit::pending::Pending;
use crate::audit::pending::Queue;
use crate::audit::saved::Saved;
use crate::audit::store::Clock;
use crate::audit::store::Opened;
use crate::audit::store::Store;
use crate::audit::tree::sha256;
use crate::error::AuditError;
use crate::error::AuditFault;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::key::DeviceKey;
use crate::seal::key::DevicePublic;

/// Bytes of a segment after which the next one begins: about 150,000 records, read again within a
/// second at the next start.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Read within a second.
const WHOLE_BYTES: u64 = 256 * 1024 * 1024;

/// Records after which a checkpoint is made.
const CHECKPOINT_RECORDS: u64 = 50_000;

/// Time after which one is made, if there are new records.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(10);

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// The log's name, in every checkpoint: by custom an address without `https://`, such as
    /// `registry.example.vn/audit`.
    pub origin: String,
    /// Who writes, in every record.
    pub server: String,
    /// Where the secret of the pairwise identifiers lies [default: in the folder].
    pub pairwise: Option<PathBuf>,
    /// Bytes of a segment after which the next one begins.
    pub segment_bytes: u64,
    /// Bytes of all segments up to which the log is read whole when it is opened. Beyond, the last
    /// segment is, and of those before how each goes on from the other.
    pub whole_bytes: u64,
    /// Records after which a checkpoint is made.
    pub checkpoint_records: u64,
    /// Time after which one is made, if there are new records.
    pub checkpoint_interval: Duration,
    /// What the clock says.
    pub clock: Clock,
}

impl Options {
    /// The usual way, for a log of that name.
    pub fn new(origin: &str, server: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            server: server.to_owned(),
            pairwise: None,
            segment_bytes: SEGMENT_BYTES,
            whole_bytes: WHOLE_BYTES,
            checkpoint_records: CHECKPOINT_RECORDS,
            checkpoint_interval: CHECKPOINT_INTERVAL,
            clock: Timestamp::now,
        }
    }
}

/// A log to which records are added, by one process at a time and as many threads as there are.
///
/// When it is dropped, what was handed over is written, and a last checkpoint is made.
pub struct Log {
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
    server: String,
    pairwise: Pairwise,
    mended: u64,
    records: u64,
    /// Held as long as the log is open.
    _lock: File,
}

impl Log {
    /// Opens the log in a folder, or begins one there.
    ///
    /// What is in the folder is read and held against the chain and the checkpoints. Bytes behind
    /// the last whole line are cut off, which is all that a crash can leave, and a record says so.
    ///
    /// # Errors
    /// [`AuditError::Locked`], [`AuditError::Unusable`], [`AuditError::Key`],
    /// [`AuditError::Origin`], [`AuditError::Foreign`]; [`AuditError::Broken`] for a log that was
    /// changed.
    pub fn open(
        dir: &Path,
        key: impl Into<Arc<DeviceKey>>,
        options: Options,
    ) -> Result<Self, Error> {
        let key = key.into();
        if key.public().algorithm() != ALGORITHM {
            return Err(setup(AuditError::Key));
        }
        if !is_origin(&options.origin) {
            return Err(setup(AuditError::Origin));
        }
        entry::mended(&options.server, 0).map_err(setup)?;
        let lock = folder::take(dir).map_err(setup)?;
        let found = Found::read(dir, &key, &options).map_err(setup)?;
        let pairwise = match &options.pairwise {
            Some(path) => Pairwise::load(path)?,
            None => Pairwise::of_folder(dir, found.is_new())?,
        };
        let (mended, records) = (found.torn, found.chain.seq());
        let mut store = found.store(dir, key, &options).map_err(setup)?;
        // A log that cannot take its first checkpoint can take no record either.
        if store.is_new() {
            store.checkpoint()?;
        }
        folder::sync_names(dir).map_err(|error| setup(unusable(dir, &error)))?;
        if mended > 0 {
            let record = entry::mended(&options.server, mended).map_err(setup)?;
            store.write(&[record]).map_err(setup)?;
        }
        let queue = Arc::new(Queue::new());
        let server = options.server.clone();
        let writer = {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name("audit".to_owned())
                .spawn(move || write(&queue, store, &options))
        };
        let writer = writer.map_err(|error| setup(unusable(dir, &error)))?;
        Ok(Self {
            queue,
            writer: Some(writer),
            server,
            pairwise,
            mended,
            records,
            _lock: lock,
        })
    }

    /// Hands a record over. It is on the disk once the wait is over.
    pub fn append(&self, entry: &Entry) -> Pending {
        match entry::encode(entry, &self.server) {
            Ok(record) => self.queue.push(record),
            Err(error) => Pending::refused(error),
        }
    }

    /// Names for persons and cards that only one agency's records have.
    pub const fn pairwise(&self) -> &Pairwise {
        &self.pairwise
    }

    /// Bytes of a torn line that were cut off when the log was opened.
    pub const fn mended(&self) -> u64 {
        self.mended
    }

    /// Number of records that were there when the log was opened.
    pub const fn found(&self) -> u64 {
        self.records
    }

    /// Writes what was handed over, makes a last checkpoint, and ends. Records that are handed over
    /// from now on are refused.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // A writer that ended by a fault has nothing more to say.
            let _ = writer.join();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({})", self.server)
    }
}

fn setup(error: AuditError) -> Error {
    SetupError::from(error).into()
}

/// What the writer's thread does: takes all that wait, writes them, wakes whoever waits.
fn write(queue: &Queue, mut store: Store, options: &Options) {
    let mut due = Instant::now() + options.checkpoint_interval;
    let mut last = 0;
    loop {
        let unchecked = store.unchecked();
        if unchecked == 0 {
            due = Instant::now() + options.checkpoint_interval;
        }
        queue.gather(last);
        let waiting = queue.take((unchecked > 0).then_some(due));
        last = waiting.records.len();
        if !waiting.records.is_empty() {
            waiting.group.finish(store.write(&waiting.records));
        } else if waiting.closing == Closing::Yes {
            break;
        }
        let now = Instant::now();
        if store.unchecked() >= options.checkpoint_records || now >= due {
            checkpoint(&mut store);
            due = now + options.checkpoint_interval;
        }
    }
    checkpoint(&mut store);
}

fn checkpoint(store: &mut Store) {
    if let Err(error) = store.checkpoint() {
        tracing::debug!(code = error.code(), "no checkpoint");
    }
}

/// What was found in a folder.
struct Found {
    chain: Chain,
    last: Option<Segment>,
    /// Length of the last segment up to the end of its last whole line.
    good: u64,
    torn: u64,
    /// Records that the newest checkpoint counts, and the length of the file up to its end.
    checked: Option<u64>,
    notes: u64,
}

impl Found {
    fn read(dir: &Path, key: &DeviceKey, options: &Options) -> Result<Self, AuditError> {
        let origin = &options.origin;
        let segments = folder::segments(dir)?;
        let mut known = keys(dir, &[])?;
        if known.iter().all(|other| other.id() != key.public().id()) {
            known.push(key.public().clone());
        }
        let heads = Heads::open(dir, known.clone(), Signatures::Last)?;
        match &heads.origin {
            Some(other) if other != origin => {
                return Err(AuditError::Foreign {
                    origin: other.clone(),
                });
            }
            // A log begins with a checkpoint, before its first record.
            None if segments.iter().any(|segment| segment.length > 0) => {
                return Err(broken(0, AuditFault::Signer));
            }
            _ => {}
        }
        let total = segments
            .iter()
            .fold(0_u64, |sum, segment| sum.saturating_add(segment.length));
        let quick = if total > options.whole_bytes {
            quickly(dir, &segments, &known)?
        } else {
            None
        };
        let (mut chain, mut heads, at) = quick.unwrap_or_else(|| (Chain::begin(origin), heads, 0));
        heads.check(&chain)?;
        let left = segments.get(at..).unwrap_or_default();
        let walked = walk(left, &mut chain, &mut |chain, _| heads.check(chain))?;
        let newest = heads.finish(&chain)?;
        Ok(Self {
            chain,
            last: segments.last().cloned(),
            good: walked.good,
            torn: walked.torn,
            checked: newest.map(|note| note.checkpoint().size),
            notes: heads.good,
        })
    }

    const fn is_new(&self) -> bool {
        self.checked.is_none()
    }

    /// Cuts off what is torn, puts the public key beside the log, and opens the files to write to.
    fn store(
        self,
        dir: &Path,
        key: Arc<DeviceKey>,
        options: &Options,
    ) -> Result<Store, AuditError> {
        let notes = dir.join(CHECKPOINTS);
        match cut(&notes, self.notes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            cut => cut.map_err(|error| unusable(&notes, &error))?,
        }
        if let Some(last) = &self.last {
            cut(&last.path, self.good).map_err(|error| unusable(&last.path, &error))?;
        }
        let public = folder::key_path(dir, key.public().id());
        if !public.exists() {
            let name = public.file_name().unwrap_or_default().to_string_lossy();
            folder::replace(dir, &name, key.public().pem().as_bytes())
                .map_err(|error| unusable(&public, &error))?;
        }
        let opened = Opened {
            dir: dir.to_owned(),
            origin: options.origin.clone(),
            key,
            clock: options.clock,
            segment_bytes: options.segment_bytes,
            chain: self.chain,
            segment: self.last.map(|last| last.path),
            checked: self.checked,
        };
        Store::new(opened).map_err(|error| unusable(dir, &error))
    }
}

/// Cuts a file to a length, if it is longer.
fn cut(path: &Path, length: u64) -> io::Result<()> {
    if fs::metadata(path)?.len() > length {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Where the last segment begins, if the tree up to there was kept and a checkpoint vouches for it.
fn quickly(
    dir: &Path,
    segments: &[Segment],
    known: &[DevicePublic],
) -> Result<Option<(Chain, Heads, usize)>, AuditError> {
    let Some(mut chain) = Saved::load(dir) else {
        return Ok(None);
    };
    let at = segments
        .iter()
        .position(|segment| segment.first == chain.seq());
    let Some((at, before)) = at.and_then(|at| Some((at, segments.get(at.checked_sub(1)?)?))) else {
        return Ok(None);
    };
    let mut heads = Heads::open(dir, known.to_vec(), Signatures::Last)?;
    let vouching = heads.skip_to(chain.seq())?;
    let Some(note) = vouching.filter(|note| note.checkpoint().root == chain.tree.root()) else {
        return Ok(None);
    };
    heads.vouch(&note)?;
    joined(segments.get(..at).unwrap_or_default())?;
    // What the next line must go on from is what stands there, whatever was kept of it.
    let Some(line) = last_line(&before.path, before.length)? else {
        return Ok(None);
    };
    let Some(record) = Record::read(&line) else {
        return Ok(None);
    };
    chain.prev = sha256(&[&line]);
    record.time.clone_into(&mut chain.time);
    Ok(Some((chain, heads, at)))
}
