//! The block protocol T=1 of ISO/IEC 7816-3, over contacts.
//!
//! ```text
//! block      NAD, PCB, LEN, information field, LRC (one octet) or CRC (two)
//! character  a start bit, eight bits, parity, guard time
//! ```
//! A message longer than the other side's information field goes in several I-blocks; every one but
//! the last is answered by an R-block. A card whose work outlasts the block waiting time asks for more
//! with S(WTX request) and goes on after S(WTX response).

use std::time::Duration;

use crate::sim::link::Cut;
use crate::sim::link::duration;
use crate::sim::link::extensions;

/// Elementary time units from one character to the next, with the guard time of every card that asks
/// for none more.
const CHARACTER: u64 = 12;

/// Elementary time units between the last character of one side and the first of the other: the block
/// guard time, from leading edge to leading edge.
const BLOCK_GUARD: u64 = 22;

/// NAD, PCB, LEN.
const PROLOGUE: u64 = 3;

/// The information field of S(WTX).
const WTX: u64 = 1;

/// Largest information field, in bytes.
const MAX_FIELD: usize = 254;

/// Largest block waiting integer.
const MAX_BWI: u8 = 9;

/// What reader and card agreed on after the answer to reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    /// The clock that the reader gives, in hertz.
    pub clock: u32,
    /// Fi: clock rate conversion.
    pub conversion: u16,
    /// Di: baud rate adjustment. A bit lasts Fi/Di clocks.
    pub adjustment: u8,
    /// IFSD: largest information field that the reader takes, in bytes.
    pub reader_field: usize,
    /// IFSC: largest information field that the card takes, in bytes.
    pub card_field: usize,
    /// What ends a block.
    pub check: Check,
    /// BWI: the card answers, or asks for more time, within 960 · 372 clocks times two to this power,
    /// and eleven units.
    pub waiting: u8,
}

/// The error detection code at the end of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Longitudinal redundancy code, one octet.
    Lrc,
    /// Cyclic redundancy code, two octets.
    Crc,
}

impl Contact {
    /// Time on the wire for a command and its answer, with what the card's work of this length makes
    /// it say meanwhile; the work itself is not in it.
    pub(super) fn time(&self, sent: usize, received: usize, work: Duration) -> Duration {
        let there = Cut::of(sent, self.card_field.min(MAX_FIELD));
        let back = Cut::of(received, self.reader_field.min(MAX_FIELD));
        let acknowledged = there.acknowledgements() + back.acknowledgements();
        // Request and response.
        let waits = extensions(work, self.block_waiting_time());
        let waited = waits.saturating_mul(2);
        let blocks = there.blocks + back.blocks + acknowledged;
        let blocks = blocks.saturating_add(waited);
        let octets = [
            there.bytes,
            back.bytes,
            blocks.saturating_mul(PROLOGUE + self.check.octets()),
            waited.saturating_mul(WTX),
        ];
        let octets = octets.into_iter().fold(0, u64::saturating_add);
        // The last character of a block is followed by the guard time of blocks instead of its own.
        let units = octets
            .saturating_mul(CHARACTER)
            .saturating_add(blocks.saturating_mul(BLOCK_GUARD - CHARACTER));
        duration(self.clocks(units), self.clock)
    }

    /// Clocks of so many elementary time units.
    fn clocks(&self, units: u64) -> u64 {
        let whole = units.saturating_mul(u64::from(self.conversion));
        whole / u64::from(self.adjustment.max(1))
    }

    /// BWT: 11 units and 2^BWI · 960 · 372 / f.
    fn block_waiting_time(&self) -> Duration {
        let wait = (960_u64 * 372) << self.waiting.min(MAX_BWI);
        duration(wait.saturating_add(self.clocks(11)), self.clock)
    }
}

impl Check {
    const fn octets(self) -> u64 {
        match self {
            Self::Lrc => 1,
            Self::Crc => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Contact = Contact {
        clock: 3_571_200,
        conversion: 372,
        adjustment: 1,
        reader_field: 254,
        card_field: 254,
        check: Check::Lrc,
        waiting: 4,
    };

    /// Time of blocks with so many octets each, at 9,600 units a second.
    fn blocks(lengths: &[u64]) -> Duration {
        let units = lengths
            .iter()
            .map(|octets| (octets - 1) * 12 + 22)
            .sum::<u64>();
        duration(units * 372, 3_571_200)
    }

    #[test]
    fn a_short_command_is_one_block_each_way() {
        assert_eq!(LINK.time(5, 2, Duration::ZERO), blocks(&[9, 6]));
        // 15 characters of twelve units and two turns, at 9,600 units a second: 20.8 ms.
        assert_eq!(LINK.time(5, 2, Duration::ZERO).as_micros(), 20_833);
    }

    #[test]
    fn longer_messages_go_in_blocks_that_are_acknowledged() {
        assert_eq!(LINK.time(5, 254, Duration::ZERO), blocks(&[9, 258]));
        assert_eq!(LINK.time(5, 255, Duration::ZERO), blocks(&[9, 258, 4, 5]));
        let small = Contact {
            card_field: 32,
            check: Check::Crc,
            ..LINK
        };
        assert_eq!(small.time(70, 2, Duration::ZERO), {
            // 32, 32 and 6 bytes, two acknowledgements, and the answer.
            blocks(&[37, 5, 37, 5, 11, 7])
        });
    }

    #[test]
    fn work_that_outlasts_the_waiting_time_asks_for_more() {
        // 11 units and 1.6 s.
        assert_eq!(LINK.block_waiting_time().as_millis(), 1_601);
        assert_eq!(
            LINK.time(5, 2, Duration::from_secs(2)),
            blocks(&[9, 5, 5, 6])
        );
    }

    #[test]
    fn impossible_parameters_still_give_a_time() {
        let broken = Contact {
            clock: 0,
            conversion: 0,
            adjustment: 0,
            reader_field: 0,
            card_field: 0,
            ..LINK
        };
        assert_eq!(broken.time(5, 2, Duration::from_secs(1)), Duration::ZERO);
    }
}
