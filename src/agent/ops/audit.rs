//! The record of each read: on the disk before its result is given out.
//!
//! A read whose chip is open has another one before anything of the holder is shown ([`BEGUN`]): a machine
//! that loses its power in between could not say otherwise that something was.
//!
//! A record says when, on which device, by which officer and for which procedure a card was read, and how
//! that ended; of the person it has a pairwise name alone ([`crate::audit::pairwise`]). The log is
//! chained and signed as the registry's is, and `cancuoc audit verify` checks it.

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::agent::slots::SlotId;
use crate::audit;
use crate::audit::Entry;
use crate::audit::Log;
use crate::audit::Options;
use crate::audit::Pending;
use crate::audit::Placed;
use crate::audit::entry::BEGUN;
use crate::crypto::random::Random as _;
use crate::crypto::random::System;
use crate::error::AuditError;
use crate::error::Error;
use crate::registry::query::CardKey;
use crate::registry::query::Case;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::seal::key::DeviceKey;

/// Verdict of the record by which a log is tried that took none before.
const TRIAL: &str = "agent.trial";

/// The agency under whose key persons are named where the configuration has none.
const NO_AGENCY: &str = "local";

/// Octets of a run's name.
const RUN: usize = 8;

/// A name for a person or card that no other agency's records have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject([u8; 32]);

/// Which read: by its reader, and the number that its events bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadName {
    /// The reader.
    pub reader: SlotId,
    /// The read.
    pub read: u64,
}

/// How one read ended, for whom and for what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record<'a> {
    /// Which.
    pub name: Option<ReadName>,
    /// The officer, by the session's pass or the configuration.
    pub officer: Option<&'a Officer>,
    /// What for.
    pub procedure: Option<&'a Procedure>,
    /// The case's own number.
    pub case: Option<&'a Case>,
    /// Whose card, from [`Ledger::subject`]; none where the card did not open.
    pub subject: Option<Subject>,
    /// The verdict's code, or that of the error.
    pub verdict: &'static str,
    /// SHA-256 of the signed answer that the registry gave.
    pub receipt: Option<[u8; 32]>,
}

/// A record that a read begins with, on its way to the disk.
#[must_use = "nothing may be shown before it is kept"]
pub struct Begun(Result<Pending, AuditError>);

/// The audit log of an agent.
pub struct Ledger {
    /// None once it is closed.
    log: RwLock<Option<Log>>,
    agency: String,
    device: String,
    /// What tells reads of this run from those of others, whose numbers begin anew.
    run: String,
    mended: u64,
    well: AtomicBool,
}

impl Ledger {
    /// Opens the log in a folder, or begins one.
    ///
    /// The key must be on P-256. `name` is the device's; without it, records have the key's SHA-256.
    /// A log that is there keeps the name it began with.
    ///
    /// # Errors
    /// What [`Log::open`] gives.
    pub fn open(
        dir: &Path,
        key: Arc<DeviceKey>,
        name: Option<&str>,
        agency: Option<&str>,
    ) -> Result<Self, Error> {
        let id = key.public().id().to_string();
        let device = name.map_or_else(|| id.clone(), str::to_owned);
        let origin = match audit::newest(dir) {
            Ok((signed, _)) => signed.checkpoint().origin.clone(),
            // Whatever is wrong there, opening it will say.
            Err(_) => format!("cancuoc.agent/{device}"),
        };
        let log = Log::open(dir, key, Options::new(&origin, &device))?;
        let mut run = [0; RUN];
        System.fill(&mut run)?;
        Ok(Self {
            run: hex::encode(run),
            mended: log.mended(),
            log: RwLock::new(Some(log)),
            agency: agency.unwrap_or(NO_AGENCY).to_owned(),
            device,
            well: AtomicBool::new(true),
        })
    }

    /// The pairwise name of whose card it is: by the number, where the card has one, else by the card.
    pub fn subject(&self, card: &CardKey) -> Option<Subject> {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        let pairwise = log.as_ref()?.pairwise();
        let name = match (&card.number, &card.sod) {
            (Some(number), _) => pairwise.number(&self.agency, number.as_str()),
            (None, Some(sod)) => pairwise.card(&self.agency, sod.as_bytes()),
            (None, None) => return None,
        };
        Some(Subject(name))
    }

    /// Writes a record down. It is on the disk when this comes back, which takes a disk's time.
    ///
    /// # Errors
    /// [`AuditError`]; then nobody may have the result.
    pub fn write(&self, record: &Record<'_>) -> Result<Placed, AuditError> {
        self.append(&self.entry(record))
    }

    /// Hands the record over that a read begins with, and does not wait for the disk: [`Ledger::kept`] does.
    pub fn begin(&self, record: &Record<'_>) -> Begun {
        let begun = Record {
            verdict: BEGUN,
            ..*record
        };
        Begun(self.hand_over(&self.entry(&begun)))
    }

    /// Waits until the record is on the disk that a read begins with.
    ///
    /// # Errors
    /// [`AuditError`]; then nobody may be shown anything of the card.
    pub fn kept(&self, begun: Begun) -> Result<Placed, AuditError> {
        let written = begun.0.and_then(Pending::wait);
        self.well.store(written.is_ok(), Relaxed);
        written
    }

    fn entry(&self, record: &Record<'_>) -> Entry {
        let id = |name: ReadName| format!("{}.{}.{}", name.reader, name.read, self.run);
        Entry {
            agency: Some(self.agency.clone()),
            officer: record.officer.map(|officer| officer.as_str().to_owned()),
            device: Some(self.device.clone()),
            procedure: record
                .procedure
                .map(|procedure| procedure.as_str().to_owned()),
            case: record.case.map(|case| case.as_str().to_owned()),
            id: record.name.map(id),
            subject: record.subject.map(|subject| subject.0),
            question: None,
            verdict: record.verdict.to_owned(),
            answer: record.receipt,
            cost: None,
        }
    }

    fn hand_over(&self, entry: &Entry) -> Result<Pending, AuditError> {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        let pending = log.as_ref().map(|log| log.append(entry));
        pending.ok_or(AuditError::Closed)
    }

    fn append(&self, entry: &Entry) -> Result<Placed, AuditError> {
        let written = self.hand_over(entry).and_then(Pending::wait);
        self.well.store(written.is_ok(), Relaxed);
        written
    }

    /// Whether the log takes records, asked before a read begins: one that took the last one does;
    /// another is tried with a record of its own.
    ///
    /// # Errors
    /// [`AuditError`]: why it takes none.
    pub fn is_well(&self) -> Result<(), AuditError> {
        if self.well.load(Relaxed) {
            return Ok(());
        }
        self.append(&Entry::trial(TRIAL)).map(|_| ())
    }

    /// Bytes of a torn line that were cut off when the log was opened.
    pub const fn mended(&self) -> u64 {
        self.mended
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

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::path::PathBuf;
    use std::process;

    use crate::registry::query::CitizenNumber;
    use crate::registry::query::SodDigest;

    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let place = env::temp_dir().join(format!("cancuoc-ops-{name}-{}", process::id()));
            let _ = fs::remove_dir_all(&place);
            fs::create_dir(&place).unwrap();
            Self(place)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn card(number: &str) -> CardKey {
        CardKey {
            sod: Some(SodDigest::of(b"EF.SOD")),
            number: CitizenNumber::new(number),
        }
    }

    #[test]
    fn each_read_has_a_record_without_the_person() {
        let place = Scratch::new("records");
        let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
        let officer = Officer::new("officer-7").unwrap();
        let open = |name| Ledger::open(&place.0, Arc::clone(&key), name, Some("ward-1")).unwrap();
        let ledger = open(Some("counter-3"));
        let subject = ledger.subject(&card("001090012345"));
        assert_eq!(subject, ledger.subject(&card("001090012345")));
        assert_ne!(subject, ledger.subject(&card("001090012346")));
        let nobody = CardKey {
            sod: None,
            number: None,
        };
        assert_eq!(ledger.subject(&nobody), None);
        let procedure = Procedure::new("1.001234").unwrap();
        let case = Case::new("H-2026-7").unwrap();
        let record = Record {
            name: Some(ReadName {
                reader: SlotId(1),
                read: 7,
            }),
            officer: Some(&officer),
            procedure: Some(&procedure),
            case: Some(&case),
            subject,
            verdict: "genuine",
            receipt: Some([7; 32]),
        };
        let first = ledger.write(&record).unwrap();
        let failed = Record {
            verdict: "card.removed",
            ..Record::default()
        };
        assert_eq!(ledger.write(&failed).unwrap().seq, first.seq + 1);
        assert_eq!(ledger.is_well(), Ok(()));
        ledger.close();
        assert_eq!(ledger.write(&failed), Err(AuditError::Closed));
        // A device that was given another name goes on in its log.
        let again = open(Some("counter-4"));
        assert_eq!(again.subject(&card("001090012345")), subject);
        assert_eq!(again.write(&failed).unwrap().seq, first.seq + 2);
        again.close();
        // Another agency has another name for the same person.
        let agency = Some("ward-2");
        let other = Ledger::open(&place.0, Arc::clone(&key), None, agency).unwrap();
        assert_ne!(other.subject(&card("001090012345")), subject);
        other.close();

        let verified = audit::verify(&place.0, &[key.public().id()], &[]).unwrap();
        assert_eq!(verified.records, 3);
        let line = String::from_utf8(audit::line(&place.0, first.seq).unwrap()).unwrap();
        for part in [
            "officer-7",
            "counter-3",
            "ward-1",
            "1.001234",
            "H-2026-7",
            "genuine",
            &"07".repeat(32),
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains("001090012345"));
    }

    #[test]
    fn a_read_that_began_and_was_cut_short_is_in_the_log_and_one_that_ended_is_told_as_such() {
        let place = Scratch::new("begun");
        let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
        let officer = Officer::new("officer-7").unwrap();
        let open = || Ledger::open(&place.0, Arc::clone(&key), None, None).unwrap();
        let of = |read| Record {
            name: Some(ReadName {
                reader: SlotId(2),
                read,
            }),
            officer: Some(&officer),
            ..Record::default()
        };
        let end = |read| Record {
            verdict: "genuine",
            ..of(read)
        };
        let ledger = open();
        let kept = ledger.kept(ledger.begin(&of(1))).unwrap();
        ledger.write(&end(1)).unwrap();
        let cut = ledger.kept(ledger.begin(&of(2))).unwrap();
        // The power is cut: nothing more is written. What is on the disk goes on.
        drop(ledger);
        let again = open();
        // Numbers begin anew with the agent, and mean other reads.
        again.write(&end(2)).unwrap();
        again.close();
        assert!(again.kept(again.begin(&of(3))).is_err());
        assert_eq!(again.is_well(), Err(AuditError::Closed));

        let verified = audit::verify(&place.0, &[key.public().id()], &[]).unwrap();
        assert_eq!((verified.records, verified.begun), (4, 2));
        assert_eq!(verified.unended.records, [cut.seq]);
        let line = |seq| String::from_utf8(audit::line(&place.0, seq).unwrap()).unwrap();
        let name = |line: &str| {
            let (_, behind) = line.split_once("\"id\":\"").unwrap();
            behind.split('"').next().unwrap().to_owned()
        };
        let begun = line(kept.seq);
        assert!(begun.contains("\"verdict\":\"agent.begun\""), "{begun}");
        assert!(begun.contains("officer-7") && !begun.contains("subject"));
        assert!(name(&begun).starts_with("r2.1."), "{begun}");
        assert_eq!(name(&begun), name(&line(kept.seq + 1)));
    }

    #[test]
    fn a_log_that_was_changed_is_not_gone_on_with() {
        let place = Scratch::new("changed");
        let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
        let open = || Ledger::open(&place.0, Arc::clone(&key), None, None);
        let ledger = open().unwrap();
        for verdict in ["genuine", "not_genuine", "inconclusive"] {
            let record = Record {
                verdict,
                ..Record::default()
            };
            ledger.write(&record).unwrap();
        }
        drop(ledger);
        let segment = place.0.join("00000000000000000000.jsonl");
        let text = fs::read_to_string(&segment).unwrap();
        fs::write(&segment, text.replace("not_genuine", "yes_genuine")).unwrap();
        assert_eq!(open().err().map(|error| error.code()), Some("audit.chain"));
    }
}
