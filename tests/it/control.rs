//! The control interface: what docs/virtual-card.md says of it, who may use it, and that cards come and
//! go whatever the reader is doing.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::transport::Stop;
use cancuoc::transport::Transport;
use cancuoc::transport::pcsc;
use serde_json::Value;
use serde_json::json;

use crate::support::pcscd::Stand;
use crate::support::pcscd::on_stand;
use crate::support::program;

/// The program.
const CANCUOC: &str = env!("CARGO_BIN_EXE_cancuoc");

/// Longest time for anything that must happen.
const LONG: Duration = Duration::from_secs(60);

/// `sim serve --control`, ended when dropped.
struct Served {
    child: Child,
    host: String,
}

impl Served {
    fn at(address: &str, options: &[&str]) -> Self {
        let mut command = Command::new(CANCUOC);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CANCUOC_")) {
            command.env_remove(name);
        }
        let mut child = command
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .args(["--quiet", "sim", "serve", "--control", "127.0.0.1:0"])
            .args(["--address", address])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["control"].as_str().unwrap();
        let host = url.strip_prefix("http://").unwrap().to_owned();
        Self { child, host }
    }

    /// One request; status and answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.send(method, path, &[("Host", &self.host)], body)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is too long is refused before it is whole.
        let _ = stream.write_all(body.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn good(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert_eq!(status, 200, "{method} {path} {body}: {answer:#}");
        answer
    }

    fn refused(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let (status, answer) = self.ask(method, path, body);
        let error = &answer["error"];
        for field in ["code", "retriable", "next_action"] {
            assert!(!error[field].is_null(), "{answer:#}");
        }
        for lang in ["vi", "en"] {
            assert!(error["message"][lang].is_string(), "{answer:#}");
        }
        (status, error["code"].as_str().unwrap().to_owned())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        program::end(&mut self.child, Duration::from_secs(5));
    }
}

/// What `cancuoc readers` says of the first reader.
fn card_on(stand: &Stand) -> String {
    let mut command = stand.command(CANCUOC);
    command.args(["--format", "json", "readers"]);
    let output = program::run(&mut command, LONG);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["readers"][0]["card"].as_str().unwrap().to_owned()
}

#[test]
fn cards_come_and_go_and_the_reader_sees_it_at_once() {
    let stand = Stand::start();
    let served = Served::at(&stand.vpcd_address().to_string(), &[]);
    assert_eq!(card_on(&stand), "present");
    assert_eq!(served.good("GET", "/v1/state", "")["present"], true);
    for _ in 0..3 {
        assert_eq!(served.good("POST", "/v1/remove", "")["present"], false);
        assert_eq!(card_on(&stand), "absent");
        let inserted = served.good("POST", "/v1/insert", r#"{"persona": "chi"}"#);
        assert_eq!(
            (&inserted["present"], &inserted["persona"]),
            (&json!(true), &json!("chi"))
        );
        assert_eq!(card_on(&stand), "present");
    }
    let state = served.good("PUT", "/v1/faults", r#"{"faults": ["mute@read:DG2:3"]}"#);
    assert_eq!(state["faults"], json!(["mute@read:DG2:3"]));
    let state = served.good("PUT", "/v1/quirks", r#"{"quirks": ["select-mf-6d00"]}"#);
    assert_eq!(state["quirks"], json!(["select-mf-6d00"]));
    let state = served.good("PUT", "/v1/link", r#"{"link": "nfc-424"}"#);
    assert_eq!(state["link"], "nfc-424");
    assert_eq!(card_on(&stand), "present");
    let state = served.good("POST", "/v1/reset", "");
    assert_eq!(
        (
            &state["persona"],
            &state["faults"],
            &state["quirks"],
            &state["link"]
        ),
        (&json!("an"), &json!([]), &json!([]), &Value::Null)
    );
    let state = served.good("PUT", "/v1/register", r#"{"state": "revoked"}"#);
    assert_eq!(state["register"], "revoked");
    let around = served.good("GET", "/v1/surroundings", "");
    assert_eq!(around["register"]["state"], "revoked");
    assert!(around["anchors"][0].is_string());
}

#[test]
fn a_slow_answer_keeps_nobody_waiting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // A reader powers the card up, asks for its answer to reset, and selects the master file.
    let reader = thread::spawn(move || {
        let (mut card, _) = listener.accept().unwrap();
        card.write_all(&[0, 1, 1, 0, 1, 4]).unwrap();
        let mut length = [0; 2];
        card.read_exact(&mut length).unwrap();
        let mut atr = vec![0; u16::from_be_bytes(length).into()];
        card.read_exact(&mut atr).unwrap();
        card.write_all(&[0, 4, 0x00, 0xA4, 0x00, 0x0C]).unwrap();
        let mut answer = Vec::new();
        let _ = card.read_to_end(&mut answer);
        answer
    });
    let options = ["--fault", "slow:60000", "--link", "nfc-106:30000"];
    let served = Served::at(&address, &options);
    let since = Instant::now();
    while served.good("GET", "/v1/state", "")["commands"] == 0 {
        assert!(since.elapsed() < LONG / 4);
    }
    let state = served.good("POST", "/v1/remove", "");
    assert_eq!(state["present"], false);
    assert_eq!(reader.join().unwrap(), [0_u8; 0]);
    assert!(since.elapsed() < LONG / 4, "{:?}", since.elapsed());
}

#[test]
fn what_is_wrong_is_refused_and_changes_nothing() {
    let stand = Stand::start();
    let served = Served::at(&stand.vpcd_address().to_string(), &[]);
    let before = served.good("GET", "/v1/state", "");
    let long = format!("{{\"toml\": \"{}\"}}", "x".repeat(2 << 20));
    for (method, path, body, status, code) in [
        (
            "PUT",
            "/v1/faults",
            r#"{"faults": ["none"]}"#,
            422,
            "sim.switch_unknown",
        ),
        (
            "PUT",
            "/v1/faults",
            r#"{"faults": ["mute@lunch"]}"#,
            422,
            "sim.cue_malformed",
        ),
        (
            "PUT",
            "/v1/quirks",
            r#"{"quirks": ["tag-drops-12"]}"#,
            422,
            "sim.switch_around",
        ),
        (
            "PUT",
            "/v1/persona",
            r#"{"persona": "nobody"}"#,
            422,
            "sim.persona_unknown",
        ),
        (
            "PUT",
            "/v1/persona",
            r#"{"persona": "/etc/passwd"}"#,
            422,
            "sim.persona_unknown",
        ),
        ("PUT", "/v1/persona", "{}", 400, "control.body"),
        ("PUT", "/v1/persona", "{", 400, "control.body"),
        ("PUT", "/v1/persona", &long, 413, "control.too_large"),
        ("PUT", "/v1/persona", "[\"an\"]", 400, "control.body"),
        ("PUT", "/v1/link", "{}", 400, "control.body"),
        (
            "PUT",
            "/v1/link",
            r#"{"link": "string"}"#,
            422,
            "sim.link_unknown",
        ),
        (
            "PUT",
            "/v1/register",
            r#"{"state": "gone"}"#,
            400,
            "control.body",
        ),
        (
            "POST",
            "/v1/insert",
            r#"{"card": "an"}"#,
            400,
            "control.body",
        ),
        (
            "POST",
            "/v1/insert",
            r#"{"persona": "an", "faults": ["none"]}"#,
            422,
            "sim.switch_unknown",
        ),
        ("POST", "/v1/state", "", 404, "control.no_such"),
        ("GET", "/v1/cards/2/state", "", 404, "control.no_such"),
        ("GET", "/v1/cards/0/state", "", 404, "control.no_such"),
        ("GET", "/", "", 404, "control.no_such"),
    ] {
        let refusal = served.refused(method, path, body);
        assert_eq!(refusal, (status, code.to_owned()), "{method} {path}");
    }
    let (_, answer) = served.ask("PUT", "/v1/persona", r#"{"toml": "schema = 1"}"#);
    assert!(answer["error"]["faults"][0]["line"].is_u64(), "{answer:#}");
    let after = served.good("GET", "/v1/state", "");
    for field in ["persona", "faults", "quirks", "link", "present", "register"] {
        assert_eq!(before[field], after[field], "{field}");
    }
}

#[test]
fn a_web_page_cannot_drive_it() {
    let stand = Stand::start();
    let served = Served::at(&stand.vpcd_address().to_string(), &["--empty"]);
    let host = ("Host", served.host.as_str());
    let by_name = served.host.replace("127.0.0.1", "localhost");
    assert_eq!(
        served.send("GET", "/v1/state", &[("Host", &by_name)], "").0,
        200
    );
    for headers in [
        vec![host, ("Origin", "http://example.com")],
        vec![host, ("Origin", "null")],
        vec![host, ("Sec-Fetch-Site", "cross-site")],
        vec![("Host", "example.com")],
        vec![("Host", "127.0.0.1")],
        vec![host, host],
    ] {
        let (status, answer) = served.send("POST", "/v1/quit", &headers, "");
        // Two Host headers are refused by the server below already.
        assert!([400, 403].contains(&status), "{headers:?}: {status}");
        if status == 403 {
            assert_eq!(answer["error"]["code"], "control.foreign");
        }
    }
    // A target in absolute form is another machine's, whatever the header says.
    let target = "http://example.com/v1/quit";
    assert_eq!(served.ask("POST", target, "").0, 403);
    let target = format!("http://{}/v1/state", served.host);
    assert_eq!(served.good("GET", &target, "")["present"], false);
}

#[test]
fn the_interface_is_for_this_machine_and_its_port_for_nobody_else() {
    let refused = |control: &str| {
        let mut command = Command::new(CANCUOC);
        command.env("XDG_CONFIG_HOME", "/nonexistent").args([
            "--format",
            "json",
            "sim",
            "serve",
            "--empty",
            "--control",
            control,
        ]);
        let output = program::run(&mut command, LONG);
        assert_eq!(output.status.code(), Some(2));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused("0.0.0.0:0"), "control.place");
    assert_eq!(refused("[::]:0"), "control.place");
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    assert_eq!(refused(&taken), "control.taken");
}

#[test]
fn the_program_ends_when_it_is_told_to() {
    let stand = Stand::start();
    let mut served = Served::at(&stand.vpcd_address().to_string(), &[]);
    assert_eq!(served.good("POST", "/v1/quit", "")["quit"], true);
    let until = Instant::now() + LONG;
    let status = loop {
        assert!(Instant::now() < until);
        if let Some(status) = served.child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success());
}

/// Cards are taken away and laid down while a program talks to them without pause.
#[test]
fn a_card_may_go_in_the_middle_of_a_command() {
    on_stand(
        "control::a_card_may_go_in_the_middle_of_a_command",
        |view| {
            let served = Served::at(&view.vpcd.to_string(), &[]);
            let over = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&over);
            let reader = thread::spawn(move || {
                let (mut answered, mut lost) = (0, 0);
                while !theirs.load(Ordering::SeqCst) {
                    let stop = Stop::after(Duration::from_secs(2));
                    let Ok(mut card) = pcsc::wait_for_card(None, &stop) else {
                        continue;
                    };
                    while card.transmit(&[0x00, 0x84, 0x00, 0x00, 0x08]).is_ok() {
                        answered += 1;
                    }
                    lost += 1;
                }
                (answered, lost)
            });
            for round in 0..6 {
                let insert = served.good("POST", "/v1/insert", "");
                assert_eq!(insert["present"], true, "{round}");
                thread::sleep(Duration::from_millis(300));
                served.good("POST", "/v1/remove", "");
            }
            over.store(true, Ordering::SeqCst);
            let (answered, lost) = reader.join().unwrap();
            println!("{answered} commands answered, the card lost {lost} times");
            assert!(answered > 100 && lost >= 3, "{answered} {lost}");
        },
    );
}

/// Runs the curl lines of the page for developers, as they stand there.
#[test]
fn the_lines_of_the_documentation_work() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("curl is not installed: skipped");
        return;
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/virtual-card.md");
    let page = std::fs::read_to_string(page).unwrap();
    let lines: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert!(lines.len() >= 12, "{} lines", lines.len());
    let mut script = String::from("set -e\n");
    for line in &lines {
        script.push_str(&format!("{line} --fail-with-body || {{ echo; exit 1; }}\n"));
    }
    let mut command = Command::new(CANCUOC);
    command
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .args(["--quiet", "sim", "bench", "--control", "127.0.0.1:0"])
        .args(["--persona", "an", "--persona", "binh", "--"])
        .args(["sh", "-c", &script])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
    let output = program::run(&mut command, LONG);
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
