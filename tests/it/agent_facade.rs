//! The facade for pages of old: foreign Socket.IO clients, plain HTTP, and pages that may not ask.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use cancuoc::agent::desk::Desk;
use cancuoc::agent::desk::Settings as DeskSettings;
use cancuoc::agent::door::origin::Origin;
use cancuoc::agent::door::pair::Pairing;
use cancuoc::agent::door::state::State;
use cancuoc::agent::door::token::Tokens;
use cancuoc::agent::facade::Facade;
use cancuoc::agent::facade::Heartbeat;
use cancuoc::agent::facade::Settings;
use cancuoc::agent::facade::counter::Rules;
use cancuoc::agent::facade::message::Accepted;
use cancuoc::agent::facade::text::Disclosure;
use cancuoc::agent::judge::Judge;
use cancuoc::agent::judge::Sources;
use cancuoc::agent::judge::TestMaterial;
use cancuoc::agent::ops::log::Level;
use cancuoc::agent::ops::log::Log;
use cancuoc::agent::ops::metrics::Gauges;
use cancuoc::agent::ops::metrics::Metrics;
use cancuoc::agent::ops::teller::Teller;
use cancuoc::agent::slots::Pace;
use cancuoc::agent::slots::SlotId;
use cancuoc::agent::slots::VirtualSlots;
use cancuoc::agent::vital::Vital;
use cancuoc::crypto::random::System;
use cancuoc::registry::Context;
use cancuoc::registry::RegistryOptions;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::persona;
use cancuoc::verify::Policy;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tungstenite::ClientRequestBuilder;

use crate::support::home::Home;

/// Longest time for anything that must happen, on a busy machine.
const LONG: Duration = Duration::from_secs(240);

/// Where `make packages-test` puts the foreign client.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/socketio/bin/python3");
const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/socketio/client.py");

/// A page that may ask, and another.
const PAGE: &str = "https://counter.example";
const OTHER: &str = "https://other.example";

/// What names the persona `an`, and what opens her card.
const NUMBER: &str = "036195000123";
const NAME: &str = "Nguyễn Thị Mẫu An";
const ABOUT: [&str; 8] = [
    NUMBER,
    NAME,
    "195000123",
    "000000123",
    "17/08/1995",
    "1995-08-17",
    "Phố Mẫu",
    "Lê Thị Mẫu Yến",
];

/// Seconds since 1970 on 22 November 2026, when the card is in force, and in 2040, when it is not.
const IN_FORCE: u64 = 1_795_348_800;
const EXPIRED: u64 = 2_220_000_000;

/// An agent with one virtual reader and its facade.
struct Counter {
    slots: Arc<VirtualSlots>,
    reader: SlotId,
    address: SocketAddr,
    tokens: Tokens,
    pairing: Pairing,
    desk: Desk,
    facade: Option<Facade>,
    /// What was logged
    told: Arc<Mutex<Vec<u8>>>,
    log: Arc<Log>,
    metrics: Arc<Metrics>,
    _home: Home,
}

impl Counter {
    fn open(now: u64, disclosure: Disclosure) -> Self {
        Self::open_within(now, disclosure, LONG)
    }

    /// One that waits so long for what clients have begun to send.
    fn open_within(now: u64, disclosure: Disclosure, stall: Duration) -> Self {
        // Longer than a test waits: whoever says farewell must be understood without it.
        let heartbeat = Heartbeat {
            every: Duration::from_secs(3600),
            within: LONG,
        };
        Self::with(now, disclosure, stall, heartbeat)
    }

    fn with(now: u64, disclosure: Disclosure, stall: Duration, heartbeat: Heartbeat) -> Self {
        let home = Home::new();
        let (news, heard) = mpsc::channel();
        let slots = Arc::new(VirtualSlots::new(news));
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(now)),
        });
        let settings = DeskSettings {
            device_key: Some(Arc::new(DeviceKey::generate(&mut System).unwrap())),
            ..DeskSettings::new(Arc::new(judge.unwrap()))
        };
        let theirs: Arc<VirtualSlots> = Arc::clone(&slots);
        let desk = Desk::open(settings, theirs, heard).unwrap();
        let reader = slots.attach("Virtual reader 1");
        let state = State::open(home.path("state")).unwrap();
        let origins = [PAGE, OTHER].map(|origin| Origin::parse(origin).unwrap());
        let settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            origins: origins.to_vec(),
            rules: Rules {
                reader: None,
                accepted: vec![Accepted::Genuine],
                disclosure,
            },
            stall,
            heartbeat,
            vital: Vital::default(),
        };
        let told = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&told);
        let log = Log::to(Level::All, move |lines| {
            theirs.lock().unwrap().extend_from_slice(lines);
        });
        let teller = Teller {
            log: Arc::new(log),
            metrics: Arc::default(),
        };
        let (log, metrics) = (Arc::clone(&teller.log), Arc::clone(&teller.metrics));
        let facade = Facade::open(settings, desk.clone(), &state, teller).unwrap();
        Self {
            slots,
            reader,
            address: facade.address(),
            tokens: Tokens::new(state.clone()),
            pairing: Pairing::new(state),
            desk,
            facade: Some(facade),
            told,
            log,
            metrics,
            _home: home,
        }
    }

    fn token(&self, origin: &str) -> String {
        let given = self.tokens.give(origin, &mut System, Timestamp::now());
        given.unwrap().token.to_string()
    }

    fn lay(&self) {
        let persona = persona::find("an").unwrap();
        self.slots.lay(self.reader, &persona, Pace::Free).unwrap();
    }

    /// The same, for whoever asks at once: the first word of a card waits for a look at it.
    fn lay_and_see(&self, token: &str) {
        self.lay();
        self.see(token);
    }

    fn see(&self, token: &str) {
        let until = Instant::now() + LONG;
        while self.get("/api/status", PAGE, token).body()["card"] != true {
            assert!(Instant::now() < until, "nothing lies there");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn http(&self, head: &str, body: &str) -> Reply {
        let head = head.replace("HOST", &self.address.to_string());
        self.raw(&format!(
            "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn raw(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = Vec::new();
        // Whoever is refused may find the connection reset.
        let _ = stream.read_to_end(&mut said);
        Reply(String::from_utf8_lossy(&said).into_owned())
    }

    fn get(&self, path: &str, origin: &str, token: &str) -> Reply {
        let auth = format!("Authorization: Bearer {token}");
        self.http(
            &format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nOrigin: {origin}\r\n{auth}"),
            "",
        )
    }

    fn post(&self, path: &str, origin: &str, token: &str, body: &str) -> Reply {
        let about = format!("Authorization: Bearer {token}\r\nContent-Type: application/json");
        self.http(
            &format!("POST {path} HTTP/1.1\r\nHost: HOST\r\nOrigin: {origin}\r\n{about}"),
            body,
        )
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.desk.close();
        if let Some(facade) = self.facade.take() {
            facade.close();
        }
    }
}

/// An answer, head and body.
struct Reply(String);

impl Reply {
    fn status(&self) -> u16 {
        let line = self.0.split(' ').nth(1);
        line.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    fn body(&self) -> Value {
        let body = self.0.split_once("\r\n\r\n").map(|(_, body)| body);
        serde_json::from_str(body.unwrap_or_default()).unwrap_or_default()
    }

    fn code(&self) -> String {
        self.body()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A foreign client, which hears.
struct Page {
    child: Child,
    lines: mpsc::Receiver<String>,
    heard: Vec<String>,
}

impl Page {
    /// None where the foreign client is not there.
    fn open(address: &str, options: &[&str]) -> Option<Self> {
        if !Path::new(PYTHON).exists() {
            eprintln!("NOT TESTED: python-socketio is not there; `make packages-test` fetches it");
            return None;
        }
        let mut child = Command::new(PYTHON)
            .arg(CLIENT)
            .arg(address)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, lines) = mpsc::channel();
        let said = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    return;
                }
            }
        });
        Some(Self {
            child,
            lines,
            heard: Vec::new(),
        })
    }

    fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Waits for what fits.
    fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + LONG;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|why| {
                // A client that has ended says no more: then its status says more than its silence.
                let ended = self.child.try_wait();
                panic!(
                    "no {what}: {why}, client {ended:?}; heard {:#?}",
                    self.heard
                )
            });
            self.heard.push(line.clone());
            let value: Value = serde_json::from_str(&line).unwrap();
            if fits(&value) {
                return value;
            }
        }
    }

    fn event(&mut self, id: u64) -> Value {
        let fits = |value: &Value| value["channel"] == "/event" && value["data"]["id"] == id;
        self.wait(&format!("event {id}"), fits)["data"].take()
    }

    fn ready(&mut self) {
        self.wait("reader", |value| value["data"]["status"] == "ready");
    }

    /// Says farewell, and waits until the client has done so in its own way.
    fn leave(mut self) {
        self.say("quit");
        self.wait("end", |value| value["channel"] == "disconnect");
        let until = Instant::now() + LONG;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the client waits for an answer");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Everything that was heard until now and in a moment to come.
    fn all(&mut self) -> String {
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(300)) {
            self.heard.push(line);
        }
        self.heard.join("\n")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn nothing_personal(text: &str) {
    for value in ABOUT {
        assert!(!text.contains(value), "{value} in {text}");
    }
    assert!(!text.contains("/9j/"), "a portrait in {text}");
}

#[test]
fn a_client_that_others_wrote_reads_cards_by_every_way_in() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token(PAGE);
    let plain = format!("http://{}", counter.address);
    let keyed = format!("{plain}?token={token}");
    let program = counter.token("local");
    let ways: [(&str, &[&str]); 4] = [
        (
            &plain,
            &[
                "--auth",
                &token,
                "--origin",
                PAGE,
                "--transport",
                "websocket",
            ],
        ),
        (&keyed, &["--origin", PAGE, "--transport", "polling"]),
        (&keyed, &["--origin", PAGE]),
        // No page: its WebSocket names the facade itself as its origin.
        (&plain, &["--auth", &program, "--transport", "websocket"]),
    ];
    for (address, options) in ways {
        let Some(mut page) = Page::open(address, options) else {
            return;
        };
        page.ready();
        page.say(&format!("key {NUMBER}"));
        // The key travels, or the card comes first: both are usual.
        counter.lay();
        assert_eq!(page.event(1)["message"], "new card!");
        let text = page.event(2);
        assert_eq!(text["message"], "read card successfully!");
        assert_eq!(text["verified"], true);
        assert_eq!(text["verdict"], "genuine");
        assert_eq!(text["checks"]["hashes"]["outcome"], "pass");
        let data = text["data"].as_object().unwrap();
        assert_eq!(data.len(), 16);
        assert!(data.values().all(Value::is_string));
        assert_eq!(data["idCode"], NUMBER);
        assert_eq!(data["oldIdCode"], "000000123");
        assert_eq!(data["personName"], NAME);
        assert_eq!(data["dateOfBirth"], "17/08/1995");
        assert_eq!(data["gender"], "Nữ");
        assert_eq!(data["nationality"], "Việt Nam");
        assert_eq!(data["race"], "");
        let raw = page.event(4);
        let files = &raw["data"];
        assert!(files["img_data"].as_str().unwrap().starts_with("/9j/"));
        for name in ["dg2", "dg14", "dg15", "sod"] {
            assert!(files[name].as_str().unwrap().len() > 100, "{name}");
        }
        assert_eq!(files["dg13"], "");
        assert!(raw["withheld"].as_array().unwrap().contains(&json!("dg13")));
        counter.slots.take_away(counter.reader);
        page.wait("removal", |value| value["data"]["status"] == "card_removed");
        page.leave();
    }
}

#[test]
fn a_page_that_is_gone_without_a_word_gives_its_reader_back_after_a_heartbeat() {
    let heartbeat = Heartbeat {
        every: Duration::from_millis(500),
        within: Duration::from_secs(5),
    };
    let counter = Counter::with(IN_FORCE, Disclosure::Ordinary, LONG, heartbeat);
    let token = counter.token(PAGE);
    let address = format!("http://{}?token={token}", counter.address);
    let options = ["--origin", PAGE, "--transport", "polling"];
    let Some(mut page) = Page::open(&address, &options) else {
        return;
    };
    page.ready();
    drop(page);
    let mut next = Page::open(&address, &options).unwrap();
    next.ready();
    next.leave();
}

#[test]
fn what_the_operator_switched_on_is_given_out_too() {
    let counter = Counter::open(IN_FORCE, Disclosure::Sensitive);
    let token = counter.token(PAGE);
    counter.lay_and_see(&token);
    let read = counter.post(
        "/api/read",
        PAGE,
        &token,
        &json!({"key": NUMBER}).to_string(),
    );
    assert_eq!(read.status(), 200, "{}", read.0);
    let body = read.body();
    assert_eq!(body["data"]["race"], "Kinh");
    assert!(body["data"]["dg13"].as_str().unwrap().len() > 100);
    assert_eq!(body["withheld"], json!([]));
}

#[test]
fn a_portrait_that_browsers_do_not_show_comes_as_one_that_they_do() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token(PAGE);
    // The chip holds JPEG 2000.
    let persona = persona::find("dung").unwrap();
    let laid = counter.slots.lay(counter.reader, &persona, Pace::Free);
    laid.unwrap();
    counter.see(&token);
    let key = json!({"key": persona.can()}).to_string();
    let read = counter.post("/api/read", PAGE, &token, &key);
    assert_eq!(read.status(), 200, "{}", read.0);
    let data = read.body()["data"].take();
    assert_eq!(data["img_mime"], "image/png");
    let picture = data["img_data"].as_str().unwrap();
    assert!(picture.starts_with("iVBORw0KGgo"));
    // The file is as the chip has it.
    assert!(data["dg2"].as_str().unwrap().len() > 1_000);
}

#[test]
fn a_second_page_hears_who_has_the_reader_and_nothing_else() {
    let counter = Counter::open(IN_FORCE, Disclosure::Sensitive);
    let address = format!("http://{}", counter.address);
    let (token, other) = (counter.token(PAGE), counter.token(OTHER));
    let Some(mut page) = Page::open(
        &address,
        &[
            "--auth",
            &token,
            "--origin",
            PAGE,
            "--transport",
            "websocket",
        ],
    ) else {
        return;
    };
    page.ready();
    let mut second = Page::open(
        &address,
        &[
            "--auth",
            &other,
            "--origin",
            OTHER,
            "--transport",
            "websocket",
        ],
    )
    .unwrap();
    let taken = second.event(3);
    assert_eq!(taken["code"], "agent.reader_claimed");
    assert_eq!(taken["holder"], PAGE);
    // The same origin in another tab is another page.
    let mut tab = Page::open(
        &address,
        &[
            "--auth",
            &token,
            "--origin",
            PAGE,
            "--transport",
            "websocket",
        ],
    )
    .unwrap();
    tab.event(3);
    page.say(&format!("key {NUMBER}"));
    counter.lay();
    page.event(4);
    nothing_personal(&second.all());
    nothing_personal(&tab.all());
    // REST asks for the same reader.
    let refused = counter.post("/api/read", OTHER, &other, "");
    assert_eq!(
        (refused.status(), refused.code().as_str()),
        (409, "agent.reader_claimed")
    );
    nothing_personal(&refused.0);
    // What is free goes to whoever waits.
    page.say("quit");
    second.ready();
}

#[test]
fn a_card_that_is_not_in_force_is_a_failure_without_a_person() {
    let counter = Counter::open(EXPIRED, Disclosure::Sensitive);
    let address = format!("http://{}", counter.address);
    let token = counter.token(PAGE);
    let Some(mut page) = Page::open(
        &address,
        &[
            "--auth",
            &token,
            "--origin",
            PAGE,
            "--transport",
            "websocket",
        ],
    ) else {
        return;
    };
    page.ready();
    page.say(&format!("key {NUMBER}"));
    counter.lay();
    let failed = page.event(3);
    assert_eq!(failed["verdict"], "not_in_force", "{failed}");
    assert_eq!(failed["code"], "validity.document_expired");
    assert_eq!(failed["verified"], false);
    assert!(failed["message"].as_str().unwrap().len() > 10);
    nothing_personal(&page.all());
}

#[test]
fn a_wrong_key_is_asked_for_again_and_never_told_as_a_person() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let address = format!("http://{}", counter.address);
    let token = counter.token(PAGE);
    let Some(mut page) = Page::open(
        &address,
        &[
            "--auth",
            &token,
            "--origin",
            PAGE,
            "--transport",
            "websocket",
        ],
    ) else {
        return;
    };
    page.ready();
    counter.lay();
    page.event(1);
    page.wait("question", |value| value["data"]["status"] == "key_wanted");
    page.say("key 999999");
    let again =
        |value: &Value| value["data"]["status"] == "key_wanted" && value["data"]["why"] == "wrong";
    page.wait("second question", again);
    page.say("emit /key {\"not\": \"a text\"}");
    assert_eq!(page.event(3)["code"], "agent.malformed");
    page.say(&format!("key {NUMBER}"));
    assert_eq!(page.event(2)["data"]["idCode"], NUMBER);
}

#[test]
fn whoever_may_not_ask_gets_no_word_about_the_machine() {
    let counter = Counter::open(IN_FORCE, Disclosure::Sensitive);
    counter.lay();
    let token = counter.token(PAGE);
    let polling = "/socket.io/?EIO=4&transport=polling";
    let paths = [polling, "/api/status", "/push", "/", "/nowhere"];
    for path in paths {
        // A foreign page, a foreign name for this machine, a page without an origin of its own.
        for (host, about) in [
            ("HOST", "Origin: https://evil.example".to_owned()),
            ("HOST", "Origin: null".to_owned()),
            ("HOST", format!("Origin: {PAGE}.evil.example")),
            ("HOST", "Sec-Fetch-Site: cross-site".to_owned()),
            ("evil.example:8000", format!("Origin: {PAGE}")),
            ("evil.example", "Accept: */*".to_owned()),
        ] {
            let auth = format!("Authorization: Bearer {token}");
            let refused = counter.http(
                &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{about}\r\n{auth}"),
                "",
            );
            assert_eq!(refused.status(), 403, "{path} {about}: {}", refused.0);
            let lower = refused.0.to_lowercase();
            assert!(!lower.contains("access-control"), "{}", refused.0);
            for word in ["virtual reader", "\"sid\"", "cancuoc", "citizen_card"] {
                assert!(!lower.contains(word), "{word} in {}", refused.0);
            }
            nothing_personal(&refused.0);
        }
        let preflight = counter.http(
            &format!("OPTIONS {path} HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example"),
            "",
        );
        assert_eq!(preflight.status(), 403);
    }
    // An origin that may ask, without a token that is its own.
    let other = counter.token(OTHER);
    for wrong in ["", "x", &other, &format!("{token}x")] {
        let refused = counter.get("/api/status", PAGE, wrong);
        assert_eq!(
            (refused.status(), refused.code().as_str()),
            (401, "agent.token")
        );
        let refused = counter.post("/api/read", PAGE, wrong, "");
        assert_eq!(refused.status(), 401);
    }
    let local = counter.http(
        &format!("GET /api/status?token={token} HTTP/1.1\r\nHost: HOST"),
        "",
    );
    assert_eq!(local.status(), 401, "a page's token is no program's");
    // What an admitted page is told of its browser's questions.
    let preflight = counter.http(
        &format!(
            "OPTIONS /api/read HTTP/1.1\r\nHost: HOST\r\nOrigin: {PAGE}\r\n\
             Access-Control-Request-Private-Network: true"
        ),
        "",
    );
    let said = preflight.0.to_lowercase();
    assert_eq!(preflight.status(), 204);
    assert!(
        said.contains(&format!("access-control-allow-origin: {PAGE}")),
        "{said}"
    );
    assert!(
        said.contains("access-control-allow-private-network: true"),
        "{said}"
    );
}

#[test]
fn a_foreign_client_without_a_token_is_not_let_in() {
    let counter = Counter::open(IN_FORCE, Disclosure::Sensitive);
    counter.lay();
    let address = format!("http://{}", counter.address);
    let other = counter.token(OTHER);
    for options in [
        vec!["--origin", PAGE],
        vec!["--origin", PAGE, "--auth", &other],
        vec!["--origin", "https://evil.example", "--auth", &other],
        vec!["--auth", &other],
    ] {
        let Some(mut page) = Page::open(&address, &options) else {
            return;
        };
        page.wait("refusal", |value| value["channel"] == "refused");
        let all = page.all();
        assert!(
            !all.contains("/event") && !all.contains("\"connect\""),
            "{all}"
        );
        nothing_personal(&all);
    }
}

#[test]
fn the_rest_form_answers_with_the_statuses_that_are_known() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token(PAGE);
    let key = json!({"key": NUMBER}).to_string();
    let read = |body: &str| counter.post("/api/read", PAGE, &token, body);
    let refused = |reply: Reply| (reply.status(), reply.code());
    assert_eq!(refused(read(&key)), (404, "card.none".to_owned()));
    let status = counter.get("/api/status", PAGE, &token).body();
    assert_eq!(
        status,
        json!({"reader": true, "card": false, "busy": false})
    );
    counter.lay_and_see(&token);
    assert_eq!(refused(read("")), (422, "key.missing".to_owned()));
    assert_eq!(
        refused(read("{\"key\": 36195000123}")),
        (400, "agent.malformed".to_owned())
    );
    assert_eq!(
        refused(read("{\"kay\": \"1\"}")),
        (400, "agent.malformed".to_owned())
    );
    assert_eq!(read(&"x".repeat(100_000)).status(), 413);
    let reply = read(&key);
    assert_eq!(reply.status(), 200, "{}", reply.0);
    let body = reply.body();
    assert_eq!(body["success"], true);
    assert_eq!(body["verdict"], "genuine");
    assert_eq!(body["data"]["idCode"], NUMBER);
    assert!(
        body["data"]["img_data"]
            .as_str()
            .unwrap()
            .starts_with("/9j/")
    );
    // A form of a foreign page can send neither of these; no GET does anything.
    let form = counter.http(
        &format!(
            "POST /api/read HTTP/1.1\r\nHost: HOST\r\nOrigin: {PAGE}\r\n\
             Authorization: Bearer {token}\r\nContent-Type: text/plain"
        ),
        &key,
    );
    assert_eq!(refused(form), (415, "agent.media_type".to_owned()));
    assert_eq!(counter.get("/api/read", PAGE, &token).status(), 405);
    assert_eq!(counter.get("/api/nothing", PAGE, &token).status(), 404);
    counter.slots.detach(counter.reader);
    assert_eq!(refused(read(&key)), (503, "reader.none".to_owned()));
}

#[test]
fn a_pairing_code_gives_a_token_for_the_address_of_the_page_that_may_ask() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let code = counter
        .pairing
        .begin(&mut System, Timestamp::now())
        .unwrap();
    let body = json!({"code": code.digits.as_str()}).to_string();
    let wrong = counter.post("/api/pair", PAGE, "", "{\"code\": \"x\"}");
    assert_eq!(
        (wrong.status(), wrong.code().as_str()),
        (403, "agent.pairing")
    );
    let foreign = counter.post("/api/pair", "https://evil.example", "", &body);
    assert_eq!(foreign.status(), 403);
    let paired = counter.post("/api/pair", PAGE, "", &body).body();
    assert_eq!(paired["origin"], PAGE);
    let token = paired["token"].as_str().unwrap();
    assert_eq!(counter.get("/api/status", PAGE, token).status(), 200);
    assert_eq!(counter.get("/api/status", OTHER, token).status(), 401);
    let again = counter.post("/api/pair", PAGE, "", &body);
    assert_eq!(again.status(), 403);
    // Ten attempts in a minute, whatever the codes. A machine that takes long for each has more of them.
    let tried = || counter.post("/api/pair", PAGE, "", "{\"code\": \"x\"}");
    let last = std::iter::repeat_with(tried).take(100);
    let flood = last
        .into_iter()
        .find(|reply| reply.status() != 403)
        .unwrap();
    assert_eq!(
        (flood.status(), flood.code().as_str()),
        (429, "agent.flood")
    );
}

#[test]
fn cards_are_pushed_to_the_page_that_listens() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token("local");
    let address = format!("ws://{}/push?token={token}", counter.address);
    let stream = TcpStream::connect(counter.address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let request = ClientRequestBuilder::new(address.parse().unwrap());
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    let key = json!({"key": NUMBER}).to_string();
    socket.send(key.into()).unwrap();
    let mut next = |wanted: &str| loop {
        let message = socket.read().unwrap();
        let event: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if event["event"] == wanted {
            return event;
        }
        assert_eq!(event["event"], "Status", "{event}");
    };
    counter.lay();
    next("CardInserted");
    let read = next("CardReadSuccess");
    assert_eq!(read["data"]["data"]["personName"], NAME);
    assert_eq!(read["data"]["verified"], true);
    counter.slots.take_away(counter.reader);
    next("CardRemoved");
    // Nobody else hears.
    let refused = counter.post("/api/read", PAGE, &counter.token(PAGE), "");
    assert_eq!(refused.status(), 409);
}

#[test]
fn whoever_is_revoked_hears_nothing_of_the_next_card() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token("local");
    let address = format!("ws://{}/push?token={token}", counter.address);
    let stream = TcpStream::connect(counter.address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let request = ClientRequestBuilder::new(address.parse().unwrap());
    let (mut socket, _) = tungstenite::client(request, stream).unwrap();
    let key = json!({"key": NUMBER}).to_string();
    socket.send(key.into()).unwrap();
    assert!(socket.read().unwrap().to_text().unwrap().contains("Status"));
    let kept = counter.tokens.all().unwrap();
    counter.tokens.revoke(&kept[0].id).unwrap();
    counter.lay();
    let mut heard = String::new();
    while let Ok(message) = socket.read() {
        heard.push_str(message.to_text().unwrap_or_default());
    }
    assert!(heard.contains("agent.token"), "{heard}");
    assert!(!heard.contains("CardInserted"), "{heard}");
    nothing_personal(&heard);
}

#[test]
fn refusals_are_logged_and_counted_by_their_codes_alone() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token(PAGE);
    let refusals = [
        (
            counter.get("/api/status", "https://evil.example", &token),
            "agent.origin",
        ),
        (counter.get("/api/status", OTHER, &token), "agent.token"),
        (counter.get("/nowhere", PAGE, &token), "agent.no_such_path"),
        (counter.get("/api/read", PAGE, &token), "agent.method"),
        (
            counter.post("/api/key", PAGE, &token, "{"),
            "agent.malformed",
        ),
        (
            counter.post("/api/pair", PAGE, "", "{\"code\": \"12345678\"}"),
            "agent.pairing",
        ),
    ];
    counter.log.end();
    let told = String::from_utf8(counter.told.lock().unwrap().clone()).unwrap();
    let figures = counter.metrics.text(&Gauges::default());
    for (reply, code) in refusals {
        assert_eq!(reply.code(), code, "{}", reply.0);
        let line = format!("\"code\":\"{code}\"");
        assert_eq!(told.matches(&line).count(), 1, "{code}: {told}");
        assert!(
            figures.contains(&format!("reason=\"{code}\"")),
            "{code}: {figures}"
        );
    }
    assert!(told.contains("session_opened"), "{told}");
    assert!(
        !told.contains("evil") && !told.contains("12345678"),
        "{told}"
    );
}

#[test]
fn a_second_page_of_the_same_token_listens_in_place_of_the_first() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token("local");
    let open = || {
        let address = format!("ws://{}/push?token={token}", counter.address);
        let stream = TcpStream::connect(counter.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let request = ClientRequestBuilder::new(address.parse().unwrap());
        tungstenite::client(request, stream).unwrap().0
    };
    let mut first = open();
    let ready = first.read().unwrap();
    assert!(ready.to_text().unwrap().contains("Status"));
    let mut second = open();
    let ended = |socket: &mut tungstenite::WebSocket<TcpStream>| {
        loop {
            match socket.read() {
                Ok(message) if message.is_close() => return,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    };
    ended(&mut first);
    // The first one's end is none of the second's.
    second
        .send(json!({"key": NUMBER}).to_string().into())
        .unwrap();
    counter.lay();
    let read = loop {
        let message = second.read().unwrap();
        let event: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if event["event"] == "CardReadSuccess" {
            break event;
        }
        assert_ne!(event["event"], "CardReadFailed", "{event}");
    };
    assert_eq!(read["data"]["data"]["personName"], NAME);
}

#[test]
fn a_page_that_was_left_behind_on_this_port_is_no_program() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token("local");
    let own = format!("http://{}", counter.address);
    let asked = |site: &str| {
        let auth = format!("Authorization: Bearer {token}");
        let head = format!("GET /api/status HTTP/1.1\r\nHost: HOST\r\nOrigin: {own}\r\n{auth}");
        counter.http(&format!("{head}{site}"), "").status()
    };
    assert_eq!(asked(""), 200);
    assert_eq!(asked("\r\nSec-Fetch-Site: same-origin"), 403);
    let code = counter
        .pairing
        .begin(&mut System, Timestamp::now())
        .unwrap();
    let head = "POST /api/pair HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json";
    let head = format!("{head}\r\nOrigin: {own}\r\nSec-Fetch-Site: same-origin");
    let body = json!({"code": code.digits.as_str()}).to_string();
    assert_eq!(counter.http(&head, &body).status(), 403);
}

#[test]
fn floods_and_slow_or_endless_requests_end_and_the_facade_lives_on() {
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let token = counter.token(PAGE);
    // A head without end, a body without end, a message of the WebSocket without end.
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nX: {}",
        counter.address,
        "x".repeat(100_000)
    );
    assert!(counter.raw(&endless).status() >= 400 || counter.raw(&endless).0.is_empty());
    let mut stream = TcpStream::connect(counter.address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let upgrade = format!(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {}\r\nOrigin: {PAGE}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        counter.address
    );
    stream.write_all(upgrade.as_bytes()).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    // A frame that says it is of 32 MiB (RFC 6455 §5.2).
    let mut frame = vec![0x81, 0xFF];
    frame.extend(u64::to_be_bytes(32 * 1024 * 1024));
    frame.extend([0; 4]);
    stream.write_all(&frame).unwrap();
    let sent = (0..32).take_while(|_| stream.write_all(&[b'x'; 1024 * 1024]).is_ok());
    assert!(sent.count() < 32, "all of a flood was taken");
    let mut codes = Vec::new();
    for _ in 0..130 {
        codes.push(counter.get("/api/status", PAGE, &token).status());
    }
    assert!(
        codes.iter().all(|status| matches!(status, 200 | 429)),
        "{codes:?}"
    );
    thread::sleep(Duration::from_millis(200));
    let status = counter.get("/api/status", PAGE, &token);
    assert_eq!(status.status(), 200, "{}", status.0);
}

#[test]
fn a_body_has_its_time_and_is_not_waited_for_without_a_token() {
    let stall = Duration::from_millis(300);
    let counter = Counter::open_within(IN_FORCE, Disclosure::Ordinary, stall);
    let token = counter.token(PAGE);
    // One byte, and never the whole.
    let begun = |path: &str, token: &str| {
        let mut stream = TcpStream::connect(counter.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nOrigin: {PAGE}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{{",
            counter.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        Reply(String::from_utf8_lossy(&said).into_owned())
    };
    for path in ["/api/key", "/api/pair"] {
        let late = begun(path, &token);
        assert_eq!(late.status(), 408, "{}", late.0);
        assert!(late.0.contains("agent.slow"), "{}", late.0);
    }
    drop(counter);
    // Here nobody would live to see the end of the time.
    let counter = Counter::open(IN_FORCE, Disclosure::Ordinary);
    let mut stream = TcpStream::connect(counter.address).unwrap();
    stream.set_read_timeout(Some(LONG / 2)).unwrap();
    let head = format!(
        "POST /api/key HTTP/1.1\r\nHost: {}\r\nOrigin: {PAGE}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n",
        counter.address,
        "x".repeat(43)
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 401");
}
