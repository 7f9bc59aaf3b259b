//! An agent that works for long: cards with random faults, cards pulled, a service that dies. No reader
//! stays stuck, no record is lost, memory stays, and no log line has a word about anybody.
//!
//! `make test` has a short run that judges no memory; `make soak` makes 10,000 reads. `CANCUOC_SOAK` may
//! also be a number of reads, `CANCUOC_SOAK_MINUTES` the longest time, after which what was read so far is
//! judged, and `CANCUOC_RELEASE` a release build to be soaked in place of the test's own.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::fs::File;
use std::io::BufRead;
use std::io::BufReader;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use cancuoc::agent::door::state::State;
use cancuoc::agent::door::token::Tokens;
use cancuoc::crypto::random::Random;
use cancuoc::crypto::random::System;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::pki;
use cancuoc::sim::seed::Seeded;
use cancuoc::sim::stand::Around;
use cancuoc::sim::stand::Place;
use cancuoc::sim::stand::Presence;
use cancuoc::sim::stand::Setting;
use cancuoc::sim::stand::Stand;
use cancuoc::transport::Stop;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tungstenite::ClientRequestBuilder;
use tungstenite::WebSocket;

use crate::support::cards;
use crate::support::home::Home;
use crate::support::program;

/// A reader of which nothing is heard for so long is stuck: twice what a read may take, and a service that
/// is started again in between.
const STUCK: Duration = Duration::from_secs(120);

/// Readers of one service that can be started again.
const READERS: usize = 2;

/// A card lies there for so many reads.
const READS_OF_A_CARD: usize = 4;

/// How much memory may grow after the first fifth, in hundredths.
const GROWTH: u64 = 5;

/// Most memory and processor time of an agent that waits: 15 MiB, and a five-hundredth of a core.
const IDLE_KIB: u64 = 15 * 1024;
const IDLE_SHARE: u32 = 500;

/// From so many reads on, growth is told from warming up.
const JUDGED: usize = 1_000;

/// How long a run is.
struct Length {
    reads: usize,
    restarts: usize,
    longest: Option<Duration>,
}

const QUICK: Length = Length {
    reads: 48,
    restarts: 1,
    longest: None,
};
const FULL: Length = Length {
    reads: 10_000,
    restarts: 10,
    longest: None,
};

impl Length {
    fn wanted() -> Self {
        let minutes = env::var("CANCUOC_SOAK_MINUTES");
        let longest =
            minutes.map(|minutes| Duration::from_secs(60 * minutes.parse::<u64>().unwrap()));
        let length = match env::var("CANCUOC_SOAK").as_deref() {
            Err(_) | Ok("quick") => QUICK,
            Ok("full") => FULL,
            Ok(reads) => Self {
                reads: reads.parse().unwrap(),
                ..FULL
            },
        };
        Self {
            longest: longest.ok(),
            ..length
        }
    }
}

/// Whose cards are read.
const PERSONAS: [&str; 3] = ["an", "binh", "chi"];

/// The agent, ended when this goes.
struct Agent {
    child: Child,
    address: SocketAddr,
}

impl Agent {
    fn start(command: &mut Command, home: &Home) -> Self {
        let log = File::create(home.path("log")).unwrap();
        let mut child = command
            .current_dir(home.path("."))
            .env("HOME", home.path("."))
            .env("XDG_CONFIG_HOME", home.path("config"))
            .env("XDG_DATA_HOME", home.path("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = said["address"].as_str().and_then(|text| text.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("{line}{}", fs::read_to_string(home.path("log")).unwrap());
        };
        Self { child, address }
    }

    /// What it holds.
    fn held(&self) -> Held {
        let folder = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{folder}/status")).unwrap();
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
            number.unwrap_or(0)
        };
        Held {
            resident: number("VmRSS:"),
            own: number("RssAnon:"),
            of_files: number("RssFile:"),
            threads: number("Threads:"),
            files: fs::read_dir(format!("{folder}/fd")).unwrap().count(),
        }
    }

    /// Processor time so far.
    fn spent(&self) -> Duration {
        let folder = format!("/proc/{}", self.child.id());
        let tasks = fs::read_dir(format!("{folder}/task")).unwrap();
        let spent = tasks.flatten().filter_map(|task| {
            // The first number is nanoseconds on a processor (the kernel's sched-stats).
            let told = fs::read_to_string(task.path().join("schedstat")).ok()?;
            told.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(spent.sum())
    }
}

/// What a process holds: memory in KiB, threads, and open files.
#[derive(Debug, Clone, Copy)]
struct Held {
    resident: u64,
    own: u64,
    of_files: u64,
    threads: u64,
    files: usize,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            resident,
            own,
            of_files,
            threads,
            files,
        } = self;
        write!(
            f,
            "{resident} KiB ({own} of its own, {of_files} of files), {threads} threads, {files} open files"
        )
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        program::end(&mut self.child, Duration::from_secs(20));
    }
}

/// One session, which owns one reader.
struct Clerk {
    socket: WebSocket<TcpStream>,
    events: Vec<Value>,
    asked: usize,
    reader: String,
}

impl Clerk {
    fn sit_down(address: SocketAddr, token: &str, name: &str) -> Self {
        let mut clerk = Self::come_in(address, token);
        let until = Instant::now() + STUCK;
        while clerk.reader.is_empty() {
            assert!(Instant::now() < until, "no reader {name}");
            let readers = clerk.ask("readers", json!({}));
            let readers = readers["ok"]["readers"].as_array().unwrap().clone();
            let own = readers.iter().find(|reader| reader["name"] == name);
            match own {
                Some(own) => clerk.reader = own["reader"].as_str().unwrap().to_owned(),
                None => thread::sleep(Duration::from_millis(100)),
            }
        }
        clerk.claim();
        clerk
    }

    fn come_in(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(STUCK)).unwrap();
        let uri = format!("ws://{address}/v1/socket").parse().unwrap();
        let request = ClientRequestBuilder::new(uri)
            .with_sub_protocol("cancuoc.agent.1")
            .with_sub_protocol(format!("cancuoc.token.{token}"));
        let (socket, _) = tungstenite::client(request, stream).unwrap();
        let mut clerk = Self {
            socket,
            events: Vec::new(),
            asked: 0,
            reader: String::new(),
        };
        let hello = clerk.ask("hello", json!({"level": 1}));
        assert!(hello["ok"].is_object(), "{hello}");
        clerk
    }

    fn claim(&mut self) {
        self.of_reader("claim", json!({}));
    }

    fn of_reader(&mut self, command: &str, mut members: Value) -> Value {
        members["reader"] = self.reader.clone().into();
        self.ask(command, members)
    }

    fn ask(&mut self, command: &str, mut members: Value) -> Value {
        self.asked += 1;
        let id = self.asked.to_string();
        members["id"] = id.clone().into();
        members["command"] = command.into();
        self.socket.send(members.to_string().into()).unwrap();
        loop {
            let message = self.message();
            if message["reply_to"] == id.as_str() {
                return message;
            }
            self.events.push(message);
        }
    }

    fn message(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(message) if message.is_text() => {
                    return serde_json::from_str(message.to_text().unwrap()).unwrap();
                }
                Ok(_) => {}
                Err(error) => panic!("reader {} is stuck: {error}", self.reader),
            }
        }
    }

    fn event(&mut self) -> Value {
        match self.events.is_empty() {
            true => self.message(),
            false => self.events.remove(0),
        }
    }

    /// Reads what lies there: what it came to, or none where the read did not begin.
    fn read(&mut self, key: &str, meanwhile: impl FnOnce() -> Then) -> Option<Value> {
        self.events.clear();
        let order = json!({
            "key": key, "portrait": true, "evidence": "none", "within": 20,
            "fields": ["name", "citizen_number", "birth", "residence", "father", "mother"],
        });
        let begun = self.of_reader("read", order);
        let read = begun["ok"]["read"].clone();
        if read.is_null() {
            if begun["error"]["code"] == "agent.not_claimed" {
                self.claim();
            }
            return None;
        }
        if meanwhile() == Then::Cancel {
            self.of_reader("cancel", json!({}));
        }
        let until = Instant::now() + STUCK;
        loop {
            assert!(Instant::now() < until, "reader {} is stuck", self.reader);
            let event = self.event();
            if event["read"] != read {
                continue;
            }
            match event["event"].as_str() {
                Some("result" | "failed") => {
                    self.of_reader("end", json!({}));
                    return Some(event);
                }
                Some("key_wanted") => drop(self.of_reader("cancel", json!({}))),
                _ => {}
            }
        }
    }
}

/// What somebody does to whom a card slipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Wait,
    Cancel,
}

/// What the readers' threads share.
struct Run {
    reads: usize,
    begun: AtomicUsize,
    ended: AtomicUsize,
    genuine: AtomicUsize,
    /// How often each, and the longest time
    outcomes: Mutex<BTreeMap<String, (usize, Duration)>>,
    pulled: AtomicUsize,
    /// What was read of anybody
    people: Mutex<BTreeSet<String>>,
}

/// Has cards read on one reader until enough were.
fn work(run: &Run, mut clerk: Clerk, at: SocketAddr, seed: &str) {
    let mut random = Seeded::new(seed);
    let mut draw = |below: u32| {
        let mut octets = [0; 4];
        random.fill(&mut octets).unwrap();
        u32::from_le_bytes(octets) % below
    };
    let mut place = Place::at(at);
    let mut left = 0;
    let mut key = String::new();
    let mut setting: Option<Setting> = None;
    let mut refused_since: Option<Instant> = None;
    while run.ended.load(SeqCst) < run.reads {
        if left == 0 || !matches!(place.presence(), Presence::Present) {
            place.remove();
            let number = usize::try_from(draw(u32::try_from(PERSONAS.len()).unwrap())).unwrap();
            let persona = cards::persona(PERSONAS[number]);
            key = persona.qr();
            let mut drawn = Setting::of(persona);
            if draw(2) == 0 {
                let fault = draw(u32::try_from(Fault::ALL.len()).unwrap());
                let fault = Fault::ALL[usize::try_from(fault).unwrap()];
                drawn.faults.push(fault.to_string());
            }
            // Faults around the chip have nobody to play them here.
            let Ok(chip) = drawn.chip(Around::Refused) else {
                continue;
            };
            // A service that has just been ended takes no card.
            if place
                .insert(chip, None, &Stop::after(Duration::from_secs(10)))
                .is_err()
            {
                thread::sleep(Duration::from_millis(200));
                continue;
            }
            left = READS_OF_A_CARD;
            setting = Some(drawn);
        }
        left -= 1;
        let pull = draw(10) == 0;
        let after = Duration::from_millis(u64::from(draw(400)));
        // One of ten cards that slipped stays away until the read gives it up.
        let next = draw(10);
        let since = Instant::now();
        let told = clerk.read(&key, || {
            run.begun.fetch_add(1, SeqCst);
            if !pull {
                return Then::Wait;
            }
            run.pulled.fetch_add(1, SeqCst);
            thread::sleep(after);
            place.remove();
            thread::sleep(after);
            match next {
                0 => Then::Wait,
                1..4 => Then::Cancel,
                _ => {
                    let chip = setting
                        .as_ref()
                        .and_then(|setting| setting.chip(Around::Refused).ok());
                    if let Some(chip) = chip {
                        // Where the service was just ended, it is not put back.
                        let _ = place.insert(chip, None, &Stop::after(Duration::from_secs(5)));
                    }
                    Then::Wait
                }
            }
        });
        let Some(told) = told else {
            // The card is not seen yet, or the service is being started again.
            left += 1;
            thread::sleep(Duration::from_millis(50));
            assert!(
                refused_since.get_or_insert(since).elapsed() < STUCK,
                "reader {} takes no read",
                clerk.reader
            );
            continue;
        };
        refused_since = None;
        run.ended.fetch_add(1, SeqCst);
        let report = &told["report"];
        let outcome = report["verdict"]
            .as_str()
            .or(told["error"]["code"].as_str());
        let mut outcomes = run.outcomes.lock().unwrap();
        let (count, longest) = outcomes
            .entry(outcome.unwrap_or("?").to_owned())
            .or_default();
        *count += 1;
        *longest = since.elapsed().max(*longest);
        drop(outcomes);
        if outcome == Some("genuine") {
            run.genuine.fetch_add(1, SeqCst);
        }
        let mut people = run.people.lock().unwrap();
        for holder in [&report["holder"], &report["unverified_holder"]] {
            let values = holder
                .as_object()
                .into_iter()
                .flat_map(|holder| holder.values());
            people.extend(values.filter_map(Value::as_str).map(str::to_owned));
        }
    }
}

fn program_under_test() -> PathBuf {
    match env::var("CANCUOC_RELEASE") {
        Ok(release) => fs::canonicalize(release).unwrap(),
        Err(_) => env!("CARGO_BIN_EXE_cancuoc").into(),
    }
}

/// The folder of everything that the agent is given, with what is trusted in it.
fn house() -> (Home, String) {
    let home = Home::new();
    home.write("trust/root.cer", pki::test_root());
    let state = State::open(home.path("state")).unwrap();
    let given = Tokens::new(state).give("local", &mut System, Timestamp::now());
    let token = given.unwrap().token.to_string();
    (home, token)
}

fn arguments(home: &Home) -> Vec<String> {
    let [trust, state] = ["trust", "state"].map(|name| home.text(name));
    [
        "agent",
        "--listen",
        "127.0.0.1:0",
        "--state",
        &state,
        "--trust",
        &trust,
        "--registry",
        "none",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn an_agent_works_for_long_and_loses_nothing() {
    let length = Length::wanted();
    let stand = Stand::start(READERS).unwrap();
    let port = stand.address(0).unwrap().port();
    let (home, token) = house();
    let mut command = stand.command(program_under_test());
    let agent = Agent::start(command.args(arguments(&home)), &home);
    let run = Run {
        reads: length.reads,
        begun: AtomicUsize::new(0),
        ended: AtomicUsize::new(0),
        genuine: AtomicUsize::new(0),
        outcomes: Mutex::default(),
        pulled: AtomicUsize::new(0),
        people: Mutex::default(),
    };
    let started = Instant::now();
    let (mut warm, mut restarts, mut told) = (None, 0, 0);
    let mut early = None;
    // The services that were started again, the last of which runs.
    let mut again: Vec<Stand> = Vec::new();
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for number in 0..READERS {
            let clerk = Clerk::sit_down(agent.address, &token, &stand.reader(number));
            let at = stand.address(number).unwrap();
            let run = &run;
            let working = scope.spawn(move || work(run, clerk, at, &format!("soak {number}")));
            workers.push(working);
        }
        while run.ended.load(SeqCst) < length.reads {
            thread::sleep(Duration::from_millis(50));
            if length
                .longest
                .is_some_and(|longest| started.elapsed() > longest)
            {
                // Enough; and the threads hear it by the same number.
                early = Some(run.ended.fetch_add(length.reads, SeqCst));
                return;
            }
            let ended = run.ended.load(SeqCst);
            if ended < length.reads && workers.iter().any(thread::ScopedJoinHandle::is_finished) {
                // It failed, and says so when the scope ends; the others need not go on.
                run.ended.store(length.reads, SeqCst);
                return;
            }
            assert!(started.elapsed() < STUCK * u32::try_from(length.reads).unwrap());
            if warm.is_none() && ended * 5 >= length.reads {
                warm = Some(agent.held());
            }
            if length.reads >= JUDGED && ended >= told {
                told = ended / 100 * 100 + 100;
                println!(
                    "soak: {ended} reads, {:?}, {}",
                    started.elapsed(),
                    agent.held()
                );
            }
            if restarts < length.restarts
                && ended * (length.restarts + 1) >= length.reads * (restarts + 1)
            {
                restarts += 1;
                let service = again.last().unwrap_or(&stand).service_id().to_string();
                let killed = Command::new("sh")
                    .args(["-c", "kill -KILL \"$0\"", &service])
                    .status();
                assert!(killed.unwrap().success());
                thread::sleep(Duration::from_millis(500));
                again.push(Stand::again(stand.folder(), port).unwrap());
            }
        }
    });
    // Threads of the last reads are on their way out.
    thread::sleep(Duration::from_secs(1));
    let end = agent.held();
    let warm = warm.unwrap_or(end);
    let ended = match early {
        Some(_) => run.ended.load(SeqCst) - length.reads,
        None => run.ended.load(SeqCst),
    };
    let begun = run.begun.load(SeqCst);
    println!(
        "soak: {ended} reads of {begun} begun in {:?}, {} genuine, {} slipped, {restarts} restarts; {:?} of a \
         core\nafter a fifth {warm}\nat the end {end}\n{:?}",
        started.elapsed(),
        run.genuine.load(SeqCst),
        run.pulled.load(SeqCst),
        agent.spent(),
        run.outcomes.lock().unwrap()
    );
    assert!(run.genuine.load(SeqCst) > 0, "nothing was ever read");
    assert_eq!(ended, begun, "reads that did not end");
    if ended >= JUDGED {
        assert!(
            end.resident * 100 <= warm.resident * (100 + GROWTH),
            "memory grew from {warm} to {end}"
        );
    }
    drop(agent);
    // Every read that began has its record, and none that was open has no end; the log is whole.
    let verified = home.json(&["audit", "verify", &home.text("state/audit")], 0);
    let number = |name: &str| verified[name].as_u64().unwrap();
    let records = number("records") - number("begun");
    assert_eq!(verified["unended"]["count"], 0, "{verified}");
    assert_eq!(
        records,
        u64::try_from(run.begun.load(SeqCst)).unwrap(),
        "{verified}"
    );
    // Nobody is in the agent's log.
    let log = fs::read_to_string(home.path("log")).unwrap();
    let people = run.people.lock().unwrap();
    assert!(
        people.iter().any(|value| value.len() == 12),
        "{}",
        people.len()
    );
    for value in people.iter().filter(|value| value.chars().count() > 4) {
        assert!(!log.contains(value.as_str()), "somebody is in the log");
    }
    for persona in PERSONAS.map(cards::persona) {
        let (qr, mrz) = (persona.qr(), persona.mrz());
        let parts = qr.split('|').chain(mrz.lines()).map(str::to_owned);
        for value in parts.chain([persona.can(), persona.mrz_information()]) {
            assert!(
                value.chars().count() <= 4 || !log.contains(&value),
                "somebody's key or name is in the log"
            );
        }
    }
}

/// What waiting costs. Only a release build is judged: `CANCUOC_RELEASE=target/release/cancuoc`.
#[test]
fn waiting_costs_nearly_nothing() {
    let Ok(release) = env::var("CANCUOC_RELEASE") else {
        eprintln!("NOT TESTED: what an idle agent costs; CANCUOC_RELEASE names a release build");
        return;
    };
    let stand = Stand::start(READERS).unwrap();
    let (home, token) = house();
    let release = fs::canonicalize(release).unwrap();
    let mut command = stand.command(release);
    let agent = Agent::start(command.args(arguments(&home)), &home);
    // A page that is open, with a reader of its own. Browsers answer whoever asks whether they are there.
    let mut clerk = Clerk::sit_down(agent.address, &token, &stand.reader(0));
    clerk.socket.get_mut().set_read_timeout(None).unwrap();
    let page = thread::spawn(move || while clerk.socket.read().is_ok() {});
    thread::sleep(Duration::from_secs(3));
    let before = agent.spent();
    let waited = Duration::from_secs(60);
    thread::sleep(waited);
    let (held, after) = (agent.held(), agent.spent());
    let spent = after.saturating_sub(before);
    println!("an idle agent: {held}; {spent:?} of a core in {waited:?}");
    assert!(!page.is_finished(), "the page is no longer there");
    drop(agent);
    page.join().unwrap();
    assert!(held.resident < IDLE_KIB, "{held}");
    assert!(spent < waited / IDLE_SHARE, "{spent:?} in {waited:?}");
}
