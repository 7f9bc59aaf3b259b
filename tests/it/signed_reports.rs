//! Reports that a device signs, and what another machine makes of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use cancuoc::attest::again::Comparison;
use cancuoc::attest::again::compare;
use cancuoc::attest::check::Here;
use cancuoc::attest::check::Standing;
use cancuoc::attest::check::check;
use cancuoc::attest::signed::SignedReport;
use cancuoc::attest::statement::Fit;
use cancuoc::attest::statement::Found;
use cancuoc::attest::statement::Said;
use cancuoc::capture::Reading;
use cancuoc::crypto::random::System;
use cancuoc::pki::certificate::Certificate;
use cancuoc::pki::crl::Crl;
use cancuoc::pki::store::TrustStore;
use cancuoc::render::json;
use cancuoc::render::json::Times;
use cancuoc::render::reveal::Reveal;
use cancuoc::render::words;
use cancuoc::render::words::Kind;
use cancuoc::seal::canonical::canonical;
use cancuoc::seal::canonical::parse;
use cancuoc::seal::key::DeviceId;
use cancuoc::seal::key::DeviceKey;
use cancuoc::seal::sign::sign;
use cancuoc::sim::pki;
use cancuoc::sim::pki::TestPki;
use cancuoc::sim::pki::certificate::Entity;
use cancuoc::sim::pki::revocation_list::RevocationListSpec;
use cancuoc::verify;
use cancuoc::verify::Check;
use cancuoc::verify::Outcome;
use cancuoc::verify::Policy;
use cancuoc::workflow::Inspected;
use jiff::Timestamp;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sha;
use openssl::symm::Cipher;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::forge::NOW;
use crate::support::forge::Scene;
use crate::support::forge::at;
use crate::support::forge::find;
use crate::support::forge::linked;
use crate::support::forge::trusting;
use crate::support::home::Home;
use crate::support::home::mode;

/// A device, a report of a genuine live read, and who looks at it.
struct Desk {
    key: DeviceKey,
    inspected: Inspected,
    trust: TrustStore,
    devices: Vec<DeviceId>,
    policies: Vec<Policy>,
    now: Timestamp,
}

fn time(rfc3339: &str) -> Timestamp {
    rfc3339.parse().unwrap()
}

fn new_key() -> DeviceKey {
    let home = Home::new();
    let path = home.path("device.pem");
    DeviceKey::create(&path, &mut System).unwrap();
    DeviceKey::load(&path).unwrap()
}

impl Desk {
    fn of(scene: Scene) -> Self {
        let key = new_key();
        Self {
            devices: vec![key.public().id()],
            key,
            inspected: scene.inspect().unwrap(),
            trust: trusting(&[&pki::test_root()]),
            policies: vec![Policy::counter()],
            now: time(NOW),
        }
    }

    fn genuine() -> Self {
        Self::of(Scene::an())
    }

    fn report(&self) -> Value {
        json::report(&self.inspected.report, Times::default(), &Reveal::nothing())
    }

    fn sign(&self, report: Value) -> Value {
        sign(report, &self.key, time(NOW)).unwrap()
    }

    /// What is said of a report that the trusted device signed: standing, and the code of what
    /// decides.
    fn said_of(&self, report: Value) -> (Standing, String) {
        self.said(&self.sign(report).to_string(), true)
    }

    fn said(&self, text: &str, with_capture: bool) -> (Standing, String) {
        let report = SignedReport::decode(text.as_bytes()).unwrap();
        let again = with_capture.then(|| compare(&report, &self.again(&self.inspected)).unwrap());
        let here = Here {
            registries: &[],
            devices: &self.devices,
            trust: &self.trust,
            policies: &self.policies,
            now: self.now,
        };
        let checked = check(&report, &here, again.as_ref());
        let decisive = checked.decisive().map(|(_, outcome)| outcome.code());
        (checked.standing(), decisive.unwrap_or_default().to_owned())
    }

    /// The report that the capture gives here.
    fn again(&self, inspected: &Inspected) -> Map<String, Value> {
        let reading = Reading::stored(inspected.capture.clone());
        let report = verify::verify(&reading, &self.trust, &Policy::counter(), self.now.into());
        let report = json::report(&report, Times::default(), &Reveal::everything());
        report.as_object().unwrap().clone()
    }
}

/// A report with one place changed.
fn with(mut report: Value, place: &str, value: Value) -> Value {
    *report.pointer_mut(place).unwrap() = value;
    report
}

fn without(mut report: Value, name: &str) -> Value {
    report.as_object_mut().unwrap().remove(name).unwrap();
    report
}

#[test]
fn a_signed_report_holds_on_another_machine_and_its_capture_says_the_same() {
    let home = Home::new();
    let made = home.json(&["device-key", "new", &home.text("device.pem")], 0);
    assert_eq!(made["schema"], "cancuoc.device_key/1");
    assert_eq!(mode(&home.path("device.pem")), 0o600);
    let public = home.write("device.pub", made["public_key"].as_str().unwrap());
    home.json(&["sim", "pki", "--out", &home.text("trust")], 0);
    // The machine that reads has no list, and neither has this one.
    fs::remove_file(home.path("trust/cancuoc-test-csca.crl")).unwrap();
    let (report, capture) = (home.text("report.json"), home.text("card.json"));
    let key = home.text("device.pem");
    let said = home.run(&[
        "read",
        "--virtual",
        "an",
        "--policy",
        "ci-simulator",
        "--sign",
        &key,
        "--report",
        &report,
        "--save",
        &capture,
    ]);
    assert_eq!(said.status.code(), Some(0));
    assert_eq!(mode(Path::new(&report)), 0o600);
    let written: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(written["reading"], "live");
    assert_eq!(written["signature"]["algorithm"], "ES256");
    assert_eq!(written["signature"]["key_sha256"], made["sha256"]);

    let (trust, device) = (home.text("trust"), made["sha256"].as_str().unwrap());
    let verify = ["verify", &report, "--trust", &trust];
    for device in [device, &public] {
        let answer = home.json(&[&verify[..], &["--device", device]].concat(), 0);
        assert_eq!(answer["schema"], "cancuoc.report_check/1");
        assert_eq!(answer["result"], "confirmed");
        assert_eq!(answer["verdict"], "genuine");
        assert_eq!(answer["live_only"], json!(["access", "chip"]));
        assert!(answer.get("again").is_none());
    }
    let arguments = [&verify[..], &["--device", device, "--capture", &capture]].concat();
    let answer = home.json(&arguments, 0);
    assert_eq!(answer["checks"]["capture"]["code"], "report.capture_agrees");
    for (check, found) in [
        ("access", "live_only"),
        ("sod_signature", "again"),
        ("signer_chain", "again"),
        ("revocation", "again"),
        ("hashes", "again"),
        ("consistency", "again"),
        ("chip", "live_only"),
        ("validity", "again"),
        ("registry", "not_checkable"),
    ] {
        assert_eq!(answer["again"][check]["found"], found, "{check}");
    }
    // In words, too.
    for (lang, words) in [("vi", "BÁO CÁO ĐÁNG TIN"), ("en", "THE REPORT HOLDS")] {
        let said = home.run(&[&arguments[..], &["--lang", lang]].concat());
        let text = String::from_utf8(said.stdout).unwrap();
        assert!(text.starts_with(words), "{text}");
    }

    // A policy that was asked for is the one that counts, a configured one stands beside the shipped.
    let asked = |policy: &str, status| {
        let asked = ["--device", device, "--policy", policy];
        home.json(&[&verify[..], &asked].concat(), status)
    };
    asked("ci-simulator", 0);
    let answer = asked("border-strict", 3);
    assert_eq!(answer["checks"]["policy"]["code"], "report.policy_unknown");
    home.configure("policy = \"border-strict\"");
    home.json(&[&verify[..], &["--device", device]].concat(), 0);

    // Nobody said whose signature counts; then the configuration does.
    let answer = home.json(&verify, 3);
    assert_eq!(
        answer["checks"]["signature"]["code"],
        "report.device_unknown"
    );
    home.configure(&format!("devices = [\"{device}\"]\ntrust = [\"{trust}\"]"));
    home.json(&["verify", &report], 0);
    home.configure(&format!("devices = [\"{device}\"]"));
    let answer = home.json(&["verify", &report], 3);
    assert_eq!(answer["checks"]["anchors"]["code"], "report.anchor_unknown");
    assert_eq!(answer["next_action"], "update_trust");

    // Whoever gave the challenge finds the chip's signature again.
    let challenge = ["--challenge", "0011223344556677"];
    let (report, capture) = (home.text("asked.json"), home.text("asked"));
    let key = home.text("device.pem");
    let read = [
        "read",
        "--virtual",
        "an",
        "--policy",
        "ci-simulator",
        "--sign",
        &key,
        "--report",
        &report,
        "--save",
        &capture,
    ];
    home.json(&[&read[..], &challenge].concat(), 0);
    let verify = [
        "verify",
        &report,
        "--trust",
        &trust,
        "--device",
        device,
        "--capture",
        &capture,
    ];
    let answer = home.json(&[&verify[..], &challenge].concat(), 0);
    assert_eq!(answer["again"]["chip"]["found"], "again");
    assert_eq!(
        answer["again"]["chip"]["code"],
        "chip.active_authentication"
    );
    let answer = home.json(&verify, 0);
    assert_eq!(answer["again"]["chip"]["found"], "live_only");
    let verify = ["verify", &report, "--trust", &trust];

    // Another card's capture is not the report's.
    let other = home.text("other.json");
    home.json(&["read", "--virtual", "binh", "--save", &other], 0);
    let answer = home.json(
        &[&verify[..], &["--device", device, "--capture", &other]].concat(),
        1,
    );
    assert_eq!(answer["result"], "contradicted");
    assert_eq!(answer["checks"]["capture"]["code"], "report.capture_other");
}

#[test]
fn a_report_of_a_capture_says_that_nothing_was_live() {
    let home = Home::new();
    home.json(&["device-key", "new", &home.text("key")], 0);
    home.json(&["sim", "pki", "--out", &home.text("trust")], 0);
    let (key, trust, capture) = (home.text("key"), home.text("trust"), home.text("card"));
    home.json(&["read", "--virtual", "an", "--save", &capture], 0);
    let verify = ["verify", &capture, "--trust", &trust, "--sign", &key];
    let policy = ["--policy", "ci-simulator"];
    let report = home.json(&[&verify[..], &policy].concat(), 3);
    assert_eq!(report["reading"], "stored");
    assert_eq!(report["checks"]["chip"]["code"], "chip.not_live");
    assert!(report["signature"]["value"].is_string());
    let path = home.write("report", report.to_string());
    let device = report["signature"]["key_sha256"].as_str().unwrap();
    let answer = home.json(&["verify", &path, "--trust", &trust, "--device", device], 3);
    assert_eq!(answer["result"], "confirmed");
    assert_eq!(answer["verdict"], "inconclusive");
    assert_eq!(answer["live_only"], json!([]));

    // No field of a capture makes a proof of the chip, and none can be added.
    let saved: Value = serde_json::from_slice(&fs::read(&capture).unwrap()).unwrap();
    for (name, value) in [
        ("live", json!(true)),
        ("reading", json!("live")),
        ("chip_authentication", json!("proven")),
        ("session", json!("live")),
    ] {
        let mut forged = saved.clone();
        forged[name] = value;
        let forged = home.write("forged", forged.to_string());
        home.refused(&["verify", &forged, "--trust", &trust], "capture.malformed");
    }
}

#[test]
fn another_spelling_is_the_same_report_and_every_changed_byte_is_seen() {
    let desk = Desk::genuine();
    // The portrait is long and no other than the rest.
    let report = without(without(desk.report(), "portrait"), "details");
    let signed = desk.sign(report);
    let compact = signed.to_string();
    assert_eq!(desk.said(&compact, false).0, Standing::Confirmed);
    assert_eq!(
        desk.said(&format!("{signed:#}\n"), false).0,
        Standing::Confirmed
    );
    let mut members: Vec<(String, Value)> =
        signed.as_object().unwrap().clone().into_iter().collect();
    members.reverse();
    let members = members
        .iter()
        .map(|(name, value)| format!("{}: {value}", json!(name)));
    let reversed = format!("{{{}}}", members.collect::<Vec<_>>().join(" ,\n\t"));
    assert_eq!(desk.said(&reversed, false).0, Standing::Confirmed);
    let escaped = compact.replace("genuine", "\\u0067enuine");
    assert_eq!(desk.said(&escaped, false).0, Standing::Confirmed);

    let meaning = canonical(&signed).unwrap();
    let mut seen = 0;
    let mut bytes = compact.into_bytes();
    for place in 0..bytes.len() {
        for bit in [0x01, 0x02, 0x04, 0x10, 0x20] {
            bytes[place] ^= bit;
            if let Ok(report) = SignedReport::decode(&bytes) {
                let accepted = matches!(report.signature(&desk.devices), Outcome::Pass(_));
                let same =
                    parse(&bytes).and_then(|value| canonical(&value)).as_ref() == Ok(&meaning);
                assert!(!accepted || same, "byte {place}, bit {bit:02x}");
                seen += 1;
            }
            bytes[place] ^= bit;
        }
    }
    assert!(seen > 1_000, "{seen} changed reports could be read");
}

#[test]
fn what_a_signature_says_of_itself_is_signed_too() {
    let desk = Desk::genuine();
    let signed = desk.sign(desk.report());
    let other = desk.sign(with(desk.report(), "/policy", json!("other")));
    let stranger = Desk::genuine();
    let code = |report: Value| desk.said(&report.to_string(), false).1;
    assert_eq!(code(signed.clone()), "");
    for (place, value, expected) in [
        (
            "/signature/signed_at",
            json!("2026-12-01T03:00:01Z"),
            "report.signature_wrong",
        ),
        (
            "/signature/signed_at",
            json!("yesterday"),
            "report.signature_malformed",
        ),
        (
            "/signature/algorithm",
            json!("ES384"),
            "report.signature_malformed",
        ),
        (
            "/signature/algorithm",
            json!("none"),
            "report.signature_unsupported",
        ),
        (
            "/signature/algorithm",
            json!(1),
            "report.signature_malformed",
        ),
        (
            "/signature/key_sha256",
            json!("00"),
            "report.signature_malformed",
        ),
        (
            "/signature/public_key",
            json!("AAAA"),
            "report.signature_malformed",
        ),
        ("/signature/value", json!(""), "report.signature_wrong"),
        (
            "/signature/value",
            other["signature"]["value"].clone(),
            "report.signature_wrong",
        ),
        (
            "/signature/value",
            json!("=?"),
            "report.signature_malformed",
        ),
        (
            "/signature",
            other["signature"].clone(),
            "report.signature_wrong",
        ),
        ("/signature", json!(null), "report.signature_malformed"),
        ("/signature", json!({}), "report.signature_malformed"),
    ] {
        assert_eq!(
            code(with(signed.clone(), place, value)),
            expected,
            "{place}"
        );
    }
    let mut more = signed.clone();
    more["signature"]["remark"] = json!("trust me");
    assert_eq!(code(more), "report.signature_malformed");
    assert_eq!(code(without(signed, "signature")), "report.unsigned");
    let theirs = stranger.sign(stranger.report());
    assert_eq!(code(theirs), "report.device_unknown");
}

#[test]
fn a_trusted_device_is_not_believed_what_contradicts_itself() {
    let desk = Desk::genuine();
    let report = desk.report();
    assert_eq!(
        desk.said_of(report.clone()),
        (Standing::Confirmed, String::new())
    );
    let open = json!({"outcome": "open", "code": "chip.not_live", "evidence": {}});
    let failed = json!({"outcome": "fail", "code": "hashes.mismatch", "evidence": {}});
    let expired = json!({"outcome": "fail", "code": "validity.document_expired", "evidence": {}});
    let lies = [
        ("/verdict", json!("not_genuine")),
        ("/verdict", json!("unlikely")),
        ("/next_action", json!("refuse")),
        ("/checks/chip", open.clone()),
        ("/checks/hashes", failed),
        ("/checks/validity", expired.clone()),
        ("/required", json!(["chip"])),
        ("/required", json!([])),
        ("/reading", json!("dreamt")),
    ];
    for (place, value) in lies {
        let said = desk.said_of(with(report.clone(), place, value));
        let expected = (
            Standing::Contradicted,
            "report.verdict_contradicts".to_owned(),
        );
        assert_eq!(said, expected, "{place}");
    }
    let mut both = report.clone();
    both["unverified_holder"] = both["holder"].clone();
    assert_eq!(desk.said_of(both).1, "report.verdict_contradicts");
    assert_eq!(
        desk.said_of(with(report.clone(), "/reading", json!("stored")))
            .1,
        "report.live_claim"
    );
    // Every required check as the policy has it, the open one among them: nothing to rely on.
    let less = [
        "access",
        "sod_signature",
        "signer_chain",
        "hashes",
        "consistency",
        "validity",
    ];
    let softened = with(
        with(report.clone(), "/checks/chip", open),
        "/required",
        json!(less),
    );
    assert_eq!(desk.said_of(softened).1, "report.policy_contradicts");
    let other = with(report.clone(), "/policy_sha256", json!("00".repeat(32)));
    assert_eq!(desk.said_of(other).1, "report.policy_unknown");
    let over = with(
        with(report, "/checks/validity", expired),
        "/verdict",
        json!("not_in_force"),
    );
    let over = with(over, "/next_action", json!("refuse"));
    assert_eq!(desk.said_of(over).1, "report.capture_contradicts");
}

#[test]
fn under_every_shipped_policy_a_report_agrees_with_itself() {
    for policy in Policy::shipped() {
        let mut desk = Desk::of(Scene::an().but(|scene| scene.policy = policy.clone()));
        desk.policies = Policy::shipped().to_vec();
        let (standing, code) = desk.said(&desk.sign(desk.report()).to_string(), false);
        assert_eq!(
            (standing, code.as_str()),
            (Standing::Confirmed, ""),
            "{}",
            policy.name()
        );
    }
    // One that does not take the curve that everything was signed on.
    let strict = "name = \"strict\"\n[algorithms]\nsmallest_rsa = 8192\nsmallest_ec = 521\n";
    let Ok(strict) = Policy::parse(strict) else {
        panic!("the form of policies changed");
    };
    let mut desk = Desk::of(Scene::an().but(|scene| scene.policy = strict.clone()));
    let report = desk.report();
    assert_eq!(
        report["checks"]["sod_signature"]["code"],
        "sod.algorithm_weak"
    );
    assert_eq!(
        desk.said(&desk.sign(report.clone()).to_string(), false).1,
        "report.policy_unknown"
    );
    desk.policies.push(strict);
    assert_eq!(desk.said(&desk.sign(report).to_string(), false).1, "");
}

#[test]
fn dates_anchors_and_revocations_are_compared_with_what_is_here() {
    let mut desk = Desk::genuine();
    let report = desk.report();
    let code = |desk: &Desk| desk.said(&desk.sign(report.clone()).to_string(), false).1;
    desk.now = time("2026-12-01T02:57:00Z");
    assert_eq!(code(&desk), "");
    desk.now = time("2026-12-01T02:50:00Z");
    assert_eq!(code(&desk), "report.from_the_future");
    desk.now = time("2031-12-01T02:50:00Z");
    assert_eq!(code(&desk), "");
    let elsewhen = with(report.clone(), "/judged_at", json!("2020-01-01T00:00:00Z"));
    assert_eq!(
        desk.said(&desk.sign(elsewhen).to_string(), false).1,
        "report.judged_elsewhen"
    );

    let trusted = desk.trust.clone();
    desk.trust = TrustStore::empty();
    assert_eq!(code(&desk), "report.anchor_unknown");
    desk.trust = trusted.clone();
    let signer = find("an").chip.signer;
    let test_pki = TestPki::with_signer(signer).unwrap();
    let serial = report["checks"]["sod_signature"]["evidence"]["signer_serial"]
        .as_str()
        .unwrap();
    for (revoked, expected) in [
        (vec![hex::decode(serial).unwrap()], "report.signer_revoked"),
        (vec![vec![0x55]], ""),
    ] {
        let list = RevocationListSpec {
            this_update: jiff::civil::date(2026, 12, 2).at(0, 0, 0, 0),
            next_update: jiff::civil::date(2040, 1, 1).at(0, 0, 0, 0),
            number: 7,
            revoked,
        };
        let list = list.sign(&test_pki.csca).unwrap();
        desk.trust = trusted.clone();
        desk.trust.add_crl(Crl::decode(&list).unwrap());
        assert_eq!(code(&desk), expected);
    }
}

#[test]
fn whichever_key_of_the_authority_signed_the_list_that_revokes_is_asked() {
    let (old, link, signer) = linked();
    let trusting_both = || {
        let mut trust = trusting(&[&old.certificate]);
        trust.add_link(Certificate::decode(&link.certificate).unwrap());
        trust
    };
    let list = |revoked: &[u8], issuer: &Entity| {
        let list = RevocationListSpec {
            this_update: jiff::civil::date(2026, 12, 2).at(0, 0, 0, 0),
            next_update: jiff::civil::date(2040, 1, 1).at(0, 0, 0, 0),
            number: 7,
            revoked: vec![revoked.to_vec()],
        };
        Crl::decode(&list.sign(issuer).unwrap()).unwrap()
    };
    // One report rests on the old key alone, the other on the new one by its link.
    let by_old = Scene::an();
    let by_link = Scene::an()
        .signed_by(&signer)
        .but(|scene| scene.trust = trusting_both());
    for scene in [by_old, by_link] {
        let mut desk = Desk::of(scene);
        let report = desk.report();
        assert_eq!(report["verdict"], "genuine");
        let place = "/checks/sod_signature/evidence/signer_serial";
        let serial = report.pointer(place).and_then(Value::as_str).unwrap();
        let serial = hex::decode(serial).unwrap();
        let through_link = report
            .pointer("/checks/signer_chain/evidence/links")
            .is_some();
        let report = desk.sign(report).to_string();
        for issuer in [&old, &link] {
            for (revoked, expected) in [
                (serial.as_slice(), "report.signer_revoked"),
                (&old.spec.serial, "report.anchor_revoked"),
                (
                    &link.spec.serial,
                    if through_link {
                        "report.anchor_revoked"
                    } else {
                        ""
                    },
                ),
                (&[0x55], ""),
            ] {
                desk.trust = trusting_both();
                desk.trust.add_crl(list(revoked, issuer));
                assert_eq!(desk.said(&report, false).1, expected);
            }
        }
    }
}

#[test]
fn a_lax_policy_does_not_come_under_the_name_of_a_strict_one() {
    let mut desk = Desk::genuine();
    desk.policies = Policy::shipped().to_vec();
    let code = |desk: &Desk, name: &str| {
        let report = with(desk.report(), "/policy", json!(name));
        desk.said(&desk.sign(report).to_string(), false).1
    };
    assert_eq!(code(&desk, "counter"), "");
    assert_eq!(code(&desk, "our counter"), "");
    assert_eq!(code(&desk, "border-strict"), "report.policy_contradicts");
    // Who calls a policy of his own so knows what it says.
    let own = "name = \"border-strict\"\nclone_protection = true\n\
               registry_age_days = 30\nregistry_offline = \"accept\"";
    let own = Policy::parse(own).unwrap();
    assert_eq!(own.sha256(), Policy::counter().sha256());
    desk.policies.insert(0, own);
    assert_eq!(code(&desk, "border-strict"), "");
}

#[test]
fn a_code_belongs_to_its_check_and_outcome() {
    let desk = Desk::genuine();
    let report = desk.report();
    let code = |check: &str, outcome: &str, code: &str| {
        let found = json!({"outcome": outcome, "code": code, "evidence": {}});
        let report = with(report.clone(), &format!("/checks/{check}"), found);
        desk.said(&desk.sign(report).to_string(), false).1
    };
    let contradicts = "report.verdict_contradicts";
    assert_eq!(code("revocation", "pass", "revocation.good"), "");
    assert_eq!(code("revocation", "pass", "validity.in_force"), contradicts);
    assert_eq!(code("revocation", "open", "revocation.good"), contradicts);
    assert_eq!(code("revocation", "open", "revocation"), contradicts);
    for passed in ["revocation.stale", "revocation.better"] {
        let code = code("revocation", "pass", passed);
        assert_eq!(code, "report.code_unknown", "{passed}");
    }
    // No code with which a check passes is forgotten.
    for entry in words::entries().filter(|entry| entry.kind == Kind::Pass) {
        let room = entry.code.split('.').next().unwrap();
        let checks = Check::ALL.into_iter().filter(|check| match check {
            Check::SodSignature => room == "sod",
            Check::SignerChain => room == "chain",
            check => room == check.name(),
        });
        for check in checks {
            let found = Found {
                outcome: Said::Pass,
                code: entry.code.to_owned(),
                evidence: BTreeMap::new(),
            };
            assert_eq!(found.fit(check), Fit::Fits, "{}", entry.code);
        }
    }
}

#[test]
fn the_capture_shows_what_a_device_made_up() {
    let desk = Desk::genuine();
    let report = desk.report();
    for (place, value) in [
        ("/holder/name", json!("Nguyễn Văn Khác")),
        ("/holder/birth", json!("2001-01-01")),
        ("/portrait/base64", json!("AAAA")),
        ("/details/DG1/document_number", json!("000000000")),
        ("/sod_sha256", json!("00".repeat(32))),
    ] {
        let said = desk.said_of(with(report.clone(), place, value));
        assert_eq!(said.1, "report.capture_contradicts", "{place}");
    }
    let mut more = report.clone();
    more["holder"]["title"] = json!("Dr");
    assert_eq!(desk.said_of(more).1, "report.capture_contradicts");
    let other = with(report.clone(), "/files/DG2", json!("00".repeat(32)));
    assert_eq!(desk.said_of(other).1, "report.capture_other");
    let mut longer = report;
    longer["files"]["DG7"] = json!("00".repeat(32));
    assert_eq!(desk.said_of(longer).1, "report.capture_less");

    // A capture of forged data, under a report that calls it genuine.
    let forged = Desk::of(Scene::an().group(cancuoc::lds::DataGroup::DG13, |file| {
        *file.last_mut().unwrap() ^= 1;
    }));
    let mut lie = desk.report();
    lie["files"] = forged.report()["files"].clone();
    assert_eq!(forged.said_of(lie.clone()).1, "report.capture_contradicts");
    let signed = forged.sign(lie);
    let signed = SignedReport::decode(signed.to_string().as_bytes()).unwrap();
    let again = compare(&signed, &forged.again(&forged.inspected)).unwrap();
    assert_eq!(again.checks()[&Check::Hashes].0, Comparison::Differs);
    assert_eq!(again.checks()[&Check::SodSignature].0, Comparison::Again);

    // The card expires after it was read.
    let mut later = Desk::genuine();
    later.now = at("2035-09-01T00:00:00Z").try_into().unwrap();
    assert_eq!(later.said_of(later.report()).1, "report.no_longer_in_force");
}

#[test]
fn every_way_to_write_a_key_is_read_and_openssl_verifies() {
    let home = Home::new();
    let curve = |nid| {
        let group = EcGroup::from_curve_name(nid).unwrap();
        EcKey::generate(&group).unwrap()
    };
    let report =
        json!({"schema": "cancuoc.report/1", "holder": {"name": "Trần Thị Ở \u{1F600}\n"}});
    for (nid, name, digest, length) in [
        (Nid::X9_62_PRIME256V1, "ES256", MessageDigest::sha256(), 64),
        (Nid::SECP384R1, "ES384", MessageDigest::sha384(), 96),
        (Nid::SECP521R1, "ES512", MessageDigest::sha512(), 132),
        (Nid::BRAINPOOL_P256R1, "ESB256", MessageDigest::sha256(), 64),
        (Nid::BRAINPOOL_P384R1, "ESB384", MessageDigest::sha384(), 96),
    ] {
        let key = curve(nid);
        let pkey = PKey::from_ec_key(key.clone()).unwrap();
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let sec1 = key.private_key_to_pem().unwrap();
        let files = [
            pkey.private_key_to_pem_pkcs8().unwrap(),
            pkey.private_key_to_pkcs8().unwrap(),
            key.private_key_to_der().unwrap(),
            [parameters.as_bytes(), &sec1].concat(),
            sec1,
        ];
        for file in files {
            let path = home.write("key", &file);
            let device = DeviceKey::load(Path::new(&path)).unwrap();
            let public = pkey.public_key_to_der().unwrap();
            assert_eq!(
                device.public().id().to_string(),
                hex::encode(sha::sha256(&public))
            );
            assert_eq!(
                device.public().pem().as_bytes(),
                pkey.public_key_to_pem().unwrap()
            );
            let mut signed = sign(report.clone(), &device, time(NOW)).unwrap();
            let signature = signed["signature"].as_object_mut().unwrap();
            assert_eq!(signature["algorithm"], name);
            let Value::String(value) = signature.remove("value").unwrap() else {
                panic!("no text");
            };
            let value = openssl::base64::decode_block(&value).unwrap();
            assert_eq!(value.len(), length);
            // serde_json writes members in the order of their names, which are ASCII here.
            let message = serde_json::to_vec(&signed).unwrap();
            let (r, s) = value.split_at(length / 2);
            let [r, s] = [r, s].map(|half| BigNum::from_slice(half).unwrap());
            let ecdsa = EcdsaSig::from_private_components(r, s).unwrap();
            let digest = openssl::hash::hash(digest, &message).unwrap();
            assert!(ecdsa.verify(&digest, &key).unwrap(), "{name}");
        }
    }
    let key = Rsa::generate(2048).unwrap();
    let path = home.write("rsa", key.private_key_to_pem().unwrap());
    let device = DeviceKey::load(Path::new(&path)).unwrap();
    assert_eq!(device.public().algorithm().name(), "PS256");
    assert!(device.sign(b"message").is_ok());
}

#[test]
fn keys_that_cannot_sign_are_refused_before_a_card_is_read() {
    let home = Home::new();
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let old = EcGroup::from_curve_name(Nid::SECP224R1).unwrap();
    let old = PKey::from_ec_key(EcKey::generate(&old).unwrap()).unwrap();
    let short = Rsa::generate(1024).unwrap();
    let locked = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret");
    let trace = home.text("report");
    let read = |path: &str, code: &str| {
        let key = [
            "read",
            "--virtual",
            "an",
            "--report",
            &trace,
            "--sign",
            path,
        ];
        let error = home.refused(&key, code);
        assert!(!error.to_string().contains("secret"));
        assert!(
            home.files("")
                .iter()
                .all(|name| !name.starts_with("report"))
        );
    };
    read(&home.text("none"), "sign.unreadable");
    read(&home.text(""), "sign.unreadable");
    for bytes in [
        key.public_key_to_pem().unwrap(),
        old.private_key_to_pem_pkcs8().unwrap(),
        short.private_key_to_pem().unwrap(),
        locked.unwrap(),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_vec(),
        b"secret".to_vec(),
        vec![0x30; 40_000],
        Vec::new(),
    ] {
        read(&home.write("key", bytes), "sign.unusable");
    }
    let good = home.write("key", key.private_key_to_pem_pkcs8().unwrap());
    home.command(&[]);
    let text = home.run(&["read", "--virtual", "an", "--sign", &good]);
    assert_eq!(text.status.code(), Some(2));
    assert!(
        String::from_utf8(text.stderr)
            .unwrap()
            .contains("[sign.nowhere]")
    );
    // In the configuration it is for whatever can carry a signature.
    home.configure(&format!("sign = \"{good}\""));
    assert_eq!(
        home.run(&["read", "--virtual", "an"]).status.code(),
        Some(0)
    );
    let signed = home.json(&["read", "--virtual", "an"], 0);
    assert_eq!(signed["signature"]["algorithm"], "ES256");
    // The file was made with the permissions of any file: that is said, and no more.
    let said = home.run(&[
        "read",
        "--virtual",
        "an",
        "--format",
        "json",
        "--lang",
        "en",
    ]);
    assert!(String::from_utf8(said.stderr).unwrap().contains("0600"));
    // The report never takes the key's place.
    home.refused(
        &[
            "read",
            "--virtual",
            "an",
            "--sign",
            &good,
            "--report",
            &good,
        ],
        "output.unwritable",
    );
    assert_eq!(
        fs::read(&good).unwrap(),
        key.private_key_to_pem_pkcs8().unwrap()
    );
}

#[test]
fn a_new_key_replaces_nothing_and_openssl_reads_it() {
    let home = Home::new();
    let path = home.text("device.pem");
    let made = home.json(&["device-key", "new", &path], 0);
    let bytes = fs::read(&path).unwrap();
    home.refused(&["device-key", "new", &path], "sign.key_there");
    home.refused(
        &["device-key", "new", &home.text("no/where")],
        "output.unwritable",
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let key = PKey::private_key_from_pem(&bytes).unwrap();
    key.ec_key().unwrap().check_key().unwrap();
    assert_eq!(
        made["public_key"].as_str().unwrap().as_bytes(),
        key.public_key_to_pem().unwrap()
    );
    assert_eq!(home.json(&["device-key", "show", &path], 0), made);
    let public = home.write("public.der", key.public_key_to_der().unwrap());
    assert_eq!(home.json(&["device-key", "show", &public], 0), made);
    home.refused(
        &["device-key", "show", &home.text("none")],
        "sign.unreadable",
    );
    let text = home.run(&["device-key", "show", &path]).stdout;
    assert!(
        String::from_utf8(text)
            .unwrap()
            .contains(made["sha256"].as_str().unwrap())
    );
}

#[test]
fn what_is_no_report_is_refused_with_its_reason() {
    let home = Home::new();
    let report = home.json(&["read", "--virtual", "an"], 0);
    let text = report.to_string();
    let try_it = |text: &str, code: &str| {
        let path = home.write("report", text);
        home.refused(&["verify", &path], code)
    };
    let error = try_it(
        &text.replacen('{', "{\"verdict\": \"genuine\",", 1),
        "report.malformed",
    );
    assert!(error["error"]["detail"].as_str().unwrap().contains("twice"));
    for (from, to) in [
        ("\"verify_ms\":", "\"more\": 1e400, \"verify_ms\":"),
        ("\"verify_ms\":", "\"more\": 0.5, \"verify_ms\":"),
        (
            "\"verify_ms\":",
            "\"more\": 9007199254740993, \"verify_ms\":",
        ),
        ("\"quirks\":", "\"more\": \"\\u0000\\ud800\", \"quirks\":"),
    ] {
        assert!(text.contains(from));
        let changed = text.replacen(from, to, 1);
        // Where even the schema cannot be made out, it is no capture either.
        let path = home.write("report", changed);
        let error = home.json(&["verify", &path], 2);
        let code = error["error"]["code"].as_str().unwrap();
        assert!(
            ["report.malformed", "capture.malformed"].contains(&code),
            "{to}: {code}"
        );
    }
    let deep = format!(
        "\"more\": {}{}, \"quirks\":",
        "[".repeat(60),
        "]".repeat(60)
    );
    try_it(&text.replacen("\"quirks\":", &deep, 1), "report.malformed");
    try_it("{\"schema\": \"cancuoc.report/1\"}", "report.malformed");
    try_it("{\"schema\": \"cancuoc.report/2\"}", "report.version");
    try_it(&format!("{text} {text}"), "capture.malformed");
    for name in [
        "tool",
        "judged_at",
        "required",
        "checks",
        "files",
        "policy_sha256",
        "reading",
    ] {
        try_it(
            &without(report.clone(), name).to_string(),
            "report.malformed",
        );
    }
    let path = home.write("report", &text);
    for option in [
        ["--capture", "none"],
        ["--report", "none"],
        ["--portrait", "none"],
        ["--challenge", "0011223344556677"],
    ] {
        let arguments = [&["verify", &path][..], &option].concat();
        let code = match option[0] {
            "--capture" => "capture.unreadable",
            _ => "report.option",
        };
        home.refused(&arguments, code);
    }
    for device in ["none", "00", &path] {
        home.refused(&["verify", &path, "--device", device], "report.device");
    }
    let capture = home.text("card");
    home.json(&["read", "--virtual", "an", "--save", &capture], 0);
    let digits = "00".repeat(32);
    for option in [["--capture", &capture], ["--device", &digits]] {
        home.refused(
            &[&["verify", &capture][..], &option].concat(),
            "report.option",
        );
    }
    // A report that was cut off is none, whatever goes with it.
    let cut = home.write("cut", &text[..text.len() / 2]);
    home.refused(&["verify", &cut, "--device", &digits], "capture.malformed");
    // Without a signature nothing can be said.
    let answer = home.json(&["verify", &path], 3);
    assert_eq!(answer["checks"]["signature"]["code"], "report.unsigned");
}

/// The programs of `docs/report.md` that check a signature without this one.
#[test]
fn the_documented_program_checks_a_signature() {
    let home = Home::new();
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    let there = python(&["-c", "import cryptography"]);
    if !there.is_ok_and(|said| said.status.success()) {
        eprintln!("skipped: there is no Python with the package cryptography");
        return;
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.md");
    let page = fs::read_to_string(page).unwrap();
    let program = page.split("```python\n").nth(1).unwrap();
    let program = home.write("check.py", program.split("```").next().unwrap());
    home.json(&["device-key", "new", &home.text("key")], 0);
    let (key, report) = (home.text("key"), home.text("report.json"));
    let made = [
        "read",
        "--virtual",
        "an",
        "--sign",
        &key,
        "--report",
        &report,
    ];
    let signed = home.json(&made, 0);
    let said = python(&[&program, &report]).unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(
        said.contains(signed["signature"]["key_sha256"].as_str().unwrap()),
        "{said}"
    );
    let forged = with(signed, "/holder/name", json!("Nguyễn Văn Khác"));
    let forged = home.write("forged.json", forged.to_string());
    assert!(!python(&[&program, &forged]).unwrap().status.success());
}
