//! How many whole reads a core does in a minute, for every persona: both sides in this process,
//! access, files, every proof of the chip, and verification; and what personalising costs.
//!
//! Prints the table of `docs/performance.md`. Processor time of this thread counts where the system
//! tells it, so that what else the machine does weighs little.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use std::fs;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use cancuoc::crypto::random::System;
use cancuoc::registry::Context;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::persona::shipped;
use cancuoc::transport::Stop;
use cancuoc::verify::Policy;
use cancuoc::workflow::Inspected;
use cancuoc::workflow::Judgement;
use cancuoc::workflow::inspect;

/// How long each persona is read, at least.
const EACH: Duration = Duration::from_secs(2);

/// How often each is personalised.
const PERSONALISED: u32 = 50;

/// Ticks in a second in `/proc` on every Linux of today.
const TICKS: f64 = 100.0;

/// Processor time of this process so far, in seconds; where the system does not tell it, time.
fn spent(since: Instant) -> f64 {
    let ticks = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| {
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<f64>().ok();
        Some(number(11)? + number(12)?)
    });
    ticks.map_or_else(|| since.elapsed().as_secs_f64(), |ticks| ticks / TICKS)
}

/// One read of a fresh card, chip made before.
fn read(persona: &Persona, judgement: &Judgement<'_>) -> Inspected {
    let mut card = support::card(persona);
    let (plan, stop) = (support::plan(persona), Stop::never());
    inspect(
        &mut card,
        &plan,
        &stop,
        &mut System,
        judgement,
        None,
        &mut |_| {},
    )
    .unwrap()
}

/// Readers at once.
const AT_ONCE: usize = 100;

/// A hundred readers at once, each on a thread with its own card; how long until the last has judged.
fn at_once(judgement: &Judgement<'_>) -> Duration {
    let personas = shipped();
    let since = Instant::now();
    thread::scope(|scope| {
        for persona in personas.iter().cycle().take(AT_ONCE) {
            scope.spawn(move || read(persona, judgement));
        }
    });
    since.elapsed()
}

fn main() {
    let (trust, policy) = (support::trust(), Policy::counter());
    let judgement = Judgement {
        trust: &trust,
        policy: &policy,
        now: SystemTime::now(),
        context: Context::default(),
        disclose: Vec::new(),
    };
    let since = Instant::now();
    println!(
        "| Persona | Verdict | Commands | Personalised | Personalised, read and judged | Reads a minute and core |"
    );
    println!("|---|---|---|---|---|---|");
    for persona in shipped() {
        let inspected = read(&persona, &judgement);
        let before = spent(since);
        for _ in 0..PERSONALISED {
            persona.personalise().unwrap();
        }
        let made = (spent(since) - before) / f64::from(PERSONALISED);
        let (before, start) = (spent(since), Instant::now());
        let mut reads = 0_u32;
        while start.elapsed() < EACH {
            read(&persona, &judgement);
            reads += 1;
        }
        let each = (spent(since) - before) / f64::from(reads);
        println!(
            "| `{}` | {} | {} | {:.1} ms | {:.2} ms | {:.0} |",
            persona.name,
            inspected.report.verdict().word(),
            inspected.report.exchange().commands,
            made * 1_000.0,
            each * 1_000.0,
            60.0 / each,
        );
    }
    let took = at_once(&judgement);
    println!("\n{AT_ONCE} readers at once: {} ms", took.as_millis());
}
