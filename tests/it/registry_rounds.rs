//! Cards that are looked up together in PostgreSQL: each question gets the answer that it gets alone.

use cancuoc::registry::Answer;
use cancuoc::registry::CardKey;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::FactKind;
use cancuoc::registry::Query;
use cancuoc::registry::Registry;
use cancuoc::registry::SodDigest;
use cancuoc::registry::number_key::beside;
use cancuoc::registry::postgres;
use cancuoc::registry::postgres::Blocking;
use cancuoc::registry::samples::Contents;

use crate::support::postgres::Postgres;
use crate::support::registry::query;

/// Digests that the register knows are those of the document numbers.
const KNOWN: &str = "UPDATE card SET sod = sha256(document_number::bytea) \
    WHERE sod IS NULL AND document_number IN \
        (SELECT document_number FROM card GROUP BY 1 HAVING count(*) = 1)";

/// A register of the sample citizens, and the address of it.
fn register() -> (Postgres, String) {
    let server = Postgres::start();
    server.create("people");
    let key = beside(&server.folder().join("people"));
    let socket = server.folder().display().to_string().replace('/', "%2F");
    let url = format!(
        "postgres://registry@{socket}:{}/people?number_key={}&connections=2&connect_timeout=60",
        server.port(),
        key.display()
    );
    postgres::make(&url, Contents::Samples).unwrap();
    server.sql("people", KNOWN);
    (server, url)
}

fn asking(sod: Option<&str>, number: Option<&str>, disclose: &[FactKind]) -> Query {
    Query {
        card: CardKey {
            sod: sod.map(|text| SodDigest::of(text.as_bytes())),
            number: number.map(|text| CitizenNumber::new(text).unwrap()),
        },
        disclose: disclose.to_vec(),
        ..query()
    }
}

/// What an answer says, without its times and the facts that were asked for.
fn said(mut answer: Answer) -> String {
    answer.disclosed.clear();
    answer.answered_at = answer.data_as_of;
    format!("{answer:?}")
}

#[test]
fn cards_looked_up_together_are_answered_as_each_alone() {
    let (server, url) = register();
    let documents = "SELECT document_number FROM card WHERE sod IS NOT NULL ORDER BY 1";
    let documents = server.sql("people", documents);
    let documents: Vec<&str> = documents.lines().collect();
    assert!(documents.len() > 10, "{documents:?}");
    let numbers = [
        Some("036195000123"),
        Some("048055000456"),
        Some("001099999999"),
        None,
    ];
    let mut asked = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        for number in numbers {
            asked.push((Some(*document), number));
            // The same card twice in a round, and between known cards those that nobody has.
            if place % 3 == 0 {
                asked.push((Some(*document), number));
                asked.push((Some("no card"), number));
                asked.push((None, number));
            }
        }
    }
    let queries = |disclose: &[FactKind]| {
        let asked = asked.iter();
        let queries = asked.map(|(sod, number)| asking(*sod, *number, disclose));
        queries.collect::<Vec<_>>()
    };
    let register = Blocking::open(&url).unwrap();
    let together = register.check_all(&queries(&[])).unwrap();
    // A question for facts is never answered in a round.
    let alone = queries(&[FactKind::PermanentResidence]);
    assert_eq!(together.len(), alone.len());
    for (answer, query) in together.into_iter().zip(&alone) {
        assert_eq!(said(answer), said(register.check(query).unwrap()));
    }
}

#[test]
fn rounds_see_changes_and_outlive_their_connections() {
    let (server, url) = register();
    let register = Blocking::open(&url).unwrap();
    let query = asking(Some("195000123"), Some("036195000123"), &[]);
    assert_eq!(register.check(&query).unwrap().status, CardStatus::Active);
    server.sql(
        "people",
        "UPDATE card SET status = 'reported_lost' WHERE document_number = '195000123'",
    );
    assert_eq!(
        register.check(&query).unwrap().status,
        CardStatus::ReportedLost
    );
    server.sql(
        "people",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = 'people' AND pid <> pg_backend_pid()",
    );
    for _ in 0..4 {
        assert_eq!(
            register.check(&query).unwrap().status,
            CardStatus::ReportedLost
        );
    }
    server.sql("people", "DELETE FROM card; DELETE FROM person");
    assert_eq!(
        register.check(&query).unwrap().status,
        CardStatus::NotOnFile
    );
}
