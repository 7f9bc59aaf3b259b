//! What the audit log is told of each answer, and what a server that starts again learns from it.

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::audit;
use crate::audit::Entry;
use crate::audit::Log;
use crate::audit::Options;
use crate::audit::Pending;
use crate::audit::entry::plain;
use crate::error::AuditError;
use crate::error::Error;
use crate::registry::message::AskedList;
use crate::registry::query::Query;
use crate::seal::key::DeviceKey;

/// Verdict of the record by which a log is tried that took none before.
const TRIAL: &str = "server.trial";

/// Who asked, and for what.
pub struct Said {
    /// The agency, by its certificate
    pub agency: String,
    /// The officer
    pub officer: String,
    /// The device
    pub device: String,
    /// The procedure
    pub procedure: String,
    /// The case
    pub case: String,
}

/// What was answered about one card.
#[derive(Debug, Clone, Copy)]
pub struct Answered {
    /// The word for it
    pub verdict: &'static str,
    /// What it cost
    pub cost: u32,
}

/// An answer of an earlier run.
#[derive(Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Who asked
    pub agency: String,
    /// The officer
    pub officer: String,
    /// The device
    pub device: String,
    /// The question's id
    pub id: String,
    /// The question's SHA-256
    pub question: [u8; 32],
    /// What it cost
    pub cost: u32,
    /// How long ago that was
    pub ago: Duration,
}

/// The audit log of a server.
pub struct Ledger {
    /// None once it is closed
    log: RwLock<Option<Log>>,
    well: AtomicBool,
}

impl Ledger {
    /// Opens the log in a folder, or begins one.
    ///
    /// # Errors
    /// What [`Log::open`] gives.
    pub fn open(dir: &Path, key: Arc<DeviceKey>, name: &str) -> Result<Self, Error> {
        let log = Log::open(dir, key, Options::new(name, name))?;
        Ok(Self {
            log: RwLock::new(Some(log)),
            well: AtomicBool::new(true),
        })
    }

    /// One by another clock.
    #[cfg(test)]
    pub fn timed_by(dir: &Path, key: Arc<DeviceKey>, clock: audit::Clock) -> Self {
        let options = Options {
            clock,
            ..Options::new("test", "test")
        };
        Self {
            log: RwLock::new(Log::open(dir, key, options).ok()),
            well: AtomicBool::new(true),
        }
    }

    /// Shows what was answered within a time, oldest first.
    ///
    /// # Errors
    /// [`AuditError::Unusable`].
    pub fn earlier(
        dir: &Path,
        window: Duration,
        mut each: impl FnMut(&Earlier),
    ) -> Result<(), AuditError> {
        let now = Timestamp::now();
        let window = SignedDuration::try_from(window).unwrap_or(SignedDuration::MAX);
        let since = now.checked_sub(window).unwrap_or(Timestamp::MIN);
        audit::recent(dir, since, |record| {
            let (Some(agency), Some(id)) = (record.agency, record.id) else {
                return;
            };
            let (Some(question), Ok(at)) = (record.question, record.by_the_clock().parse()) else {
                return;
            };
            let ago = now.duration_since(at);
            each(&Earlier {
                agency: plain(agency),
                officer: record.officer.map(plain).unwrap_or_default(),
                device: record.device.map(plain).unwrap_or_default(),
                id: plain(id),
                question,
                cost: record
                    .cost
                    .and_then(|cost| cost.try_into().ok())
                    .unwrap_or(0),
                ago: Duration::try_from(ago).unwrap_or_default(),
            });
        })
    }

    /// Writes an answer down: a record for each card that was asked about, all with the digests of the
    /// message and of its answer. They are on the disk when this comes back.
    ///
    /// # Errors
    /// [`AuditError`]; then nobody may have the answer.
    pub async fn write(
        &self,
        said: Said,
        asked: &AskedList,
        answered: &[Answered],
        digest: [u8; 32],
    ) -> Result<(), AuditError> {
        let pending = self.with(|log| {
            let pairs = asked.queries.iter().zip(answered);
            let append =
                |(query, answered)| log.append(&entry(log, &said, asked, query, answered, digest));
            pairs.map(append).collect::<Vec<Pending>>()
        });
        let Some(pending) = pending else {
            return self.settled(None).await;
        };
        // All are waited for, so that none is on its way to the disk when this says that it failed.
        let mut written = Ok(());
        for one in pending {
            written = written.and(one.await.map(|_| ()));
        }
        self.well.store(written.is_ok(), Relaxed);
        written
    }

    fn with<T>(&self, append: impl FnOnce(&Log) -> T) -> Option<T> {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        log.as_ref().map(append)
    }

    async fn settled(&self, pending: Option<Pending>) -> Result<(), AuditError> {
        let written = match pending {
            Some(pending) => pending.await.map(|_| ()),
            None => Err(AuditError::Closed),
        };
        self.well.store(written.is_ok(), Relaxed);
        written
    }

    /// Whether the log takes records: one that took the last one does; another is tried.
    pub async fn is_well(&self) -> bool {
        if self.well.load(Relaxed) {
            return true;
        }
        let pending = self.with(|log| log.append(&Entry::trial(TRIAL)));
        self.settled(pending).await.is_ok()
    }

    /// Writes what waits and a last checkpoint. Nothing is taken from now on.
    pub fn close(&self) {
        let log = self
            .log
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(log) = log {
            log.close();
        }
    }
}

/// The record of one card that was asked about.
fn entry(
    log: &Log,
    said: &Said,
    asked: &AskedList,
    query: &Query,
    answered: &Answered,
    digest: [u8; 32],
) -> Entry {
    let pairwise = log.pairwise();
    let subject = match (&query.card.number, &query.card.sod) {
        (Some(number), _) => Some(pairwise.number(&said.agency, number.as_str())),
        (None, Some(sod)) => Some(pairwise.card(&said.agency, sod.as_bytes())),
        (None, None) => None,
    };
    Entry {
        subject,
        agency: Some(said.agency.clone()),
        officer: Some(said.officer.clone()),
        device: Some(said.device.clone()),
        procedure: Some(said.procedure.clone()),
        case: Some(said.case.clone()),
        id: Some(asked.id.as_str().to_owned()),
        question: Some(asked.digest),
        verdict: answered.verdict.to_owned(),
        answer: Some(digest),
        cost: Some(answered.cost),
    }
}
