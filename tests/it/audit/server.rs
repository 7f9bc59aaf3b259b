//! The registry's server, killed (`kill -9`) while it is asked: every answer that somebody received
//! has its record, and every one to a list has a record for each of its entries.

use std::collections::BTreeMap;
use std::env;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::SocketAddr;
use std::process::Child;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::sync::mpsc::channel;
use std::thread;

use serde_json::Value;

use cancuoc::audit::tree::sha256;
use cancuoc::audit::verify;
use cancuoc::crypto::random::Random as _;
use cancuoc::crypto::random::System;

use super::crash::kill_after;
use super::lines;
use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;

/// Moments at which the server is killed; all 200 where `CANCUOC_EVERY_KILL` is set.
const MOMENTS: usize = 6;
const EVERY_MOMENT: usize = 200;

/// Counters that ask at once.
const ASKING: usize = 4;

/// Longest time to the server's end, in milliseconds: from when it listens, or from the first answer.
const LONGEST: u16 = 300;

/// A number that the sample register does not have: unknown is an answer, too.
const NUMBER: &str = "001099000007";

/// One that it has, which costs little.
const KNOWN: &str = "036195000123";

/// An answer that somebody received: its digest, and how many cards it is about.
type Received = (String, usize);

/// A server of its own process, ended when dropped.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(stand: &Stand) -> (Program, SocketAddr) {
    let child = stand
        .home
        .command(&["registry", "serve", "--config", "server.toml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut program = Program(child);
    let mut line = String::new();
    let stdout = program.0.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let address = said["address"].as_str().unwrap().parse().unwrap();
    (program, address)
}

/// Asks questions and lists in turn until nobody answers. Gives the digests of what was asked and what was
/// answered to it.
fn ask(
    stand: &Stand,
    address: SocketAddr,
    received: &Mutex<BTreeMap<String, Received>>,
    answered: &Sender<()>,
) {
    let Ok(mut line) = Line::open(address, &stand.pki, Some(&stand.pki.ward)) else {
        return;
    };
    for turn in 0_usize.. {
        let question = || stand.question(NUMBER);
        let (place, asked, cards) = match turn % 2 {
            0 => ("/v1/questions", question(), 1),
            _ => {
                let known = || stand.question(KNOWN);
                let list = [question(), known(), known()];
                ("/v1/question-lists", stand.list(&list), list.len())
            }
        };
        let body = stand.signed(asked);
        let Ok(reply) = line.try_post_to(place, &body) else {
            return;
        };
        assert_eq!(reply.status, 200, "{}", reply.text());
        let digest = |bytes: &[u8]| hex::encode(sha256(&[bytes]));
        let pair = (digest(&body), (digest(&reply.body), cards));
        received.lock().unwrap().extend([pair]);
        let _ = answered.send(());
    }
}

#[test]
fn every_answer_that_was_received_has_its_record() {
    let every = env::var_os("CANCUOC_EVERY_KILL").is_some();
    let moments = if every { EVERY_MOMENT } else { MOMENTS };
    let stand = Stand::new();
    let audit = stand.home.path("audit");
    let received = Mutex::new(BTreeMap::new());
    let mut torn = 0;
    for number in 0..moments {
        let (mut program, address) = start(&stand);
        let mut random = [0; 2];
        System.fill(&mut random).unwrap();
        let moment = u16::from_be_bytes(random);
        let (answered, first) = channel();
        thread::scope(|scope| {
            for _ in 0..ASKING {
                let (answered, received, stand) = (answered.clone(), &received, &stand);
                scope.spawn(move || ask(stand, address, received, &answered));
            }
            drop(answered);
            if moment & 0x8000 == 0 {
                first.recv().unwrap();
            }
            let killer = kill_after(program.0.id(), moment % LONGEST);
            killer.join().unwrap();
        });
        assert!(!program.0.wait().unwrap().success());
        let verified = verify(&audit, &[stand.registry_key], &[]).unwrap();
        torn += usize::from(verified.torn > 0);
        let pairs = lines(&audit)
            .into_iter()
            .filter_map(|line| serde_json::from_slice::<Value>(&line).ok())
            .filter_map(|record| {
                let text = |name: &str| record[name].as_str().map(str::to_owned);
                text("question").zip(text("answer"))
            });
        let mut records: BTreeMap<String, Received> = BTreeMap::new();
        for (question, answer) in pairs {
            let (one, cards) = records.entry(question).or_insert((answer.clone(), 0));
            assert_eq!(*one, answer);
            *cards += 1;
        }
        for (question, answer) in received.lock().unwrap().iter() {
            assert_eq!(records.get(question), Some(answer), "moment {number}");
        }
    }
    let received = received.into_inner().unwrap();
    let verified = verify(&audit, &[stand.registry_key], &[]).unwrap();
    println!(
        "{moments} moments, {} answers received, {} records, {torn} torn ends",
        received.len(),
        verified.records
    );
    assert!(!received.is_empty());
}
