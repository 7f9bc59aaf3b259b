//! A PostgreSQL server of the benchmark's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::citizens;

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(60);

/// Part of the socket's name; there is no other.
const PORT: &str = "5432";

/// A folder that goes when this is dropped.
pub struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    pub fn new() -> Self {
        Self::under(&std::env::temp_dir())
    }

    /// A folder that stays, for another run on the same rows.
    pub fn kept(path: PathBuf) -> Self {
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { path, kept: true }
    }

    /// A folder whose files are in memory alone.
    pub fn in_memory() -> Self {
        Self::under(Path::new("/dev/shm"))
    }

    fn under(place: &Path) -> Self {
        let path = place.join(format!("cancuoc-bench-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { path, kept: false }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

pub struct Database {
    server: Child,
    socket: PathBuf,
}

impl Database {
    pub fn start(folder: &Folder) -> Self {
        let place = folder.path().join("postgres");
        let data = place.join("data");
        let new = !place.exists();
        if new {
            fs::create_dir(&place).unwrap();
            if let Some((user, group)) = other_user() {
                chown(&place, Some(user), Some(group)).unwrap();
            }
            run(program("initdb")
                .args(["--auth=trust", "--username=registry", "--encoding=UTF8"])
                .args(["--locale=C", "-k", "-D"])
                .arg(&data));
        }
        let mut command = program("postgres");
        command.arg("-D").arg(&data).args(["-p", PORT]);
        for setting in [
            "listen_addresses=",
            &format!("unix_socket_directories={}", place.display()),
            "shared_buffers=5GB",
            "max_connections=200",
            "max_wal_size=8GB",
            "maintenance_work_mem=1GB",
            "wal_level=minimal",
            "max_wal_senders=0",
            "autovacuum=off",
        ] {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(folder.path().join("postgres.log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let database = Self {
            server: command.spawn().unwrap(),
            socket: place,
        };
        let until = Instant::now() + PATIENCE;
        while !database
            .client("psql", "postgres")
            .args(["-c", "SELECT 1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
        {
            assert!(Instant::now() < until, "PostgreSQL does not start");
            thread::sleep(Duration::from_millis(50));
        }
        if new {
            database.sql_in("postgres", "CREATE DATABASE register");
        }
        database
    }

    /// Where the registry connects to: over the socket, as pgbench does.
    pub fn url(&self) -> String {
        let socket = self.socket.to_str().unwrap().replace('/', "%2F");
        format!("postgres://registry@{socket}:{PORT}/register")
    }

    /// How many citizens there are.
    pub fn rows(&self) -> u64 {
        self.sql("SELECT count(*) FROM person")
            .trim()
            .parse()
            .unwrap()
    }

    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// A client program of PostgreSQL, connected over the socket.
    pub fn client(&self, name: &str, database: &str) -> Command {
        let mut command = program(name);
        command
            .arg("-h")
            .arg(&self.socket)
            .args(["-p", PORT, "-U", "registry", database]);
        command
    }

    pub fn sql(&self, statements: &str) -> String {
        self.sql_in("register", statements)
    }

    fn sql_in(&self, database: &str, statements: &str) -> String {
        let mut command = self.client("psql", database);
        command.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statements]);
        run(&mut command)
    }

    /// Puts citizens with a card each into the register, whose tables are there.
    pub fn fill(&self, folder: &Folder, rows: u64) {
        let key = fs::read_to_string(folder.path().join("registry.key")).unwrap();
        let key = hex::decode(key.trim()).unwrap();
        // HMAC-SHA-256 in SQL (RFC 2104 §2), so that filling is one statement.
        let pad = |octet: u8| {
            let mut pad = key.clone();
            pad.resize(64, 0);
            hex::encode(pad.iter().map(|byte| byte ^ octet).collect::<Vec<_>>())
        };
        let number = citizens::NUMBER.replace("{citizen}", "citizen");
        let person = format!(
            "substr(sha256('\\x{}'::bytea || sha256('\\x{}'::bytea || {number}::bytea)), 1, 16)",
            pad(0x5C),
            pad(0x36)
        );
        let indexes = self.sql(
            "SELECT indexdef || ';' FROM pg_indexes WHERE tablename IN ('person', 'card')
             AND indexname NOT LIKE '%_pkey'",
        );
        let names = self.sql(
            "SELECT 'DROP INDEX ' || indexname || ';' FROM pg_indexes
             WHERE tablename IN ('person', 'card') AND indexname NOT LIKE '%_pkey'",
        );
        self.sql(&names);
        self.sql("ALTER TABLE person DROP CONSTRAINT person_pkey");
        self.sql(&format!(
            "INSERT INTO person (person, status, name, birth, sex, nationality)
             SELECT {person}, 'in_force', '{}', '{}', 'female', '{}'
             FROM generate_series(1, {rows}) AS citizen",
            citizens::NAME,
            citizens::BIRTH,
            citizens::NATIONALITY
        ));
        self.sql(&format!(
            "INSERT INTO card (sod, person, status, document_number, issued, expiry)
             SELECT sha256({number}::bytea), {person}, 'active', substr({number}, 4), '{}', '{}'
             FROM generate_series(1, {rows}) AS citizen",
            citizens::ISSUED,
            citizens::EXPIRY
        ));
        self.sql("ALTER TABLE person ADD PRIMARY KEY (person)");
        self.sql(&indexes);
        for statement in ["VACUUM (ANALYZE, FREEZE)", "CHECKPOINT"] {
            self.sql(statement);
        }
    }

    /// Reads everything into memory, so that neither side meets the disk first.
    pub fn warm(&self) {
        self.sql("CREATE EXTENSION IF NOT EXISTS pg_prewarm");
        self.sql(
            "SELECT sum(pg_prewarm(oid)) FROM pg_class
             WHERE relname ~ '^(person|card|fact)' AND relkind IN ('r', 'i')",
        );
    }

    /// Prints what a row takes.
    pub fn sizes(&self, rows: u64) {
        let sizes = self.sql(
            "SELECT relname || ' ' || pg_relation_size(oid) FROM pg_class
             WHERE relname ~ '^(person|card|fact)' AND relkind IN ('r', 'i') ORDER BY relname",
        );
        for line in sizes.lines() {
            let (name, bytes) = line.split_once(' ').unwrap();
            let bytes = bytes.parse::<u64>().unwrap();
            println!(
                "{name}: {:.1} MB, {:.1} octets a row",
                bytes as f64 / 1e6,
                bytes as f64 / rows as f64
            );
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast stop.
        let _ = Command::new("sh")
            .args(["-c", "kill -INT \"$0\"", &self.server.id().to_string()])
            .status();
        let _ = self.server.wait();
    }
}

fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is not installed");
    let version = versions
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    Path::new("/usr/lib/postgresql")
        .join(version.unwrap().to_string())
        .join("bin")
}

/// PostgreSQL refuses to be root, so root lends it Debian's user.
fn other_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse::<u32>()
            .unwrap()
    };
    (number(&["-u"]) == 0).then(|| (number(&["-u", "postgres"]), number(&["-g", "postgres"])))
}

fn program(name: &str) -> Command {
    let mut command = Command::new(programs().join(name));
    command.current_dir("/").stdin(Stdio::null());
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command
}

/// Runs a program that must succeed, and gives what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
