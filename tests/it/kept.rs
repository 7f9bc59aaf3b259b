//! `sim serve --state`: what a chip remembers outlives the program, whatever ends that.
//!
//! The reader is played here, over the wire that vpcd speaks.

use std::fs;
use std::io::Read;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;

use cancuoc::error::TransportError;
use cancuoc::lds::key::AccessKey;
use cancuoc::transport::Limits;
use cancuoc::transport::Medium;
use cancuoc::transport::Stop;
use cancuoc::transport::Transport;

use crate::support::cards;
use crate::support::home::Home;

const LONG: Duration = Duration::from_secs(60);

/// A card with a PIN, of a number of its own.
const PERSONA: &str = r#"
schema = "cancuoc.persona/1"
name = "kept"
kind = "cccd-2021"
title = { vi = "Thẻ mẫu", en = "A specimen" }

[holder]
number = "001195000111"
name = "Nguyễn Thị Mẫu"
birth = "1995-08-17"
sex = "female"

[document]
issued = "2021-05-10"

[chip]
pin = "135790"
puk = "1357924680"
"#;

/// vpcd, and whoever sends commands through it.
struct Wire {
    stream: TcpStream,
    atr: Vec<u8>,
}

impl Wire {
    fn exchange(&mut self, message: &[u8]) -> Vec<u8> {
        self.say(message);
        let mut length = [0; 2];
        self.stream.read_exact(&mut length).unwrap();
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut answer).unwrap();
        answer
    }

    fn say(&mut self, message: &[u8]) {
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        self.stream.write_all(&[&length, message].concat()).unwrap();
    }
}

impl Transport for Wire {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.exchange(command))
    }

    fn limits(&self) -> Limits {
        Limits {
            max_command: 65_000,
            max_response: 65_000,
            atr: self.atr.clone(),
            medium: Medium::Virtual,
        }
    }

    fn reconnect(&mut self, _: &Stop, _: Duration) -> Result<(), TransportError> {
        Err(TransportError::CardRemoved)
    }
}

/// The program with a card, and the reader that it lies on. It is killed at the end.
struct Served {
    program: Child,
    wire: Wire,
}

impl Served {
    fn begin(home: &Home, state: &str, persona: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let program = home
            .command(&arguments(state, persona, &address))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut wire = Wire {
            stream,
            atr: Vec::new(),
        };
        wire.say(&[1]);
        wire.atr = wire.exchange(&[4]);
        Self { program, wire }
    }

    /// The code of the error that a read with this key ends in.
    fn read(&mut self, key: &str) -> Option<&'static str> {
        let key = AccessKey::parse(key, cards::TODAY).unwrap();
        let read = cards::read(&mut self.wire, &cards::least(key), "kept");
        read.err().map(|error| error.code())
    }

    /// SIGKILL: nothing is written any more.
    fn kill(mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn arguments<'a>(state: &'a str, persona: &'a str, address: &'a str) -> Vec<&'a str> {
    let mut all = vec!["sim", "serve", "--persona", persona];
    all.extend(["--address", address, "--state", state]);
    all
}

/// It refuses before it looks for a reader.
#[track_caller]
fn refused(home: &Home, state: &str, persona: &str, code: &str) {
    home.refused(&arguments(state, persona, "127.0.0.1:1"), code);
}

#[test]
fn a_killed_program_has_forgotten_no_wrong_pin() {
    let home = Home::new();
    let (persona, state) = (home.write("kept.toml", PERSONA), home.text("kept.state"));
    for (left, text) in [(2, "pin:111111"), (1, "pin:111111")] {
        let mut served = Served::begin(&home, &state, &persona);
        assert_eq!(served.read(text), Some("access.wrong_key"), "{left}");
        served.kill();
        let kept = fs::read_to_string(&state).unwrap();
        assert!(kept.contains(&format!("\npin-tries {left}\n")), "{kept}");
        // Whose card it is does not stand there.
        assert!(!kept.contains("001195000111") && !kept.contains("000111"));
    }
    assert_eq!(
        fs::metadata(&state).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Suspended: the right PIN opens nothing without the card access number, and the third wrong one
    // beside it blocks.
    let mut served = Served::begin(&home, &state, &persona);
    assert_eq!(served.read("pin:135790"), Some("access.pin_suspended"));
    served.kill();
    let mut served = Served::begin(&home, &state, &persona);
    assert_eq!(
        served.read("pin:111111 can:000111"),
        Some("access.pin_blocked")
    );
    served.kill();
    let mut served = Served::begin(&home, &state, &persona);
    assert_eq!(
        served.read("pin:135790 can:000111"),
        Some("access.pin_blocked")
    );
    served.kill();
    assert!(
        fs::read_to_string(&state)
            .unwrap()
            .contains("\npin-tries 0\n")
    );

    // Another card's memory is none of this one's, and stays as it was.
    let before = fs::read(&state).unwrap();
    refused(&home, &state, "an", "sim.state_of_another_card");
    assert_eq!(fs::read(&state).unwrap(), before);
    // What was switched on beside makes no other card of it.
    let mut with_fault = arguments(&state, &persona, "127.0.0.1:1");
    with_fault.extend([
        "--fault",
        "sod-hash-wrong",
        "--seconds",
        "0",
        "--format",
        "json",
    ]);
    let output = home.run(&with_fault);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("no virtual reader listens"), "{said}");
}

#[test]
fn what_is_no_memory_is_refused_and_left_alone() {
    let home = Home::new();
    let (persona, state) = (home.write("kept.toml", PERSONA), home.text("kept.state"));
    Served::begin(&home, &state, &persona).kill();
    let good = fs::read_to_string(&state).unwrap();
    let hostile = [
        String::new(),
        "cancuoc.memory/1\npin-tries 3\n".to_owned(),
        good.replace("pin-tries 3", "pin-tries 03"),
        good.replace("pin-tries 3\n", "pin-tries 3\npin-tries 3\n"),
        good.replace("cancuoc.state/1", "cancuoc.state/2"),
        format!("{good}\0"),
        good.repeat(1_000),
    ];
    for text in hostile {
        fs::write(&state, &text).unwrap();
        refused(&home, &state, &persona, "sim.state_malformed");
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
    // A memory of its form that no life of this card can have.
    for (said, instead) in [("pin-tries 3", "pin-tries 4"), ("pin-tries 3\n", "")] {
        fs::write(&state, good.replace(said, instead)).unwrap();
        refused(&home, &state, &persona, "sim.state_of_another_card");
    }
    fs::write(&state, [0xFF; 64]).unwrap();
    refused(&home, &state, &persona, "sim.state_malformed");
    fs::remove_file(&state).unwrap();
    fs::create_dir(&state).unwrap();
    refused(&home, &state, &persona, "sim.state_malformed");
    let nowhere = home.text("no-such-folder/kept.state");
    refused(&home, &nowhere, &persona, "output.unwritable");
}
