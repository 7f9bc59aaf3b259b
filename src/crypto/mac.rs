//! Message authentication codes of eight bytes (Doc 9303-11 §9.8.6).

use crate::crypto::cipher::Key;

/// Length of every code here, in bytes.
pub const TAG_LEN: usize = 8;

/// Computes the code over the parts in a row.
///
/// 3DES: ISO/IEC 9797-1 MAC algorithm 3 (retail MAC), which pads by method 2 itself. AES: CMAC
/// (SP 800-38B) over the data as it is, cut to eight bytes; a caller that must pad, pads.
pub fn tag(key: &Key, parts: &[&[u8]]) -> [u8; TAG_LEN] {
    todo!()
}

/// The code does not belong to the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch;

/// Compares a code in constant time; all eight bytes, no more and no fewer.
///
/// # Errors
/// [`Mismatch`].
pub fn verify(key: &Key, parts: &[&[u8]], code: &[u8]) -> Result<(), Mismatch> {
    todo!()
}
