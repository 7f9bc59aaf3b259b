//! Snapshots of the cards that are not in force, from the register to the counter.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use cancuoc::crypto::random::System;
use cancuoc::lds::FileId;
use cancuoc::registry::CardStatus;
use cancuoc::registry::SodDigest;
use cancuoc::registry::snapshot::Signers;
use cancuoc::registry::snapshot::Snapshot;
use cancuoc::registry::snapshot::cards::BINARY_MAGIC;
use cancuoc::registry::snapshot::cards::binary_record;
use cancuoc::seal::key::DeviceKey;
use jiff::Timestamp;
use jiff::ToSpan;
use rusqlite::Connection;
use serde_json::Value;

#[cfg(feature = "postgres")]
use crate::registry_load_breaks::address;
#[cfg(feature = "postgres")]
use crate::registry_load_breaks::sample;
use crate::support::forge::find;
use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::output;
use crate::support::home::parsed;
#[cfg(feature = "postgres")]
use crate::support::postgres::Postgres;

/// Cards of a register.
type Cards = Vec<(SodDigest, CardStatus)>;

/// Where snapshots are made and used.
struct Counter {
    home: Home,
    signer: String,
}

impl Counter {
    fn new() -> Self {
        let home = Home::new();
        let public = DeviceKey::create(&home.path("key.pem"), &mut System).unwrap();
        Self {
            signer: public.id().to_string(),
            home,
        }
    }

    /// Makes a snapshot, or a delta to `base`.
    fn make(&self, out: &str, revision: u64, base: Option<&str>, more: &[&str]) -> Value {
        self.home.json(&self.words(out, revision, base, more), 0)
    }

    fn words<'a>(
        &self,
        out: &'a str,
        revision: u64,
        base: Option<&'a str>,
        more: &[&'a str],
    ) -> Vec<&'a str> {
        let kind = match base {
            Some(base) => vec!["delta", "--base", base],
            None => vec!["build", "--register", "test"],
        };
        // Leaked for the length of a test, so that words can be borrowed.
        let revision: &str = Box::leak(revision.to_string().into_boxed_str());
        let common = [
            "--signing-key",
            "key.pem",
            "--out",
            out,
            "--revision",
            revision,
        ];
        [&["registry", "snapshot"], &kind[..], &common, more].concat()
    }

    /// The address of a snapshot.
    fn address(&self, file: &str) -> String {
        format!("snapshot:{}?signer={}", self.home.text(file), self.signer)
    }

    /// What a read of a persona's card ends in, asked of a snapshot.
    fn read(&self, persona: &str, file: &str, status: i32) -> Value {
        let words = [
            "read",
            "--virtual",
            persona,
            "--registry",
            &self.address(file),
        ];
        self.home.json(&words, status)["checks"]["registry"].clone()
    }
}

/// The security object of a persona's card.
fn sod(persona: &str) -> SodDigest {
    SodDigest::of(&find(persona).personalise().unwrap().files[&FileId::Sod])
}

/// The card of a persona, with 400 others of which one in eight is not in force.
fn register(status: CardStatus) -> Cards {
    let other = |number: u32| {
        let status = match number % 32 {
            0 | 1 => CardStatus::Replaced,
            2 => CardStatus::ReportedLost,
            3 => CardStatus::Revoked,
            4 => CardStatus::Expired,
            _ => CardStatus::Active,
        };
        (SodDigest::of(&number.to_be_bytes()), status)
    };
    let mut cards: Cards = (0..400).map(other).collect();
    cards.push((sod("an"), status));
    cards
}

fn csv(cards: &Cards) -> String {
    let mut text = "card_status,number,sod_sha256\n".to_owned();
    for (sod, status) in cards {
        let digits = hex::encode(sod.as_bytes());
        writeln!(text, "{},001200000001,{digits}", status.code()).unwrap();
    }
    text
}

fn binary(cards: &Cards) -> Vec<u8> {
    let mut octets = BINARY_MAGIC.to_vec();
    for (sod, status) in cards {
        octets.extend(binary_record(sod, *status).unwrap());
    }
    octets
}

/// A register with the two tables that are read.
fn sqlite(path: &Path, cards: &Cards, as_of: &str) {
    let _ = fs::remove_file(path);
    let register = Connection::open(path).unwrap();
    let tables =
        "BEGIN; CREATE TABLE register (as_of TEXT); CREATE TABLE card (sod BLOB, status TEXT);";
    register.execute_batch(tables).unwrap();
    register
        .execute("INSERT INTO register VALUES (?)", [as_of])
        .unwrap();
    // Cards whose security object the register has not seen.
    let unseen = "INSERT INTO card VALUES (NULL, 'active'), (NULL, 'revoked'), (NULL, 'expired')";
    register.execute(unseen, []).unwrap();
    for (sod, status) in cards {
        let row = (sod.as_bytes(), status.code());
        register
            .execute("INSERT INTO card VALUES (?, ?)", row)
            .unwrap();
    }
    register.execute_batch("COMMIT").unwrap();
}

#[test]
fn every_sample_card_is_answered_as_the_register_says() {
    let counter = Counter::new();
    let home = &counter.home;
    let url = ["--registry", "sqlite:r.sqlite"];
    home.json(&[&["registry", "init"], &url[..]].concat(), 0);
    let register = Connection::open(home.path("r.sqlite")).unwrap();
    // Most sample cards are on file before they were ever seen.
    let seen = "UPDATE card SET sod = randomblob(32) WHERE sod IS NULL";
    register.execute(seen, []).unwrap();
    let made = counter.make("cards", 1, None, &url);
    let snapshot = Snapshot::load(&home.path("cards"), Signers::Any).unwrap();
    let mut cards = register
        .prepare("SELECT sod, status FROM card WHERE sod IS NOT NULL")
        .unwrap();
    let cards: Vec<(Vec<u8>, String)> = cards
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut statuses: Vec<&str> = Vec::new();
    for (sod, status) in &cards {
        let sod = SodDigest::from_bytes(sod.as_slice().try_into().unwrap());
        let said = snapshot.lookup(&sod).map_or("active", CardStatus::code);
        // That its time is over stands on the card.
        let known = if status == "expired" {
            "active"
        } else {
            status
        };
        assert_eq!(said, known);
        statuses.push(status);
    }
    assert_eq!(made["known"], cards.len());
    for status in ["active", "replaced", "reported_lost", "revoked"] {
        assert!(statuses.contains(&status), "{status}");
    }
}

/// More cards than are fetched at once.
#[cfg(feature = "postgres")]
#[test]
fn a_register_in_postgresql_gives_the_snapshot_that_a_file_gives() {
    let counter = Counter::new();
    let home = &counter.home;
    let server = Postgres::start();
    server.create("register");
    let file = "sqlite:r.sqlite";
    home.json(&["registry", "init", "--registry", file], 0);
    let database = address(&server, "register", &home.text("registry.key"));
    let snapshot = ["registry", "snapshot"];
    // No register, and no database.
    let words = counter.words("none", 1, None, &["--registry", &database]);
    home.refused(&words, "registry.unusable");
    let nowhere = address(&server, "nowhere", &home.text("registry.key"));
    let words = counter.words("none", 1, None, &["--registry", &nowhere]);
    home.refused(&words, "registry.unusable");
    let words = counter.words("none", 1, None, &["--registry", "none"]);
    home.refused(&words, "registry.unusable");
    assert!(!home.path("none").exists());

    home.json(&["registry", "init", "--registry", &database], 0);
    home.write("all.csv", sample(home, 20_000, "5"));
    let as_of = hours_ago(1);
    for url in [file, &database] {
        let load = ["registry", "load", "all.csv", "--as-of", &as_of];
        home.json(&[&load[..], &["--registry", url]].concat(), 0);
    }
    let made = [("file", file), ("database", &database)]
        .map(|(out, url)| counter.make(out, 1, None, &["--registry", url]));
    assert!(made[0]["known"].as_u64().unwrap() > 16_384, "{}", made[0]);
    for name in ["known", "as_of", "contents_sha256", "revoked", "octets"] {
        assert_eq!(made[0][name], made[1][name], "{name}");
    }
    let verify = ["verify", "file", "--compare", "--registry", &database];
    let trusted = ["--signer", &counter.signer];
    let compared = home.json(&[&snapshot[..], &verify, &trusted].concat(), 0);
    assert_eq!(compared["compared"], made[0]["known"]);
    // A delta of nothing but what changed.
    server.sql(
        "register",
        "UPDATE card SET status = 'revoked' WHERE status = 'replaced'",
    );
    let delta = counter.make("delta", 2, Some("database"), &["--registry", &database]);
    assert_eq!(delta["revision"], 2);
    let words = [&snapshot[..], &verify, &trusted].concat();
    home.refused(&words, "snapshot.differs");
    // What cannot be in a register.
    server.sql(
        "register",
        "UPDATE card SET status = 'lost' WHERE status = 'revoked'",
    );
    let words = counter.words("none", 3, None, &["--registry", &database]);
    home.refused(&words, "snapshot.cards");
    assert!(!home.path("none").exists());
}

fn hours_ago(hours: i64) -> String {
    let time = Timestamp::now() - hours.hours();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[test]
fn a_card_is_answered_from_a_snapshot_as_by_the_register() {
    let counter = Counter::new();
    let as_of = hours_ago(1);
    for (revision, (status, code, exit)) in (1..).zip([
        (CardStatus::Active, "registry.not_listed", 0),
        (CardStatus::Replaced, "registry.replaced", 1),
        (CardStatus::ReportedLost, "registry.reported_lost", 1),
        (CardStatus::Revoked, "registry.revoked", 1),
        // That its time is over stands on the card.
        (CardStatus::Expired, "registry.not_listed", 0),
    ]) {
        sqlite(&counter.home.path("r.sqlite"), &register(status), &as_of);
        let url = ["--registry", "sqlite:r.sqlite"];
        let made = counter.make("cards", revision, None, &url);
        assert_eq!(made["known"], 401);
        assert_eq!(made["as_of"], as_of);
        // Of these, who makes it is told that it cannot name them.
        assert_eq!(made["unnamed"], 1);
        let outcome = counter.read("an", "cards", exit);
        assert_eq!(outcome["code"], code);
        let signer = counter.signer.clone();
        let mut words = vec![
            "registry", "snapshot", "verify", "cards", "--signer", &signer,
        ];
        words.extend(["--compare", "--registry", "sqlite:r.sqlite"]);
        assert_eq!(counter.home.json(&words, 0)["compared"], 401);
    }
    // Another register than the one that it was made of.
    sqlite(
        &counter.home.path("r.sqlite"),
        &register(CardStatus::Revoked),
        &as_of,
    );
    let signer = counter.signer.clone();
    let mut words = vec![
        "registry", "snapshot", "verify", "cards", "--signer", &signer,
    ];
    words.extend(["--compare", "--registry", "sqlite:r.sqlite"]);
    counter.home.refused(&words, "snapshot.differs");
}

#[test]
fn the_same_cards_from_anywhere_make_the_same_contents() {
    let counter = Counter::new();
    let cards = register(CardStatus::Revoked);
    let as_of = hours_ago(1);
    counter.home.write("cards.csv", csv(&cards));
    counter.home.write("cards.bin", binary(&cards));
    sqlite(&counter.home.path("r.sqlite"), &cards, &as_of);
    let contents = |more: &[&str]| counter.make("cards", 1, None, more)["contents_sha256"].clone();
    let database = contents(&["--registry", "sqlite:r.sqlite"]);
    assert!(database.is_string());
    let file = contents(&["--cards", "cards.csv", "--as-of", &as_of]);
    assert_eq!(file, database);
    let file = contents(&["--cards", "cards.bin", "--as-of", &as_of]);
    assert_eq!(file, database);
    let info = counter
        .home
        .json(&["registry", "snapshot", "info", "cards"], 0);
    assert_eq!(info["contents_sha256"], database);
    assert_eq!(info["signer"], counter.signer);
    assert_eq!(info["freshness"], "fresh");
}

#[test]
fn an_old_snapshot_after_a_new_one_is_refused_and_deltas_lead_to_the_new() {
    let counter = Counter::new();
    let home = &counter.home;
    for (name, status) in [
        ("one", CardStatus::Active),
        ("two", CardStatus::ReportedLost),
    ] {
        home.write(name, csv(&register(status)));
    }
    let (first, second) = (hours_ago(3), hours_ago(2));
    let of_first = ["--cards", "one", "--as-of", &first];
    let of_second = ["--cards", "two", "--as-of", &second];
    counter.make("old", 1, None, &of_first);
    counter.make("new", 2, None, &of_second);
    let delta = counter.make("delta", 2, Some("old"), &of_second);
    assert!(delta["octets"].as_u64().unwrap() < 1_500, "{delta}");

    // By deltas.
    fs::copy(home.path("old"), home.path("used")).unwrap();
    assert_eq!(counter.read("an", "used", 0)["code"], "registry.not_listed");
    let apply = [
        "registry",
        "snapshot",
        "apply",
        "used",
        "delta",
        "--signer",
        &counter.signer,
    ];
    let applied = home.json(&apply, 0);
    assert_eq!(
        (&applied["revision"], &applied["deltas"]),
        (&2.into(), &1.into())
    );
    let outcome = counter.read("an", "used", 1);
    assert_eq!(outcome["code"], "registry.reported_lost");
    home.refused(&apply, "snapshot.chain");

    // The old one again; a full one of the same revision says the same.
    let read = [
        "read",
        "--virtual",
        "an",
        "--registry",
        &counter.address("used"),
    ];
    let chained = fs::read(home.path("used")).unwrap();
    let seen = fs::read(home.path("used.seen")).unwrap();
    fs::copy(home.path("old"), home.path("used")).unwrap();
    home.refused(&read, "snapshot.older");
    home.refused(&apply, "snapshot.older");
    fs::copy(home.path("new"), home.path("used")).unwrap();
    assert_eq!(
        counter.read("an", "used", 1)["code"],
        "registry.reported_lost"
    );
    let other = ["--cards", "one", "--as-of", &second];
    counter.make("used", 2, None, &other);
    home.refused(&read, "snapshot.forked");
    assert_eq!(fs::read(home.path("used.seen")).unwrap(), seen);
    fs::write(home.path("used"), chained).unwrap();
    assert_eq!(
        counter.read("an", "used", 1)["code"],
        "registry.reported_lost"
    );
}

#[test]
fn what_is_not_to_be_trusted_is_refused_with_its_own_code() {
    let counter = Counter::new();
    let home = &counter.home;
    home.write("cards.csv", csv(&register(CardStatus::Active)));
    let as_of = hours_ago(1);
    let of = ["--cards", "cards.csv", "--as-of", &as_of];
    counter.make("cards", 1, None, &of);
    let octets = fs::read(home.path("cards")).unwrap();
    let read = |address: &str, code: &str| {
        home.refused(&["read", "--virtual", "an", "--registry", address], code);
    };
    read(
        &format!("snapshot:{}", home.text("cards")),
        "snapshot.no_signer",
    );
    let stranger = format!("snapshot:cards?signer={}", "ab".repeat(32));
    read(&stranger, "snapshot.foreign_signer");
    read(&counter.address("none"), "snapshot.unreadable");
    read("snapshot:", "registry.unusable");
    home.write("short", &octets[..octets.len() - 1]);
    read(&counter.address("short"), "snapshot.truncated");
    home.write("page", "<!doctype html>");
    read(&counter.address("page"), "snapshot.malformed");
    let mut damaged = octets.clone();
    *damaged.last_mut().unwrap() ^= 0x10;
    home.write("damaged", damaged);
    read(&counter.address("damaged"), "snapshot.damaged");
    assert!(!home.path("damaged.seen").exists());

    for (name, text, code) in [
        ("none.csv", "", "snapshot.cards"),
        (
            "bad.csv",
            "sod_sha256,card_status\nxyz,active\n",
            "snapshot.cards",
        ),
    ] {
        home.write(name, text);
        let of = ["--cards", name, "--as-of", &as_of];
        home.refused(&counter.words("cards", 2, None, &of), code);
    }
    let untimely = ["--cards", "cards.csv"];
    home.refused(
        &counter.words("cards", 2, None, &untimely),
        "snapshot.parameter",
    );
    let backwards = [&of[..], &["--next-update", "9", "--stale-after", "8"]].concat();
    home.refused(
        &counter.words("cards", 2, None, &backwards),
        "snapshot.parameter",
    );
    let coarse = [&of[..], &["--fingerprint-bits", "7"]].concat();
    home.refused(
        &counter.words("cards", 2, None, &coarse),
        "snapshot.parameter",
    );
    assert_eq!(fs::read(home.path("cards")).unwrap(), octets);
}

#[test]
fn a_snapshot_that_is_too_old_or_of_the_future_answers_nothing() {
    let counter = Counter::new();
    counter
        .home
        .write("cards.csv", csv(&register(CardStatus::Revoked)));
    for (file, hours, code, exit) in [
        ("due", 30, "registry.revoked", 1),
        ("stale", 169, "registry.snapshot_stale", 0),
        ("future", -30, "registry.clock_doubtful", 0),
    ] {
        let of = ["--cards", "cards.csv", "--as-of", &hours_ago(hours)];
        counter.make(file, 1, None, &of);
        let outcome = counter.read("an", file, exit);
        assert_eq!(outcome["code"], code, "{file}");
    }
}

/// A folder on a disk of its own, that is nearly full; in a namespace, where that is allowed.
#[test]
fn a_full_disk_leaves_what_was_there() {
    let counter = Counter::new();
    let home = &counter.home;
    home.write("one", csv(&register(CardStatus::Active)));
    home.write("two", csv(&register(CardStatus::Revoked)));
    let (first, second) = (hours_ago(3), hours_ago(2));
    counter.make("old", 1, None, &["--cards", "one", "--as-of", &first]);
    let of_second = ["--cards", "two", "--as-of", &second];
    counter.make("delta", 2, Some("old"), &of_second);
    fs::create_dir(home.path("disk")).unwrap();
    let script = "mount -t tmpfs -o size=64k tmpfs disk && cp old disk/cards && \
        \"$0\" registry snapshot verify disk/cards --signer \"$1\" >/dev/null && \
        (cat /dev/zero >disk/filler 2>/dev/null; true) && \
        \"$0\" registry snapshot apply disk/cards delta --signer \"$1\" --format json; \
        status=$?; cmp old disk/cards && ls -x disk >&2; exit $status";
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .args([env!("CARGO_BIN_EXE_cancuoc"), &counter.signer])
        .env("HOME", home.path("."))
        .current_dir(home.path("."));
    let said = output(&mut command);
    if said.stdout.is_empty() {
        println!("no namespaces here: skipped");
        return;
    }
    assert_refusal(&parsed(&said, 2), "snapshot.unwritable");
    let left = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        left.contains("cards.seen") && !left.contains(".new"),
        "{left}"
    );
}
