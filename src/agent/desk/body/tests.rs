use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::SystemTime;

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::agent::desk::bay::Standing;
use crate::agent::judge::Judge;
use crate::agent::judge::Sources;
use crate::agent::judge::TestMaterial;
use crate::agent::machine::Moment;
use crate::agent::protocol::Command;
use crate::agent::protocol::LEVEL;
use crate::agent::slots::News;
use crate::agent::slots::Order;
use crate::agent::slots::Pace;
use crate::agent::slots::Slots as _;
use crate::agent::slots::VirtualSlots;
use crate::attest::receipt as elsewhere;
use crate::crypto::random::System;
use crate::lds::key::AccessKey;
use crate::reader::Groups;
use crate::registry::Context;
use crate::registry::RegistryOptions;
use crate::seal::sign::time;
use crate::sim::persona;
use crate::sim::pki::folder::FolderSpec;
use crate::verify::Policy;

/// Noon of 22 November 2026, in seconds since 1970, when the card is in force, and in 2040, when it is not.
const IN_FORCE: u64 = 1_795_348_800;
const EXPIRED: u64 = 2_220_000_000;

const NONCE: &str = "AAECAwQFBgcICQoLDA0ODw==";

/// One who trusts a folder, at a time.
fn judge_at(now: u64, trust: Vec<PathBuf>) -> Arc<Judge> {
    let judge = Judge::open(Sources {
        trust,
        test_material: TestMaterial::Foreign,
        policy: Policy::counter(),
        registry: "none".to_owned(),
        registry_options: RegistryOptions::default(),
        context: Context::default(),
        disclose: Vec::new(),
        now: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(now)),
    });
    Arc::new(judge.unwrap())
}

fn read_by(judge: &Arc<Judge>) -> Box<Inspected> {
    let (tell, news) = mpsc::channel();
    let slots = VirtualSlots::new(tell);
    let reader = slots.attach("Virtual reader");
    let persona = persona::find("an").unwrap();
    slots.lay(reader, &persona, Pace::Free).unwrap();
    let key = AccessKey::parse(&persona.can(), jiff::civil::date(2026, 11, 22));
    let order = Order {
        read: 1,
        key: Some(key.unwrap()),
        groups: Groups::Signed,
        checks: Vec::new(),
        context: Context::default(),
        disclose: Vec::new(),
        within: Duration::from_secs(60),
        judge: Arc::clone(judge),
    };
    let _running = slots.read(reader, order).unwrap();
    loop {
        let told = news.recv_timeout(Duration::from_secs(120)).unwrap();
        if let News::Done { result, .. } = told {
            return result.unwrap();
        }
    }
}

fn wish(evidence: &str) -> Wish {
    let command = json!({
        "id": "1", "command": "read", "reader": "r1", "evidence": evidence, "nonce": NONCE,
    });
    let Ok((_, Command::Read(ask))) = Command::decode(command.to_string().as_bytes()) else {
        panic!("a read");
    };
    let standing = Standing {
        read: 1,
        since: Moment::default(),
        origin: "https://counter.example",
        key: None,
        officer: None,
        context: &Context::default(),
        disclose: &[],
        fields: &["name"],
        within: Duration::from_secs(60),
    };
    Wish::of(*ask, standing)
}

#[test]
fn a_receipt_says_what_the_report_says_and_evidence_is_given_to_who_asks() {
    let key = DeviceKey::generate(&mut System).unwrap();
    let as_of = "2026-11-01T00:00:00Z".parse().unwrap();
    for (now, verdict) in [(IN_FORCE, "genuine"), (EXPIRED, "not_in_force")] {
        let mut inspected = read_by(&judge_at(now, Vec::new()));
        inspected.trust_as_of = Some(as_of);
        let report = whole(&inspected);
        assert_eq!(report["verdict"], verdict);
        for (evidence, given) in [
            ("none", ["report"].as_slice()),
            ("receipt", &["receipt", "report"]),
            ("full", &["evidence", "receipt", "report"]),
        ] {
            let wish = wish(evidence);
            let body = result(&inspected, &wish, Some(&key), None).unwrap();
            let members = body.members.members();
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, given, "{evidence}");
            let told = &members["report"];
            for name in PORTRAITS.iter().chain(&CONTENTS) {
                assert_eq!(told.get(*name), None, "{name}");
            }
            let Some(receipt) = members.get("receipt") else {
                continue;
            };
            for name in ["verdict", "next_action", "sod_sha256"] {
                assert!(report[name].is_string(), "{name}");
                assert_eq!(receipt[name], report[name], "{name}");
            }
            for (name, found) in report["checks"].as_object().unwrap() {
                for part in ["outcome", "code"] {
                    assert_eq!(receipt["checks"][name][part], found[part], "{name}");
                }
            }
            let read_at = time(inspected.report.judged_at());
            assert_eq!(receipt["read_at"], read_at);
            assert_eq!(receipt["signature"]["signed_at"], read_at);
            assert_eq!(receipt["trust_as_of"], time(as_of));
            assert_eq!(receipt["origin"], "https://counter.example");
            assert_eq!(receipt["nonce"], NONCE);
            assert_eq!(receipt["level"], LEVEL);
            let device = key.public().id();
            let checked = elsewhere::check(receipt.to_string().as_bytes(), &[device]).unwrap();
            assert_eq!(checked.outcome.code(), "receipt.holds");
            assert_eq!(checked.verdict.word(), verdict);
        }
    }
}

#[test]
fn a_receipt_has_the_date_of_what_the_card_was_judged_by() {
    let made = date(2026, 11, 1).at(0, 0, 0, 0);
    let spec = FolderSpec {
        issuer: None,
        signers: Vec::new(),
        made,
        next_update: date(2050, 1, 1).at(0, 0, 0, 0),
        crl_number: 1,
        groups: BTreeMap::new(),
    };
    let files = spec.files().unwrap();
    let list = files
        .iter()
        .find(|file| file.path == "cancuoc-test-csca.crl");
    let folder = env::temp_dir().join(format!("cancuoc-as-of-{}", process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("list.crl"), &list.unwrap().bytes).unwrap();
    let judge = judge_at(IN_FORCE, vec![folder.clone()]);
    let inspected = read_by(&judge);
    // By the time that the receipt is made, something else is trusted.
    fs::remove_file(folder.join("list.crl")).unwrap();
    drop(judge.trust());
    assert_eq!(judge.summary().newest, None);
    let key = DeviceKey::generate(&mut System).unwrap();
    let body = result(&inspected, &wish("receipt"), Some(&key), None).unwrap();
    let receipt = &body.members.members()["receipt"];
    let made = made.to_zoned(TimeZone::UTC).unwrap().timestamp();
    assert_eq!(receipt["trust_as_of"], time(made));
    fs::remove_dir_all(&folder).unwrap();
}
