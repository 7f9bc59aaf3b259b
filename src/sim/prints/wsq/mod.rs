//! A WSQ encoder, written from the specification (FBI IAFIS-IC-0110 V3, Part 1 Annexes A and B, and
//! Part 3 for the parameters of encoder number one) and apart from the decoder.

mod codes;
mod transform;

use crate::sim::prints::draw::Grey;

use codes::Codebook;
use transform::HIGH;
use transform::LOW;
use transform::Matrix;

/// How coarse the coefficients become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantization {
    /// By the variance of each subband, for about so many bits a pixel: 0.75 is what the
    /// specification's encoder number one has, for about 15:1.
    Rate(f64),
    /// Bins of this width in every subband.
    Step(f64),
}

/// Distance of a bin's value from its outer edge, in hundredths of a bin (Part 3).
const CENTRE: u16 = 44;

/// Number of the encoder (Part 3).
const ENCODER: u8 = 2;

/// Subbands that are coded: the four of the highest frequencies never are.
const CODED: usize = 60;

/// Subbands of the first and of the first two blocks.
const BLOCKS: [usize; 2] = [19, 52];

/// Encodes a picture of at least one pixel; `comments` become segments of their own.
pub fn encode(picture: &Grey, quantization: Quantization, comments: &[&[u8]]) -> Vec<u8> {
    let (shift, scale) = (shift(picture), scale(picture));
    let normal = picture.samples.iter();
    let normal = normal.map(|sample| (f64::from(*sample) - shift.value()) / scale.value());
    let plane = Matrix::new(usize::from(picture.width), normal.collect());
    let subbands = transform::subbands(plane);
    let steps = match quantization {
        Quantization::Rate(rate) => by_variance(&subbands, rate),
        Quantization::Step(step) => vec![step; CODED],
    };
    let steps: Vec<Decimal> = steps.into_iter().map(Decimal::of_16_bits).collect();
    let zeros: Vec<Decimal> = steps
        .iter()
        .map(|step| Decimal::of_16_bits(1.2 * step.value()))
        .collect();

    let mut blocks = [Vec::new(), Vec::new(), Vec::new()];
    for (number, ((band, step), zero)) in subbands.iter().zip(&steps).zip(&zeros).enumerate() {
        if step.number > 0 {
            let numbers = band.samples().iter();
            let numbers = numbers.map(|value| bin(*value, step.value(), zero.value()));
            let [first, second, third] = &mut blocks;
            let [second_from, third_from] = BLOCKS;
            match number {
                _ if number < second_from => first.extend(numbers),
                _ if number < third_from => second.extend(numbers),
                _ => third.extend(numbers),
            }
        }
    }
    let [first, second, third] = blocks.map(|numbers| codes::symbols(&numbers));
    let books = [Codebook::of(&[&first]), Codebook::of(&[&second, &third])];

    let mut out = vec![0xFF, 0xA0];
    for comment in comments {
        segment(&mut out, 0xA8, comment);
    }
    segment(&mut out, 0xA4, &filters());
    segment(&mut out, 0xA5, &bins(&steps, &zeros));
    segment(&mut out, 0xA2, &frame(picture, &shift, &scale));
    let [lowest, others] = &books;
    for (number, book, blocks) in [(0, lowest, vec![first]), (1, others, vec![second, third])] {
        segment(
            &mut out,
            0xA6,
            &[&[number], book.table().as_slice()].concat(),
        );
        for symbols in blocks {
            segment(&mut out, 0xA3, &[number]);
            book.write(&symbols, &mut out);
        }
    }
    out.extend([0xFF, 0xA1]);
    out
}

/// A marker, the length with itself, and the content.
fn segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    out.extend([0xFF, marker]);
    out.extend(length.to_be_bytes());
    out.extend_from_slice(content);
}

/// The mean of the samples.
fn shift(picture: &Grey) -> Decimal {
    let sum: f64 = picture.samples.iter().copied().map(f64::from).sum();
    let count = picture.samples.iter().fold(0.0, |count, _| count + 1.0);
    Decimal::of_16_bits(sum / count)
}

/// What brings the sample furthest from the mean to 128.
fn scale(picture: &Grey) -> Decimal {
    let mean = shift(picture).value();
    let furthest = picture.samples.iter().fold(0.0_f64, |furthest, sample| {
        furthest.max((f64::from(*sample) - mean).abs())
    });
    // A picture of one grey has nothing to scale.
    Decimal::of_16_bits(if furthest > 0.0 {
        furthest / 128.0
    } else {
        1.0
    })
}

/// `number` divided by ten as often as `exponent` says.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    exponent: u8,
    number: u32,
}

impl Decimal {
    fn of_16_bits(value: f64) -> Self {
        Self::below(65_535.0, value)
    }

    /// As many digits as fit below the limit.
    fn below(limit: f64, value: f64) -> Self {
        let mut scaled = value;
        let mut exponent = 0;
        while scaled > 0.0 && scaled * 10.0 < limit && exponent < 32 {
            scaled *= 10.0;
            exponent += 1;
        }
        Self {
            exponent,
            number: whole(scaled.min(limit) + 0.5),
        }
    }

    fn value(&self) -> f64 {
        (0..self.exponent).fold(f64::from(self.number), |value, _| value / 10.0)
    }

    /// `exponent 8, number 16`
    fn short(&self) -> [u8; 3] {
        let [_, _, upper, lower] = self.number.to_be_bytes();
        [self.exponent, upper, lower]
    }
}

#[expect(
    clippy::as_conversions,
    reason = "saturates, and there is no other way from a float to a whole number"
)]
const fn whole(value: f64) -> u32 {
    value as u32
}

/// Number of the bin that a coefficient falls into (Annex A, quantization).
fn bin(value: f64, step: f64, zero: f64) -> i32 {
    let beyond = value.abs() - zero / 2.0;
    if beyond <= 0.0 {
        return 0;
    }
    let number = whole(beyond / step).saturating_add(1).min(65_535);
    let number = i32::try_from(number).unwrap_or(65_535);
    if value < 0.0 { -number } else { number }
}

/// Widths of the bins by the variances of the subbands (Part 3): the fewer bits there are, the wider
/// all of them, in a fixed proportion to each other. A subband that hardly varies gets none.
fn by_variance(subbands: &[Matrix], rate: f64) -> Vec<f64> {
    const LEAST: f64 = 1.01;
    let roughly = |band: &Matrix| band.variance_of_the_middle();
    let exactly = |band: &Matrix| band.variance();
    let lowest: f64 = subbands.iter().take(4).map(roughly).sum();
    let variances: Vec<f64> = if lowest < 20_000.0 {
        subbands.iter().take(CODED).map(exactly).collect()
    } else {
        subbands.iter().take(CODED).map(roughly).collect()
    };
    let proportions: Vec<f64> = (0..)
        .zip(&variances)
        .map(|(number, variance)| match number {
            _ if *variance < LEAST => 0.0,
            0..=3 => 1.0,
            _ => 10.0 / (weight(number) * variance.ln()),
        })
        .collect();
    let mut taking_part: Vec<(f64, f64, f64)> = (0..)
        .zip(variances.iter().zip(&proportions))
        .filter(|(_, (_, proportion))| **proportion > 0.0)
        .map(|(number, (variance, proportion))| (share(number), variance.sqrt(), *proportion))
        .collect();
    loop {
        let all: f64 = taking_part.iter().map(|(share, ..)| share).sum();
        if all == 0.0 {
            return vec![0.0; CODED];
        }
        let product: f64 = taking_part
            .iter()
            .map(|(share, deviation, proportion)| (deviation / proportion).powf(*share))
            .product();
        let factor = (rate / all - 1.0).exp2() / 2.5 / product.powf(1.0 / all);
        let before = taking_part.len();
        taking_part.retain(|(_, deviation, proportion)| proportion / factor < 5.0 * deviation);
        if taking_part.len() == before {
            return proportions
                .iter()
                .map(|proportion| proportion / factor)
                .collect();
        }
    }
}

/// Weight of a subband among those of one variance.
const fn weight(number: u8) -> f64 {
    match number {
        52 | 56 => 1.32,
        53 | 55 | 58 | 59 => 1.08,
        54 | 57 => 1.42,
        _ => 1.0,
    }
}

/// Part of all coefficients that a subband holds.
const fn share(number: u8) -> f64 {
    match number {
        0..=3 => 1.0 / 1024.0,
        4..=50 => 1.0 / 256.0,
        _ => 1.0 / 16.0,
    }
}

/// `L0 8 L1 8` and the right halves of both filters: `sign 8, exponent 8, number 32` for each tap.
fn filters() -> Vec<u8> {
    let mut out = vec![9, 7];
    for tap in LOW.iter().skip(4).chain(HIGH.iter().skip(3)) {
        let size = Decimal::below(4_294_967_295.0, tap.abs());
        out.extend([u8::from(*tap < 0.0), size.exponent]);
        out.extend(size.number.to_be_bytes());
    }
    out
}

/// `Ec 8 C 16`, and then `Eq 8 Q 16 Ez 8 Z 16` for each of the 64 subbands.
fn bins(steps: &[Decimal], zeros: &[Decimal]) -> Vec<u8> {
    let [upper, lower] = CENTRE.to_be_bytes();
    let mut out = vec![2, upper, lower];
    for (step, zero) in steps.iter().zip(zeros) {
        out.extend(step.short());
        out.extend(zero.short());
    }
    // Neither exponent nor number where nothing is coded.
    out.resize(3 + 64 * 6, 0);
    out
}

/// `A 8 B 8 Y 16 X 16`, shift, scale, `Ev 8 Sf 16`
fn frame(picture: &Grey, shift: &Decimal, scale: &Decimal) -> Vec<u8> {
    [
        [0, 255].as_slice(),
        &picture.height.to_be_bytes(),
        &picture.width.to_be_bytes(),
        &shift.short(),
        &scale.short(),
        &[ENCODER, 0, 1],
    ]
    .concat()
}
