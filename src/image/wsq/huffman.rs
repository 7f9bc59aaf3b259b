//! Codes of one to sixteen bits (IAFIS-IC-0110 Annex B, Huffman table specification).

use crate::image::Fault;
use crate::image::wsq::markers::Input;

/// Longest code, in bits.
const LONGEST: usize = 16;

/// Most values in a table: as many as there are octets.
const MAX_VALUES: usize = 256;

/// A table of codes, in the order of their length and then of their value.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    lengths: [Codewords; LONGEST],
    values: Vec<u8>,
}

/// The codes of one length: consecutive numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Codewords {
    first: u32,
    count: u32,
    /// Where the value of the first one stands in the table.
    value: usize,
}

impl Codes {
    /// Reads one table: how many codes there are of each length, and then their values.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self, Fault> {
        let counts = input.take(LONGEST)?;
        let mut lengths = [Codewords::default(); LONGEST];
        let (mut next, mut total) = (0_u32, 0_usize);
        for ((words, count), bits) in lengths.iter_mut().zip(counts).zip(1_u32..) {
            let count = u32::from(*count);
            *words = Codewords {
                first: next,
                count,
                value: total,
            };
            next += count;
            total += usize::try_from(count).map_err(|_| Fault::Malformed)?;
            // More codes than so many bits can tell apart.
            if next > 1 << bits || total > MAX_VALUES {
                return Err(Fault::Malformed);
            }
            next <<= 1;
        }
        Ok(Self {
            lengths,
            values: input.take(total)?.to_vec(),
        })
    }

    /// The value of the next code, `None` where a marker comes before its end: the last octet before
    /// a marker is filled with ones, which no code is made of alone.
    pub(super) fn next(&self, bits: &mut Bits<'_, '_>) -> Result<Option<u8>, Fault> {
        let mut code = 0;
        for words in &self.lengths {
            let Some(bit) = bits.bit()? else {
                return Ok(None);
            };
            code = code << 1 | bit;
            if let Some(place) = code.checked_sub(words.first)
                && place < words.count
            {
                let place = usize::try_from(place).map_err(|_| Fault::Malformed)?;
                let value = self.values.get(words.value + place);
                return value.copied().map(Some).ok_or(Fault::Malformed);
            }
        }
        Err(Fault::Malformed)
    }
}

/// Coded data, bit by bit from the highest of each octet.
#[derive(Debug)]
pub(super) struct Bits<'i, 'a> {
    input: &'i mut Input<'a>,
    octet: u8,
    left: u8,
}

impl<'i, 'a> Bits<'i, 'a> {
    pub(super) const fn new(input: &'i mut Input<'a>) -> Self {
        Self {
            input,
            octet: 0,
            left: 0,
        }
    }

    /// The next bit, `None` before a marker.
    fn bit(&mut self) -> Result<Option<u32>, Fault> {
        if self.left == 0 {
            let Some(octet) = self.input.coded()? else {
                return Ok(None);
            };
            (self.octet, self.left) = (octet, 8);
        }
        self.left -= 1;
        Ok(Some(u32::from(self.octet >> self.left & 1)))
    }

    /// A number of so many bits, sixteen at most, that no marker may interrupt.
    pub(super) fn number(&mut self, bits: u32) -> Result<u16, Fault> {
        let mut number = 0;
        for _ in 0..bits {
            number = number << 1 | self.bit()?.ok_or(Fault::Malformed)?;
        }
        u16::try_from(number).map_err(|_| Fault::Malformed)
    }

    /// The stream behind the bits.
    pub(super) const fn input(&mut self) -> &mut Input<'a> {
        self.input
    }
}
