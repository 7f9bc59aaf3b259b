//! Looking at a log from outside.

use std::fs;
use std::io;
use std::path::Path;

use crate::audit::chain::Chain;
use crate::audit::chain::broken;
use crate::audit::chain::walk;
use crate::audit::entry::Record;
use crate::audit::folder;
use crate::audit::folder::CHECKPOINT;
use crate::audit::folder::Segment;
use crate::audit::folder::unusable;
use crate::audit::heads::Heads;
use crate::audit::heads::Signatures;
use crate::audit::heads::keys;
use crate::audit::note::Checkpoint;
use crate::audit::note::MAX_NOTE;
use crate::audit::note::Signed;
use crate::audit::proof::Proving;
use crate::audit::reads::Unended;
use crate::audit::tree::Digest;
use crate::audit::tree::leaf;
use crate::error::AuditError;
use crate::error::AuditFault;
use crate::seal::key::DeviceId;

/// What was found of a log that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of records.
    pub records: u64,
    /// Number of checkpoints, all of which the records agree with.
    pub checkpoints: u64,
    /// Number of records that the newest checkpoint counts. That none is missing behind them cannot
    /// be seen here.
    pub covered: u64,
    /// The log's name, and the tree over all records.
    pub head: Checkpoint,
    /// Keys that signed checkpoints.
    pub signers: Vec<DeviceId>,
    /// Checkpoints kept elsewhere that the records agree with.
    pub kept: u64,
    /// Records that say that the clock had gone back.
    pub set_back: u64,
    /// Records that say that a torn line was cut off at a start.
    pub mended: u64,
    /// Records that a read begins with, each of which has another one for its end.
    pub begun: u64,
    /// Reads that began and have no end: of those that are under way, or were when the log's writer was
    /// killed or had no power any more.
    pub unended: Unended,
    /// Bytes behind the last whole line: of a record that is being written, or was when the log's
    /// writer was killed.
    pub torn: u64,
    /// Time of the first record.
    pub since: Option<String>,
    /// Time of the last record.
    pub until: Option<String>,
}

/// Reads a log from one end to the other and holds it against its chain, its checkpoints and those
/// that were kept elsewhere. Nothing is locked and nothing changed: a log may be written meanwhile.
///
/// With `trusted`, checkpoints count only if one of these keys signed them; without, any key that
/// lies in the folder does.
///
/// # Errors
/// [`AuditError::Broken`] names the record; [`AuditError::Absent`], [`AuditError::Unusable`].
pub fn verify(dir: &Path, trusted: &[DeviceId], kept: &[Signed]) -> Result<Verified, AuditError> {
    fs::metadata(dir).map_err(|error| unusable(dir, &error))?;
    // Checkpoints first: whatever is written meanwhile is only more than they count.
    let keys = keys(dir, trusted)?;
    let mut heads = Heads::open(dir, keys, Signatures::All)?;
    let segments = folder::segments(dir)?;
    let Some(origin) = heads.origin.clone() else {
        if segments.is_empty() {
            return Err(AuditError::Absent {
                path: dir.display().to_string(),
            });
        }
        return Err(broken(0, AuditFault::Signer));
    };
    let mut kept = Kept::new(kept, &origin, &mut heads)?;
    let mut chain = Chain::begin(&origin);
    let mut since = None;
    heads.check(&chain)?;
    kept.check(&chain)?;
    let walked = walk(&segments, &mut chain, &mut |chain, _| {
        if since.is_none() {
            since = Some(chain.time.clone());
        }
        heads.check(chain)?;
        kept.check(chain)
    })?;
    kept.finish(&chain)?;
    let newest = heads.finish(&chain)?;
    Ok(Verified {
        records: chain.seq(),
        checkpoints: heads.agreed,
        covered: newest.map_or(0, |note| note.checkpoint().size),
        head: Checkpoint {
            origin,
            size: chain.seq(),
            root: chain.tree.root(),
        },
        signers: heads.signers,
        kept: kept.agreed,
        set_back: chain.set_back,
        mended: chain.mended,
        begun: chain.reads.begun,
        unended: chain.reads.unended(),
        torn: walked.torn,
        since,
        until: Some(chain.time).filter(|time| !time.is_empty()),
    })
}

/// Checkpoints that were kept elsewhere.
struct Kept {
    left: Vec<Checkpoint>,
    agreed: u64,
    last: u64,
}

impl Kept {
    fn new(kept: &[Signed], origin: &str, heads: &mut Heads) -> Result<Self, AuditError> {
        let mut left = Vec::new();
        for note in kept {
            let checkpoint = note.checkpoint();
            if checkpoint.origin != origin {
                return Err(broken(checkpoint.size, AuditFault::Origin));
            }
            heads.vouch(note)?;
            left.push(checkpoint.clone());
        }
        // The next one is the last.
        left.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        Ok(Self {
            left,
            agreed: 0,
            last: 0,
        })
    }

    fn check(&mut self, chain: &Chain) -> Result<(), AuditError> {
        while let Some(next) = self.left.pop_if(|next| next.size == chain.seq()) {
            if next.root != chain.tree.root() {
                return Err(AuditError::Broken {
                    seq: self.last,
                    through: next.size.saturating_sub(1).max(self.last),
                    fault: AuditFault::Root,
                });
            }
            self.last = next.size;
            self.agreed = self.agreed.saturating_add(1);
        }
        Ok(())
    }

    fn finish(&self, chain: &Chain) -> Result<(), AuditError> {
        match self.left.first() {
            None => Ok(()),
            Some(largest) => Err(AuditError::Broken {
                seq: chain.seq(),
                through: largest.size.saturating_sub(1).max(chain.seq()),
                fault: AuditFault::Missing,
            }),
        }
    }
}

/// The newest checkpoint that lies in a log's folder for witnesses, and its note.
///
/// # Errors
/// [`AuditError::Absent`], [`AuditError::Unusable`]; [`AuditError::Broken`] for something else in its
/// place.
pub fn newest(dir: &Path) -> Result<(Signed, String), AuditError> {
    let path = dir.join(CHECKPOINT);
    let length = match fs::metadata(&path) {
        Ok(there) => usize::try_from(there.len()).unwrap_or(usize::MAX),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AuditError::Absent {
                path: dir.display().to_string(),
            });
        }
        Err(error) => return Err(unusable(&path, &error)),
    };
    let wrong = || broken(0, AuditFault::Checkpoint);
    if length > MAX_NOTE {
        return Err(wrong());
    }
    let note = fs::read_to_string(&path).map_err(|error| unusable(&path, &error))?;
    let signed = Signed::read(note.as_bytes()).ok_or_else(wrong)?;
    Ok((signed, note))
}

/// Makes a proof in one walk along a log's records, up to those that a checkpoint counts.
///
/// # Errors
/// [`AuditError::Broken`] for records that do not hold, or are not those of the checkpoint;
/// [`AuditError::NoRecord`] where there are not enough.
pub fn prove(
    dir: &Path,
    checkpoint: &Checkpoint,
    mut proving: Proving,
) -> Result<Vec<Digest>, AuditError> {
    let segments = folder::segments(dir)?;
    let mut chain = Chain::begin(&checkpoint.origin);
    walk(&segments, &mut chain, &mut |chain, line| {
        let size = chain.seq();
        if size <= checkpoint.size {
            proving.leaf(size.saturating_sub(1), leaf(line));
        }
        if size == checkpoint.size && chain.tree.root() != checkpoint.root {
            return Err(AuditError::Broken {
                seq: 0,
                through: size.saturating_sub(1),
                fault: AuditFault::Root,
            });
        }
        Ok(())
    })?;
    proving.finish().ok_or_else(|| AuditError::NoRecord {
        seq: checkpoint.size.saturating_sub(1),
    })
}

/// The line of one record, as it stands in the log.
///
/// # Errors
/// [`AuditError::NoRecord`], [`AuditError::Unusable`], [`AuditError::Broken`] where the file does
/// not go on up to it.
pub fn line(dir: &Path, seq: u64) -> Result<Vec<u8>, AuditError> {
    let segments = folder::segments(dir)?;
    let holding = segments.iter().rev().find(|segment| segment.first <= seq);
    let Some(Segment { first, path, .. }) = holding else {
        return Err(AuditError::NoRecord { seq });
    };
    let mut lines = folder::Lines::open(path)?;
    let mut line = Vec::new();
    for _ in *first..=seq {
        match lines.next(&mut line)? {
            folder::Next::Line => {}
            folder::Next::End | folder::Next::Torn(_) => {
                return Err(AuditError::NoRecord { seq });
            }
            folder::Next::Long => return Err(broken(seq, AuditFault::Line)),
        }
    }
    match Record::read(&line) {
        Some(record) if record.seq == seq => Ok(line),
        _ => Err(broken(seq, AuditFault::Sequence)),
    }
}
