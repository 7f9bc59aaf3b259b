//! A card on modelled links, several at once: what goes over the wire is the same on each.
//!
//! The model is the program's own (`src/sim/link`). Nothing sleeps.

use std::time::Duration;

use cancuoc::error::TransportError;
use cancuoc::sim::link::Link;
use cancuoc::transport::Limits;
use cancuoc::transport::MAX_COMMAND;
use cancuoc::transport::MAX_RESPONSE;
use cancuoc::transport::Transport;

/// The links of the tables. The limits of a read were set for the first two: 15 ms for every command
/// and eight bits for every byte.
pub const LINKS: [&str; 5] = ["flat-424", "flat-848", "nfc-106", "nfc-424", "nfc-848"];

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Commands, each with its answer.
    pub commands: u64,
    /// Bytes both ways, status words included.
    pub bytes: u64,
    /// The time on each of [`LINKS`].
    times: [Duration; LINKS.len()],
}

impl Traffic {
    /// The same with one more command, and its bytes.
    #[must_use]
    pub fn and(mut self, sent: usize, received: usize) -> Self {
        let length = |bytes: usize| u64::try_from(bytes).expect("a length");
        self.commands += 1;
        self.bytes += length(sent) + length(received);
        for (time, name) in self.times.iter_mut().zip(LINKS) {
            *time += Link::named(name).expect("a link").time(sent, received);
        }
        self
    }

    /// How long it takes on one of [`LINKS`].
    pub fn time(self, link: &str) -> Duration {
        let mut times = LINKS.into_iter().zip(self.times);
        let time = times.find(|(name, _)| *name == link);
        time.expect("one of the links").1
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
