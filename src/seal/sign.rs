//! Signing a report.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::error::AttestError;
use crate::error::Error;
use crate::error::SetupError;
use crate::seal::canonical::Fault;
use crate::seal::canonical::Object;
use crate::seal::canonical::canonical;
use crate::seal::canonical::text;
use crate::seal::key::DeviceKey;

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

/// Signs a report that was written in its canonical form but for the member `signature`: `front` ends
/// where that member stands, with the comma before it, and `back` begins behind it. Gives the canonical
/// form of what [`sign`] gives, and writes it once.
///
/// # Errors
/// What keeps the key from signing.
pub(crate) fn sign_between(
    front: Vec<u8>,
    back: &[u8],
    key: &DeviceKey,
    at: &str,
) -> Result<Vec<u8>, Error> {
    let mut out = front;
    let public = key.public();
    text(&mut out, SIGNATURE);
    out.push(b':');
    let mut signature = Object::begin(&mut out);
    signature.text("algorithm", public.algorithm().name());
    signature.text("key_sha256", &public.id().to_string());
    signature.text("public_key", &STANDARD.encode(public.info()));
    signature.text("signed_at", at);
    signature.end();
    let end = out.len();
    out.extend_from_slice(back);
    let value = key.sign(&out)?;
    // `value` is the last of the members of `signature`: it goes before the brace that ends them.
    out.truncate(end.saturating_sub(1));
    out.extend_from_slice(b",\"value\":\"");
    out.extend_from_slice(STANDARD.encode(value).as_bytes());
    out.extend_from_slice(b"\"}");
    out.extend_from_slice(back);
    Ok(out)
}

/// A time as RFC 3339 writes it, in UTC and whole seconds.
pub fn time(at: Timestamp) -> String {
    // Display writes whole seconds in this very form, for a third of what a pattern costs.
    match Timestamp::from_second(at.as_second()) {
        Ok(whole) if at >= Timestamp::UNIX_EPOCH => whole.to_string(),
        _ => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::System;
    use crate::seal::canonical::parse;
    use crate::seal::signature::Signature;

    #[test]
    fn what_is_signed_between_is_what_sign_gives() {
        let key = DeviceKey::generate(&mut System).unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let front = b"{\"a\":\"b\",".to_vec();
        let bytes = sign_between(front, b",\"z\":[1]}", &key, &time(at)).unwrap();
        let mut whole = parse(&bytes).unwrap();
        assert_eq!(canonical(&whole).unwrap(), bytes);
        let mut same = sign(json!({"a": "b", "z": [1]}), &key, at).unwrap();
        let members = whole.as_object_mut().unwrap();
        let signature = Signature::take(&mut members.clone()).unwrap();
        assert!(matches!(signature, Signature::Right(_)));
        // Signatures themselves differ: each has a nonce of its own.
        for one in [&mut whole, &mut same] {
            one[SIGNATURE][VALUE] = Value::Null;
        }
        assert_eq!(whole, same);
    }

    #[test]
    fn times_have_whole_seconds() {
        for (second, nanosecond) in [(0, 0), (1_800_000_000, 999_999_999), (-1, 0), (-2, -5)] {
            let at = Timestamp::new(second, nanosecond).unwrap();
            let pattern = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(time(at), pattern);
        }
    }
}
