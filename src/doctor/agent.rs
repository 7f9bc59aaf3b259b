//! What the agent needs of this machine: its configuration, its port, a folder of its own, room.

use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::Finding;
use super::Machine;
use super::User;
use super::entries;
use super::name_of;
use super::process;
use super::quoted;
use super::service::SERVICE;

/// Longest time that an agent that runs is given to say so.
const PATIENCE: Duration = Duration::from_secs(2);

/// Longest answer that is read of whoever has the port.
const MAX_ANSWER: u64 = 4096;

/// Free kilobytes under which the audit log will soon stop every read: 400 bytes for each, and the rest
/// of the system writes too.
const LITTLE: u64 = 512 * 1024;

/// Free kilobytes that are as good as none.
const NONE: u64 = 16 * 1024;

pub(super) fn examine(machine: &Machine) -> Vec<Finding> {
    let mut findings = vec![configuration(machine), port(machine), state(machine)];
    findings.extend(space(machine));
    findings
}

fn configuration(machine: &Machine) -> Finding {
    match &machine.mistakes {
        None => Finding::ok("doctor.config_ok"),
        Some(why) => Finding::problem("doctor.config_wrong").about(why.clone()),
    }
}

fn port(machine: &Machine) -> Finding {
    let address = machine.listen;
    let shown = address.to_string();
    match TcpListener::bind(address) {
        // Given back at once.
        Ok(_) => Finding::ok("doctor.port_free").about(shown),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            if is_agent(address) {
                return Finding::ok("doctor.port_agent").about(shown);
            }
            let holder = process::listener(machine, address.port());
            let finding = Finding::problem("doctor.port_taken");
            match holder {
                Some(holder) => finding.about(format!("{shown}: {holder}")),
                None => finding.about(shown).mend(format!(
                    "sudo ss --listening --tcp --processes sport = {}",
                    address.port()
                )),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Finding::problem("doctor.port_forbidden").about(shown)
        }
        Err(error) => {
            Finding::problem("doctor.port_address").about(format!("{shown}: {}", error.kind()))
        }
    }
}

/// Whether an agent answers there.
fn is_agent(address: SocketAddr) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let asked = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(asked.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| is_ours(&answer))
}

/// Whether it is what our agent says of itself. Many a program answers 200 to whatever it is asked.
fn is_ours(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    let mut lines = head.split("\r\n");
    let well = lines
        .next()
        .is_some_and(|line| line.starts_with("HTTP/1.1 200"));
    let ours = "content-security-policy: default-src 'none'; frame-ancestors 'none'";
    well && body == "alive\n" && lines.any(|line| line.eq_ignore_ascii_case(ours))
}

/// The folder of the state, which nobody else may look into.
fn state(machine: &Machine) -> Finding {
    let Some(folder) = &machine.state else {
        return Finding::problem("doctor.state_nowhere");
    };
    let shown = folder.display().to_string();
    let here = machine.path(folder);
    if !here.exists() {
        return Finding::ok("doctor.state_new").about(shown);
    }
    if !here.is_dir() {
        return Finding::problem("doctor.state_file").about(shown);
    }
    match permissions(machine, &here) {
        Permissions::Right => Finding::ok("doctor.state_ok").about(shown),
        Permissions::Shut => Finding::problem("doctor.state_shut")
            .mend(format!("sudo chmod 0700 {shown}"))
            .about(shown),
        Permissions::Open(path) => {
            let (path, mode) = (
                inside(machine, &path),
                if path.is_dir() { "0700" } else { "0600" },
            );
            let command = format!("sudo chmod {mode} {}", quoted(&path));
            Finding::problem("doctor.state_open")
                .about(path)
                .mend(command)
        }
        Permissions::Foreign(owner) => {
            let user = owner_wanted(machine).shown();
            Finding::problem("doctor.state_foreign")
                .about(format!("{shown}: {owner}"))
                .mend(format!("sudo chown -R {user}: {}", quoted(&shown)))
        }
    }
}

/// A path as it is without the root of a test.
fn inside(machine: &Machine, path: &Path) -> String {
    let path = path.strip_prefix(&machine.root).unwrap_or(path);
    Path::new("/").join(path).display().to_string()
}

/// Who the folder must belong to: the service's user where an administrator looks, else who looks.
fn owner_wanted(machine: &Machine) -> User {
    match machine.user.is_root() {
        true => User::named(&machine.root, SERVICE).unwrap_or_else(|| machine.user.clone()),
        false => machine.user.clone(),
    }
}

enum Permissions {
    Right,
    /// Its owner may not read, write or enter it.
    Shut,
    /// Others may read or write it.
    Open(PathBuf),
    /// It is somebody else's, by number.
    Foreign(u32),
}

#[cfg(unix)]
fn permissions(machine: &Machine, folder: &Path) -> Permissions {
    use std::os::unix::fs::MetadataExt as _;
    /// Reading and writing for group and others.
    const OTHERS: u32 = 0o066;
    /// Reading, writing and entering for the owner.
    const OWNER: u32 = 0o700;
    let wanted = owner_wanted(machine).id;
    let inside = entries(folder).unwrap_or_default();
    // A public key is for everybody.
    let secret = inside.iter().filter(|path| {
        let name = name_of(path);
        // A link is open to everybody, and says nothing; a command would follow it.
        let file = path.symlink_metadata().is_ok_and(|about| about.is_file());
        !name.ends_with(".pem") && file
    });
    for path in std::iter::once(folder).chain(secret.map(PathBuf::as_path)) {
        let Ok(metadata) = path.symlink_metadata() else {
            continue;
        };
        if wanted.is_some_and(|wanted| metadata.uid() != wanted) {
            return Permissions::Foreign(metadata.uid());
        }
        if path == folder && metadata.mode() & OWNER != OWNER {
            return Permissions::Shut;
        }
        // The folder itself keeps everybody out of what is in it.
        if path == folder && metadata.mode() & 0o077 == 0 {
            return Permissions::Right;
        }
        if metadata.mode() & OTHERS != 0 {
            return Permissions::Open(path.to_owned());
        }
    }
    Permissions::Right
}

#[cfg(not(unix))]
fn permissions(_: &Machine, _: &Path) -> Permissions {
    Permissions::Right
}

/// Room for the audit log. Without any, no result is given out.
fn space(machine: &Machine) -> Option<Finding> {
    let folder = machine.audit.as_ref()?;
    let there = machine.path(folder);
    let there = there.ancestors().find(|path| path.exists())?;
    let said = (machine.run)("df", &["-Pk", &there.display().to_string()]);
    // POSIX: file system, size, used, available, share, mounted on.
    let free: Option<u64> = said.and_then(|text| {
        let row = text.lines().nth(1)?;
        row.split_whitespace().nth(3)?.parse().ok()
    });
    let shown = folder.display().to_string();
    let place = there.display().to_string();
    let options = (machine.run)("findmnt", &["-nro", "OPTIONS", "-T", &place]);
    if options.is_some_and(|said| said.trim().split(',').any(|option| option == "ro")) {
        let mend = format!("findmnt -T {shown}");
        return Some(
            Finding::problem("doctor.space_read_only")
                .about(shown)
                .mend(mend),
        );
    }
    let about = |free: u64| format!("{shown}: {} MiB", free / 1024);
    let mend = "df -h; sudo journalctl --vacuum-size=200M; sudo apt-get clean";
    Some(match free {
        None => Finding::unknown("doctor.space_unknown").about(shown),
        Some(free) if free < NONE => Finding::problem("doctor.space_none")
            .about(about(free))
            .mend(mend),
        Some(free) if free < LITTLE => Finding::warning("doctor.space_little")
            .about(about(free))
            .mend(mend),
        Some(free) => Finding::ok("doctor.space_ok").about(about(free)),
    })
}
