//! The coded data: runs of nought and quantized coefficients, subband after subband (IAFIS-IC-0110
//! Annex A, the table of Huffman input symbols).

use crate::image::Fault;
use crate::image::wsq::huffman::Bits;
use crate::image::wsq::markers::Input;
use crate::image::wsq::markers::Marker;
use crate::image::wsq::subbands::Region;
use crate::image::wsq::subbands::Tree;
use crate::image::wsq::tables::Bin;
use crate::image::wsq::tables::Bins;
use crate::image::wsq::tables::Restarts;
use crate::image::wsq::tables::Tables;
use crate::image::wsq::wavelet::Plane;

/// Most restart markers in a stream. Their numbers repeat after eight, so a stream needs none for
/// each row of the longest side.
const MAX_RESTARTS: u32 = 8192;

/// The plane while it is filled.
#[derive(Debug)]
pub(super) struct Coefficients {
    plane: Plane,
    bins: Bins,
    /// Subbands that are coded and not complete yet, the last one first.
    subbands: Vec<(Region, Bin)>,
    /// Coefficients of the subband in hand that are known.
    known: usize,
    restarts: u32,
}

impl Coefficients {
    pub(super) fn new(plane: Plane, tree: &Tree, bins: Bins) -> Self {
        let subbands = tree.subbands().iter().copied().zip(bins.iter());
        let mut subbands: Vec<(Region, Bin)> = subbands
            .filter(|(region, bin)| region.area() > 0 && bin.is_coded())
            .collect();
        subbands.reverse();
        Self {
            plane,
            bins,
            subbands,
            known: 0,
            restarts: 0,
        }
    }

    /// Reads a block: its header and what is coded up to the next marker.
    pub(super) fn block(&mut self, input: &mut Input<'_>, tables: &Tables) -> Result<(), Fault> {
        let mut header = input.segment()?;
        let codes = tables.codes(header.octet()?)?;
        header.end()?;
        let mut bits = Bits::new(input);
        let mut last = None;
        while !self.are_complete() {
            if let Some(symbol) = codes.next(&mut bits)? {
                self.symbol(symbol, &mut bits)?;
                continue;
            }
            let mut ahead = bits.input().clone();
            let Marker::Restart(number) = ahead.marker()? else {
                return Ok(());
            };
            if tables.restarts == Restarts::None
                || last.is_some_and(|last| (last + 1) % 8 != number)
            {
                return Err(Fault::Malformed);
            }
            self.restarts += 1;
            if self.restarts > MAX_RESTARTS {
                return Err(Fault::Malformed);
            }
            last = Some(number);
            *bits.input() = ahead;
        }
        // Everything is known: only the ones that fill the octet are left, and then a marker.
        Ok(())
    }

    fn symbol(&mut self, symbol: u8, bits: &mut Bits<'_, '_>) -> Result<(), Fault> {
        match symbol {
            1..=100 => self.noughts(u16::from(symbol)),
            101 => self.positive(bits.number(8)?),
            102 => self.negative(bits.number(8)?),
            103 => self.positive(bits.number(16)?),
            104 => self.negative(bits.number(16)?),
            105 => self.noughts(bits.number(8)?),
            106 => self.noughts(bits.number(16)?),
            107..=254 => match symbol.checked_sub(180) {
                Some(number) => self.positive(u16::from(number)),
                None => self.negative(u16::from(180 - symbol)),
            },
            0 | 255 => Err(Fault::Malformed),
        }
    }

    fn positive(&mut self, number: u16) -> Result<(), Fault> {
        let &(region, bin) = self.subbands.last().ok_or(Fault::Malformed)?;
        if number > 0 {
            self.set(region, self.bins.value(bin, number));
        }
        self.advance(1);
        Ok(())
    }

    fn negative(&mut self, number: u16) -> Result<(), Fault> {
        let &(region, bin) = self.subbands.last().ok_or(Fault::Malformed)?;
        if number > 0 {
            self.set(region, -self.bins.value(bin, number));
        }
        self.advance(1);
        Ok(())
    }

    fn set(&mut self, region: Region, value: f32) {
        let (row, column) = (self.known / region.width, self.known % region.width);
        self.plane.set(region.x + column, region.y + row, value);
    }

    /// A run of at least one coefficient of nought, which may go on into the next subbands.
    fn noughts(&mut self, run: u16) -> Result<(), Fault> {
        let mut run = usize::from(run);
        if run == 0 {
            return Err(Fault::Malformed);
        }
        while run > 0 {
            let (region, _) = self.subbands.last().ok_or(Fault::Malformed)?;
            let part = run.min(region.area() - self.known);
            run -= part;
            self.advance(part);
        }
        Ok(())
    }

    /// Counts coefficients of the subband in hand, which has at least so many to come.
    fn advance(&mut self, count: usize) {
        self.known += count;
        if let Some((region, _)) = self.subbands.last()
            && self.known >= region.area()
        {
            self.subbands.pop();
            self.known = 0;
        }
    }

    /// Whether every coefficient that is coded is known.
    pub(super) const fn are_complete(&self) -> bool {
        self.subbands.is_empty()
    }

    /// The plane, once every coefficient that is coded is known.
    pub(super) fn finish(self) -> Result<Plane, Fault> {
        if self.are_complete() {
            Ok(self.plane)
        } else {
            Err(Fault::Malformed)
        }
    }
}
