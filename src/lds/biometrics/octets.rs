//! Fields of fixed length in a row, with their position.

use std::ops::RangeInclusive;

use crate::error::Malformed;

/// Takes fields from the front of a record.
pub(super) struct Octets<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Octets<'a> {
    /// Reads a record that begins at this offset of the file.
    pub(super) const fn new(record: &'a [u8], offset: usize) -> Self {
        Self {
            rest: record,
            offset,
        }
    }

    /// Position of the next field in the file.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take(
        &mut self,
        length: usize,
        what: &'static str,
    ) -> Result<&'a [u8], Malformed> {
        let malformed = Malformed::new(what, self.offset);
        let (field, rest) = self.rest.split_at_checked(length).ok_or(malformed)?;
        self.rest = rest;
        self.offset += length;
        Ok(field)
    }

    /// A field of these octets and no others.
    pub(super) fn exactly(&mut self, octets: &[u8], what: &'static str) -> Result<(), Malformed> {
        let offset = self.offset;
        if self.take(octets.len(), what)? == octets {
            Ok(())
        } else {
            Err(Malformed::new(what, offset))
        }
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let offset = self.offset;
        let field = self.take(N, what)?;
        <[u8; N]>::try_from(field).map_err(|_| Malformed::new(what, offset))
    }

    pub(super) fn one(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array(what).map(u8::from_be_bytes)
    }

    pub(super) fn two(&mut self, what: &'static str) -> Result<u16, Malformed> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// A big-endian number of up to six octets: a length or a count.
    pub(super) fn number(&mut self, octets: usize, what: &'static str) -> Result<usize, Malformed> {
        let offset = self.offset;
        self.take(octets, what)?
            .iter()
            .try_fold(0_usize, |number, octet| {
                number.checked_mul(256)?.checked_add(usize::from(*octet))
            })
            .ok_or(Malformed::new(what, offset))
    }
    /// Such a number, within these bounds.
    pub(super) fn within(
        &mut self,
        bounds: &RangeInclusive<usize>,
        octets: usize,
        what: &'static str,
    ) -> Result<usize, Malformed> {
        let malformed = Malformed::new(what, self.offset);
        let number = self.number(octets, what)?;
        bounds.contains(&number).then_some(number).ok_or(malformed)
    }
}
