//! JPEG (ITU-T T.81): baseline, extended sequential and progressive, of eight bits, Huffman coded.
//!
//! The file is walked marker by marker and rebuilt from the segments that pixels need, so that the
//! decoder behind it meets neither thumbnails, profiles and comments nor what follows the end.

mod separate;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::image::Channels;
use crate::image::Fault;
use crate::image::MAX_SIDE;
use crate::image::MAX_WORK;
use crate::image::Pixels;
use crate::image::guarded;
use crate::image::octets::Octets;
use crate::image::pixel_count;

/// Most scans. Usual progressive pictures have ten; each costs a walk over the whole picture, with
/// however few bytes.
const MAX_SCANS: usize = 32;

/// Most segments with tables, and scans.
const MAX_SEGMENTS: usize = 1024;

/// Most blocks of 8 by 8 samples that all scans together may visit.
const MAX_VISITS: usize = 6_000_000;

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DHT: u8 = 0xC4;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
const APP14: u8 = 0xEE;

/// What the frame header (SOF) says (ITU-T T.81 §B.2.2).
struct Frame<'a> {
    marker: u8,
    segment: &'a [u8],
    width: u32,
    height: u32,
    components: usize,
    /// Blocks of all components, with those that pad them to whole units.
    blocks: usize,
    /// Sampling factors of each component, across and down.
    factors: Vec<(u32, u32)>,
    most: (u32, u32),
}

/// A part of the file that pixels need.
enum Part<'a> {
    /// Tables, restart interval, Adobe's word about colours
    Segment(u8, &'a [u8]),
    /// A scan header and the coded data behind it
    Scan(&'a [u8], &'a [u8]),
}

/// A file in its parts.
struct File<'a> {
    frame: Frame<'a>,
    parts: Vec<Part<'a>>,
    /// What follows the last scan: the end marker, or nothing where it is missing.
    end: &'static [u8],
}

pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, Fault> {
    let file = File::read(bytes)?;
    let frame = &file.frame;
    if file.components_apart() {
        return separate::decode(&file);
    }
    if !frame.progressive() {
        let data = file.parts.iter().map(|part| match part {
            Part::Scan(_, data) => data.len(),
            Part::Segment(..) => 0,
        });
        enough(frame.blocks, data.sum())?;
    }
    let (channels, colours) = match frame.components {
        1 => (Channels::Grey, ColorSpace::Luma),
        _ => (Channels::Rgb, ColorSpace::RGB),
    };
    let mut plain = vec![0xFF, SOI];
    push(&mut plain, frame.marker, frame.segment);
    for part in &file.parts {
        match part {
            Part::Segment(marker, segment) => push(&mut plain, *marker, segment),
            Part::Scan(header, data) => {
                push(&mut plain, SOS, header);
                plain.extend_from_slice(data);
            }
        }
    }
    plain.extend_from_slice(file.end);
    let samples = samples(&plain, colours)?;
    Pixels::new(frame.width, frame.height, channels, samples).ok_or(Fault::Malformed)
}

/// Refuses a frame that lies: in a sequential picture, a block takes two bits at least, a code for its
/// mean and one for its end.
fn enough(blocks: usize, octets: usize) -> Result<(), Fault> {
    if blocks > octets.saturating_mul(4) {
        return Err(Fault::Malformed);
    }
    Ok(())
}

/// Hands a file that was put together here to the decoder.
fn samples(plain: &[u8], colours: ColorSpace) -> Result<Vec<u8>, Fault> {
    let side = usize::try_from(MAX_SIDE).map_err(|_| Fault::TooLarge)?;
    let options = DecoderOptions::new_safe()
        .set_max_width(side)
        .set_max_height(side)
        .set_use_unsafe(false)
        // A picture that breaks off is refused.
        .set_strict_mode(true)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(colours);
    guarded(|| {
        JpegDecoder::new_with_options(ZCursor::new(plain), options)
            .decode()
            .map_err(|_| Fault::Malformed)
    })
}

impl<'a> File<'a> {
    /// Walks the file marker by marker.
    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut file = Octets::new(bytes);
        if file.array()? != [0xFF, SOI] {
            return Err(Fault::Malformed);
        }
        let mut frame: Option<Frame<'_>> = None;
        let mut parts = Vec::new();
        let mut scans = 0_usize;
        let mut end: &[u8] = &[];
        loop {
            if parts.len() > MAX_SEGMENTS {
                return Err(Fault::TooLarge);
            }
            let Some(marker) = marker(&mut file)? else {
                // The end marker is missing; whether pixels are missing too, the decoder says.
                break;
            };
            if marker == EOI {
                end = &[0xFF, EOI];
                break;
            }
            let length = usize::from(file.two()?)
                .checked_sub(2)
                .ok_or(Fault::Malformed)?;
            let segment = file.take(length)?;
            match marker {
                SOS => {
                    let frame = frame.as_ref().ok_or(Fault::Malformed)?;
                    scans += 1;
                    if scans > MAX_SCANS || frame.blocks.saturating_mul(scans) > MAX_VISITS {
                        return Err(Fault::TooLarge);
                    }
                    parts.push(Part::Scan(segment, entropy_coded(&mut file)));
                }
                0xC0..=0xC2 => {
                    if frame.is_some() {
                        return Err(Fault::Malformed);
                    }
                    frame = Some(Frame::read(marker, segment)?);
                }
                DHT | DQT | DRI | APP14 => parts.push(Part::Segment(marker, segment)),
                // Lossless, hierarchical and arithmetic frames; the number of lines after the scan.
                0xC3 | 0xC5..=0xCF | 0xDC | 0xDE | 0xDF => return Err(Fault::Unsupported),
                0xE0..=0xFE => {}
                _ => return Err(Fault::Malformed),
            }
        }
        if scans == 0 {
            return Err(Fault::Malformed);
        }
        Ok(Self {
            frame: frame.ok_or(Fault::Malformed)?,
            parts,
            end,
        })
    }

    /// Whether each component of a sequential picture has a scan of its own.
    fn components_apart(&self) -> bool {
        !self.frame.progressive()
            && self.frame.components > 1
            && self
                .parts
                .iter()
                .any(|part| matches!(part, Part::Scan([1, ..], _)))
    }
}

/// The next marker, which any number of fill octets may precede; nothing at the end of the file.
fn marker(file: &mut Octets<'_>) -> Result<Option<u8>, Fault> {
    if file.is_empty() {
        return Ok(None);
    }
    if file.octet()? != 0xFF {
        return Err(Fault::Malformed);
    }
    loop {
        match file.next() {
            None => return Ok(None),
            Some(0xFF) => {
                file.octet()?;
            }
            Some(_) => return file.octet().map(Some),
        }
    }
}

fn push(plain: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    let length = u16::try_from(segment.len().saturating_add(2)).unwrap_or(u16::MAX);
    plain.extend_from_slice(&[0xFF, marker]);
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(segment);
}

/// Takes what follows a scan header: all up to a marker that is no restart marker.
fn entropy_coded<'a>(file: &mut Octets<'a>) -> &'a [u8] {
    let rest = file.remaining();
    let length = rest
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, 0x01..=0xCF | 0xD8..=0xFE]))
        .unwrap_or(rest.len());
    file.take(length).unwrap_or_default()
}

impl<'a> Frame<'a> {
    fn read(marker: u8, segment: &'a [u8]) -> Result<Self, Fault> {
        let mut fields = Octets::new(segment);
        let precision = fields.octet()?;
        let height = u32::from(fields.two()?);
        let width = u32::from(fields.two()?);
        let components = usize::from(fields.octet()?);
        if precision != 8 || !matches!(components, 1 | 3 | 4) || height == 0 {
            return Err(Fault::Unsupported);
        }
        let pixels = pixel_count(width, height)?;
        let mut factors = Vec::with_capacity(components);
        for _ in 0..components {
            let [_, sampling, _] = fields.array()?;
            let (across, down) = (u32::from(sampling >> 4), u32::from(sampling & 0x0F));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(Fault::Malformed);
            }
            factors.push((across, down));
        }
        let most_across = factors.iter().map(|(across, _)| *across).max().unwrap_or(1);
        let most_down = factors.iter().map(|(_, down)| *down).max().unwrap_or(1);
        let units = width.div_ceil(8 * most_across) * height.div_ceil(8 * most_down);
        let each: u32 = factors.iter().map(|(across, down)| across * down).sum();
        let blocks = usize::try_from(units.saturating_mul(each)).map_err(|_| Fault::TooLarge)?;
        let frame = Self {
            marker,
            segment,
            width,
            height,
            components,
            blocks,
            factors,
            most: (most_across, most_down),
        };
        if frame.work(pixels) > MAX_WORK {
            return Err(Fault::TooLarge);
        }
        Ok(frame)
    }

    fn progressive(&self) -> bool {
        self.marker == 0xC2
    }

    /// Memory for decoding, in bytes: the pixels, and for a progressive picture all coefficients of
    /// two bytes.
    fn work(&self, pixels: usize) -> usize {
        let coefficients = if self.progressive() {
            self.blocks.saturating_mul(128)
        } else {
            0
        };
        // Components apart are put together in another place.
        pixels
            .saturating_mul(2 * self.components.min(3))
            .saturating_add(coefficients)
    }
}
