//! The program asks the program: `registry init --service`, `registry serve`, `read`, `registry lookup`
//! and `verify`, over HTTPS with mutual TLS.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use cancuoc::crypto::hash::Hash;
use cancuoc::lds::FileId;
use cancuoc::registry::CardStatus;
use cancuoc::registry::SodDigest;
use cancuoc::registry::snapshot::FingerprintBits;
use cancuoc::registry::snapshot::RegisterId;
use cancuoc::registry::snapshot::Times;
use cancuoc::registry::snapshot::build::Edition;
use cancuoc::registry::snapshot::build::full;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::persona;
use jiff::Timestamp;
use jiff::ToSpan;
use serde_json::Value;

use crate::support::home::Home;
use crate::support::home::assert_refusal;
use crate::support::home::mode;
use crate::support::home::output;
use crate::support::home::parsed;

/// A service folder, and the server that runs from it; ended when dropped.
pub(crate) struct Service {
    pub(crate) home: Home,
    server: Child,
    url: String,
}

impl Service {
    fn start() -> Self {
        Self::with("")
    }

    /// A server with more in its configuration.
    pub(crate) fn with(more: &str) -> Self {
        let home = Home::new();
        home.json(&["registry", "init", "--service", "service"], 0);
        let config = home.path("service/server.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}{more}")).unwrap();
        let mut command = home.command(&["registry", "serve", "--listen", "127.0.0.1:0"]);
        let mut server = command
            .args(["--config", "service/server.toml"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        // A server that cannot start ends, and says nothing.
        said.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = format!("https://{}", said["address"].as_str().unwrap());
        Self { home, server, url }
    }

    /// The program as the client's configuration has it, asking this server.
    pub(crate) fn client(&self, arguments: &[&str]) -> Command {
        let mut command = self.in_words(arguments);
        command.args(["--format", "json"]);
        command
    }

    /// The same, answering in words.
    fn in_words(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command
            .args(["--registry", &self.url])
            .env("CANCUOC_CONFIG", self.home.path("service/client.toml"))
            // Time enough for a busy machine: what is tested here is not the time.
            .env("CANCUOC_REGISTRY_LIMIT", "30");
        command
    }

    fn read(&self, persona: &str) -> Command {
        self.client(&["read", "--virtual", persona, "--case", "case-1"])
    }

    fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The answer, whatever the verdict.
#[track_caller]
fn answer(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}; {stderr}"))
}

/// What the check `registry` says.
#[track_caller]
fn registry(command: &mut Command) -> Value {
    answer(&output(command))["checks"]["registry"].clone()
}

#[test]
fn a_service_folder_is_whole_and_private_and_never_written_twice() {
    let home = Home::new();
    let made = home.json(&["registry", "init", "--service", "a/service"], 0);
    assert_eq!(made["schema"], "cancuoc.registry_service/1");
    let files = home.files("a/service");
    for name in [
        "agency.key",
        "agency.pem",
        "ca.key",
        "ca.pem",
        "client.toml",
        "device.key",
        "register.sqlite",
        "server.key",
        "server.pem",
        "server.toml",
        "signing.key",
    ] {
        assert!(files.iter().any(|file| file == name), "{name}: {files:?}");
        let path = home.path("a/service").join(name);
        assert_eq!(mode(&path) & 0o077, 0, "{name}");
    }
    let bytes = |name: &str| fs::read(home.path("a/service").join(name)).unwrap();
    let before = bytes("signing.key");
    let again = ["registry", "init", "--service", "a/service"];
    home.refused(&again, "registry.place_taken");
    assert_eq!(bytes("signing.key"), before);
    // No two sets share a key.
    home.json(&["registry", "init", "--service", "b"], 0);
    assert_ne!(
        fs::read(home.path("b/agency.key")).unwrap(),
        bytes("agency.key")
    );
}

#[test]
fn every_state_of_a_card_comes_over_the_line() {
    let service = Service::start();
    for (name, code, status) in [
        ("an", "registry.confirmed", 0),
        ("lan", "registry.replaced", 1),
        ("minh", "registry.reported_lost", 1),
        ("nga", "registry.revoked", 1),
        ("uyen", "registry.expired", 1),
        ("giang", "registry.not_on_file", 0),
    ] {
        let output = output(&mut service.read(name));
        let report = answer(&output);
        let registry = &report["checks"]["registry"];
        assert_eq!(registry["code"], code, "{name}: {registry}");
        assert_eq!(output.status.code(), Some(status), "{name}");
        assert_eq!(registry["evidence"]["source"], "register", "{name}");
        // The answer is kept whole, and bears the registry's name.
        let signer = &report["registry_answer"]["signature"]["key_sha256"];
        assert_eq!(
            &registry["evidence"]["registry_key_sha256"], signer,
            "{name}"
        );
    }
}

#[test]
fn a_registry_that_is_gone_or_another_is_never_a_no() {
    let mut service = Service::start();
    let other = "ab".repeat(32);
    let registry_check = registry(service.read("an").env("CANCUOC_REGISTRY_KEY", &other));
    assert_eq!(registry_check["outcome"], "open");
    assert_eq!(registry_check["code"], "registry.foreign_signer");
    // Without its purpose a question is not sent.
    let unasked = registry(&mut service.client(&["read", "--virtual", "an"]));
    assert_eq!(unasked["code"], "registry.purpose_missing");
    service.kill();
    let output = output(&mut service.read("an"));
    let report = answer(&output);
    let check = &report["checks"]["registry"];
    assert_eq!(check["code"], "registry.not_reached");
    let reason = check["evidence"]["reason"].as_str().unwrap();
    assert!(reason.contains("connect: "), "{reason}");
    assert_eq!(report["verdict"], "genuine");
}

/// A snapshot that knows this persona's card as reported lost.
fn snapshot(service: &Service, persona: &str) {
    let card = persona::find(persona).unwrap().personalise().unwrap();
    let sod = SodDigest::of(card.files.get(&FileId::Sod).unwrap());
    let mut cards = vec![
        (sod, CardStatus::ReportedLost),
        (SodDigest::of(b"another"), CardStatus::Active),
    ];
    let now = Timestamp::now();
    let times = Times::new(now - 1.hour(), now + 24.hours(), now + 48.hours()).unwrap();
    let register = RegisterId::new("test").unwrap();
    let edition = Edition::new(register, 7, times).unwrap();
    let key = DeviceKey::load(&service.home.path("service/signing.key")).unwrap();
    let bits = FingerprintBits::USUAL;
    let bytes = full(&mut cards, &edition, bits, &key, now).unwrap();
    service.home.write("service/cards.snapshot", bytes);
}

#[test]
fn a_snapshot_answers_where_the_line_is_down() {
    let mut service = Service::start();
    snapshot(&service, "binh");
    let offline = service.home.path("service/cards.snapshot");
    let read = |service: &Service, persona: &str| {
        registry(
            service
                .read(persona)
                .env("CANCUOC_REGISTRY_OFFLINE", &offline),
        )
    };
    let check = read(&service, "binh");
    assert_eq!(check["code"], "registry.confirmed", "{check}");
    assert_eq!(check["evidence"]["source"], "register");
    service.kill();
    let check = read(&service, "binh");
    assert_eq!(check["code"], "registry.reported_lost", "{check}");
    for (name, value) in [
        ("source", "snapshot"),
        ("revision", "7"),
        ("line", "registry.not_reached"),
    ] {
        assert_eq!(check["evidence"][name], value, "{check}");
    }
    let reason = check["evidence"]["line_reason"].as_str().unwrap();
    assert!(reason.contains("connect: "), "{reason}");
    let check = read(&service, "an");
    assert_eq!(check["code"], "registry.not_listed", "{check}");
}

/// The number of a shipped persona.
fn number(name: &str) -> String {
    persona::find(name).unwrap().citizen.number
}

#[test]
fn a_lookup_needs_no_card_and_keeps_its_evidence() {
    let service = Service::start();
    let home = &service.home;
    home.write("number", number("an"));
    let arguments = ["registry", "lookup", "--case", "c-1", "--number", "number"];
    let mut lookup = service.client(&arguments);
    let said = parsed(&output(lookup.args(["--evidence", "kept.json"])), 0);
    assert_eq!(said["schema"], "cancuoc.lookup/1");
    assert_eq!(said["registry"]["code"], "registry.confirmed");
    assert_eq!(said["attributes"]["number"], "match");
    assert_eq!(said["attributes"]["name"], "not_supplied");
    assert_eq!(mode(&home.path("kept.json")), 0o600);
    let shown = service.client(&["verify", "kept.json"]);
    let checked = parsed(&output(&mut { shown }), 0);
    assert_eq!(checked["evidence"]["code"], "evidence.holds");
    assert_eq!(checked["decision"], "confirmed");
    // Who trusts no registry learns that it holds, and not whose it is.
    let checked = home.json(&["verify", "kept.json"], 3);
    assert_eq!(checked["evidence"]["code"], "evidence.unknown_registry");
    let text = fs::read_to_string(home.path("kept.json")).unwrap();
    let altered = text.replacen("\"confirmed\"", "\"not_on_file\"", 1);
    assert_ne!(altered, text);
    home.write("altered.json", altered);
    let altered = service.client(&["verify", "altered.json"]);
    let checked = parsed(&output(&mut { altered }), 1);
    assert_eq!(checked["evidence"]["code"], "evidence.broken");
    home.write("torn.json", &text[..text.len() / 2]);
    home.refused(&["verify", "torn.json"], "capture.malformed");
}

#[test]
fn a_lookup_ends_as_a_read_does() {
    let service = Service::start();
    let home = &service.home;
    let an = persona::find("an").unwrap().citizen;
    let person = |number: &str, name: &str| {
        format!(
            "number = \"{number}\"\nname = \"{name}\"\nbirth = \"{}\"",
            an.birth
        )
    };
    home.write("same.toml", person(&an.number, &an.name));
    home.write("other.toml", person(&an.number, "Trần Văn Khác"));
    home.write("lost.toml", format!("number = \"{}\"", number("minh")));
    home.write("nobody.toml", "number = \"036195999123\"");
    for (file, status, code) in [
        ("same.toml", 0, "registry.confirmed"),
        ("other.toml", 1, "registry.mismatch"),
        ("lost.toml", 1, "registry.reported_lost"),
        ("nobody.toml", 3, "registry.not_on_file"),
    ] {
        let arguments = ["registry", "lookup", "--case", "c-1", "--person", file];
        let said = parsed(&output(&mut service.client(&arguments)), status);
        assert_eq!(said["registry"]["code"], code, "{file}");
    }
    // By the card alone, and by everything that a saved one says.
    let mut read = service.read("an");
    parsed(&output(read.args(["--save", "an.json"])), 0);
    let arguments = [
        "registry",
        "lookup",
        "--case",
        "c-1",
        "--capture",
        "an.json",
    ];
    let said = parsed(&output(&mut service.client(&arguments)), 0);
    assert_eq!(said["attributes"]["birth"], "match");
    let digest = hex::encode(Hash::Sha256.digest(&[b"no card"]));
    let arguments = ["registry", "lookup", "--case", "c-1", "--sod", &digest];
    let said = parsed(&output(&mut service.client(&arguments)), 3);
    assert_eq!(said["registry"]["code"], "registry.not_on_file");
}

#[test]
fn why_it_refused_and_what_differs_is_said_in_both_languages() {
    let service = Service::start();
    service.home.write("number", number("an"));
    let lookup = ["registry", "lookup", "--case", "1", "--number", "number"];
    let unknown = ["--procedure", "another"];
    let read = ["read", "--virtual", "an", "--case", "1"];
    for (lang, words) in [
        ("vi", "Thủ tục này không được phép hỏi."),
        ("en", "The registry does not serve this procedure."),
    ] {
        for (first, status) in [(&lookup[..], 3), (&read[..], 0)] {
            let arguments = [first, &unknown, &["--lang", lang]].concat();
            let ended = output(&mut service.in_words(&arguments));
            assert_eq!(ended.status.code(), Some(status));
            let said = String::from_utf8(ended.stdout).unwrap();
            let whole = format!("{words} [question.unknown_procedure]");
            assert!(said.contains(&whole), "{said}");
        }
    }
    let read = ["read", "--virtual", "an", "--fault", "register-other-birth"];
    for (lang, words) in [("vi", " (Ngày sinh)\n"), ("en", " (Date of birth)\n")] {
        let said = service.home.run(&[&read[..], &["--lang", lang]].concat());
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_lookup_that_asks_about_nobody_is_refused() {
    let home = Home::new();
    fn lookup<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["registry", "lookup"], more].concat()
    }
    home.refused(&lookup(&[]), "registry.person_format");
    home.refused(&lookup(&["--number", "missing"]), "registry.person_format");
    home.refused(&lookup(&["--sod", "1234"]), "registry.sod_format");
    home.write("person.toml", "number = \"123\"");
    home.refused(
        &lookup(&["--person", "person.toml"]),
        "registry.person_format",
    );
    let both = lookup(&["--person", "-", "--number", "-"]);
    home.refused(&both, "registry.person_format");
    home.write("number", number("an"));
    let none = lookup(&["--number", "number", "--registry", "none"]);
    home.refused(&none, "registry.none");
    // The embedded registry signs nothing that could be kept.
    let kept = lookup(&["--number", "number", "--evidence", "kept.json"]);
    let ended = home.run(&kept);
    assert_eq!(ended.status.code(), Some(2));
    assert!(!home.path("kept.json").exists());
}

#[test]
fn a_number_comes_over_standard_input() {
    let home = Home::new();
    let arguments = ["registry", "lookup", "--number", "-", "--format", "json"];
    let ended = home.run_with_input(&arguments, &number("an"));
    let said = parsed(&ended, 0);
    assert_eq!(said["registry"]["code"], "registry.confirmed");
    assert!(!String::from_utf8_lossy(&ended.stdout).contains(&number("an")));
}

#[test]
fn what_is_configured_wrongly_is_refused_before_a_card_is_read() {
    let home = Home::new();
    home.json(&["registry", "init", "--service", "service"], 0);
    let url = "https://127.0.0.1:1";
    let read = |key: &str, value: &str| {
        let arguments = [
            "read",
            "--virtual",
            "an",
            "--registry",
            url,
            "--format",
            "json",
        ];
        let mut command = home.command(&arguments);
        command
            .env("CANCUOC_CONFIG", home.path("service/client.toml"))
            .env(key, value);
        parsed(&output(&mut command), 2)
    };
    for (key, value, code) in [
        ("CANCUOC_REGISTRY_KEY", "abc", "registry.key_format"),
        ("CANCUOC_REGISTRY_LIMIT", "0", "registry.limit"),
        ("CANCUOC_REGISTRY_LIMIT", "soon", "registry.limit"),
        (
            "CANCUOC_REGISTRY_ROOTS",
            "/nonexistent",
            "registry.credential",
        ),
        ("CANCUOC_CONFIG", "/nonexistent", "config.malformed"),
    ] {
        assert_refusal(&read(key, value), code);
    }
    home.refused(
        &["read", "--virtual", "an", "--registry", url],
        "registry.key_missing",
    );
}
