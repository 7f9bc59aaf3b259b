use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::process::Command;
use std::process::Stdio;
use std::thread;

use rusqlite::StatementStatus;

use super::*;
use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::registry::answer::Agreement;
use crate::registry::answer::Agreements;
use crate::registry::answer::CardStatus;
use crate::registry::answer::Person;
use crate::registry::facts::FactKind;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Expiry;
use crate::registry::query::SodDigest;

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("cancuoc-registry-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("below").join("registry.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn by_number(number: &str) -> Query {
    Query {
        context: Context::default(),
        card: CardKey {
            sod: Some(SodDigest::of(b"a card that the register has not seen")),
            number: CitizenNumber::new(number),
        },
        attributes: Attributes::default(),
        disclose: Vec::new(),
    }
}

fn date(text: &str) -> Option<PartialDate> {
    Some(PartialDate::from_iso(text).unwrap())
}

/// The default persona, as her card states it.
fn an() -> Query {
    Query {
        attributes: Attributes {
            name: Some("NGUYỄN THỊ MẪU AN".to_owned()),
            birth: date("1995-08-17"),
            sex: Some(Sex::Female),
            nationality: Some("Việt Nam".to_owned()),
            document_number: Some("195000123".to_owned()),
            expiry: date("2035-08-17").map(Expiry::Date),
        },
        ..by_number("036195000123")
    }
}

/// The key of a citizen in a register, as SQL writes octets.
fn person(registry: &Embedded, number: &str) -> String {
    let number = CitizenNumber::new(number).unwrap();
    let key = registry.key.person(&number);
    format!("x'{}'", hex::encode(key.as_bytes()))
}

fn why(path: &Path) -> String {
    match Embedded::open(path).unwrap_err() {
        SetupError::Registry { why } => why,
        other => panic!("{other}"),
    }
}

fn code(registry: &Embedded, query: &Query) -> &'static str {
    registry.check(query).unwrap().decision().code()
}

#[test]
fn the_first_use_makes_and_fills_the_file() {
    let folder = Folder::new("first");
    let registry = Embedded::open(&folder.file()).unwrap();
    let answer = registry.check(&an()).unwrap();
    assert_eq!(answer.status, CardStatus::Active);
    let all = Agreement::Match;
    let expected = Agreements {
        number: all,
        name: all,
        birth: all,
        sex: all,
        nationality: all,
        document_number: all,
        expiry: all,
    };
    assert_eq!(answer.agreements, expected);
    assert!(answer.age() < Duration::from_secs(60));
    assert_eq!(answer.decision().code(), "registry.confirmed");
    drop(registry);
    let again = Embedded::open(&folder.file()).unwrap();
    assert_eq!(code(&again, &an()), "registry.confirmed");
}

#[cfg(unix)]
#[test]
fn file_and_folder_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("private");
    Embedded::open(&folder.file()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.file()), 0o600);
    assert_eq!(mode(folder.file().parent().unwrap()), 0o700);
}

#[test]
fn the_sample_citizens_cover_every_status() {
    let folder = Folder::new("statuses");
    let registry = Embedded::open(&folder.file()).unwrap();
    for (number, expected) in [
        ("036195000123", "registry.confirmed"),
        ("048055000456", "registry.confirmed"),
        ("079303000789", "registry.confirmed"),
        ("001188900101", "registry.replaced"),
        ("048091900202", "registry.reported_lost"),
        ("079300900303", "registry.revoked"),
        ("092063900404", "registry.expired"),
        ("066315900505", "registry.not_issued"),
        ("040048900606", "registry.confirmed"),
        ("001099000999", "registry.not_on_file"),
    ] {
        assert_eq!(code(&registry, &by_number(number)), expected, "{number}");
    }
}

#[test]
fn each_attribute_is_answered_by_itself() {
    let folder = Folder::new("attributes");
    let registry = Embedded::open(&folder.file()).unwrap();
    let mut query = an();
    query.attributes.name = Some("Nguyễn Thị Mẫu Ân".to_owned());
    query.attributes.birth = date("1995");
    query.attributes.sex = Some(Sex::Unspecified);
    query.attributes.document_number = None;
    query.attributes.expiry = Some(Expiry::Never);
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.agreements.mismatches(), ["name", "expiry"]);
    assert_eq!(answer.agreements.birth, Agreement::Match);
    assert_eq!(answer.agreements.sex, Agreement::NotSupplied);
    assert_eq!(answer.agreements.document_number, Agreement::NotSupplied);
    assert_eq!(answer.decision().code(), "registry.mismatch");

    query.card.number = CitizenNumber::new("066315900505");
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.agreements.expiry, Agreement::NotOnFile);

    query.card.number = None;
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.status, CardStatus::NotOnFile);
    assert_eq!(answer.agreements.number, Agreement::NotSupplied);
    assert_eq!(answer.agreements.name, Agreement::NotOnFile);
    assert!(answer.agreements.mismatches().is_empty());
}

#[test]
fn a_known_security_object_names_the_plastic() {
    let folder = Folder::new("plastic");
    let registry = Embedded::open(&folder.file()).unwrap();
    // The newer card of a citizen whose older one was replaced.
    let mut query = by_number("001188900101");
    query.card.sod = Some(SodDigest::from_bytes([0x5A; 32]));
    assert_eq!(code(&registry, &query), "registry.confirmed");
    query.card.number = CitizenNumber::new("036195000123");
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.agreements.mismatches(), ["number"]);

    // Once the register has seen both, a third card with this number was not issued.
    let holder = person(&registry, "001188900101");
    let update = "UPDATE card SET sod = zeroblob(32) WHERE sod IS NULL AND person =";
    let update = format!("{update} {holder}");
    registry.connection.execute(&update, []).unwrap();
    assert_eq!(
        code(&registry, &by_number("001188900101")),
        "registry.not_issued"
    );
}

#[test]
fn of_several_unseen_cards_the_expiry_decides_then_the_newest() {
    let folder = Folder::new("several");
    let registry = Embedded::open(&folder.file()).unwrap();
    let holder = person(&registry, "036195000123");
    let older = format!(
        "INSERT INTO card (person, status, issued, expiry)
        VALUES ({holder}, 'replaced', '2016-01-01', '2020-08-17')"
    );
    registry.connection.execute(&older, []).unwrap();
    let mut query = an();
    assert_eq!(code(&registry, &query), "registry.confirmed");
    query.attributes.expiry = None;
    assert_eq!(code(&registry, &query), "registry.confirmed");
    query.attributes.expiry = date("2020-08-17").map(Expiry::Date);
    assert_eq!(code(&registry, &query), "registry.replaced");
}

#[test]
fn several_may_open_a_new_file_at_once() {
    let folder = Folder::new("race");
    let file = folder.file();
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let file = file.clone();
            thread::spawn(move || code(&Embedded::open(&file).unwrap(), &an()))
        })
        .collect();
    for opener in openers {
        assert_eq!(opener.join().unwrap(), "registry.confirmed");
    }
    let connection = Connection::open(&file).unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM register", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

/// Names the file to the processes of the next test.
const RACE: &str = "CANCUOC_TEST_REGISTRY_RACE";

#[test]
#[ignore = "started by several_processes_may_open_a_new_file_at_once"]
fn a_process_of_the_race() {
    if let Some(file) = env::var_os(RACE) {
        let registry = Embedded::open(Path::new(&file)).unwrap();
        assert_eq!(code(&registry, &an()), "registry.confirmed");
    }
}

#[test]
fn several_processes_may_open_a_new_file_at_once() {
    let folder = Folder::new("processes");
    let this = env::current_exe().unwrap();
    let mut children: Vec<_> = (0..6)
        .map(|_| {
            Command::new(&this)
                .args([
                    "--exact",
                    "registry::embedded::tests::a_process_of_the_race",
                ])
                .arg("--ignored")
                .env(RACE, folder.file())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let registry = Embedded::open(&folder.file()).unwrap();
    assert_eq!(code(&registry, &an()), "registry.confirmed");
}

#[test]
fn what_is_no_registry_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let garbage = folder.0.join("garbage");
    for bytes in [
        b"x".to_vec(),
        b"not a database, ".repeat(512),
        vec![0; 4096],
    ] {
        fs::write(&garbage, &bytes).unwrap();
        assert!(why(&garbage).contains("no registry"), "{}", why(&garbage));
        assert_eq!(fs::read(&garbage).unwrap(), bytes);
    }

    let foreign = folder.0.join("foreign.sqlite");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text)")
        .unwrap();
    let before = fs::read(&foreign).unwrap();
    assert!(why(&foreign).contains("no registry"));
    assert_eq!(fs::read(&foreign).unwrap(), before);

    assert!(why(&folder.0).contains("cannot be opened"));
    assert!(why(&garbage.join("below")).contains("director"));
    assert!(why(Path::new("")).starts_with(": "));
}

#[test]
fn a_damaged_or_newer_registry_is_refused() {
    let folder = Folder::new("damaged");
    let file = folder.file();
    Embedded::open(&file).unwrap();
    let good = fs::read(&file).unwrap();

    for length in (1..good.len()).step_by(500) {
        let cut = good.get(..length).unwrap();
        fs::write(&file, cut).unwrap();
        assert!(!why(&file).is_empty());
        assert_eq!(fs::read(&file).unwrap(), cut);
    }

    fs::write(&file, &good).unwrap();
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    let why = why(&file);
    assert!(why.contains("version 3"), "{why}");
    assert!(why.contains("another version of this program"), "{why}");
}

#[test]
fn a_registry_of_version_1_is_made_anew_and_kept_beside() {
    let folder = Folder::new("first");
    let file = folder.file();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let connection = Connection::open(&file).unwrap();
    let tables = "CREATE TABLE register (as_of TEXT NOT NULL);
        CREATE TABLE citizen (number TEXT PRIMARY KEY NOT NULL, name TEXT);
        CREATE TABLE card (id INTEGER PRIMARY KEY, number TEXT NOT NULL REFERENCES citizen (number));
        INSERT INTO citizen VALUES ('036195000123', 'Mẫu');
        INSERT INTO card VALUES (1, '036195000123')";
    connection.execute_batch(tables).unwrap();
    let application = APPLICATION;
    connection
        .pragma_update(None, "application_id", application)
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);
    for _ in 0..2 {
        let registry = Embedded::open(&file).unwrap();
        assert_eq!(code(&registry, &an()), "registry.confirmed");
    }
    let kept = Connection::open(beside(&file, ".version-1")).unwrap();
    let name = kept.query_row("SELECT name FROM citizen", [], |row| row.get(0));
    assert_eq!(name, Ok("Mẫu".to_owned()));
}

#[test]
fn an_impossible_value_is_no_answer() {
    let folder = Folder::new("values");
    let registry = Embedded::open(&folder.file()).unwrap();
    for (column, value) in [
        ("status", "'in force'"),
        ("expiry", "'soon'"),
        ("sod", "'text'"),
    ] {
        let holder = person(&registry, "036195000123");
        let update = format!("UPDATE card SET {column} = {value} WHERE person = {holder}");
        registry
            .connection
            .execute_batch(&format!("SAVEPOINT s; {update}"))
            .unwrap();
        let error = registry.check(&an()).unwrap_err();
        assert_eq!(error.code(), "registry.bad_answer", "{column}");
        registry
            .connection
            .execute_batch("ROLLBACK TO s; RELEASE s")
            .unwrap();
    }
    assert_eq!(code(&registry, &an()), "registry.confirmed");
}

#[test]
fn a_writer_that_does_not_end_is_not_waited_for_forever() {
    let folder = Folder::new("busy");
    let registry = Embedded::open(&folder.file()).unwrap();
    registry
        .connection
        .busy_timeout(Duration::from_millis(20))
        .unwrap();
    let writer = Connection::open(folder.file()).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = registry.check(&an()).unwrap_err();
    assert_eq!(error.code(), "registry.not_reached");
    assert!(error.to_string().contains("busy"));
}

#[test]
fn a_register_does_not_have_the_numbers_of_its_citizens() {
    let folder = Folder::new("numbers");
    Embedded::open(&folder.file()).unwrap();
    let file = fs::read(folder.file()).unwrap();
    let number = b"036195000123";
    assert!(!file.windows(number.len()).any(|part| part == number));
}

#[test]
fn a_register_is_no_use_without_its_own_key() {
    let folder = Folder::new("key");
    let file = folder.file();
    Embedded::open(&file).unwrap();
    let key = file.with_extension("key");
    let right = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(why(&file).contains("number key is missing"));
    assert!(!key.exists(), "a missing key is not made up for");
    fs::write(&key, "0".repeat(64)).unwrap();
    assert!(why(&file).contains("not the one"));
    fs::write(&key, "0").unwrap();
    assert!(why(&file).contains("64 hexadecimal digits"));
    fs::write(&key, right).unwrap();
    let registry = Embedded::open(&file).unwrap();
    assert_eq!(code(&registry, &an()), "registry.confirmed");
}

#[test]
fn a_person_is_found_by_an_earlier_number() {
    let folder = Folder::new("earlier");
    let registry = Embedded::open(&folder.file()).unwrap();
    let mut query = an();
    query.card.number = CitizenNumber::new("012345678");
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.status, CardStatus::NotOnFile);
    let holder = person(&registry, "036195000123");
    let old = person(&registry, "012345678");
    let update = format!("UPDATE person SET old_person = {old} WHERE person = {holder}");
    registry.connection.execute(&update, []).unwrap();
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.decision().code(), "registry.confirmed");
    assert_eq!(answer.agreements.number, Agreement::Match);
    let mut reasons = answer.reasons.iter();
    let number = reasons.find(|one| one.attribute == "number").unwrap();
    assert_eq!(number.rule, "old_number");
    // Two citizens had it: it names neither.
    let other = person(&registry, "048055000456");
    let update = format!("UPDATE person SET old_person = {old} WHERE person = {other}");
    registry.connection.execute(&update, []).unwrap();
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.status, CardStatus::NotOnFile);
}

#[test]
fn what_is_not_asked_for_is_not_told() {
    let folder = Folder::new("facts");
    let registry = Embedded::open(&folder.file()).unwrap();
    let mut query = an();
    assert!(registry.check(&query).unwrap().disclosed.is_empty());
    query.disclose = vec![FactKind::PermanentResidence, FactKind::IdentityLevel];
    let told = registry.check(&query).unwrap().disclosed;
    assert!(told.iter().any(|fact| fact.value.contains("Phố Mẫu")));
    assert!(told.iter().all(|fact| query.disclose.contains(&fact.kind)));
}

#[test]
fn a_person_may_be_out_of_force_and_the_card_not() {
    let folder = Folder::new("persons");
    let registry = Embedded::open(&folder.file()).unwrap();
    let holder = person(&registry, "036195000123");
    for status in [Person::Deceased, Person::Cancelled] {
        let code = status.code();
        let update = format!("UPDATE person SET status = '{code}' WHERE person = {holder}");
        registry.connection.execute(&update, []).unwrap();
        let answer = registry.check(&an()).unwrap();
        assert_eq!(answer.status, CardStatus::Active);
        assert_eq!(answer.person, status);
    }
}

#[test]
fn a_question_is_planned_once_however_often_it_is_asked() {
    let folder = Folder::new("plans");
    let registry = Embedded::open(&folder.file()).unwrap();
    for number in ["036195000123", "048055000456", "012345678"] {
        let _answer = registry.check(&by_number(number)).unwrap();
    }
    for question in [BY_SOD, LOOKUP] {
        let asked = registry.connection.prepare_cached(question).unwrap();
        assert!(asked.get_status(StatementStatus::Run) >= 3);
        assert_eq!(asked.get_status(StatementStatus::RePrepare), 0);
    }
}

#[test]
fn a_number_in_force_names_its_own_citizen_and_nobody_who_had_it() {
    let folder = Folder::new("own");
    let registry = Embedded::open(&folder.file()).unwrap();
    let number = person(&registry, "036195000123");
    let other = person(&registry, "048055000456");
    let update = format!("UPDATE person SET old_person = {number} WHERE person = {other}");
    registry.connection.execute(&update, []).unwrap();
    let answer = registry.check(&an()).unwrap();
    assert_eq!(answer.decision().code(), "registry.confirmed");
    let mut reasons = answer.reasons.iter();
    assert!(reasons.all(|one| one.attribute != "number"));
}

#[test]
fn facts_are_those_of_the_card_s_holder_each_once() {
    let folder = Folder::new("holders");
    let registry = Embedded::open(&folder.file()).unwrap();
    let holder = person(&registry, "001188900101");
    let insert = format!(
        "INSERT OR REPLACE INTO fact (person, kind, value)
        VALUES ({holder}, 'permanent_residence', 'Số 1 Ngõ Thử')"
    );
    registry.connection.execute(&insert, []).unwrap();
    let told = |number: Option<&str>| {
        let mut query = by_number("000000000000");
        query.card.sod = Some(SodDigest::from_bytes([0x5A; 32]));
        query.card.number = number.and_then(CitizenNumber::new);
        query.disclose = vec![FactKind::PermanentResidence];
        let told = registry.check(&query).unwrap().disclosed;
        told.into_iter().map(|fact| fact.value).collect::<Vec<_>>()
    };
    for number in [None, Some("001188900101"), Some("036195000123")] {
        assert_eq!(told(number), ["Số 1 Ngõ Thử"], "{number:?}");
    }
}

#[test]
fn why_a_value_differs_is_not_told_and_whom_nobody_knows_differs_in_nothing() {
    let folder = Folder::new("silent");
    let registry = Embedded::open(&folder.file()).unwrap();
    let mut query = an();
    query.attributes.name = Some("Nguyen Thi Mau An".to_owned());
    query.attributes.birth = date("1995-08-18");
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.agreements.mismatches(), ["name", "birth"]);
    let silent = |name: &str| answer.reasons.iter().all(|one| one.attribute != name);
    assert!(silent("name") && silent("birth"));
    query.card.number = CitizenNumber::new("000000000000");
    let answer = registry.check(&query).unwrap();
    assert_eq!(answer.status, CardStatus::NotOnFile);
    assert_eq!(answer.agreements.number, Agreement::NotOnFile);
    assert!(answer.reasons.is_empty() && answer.agreements.mismatches().is_empty());
}

#[test]
fn a_register_that_was_filled_by_another_key_meanwhile_gives_no_answer() {
    let folder = Folder::new("meanwhile");
    let registry = Embedded::open(&folder.file()).unwrap();
    let update = "UPDATE register SET number_check = zeroblob(16)";
    registry.connection.execute(update, []).unwrap();
    let error = registry.check(&an()).unwrap_err();
    assert_eq!(error.code(), "registry.bad_answer");
}
