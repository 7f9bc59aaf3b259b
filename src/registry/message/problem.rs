//! A refusal: why a registry gives no answer (RFC 9457).

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::registry::message::ids::QuestionId;
use crate::seal::canonical;

/// Longest refusal that is looked at, in bytes.
const MAX_PROBLEM: usize = 16 * 1024;

/// Longest time that a registry may ask to be waited for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);

/// What a problem's `type` begins with.
const TYPE: &str = "urn:cancuoc:problem:";

/// Every kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemCode {
    /// The question is malformed.
    Malformed,
    /// The question is longer than any question.
    TooLarge,
    /// The question is too old.
    Stale,
    /// The question is of the future.
    Future,
    /// Another question had the same id.
    ReusedId,
    /// The question is not signed.
    Unsigned,
    /// The question's signature does not hold.
    WrongSignature,
    /// The device that signed is not registered.
    UnknownDevice,
    /// The registry does not serve this procedure.
    UnknownProcedure,
    /// The agency is not registered.
    AgencyUnknown,
    /// The body is no JSON.
    MediaType,
    /// This method is not allowed here.
    Method,
    /// There is no such resource.
    NotFound,
    /// There were too many questions.
    TooMany,
    /// The list is longer than the tokens of a full bucket allow: waiting does not help.
    ListTooLong,
    /// The registry is overloaded.
    Overloaded,
    /// The register cannot be reached.
    Unavailable,
    /// The question cannot be recorded.
    AuditUnavailable,
    /// The register did not answer in time (504), or the question did not come in time (408).
    Timeout,
    /// The registry failed.
    Internal,
}

impl ProblemCode {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Malformed,
        Self::TooLarge,
        Self::Stale,
        Self::Future,
        Self::ReusedId,
        Self::Unsigned,
        Self::WrongSignature,
        Self::UnknownDevice,
        Self::UnknownProcedure,
        Self::AgencyUnknown,
        Self::MediaType,
        Self::Method,
        Self::NotFound,
        Self::TooMany,
        Self::ListTooLong,
        Self::Overloaded,
        Self::Unavailable,
        Self::AuditUnavailable,
        Self::Timeout,
        Self::Internal,
    ];

    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "question.malformed",
            Self::TooLarge => "question.too_large",
            Self::Stale => "question.stale",
            Self::Future => "question.future",
            Self::ReusedId => "question.reused_id",
            Self::Unsigned => "question.unsigned",
            Self::WrongSignature => "question.wrong_signature",
            Self::UnknownDevice => "question.unknown_device",
            Self::UnknownProcedure => "question.unknown_procedure",
            Self::AgencyUnknown => "question.agency_unknown",
            Self::MediaType => "question.media_type",
            Self::Method => "question.method",
            Self::NotFound => "question.not_found",
            Self::TooMany => "question.too_many",
            Self::ListTooLong => "question.list_too_long",
            Self::Overloaded => "question.overloaded",
            Self::Unavailable => "question.unavailable",
            Self::AuditUnavailable => "question.audit_unavailable",
            Self::Timeout => "question.timeout",
            Self::Internal => "question.internal",
        }
    }

    /// The HTTP status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unsigned
            | Self::WrongSignature
            | Self::UnknownDevice
            | Self::UnknownProcedure
            | Self::AgencyUnknown => 403,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::Stale | Self::Future | Self::ReusedId => 409,
            Self::TooLarge | Self::ListTooLong => 413,
            Self::MediaType => 415,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable | Self::AuditUnavailable => 503,
            Self::Timeout => 504,
        }
    }

    /// The title, one sentence (RFC 9457 §3.1.3).
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "The question is malformed.",
            Self::TooLarge => "The question is longer than any question.",
            Self::Stale => "The question is too old.",
            Self::Future => "The question is of the future.",
            Self::ReusedId => "Another question had the same id.",
            Self::Unsigned => "The question is not signed.",
            Self::WrongSignature => "The question's signature does not hold.",
            Self::UnknownDevice => "The device that signed is not registered.",
            Self::UnknownProcedure => "The registry does not serve this procedure.",
            Self::AgencyUnknown => "The agency is not registered.",
            Self::MediaType => "The body is no JSON.",
            Self::Method => "This method is not allowed here.",
            Self::NotFound => "There is no such resource.",
            Self::TooMany => "There were too many questions.",
            Self::ListTooLong => "The list is longer than this agency may ask at once.",
            Self::Overloaded => "The registry is overloaded.",
            Self::Unavailable => "The register cannot be reached.",
            Self::AuditUnavailable => "The question cannot be recorded.",
            Self::Timeout => "The time for it ran out.",
            Self::Internal => "The registry failed.",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Why a registry gives no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Code, one of a fixed list.
    pub code: &'static str,
    /// When asking again may help, where the registry says so. Goes into the header `Retry-After`
    /// too, in whole seconds.
    pub retry_after: Option<Duration>,
    /// How many questions of a list that was refused would be let through: at all, or now.
    pub most: Option<u64>,
}

impl Problem {
    /// The same, with a time to wait for.
    #[must_use]
    pub const fn after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same, with the number of questions that would be let through.
    #[must_use]
    pub const fn letting(mut self, most: u64) -> Self {
        self.most = Some(most);
        self
    }

    /// Seconds to wait for, rounded up.
    pub fn retry_seconds(&self) -> Option<u64> {
        let wait = self.retry_after?;
        let more = u64::from(wait.subsec_nanos() > 0);
        Some(wait.as_secs().saturating_add(more))
    }

    /// Writes it. `id` is the question's, where it has one that could be read; `detail` says where
    /// the question is wrong, and nothing of what it says.
    pub fn encode(&self, id: Option<&QuestionId>, detail: Option<&str>) -> Vec<u8> {
        let title = ProblemCode::from_code(self.code).map_or("", ProblemCode::title);
        let mut problem = json!({
            "type": format!("{TYPE}{}", self.code),
            "title": title,
            "status": self.status,
            "code": self.code,
        });
        if let Value::Object(members) = &mut problem {
            if let Some(detail) = detail {
                members.insert("detail".to_owned(), json!(detail));
            }
            if let Some(id) = id {
                members.insert("id".to_owned(), json!(id.as_str()));
            }
            if let Some(seconds) = self.retry_seconds() {
                members.insert("retry_after".to_owned(), json!(seconds));
            }
            if let Some(most) = self.most {
                members.insert("most".to_owned(), json!(most));
            }
        }
        problem.to_string().into_bytes()
    }

    /// Reads one: the code must be of the list, and the status that of the response. Other members
    /// may be there (RFC 9457 §3.2: what is not recognised is ignored).
    pub fn decode(status: u16, bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_PROBLEM {
            return None;
        }
        let said = canonical::parse(bytes).ok()?;
        let code = ProblemCode::from_code(said.get("code")?.as_str()?)?.code();
        let same = said
            .get("status")
            .is_none_or(|said| said.as_u64() == Some(u64::from(status)));
        let retry_after = said
            .get("retry_after")
            .and_then(Value::as_u64)
            .map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
        let most = said.get("most").and_then(Value::as_u64);
        same.then_some(Self {
            status,
            code,
            retry_after,
            most,
        })
    }
}

impl From<ProblemCode> for Problem {
    fn from(kind: ProblemCode) -> Self {
        Self {
            status: kind.status(),
            code: kind.code(),
            retry_after: None,
            most: None,
        }
    }
}
