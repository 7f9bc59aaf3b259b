use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::*;
use crate::crypto::random::System;
use crate::error::AuditError;
use crate::error::AuditFault;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::key::DeviceKey;

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("cancuoc-audit-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn key(&self) -> DeviceKey {
        let path = self.0.join("key.pem");
        if !path.exists() {
            DeviceKey::create(&path, &mut System).unwrap();
        }
        DeviceKey::load(&path).unwrap()
    }

    fn open(&self) -> Result<Log, Error> {
        Log::open(&self.log(), self.key(), options())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options() -> Options {
    Options {
        segment_bytes: 4096,
        ..Options::new("registry.example/audit", "registry")
    }
}

fn entry(number: u64) -> Entry {
    Entry {
        agency: Some("công an phường".to_owned()),
        officer: Some("o\"1\\".to_owned()),
        procedure: Some("residence".to_owned()),
        subject: Some([7; 32]),
        question: Some(tree::sha256(&[&number.to_be_bytes()])),
        verdict: "confirmed".to_owned(),
        answer: Some([9; 32]),
        cost: Some(1),
        ..Entry::default()
    }
}

fn audit(error: Error) -> AuditError {
    match error {
        Error::Setup(SetupError::Audit(error)) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_lock_that_is_about_to_be_given_up_is_waited_for() {
    let folder = Folder::new();
    let first = folder.open().unwrap();
    let second = std::thread::scope(|scope| {
        let second = scope.spawn(|| folder.open().map_err(audit));
        std::thread::sleep(std::time::Duration::from_millis(100));
        drop(first);
        second.join().unwrap()
    });
    assert!(second.is_ok());
}

#[test]
fn records_come_back_in_the_order_of_their_numbers() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    assert_eq!(log.append(&entry(0)).wait(), Ok(Placed { seq: 0 }));
    assert_eq!(log.append(&entry(1)).wait(), Ok(Placed { seq: 1 }));
    assert!(matches!(
        folder.open().map_err(audit),
        Err(AuditError::Locked { .. })
    ));
    drop(log);
    let log = Arc::new(folder.open().unwrap());
    assert_eq!(log.found(), 2);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                (0..20)
                    .map(|number| log.append(&entry(number)).wait().unwrap().seq)
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut seqs: Vec<u64> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (2..162).collect::<Vec<_>>());
    drop(log);
    let verified = verify(&folder.log(), &[], &[]).unwrap();
    assert_eq!((verified.records, verified.covered), (162, 162));
    assert_eq!(verified.signers, [folder.key().public().id()]);
    assert!(folder::segments(&folder.log()).unwrap().len() > 3);
}

#[test]
fn a_torn_line_is_cut_off_and_the_log_says_so() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    log.append(&entry(0)).wait().unwrap();
    drop(log);
    let path = folder::segment_path(&folder.log(), 0);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"seq\":1,\"pr\0\0");
    fs::write(&path, bytes).unwrap();
    assert_eq!(verify(&folder.log(), &[], &[]).unwrap().torn, 14);
    let log = folder.open().unwrap();
    assert_eq!(log.mended(), 14);
    drop(log);
    let verified = verify(&folder.log(), &[], &[]).unwrap();
    assert_eq!((verified.records, verified.mended), (2, 1));
}

#[test]
fn a_changed_record_is_named() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    for number in 0..5 {
        log.append(&entry(number)).wait().unwrap();
    }
    drop(log);
    let path = folder::segment_path(&folder.log(), 0);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"cost\":1", "\"cost\":2", 1)).unwrap();
    let wrong = AuditError::Broken {
        seq: 0,
        through: 0,
        fault: AuditFault::Chain,
    };
    assert_eq!(verify(&folder.log(), &[], &[]), Err(wrong.clone()));
    assert_eq!(folder.open().map_err(audit).unwrap_err(), wrong);
}

#[test]
fn the_newest_records_are_found_without_reading_the_whole_log() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    for number in 0..100 {
        let named = Entry {
            id: Some(format!("question {number}")),
            ..entry(number)
        };
        log.append(&named).wait().unwrap();
    }
    drop(log);
    let ids = |since| {
        let mut ids = Vec::new();
        recent(&folder.log(), since, |record| {
            let officer = record.officer.map(entry::plain);
            assert_eq!(officer.as_deref(), Some("o\"1\\"));
            assert_eq!(record.cost, Some(1));
            ids.push(record.id.unwrap().to_owned());
        })
        .unwrap();
        ids
    };
    let all = ids(jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(all.len(), 100);
    assert_eq!(
        (all[0].as_str(), all[99].as_str()),
        ("question 0", "question 99")
    );
    let path = folder::segment_path(&folder.log(), 0);
    fs::remove_file(path).unwrap();
    let segments = folder::segments(&folder.log()).unwrap();
    assert!(segments.len() > 2);
    assert!(ids(jiff::Timestamp::MAX).is_empty());
}

#[test]
fn nothing_in_a_log_of_somebody_else_speaks_to_a_terminal() {
    let mut line = Vec::new();
    let stamp = entry::Stamp {
        time: "2026-11-22T18:29:09.123Z".to_owned(),
        clock: None,
    };
    let rest = entry::encode(&entry(1), "registry").unwrap();
    entry::put_line(&mut line, 0, &[0; 32], &stamp, &rest);
    line.pop();
    let text = String::from_utf8(line).unwrap();
    assert!(text.contains("công an"));
    assert!(entry::Record::read(text.as_bytes()).is_some());
    // The introducer of control sequences in its form of one character.
    for control in ["\u{9B}", "\u{85}", "\u{7F}", "\u{1B}"] {
        let changed = text.replace("công an", &format!("công{control}an"));
        assert!(entry::Record::read(changed.as_bytes()).is_none());
    }

    let folder = Folder::new();
    folder.open().unwrap().close();
    let (_, note) = newest(&folder.log()).unwrap();
    assert!(Signed::read(note.as_bytes()).is_some());
    let changed = note.replacen("registry.example", "registry\u{9B}example", 1);
    assert!(Signed::read(changed.as_bytes()).is_none());
}

#[test]
fn a_line_of_an_earlier_time_does_not_go_on_from_a_later_one() {
    let mut chain = chain::Chain::begin("registry.example/audit");
    let rest = entry::encode(&entry(1), "registry").unwrap();
    let line = |chain: &chain::Chain, time: &str| {
        let stamp = entry::Stamp {
            time: time.to_owned(),
            clock: None,
        };
        let mut line = Vec::new();
        entry::put_line(&mut line, chain.seq(), &chain.prev, &stamp, &rest);
        line.pop();
        line
    };
    let first = line(&chain, "2026-11-22T18:29:09.123Z");
    assert!(chain.take(&first).is_ok());
    let earlier = line(&chain, "2026-11-22T18:29:09.122Z");
    assert_eq!(chain.take(&earlier).map(drop), Err(AuditFault::Time));
    let same = line(&chain, "2026-11-22T18:29:09.123Z");
    assert!(chain.take(&same).is_ok());
}

/// A log of several segments, of which the last alone is read when it is opened again.
struct Quick(Folder);

impl Quick {
    fn new() -> Self {
        let quick = Self(Folder::new());
        let log = quick.open().unwrap();
        for number in 0..60 {
            log.append(&entry(number)).wait().unwrap();
        }
        drop(log);
        assert!(quick.segments().len() > 3);
        quick
    }

    fn open(&self) -> Result<Log, AuditError> {
        let options = Options {
            whole_bytes: 0,
            ..options()
        };
        Log::open(&self.0.log(), self.0.key(), options).map_err(audit)
    }

    fn segments(&self) -> Vec<PathBuf> {
        let segments = folder::segments(&self.0.log()).unwrap();
        segments.into_iter().map(|one| one.path).collect()
    }

    fn edit(&self, path: &std::path::Path, change: impl Fn(&str) -> String) {
        let text = fs::read_to_string(path).unwrap();
        let changed = change(&text);
        assert_ne!(changed, text);
        fs::write(path, changed).unwrap();
    }

    /// It is opened and goes on, and all of it holds afterwards.
    fn goes_on(&self) {
        let log = self.open().unwrap();
        log.append(&entry(60)).wait().unwrap();
        drop(log);
        let verified = verify(&self.0.log(), &[], &[]).unwrap();
        assert_eq!((verified.records, verified.covered), (61, 61));
    }

    fn fault(&self) -> AuditFault {
        match self.open().map(drop) {
            Err(AuditError::Broken { fault, .. }) => fault,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_was_kept_to_open_a_log_quickly_is_not_believed() {
    Quick::new().goes_on();
    let frontier = |quick: &Quick| quick.0.log().join(folder::FRONTIER);
    let member = |text: &str, name: &str, to: &dyn Fn(&str) -> String| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        let place = value.pointer_mut(name).unwrap();
        *place = to(place.as_str().unwrap()).into();
        value.to_string()
    };
    let zeros = |digits: &str| "0".repeat(digits.len());
    for name in ["/prev", "/roots/0"] {
        let quick = Quick::new();
        quick.edit(&frontier(&quick), |text| member(text, name, &zeros));
        quick.goes_on();
    }
    let quick = Quick::new();
    fs::remove_file(frontier(&quick)).unwrap();
    quick.goes_on();
}

#[test]
fn a_log_that_was_changed_is_not_gone_on_with_however_it_is_opened() {
    // Where one segment goes on from another.
    let quick = Quick::new();
    quick.edit(&quick.segments()[1], |text| {
        let at = text.find("\"prev\":\"").unwrap() + 8;
        let other = if &text[at..=at] == "0" { "1" } else { "0" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    });
    assert_eq!(quick.fault(), AuditFault::Segment);
    let quick = Quick::new();
    quick.edit(&quick.segments()[0], |text| {
        let at = text.trim_end().rfind("\"cost\":1").unwrap();
        format!("{}\"cost\":2{}", &text[..at], &text[at + 8..])
    });
    assert_eq!(quick.fault(), AuditFault::Segment);
    // The signature of the newest checkpoint.
    for whole in [true, false] {
        let quick = Quick::new();
        quick.edit(&quick.0.log().join(folder::CHECKPOINTS), |text| {
            let at = text.trim_end().len() - 8;
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        });
        let fault = if whole {
            match quick.0.open().map(drop).map_err(audit) {
                Err(AuditError::Broken { fault, .. }) => fault,
                other => panic!("{other:?}"),
            }
        } else {
            quick.fault()
        };
        assert_eq!(fault, AuditFault::Signature);
    }
    // The signature of the checkpoint that vouches for what is not read.
    let quick = Quick::new();
    let kept = fs::read(quick.0.log().join(folder::FRONTIER)).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    quick.edit(&quick.0.log().join(folder::CHECKPOINTS), |text| {
        let note = text.find(&format!("\n{}\n", kept["size"])).unwrap();
        let signature = note + text[note..].find("\n\n").unwrap() + 2;
        let at = signature + text[signature..].find('\n').unwrap() - 8;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    });
    assert_eq!(quick.fault(), AuditFault::Signature);
    // Records without any checkpoint.
    let quick = Quick::new();
    fs::remove_file(quick.0.log().join(folder::CHECKPOINTS)).unwrap();
    assert_eq!(quick.fault(), AuditFault::Signer);
}

#[test]
fn a_file_that_was_put_in_the_place_of_the_log_is_not_it() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    log.append(&entry(0)).wait().unwrap();
    let path = folder::segment_path(&folder.log(), 0);
    let copy = folder.log().join("copy");
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    assert_eq!(log.append(&entry(1)).wait(), Err(AuditError::Vanished));
    drop(log);
    assert_eq!(verify(&folder.log(), &[], &[]).unwrap().records, 1);
}

#[test]
fn a_proof_is_made_of_the_tree_of_its_checkpoint_alone() {
    let folder = Folder::new();
    let log = folder.open().unwrap();
    for number in 0..5 {
        log.append(&entry(number)).wait().unwrap();
    }
    drop(log);
    let (signed, _) = newest(&folder.log()).unwrap();
    let proving = || proof::Proving::inclusion(2, 5).unwrap();
    assert!(prove(&folder.log(), signed.checkpoint(), proving()).is_ok());
    let other = Checkpoint {
        root: [1; 32],
        ..signed.checkpoint().clone()
    };
    assert!(matches!(
        prove(&folder.log(), &other, proving()),
        Err(AuditError::Broken {
            fault: AuditFault::Root,
            ..
        })
    ));
    // A segment under the number of another record.
    let path = folder::segment_path(&folder.log(), 0);
    fs::rename(path, folder::segment_path(&folder.log(), 1)).unwrap();
    assert!(matches!(
        line(&folder.log(), 2),
        Err(AuditError::Broken {
            fault: AuditFault::Sequence,
            ..
        })
    ));
}
