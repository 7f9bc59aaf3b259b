//! Sequential pictures whose components have a scan each (ITU-T T.81 §A.2.2), as some encoders write
//! them: the decoder behind does not take the components' sizes from the frame there. Such a scan is
//! a grey picture of the component's size, so each is decoded as one, and the colours are put together
//! here.

use zune_jpeg::zune_core::colorspace::ColorSpace;

use crate::image::Channels;
use crate::image::Fault;
use crate::image::Pixels;
use crate::image::jpeg::APP14;
use crate::image::jpeg::EOI;
use crate::image::jpeg::File;
use crate::image::jpeg::Part;
use crate::image::jpeg::SOI;
use crate::image::jpeg::SOS;
use crate::image::jpeg::enough;
use crate::image::jpeg::push;
use crate::image::jpeg::samples;
use crate::image::octets::Octets;
use crate::image::rgb_of_ycc;

/// One component at its own size.
struct Plane {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

pub(super) fn decode(file: &File<'_>) -> Result<Pixels, Fault> {
    let frame = &file.frame;
    let ids = ids(file)?;
    let mut planes: [Option<Plane>; 3] = [None, None, None];
    let mut tables = vec![0xFF, SOI];
    let mut plain_rgb = ids == *b"RGB";
    for part in &file.parts {
        match part {
            Part::Segment(APP14, segment) => {
                // "Adobe", version, flags, and the transformation: none is RGB.
                plain_rgb = matches!(segment, [b'A', b'd', b'o', b'b', b'e', .., 0]);
            }
            Part::Segment(marker, segment) => push(&mut tables, *marker, segment),
            Part::Scan(header, data) => {
                let [1, id, ..] = header else {
                    return Err(Fault::Unsupported);
                };
                let at = ids.iter().position(|known| known == id);
                let at = at.ok_or(Fault::Malformed)?;
                let place = planes.get_mut(at).ok_or(Fault::Malformed)?;
                if place.is_some() {
                    return Err(Fault::Malformed);
                }
                *place = Some(plane(file, at, &tables, header, data)?);
            }
        }
    }
    let [Some(first), Some(second), Some(third)] = planes else {
        return Err(Fault::Malformed);
    };
    let mut pixels = Vec::with_capacity(first.samples.len().saturating_mul(3));
    for y in 0..frame.height {
        for x in 0..frame.width {
            let at = |plane: &Plane| plane.at(x, y, frame.width, frame.height);
            let colour = [at(&first), at(&second), at(&third)];
            pixels.extend_from_slice(&if plain_rgb {
                colour
            } else {
                let [luma, blue, red] = colour;
                rgb_of_ycc(luma, blue, red)
            });
        }
    }
    Pixels::new(frame.width, frame.height, Channels::Rgb, pixels).ok_or(Fault::Malformed)
}

/// The identifiers of three components; four of them apart are not decoded.
fn ids(file: &File<'_>) -> Result<[u8; 3], Fault> {
    let mut fields = Octets::new(file.frame.segment);
    fields.take(6)?;
    let [a, _, _, b, _, _, c, _, _] = fields.array()?;
    if fields.is_empty() {
        Ok([a, b, c])
    } else {
        Err(Fault::Unsupported)
    }
}

/// Decodes the scan of one component.
fn plane(
    file: &File<'_>,
    at: usize,
    tables: &[u8],
    header: &[u8],
    data: &[u8],
) -> Result<Plane, Fault> {
    let frame = &file.frame;
    let (across, down) = *frame.factors.get(at).ok_or(Fault::Malformed)?;
    // ITU-T T.81 §A.1.1
    let width = (frame.width * across).div_ceil(frame.most.0);
    let height = (frame.height * down).div_ceil(frame.most.1);
    let blocks = usize::try_from(width.div_ceil(8) * height.div_ceil(8));
    enough(blocks.map_err(|_| Fault::TooLarge)?, data.len())?;
    let start = 6_usize.saturating_add(at.saturating_mul(3));
    let component = frame.segment.get(start..).ok_or(Fault::Malformed)?;
    let [id, _sampling, table, ..] = component else {
        return Err(Fault::Malformed);
    };
    let mut grey = tables.to_vec();
    let [_, _, high, low] = height.to_be_bytes();
    let [_, _, wide, narrow] = width.to_be_bytes();
    let sizes = [8, high, low, wide, narrow, 1, *id, 0x11, *table];
    push(&mut grey, frame.marker, &sizes);
    push(&mut grey, SOS, header);
    grey.extend_from_slice(data);
    grey.extend_from_slice(&[0xFF, EOI]);
    let samples = samples(&grey, ColorSpace::Luma)?;
    let width = usize::try_from(width).map_err(|_| Fault::TooLarge)?;
    let height = usize::try_from(height).map_err(|_| Fault::TooLarge)?;
    if samples.len() != width * height {
        return Err(Fault::Malformed);
    }
    Ok(Plane {
        width,
        height,
        samples,
    })
}

impl Plane {
    /// The sample under a pixel of the picture, between its four nearest where the component is
    /// smaller.
    fn at(&self, x: u32, y: u32, width: u32, height: u32) -> u8 {
        let (left, right, over_x) = between(x, width, self.width);
        let (top, bottom, over_y) = between(y, height, self.height);
        let sample = |column: usize, row: usize| {
            let sample = self.samples.get(row * self.width + column);
            u32::from(sample.copied().unwrap_or_default())
        };
        let mix = |a: u32, b: u32, over: u32| a * (256 - over) + b * over;
        let upper = mix(sample(left, top), sample(right, top), over_x);
        let lower = mix(sample(left, bottom), sample(right, bottom), over_x);
        u8::try_from((mix(upper, lower, over_y) + 32_768) >> 16).unwrap_or(u8::MAX)
    }
}

/// The two samples nearest to the middle of a pixel, and how far it is from the first to the second,
/// in 256ths.
fn between(at: u32, side: u32, samples: usize) -> (usize, usize, u32) {
    let count = u32::try_from(samples).unwrap_or(1);
    // At most 2 * 4096 * 4096 * 128 = 2^32: one less.
    let middle = ((u64::from(2 * at + 1) * u64::from(count) * 128) / u64::from(side.max(1)))
        .saturating_sub(128);
    let first = usize::try_from(middle >> 8).unwrap_or_default();
    let last = samples.saturating_sub(1);
    let over = u32::try_from(middle & 0xFF).unwrap_or_default();
    (first.min(last), (first + 1).min(last), over)
}
