//! Active authentication (Doc 9303-11 §6.1), terminal side: the challenge goes out, the signature
//! comes back; `verify` judges it.

use crate::crypto::random::Random;
use crate::error::Error;
use crate::iso7816::Command;
use crate::iso7816::ins;

/// Length of the challenge RND.IFD, in bytes (§6.1.4.1).
pub const CHALLENGE: usize = 8;

/// Draws a fresh challenge.
///
/// # Errors
/// When there is no randomness.
pub fn challenge(random: &mut dyn Random) -> Result<[u8; CHALLENGE], Error> {
    let mut challenge = [0; CHALLENGE];
    random.fill(&mut challenge)?;
    Ok(challenge)
}

/// INTERNAL AUTHENTICATE. `expected` is 256, or more where the chip takes extended length: a
/// signature of 2048 bits fills the short form to its last byte.
pub fn command(challenge: &[u8; CHALLENGE], expected: usize) -> Command {
    Command::new(ins::INTERNAL_AUTHENTICATE, 0, 0)
        .with_data(challenge.to_vec())
        .expecting(expected)
}
