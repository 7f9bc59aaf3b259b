//! Asks a server over kept connections: as fast as it answers, or at a pace of the asker's own.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::registry::message::Asked;
use cancuoc::registry::message::AskedList;
use cancuoc::registry::message::Expecting;
use cancuoc::registry::message::ExpectingList;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls;

use crate::processor;
use crate::questions;
use crate::questions::Kind;
use crate::service::Service;

/// The answer to every so-manieth message is read and its signature checked; all of them would measure the
/// asker.
const CHECKED: usize = 256;

/// Before the clock runs.
const WARM: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub struct Load {
    pub kind: Kind,
    pub rows: u64,
    pub connections: usize,
    /// Questions a second that are made in advance for a run without a pace.
    pub prepared: usize,
    /// Questions in a message.
    pub list: usize,
}

/// Processors that each side kept busy.
pub struct Shares {
    pub asker: f64,
    pub server: f64,
    pub database: f64,
}

pub struct Figures {
    pub rate: f64,
    pub asked: usize,
    pub refused: usize,
    pub shares: Shares,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Figures {
    /// Processor time of one question, everybody's, in microseconds.
    pub fn processor(&self) -> f64 {
        let Shares {
            asker,
            server,
            database,
        } = self.shares;
        (asker + server + database) / self.rate * 1e6
    }

    /// A quantile, in milliseconds.
    pub fn at(&self, quantile: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (last as f64 * quantile).round() as usize;
        self.latencies
            .get(place)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// What the connections share.
struct Run {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    /// When each question is due, if there is a pace.
    due: Option<(Semaphore, Duration)>,
    begin: Instant,
    end: Instant,
    answers: Mutex<Vec<(Instant, Duration)>>,
    refused: AtomicUsize,
}

/// Every connection asks again as soon as it has its answer.
pub fn closed(service: &Service, load: &Load, time: Duration) -> Figures {
    let most = match load.kind {
        Kind::Health => 8 * load.prepared,
        // A list takes longer than a question, and less than so many.
        Kind::Signed | Kind::Unsigned if load.list > 1 => load.prepared.div_ceil(load.list) * 4,
        Kind::Signed | Kind::Unsigned => load.prepared,
    };
    let count = most * (time + WARM).as_secs() as usize;
    run(service, load, time, count, None)
}

/// So many questions a second, whether the server keeps up or not; a question's time begins when it is
/// due, not when there is a connection for it.
pub fn paced(service: &Service, load: &Load, rate: u64, time: Duration) -> Figures {
    let rate = (rate / load.list as u64).max(1);
    let count = rate as usize * (time + WARM).as_secs() as usize;
    let pause = Duration::from_secs(1) / u32::try_from(rate).unwrap();
    run(service, load, time, count, Some(pause))
}

fn run(
    service: &Service,
    load: &Load,
    time: Duration,
    count: usize,
    pause: Option<Duration>,
) -> Figures {
    let requests = questions::make(count, load.rows, load.kind, load.list, &service.devices);
    // One thread, as it takes a fifth of a processor: more would only wake each other.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut lines = Vec::new();
    for _ in 0..load.connections {
        lines.push(runtime.block_on(Line::connect(service)));
    }
    let begin = Instant::now() + WARM;
    let run = Arc::new(Run {
        requests,
        next: AtomicUsize::new(0),
        due: pause.map(|pause| (Semaphore::new(0), pause)),
        begin,
        end: begin + time,
        answers: Mutex::default(),
        refused: AtomicUsize::new(0),
    });
    let key = service.key;
    let kind = load.kind;
    let questions = match kind {
        Kind::Health => 1,
        Kind::Signed | Kind::Unsigned => load.list,
    };
    let asking = lines
        .into_iter()
        .map(|line| {
            let run = Arc::clone(&run);
            runtime.spawn(async move { ask(&run, line, kind, key).await })
        })
        .collect::<Vec<_>>();
    let asker = thread::spawn(move || {
        runtime.block_on(async {
            for one in asking {
                one.await.unwrap();
            }
        });
    });
    let clock = {
        let run = Arc::clone(&run);
        thread::spawn(move || pace(&run))
    };
    let (server, database) = service.processes();
    let usage = || {
        [
            processor::own(std::process::id()),
            processor::own(server),
            processor::family(database),
        ]
    };
    thread::sleep(begin.saturating_duration_since(Instant::now()));
    let before = usage();
    thread::sleep(run.end.saturating_duration_since(Instant::now()));
    let after = usage();
    clock.join().unwrap();
    asker.join().unwrap();
    let answers = run.answers.lock().unwrap();
    let mut latencies = answers
        .iter()
        .filter(|(at, _)| (run.begin..run.end).contains(at))
        .map(|(_, latency)| *latency)
        .collect::<Vec<_>>();
    latencies.sort();
    let share = |at: usize| (after[at] - before[at]).as_secs_f64() / time.as_secs_f64();
    Figures {
        rate: (latencies.len() * questions) as f64 / time.as_secs_f64(),
        asked: latencies.len() * questions,
        refused: run.refused.load(Ordering::SeqCst),
        shares: Shares {
            asker: share(0),
            server: share(1),
            database: share(2),
        },
        latencies,
    }
}

/// Lets one question after the other go when it is due.
fn pace(run: &Run) {
    let Some((due, pause)) = &run.due else {
        return;
    };
    let first = run.begin - WARM;
    for at in 0..run.requests.len() {
        let moment = first + *pause * u32::try_from(at).unwrap();
        thread::sleep(moment.saturating_duration_since(Instant::now()));
        due.add_permits(1);
    }
    due.close();
}

/// A kept connection. HTTP as far as this needs it: a client that does more costs as much as the server,
/// on the same processors.
struct Line {
    stream: TlsStream<TcpStream>,
    /// What came last.
    said: Vec<u8>,
}

impl Line {
    async fn connect(service: &Service) -> Self {
        let stream = TcpStream::connect(service.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let connector = TlsConnector::from(Arc::clone(&service.tls));
        let name = ServerName::try_from("localhost").unwrap();
        Self {
            stream: connector.connect(name, stream).await.unwrap(),
            said: Vec::new(),
        }
    }

    /// Sends a request and takes the answer in: its status and its body.
    async fn ask(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).await.unwrap();
        self.stream.flush().await.unwrap();
        self.said.clear();
        let head = loop {
            self.more().await;
            if let Some(head) = questions::head(&self.said) {
                break head;
            }
        };
        let text = std::str::from_utf8(&self.said[..head]).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let named = name.eq_ignore_ascii_case("content-length");
            named.then(|| value.trim().parse::<usize>().unwrap())
        });
        let end = head + length.unwrap();
        while self.said.len() < end {
            self.more().await;
        }
        (status, &self.said[head..end])
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.said).await.unwrap();
        assert!(read > 0, "the server hangs up");
    }
}

async fn ask(run: &Run, mut line: Line, kind: Kind, key: cancuoc::seal::key::DeviceId) {
    let mut answers = Vec::new();
    while Instant::now() < run.end {
        let mut began = None;
        if let Some((due, _)) = &run.due {
            let Ok(permit) = due.acquire().await else {
                break;
            };
            permit.forget();
        }
        let at = run.next.fetch_add(1, Ordering::SeqCst);
        let Some(request) = run.requests.get(at) else {
            assert!(run.due.is_some(), "out of questions: raise --prepared");
            break;
        };
        if let Some((_, pause)) = &run.due {
            began = Some(run.begin - WARM + *pause * u32::try_from(at).unwrap());
        }
        let began = began.unwrap_or_else(Instant::now);
        let (status, said) = line.ask(request).await;
        let now = Instant::now();
        answers.push((now, now - began));
        if status != 200 {
            if run.refused.fetch_add(1, Ordering::SeqCst) == 0 {
                println!("  refused: {status} {}", String::from_utf8_lossy(said));
            }
        } else if at.is_multiple_of(CHECKED) && kind != Kind::Health {
            let body = &request[questions::head(request).unwrap()..];
            believe(body, said, key);
        }
    }
    run.answers.lock().unwrap().extend(answers);
}

/// Reads an answer as a client does, signature and all.
fn believe(body: &[u8], said: &[u8], key: cancuoc::seal::key::DeviceId) {
    let now = Timestamp::now();
    if let Ok(asked) = AskedList::decode(body) {
        let expecting = ExpectingList::of(&asked, body, &[key]);
        let answers = expecting.read(said, now).unwrap();
        assert_eq!(answers.len(), asked.queries.len());
        return;
    }
    let asked = Asked::decode(body).unwrap();
    let expecting = Expecting::of(&asked, body, &[key]);
    let _answer = expecting.read(said, now).unwrap();
}
