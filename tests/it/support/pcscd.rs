//! Tests on a PC/SC service of their own, with a virtual reader and no hardware
//! ([`cancuoc::sim::stand`]).

use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use cancuoc::sim::stand;

use super::program;

/// What to install when something is missing.
const INSTALL: &str = "run `make test`, or: apt-get install pcscd vsmartcard-vpcd";

/// Longest time that a test may take on its stand.
const TEST: Duration = Duration::from_secs(120);

/// Tells a test that it is on a stand, and where its reader listens.
const ON_STAND: &str = "CANCUOC_TEST_STAND";

/// Tells a test on a stand the folder of the stand.
const FOLDER: &str = "CANCUOC_TEST_FOLDER";

/// Tells a test on a stand its readers: lines of an address and a name.
const READERS: &str = "CANCUOC_TEST_READERS";

/// Tells a test on a stand the process number of the service.
const SERVICE: &str = "CANCUOC_TEST_SERVICE";

/// A PC/SC service of a test's own, which ends when this is dropped.
pub struct Stand(stand::Stand);

impl Stand {
    /// Starts a service with one reader of two slots.
    ///
    /// # Panics
    /// When it cannot be started; the message says why.
    pub fn start() -> Self {
        Self::with_readers(1)
    }

    /// Starts a service with readers for so many cards.
    ///
    /// # Panics
    /// As [`Stand::start`].
    pub fn with_readers(count: usize) -> Self {
        Self(stand::Stand::start(count).unwrap_or_else(|error| panic!("{error}; {INSTALL}")))
    }

    /// A program that, once started, finds this stand's readers and no others.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        self.0.command(program.as_ref())
    }

    /// Where a card for the first slot connects to.
    pub fn vpcd_address(&self) -> SocketAddr {
        self.0.address(0).unwrap()
    }

    /// Every reader that is for a card: its name as PC/SC tells it, and where its card connects to.
    pub fn readers(&self) -> Vec<(String, SocketAddr)> {
        (0..)
            .map_while(|card| Some((self.0.reader(card), self.0.address(card)?)))
            .collect()
    }

    /// The path of a file of the stand's own, which goes when the stand goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.folder().join(name)
    }

    /// Runs one test of this binary on this stand.
    ///
    /// # Panics
    /// When the test fails, or there is no such test.
    pub fn run(&self, test: &str) {
        self.run_within(test, TEST);
    }

    /// The same for a test that may take so long.
    ///
    /// # Panics
    /// As [`Stand::run`].
    pub fn run_within(&self, test: &str, limit: Duration) {
        let readers = self.readers().into_iter();
        let readers: Vec<String> = readers
            .map(|(name, address)| format!("{address} {name}"))
            .collect();
        let mut command = self.command(env::current_exe().unwrap());
        command
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(ON_STAND, self.vpcd_address().to_string())
            .env(FOLDER, self.0.folder())
            .env(READERS, readers.join("\n"))
            .env(SERVICE, self.0.service_id().to_string());
        let output = program::run(&mut command, limit);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{test} on its stand: {}\n{stdout}\n{stderr}\npcscd said:\n{}",
            output.status,
            self.0.log()
        );
        print!("{stdout}{stderr}");
    }
}

/// What a test that runs on a stand sees of it.
pub struct View {
    /// Where a card for the first slot connects to.
    pub vpcd: SocketAddr,
    /// Every reader that is for a card: its name as PC/SC tells it, and where its card connects to.
    pub readers: Vec<(String, SocketAddr)>,
    folder: PathBuf,
    service: String,
}

impl View {
    /// The path of a file of the stand's own, which goes when the stand goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Ends the service, as an update of the system does.
    pub fn stop_service(&self) {
        let status = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.service])
            .status();
        assert!(status.unwrap().success());
    }

    /// Ends the service without a word, as a crash does.
    pub fn kill_service(&self) {
        let status = Command::new("sh")
            .args(["-c", "kill -KILL \"$0\"", &self.service])
            .status();
        assert!(status.unwrap().success());
    }

    /// Starts the service again in the same place; it ends when what comes back is dropped.
    pub fn start_service(&self) -> Stand {
        Stand(stand::Stand::again(&self.folder, self.vpcd.port()).unwrap())
    }
}

/// Runs the body on a stand: starts one, and in it this test binary again with this test only.
///
/// libpcsclite reads the place of the service once in the life of a process, so the process must be
/// another for each stand. `test` is the full name of the calling test.
pub fn on_stand(test: &str, body: impl FnOnce(&View)) {
    on_large_stand(test, 1, TEST, body);
}

/// The same on a stand with readers for so many cards, for a test that may take so long.
pub fn on_large_stand(test: &str, cards: usize, limit: Duration, body: impl FnOnce(&View)) {
    let reader = |line: &str| {
        let (address, name) = line.split_once(' ').unwrap();
        (name.to_owned(), address.parse().unwrap())
    };
    match env::var(ON_STAND) {
        Ok(vpcd) => body(&View {
            vpcd: vpcd.parse().unwrap(),
            readers: env::var(READERS).unwrap().lines().map(reader).collect(),
            folder: env::var(FOLDER).unwrap().into(),
            service: env::var(SERVICE).unwrap(),
        }),
        Err(_) => Stand::with_readers(cards).run_within(test, limit),
    }
}
