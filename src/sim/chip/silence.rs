//! What faults do to the chip's answers on their way: late, changed, or none at all.

use std::time::Duration;

use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::fault::Fault;

/// Longest time that faults make an answer later.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Why a chip answers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It has left the field.
    Removed,
    /// It lost its power in the middle of a command, and has it again at once.
    Dropped,
    /// It is there and does not answer.
    Mute,
}

impl Chip {
    /// Whether the card is gone before the answer's last byte: once for each such fault.
    pub(super) fn leaves_at_byte(&mut self) -> bool {
        let sent = self.sent;
        let at =
            |fault: &Fault| matches!(fault, Fault::LostAtByte(byte) if u64::from(*byte) <= sent);
        let lost: Vec<Fault> = self.watch.acting().filter(at).collect();
        let mut leaves = false;
        for fault in lost {
            leaves |= self.spent.insert(fault);
        }
        leaves
    }

    /// Leaves the field or goes mute, where a fault says so.
    pub(super) fn fall_silent(&mut self) {
        if self.silence.is_some() {
            return;
        }
        if self.happens_once(Fault::LostAtCommand(self.commands)) {
            self.silence = Some(Silence::Removed);
        } else if self.happens_once(Fault::Reset(self.commands)) {
            self.silence = Some(Silence::Dropped);
        } else if self.has_fault(Fault::Mute) {
            self.silence = Some(Silence::Mute);
        }
    }

    /// Whether a fault that happens once happens now.
    pub(in crate::sim) fn happens_once(&mut self, fault: Fault) -> bool {
        self.has_fault(fault) && self.spent.insert(fault)
    }

    /// How much longer than it needs the chip takes for the answer that it gave last.
    pub fn delay(&self) -> Duration {
        let longer = self.watch.acting().filter_map(|fault| match fault {
            Fault::Slow(milliseconds) => Some(Duration::from_millis(milliseconds.into())),
            _ => None,
        });
        longer.sum::<Duration>().min(LONGEST_DELAY)
    }

    /// Why the chip does not answer, if it does not.
    pub const fn silence(&self) -> Option<Silence> {
        self.silence
    }

    /// Takes the power away for a moment.
    pub(in crate::sim) const fn drop_power(&mut self) {
        self.silence = Some(Silence::Dropped);
    }

    /// Changes a response as the faults say.
    pub(super) fn disturb(&self, mut bytes: Vec<u8>, protected: bool) -> Vec<u8> {
        if self.has_fault(Fault::PlainStatusAtCommand(self.commands)) {
            return Status::SUCCESS.0.to_be_bytes().to_vec();
        }
        if protected && self.has_fault(Fault::BadMacAtCommand(self.commands)) {
            // The checksum is the last data object, so its last octet stands before the status.
            if let Some(octet) = bytes.iter_mut().rev().nth(2) {
                *octet ^= 1;
            }
        }
        for fault in self.watch.acting() {
            match fault {
                Fault::FlipBit { response, bit } if response == self.commands => {
                    let octet = usize::try_from(bit / 8).ok();
                    if let Some(octet) = octet.and_then(|octet| bytes.get_mut(octet)) {
                        *octet ^= 0x80 >> (bit % 8);
                    }
                }
                Fault::Garbage(response) if response == self.commands => {
                    for octet in &mut bytes {
                        *octet = octet.rotate_left(3) ^ 0x5A;
                    }
                }
                Fault::CutAnswer(response) if response == self.commands => bytes.truncate(1),
                _ => {}
            }
        }
        bytes
    }
}
