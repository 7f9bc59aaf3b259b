//! Fingerprints compressed with wavelet scalar quantization (FBI IAFIS-IC-0110 V3, "WSQ Gray-scale
//! Fingerprint Image Compression Specification", 1997).
//!
//! The stream is markers and segments (`markers`), among them the `tables` of filter taps and of
//! quantizer bins and the codes of `huffman`. Up to 64 rectangles of coefficients (`subbands`) come
//! in blocks (`blocks`) and are put together again by the inverse `wavelet` transform.
//!
//! Everything is computed in single precision and in the order of the taps, like the implementation
//! that the specification's conformance test measures others by, so the pixels are the same.

mod blocks;
mod huffman;
mod markers;
mod subbands;
mod tables;
mod wavelet;

use crate::image::Channels;
use crate::image::Fault;
use crate::image::MAX_BYTES;
use crate::image::MAX_SIDE;
use crate::image::Pixels;

use blocks::Coefficients;
use markers::Input;
use markers::Marker;
use subbands::Tree;
use tables::Frame;
use tables::Tables;
use wavelet::Plane;

/// Most pixels: a finger at 1000 pixels an inch has about 2.4 million. Decoding holds two planes of
/// four-octet numbers, so this is 24 MiB of them.
const MAX_PIXELS: usize = 3 << 20;

/// Most table, comment and restart segments together. Encoders write about six.
const MAX_SEGMENTS: u32 = 256;

/// Most blocks. The specification's encoders write three; no block is smaller than a subband.
const MAX_BLOCKS: u32 = 64;

/// Decodes a WSQ picture to grey pixels. What follows the end marker is passed over, and the marker
/// may be missing where all coefficients are there.
///
/// # Errors
/// [`Fault::UnknownFormat`] without a start marker, [`Fault::TooLarge`] above the limits of this
/// module (told from the header, before memory is taken), [`Fault::Unsupported`] for quantization or
/// filters that change between blocks, and [`Fault::Malformed`] for everything that breaks the
/// specification's syntax, gives too few coefficients or too many.
pub fn decode(bytes: &[u8]) -> Result<Pixels, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::TooLarge);
    }
    let mut input = Input::new(bytes);
    if !matches!(input.marker(), Ok(Marker::StartOfImage)) {
        return Err(Fault::UnknownFormat);
    }
    let mut tables = Tables::default();
    let mut segments = 0;
    loop {
        let marker = input.marker()?;
        if marker == Marker::StartOfBlock {
            break;
        }
        count(&mut segments, MAX_SEGMENTS)?;
        tables.segment(marker, &mut input)?;
    }
    let (frame, filters, bins) = tables.complete()?;
    let (width, height) = size(&frame)?;

    let tree = Tree::of(width, height);
    let mut coefficients = Coefficients::new(Plane::new(width, height), &tree, bins);
    let mut marker = Marker::StartOfBlock;
    let mut blocks = 0;
    loop {
        match marker {
            Marker::StartOfBlock => {
                count(&mut blocks, MAX_BLOCKS)?;
                coefficients.block(&mut input, &tables)?;
            }
            Marker::EndOfImage => break,
            Marker::TransformTable | Marker::QuantizationTable => return Err(Fault::Unsupported),
            other => {
                count(&mut segments, MAX_SEGMENTS)?;
                tables.segment(other, &mut input)?;
            }
        }
        // The end marker may be missing where nothing else is.
        if coefficients.are_complete() && input.is_empty() {
            break;
        }
        marker = input.marker()?;
    }
    let mut plane = coefficients.finish()?;
    let mut scratch = Vec::new();
    for node in tree.nodes().iter().rev() {
        plane.join(node, &filters, &mut scratch);
    }
    drop(scratch);
    let samples = plane.samples().iter();
    let grey = samples.map(|value| frame.grey(*value)).collect();
    Pixels::new(
        u32::from(frame.width),
        u32::from(frame.height),
        Channels::Grey,
        grey,
    )
    .ok_or(Fault::Malformed)
}

/// The size in pixels, if this module decodes it.
fn size(frame: &Frame) -> Result<(usize, usize), Fault> {
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    if width == 0 || height == 0 {
        return Err(Fault::Malformed);
    }
    let longest = u32::from(frame.width.max(frame.height));
    if longest > MAX_SIDE || width * height > MAX_PIXELS {
        return Err(Fault::TooLarge);
    }
    Ok((width, height))
}

/// Counts one more of what there may be at most `limit` of.
fn count(so_far: &mut u32, limit: u32) -> Result<(), Fault> {
    *so_far += 1;
    if *so_far > limit {
        return Err(Fault::Malformed);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
