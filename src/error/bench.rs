//! Why a virtual card does not stand on a reader, or cannot be told what to do.

use thiserror::Error;

/// A test bench cannot be set up, or something asked of it cannot be done.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BenchError {
    /// There is no pcscd on this machine.
    #[error("pcscd is not installed")]
    ServiceMissing,
    /// pcscd is there, and the driver of the virtual reader is not.
    #[error("the driver vpcd of pcscd is not installed")]
    DriverMissing,
    /// pcscd and the driver are there, and nobody answers on pcscd's socket.
    #[error("pcscd does not run, so no virtual reader listens at {address}")]
    ServiceStopped {
        /// The address as given.
        address: String,
    },
    /// Another card lies on the reader: vpcd takes one, and lets others wait.
    #[error("another card lies on the virtual reader at {address}")]
    ReaderTaken {
        /// The address as given.
        address: String,
    },
    /// Something listens that does not behave as vpcd does.
    #[error("what listens at {address} is no virtual reader")]
    NotAReader {
        /// The address as given.
        address: String,
    },
    /// The reader let go of the card: pcscd ended, or refused it.
    #[error("the virtual reader at {address} went while the card lay on it")]
    ReaderGone {
        /// The address as given.
        address: String,
    },
    /// pcscd takes no more readers than this.
    #[error("at most {most} cards lie on one bench")]
    TooManyCards {
        /// How many.
        most: usize,
    },
    /// A private pcscd does not come up.
    #[error("the private pcscd failed: {why}")]
    StandFailed {
        /// The last lines of its log, or what the system said.
        why: String,
    },
    /// pcscd runs and does not see the card.
    #[error("pcscd does not see the card on {reader}")]
    CardUnseen {
        /// The reader's name.
        reader: String,
    },
    /// The program to run on the bench cannot be started.
    #[error("{program} cannot be started: {why}")]
    CommandFailed {
        /// As given.
        program: String,
        /// What the system said.
        why: String,
    },
    /// The program on the bench took longer than it was given.
    #[error("the command ran longer than {seconds} seconds")]
    CommandTime {
        /// As given.
        seconds: u64,
    },
    /// What a chip remembers was not written by a chip.
    #[error("{path} is no memory of a virtual card: {why}")]
    StateMalformed {
        /// Path as given.
        path: String,
        /// What is wrong about it.
        why: &'static str,
    },
    /// What a chip remembers is another card's.
    #[error("{path} is the memory of another virtual card")]
    StateOfAnotherCard {
        /// Path as given.
        path: String,
    },
    /// The control interface would be open to other machines.
    #[error("{address} is no address of this machine alone")]
    ControlPlace {
        /// As given.
        address: String,
    },
    /// Something listens where the control interface should.
    #[error("{address} is in use")]
    ControlTaken {
        /// As given.
        address: String,
    },
    /// The system does not let the control interface listen there.
    #[error("{address} cannot be listened on: {why}")]
    ControlRefused {
        /// As given.
        address: String,
        /// What the system said.
        why: String,
    },
    /// A request came from a web page, or under a name that is not this machine's.
    #[error("the request is not this machine's own: {why}")]
    RequestForeign {
        /// Which header says so.
        why: &'static str,
    },
    /// A request names something that is not there, or that takes no such method.
    #[error("there is no {what}")]
    RequestPath {
        /// Method and path.
        what: String,
    },
    /// The body of a request is not what is expected there.
    #[error("the request's body is wrong: {why}")]
    RequestBody {
        /// What is wrong.
        why: String,
    },
    /// The body of a request is longer than any can be.
    #[error("the request's body is longer than {limit} bytes")]
    RequestTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl BenchError {
    /// What exactly is meant. The same in every language.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::ServiceMissing | Self::DriverMissing => None,
            Self::ServiceStopped { address }
            | Self::ReaderTaken { address }
            | Self::NotAReader { address }
            | Self::ReaderGone { address }
            | Self::ControlPlace { address }
            | Self::ControlTaken { address } => Some(address.clone()),
            Self::ControlRefused { address, why } => Some(format!("{address}: {why}")),
            Self::TooManyCards { most } => Some(most.to_string()),
            Self::StandFailed { why } | Self::RequestBody { why } => Some(why.clone()),
            Self::CardUnseen { reader } => Some(reader.clone()),
            Self::CommandFailed { program, why } => Some(format!("{program}: {why}")),
            Self::StateMalformed { path, why } => Some(format!("{path}: {why}")),
            Self::StateOfAnotherCard { path } => Some(path.clone()),
            Self::CommandTime { seconds } => Some(seconds.to_string()),
            Self::RequestForeign { why } => Some((*why).to_owned()),
            Self::RequestPath { what } => Some(what.clone()),
            Self::RequestTooLarge { limit } => Some(limit.to_string()),
        }
    }

    /// Whether the same may work a moment later.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::ServiceStopped { .. }
                | Self::ReaderTaken { .. }
                | Self::ReaderGone { .. }
                | Self::CardUnseen { .. }
                | Self::ControlTaken { .. }
        )
    }

    /// Stable dotted code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ServiceMissing => "sim.no_pcscd",
            Self::DriverMissing => "sim.no_driver",
            Self::ServiceStopped { .. } => "sim.pcscd_stopped",
            Self::ReaderTaken { .. } => "sim.reader_taken",
            Self::NotAReader { .. } => "sim.not_a_reader",
            Self::ReaderGone { .. } => "sim.reader_gone",
            Self::TooManyCards { .. } => "sim.too_many_cards",
            Self::StandFailed { .. } => "sim.stand_failed",
            Self::CardUnseen { .. } => "sim.card_unseen",
            Self::CommandFailed { .. } => "sim.command_failed",
            Self::CommandTime { .. } => "sim.command_time",
            Self::StateMalformed { .. } => "sim.state_malformed",
            Self::StateOfAnotherCard { .. } => "sim.state_of_another_card",
            Self::ControlPlace { .. } => "control.place",
            Self::ControlTaken { .. } => "control.taken",
            Self::ControlRefused { .. } => "control.refused",
            Self::RequestForeign { .. } => "control.foreign",
            Self::RequestPath { .. } => "control.no_such",
            Self::RequestBody { .. } => "control.body",
            Self::RequestTooLarge { .. } => "control.too_large",
        }
    }
}

impl From<BenchError> for super::Error {
    fn from(error: BenchError) -> Self {
        super::SetupError::from(error).into()
    }
}
