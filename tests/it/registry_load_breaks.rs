//! `registry load`: registers filled from tables, in a file and in PostgreSQL, all of it or nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::OpenFlags;
use serde_json::Value;

use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::output;
use crate::support::home::parsed;
use crate::support::postgres::PASSWORD;
use crate::support::postgres::Postgres;
use crate::support::postgres::USER;

/// When the loaded data is of.
const AS_OF: &str = "2026-01-02T03:04:05Z";

/// What is in a register, whichever database it is in.
const DUMP: [&str; 3] = [
    "SELECT HEX(person), status, name, birth, sex, nationality, HEX(old_person) FROM person",
    "SELECT HEX(sod), HEX(person), status, document_number, issued, expiry FROM card",
    "SELECT HEX(person), kind, value, place FROM fact",
];

/// A register in a file, as lines. What a writer left half done is taken back by who opens it next.
fn in_file(path: &Path) -> Vec<String> {
    let register = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let sound: String = register
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
    let mut lines = Vec::new();
    for text in DUMP {
        let mut rows = register.prepare(text).unwrap();
        let width = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let value = |at: usize| row.get::<_, Option<String>>(at).unwrap();
            let values: Vec<String> = (0..width).map(|at| value(at).unwrap_or_default()).collect();
            lines.push(values.join("|").to_lowercase());
        }
    }
    lines.sort();
    lines
}

/// A register in PostgreSQL, as the same lines.
fn in_database(server: &Postgres) -> Vec<String> {
    let texts = DUMP.map(|text| text.replace("HEX(", "octets_of("));
    server.sql(
        "register",
        "CREATE OR REPLACE FUNCTION octets_of(BYTEA) RETURNS TEXT LANGUAGE SQL \
         AS 'SELECT encode($1, ''hex'')'",
    );
    let moment = "BEGIN ISOLATION LEVEL REPEATABLE READ";
    let text = format!("{moment}; {}; COMMIT", texts.join("; "));
    let said = server.sql("register", &text);
    let lines = said.lines();
    let mut lines: Vec<String> = lines.map(str::to_lowercase).collect();
    lines.sort();
    lines
}

/// Shows the first line that differs.
#[track_caller]
fn assert_same(one: &[String], other: &[String], what: &str) {
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    assert_eq!(differs, None, "{what}");
    assert_eq!(one.len(), other.len(), "{what}");
}

/// The address of a database of a server, with this number key.
pub(crate) fn address(server: &Postgres, database: &str, number_key: &str) -> String {
    let password = PASSWORD.replace(' ', "%20");
    let port = server.port();
    format!(
        "postgres://{USER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable&number_key={number_key}"
    )
}

/// Rows of an invented register.
pub(crate) fn sample(home: &Home, rows: usize, seed: &str) -> String {
    let rows = rows.to_string();
    let made = home.run(&[
        "registry", "sample", "--rows", &rows, "--seed", seed, "--facts",
    ]);
    assert!(made.status.success());
    String::from_utf8(made.stdout).unwrap()
}

/// Loads a table; a number of the answer for each name.
fn load(home: &Home, url: &str, file: &str, more: &[&str]) -> Value {
    let arguments = [
        "registry",
        "load",
        file,
        "--registry",
        url,
        "--as-of",
        AS_OF,
    ];
    home.json(&[&arguments, more].concat(), 0)
}

#[test]
fn a_file_and_postgresql_hold_the_same_afterwards() {
    let home = Home::new();
    let url = "sqlite:r.sqlite";
    home.json(&["registry", "init", "--empty", "--registry", url], 0);
    let server = Postgres::start();
    server.create("register");
    let other = address(&server, "register", &home.text("r.key"));
    home.json(&["registry", "init", "--empty", "--registry", &other], 0);

    let good = sample(&home, 400, "7");
    let (header, rows) = good.split_once('\n').unwrap();
    // The same people again, in another order, and rows that are none.
    let mut second: Vec<&str> = rows.lines().rev().take(100).collect();
    second.insert(50, "12,nobody");
    second.insert(70, "\u{0}");
    home.write("first.csv", &good);
    home.write("second.csv", format!("{header}\n{}\n", second.join("\n")));
    let mut seen = Vec::new();
    for (file, rejected, more) in [
        ("first.csv", 0, vec![]),
        ("second.csv", 2, vec!["--rejects", "bad.csv"]),
        ("second.csv", 2, vec!["--replace"]),
    ] {
        let [one, two] = [url, &other].map(|url| load(&home, url, file, &more));
        assert_eq!(one, two, "{file}");
        assert_eq!(one["rejected"], rejected, "{one}");
        let held = in_file(&home.path("r.sqlite"));
        assert_same(&held, &in_database(&server), file);
        seen.push(held.len());
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[2] < seen[0], "{seen:?}");
    let bad = fs::read_to_string(home.path("bad.csv")).unwrap();
    assert_eq!(bad.lines().count(), 3);
    assert!(!bad.contains("nobody"), "{bad}");
    // What is of no use changes nothing.
    home.write("none.csv", format!("{header}\nx\n"));
    for url in [url, &other] {
        let none = [
            "registry",
            "load",
            "none.csv",
            "--replace",
            "--registry",
            url,
        ];
        home.refused(&none, "load.nothing");
    }
    assert_eq!(in_file(&home.path("r.sqlite")).len(), seen[2]);
    assert_eq!(in_database(&server).len(), seen[2]);
}

#[test]
fn a_load_that_is_killed_leaves_the_register_as_it_was_or_is_done() {
    let home = Home::new();
    let url = "sqlite:r.sqlite";
    home.json(&["registry", "init", "--registry", url], 0);
    let server = Postgres::start();
    server.create("register");
    let other = address(&server, "register", &home.text("r.key"));
    home.json(&["registry", "init", "--registry", &other], 0);
    let text = sample(&home, 4_000, "8");
    let before = in_file(&home.path("r.sqlite"));
    assert_same(&before, &in_database(&server), "before");
    let held = |url: &str| match url.starts_with("sqlite:") {
        true => in_file(&home.path("r.sqlite")),
        false => in_database(&server),
    };
    for url in [url, &other] {
        // In the middle of its input.
        let arguments = ["registry", "load", "-", "--replace", "--registry", url];
        let mut child = home
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let half = text.get(..text.len() / 2).unwrap_or(&text);
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(half.as_bytes())
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_same(&held(url), &before, url);
    }
    // At any moment.
    home.write("all.csv", &text);
    for end in ["sqlite", "key"] {
        let [from, to] = ["r", "s"].map(|name| home.path(&format!("{name}.{end}")));
        fs::copy(from, to).unwrap();
    }
    load(&home, "sqlite:s.sqlite", "all.csv", &["--replace"]);
    let after = in_file(&home.path("s.sqlite"));
    for url in [url, &other] {
        let arguments = [
            "registry",
            "load",
            "all.csv",
            "--replace",
            "--registry",
            url,
        ];
        for wait in [30, 150, 270, 400, 600] {
            let mut child = home
                .command(&arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(Duration::from_millis(wait));
            child.kill().unwrap();
            child.wait().unwrap();
            let held = held(url);
            assert!(held == before || held == after, "{url} {wait}");
        }
        load(&home, url, "all.csv", &["--replace"]);
        assert_same(&held(url), &after, url);
    }
}

/// A folder on a disk of its own that is too small; in a namespace, where that is allowed.
#[test]
fn a_full_disk_leaves_the_register_as_it_was() {
    let home = Home::new();
    home.json(&["registry", "init", "--registry", "sqlite:r.sqlite"], 0);
    home.write("all.csv", sample(&home, 20_000, "9"));
    fs::create_dir(home.path("disk")).unwrap();
    let script = "mount -t tmpfs -o size=2m tmpfs disk && echo begun >&2 && cp r.sqlite r.key disk/ && \
        \"$0\" registry load all.csv --registry sqlite:disk/r.sqlite --format json; \
        status=$?; cp -r disk after; exit $status";
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_cancuoc"))
        .env("HOME", home.path("."))
        .current_dir(home.path("."));
    let said = output(&mut command);
    if !String::from_utf8_lossy(&said.stderr).contains("begun") {
        println!("no namespaces here: skipped");
        return;
    }
    assert_refusal(&parsed(&said, 2), "load.disk_full");
    let before = in_file(&home.path("r.sqlite"));
    assert_same(&in_file(&home.path("after/r.sqlite")), &before, "full");
}

/// PostgreSQL ends one of two that wait for each other, and it is made to be the load.
#[test]
fn a_load_that_meets_a_deadlock_is_merged_again() {
    let home = Home::new();
    let server = Postgres::with(&[("deadlock_timeout", "1s")]);
    server.create("register");
    let url = address(&server, "register", &home.text("number.key"));
    home.json(&["registry", "init", "--empty", "--registry", &url], 0);
    let text = sample(&home, 50, "3");
    home.write("all.csv", &text);
    load(&home, &url, "all.csv", &[]);
    let before = in_database(&server);
    // Holds a person, waits until somebody waits for them, and then wants the register's own row. This
    // session does not look for deadlocks itself.
    let holds = "SET deadlock_timeout = '10min'; BEGIN; \
        UPDATE person SET name = name; SELECT 'held' FROM pg_sleep(0); \
        DO $$ BEGIN FOR i IN 1..6000 LOOP \
          EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted); \
          PERFORM pg_sleep(0.02); END LOOP; END $$; \
        UPDATE register SET version = version; COMMIT";
    let mut other = server.psql("register", "SELECT 1");
    other.args(["--command", holds]).stdout(Stdio::null());
    let mut other = other.spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%6000 LOOP%' \
        AND state = 'active' AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL";
    while server.sql("register", waiting).trim() == "0" {
        assert!(other.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(20));
    }
    let again = load(&home, &url, "all.csv", &["--replace"]);
    assert_eq!(again["loaded"], 50);
    assert!(other.wait().unwrap().success());
    assert_same(&in_database(&server), &before, "deadlock");
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'register'";
    // The figures come some time after what they count.
    let counted = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(50));
        server.sql("register", deadlocks).trim() == "1"
    });
    assert!(counted, "{}", server.log());
}
