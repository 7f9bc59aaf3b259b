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

#[cfg(feature = "serve")]
#[test]
fn a_list_finds_of_each_card_what_a_question_finds() {
    use cancuoc::registry::backend::Backend;
    use cancuoc::registry::backend::Found;
    use cancuoc::registry::backend::Wanted;

    let (server, url) = register();
    // Somebody whose number somebody else had before, and one with two cards.
    server.sql(
        "people",
        "UPDATE person SET old_person = (SELECT person FROM card WHERE document_number = '195000123') \
         WHERE person = (SELECT person FROM card WHERE document_number <> '195000123' \
            AND sod IS NOT NULL ORDER BY document_number LIMIT 1);\
         INSERT INTO card SELECT NULL, person, 'replaced', 'second', issued, expiry FROM card \
            WHERE document_number = '195000123'",
    );
    let documents = "SELECT document_number FROM card WHERE sod IS NOT NULL ORDER BY 1 LIMIT 12";
    let documents = server.sql("people", documents);
    let numbers = ["036195000123", "048055000456", "341900909", "001099999999"];
    let mut queries = Vec::new();
    for (place, document) in documents.lines().enumerate() {
        let number = numbers[place % numbers.len()];
        let facts: &[FactKind] = match place % 3 {
            0 => &[FactKind::PermanentResidence, FactKind::HouseholdRelation],
            _ => &[],
        };
        queries.push(asking(Some(document), Some(number), facts));
        queries.push(asking(None, Some(number), facts));
        queries.push(asking(Some("no card"), Some(number), &[]));
        queries.push(asking(Some("no card"), None, facts));
        queries.push(asking(None, Some(number), &[]));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let now = jiff::Timestamp::UNIX_EPOCH;
    let told = |found: &Found, query: &Query| format!("{:?}", found.answer(query, now));
    let compare = |register: &Backend, queries: &[Query]| {
        let wanted: Vec<Wanted<'_>> = queries
            .iter()
            .map(|query| Wanted::of(query, &query.disclose))
            .collect();
        let together = runtime.block_on(register.find_all(&wanted)).unwrap();
        assert_eq!(together.len(), queries.len());
        for ((found, wanted), query) in together.iter().zip(&wanted).zip(queries) {
            let alone = runtime.block_on(register.find(wanted)).unwrap();
            assert_eq!(told(found, query), told(&alone, query));
        }
        together
            .iter()
            .map(|found| found.facts.len())
            .sum::<usize>()
    };
    let register = runtime.block_on(Backend::open(&url)).unwrap();
    assert!(compare(&register, &queries) > 0);
    for part in queries.chunks(7) {
        compare(&register, part);
    }
    // Somebody with more cards than all others of a list together: nobody is missing for it.
    server.sql(
        "people",
        "INSERT INTO card SELECT NULL, person, 'replaced', 'n' || n, issued, expiry \
         FROM card, generate_series(1, 3000) AS n WHERE document_number = '195000123'",
    );
    compare(&register, &queries);
}
