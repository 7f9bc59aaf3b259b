//! PACE run by the reader itself (PC/SC part 10, amendment 1; BSI TR-03119): what is asked of it and
//! what comes of it, whatever carries the question.

use thiserror::Error;

use crate::error::TransportError;
use crate::secret::Secret;

/// A reader that runs PACE by itself. Afterwards it protects every command on the way to the chip;
/// whoever uses it sends plain ones.
pub trait PaceReader {
    /// Runs PACE with the chip.
    ///
    /// # Errors
    /// [`ReaderPaceFault`].
    fn establish(&mut self, request: &PaceRequest<'_>) -> Result<ReaderChannel, ReaderPaceFault>;
}

/// What a reader is asked for.
#[derive(Debug)]
pub struct PaceRequest<'a> {
    /// Which password: 1 MRZ, 2 card access number, 3 PIN, 4 PUK (Doc 9303-11 §4.4.4.1).
    pub reference: u8,
    /// The password; a reader with a pad asks for it where there is none.
    pub secret: Option<&'a Secret>,
    /// Rights that a terminal asks for; empty for none.
    pub holder_authorisation: &'a [u8],
    /// What a reader with a display shows of the terminal; empty for none.
    pub certificate_description: &'a [u8],
}

/// The channel between reader and chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderChannel {
    /// What the chip answered to MSE:Set AT.
    pub set_at: u16,
    /// EF.CardAccess as the reader read it.
    pub card_access: Vec<u8>,
    /// References of the authorities whose certificates the chip takes, the current one first.
    pub authorities: Vec<Vec<u8>>,
    /// ID_PICC, the short form of the chip's ephemeral key.
    pub chip_identifier: Vec<u8>,
}

/// Why a reader opened no channel.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReaderPaceFault {
    /// The question did not reach the reader, or no answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The chip refused a step with this status word.
    #[error("the chip refused {step:?} with {status:04X}")]
    Refused {
        /// The step.
        step: ReaderStep,
        /// The status word.
        status: u16,
    },
    /// The chip's token is wrong.
    #[error("the chip's token is wrong")]
    ChipToken,
    /// The holder gave up on the reader's own pad.
    #[error("given up on the reader's pad")]
    Cancelled,
    /// Nobody entered the password in time.
    #[error("nothing was entered on the reader's pad")]
    TimedOut,
    /// The card is gone.
    #[error("the card is gone")]
    NoCard,
    /// The reader cannot do it, with its code.
    #[error("the reader cannot run PACE: {code:08X}")]
    Unable {
        /// The reader's result code, or zero for an answer of the wrong form.
        code: u32,
    },
}

/// The steps that a reader reports apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderStep {
    /// SELECT of EF.CardAccess
    SelectCardAccess,
    /// READ BINARY of EF.CardAccess
    ReadCardAccess,
    /// MSE:Set AT
    SetAt,
    /// GENERAL AUTHENTICATE, by its number from 1 to 4
    GeneralAuthenticate(u8),
}
