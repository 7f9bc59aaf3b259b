//! Signing a report.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::attest::canonical::Fault;
use crate::attest::canonical::canonical;
use crate::attest::key::DeviceKey;
use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;

/// The member of a report that holds its signature.
pub const SIGNATURE: &str = "signature";

/// The member of a signature that is not signed itself.
pub const VALUE: &str = "value";

/// Signs a report: adds the member `signature`, whose `value` is over the canonical form of
/// everything else, the other members of `signature` included.
///
/// ```text
/// signature: { algorithm, key_sha256, public_key, signed_at, value }
/// ```
///
/// # Errors
/// [`AttestError::Malformed`] for a report without a canonical form; what keeps the key from
/// signing.
pub fn sign(report: Value, key: &DeviceKey, at: Timestamp) -> Result<Value, Error> {
    let unsignable = |why: String| SetupError::from(AttestError::Malformed { why });
    let Value::Object(mut report) = report else {
        return Err(unsignable("no JSON object".to_owned()).into());
    };
    let public = key.public();
    let mut signature = Map::new();
    signature.insert("algorithm".to_owned(), json!(public.algorithm().name()));
    signature.insert("key_sha256".to_owned(), json!(public.id().to_string()));
    let info = STANDARD.encode(public.info());
    signature.insert("public_key".to_owned(), json!(info));
    signature.insert("signed_at".to_owned(), json!(time(at)));
    report.insert(SIGNATURE.to_owned(), Value::Object(signature.clone()));
    let message = canonical(&Value::Object(report.clone()))
        .map_err(|fault: Fault| unsignable(fault.to_string()))?;
    let value = STANDARD.encode(key.sign(&message)?);
    signature.insert(VALUE.to_owned(), json!(value));
    report.insert(SIGNATURE.to_owned(), Value::Object(signature));
    Ok(Value::Object(report))
}

/// A time as RFC 3339 writes it, in UTC and whole seconds.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
