//! The whole read in this process, terminal and virtual chip together: open, read, prove, judge.
//! No registry, no program start. The chip is made beforehand.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use std::time::SystemTime;

use cancuoc::crypto::random::System;
use cancuoc::registry::Context;
use cancuoc::transport::Stop;
use cancuoc::verify::Policy;
use cancuoc::verify::Verdict;
use cancuoc::workflow::Judgement;
use cancuoc::workflow::inspect;
use divan::Bencher;

fn main() {
    divan::main();
}

/// Extended length and PACE, short length and PACE, extended length and BAC.
#[divan::bench(args = ["an", "binh", "chi"])]
fn read_and_judge(bencher: Bencher<'_, '_>, name: &str) {
    let persona = support::persona(name);
    let (trust, policy) = (support::trust(), Policy::counter());
    let plan = support::plan(&persona);
    let judgement = Judgement {
        trust: &trust,
        policy: &policy,
        now: SystemTime::now(),
        context: Context::default(),
        disclose: Vec::new(),
    };
    bencher
        .with_inputs(|| support::card(&persona))
        .bench_local_refs(|card| {
            let inspected = inspect(
                card,
                &plan,
                &Stop::never(),
                &mut System,
                &judgement,
                None,
                &mut |_| {},
            );
            assert_ne!(inspected.unwrap().report.verdict(), Verdict::NotGenuine);
        });
}

/// What the virtual chip costs before it can be read: keys, files and a signature.
#[divan::bench(args = ["an"])]
fn personalise(bencher: Bencher<'_, '_>, name: &str) {
    let persona = support::persona(name);
    bencher.bench_local(|| persona.personalise().unwrap());
}
