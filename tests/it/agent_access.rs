//! Who may ask the agent, tried by those who may not: foreign pages, foreign names, no token, floods,
//! half requests. Whatever they get is searched for the person whose card is read meanwhile.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::agent::desk;
use cancuoc::agent::desk::Desk;
use cancuoc::agent::door;
use cancuoc::agent::door::Door;
use cancuoc::agent::door::limits;
use cancuoc::agent::door::origin::Origin;
use cancuoc::agent::door::origin::Twin;
use cancuoc::agent::door::pair::Pairing;
use cancuoc::agent::door::pass::Site;
use cancuoc::agent::door::state::State;
use cancuoc::agent::door::token::Tokens;
use cancuoc::agent::judge::Judge;
use cancuoc::agent::judge::Sources;
use cancuoc::agent::judge::TestMaterial;
use cancuoc::agent::ops::log::Level;
use cancuoc::agent::ops::log::Log;
use cancuoc::agent::slots::Pace;
use cancuoc::agent::slots::SlotId;
use cancuoc::agent::slots::VirtualSlots;
use cancuoc::crypto::random::System;
use cancuoc::registry::Context;
use cancuoc::registry::RegistryOptions;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;
use cancuoc::sim::persona;
use cancuoc::sim::persona::Persona;
use cancuoc::verify::Policy;
use jiff::Timestamp;
use jiff::ToSpan as _;
use serde_json::Value;
use serde_json::json;
use tungstenite::ClientRequestBuilder;
use tungstenite::Message;
use tungstenite::WebSocket;
use tungstenite::http::Uri;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::frame::coding::Data;
use tungstenite::protocol::frame::coding::OpCode;

/// A page that may ask.
const PAGE: &str = "https://counter.example";

/// Another one.
const OTHER: &str = "https://desk.example";

/// A page that may not.
const EVIL: &str = "https://evil.example";

/// Longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(100);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An agent with one virtual reader.
struct House {
    door: Option<Door>,
    slots: Arc<VirtualSlots>,
    reader: SlotId,
    address: SocketAddr,
    folder: PathBuf,
    site: DeviceKey,
}

impl House {
    fn open() -> Self {
        Self::stalling(limits::STALL)
    }

    /// One that waits so long for whoever takes nothing, or does not go on.
    fn stalling(stall: Duration) -> Self {
        let judge = Judge::open(Sources {
            trust: Vec::new(),
            test_material: TestMaterial::Foreign,
            policy: Policy::counter(),
            registry: "none".to_owned(),
            registry_options: RegistryOptions::default(),
            context: Context::default(),
            disclose: Vec::new(),
            now: None,
        });
        let (news, heard) = mpsc::channel();
        let slots = Arc::new(VirtualSlots::new(news));
        let reader = slots.attach("Virtual reader 1");
        let settings = desk::Settings {
            // Longer than a test waits: a session ends before only where somebody ends it.
            grace: Duration::from_secs(3600),
            ..desk::Settings::new(Arc::new(judge.unwrap()))
        };
        let desk = Desk::open(settings, slots.clone(), heard).unwrap();
        let number = NEXT.fetch_add(1, Relaxed);
        let name = format!("cancuoc-access-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let site = DeviceKey::generate(&mut System).unwrap();
        let log = Arc::new(Log::to(Level::All, |_| {}));
        let mut settings = door::Settings::new("127.0.0.1:0".parse().unwrap(), folder.clone(), log);
        settings.stall = stall;
        settings.origins = [PAGE, OTHER]
            .map(|one| Origin::parse(one).unwrap())
            .to_vec();
        settings.sites = vec![Site {
            origin: Origin::parse(PAGE).unwrap(),
            key: site.public().id(),
        }];
        let door = Door::open(settings, desk).unwrap();
        Self {
            address: door.address(),
            door: Some(door),
            slots,
            reader,
            folder,
            site,
        }
    }

    fn lay(&self) -> Persona {
        let persona = persona::find("an").unwrap();
        self.slots.lay(self.reader, &persona, Pace::Free).unwrap();
        persona
    }

    fn state(&self) -> State {
        State::open(self.folder.clone()).unwrap()
    }

    fn host(&self) -> String {
        self.address.to_string()
    }

    fn code(&self) -> String {
        let code = Pairing::new(self.state()).begin(&mut System, Timestamp::now());
        code.unwrap().digits.to_string()
    }

    /// A token of an origin, or of a program where there is none.
    fn token(&self, origin: &str) -> String {
        let code = self.code();
        let answer = self.post("/v1/pair", origin, "", &json!({"code": code}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["ok"]["token"].as_str().unwrap().to_owned()
    }

    /// Sends octets, and takes what comes until the other side has enough.
    fn raw(&self, octets: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // It may have had enough before all is out.
        let _ = stream.write_all(octets);
        let mut all = Vec::new();
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => all.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        Answer::of(all)
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text.push_str(&format!("Host: {}\r\n", self.host()));
        }
        for (name, value) in headers {
            if !value.is_empty() {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        self.raw(format!("{text}\r\n{body}").as_bytes())
    }

    fn post(&self, path: &str, origin: &str, token: &str, body: &Value) -> Answer {
        let bearer = bearer(token);
        let headers = [
            ("Origin", origin),
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        self.ask("POST", path, &headers, &body.to_string())
    }

    fn get(&self, path: &str, origin: &str, token: &str) -> Answer {
        let bearer = bearer(token);
        self.ask(
            "GET",
            path,
            &[("Origin", origin), ("Authorization", &bearer)],
            "",
        )
    }

    fn alive(&self) {
        let answer = self.get("/livez", "", "");
        assert_eq!((answer.status, answer.body.as_str()), (200, "alive\n"));
    }

    /// Waits until nobody is connected but whoever asks for the figures.
    fn await_alone(&self, token: &str) -> Duration {
        let since = Instant::now();
        loop {
            let figures = self.get("/metrics", "", token).body;
            let lines = figures.lines();
            let open = lines
                .filter_map(|line| line.strip_prefix("cancuoc_agent_connections "))
                .next()
                .unwrap();
            if open == "1" {
                return since.elapsed();
            }
            assert!(since.elapsed() < PATIENCE, "{open} connections stay");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A question for events that waits as long as it may.
    fn long_poll(&self, token: &str, session: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let asked = format!(
            "GET /v1/events?session={session}&wait=30 HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            self.host()
        );
        stream.write_all(asked.as_bytes()).unwrap();
        stream
    }

    fn socket(&self, origin: &str, token: &str) -> Result<Socket, Answer> {
        let uri: Uri = format!("ws://{}/v1/socket", self.address).parse().unwrap();
        let request = ClientRequestBuilder::new(uri)
            .with_header("Origin", origin)
            .with_sub_protocol("cancuoc.agent.1")
            .with_sub_protocol(format!("cancuoc.token.{token}"));
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, response)) => {
                let chosen = &response.headers()["sec-websocket-protocol"];
                assert_eq!(chosen, "cancuoc.agent.1");
                Ok(Socket {
                    socket,
                    seen: String::new(),
                    asked: 0,
                })
            }
            // What was read ahead of the body is no whole answer: it is asked for again by hand.
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(_))) => {
                let text = format!(
                    "GET /v1/socket HTTP/1.1\r\nHost: {}\r\nOrigin: {origin}\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: cancuoc.agent.1, cancuoc.token.{token}\r\n\r\n",
                    self.host()
                );
                Err(self.raw(text.as_bytes()))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Somebody of the page who has the reader.
    fn clerk(&self, token: &str) -> Socket {
        let mut clerk = self.socket(PAGE, token).unwrap();
        clerk.hello();
        clerk.ok(json!({"command": "claim", "reader": "r1"}));
        clerk
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(door) = self.door.take() {
            door.close();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn bearer(token: &str) -> String {
    match token {
        "" => String::new(),
        token => format!("Bearer {token}"),
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn of(octets: Vec<u8>) -> Self {
        let text = String::from_utf8(octets).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.as_str(), ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Self {
            status: status.unwrap_or_default(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    fn code(&self) -> String {
        let json = self.json();
        for words in ["message", "remedy"] {
            for lang in ["vi", "en"] {
                assert!(json["error"][words][lang].is_string(), "{self:?}");
            }
        }
        json["error"]["code"].as_str().unwrap().to_owned()
    }

    fn all(&self) -> String {
        format!("{}\n{}", self.head, self.body)
    }
}

/// A WebSocket, and all that came over it.
struct Socket {
    socket: WebSocket<TcpStream>,
    seen: String,
    asked: u32,
}

impl Socket {
    /// The next message; none when the other side has closed.
    fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    self.seen.push_str(text.as_str());
                    self.seen.push('\n');
                    return Some(serde_json::from_str(text.as_str()).unwrap());
                }
                Ok(Message::Close(frame)) => {
                    let reason = frame.map(|frame| frame.reason.as_str().to_owned());
                    self.seen.push_str(&reason.unwrap_or_default());
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    fn say(&mut self, mut command: Value) -> Value {
        self.asked += 1;
        let id = format!("c{}", self.asked);
        command["id"] = json!(id);
        self.send(&command.to_string());
        loop {
            let message = self.next().unwrap();
            if message.get("event").is_none() {
                assert_eq!(message["reply_to"], json!(id), "{message}");
                return message;
            }
        }
    }

    fn ok(&mut self, command: Value) -> Value {
        let reply = self.say(command);
        assert!(reply.get("ok").is_some(), "{reply}");
        reply["ok"].clone()
    }

    fn code(&mut self, command: Value) -> String {
        let reply = self.say(command);
        reply["error"]["code"].as_str().unwrap().to_owned()
    }

    fn hello(&mut self) -> Value {
        let welcome = self.ok(json!({"command": "hello", "level": 1}));
        if welcome["readers"] == json!([]) {
            self.expect("reader_attached");
        }
        welcome
    }

    fn expect(&mut self, name: &str) -> Value {
        loop {
            let message = self
                .next()
                .unwrap_or_else(|| panic!("no {name}: {}", self.seen));
            if message["event"] == name {
                return message;
            }
        }
    }

    /// Reads the card to its result.
    fn read(&mut self, persona: &Persona) -> Value {
        self.ok(json!({"command": "read", "reader": "r1", "key": persona.can(), "portrait": true}));
        self.expect("result")
    }
}

/// Every value of a person that must not be told, the photo's octets among them.
fn values(persona: &Persona, result: &Value) -> Vec<String> {
    let citizen = &persona.citizen;
    let mut values = vec![
        citizen.name.clone(),
        citizen.number.clone(),
        citizen.residence.clone(),
        citizen.birth.to_string(),
        persona.can(),
    ];
    for date in [Some(citizen.issued), citizen.expires]
        .into_iter()
        .flatten()
    {
        values.push(date.to_string());
        values.push(date.strftime("%d/%m/%Y").to_string());
        values.push(date.strftime("%d%m%Y").to_string());
    }
    let portrait = result["report"]["portrait"]["base64"].as_str().unwrap();
    for at in [0, portrait.len() / 2, portrait.len() - 64] {
        values.push(portrait[at..at + 48].to_owned());
    }
    values
}

fn assert_silent(text: &str, values: &[String]) {
    for value in values {
        assert!(!text.contains(value.as_str()), "{value} crossed");
    }
}

/// What a stranger may not learn about the machine either.
fn assert_nothing_of_the_machine(answer: &Answer) {
    let all = answer.all();
    for word in [
        "access-control",
        "virtual reader",
        "session",
        env!("CARGO_PKG_VERSION"),
        "/tmp",
    ] {
        assert!(!all.contains(word), "{word}: {all}");
    }
}

#[test]
fn foreign_pages_names_and_tokens_are_refused_and_nothing_personal_crosses() {
    let house = House::open();
    let token = house.token(PAGE);
    let (theirs, local) = (house.token(OTHER), house.token(""));
    let persona = house.lay();
    let mut clerk = house.clerk(&token);
    let result = clerk.read(&persona);
    let session = {
        let mut second = house.socket(PAGE, &token).unwrap();
        second.hello()["session"].as_str().unwrap().to_owned()
    };
    let mut got = String::new();
    let mut refused = |answer: Answer, status: u16, code: &str| {
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{answer:?}"
        );
        got.push_str(&answer.all());
        answer
    };
    let host = house.host();
    let port = house.address.port();
    let bearer = bearer(&token);
    let json = ("Content-Type", "application/json");

    // A page that was not allowed: whatever it asks, and with whatever token.
    let evil = [
        EVIL,
        "null",
        "http://counter.example",
        "https://counter.example.evil.example",
    ];
    for origin in evil {
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/embed.js"),
            ("GET", "/livez"),
            ("GET", "/v1/socket"),
            ("GET", "/v1/events?session=x"),
            ("GET", "/metrics"),
            ("POST", "/v1/status"),
            ("POST", "/v1/pair"),
            ("OPTIONS", "/v1/status"),
        ] {
            let headers = [("Origin", origin), ("Authorization", &bearer), json];
            let answer = refused(house.ask(method, path, &headers, "{}"), 403, "agent.origin");
            assert_nothing_of_the_machine(&answer);
        }
        let answer = house.socket(origin, &token).err().unwrap();
        assert_nothing_of_the_machine(&refused(answer, 403, "agent.origin"));
    }
    // A picture or script of a foreign page has no Origin, but says whose it is.
    let picture = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "no-cors"),
    ];
    for path in ["/", "/icon.svg", "/embed.js", "/livez"] {
        assert_nothing_of_the_machine(&refused(
            house.ask("GET", path, &picture, ""),
            403,
            "agent.origin",
        ));
    }

    // A foreign name for this machine: DNS rebinding.
    let foreign = [
        format!("evil.example:{port}"),
        "evil.example".to_owned(),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost:{}", port ^ 1),
    ];
    for name in &foreign {
        let own = format!("http://{name}");
        for headers in [
            vec![("Host", name.as_str()), ("Authorization", bearer.as_str())],
            vec![("Host", name.as_str()), ("Origin", own.as_str())],
            vec![("Host", name.as_str()), ("Sec-Fetch-Site", "same-origin")],
        ] {
            for path in ["/", "/v1/socket", "/livez"] {
                let answer = refused(house.ask("GET", path, &headers, ""), 403, "agent.host");
                assert_nothing_of_the_machine(&answer);
            }
        }
    }
    let none = house.raw(b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n");
    refused(none, 403, "agent.host");
    let old = house.raw(b"GET /livez HTTP/1.0\r\n\r\n");
    refused(old, 403, "agent.host");
    let two = format!(
        "GET /livez HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    refused(house.raw(two.as_bytes()), 403, "agent.host");
    let target = format!(
        "GET http://evil.example/livez HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    refused(house.raw(target.as_bytes()), 403, "agent.host");

    // No token, half a token, somebody else's.
    let cut = &token[..token.len() - 1];
    let own = format!("http://{host}");
    for (origin, token) in [
        (PAGE, ""),
        (PAGE, cut),
        (PAGE, theirs.as_str()),
        (PAGE, local.as_str()),
        (OTHER, token.as_str()),
        ("", token.as_str()),
        (own.as_str(), token.as_str()),
    ] {
        refused(
            house.get("/v1/events?session=x", origin, token),
            401,
            "agent.token",
        );
        refused(house.get("/metrics", origin, token), 401, "agent.token");
        refused(house.get("/readyz", origin, token), 401, "agent.token");
        refused(
            house.post("/v1/hello", origin, token, &json!({"id": "1", "level": 1})),
            401,
            "agent.token",
        );
        if !origin.is_empty() {
            refused(
                house.socket(origin, token).err().unwrap(),
                401,
                "agent.token",
            );
        }
    }
    let twice = [
        ("Authorization", bearer.as_str()),
        ("Authorization", bearer.as_str()),
        ("Origin", PAGE),
    ];
    refused(house.ask("GET", "/readyz", &twice, ""), 401, "agent.token");

    // A GET changes nothing, and a form's post is none of ours.
    let page = [("Origin", PAGE), ("Authorization", bearer.as_str())];
    for path in ["/v1/hello", "/v1/claim", "/v1/read", "/v1/end", "/v1/pair"] {
        for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
            let answer = house.ask(method, path, &page, "");
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    let headed = house.ask("HEAD", &format!("/v1/events?session={session}"), &page, "");
    assert_eq!(headed.status, 405);
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        for path in ["/v1/hello", "/v1/pair", "/v1/end"] {
            let headers = [page[0], page[1], ("Content-Type", kind)];
            refused(
                house.ask("POST", path, &headers, "{\"code\":\"1\"}"),
                415,
                "agent.media_type",
            );
        }
    }
    refused(
        house.get("/nothing", PAGE, &token),
        404,
        "agent.no_such_path",
    );
    refused(
        house.get("/../../etc/passwd", PAGE, &token),
        404,
        "agent.no_such_path",
    );

    // Another's session is none.
    let events = format!("/v1/events?session={session}");
    refused(
        house.get(&events, OTHER, &theirs),
        404,
        "agent.session_gone",
    );
    refused(house.get(&events, "", &local), 404, "agent.session_gone");

    assert_silent(&got, &values(&persona, &result));
    assert!(
        clerk.seen.contains(&persona.citizen.number),
        "the owner has it"
    );
    house.alive();
}

#[test]
fn another_tab_sees_that_the_reader_is_taken_and_no_more() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.clerk(&token);
    let mut tab = house.socket(PAGE, &token).unwrap();
    tab.hello();
    let taken = tab.say(json!({"command": "claim", "reader": "r1"}));
    assert_eq!(taken["error"]["status"], 409);
    assert_eq!(taken["error"]["holder"], PAGE);
    let mut elsewhere = house.socket(OTHER, &house.token(OTHER)).unwrap();
    elsewhere.hello();
    let persona = house.lay();
    let result = clerk.read(&persona);
    for stranger in [&mut tab, &mut elsewhere] {
        for command in ["read", "key", "continue", "cancel", "end", "release"] {
            let mut command = json!({"command": command, "reader": "r1"});
            if command["command"] == "key" {
                command["key"] = json!("123456");
            }
            let reply = stranger.say(command);
            assert_eq!(reply["error"]["status"], 409, "{reply}");
        }
        assert_silent(&stranger.seen, &values(&persona, &result));
        assert!(!stranger.seen.contains("\"partial\"") && !stranger.seen.contains("\"result\""));
    }
}

#[test]
fn only_pages_that_may_ask_get_an_answer_before_they_ask() {
    let house = House::open();
    let headers = |origin| {
        [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            (
                "Access-Control-Request-Headers",
                "authorization,content-type",
            ),
            ("Access-Control-Request-Private-Network", "true"),
        ]
    };
    let answer = house.ask("OPTIONS", "/v1/read", &headers(PAGE), "");
    assert_eq!(answer.status, 204);
    for line in [
        "access-control-allow-origin: https://counter.example",
        "access-control-allow-headers: authorization, content-type",
        "access-control-allow-private-network: true",
        "vary: origin",
    ] {
        assert!(answer.head.contains(line), "{}", answer.head);
    }
    assert!(!answer.head.contains("credentials"));
    assert_eq!(
        house.ask("OPTIONS", "/v1/read", &headers(EVIL), "").status,
        403
    );
    assert_eq!(house.ask("OPTIONS", "/v1/read", &[], "").status, 405);
    // The page itself says what it may do, and nobody may frame it unasked.
    let page = house.get("/", "", "");
    for line in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "frame-ancestors 'none'",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
    ] {
        assert!(page.head.contains(line), "{}", page.head);
    }
    assert!(!page.head.contains("access-control"));
}

#[test]
fn codes_are_guessed_in_vain_and_passes_taken_once() {
    let house = House::open();
    let pair = |origin: &str, body: Value| house.post("/v1/pair", origin, "", &body);
    let code = house.code();
    let wrong = if code == "00000000" {
        "00000001"
    } else {
        "00000000"
    };
    for _ in 0..5 {
        let answer = pair(PAGE, json!({"code": wrong}));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (403, "agent.pairing")
        );
    }
    assert_eq!(pair(PAGE, json!({"code": code})).code(), "agent.pairing");
    for body in [
        json!({}),
        json!([]),
        json!({"code": 1}),
        json!({"code": "1", "more": 1}),
    ] {
        assert_eq!(pair(PAGE, body).status, 400);
    }
    // Whatever comes next is one too many, were it right.
    let flooded = (0..100).any(|_| pair(PAGE, json!({"code": wrong})).code() == "agent.flood");
    assert!(flooded);

    let house = House::open();
    let until = (Timestamp::now() + 1.hour()).to_string();
    let pass = json!({
        "schema": "cancuoc.pass/1", "origin": PAGE, "officer": "officer-7", "until": until,
        "nonce": "AAAAAAAAAAAAAAAAAAAAAA==",
    });
    let pass = sign(pass, &house.site, Timestamp::now()).unwrap();
    let shown = |origin| house.post("/v1/pair", origin, "", &json!({"pass": pass}));
    assert_eq!(shown(OTHER).code(), "agent.pass");
    let given = shown(PAGE).json();
    assert_eq!(given["ok"]["officer"], "officer-7");
    // What programs are told of the answer.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/agent-api.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let described = &schema["$defs"]["paired"]["properties"]["ok"]["properties"];
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&given["ok"]), names(described));
    let token = given["ok"]["token"].as_str().unwrap();
    house.socket(PAGE, token).unwrap().hello();
    assert_eq!(shown(PAGE).code(), "agent.pass");
    let files = ["tokens.json", "passes.json", "address"];
    #[cfg(unix)]
    for file in files {
        use std::os::unix::fs::PermissionsExt as _;
        let about = std::fs::metadata(house.folder.join(file)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn whoever_is_revoked_is_cut_off() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.clerk(&token);
    let tokens = Tokens::new(house.state());
    tokens.revoke(&tokens.all().unwrap()[0].id).unwrap();
    while clerk.next().is_some() {}
    assert!(clerk.seen.ends_with("agent.token"), "{}", clerk.seen);
    assert_eq!(house.socket(PAGE, &token).err().unwrap().status, 401);
}

#[test]
fn neither_reply_nor_event_comes_by_a_token_that_was_revoked() {
    let house = House::open();
    let token = house.token(PAGE);
    let (mut clerk, mut other) = (house.clerk(&token), house.socket(PAGE, &token).unwrap());
    other.hello();
    let tokens = Tokens::new(house.state());
    tokens.revoke(&tokens.all().unwrap()[0].id).unwrap();
    // Both at once, before anybody looks at the token by the clock.
    other.send(&json!({"command": "readers", "id": "late"}).to_string());
    house.lay();
    while other.next().is_some() {}
    while clerk.next().is_some() {}
    assert!(!other.seen.contains("\"late\""), "{}", other.seen);
    for socket in [clerk, other] {
        assert!(!socket.seen.contains("card_"), "{}", socket.seen);
        assert!(socket.seen.ends_with("agent.token"), "{}", socket.seen);
    }
}

#[test]
fn a_flood_is_told_and_then_closed() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.socket(PAGE, &token).unwrap();
    clerk.hello();
    let flood = json!({"id": "f", "command": "readers"}).to_string();
    // What is refused of them exhausts all patience, also where they take half a minute.
    for _ in 0..limits::BURST * 20 {
        // It may be closed meanwhile.
        if clerk.socket.send(Message::text(flood.clone())).is_err() {
            break;
        }
    }
    while clerk.next().is_some() {}
    // For each command, and at the end for the connection.
    let told = clerk.seen.matches("\"agent.flood\"").count();
    assert!(told > 1, "{}", clerk.seen);
    assert!(clerk.seen.ends_with("agent.flood"), "{}", clerk.seen);
    house.alive();
    // Others have a bucket of their own, and so have programs.
    house.socket(PAGE, &token).unwrap().hello();
    let local = house.token("");
    let hello = house
        .post("/v1/hello", "", &local, &json!({"id": "1", "level": 1}))
        .json();
    let session = hello["ok"]["session"].as_str().unwrap().to_owned();
    let path = format!("/v1/readers?session={session}");
    // A machine that takes longer than the rate for each request is not flooded by it.
    let flooded = (0..limits::BURST * 4)
        .any(|_| house.post(&path, "", &local, &json!({"id": "2"})).status == 429);
    println!("flooded over REST: {flooded}");
    house.alive();
}

#[test]
fn messages_that_are_too_large_or_in_pieces() {
    let house = House::open();
    let token = house.token(PAGE);
    // In three pieces, it is a message as any.
    let mut clerk = house.socket(PAGE, &token).unwrap();
    let hello = json!({"id": "c1", "command": "hello", "level": 1}).to_string();
    let (first, rest) = hello.split_at(5);
    let (second, third) = rest.split_at(5);
    for (text, kind, last) in [
        (first, Data::Text, false),
        (second, Data::Continue, false),
        (third, Data::Continue, true),
    ] {
        let frame = Frame::message(text.to_owned(), OpCode::Data(kind), last);
        clerk.socket.send(Message::Frame(frame)).unwrap();
    }
    assert!(clerk.next().unwrap()["ok"]["session"].is_string());

    // One piece too large, and many that are too large together.
    let large = "x".repeat(limits::MAX_MESSAGE + 1);
    let _ = clerk.socket.send(Message::text(large.clone()));
    while clerk.next().is_some() {}
    let mut clerk = house.socket(PAGE, &token).unwrap();
    clerk.hello();
    for number in 0..limits::MAX_MESSAGE {
        let kind = if number == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let frame = Frame::message("x".repeat(1024), OpCode::Data(kind), false);
        if clerk.socket.send(Message::Frame(frame)).is_err() {
            break;
        }
    }
    while clerk.next().is_some() {}
    house.alive();

    let answer = house.post("/v1/hello", PAGE, &token, &json!({"id": large}));
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "agent.too_large")
    );
    let bearer = bearer(&token);
    let chunked = format!(
        "POST /v1/hello HTTP/1.1\r\nHost: {}\r\nOrigin: {PAGE}\r\nAuthorization: {bearer}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
        house.host(),
        large.len(),
    );
    assert_eq!(house.raw(chunked.as_bytes()).status, 413);
    let head = format!(
        "GET /livez HTTP/1.1\r\nHost: {}\r\nX: {large}\r\n\r\n",
        house.host()
    );
    assert!([0, 400, 431].contains(&house.raw(head.as_bytes()).status));
    house.alive();
}

#[test]
fn what_is_no_command_is_answered_with_a_code() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.socket(PAGE, &token).unwrap();
    clerk.hello();
    for (text, code) in [
        ("", "agent.malformed"),
        ("{", "agent.malformed"),
        ("[]", "agent.malformed"),
        ("nul\u{0}", "agent.malformed"),
        (
            r#"{"id":"1","id":"2","command":"readers"}"#,
            "agent.malformed",
        ),
        (
            r#"{"id":"1","command":"readers","more":1}"#,
            "agent.malformed",
        ),
        (
            r#"{"id":"1","command":"format_disk"}"#,
            "agent.unknown_command",
        ),
    ] {
        clerk.send(text);
        let reply = clerk.next().unwrap();
        assert_eq!(reply["error"]["code"], code, "{text}: {reply}");
    }
    clerk.socket.send(Message::binary(vec![0xFF; 16])).unwrap();
    assert_eq!(clerk.next().unwrap()["error"]["code"], "agent.request");
    clerk.ok(json!({"command": "readers"}));
    let mut newer = house.socket(PAGE, &token).unwrap();
    assert_eq!(
        newer.code(json!({"command": "readers"})),
        "agent.hello_first"
    );
    let level = newer.code(json!({"command": "hello", "level": 99}));
    assert_eq!(level, "agent.level");
    newer.hello();

    let local = house.token("");
    let post = |path: &str, body: &str| {
        let bearer = bearer(&local);
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
        ];
        house.ask("POST", path, &headers, body)
    };
    let hello = post("/v1/hello", r#"{"id":"1","level":1}"#).json();
    let session = hello["ok"]["session"].as_str().unwrap().to_owned();
    let at = |command: &str| format!("/v1/{command}?session={session}");
    for (path, body, status) in [
        (at("readers"), "{", 400),
        (at("readers"), "[]", 400),
        (at("claim"), r#"{"id":"1"}"#, 400),
        (at("format_disk"), r#"{"id":"1"}"#, 404),
        ("/v1/readers".to_owned(), r#"{"id":"1"}"#, 409),
        ("/v1/readers?session=x".to_owned(), r#"{"id":"1"}"#, 404),
        ("/v1/readers?session".to_owned(), r#"{"id":"1"}"#, 400),
        (at("readers"), r#"{"id":"1"}"#, 200),
    ] {
        let answer = post(&path, body);
        assert_eq!(answer.status, status, "{path} {body}: {answer:?}");
    }
    let plain = house.ask(
        "GET",
        "/v1/socket",
        &[("Authorization", &bearer(&local))],
        "",
    );
    assert_eq!(
        (plain.status, plain.code().as_str()),
        (400, "agent.request")
    );
    assert!(
        [0, 400].contains(
            &house
                .raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
                .status
        )
    );
    house.alive();
}

#[test]
fn half_requests_and_idle_connections_keep_nobody_out() {
    let house = House::stalling(Duration::from_secs(2));
    let token = house.token(PAGE);
    let mut clerk = house.clerk(&token);
    let slow = format!(
        "POST /v1/pair HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{",
        house.host()
    );
    let half: Vec<TcpStream> = (0..limits::CONNECTIONS * 2)
        .filter_map(|number| {
            let mut stream = TcpStream::connect(house.address).ok()?;
            let _ = match number % 3 {
                0 => Ok(()),
                1 => stream.write_all(b"GET /livez HT"),
                _ => stream.write_all(slow.as_bytes()),
            };
            Some(stream)
        })
        .collect();
    // Whoever is in goes on.
    clerk.ok(json!({"command": "readers"}));
    // They are put out after their time, one after the other, and the places are free again.
    let until = Instant::now() + PATIENCE;
    loop {
        let mut stream = TcpStream::connect(house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /livez HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            house.host()
        );
        let mut answer = String::new();
        let asked = stream.write_all(request.as_bytes());
        if asked.is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.ends_with("alive\n")
        {
            break;
        }
        assert!(Instant::now() < until, "the places stay taken");
        thread::sleep(Duration::from_millis(100));
    }
    drop(half);
    clerk.ok(json!({"command": "readers"}));

    // More sessions of one origin than its share.
    let mut more = Vec::new();
    let refused = loop {
        match house.socket(PAGE, &token) {
            Ok(socket) => more.push(socket),
            Err(answer) => break answer,
        }
        assert!(more.len() < limits::SESSIONS_OF_ONE);
    };
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "agent.connections")
    );
    house.socket(OTHER, &house.token(OTHER)).unwrap().hello();
}

#[test]
fn a_client_that_vanishes_in_mid_read_comes_back_to_its_read() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.socket(PAGE, &token).unwrap();
    let session = clerk.hello()["session"].clone();
    clerk.ok(json!({"command": "claim", "reader": "r1"}));
    let persona = persona::find("an").unwrap();
    clerk.ok(json!({"command": "read", "reader": "r1", "key": persona.can(), "portrait": true}));
    // Gone without a word, the read waiting for its card.
    drop(clerk);
    house.alive();
    let mut other = house.socket(OTHER, &house.token(OTHER)).unwrap();
    other.hello();
    assert_eq!(
        other.code(json!({"command": "claim", "reader": "r1"})),
        "agent.reader_claimed"
    );
    house.lay();
    let mut clerk = house.socket(PAGE, &token).unwrap();
    let back =
        clerk.ok(json!({"command": "hello", "level": 1, "resume": {"session": session, "seq": 0}}));
    assert_eq!(back["owns"], json!(["r1"]));
    let result = clerk.expect("result");
    assert_eq!(
        result["report"]["holder"]["citizen_number"],
        json!(persona.citizen.number)
    );
    assert_silent(&other.seen, &values(&persona, &result));
}

#[test]
fn a_page_that_goes_away_gives_its_reader_back_at_once_and_another_end_does_not() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut other = house.socket(OTHER, &house.token(OTHER)).unwrap();
    other.hello();
    for (code, stays) in [
        (CloseCode::Normal, true),
        (CloseCode::Abnormal, true),
        (CloseCode::Away, false),
    ] {
        let mut page = house.socket(PAGE, &token).unwrap();
        let session = page.hello()["session"].clone();
        page.ok(json!({"command": "claim", "reader": "r1"}));
        assert_eq!(other.expect("reader_state")["state"], "claimed");
        if code != CloseCode::Abnormal {
            let frame = CloseFrame {
                code,
                reason: "".into(),
            };
            page.socket.close(Some(frame)).unwrap();
            while page.next().is_some() {}
        }
        // Without a word, as where the network or the machine is gone.
        drop(page);
        if !stays {
            assert_eq!(other.expect("reader_state")["state"], "free");
        }
        let mut back = house.socket(PAGE, &token).unwrap();
        let resume = json!({"session": session, "seq": 0});
        let said = back.say(json!({"command": "hello", "level": 1, "resume": resume}));
        let gone = json!("agent.session_gone");
        match stays {
            true => assert_eq!(said["ok"]["owns"], json!(["r1"]), "{code}: {said}"),
            false => assert_eq!(said["error"]["code"], gone, "{code}: {said}"),
        }
        if stays {
            back.ok(json!({"command": "release", "reader": "r1"}));
            assert_eq!(other.expect("reader_state")["state"], "free");
        }
    }
}

#[test]
fn a_program_reads_over_rest_and_is_told_everything_personal_once() {
    let house = House::open();
    let token = house.token("");
    let persona = house.lay();
    let post = |command: &str, session: &str, body: Value| {
        let query = if session.is_empty() {
            String::new()
        } else {
            format!("?session={session}")
        };
        let answer = house.post(&format!("/v1/{command}{query}"), "", &token, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["ok"].clone()
    };
    let hello = post("hello", "", json!({"id": "1", "level": 1}));
    let session = hello["session"].as_str().unwrap().to_owned();
    let events = |after: u64| {
        let path = format!("/v1/events?session={session}&after={after}&wait=30");
        let answer = house.get(&path, "", &token);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let mut seq = 0;
    while post("readers", &session, json!({"id": "r"}))["readers"] == json!([]) {
        seq = events(seq)["seq"].as_u64().unwrap();
    }
    post("claim", &session, json!({"id": "2", "reader": "r1"}));
    post(
        "read",
        &session,
        json!({"id": "3", "reader": "r1", "key": persona.can(), "portrait": true}),
    );
    let before = seq;
    let result = loop {
        let got = events(seq);
        seq = got["seq"].as_u64().unwrap();
        let all = got["events"].as_array().unwrap();
        let found = all.iter().find(|event| event["event"] == "result");
        if let Some(result) = found {
            break result.clone();
        }
        assert!(
            all.iter().all(|event| event["event"] != "failed"),
            "{all:?}"
        );
    };
    assert_eq!(
        result["report"]["holder"]["citizen_number"],
        json!(persona.citizen.number)
    );
    // The answer was lost, says the program: what was in it comes again without the person.
    let again = events(before).to_string();
    assert!(again.contains("\"sent_before\":true"), "{again}");
    assert_silent(&again, &values(&persona, &result));
    let early = house.get(
        &format!("/v1/events?session={session}&after=100000"),
        "",
        &token,
    );
    assert_eq!(early.status, 400);
    let figures = house.get("/metrics", "", &token);
    assert!(
        figures.body.contains("cancuoc_agent_sessions 1"),
        "{}",
        figures.body
    );
    assert_silent(&figures.body, &values(&persona, &result));
}

#[test]
fn what_a_program_asks_back_for_before_it_came_comes_whole() {
    let house = House::open();
    let token = house.token("");
    let persona = house.lay();
    let post = |path: &str, body: Value| {
        let answer = house.post(path, "", &token, &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["ok"].clone()
    };
    let hello = post("/v1/hello", json!({"id": "1", "level": 1}));
    let session = hello["session"].as_str().unwrap().to_owned();
    let command = |name: &str, body| post(&format!("/v1/{name}?session={session}"), body);
    let events = |after: u64| {
        let path = format!("/v1/events?session={session}&after={after}&wait=30");
        house.get(&path, "", &token)
    };
    let until = Instant::now() + PATIENCE;
    while command("readers", json!({"id": "r"}))["readers"] == json!([]) {
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(10));
    }
    command("claim", json!({"id": "2", "reader": "r1"}));
    // One event is fetched, so that there is something to go back behind.
    let fetched = events(0).json()["seq"].as_u64().unwrap();
    assert!(fetched > 0);
    let read = json!({"id": "3", "reader": "r1", "key": persona.can()});
    command("read", read);
    loop {
        let readers = command("readers", json!({"id": "r"}));
        if readers["readers"][0]["state"] == "claimed" {
            break;
        }
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(10));
    }
    // Nobody has fetched the result yet: that an earlier answer was lost costs nothing of it.
    let mut seq = 0;
    let result = loop {
        let got = events(seq).json();
        seq = got["seq"].as_u64().unwrap();
        let all = got["events"].as_array().unwrap();
        if let Some(result) = all.iter().find(|event| event["event"] == "result") {
            break result.clone();
        }
        assert!(Instant::now() < until);
    };
    let number = &result["report"]["holder"]["citizen_number"];
    assert_eq!(number, &json!(persona.citizen.number), "{result}");

    // A token that is revoked gets nothing by a question that it had asked before.
    let seq = seq.max(events(seq).json()["seq"].as_u64().unwrap());
    let answer = thread::scope(|scope| {
        let waiting = scope.spawn(|| events(seq));
        thread::sleep(Duration::from_millis(500));
        let tokens = Tokens::new(house.state());
        tokens.revoke(&tokens.all().unwrap()[0].id).unwrap();
        house.slots.take_away(house.reader);
        waiting.join().unwrap()
    });
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[test]
fn another_users_program_has_no_name_of_this_one() {
    let Ok(other) = TcpListener::bind("[::1]:0") else {
        // A machine without version 6 of the protocol has no second address of that name.
        return;
    };
    let port = other.local_addr().unwrap().port();
    let Ok(bound) = door::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)) else {
        return;
    };
    assert_eq!(bound.twin, Twin::Foreign);
    assert_eq!(bound.listeners.len(), 1);
    drop((bound, other));

    // Else both addresses are the agent's.
    let house = House::open();
    let address = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), house.address.port());
    assert!(TcpListener::bind(address).is_err());
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = address.port();
    write!(
        stream,
        "GET /livez HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
}

#[test]
fn a_client_that_takes_nothing_holds_nobody_up() {
    let house = House::open();
    let token = house.token(PAGE);
    let mut stuck = house.socket(OTHER, &house.token(OTHER)).unwrap();
    stuck.hello();
    let persona = house.lay();
    let mut clerk = house.clerk(&token);
    for _ in 0..3 {
        clerk.read(&persona);
        clerk.ok(json!({"command": "end", "reader": "r1"}));
    }
    house.alive();
}

#[test]
fn a_client_that_asks_and_does_not_read_is_cut_off() {
    let house = House::stalling(Duration::from_millis(300));
    let token = house.token("");
    let mut stuck = TcpStream::connect(house.address).unwrap();
    stuck.set_read_timeout(Some(PATIENCE)).unwrap();
    // Many times what the system keeps for two programs.
    let asked = format!("GET /codes.js HTTP/1.1\r\nHost: {}\r\n\r\n", house.host());
    let times = 1_000;
    stuck.write_all(asked.repeat(times).as_bytes()).unwrap();
    house.await_alone(&token);
    let mut came = Vec::new();
    // What was on its way may be thrown away with the connection.
    let _ = stuck.read_to_end(&mut came);
    let whole = house.get("/codes.js", "", "").body.len() * times;
    assert!(came.len() < whole, "{} of {whole}", came.len());
}

#[test]
fn a_program_that_waits_gives_its_place_back_when_it_goes_or_asks_anew() {
    let house = House::open();
    let token = house.token("");
    let hello = json!({"id": "1", "level": 1});
    let hello = house.post("/v1/hello", "", &token, &hello).json();
    let session = hello["ok"]["session"].as_str().unwrap();
    // What there is to tell of a new session is told.
    let path = format!("/v1/events?session={session}");
    house.get(&path, "", &token);
    let mut first = house.long_poll(&token, session);
    // It waits by now, or finds itself older when it gets there: either way it is answered at once.
    thread::sleep(Duration::from_millis(100));
    let since = Instant::now();
    let second = house.long_poll(&token, session);
    let mut head = [0; 12];
    first.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    let took = since.elapsed();
    assert!(took < limits::LONGEST_POLL / 2, "{took:?}");
    drop((first, second));
    let took = house.await_alone(&token);
    assert!(took < limits::LONGEST_POLL / 2, "{took:?}");
}

#[test]
fn those_who_are_there_hear_that_the_agent_ends() {
    let mut house = House::open();
    let token = house.token(PAGE);
    let mut clerk = house.clerk(&token);
    let door = house.door.take().unwrap();
    let closing = thread::spawn(move || door.close());
    clerk.expect("shutdown");
    while clerk.next().is_some() {}
    assert!(clerk.seen.ends_with("agent.closing"), "{}", clerk.seen);
    closing.join().unwrap();
    assert!(TcpStream::connect(house.address).is_err());
    assert!(!house.folder.join("address").exists());
}
