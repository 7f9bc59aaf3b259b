//! The registry's server with everything it needs, and somebody who asks it.

use std::io;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use jiff::Timestamp;
use openssl::ssl::SslConnector;
use openssl::ssl::SslMethod;
use openssl::ssl::SslStream;
use serde_json::Value;
use serde_json::json;

use cancuoc::crypto::random::System;
use cancuoc::registry::server::Server;
use cancuoc::registry::server::config::Overrides;
use cancuoc::registry::server::config::Purpose;
use cancuoc::registry::server::config::Settings;
use cancuoc::seal::canonical::canonical;
use cancuoc::seal::key::DeviceId;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;

use super::home::Home;
use super::registry_pki::Identity;
use super::registry_pki::Pki;

/// Longest wait for an answer on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A folder with a server's configuration and all files that it names.
pub struct Stand {
    pub home: Home,
    pub pki: Pki,
    pub device: DeviceKey,
    /// A key that nobody registered
    pub unknown_device: DeviceKey,
    pub registry_key: DeviceId,
}

/// The procedures and agencies; `{device}` and `{bank}` are put in.
const POLICY: &str = r#"
[[procedure]]
code = "residence"
discloses = ["permanent_residence", "temporary_residence"]

[[procedure]]
code = "marriage"

[[agency]]
id = "ward-1"
certificate = "Ward 1"
devices = [{ id = "counter-1", key = "{device}" }]

[[agency]]
id = "bank"
certificate = "{bank}"
devices = ["{device}"]
procedures = ["marriage"]
"#;

/// Buckets that no test empties by accident.
pub const WIDE: &str = r#"
[buckets]
agency = { capacity = 1000000, per_second = 1000 }
officer = { capacity = 1000000, per_second = 1000 }
device = { capacity = 1000000, per_second = 1000 }
"#;

impl Stand {
    pub fn new() -> Self {
        Self::with(WIDE)
    }

    /// With more in the configuration.
    pub fn with(more: &str) -> Self {
        let home = Home::new();
        let pki = Pki::new();
        home.write("server.pem", pki.server.certificate_pem());
        home.write("server.key", pki.server.key_pem());
        home.write("clients.pem", pki.clients.certificate_pem());
        home.write("ca.pem", pki.server_authority.certificate_pem());
        home.write("ward.pem", pki.ward.certificate_pem());
        home.write("ward.key", pki.ward.key_pem());
        let mut keys = ["device.key", "unknown.key", "signing.key"].map(|name| {
            DeviceKey::create(&home.path(name), &mut System).unwrap();
            DeviceKey::load(&home.path(name)).unwrap()
        });
        let registry_key = keys[2].public().id();
        let policy = POLICY
            .replace("{device}", &keys[0].public().id().to_string())
            .replace("{bank}", &pki.bank.sha256());
        let config = format!(
            "listen = \"127.0.0.1:0\"\nstatus = \"127.0.0.1:0\"\nregistry = \"sqlite:register.sqlite\"\n\
             certificate = \"server.pem\"\nkey = \"server.key\"\nclients = \"clients.pem\"\n\
             signing_key = \"signing.key\"\naudit = \"audit\"\nlog = \"server\"\n{more}\n{policy}"
        );
        home.write("server.toml", config);
        keys.swap(0, 2);
        let [_, unknown_device, device] = keys;
        Self {
            home,
            pki,
            device,
            unknown_device,
            registry_key,
        }
    }

    pub fn settings(&self, chaos: Option<&str>) -> Settings {
        let over = Overrides {
            chaos: chaos.map(str::to_owned),
            purpose: Purpose::Test,
            ..Overrides::default()
        };
        Settings::gather(Some(&self.home.path("server.toml")), &over).unwrap()
    }

    pub fn start(&self) -> Running {
        self.start_with(None)
    }

    pub fn start_with(&self, chaos: Option<&str>) -> Running {
        let server = Server::start(self.settings(chaos)).unwrap();
        Running {
            address: server.listening().address,
            status: server.listening().status.unwrap(),
            server: Some(server),
        }
    }

    /// A question about a sample citizen, not signed; to be changed before it is.
    pub fn question(&self, number: &str) -> Value {
        let mut octets = [0; 16];
        openssl::rand::rand_bytes(&mut octets).unwrap();
        json!({
            "schema": "cancuoc.question/1",
            "id": hex::encode(octets),
            "nonce": openssl::base64::encode_block(&octets),
            "asked_at": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "purpose": {"procedure": "residence", "case": "case-1"},
            "officer": "officer-1",
            "device": "counter-1",
            "card": {"number": number},
            "attributes": {},
        })
    }

    /// A list of these questions, not signed: what each of them asks, for the purpose of the first.
    pub fn list(&self, questions: &[Value]) -> Value {
        let mut list = self.question("000000000000");
        for name in ["purpose", "officer", "device"] {
            if let Some(first) = questions.first() {
                list[name] = first[name].clone();
            }
        }
        let entry = |question: &Value| {
            let members = ["card", "attributes", "disclose"].into_iter();
            let members = members.filter_map(|name| Some((name, question.get(name)?.clone())));
            members
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Value>()
        };
        let whole = list.as_object_mut().unwrap();
        whole.remove("card");
        whole.remove("attributes");
        whole.insert("schema".to_owned(), json!("cancuoc.question_list/1"));
        whole.insert(
            "questions".to_owned(),
            questions.iter().map(entry).collect(),
        );
        list
    }

    /// Signs a question and gives its bytes.
    pub fn signed(&self, question: Value) -> Vec<u8> {
        signed_by(question, &self.device)
    }

    /// The answer to a question, checked: signed by the registry, over this very question.
    #[track_caller]
    pub fn ask(&self, line: &mut Line, question: Value) -> Value {
        let reply = line.post(&self.signed(question));
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }
}

pub fn signed_by(question: Value, key: &DeviceKey) -> Vec<u8> {
    canonical(&sign(question, key, Timestamp::now()).unwrap()).unwrap()
}

/// A server that runs in this process.
pub struct Running {
    pub address: SocketAddr,
    pub status: SocketAddr,
    pub server: Option<Server>,
}

impl Running {
    pub fn stop(mut self) {
        self.server.take().unwrap().stop();
    }

    /// What the plain side says at a path.
    pub fn get(&self, path: &str) -> Reply {
        get(self.status, path)
    }

    /// One figure of the metrics.
    #[track_caller]
    pub fn figure(&self, name: &str) -> f64 {
        let metrics = self.get("/metrics");
        let text = metrics.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} in\n{text}"))
            .parse()
            .unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
        }
    }
}

pub fn get(address: SocketAddr, path: &str) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    Reply::read(&mut stream).unwrap()
}

/// An HTTP response.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn read(stream: &mut impl Read) -> io::Result<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            head.extend_from_slice(&byte);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Self {
            status,
            head,
            body: Vec::new(),
        };
        let length = reply
            .header("content-length")
            .map_or(0, |text| text.parse().unwrap());
        reply.body = vec![0; length];
        stream.read_exact(&mut reply.body)?;
        Ok(reply)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks that this is a refusal of this kind, well formed in every way.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:cancuoc:problem:{code}"));
    }
}

/// A connection to a server.
pub struct Line(pub SslStream<TcpStream>);

impl Line {
    /// Connects as somebody, or as nobody.
    pub fn open(address: SocketAddr, pki: &Pki, who: Option<&Identity>) -> io::Result<Self> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        let authority = pki.server_authority.certificate.clone();
        builder.cert_store_mut().add_cert(authority).unwrap();
        if let Some(who) = who {
            builder.set_certificate(&who.certificate).unwrap();
            builder.set_private_key(&who.key).unwrap();
        }
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        let stream = builder.build().connect("localhost", stream);
        stream
            .map(Self)
            .map_err(|error| io::Error::other(error.to_string()))
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.flush()
    }

    pub fn receive(&mut self) -> io::Result<Reply> {
        Reply::read(&mut self.0)
    }

    pub fn try_post(&mut self, body: &[u8]) -> io::Result<Reply> {
        self.try_post_to("/v1/questions", body)
    }

    /// Asks a list.
    #[track_caller]
    pub fn post_list(&mut self, body: &[u8]) -> Reply {
        self.try_post_to("/v1/question-lists", body).unwrap()
    }

    pub fn try_post_to(&mut self, place: &str, body: &[u8]) -> io::Result<Reply> {
        let head = format!(
            "POST {place} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat())?;
        self.receive()
    }

    #[track_caller]
    pub fn post(&mut self, body: &[u8]) -> Reply {
        self.try_post(body).unwrap()
    }

    /// Sends a head of one's own and a body.
    #[track_caller]
    pub fn request(&mut self, head: &str, body: &[u8]) -> Reply {
        let head = head.trim_end().replace('\n', "\r\n");
        self.send(&[head.as_bytes(), b"\r\n\r\n", body].concat())
            .unwrap();
        self.receive().unwrap()
    }
}
