//! The same flows with the program itself: `cancuoc agent` in a process and folders of its own, on
//! readers of a real PC/SC service.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use cancuoc::crypto::random::System;
use cancuoc::sim::chip::Chip;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::persona::Persona;
use cancuoc::sim::pki;
use cancuoc::sim::vpcd;
use serde_json::Value;

use crate::support::card::Laid;
use crate::support::home::Home;
use crate::support::pcscd::Stand;
use crate::support::program;

use super::clerk;
use super::clerk::shipped;
use super::counter::BUSY;
use super::counter::FEEDBACK;
use super::seen::assert_caveat;
use super::seen::assert_forgotten;
use super::tab::Person;
use super::tab::Tab;

/// Longest time that the program may take to begin or to end, or that a command beside it may take.
const LIMIT: Duration = Duration::from_secs(100);

/// A clerk's machine: readers, the agent, its folders.
struct Machine {
    agent: Child,
    address: String,
    home: Home,
    stand: Stand,
}

impl Machine {
    fn start(readers: usize) -> Self {
        let stand = Stand::with_readers(readers);
        let home = Home::new();
        // As an operator would trust it: on a real reader nothing trusts the issuer of test cards.
        home.write("trust/root.cer", pki::test_root());
        let mut agent = command(&stand, &home)
            .args(["agent", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(agent.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let Ok(told) = serde_json::from_str::<Value>(&line) else {
            program::end(&mut agent, LIMIT);
            let mut errors = String::new();
            let mut pipe = agent.stderr.take().unwrap();
            pipe.read_to_string(&mut errors).unwrap();
            panic!("the agent does not begin: {line}{errors}");
        };
        // What it logs must not fill a pipe that nobody reads.
        let mut log = agent.stderr.take().unwrap();
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self {
            agent,
            address: told["address"].as_str().unwrap().to_owned(),
            home,
            stand,
        }
    }

    /// A page that was paired with the code that the program shows.
    fn paired(&self, person: &Person, path: &str) -> Tab {
        let tab = person.tab();
        tab.before_all(clerk::RECORDER);
        tab.go(&format!("http://{}{path}", self.address));
        clerk::stage(&tab, &["pair"]);
        tab.tab_to("#pair-code");
        let mut pair = command(&self.stand, &self.home);
        let output = program::run(pair.args(["agent", "pair"]), LIMIT);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        tab.typed(told["code"].as_str().unwrap());
        tab.press("Enter");
        clerk::stage(&tab, &["idle"]);
        tab
    }

    /// Lays a card on a reader, counted from 0, until what comes back is dropped.
    fn lay(&self, reader: usize, card: Card) -> Laid {
        Laid::down(card, self.stand.readers()[reader].1)
    }

    /// Everything that it wrote into its folders.
    fn kept(&self) -> String {
        let mut folders = vec![self.home.path(".")];
        let mut kept = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    kept += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
                }
            }
        }
        kept
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        program::end(&mut self.agent, LIMIT);
    }
}

/// The program on these readers, with folders of its own.
fn command(stand: &Stand, home: &Home) -> Command {
    let mut command = stand.command(env!("CARGO_BIN_EXE_cancuoc"));
    command
        .args(["--policy", "ci-simulator", "--format", "json"])
        .args(["--trust", &home.text("trust")])
        .env("HOME", home.path("."))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("XDG_DATA_HOME", home.path("data"))
        .env("XDG_STATE_HOME", home.path("state"))
        .env("XDG_RUNTIME_DIR", home.path("run"))
        .env("CANCUOC_REGISTRY", "none")
        .env_remove("STATE_DIRECTORY");
    command
}

/// A card that counts what it is asked, and may be pulled out at one of the commands.
struct Card {
    chip: Chip,
    asked: Arc<AtomicU64>,
    last: u64,
    /// When the reader's service switched it on first: from then on it knows of it.
    found: Arc<OnceLock<SystemTime>>,
}

impl Card {
    fn of(persona: &Persona) -> Self {
        Self {
            chip: Chip::new(persona.personalise().unwrap(), Box::new(System)),
            asked: Arc::default(),
            last: u64::MAX,
            found: Arc::default(),
        }
    }

    /// It answers so many commands, and is pulled out instead of answering the next.
    fn leaving_after(self, last: u64) -> Self {
        Self { last, ..self }
    }

    fn asked(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.asked)
    }
}

impl vpcd::Card for Card {
    fn atr(&self) -> Vec<u8> {
        self.chip.atr().to_vec()
    }

    fn power(&mut self) {
        self.found.get_or_init(SystemTime::now);
        self.chip.reset();
    }

    fn process(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let before = self.asked.fetch_add(1, Ordering::SeqCst);
        (before < self.last).then(|| self.chip.process(command))
    }
}

#[test]
fn the_program_reads_the_cards_of_a_day() {
    let Some(person) = Person::new() else {
        return;
    };
    let machine = Machine::start(1);
    let an = shipped("an");
    let clone = shipped("an").with(|chip| chip.faults.push(Fault::WrongChipKey.into()));
    let tab = machine.paired(&person, "/?lang=vi");

    let card = Card::of(&an);
    let asked = card.asked();
    let found = Arc::clone(&card.found);
    let laid_down = SystemTime::now();
    let laid = machine.lay(0, card);
    assert_felt(&tab, laid_down, &found);
    type_key(&tab, &an.can());
    clerk::verdict(&tab, "genuine");
    assert_eq!(tab.text("#holder-name"), an.citizen.name);
    assert_caveat(&tab, "not_asked");
    tab.until("document.querySelector('#portrait').naturalWidth > 100");
    tab.picture("program-genuine-vi");
    let whole = asked.load(Ordering::SeqCst);
    done(&tab, laid);
    assert_forgotten(&tab, &an);

    let laid = machine.lay(0, Card::of(&clone));
    type_key(&tab, &an.can());
    clerk::verdict(&tab, "not_genuine");
    assert_eq!(
        tab.eval("document.querySelectorAll('[data-test=copy]').length"),
        0
    );
    done(&tab, laid);

    let laid = machine.lay(0, Card::of(&an));
    type_key(&tab, "999999");
    tab.until("document.querySelector('#key-error').innerText.trim() !== ''");
    type_key(&tab, &an.can());
    clerk::verdict(&tab, "genuine");
    done(&tab, laid);

    // Pulled out in the middle of the read and put back.
    let laid = machine.lay(0, Card::of(&an).leaving_after(whole * 2 / 3));
    type_key(&tab, &an.can());
    clerk::stage(&tab, &["paused"]);
    tab.picture("program-paused-vi");
    drop(laid);
    let laid = machine.lay(0, Card::of(&an));
    clerk::verdict(&tab, "genuine");
    assert_eq!(tab.text("#holder-name"), an.citizen.name);
    done(&tab, laid);

    tab.assert_well_behaved();
    let kept = machine.kept();
    for value in clerk::personal(&an) {
        assert!(!kept.contains(&value), "a person is kept in a file");
    }
}

#[test]
fn the_program_serves_two_readers() {
    let Some(person) = Person::new() else {
        return;
    };
    let machine = Machine::start(2);
    let (an, binh) = (shipped("an"), shipped("binh"));
    let tab = machine.paired(&person, "/?lang=en");
    tab.until("document.querySelectorAll('[data-test=reader-tab]').length === 2");
    let first = machine.lay(0, Card::of(&an));
    let second = machine.lay(1, Card::of(&binh));
    for (persona, step) in [(&an, "ArrowRight"), (&binh, "ArrowLeft")] {
        type_key(&tab, &persona.can());
        tab.until_says("#holder-name", &persona.citizen.name);
        clerk::verdict(&tab, "genuine");
        tab.tab_to("[data-test=reader-tab][aria-selected=true]");
        tab.press(step);
    }
    tab.until_says("#holder-name", &an.citizen.name);
    tab.picture("program-two-readers-en");
    drop((first, second));
    tab.assert_well_behaved();
}

/// Asserts that the page says something soon after the reader's service has found a card. How long that takes,
/// is the reader's own: a virtual one is asked every 400 ms.
#[track_caller]
fn assert_felt(tab: &Tab, laid_down: SystemTime, found: &OnceLock<SystemTime>) {
    clerk::stage(tab, &["key"]);
    let felt = tab.eval(&format!(
        "window.recorded.map(entry => entry.at + performance.timeOrigin).find(at => at >= {})",
        milliseconds(laid_down)
    ));
    let felt = felt.as_f64().unwrap();
    let after = felt - milliseconds(*found.get().unwrap());
    let whole = felt - milliseconds(laid_down);
    println!(
        "first feedback {after:.0} ms after pcscd found the card, {whole:.0} ms after it was laid down"
    );
    assert!(after < FEEDBACK * BUSY, "{after} ms");
}

/// The clock that a page has, too.
fn milliseconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

/// Types a key, whether the reader has found out already what lies on it or not.
#[track_caller]
fn type_key(tab: &Tab, key: &str) {
    clerk::stage(tab, &["idle", "key"]);
    tab.tab_to("#key-input");
    tab.typed(key);
    tab.press("Enter");
}

/// The clerk is done with a card and gives it back.
#[track_caller]
fn done(tab: &Tab, laid: Laid) {
    tab.press("F10");
    drop(laid);
    clerk::stage(tab, &["idle"]);
}
