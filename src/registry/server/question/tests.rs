//! The way of one question, without the door in front of it.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::body::Body;
use serde_json::Value;
use tokio::runtime;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::*;
use crate::crypto::random::System;
use crate::registry::backend::Backend;
use crate::registry::message::Nonce;
use crate::registry::message::QuestionId;
use crate::registry::message::encode_question;
use crate::registry::message::encode_question_list;
use crate::registry::query::Attributes;
use crate::registry::query::CardKey;
use crate::registry::query::Case;
use crate::registry::query::CitizenNumber;
use crate::registry::query::Context;
use crate::registry::query::Device;
use crate::registry::query::Officer;
use crate::registry::query::Procedure;
use crate::registry::query::Query;
use crate::registry::server::app::Parts;
use crate::registry::server::app::Stopping;
use crate::registry::server::config::Overrides;
use crate::registry::server::config::Settings;
use crate::registry::server::ledger::Ledger;
use crate::registry::server::log::Log;
use crate::seal::key::DeviceKey;

const CONFIG: &str = r#"
    listen = "127.0.0.1:0"
    registry = "sqlite:register.sqlite"
    certificate = "server.pem"
    key = "server.key"
    clients = "clients.pem"
    signing_key = "signing.pem"
    audit = "audit"
    log = "server"

    [buckets]
    officer = { capacity = 40, per_second = 0.0001 }

    [[procedure]]
    code = "residence"

    [[procedure]]
    code = "marriage"

    [[agency]]
    id = "ward"
    certificate = "Ward"
    devices = [{ id = "counter-1", key = "DEVICE" }]
    procedures = ["residence"]

    [[agency]]
    id = "bank"
    certificate = "Bank"
    devices = [{ id = "counter-1", key = "DEVICE" }]
"#;

/// A server without its door, in a folder that goes away with it.
struct Stand {
    folder: PathBuf,
    device: DeviceKey,
    app: App,
    runtime: Runtime,
    _stop: watch::Sender<Stopping>,
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Stand {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("cancuoc-question-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let device = DeviceKey::generate(&mut System).unwrap();
        let config = CONFIG.replace("DEVICE", &device.public().id().to_string());
        let place = folder.join("server.toml");
        fs::write(&place, config).unwrap();
        let settings = Settings::gather(Some(&place), &Overrides::default()).unwrap();
        let runtime = runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let key = Arc::new(DeviceKey::generate(&mut System).unwrap());
        let (stop, stopping) = watch::channel(Stopping::No);
        let app = App::new(Parts {
            backend: runtime.block_on(Backend::open(&settings.registry)).unwrap(),
            ledger: Ledger::open(&settings.audit, Arc::clone(&key), "registry").unwrap(),
            log: Log::start(settings.log),
            settings,
            key,
            metrics: Arc::default(),
            stopping,
            run: "run".to_owned(),
        });
        Self {
            folder,
            device,
            app,
            runtime,
            _stop: stop,
        }
    }

    /// A list about these numbers.
    fn list(&self, id: &QuestionId, officer: &str, numbers: &[&str]) -> Vec<u8> {
        let one = |number: &&str| {
            let question = self.question(officer, number, None);
            Asked::decode(&question).unwrap().query
        };
        let queries: Vec<Query> = numbers.iter().map(one).collect();
        let nonce = Nonce::random(&mut System).unwrap();
        let now = Timestamp::now();
        encode_question_list(&queries, id, &nonce, now, Some(&self.device)).unwrap()
    }

    /// What the ward is answered to a list, by its word.
    fn ask_list(&self, list: &[u8]) -> Result<&'static str, Problem> {
        let asked = AskedList::decode(list).unwrap();
        let policy = self.app.policy();
        let agency = policy
            .agencies()
            .iter()
            .find(|one| one.id == "ward")
            .unwrap();
        let (now, taken) = (asked.asked_at, Instant::now());
        let reply = consider(&self.app, agency, &asked, Form::List, now, taken);
        self.runtime.block_on(reply).map(|reply| reply.code)
    }

    /// What an agency is answered, by its word, at a time that is so many seconds after the question's.
    fn at(&self, agency: &str, question: &[u8], seconds: i64) -> &'static str {
        let asked = Asked::decode(question).unwrap();
        let policy = self.app.policy();
        let mut agencies = policy.agencies().iter();
        let agency = agencies.find(|one| one.id == agency).unwrap();
        let now = asked.asked_at + SignedDuration::from_secs(seconds);
        let asked = AskedList::from(asked);
        let reply = consider(&self.app, agency, &asked, Form::One, now, Instant::now());
        match self.runtime.block_on(reply) {
            Ok(reply) => reply.code,
            Err(problem) => problem.code,
        }
    }

    fn ask(&self, question: &[u8]) -> &'static str {
        self.at("ward", question, 0)
    }

    fn question(&self, officer: &str, number: &str, name: Option<&str>) -> Vec<u8> {
        let id = QuestionId::random(&mut System).unwrap();
        self.other(&id, officer, "counter-1", "residence", number, name)
    }

    fn other(
        &self,
        id: &QuestionId,
        officer: &str,
        device: &str,
        procedure: &str,
        number: &str,
        name: Option<&str>,
    ) -> Vec<u8> {
        let query = Query {
            context: Context {
                procedure: Procedure::new(procedure),
                case: Case::new("case-1"),
                officer: Officer::new(officer),
                device: Device::new(device),
                agency: None,
            },
            card: CardKey {
                sod: None,
                number: CitizenNumber::new(number),
            },
            attributes: Attributes {
                name: name.map(str::to_owned),
                ..Attributes::default()
            },
            disclose: Vec::new(),
        };
        let nonce = Nonce::random(&mut System).unwrap();
        let now = Timestamp::now();
        encode_question(&query, id, &nonce, now, Some(&self.device)).unwrap()
    }
}

const AN: &str = "036195000123";
const NOBODY: &str = "000000000000";

#[test]
fn only_what_is_fresh_and_signed_by_its_own_device_for_its_own_procedure_is_answered() {
    let stand = Stand::new("own");
    let question = stand.question("o-1", AN, None);
    assert_eq!(stand.at("ward", &question, 121), "question.stale");
    assert_eq!(stand.at("ward", &question, -121), "question.future");
    let id = QuestionId::random(&mut System).unwrap();
    let other = |device, procedure| stand.other(&id, "o-1", device, procedure, AN, None);
    let renamed = other("counter-2", "residence");
    assert_eq!(stand.ask(&renamed), "question.unknown_device");
    for procedure in ["marriage", "else"] {
        let question = other("counter-1", procedure);
        assert_eq!(stand.ask(&question), "question.unknown_procedure");
    }
    let mut changed: Value = serde_json::from_slice(&question).unwrap();
    changed["officer"] = "o-2".into();
    let bytes = serde_json::to_vec(&changed).unwrap();
    assert_eq!(stand.ask(&bytes), "question.wrong_signature");
    changed.as_object_mut().unwrap().remove("signature");
    let bytes = serde_json::to_vec(&changed).unwrap();
    assert_eq!(stand.ask(&bytes), "question.unsigned");
    // None of them took the id or a token.
    assert!(stand.app.seen.is_empty());
    assert_eq!(stand.at("ward", &question, 119), "confirmed");
    assert_eq!(stand.at("ward", &question, -119), "again");
}

#[test]
fn an_id_belongs_to_its_agency_and_to_one_question() {
    let stand = Stand::new("ids");
    let question = stand.question("o-1", AN, None);
    let id = Asked::decode(&question).unwrap().id;
    assert_eq!(stand.ask(&question), "confirmed");
    assert_eq!(stand.ask(&question), "again");
    let other = stand.other(&id, "o-1", "counter-1", "residence", AN, None);
    assert_eq!(stand.ask(&other), "question.reused_id");
    assert_eq!(stand.at("bank", &question, 0), "confirmed");
}

#[test]
fn each_answer_costs_its_officer_what_it_says() {
    let stand = Stand::new("costs");
    let until_refused = |officer: &str, number: &str, name: Option<&str>| {
        let answered = (0..100).take_while(|_| {
            let question = stand.question(officer, number, name);
            stand.ask(&question) != "question.too_many"
        });
        answered.count()
    };
    // A full bucket of 40 answers as long as it holds the dearest answer.
    assert_eq!(until_refused("o-1", NOBODY, None), 2);
    assert_eq!(until_refused("o-2", AN, Some("Nguyễn Thị Mẫu Ân")), 5);
    assert_eq!(until_refused("o-3", AN, None), 21);
    assert_eq!(until_refused("o-4", "048091900202", None), 21);
    // What was answered before costs nothing.
    let stand = Stand::new("again");
    let question = stand.question("o-1", NOBODY, None);
    assert_eq!(stand.ask(&question), "not_on_file");
    for _ in 0..10 {
        assert_eq!(stand.ask(&question), "again");
    }
}

#[test]
fn what_the_server_cannot_answer_costs_nothing_and_takes_no_id() {
    let stand = Stand::new("away");
    let five = |code: &str| {
        for _ in 0..5 {
            assert_eq!(stand.ask(&stand.question("o-1", NOBODY, None)), code);
        }
        assert!(stand.app.seen.is_empty());
    };
    let (there, aside) = ("register.sqlite", "aside.sqlite");
    let rename = |from, to| fs::rename(stand.folder.join(from), stand.folder.join(to));
    stand.runtime.block_on(stand.app.backend.close());
    rename(there, aside).unwrap();
    five("question.unavailable");
    rename(aside, there).unwrap();
    // A log that takes nothing: nobody gets the answer.
    stand.app.ledger.close();
    five("question.audit_unavailable");
    assert!(!stand.runtime.block_on(stand.app.ledger.is_well()));
}

#[test]
fn whose_certificate_has_expired_meanwhile_is_nobody() {
    let stand = Stand::new("expired");
    let asked = |until: i64| {
        let request = Request::builder()
            .extension(Arc::new(Peer {
                sha256: [0; 32],
                common_name: Some("Ward".to_owned()),
                until,
            }))
            .body(Body::empty())
            .unwrap();
        stand
            .runtime
            .block_on(super::answer(&stand.app, Form::One, request))
            .code
    };
    let now = Timestamp::now().as_second();
    assert_eq!(asked(now - 1), "question.agency_unknown");
    // Known, and told that this is no question.
    assert_eq!(asked(now + 3_600), "question.media_type");
}

/// Held by a test for as long as its disk is to be silent.
static DISK: Mutex<()> = Mutex::new(());

/// The clock of a log, which is looked at for each write.
fn when_the_disk_is_there() -> Timestamp {
    drop(DISK.lock().unwrap_or_else(PoisonError::into_inner));
    Timestamp::now()
}

#[test]
fn an_id_stays_with_its_question_while_the_disk_is_silent() {
    let mut stand = Stand::new("silent");
    let log = stand.folder.join("silent");
    let key = Arc::clone(&stand.app.key);
    stand.app.ledger = Ledger::timed_by(&log, key, when_the_disk_is_there);
    let silent = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    stand.app.settings.limits.answer_time = Duration::from_millis(200);
    let mut question = Vec::new();
    // A machine that is busy may not even look into the register in that time.
    let said = (0..50).find_map(|_| {
        question = stand.question("o-1", AN, None);
        Some(stand.ask(&question)).filter(|said| *said != "question.timeout")
    });
    assert_eq!(said, Some("question.audit_unavailable"));
    let id = Asked::decode(&question).unwrap().id;
    let other = stand.other(&id, "o-1", "counter-1", "residence", AN, None);
    assert_eq!(stand.ask(&other), "question.reused_id");
    // It was paid for: somebody may read the answer in the log.
    drop(silent);
    stand.app.settings.limits.answer_time = Duration::from_secs(60);
    assert_eq!(stand.ask(&question), "confirmed");
}

#[test]
fn lists_and_questions_share_one_space_of_ids() {
    let stand = Stand::new("list-ids");
    let id = QuestionId::random(&mut System).unwrap();
    let list = stand.list(&id, "o-1", &[AN, AN]);
    assert_eq!(stand.ask_list(&list).unwrap(), "list");
    assert_eq!(stand.ask_list(&list).unwrap(), "again");
    let question = stand.other(&id, "o-1", "counter-1", "residence", AN, None);
    assert_eq!(stand.ask(&question), "question.reused_id");
    let other = stand.list(&id, "o-1", &[AN]);
    assert_eq!(
        stand.ask_list(&other).unwrap_err().code,
        "question.reused_id"
    );
    let question = stand.question("o-1", AN, None);
    assert_eq!(stand.ask(&question), "confirmed");
    let taken = Asked::decode(&question).unwrap().id;
    let list = stand.list(&taken, "o-1", &[AN, AN]);
    assert_eq!(
        stand.ask_list(&list).unwrap_err().code,
        "question.reused_id"
    );
}

#[test]
fn each_entry_costs_what_it_would_alone() {
    // A full bucket of 40 never holds three times the dearest answer.
    let stand = Stand::new("list-costs");
    let id = || QuestionId::random(&mut System).unwrap();
    let ask =
        |officer: &str, numbers: &[&str]| stand.ask_list(&stand.list(&id(), officer, numbers));
    let never = ask("o-1", &[AN, AN, AN]).unwrap_err();
    assert_eq!(
        (never.code, never.most),
        ("question.list_too_long", Some(2))
    );
    assert_eq!(never.retry_after, None);
    // What it did not cost is given back: 1 and 1 of 40.
    assert_eq!(ask("o-1", &[AN, AN]).unwrap(), "list");
    let now = ask("o-1", &[AN, AN]).unwrap_err();
    assert_eq!((now.code, now.most), ("question.too_many", Some(1)));
    assert!(now.retry_after.is_some());
    // Taken from none of the buckets: one question more is let through as often as before.
    let alone = (0..100).take_while(|_| stand.ask(&stand.question("o-1", AN, None)) == "confirmed");
    assert_eq!(alone.count(), 19);
    let none = ask("o-1", &[AN, AN]).unwrap_err();
    assert_eq!((none.code, none.most), ("question.too_many", Some(0)));
    // Who walks through numbers comes no further in lists.
    assert_eq!(ask("o-2", &[NOBODY, NOBODY]).unwrap(), "list");
    assert_eq!(ask("o-2", &[NOBODY]).unwrap_err().code, "question.too_many");
    assert_eq!(ask("o-3", &[NOBODY, AN]).unwrap(), "list");
    assert_eq!(
        stand.ask(&stand.question("o-3", NOBODY, None)),
        "question.too_many"
    );
}

#[test]
fn a_list_that_the_server_cannot_answer_costs_nothing() {
    let stand = Stand::new("list-away");
    stand.app.ledger.close();
    for _ in 0..5 {
        let id = QuestionId::random(&mut System).unwrap();
        let list = stand.list(&id, "o-1", &[NOBODY, NOBODY]);
        let refused = stand.ask_list(&list).unwrap_err();
        assert_eq!(refused.code, "question.audit_unavailable");
    }
}
