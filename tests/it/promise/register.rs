//! Every answer of the register: each bit of each column of the card's row, and each field of the
//! answer that comes of it.

use std::path::Path;

use cancuoc::capture::Reading;
use cancuoc::lds::FileId;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Context;
use cancuoc::registry::Embedded;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::RegistryError;
use cancuoc::registry::SodDigest;
use cancuoc::registry::number_key::NumberKey;
use cancuoc::verify::Policy;
use cancuoc::verify::Report;
use cancuoc::workflow;
use cancuoc::workflow::Judgement;
use jiff::Timestamp;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::bits::Ended;
use super::bits::Exception;
use super::bits::Flip;
use super::bits::flip;
use super::bits::keep;
use super::bits::sample;
use super::truth::Truth;
use crate::support::forge::NOW;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::trusting;
use crate::support::home::Home;

/// Bits of each column of an ordinary run.
const FEW: usize = 10;

/// Columns of the row, by their tables.
const COLUMNS: [(&str, &str); 14] = [
    ("person", "person"),
    ("person", "status"),
    ("person", "name"),
    ("person", "birth"),
    ("person", "sex"),
    ("person", "nationality"),
    ("card", "person"),
    ("card", "sod"),
    ("card", "status"),
    ("card", "document_number"),
    ("card", "issued"),
    ("card", "expiry"),
    ("register", "as_of"),
    ("register", "number_check"),
];

/// Columns whose change leaves the card confirmed.
const HARMLESS: &[Exception] = &[
    ("person.name", "a capital letter for a small one"),
    (
        "person.nationality",
        "a small letter for a capital one, or VN for VNM: the same state",
    ),
    ("card.issued", "the day of issue is not asked about"),
    (
        "register.as_of",
        "it tells how old the answer is, and nothing of the card",
    ),
];

/// The card of the tests, which the register has in force.
const NUMBER: &str = "036195000123";

/// Register and reading of the ordinary card, and what judges them.
struct Counter {
    reading: Reading,
    strict: Policy,
}

impl Counter {
    fn new() -> Self {
        let strict = "name = \"strict\"\nrequire = [\"chip\", \"registry\"]";
        Self {
            reading: Scene::an().read().unwrap(),
            strict: Policy::parse(strict).unwrap(),
        }
    }

    /// The report on the reading, with the registry's word.
    fn ask(&self, registry: &mut (dyn Registry + 'static)) -> Report {
        let trust = trusting(&[&cancuoc::sim::pki::test_root()]);
        let report = cancuoc::verify::verify(&self.reading, &trust, &self.strict, at(NOW));
        // The workflow joins the answer; a stored reading asks the same question as a live one.
        let stored = Reading::stored(self.reading.capture.clone());
        let judgement = Judgement {
            trust: &trust,
            policy: &self.strict,
            now: at(NOW),
            context: Context::default(),
            disclose: Vec::new(),
        };
        let asked = workflow::inspect_again(stored, &judgement, Some(registry));
        report.join(asked.report.checks().registry.clone())
    }
}

/// The citizen's key in a register, as SQL writes octets. All registers here have the same number key.
fn person(home: &Home) -> String {
    let key = NumberKey::read(&home.path("honest.key")).unwrap();
    let person = key.person(&CitizenNumber::new(NUMBER).unwrap());
    format!("x'{}'", hex::encode(person.as_bytes()))
}

/// The row that the card or its holder has in a table.
fn row(home: &Home, database: &Connection, table: &str) -> i64 {
    let query = match table {
        "register" => "SELECT rowid FROM register".to_owned(),
        _ => format!("SELECT rowid FROM {table} WHERE person = {}", person(home)),
    };
    database.query_row(&query, [], |row| row.get(0)).unwrap()
}

/// The row's value of a column.
fn value(home: &Home, database: &Connection, (table, column): (&str, &str)) -> Value {
    let query = format!("SELECT {column} FROM {table} WHERE rowid = ?");
    let row = row(home, database, table);
    database.query_row(&query, [row], |row| row.get(0)).unwrap()
}

/// A register with the card's row, its security object known to it or not.
fn register(home: &Home, name: &str, sod: Option<&[u8]>) -> Connection {
    let path = home.path(name);
    let key = path.with_extension("key");
    if !key.exists() && home.path("honest.key").exists() {
        std::fs::copy(home.path("honest.key"), key).unwrap();
    }
    drop(Embedded::open(&path).unwrap());
    let database = connected(&path);
    if let Some(sod) = sod {
        let digest = SodDigest::of(sod);
        database
            .execute(
                &format!("UPDATE card SET sod = ? WHERE person = {}", person(home)),
                [digest.as_bytes()],
            )
            .unwrap();
    }
    database
}

/// A connection that writes what it is told, and waits for no disk.
fn connected(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    let off = "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF";
    database.execute_batch(off).unwrap();
    database
}

/// Puts bytes into a column of a row, of the same type as what was there.
fn put(path: &Path, (table, column): (&str, &str), row: i64, kind: &Value, bytes: &[u8]) {
    let kind = match kind {
        Value::Text(_) => "TEXT",
        _ => "BLOB",
    };
    let update = format!("UPDATE {table} SET {column} = CAST(? AS {kind}) WHERE rowid = ?");
    let changed = connected(path).execute(&update, rusqlite::params![bytes, row]);
    assert_eq!(changed.unwrap(), 1, "{table}.{column}");
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => text.clone().into_bytes(),
        Value::Blob(blob) => blob.clone(),
        _ => Vec::new(),
    }
}

fn keep_for(class: &str, known: bool) {
    let home = Home::new();
    let counter = Counter::new();
    let sod = known.then(|| counter.reading.capture.files[&FileId::Sod].clone());
    let truth = {
        let path = home.path("honest.sqlite");
        drop(register(&home, "honest.sqlite", sod.as_deref()));
        let report = counter.ask(&mut Embedded::open(&path).unwrap());
        assert_eq!(report.checks().registry.code(), "registry.confirmed");
        Truth::of(&report)
    };
    let database = register(&home, "honest.sqlite", None);
    let values = COLUMNS.map(|column| value(&home, &database, column));
    let rows = COLUMNS.map(|(table, _)| row(&home, &database, table));
    drop(database);
    let mut flips = Vec::new();
    for (place, ((table, column), value)) in COLUMNS.iter().zip(&values).enumerate() {
        for bit in 0..bytes(value).len() * 8 {
            flips.push(Flip {
                region: format!("{table}.{column}"),
                place,
                bit,
            });
        }
    }
    let flips = sample(class, flips, FEW);
    // A register of its own for every thread.
    let idle = std::sync::Mutex::new(Vec::new());
    let made = std::sync::atomic::AtomicUsize::new(0);
    keep(class, &flips, HARMLESS, |one| {
        let waiting = idle.lock().unwrap().pop();
        let name = waiting.unwrap_or_else(|| {
            let number = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let name = format!("{number}.sqlite");
            drop(register(&home, &name, sod.as_deref()));
            name
        });
        let path = home.path(&name);
        let column = COLUMNS[one.place];
        let honest = &values[one.place];
        let mut changed = bytes(honest);
        flip(&mut changed, one.bit);
        put(&path, column, rows[one.place], honest, &changed);
        let ended = match Embedded::open(&path) {
            Err(error) => Ended::Refused(error.code().to_owned()),
            Ok(mut embedded) => truth.judged(&counter.ask(&mut embedded)),
        };
        let folded = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
        let other_name = column.1 == "name" && folded(&changed) != folded(&bytes(honest));
        let ended = match ended {
            Ended::NoDifference if other_name => {
                Ended::Broken("another name is confirmed".to_owned())
            }
            ended => ended,
        };
        put(&path, column, rows[one.place], honest, &bytes(honest));
        idle.lock().unwrap().push(name);
        ended
    });
}

#[test]
fn no_bit_of_the_row_of_a_card_that_the_register_has_seen() {
    keep_for("register, the card is known", true);
}

#[test]
fn no_bit_of_the_row_of_a_card_that_the_register_has_not_seen() {
    keep_for("register, the citizen is known", false);
}

/// A register that says always the same.
struct Says(Result<Answer, RegistryError>);

impl Registry for Says {
    fn check(&self, _query: &Query) -> Result<Answer, RegistryError> {
        self.0.clone()
    }
}

/// Every answer but the one that confirms, one field changed at a time.
#[test]
fn no_field_of_an_answer_but_the_right_one_confirms() {
    let counter = Counter::new();
    let same = Agreement::Match;
    let right = Agreements {
        number: same,
        name: same,
        birth: same,
        sex: same,
        nationality: same,
        document_number: same,
        expiry: same,
    };
    let code = |status, agreements| {
        let epoch = Timestamp::UNIX_EPOCH;
        let answer = Answer::new(status, agreements, epoch, epoch);
        let report = counter.ask(&mut Says(Ok(answer)));
        report.checks().registry.code()
    };
    assert_eq!(code(CardStatus::Active, right), "registry.confirmed");
    for status in CardStatus::ALL {
        // A status is a word on the way here: no single bit makes one out of another.
        for other in CardStatus::ALL {
            let (a, b) = (status.code().as_bytes(), other.code().as_bytes());
            let differing: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert!(status == other || a.len() != b.len() || differing > 1);
        }
        if status != CardStatus::Active {
            assert_ne!(code(status, right), "registry.confirmed", "{status:?}");
        }
    }
    let fields: [fn(&mut Agreements) -> &mut Agreement; 7] = [
        |all| &mut all.number,
        |all| &mut all.name,
        |all| &mut all.birth,
        |all| &mut all.sex,
        |all| &mut all.nationality,
        |all| &mut all.document_number,
        |all| &mut all.expiry,
    ];
    for (number, field) in fields.into_iter().enumerate() {
        let mut other = right;
        *field(&mut other) = Agreement::Mismatch;
        assert_eq!(
            code(CardStatus::Active, other),
            "registry.mismatch",
            "{number}"
        );
    }
}
