//! Checking a signature that stands in a statement from elsewhere.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::seal::canonical::Fault;
use crate::seal::canonical::canonical;
use crate::seal::key::Algorithm;
use crate::seal::key::DeviceId;
use crate::seal::key::DevicePublic;
use crate::seal::sign::SIGNATURE;
use crate::seal::sign::VALUE;

/// Members of a signature: all of them are understood, so that none can mean something to another
/// program only.
const MEMBERS: [&str; 5] = ["algorithm", "key_sha256", "public_key", "signed_at", VALUE];

/// Longest member of a signature that is looked at: twice a key of RSA with 8192 bits in base64.
const MAX_MEMBER: usize = 4096;

/// What stands where a signature does.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// Nothing.
    Absent,
    /// Something else than a signature.
    Malformed(&'static str),
    /// One by an algorithm or kind of key that this build does not know.
    Unknown(String),
    /// A signature that does not hold.
    Wrong(Signer),
    /// A signature that holds.
    Right(Signer),
}

/// Who signed, and when by the clock of the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The device.
    pub device: DeviceId,
    /// How it signed.
    pub algorithm: Algorithm,
    /// When, by its own clock.
    pub signed_at: Timestamp,
}

impl Signature {
    /// Takes the member `signature` out of a statement and checks it over the rest, against the key
    /// that it brings. Whose key that is, is another question.
    ///
    /// # Errors
    /// [`Fault`] for a statement without a canonical form.
    pub fn take(statement: &mut Map<String, Value>) -> Result<Self, Fault> {
        Self::take_by(statement, None)
    }

    /// The same, for whoever checks much that the same devices signed.
    ///
    /// # Errors
    /// As [`Signature::take`].
    pub fn take_by(statement: &mut Map<String, Value>, keys: Option<&Keys>) -> Result<Self, Fault> {
        match statement.remove(SIGNATURE) {
            None => Ok(Self::Absent),
            Some(Value::Object(said)) => Self::of(said, statement, keys),
            Some(_) => Ok(Self::Malformed(SIGNATURE)),
        }
    }

    /// Checks what stands under `signature` over the rest of the statement.
    fn of(
        said: Map<String, Value>,
        rest: &mut Map<String, Value>,
        keys: Option<&Keys>,
    ) -> Result<Self, Fault> {
        if !said.keys().all(|name| MEMBERS.contains(&name.as_str())) {
            // Its name is whatever the file says, so it is not repeated.
            return Ok(Self::Malformed("another member"));
        }
        let member = |name: &'static str| {
            said.get(name)
                .and_then(Value::as_str)
                .filter(|text| text.len() <= MAX_MEMBER)
                .ok_or(name)
        };
        match read(&member, keys) {
            Err(name) => Ok(Self::Malformed(name)),
            Ok(Read::Unknown(what)) => Ok(Self::Unknown(what)),
            Ok(Read::Known {
                signer,
                public,
                value,
            }) => {
                let mut others = said;
                others.remove(VALUE);
                rest.insert(SIGNATURE.to_owned(), Value::Object(others));
                // Lent for a moment: a copy of a whole report would cost more than its check.
                let whole = Value::Object(std::mem::take(rest));
                let message = canonical(&whole);
                if let Value::Object(members) = whole {
                    *rest = members;
                }
                rest.remove(SIGNATURE);
                let message = message?;
                let scheme = public.algorithm().scheme();
                Ok(match public.key().verify(scheme, &[&message], &value) {
                    Ok(()) => Self::Right(signer),
                    Err(_) => Self::Wrong(signer),
                })
            }
        }
    }
}

/// The members of a signature, understood.
enum Read {
    Known {
        signer: Signer,
        public: Arc<DevicePublic>,
        value: Vec<u8>,
    },
    Unknown(String),
}

/// Reads the members; the error is the name of the one that is wrong.
fn read<'a>(
    member: &impl Fn(&'static str) -> Result<&'a str, &'static str>,
    keys: Option<&Keys>,
) -> Result<Read, &'static str> {
    let octets = |name: &'static str| STANDARD.decode(member(name)?).map_err(|_| name);
    let name = member("algorithm")?;
    let info = member("public_key")?;
    let known = keys.and_then(|keys| keys.known(info));
    // Order counts: of several members that are wrong, the same one is named as always.
    let decoded = match known {
        Some(_) => Vec::new(),
        None => octets("public_key")?,
    };
    let value = octets(VALUE)?;
    let signed_at = member("signed_at")?.parse().map_err(|_| "signed_at")?;
    let device = member("key_sha256")?;
    let Some(algorithm) = Algorithm::from_name(name) else {
        let shown = name.chars().filter(char::is_ascii_graphic).take(32);
        return Ok(Read::Unknown(shown.collect()));
    };
    let public = match known {
        Some(public) => public,
        None => {
            let public = DevicePublic::from_info(&decoded).ok_or("public_key")?;
            // One key has one spelling and one name, and signs in one way.
            if public.info() != decoded {
                return Err("public_key");
            }
            let public = Arc::new(public);
            if let Some(keys) = keys {
                keys.keep(info, &public);
            }
            public
        }
    };
    if public.algorithm() != algorithm {
        return Err("algorithm");
    }
    if public.id().to_string() != device {
        return Err("key_sha256");
    }
    Ok(Read::Known {
        signer: Signer {
            device: public.id(),
            algorithm,
            signed_at,
        },
        public,
        value,
    })
}

/// Public keys that were read before, by the text that they stand there as. Reading one takes longer than
/// finding it, and with RSA as long as checking a signature. What is kept says nothing about whom to trust.
#[derive(Default)]
pub struct Keys(Mutex<HashMap<String, Arc<DevicePublic>>>);

/// Most keys that are kept: a few megabytes, were all of them RSA. Beyond, all are forgotten and read
/// again.
const MAX_KEYS: usize = 2048;

impl Keys {
    fn known(&self, text: &str) -> Option<Arc<DevicePublic>> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(text).map(Arc::clone)
    }

    fn keep(&self, text: &str, public: &Arc<DevicePublic>) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(text.to_owned(), Arc::clone(public));
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::random::System;
    use crate::seal::key::DeviceKey;
    use crate::seal::sign::sign;

    fn taken(statement: &Value, keys: &Keys) -> Signature {
        let mut members = statement.as_object().unwrap().clone();
        let by = Signature::take_by(&mut members.clone(), Some(keys)).unwrap();
        assert_eq!(Signature::take(&mut members).unwrap(), by);
        by
    }

    #[test]
    fn a_key_that_was_read_before_changes_nothing() {
        let keys = Keys::default();
        let key = DeviceKey::generate(&mut System).unwrap();
        let other = DeviceKey::generate(&mut System).unwrap();
        let good = sign(json!({"a": 1}), &key, Timestamp::UNIX_EPOCH).unwrap();
        for _ in 0..2 {
            assert!(matches!(taken(&good, &keys), Signature::Right(_)));
            let mut bad = good.clone();
            bad["a"] = json!(2);
            assert!(matches!(taken(&bad, &keys), Signature::Wrong(_)));
            for (member, value) in [
                ("algorithm", json!("ES384")),
                ("key_sha256", json!(other.public().id().to_string())),
                ("public_key", json!(STANDARD.encode([0x30]))),
                (VALUE, json!("*")),
            ] {
                let mut bad = good.clone();
                bad[SIGNATURE][member] = value;
                let said = Signature::Malformed(member);
                assert_eq!(taken(&bad, &keys), said, "{member}");
            }
        }
        assert_eq!(keys.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn keys_are_kept_up_to_a_number() {
        let keys = Keys::default();
        let public = DeviceKey::generate(&mut System).unwrap().public().clone();
        let public = Arc::new(public);
        for number in 0..3 * MAX_KEYS {
            keys.keep(&number.to_string(), &public);
            assert!(keys.0.lock().unwrap().len() <= MAX_KEYS);
        }
        assert!(keys.known("0").is_none());
    }
}
