//! A test bench: a private PC/SC service with virtual readers and no hardware.
//!
//! pcscd takes its listening socket from whoever starts it, as systemd does (`LISTEN_FDS`), and
//! libpcsclite looks for the service where `PCSCLITE_CSOCK_NAME` points. So each [`Stand`] has a
//! socket in a folder of its own, and any number of them run side by side and beside the system's
//! service; a program is on a stand when it is started through [`Stand::command`]. Where the system
//! allows a mount namespace, pcscd also gets a `/run` of its own and no USB drivers, so it neither
//! touches the system's files nor takes real readers away.
//!
//! The readers are vsmartcard's vpcd, which listens on two ports, one for each of its two slots, on
//! every interface. It keeps its slots in global variables, so more of them need copies of its file.

mod installed;
mod isolation;
mod place;
mod setting;
mod watchdog;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::io;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::process::Child;
use std::process::Command;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::error::BenchError;
use crate::sim::stand::isolation::Isolation;
use crate::sim::stand::watchdog::Watchdog;

pub use installed::why_no_reader;
pub use place::Keeper;
pub use place::Place;
pub use place::Presence;
pub use setting::Around;
pub use setting::Setting;

/// Most cards on one stand: pcscd takes 16 readers.
pub const MOST_CARDS: usize = 16;

/// Slots of one vpcd.
const SLOTS: usize = 2;

/// Longest time until pcscd says that it is ready.
const START: Duration = Duration::from_secs(20);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(5);

/// Ports to choose from: below those that Linux gives to outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// How often other ports are tried: somebody may take them between our choice and vpcd's.
const ATTEMPTS: usize = 10;

/// Longest path of a socket, in bytes.
const LONGEST_PATH: usize = 107;

/// Lines of pcscd's log that an error carries.
const LOG_LINES: usize = 8;

/// A private PC/SC service. It ends when this is dropped, or when this process ends in any way.
#[derive(Debug)]
pub struct Stand {
    folder: PathBuf,
    /// The first of two ports for each reader.
    ports: Vec<u16>,
    service: Child,
    watchdog: Watchdog,
}

impl Stand {
    /// Starts a service with readers for so many cards.
    ///
    /// # Errors
    /// [`BenchError`]: what is missing on this machine, or what pcscd said.
    pub fn start(cards: usize) -> Result<Self, BenchError> {
        if cards > MOST_CARDS {
            return Err(BenchError::TooManyCards { most: MOST_CARDS });
        }
        for _ in 0..ATTEMPTS {
            let mut ports = Vec::new();
            while ports.len() * SLOTS < cards.max(1) {
                ports.push(free_ports(&ports)?);
            }
            let stand = Self::spawn(fresh_folder()?, ports)?;
            if let Some(stand) = stand.listening()? {
                return Ok(stand);
            }
        }
        Err(BenchError::StandFailed {
            why: "no free ports".to_owned(),
        })
    }

    /// Starts the service again in the folder of another stand, on the same ports.
    ///
    /// # Errors
    /// As [`Stand::start`].
    pub fn again(folder: &Path, port: u16) -> Result<Self, BenchError> {
        // systemd would have kept the socket, but a service without it leaves the name behind.
        let _ = fs::remove_file(folder.join("socket"));
        let _ = fs::remove_dir_all(folder.join("reader.conf.d"));
        let stand = Self::spawn(folder.to_owned(), vec![port])?;
        stand.listening()?.ok_or_else(|| BenchError::StandFailed {
            why: "the ports were taken".to_owned(),
        })
    }

    /// A program that, once started, finds this stand's readers and no others.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env(installed::SOCKET_NAME, self.socket());
        command
    }

    /// Has a program that was started on this stand end with it, whatever happens to this process.
    pub fn watch(&mut self, command: &Child) {
        self.watchdog.command(command.id());
    }

    /// The programs on the stand have ended.
    pub fn forget(&mut self) {
        self.watchdog.forget_commands();
    }

    /// Where a card connects to, from 0; `None` beyond the last.
    pub fn address(&self, card: usize) -> Option<SocketAddr> {
        let first = self.ports.get(card / SLOTS)?;
        let port = first.checked_add(u16::try_from(card % SLOTS).ok()?)?;
        Some(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// What PC/SC calls the reader of a card, from 0.
    pub fn reader(&self, card: usize) -> String {
        format!("{} 00 {:02X}", friendly_name(card / SLOTS), card % SLOTS)
    }

    /// Where programs find the service.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The folder, which goes when the stand goes.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process number of the service.
    pub fn service_id(&self) -> u32 {
        self.service.id()
    }

    /// What pcscd said so far.
    pub fn log(&self) -> String {
        fs::read(self.folder.join("log"))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    /// The last lines of what pcscd said.
    pub fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let first = lines.len().saturating_sub(LOG_LINES);
        lines.get(first..).unwrap_or_default().join("\n")
    }

    /// Whether the service has gone.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.service.try_wait(), Ok(None))
    }

    /// Starts pcscd with a listening socket and the readers.
    fn spawn(folder: PathBuf, ports: Vec<u16>) -> Result<Self, BenchError> {
        let service = installed::service()?;
        let driver = installed::driver()?;
        let mut watchdog = Watchdog::over(&folder).map_err(failed("a shell"))?;
        let configuration = folder.join("reader.conf.d");
        fs::create_dir(&configuration).map_err(failed("its folder"))?;
        let mut text = String::new();
        for (number, port) in ports.iter().enumerate() {
            let driver = match number {
                0 => driver.clone(),
                _ => {
                    let copy = folder.join(format!("libifdvpcd-{number}.so"));
                    fs::copy(&driver, &copy).map_err(failed("a copy of its driver"))?;
                    copy
                }
            };
            text.push_str(&format!(
                "FRIENDLYNAME \"{}\"\nDEVICENAME /dev/null:{port}\nLIBPATH {}\nCHANNELID {port}\n",
                friendly_name(number),
                driver.display()
            ));
        }
        fs::write(configuration.join("vpcd"), text).map_err(failed("its configuration"))?;
        let socket = UnixListener::bind(folder.join("socket")).map_err(failed("its socket"))?;
        let log = File::create(folder.join("log")).map_err(failed("its log"))?;
        let isolation = Isolation::strongest();
        let script = format!(
            "{} exec env LISTEN_PID=$$ LISTEN_FDS=1 \"$@\" 3<&0 </dev/null",
            isolation.preparation()
        );
        let shell = ["sh", "-c", &script, "sh"];
        let mut words = isolation.wrapper().iter().chain(&shell);
        let mut command = Command::new(words.next().copied().unwrap_or_default());
        command
            .args(words)
            .arg(&service)
            .args(["--foreground", "--info", "--config"])
            .arg(&configuration)
            // Versions 2 take USB drivers from here; there are none.
            .env("PCSCLITE_HP_DROPDIR", &configuration)
            .env_remove(installed::SOCKET_NAME)
            .stdin(OwnedFd::from(socket))
            .stdout(log.try_clone().map_err(failed("its log"))?)
            .stderr(log)
            // Ctrl-C on a terminal is for the command, which still needs the service for its end.
            .process_group(0);
        if installed::knows_polkit(&service) {
            // There is no polkit to ask in a container.
            command.arg("--disable-polkit");
        }
        let service = command.spawn().map_err(failed("pcscd"))?;
        watchdog.service(service.id());
        Ok(Self {
            folder,
            ports,
            service,
            watchdog,
        })
    }

    /// Waits until pcscd is ready; `None` when a reader's port was taken.
    fn listening(mut self) -> Result<Option<Self>, BenchError> {
        let until = Instant::now().checked_add(START);
        loop {
            let log = self.log();
            if log.contains("Could not initialize") || log.contains("Address already in use") {
                return Ok(None);
            }
            // The readers of the configuration are started before the service says so.
            if log.contains("daemon ready") {
                return Ok(Some(self));
            }
            let ended = match self.service.try_wait() {
                Ok(None) if until.is_some_and(|until| Instant::now() < until) => {
                    thread::sleep(LOOK);
                    continue;
                }
                Ok(None) => "it is not ready".to_owned(),
                Ok(Some(status)) => status.to_string(),
                Err(error) => error.to_string(),
            };
            return Err(BenchError::StandFailed {
                why: format!("{ended}\n{}", self.log_end()),
            });
        }
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.watchdog.end(&mut self.service);
    }
}

/// What a reader of this number is called. pcscd numbers readers of one name and one driver; copies
/// of the driver are others to it.
fn friendly_name(number: usize) -> String {
    match number {
        0 => "Virtual PCD".to_owned(),
        _ => format!("Virtual PCD {}", number + 1),
    }
}

fn failed(what: &str) -> impl Fn(io::Error) -> BenchError {
    move |error| BenchError::StandFailed {
        why: format!("{what}: {error}"),
    }
}

/// A folder that nobody else has, and that nobody else may look into.
fn fresh_folder() -> Result<PathBuf, BenchError> {
    let usual = env::temp_dir();
    // A private /run would hide the folder from pcscd; and a socket's path has a longest length.
    let fits = |folder: &Path| {
        !folder.starts_with("/run")
            && folder.as_os_str().len() + "/cancuoc-00000000/socket".len() < LONGEST_PATH
    };
    let parent = if fits(&usual) {
        usual
    } else {
        PathBuf::from("/tmp")
    };
    let mut last = None;
    for _ in 0..100 {
        let folder = parent.join(format!("cancuoc-{:08x}", random() >> 32));
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => last = Some(error),
        }
    }
    let where_to = format!("no folder can be made in {}", parent.display());
    Err(failed(&where_to)(
        last.unwrap_or_else(|| io::ErrorKind::Other.into()),
    ))
}

/// Two neighbouring ports that nobody listens on, and that are not taken yet.
fn free_ports(taken: &[u16]) -> Result<u16, BenchError> {
    let span = u64::from(PORTS.end - PORTS.start);
    for _ in 0..1_000 {
        // Even ones, so that pairs do not overlap.
        let port = u16::try_from(random() % span).unwrap_or_default() / 2 * 2 + PORTS.start;
        if taken.contains(&port) {
            continue;
        }
        let both = [port, port.saturating_add(1)].map(|port| TcpListener::bind(("0.0.0.0", port)));
        if both.iter().all(Result::is_ok) {
            return Ok(port);
        }
    }
    Err(BenchError::StandFailed {
        why: "no two neighbouring ports are free".to_owned(),
    })
}

/// A number that another process is unlikely to draw.
fn random() -> u64 {
    RandomState::new().hash_one(process::id())
}
