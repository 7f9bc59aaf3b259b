//! A model of the line between reader and card: how long a command and its answer take.
//!
//! Time is a pure function of two lengths, [`Link::time`]: what the standards make a command and its
//! answer cost on the wire, and one fixed latency for everything else (the chip's work, the reader's
//! own way to the host). In this process nothing sleeps: [`Modelled`] keeps a clock of its own. A card
//! on a reader of PC/SC sleeps, since the program on the other side is not ours: [`Paced`].
//!
//! A model, never a measurement. Not in it: activation and anticollision, errors and what repeats
//! them, and that a chip's work differs from command to command.

use std::time::Duration;

use crate::error::SetupError;
use crate::sim::link::contact::Contact;
use crate::sim::link::contactless::Contactless;

pub mod contact;
pub mod contactless;
mod modelled;
mod named;

pub use crate::sim::link::modelled::Clock;
pub use crate::sim::link::modelled::Modelled;
pub use crate::sim::link::modelled::Paced;
pub use crate::sim::link::named::names;

/// A line between a reader and a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What carries the bytes.
    pub carrier: Carrier,
    /// What every command costs beside its bytes: the chip's work and the reader's way to the host.
    pub per_command: Duration,
}

/// What carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Blocks over the field, ISO/IEC 14443-4.
    Contactless(Contactless),
    /// Blocks over contacts, ISO/IEC 7816-3, protocol T=1.
    Contact(Contact),
    /// Eight bits for every byte and nothing else: no blocks, no check octets.
    Flat {
        /// Bits per second.
        bit_rate: u32,
    },
}

impl Link {
    /// The time from the first bit of a command to the last of its answer; both lengths in bytes,
    /// the answer's with its status word. An answer of no bytes is one that never came.
    ///
    /// ```
    /// use cancuoc::sim::link::Link;
    /// use std::time::Duration;
    ///
    /// let link = Link::named("flat-424").ok_or("no such link")?;
    /// // 15 ms, and 530 bytes of eight bits at 424,000 bits per second.
    /// assert_eq!(link.time(12, 518), Duration::from_millis(25));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn time(&self, sent: usize, received: usize) -> Duration {
        let wire = match &self.carrier {
            Carrier::Contactless(carrier) => carrier.time(sent, received, self.per_command),
            Carrier::Contact(carrier) => carrier.time(sent, received, self.per_command),
            Carrier::Flat { bit_rate } => {
                let bits = count(sent)
                    .saturating_add(count(received))
                    .saturating_mul(8);
                duration(bits, *bit_rate)
            }
        };
        self.per_command.saturating_add(wire)
    }

    /// The same link with another latency.
    #[must_use]
    pub const fn with_latency(self, per_command: Duration) -> Self {
        Self {
            per_command,
            ..self
        }
    }

    /// The link of this name; after a colon, whole milliseconds that every command costs beside its
    /// bytes, in place of the link's own: `nfc-424`, `nfc-424:40`.
    pub fn named(name: &str) -> Option<Self> {
        named::find(name)
    }

    /// The same.
    ///
    /// # Errors
    /// [`SetupError::LinkUnknown`] with the names that there are.
    pub fn from_name(name: &str) -> Result<Self, SetupError> {
        Self::named(name).ok_or_else(|| {
            let known: Vec<&str> = names().map(|(name, _)| name).collect();
            SetupError::LinkUnknown {
                known: known.join(", "),
            }
        })
    }
}

/// A length as a number of bytes.
fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// So many ticks of a clock of so many hertz.
fn duration(ticks: u64, hertz: u32) -> Duration {
    let hertz = u64::from(hertz.max(1));
    let nanoseconds = u128::from(ticks % hertz) * 1_000_000_000 / u128::from(hertz);
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
    Duration::from_secs(ticks / hertz).saturating_add(Duration::from_nanos(nanoseconds))
}

/// How many waits of such a length end before the work is done: each takes an extension.
fn extensions(work: Duration, wait: Duration) -> u64 {
    let Some(last) = work.as_nanos().checked_sub(1) else {
        return 0;
    };
    let whole = last.checked_div(wait.as_nanos()).unwrap_or(0);
    u64::try_from(whole).unwrap_or(u64::MAX)
}

/// Lengths of the information fields that a message is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    /// Blocks, at least one: a message of no bytes has no block.
    blocks: u64,
    /// Bytes in all of them.
    bytes: u64,
}

impl Cut {
    /// Cuts a message into pieces of at most so many bytes.
    fn of(message: usize, most: usize) -> Self {
        Self {
            blocks: count(message.div_ceil(most.max(1))),
            bytes: count(message),
        }
    }

    /// How often the other side says that it has a block and waits for the next.
    const fn acknowledgements(self) -> u64 {
        self.blocks.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_time_without_loss_above_a_nanosecond() {
        assert_eq!(duration(13_560_000, 13_560_000), Duration::from_secs(1));
        assert_eq!(duration(1, 3), Duration::from_nanos(333_333_333));
        assert!(duration(u64::MAX, 1) > duration(u64::MAX, 2));
        assert_eq!(duration(5, 0), Duration::from_secs(5));
    }

    #[test]
    fn a_wait_is_extended_when_it_ends_before_the_work() {
        let ms = Duration::from_millis;
        assert_eq!(extensions(ms(0), ms(5)), 0);
        assert_eq!(extensions(ms(5), ms(5)), 0);
        assert_eq!(extensions(ms(6), ms(5)), 1);
        assert_eq!(extensions(ms(15), ms(5)), 2);
        assert_eq!(extensions(ms(15), ms(0)), 0);
    }

    #[test]
    fn every_link_takes_longer_for_more_bytes_and_never_overflows() {
        for (name, _) in names() {
            let link = Link::named(name).unwrap();
            let mut before = Duration::ZERO;
            for received in [0, 2, 100, 256, 257, 1_000, 65_538] {
                let time = link.time(5, received);
                assert!(time > before, "{name} {received}");
                before = time;
            }
            assert!(link.time(261, 2) > link.time(5, 2), "{name}");
            assert!(link.time(usize::MAX, usize::MAX) > before, "{name}");
        }
    }

    #[test]
    fn an_unknown_link_is_refused_with_the_names_that_there_are() {
        assert!(Link::from_name("nfc-424").is_ok());
        let refused = Link::from_name("nfc").unwrap_err();
        assert_eq!(refused.code(), "sim.link_unknown");
        assert!(refused.subject().unwrap().contains("nfc-424"));
    }

    #[test]
    fn a_quicker_line_is_quicker() {
        let time = |name: &str| Link::named(name).unwrap().time(20, 1_000);
        for pair in [
            ["nfc-848", "nfc-424"],
            ["nfc-424", "nfc-212"],
            ["nfc-212", "nfc-106"],
            ["contact-115200", "contact-38400"],
            ["contact-38400", "contact-9600"],
            ["flat-848", "flat-424"],
            ["flat-424", "nfc-424"],
        ] {
            let [quick, slow] = pair.map(time);
            assert!(quick < slow, "{pair:?}");
        }
    }
}
