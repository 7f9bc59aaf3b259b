//! Questions, made and signed before the clock runs.

use std::thread;

use cancuoc::bytes::date::PartialDate;
use cancuoc::crypto::random::Random as _;
use cancuoc::crypto::random::System;
use cancuoc::lds::mrz::Sex;
use cancuoc::registry::message::Nonce;
use cancuoc::registry::message::QuestionId;
use cancuoc::registry::message::encode_question;
use cancuoc::registry::message::encode_question_list;
use cancuoc::registry::query::Attributes;
use cancuoc::registry::query::CardKey;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::CitizenNumber;
use cancuoc::registry::query::Context;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Expiry;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::registry::query::Query;
use cancuoc::registry::query::SodDigest;
use cancuoc::seal::key::DeviceKey;
use jiff::Timestamp;

use crate::citizens;

/// The procedure of every question.
pub const PROCEDURE: &str = "bench";

/// How many officers ask, each at a device of the agency.
const OFFICERS: u64 = 500;

/// Of a thousand questions, so many are about a card that is not on file, and so many have another
/// name than the register.
const UNKNOWN: u64 = 20;
const MISMATCHING: u64 = 30;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Signed,
    Unsigned,
    /// No question: what TLS and HTTP cost alone.
    Health,
}

/// Where the head of an HTTP message ends.
pub fn head(message: &[u8]) -> Option<usize> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    end.map(|at| at + 4)
}

/// Makes so many requests, each with so many questions about citizens drawn at random.
pub fn make(count: usize, rows: u64, kind: Kind, list: usize, keys: &[DeviceKey]) -> Vec<Vec<u8>> {
    if kind == Kind::Health {
        let request = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
        return vec![request.to_vec(); count];
    }
    let request = |body: Vec<u8>| {
        let mut request = format!(
            "POST {} HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            if list > 1 {
                "/v1/question-lists"
            } else {
                "/v1/questions"
            },
            body.len()
        )
        .into_bytes();
        request.extend(body);
        request
    };
    let threads = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        let share = count.div_ceil(threads);
        let make = |_| {
            scope.spawn(move || {
                let make = |at: usize| request(message(at, rows, kind, list, keys));
                (0..share).map(make).collect::<Vec<_>>()
            })
        };
        let working = (0..threads).map(make).collect::<Vec<_>>();
        let mut all = Vec::with_capacity(count);
        for part in working {
            all.extend(part.join().unwrap());
        }
        all.truncate(count);
        all
    })
}

/// One question, or a list of them where there are more.
pub fn message(at: usize, rows: u64, kind: Kind, list: usize, keys: &[DeviceKey]) -> Vec<u8> {
    let officer = draw() % OFFICERS;
    let context = Context {
        procedure: Procedure::new(PROCEDURE),
        case: Case::new(&format!("bench-{at}")),
        officer: Officer::new(&format!("officer-{officer}")),
        device: Device::new(&format!("device-{officer}")),
        agency: None,
    };
    let about = |_| about(context.clone(), rows);
    let queries = (0..list.max(1)).map(about).collect::<Vec<_>>();
    let id = QuestionId::random(&mut System).unwrap();
    let nonce = Nonce::random(&mut System).unwrap();
    let key = (kind == Kind::Signed).then(|| &keys[at % keys.len()]);
    let now = Timestamp::now();
    match queries.as_slice() {
        [one] => encode_question(one, &id, &nonce, now, key),
        _ => encode_question_list(&queries, &id, &nonce, now, key),
    }
    .unwrap()
}

fn draw() -> u64 {
    let mut random = [0; 8];
    System.fill(&mut random).unwrap();
    u64::from_be_bytes(random)
}

/// A question about a citizen drawn at random.
fn about(context: Context, rows: u64) -> Query {
    let (citizen, dice) = (1 + draw() % rows, draw() % 1000);
    let citizen = if dice < UNKNOWN {
        citizen + rows
    } else {
        citizen
    };
    let name = match dice {
        UNKNOWN.. if dice < UNKNOWN + MISMATCHING => "TRẦN VĂN BÌNH",
        _ => citizens::NAME,
    };
    let number = citizens::number(citizen);
    Query {
        context,
        card: CardKey {
            sod: Some(SodDigest::of(number.as_bytes())),
            number: CitizenNumber::new(&number),
        },
        attributes: Attributes {
            name: Some(name.to_owned()),
            birth: PartialDate::from_iso(citizens::BIRTH),
            sex: Some(Sex::Female),
            nationality: Some(citizens::NATIONALITY.to_owned()),
            document_number: Some(citizens::document_number(citizen)),
            expiry: PartialDate::from_iso(citizens::EXPIRY).map(Expiry::Date),
        },
        disclose: Vec::new(),
    }
}
