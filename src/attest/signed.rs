//! A report from elsewhere, signed or not, read with suspicion.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use crate::attest::canonical::Fault;
use crate::attest::canonical::canonical;
use crate::attest::canonical::parse;
use crate::attest::key::Algorithm;
use crate::attest::key::DeviceId;
use crate::attest::key::DevicePublic;
use crate::attest::sign::SIGNATURE;
use crate::attest::sign::VALUE;
use crate::attest::sign::time as written;
use crate::attest::statement;
use crate::attest::statement::Statement;
use crate::attest::statement::text;
use crate::attest::statement::time;
use crate::error::AttestError;
use crate::verify::Outcome;

/// Members of a signature: all of them are understood, so that none can mean something to another
/// program only.
const MEMBERS: [&str; 5] = ["algorithm", "key_sha256", "public_key", "signed_at", VALUE];

/// Longest member of a signature that is looked at: twice a key of RSA with 8192 bits in base64.
const MAX_MEMBER: usize = 4096;

/// A report, and who says so.
#[derive(Debug)]
pub struct SignedReport {
    report: Map<String, Value>,
    statement: Statement,
    signature: Signature,
}

/// What stands where a signature does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Signature {
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

/// Whether the bytes of a file say that they are a report, of whatever version; a capture and
/// anything else says no.
pub fn claims_to_be_report(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Named {
        schema: String,
    }
    serde_json::from_slice::<Named>(bytes).is_ok_and(|named| statement::is_report(&named.schema))
}

impl SignedReport {
    /// Reads a report, and checks its signature against the key that it brings. Whose key that is,
    /// is another question ([`signature`](Self::signature)).
    ///
    /// # Errors
    /// [`AttestError::Malformed`] for what is no JSON as reports are, or lacks what they have;
    /// [`AttestError::Version`].
    pub fn decode(bytes: &[u8]) -> Result<Self, AttestError> {
        let malformed = |fault: Fault| AttestError::Malformed {
            why: fault.to_string(),
        };
        let Value::Object(mut report) = parse(bytes).map_err(malformed)? else {
            return Err(AttestError::Malformed {
                why: "no JSON object".to_owned(),
            });
        };
        let statement = Statement::of(&report)?;
        let signature = match report.remove(SIGNATURE) {
            None => Signature::Absent,
            Some(Value::Object(said)) => Signature::of(&said, &report).map_err(malformed)?,
            Some(_) => Signature::Malformed(SIGNATURE),
        };
        Ok(Self {
            report,
            statement,
            signature,
        })
    }

    /// The report without its signature.
    pub const fn report(&self) -> &Map<String, Value> {
        &self.report
    }

    /// What it says, taken apart.
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who signed it, where the signature holds.
    pub const fn signer(&self) -> Option<&Signer> {
        match &self.signature {
            Signature::Right(signer) => Some(signer),
            _ => None,
        }
    }

    /// What the signature is worth to who trusts these devices.
    pub fn signature(&self, trusted: &[DeviceId]) -> Outcome {
        let by = |outcome: Outcome, signer: &Signer| {
            outcome
                .with("algorithm", signer.algorithm.name())
                .with("key_sha256", signer.device.to_string())
                .with("signed_at", written(signer.signed_at))
        };
        match &self.signature {
            Signature::Absent => Outcome::open("report.unsigned"),
            Signature::Malformed(member) => {
                Outcome::fail("report.signature_malformed").with("member", *member)
            }
            Signature::Unknown(what) => {
                Outcome::open("report.signature_unsupported").with("algorithm", what)
            }
            Signature::Wrong(signer) => by(Outcome::fail("report.signature_wrong"), signer),
            Signature::Right(signer) if trusted.contains(&signer.device) => {
                by(Outcome::pass("report.signed"), signer)
            }
            Signature::Right(signer) => by(Outcome::open("report.device_unknown"), signer),
        }
    }
}

impl Signature {
    /// Checks what stands under `signature` over the rest of the report.
    fn of(said: &Map<String, Value>, report: &Map<String, Value>) -> Result<Self, Fault> {
        if !said.keys().all(|name| MEMBERS.contains(&name.as_str())) {
            // Its name is whatever the file says, so it is not repeated.
            return Ok(Self::Malformed("another member"));
        }
        let member = |name: &'static str| {
            text(said, name)
                .ok()
                .filter(|text| text.len() <= MAX_MEMBER)
                .ok_or(name)
        };
        match read(&member, said) {
            Err(name) => Ok(Self::Malformed(name)),
            Ok(Read::Unknown(what)) => Ok(Self::Unknown(what)),
            Ok(Read::Known {
                signer,
                public,
                value,
            }) => {
                let mut others = said.clone();
                others.remove(VALUE);
                let mut whole = report.clone();
                whole.insert(SIGNATURE.to_owned(), Value::Object(others));
                let message = canonical(&Value::Object(whole))?;
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
        public: DevicePublic,
        value: Vec<u8>,
    },
    Unknown(String),
}

/// Reads the members; the error is the name of the one that is wrong.
fn read<'a>(
    member: &impl Fn(&'static str) -> Result<&'a str, &'static str>,
    said: &Map<String, Value>,
) -> Result<Read, &'static str> {
    let octets = |name: &'static str| STANDARD.decode(member(name)?).map_err(|_| name);
    let name = member("algorithm")?;
    let (info, value) = (octets("public_key")?, octets(VALUE)?);
    let signed_at = time(said, "signed_at").map_err(|_| "signed_at")?;
    let device = member("key_sha256")?;
    let Some(algorithm) = Algorithm::from_name(name) else {
        let shown = name.chars().filter(char::is_ascii_graphic).take(32);
        return Ok(Read::Unknown(shown.collect()));
    };
    let public = DevicePublic::from_info(&info).ok_or("public_key")?;
    // One key has one spelling and one name, and signs in one way.
    if public.info() != info {
        return Err("public_key");
    }
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
