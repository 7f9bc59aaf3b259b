//! The same seed, the same bytes: in two processes, for every persona, for whatever is written.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use cancuoc::sim::link;
use cancuoc::sim::persona;
use serde_json::Value;

use crate::support::home::Home;

/// The time of every run.
const NOW: &str = "2026-11-22T05:00:00Z";

/// What is written by one run of the program with a seed, in a home of its own.
struct Run {
    trace: Vec<u8>,
    capture: Vec<u8>,
    report: Value,
}

/// Keeps a conversation with a persona's card, and what was read.
fn record(name: &str, seed: &str, more: &[&str]) -> Run {
    let home = Home::new();
    let (trace, capture) = (home.text("trace"), home.text("capture"));
    let arguments = [
        &[
            "trace",
            "record",
            &trace,
            "--virtual",
            name,
            "--seed",
            seed,
            "--save",
            &capture,
            "--now",
            NOW,
            "--registry",
            "none",
            "--format",
            "json",
        ],
        more,
    ]
    .concat();
    let output = home.run(&arguments);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    Run {
        trace: fs::read(trace).unwrap(),
        capture: fs::read(capture).unwrap_or_default(),
        report: without_measured_times(report),
    }
}

/// A report without what a clock measured.
fn without_measured_times(mut report: Value) -> Value {
    if let Some(figures) = report["exchange"].as_object_mut() {
        for measured in ["access_ms", "read_ms", "verify_ms", "registry_ms"] {
            assert!(figures.remove(measured).is_some(), "{measured}");
        }
    }
    report
}

#[test]
fn the_same_seed_gives_the_same_bytes_for_every_persona() {
    let mut count = 0;
    for persona in persona::shipped() {
        let name = &persona.name;
        let [once, again] = ["one", "one"].map(|seed| record(name, seed, &[]));
        assert!(!once.capture.is_empty(), "{name}: {}", once.report);
        assert_eq!(once.trace, again.trace, "{name}");
        assert_eq!(once.capture, again.capture, "{name}");
        assert_eq!(once.report, again.report, "{name}");
        count += 1;
    }
    println!("{count} personas, each twice, in processes of their own: the same bytes");
}

#[test]
fn another_seed_gives_another_conversation_about_the_same_files() {
    let [one, other] = ["one", "two"].map(|seed| record("an", seed, &[]));
    assert_ne!(one.trace, other.trace);
    assert_eq!(one.report["files"], other.report["files"]);
    // Without a seed, randomness is the system's.
    let home = Home::new();
    let traces = [0, 1].map(|number: u8| {
        let trace = home.text(&format!("trace-{number}"));
        let output = home.run(&["trace", "record", &trace, "--virtual", "an"]);
        assert!(output.status.success());
        fs::read(trace).unwrap()
    });
    assert_ne!(traces[0], traces[1]);
}

#[test]
fn the_seed_of_a_persona_s_file_is_that_of_a_run_without_another() {
    let text = persona::text_of("chi").unwrap();
    let seeded = text.replace("\nkind =", "\nseed = \"mine\"\nkind =");
    assert_ne!(seeded, text);
    let traces: Vec<Vec<u8>> = [&[][..], &[], &["--seed", "mine"], &["--seed", "other"]]
        .iter()
        .map(|more| {
            let home = Home::new();
            let (file, trace) = (home.write("mine.toml", &seeded), home.text("trace"));
            let usual = ["trace", "record", &trace, "--virtual", &file, "--now", NOW];
            let output = home.run(&[&usual[..], more].concat());
            assert!(output.status.success(), "{output:?}");
            fs::read(trace).unwrap()
        })
        .collect();
    assert_eq!(traces[0], traces[1]);
    assert_eq!(traces[0], traces[2]);
    assert_ne!(traces[0], traces[3]);
}

#[test]
fn what_is_slow_on_a_modelled_link_takes_no_time_here() {
    let home = Home::new();
    let since = Instant::now();
    let usual = ["read", "--virtual", "chi", "--fault", "slow:60000"];
    let more = [
        "--link",
        "nfc-848",
        "--registry",
        "none",
        "--format",
        "json",
    ];
    let output = home.run(&[&usual[..], &more].concat());
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let exchange = &report["exchange"];
    let least = exchange["commands"].as_u64().unwrap() * 60_000;
    assert!(
        exchange["modelled_ms"].as_u64().unwrap() >= least,
        "{exchange}"
    );
    assert!(since.elapsed() < Duration::from_secs(50));
}

#[test]
fn terminals_applications_and_links_change_nothing_of_that() {
    let home = Home::new();
    let folder = home.text("terminal");
    assert!(home.run(&["sim", "terminal", &folder]).status.success());
    let more = [
        "--terminal",
        &folder,
        "--applications",
        "all",
        "--link",
        "nfc-106:20",
    ];
    let [once, again] = [0, 1].map(|_| record("an", "one", &more));
    assert!(!once.capture.is_empty(), "{}", once.report);
    assert_eq!(once.trace, again.trace);
    assert_eq!(once.capture, again.capture);
    assert_eq!(once.report, again.report);
}

/// Every file under a folder, with its bytes.
fn gather(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, files);
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
}

#[test]
fn whatever_is_written_for_tests_is_the_same_at_the_same_time() {
    let files = |arguments: &[&str]| {
        let home = Home::new();
        let folder = home.text("out");
        let arguments = [arguments, &[&folder, "--now", NOW]].concat();
        let output = home.run(&arguments);
        assert!(output.status.success(), "{arguments:?}");
        let mut files = Vec::new();
        gather(&home.path("out"), &mut files);
        files.sort();
        assert!(!files.is_empty());
        files
            .into_iter()
            .map(|(path, bytes)| {
                let path = path.strip_prefix(home.path("out")).unwrap().to_owned();
                (path, bytes)
            })
            .collect::<Vec<_>>()
    };
    for arguments in [
        &["sim", "pki", "--out"][..],
        &["sim", "pki", "--seed", "one", "--out"],
        &["sim", "terminal"],
    ] {
        assert_eq!(files(arguments), files(arguments), "{arguments:?}");
    }
}

/// SELECT of the eMRTD application, and GET CHALLENGE (Doc 9303-10, 9303-11).
const BEFORE_BAC: [&[u8]; 2] = [
    &[
        0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01,
    ],
    &[0x00, 0x84, 0x00, 0x00, 0x08],
];

/// A message of vpcd: its length and itself.
fn say(reader: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    reader.write_all(&[&length[..], message].concat()).unwrap();
}

/// The challenges that a card of `sim serve` gives on a reader that this test plays.
fn challenges(seed: &[&str]) -> Vec<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let arguments = ["sim", "serve", "--persona", "chi", "--address", &address];
    let mut card = Home::new()
        .command(&[&arguments[..], &["--seconds", "60"], seed].concat())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut reader, _) = listener.accept().unwrap();
    // Power, and two sessions.
    let mut given = Vec::new();
    for _ in 0..2 {
        say(&mut reader, &[1]);
        for command in BEFORE_BAC {
            say(&mut reader, command);
            let mut length = [0; 2];
            reader.read_exact(&mut length).unwrap();
            let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
            reader.read_exact(&mut answer).unwrap();
            given.push(answer);
        }
    }
    card.kill().unwrap();
    card.wait().unwrap();
    given
}

#[test]
fn a_card_on_a_reader_draws_from_its_seed() {
    let [once, again] = [0, 1].map(|_| challenges(&["--seed", "one"]));
    assert_eq!(once, again);
    assert_eq!(once.len(), 4);
    assert_eq!(once[1].len(), 10);
    // A chip that comes up again does not begin anew.
    assert_ne!(once[1], once[3]);
    assert_ne!(once, challenges(&["--seed", "two"]));
    assert_ne!(once, challenges(&[]));
}

#[test]
fn a_link_is_reckoned_and_never_taken_for_measured() {
    let home = Home::new();
    let read = |more: &[&str]| {
        let arguments = ["read", "--virtual", "an", "--seed", "one", "--now", NOW];
        home.json(&[&arguments, more].concat(), 0)["exchange"].clone()
    };
    let plain = read(&[]);
    assert!(plain.get("modelled_ms").is_none());
    for (name, link) in link::names() {
        let modelled = read(&["--link", name]);
        for figure in ["commands", "bytes_sent", "bytes_received"] {
            assert_eq!(plain[figure], modelled[figure], "{name}");
        }
        let milliseconds = modelled["modelled_ms"].as_u64().unwrap();
        let commands = plain["commands"].as_u64().unwrap();
        let latency = u64::try_from(link.per_command.as_millis()).unwrap();
        assert!(milliseconds > commands * latency, "{name}");
        println!("{name}: {milliseconds} ms for {commands} commands");
    }
    let slow = read(&["--link", "nfc-424:70"])["modelled_ms"].as_u64();
    let quick = read(&["--link", "nfc-424:0"])["modelled_ms"].as_u64();
    let commands = plain["commands"].as_u64().unwrap();
    let between = slow.unwrap() - quick.unwrap();
    assert!(between.abs_diff(commands * 70) <= 1, "{between}");
    let refused = home.refused(
        &["read", "--virtual", "an", "--link", "pigeon"],
        "sim.link_unknown",
    );
    assert!(refused.to_string().contains("nfc-424"));
    home.refused(&["sim", "serve", "--link", "pigeon"], "sim.link_unknown");
    // A card that is not ours meets neither seed nor model.
    for option in ["--seed", "--link"] {
        assert_eq!(home.run(&["read", option, "one"]).status.code(), Some(2));
    }
}
