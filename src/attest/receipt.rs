//! Receipts of reads that an agent's device signed, checked elsewhere.
//!
//! ```text
//! { schema: "cancuoc.receipt/1", nonce, origin, sod_sha256, verdict, next_action,
//!   checks: { name: { outcome, code } }, trust_as_of, read_at, agent, level, virtual, signature }
//! ```

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use crate::error::AttestError;
use crate::seal::canonical::Fault;
use crate::seal::canonical::parse;
use crate::seal::key::DeviceId;
use crate::seal::signature::Signature;
use crate::verify::Check;
use crate::verify::Outcome;
use crate::verify::Verdict;

/// Schema of a receipt.
pub const SCHEMA: &str = "cancuoc.receipt/1";

/// What the schema begins with, whatever the version.
const KIND: &str = "cancuoc.receipt/";

/// The members beside the signature: those that must be there, and those that may.
const REQUIRED: [&str; 8] = [
    "schema",
    "origin",
    "verdict",
    "next_action",
    "checks",
    "read_at",
    "agent",
    "level",
];
const OPTIONAL: [&str; 4] = ["nonce", "sod_sha256", "trust_as_of", "virtual"];

/// The verdicts that there are.
const VERDICTS: [Verdict; 4] = [
    Verdict::Genuine,
    Verdict::NotInForce,
    Verdict::NotGenuine,
    Verdict::Inconclusive,
];

/// Whether the bytes of a file say that they are a receipt, of whatever version.
pub fn claims_to_be_receipt(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    serde_json::from_slice::<Named>(bytes).is_ok_and(|named| named.schema.starts_with(KIND))
}

/// What a receipt is worth.
#[derive(Debug)]
pub struct ReceiptCheck {
    /// Whether it holds, and whose word it is.
    pub outcome: Outcome,
    /// The verdict that it bears; nothing where the receipt does not hold.
    pub verdict: Verdict,
    /// Everything that it says. Nonce and origin are for the caller to compare with his own.
    pub said: Map<String, Value>,
}

/// Looks at a receipt, for who trusts these devices.
///
/// # Errors
/// [`AttestError::Malformed`], [`AttestError::Version`].
pub fn check(bytes: &[u8], trusted: &[DeviceId]) -> Result<ReceiptCheck, AttestError> {
    let fault = |fault: Fault| AttestError::Malformed {
        why: fault.to_string(),
    };
    let Value::Object(mut said) = parse(bytes).map_err(fault)? else {
        return Err(malformed("no JSON object"));
    };
    let signature = Signature::take(&mut said).map_err(fault)?;
    let verdict = read(&said)?;
    let outcome = match &signature {
        Signature::Absent => Outcome::fail("receipt.unsigned"),
        Signature::Malformed(what) => Outcome::fail("receipt.wrong_signature").with("what", *what),
        Signature::Wrong(signer) => {
            Outcome::fail("receipt.wrong_signature").with("device", signer.device.to_string())
        }
        Signature::Unknown(algorithm) => {
            Outcome::open("receipt.unknown_algorithm").with("algorithm", algorithm.clone())
        }
        Signature::Right(signer) => {
            let outcome = if contradicts(&said, verdict) {
                Outcome::fail("receipt.contradicts")
            } else if trusted.contains(&signer.device) {
                Outcome::pass("receipt.holds")
            } else {
                Outcome::open("receipt.unknown_device")
            };
            outcome.with("device", signer.device.to_string())
        }
    };
    let verdict = match outcome {
        Outcome::Pass(_) => verdict,
        Outcome::Fail(_) => Verdict::NotGenuine,
        Outcome::Open(_) => Verdict::Inconclusive,
    };
    Ok(ReceiptCheck {
        outcome,
        verdict,
        said,
    })
}

fn malformed(why: &str) -> AttestError {
    AttestError::Malformed {
        why: why.to_owned(),
    }
}

/// Reads the members; all of them are understood, so that none can mean something to another program
/// only.
fn read(said: &Map<String, Value>) -> Result<Verdict, AttestError> {
    match said.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => {
            return Err(AttestError::Version {
                schema: other.to_owned(),
            });
        }
        None => return Err(malformed("schema")),
    }
    if let Some(missing) = REQUIRED.into_iter().find(|name| !said.contains_key(*name)) {
        return Err(malformed(missing));
    }
    let known = |name: &&String| !REQUIRED.iter().chain(&OPTIONAL).any(|one| one == name);
    if said.keys().any(|name| known(&name)) {
        return Err(malformed("another member"));
    }
    for (name, value) in said {
        let right = match name.as_str() {
            "checks" => value.as_object().is_some_and(are_checks),
            "level" => value.is_u64(),
            // It is there for test cards alone.
            "virtual" => *value == Value::Bool(true),
            _ => value.is_string(),
        };
        if !right {
            return Err(malformed(name));
        }
    }
    let word = said.get("verdict").and_then(Value::as_str);
    let verdict = VERDICTS
        .into_iter()
        .find(|verdict| Some(verdict.word()) == word);
    verdict.ok_or_else(|| malformed("verdict"))
}

/// Every check with an outcome and a code, and no others.
fn are_checks(checks: &Map<String, Value>) -> bool {
    let right = |check: &Check| {
        let Some(Value::Object(found)) = checks.get(check.name()) else {
            return false;
        };
        let outcome = found.get("outcome").and_then(Value::as_str);
        let known = matches!(outcome, Some("pass" | "fail" | "open"));
        known && found.len() == 2 && found.get("code").is_some_and(Value::is_string)
    };
    checks.len() == Check::ALL.len() && Check::ALL.iter().all(right)
}

/// Whether the verdict cannot be that of these checks, whatever the policy was: a failure decides, and
/// without one there is none to decide against the document.
fn contradicts(said: &Map<String, Value>, verdict: Verdict) -> bool {
    let checks = said.get("checks").and_then(Value::as_object);
    let failed = checks.is_some_and(|checks| {
        checks
            .values()
            .any(|found| found.get("outcome").and_then(Value::as_str) == Some("fail"))
    });
    failed != matches!(verdict, Verdict::NotGenuine | Verdict::NotInForce)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::random::System;
    use crate::seal::key::DeviceKey;
    use crate::seal::sign::sign;

    fn receipt() -> Value {
        let found = |check: &Check| {
            let said = json!({"outcome": "pass", "code": "x.y"});
            (check.name().to_owned(), said)
        };
        let checks: Map<String, Value> = Check::ALL.iter().map(found).collect();
        json!({
            "schema": SCHEMA, "origin": "https://counter.example", "verdict": "genuine",
            "next_action": "proceed", "checks": checks, "read_at": "2026-11-22T09:00:00Z",
            "agent": "0.1.0", "level": 1, "nonce": "AAECAwQFBgcICQoLDA0ODw==",
        })
    }

    fn failed(verdict: &str) -> Value {
        let mut receipt = receipt();
        receipt["verdict"] = json!(verdict);
        receipt["checks"]["hashes"]["outcome"] = json!("fail");
        receipt
    }

    fn signed(receipt: Value, key: &DeviceKey) -> Value {
        sign(receipt, key, "2026-11-22T09:00:00Z".parse().unwrap()).unwrap()
    }

    fn looked(receipt: &Value, trusted: &[DeviceId]) -> (&'static str, Verdict) {
        let checked = check(receipt.to_string().as_bytes(), trusted).unwrap();
        (checked.outcome.code(), checked.verdict)
    }

    #[test]
    fn a_receipt_is_as_good_as_its_signature_and_its_device() {
        let key = DeviceKey::generate(&mut System).unwrap();
        let own = [key.public().id()];
        for (receipt, verdict) in [
            (receipt(), Verdict::Genuine),
            (failed("not_genuine"), Verdict::NotGenuine),
            (failed("not_in_force"), Verdict::NotInForce),
        ] {
            let receipt = signed(receipt, &key);
            assert_eq!(looked(&receipt, &own), ("receipt.holds", verdict));
            let unknown = ("receipt.unknown_device", Verdict::Inconclusive);
            assert_eq!(looked(&receipt, &[]), unknown);
        }
        for (code, receipt) in [
            ("receipt.unsigned", receipt()),
            ("receipt.contradicts", signed(failed("genuine"), &key)),
            ("receipt.contradicts", signed(failed("inconclusive"), &key)),
            ("receipt.contradicts", {
                let mut receipt = receipt();
                receipt["verdict"] = json!("not_in_force");
                signed(receipt, &key)
            }),
            ("receipt.wrong_signature", {
                let mut receipt = signed(receipt(), &key);
                receipt["signature"]["value"] = json!("AAAA");
                receipt
            }),
            ("receipt.wrong_signature", {
                let mut receipt = signed(receipt(), &key);
                receipt["signature"] = json!("yes");
                receipt
            }),
        ] {
            assert_eq!(looked(&receipt, &own), (code, Verdict::NotGenuine));
        }
        let mut foreign = signed(receipt(), &key);
        foreign["signature"]["algorithm"] = json!("another");
        let unknown = ("receipt.unknown_algorithm", Verdict::Inconclusive);
        assert_eq!(looked(&foreign, &own), unknown);
    }

    #[test]
    fn everything_that_a_receipt_says_is_signed() {
        let key = DeviceKey::generate(&mut System).unwrap();
        let own = [key.public().id()];
        let receipt = signed(receipt(), &key);
        let wrong = ("receipt.wrong_signature", Verdict::NotGenuine);
        for (pointer, value) in [
            ("/nonce", json!("DwECAwQFBgcICQoLDA0ODw==")),
            ("/origin", json!("https://another.example")),
            ("/next_action", json!("refuse")),
            ("/checks/chip/outcome", json!("open")),
            ("/checks/chip/code", json!("x.z")),
            ("/read_at", json!("2026-11-23T09:00:00Z")),
            ("/agent", json!("0.2.0")),
            ("/level", json!(2)),
            ("/signature/signed_at", json!("2026-11-23T09:00:00Z")),
        ] {
            let mut changed = receipt.clone();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert_eq!(looked(&changed, &own), wrong, "{pointer}");
        }
        let mut less = receipt;
        less.as_object_mut().unwrap().remove("nonce");
        assert_eq!(looked(&less, &own), wrong);
    }

    #[test]
    fn what_is_no_receipt_through_and_through_is_none() {
        let refused = |receipt: &Value| check(receipt.to_string().as_bytes(), &[]).unwrap_err();
        for name in REQUIRED {
            let mut less = receipt();
            less.as_object_mut().unwrap().remove(name);
            assert!(
                matches!(refused(&less), AttestError::Malformed { .. }),
                "{name}"
            );
        }
        for (pointer, value) in [
            ("/verdict", json!("perfect")),
            ("/origin", json!(7)),
            ("/nonce", json!(null)),
            ("/level", json!("1")),
            ("/checks", json!([])),
            ("/checks/chip/outcome", json!("perhaps")),
            ("/checks/chip/code", json!(1)),
            (
                "/checks/chip",
                json!({"outcome": "pass", "code": "x.y", "note": "z"}),
            ),
        ] {
            let mut other = receipt();
            *other.pointer_mut(pointer).unwrap() = value;
            let refused = refused(&other);
            assert!(
                matches!(refused, AttestError::Malformed { .. }),
                "{pointer}"
            );
        }
        for (place, name) in [("", "role"), ("/checks", "luck")] {
            let mut more = receipt();
            let one = more.pointer("/checks/chip").unwrap().clone();
            let one = if place.is_empty() { json!("x") } else { one };
            more.pointer_mut(place).unwrap()[name] = one;
            assert!(
                matches!(refused(&more), AttestError::Malformed { .. }),
                "{name}"
            );
        }
        let mut later = receipt();
        later["schema"] = json!("cancuoc.receipt/2");
        assert!(matches!(refused(&later), AttestError::Version { .. }));
        assert!(claims_to_be_receipt(later.to_string().as_bytes()));
        assert!(!claims_to_be_receipt(b"{\"schema\":\"cancuoc.report/1\"}"));
        assert!(matches!(
            check(b"[]", &[]),
            Err(AttestError::Malformed { .. })
        ));
    }
}
