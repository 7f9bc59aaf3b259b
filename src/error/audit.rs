//! Why an audit log takes no record, or does not hold.

use std::io::ErrorKind;

use thiserror::Error;

/// What is wrong with an audit log, or with a place for one.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuditError {
    /// Another process writes this log.
    #[error("the audit log {path} is in use by another process")]
    Locked {
        /// The folder as given.
        path: String,
    },
    /// The folder or a file in it cannot be made, read or written.
    #[error("the audit log cannot be used: {path}: {why}")]
    Unusable {
        /// The file or folder.
        path: String,
        /// What the system says.
        why: String,
    },
    /// There is no log in the folder.
    #[error("{path} holds no audit log")]
    Absent {
        /// The folder as given.
        path: String,
    },
    /// The key is of a kind that signs no checkpoints.
    #[error("checkpoints are signed on P-256, and this key is not on it")]
    Key,
    /// The log's own name cannot stand in a checkpoint.
    #[error("the log's name cannot stand in a checkpoint")]
    Origin,
    /// The log in the folder has another name, or its checkpoints are those of another log.
    #[error("the log in the folder is called {origin}")]
    Foreign {
        /// The name that is there.
        origin: String,
    },
    /// A record has a member that cannot be written.
    #[error("a record's {member} cannot be written")]
    Entry {
        /// Name of the member.
        member: &'static str,
    },
    /// No room is left.
    #[error("there is no room for the audit log")]
    Full,
    /// The system did not write.
    #[error("the audit log could not be written: {why}")]
    Write {
        /// What kind of failure, as the system names it.
        why: String,
    },
    /// The file that is written to is no longer in the folder.
    #[error("the audit log was taken away")]
    Vanished,
    /// More records wait than are taken.
    #[error("too many records wait for the audit log")]
    Busy,
    /// The log was closed.
    #[error("the audit log is closed")]
    Closed,
    /// The log holds no record of that number.
    #[error("the audit log has no record {seq}")]
    NoRecord {
        /// The number asked for.
        seq: u64,
    },
    /// What the log holds is not what was written to it.
    #[error("the audit log does not hold: {fault:?} at record {seq}")]
    Broken {
        /// First record that may be meant.
        seq: u64,
        /// Last record that may be meant; the same where it is exact.
        through: u64,
        /// What is wrong.
        fault: AuditFault,
    },
}

/// What is wrong in a log that does not hold.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFault {
    /// A line is no record.
    Line,
    /// A record has another number than its place: one was removed, added, or moved.
    Sequence,
    /// A record was changed: what stands after it has another hash of it.
    Chain,
    /// A record is earlier than the one before it.
    Time,
    /// A file of the log is missing, or stands in the place of another.
    Segment,
    /// A checkpoint counts more records than there are.
    Missing,
    /// The records are not those that a checkpoint was made over.
    Root,
    /// A checkpoint does not have the form of one.
    Checkpoint,
    /// A checkpoint's signature is wrong.
    Signature,
    /// A checkpoint is signed by none of the keys that are trusted, or its key is not there.
    Signer,
    /// A checkpoint is that of another log.
    Origin,
    /// A checkpoint counts fewer records than the one before it.
    Order,
}

impl AuditFault {
    /// Every fault.
    pub const ALL: [Self; 12] = [
        Self::Line,
        Self::Sequence,
        Self::Chain,
        Self::Time,
        Self::Segment,
        Self::Missing,
        Self::Root,
        Self::Checkpoint,
        Self::Signature,
        Self::Signer,
        Self::Origin,
        Self::Order,
    ];

    /// Stable dotted code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Line => "audit.line",
            Self::Sequence => "audit.sequence",
            Self::Chain => "audit.chain",
            Self::Time => "audit.time",
            Self::Segment => "audit.segment",
            Self::Missing => "audit.missing",
            Self::Root => "audit.root",
            Self::Checkpoint => "audit.checkpoint",
            Self::Signature => "audit.signature",
            Self::Signer => "audit.signer",
            Self::Origin => "audit.other_log",
            Self::Order => "audit.order",
        }
    }
}

impl AuditError {
    /// A failure to write, by what the system says.
    pub fn writing(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full
            }
            other => Self::Write {
                why: other.to_string(),
            },
        }
    }

    /// Whether the same may go well later, without anybody having mended anything in the log.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. } | Self::Full | Self::Write { .. } | Self::Busy
        )
    }

    /// What exactly is meant: a path, a record. The same in every language.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::Locked { path } | Self::Absent { path } => Some(path.clone()),
            Self::Unusable { path, why } => Some(format!("{path}: {why}")),
            Self::Foreign { origin } => Some(origin.clone()),
            Self::Entry { member } => Some((*member).to_owned()),
            Self::Write { why } => Some(why.clone()),
            Self::NoRecord { seq } => Some(format!("seq {seq}")),
            Self::Broken { seq, through, .. } if seq == through => Some(format!("seq {seq}")),
            Self::Broken { seq, through, .. } => Some(format!("seq {seq}..{through}")),
            Self::Key | Self::Origin | Self::Full | Self::Vanished | Self::Busy | Self::Closed => {
                None
            }
        }
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "audit.locked",
            Self::Unusable { .. } => "audit.unusable",
            Self::Absent { .. } => "audit.absent",
            Self::Key => "audit.key",
            Self::Origin => "audit.name",
            Self::Foreign { .. } => "audit.foreign",
            Self::Entry { .. } => "audit.entry",
            Self::Full => "audit.full",
            Self::Write { .. } => "audit.write",
            Self::Vanished => "audit.vanished",
            Self::Busy => "audit.busy",
            Self::Closed => "audit.closed",
            Self::NoRecord { .. } => "audit.no_record",
            Self::Broken { fault, .. } => fault.code(),
        }
    }
}
