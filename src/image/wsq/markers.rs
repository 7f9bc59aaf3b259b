//! The bytes of the stream, and the markers in it (IAFIS-IC-0110 Annex B).

use crate::image::Fault;

/// A marker: an octet of all ones and one that tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// SOI
    StartOfImage,
    /// EOI
    EndOfImage,
    /// SOF: size, shift and scale
    StartOfFrame,
    /// SOB: what follows is coded with the table it names
    StartOfBlock,
    /// DTT: taps of the filters
    TransformTable,
    /// DQT: widths of the quantizer's bins
    QuantizationTable,
    /// DHT: codes
    HuffmanTables,
    /// DRI: restart markers stand between the codes
    RestartInterval,
    /// COM
    Comment,
    /// RST0 to RST7
    Restart(u8),
}

impl Marker {
    fn of(second: u8) -> Option<Self> {
        Some(match second {
            0xA0 => Self::StartOfImage,
            0xA1 => Self::EndOfImage,
            0xA2 => Self::StartOfFrame,
            0xA3 => Self::StartOfBlock,
            0xA4 => Self::TransformTable,
            0xA5 => Self::QuantizationTable,
            0xA6 => Self::HuffmanTables,
            0xA7 => Self::RestartInterval,
            0xA8 => Self::Comment,
            0xB0..=0xB7 => Self::Restart(second - 0xB0),
            _ => return None,
        })
    }
}

/// What is left of the stream, or of one segment.
#[derive(Debug, Clone)]
pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next marker. It may have more octets of all ones before it.
    pub(super) fn marker(&mut self) -> Result<Marker, Fault> {
        if self.octet()? != 0xFF {
            return Err(Fault::Malformed);
        }
        loop {
            match self.octet()? {
                0xFF => {}
                second => return Marker::of(second).ok_or(Fault::Malformed),
            }
        }
    }

    /// The content of the segment that begins here: its length counts itself.
    pub(super) fn segment(&mut self) -> Result<Input<'a>, Fault> {
        let length = usize::from(self.word()?);
        let length = length.checked_sub(2).ok_or(Fault::Malformed)?;
        Ok(Input::new(self.take(length)?))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Fault::Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn octet(&mut self) -> Result<u8, Fault> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn word(&mut self) -> Result<u16, Fault> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next octet of coded data, `None` before a marker. A zero octet follows every octet of
    /// all ones that is data.
    pub(super) fn coded(&mut self) -> Result<Option<u8>, Fault> {
        match self.rest {
            [0xFF, 0, rest @ ..] => {
                self.rest = rest;
                Ok(Some(0xFF))
            }
            [0xFF, _, ..] => Ok(None),
            _ => match self.octet()? {
                0xFF => Err(Fault::Malformed),
                data => Ok(Some(data)),
            },
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Checks that a segment holds no more than was read of it.
    pub(super) const fn end(self) -> Result<(), Fault> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Fault::Malformed)
        }
    }
}
