//! The headers of a codestream (ISO/IEC 15444-1 Annex A), read before anything is decoded.
//!
//! ```text
//! SOC SIZ (COD | COC | QCD | QCC | RGN | …)*  (SOT (COD | …)* SOD packets)*  EOC
//! ```
//! Everything that costs memory or time is named there: the size, the tiles, the components, the
//! blocks, the layers and the bit planes. What cannot be bounded by them is refused: progressions
//! that change (POC) and packet headers kept apart (PPM, PPT), which no portrait needs.

use crate::image::Fault;
use crate::image::MAX_WORK;
use crate::image::jpeg2000::container::MAX_CHANNELS;
use crate::image::octets::Octets;
use crate::image::pixel_count;

/// Most tiles. One is usual; 1200 by 1600 pixels in tiles of 64 by 64 make 475.
const MAX_TILES: u32 = 512;

/// Most decomposition levels. Five are usual.
const MAX_LEVELS: u8 = 10;

/// Most quality layers. Cards use one to twenty.
const MAX_LAYERS: u16 = 32;

/// Deepest sample, in bits.
const MAX_DEPTH: u8 = 16;

/// Most sub-sampling of a component.
const MAX_SUBSAMPLING: u8 = 4;

/// Most bit planes of a coefficient, the region of interest counted.
const MAX_PLANES: u32 = 31;

/// Most bit planes of all samples together: what is decoded in under a second. 1200 by 1600 pixels in
/// colour have 65 million.
const MAX_SAMPLE_PLANES: u64 = 70_000_000;

/// Most code blocks of a picture.
const MAX_BLOCKS: u64 = 32_768;

/// Most precincts of a tile, over all components and resolutions.
const MAX_PRECINCTS: u64 = 16_384;

/// Most tile parts.
const MAX_TILE_PARTS: usize = 4096;

/// Most marker segments of one header.
const MAX_SEGMENTS: usize = 256;

/// Most styles and most quantizations that one header gives: one for all components and one for each.
/// What they cost is reckoned for every pair of them, and again for every tile part.
const MAX_STYLES: usize = 1 + MAX_CHANNELS;

/// Most coding passes of a block, each of which may be a segment of its own.
const MAX_PASSES: u64 = 94;

const SOC: u16 = 0xFF4F;
const SOT: u16 = 0xFF90;
const SOD: u16 = 0xFF93;
const EOC: u16 = 0xFFD9;
const SIZ: u16 = 0xFF51;
const COD: u16 = 0xFF52;
const COC: u16 = 0xFF53;
const TLM: u16 = 0xFF55;
const PLM: u16 = 0xFF57;
const PLT: u16 = 0xFF58;
const QCD: u16 = 0xFF5C;
const QCC: u16 = 0xFF5D;
const RGN: u16 = 0xFF5E;
const POC: u16 = 0xFF5F;
const PPM: u16 = 0xFF60;
const PPT: u16 = 0xFF61;
const CRG: u16 = 0xFF63;
const COM: u16 = 0xFF64;

/// What the decoder will give.
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: usize,
}

/// What SIZ says, in pixels of the reference grid.
struct Grid {
    width: u32,
    height: u32,
    tile_width: u32,
    tile_height: u32,
    tiles: u32,
    size: Size,
}

/// What a header says of the coding of components.
#[derive(Clone)]
struct Style {
    levels: u8,
    /// Exponents of the width and height of code blocks.
    block: (u8, u8),
    /// Exponents of the width and height of precincts, for each resolution in turn.
    precincts: Vec<(u8, u8)>,
    /// Whether a block may have many segments.
    many_segments: bool,
}

/// Reads all headers of the codestream; gives the size of the picture.
pub(super) fn check(codestream: &[u8]) -> Result<Size, Fault> {
    let mut reader = Octets::new(codestream);
    if reader.two()? != SOC || reader.two()? != SIZ {
        return Err(Fault::Malformed);
    }
    let grid = Grid::read(segment(&mut reader)?)?;
    let mut main = Headers::default();
    main.read(&mut reader, &grid, SOT)?;
    if !main.complete() {
        return Err(Fault::Malformed);
    }
    main.bound(&grid)?;

    let tiles = usize::try_from(grid.tiles).map_err(|_| Fault::TooLarge)?;
    let mut seen = vec![false; tiles];
    let mut parts = 0_usize;
    // SOT was read.
    loop {
        parts += 1;
        if parts > MAX_TILE_PARTS {
            return Err(Fault::TooLarge);
        }
        let start = reader.len() + 2;
        let mut fields = Octets::new(segment(&mut reader)?);
        let tile = usize::from(fields.two()?);
        let length = usize::try_from(fields.four()?).map_err(|_| Fault::Malformed)?;
        *seen.get_mut(tile).ok_or(Fault::Malformed)? = true;
        let mut headers = main.clone();
        headers.read(&mut reader, &grid, SOD)?;
        headers.bound(&grid)?;
        // A length of zero reaches to the end of the codestream.
        let length = if length == 0 { start } else { length };
        let read = start - reader.len();
        // What breaks off is not shown in part.
        reader.take(length.checked_sub(read).ok_or(Fault::Malformed)?)?;
        if reader.is_empty() {
            break;
        }
        match reader.two()? {
            SOT => {}
            EOC => break,
            _ => return Err(Fault::Malformed),
        }
    }
    if seen.contains(&false) {
        return Err(Fault::Malformed);
    }
    Ok(grid.size)
}

/// The contents of a marker segment, whose marker was read.
fn segment<'a>(reader: &mut Octets<'a>) -> Result<&'a [u8], Fault> {
    let length = usize::from(reader.two()?)
        .checked_sub(2)
        .ok_or(Fault::Malformed)?;
    reader.take(length)
}

impl Grid {
    /// ```text
    /// capabilities (2), Xsiz, Ysiz, XOsiz, YOsiz, XTsiz, YTsiz, XTOsiz, YTOsiz (4 each),
    /// components (2), { depth (1), sub-sampling across (1), down (1) }*
    /// ```
    fn read(segment: &[u8]) -> Result<Self, Fault> {
        let mut fields = Octets::new(segment);
        fields.two()?;
        let (width, height) = (fields.four()?, fields.four()?);
        let (left, top) = (fields.four()?, fields.four()?);
        let (tile_width, tile_height) = (fields.four()?, fields.four()?);
        let (tile_left, tile_top) = (fields.four()?, fields.four()?);
        let components = usize::from(fields.two()?);
        if left >= width || top >= height || tile_left > left || tile_top > top {
            return Err(Fault::Malformed);
        }
        // The whole grid, with what lies outside the picture.
        pixel_count(width, height)?;
        if tile_width == 0 || tile_height == 0 || components == 0 {
            return Err(Fault::Malformed);
        }
        if components > MAX_CHANNELS {
            return Err(Fault::TooLarge);
        }
        // Below 4097 each.
        let across = (width - tile_left).div_ceil(tile_width);
        let tiles = across * (height - tile_top).div_ceil(tile_height);
        if tiles > MAX_TILES {
            return Err(Fault::TooLarge);
        }
        let mut samplings = Vec::with_capacity(components);
        for _ in 0..components {
            let [depth, across, down] = fields.array()?;
            if (depth & 0x7F) >= MAX_DEPTH {
                return Err(Fault::Unsupported);
            }
            if across == 0 || down == 0 {
                return Err(Fault::Malformed);
            }
            if across > MAX_SUBSAMPLING || down > MAX_SUBSAMPLING {
                return Err(Fault::Unsupported);
            }
            samplings.push((u32::from(across), u32::from(down)));
        }
        // Where all components are sub-sampled alike, the picture is smaller than the grid.
        let (across, down) = match samplings.split_first() {
            Some((first, others)) if others.iter().all(|other| other == first) => *first,
            _ => (1, 1),
        };
        Ok(Self {
            width,
            height,
            tile_width: tile_width.min(width),
            tile_height: tile_height.min(height),
            tiles,
            size: Size {
                width: width.div_ceil(across) - left.div_ceil(across),
                height: height.div_ceil(down) - top.div_ceil(down),
                components,
            },
        })
    }
}

/// What the headers read so far say; every component is reckoned as the costliest of them.
#[derive(Clone, Default)]
struct Headers {
    styles: Vec<Style>,
    quantizations: Vec<Quantization>,
    /// Bit planes by which a region of interest is lifted
    region: u32,
    layers: Option<u16>,
}

impl Headers {
    fn complete(&self) -> bool {
        !self.styles.is_empty() && !self.quantizations.is_empty() && self.layers.is_some()
    }

    /// Reads marker segments up to and with the marker that ends the header.
    fn read(&mut self, reader: &mut Octets<'_>, grid: &Grid, end: u16) -> Result<(), Fault> {
        let most_styles = self.styles.len() + MAX_STYLES;
        let most_quantizations = self.quantizations.len() + MAX_STYLES;
        for _ in 0..MAX_SEGMENTS {
            if self.styles.len() > most_styles || self.quantizations.len() > most_quantizations {
                return Err(Fault::TooLarge);
            }
            let marker = reader.two()?;
            if marker == end {
                return Ok(());
            }
            let mut fields = match marker {
                COD | COC | QCD | QCC | RGN | TLM | PLM | PLT | CRG | COM => {
                    Octets::new(segment(reader)?)
                }
                POC | PPM | PPT => return Err(Fault::Unsupported),
                _ => return Err(Fault::Malformed),
            };
            // Which component it is about is of no matter: the worst of all is what counts.
            let component = |fields: &mut Octets<'_>| {
                let component = usize::from(fields.octet()?);
                if component < grid.size.components {
                    Ok(())
                } else {
                    Err(Fault::Malformed)
                }
            };
            match marker {
                COD => {
                    let [flags, _progression] = fields.array()?;
                    let layers = fields.two()?;
                    fields.octet()?;
                    if layers == 0 {
                        return Err(Fault::Malformed);
                    }
                    if layers > MAX_LAYERS {
                        return Err(Fault::TooLarge);
                    }
                    self.layers = Some(layers.max(self.layers.unwrap_or_default()));
                    self.styles.push(Style::read(flags, &mut fields)?);
                }
                COC => {
                    component(&mut fields)?;
                    let flags = fields.octet()?;
                    self.styles.push(Style::read(flags, &mut fields)?);
                }
                QCD | QCC => {
                    if marker == QCC {
                        component(&mut fields)?;
                    }
                    self.quantizations.push(Quantization::read(&mut fields)?);
                }
                RGN => {
                    component(&mut fields)?;
                    let [_style, shift] = fields.array()?;
                    self.region = self.region.max(u32::from(shift));
                }
                _ => {}
            }
        }
        Err(Fault::TooLarge)
    }
}

impl Style {
    /// ```text
    /// levels (1), width and height of code blocks (1 each), style (1), transformation (1), precincts*
    /// ```
    fn read(flags: u8, fields: &mut Octets<'_>) -> Result<Self, Fault> {
        let [levels, width, height, style, _transformation] = fields.array()?;
        if levels > MAX_LEVELS {
            return Err(Fault::TooLarge);
        }
        // From 4 to 1024, 4096 samples together (Table A.18).
        if width > 8 || height > 8 || width + height > 8 {
            return Err(Fault::Malformed);
        }
        let mut precincts = vec![(15, 15); usize::from(levels) + 1];
        if flags & 1 != 0 {
            for precinct in &mut precincts {
                let exponents = fields.octet()?;
                *precinct = (exponents & 0x0F, exponents >> 4);
            }
        }
        Ok(Self {
            levels,
            block: (width + 2, height + 2),
            precincts,
            // Arithmetic coding bypassed, or a new segment for each pass
            many_segments: style & 0x05 != 0,
        })
    }

    /// Code blocks and precincts of a component's tile, at the least favourable place in the grid.
    fn parts(&self, grid: &Grid) -> Result<(u64, u64), Fault> {
        let (mut blocks, mut precincts) = (0, 0);
        for (resolution, (across, down)) in self.precincts.iter().enumerate() {
            let lowest = resolution == 0;
            // All but the lowest resolution have precincts of at least two by two samples (§B.6).
            if !lowest && (*across == 0 || *down == 0) {
                return Err(Fault::Malformed);
            }
            let level = usize::from(self.levels)
                .checked_sub(resolution)
                .and_then(|level| u32::try_from(level).ok())
                .ok_or(Fault::Malformed)?;
            let along = |side: u32, block: u8, precinct: u8| {
                let side = u64::from(side).div_ceil(1 << level);
                // Bands are half as wide as their resolution, and so are precincts in them (§B.7).
                let (band, most) = if lowest {
                    (side, precinct)
                } else {
                    (side.div_ceil(2), precinct.saturating_sub(1))
                };
                let blocks = band.div_ceil(1 << block.min(most)) + 1;
                let precincts = side.div_ceil(1 << precinct) + 1;
                (blocks, precincts)
            };
            let (wide, wide_precincts) = along(grid.tile_width, self.block.0, *across);
            let (high, high_precincts) = along(grid.tile_height, self.block.1, *down);
            let bands = if lowest { 1 } else { 3 };
            blocks += bands * wide * high;
            precincts += bands * wide_precincts * high_precincts;
        }
        Ok((blocks, precincts))
    }
}

/// What a header says of the quantization of components (ISO/IEC 15444-1 §A.6.4).
#[derive(Clone)]
struct Quantization {
    guard: u32,
    /// Whether one exponent stands for all bands.
    derived: bool,
    exponents: Vec<u32>,
}

impl Quantization {
    fn read(fields: &mut Octets<'_>) -> Result<Self, Fault> {
        let style = fields.octet()?;
        let mut exponents = Vec::with_capacity(3 * usize::from(MAX_LEVELS) + 1);
        while !fields.is_empty() && exponents.len() < exponents.capacity() {
            exponents.push(match style & 0x1F {
                0 => u32::from(fields.octet()? >> 3),
                1 | 2 => {
                    let [high, _low] = fields.array()?;
                    u32::from(high >> 3)
                }
                _ => return Err(Fault::Malformed),
            });
        }
        if exponents.is_empty() {
            return Err(Fault::Malformed);
        }
        Ok(Self {
            guard: u32::from(style >> 5),
            derived: style & 0x1F == 1,
            exponents,
        })
    }

    /// Bit planes of a band (§E.1): guard bits and exponent, less one.
    fn planes(&self, resolution: u8, band: u8) -> u32 {
        let lowered = u32::from(resolution.saturating_sub(1));
        let at = match resolution.checked_sub(1) {
            Some(above) if !self.derived => usize::from(above * 3 + band + 1),
            _ => 0,
        };
        let most = || self.exponents.iter().max().copied();
        let exponent = self.exponents.get(at).copied().or_else(most);
        let exponent = exponent.unwrap_or_default();
        let exponent = if self.derived {
            exponent.saturating_sub(lowered)
        } else {
            exponent
        };
        (self.guard + exponent).saturating_sub(1)
    }
}

/// Bit planes of all samples of a component of so many, and the most of any band.
fn planes(style: &Style, quantization: &Quantization, region: u32, samples: u64) -> (u64, u32) {
    let (mut sum, mut most) = (0, 0);
    for resolution in 0..=style.levels {
        // Each level leaves a quarter.
        let halved = u32::from(
            (style.levels - resolution)
                .saturating_add(1)
                .min(style.levels),
        );
        let band_samples = samples >> (2 * halved);
        for band in 0..if resolution == 0 { 1 } else { 3 } {
            let planes = quantization.planes(resolution, band) + region;
            sum += band_samples * u64::from(planes);
            most = most.max(planes);
        }
    }
    (sum, most)
}

impl Headers {
    /// Refuses what would take too much memory or time.
    fn bound(&self, grid: &Grid) -> Result<(), Fault> {
        let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
        let components = u64::try_from(grid.size.components).map_err(|_| Fault::TooLarge)?;
        let picture = area(grid.width, grid.height);
        for style in &self.styles {
            for quantization in &self.quantizations {
                let (all, most) = planes(style, quantization, self.region, picture);
                if most > MAX_PLANES || all * components > MAX_SAMPLE_PLANES {
                    return Err(Fault::TooLarge);
                }
            }
        }
        let (mut blocks, mut precincts, mut many) = (0, 0, false);
        for style in &self.styles {
            let (more_blocks, more_precincts) = style.parts(grid)?;
            blocks = blocks.max(more_blocks * components);
            precincts = precincts.max(more_precincts * components);
            many |= style.many_segments;
        }
        if blocks * u64::from(grid.tiles) > MAX_BLOCKS || precincts > MAX_PRECINCTS {
            return Err(Fault::TooLarge);
        }
        // Per sample, four bytes for the picture and one for its copy of eight bits; for one component
        // of a tile, its coefficients, the transform's output, and a quarter of that again. Per block,
        // its segments of 40 bytes, layers of 24, nodes of two trees, and itself; lists that grow
        // stand in memory twice.
        let layers = u64::from(self.layers.unwrap_or(1));
        let segments = if many { MAX_PASSES } else { layers };
        let block = 2 * (40 * segments + 24 * layers + 256);
        let work = 5 * components * picture
            + 9 * area(grid.tile_width, grid.tile_height)
            + block * blocks
            + 400 * precincts;
        if work > u64::try_from(MAX_WORK).unwrap_or(u64::MAX) {
            return Err(Fault::TooLarge);
        }
        Ok(())
    }
}
