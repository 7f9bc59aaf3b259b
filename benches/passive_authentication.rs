//! Passive authentication against openssl, which checks the same signatures and nothing else, as a
//! table of ratios; judging a stored reading, of which it is a part; and loading a master list.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod support;

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;
use std::time::SystemTime;

use cancuoc::capture::Reading;
use cancuoc::crypto::random::System;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::master_list::MasterList;
use cancuoc::pki::signer;
use cancuoc::pki::store::Provenance;
use cancuoc::pki::store::TrustStore;
use cancuoc::reader;
use cancuoc::transport::Stop;
use cancuoc::trust::folder;
use cancuoc::verify::GroupState;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::verify::passive_authentication;
use cancuoc::verify::verify;
use divan::Bencher;

use support::issued;
use support::issued::Bare;
use support::issued::Document;
use support::issued::Kind;
use support::ratio::Turns;

fn main() {
    against_openssl();
    divan::main();
}

/// Prints the table of `docs/performance.md`.
fn against_openssl() {
    println!(
        "| Key | openssl, 2 signatures | passive authentication | ratio | limit | ratio to openssl \
         with the hashes | signer known | ratio to 2 signatures | openssl, 1 signature | ratio to it |"
    );
    for (kind, limit) in Kind::ALL {
        let document = issued::document(kind);
        let [two, all, one, known, with_hashes] = measure(document);
        let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
        let micros = |time: Duration| format!("{:.1} µs", 1e6 * time.as_secs_f64());
        println!(
            "| {} | {} | {} | **{:.2}** | {limit} | {:.2} | {} | **{:.2}** | {} | {:.2} |",
            kind.name(),
            micros(two),
            micros(all),
            ratio(all, two),
            ratio(all, with_hashes),
            micros(known),
            ratio(known, two),
            micros(one),
            ratio(known, one),
        );
    }
}

/// Both signatures by openssl; passive authentication that knows no signature yet; one signature by
/// openssl; passive authentication that knows the signer's; both signatures and the hashes by
/// openssl.
fn measure(document: Document) -> [Duration; 5] {
    let Document {
        capture,
        trust,
        signatures,
        groups,
        group_hash,
    } = document;
    let (policy, now) = (Policy::counter(), SystemTime::now());
    let found = passive_authentication(&capture, &trust, &policy, now);
    for outcome in [&found.sod_signature, &found.signer_chain, &found.hashes] {
        assert!(matches!(outcome, Outcome::Pass(_)), "{outcome:?}");
    }
    let signatures = RefCell::new(signatures);
    let nothing = || ();
    let mut turns = Turns::default();
    turns.add(nothing, |()| {
        signatures.borrow_mut().iter_mut().for_each(Bare::check);
    });
    // A copy of the trust begins without any signature that was verified.
    turns.add(
        || trust.clone(),
        |trust| {
            let _ = black_box(passive_authentication(&capture, trust, &policy, now));
        },
    );
    turns.add(nothing, |()| {
        let [on_security_object, _] = &mut *signatures.borrow_mut();
        on_security_object.check();
    });
    turns.add(nothing, |()| {
        let _ = black_box(passive_authentication(&capture, &trust, &policy, now));
    });
    turns.add(nothing, |()| {
        signatures.borrow_mut().iter_mut().for_each(Bare::check);
        for group in &groups {
            black_box(openssl::hash::hash(group_hash, group).unwrap());
        }
    });
    turns.run().try_into().unwrap()
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

/// The list of 588 certificates, from its bytes to a store.
#[divan::bench]
fn load_a_master_list(bencher: Bencher<'_, '_>) {
    if let Some(bytes) = list() {
        bencher.bench_local(|| store_of(decoded(&bytes)));
    }
}

/// The same, with the signature around the list.
#[divan::bench]
fn load_and_verify_a_master_list(bencher: Bencher<'_, '_>) {
    let Some(bytes) = list() else {
        return;
    };
    bencher.bench_local(|| {
        let list = decoded(&bytes);
        let [info] = list.signed.signers.as_slice() else {
            panic!("one signer");
        };
        let key = list
            .signed
            .certificates
            .iter()
            .map(|raw| Certificate::decode(raw).unwrap())
            .find(|certificate| info.id.names(certificate))
            .unwrap()
            .public_key()
            .unwrap();
        signer::verify(&list.signed, info, &key).unwrap();
        store_of(list)
    });
}

fn list() -> Option<Vec<u8>> {
    std::fs::read(Path::new(REAL).join("DE_ML_2026-05-28-08-28-45.ml")).ok()
}

fn decoded(bytes: &[u8]) -> MasterList {
    let list = MasterList::decode(bytes).unwrap();
    assert_eq!(list.certificates.len(), 588);
    list
}

fn store_of(list: MasterList) -> TrustStore {
    let mut trust = TrustStore::empty();
    for certificate in list.certificates {
        if certificate.self_keyed() {
            let provenance = Provenance::MasterList {
                file: "list".to_owned(),
                state: None,
                signed: None,
            };
            trust.add_anchor(certificate, provenance);
        } else {
            trust.add_link(certificate);
        }
    }
    trust
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
