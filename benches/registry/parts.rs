//! What parts of the work on a question take, alone in one thread.

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use cancuoc::crypto::random::System;
use cancuoc::registry::answer::Agreement;
use cancuoc::registry::answer::Agreements;
use cancuoc::registry::answer::Answer;
use cancuoc::registry::answer::CardStatus;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::encode_answer;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::signature::Keys;
use jiff::Timestamp;

use crate::questions;
use crate::questions::Kind;

/// How long each part is repeated.
const TIME: Duration = Duration::from_millis(500);

/// Prints the table.
pub fn show(device: &DeviceKey) {
    let key = DeviceKey::generate(&mut System).unwrap();
    let keys = Keys::default();
    let signed = questions::message(0, 1000, Kind::Signed, 1, std::slice::from_ref(device));
    let unsigned = questions::message(0, 1000, Kind::Unsigned, 1, &[]);
    let asked = Asked::decode(&signed).unwrap();
    let now = Timestamp::now();
    let agreements = Agreements {
        number: Agreement::Match,
        name: Agreement::Match,
        birth: Agreement::Match,
        sex: Agreement::Match,
        nationality: Agreement::Match,
        document_number: Agreement::Match,
        expiry: Agreement::Match,
    };
    let answer = Answer::new(CardStatus::Active, agreements, now, now);
    let message = [0x5A; 1000];
    part("question read, its signature checked", || {
        drop(black_box(Asked::decode(&signed)));
    });
    part("the same, by a key that was read before", || {
        drop(black_box(Asked::decode_by(&signed, Some(&keys))));
    });
    part("question read, not signed", || {
        drop(black_box(Asked::decode(&unsigned)))
    });
    part("answer written and signed", || {
        drop(black_box(encode_answer(&answer, &[], &asked, &key)));
    });
    part("a signature alone", || drop(black_box(key.sign(&message))));
}

fn part(name: &str, mut work: impl FnMut()) {
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < TIME {
        let one = Instant::now();
        work();
        times.push(one.elapsed());
    }
    times.sort();
    println!(
        "  {name}: {:.0} µs (median), {:.0} µs (fastest)",
        times[times.len() / 2].as_secs_f64() * 1e6,
        times[0].as_secs_f64() * 1e6
    );
}
