//! A finger record (ISO/IEC 19794-4:2005).
//!
//! ```text
//! record = "FIR" 0, "010" 0, length (6), capture device (2), acquisition level (2), fingers (1),
//!          scale (1), scan resolution (2 × 2), image resolution (2 × 2), depth (1), compression (1),
//!          reserved (2), view*
//! view   = length (4), position (1), views (1), view (1), quality (1), impression (1), width (2),
//!          height (2), reserved (1), image
//! ```

use std::collections::BTreeMap;
use std::fmt;

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::image::Channels;
use crate::image::Format;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::MAX_IMAGES;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::image::Layout;
use crate::lds::biometrics::image::Packing;
use crate::lds::biometrics::octets::Octets;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// Format identifier and version number
const START: &[u8] = b"FIR\x00010\x00";
/// Length of the record header, in bytes
const RECORD_HEADER: usize = 32;
/// Length of what stands in front of an image, in bytes
const VIEW_HEADER: usize = 14;

/// Settings of the scanner that the standard knows
const LEVELS: [u16; 7] = [10, 20, 30, 31, 35, 40, 41];

/// Most bits of a sample
const MAX_DEPTH: u8 = 16;

/// Qualities that are a score, or say that there is none
const fn is_quality(quality: u8) -> bool {
    matches!(quality, 0..=100 | 254 | 255)
}

const SCALES: &Table = &[(1, "pixels_per_inch"), (2, "pixels_per_centimetre")];

const COMPRESSIONS: &Table = &[
    (0, "uncompressed"),
    (1, "uncompressed_packed"),
    (2, "wsq"),
    (3, "jpeg"),
    (4, "jpeg2000"),
    (5, "png"),
];

const POSITIONS: &Table = &[
    (0, "unknown_finger"),
    (1, "right_thumb"),
    (2, "right_index"),
    (3, "right_middle"),
    (4, "right_ring"),
    (5, "right_little"),
    (6, "left_thumb"),
    (7, "left_index"),
    (8, "left_middle"),
    (9, "left_ring"),
    (10, "left_little"),
    (13, "right_four_fingers"),
    (14, "left_four_fingers"),
    (15, "thumbs"),
    (20, "unknown_palm"),
    (21, "right_full_palm"),
    (22, "right_writers_palm"),
    (23, "left_full_palm"),
    (24, "left_writers_palm"),
    (25, "right_lower_palm"),
    (26, "right_upper_palm"),
    (27, "left_lower_palm"),
    (28, "left_upper_palm"),
    (29, "right_other_palm"),
    (30, "left_other_palm"),
    (31, "right_interdigital"),
    (32, "right_thenar"),
    (33, "right_hypothenar"),
    (34, "left_interdigital"),
    (35, "left_thenar"),
    (36, "left_hypothenar"),
];

const IMPRESSIONS: &Table = &[
    (0, "live_plain"),
    (1, "live_rolled"),
    (2, "non_live_plain"),
    (3, "non_live_rolled"),
    (7, "latent"),
    (8, "swipe"),
    (9, "live_contactless"),
];

/// A finger record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The vendor's number of the scanner; 0 where it is not reported
    pub capture_device: u16,
    /// Setting of the scanner: 31 is 500 pixels per inch and 8 bits, as documents have it
    pub level: u16,
    /// What resolutions are counted in
    pub scale: Code,
    /// Resolution of the scan, horizontal and vertical
    pub scan_resolution: [u16; 2],
    /// Resolution of the image, horizontal and vertical
    pub image_resolution: [u16; 2],
    /// Bits of a sample, 1 to 16
    pub depth: u8,
    /// How every image is compressed
    pub compression: Code,
    /// At least one.
    pub fingers: Vec<Finger>,
    /// Bytes behind the last finger.
    pub padding: usize,
}

/// One image of a finger. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Finger {
    /// Which finger or palm
    pub position: Code,
    /// How many images of this finger there are
    pub views: u8,
    /// Which of them this is, from 1
    pub view: u8,
    /// Score from 0 to 100; 254 and 255 say that there is none
    pub quality: u8,
    /// How the print was taken
    pub impression: Code,
    /// The image
    pub image: Image,
}

impl Record {
    /// Decodes a record that is the value of this data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when it is another record, a length or count is more than the bytes are, there is
    /// no finger or too many, or nothing tells how an image is compressed.
    pub(in crate::lds) fn decode(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        const HEADER: &str = "finger record header";
        let mut octets = Octets::new(block.value, block.offset);
        octets.exactly(START, HEADER)?;
        let lengths = RECORD_HEADER..=block.value.len();
        let announced = octets.within(&lengths, 6, "finger record length")?;
        let capture_device = octets.two(HEADER)?;
        let level = octets.two(HEADER)?;
        let at = octets.offset();
        let count = usize::from(octets.one(HEADER)?);
        if count == 0 || count > MAX_IMAGES {
            return Err(Malformed::new("number of fingers", at));
        }
        let scale = octets.one(HEADER)?.into();
        let scale = Code::of(SCALES, scale, Oddity::FingerCode, oddities);
        let scan_resolution = [octets.two(HEADER)?, octets.two(HEADER)?];
        let image_resolution = [octets.two(HEADER)?, octets.two(HEADER)?];
        let depth = octets.one(HEADER)?;
        let compression = octets.one(HEADER)?.into();
        let compression = Code::of(COMPRESSIONS, compression, Oddity::ImageType, oddities);
        let reserved = octets.two(HEADER)?;
        let finer = |(image, scan): (u16, u16)| image > scan;
        if !LEVELS.contains(&level)
            || !(1..=MAX_DEPTH).contains(&depth)
            || reserved != 0
            || image_resolution.into_iter().zip(scan_resolution).any(finer)
        {
            oddities.insert(Oddity::FingerCode);
        }
        let mut record = Self {
            capture_device,
            level,
            scale,
            scan_resolution,
            image_resolution,
            depth,
            compression,
            fingers: Vec::new(),
            padding: 0,
        };
        // Some count fingers and some images; a finger may have several.
        while record.fingers.len() < count
            || (record.fingers.len() < record.views().min(MAX_IMAGES)
                && octets.rest().len() >= VIEW_HEADER)
        {
            let finger = record.finger(&mut octets, oddities)?;
            record.fingers.push(finger);
        }
        if record.fingers.len() != record.views() {
            oddities.insert(Oddity::Count);
        }
        record.padding = octets.rest().len();
        if announced + record.padding != block.value.len() {
            oddities.insert(Oddity::Lengths);
        }
        Ok(record)
    }

    /// How many images there are, as each finger says of itself.
    fn views(&self) -> usize {
        let fingers = self.fingers.iter();
        let views: BTreeMap<u16, usize> = fingers
            .map(|finger| (finger.position.value, usize::from(finger.views)))
            .collect();
        views.values().sum()
    }

    fn finger(
        &self,
        octets: &mut Octets<'_>,
        oddities: &mut Oddities,
    ) -> Result<Finger, Malformed> {
        const WHAT: &str = "finger header";
        let start = octets.offset();
        let image_len = octets
            .number(4, "finger length")?
            .checked_sub(VIEW_HEADER)
            .ok_or(Malformed::new("finger length", start))?;
        let mut code = |table, value| Code::of(table, value, Oddity::FingerCode, oddities);
        let position = code(POSITIONS, octets.one(WHAT)?.into());
        let [views, view, quality] = [octets.one(WHAT)?, octets.one(WHAT)?, octets.one(WHAT)?];
        let impression = code(IMPRESSIONS, octets.one(WHAT)?.into());
        let [width, height] = [octets.two(WHAT)?, octets.two(WHAT)?];
        let reserved = octets.one(WHAT)?;
        if !(1..=views).contains(&view) || !is_quality(quality) || reserved != 0 {
            oddities.insert(Oddity::FingerCode);
        }
        let layout = Layout {
            width,
            height,
            depth: self.depth,
            channels: Channels::Grey,
            packing: match self.compression.value {
                1 => Packing::Bits,
                _ => Packing::Octets,
            },
        };
        let announced = match self.compression.value {
            0 | 1 => Some(Format::Raw),
            2 => Some(Format::Wsq),
            3 => Some(Format::Jpeg),
            4 => Some(Format::Jpeg2000),
            5 => Some(Format::Png),
            _ => None,
        };
        let at = octets.offset();
        let bytes = octets.take(image_len, "finger image")?;
        Ok(Finger {
            position,
            views,
            view,
            quality,
            impression,
            image: Image::new(bytes, at, announced, layout, oddities)?,
        })
    }

    /// What the header may say of this record: the fingers as the header counts them; nothing where
    /// there is a palm.
    pub(in crate::lds) fn subtypes(&self) -> Vec<u8> {
        self.fingers
            .iter()
            .map(|finger| subtype(finger.position.value))
            .collect::<Option<_>>()
            .unwrap_or_default()
    }

    /// What is said of the fingers.
    pub fn fields(&self) -> Vec<Field> {
        let numbers = |numbers: [u16; 2]| {
            Value::List(numbers.map(|number| Value::Number(number.into())).into())
        };
        let finger = |finger: &Finger| Value::Fields(finger.fields());
        vec![
            Field::shown("capture_device", Value::Number(self.capture_device.into())),
            Field::shown("acquisition_level", Value::Number(self.level.into())),
            Field::shown("scale", self.scale.shown()),
            Field::shown("scan_resolution", numbers(self.scan_resolution)),
            Field::shown("image_resolution", numbers(self.image_resolution)),
            Field::shown("depth", Value::Number(self.depth.into())),
            Field::shown("compression", self.compression.shown()),
            Field::shown(
                "images",
                Value::List(self.fingers.iter().map(finger).collect()),
            ),
        ]
    }
}

/// What a biometric header calls this finger (ISO/IEC 7816-11): two bits for the hand, three for the
/// finger. Nothing for palms and for positions that nobody has.
pub(super) const fn subtype(position: u16) -> Option<u8> {
    const RIGHT: u8 = 1;
    const LEFT: u8 = 2;
    const THUMB: u8 = 1 << 2;
    const INDEX: u8 = 2 << 2;
    const MIDDLE: u8 = 3 << 2;
    const RING: u8 = 4 << 2;
    const LITTLE: u8 = 5 << 2;
    Some(match position {
        0 => 0,
        1 => RIGHT | THUMB,
        2 => RIGHT | INDEX,
        3 => RIGHT | MIDDLE,
        4 => RIGHT | RING,
        5 => RIGHT | LITTLE,
        6 => LEFT | THUMB,
        7 => LEFT | INDEX,
        8 => LEFT | MIDDLE,
        9 => LEFT | RING,
        10 => LEFT | LITTLE,
        13 => RIGHT,
        14 => LEFT,
        15 => THUMB,
        _ => return None,
    })
}

impl Finger {
    fn fields(&self) -> Vec<Field> {
        let number = |number: u8| Value::Number(u64::from(number));
        let mut fields = vec![
            Field::shown("position", self.position.shown()),
            Field::shown("view", number(self.view)),
            Field::shown("views", number(self.views)),
            Field::shown("quality", number(self.quality)),
            Field::shown("impression", self.impression.shown()),
        ];
        fields.extend(self.image.fields());
        fields
    }
}

impl fmt::Debug for Finger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Finger", f)
    }
}
