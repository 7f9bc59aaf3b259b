//! What is wrong on this machine, and how to mend it: `cancuoc doctor`.
//!
//! Every check looks and changes nothing. It finds out one thing and says it by a code, which has a
//! sentence and a remedy in `render::words`, with what exactly is meant and the command that helps. What
//! could not be found out is said as that, never as all right.

mod agent;
mod browser;
mod data;
mod kernel;
mod process;
mod readers;
mod service;
mod time;

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::str;

use jiff::Timestamp;

use crate::error::TransportError;
use crate::registry::RegistryOptions;
use crate::render::words::Kind;

pub use process::User;

/// Longest file that is looked into, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Most entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// What a check found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it stands: [`Kind::Ok`], [`Kind::Warning`], [`Kind::Problem`] or [`Kind::Unknown`].
    pub state: Kind,
    /// The code.
    pub code: &'static str,
    /// What exactly is meant: a path, a name, a time. The same in every language.
    pub subject: Option<String>,
    /// A command that helps, ready to be run.
    pub command: Option<String>,
}

impl Finding {
    const fn new(state: Kind, code: &'static str) -> Self {
        Self {
            state,
            code,
            subject: None,
            command: None,
        }
    }

    const fn ok(code: &'static str) -> Self {
        Self::new(Kind::Ok, code)
    }

    const fn warning(code: &'static str) -> Self {
        Self::new(Kind::Warning, code)
    }

    const fn problem(code: &'static str) -> Self {
        Self::new(Kind::Problem, code)
    }

    const fn unknown(code: &'static str) -> Self {
        Self::new(Kind::Unknown, code)
    }

    /// Says what exactly is meant. Nothing in it speaks to a terminal.
    fn about(mut self, subject: impl Into<String>) -> Self {
        let subject: String = subject.into();
        self.subject = Some(subject.chars().filter(|one| !one.is_control()).collect());
        self
    }

    /// Says what helps. Nothing in it speaks to a terminal.
    fn mend(mut self, command: impl Into<String>) -> Self {
        let command: String = command.into();
        self.command = Some(command.chars().filter(|one| !one.is_control()).collect());
        self
    }
}

/// A reader as PC/SC sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Its name.
    pub name: String,
    /// What lies on it.
    pub card: Lying,
}

/// What lies on a reader, as far as it is of interest here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lying {
    /// Nothing, or a card that is free.
    Free,
    /// A card that another program uses.
    InUse,
    /// A card that does not answer.
    Mute,
}

/// What the service of the readers said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Its readers.
    Readers(Vec<Reader>),
    /// Why it said nothing.
    Nothing(TransportError),
    /// This build does not ask it.
    NotBuilt,
}

/// What is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// It was read.
    Read {
        /// Root certificates, those of virtual cards aside.
        anchors: usize,
        /// When the newest list or CRL was signed.
        newest: Option<Timestamp>,
        /// CRLs whose next issue is due since long.
        overdue: usize,
    },
    /// It cannot be read, and why.
    Unreadable(String),
}

/// The machine, and what of the configuration is needed to look at it.
pub struct Machine {
    /// The folder that holds everything: `/` but in tests.
    pub root: PathBuf,
    /// What the clock says.
    pub now: Timestamp,
    /// Where the local time stands, in seconds east of Greenwich, and the zone's name.
    pub zone: Option<(i32, String)>,
    /// Who looks.
    pub user: User,
    /// What the service of the readers said.
    pub heard: Heard,
    /// Its socket, from the root on.
    pub socket: PathBuf,
    /// What is trusted.
    pub trust: Trust,
    /// The registry's address; empty where it is not known.
    pub registry: String,
    /// How it is asked.
    pub registry_options: RegistryOptions,
    /// What is wrong in the configuration.
    pub mistakes: Option<String>,
    /// Where the agent listens.
    pub listen: SocketAddr,
    /// The agent's state.
    pub state: Option<PathBuf>,
    /// The agent's audit log, where one is kept.
    pub audit: Option<PathBuf>,
    /// The sites whose pages use the agent.
    pub origins: Vec<String>,
    /// Runs a program that changes nothing and gives what it says; none where it cannot or fails.
    pub run: fn(&str, &[&str]) -> Option<String>,
}

impl Machine {
    /// A path below the root.
    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A small text file.
    fn text(&self, path: &str) -> Option<String> {
        small(&self.path(path))
    }

    /// Whether something is there.
    fn is_there(&self, path: &str) -> bool {
        self.path(path).exists()
    }
}

/// Looks at everything, in the order in which things depend on each other.
pub fn examine(machine: &Machine) -> Vec<Finding> {
    let mut findings = service::examine(machine);
    findings.extend(kernel::examine(machine));
    findings.extend(readers::examine(machine));
    findings.extend(time::examine(machine));
    findings.extend(data::examine(machine));
    findings.extend(agent::examine(machine));
    findings.extend(browser::examine(machine));
    if machine.user.name.as_deref() == Some(service::SERVICE) {
        // Whoever looks as the service is an administrator in truth.
        for finding in &mut findings {
            let own = finding.command.as_deref();
            let rest = own.and_then(|command| command.strip_prefix("cancuoc "));
            if let Some(rest) = rest {
                finding.command = Some(format!("sudo cancuoc-service {rest}"));
            }
        }
    }
    findings
}

/// Runs a program of the system, in its own language and without our input, and gives what it says.
pub fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = output.status.success().then_some(output.stdout)?;
    str::from_utf8(&said)
        .ok()
        .map(|text| text.trim().to_owned())
}

/// The text of a file that is not too long. Files of `/proc` say that they are empty.
fn small(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).ok()?;
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.take(MAX_ENTRIES);
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    Ok(paths)
}

/// A text as one word of a command. An administrator runs what is told here, and who named a file may be
/// anybody.
fn quoted(text: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "/._-:@%+,".contains(one);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The last part of a path, as text.
fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
