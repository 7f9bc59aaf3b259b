//! Bare point reads, by PostgreSQL's own benchmark.

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::citizens;
use crate::database;
use crate::database::Database;
use crate::processor;

/// Clients and threads that are tried; the best counts.
const SETTINGS: [(u32, u32); 5] = [(1, 1), (4, 2), (8, 2), (16, 2), (32, 2)];

/// How pgbench is run.
#[derive(Clone, Copy)]
pub struct Settings {
    clients: u32,
    threads: u32,
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, threads } = self;
        write!(f, "prepared, -c {clients} -j {threads}, over the socket")
    }
}

pub struct Bare {
    /// Reads a second.
    pub rate: f64,
    /// Processor time of one read, pgbench's own and PostgreSQL's, in microseconds.
    pub processor: f64,
}

/// Tries several settings and gives the best.
pub fn best(database: &Database, rows: u64, time: Duration) -> Settings {
    let settings = SETTINGS.map(|(clients, threads)| Settings { clients, threads });
    let rate = |settings: &Settings| run(database, rows, time, *settings).rate;
    let tried = settings.map(|settings| (rate(&settings), settings));
    let best = tried
        .into_iter()
        .max_by(|one, other| one.0.total_cmp(&other.0));
    best.unwrap().1
}

pub fn run(database: &Database, rows: u64, time: Duration, settings: Settings) -> Bare {
    let number = citizens::NUMBER.replace("{citizen}", ":citizen::bigint");
    let script = format!(
        "\\set citizen random(1, {rows})\n\
         SELECT person, status, document_number, issued, expiry FROM card\
         \x20WHERE sod = sha256({number}::bytea);\n"
    );
    let path = std::env::temp_dir().join(format!("cancuoc-pgbench-{}.sql", std::process::id()));
    fs::write(&path, script).unwrap();
    let usage = || {
        // pgbench has ended and counts as ours.
        processor::own(std::process::id()) + processor::family(database.process())
    };
    let before = usage();
    let mut command = database.client("pgbench", "register");
    let said = database::run(
        command
            .args(["-n", "-M", "prepared", "-f"])
            .arg(&path)
            .args(["-c", &settings.clients.to_string()])
            .args(["-j", &settings.threads.to_string()])
            .args(["-T", &time.as_secs().max(1).to_string()]),
    );
    let used = usage() - before;
    let _ = fs::remove_file(path);
    let figure = |head: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(head));
        let figure = line.and_then(|rest| rest.split_whitespace().next());
        figure.unwrap().parse::<f64>().unwrap()
    };
    Bare {
        rate: figure("tps = "),
        processor: used.as_secs_f64() * 1e6 / figure("number of transactions actually processed: "),
    }
}
