//! What the registry's server costs on top of its database, on this machine and in one run.
//!
//! ```sh
//! cargo bench --bench registry -- [--rows 200000] [--seconds 10] [--connections 32] [--rate 1000] \
//!     [--turns 3] [--folder DIR] [--device-key es256|ps256] [--program CANCUOC] \
//!     [--prepared 16000] [--list 1] [--only ratio]
//! ```
//!
//! Starts PostgreSQL, fills a register, asks it with bare `pgbench` and then through `cancuoc registry
//! serve` over kept connections with mutual TLS, every question signed by a device, every answer signed
//! and in the audit log before it is given; then without one layer after the other, where that can be
//! had. `docs/performance.md` has the figures. The full form has `--rows 10000000`; `--rows 0` times the
//! parts of the work alone. A folder that is given stays, and is used again with its rows. A program
//! that is given is the server in place of the one that was built with this. Questions are signed before
//! the clock runs, so many for each second: with RSA that takes long, and no more are needed than are asked.
//! With `--list 32`, 32 questions go in one message, beside turns of single questions; rates and processor
//! times are those of questions, and times of answers those of messages.

#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by stopping where it stands"
)]
#![allow(missing_docs, reason = "a program")]

mod citizens;
mod database;
mod load;
mod parts;
mod pgbench;
mod processor;
mod questions;
mod service;

use std::env;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use database::Database;
use database::Folder;
use load::Figures;
use questions::Kind;
use service::DeviceKeys;
use service::Service;

/// What the command line says.
struct Options {
    rows: u64,
    seconds: u64,
    connections: usize,
    rate: u64,
    turns: usize,
    prepared: usize,
    list: usize,
    folder: Option<PathBuf>,
    device_keys: DeviceKeys,
    program: PathBuf,
    extent: Extent,
}

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Everything,
    Ratio,
}

fn main() {
    let options = options();
    let time = Duration::from_secs(options.seconds);
    let keys = options.device_keys;
    let folder = match &options.folder {
        Some(path) => Folder::kept(path.clone()),
        None => Folder::new(),
    };
    println!(
        "{} rows, {} connections, {} s each, {} processors",
        options.rows,
        options.connections,
        options.seconds,
        std::thread::available_parallelism().unwrap()
    );
    parts::show(&keys.make(1)[0]);
    if options.rows == 0 {
        return;
    }
    let began = Instant::now();
    let database = Database::start(&folder);
    service::init(&folder, &database);
    if database.rows() != options.rows {
        database.fill(&folder, options.rows);
        println!("filled in {:.1} s", began.elapsed().as_secs_f64());
    }
    database.sizes(options.rows);
    database.warm();

    // Turns, so that what else the machine does meets both alike.
    let settings = pgbench::best(&database, options.rows, time / 3);
    println!("pgbench, one row by its key: {settings}");
    let program = &options.program;
    let service = Service::start(program, &folder, &database, service::Devices::Sign, keys);
    service.forget_layers();
    let mut by_rate = Vec::new();
    let mut by_processor = Vec::new();
    let mut singles = Vec::new();
    let mut fastest = [0.0_f64; 2];
    let name = match options.list {
        ..=1 => "everything on".to_owned(),
        list => format!("everything on, lists of {list}"),
    };
    for _ in 0..options.turns {
        let bare = pgbench::run(&database, options.rows, time, settings);
        println!(
            "pgbench: {:.0}/s; {:.1} µs of a processor each",
            bare.rate, bare.processor
        );
        if options.list > 1 {
            let mut single = options.load(Kind::Signed);
            single.list = 1;
            let figures = load::closed(&service, &single, time);
            show("everything on, single questions", &figures, bare.rate);
            singles.push(bare.processor / figures.processor());
        }
        let figures = load::closed(&service, &options.load(Kind::Signed), time);
        show(&name, &figures, bare.rate);
        by_rate.push(figures.rate / bare.rate);
        by_processor.push(bare.processor / figures.processor());
        fastest = [fastest[0].max(bare.rate), fastest[1].max(figures.rate)];
    }
    service.layers();
    println!(
        "ratio by rate: median of the turns {:.3}, of the fastest turns {:.3}; by processor time: median {:.3}",
        median(&mut by_rate),
        fastest[1] / fastest[0],
        median(&mut by_processor),
    );
    if options.list > 1 {
        println!(
            "single questions, by processor time: median {:.3}",
            median(&mut singles)
        );
    }
    if options.extent == Extent::Ratio {
        return;
    }
    let bare = fastest[0];
    let figures = load::paced(&service, &options.load(Kind::Signed), options.rate, time);
    show(
        &format!("everything on, {}/s offered", options.rate),
        &figures,
        bare,
    );
    let figures = load::closed(&service, &options.load(Kind::Health), time);
    show("no question: health over mutual TLS", &figures, bare);
    drop(service);

    let service = Service::start(
        program,
        &folder,
        &database,
        service::Devices::NeedNotSign,
        keys,
    );
    let figures = load::closed(&service, &options.load(Kind::Unsigned), time);
    show("questions not signed", &figures, bare);
    drop(service);

    let memory = Folder::in_memory();
    let service = Service::start_with_audit(program, &folder, &database, memory.path(), keys);
    let figures = load::closed(&service, &options.load(Kind::Signed), time);
    show("audit log in memory", &figures, bare);
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn show(name: &str, figures: &Figures, bare: f64) {
    println!(
        "{name}: {:.0}/s, {:.2} of pgbench; p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, longest {:.0} ms; {} asked, {} refused; processors: asker {:.2}, server {:.2}, PostgreSQL {:.2}; server {:.1} µs, PostgreSQL {:.1} µs, asker {:.1} µs, together {:.1} µs each",
        figures.rate,
        figures.rate / bare,
        figures.at(0.50),
        figures.at(0.95),
        figures.at(0.99),
        figures.at(1.0),
        figures.asked,
        figures.refused,
        figures.shares.asker,
        figures.shares.server,
        figures.shares.database,
        figures.shares.server / figures.rate * 1e6,
        figures.shares.database / figures.rate * 1e6,
        figures.shares.asker / figures.rate * 1e6,
        figures.processor(),
    );
}

impl Options {
    fn load(&self, kind: Kind) -> load::Load {
        load::Load {
            kind,
            rows: self.rows,
            connections: self.connections,
            prepared: self.prepared,
            list: self.list,
        }
    }
}

fn options() -> Options {
    let mut options = Options {
        rows: 200_000,
        seconds: 10,
        connections: 32,
        rate: 1_000,
        turns: 3,
        prepared: 16_000,
        list: 1,
        folder: None,
        device_keys: DeviceKeys::Es256,
        program: PathBuf::from(env!("CARGO_BIN_EXE_cancuoc")),
        extent: Extent::Everything,
    };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        // `cargo bench` says so to every benchmark.
        if word == "--bench" {
            continue;
        }
        if word == "--folder" {
            options.folder = words.next().map(PathBuf::from);
            continue;
        }
        if word == "--program" {
            options.program = std::fs::canonicalize(words.next().unwrap()).unwrap();
            continue;
        }
        if word == "--only" {
            assert_eq!(words.next().as_deref(), Some("ratio"), "--only is ratio");
            options.extent = Extent::Ratio;
            continue;
        }
        if word == "--device-key" {
            options.device_keys = match words.next().as_deref() {
                Some("es256") => DeviceKeys::Es256,
                Some("ps256") => DeviceKeys::Ps256,
                _ => panic!("--device-key is es256 or ps256"),
            };
            continue;
        }
        let mut number = || words.next().and_then(|text| text.parse::<u64>().ok());
        match (word.as_str(), number()) {
            ("--rows", Some(rows)) => options.rows = rows,
            ("--seconds", Some(seconds)) => options.seconds = seconds,
            ("--connections", Some(count)) => options.connections = count.try_into().unwrap(),
            ("--rate", Some(rate)) => options.rate = rate,
            ("--list", Some(list)) => options.list = list.try_into().unwrap(),
            ("--prepared", Some(count)) => options.prepared = count.try_into().unwrap(),
            ("--turns", Some(turns)) => options.turns = turns.try_into().unwrap(),
            _ => panic!("{word} is none of the options, or without a number"),
        }
    }
    options
}
