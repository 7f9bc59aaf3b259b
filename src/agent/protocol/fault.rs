//! Why a command, a connection or a read came to nothing, with a stable code and an HTTP status.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::agent::protocol::LEVEL;
use crate::agent::protocol::OLDEST_LEVEL;
use crate::error::Error;
use crate::error::NextAction;
use crate::error::Retry;
use crate::error::SetupError;
use crate::error::TransportError;
use crate::render::words;
use crate::render::words::Lang;

/// Why something came to nothing.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No message of this protocol; where, as a JSON pointer (RFC 6901).
    Malformed {
        /// The member, or nothing for the whole message.
        pointer: String,
    },
    /// No text of JSON that can be read at all; nothing in it can be pointed to.
    Unreadable {
        /// Why, without anything that the text says.
        why: String,
    },
    /// No command has this name.
    UnknownCommand,
    /// The first command is `hello`.
    HelloFirst,
    /// The client speaks another API level.
    Level,
    /// No such session, or its events are no longer kept: begin anew.
    SessionGone,
    /// No reader has this name.
    NoSuchReader,
    /// Another session has the reader.
    ReaderClaimed {
        /// Who, as the operator knows it: an origin, or `local`.
        holder: String,
    },
    /// The session does not have the reader.
    NotClaimed,
    /// A read is at work there.
    Busy,
    /// Nothing is going on there that the command could be about.
    NothingToDo,
    /// A receipt was asked for, and the agent has no device key.
    NoDeviceKey,
    /// The read was cancelled.
    Cancelled,
    /// Card or key did not come in time.
    WaitedTooLong,
    /// The agent ends.
    Closing,
    /// The agent has no time: it is overloaded.
    Overloaded,
    /// The message is too large.
    TooLarge,
    /// What the agent's own parts or a card came to.
    Run(Error),
}

impl Fault {
    /// The whole message, or the member that the pointer names, is wrong.
    pub fn malformed(pointer: impl Into<String>) -> Self {
        Self::Malformed {
            pointer: pointer.into(),
        }
    }

    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } | Self::Unreadable { .. } => "agent.malformed",
            Self::UnknownCommand => "agent.unknown_command",
            Self::HelloFirst => "agent.hello_first",
            Self::Level => "agent.level",
            Self::SessionGone => "agent.session_gone",
            Self::NoSuchReader => "agent.no_such_reader",
            Self::ReaderClaimed { .. } => "agent.reader_claimed",
            Self::NotClaimed => "agent.not_claimed",
            Self::Busy => "agent.busy",
            Self::NothingToDo => "agent.nothing_to_do",
            Self::NoDeviceKey => "agent.no_device_key",
            Self::Cancelled => "agent.cancelled",
            Self::WaitedTooLong => "agent.waited_too_long",
            Self::Closing => "agent.closing",
            Self::Overloaded => "agent.overloaded",
            Self::TooLarge => "agent.too_large",
            Self::Run(error) => error.code(),
        }
    }

    /// The HTTP status of the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } | Self::Unreadable { .. } | Self::Level => 400,
            Self::UnknownCommand | Self::SessionGone | Self::NoSuchReader => 404,
            Self::WaitedTooLong => 408,
            Self::HelloFirst
            | Self::ReaderClaimed { .. }
            | Self::NotClaimed
            | Self::Busy
            | Self::NothingToDo
            | Self::NoDeviceKey
            | Self::Cancelled => 409,
            Self::TooLarge => 413,
            Self::Closing | Self::Overloaded => 503,
            Self::Run(error) => status(error),
        }
    }

    /// Whether the same may succeed when it is done again.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Busy
            | Self::ReaderClaimed { .. }
            | Self::Cancelled
            | Self::WaitedTooLong
            | Self::Closing
            | Self::Overloaded => Retry::MayHelp,
            Self::Run(error) => error.retry(),
            _ => Retry::Useless,
        }
    }

    /// What the person does next.
    pub const fn next_action(&self) -> NextAction {
        match self {
            Self::NoSuchReader | Self::ReaderClaimed { .. } => NextAction::OtherReader,
            Self::Cancelled | Self::WaitedTooLong | Self::Busy => NextAction::Reposition,
            Self::Run(error) => error.next_action(),
            _ => NextAction::ManualReview,
        }
    }

    /// The object that is sent.
    pub fn json(&self) -> Value {
        let code = self.code();
        let both = |words: fn(&str, Lang) -> &'static str| json!({"vi": words(code, Lang::Vi), "en": words(code, Lang::En)});
        let mut out = Map::new();
        out.insert("code".into(), json!(code));
        out.insert("status".into(), json!(self.status()));
        out.insert(
            "retriable".into(),
            json!(matches!(self.retry(), Retry::MayHelp)),
        );
        out.insert("next_action".into(), json!(self.next_action().code()));
        out.insert("message".into(), both(words::sentence));
        out.insert("remedy".into(), both(words::remedy));
        match self {
            Self::Malformed { pointer } => {
                out.insert("pointer".into(), json!(pointer));
            }
            Self::Unreadable { why } => {
                out.insert("pointer".into(), json!(""));
                out.insert("why".into(), json!(why));
            }
            Self::Level => {
                out.insert("levels".into(), levels());
            }
            Self::ReaderClaimed { holder } => {
                out.insert("holder".into(), json!(holder));
            }
            Self::Run(error) => {
                if let Some(tries) = error.tries_left() {
                    out.insert("tries_left".into(), json!(tries));
                }
            }
            _ => {}
        }
        Value::Object(out)
    }
}

/// The API levels that are spoken.
pub(super) fn levels() -> Value {
    json!({"oldest": OLDEST_LEVEL, "newest": LEVEL})
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Run(error)
    }
}

impl From<SetupError> for Fault {
    fn from(error: SetupError) -> Self {
        Self::Run(error.into())
    }
}

/// 503 no reader, 409 in use, 404 no card, 422 for a card that could not be read.
const fn status(error: &Error) -> u16 {
    match error {
        Error::Transport(error) => match error {
            TransportError::NoService
            | TransportError::NotAllowed
            | TransportError::NoReader
            | TransportError::UnknownReader
            | TransportError::ReaderRemoved => 503,
            TransportError::InUse | TransportError::Cancelled => 409,
            TransportError::NoCard => 404,
            _ => 422,
        },
        Error::Setup(
            SetupError::KeyFormat | SetupError::KeyMisread { .. } | SetupError::KeyMissing,
        ) => 400,
        _ => 422,
    }
}
