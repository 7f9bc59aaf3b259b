//! A process that is killed (`kill -9`) while many threads write: every record that was confirmed is
//! there, and the log holds.

use std::collections::BTreeMap;
use std::env;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::io::stdout;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use cancuoc::audit::Log;
use cancuoc::audit::Placed;
use cancuoc::audit::entry::Record;
use cancuoc::audit::tree::Digest;
use cancuoc::audit::tree::sha256;
use cancuoc::audit::verify;
use cancuoc::crypto::random::Random as _;
use cancuoc::crypto::random::System;

use super::Entry;
use super::Options;
use super::Place;
use super::entry;
use super::lines;
use super::open;
use super::small;

/// Says to the program that is started again which place to write in.
const PLACE: &str = "CANCUOC_AUDIT_APPEND";

/// Threads that write.
const THREADS: u64 = 16;

/// Moments at which a process is killed; all 200 where `CANCUOC_EVERY_KILL` is set.
const MOMENTS: usize = 20;
const EVERY_MOMENT: usize = 200;

/// Longest time to the end, in milliseconds: from the first confirmed record, or from the start.
const LONGEST: u16 = 60;

/// The other half of [`no_confirmed_record_is_lost`]: writes until it is killed, and says of every
/// record that was confirmed where it stands and what it is about.
#[test]
fn a_place_is_written_to_when_asked() {
    let Some(place) = env::var_os(PLACE) else {
        return;
    };
    let options = Options {
        segment_bytes: 256 * 1024,
        checkpoint_records: 500,
        ..small()
    };
    let log = Arc::new(open(Path::new(&place), options).unwrap());
    let writers = (0..THREADS).map(|writer| {
        let log = Arc::clone(&log);
        thread::spawn(move || write(&log, writer))
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().unwrap();
    }
}

fn write(log: &Log, writer: u64) {
    let mut salt = [0; 16];
    System.fill(&mut salt).unwrap();
    for number in 0_u64.. {
        let question = sha256(&[&salt, &writer.to_be_bytes(), &number.to_be_bytes()]);
        let entry = Entry {
            question: Some(question),
            ..entry(number)
        };
        let Placed { seq } = log.append(&entry).wait().unwrap();
        // One write for one line: half of one is known by its end.
        let said = format!("confirmed {seq} {}\n", hex::encode(question));
        stdout().lock().write_all(said.as_bytes()).unwrap();
    }
}

/// Runs a writer for a while, kills it, and gives what it said was confirmed.
fn killed(place: &Path) -> Vec<(u64, Digest)> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "audit::crash::a_place_is_written_to_when_asked"])
        .args(["--nocapture", "--test-threads", "1"])
        .env(PLACE, place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = Vec::new();
    let mut confirmed = Vec::new();
    let mut random = [0; 2];
    System.fill(&mut random).unwrap();
    let moment = u16::from_be_bytes(random);
    // Half of the moments are counted from the first record that was confirmed, half from the start:
    // while what the last one left is read and mended.
    let early = moment & 0x8000 != 0;
    let mut killer = early.then(|| kill_after(child.id(), moment % LONGEST));
    loop {
        line.clear();
        said.read_until(b'\n', &mut line).unwrap();
        let text = String::from_utf8(line.clone()).unwrap();
        let Some(text) = text.strip_suffix('\n') else {
            break;
        };
        // The test harness has lines of its own, and begins one in front of the first of ours.
        let Some((_, about)) = text.split_once("confirmed ") else {
            continue;
        };
        let (seq, question) = about.split_once(' ').unwrap();
        let mut digest = [0; 32];
        hex::decode_to_slice(question, &mut digest).unwrap();
        confirmed.push((seq.parse().unwrap(), digest));
        if killer.is_none() {
            killer = Some(kill_after(child.id(), moment % LONGEST));
        }
    }
    if let Some(killer) = killer {
        killer.join().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(!status.success());
    confirmed
}

/// Kills a process after a while.
pub(super) fn kill_after(id: u32, milliseconds: u16) -> JoinHandle<()> {
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(u64::from(milliseconds)));
        // The shell's own `kill`: no program of that name needs to be installed.
        let killed = Command::new("sh")
            .args(["-c", "kill -9 \"$0\"", &id.to_string()])
            .status();
        assert!(killed.unwrap().success());
    })
}

#[test]
fn no_confirmed_record_is_lost() {
    let every = env::var_os("CANCUOC_EVERY_KILL").is_some();
    let moments = if every { EVERY_MOMENT } else { MOMENTS };
    let place = Place::new();
    let mut confirmed: BTreeMap<u64, Digest> = BTreeMap::new();
    let mut torn = 0;
    for moment in 0..moments {
        for (seq, question) in killed(&place.0) {
            assert_eq!(
                confirmed.insert(seq, question),
                None,
                "{seq} confirmed twice"
            );
        }
        if confirmed.is_empty() {
            // It may not have come to begin a log.
            continue;
        }
        let verified = verify(&place.log(), &[], &[]).unwrap();
        torn += usize::from(verified.torn > 0);
        let lines = lines(&place.log());
        for (seq, question) in &confirmed {
            let line = &lines[usize::try_from(*seq).unwrap()];
            let record = Record::read(line.trim_ascii_end()).unwrap();
            assert_eq!(
                record.question,
                Some(*question),
                "moment {moment}, record {seq}"
            );
        }
        assert!(verified.records >= u64::try_from(confirmed.len()).unwrap());
    }
    // What is left of the last one is taken up.
    drop(open(&place.0, small()).unwrap());
    let verified = verify(&place.log(), &[], &[]).unwrap();
    println!(
        "{moments} moments, {} records confirmed and there, {torn} torn ends",
        confirmed.len()
    );
    assert_eq!(verified.torn, 0);
    assert!(confirmed.len() > moments);
}
