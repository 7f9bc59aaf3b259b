//! What could not be found out, and why.
//!
//! An [`enum@Error`] never says anything about a document's genuineness; that is `verify::Outcome`.
//! Every error has a stable dotted [`Error::code`]; the sentences a person reads, in Vietnamese
//! and English, are in `render::words`.

mod attest;
mod audit;
mod bench;
mod door;
mod fetch;
mod line;
mod load;
mod profile;
mod reconcile;
mod serve;
mod setup;
mod snapshot;
mod trust;

use thiserror::Error;

pub use attest::AttestError;
pub use audit::AuditError;
pub use audit::AuditFault;
pub use bench::BenchError;
pub use door::DoorError;
pub use fetch::FetchError;
pub use line::LineError;
pub use load::LoadError;
pub use profile::ProfileFault;
pub use profile::Wrong;
pub use reconcile::ReconcileError;
pub use serve::ServeError;
pub use setup::SetupError;
pub use snapshot::SnapshotError;
pub use trust::TrustError;

/// Why something could not be found out.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Between this program and the chip: service, reader, card.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The chip did not let us in.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The secure channel broke and is dead.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The chip answered, but not as a travel or identity document does.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Bytes that do not have the form they must have.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Something the operator gave cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Something could not be fetched from where it lies.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A mistake in this program, which stopped in the middle.
    #[error("the program stopped at a mistake of its own")]
    Internal,
}

/// Between this program and the chip.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransportError {
    /// The PC/SC service does not run.
    #[error("the PC/SC service does not answer")]
    NoService,
    /// The PC/SC service refuses this user.
    #[error("the PC/SC service refuses this user")]
    NotAllowed,
    /// No reader is attached.
    #[error("no reader is attached")]
    NoReader,
    /// No reader has the name that was asked for.
    #[error("no reader has that name")]
    UnknownReader,
    /// No card lies on the reader.
    #[error("no card lies on the reader")]
    NoCard,
    /// The card left in the middle of the exchange.
    #[error("the card was removed")]
    CardRemoved,
    /// The reader left in the middle of the exchange.
    #[error("the reader was unplugged")]
    ReaderRemoved,
    /// Another program holds the card.
    #[error("another program holds the card")]
    InUse,
    /// Another program reset the card; its security state is gone.
    #[error("the card was reset by another program")]
    CardReset,
    /// The card is there and does not answer.
    #[error("the card does not answer")]
    Mute,
    /// The time limit passed.
    #[error("the time limit passed")]
    Timeout,
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The reader could not carry a command of this length, in bytes.
    #[error("the reader could not carry a command of {length} bytes")]
    CommandRefused {
        /// Length of the command, in bytes.
        length: usize,
    },
    /// The chip's answer is shorter than a status word.
    #[error("the answer is shorter than a status word")]
    ShortAnswer,
    /// Any other failure, with the PC/SC code.
    #[error("PC/SC failure {code:#010x}")]
    Failed {
        /// The PC/SC return value.
        code: u32,
    },
    /// A trace was replayed against another conversation than the one it holds.
    #[error("the trace differs at exchange {exchange}")]
    TraceDiverged {
        /// Number of the exchange, from 1.
        exchange: usize,
    },
    /// A trace ended before the conversation did.
    #[error("the trace ends after {exchanges} exchanges")]
    TraceEnded {
        /// Number of exchanges that the trace holds.
        exchanges: usize,
    },
}

/// The chip did not let us in.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccessError {
    /// The key does not belong to this card. The tries left, where the chip tells.
    #[error("wrong key")]
    WrongKey {
        /// Tries left before the chip blocks the key, where it says so.
        tries_left: Option<u8>,
    },
    /// The chip no longer accepts this key.
    #[error("the key is blocked")]
    Blocked,
    /// The chip no longer accepts the PIN; the PUK unblocks it.
    #[error("the PIN is blocked")]
    PinBlocked,
    /// The chip no longer accepts the PUK.
    #[error("the PUK is blocked")]
    PukBlocked,
    /// One try is left for the PIN, and the chip takes it only after the card access number.
    #[error("the PIN is suspended and needs the card access number first")]
    PinSuspended,
    /// The chip has such a PIN or PUK and it is switched off.
    #[error("the {password} is deactivated")]
    Deactivated {
        /// `PIN` or `PUK`.
        password: &'static str,
    },
    /// The chip knows no password of this kind.
    #[error("the chip has no {password}")]
    NoSuchPassword {
        /// `PIN` or `PUK`.
        password: &'static str,
    },
    /// The only protocol the chip offers needs another kind of key (BAC needs the MRZ).
    #[error("this card needs the machine-readable zone, not the card access number")]
    KeyKind,
    /// The chip offers no access protocol that this build knows.
    #[error("the chip offers no known access protocol")]
    Unsupported,
    /// The policy requires PACE and the chip did not complete it.
    #[error("PACE is required and the chip does not offer it")]
    PaceRequired,
    /// The chip refused a step with a status that speaks of no key.
    #[error("access step {step} was refused with {status:04X}")]
    Refused {
        /// The step in the words of the standard.
        step: &'static str,
        /// The status word.
        status: u16,
    },
    /// The chip sent our own ephemeral key back (Doc 9303-11 §4.4.1).
    #[error("the chip returned our own ephemeral key")]
    ReflectedKey,
    /// The chip's answer to an access step has the wrong form or an impossible value.
    #[error("the chip's answer to access step {step} is wrong")]
    BadAnswer {
        /// The step in the words of the standard.
        step: &'static str,
    },
    /// The chip's ephemeral key is no element of the group: off the curve, the identity, or of too
    /// small an order.
    #[error("the chip's key in access step {step} is no key of the group")]
    InvalidKey {
        /// The step in the words of the standard.
        step: &'static str,
    },
    /// The chip's authentication token or cryptogram does not prove that it knows the key.
    #[error("the chip did not prove that it knows the key")]
    ChipToken,
}

/// The secure channel broke. It never comes back: access control must run again.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChannelError {
    /// The message authentication code is wrong.
    #[error("an answer is not authentic")]
    BadMac,
    /// The answer came in the clear (Doc 9303-11 §9.8.3).
    #[error("an unprotected answer {status:04X} in the secure channel")]
    PlainAnswer {
        /// The status word.
        status: u16,
    },
    /// The protected status and the outer one differ, or the former is missing.
    #[error("the protected status word is missing or differs")]
    StatusMismatch,
    /// Data objects in the wrong order, doubled, or of the wrong form.
    #[error("an answer's data objects are malformed")]
    Malformed,
    /// The send sequence counter has no next value.
    #[error("the send sequence counter is used up")]
    CounterExhausted,
    /// The channel broke earlier; nothing more is sent.
    #[error("the secure channel is closed")]
    Dead,
}

/// The chip answered, but not as a document does.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CardError {
    /// The eMRTD application is not there.
    #[error(
        "the card holds no eMRTD application ({status:04X}){}",
        listed(applications)
    )]
    NotEmrtd {
        /// The status word of SELECT.
        status: u16,
        /// Identifiers of the applications that EF.DIR names, if it can be read.
        applications: Vec<Vec<u8>>,
    },
    /// The document security object is missing or refused; nothing can be judged.
    #[error("the document security object cannot be read ({status:04X})")]
    NoSecurityObject {
        /// The status word.
        status: u16,
    },
    /// A file is longer than any document needs.
    #[error("a file is longer than {limit} bytes")]
    FileTooLong {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The chip keeps answering without end.
    #[error("the chip's answer does not end")]
    EndlessAnswer,
    /// The card was lost, and the one that came after it is another.
    #[error("another card was put in the place of the first")]
    AnotherCard,
}

/// Application identifiers as people write them.
fn listed(applications: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for (index, identifier) in applications.iter().enumerate() {
        text.push_str(if index == 0 { " but " } else { ", " });
        text.push_str(&hex::encode_upper(identifier));
    }
    text
}

/// Bytes that do not have the form they must have: what, and at which offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("malformed {what} at offset {offset}")]
pub struct Malformed {
    /// What was being read, in the words of the standard.
    pub what: &'static str,
    /// Offset in the file or message, in bytes.
    pub offset: usize,
}

impl Malformed {
    /// Says what was being read, and where.
    pub const fn new(what: &'static str, offset: usize) -> Self {
        Self { what, offset }
    }
}

/// What the person at the counter does next; one of a fixed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NextAction {
    /// Go on with the procedure.
    Proceed,
    /// Lay the card down again and leave it.
    Reposition,
    /// Enter the key again.
    KeyAgain,
    /// Try another reader.
    OtherReader,
    /// Put the clock right.
    CheckClock,
    /// Bring the trust data up to date.
    UpdateTrust,
    /// A person must decide.
    ManualReview,
    /// Do not accept the card.
    Refuse,
    /// Wait for the registry.
    WaitRegistry,
}

impl NextAction {
    /// The word in the report.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Reposition => "reposition",
            Self::KeyAgain => "key_again",
            Self::OtherReader => "other_reader",
            Self::CheckClock => "check_clock",
            Self::UpdateTrust => "update_trust",
            Self::ManualReview => "manual_review",
            Self::Refuse => "refuse",
            Self::WaitRegistry => "wait_registry",
        }
    }
}

/// Whether doing the same again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same call may succeed.
    MayHelp,
    /// Something must change first.
    Useless,
}

impl Error {
    /// Stable dotted code, documented in `docs/codes.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Channel(error) => error.code(),
            Self::Card(error) => error.code(),
            Self::Malformed(_) => "data.malformed",
            Self::Setup(error) => error.code(),
            Self::Fetch(error) => error.code(),
            Self::Internal => "run.internal",
        }
    }

    /// Tries left before the chip blocks a key, where it said so.
    pub const fn tries_left(&self) -> Option<u8> {
        match self {
            Self::Access(AccessError::WrongKey { tries_left }) => *tries_left,
            Self::Access(AccessError::PinSuspended) => Some(1),
            _ => None,
        }
    }

    /// Whether the same call may succeed when made again.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Fetch(error) if error.may_pass() => Retry::MayHelp,
            Self::Transport(
                TransportError::NoCard
                | TransportError::CardRemoved
                | TransportError::ReaderRemoved
                | TransportError::InUse
                | TransportError::CardReset
                | TransportError::Mute
                | TransportError::Timeout,
            )
            | Self::Channel(_)
            | Self::Card(CardError::AnotherCard) => Retry::MayHelp,
            Self::Setup(SetupError::Trust(error)) if error.passes() => Retry::MayHelp,
            Self::Setup(SetupError::Bench(error)) if error.passes() => Retry::MayHelp,
            Self::Setup(SetupError::Audit(error)) if error.passes() => Retry::MayHelp,
            Self::Setup(SetupError::Door(error)) if error.passes() => Retry::MayHelp,
            _ => Retry::Useless,
        }
    }

    /// What the person does next.
    pub const fn next_action(&self) -> NextAction {
        match self {
            Self::Transport(error) => match error {
                TransportError::NoCard
                | TransportError::CardRemoved
                | TransportError::CardReset
                | TransportError::Mute
                | TransportError::Timeout
                | TransportError::ShortAnswer => NextAction::Reposition,
                TransportError::TraceDiverged { .. }
                | TransportError::TraceEnded { .. }
                | TransportError::Cancelled => NextAction::ManualReview,
                _ => NextAction::OtherReader,
            },
            Self::Access(error) => match error {
                AccessError::WrongKey { .. }
                | AccessError::KeyKind
                | AccessError::PinSuspended
                | AccessError::NoSuchPassword { .. } => NextAction::KeyAgain,
                _ => NextAction::ManualReview,
            },
            Self::Channel(_) => NextAction::Reposition,
            Self::Setup(error) => match error {
                SetupError::KeyFormat
                | SetupError::KeyMissing
                | SetupError::KeyMisread { .. }
                | SetupError::KeyUnreadable { .. } => NextAction::KeyAgain,
                SetupError::Trust(_) => NextAction::UpdateTrust,
                _ => NextAction::ManualReview,
            },
            Self::Fetch(_) => NextAction::UpdateTrust,
            Self::Card(CardError::AnotherCard) => NextAction::Reposition,
            Self::Card(_) | Self::Malformed(_) | Self::Internal => NextAction::ManualReview,
        }
    }
}

impl TransportError {
    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoService => "reader.no_service",
            Self::NotAllowed => "reader.not_allowed",
            Self::NoReader => "reader.none",
            Self::UnknownReader => "reader.unknown",
            Self::NoCard => "card.none",
            Self::CardRemoved => "card.removed",
            Self::ReaderRemoved => "reader.removed",
            Self::InUse => "reader.in_use",
            Self::CardReset => "card.reset",
            Self::Mute => "card.mute",
            Self::Timeout => "run.timeout",
            Self::Cancelled => "run.cancelled",
            Self::CommandRefused { .. } => "reader.command_refused",
            Self::ShortAnswer => "card.short_answer",
            Self::Failed { .. } => "reader.failed",
            Self::TraceDiverged { .. } => "trace.diverged",
            Self::TraceEnded { .. } => "trace.ended",
        }
    }
}

impl AccessError {
    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongKey { .. } => "access.wrong_key",
            Self::Blocked => "access.blocked",
            Self::PinBlocked => "access.pin_blocked",
            Self::PukBlocked => "access.puk_blocked",
            Self::PinSuspended => "access.pin_suspended",
            Self::Deactivated { .. } => "access.deactivated",
            Self::NoSuchPassword { .. } => "access.no_such_password",
            Self::KeyKind => "access.key_kind",
            Self::Unsupported => "access.unsupported",
            Self::PaceRequired => "access.pace_required",
            Self::Refused { .. } => "access.refused",
            Self::InvalidKey { .. } => "access.invalid_key",
            Self::ReflectedKey => "access.reflected_key",
            Self::BadAnswer { .. } => "access.bad_answer",
            Self::ChipToken => "access.chip_token",
        }
    }
}

impl ChannelError {
    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadMac => "channel.bad_mac",
            Self::PlainAnswer { .. } => "channel.plain_answer",
            Self::StatusMismatch => "channel.status_mismatch",
            Self::Malformed => "channel.malformed",
            Self::CounterExhausted => "channel.counter_exhausted",
            Self::Dead => "channel.dead",
        }
    }
}

impl CardError {
    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotEmrtd { .. } => "card.not_emrtd",
            Self::NoSecurityObject { .. } => "card.no_security_object",
            Self::FileTooLong { .. } => "card.file_too_long",
            Self::EndlessAnswer => "card.endless_answer",
            Self::AnotherCard => "card.another",
        }
    }
}
