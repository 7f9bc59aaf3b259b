//! What becomes of a read beside its result: a record in the audit log, a line, a figure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::agent::desk::ReadBegun;
use crate::agent::desk::ReadEnded;
use crate::agent::desk::Witness;
use crate::agent::ops::audit::Begun;
use crate::agent::ops::audit::Ledger;
use crate::agent::ops::audit::ReadName;
use crate::agent::ops::audit::Record;
use crate::agent::ops::log::Ending;
use crate::agent::ops::log::Happening;
use crate::agent::ops::log::Log;
use crate::agent::ops::metrics::Gauges;
use crate::agent::ops::metrics::Metrics;
use crate::error::AuditError;
use crate::error::Error;
use crate::error::SetupError;

/// The code of a read that whoever asked for it wanted no more.
const CANCELLED: &str = "agent.cancelled";

/// How many readers there are, for whoever measures.
#[derive(Debug, Default)]
pub struct Counted {
    readers: AtomicUsize,
}

impl Counted {
    /// What is known of the readers.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            readers: self.readers.load(Relaxed),
            ..Gauges::default()
        }
    }
}

/// Records reads.
pub struct Recorder {
    /// The audit log, where one is kept
    pub ledger: Option<Arc<Ledger>>,
    /// The figures
    pub metrics: Arc<Metrics>,
    /// The log
    pub log: Arc<Log>,
    /// What was counted last
    pub counted: Arc<Counted>,
    /// Beginnings on their way to the disk
    pub beginnings: Beginnings,
}

/// Records that reads begin with, by the reads' numbers: of as many as there are readers.
#[derive(Default)]
pub struct Beginnings(BTreeMap<u64, Begun>);

impl Witness for Recorder {
    fn read_begun(&mut self, begun: &ReadBegun<'_>) {
        let Some(ledger) = &self.ledger else { return };
        let record = Record {
            name: Some(ReadName {
                reader: begun.reader,
                read: begun.read,
            }),
            officer: begun.context.officer.as_ref(),
            procedure: begun.context.procedure.as_ref(),
            case: begun.context.case.as_ref(),
            ..Record::default()
        };
        self.beginnings.0.insert(begun.read, ledger.begin(&record));
    }

    fn kept(&mut self, read: u64) -> Result<(), Error> {
        let begun = self.beginnings.0.remove(&read);
        let (Some(ledger), Some(begun)) = (&self.ledger, begun) else {
            return Ok(());
        };
        let written = ledger.kept(begun);
        self.tell(written.as_ref().err());
        let written = written.map(drop);
        written.map_err(|error| SetupError::from(error).into())
    }

    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error> {
        let ending = match ended.outcome {
            CANCELLED => Ending::Cancelled,
            // Codes have a dot, verdicts are one word.
            code if code.contains('.') => Ending::Failed(code),
            verdict => Ending::Verdict(verdict),
        };
        // The record comes first: what is counted and logged is what has become of the read.
        let written = self.record(ended);
        // Nobody waited for its beginning where no text came; it was written before this.
        let _ = self.kept(ended.read);
        let ending = match &written {
            Err(error) => Ending::Failed(error.code()),
            Ok(()) => ending,
        };
        self.metrics.read_ended(ending, ended.took);
        self.log.tell(&Happening::ReadEnded {
            reader: "",
            ending,
            time: ended.took,
        });
        written.map_err(|error| SetupError::from(error).into())
    }

    fn ready(&mut self) -> Result<(), Error> {
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        ledger.is_well().map_err(|error| {
            self.log
                .tell(&Happening::AuditFailed { code: error.code() });
            SetupError::from(error).into()
        })
    }

    fn counted(&mut self, _sessions: usize, readers: usize) {
        self.counted.readers.store(readers, Relaxed);
    }
}

impl Recorder {
    fn record(&self, ended: &ReadEnded<'_>) -> Result<(), AuditError> {
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        let written = ledger.write(&Record {
            name: Some(ReadName {
                reader: ended.reader,
                read: ended.read,
            }),
            officer: ended.context.officer.as_ref(),
            procedure: ended.context.procedure.as_ref(),
            case: ended.context.case.as_ref(),
            subject: ended.card.and_then(|card| ledger.subject(card)),
            verdict: ended.outcome,
            receipt: ended.registry_answer,
        });
        self.tell(written.as_ref().err());
        written.map(drop)
    }

    /// Counts a record, and tells why there is none.
    fn tell(&self, failed: Option<&AuditError>) {
        match failed {
            None => self.metrics.audited(),
            Some(error) => {
                self.metrics.unaudited();
                self.log
                    .tell(&Happening::AuditFailed { code: error.code() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::path::PathBuf;
    use std::process;
    use std::time::Duration;

    use super::*;
    use crate::agent::ops::log::Level;
    use crate::agent::slots::SlotId;
    use crate::audit;
    use crate::crypto::random::System;
    use crate::registry::Context;
    use crate::registry::query::CardKey;
    use crate::registry::query::Case;
    use crate::registry::query::Officer;
    use crate::registry::query::Procedure;
    use crate::registry::query::SodDigest;
    use crate::seal::key::DeviceKey;

    /// A recorder, its ledger, and the folder that the ledger writes in.
    fn recorder(name: &str) -> (PathBuf, Arc<Ledger>, Recorder) {
        let place = env::temp_dir().join(format!("{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&place).unwrap();
        let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
        let ledger = Arc::new(Ledger::open(&place, key, None, None).unwrap());
        let recorder = Recorder {
            ledger: Some(Arc::clone(&ledger)),
            metrics: Arc::new(Metrics::default()),
            log: Arc::new(Log::to(Level::All, |_| {})),
            counted: Arc::new(Counted::default()),
            beginnings: Beginnings::default(),
        };
        (place, ledger, recorder)
    }

    #[test]
    fn what_was_not_recorded_is_counted_as_no_verdict() {
        let (place, ledger, mut recorder) = recorder("cancuoc-recorder");
        let context = Context::default();
        let ended = ReadEnded {
            reader: SlotId(1),
            read: 1,
            context: &context,
            card: None,
            outcome: "genuine",
            registry_answer: None,
            took: Duration::from_secs(1),
        };
        assert!(recorder.read_ended(&ended).is_ok());
        assert!(recorder.ready().is_ok());
        ledger.close();
        assert!(recorder.read_ended(&ended).is_err());
        // The log that took no record is asked before the next read.
        assert_eq!(recorder.ready().err().unwrap().code(), "audit.closed");
        let figures = recorder.metrics.text(&Gauges::default());
        let verdicts = |line: &&str| line.contains("reads_total{") && line.contains("verdict");
        let counted: Vec<&str> = figures.lines().filter(verdicts).collect();
        assert!(
            counted.iter().all(|line| line.ends_with(" 1")),
            "{counted:?}"
        );
        assert!(figures.contains("code=\"audit.closed\"} 1"), "{figures}");
        let _ = fs::remove_dir_all(&place);
    }

    #[test]
    fn a_record_has_all_that_is_known_of_the_read() {
        let (place, ledger, mut recorder) = recorder("cancuoc-recorder-all");
        let context = Context {
            officer: Officer::new("officer-7"),
            procedure: Procedure::new("1.001234"),
            case: Case::new("H-2026-7"),
            ..Context::default()
        };
        let card = CardKey {
            sod: Some(SodDigest::of(b"EF.SOD")),
            number: None,
        };
        let ended = ReadEnded {
            reader: SlotId(1),
            read: 1,
            context: &context,
            card: Some(&card),
            outcome: "genuine",
            registry_answer: Some([7; 32]),
            took: Duration::from_secs(1),
        };
        recorder.read_ended(&ended).unwrap();
        let line = String::from_utf8(audit::line(&place, 0).unwrap()).unwrap();
        for (outcome, ending) in [
            ("card.removed", "outcome=\"failed\",code=\"card.removed\""),
            (CANCELLED, "outcome=\"cancelled\",code=\"\""),
        ] {
            let ended = ReadEnded { outcome, ..ended };
            recorder.read_ended(&ended).unwrap();
            let figures = recorder.metrics.text(&Gauges::default());
            assert!(figures.contains(ending), "{figures}");
        }
        ledger.close();
        assert!(recorder.read_ended(&ended).is_err());
        let figures = recorder.metrics.text(&Gauges::default());
        assert!(figures.contains("audit_written_total 3"), "{figures}");
        assert!(figures.contains("audit_failed_total 1"), "{figures}");
        let _ = fs::remove_dir_all(&place);
        for part in [
            "officer-7",
            "1.001234",
            "H-2026-7",
            "\"subject\":\"",
            &"07".repeat(32),
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}
