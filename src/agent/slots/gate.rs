//! What a read tells on its way, until it has ended.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::agent::slots::CardKind;
use crate::agent::slots::News;
use crate::agent::slots::SlotId;
use crate::agent::slots::Step;
use crate::agent::slots::board::Board;

/// The way out for the steps of one read. Once closed it lets nothing through: a thread that hangs in a
/// driver has nothing to say of a read that was given up.
#[derive(Debug)]
pub(super) struct Gate {
    board: Arc<Board>,
    slot: SlotId,
    read: u64,
    door: Mutex<Door>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Shut,
}

impl Gate {
    pub(super) const fn new(board: Arc<Board>, slot: SlotId, read: u64) -> Self {
        Self {
            board,
            slot,
            read,
            door: Mutex::new(Door::Open),
        }
    }

    /// Tells how far the read has come.
    pub(super) fn step(&self, step: Step) {
        self.through(|| {
            self.board.tell(News::Step {
                slot: self.slot,
                read: self.read,
                step,
            });
        });
    }

    /// Tells what the card has shown itself to be.
    pub(super) fn refine(&self, kind: CardKind) {
        self.through(|| self.board.refine(self.slot, kind));
    }

    /// Lets nothing more through.
    pub(super) fn close(&self) {
        *self.door.lock().unwrap_or_else(PoisonError::into_inner) = Door::Shut;
    }

    fn through(&self, tell: impl FnOnce()) {
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        if *door == Door::Open {
            tell();
        }
    }
}
