//! Values that cannot be mistaken for verified ones.

use std::fmt;

use crate::lds::DataGroup;
use crate::verify::passive::GroupProof;

/// A value read from a chip that nothing vouches for.
///
/// It has one reader, whose name says what it does. There is no `Deref`, `From` or `Default`, and
/// no way from here to [`Verified`]:
///
/// ```compile_fail
/// use cancuoc::verify::{Unverified, Verified};
/// fn promote(value: Unverified<String>) -> Verified<String> {
///     value.into()
/// }
/// ```
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(value)
    }

    /// Looks at the value although nothing vouches for it.
    pub const fn inspect_unverified(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(..)")
    }
}

/// A value whose bytes passive authentication vouches for: hash in the security object, signature
/// by a signer, chain up to an operator's anchor of the same country.
///
/// It cannot be made outside `verify`:
///
/// ```compile_fail
/// let forged = cancuoc::verify::Verified("Nguyễn Văn Mẫu".to_owned());
/// ```
///
/// ```compile_fail
/// let forged: cancuoc::verify::Verified<String> = serde_json::from_str("\"x\"").unwrap();
/// ```
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Takes a value made from these groups only; each proof stands for one of them.
    pub(super) const fn new(value: T, _proofs: &[GroupProof<'_>]) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified(..)")
    }
}

/// A value with or without a voucher; which of them cannot be overlooked.
#[derive(Debug)]
pub enum Vouched<T> {
    /// Passive authentication vouches for it.
    Verified(Verified<T>),
    /// Nothing vouches for it.
    Unverified(Unverified<T>),
}

impl<T> Vouched<T> {
    /// Wraps a value made from these groups: verified only with a proof for every one of them.
    pub(super) fn from_groups<'a>(
        value: T,
        groups: &[DataGroup],
        prove: impl Fn(DataGroup) -> Option<GroupProof<'a>>,
    ) -> Self {
        match groups
            .iter()
            .copied()
            .map(prove)
            .collect::<Option<Vec<_>>>()
        {
            Some(proofs) if !proofs.is_empty() => Self::Verified(Verified::new(value, &proofs)),
            _ => Self::Unverified(Unverified::new(value)),
        }
    }
}
