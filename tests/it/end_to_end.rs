//! The program reads a card on a real reader: `cancuoc sim serve` in one process, `cancuoc read` in
//! another, and pcscd between them.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use serde_json::Value;

use crate::support::home::Home;
use crate::support::pcscd::Stand;
use crate::support::program;

/// The program under test.
const CANCUOC: &str = env!("CARGO_BIN_EXE_cancuoc");

/// Longest time for one run.
const LONG: Duration = Duration::from_secs(60);

/// A stand with a persona's card on its reader, laid there by another process.
struct Counter {
    stand: Stand,
    card: Child,
}

impl Counter {
    fn with(persona: &str, options: &[&str]) -> Self {
        let stand = Stand::start();
        let address = stand.vpcd_address().to_string();
        let mut card = Command::new(CANCUOC)
            .args(["sim", "serve", "--persona", persona, "--address", &address])
            .args(["--seconds", "120"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says one line when the card lies on the reader, or why it does not.
        let mut line = String::new();
        let said = BufReader::new(card.stderr.take().unwrap()).read_line(&mut line);
        assert!(said.is_ok() && line.contains(&address), "{line}");
        Self { stand, card }
    }

    /// Reads the card under the policy for virtual cards; gives the exit status and what the program
    /// answered.
    fn read(&self, key: &str, options: &[&str]) -> (i32, Value) {
        self.read_under("ci-simulator", key, options)
    }

    fn read_under(&self, policy: &str, key: &str, options: &[&str]) -> (i32, Value) {
        self.read_with(self.program(), policy, key, options)
    }

    fn read_with(
        &self,
        mut command: Command,
        policy: &str,
        key: &str,
        options: &[&str],
    ) -> (i32, Value) {
        let file = self.stand.file("key");
        fs::write(&file, key).unwrap();
        command
            .args(["read", "--format", "json", "--registry", "none", "--key"])
            .arg(file)
            .args(["--policy", policy])
            .args(options);
        let output = program::run(&mut command, LONG);
        let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{error}: {}\n{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        });
        (output.status.code().unwrap(), answer)
    }

    /// The root of the virtual cards, as an operator would trust it.
    fn root(&self) -> String {
        let folder = self.stand.file("trust").display().to_string();
        let mut command = self.program();
        command.args(["sim", "pki", "--out", &folder]);
        assert!(program::run(&mut command, LONG).status.success());
        folder
    }

    /// The program on this stand, with nobody's settings.
    fn program(&self) -> Command {
        let mut command = self.stand.command(CANCUOC);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CANCUOC_")) {
            command.env_remove(name);
        }
        command.env("XDG_CONFIG_HOME", self.stand.file("settings"));
        command
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        program::end(&mut self.card, Duration::from_secs(2));
    }
}

fn persona(name: &str) -> Persona {
    persona::find(name).unwrap()
}

fn code<'a>(report: &'a Value, check: &str) -> &'a str {
    report["checks"][check]["code"].as_str().unwrap_or_default()
}

#[test]
fn a_card_with_pace_is_genuine_under_its_root() {
    let counter = Counter::with("an", &[]);
    let root = counter.root();
    let (status, report) = counter.read(&persona("an").can(), &["--trust", &root]);
    assert_eq!(report["verdict"], "genuine", "{report:#}");
    assert_eq!(status, 0);
    assert_eq!(code(&report, "access"), "access.pace");
    assert_eq!(report["checks"]["chip"]["outcome"], "pass");
    assert_eq!(
        report["holder"]["citizen_number"],
        persona("an").citizen.number.as_str()
    );
    println!("{}", report["exchange"]);
}

#[test]
fn a_card_with_short_commands_only_is_genuine_under_its_root() {
    let counter = Counter::with("binh", &[]);
    let root = counter.root();
    let (status, report) = counter.read(&persona("binh").can(), &["--trust", &root]);
    assert_eq!(report["verdict"], "genuine", "{report:#}");
    assert_eq!(status, 0);
}

#[test]
fn a_card_with_bac_alone_is_genuine_under_its_root() {
    let counter = Counter::with("chi", &[]);
    let root = counter.root();
    let (status, report) = counter.read(&persona("chi").mrz(), &["--trust", &root]);
    assert_eq!(report["verdict"], "genuine", "{report:#}");
    assert_eq!(status, 0);
    assert_eq!(code(&report, "access"), "access.bac");
}

#[test]
fn every_group_and_application_comes_over_a_reader() {
    let counter = Counter::with("dung", &["--applications"]);
    let root = counter.root();
    let gate = counter.stand.file("gate").to_str().unwrap().to_owned();
    let mut terminal = counter.program();
    terminal.args(["sim", "terminal", &gate]);
    assert!(program::run(&mut terminal, LONG).status.success());
    let options = [
        "--trust",
        &root,
        "--terminal",
        &gate,
        "--applications",
        "all",
    ];
    let (status, report) = counter.read(&persona("dung").can(), &options);
    assert_eq!(status, 0, "{report:#}");
    let groups = report["groups"].as_object().unwrap();
    assert_eq!(groups.len(), 16);
    assert!(groups.values().all(|state| state == "verified"));
    for application in ["travel", "visas", "biometrics"] {
        assert_eq!(report["applications"][application]["state"], "read");
    }
}

#[test]
fn on_a_reader_the_test_root_is_not_trusted_by_itself() {
    let counter = Counter::with("an", &[]);
    let (status, report) = counter.read(&persona("an").can(), &[]);
    assert_eq!(report["verdict"], "inconclusive", "{report:#}");
    assert_eq!(status, 3);
    assert_eq!(code(&report, "signer_chain"), "chain.no_anchor");
    assert!(report.get("holder").is_none());
    assert!(report.get("unverified_holder").is_some());
}

#[test]
fn a_test_root_counts_for_people_only_where_it_is_named_for_this_run() {
    let counter = Counter::with("an", &[]);
    let root = counter.root();
    let can = persona("an").can();
    let home = Home::new();
    home.configure(&format!("trust = [\"{root}\"]"));
    let configured = || {
        let mut program = counter.program();
        program.env("XDG_CONFIG_HOME", home.path("config"));
        program
    };
    for policy in ["counter", "kiosk", "border-strict"] {
        let standing = counter.read_with(configured(), policy, &can, &[]);
        assert_eq!(standing.0, 3, "{policy}");
        assert_eq!(code(&standing.1, "signer_chain"), "chain.test_anchor");
        assert!(standing.1.get("holder").is_none());
        let (_, named) = counter.read_under(policy, &can, &["--trust", &root]);
        let said = match policy {
            "border-strict" => "chain.test_anchor",
            _ => "chain.anchored",
        };
        assert_eq!(code(&named, "signer_chain"), said, "{policy}");
    }
}

#[test]
fn a_wrong_key_is_no_judgement_on_the_card() {
    let counter = Counter::with("an", &[]);
    let wrong = match persona("an").can().as_str() {
        "000000" => "000001",
        _ => "000000",
    };
    let (status, report) = counter.read(wrong, &[]);
    assert_eq!(status, 2);
    assert_eq!(report["error"]["code"], "access.wrong_key");
    assert_eq!(report["error"]["next_action"], "key_again");
    // The card lies there still, and the right key opens it.
    let (status, _) = counter.read(&persona("an").can(), &[]);
    assert_eq!(status, 3);
}

#[test]
fn a_copied_card_is_not_genuine() {
    let counter = Counter::with("an", &["--fault", "wrong-active-key"]);
    let root = counter.root();
    let (status, report) = counter.read(&persona("an").can(), &["--trust", &root]);
    assert_eq!(report["verdict"], "not_genuine", "{report:#}");
    assert_eq!(status, 1);
}

#[test]
fn a_card_taken_away_in_mid_read_was_removed() {
    let counter = Counter::with("an", &["--fault", "lost-at-command:12"]);
    let (status, report) = counter.read(&persona("an").can(), &[]);
    assert_eq!(status, 2, "{report:#}");
    assert_eq!(report["error"]["code"], "card.removed");
    assert_eq!(report["error"]["next_action"], "reposition");
}

#[test]
fn two_counters_read_side_by_side() {
    thread::scope(|scope| {
        for (name, key) in [("an", persona("an").can()), ("binh", persona("binh").can())] {
            scope.spawn(move || {
                let counter = Counter::with(name, &[]);
                let root = counter.root();
                let (_, report) = counter.read(&key, &["--trust", &root]);
                assert_eq!(report["verdict"], "genuine", "{report:#}");
                let number = persona(name).citizen.number;
                assert_eq!(report["holder"]["citizen_number"], number.as_str());
            });
        }
    });
}

#[test]
fn readers_and_their_cards_are_listed() {
    let counter = Counter::with("an", &[]);
    let mut command = counter.program();
    command.args(["readers", "--format", "json"]);
    let output = program::run(&mut command, LONG);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Virtual PCD 00 00"), "{text}");
}
