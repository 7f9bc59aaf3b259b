//! Real PostgreSQL servers for tests, each with a data directory, socket and port of its own.
//!
//! PostgreSQL refuses to run as root, so that under root the servers belong to another user. A server
//! ends when its [`Postgres`] is dropped, and also when the test's process is killed.

use std::env;
use std::fs;
use std::fs::File;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::program;

/// What to install when something is missing.
const INSTALL: &str = "run `make test`, or: apt-get install postgresql";

/// Longest wait for a server to come up, and for a program to end. Seconds of a quiet machine are
/// minutes of a busy one.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a server that comes up is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// The superuser of every server.
pub const USER: &str = "registry";

/// The superuser's password, which is asked for over TCP alone.
pub const PASSWORD: &str = "invented for tests";

/// Where the newest PostgreSQL of this machine has its programs.
///
/// # Panics
/// When there is none.
pub fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").exists().then_some((version, folder))
        })
        .collect();
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return folder;
    }
    // Elsewhere than on Debian they are where programs are.
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .unwrap_or_else(|| panic!("there is no PostgreSQL; {INSTALL}"))
}

/// User and group that the servers run as: nothing when we may run them ourselves.
pub fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        users.lines().find_map(|line| {
            let mut parts = line.split(':');
            let here = parts.next() == Some(name);
            let mut numbers = parts.skip(1).map_while(|part| part.parse().ok());
            here.then(|| Some((numbers.next()?, numbers.next()?)))?
        })
    };
    Some(of("postgres").or_else(|| of("nobody")).unwrap())
}

/// A program of PostgreSQL, to be run as the servers are.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(programs().join(name));
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    for name in [
        "PGHOST",
        "PGPORT",
        "PGUSER",
        "PGPASSWORD",
        "PGDATABASE",
        "PGSERVICE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs a program that must succeed, and gives what it printed.
///
/// # Panics
/// When it fails, or does not end.
pub fn run(command: &mut Command) -> String {
    let output = program::run(command, PATIENCE);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Gives a file or folder to the user whom the servers run as.
pub fn hand_over(path: &Path) {
    if let Some((user, group)) = other_user() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// A folder for a server, which its user may enter.
fn folder() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("cancuoc-postgres-{}-{number}", process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    hand_over(&path);
    path
}

/// A data directory that no server has used: made once and copied from then on.
fn template() -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _guard = MAKING.lock().unwrap_or_else(|error| error.into_inner());
    let programs = programs();
    let version = programs.to_str().unwrap().replace('/', "-");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("postgres{version}"));
    if path.exists() {
        return path;
    }
    let folder = folder();
    let (data, password) = (folder.join("data"), folder.join("password"));
    fs::write(&password, PASSWORD).unwrap();
    hand_over(&password);
    run(command("initdb")
        .args(["--no-sync", "--no-locale", "--encoding=UTF8", "--username"])
        .arg(USER)
        .args([
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--pwfile",
        ])
        .arg(&password)
        .arg("--pgdata")
        .arg(&data));
    // Under its name only when it is whole: another process may make it, too.
    let making = path.with_extension(process::id().to_string());
    copy(&data, &making, None).unwrap();
    if fs::rename(&making, &path).is_err() {
        let _ = fs::remove_dir_all(&making);
    }
    let _ = fs::remove_dir_all(&folder);
    path
}

fn copy(from: &Path, to: &Path, owner: Option<(u32, u32)>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, owner)?;
        } else {
            fs::copy(entry.path(), &target)?;
            if let Some((user, group)) = owner {
                chown(&target, Some(user), Some(group))?;
            }
        }
    }
    fs::set_permissions(to, fs::Permissions::from_mode(0o700))?;
    if let Some((user, group)) = owner {
        chown(to, Some(user), Some(group))?;
    }
    Ok(())
}

/// A port of 127.0.0.1 on which nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A server of a test's own.
pub struct Postgres {
    folder: PathBuf,
    port: u16,
    running: Option<Running>,
}

struct Running {
    server: Child,
    /// Ends the server when its input ends, which it does when this process is gone.
    guard: Child,
}

impl Postgres {
    /// Starts a server that waits for no disk.
    ///
    /// # Panics
    /// When it does not come up; the message has its log.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts a server with settings beside those that all have, as in `postgresql.conf`.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        copy(&template(), &folder.join("data"), other_user()).unwrap();
        let mut server = Self {
            folder,
            port: free_port(),
            running: None,
        };
        server.configure(settings);
        server.restart();
        server
    }

    /// Starts a standby of this server, which reads and does not write.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn standby(&self) -> Self {
        let folder = folder();
        run(command("pg_basebackup")
            .args(["--write-recovery-conf", "--wal-method=stream", "--no-sync"])
            .args(["--checkpoint=fast", "--username", USER, "--host"])
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--pgdata"])
            .arg(folder.join("data")));
        let mut standby = Self {
            folder,
            port: free_port(),
            running: None,
        };
        standby.configure(&[]);
        standby.restart();
        standby
    }

    /// Adds settings, which count from the next start on.
    pub fn configure(&self, settings: &[(&str, &str)]) {
        let path = self.data().join("postgresql.auto.conf");
        let mut text = fs::read_to_string(&path).unwrap_or_default();
        let folder = self.folder.to_str().unwrap();
        let port = self.port.to_string();
        let always = [
            ("listen_addresses", "127.0.0.1"),
            ("port", &port),
            ("unix_socket_directories", folder),
            ("fsync", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "32MB"),
            ("max_connections", "60"),
            ("log_min_messages", "warning"),
        ];
        for (name, value) in always.iter().chain(settings) {
            text.push_str(&format!("{name} = '{value}'\n"));
        }
        fs::write(&path, text).unwrap();
        hand_over(&path);
    }

    /// Starts the server again after [`Postgres::kill`] or [`Postgres::stop`], in the same place.
    ///
    /// # Panics
    /// As [`Postgres::start`].
    pub fn restart(&mut self) {
        self.stop();
        let until = Instant::now() + PATIENCE;
        while !self.try_start(until) {
            assert!(Instant::now() < until, "no server: {}", self.log());
            // Processes of a server that was killed may still be about.
            thread::sleep(PAUSE);
        }
    }

    #[expect(
        clippy::zombie_processes,
        reason = "the guard is waited for by `end_guard`, here or when the server is stopped"
    )]
    fn try_start(&mut self, until: Instant) -> bool {
        let log = self.folder.join("log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut server = command("postgres")
            .arg("-D")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; {INSTALL}"));
        let guard = Command::new("sh")
            .args([
                "-c",
                "read line; kill -QUIT \"$0\"",
                &server.id().to_string(),
            ])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        loop {
            if server.try_wait().unwrap().is_some() {
                end_guard(guard);
                return false;
            }
            // The first line says which server, the eighth how far it is.
            let state = fs::read_to_string(self.data().join("postmaster.pid"));
            let state = state.unwrap_or_default();
            let ours = state.lines().next() == Some(&server.id().to_string());
            let stage = state.lines().nth(7).map(str::trim);
            if ours && matches!(stage, Some("ready" | "standby")) {
                self.running = Some(Running { server, guard });
                return true;
            }
            if Instant::now() > until {
                let _ = server.kill();
                let _ = server.wait();
                end_guard(guard);
                panic!("the server does not come up: {}", self.log());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Kills the server as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.server.kill();
            let _ = running.server.wait();
            end_guard(running.guard);
        }
    }

    /// Ends the server at once, cleanly enough: its processes are gone afterwards.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            signal(&running.server, "QUIT");
            let until = Instant::now() + PATIENCE;
            while matches!(running.server.try_wait(), Ok(None)) && Instant::now() < until {
                thread::sleep(PAUSE);
            }
            let _ = running.server.kill();
            let _ = running.server.wait();
            end_guard(running.guard);
        }
    }

    /// Where the data is.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A folder that goes with the server and that its user may enter; the socket is in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database by the socket, which asks for no password. More parameters may be
    /// added with `&`.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.to_str().unwrap().replace('/', "%2F");
        format!(
            "postgres://{USER}@{folder}:{}/{database}?sslmode=disable",
            self.port
        )
    }

    /// The address of a database over TCP without TLS, with the password.
    pub fn tcp_url(&self, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        let port = self.port;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// Makes a database, empty.
    pub fn create(&self, database: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {database}"));
    }

    /// Runs SQL by psql and gives what it printed: rows by lines, columns by `|`.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, database: &str, text: &str) -> String {
        run(&mut self.psql(database, text))
    }

    /// psql with SQL to run.
    pub fn psql(&self, database: &str, text: &str) -> Command {
        let mut command = command("psql");
        command
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--username", USER, "--host"])
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--dbname", database])
            .args(["--command", text]);
        command
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// By its number, which is ours as long as it has not been waited for.
fn signal(process: &Child, word: &str) {
    let _ = Command::new("sh")
        .args(["-c", "kill -\"$0\" \"$1\"", word, &process.id().to_string()])
        .stderr(Stdio::null())
        .status();
}

fn end_guard(mut guard: Child) {
    // Before its input ends, so that it does not signal a number that is somebody else's by then.
    let _ = guard.kill();
    let _ = guard.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_starts_dies_and_comes_back() {
        let mut server = Postgres::start();
        server.create("one");
        server.sql("one", "CREATE TABLE notes (text TEXT)");
        assert_eq!(server.sql("one", "SELECT 6 * 7"), "42\n");
        server.sql("one", "CHECKPOINT");
        server.kill();
        server.restart();
        assert_eq!(server.sql("one", "SELECT count(*) FROM notes"), "0\n");
        let standby = server.standby();
        assert_eq!(standby.sql("one", "SHOW transaction_read_only"), "on\n");
        let (folder, port) = (server.folder().to_owned(), server.port());
        drop(server);
        assert!(!folder.exists());
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}
