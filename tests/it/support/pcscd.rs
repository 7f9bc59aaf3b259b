//! A PC/SC service of our own, with a virtual reader and no hardware.
//!
//! pcscd takes its listening socket from whoever starts it, as systemd does (`LISTEN_FDS`), and
//! libpcsclite looks for the service where `PCSCLITE_CSOCK_NAME` points. So each [`Stand`] has a
//! socket in a folder of its own, and any number of them run side by side and beside the system's
//! service; a program is on a stand when it is started through [`Stand::command`]. Where the system
//! allows a mount namespace, pcscd also gets a `/run` of its own and no USB drivers, so it neither
//! touches the system's files nor takes real readers away.
//!
//! The reader is vsmartcard's vpcd, which listens on two free ports, one for each of its slots. A
//! card is seen about half a second after it has connected.

use std::env;
use std::fs;
use std::fs::File;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::program;

/// What to install when something is missing.
const INSTALL: &str = "run `make test`, or: apt-get install pcscd vsmartcard-vpcd";

/// Longest time until pcscd says that it is ready.
const START: Duration = Duration::from_secs(20);

/// Longest life of a stand, in seconds, should nobody be left to end it.
const LIFE: &str = "600";

/// How long pcscd may take to end.
const END: Duration = Duration::from_secs(5);

/// Ports to choose from: below those that Linux gives to outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// Longest time that a test may take on its stand.
const TEST: Duration = Duration::from_secs(120);

/// Tells a test that it is on a stand, and where its reader listens.
const ON_STAND: &str = "CANCUOC_TEST_STAND";

/// Tells a test on a stand the folder of the stand.
const FOLDER: &str = "CANCUOC_TEST_FOLDER";

/// Tells a test on a stand the process number of the service.
const SERVICE: &str = "CANCUOC_TEST_SERVICE";

/// A private pcscd with a virtual reader. Ends when dropped.
pub struct Stand {
    folder: PathBuf,
    service: Child,
    port: u16,
}

impl Stand {
    /// Starts the service and waits until its reader listens.
    ///
    /// # Panics
    /// When something is not installed, or the service does not start; the message says which.
    pub fn start() -> Self {
        // Somebody may take the ports between our choice and vpcd's.
        for _ in 0..10 {
            let folder = fresh_folder();
            let port = free_ports();
            let service = spawn(&folder, port);
            let mut stand = Self {
                folder,
                service,
                port,
            };
            if stand.listens() {
                return stand;
            }
        }
        panic!("pcscd found no free port for its virtual reader ten times");
    }

    /// A program that, once started, finds this stand's readers and no others.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env("PCSCLITE_CSOCK_NAME", self.socket());
        command
    }

    /// Where a card for the first slot connects to.
    pub fn vpcd_address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// The path of a file of the stand's own, which goes when the stand goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs one test of this binary on this stand.
    ///
    /// # Panics
    /// When the test fails, or there is no such test.
    pub fn run(&self, test: &str) {
        let mut command = self.command(env::current_exe().unwrap());
        command
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(ON_STAND, self.vpcd_address().to_string())
            .env(FOLDER, &self.folder)
            .env(SERVICE, self.service_id());
        let output = program::run(&mut command, TEST);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{test} on its stand: {}\n{stdout}\n{stderr}\npcscd said:\n{}",
            output.status,
            self.log()
        );
        print!("{stdout}{stderr}");
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Process number of pcscd; that of `timeout`, which passes signals on, where it has gone.
    fn service_id(&self) -> String {
        let id = self.service.id();
        fs::read_to_string(format!("/proc/{id}/task/{id}/children"))
            .ok()
            .and_then(|children| children.split_whitespace().next().map(str::to_owned))
            .unwrap_or_else(|| id.to_string())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Waits until pcscd is ready; `false` when the reader's port was taken.
    fn listens(&mut self) -> bool {
        let until = Instant::now() + START;
        loop {
            let log = self.log();
            if log.contains("Could not initialize") || log.contains("Address already in use") {
                return false;
            }
            // The readers of the configuration are started before the service says so.
            if log.contains("daemon ready") {
                return true;
            }
            if let Some(status) = self.service.try_wait().unwrap() {
                panic!("pcscd ended with {status}; it needs root, or user namespaces:\n{log}");
            }
            assert!(Instant::now() < until, "pcscd is not ready:\n{log}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        program::end(&mut self.service, END);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a test that runs on a stand sees of it.
pub struct View {
    /// Where a card for the first slot connects to.
    pub vpcd: SocketAddr,
    folder: PathBuf,
    service: String,
}

impl View {
    /// Ends the service, as an update of the system does.
    pub fn stop_service(&self) {
        let status = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.service])
            .status();
        assert!(status.unwrap().success());
    }

    /// Starts the service again in the same place; it ends when what comes back is dropped.
    pub fn start_service(&self) -> Stand {
        // systemd would have kept the socket, but a service without it leaves the name behind.
        let _ = fs::remove_file(self.folder.join("socket"));
        let _ = fs::remove_dir_all(self.folder.join("reader.conf.d"));
        let port = self.vpcd.port();
        let mut stand = Stand {
            service: spawn(&self.folder, port),
            folder: self.folder.clone(),
            port,
        };
        assert!(stand.listens(), "the port was taken:\n{}", stand.log());
        stand
    }
}

/// Runs the body on a stand: starts one, and in it this test binary again with this test only.
///
/// libpcsclite reads the place of the service once in the life of a process, so the process must be
/// another for each stand. `test` is the full name of the calling test.
pub fn on_stand(test: &str, body: impl FnOnce(&View)) {
    match env::var(ON_STAND) {
        Ok(vpcd) => body(&View {
            vpcd: vpcd.parse().unwrap(),
            folder: env::var(FOLDER).unwrap().into(),
            service: env::var(SERVICE).unwrap(),
        }),
        Err(_) => Stand::start().run(test),
    }
}

/// Starts pcscd with a listening socket and a reader on two ports.
fn spawn(folder: &Path, port: u16) -> Child {
    let configuration = folder.join("reader.conf.d");
    fs::create_dir(&configuration).unwrap();
    fs::write(
        configuration.join("vpcd"),
        format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port}\nLIBPATH {}\nCHANNELID {port}\n",
            driver().display()
        ),
    )
    .unwrap();
    let socket = UnixListener::bind(folder.join("socket")).unwrap();
    let log = File::create(folder.join("log")).unwrap();
    let isolation = isolation();
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", LIFE])
        .args(isolation.wrapper())
        .args(["sh", "-c"])
        .arg(format!(
            "{} exec env LISTEN_PID=$$ LISTEN_FDS=1 \"$@\" 3<&0 </dev/null",
            isolation.preparation()
        ))
        .arg("sh")
        .arg(service())
        .args(["--foreground", "--info", "--config"])
        .arg(&configuration)
        // Versions 2 take USB drivers from here; there are none.
        .env("PCSCLITE_HP_DROPDIR", &configuration)
        .stdin(OwnedFd::from(socket))
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    if knows_polkit() {
        // There is no polkit to ask in a container.
        command.arg("--disable-polkit");
    }
    command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start pcscd ({error}); {INSTALL}"))
}

/// How far pcscd can be kept away from the system's own.
#[derive(Debug, Clone, Copy)]
enum Isolation {
    /// Mounts of its own.
    Mounts,
    /// The same for somebody who is not root.
    User,
    /// Only its own socket: the system allows no namespaces.
    Socket,
}

impl Isolation {
    fn wrapper(self) -> &'static [&'static str] {
        match self {
            Self::Mounts => &["unshare", "--mount"],
            Self::User => &["unshare", "--map-root-user", "--mount"],
            Self::Socket => &[],
        }
    }

    /// What the shell does before pcscd: an empty /run, and nothing in the USB drivers' folders.
    fn preparation(self) -> &'static str {
        match self {
            Self::Mounts | Self::User => {
                "mount -t tmpfs tmpfs /run || exit 1; \
                 for driver in /usr/lib/pcsc/drivers/*.bundle; do \
                 test ! -d \"$driver\" || mount -t tmpfs tmpfs \"$driver\" || exit 1; done;"
            }
            Self::Socket => "",
        }
    }
}

/// The strongest isolation that the system allows; asked once.
fn isolation() -> Isolation {
    static ANSWER: OnceLock<Isolation> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let works = |isolation: &Isolation| {
            let [program, arguments @ ..] = isolation.wrapper() else {
                return true;
            };
            Command::new(program)
                .args(arguments)
                .args(["sh", "-c", "mount -t tmpfs tmpfs /run"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        [Isolation::Mounts, Isolation::User]
            .into_iter()
            .find(works)
            .unwrap_or(Isolation::Socket)
    })
}

/// Whether this pcscd must be told not to ask polkit; only those that can ask know the option.
fn knows_polkit() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let output = Command::new(service()).arg("--help").output();
        output.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout).contains("--disable-polkit")
        })
    })
}

/// pcscd lies in a folder that is not in everybody's search path.
fn service() -> PathBuf {
    let usual = PathBuf::from("/usr/sbin/pcscd");
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join("pcscd"))
        .chain([usual])
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("pcscd is not installed; {INSTALL}"))
}

/// The driver, where its own configuration says, or where Debian and Ubuntu put it.
fn driver() -> PathBuf {
    let configured = fs::read_to_string("/etc/reader.conf.d/vpcd").unwrap_or_default();
    configured
        .lines()
        .filter_map(|line| line.trim().strip_prefix("LIBPATH"))
        .map(|path| PathBuf::from(path.trim()))
        .chain(["/usr/lib/pcsc/drivers/serial/libifdvpcd.so".into()])
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("the vpcd driver is not installed; {INSTALL}"))
}

/// A folder that nobody else has. Its path must be short: a socket's has at most 107 bytes.
fn fresh_folder() -> PathBuf {
    for _ in 0..100 {
        let folder = env::temp_dir().join(format!("cancuoc-{:08x}", random() >> 32));
        if fs::create_dir(&folder).is_ok() {
            return folder;
        }
    }
    panic!("no folder can be made in {}", env::temp_dir().display());
}

/// Two neighbouring ports that nobody listens on: the driver has two slots.
fn free_ports() -> u16 {
    for _ in 0..1_000 {
        let span = u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(random() % span).unwrap();
        let both = [port, port + 1].map(|port| TcpListener::bind(("0.0.0.0", port)));
        if both.iter().all(Result::is_ok) {
            return port;
        }
    }
    panic!("no two neighbouring ports are free");
}

/// A number that another process is unlikely to draw.
fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
