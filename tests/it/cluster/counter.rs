//! A counter that asks the registry's server, whose register is on the cluster: every answer goes
//! against the ledger, and into a list that the audit log is held against.

use std::collections::HashSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use openssl::hash::MessageDigest;
use openssl::hash::hash;
use serde_json::Value;
use serde_json::json;

use crate::support::registry_server::Line;
use crate::support::registry_server::Stand;

use super::ledger::Done;
use super::ledger::Ledger;
use super::ledger::Stage;

const PAUSE: Duration = Duration::from_millis(5);

/// How many of the newest cards are asked for.
const NEWEST: usize = 50;

/// Digests of the answers that came.
#[derive(Default)]
pub struct Answers(Mutex<Vec<String>>);

impl Answers {
    fn add(&self, answer: &[u8]) {
        let digest = hash(MessageDigest::sha256(), answer).unwrap();
        self.0.lock().unwrap().push(hex::encode(digest));
    }

    /// How many there are that the log in a folder does not have; and how many in all.
    pub fn missing(&self, folder: &Path) -> (usize, usize) {
        let mut logged = HashSet::new();
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read(entry.unwrap().path()).unwrap_or_default();
            for line in String::from_utf8_lossy(&text).lines() {
                let record = serde_json::from_str::<Value>(line).unwrap_or_default();
                if let Some(answer) = record["answer"].as_str() {
                    logged.insert(answer.to_owned());
                }
            }
        }
        let answers = self.0.lock().unwrap();
        let missing = answers.iter().filter(|digest| !logged.contains(*digest));
        (missing.count(), answers.len())
    }
}

/// Asks until the ledger is ended. What is refused or not answered is asked again as another question.
pub fn counter(
    stand: &Arc<Stand>,
    address: SocketAddr,
    ledger: &Arc<Ledger>,
    answers: &Arc<Answers>,
) -> JoinHandle<()> {
    let (stand, ledger, answers) = (Arc::clone(stand), Arc::clone(ledger), Arc::clone(answers));
    thread::spawn(move || {
        let mut turn = 0_usize;
        while !ledger.ended() {
            thread::sleep(PAUSE);
            let Ok(mut line) = Line::open(address, &stand.pki, Some(&stand.pki.ward)) else {
                continue;
            };
            while !ledger.ended() && ledger.begun() > 0 {
                turn = turn.wrapping_add(1);
                let among = NEWEST.min(ledger.begun());
                let card = ledger.begun() - 1 - turn.wrapping_mul(7919) % among;
                let mut question = stand.question("");
                question["card"] = json!({"sod_sha256": hex::encode(Ledger::key(card))});
                let question = stand.signed(question);
                let least = ledger.least(card);
                let Ok(reply) = line.try_post(&question) else {
                    break;
                };
                if reply.status == 200 {
                    answers.add(&reply.body);
                    let status = reply.json()["card"]["status"].as_str().unwrap().to_owned();
                    let status = Some(status).filter(|status| status != "not_on_file");
                    let found = Stage::of(status.as_deref());
                    ledger.answer(Done::Served, card, least, found);
                }
                thread::sleep(PAUSE);
            }
        }
    })
}
