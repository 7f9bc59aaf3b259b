//! Who is who on this machine: users, and programs that hold something (proc(5)).

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::Machine;
use super::entries;
use super::name_of;
use super::small;

/// Most names that are told.
const MAX_TOLD: usize = 8;

/// The state of a socket that listens, in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Number, where the system tells.
    pub id: Option<u32>,
    /// Name, where the number has one.
    pub name: Option<String>,
}

impl User {
    /// Whoever runs this program, as far as the system tells.
    pub fn present(root: &Path) -> Self {
        let status = small(&root.join("proc/self/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        // Real, effective, saved, of the file system.
        let id = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        let named = |(name, number): (String, u32)| (Some(number) == id).then_some(name);
        let name = users(root).into_iter().find_map(named);
        Self { id, name }
    }

    /// A user by name.
    pub fn named(root: &Path, name: &str) -> Option<Self> {
        let found = users(root).into_iter().find(|(known, _)| known == name)?;
        Some(Self {
            id: Some(found.1),
            name: Some(found.0),
        })
    }

    /// Whether everything may be seen.
    pub fn is_root(&self) -> bool {
        self.id == Some(0)
    }

    /// Name, or else number.
    pub fn shown(&self) -> String {
        let number = || self.id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        self.name.clone().unwrap_or_else(number)
    }
}

/// Name and number of each user in the file of users (passwd(5)).
fn users(root: &Path) -> Vec<(String, u32)> {
    let text = small(&root.join("etc/passwd")).unwrap_or_default();
    let user = |line: &str| {
        let mut parts = line.split(':');
        let name = parts.next()?.to_owned();
        Some((name, parts.nth(1)?.parse().ok()?))
    };
    text.lines().filter_map(user).collect()
}

/// The folders of running programs.
fn running(machine: &Machine) -> impl Iterator<Item = PathBuf> {
    let all = entries(&machine.path("/proc")).unwrap_or_default();
    all.into_iter().filter(|path| {
        let name = name_of(path);
        !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_digit())
    })
}

/// Name and number of a program, for people.
fn shown(process: &Path) -> String {
    let name = small(&process.join("comm")).unwrap_or_default();
    format!("{} ({})", name.trim(), name_of(process))
}

/// Programs other than this one and the service itself that have the library of PC/SC loaded.
pub(super) fn users_of_pcsc(machine: &Machine) -> Vec<String> {
    let own = std::process::id().to_string();
    let others = running(machine).filter(|process| {
        let maps = small(&process.join("maps")).unwrap_or_default();
        // scdaemon loads the library late and speaks to readers by itself, too.
        let name = small(&process.join("comm")).unwrap_or_default();
        let uses = maps.contains("libpcsclite") || name.trim() == "scdaemon";
        uses && name.trim() != "pcscd" && name_of(process) != own
    });
    others
        .map(|process| shown(&process))
        .take(MAX_TOLD)
        .collect()
}

/// Who listens on a port, where it may be seen.
pub(super) fn listener(machine: &Machine, port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| {
            let text = machine.text(table)?;
            text.lines().skip(1).find_map(|line| {
                let parts: Vec<&str> = line.split_whitespace().collect();
                let here = parts.get(1)?.ends_with(&suffix) && *parts.get(3)? == LISTENS;
                here.then(|| parts.get(9).map(|inode| (*inode).to_owned()))?
            })
        })?;
    let wanted = format!("socket:[{inode}]");
    let holder = running(machine).find(|process| {
        let files = entries(&process.join("fd")).unwrap_or_default();
        let mut links = files.iter().filter_map(|file| fs::read_link(file).ok());
        links.any(|link| link.to_string_lossy() == wanted)
    });
    holder.map(|process| shown(&process))
}
