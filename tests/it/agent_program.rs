//! `cancuoc agent` as a program: where it listens, how it is paired with, how it ends.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::program;

const PATIENCE: Duration = Duration::from_secs(100);

/// A folder of its own, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cancuoc-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cancuoc"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", &self.0)
            .env("CANCUOC_REGISTRY", "none")
            .env("CANCUOC_LANG", "en");
        command
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let mut command = self.command(arguments);
        let output = program::run(command.args(["--format", "json"]), PATIENCE);
        let said = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), said)
    }

    fn state(&self) -> PathBuf {
        self.0.join(".local/state/cancuoc/agent")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running agent, ended when dropped.
struct Agent {
    child: Child,
    address: String,
}

impl Agent {
    fn start(scratch: &Scratch, arguments: &[&str]) -> Self {
        let mut child = scratch
            .command(&["agent", "--virtual", "an", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(scratch.0.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self {
            child,
            address: said["address"].as_str().unwrap().to_owned(),
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        program::end(&mut self.child, PATIENCE);
    }
}

fn mode(path: &Path) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        0o600
    }
}

#[test]
fn addresses_that_cannot_be_listened_on_have_codes() {
    let scratch = Scratch::new("listen");
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    for (address, code) in [
        (taken.as_str(), "agent.listen_taken"),
        ("0.0.0.0:8480", "agent.listen_place"),
        ("[::]:8480", "agent.listen_place"),
        ("192.0.2.1:8480", "agent.listen_place"),
    ] {
        let (status, said) = scratch.run(&["agent", "--virtual", "an", "--listen", address]);
        assert_eq!(status, Some(2), "{said}");
        assert_eq!(said["error"]["code"], code, "{said}");
    }
    for origin in ["*", "https://counter.example/page", "null"] {
        let (status, said) = scratch.run(&["agent", "--virtual", "an", "--origin", origin]);
        assert_eq!(status, Some(2), "{said}");
        assert_eq!(said["error"]["code"], "agent.origin_format", "{said}");
    }
}

#[cfg(unix)]
#[test]
fn the_last_line_of_the_log_is_that_it_stopped_and_the_record_is_closed() {
    let scratch = Scratch::new("stopped");
    let mut child = scratch
        .command(&["agent", "--virtual", "an", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    program::end(&mut child, PATIENCE);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let told = BufReader::new(child.stderr.take().unwrap());
    let told: Vec<String> = told.lines().map(Result::unwrap).collect();
    let last: Value = serde_json::from_str(told.last().unwrap()).unwrap();
    assert_eq!(last["event"], "stopped", "{told:?}");
    // Nobody holds the record: it can be gone on with.
    let again = Agent::start(&scratch, &[]);
    drop(again);
}

#[test]
fn a_mistake_in_the_configuration_names_the_file_and_what_is_allowed() {
    let scratch = Scratch::new("mistake");
    let file = scratch.0.join("config.toml");
    fs::write(&file, "[agent.facade]\nsensitive = true\n").unwrap();
    let mut command = scratch.command(&["agent", "--virtual", "an", "--format", "json"]);
    let output = program::run(command.env("CANCUOC_CONFIG", &file), PATIENCE);
    assert_eq!(output.status.code(), Some(2));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = said["error"].to_string();
    for part in [
        "config.malformed",
        "config.toml: agent.facade.sensitive",
        "no",
        "yes",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn an_agent_is_paired_with_while_it_runs_and_ends_when_it_is_told() {
    let scratch = Scratch::new("pair");
    let mut agent = Agent::start(&scratch, &["--origin", "https://counter.example"]);
    let (status, said) = scratch.run(&["agent", "pair"]);
    assert_eq!(status, Some(0));
    assert_eq!(said["page"], format!("http://{}/", agent.address));
    assert_eq!(said["code"].as_str().unwrap().len(), 8);
    for file in ["pairing.json", "address", "device.key", "lock"] {
        assert_eq!(mode(&scratch.state().join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&scratch.state()), 0o700);
    let (status, said) = scratch.run(&["agent", "tokens"]);
    assert_eq!((status, &said["tokens"]), (Some(0), &serde_json::json!([])));
    let (status, said) = scratch.run(&["agent", "tokens", "revoke", "deadbeef"]);
    assert_eq!(status, Some(2));
    assert_eq!(said["error"]["code"], "agent.no_such_token");
    // Another agent with another folder finds the port taken.
    let other = Scratch::new("pair-other");
    let (_, said) = other.run(&["agent", "--virtual", "an", "--listen", &agent.address]);
    assert_eq!(said["error"]["code"], "agent.listen_taken");
    // With the same folder, too: the one that runs also holds the audit log.
    let (_, said) = scratch.run(&["agent", "--virtual", "an", "--listen", &agent.address]);
    assert_eq!(said["error"]["code"], "agent.listen_taken", "{said}");
    program::end(&mut agent.child, PATIENCE);
    assert_eq!(agent.child.wait().unwrap().code(), Some(0));
    assert!(!scratch.state().join("address").exists());
    // The last line gets out, too.
    let log = fs::read_to_string(scratch.0.join("log")).unwrap();
    for event in ["started", "stopped"] {
        assert!(log.contains(&format!("\"event\":\"{event}\"")), "{log}");
    }
    let (status, policy) = scratch.run(&[
        "agent",
        "browser-policy",
        "firefox",
        "--origin",
        "https://counter.example:8443",
    ]);
    assert_eq!(status, Some(0));
    let hosts = &policy["policies"]["LocalNetworkAccess"]["SkipDomains"];
    assert_eq!(hosts, &serde_json::json!(["counter.example"]));
}
