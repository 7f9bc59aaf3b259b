//! Portable network graphics (ISO/IEC 15948), both ways.
//!
//! The chunks and filters are read and written here upon an inflater without unsafe code; crates that
//! do it all bring checksums with it that are not safe Rust.

use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_slice_iter_to_slice;

use crate::image::Channels;
use crate::image::Fault;
use crate::image::MAX_WORK;
use crate::image::Pixels;
use crate::image::octets::Octets;
use crate::image::pixel_count;
use crate::image::raw::eight_bits;

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1A\n";

/// Most chunks: writers that flush every few kilobytes make hundreds.
const MAX_CHUNKS: usize = 4096;

/// How hard pixels are compressed, from 0 to 10. The next level takes a third more time for 15 percent.
const LEVEL: u8 = 1;

/// Longest text of one chunk that is written, in bytes.
const MAX_TEXT: usize = 1024;

/// What a pixel is made of in the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    Rgba,
}

/// What the image header says.
struct Header {
    width: u32,
    height: u32,
    depth: u8,
    colour: Colour,
}

impl Header {
    fn read(chunk: &[u8]) -> Result<Self, Fault> {
        let mut fields = Octets::new(chunk);
        let (width, height) = (fields.four()?, fields.four()?);
        let [depth, kind, compression, filter, interlace] = fields.array()?;
        let colour = match (kind, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Palette,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::Rgba,
            _ => return Err(Fault::Malformed),
        };
        if !fields.is_empty() || compression != 0 || filter != 0 {
            return Err(Fault::Malformed);
        }
        pixel_count(width, height)?;
        if interlace != 0 {
            return Err(Fault::Unsupported);
        }
        Ok(Self {
            width,
            height,
            depth,
            colour,
        })
    }

    const fn samples(&self) -> usize {
        match self.colour {
            Colour::Grey | Colour::Palette => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb => 3,
            Colour::Rgba => 4,
        }
    }

    /// Octets of one row, without its filter octet.
    fn row(&self) -> Result<usize, Fault> {
        let columns = usize::try_from(self.width).map_err(|_| Fault::TooLarge)?;
        Ok((columns * self.samples() * usize::from(self.depth)).div_ceil(8))
    }

    /// Distance to the octet that the filters compare with.
    fn step(&self) -> usize {
        (self.samples() * usize::from(self.depth)).div_ceil(8)
    }
}

/// Decodes a picture that is not interlaced; transparency is left out.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, Fault> {
    let mut file = Octets::new(bytes);
    if file.array()? != SIGNATURE {
        return Err(Fault::Malformed);
    }
    let (kind, first) = chunk(&mut file)?;
    if kind != *b"IHDR" {
        return Err(Fault::Malformed);
    }
    let header = Header::read(first)?;
    let mut palette = None;
    let mut data = Vec::new();
    let mut chunks = 0_usize;
    while !file.is_empty() {
        chunks += 1;
        if chunks > MAX_CHUNKS {
            return Err(Fault::TooLarge);
        }
        match chunk(&mut file)? {
            ([b'I', b'E', b'N', b'D'], _) => break,
            ([b'I', b'D', b'A', b'T'], part) => data.push(part),
            ([b'P', b'L', b'T', b'E'], colours) => palette = Some(colours),
            ([b'I', b'H', b'D', b'R'], _) => return Err(Fault::Malformed),
            // A capital letter first: without this chunk, the picture cannot be understood.
            ([first, ..], _) if first.is_ascii_uppercase() => return Err(Fault::Unsupported),
            _ => {}
        }
    }
    let rows = unfiltered(&header, &data)?;
    pixels(&header, &rows, palette)
}

/// One chunk: its name and contents. The checksum of one that can be done without is passed over.
fn chunk<'a>(file: &mut Octets<'a>) -> Result<([u8; 4], &'a [u8]), Fault> {
    let length = usize::try_from(file.four()?).map_err(|_| Fault::Malformed)?;
    let whole = *file;
    let kind: [u8; 4] = file.array()?;
    let contents = file.take(length)?;
    let checked = whole.remaining().get(..length.saturating_add(4));
    let checksum = file.four()?;
    if kind.first().is_some_and(u8::is_ascii_uppercase)
        && checked.is_none_or(|bytes| crc(bytes) != checksum)
    {
        return Err(Fault::Malformed);
    }
    Ok((kind, contents))
}

/// Inflates the rows and takes the filters back, in place; the filter octets are gone then.
fn unfiltered(header: &Header, data: &[&[u8]]) -> Result<Vec<u8>, Fault> {
    let row = header.row()?;
    let rows = usize::try_from(header.height).map_err(|_| Fault::TooLarge)?;
    // Below 2^24 pixels of eight octets: no overflow.
    let length = (row + 1) * rows;
    // The rows and, beside them, the pixels.
    if length.saturating_mul(2) > MAX_WORK {
        return Err(Fault::TooLarge);
    }
    let mut inflated = vec![0; length];
    // The checksum at the end says nothing that those of the chunks do not.
    let written = decompress_slice_iter_to_slice(&mut inflated, data.iter().copied(), true, true)
        .map_err(|_| Fault::Malformed)?;
    if written != length {
        return Err(Fault::Malformed);
    }
    let step = header.step();
    let mut above = vec![0; row];
    let mut plain = 0;
    for start in (0..length).step_by(row + 1) {
        let line = inflated
            .get_mut(start..start + row + 1)
            .ok_or(Fault::Malformed)?;
        let (filter, line) = line.split_first_mut().ok_or(Fault::Malformed)?;
        unfilter(*filter, line, &above, step)?;
        above.copy_from_slice(line);
        // The row moves up over the filter octets.
        inflated
            .get_mut(plain..plain + row)
            .ok_or(Fault::Malformed)?
            .copy_from_slice(&above);
        plain += row;
    }
    inflated.truncate(plain);
    Ok(inflated)
}

fn unfilter(filter: u8, line: &mut [u8], above: &[u8], step: usize) -> Result<(), Fault> {
    // What lies left of the first pixel is zero.
    let mut left = [0_u8; 8];
    let mut corner = [0_u8; 8];
    let step = step.clamp(1, 8);
    for (pixel, above) in line.chunks_mut(step).zip(above.chunks(step)) {
        for (((octet, above), left), corner) in
            pixel.iter_mut().zip(above).zip(&mut left).zip(&mut corner)
        {
            let prediction = match filter {
                0 => 0,
                1 => *left,
                2 => *above,
                3 => left.midpoint(*above),
                4 => paeth(*left, *above, *corner),
                _ => return Err(Fault::Malformed),
            };
            *octet = octet.wrapping_add(prediction);
            *left = *octet;
            *corner = *above;
        }
    }
    Ok(())
}

/// Of the three neighbours, the one nearest to left + above - corner.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |octet: u8| (estimate - i16::from(octet)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}

fn pixels(header: &Header, rows: &[u8], palette: Option<&[u8]>) -> Result<Pixels, Fault> {
    let row = header.row()?;
    let count = pixel_count(header.width, header.height)?;
    let columns = usize::try_from(header.width).map_err(|_| Fault::TooLarge)?;
    let channels = match header.colour {
        Colour::Grey | Colour::GreyAlpha => Channels::Grey,
        Colour::Rgb | Colour::Palette | Colour::Rgba => Channels::Rgb,
    };
    let mut samples = Vec::with_capacity(count * channels.count());
    let wide = if header.depth == 16 { 2 } else { 1 };
    match header.colour {
        Colour::Palette => {
            let palette = palette.ok_or(Fault::Malformed)?;
            for line in rows.chunks_exact(row) {
                for index in indices(line, columns, header.depth) {
                    let at = usize::from(index) * 3;
                    let colour = palette.get(at..at + 3).ok_or(Fault::Malformed)?;
                    samples.extend_from_slice(colour);
                }
            }
        }
        Colour::Grey if header.depth < 8 => {
            for line in rows.chunks_exact(row) {
                let line = indices(line, columns, header.depth);
                samples.extend(line.map(|index| eight_bits(u32::from(index), header.depth)));
            }
        }
        _ => {
            // Of 16 bits, the upper eight count.
            let kept = channels.count();
            for pixel in rows.chunks_exact(header.samples() * wide) {
                samples.extend(
                    pixel
                        .chunks_exact(wide)
                        .take(kept)
                        .filter_map(<[u8]>::first),
                );
            }
        }
    }
    Pixels::new(header.width, header.height, channels, samples).ok_or(Fault::Malformed)
}

/// Samples of eight bits or fewer, as they are packed into the octets of a row.
fn indices(line: &[u8], columns: usize, depth: u8) -> impl Iterator<Item = u8> {
    let depth = depth.clamp(1, 8);
    let mask = u8::MAX >> (8 - depth);
    line.iter()
        .flat_map(move |octet| {
            (0..8 / depth)
                .rev()
                .map(move |place| (octet >> (place * depth)) & mask)
        })
        .take(columns)
}

/// Encodes pixels as a PNG file with texts of a keyword and a value each.
pub fn encode(pixels: &Pixels, text: &[(&str, &str)]) -> Vec<u8> {
    let mut file = SIGNATURE.to_vec();
    let kind = match pixels.channels() {
        Channels::Grey => 0,
        Channels::Rgb => 2,
    };
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&pixels.width().to_be_bytes());
    header.extend_from_slice(&pixels.height().to_be_bytes());
    header.extend_from_slice(&[8, kind, 0, 0, 0]);
    push(&mut file, *b"IHDR", &header);
    for (keyword, value) in text {
        push_text(&mut file, keyword, value);
    }
    push(
        &mut file,
        *b"IDAT",
        &compress_to_vec_zlib(&filtered(pixels), LEVEL),
    );
    push(&mut file, *b"IEND", &[]);
    file
}

/// Rows with their filters: difference to the row above, to the left for the first.
fn filtered(pixels: &Pixels) -> Vec<u8> {
    let step = pixels.channels().count();
    let row = pixels.samples().len() / usize::try_from(pixels.height()).unwrap_or(1).max(1);
    let mut rows = Vec::with_capacity(pixels.samples().len() + row);
    let mut above: Option<&[u8]> = None;
    for line in pixels.samples().chunks_exact(row.max(1)) {
        match above {
            None => {
                rows.push(1);
                let left = std::iter::repeat_n(&0, step).chain(line);
                rows.extend(
                    line.iter()
                        .zip(left)
                        .map(|(octet, left)| octet.wrapping_sub(*left)),
                );
            }
            Some(above) => {
                rows.push(4);
                let zero = || std::iter::repeat_n(&0, step);
                let neighbours = zero().chain(line).zip(zero().chain(above)).zip(above);
                rows.extend(
                    line.iter()
                        .zip(neighbours)
                        .map(|(octet, ((left, corner), above))| {
                            octet.wrapping_sub(paeth(*left, *above, *corner))
                        }),
                );
            }
        }
        above = Some(line);
    }
    rows
}

/// An international text chunk, not compressed and of no language.
fn push_text(file: &mut Vec<u8>, keyword: &str, value: &str) {
    let keyword: String = keyword
        .chars()
        .filter(|letter| letter.is_ascii_graphic() || *letter == ' ')
        .take(79)
        .collect();
    if keyword.is_empty() {
        return;
    }
    let mut contents = keyword.into_bytes();
    contents.extend_from_slice(&[0, 0, 0, 0, 0]);
    let room = contents.len() + MAX_TEXT;
    for letter in value.chars().filter(|letter| !letter.is_control()) {
        if contents.len() + letter.len_utf8() > room {
            break;
        }
        contents.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    push(file, *b"iTXt", &contents);
}

fn push(file: &mut Vec<u8>, kind: [u8; 4], contents: &[u8]) {
    let length = u32::try_from(contents.len()).unwrap_or(u32::MAX);
    file.extend_from_slice(&length.to_be_bytes());
    let start = file.len();
    file.extend_from_slice(&kind);
    file.extend_from_slice(contents);
    let checksum = crc(file.get(start..).unwrap_or_default());
    file.extend_from_slice(&checksum.to_be_bytes());
}

/// The cyclic redundancy check of a chunk (ISO/IEC 15948 Annex D): CRC-32, bits reflected.
fn crc(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let sum = bytes.iter().fold(u32::MAX, |sum, octet| {
        let [low, ..] = (sum ^ u32::from(*octet)).to_le_bytes();
        TABLE.get(usize::from(low)).copied().unwrap_or_default() ^ (sum >> 8)
    });
    !sum
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut number = 0_u32;
    while let Some((entry, further)) = rest.split_first_mut() {
        let mut value = number;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                0xEDB8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        *entry = value;
        number += 1;
        rest = further;
    }
    table
}
