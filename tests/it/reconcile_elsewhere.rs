//! `registry reconcile` where the register is not in a file of this machine: in PostgreSQL, and behind a
//! server that is asked over HTTPS. The results are the same bytes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::reconcile::LIST;
use crate::reconcile::long;
use crate::registry_client_program::Service;
use crate::registry_load_breaks::address;
use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::output;
use crate::support::home::parsed;
use crate::support::postgres::Postgres;
use crate::support::registry::Fake;
use crate::support::registry::Keys;
use crate::support::registry::Then;
use crate::support::registry::json;
use crate::support::registry::reply;

/// Makes a database trip over lookups: some meet a conflict, and from the 2000th on it goes away as long
/// as `line` says so. Whoever is asked for the register's own row counts, and every lookup is.
const TRIPS: &str = "\
    CREATE SEQUENCE asked; CREATE TABLE line (state TEXT); INSERT INTO line VALUES ('down');
    CREATE FUNCTION passes() RETURNS BOOLEAN LANGUAGE plpgsql AS $$
    DECLARE number BIGINT := nextval('asked');
    BEGIN
      IF number % 100 = 50 THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
      IF number % 100 = 70 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF;
      IF number > 2000 AND EXISTS (SELECT FROM line WHERE state = 'down') THEN
        RAISE EXCEPTION 'shutdown' USING ERRCODE = '57P01';
      END IF;
      RETURN TRUE;
    END $$;
    ALTER TABLE register RENAME TO register_kept;
    CREATE VIEW register AS SELECT * FROM register_kept WHERE passes();";

#[test]
fn a_database_that_trips_and_falls_gives_the_bytes_that_a_file_gives() {
    let home = Home::new();
    let list = home.write("list.csv", long(5_000));
    let local = ["--registry", "sqlite:r.sqlite"];
    home.json(&[&["registry", "init"], &local[..]].concat(), 0);
    let reconcile = |url: &str, out: &str, status: i32| {
        let arguments = ["registry", "reconcile", &list, "--registry", url];
        home.json(&[&arguments[..], &["--out", out]].concat(), status)
    };
    let expected = reconcile("sqlite:r.sqlite", "expected.csv", 0);

    let server = Postgres::start();
    server.create("register");
    let url = address(&server, "register", &home.text("registry.key"));
    home.json(&["registry", "init", "--registry", &url], 0);
    server.sql("register", TRIPS);
    let refused = reconcile(&url, "out.csv", 2);
    assert_refusal(&refused, "reconcile.no_answer");
    assert!(!refused.to_string().contains("invented"), "{refused}");
    assert!(home.path("list.csv.reconcile").exists());
    server.sql("register", "UPDATE line SET state = 'up'");
    let done = reconcile(&url, "out.csv", 0);
    let resumed = done["resumed_rows"].as_u64().unwrap();
    assert!((1..5_000).contains(&resumed), "{resumed}");
    for name in [
        "rows",
        "bad_codes",
        "duplicates",
        "right",
        "live",
        "rules",
        "advice",
    ] {
        assert_eq!(done["totals"][name], expected["totals"][name], "{name}");
    }
    let [expected, written] = ["expected.csv", "out.csv"].map(|name| fs::read(home.path(name)));
    assert!(written.unwrap() == expected.unwrap());
    let asked: u64 = server
        .sql("register", "SELECT last_value FROM asked")
        .trim()
        .parse()
        .unwrap();
    assert!(asked > 3_000, "{asked}");
}

/// Buckets that are empty after a few numbers that nobody has.
const SMALL: &str = "\n[buckets]\n\
    agency = { capacity = 1000, per_second = 1000 }\n\
    officer = { capacity = 100, per_second = 40 }\n\
    device = { capacity = 1000, per_second = 1000 }\n";

#[test]
fn a_server_that_lets_nobody_hurry_gives_the_bytes_that_a_file_gives() {
    let service = Service::with(SMALL);
    let home = &service.home;
    let mut text = LIST.to_owned();
    for row in 0..10 {
        text.push_str(&format!(
            "b{row},0012012345{row:02},Người Thử Không Có,2001-02-03,Nam\n"
        ));
    }
    let list = home.write("list.csv", text);
    let common = ["registry", "reconcile", &list, "--map", "key=STT"];
    let local = [
        "--out",
        "expected.csv",
        "--registry",
        "sqlite:service/register.sqlite",
    ];
    let expected = home.json(&[&common[..], &local[..]].concat(), 0);
    // Without a case nobody is asked.
    let unasked = [&common[..], &["--out", "none.csv"]].concat();
    let said = parsed(&output(&mut service.client(&unasked)), 2);
    assert_refusal(&said, "reconcile.no_answer");
    fs::remove_file(home.path("list.csv.reconcile")).unwrap_or_default();

    let asked = [&common[..], &["--case", "case-1", "--out", "out.csv"]].concat();
    let done = parsed(&output(&mut service.client(&asked)), 0);
    assert_eq!(done["totals"]["rows"], 19);
    for name in [
        "bad_codes",
        "duplicates",
        "right",
        "live",
        "rules",
        "advice",
    ] {
        assert_eq!(done["totals"][name], expected["totals"][name], "{name}");
    }
    let [expected, written] =
        ["expected.csv", "out.csv"].map(|name| fs::read_to_string(home.path(name)));
    assert_eq!(written.unwrap(), expected.unwrap());
}

#[test]
fn who_is_asked_to_wait_waits_and_a_line_that_breaks_is_taken_up() {
    let keys = Keys::new();
    let home = &keys.home;
    let down = Arc::new(AtomicBool::new(true));
    let signing = keys.home.path("signing.key");
    let fake = {
        let down = Arc::clone(&down);
        let key = cancuoc::seal::key::DeviceKey::load(&signing).unwrap();
        Fake::start(&keys, move |number, question, out| {
            let problem = "{\"type\":\"urn:cancuoc:problem:question.too_many\",\"title\":\"x\",\
                \"status\":429,\"code\":\"question.too_many\"}";
            let problem = |out, more| {
                let kind = "application/problem+json";
                reply(out, 429, kind, more, problem.as_bytes())
            };
            match number {
                // The client itself waits where it is told how long, and else the run does.
                3 => problem(out, "Retry-After: 1\r\n"),
                5 => problem(out, ""),
                20.. if down.load(Ordering::SeqCst) => Ok(Then::Close),
                _ => {
                    let at = jiff::Timestamp::now();
                    json(out, &crate::support::registry::answer(question, &key, at))
                }
            }
        })
    };
    let id = keys.signing.public().id();
    let url = fake.url();
    home.write(
        "client.toml",
        format!(
            "[registry]\nurl = \"{url}\"\nkey = \"{id}\"\ncertificate = \"agency.pem\"\n\
             private_key = \"agency.key\"\nroots = \"ca.pem\"\ndevice_key = \"device.key\"\n\
             [purpose]\nprocedure = \"residence\"\nofficer = \"o-1\"\ndevice = \"c-1\"\n"
        ),
    );
    let mut text = "number,name\n".to_owned();
    for row in 0..60 {
        text.push_str(&format!("0012012345{row:02},Người Thử\n"));
    }
    let run = |list: &str, out: &str, status: i32| -> Value {
        let arguments = [
            "registry",
            "reconcile",
            list,
            "--out",
            out,
            "--case",
            "c-1",
            "--format",
            "json",
        ];
        let mut command = home.command(&arguments);
        command
            .env("CANCUOC_CONFIG", home.path("client.toml"))
            .env("CANCUOC_REGISTRY_LIMIT", "30");
        parsed(&output(&mut command), status)
    };
    home.write("list.csv", &text);
    assert_refusal(&run("list.csv", "out.csv", 2), "reconcile.no_answer");
    assert!(home.path("list.csv.reconcile").exists());
    down.store(false, Ordering::SeqCst);
    let done = run("list.csv", "out.csv", 0);
    // Two of the first twenty questions were put off.
    assert_eq!(done["resumed_rows"], 18);
    assert_eq!(done["totals"]["rows"], 60);
    home.write("again.csv", &text);
    run("again.csv", "whole.csv", 0);
    let [one, whole] = ["out.csv", "whole.csv"].map(|name| fs::read(home.path(name)).unwrap());
    assert!(one == whole);
}

#[test]
fn lists_that_break_off_are_taken_up_and_give_the_same_bytes_as_single_questions() {
    let keys = Keys::new();
    let home = &keys.home;
    let down = Arc::new(AtomicBool::new(true));
    let signing = || cancuoc::seal::key::DeviceKey::load(&home.path("signing.key")).unwrap();
    let lists = {
        let (down, key) = (Arc::clone(&down), signing());
        Fake::taking_lists(&keys, move |number, list, out| {
            if number > 1 && down.load(Ordering::SeqCst) {
                return Ok(Then::Close);
            }
            let at = jiff::Timestamp::now();
            json(out, &crate::support::registry::answer_list(list, &key, at))
        })
    };
    let single = {
        let key = signing();
        Fake::start(&keys, move |_, question, out| {
            let at = jiff::Timestamp::now();
            json(out, &crate::support::registry::answer(question, &key, at))
        })
    };
    let id = keys.signing.public().id();
    for (name, url) in [("lists.toml", lists.url()), ("single.toml", single.url())] {
        home.write(
            name,
            format!(
                "[registry]\nurl = \"{url}\"\nkey = \"{id}\"\ncertificate = \"agency.pem\"\n\
                 private_key = \"agency.key\"\nroots = \"ca.pem\"\ndevice_key = \"device.key\"\n\
                 [purpose]\nprocedure = \"residence\"\nofficer = \"o-1\"\ndevice = \"c-1\"\n"
            ),
        );
    }
    let mut text = "number,name\n".to_owned();
    for row in 0..200 {
        // Some that nothing can be asked about, among the others.
        let number = if row % 7 == 3 { "?" } else { "0012012345" };
        text.push_str(&format!("{number}{:02},Người Thử {row}\n", row % 100));
    }
    let run = |config: &str, list: &str, out: &str, status: i32| -> Value {
        let arguments = ["registry", "reconcile", list, "--out", out];
        let more = ["--case", "c-1", "--format", "json"];
        let mut command = home.command(&[&arguments[..], &more[..]].concat());
        command
            .env("CANCUOC_CONFIG", home.path(config))
            .env("CANCUOC_REGISTRY_LIMIT", "30");
        parsed(&output(&mut command), status)
    };
    home.write("list.csv", &text);
    let broken = run("lists.toml", "list.csv", "out.csv", 2);
    assert_refusal(&broken, "reconcile.no_answer");
    down.store(false, Ordering::SeqCst);
    let done = run("lists.toml", "list.csv", "out.csv", 0);
    // Two messages were answered before the line broke, all but for what nobody can be asked about.
    let resumed = done["resumed_rows"].as_u64().unwrap();
    assert!((100..150).contains(&resumed), "{resumed}");
    home.write("again.csv", &text);
    let expected = run("single.toml", "again.csv", "single.csv", 0);
    assert_eq!(done["totals"]["rows"], 200);
    for name in [
        "bad_codes",
        "duplicates",
        "right",
        "cards",
        "fields",
        "advice",
    ] {
        assert_eq!(done["totals"][name], expected["totals"][name], "{name}");
    }
    let [one, other] = ["out.csv", "single.csv"].map(|name| fs::read(home.path(name)).unwrap());
    assert!(one == other);
    // Few messages, in place of a question for each row.
    assert!(lists.asked().len() < 12, "{}", lists.asked().len());
    assert!(single.asked().len() > 100);
}
