//! ISO/IEC 9796-2 digital signature scheme 1 with partial recovery, as active authentication uses
//! it (Doc 9303-11 §6.1, Appendix F).

use crate::crypto::hash::Hash;
use crate::crypto::rsa::PublicKey;

/// What was wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not a number below the modulus.
    Length,
    /// The header, the padding or the trailer is wrong.
    Form,
    /// The trailer names a hash function that this build does not know.
    UnknownTrailer,
    /// The hash does not match the recovered and the given message.
    Digest,
}

/// Verifies a signature over a message whose second part is `m2` and gives the hash function that
/// the trailer names (BC is SHA-1, 33CC RIPEMD-160 and unknown here, 34CC SHA-256, 35CC SHA-512,
/// 36CC SHA-384, 38CC SHA-224).
///
/// # Errors
/// [`Fault`].
pub fn verify(key: &PublicKey, m2: &[u8], signature: &[u8]) -> Result<Hash, Fault> {
    todo!()
}
