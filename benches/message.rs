//! What a signed exchange costs beside the register: a question read, an answer signed, an answer
//! checked by whoever asked.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

use cancuoc::crypto::curve::Curve;
use cancuoc::crypto::hash::Hash;
use cancuoc::crypto::random::System;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::Attributes;
use cancuoc::registry::CardKey;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Context;
use cancuoc::registry::Query;
use cancuoc::registry::SodDigest;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::Expecting;
use cancuoc::registry::message::Nonce;
use cancuoc::registry::message::QuestionId;
use cancuoc::registry::message::encode_answer;
use cancuoc::registry::message::encode_question;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::seal::key::DeviceKey;
use cancuoc::secret::Secret;
use divan::Bencher;
use jiff::Timestamp;

fn main() {
    divan::main();
}

struct Exchange {
    registry: DeviceKey,
    question: Vec<u8>,
    asked: Asked,
    answer: Answer,
    said: Vec<u8>,
    expecting: Expecting,
    now: Timestamp,
}

fn exchange() -> Exchange {
    let now = Timestamp::now();
    let query = Query {
        context: Context {
            procedure: Procedure::new("1.004222"),
            case: Case::new("H26-0001"),
            officer: Officer::new("cb-0417"),
            device: Device::new("quay-3"),
            agency: None,
        },
        card: CardKey {
            sod: Some(SodDigest::of(b"EF.SOD")),
            number: CitizenNumber::new("036195000123"),
        },
        attributes: Attributes {
            name: Some("Nguyễn Thị Mẫu An".to_owned()),
            ..Attributes::default()
        },
        disclose: Vec::new(),
    };
    let silent = Agreement::NotSupplied;
    let agreements = Agreements {
        number: Agreement::Match,
        name: Agreement::Match,
        birth: silent,
        sex: silent,
        nationality: silent,
        document_number: silent,
        expiry: silent,
    };
    let device = DeviceKey::generate(&mut System).unwrap();
    let registry = DeviceKey::generate(&mut System).unwrap();
    let (id, nonce) = (QuestionId::random(&mut System), Nonce::random(&mut System));
    let (id, nonce) = (id.unwrap(), nonce.unwrap());
    let question = encode_question(&query, &id, &nonce, now, Some(&device)).unwrap();
    let asked = Asked::decode(&question).unwrap();
    let answer = Answer::new(CardStatus::Active, agreements, now, now);
    Exchange {
        said: encode_answer(&answer, &[], &asked, &registry).unwrap(),
        expecting: Expecting::of(&asked, &question, &[registry.public().id()]),
        registry,
        question,
        asked,
        answer,
        now,
    }
}

#[divan::bench]
fn read_a_signed_question(bencher: Bencher<'_, '_>) {
    let exchange = exchange();
    bencher.bench(|| Asked::decode(&exchange.question).unwrap());
}

#[divan::bench]
fn sign_an_answer(bencher: Bencher<'_, '_>) {
    let it = exchange();
    bencher.bench(|| encode_answer(&it.answer, &[], &it.asked, &it.registry).unwrap());
}

#[divan::bench]
fn check_an_answer(bencher: Bencher<'_, '_>) {
    let it = exchange();
    bencher.bench(|| it.expecting.read(&it.said, it.now).unwrap());
}

/// The signature alone, by the engine where it is built in.
#[divan::bench]
fn sign(bencher: Bencher<'_, '_>) {
    let key = DeviceKey::generate(&mut System).unwrap();
    bencher.bench(|| key.sign(b"a message of no length to speak of").unwrap());
}

/// The same by RustCrypto, without the second look.
#[divan::bench]
fn sign_by_rust_crypto(bencher: Bencher<'_, '_>) {
    let key = Curve::P256
        .private_key(Secret::new(vec![0x5A; 32]))
        .unwrap();
    bencher.bench(|| {
        key.sign(Hash::Sha256, b"a message of no length to speak of")
            .unwrap()
    });
}
