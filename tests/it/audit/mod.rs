//! Audit logs through the public interface: what was confirmed stays, and what was changed is named.

#[cfg(feature = "cli")]
mod command;
mod crash;
mod room;
#[cfg(all(feature = "serve", feature = "cli", feature = "sim"))]
mod server;
mod tampering;

use std::fs;
use std::future::Future;
use std::path::Path;
use std::path::PathBuf;
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::task::Wake;
use std::task::Waker;
use std::thread;
use std::thread::Thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cancuoc::audit::Entry;
use cancuoc::audit::Log;
use cancuoc::audit::Options;
use cancuoc::audit::Placed;
use cancuoc::audit::Signed;
use cancuoc::audit::line;
use cancuoc::audit::newest;
use cancuoc::audit::note;
use cancuoc::audit::pairwise::Pairwise;
use cancuoc::audit::proof;
use cancuoc::audit::proof::Proven;
use cancuoc::audit::proof::Proving;
use cancuoc::audit::prove;
use cancuoc::audit::tree;
use cancuoc::audit::verify;
use cancuoc::crypto::random::System;
use cancuoc::error::AuditError;
use cancuoc::error::Error;
use cancuoc::error::SetupError;
use cancuoc::seal::key::DeviceKey;
use cancuoc::secret::Secret;
use jiff::Timestamp;
use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::hash::hash;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// The name of the log in these tests.
const ORIGIN: &str = "registry.example/audit";

/// A folder of its own for a log and its key, gone when dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cancuoc-audit-it-{}-{number}", process::id());
        Self::at(&std::env::temp_dir().join(name))
    }

    fn at(path: &Path) -> Self {
        fs::create_dir_all(path).unwrap();
        DeviceKey::create(&path.join("key.pem"), &mut System).unwrap();
        Self(path.to_owned())
    }

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn open(&self) -> Result<Log, AuditError> {
        self.open_with(small())
    }

    fn open_with(&self, options: Options) -> Result<Log, AuditError> {
        open(&self.0, options)
    }

    /// A log with so many records, closed.
    fn filled(&self, records: u64) {
        let log = self.open().unwrap();
        for number in 0..records {
            log.append(&entry(number)).wait().unwrap();
        }
        log.close();
    }

    /// The files with lines, in their order.
    fn segments(&self) -> Vec<PathBuf> {
        segments(&self.log())
    }

    /// Every line, with its end.
    fn lines(&self) -> Vec<Vec<u8>> {
        lines(&self.log())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens the log of a place.
fn open(place: &Path, options: Options) -> Result<Log, AuditError> {
    let key = DeviceKey::load(&place.join("key.pem")).unwrap();
    Log::open(&place.join("log"), key, options).map_err(|error| match error {
        Error::Setup(SetupError::Audit(error)) => error,
        other => panic!("{other}"),
    })
}

fn segments(log: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    found.sort();
    found
}

fn lines(log: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for segment in segments(log) {
        let bytes = fs::read(segment).unwrap();
        all.extend(
            bytes
                .split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec),
        );
    }
    all
}

/// Segments of some eight records, a checkpoint every five.
fn small() -> Options {
    Options {
        segment_bytes: 4096,
        checkpoint_records: 5,
        ..Options::new(ORIGIN, "registry")
    }
}

fn entry(number: u64) -> Entry {
    Entry {
        agency: Some("công an phường 1".to_owned()),
        officer: Some("\"o\\1".to_owned()),
        device: Some("device".to_owned()),
        procedure: Some("residence".to_owned()),
        case: Some("HS-1".to_owned()),
        id: Some("question-1".to_owned()),
        subject: Some([7; 32]),
        question: Some(question(number)),
        verdict: "confirmed".to_owned(),
        answer: Some([9; 32]),
        cost: Some(1),
    }
}

fn question(number: u64) -> tree::Digest {
    tree::sha256(&[&number.to_be_bytes()])
}

/// The root of RFC 6962 §2.1 as it is defined there, by another SHA-256.
fn root(leaves: &[&[u8]]) -> Vec<u8> {
    let sha256 = |parts: &[&[u8]]| {
        hash(MessageDigest::sha256(), &parts.concat())
            .unwrap()
            .to_vec()
    };
    match leaves {
        [] => sha256(&[]),
        [one] => sha256(&[&[0], one]),
        more => {
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

#[test]
fn another_program_understands_the_log() {
    let place = Place::new();
    place.filled(23);
    let lines = place.lines();
    let bare: Vec<&[u8]> = lines.iter().map(|line| line.trim_ascii_end()).collect();
    let sha256 = |bytes: &[u8]| hash(MessageDigest::sha256(), bytes).unwrap().to_vec();
    let mut before = sha256(format!("{ORIGIN}\n").as_bytes());
    for (seq, line) in (0_u64..).zip(&bare) {
        let record: serde_json::Value = serde_json::from_slice(line).unwrap();
        assert_eq!(record["seq"], seq);
        assert_eq!(record["prev"], hex::encode(&before));
        assert_eq!(record["agency"], "công an phường 1");
        assert_eq!(record["officer"], "\"o\\1");
        assert_eq!(record["question"], hex::encode(question(seq)));
        assert_eq!(record["verdict"], "confirmed");
        assert_eq!(record["cost"], 1);
        let time: Timestamp = record["time"].as_str().unwrap().parse().unwrap();
        assert!(Timestamp::now().duration_since(time).as_secs() < 600);
        before = sha256(line);
    }
    // The checkpoint: text, key identifier, signature.
    let note = fs::read_to_string(place.log().join("checkpoint")).unwrap();
    let (text, signature) = note.split_once("\n\n").unwrap();
    let text = format!("{text}\n");
    assert_eq!(
        text,
        format!("{ORIGIN}\n23\n{}\n", STANDARD.encode(root(&bare)))
    );
    let signature = signature
        .strip_prefix(&format!("\u{2014} {ORIGIN} "))
        .unwrap();
    let signature = STANDARD.decode(signature.trim_end()).unwrap();
    let pem = fs::read(place.0.join("key.pem")).unwrap();
    let key = EcKey::private_key_from_pem(&pem).unwrap();
    let info = key.public_key_to_der().unwrap();
    assert_eq!(signature[..4], sha256(&info)[..4]);
    let parsed = EcdsaSig::from_der(&signature[4..]).unwrap();
    assert!(parsed.verify(&sha256(text.as_bytes()), &key).unwrap());
    // The key lies beside the log under its own name.
    let name = format!("{}.pem", hex::encode(sha256(&info)));
    let public = fs::read(place.log().join(name)).unwrap();
    let public = EcKey::public_key_from_pem(&public).unwrap();
    assert_eq!(public.public_key_to_der().unwrap(), info);
}

#[test]
fn a_log_goes_on_over_many_starts_and_segments() {
    let place = Place::new();
    for start in 0..6 {
        // Both ways of opening: all of it, or from the last segment on.
        let options = Options {
            whole_bytes: if start % 2 == 0 { 0 } else { u64::MAX },
            ..small()
        };
        let log = place.open_with(options).unwrap();
        assert_eq!(log.found(), start * 11);
        for number in 0..11 {
            let seq = start * 11 + number;
            assert_eq!(log.append(&entry(seq)).wait(), Ok(Placed { seq }));
        }
    }
    assert!(place.segments().len() > 5);
    let verified = verify(&place.log(), &[], &[]).unwrap();
    assert_eq!((verified.records, verified.covered), (66, 66));
    assert!(verified.checkpoints > 6);
    assert_eq!(
        line(&place.log(), 40).unwrap(),
        place.lines()[40].trim_ascii_end()
    );
    assert_eq!(
        line(&place.log(), 66),
        Err(AuditError::NoRecord { seq: 66 })
    );
}

#[test]
fn proofs_for_witnesses_hold() {
    let place = Place::new();
    place.filled(9);
    let (older, _) = newest(&place.log()).unwrap();
    place.filled(12);
    let (newer, _) = newest(&place.log()).unwrap();
    let (older, newer) = (older.checkpoint(), newer.checkpoint());
    assert_eq!((older.size, newer.size), (9, 21));
    let proving = Proving::consistency(older.size, newer.size).unwrap();
    let made = prove(&place.log(), newer, proving).unwrap();
    assert_eq!(
        proof::consistency(9, 21, &older.root, &newer.root, &made),
        Proven::Holds
    );
    for seq in 0..21 {
        let leaf = tree::leaf(&line(&place.log(), seq).unwrap());
        let proving = Proving::inclusion(seq, newer.size).unwrap();
        let made = prove(&place.log(), newer, proving).unwrap();
        let held = proof::inclusion(seq, newer.size, &leaf, &made, &newer.root);
        assert_eq!(held, Proven::Holds);
        let other = proof::inclusion(seq, newer.size, &[0; 32], &made, &newer.root);
        assert_eq!(other, Proven::Fails);
    }
}

#[test]
fn a_task_waits_without_a_thread() {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let place = Place::new();
    let log = place.open().unwrap();
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    for seq in 0..20 {
        let mut pending = pin!(log.append(&entry(seq)));
        let placed = loop {
            match pending.as_mut().poll(&mut context) {
                Poll::Ready(placed) => break placed,
                Poll::Pending => thread::park(),
            }
        };
        assert_eq!(placed, Ok(Placed { seq }));
    }
    // Nobody waits for this one, and it is written all the same.
    drop(log.append(&entry(20)));
    log.close();
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, 21);
}

#[test]
fn a_clock_that_goes_back_is_noted_and_time_stands_still() {
    static NOW: AtomicI64 = AtomicI64::new(1_790_000_000_000);
    fn clock() -> Timestamp {
        Timestamp::from_millisecond(NOW.load(Ordering::SeqCst)).unwrap()
    }
    let place = Place::new();
    let options = || Options { clock, ..small() };
    let log = place.open_with(options()).unwrap();
    log.append(&entry(0)).wait().unwrap();
    NOW.fetch_sub(3_600_000, Ordering::SeqCst);
    log.append(&entry(1)).wait().unwrap();
    drop(log);
    // Over a start, too.
    let log = place.open_with(options()).unwrap();
    log.append(&entry(2)).wait().unwrap();
    NOW.fetch_add(7_200_000, Ordering::SeqCst);
    log.append(&entry(3)).wait().unwrap();
    drop(log);
    let records: Vec<serde_json::Value> = place
        .lines()
        .iter()
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let times: Vec<&str> = records
        .iter()
        .map(|one| one["time"].as_str().unwrap())
        .collect();
    assert_eq!(times[0], times[2]);
    assert_eq!(records[1]["time"], "2026-09-21T14:13:20.000Z");
    assert_eq!(records[1]["clock"], "2026-09-21T13:13:20.000Z");
    assert!(records[3].get("clock").is_none() && times[3] > times[0]);
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().set_back, 2);
}

#[test]
fn what_cannot_be_recorded_is_refused_and_the_log_goes_on() {
    let place = Place::new();
    let log = place.open().unwrap();
    let wrong = |entry: Entry, member| {
        assert_eq!(
            log.append(&entry).wait(),
            Err(AuditError::Entry { member }),
            "{entry:?}"
        );
    };
    for text in ["", "a\nb", "\u{85}", &"x".repeat(257)] {
        let text = text.to_owned();
        wrong(
            Entry {
                officer: Some(text.clone()),
                ..entry(0)
            },
            "officer",
        );
        wrong(
            Entry {
                case: Some(text),
                ..entry(0)
            },
            "case",
        );
    }
    for verdict in ["", "Confirmed", "a b", "ổn", &"x".repeat(65)] {
        let verdict = verdict.to_owned();
        wrong(
            Entry {
                verdict,
                ..entry(0)
            },
            "verdict",
        );
    }
    // The longest that is taken: texts of 256 bytes, each behind a backslash.
    let most = Some("\\".repeat(256));
    let largest = Entry {
        agency: most.clone(),
        officer: most.clone(),
        device: most.clone(),
        procedure: most.clone(),
        case: most.clone(),
        id: most,
        cost: Some(u32::MAX),
        verdict: "x".repeat(64),
        ..entry(0)
    };
    assert_eq!(log.append(&largest).wait(), Ok(Placed { seq: 0 }));
    drop(log);
    // The log's own name for the writer is as long as can be, too.
    let options = Options {
        server: "\\".repeat(256),
        ..small()
    };
    let log = place.open_with(options).unwrap();
    assert_eq!(log.append(&largest).wait(), Ok(Placed { seq: 1 }));
    drop(log);
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, 2);
}

#[test]
fn one_writer_at_a_time_and_only_of_its_own_log() {
    let place = Place::new();
    let log = place.open().unwrap();
    log.append(&entry(0)).wait().unwrap();
    let refused = |options| place.open_with(options).map(drop).unwrap_err();
    assert!(matches!(refused(small()), AuditError::Locked { .. }));
    // Looking is free.
    assert_eq!(verify(&place.log(), &[], &[]).unwrap().records, 1);
    drop(log);
    let other = Options::new("other.example/audit", "registry");
    assert_eq!(
        refused(other),
        AuditError::Foreign {
            origin: ORIGIN.to_owned()
        }
    );
    for origin in ["", "with space", "a+b", &"x".repeat(201)] {
        assert_eq!(
            refused(Options::new(origin, "registry")),
            AuditError::Origin
        );
    }
    assert_eq!(
        refused(Options::new(ORIGIN, "")),
        AuditError::Entry { member: "server" }
    );
    // A new key goes on with the log of the old one, and both are needed to look at it.
    let old = DeviceKey::load(&place.0.join("key.pem"))
        .unwrap()
        .public()
        .id();
    fs::rename(place.0.join("key.pem"), place.0.join("old.pem")).unwrap();
    DeviceKey::create(&place.0.join("key.pem"), &mut System).unwrap();
    place.filled(3);
    let new = DeviceKey::load(&place.0.join("key.pem"))
        .unwrap()
        .public()
        .id();
    assert_eq!(
        verify(&place.log(), &[old, new], &[]).unwrap().signers,
        [old, new]
    );
    assert!(verify(&place.log(), &[new], &[]).is_err());
}

#[test]
fn pairwise_names_are_hmac_of_hmac() {
    let secret = [5; 32];
    let pairwise = Pairwise::new(Secret::copy_of(&secret)).unwrap();
    let mac = |key: &[u8], message: &[u8]| {
        let key = PKey::hmac(key).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        signer.sign_oneshot_to_vec(message).unwrap()
    };
    let agency = mac(&secret, "cancuoc.audit.agency/1\0công an".as_bytes());
    let number = pairwise.number("công an", "001203004567");
    assert_eq!(number.to_vec(), mac(&agency, b"001203004567"));
    assert_eq!(
        pairwise.card("công an", &[1; 32]).to_vec(),
        mac(&agency, &[1; 32])
    );
    assert_ne!(pairwise.number("other", "001203004567"), number);
    assert!(Pairwise::new(Secret::copy_of(&[0; 31])).is_none());
    // The secret of a folder is made once, and its loss is not passed over.
    let place = Place::new();
    let log = place.open().unwrap();
    let name = log.pairwise().number("a", "1");
    log.append(&entry(0)).wait().unwrap();
    drop(log);
    assert_eq!(place.open().unwrap().pairwise().number("a", "1"), name);
    fs::remove_file(place.log().join("pairwise.key")).unwrap();
    assert!(matches!(
        place.open().map(drop),
        Err(AuditError::Unusable { .. })
    ));
}

#[test]
fn notes_of_another_form_are_no_checkpoints() {
    let place = Place::new();
    place.filled(1);
    let (signed, text) = newest(&place.log()).unwrap();
    let key = DeviceKey::load(&place.0.join("key.pem")).unwrap();
    assert_eq!(signed.signed_by(key.public()), note::Sealed::Right);
    // Signatures of others may stand beside it, and extensions in its text.
    let more = format!("{text}\u{2014} witness.example AAAAAQ==\n");
    let more = Signed::read(more.as_bytes()).unwrap();
    assert_eq!(more.signed_by(key.public()), note::Sealed::Right);
    let extended = text.replacen("=\n\n", "=\nmore\n\n", 1);
    let extended = Signed::read(extended.as_bytes()).unwrap();
    assert_eq!(extended.signed_by(key.public()), note::Sealed::Wrong);
    let (head, tail) = text.split_once("\n1\n").unwrap();
    let rest = text.split_once("\n\n").unwrap().1;
    for wrong in [
        String::new(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{head}\n01\n{tail}"),
        format!("{head}\n-1\n{tail}"),
        format!("{head}\n18446744073709551616\n{tail}"),
        format!("{head}\n1\nAAAA\n\n{rest}"),
        format!("\n1\n{tail}"),
        text.replace('\u{2014}', "-"),
        text.replace("\n\n", "\n"),
        text.replace(ORIGIN, "a\tb"),
        format!("{text}\u{2014} a+b AAAAAQ==\n"),
        format!("{text}\u{2014} witness AAAA\n"),
        format!("{text}{}", "\u{2014} witness AAAAAQ==\n".repeat(64)),
    ] {
        assert!(Signed::read(wrong.as_bytes()).is_none(), "{wrong}");
    }
    let vkey = note::verifier_key(ORIGIN, key.public());
    let [name, id, encoded] = vkey.split('+').collect::<Vec<_>>()[..3] else {
        panic!("{vkey}")
    };
    assert_eq!((name, id.len()), (ORIGIN, 8));
    assert!(
        encoded.starts_with("Aj"),
        "the type byte of ECDSA, and a SEQUENCE"
    );
}
