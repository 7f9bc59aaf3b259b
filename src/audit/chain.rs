//! The chain of lines, and walking along it.

use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::path::Path;

use crate::audit::entry::MAX_LINE;
use crate::audit::entry::MENDED;
use crate::audit::entry::Record;
use crate::audit::folder::Lines;
use crate::audit::folder::Next;
use crate::audit::folder::Segment;
use crate::audit::folder::unusable;
use crate::audit::reads::Reads;
use crate::audit::tree::Digest;
use crate::audit::tree::Frontier;
use crate::audit::tree::leaf;
use crate::audit::tree::sha256;
use crate::error::AuditError;
use crate::error::AuditFault;

/// What every next line must go on from.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// The tree over the lines so far; its size is the number of the next line.
    pub(super) tree: Frontier,
    /// SHA-256 of the last line.
    pub(super) prev: Digest,
    /// Its time; empty where there is no line.
    pub(super) time: String,
    /// Lines that say that the clock had gone back.
    pub(super) set_back: u64,
    /// Lines that say that a torn line was cut off in front of them.
    pub(super) mended: u64,
    /// Reads that begin, and end or do not.
    pub(super) reads: Reads,
}

impl Chain {
    /// The chain of a log without lines. What stands in place of the hash of a line before the first
    /// is that of the log's name, so that the first line of another log does not fit.
    pub(super) fn begin(origin: &str) -> Self {
        Self {
            tree: Frontier::default(),
            prev: sha256(&[origin.as_bytes(), b"\n"]),
            time: String::new(),
            set_back: 0,
            mended: 0,
            reads: Reads::default(),
        }
    }

    /// Number of the next line.
    pub(super) const fn seq(&self) -> u64 {
        self.tree.size()
    }

    /// Takes a line that is known to go on from here.
    pub(super) fn push(&mut self, line: &[u8]) {
        self.tree.push(leaf(line));
        self.prev = sha256(&[line]);
    }

    /// Takes the next line, if it is one.
    pub(super) fn take<'a>(&mut self, line: &'a [u8]) -> Result<Record<'a>, AuditFault> {
        let record = Record::read(line).ok_or(AuditFault::Line)?;
        if record.seq != self.seq() {
            return Err(AuditFault::Sequence);
        }
        if record.prev != self.prev {
            return Err(AuditFault::Chain);
        }
        if record.time < self.time.as_str() {
            return Err(AuditFault::Time);
        }
        if record.clock.is_some() {
            self.set_back = self.set_back.saturating_add(1);
        }
        if record.verdict == MENDED {
            self.mended = self.mended.saturating_add(1);
        }
        self.reads.take(&record);
        self.push(line);
        self.time.clear();
        self.time.push_str(record.time);
        Ok(record)
    }
}

/// What is wrong at one record.
pub(super) const fn broken(seq: u64, fault: AuditFault) -> AuditError {
    AuditError::Broken {
        seq,
        through: seq,
        fault,
    }
}

/// Where a walk came to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Walked {
    /// Length of the last segment up to the end of its last whole line.
    pub(super) good: u64,
    /// Bytes behind it that are no whole line.
    pub(super) torn: u64,
}

/// Sees a line, and the chain that has taken it.
pub(super) type Each<'a> = dyn FnMut(&Chain, &[u8]) -> Result<(), AuditError> + 'a;

/// Goes along the lines of segments that follow each other. `each` sees every line once the chain has
/// taken it.
///
/// # Errors
/// [`AuditError::Broken`] at the first record that does not go on from what is before it; what
/// `each` says.
pub(super) fn walk(
    segments: &[Segment],
    chain: &mut Chain,
    each: &mut Each<'_>,
) -> Result<Walked, AuditError> {
    let mut walked = Walked::default();
    let mut line = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let seq = chain.seq();
        if segment.first != seq {
            return Err(broken(seq, AuditFault::Segment));
        }
        let mut lines = Lines::open(&segment.path)?;
        loop {
            let seq = chain.seq();
            match lines.next(&mut line)? {
                Next::Line => match chain.take(&line) {
                    Ok(_) => {
                        if let Err(error) = each(chain, &line) {
                            return Err(exact(error, chain, &mut lines)?);
                        }
                    }
                    Err(fault) => {
                        let seq = culprit(seq, fault, &line, &mut lines)?;
                        return Err(broken(seq, fault));
                    }
                },
                Next::Torn(bytes) if at + 1 == segments.len() => {
                    walked.torn = bytes;
                    break;
                }
                // A segment is left only at the end of a line.
                Next::Torn(_) | Next::Long => return Err(broken(seq, AuditFault::Line)),
                Next::End => break,
            }
        }
        walked.good = lines.offset;
    }
    Ok(walked)
}

/// Which record it is, where the records up to here are not those of a checkpoint: this one, if the
/// line after it still has another hash of it.
fn exact(error: AuditError, chain: &Chain, lines: &mut Lines) -> Result<AuditError, AuditError> {
    let AuditError::Broken {
        fault: AuditFault::Root,
        ..
    } = error
    else {
        return Ok(error);
    };
    let mut after = Vec::new();
    if lines.next(&mut after)? != Next::Line {
        return Ok(error);
    }
    let changed = Record::read(&after)
        .is_some_and(|after| after.seq == chain.seq() && after.prev != chain.prev);
    Ok(if changed {
        broken(chain.seq().saturating_sub(1), AuditFault::Chain)
    } else {
        error
    })
}

/// Which record was changed, where one has another hash of the line before it than that line has:
/// the one before, if the one after still agrees with this one.
fn culprit(seq: u64, fault: AuditFault, line: &[u8], lines: &mut Lines) -> Result<u64, AuditError> {
    if fault != AuditFault::Chain {
        return Ok(seq);
    }
    let mut after = Vec::new();
    let agreed = match lines.next(&mut after)? {
        Next::Line => Record::read(&after).is_some_and(|after| after.prev == sha256(&[line])),
        Next::End | Next::Torn(_) => true,
        Next::Long => false,
    };
    Ok(if agreed { seq.saturating_sub(1) } else { seq })
}

/// The last line of a segment and the first line of the one behind it, for segments that are not
/// walked: whether one goes on from the other.
pub(super) fn joined(segments: &[Segment]) -> Result<(), AuditError> {
    let mut expected: Option<Digest> = None;
    let mut first = Vec::new();
    for segment in segments {
        let seq = segment.first;
        let wrong = || broken(seq, AuditFault::Segment);
        let mut lines = Lines::open(&segment.path)?;
        if lines.next(&mut first)? != Next::Line {
            return Err(wrong());
        }
        let record = Record::read(&first).ok_or_else(wrong)?;
        let follows = expected.is_none_or(|expected| record.prev == expected);
        if record.seq != seq || !follows {
            return Err(wrong());
        }
        let last = last_line(&segment.path, segment.length)?.ok_or_else(wrong)?;
        expected = Some(sha256(&[&last]));
    }
    Ok(())
}

/// The last whole line of a file, if it ends with one.
pub(super) fn last_line(path: &Path, length: u64) -> Result<Option<Vec<u8>>, AuditError> {
    let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    let from = length.saturating_sub(most);
    let mut end = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(from))?;
        file.take(length - from).read_to_end(&mut end)
    });
    read.map_err(|error| unusable(path, &error))?;
    if end.pop() != Some(b'\n') {
        return Ok(None);
    }
    let start = end.iter().rposition(|byte| *byte == b'\n');
    let line = match start {
        Some(at) => end.get(at + 1..).unwrap_or_default().to_vec(),
        None => end,
    };
    Ok(Some(line))
}
