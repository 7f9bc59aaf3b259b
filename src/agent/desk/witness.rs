//! Who is told about reads: an audit log, figures.

use std::time::Duration;

use crate::agent::slots::SlotId;
use crate::error::Error;
use crate::registry::CardKey;
use crate::registry::Context;

/// Somebody who is told what happens, without any person's data but what names whose card it was.
pub trait Witness: Send {
    /// Whether a read could be recorded, asked before one begins: by the time that its result is held back
    /// for want of a record, its text has been shown.
    ///
    /// # Errors
    /// What would keep it from being recorded.
    fn ready(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The chip of a read is open, and something of the card may soon be shown. It is recorded beside the
    /// read: this comes back at once.
    fn read_begun(&mut self, begun: &ReadBegun<'_>) {
        let _ = begun;
    }

    /// Waits until it is recorded that a read began, before anything of the card is shown.
    ///
    /// # Errors
    /// What keeps it from being recorded; then nothing of it is shown before the read has ended.
    fn kept(&mut self, read: u64) -> Result<(), Error> {
        let _ = read;
        Ok(())
    }

    /// A read has ended. Its result is given out only when this comes back without an error.
    ///
    /// # Errors
    /// What keeps the read from being recorded.
    fn read_ended(&mut self, ended: &ReadEnded<'_>) -> Result<(), Error>;

    /// So many sessions and readers are there.
    fn counted(&mut self, sessions: usize, readers: usize) {
        let _ = (sessions, readers);
    }
}

/// A read that began.
#[derive(Debug)]
pub struct ReadBegun<'a> {
    /// Where.
    pub reader: SlotId,
    /// Its number.
    pub read: u64,
    /// Who reads, and for what.
    pub context: &'a Context,
}

/// How a read ended.
#[derive(Debug)]
pub struct ReadEnded<'a> {
    /// Where.
    pub reader: SlotId,
    /// Its number.
    pub read: u64,
    /// Who read, and for what.
    pub context: &'a Context,
    /// Whose card; none where it did not open.
    pub card: Option<&'a CardKey>,
    /// The verdict's word, or the code of why there is none.
    pub outcome: &'static str,
    /// SHA-256 of the registry's signed answer.
    pub registry_answer: Option<[u8; 32]>,
    /// From the command to the end.
    pub took: Duration,
}
