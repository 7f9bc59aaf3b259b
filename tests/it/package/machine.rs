//! A root file system with systemd as its first process, in namespaces of its own (`systemd-nspawn`).

use std::fs;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::is_there;
use super::root::Root;
use super::text;
use crate::support::program::run;

/// Longest time for a command in it, and for what is waited for.
const LIMIT: Duration = Duration::from_secs(120);

/// Longest time that it may take to begin.
const BOOT: Duration = Duration::from_secs(300);

/// Time to end by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often something that is waited for is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// What systemd takes for the order to halt: SIGRTMIN+3 (systemd(1)), as a number that every shell knows.
const HALT: &str = "-37";

/// A system that runs, and ends when this is dropped.
pub(super) struct Machine {
    /// `systemd-nspawn`, which ends with its system.
    keeper: Child,
    /// The first process of the system, as it is called outside.
    first: Option<u32>,
    // After the system: its files go when nobody has them open any more.
    root: Root,
}

impl Machine {
    /// Why no such system can run here; none where one can.
    pub(super) fn why_not() -> Option<&'static str> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Some("it takes root");
        }
        let tools = ["systemd-nspawn", "nsenter", "setpriv", "debootstrap"];
        let all = tools.iter().all(|tool| is_there(tool));
        (!all).then_some("a program is missing")
    }

    /// Begins it, and waits until it is up.
    ///
    /// `None` where `systemd-nspawn` gives up before anything runs, as in a container that may not have
    /// containers; what it said is on standard error then.
    pub(super) fn boot(root: Root) -> Option<Self> {
        let words = root.folder().with_extension("words");
        let said = File::create(&words).unwrap();
        // Should these tests be killed, the system goes with them.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "systemd-nspawn", "--quiet"])
            .args(["--register=no", "--private-network", "--console=pipe"])
            .arg("--directory")
            .arg(root.folder());
        // Without systemd on this machine nobody gives it a place for its groups of processes.
        if !Path::new("/run/systemd/system").exists() {
            command.arg("--keep-unit");
        }
        command
            .arg("/lib/systemd/systemd")
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said);
        let mut machine = Self {
            keeper: command.spawn().unwrap(),
            first: None,
            root,
        };
        let until = Instant::now() + BOOT;
        while !machine.is_up() {
            assert!(Instant::now() < until, "the system does not begin");
            if let Some(status) = machine.keeper.try_wait().unwrap() {
                let said = fs::read_to_string(&words).unwrap_or_default();
                let _ = fs::remove_file(words);
                assert!(machine.first.is_none(), "the system ended: {said}");
                eprintln!("NOT TESTED: systemd-nspawn gave up ({status}): {said}");
                return None;
            }
            thread::sleep(PAUSE);
        }
        let _ = fs::remove_file(words);
        Some(machine)
    }

    /// Whether everything that begins with the system has begun.
    fn is_up(&mut self) -> bool {
        let Some(first) = self.first.or_else(|| first_of(self.keeper.id())) else {
            return false;
        };
        self.first = Some(first);
        let state = self.ask("systemctl", &["is-system-running"]);
        let state = String::from_utf8_lossy(&state.stdout);
        ["running", "degraded"].contains(&state.trim())
    }

    /// Its first process, as it is called outside.
    pub(super) fn first(&self) -> String {
        self.first.unwrap().to_string()
    }

    /// A command in it.
    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.first()])
            .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--root"])
            .args(["--wd", "--", program])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8")
            .env("SYSTEMD_PAGER", "cat");
        command
    }

    /// What a command in it comes to.
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> Output {
        run(&mut self.command(program, arguments), LIMIT)
    }

    /// What a command in it says, which must succeed.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.ask(program, arguments);
        if !output.status.success() {
            eprintln!(
                "{program} {arguments:?}: {}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
        text(&output)
    }

    /// A property of a unit.
    pub(super) fn property(&self, unit: &str, name: &str) -> String {
        let told = self.run("systemctl", &["show", "--value", "--property", name, unit]);
        told.trim().to_owned()
    }

    /// What the journal has of a unit.
    pub(super) fn journal(&self, unit: &str) -> String {
        // What came last may still be on its way.
        self.run("journalctl", &["--sync"]);
        self.run("journalctl", &["--unit", unit, "--output", "cat", "--all"])
    }

    /// Waits for something.
    pub(super) fn wait(&self, what: &str, mut come: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + LIMIT;
        while !come(self) {
            assert!(
                Instant::now() < until,
                "{what} does not come:\n{}",
                self.run("journalctl", &["--lines", "60"])
            );
            thread::sleep(PAUSE);
        }
    }

    /// Its files.
    pub(super) const fn root(&self) -> &Root {
        &self.root
    }

    fn has_ended(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if !matches!(self.keeper.try_wait(), Ok(None)) {
                return true;
            }
            thread::sleep(PAUSE);
        }
        false
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(first) = self.first {
            // With its first process, every other of its processes ends.
            for signal in [HALT, "-KILL"] {
                if self.has_ended(PAUSE) {
                    break;
                }
                let _ = Command::new("sh")
                    .args(["-c", "kill \"$0\" \"$1\"", signal, &first.to_string()])
                    .stderr(Stdio::null())
                    .status();
                if self.has_ended(PATIENCE) {
                    break;
                }
            }
        }
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// The system that a `systemd-nspawn` started: its child, once that is systemd.
fn first_of(keeper: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children")).ok()?;
    let mut children = children.split_whitespace();
    children
        .find(|id| {
            fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name == "systemd\n")
        })
        .and_then(|id| id.parse().ok())
}
