//! The package in a clean root file system, from debootstrap to purge.
//!
//! Nothing runs in it but what the test starts: systemd is not the first process there, and the unit's
//! command is started with its user, environment, state folder and mask of permissions. The service as a
//! service, with its limits, is in [`super::booted`].

use std::env;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use super::newest_package;
use super::root::Root;
use super::text;
use super::visit;
use crate::support::program::run;

/// Longest time for one answer.
const LIMIT: Duration = Duration::from_secs(60);

/// What of a unit can be had without systemd.
struct Unit {
    user: String,
    command: Vec<String>,
    environment: Vec<String>,
    state: String,
}

impl Unit {
    fn read(text: &str) -> Self {
        let values = |key: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let own = lines.filter(|(known, _)| *known == key);
            own.map(|(_, value)| value.to_owned()).collect()
        };
        let one = |key: &str| values(key).pop().unwrap();
        Self {
            user: one("User"),
            command: one("ExecStart").split(' ').map(str::to_owned).collect(),
            environment: values("Environment"),
            state: format!("/var/lib/{}", one("StateDirectory")),
        }
    }
}

/// The agent, ended with the test.
struct Agent {
    child: Child,
    address: String,
}

impl Agent {
    /// Starts what the unit starts, with a virtual card on any free port.
    fn start(root: &Root, unit: &Unit) -> Self {
        root.run(
            "install",
            &[
                "-d",
                "-m",
                "0700",
                "-o",
                &unit.user,
                "-g",
                &unit.user,
                &unit.state,
            ],
        );
        let (program, arguments) = unit.command.split_first().unwrap();
        let mut all = vec![
            "--reuid",
            &unit.user,
            "--regid",
            &unit.user,
            "--clear-groups",
            "--no-new-privs",
            "/bin/sh",
            "-c",
            "umask 0077; exec \"$0\" \"$@\"",
        ];
        let state = format!("STATE_DIRECTORY={}", unit.state);
        all.extend(["env", "-i", &state]);
        all.extend(unit.environment.iter().map(String::as_str));
        all.push(program);
        all.extend(arguments.iter().map(String::as_str));
        all.extend(["--virtual", "an", "--listen", "127.0.0.1:0"]);
        let mut child = root
            .command("setpriv", &all)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = told["address"].as_str().unwrap_or_default().to_owned();
        let agent = Self { child, address };
        assert!(!agent.address.is_empty(), "the agent did not start: {line}");
        agent
    }

    /// Ends it as systemd does; whether it ended well.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        text(&run(Command::new("kill").args(["-TERM", &id]), LIMIT));
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the agent does not end");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_clean_system_takes_the_package_reads_with_it_and_is_as_before_when_it_is_purged() {
    let Some(folder) = env::var_os("CANCUOC_PACKAGE").map(PathBuf::from) else {
        return;
    };
    let package = newest_package(&folder);
    let root = Root::clean(&folder.join("package"));
    let before = root.listing();

    fs::copy(package, root.path("/tmp/cancuoc.deb")).unwrap();
    root.run("dpkg", &["--install", "/tmp/cancuoc.deb"]);
    let users = fs::read_to_string(root.path("/etc/passwd")).unwrap();
    assert!(users.contains("\ncancuoc:x:"), "{users}");
    let wanted = root.path("/etc/systemd/system/multi-user.target.wants/cancuoc-agent.service");
    assert!(wanted.is_symlink(), "the service begins with the machine");
    root.run(
        "systemd-analyze",
        &["verify", "--man=no", "cancuoc-agent.service"],
    );
    // Installing it once more changes nothing.
    let installed = root.listing();
    root.run("dpkg", &["--install", "/tmp/cancuoc.deb"]);
    assert_eq!(root.listing(), installed);

    let unit = root.path("/usr/lib/systemd/system/cancuoc-agent.service");
    let unit = Unit::read(&fs::read_to_string(unit).unwrap());
    let agent = Agent::start(&root, &unit);
    let service = |arguments: &[&str]| root.run("cancuoc-service", arguments);
    let paired: Value =
        serde_json::from_str(&service(&["agent", "pair", "--format", "json"])).unwrap();
    let personas: Value =
        serde_json::from_str(&root.run("cancuoc", &["sim", "personas", "--format", "json"]))
            .unwrap();
    let personas = personas["personas"].as_array().unwrap();
    let an = personas
        .iter()
        .find(|persona| persona["name"] == "an")
        .unwrap();
    let report = visit::read(
        &agent.address,
        paired["code"].as_str().unwrap(),
        an["can"].as_str().unwrap(),
    );
    assert_eq!(report["verdict"], "genuine", "{report}");
    assert!(report["holder"]["name"].is_string(), "{report}");
    agent.stop();
    let verified = service(&[
        "audit",
        "verify",
        "/var/lib/cancuoc/audit",
        "--format",
        "json",
    ]);
    let verified: Value = serde_json::from_str(&verified).unwrap();
    assert_eq!(
        (&verified["state"], &verified["begun"], &verified["records"]),
        (&json!("whole"), &json!(1), &json!(2))
    );
    let doctor = run(
        &mut root.command("cancuoc-service", &["doctor", "--format", "json"]),
        LIMIT,
    );
    let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    // No pcscd runs there.
    let codes: Vec<&str> = doctor["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    for code in [
        "doctor.pcsc_stopped",
        "doctor.driver_ok",
        "doctor.config_ok",
        "doctor.state_ok",
        "doctor.port_free",
    ] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }

    root.run("dpkg", &["--remove", "cancuoc"]);
    assert!(!root.path("/usr/bin/cancuoc").exists());
    assert!(
        root.path("/var/lib/cancuoc/audit").exists(),
        "removal keeps the records"
    );
    root.run("dpkg", &["--purge", "cancuoc"]);
    fs::remove_file(root.path("/tmp/cancuoc.deb")).unwrap();
    let after = root.listing();
    for (path, what) in &after {
        assert_eq!(before.get(path), Some(what), "left behind: {path}");
    }
    for path in before.keys() {
        assert!(after.contains_key(path), "taken away: {path}");
    }
}
