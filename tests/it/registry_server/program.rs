//! The server as a program: what it prints, and how it ends.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use cancuoc::audit;

use crate::support::program;
use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;
use crate::support::registry_server::get;

use super::answers::right;

const PATIENCE: Duration = Duration::from_secs(60);

struct Program {
    child: Child,
    said: Value,
}

impl Program {
    fn start(stand: &Stand, arguments: &[&str]) -> Self {
        let whole = [&["registry", "serve", "--config", "server.toml"], arguments].concat();
        Self::spawn(stand, &mut stand.home.command(&whole))
    }

    fn spawn(stand: &Stand, command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::from(
                fs::File::create(stand.home.path("log")).unwrap(),
            ))
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let log = || fs::read_to_string(stand.home.path("log")).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?} {}", log()));
        Self { child, said }
    }

    fn address(&self, which: &str) -> std::net::SocketAddr {
        self.said[which].as_str().unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_says_where_it_is_finishes_what_runs_and_closes_its_log() {
    let stand = Stand::new();
    let mut program = Program::start(&stand, &["--test", "--chaos", "delay:1000"]);
    assert_eq!(program.said["schema"], "cancuoc.registry_server/1");
    assert_eq!(program.said["key_sha256"], stand.registry_key.to_string());
    assert_eq!(program.said["purpose"], "test");
    let (address, status) = (program.address("address"), program.address("status"));
    assert_eq!(get(status, "/livez").status, 200);
    assert_eq!(get(status, "/readyz").status, 200);
    let idle = Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let mut line = Line::open(address, &stand.pki, Some(&stand.pki.ward)).unwrap();
            line.post(&stand.signed(right(&stand)))
        });
        let until = std::time::Instant::now() + PATIENCE;
        let running = || {
            let text = get(status, "/metrics").text();
            text.contains("\ncancuoc_registry_requests_running 1\n")
        };
        while !running() {
            assert!(std::time::Instant::now() < until);
        }
        program::end(&mut program.child, PATIENCE);
        let reply = asked.join().unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text());
    });
    drop(idle);
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    // The last checkpoint covers everything.
    let verified = audit::verify(&stand.home.path("audit"), &[stand.registry_key], &[]).unwrap();
    assert_eq!((verified.records, verified.covered), (1, 1));
    let log = fs::read_to_string(stand.home.path("log")).unwrap();
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        events
            .iter()
            .any(|event| event["event"] == "stop" && event["what"] == "done"),
        "{log}"
    );
}

#[test]
fn every_request_is_a_line_of_json_with_nothing_personal_in_it() {
    let stand = Stand::new();
    let config = fs::read_to_string(stand.home.path("server.toml")).unwrap();
    stand.home.write(
        "server.toml",
        config.replace("log = \"server\"", "log = \"all\""),
    );
    let mut program = Program::start(&stand, &[]);
    let mut line = Line::open(
        program.address("address"),
        &stand.pki,
        Some(&stand.pki.ward),
    )
    .unwrap();
    let reply = line.post(&stand.signed(right(&stand)));
    line.post(b"{}").refused(400, "question.malformed");
    program::end(&mut program.child, PATIENCE);
    let log = fs::read_to_string(stand.home.path("log")).unwrap();
    let events: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let requests: Vec<&Value> = events
        .iter()
        .filter(|one| one["event"] == "request")
        .collect();
    assert_eq!(requests.len(), 2, "{log}");
    assert_eq!(
        requests[0]["request"],
        reply.header("x-request-id").unwrap()
    );
    assert_eq!(requests[0]["agency"], "ward-1");
    assert_eq!(requests[0]["code"], "confirmed");
    assert!(requests[0]["micros"].is_u64());
    assert_eq!(requests[1]["code"], "question.malformed");
    for word in [
        super::answers::AN,
        "Mẫu",
        "1995-08-17",
        "officer-1",
        "case-1",
    ] {
        assert!(!log.contains(word), "{word} in\n{log}");
    }
}

#[test]
fn mistakes_at_the_start_are_refused_with_a_code() {
    let stand = Stand::new();
    let refused = |arguments: &[&str], code| {
        let whole = [&["registry", "serve", "--config", "server.toml"], arguments].concat();
        stand.home.refused(&whole, code);
    };
    refused(&["--chaos", "stale"], "serve.configuration");
    refused(&["--test", "--chaos", "fire"], "serve.configuration");
    refused(&["--certificate", "nowhere.pem"], "serve.certificate");
    refused(&["--key", "unknown.key"], "serve.certificate");
    refused(&["--clients", "server.key"], "serve.certificate");
    refused(&["--signing-key", "nowhere.key"], "sign.unreadable");
    refused(&["--listen", "127.0.0.1:99999"], "serve.configuration");
    refused(&["--status", "0.0.0.0:0"], "serve.configuration");
    refused(&["--registry", "none"], "registry.unusable");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    refused(
        &["--listen", &taken.local_addr().unwrap().to_string()],
        "serve.address",
    );
    stand
        .home
        .refused(&["registry", "serve"], "serve.configuration");
    let server = stand.start();
    refused(&[], "audit.locked");
    server.stop();
}

/// No file may grow beyond 128 blocks, of 512 or 1024 bytes: as a disk that is full, for one process. The
/// register's own files need half of that.
const FULL: &str = "trap '' XFSZ; ulimit -f 128; exec \"$0\" registry serve --config server.toml";

#[test]
fn nothing_is_answered_when_the_disk_is_full_and_nothing_is_lost() {
    let stand = Stand::new();
    // The register is made before.
    stand.start().stop();
    let program = env!("CARGO_BIN_EXE_cancuoc");
    let mut command = Command::new("sh");
    command
        .args(["-c", FULL, program])
        .current_dir(stand.home.path("."));
    command.env_clear().env("HOME", stand.home.path("."));
    let mut program = Program::spawn(&stand, &mut command);
    let mut line = Line::open(
        program.address("address"),
        &stand.pki,
        Some(&stand.pki.ward),
    )
    .unwrap();
    let mut answered = 0;
    let refused = loop {
        let reply = line.post(&stand.signed(right(&stand)));
        if reply.status != 200 {
            break reply;
        }
        answered += 1;
        assert!(answered < 2000, "the disk is never full");
    };
    refused.refused(503, "question.audit_unavailable");
    assert!(refused.header("retry-after").is_some());
    assert!(answered > 0);
    assert_eq!(get(program.address("status"), "/livez").status, 200);
    assert_eq!(get(program.address("status"), "/readyz").status, 503);
    // The next is refused in the same way.
    line.post(&stand.signed(right(&stand)))
        .refused(503, "question.audit_unavailable");
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    // Every answer that was given is in the log, and the log goes on where there is room again.
    let server = stand.start();
    let mut line = Line::open(server.address, &stand.pki, Some(&stand.pki.ward)).unwrap();
    stand.ask(&mut line, right(&stand));
    server.stop();
    let verified = audit::verify(&stand.home.path("audit"), &[stand.registry_key], &[]).unwrap();
    assert!(verified.records > answered, "{}", verified.records);
}
