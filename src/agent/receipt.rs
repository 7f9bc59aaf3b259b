//! Receipts: what a device signs about a read, for whoever must not rely on what a client claims.
//!
//! ```text
//! { schema: "cancuoc.receipt/1", nonce, origin, sod_sha256, verdict, next_action,
//!   checks: { name: { outcome, code } }, trust_as_of, read_at, agent, level, virtual, signature }
//! ```
//! A receipt names the plastic by the digest of its security object, and nobody.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agent::protocol::LEVEL;
use crate::agent::protocol::Nonce;
use crate::attest::receipt::SCHEMA;
use crate::pki::store::Provenance;
use crate::seal::sign::time;
use crate::verify::Check;
use crate::verify::Report;

/// What a receipt says beside the report.
#[derive(Debug)]
pub struct Told<'a> {
    /// What the backend gave, to be used once.
    pub nonce: Option<&'a Nonce>,
    /// Who asked for the read.
    pub origin: &'a str,
    /// The newest signed date among what was trusted when the read was judged.
    pub trust_as_of: Option<Timestamp>,
}

/// What is to be signed.
pub fn statement(report: &Report, told: &Told<'_>) -> Value {
    let mut out = Map::new();
    out.insert("schema".into(), json!(SCHEMA));
    if let Some(nonce) = told.nonce {
        out.insert("nonce".into(), json!(STANDARD.encode(nonce.octets())));
    }
    out.insert("origin".into(), json!(told.origin));
    if let Some(digest) = report.security_object_sha256() {
        out.insert("sod_sha256".into(), json!(hex::encode(digest)));
    }
    out.insert("verdict".into(), json!(report.verdict().word()));
    out.insert("next_action".into(), json!(report.next_action().code()));
    out.insert("checks".into(), Value::Object(outcomes(report)));
    if let Some(as_of) = told.trust_as_of {
        out.insert("trust_as_of".into(), json!(time(as_of)));
    }
    out.insert("read_at".into(), json!(time(report.judged_at())));
    out.insert("agent".into(), json!(env!("CARGO_PKG_VERSION")));
    out.insert("level".into(), json!(LEVEL));
    if vouched_by_test_card(report) {
        out.insert("virtual".into(), json!(true));
    }
    Value::Object(out)
}

/// Whether the only authority behind it is that of a virtual card: to a backend the card is nobody's,
/// whatever else the device reads.
fn vouched_by_test_card(report: &Report) -> bool {
    let chain = report.checks().outcome(Check::SignerChain);
    chain.facts().get("provenance") == Some(&Provenance::TestCard.to_string())
}

/// Every check's outcome and code, without what it rests on.
pub fn outcomes(report: &Report) -> Map<String, Value> {
    let checks = Check::ALL.into_iter().map(|check| {
        let outcome = report.checks().outcome(check);
        let said = json!({"outcome": outcome.word(), "code": outcome.code()});
        (check.name().to_owned(), said)
    });
    checks.collect()
}
