//! The boxes of a JP2 file (ISO/IEC 15444-1 Annex I): where the codestream is, and which colours its
//! components are.

use crate::image::Fault;
use crate::image::octets::Octets;
use crate::image::raw::eight_bits;

/// Most boxes in the file, and in its header.
const MAX_BOXES: usize = 64;

/// Most colours of a palette (ISO/IEC 15444-1 §I.5.3.4).
const MAX_PALETTE: u16 = 1024;

/// Most channels of a picture: four colours and an opacity would be more than any portrait has.
pub(super) const MAX_CHANNELS: usize = 4;

/// What a colour specification box says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Grey,
    Rgb,
    Ycc,
    Cmyk,
}

/// A palette: its columns of eight bits a colour.
struct Palette {
    columns: usize,
    colours: Vec<[u8; MAX_CHANNELS]>,
}

/// Where a channel comes from: a component, and the column of the palette that its samples point
/// into.
#[derive(Clone, Copy)]
struct Mapping {
    component: usize,
    column: Option<usize>,
}

/// What a JP2 file holds; for a bare codestream, that alone.
pub(super) struct Container<'a> {
    pub(super) codestream: &'a [u8],
    colours: Option<Colours>,
    palette: Option<Palette>,
    mappings: Vec<Mapping>,
    /// For each channel in turn, which colour it is: from 1; 0 for opacity and whatever else.
    definitions: Vec<(u16, u16)>,
}

/// How the samples of a pixel become its colour.
pub(super) struct Plan<'a> {
    pub(super) colours: Colours,
    palette: Option<&'a Palette>,
    channels: Vec<Mapping>,
}

impl<'a> Container<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut container = Self {
            codestream: bytes,
            colours: None,
            palette: None,
            mappings: Vec::new(),
            definitions: Vec::new(),
        };
        if bytes.starts_with(&[0xFF, 0x4F]) {
            return Ok(container);
        }
        let mut file = Octets::new(bytes);
        let mut codestream = None;
        let mut header = false;
        for _ in 0..MAX_BOXES {
            // What follows the picture is padding.
            if file.is_empty() || (header && codestream.is_some()) {
                break;
            }
            match boxed(&mut file)? {
                ([b'j', b'p', b'2', b'h'], contents) if !header => {
                    container.header(contents)?;
                    header = true;
                }
                ([b'j', b'p', b'2', b'c'], contents) if codestream.is_none() => {
                    codestream = Some(contents);
                }
                _ => {}
            }
        }
        container.codestream = codestream.ok_or(Fault::Malformed)?;
        Ok(container)
    }

    /// The header box; the image header in it says what the codestream says again.
    fn header(&mut self, contents: &[u8]) -> Result<(), Fault> {
        let mut header = Octets::new(contents);
        for _ in 0..MAX_BOXES {
            if header.is_empty() {
                return Ok(());
            }
            match boxed(&mut header)? {
                // Of several colour specifications, the first counts (§I.5.3.3).
                ([b'c', b'o', b'l', b'r'], contents) if self.colours.is_none() => {
                    self.colours = colours(contents)?;
                }
                ([b'p', b'c', b'l', b'r'], contents) => {
                    self.palette = Some(Palette::read(contents)?);
                }
                ([b'c', b'm', b'a', b'p'], contents) => {
                    self.mappings = entries::<4>(contents)?
                        .into_iter()
                        .map(|[high, low, kind, column]| Mapping {
                            component: usize::from(u16::from_be_bytes([high, low])),
                            column: (kind == 1).then_some(usize::from(column)),
                        })
                        .collect();
                }
                ([b'c', b'd', b'e', b'f'], contents) => {
                    let mut fields = Octets::new(contents);
                    let count = usize::from(fields.two()?);
                    if fields.len() < count.saturating_mul(6) {
                        return Err(Fault::Malformed);
                    }
                    self.definitions = entries::<6>(fields.take(count.saturating_mul(6))?)?
                        .into_iter()
                        .map(|[c, channel, t, kind, a, association]| {
                            let colour = u16::from_be_bytes([a, association]);
                            let opaque = [t, kind] == [0, 0];
                            (
                                u16::from_be_bytes([c, channel]),
                                if opaque { colour } else { 0 },
                            )
                        })
                        .collect();
                }
                _ => {}
            }
        }
        Err(Fault::TooLarge)
    }

    /// How pixels of so many components become colours.
    pub(super) fn plan(&self, components: usize) -> Result<Plan<'_>, Fault> {
        let direct = |component| Mapping {
            component,
            column: None,
        };
        let mut channels: Vec<Mapping> = match &self.palette {
            // Without a mapping, all columns belong to the first component.
            Some(palette) if self.mappings.is_empty() => (0..palette.columns)
                .map(|column| Mapping {
                    component: 0,
                    column: Some(column),
                })
                .collect(),
            Some(_) => self.mappings.clone(),
            None => (0..components).map(direct).collect(),
        };
        if channels
            .iter()
            .any(|channel| channel.component >= components)
        {
            return Err(Fault::Malformed);
        }
        if !self.definitions.is_empty() {
            let defined: Vec<Mapping> = (1..=4_u16)
                .map_while(|colour| {
                    let (channel, _) = self
                        .definitions
                        .iter()
                        .find(|(_, association)| *association == colour)?;
                    channels.get(usize::from(*channel)).copied()
                })
                .collect();
            // One that defines no colour at all says nothing.
            if !defined.is_empty() {
                channels = defined;
            }
        }
        let colours = match (self.colours, channels.len()) {
            (Some(Colours::Cmyk), 4..) => Colours::Cmyk,
            (Some(Colours::Ycc), 3..) => Colours::Ycc,
            (Some(Colours::Grey), 1..) | (_, 1 | 2) => Colours::Grey,
            (_, 3..) => Colours::Rgb,
            (_, 0) => return Err(Fault::Malformed),
        };
        Ok(Plan {
            colours,
            palette: self.palette.as_ref(),
            channels,
        })
    }
}

impl Plan<'_> {
    /// Adds the colour of one pixel.
    pub(super) fn colour(&self, samples: &[u8], pixels: &mut Vec<u8>) -> Result<(), Fault> {
        let mut values = [0; MAX_CHANNELS];
        for (value, channel) in values.iter_mut().zip(&self.channels) {
            let sample = samples
                .get(channel.component)
                .copied()
                .ok_or(Fault::Malformed)?;
            *value = match (channel.column, self.palette) {
                (Some(column), Some(palette)) => palette.value(sample, column)?,
                _ => sample,
            };
        }
        self.colours.push(values, pixels);
        Ok(())
    }
}

impl Palette {
    /// ```text
    /// number of colours (2), columns (1), depth of each column (1)*, value*
    /// ```
    fn read(contents: &[u8]) -> Result<Self, Fault> {
        let mut fields = Octets::new(contents);
        let number = fields.two()?;
        let columns = usize::from(fields.octet()?);
        if number == 0 || columns == 0 {
            return Err(Fault::Malformed);
        }
        if number > MAX_PALETTE || columns > MAX_CHANNELS {
            return Err(Fault::TooLarge);
        }
        let depths = fields.take(columns)?;
        // Signed or deeper than 16 bits
        if depths.iter().any(|depth| *depth > 15) {
            return Err(Fault::Unsupported);
        }
        let mut colours = Vec::with_capacity(usize::from(number));
        for _ in 0..number {
            let mut colour = [0; MAX_CHANNELS];
            for (value, depth) in colour.iter_mut().zip(depths) {
                let sample = if *depth < 8 {
                    u32::from(fields.octet()?)
                } else {
                    u32::from(fields.two()?)
                };
                *value = eight_bits(sample, *depth + 1);
            }
            colours.push(colour);
        }
        Ok(Self { columns, colours })
    }

    /// The value of a colour; an index behind the last, which lossy coding can make, is the last.
    fn value(&self, index: u8, column: usize) -> Result<u8, Fault> {
        if column >= self.columns {
            return Err(Fault::Malformed);
        }
        self.colours
            .get(usize::from(index))
            .or(self.colours.last())
            .and_then(|colour| colour.get(column))
            .copied()
            .ok_or(Fault::Malformed)
    }
}

/// One box: its type and contents. A length of zero reaches to the end of what holds the box
/// (§I.4); one that reaches further is cut there, and what is missing then is missed in what it
/// holds.
fn boxed<'a>(file: &mut Octets<'a>) -> Result<([u8; 4], &'a [u8]), Fault> {
    let length = file.four()?;
    let kind = file.array()?;
    let length = match length {
        0 => file.len(),
        1 => {
            let length = file.eight()?.checked_sub(16).ok_or(Fault::Malformed)?;
            usize::try_from(length).unwrap_or(usize::MAX)
        }
        _ => {
            let length = length.checked_sub(8).ok_or(Fault::Malformed)?;
            usize::try_from(length).unwrap_or(usize::MAX)
        }
    };
    let contents = file.take(length.min(file.len()))?;
    Ok((kind, contents))
}

/// Entries of fixed length, four channels at most.
fn entries<const N: usize>(contents: &[u8]) -> Result<Vec<[u8; N]>, Fault> {
    let mut fields = Octets::new(contents);
    let mut entries = Vec::with_capacity(MAX_CHANNELS);
    while !fields.is_empty() {
        if entries.len() == MAX_CHANNELS {
            return Err(Fault::TooLarge);
        }
        entries.push(fields.array()?);
    }
    Ok(entries)
}

/// The colour space of a colour specification box; nothing where it says it by a profile, which is
/// not followed.
fn colours(contents: &[u8]) -> Result<Option<Colours>, Fault> {
    let mut fields = Octets::new(contents);
    let [method, _precedence, _approximation] = fields.array()?;
    if method != 1 {
        return Ok(None);
    }
    match fields.four()? {
        12 => Ok(Some(Colours::Cmyk)),
        // sRGB, e-sRGB
        16 | 20 => Ok(Some(Colours::Rgb)),
        17 => Ok(Some(Colours::Grey)),
        18 => Ok(Some(Colours::Ycc)),
        _ => Err(Fault::Unsupported),
    }
}
