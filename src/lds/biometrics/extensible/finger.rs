//! Fingers (ISO/IEC 39794-4), as JMRTD has them.
//!
//! ```text
//! representation = A0 position, A1 impression, A2 format, 83 image, A4 captured, A5 device,
//!                  A6 qualities, A7 { 80 samples per unit, 81 unit }, 88 position computed,
//!                  89 original rotation, 8A rotated to vertical, 8B compressed with losses,
//!                  AC segmentations, AD annotations, AE attack detection, AF comments,
//!                  B0 vendor's data
//! ```

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
use crate::lds::biometrics::extensible;
use crate::lds::biometrics::extensible::AttackDetection;
use crate::lds::biometrics::extensible::Block;
use crate::lds::biometrics::extensible::Moment;
use crate::lds::biometrics::extensible::Quality;
use crate::lds::biometrics::extensible::common::Extended;
use crate::lds::biometrics::extensible::device::Device;
use crate::lds::biometrics::extensible::device::TECHNOLOGIES;
use crate::lds::biometrics::extensible::segment::Missing;
use crate::lds::biometrics::extensible::segment::POSITIONS;
use crate::lds::biometrics::extensible::segment::Segment;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::biometrics::finger::subtype;
use crate::lds::field::Field;
use crate::lds::field::Value;

const KIND: extensible::Kind = extensible::Kind {
    application: 0x64,
    standard: "ISO/IEC 39794-4",
    most: MAX_IMAGES,
    odd: Oddity::FingerCode,
};

/// Tag of a data block of fingers.
pub(in crate::lds) const APPLICATION: u32 = KIND.application;

/// VisibleString
const VISIBLE_STRING: u32 = 0x1A;

const FORMATS: &Table = &[
    (0, "pgm"),
    (1, "wsq"),
    (2, "jpeg2000_lossy"),
    (3, "jpeg2000_lossless"),
    (4, "png"),
];

const IMPRESSIONS: &Table = &[
    (0, "plain_contact"),
    (1, "rolled_contact"),
    (4, "latent"),
    (8, "swipe"),
    (24, "stationary_contactless_plain"),
    (25, "stationary_contactless_rolled"),
    (28, "other"),
    (29, "unknown"),
    (41, "moving_contactless_plain"),
    (42, "moving_contactless_rolled"),
];

const UNITS: &Table = &[(0, "pixels_per_inch"), (1, "pixels_per_centimetre")];

/// One image of a finger. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Finger {
    /// Which finger, palm or foot
    pub position: Option<Code>,
    /// How the print was taken
    pub impression: Option<Code>,
    /// How it is said to be compressed
    pub compression: Option<Code>,
    /// The image
    pub image: Image,
    /// When it was taken
    pub captured: Option<Moment>,
    /// The scanner
    pub device: Option<Device>,
    /// How good it is
    pub qualities: Vec<Quality>,
    /// Resolution and what it is counted in
    pub resolution: Option<(u16, Code)>,
    /// Whether the scanner found out the position by itself
    pub position_computed: Option<bool>,
    /// How the finger lay on the scanner, in degrees
    pub original_rotation: Option<i16>,
    /// Whether the image was turned upright
    pub upright: Option<bool>,
    /// Whether the image was compressed with losses before
    pub compressed_before: Option<bool>,
    /// Where single fingers are in the image
    pub segments: Vec<Segment>,
    /// Fingers of which there is no print, and why
    pub missing: Vec<Missing>,
    /// Whether somebody posed as another
    pub attack_detection: Vec<AttackDetection>,
    /// Comments
    pub comments: Vec<String>,
    /// The vendor's own
    pub vendor: Vec<Extended>,
}

impl Block<Finger> {
    /// Decodes a finger image data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when its form is another, a part that must be there is missing, there is no
    /// finger or too many, or nothing tells how an image is compressed.
    pub(in crate::lds) fn fingers(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        Self::of(block, &KIND, oddities, Finger::decode)
    }

    /// What the header may say of this block: its fingers; nothing where there is something else.
    pub(in crate::lds) fn subtypes(&self) -> Vec<u8> {
        let fingers = self.representations.iter();
        let subtypes = fingers.map(|finger| subtype(finger.position?.value));
        subtypes.collect::<Option<_>>().unwrap_or_default()
    }

    /// What is said of the fingers.
    pub(in crate::lds) fn fields(&self) -> Vec<Field> {
        let mut fields = self.fields_of(&KIND);
        let fingers = self.representations.iter();
        let fingers = fingers.map(|finger| Value::Fields(finger.fields()));
        fields.push(Field::shown("images", Value::List(fingers.collect())));
        fields
    }
}

impl Finger {
    fn decode(mut members: Members<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const ODD: Oddity = Oddity::FingerCode;
        let position = walk.code(&members.need(0)?, POSITIONS, ODD)?;
        let impression = walk.code(&members.need(1)?, IMPRESSIONS, ODD)?;
        let compression = walk.code(&members.need(2)?, FORMATS, Oddity::ImageType)?;
        let announced = match compression.map(|format| format.value) {
            Some(0) => Some(Format::Raw),
            Some(1) => Some(Format::Wsq),
            Some(2 | 3) => Some(Format::Jpeg2000),
            Some(4) => Some(Format::Png),
            _ => None,
        };
        let image = extensible::image(&members.need(3)?, announced, Channels::Grey, 0, walk)?;
        let captured = members.take(4);
        let captured = captured.map(|captured| Moment::decode(&captured, walk));
        let captured = captured.transpose()?;
        let device = members.take(5);
        let device = device.map(|device| Device::decode(&device, TECHNOLOGIES, walk, ODD));
        let device = device.transpose()?;
        let qualities = Quality::list(members.take(6), walk, ODD)?;
        let resolution = match members.take(7) {
            Some(rate) => {
                let mut numbers = Members::of(&rate, "spatial sampling rate")?;
                let samples = walk::short(&numbers.need(0)?)?;
                let unit = walk.enumerated(&numbers.need(1)?, UNITS, ODD)?;
                numbers.rest(walk)?;
                Some((samples, unit))
            }
            None => None,
        };
        let flag = |members: &mut Members<'_>, number| {
            let flag = members.take(number);
            flag.map(|flag| walk::boolean(&flag)).transpose()
        };
        let position_computed = flag(&mut members, 8)?;
        let upright = flag(&mut members, 10)?;
        let compressed_before = flag(&mut members, 11)?;
        let original_rotation = members.take(9);
        let original_rotation = original_rotation.map(|angle| walk::signed(&angle));
        let original_rotation = original_rotation.transpose()?;
        let segments = Segment::list(members.take(12), walk)?;
        let missing = Missing::list(members.take(13), walk)?;
        let attack_detection = AttackDetection::decode(members.take(14), walk, ODD)?;
        let comments = match members.take(15) {
            Some(comments) => walk::strings(&comments, VISIBLE_STRING, "comments")?,
            None => Vec::new(),
        };
        let vendor = Extended::list(members.take(16), walk)?;
        members.rest(walk)?;
        let text = |comment: Vec<u8>| String::from_utf8_lossy(&comment).into_owned();
        Ok(Self {
            position,
            impression,
            compression,
            image,
            captured,
            device,
            qualities,
            resolution,
            position_computed,
            original_rotation,
            upright,
            compressed_before,
            segments,
            missing,
            attack_detection,
            comments: comments.into_iter().map(text).collect(),
            vendor,
        })
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut put = |name, value: Option<Value>| {
            fields.extend(value.map(|value| Field::shown(name, value)));
        };
        for (name, code) in [
            ("position", self.position),
            ("impression", self.impression),
            ("compression", self.compression),
        ] {
            put(name, code.map(Code::shown));
        }
        put("quality", Quality::shown(&self.qualities));
        if let Some((samples, unit)) = self.resolution {
            put("image_resolution", Some(Value::Number(samples.into())));
            put("scale", Some(unit.shown()));
        }
        let rotation = self.original_rotation.map(|angle| angle.to_string());
        put("rotation", rotation.map(Value::Text));
        put("captured", self.captured.and_then(Moment::value));
        let segments = self.segments.len();
        let segments = (segments > 0).then(|| u64::try_from(segments).unwrap_or(u64::MAX));
        put("segments", segments.map(Value::Number));
        let missing = self.missing.iter().map(|missing| missing.shown());
        let missing: Vec<Value> = missing.collect();
        put(
            "missing",
            (!missing.is_empty()).then_some(Value::List(missing)),
        );
        put(
            "attack_detection",
            AttackDetection::shown(&self.attack_detection),
        );
        let comments = self.comments.iter().cloned().map(Value::Text);
        let comments: Vec<Value> = comments.collect();
        put(
            "comments",
            (!comments.is_empty()).then_some(Value::List(comments)),
        );
        fields.extend(self.device.iter().flat_map(Device::fields));
        fields.extend(self.image.fields());
        fields
    }
}

impl fmt::Debug for Finger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Finger", f)
    }
}
