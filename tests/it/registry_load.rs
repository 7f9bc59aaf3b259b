//! `registry load`: the same into every database, all of it or nothing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::support::home::Home;
use crate::support::postgres::Postgres;

/// What is in a register, without what differs from one number key to another.
const COUNTS: [&str; 5] = [
    "SELECT status, count(*) FROM person GROUP BY status ORDER BY status",
    "SELECT status, count(*), count(sod) FROM card GROUP BY status ORDER BY status",
    "SELECT kind, count(*) FROM fact GROUP BY kind ORDER BY kind",
    "SELECT count(*), count(name), count(birth), count(old_person) FROM person",
    "SELECT max(as_of) FROM register",
];

/// A register of either kind, without anybody.
struct Target<'a> {
    home: &'a Home,
    url: String,
    server: Option<&'a Postgres>,
}

impl<'a> Target<'a> {
    fn both(home: &'a Home, server: &'a Postgres) -> [Self; 2] {
        server.create("people");
        let database = server.url("people");
        let key = home.text("people.key");
        let targets = [
            Self {
                home,
                url: format!("sqlite:{}", home.text("people.sqlite")),
                server: None,
            },
            Self {
                home,
                url: format!("{database}&number_key={key}"),
                server: Some(server),
            },
        ];
        for target in &targets {
            home.json(
                &["--registry", &target.url, "registry", "init", "--empty"],
                0,
            );
        }
        targets
    }

    fn arguments<'b>(&'b self, rest: &[&'b str]) -> Vec<&'b str> {
        let mut all = vec!["--registry", self.url.as_str(), "registry", "load"];
        all.extend(rest);
        all
    }

    fn load(&self, rest: &[&str]) -> serde_json::Value {
        self.home.json(&self.arguments(rest), 0)
    }

    fn refused(&self, rest: &[&str], code: &str) {
        let before = self.contents();
        self.home.refused(&self.arguments(rest), code);
        assert_eq!(self.contents(), before, "{rest:?}");
    }

    fn query(&self, sql: &str) -> String {
        if let Some(server) = self.server {
            return server.sql("people", sql);
        }
        let connection = Connection::open(self.home.path("people.sqlite")).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut text = String::new();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns)
                .map(|place| match row.get_ref(place).unwrap() {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    rusqlite::types::ValueRef::Text(text) => {
                        String::from_utf8(text.to_vec()).unwrap()
                    }
                    _ => String::new(),
                })
                .collect();
            text.push_str(&cells.join("|"));
            text.push('\n');
        }
        text
    }

    fn contents(&self) -> Vec<String> {
        COUNTS.iter().map(|sql| self.query(sql)).collect()
    }
}

#[test]
fn every_database_takes_the_same_rows() {
    let home = Home::new();
    let server = Postgres::start();
    let targets = Target::both(&home, &server);
    let sample = home.run(&[
        "registry", "sample", "--rows", "3000", "--seed", "4", "--facts",
    ]);
    let sample = String::from_utf8(sample.stdout).unwrap();
    let many = home.write("many.csv", &sample);
    let mut all = Vec::new();
    for target in &targets {
        let as_of = "2026-01-02T03:04:05Z";
        let loaded = target.load(&[&many, "--as-of", as_of]);
        assert_eq!(
            (&loaded["rows"], &loaded["loaded"]),
            (&3000.into(), &3000.into())
        );
        let once = target.contents();
        assert!(once[4].contains(as_of), "{}", once[4]);
        // Twice the same is the same.
        target.load(&[&many, "--as-of", as_of]);
        assert_eq!(target.contents(), once);
        // From standard input, with the mark that spreadsheets write, and lines of another system.
        let other = format!("\u{FEFF}{}", sample.replace('\n', "\r\n"));
        let output = home.run_with_input(&target.arguments(&["-", "--as-of", as_of]), &other);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(target.contents(), once);

        // Of two rows about one person the later counts; each has a card of its own.
        let rows = "name,number,card_status,document_number,issued,identity_level\n\
            Mẫu Một,001099000123,replaced,A1,2016-01-01,1\n\
            Mẫu Hai,001099000123,active,A2,2021-01-01,\n";
        let changes = home.write("changes.csv", rows);
        target.load(&[&changes, "--replace"]);
        let names = "SELECT name FROM person";
        let cards = "SELECT status, document_number FROM card ORDER BY issued";
        assert_eq!(target.query(names), "Mẫu Hai\n");
        assert_eq!(target.query(cards), "replaced|A1\nactive|A2\n");
        assert_eq!(target.query("SELECT count(*) FROM fact"), "0\n");
        // What has no column stays; a card is known again by what is written on it.
        let rows = "number,card_status,document_number,issued,sod_sha256,birth,permanent_residence\n\
            001099000123,reported_lost,A2,2021-01-01,,1999,\"1, Phố Mẫu\"\n\
            001099000123,replaced,A1,2016-01-01,HEX,1999,\"1, Phố Mẫu\"\n";
        let changes = home.write("changes.csv", rows.replace("HEX", &"0a".repeat(32)));
        target.load(&[&changes]);
        assert_eq!(target.query(names), "Mẫu Hai\n");
        assert_eq!(target.query("SELECT birth FROM person"), "1999\n");
        assert_eq!(target.query(cards), "replaced|A1\nreported_lost|A2\n");
        assert_eq!(target.query("SELECT count(sod) FROM card"), "1\n");
        assert_eq!(target.query("SELECT value FROM fact"), "1, Phố Mẫu\n");
        let gone = home.write("gone.csv", "number,permanent_residence\n001099000123,\n");
        target.load(&[&gone]);
        assert_eq!(target.query("SELECT count(*) FROM fact"), "0\n");
        all.push(once);
    }
    assert_eq!(all[0], all[1]);
}

#[test]
fn bad_rows_are_set_aside_by_line_and_code() {
    let home = Home::new();
    let server = Postgres::start();
    let long = "x".repeat(1_001);
    let digest = "0a".repeat(32);
    let cells: &[(&str, &str)] = &[
        ("99000123,A,,,,,", "number,number_malformed"),
        ("1099000123,A,,,,,", "number,number_malformed"),
        (",A,,,,,", "number,number_missing"),
        ("001099000123,A,1999-02-30,,,,", "birth,date_malformed"),
        ("001099000123,A,15/03/1999,,,,", "birth,date_malformed"),
        ("001099000123,A,,nam,,,", "sex,sex_unknown"),
        ("001099000123,A,,,alive,,", "person_status,status_unknown"),
        (
            "001099000123,A,,,,0a0b,active",
            "sod_sha256,digest_malformed",
        ),
        ("001099000123,A,,,,,issued", "card_status,status_unknown"),
        ("001099000123,A,,,,DIGEST,", "card_status,status_missing"),
        ("001099000123,A\0B,,,,,", "name,control_character"),
        ("001099000123,LONG,,,,,", "name,text_too_long"),
        ("001099000123,A,,,,", ",cells"),
        ("001099000123,A,,,,,,,", ",cells"),
        ("'; DROP TABLE person; --,A,,,,,", "number,number_malformed"),
    ];
    let mut text = "number,name,birth,sex,person_status,sod_sha256,card_status\n".to_owned();
    for (row, _) in cells {
        text.push_str(&row.replace("LONG", &long).replace("DIGEST", &digest));
        text.push('\n');
    }
    let mut octets = text.into_bytes();
    octets.extend(b"001099000123,\xFF\xFE,,,,,\n");
    octets.extend("001099000999,\"'); DROP TABLE card; --\",1999,,,,\n".as_bytes());
    let file = home.write("bad.csv", octets);
    let rejects = home.text("rejects.csv");
    for target in Target::both(&home, &server) {
        let loaded = target.load(&[&file, "--rejects", &rejects]);
        assert_eq!(loaded["loaded"], 1);
        assert_eq!(loaded["rejected"], 16);
        assert_eq!(
            target.query("SELECT name FROM person"),
            "'); DROP TABLE card; --\n"
        );
        let said = fs::read_to_string(&rejects).unwrap();
        for (line, (_, code)) in (2..).zip(cells) {
            let expected = format!("\"{file}\",{line},{code}\n");
            assert!(said.contains(&expected), "{expected}{said}");
        }
        assert!(said.contains("17,name,not_utf8"));
        assert!(
            !said.contains("DROP") && !said.contains("1099000123"),
            "{said}"
        );

        for (text, code) in [
            ("", "load.header"),
            ("\n", "load.header"),
            ("name\nA\n", "load.header"),
            ("number,colour\n001099000123,A\n", "load.header"),
            ("number,number\n001099000123,A\n", "load.header"),
            ("number,name\n", "load.nothing"),
            ("number,name\n12,A\n", "load.nothing"),
        ] {
            target.refused(&[&home.write("refused.csv", text)], code);
        }
        // A quotation mark that is not closed does not fill the memory.
        let open = format!("number,name\n001099000123,\"{}", "A\n".repeat(1_000_000));
        target.refused(&[&home.write("open.csv", &open)], "load.row_too_long");
        target.refused(&[&home.text("missing.csv")], "load.unreadable");
        let one = home.write("one.csv", "number,name\n001099000123,A\n");
        let two = home.write("two.csv", "number\n001099000124\n");
        target.refused(&[&one, &two], "load.header");
        target.refused(&[&one, "--rejects", "/nowhere/rejects"], "load.rejects");
    }
    let one = home.text("one.csv");
    home.refused(
        &["--registry", "none", "registry", "load", &one],
        "load.target",
    );
}

#[test]
fn a_load_that_is_broken_off_leaves_no_trace() {
    let home = Home::new();
    let server = Postgres::start();
    for target in Target::both(&home, &server) {
        target.load(&[&home.write("one.csv", "number,name\n001099000123,A\n")]);
        let before = target.contents();
        let mut child = home
            .command(&target.arguments(&["-", "--replace"]))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"number,name\n").unwrap();
        for number in 0..20_000 {
            // Its end may come at once where it cannot start.
            writeln!(input, "001099{number:06},B").unwrap();
        }
        thread::sleep(Duration::from_millis(200));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(target.contents(), before);
        target.load(&[&home.text("one.csv")]);
    }
}

/// A small file system of its own, unmounted when dropped; nothing where that is not allowed.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(path: &Path) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        mount
            .is_ok_and(|status| status.success())
            .then(|| Self(path.to_owned()))
    }

    fn remount(&self, how: &str) {
        let mount = Command::new("mount")
            .args(["-o", &format!("remount,{how}")])
            .arg(&self.0)
            .status();
        assert!(mount.unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_or_read_only_disk_is_said_and_changes_nothing() {
    let home = Home::new();
    let Some(disk) = Small::mount(&home.path("disk")) else {
        eprintln!("skipped: no file system of a test's own may be mounted here");
        return;
    };
    let url = format!("sqlite:{}", home.text("disk/people.sqlite"));
    home.json(&["--registry", &url, "registry", "init"], 0);
    let before = fs::read(home.path("disk/people.sqlite")).unwrap();
    let sample = home.run(&["registry", "sample", "--rows", "20000"]);
    fs::write(home.path("many.csv"), sample.stdout).unwrap();
    let many = home.text("many.csv");
    home.refused(
        &["--registry", &url, "registry", "load", &many],
        "load.disk_full",
    );
    assert_eq!(fs::read(home.path("disk/people.sqlite")).unwrap(), before);
    let opened = home.json(&["--registry", &url, "registry", "init"], 0);
    assert_eq!(opened["registry"], "ready");
    disk.remount("ro");
    let one = home.write("one.csv", "number,name\n001099000123,A\n");
    home.refused(
        &["--registry", &url, "registry", "load", &one],
        "load.read_only",
    );
    let opened = home.json(&["--registry", &url, "registry", "init"], 0);
    assert_eq!(opened["registry"], "ready");
    // A new one cannot be made there, and nothing is left behind.
    let new = format!("sqlite:{}", home.text("disk/new.sqlite"));
    home.refused(
        &["--registry", &new, "registry", "init"],
        "registry.unusable",
    );
    assert!(!home.path("disk/new.key").exists());
}
