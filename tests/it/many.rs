//! Many virtual cards: quick one after the other, a hundred at once in this process, eight at once
//! through one pcscd.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::hash::Hash;
use cancuoc::lds::DataGroup;
use cancuoc::lds::FileId;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::shipped;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use cancuoc::verify::verify;
use serde_json::Value;

use crate::support::cards;
use crate::support::pcscd::Stand;
use crate::support::program;

/// Readers in this process.
const READERS: usize = 100;

/// Readers through pcscd, two for each driver.
const ON_PCSCD: usize = 8;

/// Longest time for a hundred reads without optimization, on a busy machine with one core.
const HUNDRED: Duration = Duration::from_secs(120);

/// Longest time for eight reads in eight processes.
const EIGHT: Duration = Duration::from_secs(60);

/// Most processor time for one read, both sides and the verdict: 4,000 a minute. Without optimization a bound
/// that only a mistake exceeds.
const ONE_READ: Duration = if cfg!(debug_assertions) {
    Duration::from_millis(500)
} else {
    Duration::from_millis(15)
};

/// Most processor time for personalising a card; without optimization as above.
const PERSONALISING: Duration = if cfg!(debug_assertions) {
    Duration::from_millis(250)
} else {
    Duration::from_millis(50)
};

/// How often each is measured.
const TRIES: usize = 3;

/// The program under test.
const CANCUOC: &str = env!("CARGO_BIN_EXE_cancuoc");

/// Personas whose cards are genuine under the default policy.
fn genuine() -> Vec<Persona> {
    let personas: Vec<Persona> = shipped()
        .into_iter()
        .filter(|persona| {
            let reading = cards::read_own(persona, "which");
            reading.is_ok_and(|reading| cards::judge(&reading).verdict() == Verdict::Genuine)
        })
        .collect();
    assert!(personas.len() >= 3, "{} personas", personas.len());
    personas
}

/// Processor time of this thread so far; where the system does not tell it, time.
fn spent(since: Instant) -> Duration {
    // The first number is nanoseconds on a processor (the kernel's sched-stats).
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// The cheapest of some runs.
fn cheapest(mut run: impl FnMut()) -> Duration {
    let since = Instant::now();
    let once = |_| {
        let before = spent(since);
        run();
        spent(since) - before
    };
    (0..TRIES).map(once).min().unwrap()
}

#[test]
fn a_matrix_of_thousands_of_reads_fits_into_minutes() {
    let trust = cards::trust();
    for persona in shipped() {
        let made = cheapest(|| drop(persona.personalise().unwrap()));
        let plan = cards::whole(cards::key(&persona));
        let read = cheapest(|| {
            let mut card = cards::card(&persona, "quick");
            let reading = cards::read(&mut card, &plan, "quick").unwrap();
            let _ = verify(&reading, &trust, &Policy::counter(), cards::now()).verdict();
        });
        println!(
            "{}: personalised in {made:?}, that, read and judged in {read:?}",
            persona.name
        );
        assert!(made < PERSONALISING, "{}: {made:?}", persona.name);
        assert!(read < ONE_READ, "{}: {read:?}", persona.name);
    }
}

#[test]
fn a_hundred_readers_at_once_each_find_their_own_card_genuine() {
    let personas = genuine();
    let trust = Arc::new(cards::trust());
    let together = Arc::new(Barrier::new(READERS));
    let since = Instant::now();
    let readers: Vec<_> = (0..READERS)
        .map(|number| {
            let persona = personas[number % personas.len()].clone();
            let (together, trust) = (Arc::clone(&together), Arc::clone(&trust));
            thread::spawn(move || {
                let seed = format!("reader {number}");
                let mut card = cards::card(&persona, &seed);
                let handle = card.handle();
                let files = persona.personalise().unwrap().files;
                let plan = cards::whole(cards::key(&persona));
                together.wait();
                let reading = cards::read(&mut card, &plan, &seed).unwrap();
                // The anchors and what they have vouched for are shared, as in one agent.
                let report = verify(&reading, &trust, &Policy::counter(), cards::now());
                assert_eq!(report.verdict(), Verdict::Genuine, "{seed}");
                for group in [DataGroup::DG1, DataGroup::DG2] {
                    let file = FileId::Group(group);
                    assert_eq!(reading.capture.files.get(&file), files.get(&file), "{seed}");
                }
                let figures = reading.exchange;
                let counters = handle.counters();
                assert_eq!(counters.commands, u64::from(figures.commands), "{seed}");
                assert_eq!(counters.bytes_received, figures.bytes_received, "{seed}");
                (
                    persona.name,
                    reading.capture.active.clone(),
                    figures.commands,
                )
            })
        })
        .collect();
    let read: Vec<_> = readers
        .into_iter()
        .map(|reader| reader.join().unwrap())
        .collect();
    let took = since.elapsed();
    let commands: u32 = read.iter().map(|(_, _, commands)| commands).sum();
    // Every reader drew a challenge of its own.
    let mut challenges: Vec<_> = read
        .iter()
        .filter_map(|(_, active, _)| active.as_ref().map(|active| active.challenge.clone()))
        .collect();
    let drawn = challenges.len();
    assert!(drawn > READERS / 2, "{drawn} cards sign");
    challenges.sort_unstable();
    challenges.dedup();
    assert_eq!(challenges.len(), drawn);
    println!(
        "{READERS} readers at once, {} personas, {commands} commands: {} ms, personalising included",
        personas.len(),
        took.as_millis()
    );
    assert!(took < HUNDRED, "{took:?}");
}

/// A card that another process lays on a reader, until dropped.
struct Served(Child);

impl Served {
    fn down(persona: &str, address: &str) -> Self {
        let mut card = Command::new(CANCUOC)
            .args(["sim", "serve", "--persona", persona, "--address", address])
            .args(["--seed", address, "--seconds", "120"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let said = BufReader::new(card.stderr.take().unwrap()).read_line(&mut line);
        assert!(said.is_ok() && line.contains(address), "{line}");
        Self(card)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        program::end(&mut self.0, Duration::from_secs(2));
    }
}

#[test]
fn eight_readers_at_once_through_pcscd_each_find_their_own_card_genuine() {
    let personas = genuine();
    let stand = Stand::with_readers(ON_PCSCD);
    let readers = stand.readers();
    assert_eq!(readers.len(), ON_PCSCD);
    let mut pki = stand.command(CANCUOC);
    let root = stand.file("trust").display().to_string();
    pki.args(["sim", "pki", "--out", &root]);
    assert!(program::run(&mut pki, EIGHT).status.success());
    let persona = |number: usize| &personas[number % personas.len()];
    let _cards: Vec<Served> = readers
        .iter()
        .enumerate()
        .map(|(number, (_, address))| Served::down(&persona(number).name, &address.to_string()))
        .collect();
    let since = Instant::now();
    let programs: Vec<Child> = readers
        .iter()
        .enumerate()
        .map(|(number, (reader, _))| {
            let persona = persona(number);
            let key = stand.file(&format!("key-{number}"));
            let own = if persona.chip.pace.is_empty() {
                persona.mrz()
            } else {
                persona.can()
            };
            fs::write(&key, own).unwrap();
            let mut command = stand.command(CANCUOC);
            for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CANCUOC_")) {
                command.env_remove(name);
            }
            command
                // Test material is genuine under this policy alone.
                .args(["read", "--format", "json", "--registry", "none"])
                .args(["--policy", "ci-simulator"])
                .args(["--reader", reader, "--trust", &root, "--key"])
                .arg(key)
                .env("XDG_CONFIG_HOME", stand.file("settings"))
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = programs
        .into_iter()
        .map(|program| program::finish(program, EIGHT))
        .collect();
    let took = since.elapsed();
    for (number, output) in outputs.iter().enumerate() {
        let (reader, _) = &readers[number];
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{reader}: {}", String::from_utf8_lossy(&output.stderr)));
        let name = &persona(number).name;
        assert_eq!(report["verdict"], "genuine", "{name} on {reader}: {report}");
        let files = persona(number).personalise().unwrap().files;
        for (group, name) in [(DataGroup::DG1, "DG1"), (DataGroup::DG2, "DG2")] {
            let digest = Hash::Sha256.digest(&[&files[&FileId::Group(group)]]);
            assert_eq!(report["files"][name], hex::encode(digest), "{reader}");
        }
    }
    println!(
        "{ON_PCSCD} readers at once through one pcscd, a process for each card and each reader: {} ms",
        took.as_millis()
    );
    assert!(took < EIGHT, "{took:?}");
}
