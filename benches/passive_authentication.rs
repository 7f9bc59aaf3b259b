//! Judging a stored reading: signature, signer's chain, hashes of 15 KB and more, consistency; and
//! loading a trust folder of a master list's size.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use std::path::Path;
use std::time::SystemTime;

use cancuoc::capture::Reading;
use cancuoc::crypto::random::System;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::transport::Stop;
use cancuoc::trust::folder;
use cancuoc::verify::GroupState;
use cancuoc::verify::Policy;
use cancuoc::verify::verify;
use divan::Bencher;

fn main() {
    divan::main();
}

/// Certificates and master lists of real countries, where this checkout has them beside it.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/trust");

fn stored(persona: &str) -> Reading {
    let persona = support::persona(persona);
    let reading = reader::read(
        &mut support::card(&persona),
        &support::plan(&persona),
        &Stop::never(),
        &mut System,
        &mut |_| {},
    );
    Reading::stored(reading.unwrap().capture)
}

#[divan::bench]
fn test_root_alone(bencher: Bencher<'_, '_>) {
    judge(bencher, &support::trust());
}

#[divan::bench]
fn among_real_countries(bencher: Bencher<'_, '_>) {
    let Some(mut trust) = real_countries() else {
        return;
    };
    for anchor in support::trust().anchors() {
        trust.add_anchor(anchor.certificate.clone(), anchor.provenance.clone());
    }
    judge(bencher, &trust);
}

fn judge(bencher: Bencher<'_, '_>, trust: &TrustStore) {
    let (reading, policy) = (stored("an"), Policy::counter());
    let now = SystemTime::now();
    let report = verify(&reading, trust, &policy, now);
    assert!(
        report
            .groups()
            .values()
            .any(|state| *state == GroupState::Verified)
    );
    bencher.bench_local(|| verify(&reading, trust, &policy, now));
}

#[divan::bench]
fn load_a_trust_folder(bencher: Bencher<'_, '_>) {
    if real_countries().is_some() {
        bencher.bench_local(real_countries);
    }
}

fn real_countries() -> Option<TrustStore> {
    let real = Path::new(REAL);
    if !real.is_dir() {
        eprintln!("skipped: no ../shared/data");
        return None;
    }
    let mut trust = TrustStore::empty();
    folder::load(&mut trust, real).unwrap();
    Some(trust)
}
