//! Fields of fixed length in a row, as picture files have them: most significant octet first.

use crate::image::Fault;

/// What is left of a file or of one of its segments.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a> {
    rest: &'a [u8],
}

impl<'a> Octets<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn len(&self) -> usize {
        self.rest.len()
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes as many octets; [`Fault::Malformed`] where there are fewer.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Everything that is left.
    pub(super) const fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn octet(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[octet]| octet)
    }

    pub(super) fn two(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn four(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn eight(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next octet, which stays.
    pub(super) fn next(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.take(N)?.try_into().map_err(|_| Fault::Malformed)
    }
}
