//! What a snapshot of many cards costs: size, making, opening, lookups, and how often it is wrong.
//!
//! `cargo bench --bench snapshot -- CARDS` (5 million unless told otherwise). Digests and statuses
//! come from a seed, so that no register is needed; one card in twenty is not in force. Prints the
//! rows of `docs/performance.md`; times are of the processor.

#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

use std::env;
use std::fs;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::random::System;
use cancuoc::error::SnapshotError;
use cancuoc::registry::CardStatus;
use cancuoc::registry::Snapshot;
use cancuoc::registry::SodDigest;
use cancuoc::registry::snapshot::FingerprintBits;
use cancuoc::registry::snapshot::RegisterId;
use cancuoc::registry::snapshot::Signers;
use cancuoc::registry::snapshot::Times;
use cancuoc::registry::snapshot::build;
use cancuoc::registry::snapshot::build::Edition;
use cancuoc::registry::snapshot::cards::Cards;
use cancuoc::registry::snapshot::cards::Take;
use cancuoc::seal::key::DeviceKey;
use jiff::Timestamp;
use jiff::ToSpan;

/// Cards unless told otherwise.
const CARDS: u64 = 5_000_000;

/// Cards that change on a day.
const CHANGES: u64 = 30_000;

/// Digests that the register does not know.
const UNKNOWN: u64 = 50_000_000;

/// Lookups of one measurement.
const LOOKUPS: u64 = 4_000_000;

fn main() {
    let number = env::args().skip(1).find_map(|text| text.parse().ok());
    let cards: u64 = number.unwrap_or(CARDS);
    let folder = env::temp_dir().join(format!("cancuoc-snapshot-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let key_path = folder.join("key.pem");
    DeviceKey::create(&key_path, &mut System).unwrap();
    let key = DeviceKey::load(&key_path).unwrap();
    let trusted = [key.public().id()];

    let mut today = Generated { cards, day: 0 };
    let bits = FingerprintBits::USUAL;
    let (octets, making) =
        timed(|| build::full(&mut today, &edition(1), bits, &key, now()).unwrap());
    row("cards", &cards.to_string());
    row("size, octets", &octets.len().to_string());
    row("making", &seconds(making));
    row("memory while making, MiB", &peak());

    let path = folder.join("cards.snapshot");
    fs::write(&path, &octets).unwrap();
    drop(octets);
    let mut opening = Duration::MAX;
    for _ in 0..5 {
        let (opened, took) = timed(|| Snapshot::load(&path, Signers::These(&trusted)).unwrap());
        opening = opening.min(took);
        drop(opened);
    }
    row("opening, signature checked", &seconds(opening));
    let snapshot = Snapshot::load(&path, Signers::These(&trusted)).unwrap();
    let contents = snapshot.contents();
    row("not in force", &contents.listed().to_string());
    row(
        "answered from the list",
        &snapshot.corrections().to_string(),
    );
    bounds(cards, &snapshot);

    for (what, from) in [("known", 0), ("unknown", u64::MAX / 2)] {
        // Scattered over all, in no order that memory could follow.
        let step = (cards / LOOKUPS).max(1);
        let digests: Vec<SodDigest> = (0..LOOKUPS)
            .map(|number| digest(from + number * step % cards))
            .collect();
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let (_, took) = timed(|| {
                for digest in &digests {
                    black_box(snapshot.lookup(black_box(digest)));
                }
            });
            best = best.min(took);
        }
        let rate = LOOKUPS as f64 / best.as_secs_f64() / 1e6;
        row(
            &format!("lookups, {what}, million/s"),
            &format!("{rate:.1}"),
        );
    }

    let (wrong, took) = timed(|| {
        let unknown = (0..UNKNOWN).map(|number| digest(u64::MAX / 2 + number));
        unknown.filter(|sod| snapshot.lookup(sod).is_some()).count()
    });
    let rate = UNKNOWN as f64 / wrong.max(1) as f64;
    let bound = 1.0 / snapshot.false_positive_rate();
    row(
        "unknown called not in force",
        &format!(
            "{wrong} of {UNKNOWN}: 1 in {rate:.0} (bound 1 in {bound:.0}; {})",
            seconds(took)
        ),
    );
    let (compared, took) = timed(|| build::compare(&mut today, &snapshot).unwrap());
    row(
        "known with another answer",
        &format!(
            "{} of {} ({})",
            compared.different,
            compared.cards,
            seconds(took)
        ),
    );

    let mut tomorrow = Generated { cards, day: 1 };
    let (delta, making) =
        timed(|| build::delta(&mut tomorrow, &snapshot, &edition(2), &key, now()).unwrap());
    row("delta of 30,000 changes, octets", &delta.len().to_string());
    row("making the delta", &seconds(making));
    let delta_path = folder.join("cards.delta");
    fs::write(&delta_path, &delta).unwrap();
    let state = folder.join("seen");
    let (after, took) =
        timed(|| Snapshot::apply(&path, &[delta_path.as_path()], &trusted, &state).unwrap());
    row("applying the delta", &seconds(took));
    let compared = build::compare(&mut tomorrow, &after).unwrap();
    row(
        "known with another answer after it",
        &format!("{} of {}", compared.different, compared.cards),
    );
    row("memory at most, MiB", &peak());
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(compared.different, 0);
}

/// What it has to cost at least.
fn bounds(cards: u64, snapshot: &Snapshot) {
    let contents = snapshot.contents();
    let (all, listed) = (cards as f64, contents.listed() as f64);
    let share = |part: f64| if part > 0.0 { -part * part.log2() } else { 0.0 };
    let kinds = [contents.replaced, contents.reported_lost, contents.revoked];
    let status: f64 = kinds.iter().map(|kind| share(*kind as f64 / listed)).sum();
    let bits = f64::from(snapshot.fingerprint_bits().get());
    let octets = |bits: f64| format!("{:.0}", bits / 8.0);
    row(
        "least for these answers and this chance, octets",
        &octets(listed * (bits + status)),
    );
    let part = listed / all;
    let exact = all * (share(part) + share(1.0 - part)) + listed * status;
    row(
        "least if unknown digests did not count, octets",
        &octets(exact),
    );
}

fn row(what: &str, value: &str) {
    println!("| {what} | {value} |");
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = worked();
    let done = work();
    (done, worked().saturating_sub(start))
}

/// Time that this thread has worked, so that waiting for others on a loaded machine does not count;
/// the clock's where the system does not tell.
fn worked() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let begun = BEGUN.get_or_init(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| begun.elapsed(), Duration::from_nanos)
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Most memory that this process ever held.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.map_or("unknown".to_owned(), |kib| (kib / 1024).to_string())
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn edition(revision: u64) -> Edition {
    let as_of = now() + i64::try_from(revision).unwrap().hours();
    let times = Times::new(as_of, as_of + 24.hours(), as_of + 168.hours()).unwrap();
    Edition::new(RegisterId::new("bench").unwrap(), revision, times).unwrap()
}

/// Cards by their numbers: the first `cards`, and on later days some more and some changed.
struct Generated {
    cards: u64,
    day: u64,
}

impl Cards for Generated {
    fn each(&mut self, take: &mut Take<'_>) -> Result<(), SnapshotError> {
        // A third is issued, the rest changes.
        let issued = self.day * CHANGES / 3;
        let every = (self.cards * 3 / (CHANGES * 2)).max(1);
        for number in 0..self.cards + issued {
            let usual = status(number);
            let changes = self.day > 0 && number < self.cards && number % every == 0;
            let status = match (changes, usual) {
                (false, usual) => usual,
                (true, CardStatus::Active) => CardStatus::Replaced,
                (true, _) => CardStatus::Active,
            };
            take(digest(number), status)?;
        }
        Ok(())
    }
}

/// One card in twenty is not in force: of a hundred of those 80 are replaced, 15 lost, 5 revoked.
fn status(number: u64) -> CardStatus {
    match mixed(number ^ 0x5EED) % 2_000 {
        0..80 => CardStatus::Replaced,
        80..95 => CardStatus::ReportedLost,
        95..100 => CardStatus::Revoked,
        _ => CardStatus::Active,
    }
}

/// In place of SHA-256, which would be most of the time: as evenly spread.
fn digest(number: u64) -> SodDigest {
    let mut digest = [0; 32];
    for (part, salt) in digest.as_chunks_mut::<8>().0.iter_mut().zip(1_u64..) {
        *part = mixed(mixed(number).wrapping_add(salt)).to_be_bytes();
    }
    SodDigest::from_bytes(digest)
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
