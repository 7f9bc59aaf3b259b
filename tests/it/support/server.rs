//! A small HTTP server on this machine, right and wrong, for what the program fetches.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// How long a slow answer takes, longer than any test waits.
const SLOW: Duration = Duration::from_secs(30);

/// What is answered at a path.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A file, whole.
    File(Vec<u8>),
    /// A status and no file.
    Status(u16),
    /// Elsewhere.
    Moved(String),
    /// Elsewhere, without saying where.
    MovedNowhere,
    /// These bytes and then more of them, without an end.
    Endless(Vec<u8>),
    /// Fewer bytes than were announced.
    Cut(Vec<u8>),
    /// Nothing for a long time.
    Slow,
    /// Words that are no HTTP.
    Words,
}

type Answers = Arc<Mutex<BTreeMap<String, Answer>>>;

/// Listens on a port of its own; ends with the test's process.
pub struct Server {
    port: u16,
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Answers::default();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (known, log) = (Arc::clone(&answers), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (known, log) = (Arc::clone(&known), Arc::clone(&log));
                thread::spawn(move || {
                    // Who asked may be gone in the middle of an answer.
                    let _ = serve(&stream.unwrap(), &known, &log);
                });
            }
        });
        Self {
            port,
            answers,
            asked,
        }
    }

    /// Lays something at a path, in the place of what was there.
    pub fn lay(&self, path: &str, answer: Answer) -> String {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(path.to_owned(), answer);
        self.url(path)
    }

    /// Lays a file at a path.
    pub fn file(&self, path: &str, bytes: impl AsRef<[u8]>) -> String {
        self.lay(path, Answer::File(bytes.as_ref().to_vec()))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The paths that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    format!("http://127.0.0.1:{port}/x")
}

fn serve(stream: &TcpStream, answers: &Answers, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    let answer = answers.lock().unwrap().get(&path).cloned();
    let mut stream = stream;
    let mut head = |status: u16, more: &str| {
        write!(
            stream,
            "HTTP/1.1 {status} Word\r\nConnection: close\r\n{more}\r\n"
        )
    };
    match answer.unwrap_or(Answer::Status(404)) {
        Answer::File(bytes) => {
            head(200, &format!("Content-Length: {}\r\n", bytes.len()))?;
            stream.write_all(&bytes)
        }
        Answer::Status(status) => head(status, "Content-Length: 0\r\n"),
        Answer::Moved(to) => head(302, &format!("Location: {to}\r\nContent-Length: 0\r\n")),
        Answer::MovedNowhere => head(302, "Content-Length: 0\r\n"),
        Answer::Endless(bytes) => {
            head(200, "")?;
            stream.write_all(&bytes)?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }
        Answer::Cut(bytes) => {
            head(200, &format!("Content-Length: {}\r\n", bytes.len() + 1))?;
            stream.write_all(&bytes)
        }
        Answer::Slow => {
            thread::sleep(SLOW);
            head(200, "Content-Length: 0\r\n")
        }
        Answer::Words => stream.write_all(b"220 hello\r\n"),
    }
}
