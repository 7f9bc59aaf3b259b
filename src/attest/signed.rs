//! A report from elsewhere, signed or not, read with suspicion.

use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use crate::attest::statement;
use crate::attest::statement::Statement;
use crate::error::AttestError;
use crate::seal::canonical::Fault;
use crate::seal::canonical::parse;
use crate::seal::key::DeviceId;
use crate::seal::sign::time as written;
use crate::seal::signature::Signature;
use crate::seal::signature::Signer;
use crate::verify::Outcome;

/// A report, and who says so.
#[derive(Debug)]
pub struct SignedReport {
    report: Map<String, Value>,
    statement: Statement,
    signature: Signature,
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
        let signature = Signature::take(&mut report).map_err(malformed)?;
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
