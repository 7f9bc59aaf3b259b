//! A registry on this machine that speaks TLS, asks who asks, and answers as a test says: rightly,
//! wrongly or not at all. TLS is that of the system's library, not that of the program.

use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

use cancuoc::crypto::random::System;
use cancuoc::registry::Agreement;
use cancuoc::registry::Agreements;
use cancuoc::registry::Answer;
use cancuoc::registry::CardKey;
use cancuoc::registry::CardStatus;
use cancuoc::registry::CitizenNumber;
use cancuoc::registry::Context;
use cancuoc::registry::Query;
use cancuoc::registry::RegistryOptions;
use cancuoc::registry::SodDigest;
use cancuoc::registry::message::Asked;
use cancuoc::registry::message::AskedList;
use cancuoc::registry::message::encode_answer;
use cancuoc::registry::message::encode_answer_list;
use cancuoc::registry::query::Case;
use cancuoc::registry::query::Device;
use cancuoc::registry::query::Officer;
use cancuoc::registry::query::Procedure;
use cancuoc::seal::key::DeviceKey;
use cancuoc::sim::pki::private_key::pem;
use cancuoc::sim::pki::service::Credential;
use cancuoc::sim::pki::service::ServicePki;
use cancuoc::sim::pki::service::ServiceSpec;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use openssl::pkey::PKey;
use openssl::ssl::SslAcceptor;
use openssl::ssl::SslMethod;
use openssl::ssl::SslStream;
use openssl::ssl::SslVerifyMode;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::home::Home;

/// Days around today, in UTC: from so many days ahead of now until so many.
pub fn days(from: i64, until: i64) -> (DateTime, DateTime) {
    let now = Timestamp::now().to_zoned(TimeZone::UTC).datetime();
    (now + from.days(), now + until.days())
}

/// The keys and certificates of a registry and of who asks it, as files in a folder of their own.
pub struct Keys {
    pub home: Home,
    pub pki: ServicePki,
    pub signing: DeviceKey,
}

impl Keys {
    /// A set whose certificates are in force now.
    pub fn new() -> Self {
        Self::valid(days(-1, 30))
    }

    /// A set whose certificates are in force then.
    pub fn valid(validity: (DateTime, DateTime)) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let home = Home::new();
        let pki = ServiceSpec {
            seed: format!("test {}", NUMBER.fetch_add(1, Ordering::SeqCst)),
            agency: "TEST agency".to_owned(),
            validity,
        };
        let pki = pki.make().unwrap();
        home.write("ca.pem", pem("CERTIFICATE", &pki.authority.certificate));
        home.write("agency.pem", pem("CERTIFICATE", &pki.agency.certificate));
        let key = pem("PRIVATE KEY", pki.agency.private_key.expose());
        home.write("agency.key", key);
        DeviceKey::create(&home.path("signing.key"), &mut System).unwrap();
        DeviceKey::create(&home.path("device.key"), &mut System).unwrap();
        let signing = DeviceKey::load(&home.path("signing.key")).unwrap();
        Self { home, pki, signing }
    }

    /// What an agency has that may ask.
    pub fn options(&self) -> RegistryOptions {
        RegistryOptions {
            keys: vec![self.signing.public().id()],
            certificate: Some(self.home.path("agency.pem")),
            private_key: Some(self.home.path("agency.key")),
            roots: Some(self.home.path("ca.pem")),
            device_key: Some(self.home.path("device.key")),
            ..RegistryOptions::default()
        }
    }

    /// The right answer to a question: the card is in force, and all is well.
    pub fn answer(&self, question: &[u8]) -> Vec<u8> {
        self.answer_at(question, Timestamp::now())
    }

    /// The same by another clock.
    pub fn answer_at(&self, question: &[u8], at: Timestamp) -> Vec<u8> {
        answer(question, &self.signing, at)
    }
}

/// An answer to a question, signed with this key.
pub fn answer(question: &[u8], key: &DeviceKey, at: Timestamp) -> Vec<u8> {
    let asked = Asked::decode(question).unwrap();
    encode_answer(&right(&asked.query, at), &[], &asked, key).unwrap()
}

/// The card is in force, and everything agrees.
fn right(query: &Query, at: Timestamp) -> Answer {
    let said = |given: bool| match given {
        true => Agreement::Match,
        false => Agreement::NotSupplied,
    };
    let attributes = &query.attributes;
    let agreements = Agreements {
        number: said(query.card.number.is_some()),
        name: said(attributes.name.is_some()),
        birth: said(attributes.birth.is_some()),
        sex: said(attributes.sex.is_some()),
        nationality: said(attributes.nationality.is_some()),
        document_number: said(attributes.document_number.is_some()),
        expiry: said(attributes.expiry.is_some()),
    };
    Answer::new(CardStatus::Active, agreements, at, at)
}

/// The right answers to a list, signed with this key.
pub fn answer_list(list: &[u8], key: &DeviceKey, at: Timestamp) -> Vec<u8> {
    let asked = AskedList::decode(list).unwrap();
    let answers: Vec<Answer> = asked.queries.iter().map(|query| right(query, at)).collect();
    encode_answer_list(&answers, &asked, key).unwrap()
}

/// A question about an invented card.
pub fn query() -> Query {
    Query {
        context: Context {
            procedure: Procedure::new("residence"),
            case: Case::new("2026/1"),
            officer: Officer::new("officer-7"),
            device: Device::new("counter-3"),
            agency: None,
        },
        card: CardKey {
            sod: Some(SodDigest::of(b"no card")),
            number: CitizenNumber::new("001099000123"),
        },
        attributes: Default::default(),
        disclose: Vec::new(),
    }
}

/// What becomes of the connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is kept.
    Keep,
    /// The server says no more, and listens on.
    Mute,
    /// It is closed.
    Close,
}

/// What a server has doors for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// For questions alone: lists get 404, and are not counted
    Questions,
    /// For lists too
    Lists,
}

/// A connection, and what answers on it: the number of the question, from 0, and its body.
type Handler = dyn Fn(usize, &[u8], &mut dyn Write) -> io::Result<Then> + Send + Sync;

/// Listens on a port of its own; ends with the test's process.
pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    /// Lets the agencies of the same authority in.
    pub fn start(
        keys: &Keys,
        handler: impl Fn(usize, &[u8], &mut dyn Write) -> io::Result<Then> + Send + Sync + 'static,
    ) -> Self {
        Self::with(&keys.pki.server, &keys.pki.authority, handler)
    }

    /// The same, for who asks lists.
    pub fn taking_lists(
        keys: &Keys,
        handler: impl Fn(usize, &[u8], &mut dyn Write) -> io::Result<Then> + Send + Sync + 'static,
    ) -> Self {
        Self::serving(&keys.pki.server, &keys.pki.authority, Doors::Lists, handler)
    }

    /// Shows this certificate, and lets those in whom this authority knows.
    pub fn with(
        own: &Credential,
        clients: &Credential,
        handler: impl Fn(usize, &[u8], &mut dyn Write) -> io::Result<Then> + Send + Sync + 'static,
    ) -> Self {
        Self::serving(own, clients, Doors::Questions, handler)
    }

    fn serving(
        own: &Credential,
        clients: &Credential,
        doors: Doors,
        handler: impl Fn(usize, &[u8], &mut dyn Write) -> io::Result<Then> + Send + Sync + 'static,
    ) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        let certificate = X509::from_der(&own.certificate).unwrap();
        let key = PKey::private_key_from_der(own.private_key.expose()).unwrap();
        acceptor.set_certificate(&certificate).unwrap();
        acceptor.set_private_key(&key).unwrap();
        let mut store = X509StoreBuilder::new().unwrap();
        let clients = X509::from_der(&clients.certificate).unwrap();
        store.add_cert(clients).unwrap();
        acceptor.set_verify_cert_store(store.build()).unwrap();
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        let acceptor = Arc::new(acceptor.build());
        let handler: Arc<Handler> = Arc::new(handler);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self {
            port,
            asked: Arc::default(),
            connections: Arc::default(),
        };
        let (asked, connections) = (Arc::clone(&fake.asked), Arc::clone(&fake.connections));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, handler) = (Arc::clone(&acceptor), Arc::clone(&handler));
                let asked = Arc::clone(&asked);
                thread::spawn(move || {
                    // Who does not trust this server hangs up, as does who has waited enough.
                    if let Ok(stream) = acceptor.accept(stream) {
                        let _ = serve(stream, &asked, doors, handler.as_ref());
                    }
                });
            }
        });
        fake
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The questions that came, byte for byte.
    pub fn asked(&self) -> Vec<Vec<u8>> {
        self.asked.lock().unwrap().clone()
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: SslStream<TcpStream>,
    asked: &Mutex<Vec<Vec<u8>>>,
    doors: Doors,
    handler: &Handler,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut door = Doors::Questions;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_ascii_lowercase();
            if line.starts_with("post /v1/question-lists ") {
                door = Doors::Lists;
            }
            if let Some(said) = line.strip_prefix("content-length:") {
                length = said.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        if door == Doors::Lists && doors == Doors::Questions {
            reply(stream.get_mut(), 404, "text/plain", "", b"no such door")?;
            continue;
        }
        let number = {
            let mut asked = asked.lock().unwrap();
            asked.push(body.clone());
            asked.len() - 1
        };
        match handler(number, &body, stream.get_mut())? {
            Then::Keep => {}
            Then::Mute => {
                stream.get_mut().shutdown().ok();
                stream
                    .get_ref()
                    .get_ref()
                    .shutdown(std::net::Shutdown::Write)?;
                io::copy(&mut stream, &mut io::sink())?;
                return Ok(());
            }
            Then::Close => {
                stream.get_mut().shutdown().ok();
                return Ok(());
            }
        }
    }
}

/// Writes an answer of HTTP.
pub fn reply(
    out: &mut dyn Write,
    status: u16,
    kind: &str,
    more: &str,
    body: &[u8],
) -> io::Result<Then> {
    // In one piece: two would wait for each other.
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{more}\r\n",
        body.len()
    );
    out.write_all(&[head.as_bytes(), body].concat())?;
    out.flush()?;
    Ok(Then::Keep)
}

/// Writes an answer of the registry.
pub fn json(out: &mut dyn Write, body: &[u8]) -> io::Result<Then> {
    reply(out, 200, "application/json", "", body)
}
