//! Samples of grey without a header: uncompressed fingers and irises (ISO/IEC 19794-4 and 19794-6,
//! image data "uncompressed", bit-packed or not).

use crate::image::Channels;
use crate::image::Fault;
use crate::image::Pixels;
use crate::image::pixel_count;

/// Deepest sample, in bits.
const MAX_DEPTH: u8 = 16;

/// What a record says of samples that have no header of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLayout {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bits of a sample: 1 to 16.
    pub depth: u8,
}

/// The samples may fill one or two octets each, or follow one another bit by bit, over the whole
/// picture or row by row: their number tells which.
pub(super) fn decode(bytes: &[u8], layout: RawLayout) -> Result<Pixels, Fault> {
    let RawLayout {
        width,
        height,
        depth,
    } = layout;
    let count = pixel_count(width, height)?;
    if depth == 0 || depth > MAX_DEPTH {
        return Err(Fault::Unsupported);
    }
    let columns = usize::try_from(width).map_err(|_| Fault::TooLarge)?;
    let bits = usize::from(depth);
    let octets = bits.div_ceil(8);
    // Below 2^24 pixels of two octets: no overflow.
    let whole = count * octets;
    let packed = (count * bits).div_ceil(8);
    let row = (columns * bits).div_ceil(8);
    let rows = usize::try_from(height).map_err(|_| Fault::TooLarge)? * row;

    let samples = if bytes.len() >= whole {
        // What is more than the samples is padding.
        bytes
            .chunks_exact(octets)
            .take(count)
            .map(|sample| eight_bits(number(sample), depth))
            .collect()
    } else if bytes.len() == packed {
        unpacked(bytes, count, depth)
    } else if bytes.len() == rows {
        bytes
            .chunks_exact(row)
            .flat_map(|row| unpacked(row, columns, depth))
            .collect()
    } else {
        return Err(Fault::Malformed);
    };
    Pixels::new(width, height, Channels::Grey, samples).ok_or(Fault::Malformed)
}

fn number(octets: &[u8]) -> u32 {
    octets
        .iter()
        .fold(0, |number, octet| (number << 8) | u32::from(*octet))
}

/// The first so many samples of a stream of bits.
fn unpacked(bytes: &[u8], count: usize, depth: u8) -> Vec<u8> {
    let mut samples = Vec::with_capacity(count);
    let mut octets = bytes.iter();
    let (mut held, mut bits) = (0_u32, 0_u8);
    while samples.len() < count {
        while bits < depth {
            let Some(octet) = octets.next() else {
                return samples;
            };
            held = (held << 8) | u32::from(*octet);
            bits += 8;
        }
        bits -= depth;
        samples.push(eight_bits(held >> bits, depth));
        held &= (1 << bits) - 1;
    }
    samples
}

/// A sample of so many bits, on the scale from 0 to 255; bits above its depth do not count.
pub(super) fn eight_bits(sample: u32, depth: u8) -> u8 {
    let full = (1_u32 << depth.clamp(1, MAX_DEPTH)) - 1;
    let value = ((sample & full) * 255 + full / 2) / full;
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(width: u32, height: u32, depth: u8) -> RawLayout {
        RawLayout {
            width,
            height,
            depth,
        }
    }

    #[test]
    fn samples_of_any_depth_are_scaled_to_eight_bits() {
        let eight = decode(&[0, 1, 254, 255], layout(2, 2, 8)).unwrap();
        assert_eq!(eight.samples(), [0, 1, 254, 255]);
        let sixteen = decode(&[0, 0, 0x80, 0, 0xFF, 0xFF], layout(3, 1, 16)).unwrap();
        assert_eq!(sixteen.samples(), [0, 128, 255]);
        // Two rows of three samples of four bits: in 3 octets, in 2 rows of 2, in 6 octets.
        for bytes in [
            &[0x0F, 0x8F, 0x0F][..],
            &[0x0F, 0x80, 0xF0, 0xF0],
            &[0, 15, 8, 15, 0, 15],
        ] {
            let four = decode(bytes, layout(3, 2, 4)).unwrap();
            assert_eq!(four.samples(), [0, 255, 136, 255, 0, 255]);
        }
        let one = decode(&[0b1010_0000], layout(3, 1, 1)).unwrap();
        assert_eq!(one.samples(), [255, 0, 255]);
        // Ten bits, packed and in two octets.
        for bytes in [&[0xFF, 0xC0, 0x10, 0x0F][..], &[3, 0xFF, 0, 1, 2, 0]] {
            let ten = decode(bytes, layout(3, 1, 10)).unwrap();
            assert_eq!(ten.samples()[..2], [255, 0]);
        }
    }

    #[test]
    fn sizes_that_lie_are_refused_and_padding_is_passed_over() {
        assert_eq!(decode(&[0; 3], layout(2, 2, 8)), Err(Fault::Malformed));
        assert_eq!(decode(&[], layout(0, 2, 8)), Err(Fault::Malformed));
        assert_eq!(decode(&[0; 4], layout(2, 2, 0)), Err(Fault::Unsupported));
        assert_eq!(decode(&[0; 4], layout(2, 2, 17)), Err(Fault::Unsupported));
        assert_eq!(
            decode(&[0; 4], layout(65_535, 65_535, 8)),
            Err(Fault::TooLarge)
        );
        let padded = decode(&[1, 2, 3, 4, 0, 0], layout(2, 2, 8)).unwrap();
        assert_eq!(padded.samples(), [1, 2, 3, 4]);
    }
}
