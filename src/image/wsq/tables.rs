//! What the segments before the coded data define (IAFIS-IC-0110 Annex B).

use crate::image::Fault;
use crate::image::wsq::huffman::Codes;
use crate::image::wsq::markers::Input;
use crate::image::wsq::markers::Marker;
use crate::image::wsq::wavelet::Filters;

/// Subbands that a quantization table has bins for.
const SUBBANDS: usize = 64;

/// Huffman tables that a stream can hold at a time.
const CODE_TABLES: usize = 8;

/// Size, and what was done to the samples before they were transformed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) width: u16,
    pub(super) height: u16,
    shift: f32,
    scale: f32,
}

impl Frame {
    /// ```text
    /// A 8  B 8       value of black and of white, which no pixel depends on
    /// Y 16 X 16      rows and columns
    /// Em 8 M 16      shift, a decimal fraction
    /// Er 8 R 16      scale, a decimal fraction
    /// Ev 8 Sf 16     encoder and its software
    /// ```
    fn read(mut segment: Input<'_>) -> Result<Self, Fault> {
        segment.take(2)?;
        let (height, width) = (segment.word()?, segment.word()?);
        let (shift, scale) = (fraction(&mut segment)?, fraction(&mut segment)?);
        segment.take(3)?;
        segment.end()?;
        Ok(Self {
            width,
            height,
            shift,
            scale,
        })
    }

    /// The sample that this transformed value stands for, to the nearest and within an octet.
    pub(super) fn grey(&self, value: f32) -> u8 {
        octet(value * self.scale + self.shift + 0.5)
    }
}

/// The whole part, 0 below nought and 255 above it.
#[expect(
    clippy::as_conversions,
    reason = "the one conversion from a float to an integer; it is saturating, whatever the float"
)]
const fn octet(value: f32) -> u8 {
    value as u8
}

/// How wide the quantizer's bins of one subband are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bin {
    /// Width of a bin; nought where the subband is not coded
    step: f32,
    /// Width of the bin around nought
    zero: f32,
}

impl Bin {
    pub(super) fn is_coded(&self) -> bool {
        self.step != 0.0
    }
}

/// Bins of all subbands.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    /// How far from its outer edge a bin's value lies, in bins
    centre: f32,
    bins: Vec<Bin>,
}

impl Bins {
    /// `Ec 8 C 16` and then `Eq 8 Q 16 Ez 8 Z 16` for each subband.
    fn read(mut segment: Input<'_>) -> Result<Self, Fault> {
        let centre = fraction(&mut segment)?;
        let mut bins = Vec::with_capacity(SUBBANDS);
        for _ in 0..SUBBANDS {
            bins.push(Bin {
                step: fraction(&mut segment)?,
                zero: fraction(&mut segment)?,
            });
        }
        segment.end()?;
        Ok(Self { centre, bins })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Bin> {
        self.bins.iter().copied()
    }

    /// The value in the middle of a bin above nought, the first one being 1 (Annex A,
    /// dequantization).
    pub(super) fn value(&self, bin: Bin, number: u16) -> f32 {
        bin.step * (f32::from(number) - self.centre) + bin.zero / 2.0
    }
}

/// The tables that are in force at one place of the stream.
#[derive(Debug, Default)]
pub(super) struct Tables {
    frame: Option<Frame>,
    filters: Option<Filters>,
    bins: Option<Bins>,
    codes: [Option<Codes>; CODE_TABLES],
    /// Whether restart markers may stand in the coded data.
    pub(super) restarts: Restarts,
}

/// Restart markers in the coded data.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restarts {
    #[default]
    None,
    /// An interval was defined. Its length is of no use here: the markers themselves are found.
    Marked,
}

impl Tables {
    /// Reads the segment that follows this marker.
    pub(super) fn segment(&mut self, marker: Marker, input: &mut Input<'_>) -> Result<(), Fault> {
        let mut segment = match marker {
            Marker::StartOfImage
            | Marker::EndOfImage
            | Marker::StartOfBlock
            | Marker::Restart(_) => return Err(Fault::Malformed),
            _ => input.segment()?,
        };
        match marker {
            Marker::StartOfFrame if self.frame.is_some() => return Err(Fault::Malformed),
            Marker::StartOfFrame => self.frame = Some(Frame::read(segment)?),
            Marker::TransformTable => self.filters = Some(filters(segment)?),
            Marker::QuantizationTable => self.bins = Some(Bins::read(segment)?),
            Marker::HuffmanTables => loop {
                let number = usize::from(segment.octet()?);
                let codes = self.codes.get_mut(number).ok_or(Fault::Malformed)?;
                *codes = Some(Codes::read(&mut segment)?);
                if segment.is_empty() {
                    break;
                }
            },
            Marker::RestartInterval => {
                self.restarts = match segment.word()? {
                    0 => Restarts::None,
                    _ => Restarts::Marked,
                };
                segment.end()?;
            }
            // A comment says nothing about the pixels.
            _ => {}
        }
        Ok(())
    }

    /// What must be known before the first block, taken out.
    pub(super) fn complete(&mut self) -> Result<(Frame, Filters, Bins), Fault> {
        Ok((
            self.frame.ok_or(Fault::Malformed)?,
            self.filters.take().ok_or(Fault::Malformed)?,
            self.bins.take().ok_or(Fault::Malformed)?,
        ))
    }

    /// The codes that a block names.
    pub(super) fn codes(&self, number: u8) -> Result<&Codes, Fault> {
        let codes = self.codes.get(usize::from(number));
        codes.and_then(Option::as_ref).ok_or(Fault::Malformed)
    }
}

/// `L0 8 L1 8`, then the right halves of the analysis filters, low before high: `sign 8, exponent 8,
/// number 32` for each tap, from the middle outwards.
fn filters(mut segment: Input<'_>) -> Result<Filters, Fault> {
    let (low, high) = (segment.octet()?, segment.octet()?);
    let mut half = |taps: u8| -> Result<Vec<f32>, Fault> {
        Filters::check(taps)?;
        (0..taps.div_ceil(2)).map(|_| tap(&mut segment)).collect()
    };
    let (low_half, high_half) = (half(low)?, half(high)?);
    segment.end()?;
    Filters::new((low, &low_half), (high, &high_half))
}

fn tap(segment: &mut Input<'_>) -> Result<f32, Fault> {
    let (sign, exponent) = (segment.octet()?, segment.octet()?);
    let (upper, lower) = (segment.word()?, segment.word()?);
    let size = decimal(f32::from(upper) * 65_536.0 + f32::from(lower), exponent);
    Ok(if sign == 0 { size } else { -size })
}

/// `exponent 8, number 16`: the number divided by ten as often as the exponent says.
fn fraction(segment: &mut Input<'_>) -> Result<f32, Fault> {
    let exponent = segment.octet()?;
    Ok(decimal(f32::from(segment.word()?), exponent))
}

/// Divides step by step, as the implementation does that conformance is measured by.
fn decimal(number: f32, exponent: u8) -> f32 {
    (0..exponent).fold(number, |number, _| number / 10.0)
}
