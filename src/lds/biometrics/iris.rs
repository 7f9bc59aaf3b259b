//! An iris record (ISO/IEC 19794-6:2005).
//!
//! ```text
//! record = "IIR" 0, "010" 0, length (4), capture device (2), eyes (1), header length (2: 45),
//!          properties (2), diameter (2), format (2), width (2), height (2), depth (1),
//!          transformation (1), device identifier (16), eye*
//! eye    = which (1), images (2), image*
//! image  = number (2), quality (1), rotation (2), uncertainty (2), length (4), image
//! ```
//!
//! The bits of the properties stand as in the published edition: two for the scan type. A draft had
//! three, and some programs still do.

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
const START: &[u8] = b"IIR\x00010\x00";
/// Length of the record header, in bytes
const RECORD_HEADER: usize = 45;
/// Most eyes in a record
const MAX_EYES: usize = 2;
/// An angle or uncertainty that is not known
const UNDEFINED: u16 = 0xFFFF;

const ORIENTATIONS: &Table = &[(0, "undefined"), (1, "base"), (2, "flipped")];

const SCANS: &Table = &[
    (0, "corrected"),
    (1, "progressive"),
    (2, "interlaced_frame"),
    (3, "interlaced_field"),
];

const PROCESSED: &Table = &[(0, "undefined"), (1, "processed")];

const FILLINGS: &Table = &[(0, "zeros"), (1, "ones")];

const FORMATS: &Table = &[
    (2, "grey_raw"),
    (4, "rgb_raw"),
    (6, "grey_jpeg"),
    (8, "rgb_jpeg"),
    (10, "grey_jpeg_ls"),
    (12, "rgb_jpeg_ls"),
    (14, "grey_jpeg2000"),
    (16, "rgb_jpeg2000"),
];

const TRANSFORMATIONS: &Table = &[(0, "undefined"), (1, "standard")];

const EYES: &Table = &[(0, "undefined"), (1, "right"), (2, "left")];

/// An iris record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The vendor's number of the camera; 0 where it is not defined
    pub capture_device: u16,
    /// Orientation and the like
    pub properties: Properties,
    /// Expected diameter of the iris, in pixels
    pub diameter: u16,
    /// How every image is compressed
    pub format: Code,
    /// Columns of an image; 0 where not defined
    pub width: u16,
    /// Rows of an image; 0 where not defined
    pub height: u16,
    /// Bits of a sample; 0 where not defined
    pub depth: u8,
    /// How the image was made polar
    pub transformation: Code,
    /// Which device the image is from: its serial number, or all zeros
    pub device: [u8; 16],
    /// One or two.
    pub eyes: Vec<Eye>,
    /// Bytes behind the last image.
    pub padding: usize,
}

/// What is said of all images of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    /// Which way the image lies from left to right
    pub horizontal: Code,
    /// Which way the image lies from top to bottom
    pub vertical: Code,
    /// How it was scanned
    pub scan: Code,
    /// Whether lids and lashes were taken out
    pub occlusions: Code,
    /// What they were filled with
    pub filling: Code,
    /// Whether the boundary was extracted
    pub boundary: Code,
}

/// The images of one eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eye {
    /// Right or left
    pub which: Code,
    /// At least one.
    pub images: Vec<Iris>,
}

/// One image of an iris. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Iris {
    /// Number of the image, from 1
    pub number: u16,
    /// Score from 0 to 100; 254 says that there is none
    pub quality: u8,
    /// Rotation of the eye as it stands: 65536 parts of a full turn, 65535 undefined
    pub rotation: u16,
    /// How sure that is: 65536 parts of half a turn, 65535 undefined
    pub uncertainty: u16,
    /// The image
    pub image: Image,
}

impl Record {
    /// Decodes a record that is the value of this data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when it is another record, a length or count is more than the bytes are, there is
    /// no eye or image or too many, or nothing tells how an image is compressed.
    pub(in crate::lds) fn decode(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        const HEADER: &str = "iris record header";
        let mut octets = Octets::new(block.value, block.offset);
        octets.exactly(START, HEADER)?;
        let lengths = RECORD_HEADER..=block.value.len();
        let announced = octets.within(&lengths, 4, "iris record length")?;
        let capture_device = octets.two(HEADER)?;
        let at = octets.offset();
        let count = usize::from(octets.one(HEADER)?);
        if !(1..=MAX_EYES).contains(&count) {
            return Err(Malformed::new("number of eyes", at));
        }
        let at = octets.offset();
        if octets.number(2, HEADER)? != RECORD_HEADER {
            return Err(Malformed::new("iris record header length", at));
        }
        let properties = Properties::decode(octets.two(HEADER)?, oddities);
        let diameter = octets.two(HEADER)?;
        let format = Code::of(FORMATS, octets.two(HEADER)?, Oddity::ImageType, oddities);
        let [width, height] = [octets.two(HEADER)?, octets.two(HEADER)?];
        let depth = octets.one(HEADER)?;
        let transformation = octets.one(HEADER)?.into();
        let transformation = Code::of(TRANSFORMATIONS, transformation, Oddity::IrisCode, oddities);
        let mut device = [0; 16];
        device.copy_from_slice(octets.take(16, HEADER)?);
        // A serial number, an address or a processor; else zeros, as numbers or as digits.
        let [first, ..] = device;
        let none = [[0; 16], [b'0'; 16]].contains(&device);
        if !none && !matches!(first, b'D' | b'M' | b'P') {
            oddities.insert(Oddity::IrisCode);
        }
        let mut record = Self {
            capture_device,
            properties,
            diameter,
            format,
            width,
            height,
            depth,
            transformation,
            device,
            eyes: Vec::new(),
            padding: 0,
        };
        for _ in 0..count {
            let eye = record.eye(&mut octets, oddities)?;
            record.eyes.push(eye);
        }
        record.padding = octets.rest().len();
        if announced + record.padding != block.value.len() {
            oddities.insert(Oddity::Lengths);
        }
        Ok(record)
    }

    fn eye(&self, octets: &mut Octets<'_>, oddities: &mut Oddities) -> Result<Eye, Malformed> {
        const WHAT: &str = "iris biometric subtype header";
        let which = octets.one(WHAT)?.into();
        let which = Code::of(EYES, which, Oddity::IrisCode, oddities);
        let at = octets.offset();
        let count = octets.two(WHAT)?;
        let before: usize = self.eyes.iter().map(|eye| eye.images.len()).sum();
        if !(1..=MAX_IMAGES - before.min(MAX_IMAGES)).contains(&usize::from(count)) {
            return Err(Malformed::new("number of iris images", at));
        }
        let mut images = Vec::new();
        for _ in 0..count {
            let image = self.image(octets, oddities)?;
            if !(1..=count).contains(&image.number) {
                oddities.insert(Oddity::IrisCode);
            }
            images.push(image);
        }
        Ok(Eye { which, images })
    }

    fn image(&self, octets: &mut Octets<'_>, oddities: &mut Oddities) -> Result<Iris, Malformed> {
        const WHAT: &str = "iris image header";
        let number = octets.two(WHAT)?;
        let quality = octets.one(WHAT)?;
        let [rotation, uncertainty] = [octets.two(WHAT)?, octets.two(WHAT)?];
        if !matches!(quality, 0..=100 | 254) {
            oddities.insert(Oddity::IrisCode);
        }
        let image_len = octets.number(4, "iris image length")?;
        let (announced, channels) = format_of(self.format.value);
        let layout = Layout {
            width: self.width,
            height: self.height,
            depth: self.depth,
            channels,
            packing: Packing::Octets,
        };
        let at = octets.offset();
        let bytes = octets.take(image_len, "iris image")?;
        Ok(Iris {
            number,
            quality,
            rotation,
            uncertainty,
            image: Image::new(bytes, at, announced, layout, oddities)?,
        })
    }

    /// What the header may say of this record: its eyes.
    pub(in crate::lds) fn subtypes(&self) -> Vec<u8> {
        let eyes = self.eyes.iter().map(|eye| u8::try_from(eye.which.value));
        eyes.flatten().collect()
    }

    /// What is said of the irises.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut put = |name, value| fields.push(Field::shown(name, value));
        put("compression", self.format.shown());
        put("depth", Value::Number(self.depth.into()));
        put("horizontal_orientation", self.properties.horizontal.shown());
        put("vertical_orientation", self.properties.vertical.shown());
        put("scan_type", self.properties.scan.shown());
        put("occlusions", self.properties.occlusions.shown());
        put("occlusion_filling", self.properties.filling.shown());
        put("boundary_extraction", self.properties.boundary.shown());
        put("transformation", self.transformation.shown());
        put("iris_diameter", Value::Number(self.diameter.into()));
        put("capture_device", Value::Number(self.capture_device.into()));
        if self.device != [0; 16] {
            let text = String::from_utf8_lossy(&self.device);
            let text = text.trim_end_matches('\0').to_owned();
            put("device_serial", Value::Text(text));
        }
        let images = self.eyes.iter().flat_map(Eye::images);
        put("images", Value::List(images.collect()));
        fields
    }
}

impl Properties {
    /// Bits from the lowest: two, two and two, and three single ones.
    fn decode(bits: u16, oddities: &mut Oddities) -> Self {
        let mut code = |table, shift: u16, mask: u16| {
            Code::of(table, (bits >> shift) & mask, Oddity::IrisCode, oddities)
        };
        let properties = Self {
            horizontal: code(ORIENTATIONS, 0, 3),
            vertical: code(ORIENTATIONS, 2, 3),
            scan: code(SCANS, 4, 3),
            occlusions: code(PROCESSED, 6, 1),
            filling: code(FILLINGS, 7, 1),
            boundary: code(PROCESSED, 8, 1),
        };
        if bits >> 9 != 0 {
            oddities.insert(Oddity::IrisCode);
        }
        properties
    }
}

/// What the image format means. JPEG-LS begins like any JPEG.
const fn format_of(code: u16) -> (Option<Format>, Channels) {
    let channels = match code {
        4 | 8 | 12 | 16 => Channels::Rgb,
        _ => Channels::Grey,
    };
    let format = match code {
        2 | 4 => Some(Format::Raw),
        6 | 8 | 10 | 12 => Some(Format::Jpeg),
        14 | 16 => Some(Format::Jpeg2000),
        _ => None,
    };
    (format, channels)
}

impl Eye {
    /// Each image with the eye that it is of.
    fn images(&self) -> impl Iterator<Item = Value> {
        self.images.iter().map(|image| {
            let mut fields = vec![Field::shown("eye", self.which.shown())];
            fields.extend(image.fields());
            Value::Fields(fields)
        })
    }
}

impl Iris {
    /// Rotation of the eye in hundredths of a degree; nothing where undefined.
    pub fn rotation_hundredths(&self) -> Option<u32> {
        let part = u32::from(self.rotation) * 36_000 / 65_536;
        (self.rotation != UNDEFINED).then_some(part)
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            Field::shown("image_number", Value::Number(self.number.into())),
            Field::shown("quality", Value::Number(self.quality.into())),
        ];
        if let Some(hundredths) = self.rotation_hundredths() {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            fields.push(Field::shown("rotation", Value::Text(text)));
        }
        fields.extend(self.image.fields());
        fields
    }
}

impl fmt::Debug for Iris {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Iris", f)
    }
}
