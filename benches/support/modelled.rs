//! A contactless link as a model: time passes on a clock of its own, by what goes over the wire.
//!
//! Nothing sleeps. Each command costs a fixed time, whatever it does (the field's turnaround, the
//! chip's work, the reader's own way to the host), and each byte either way costs its eight bits
//! at the bit rate. Frames, their check octets, and acknowledgements of ISO/IEC 14443-4 are not
//! modelled; they would weigh on the read and on its lower bound alike.

use std::time::Duration;

use cancuoc::error::TransportError;
use cancuoc::transport::Limits;
use cancuoc::transport::MAX_COMMAND;
use cancuoc::transport::MAX_RESPONSE;
use cancuoc::transport::Transport;

/// What every command costs beside its bytes.
pub const PER_COMMAND: Duration = Duration::from_millis(15);

/// Bits per second that most cards and readers agree on.
pub const KBIT_424: u32 = 424_000;

/// Bits per second of the quickest usual link.
pub const KBIT_848: u32 = 848_000;

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Commands, each with its answer.
    pub commands: u64,
    /// Bytes both ways, status words included.
    pub bytes: u64,
}

impl Traffic {
    /// The same with one more command, and its bytes.
    #[must_use]
    pub fn and(self, sent: usize, received: usize) -> Self {
        let length = |bytes: usize| u64::try_from(bytes).expect("a length");
        Self {
            commands: self.commands + 1,
            bytes: self.bytes + length(sent) + length(received),
        }
    }

    /// How long it takes at so many bits per second.
    pub fn time(self, bits_per_second: u32) -> Duration {
        let commands = u32::try_from(self.commands).expect("a number of commands");
        let nanoseconds = self.bytes * 8 * 1_000_000_000 / u64::from(bits_per_second);
        PER_COMMAND * commands + Duration::from_nanos(nanoseconds)
    }
}

/// A transport that keeps account of what it carries.
#[derive(Debug)]
pub struct Modelled<T> {
    inner: T,
    traffic: Traffic,
    reader: Reader,
}

/// What is known of the longest answer when the read begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// It is as long as this card's.
    KnowsTheCard,
    /// The reader carries 64 KB; what the card gives at once must be found out.
    CarriesAll,
}

impl<T: Transport> Modelled<T> {
    /// Nothing has gone over the wire.
    pub fn new(inner: T, reader: Reader) -> Self {
        Self {
            inner,
            traffic: Traffic::default(),
            reader,
        }
    }

    /// What went over the wire so far.
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }
}

impl<T: Transport> Transport for Modelled<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.inner.transmit(command)?;
        self.traffic = self.traffic.and(command.len(), answer.len());
        Ok(answer)
    }

    fn limits(&self) -> Limits {
        let limits = self.inner.limits();
        match self.reader {
            Reader::KnowsTheCard => limits,
            Reader::CarriesAll => Limits {
                max_command: MAX_COMMAND,
                max_response: MAX_RESPONSE,
                ..limits
            },
        }
    }
}
