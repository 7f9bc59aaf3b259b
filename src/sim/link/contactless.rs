//! The half-duplex block protocol of ISO/IEC 14443-4, over frames of type A (ISO/IEC 14443-3).
//!
//! ```text
//! block   PCB, [CID], information field, CRC of two octets
//! frame   start, eight bits and a parity bit for every octet, end
//! ```
//! A message longer than the other side's frame goes in several I-blocks; every one but the last is
//! answered by an R(ACK). A chip whose work outlasts the frame waiting time asks for more with an
//! S(WTX) request, and goes on after the reader's S(WTX) response.

use std::time::Duration;

use crate::sim::link::Cut;
use crate::sim::link::duration;
use crate::sim::link::extensions;

/// The carrier, fc, in hertz (ISO/IEC 14443-2).
pub const CARRIER: u32 = 13_560_000;

/// Carrier periods of a bit at fc/128, the bit rate that every card begins with.
const BIT: u64 = 128;

/// Bits of an octet in a frame of type A: eight, and odd parity (ISO/IEC 14443-3).
const OCTET: u64 = 9;

/// Start and end of communication around a frame, in bits. At higher bit rates a card's frame
/// begins with some more; they are left out.
const AROUND: u64 = 2;

/// Least time between two frames, the other side's first, in carrier periods: 1172/fc, 86 µs
/// (ISO/IEC 14443-3, frame delay time).
const TURN: u64 = 1_172;

/// The check octets that end every block.
const CRC: u64 = 2;

/// PCB, with which every block begins.
const PCB: u64 = 1;

/// The information field of an S(WTX).
const WTX: u64 = 1;

/// Largest frame waiting integer that may be sent (ISO/IEC 14443-4).
const MAX_FWI: u8 = 14;

/// How fast bits go: fc/128 and its multiples (ISO/IEC 14443-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitRate {
    /// fc/128, 106 kbit/s
    Kbit106,
    /// fc/64, 212 kbit/s
    Kbit212,
    /// fc/32, 424 kbit/s
    Kbit424,
    /// fc/16, 848 kbit/s
    Kbit848,
}

impl BitRate {
    /// Carrier periods of one bit.
    const fn bit(self) -> u64 {
        match self {
            Self::Kbit106 => BIT,
            Self::Kbit212 => BIT / 2,
            Self::Kbit424 => BIT / 4,
            Self::Kbit848 => BIT / 8,
        }
    }
}

/// What reader and card agreed on when the card was activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contactless {
    /// Bit rate, the same in both directions.
    pub bit_rate: BitRate,
    /// FSD: longest frame that the reader takes, in bytes, with PCB and CRC.
    pub reader_frame: usize,
    /// FSC: longest frame that the card takes, in bytes, with PCB and CRC.
    pub card_frame: usize,
    /// Whether blocks name the card.
    pub identifier: CardIdentifier,
    /// FWI: the card answers, or asks for more time, within 4096/fc times two to this power.
    pub waiting: u8,
}

/// Whether there is an octet CID in every block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardIdentifier {
    /// One card in the field needs none.
    Absent,
    /// Several cards are told apart by it.
    Present,
}

impl Contactless {
    /// Time on the wire for a command and its answer, with what the chip's work of this length makes
    /// it say meanwhile; the work itself is not in it.
    pub(super) fn time(&self, sent: usize, received: usize, work: Duration) -> Duration {
        let header = PCB + self.identifier.octets();
        let around = usize::try_from(header + CRC).unwrap_or(usize::MAX);
        let there = Cut::of(sent, self.card_frame.saturating_sub(around));
        let back = Cut::of(received, self.reader_frame.saturating_sub(around));
        let acknowledged = there.acknowledgements() + back.acknowledgements();
        // Request and response.
        let waits = extensions(work, self.frame_waiting_time());
        let waited = waits.saturating_mul(2);
        let frames = there.blocks + back.blocks + acknowledged;
        let frames = frames.saturating_add(waited);
        let octets = [
            there.bytes,
            back.bytes,
            frames.saturating_mul(header + CRC),
            waited.saturating_mul(WTX),
        ];
        let octets = octets.into_iter().fold(0, u64::saturating_add);
        let bits = octets
            .saturating_mul(OCTET)
            .saturating_add(frames.saturating_mul(AROUND));
        let periods = bits
            .saturating_mul(self.bit_rate.bit())
            .saturating_add(frames.saturating_mul(TURN));
        duration(periods, CARRIER)
    }

    /// FWT: 256 · 16 / fc · 2^FWI (ISO/IEC 14443-4).
    fn frame_waiting_time(&self) -> Duration {
        duration(4_096 << self.waiting.min(MAX_FWI), CARRIER)
    }
}

impl CardIdentifier {
    const fn octets(self) -> u64 {
        match self {
            Self::Absent => 0,
            Self::Present => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Contactless = Contactless {
        bit_rate: BitRate::Kbit106,
        reader_frame: 256,
        card_frame: 256,
        identifier: CardIdentifier::Absent,
        waiting: 8,
    };

    /// Carrier periods of frames with so many octets each, worked out one by one.
    fn frames(lengths: &[u64], bit: u64) -> Duration {
        let periods = lengths
            .iter()
            .map(|octets| (octets * 9 + 2) * bit + 1_172)
            .sum();
        duration(periods, CARRIER)
    }

    #[test]
    fn a_short_command_is_one_frame_each_way() {
        assert_eq!(LINK.time(5, 2, Duration::ZERO), frames(&[8, 5], 128));
        let quick = Contactless {
            bit_rate: BitRate::Kbit848,
            ..LINK
        };
        assert_eq!(quick.time(5, 2, Duration::ZERO), frames(&[8, 5], 16));
        // 13 octets at 106 kbit/s, and two turns: 1.3 ms.
        assert_eq!(LINK.time(5, 2, Duration::ZERO).as_micros(), 1_315);
    }

    #[test]
    fn longer_messages_go_in_blocks_that_are_acknowledged() {
        // 253 bytes of information fit into a frame of 256.
        assert_eq!(LINK.time(5, 253, Duration::ZERO), frames(&[8, 256], 128));
        assert_eq!(
            LINK.time(5, 254, Duration::ZERO),
            frames(&[8, 256, 3, 4], 128)
        );
        assert_eq!(
            LINK.time(600, 2, Duration::ZERO),
            frames(&[256, 3, 256, 3, 97, 5], 128)
        );
    }

    #[test]
    fn both_ends_have_a_frame_size_of_their_own_and_cards_may_be_named() {
        let named = Contactless {
            reader_frame: 64,
            identifier: CardIdentifier::Present,
            ..LINK
        };
        assert_eq!(
            named.time(5, 70, Duration::ZERO),
            frames(&[9, 64, 4, 14], 128)
        );
    }

    #[test]
    fn work_that_outlasts_the_waiting_time_asks_for_more() {
        // FWI 8 is 77.3 ms.
        assert_eq!(LINK.frame_waiting_time().as_micros(), 77_328);
        let plain = LINK.time(5, 2, Duration::from_millis(77));
        assert_eq!(plain, frames(&[8, 5], 128));
        assert_eq!(
            LINK.time(5, 2, Duration::from_millis(160)),
            frames(&[8, 4, 4, 4, 4, 5], 128)
        );
        // FWI 15 may not be sent.
        let most = Contactless {
            waiting: 255,
            ..LINK
        };
        assert_eq!(most.frame_waiting_time().as_millis(), 4_949);
    }
}
