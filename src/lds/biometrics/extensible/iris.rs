//! Irises (ISO/IEC 39794-6), as JMRTD has them.
//!
//! ```text
//! representation = 80 eye, A1 kind, 82 depth, A3 format, 84 horizontal and 85 vertical orientation,
//!                  86 compression history, A7 captured, 88 image, A9 range, AA device,
//!                  AB qualities, AC roll angle, AD localisation, AE attack detection
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
use crate::lds::biometrics::extensible::device::Device;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::field::Field;
use crate::lds::field::Value;

const KIND: extensible::Kind = extensible::Kind {
    application: 0x66,
    standard: "ISO/IEC 39794-6",
    most: MAX_IMAGES,
    odd: Oddity::IrisCode,
};

/// Tag of a data block of irises.
pub(in crate::lds) const APPLICATION: u32 = KIND.application;

/// Bits of a pixel that the standard permits
const LEAST_BITS: u16 = 8;
const MOST_BITS: u16 = 24;

/// An angle or uncertainty that is not known
const UNDEFINED: u16 = 0xFFFF;

const EYES: &Table = &[(0, "unknown"), (1, "right"), (2, "left")];

const KINDS: &Table = &[
    (1, "uncropped"),
    (2, "vga"),
    (3, "cropped"),
    (7, "cropped_and_masked"),
];

const FORMATS: &Table = &[
    (0, "pgm"),
    (1, "ppm"),
    (2, "png"),
    (3, "jpeg2000_lossless"),
    (4, "jpeg2000_lossy"),
];

const HORIZONTAL: &Table = &[(0, "undefined"), (1, "left_to_right"), (2, "right_to_left")];

const VERTICAL: &Table = &[(0, "undefined"), (1, "top_to_bottom"), (2, "bottom_to_top")];

const HISTORIES: &Table = &[(0, "undefined"), (1, "lossless_or_none"), (2, "lossy")];

const TECHNOLOGIES: &Table = &[(0, "unknown"), (1, "cmos_or_ccd")];

const FAILURES: &Table = &[(0, "unassigned"), (1, "failed"), (2, "overflow")];

/// One image of an iris. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Iris {
    /// Right or left
    pub eye: Code,
    /// How the image was cut
    pub kind: Option<Code>,
    /// Bits of a pixel, 8 to 24
    pub depth: u16,
    /// How it is said to be compressed
    pub compression: Option<Code>,
    /// Which way the image lies from left to right
    pub horizontal: Code,
    /// Which way the image lies from top to bottom
    pub vertical: Code,
    /// Whether it was compressed with losses before
    pub history: Code,
    /// When it was taken
    pub captured: Moment,
    /// The image
    pub image: Image,
    /// Distance of the camera
    pub range: Option<Range>,
    /// The camera
    pub device: Option<Device>,
    /// How good it is
    pub qualities: Vec<Quality>,
    /// Rotation of the eye and how sure that is: 65536 parts of a full turn and of half a turn; 65535
    /// undefined. As in ISO/IEC 19794-6, which is not told by the module
    pub rotation: Option<(u16, u16)>,
    /// Where the iris is, in pixels: centre from column to column and from row to row, and the
    /// smallest and largest diameter
    pub localisation: [Option<u16>; 6],
    /// Whether somebody posed as another
    pub attack_detection: Vec<AttackDetection>,
}

/// A distance, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The distance
    Distance(u32),
    /// It was not found out
    Failed(Code),
}

impl Block<Iris> {
    /// Decodes an iris image data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when its form is another, a part that must be there is missing, there is no iris
    /// or too many, or nothing tells how an image is compressed.
    pub(in crate::lds) fn irises(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        Self::of(block, &KIND, oddities, Iris::decode)
    }

    /// What the header may say of this block: its eyes.
    pub(in crate::lds) fn subtypes(&self) -> Vec<u8> {
        let eyes = self.representations.iter();
        let eyes = eyes.map(|iris| u8::try_from(iris.eye.value));
        eyes.flatten().collect()
    }

    /// What is said of the irises.
    pub(in crate::lds) fn fields(&self) -> Vec<Field> {
        let mut fields = self.fields_of(&KIND);
        let irises = self.representations.iter();
        let irises = irises.map(|iris| Value::Fields(iris.fields()));
        fields.push(Field::shown("images", Value::List(irises.collect())));
        fields
    }
}

impl Iris {
    fn decode(mut members: Members<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const ODD: Oddity = Oddity::IrisCode;
        let eye = walk.enumerated(&members.need(0)?, EYES, ODD)?;
        let kind = walk.code(&members.need(1)?, KINDS, ODD)?;
        let depth = walk::short(&members.need(2)?)?;
        walk.note(!(LEAST_BITS..=MOST_BITS).contains(&depth));
        let compression = walk.code(&members.need(3)?, FORMATS, Oddity::ImageType)?;
        let horizontal = walk.enumerated(&members.need(4)?, HORIZONTAL, ODD)?;
        let vertical = walk.enumerated(&members.need(5)?, VERTICAL, ODD)?;
        let history = walk.enumerated(&members.need(6)?, HISTORIES, ODD)?;
        let captured = Moment::decode(&members.need(7)?, walk)?;
        let (announced, channels) = match compression.map(|format| format.value) {
            Some(0) => (Some(Format::Raw), Channels::Grey),
            Some(1) => (Some(Format::Raw), Channels::Rgb),
            Some(2) => (Some(Format::Png), Channels::Grey),
            Some(3 | 4) => (Some(Format::Jpeg2000), Channels::Grey),
            _ => (None, Channels::Grey),
        };
        let bits = u8::try_from(depth).unwrap_or(0);
        let image = extensible::image(&members.need(8)?, announced, channels, bits, walk)?;
        let range = members.take(9);
        let range = range.map(|range| Range::decode(&range, walk)).transpose()?;
        let device = members.take(10);
        let device = device.map(|device| Device::decode(&device, TECHNOLOGIES, walk, ODD));
        let device = device.transpose()?;
        let qualities = Quality::list(members.take(11), walk, ODD)?;
        let rotation = match members.take(12) {
            Some(roll) => {
                let mut angles = Members::of(&roll, "roll angle")?;
                let [angle, uncertainty] = [angles.need(0)?, angles.need(1)?];
                angles.rest(walk)?;
                Some((walk::short(&angle)?, walk::short(&uncertainty)?))
            }
            None => None,
        };
        let mut localisation = [None; 6];
        if let Some(place) = members.take(13) {
            let mut numbers = Members::of(&place, "localisation")?;
            for (number, length) in (0..).zip(&mut localisation) {
                let element = numbers.take(number);
                *length = element.map(|length| walk::short(&length)).transpose()?;
            }
            numbers.rest(walk)?;
            walk.note(localisation.contains(&Some(0)));
        }
        let attack_detection = AttackDetection::decode(members.take(14), walk, ODD)?;
        members.rest(walk)?;
        Ok(Self {
            eye,
            kind,
            depth,
            compression,
            horizontal,
            vertical,
            history,
            captured,
            image,
            range,
            device,
            qualities,
            rotation,
            localisation,
            attack_detection,
        })
    }

    /// Rotation of the eye in hundredths of a degree; nothing where undefined.
    pub fn rotation_hundredths(&self) -> Option<u32> {
        let (rotation, _) = self.rotation.filter(|(turn, _)| *turn != UNDEFINED)?;
        Some(u32::from(rotation) * 36_000 / 65_536)
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let mut put = |name, value: Option<Value>| {
            fields.extend(value.map(|value| Field::shown(name, value)));
        };
        put("eye", Some(self.eye.shown()));
        put("image_type", self.kind.map(Code::shown));
        put("depth", Some(Value::Number(self.depth.into())));
        put("compression", self.compression.map(Code::shown));
        put("horizontal_orientation", Some(self.horizontal.shown()));
        put("vertical_orientation", Some(self.vertical.shown()));
        put("compression_history", Some(self.history.shown()));
        put("captured", self.captured.value());
        put("quality", Quality::shown(&self.qualities));
        put("camera_distance", self.range.map(Range::shown));
        if let Some(hundredths) = self.rotation_hundredths() {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            put("rotation", Some(Value::Text(text)));
        }
        let [.., smallest, largest] = self.localisation;
        let diameter = largest.or(smallest);
        put(
            "iris_diameter",
            diameter.map(|diameter| Value::Number(diameter.into())),
        );
        put(
            "attack_detection",
            AttackDetection::shown(&self.attack_detection),
        );
        fields.extend(self.device.iter().flat_map(Device::fields));
        fields.extend(self.image.fields());
        fields
    }
}

impl Range {
    fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "range";
        match walk::choice(element, WHAT)? {
            (0, distance) => walk::number(&distance).map(Self::Distance),
            (1, failure) => {
                let code = walk.enumerated(&failure, FAILURES, Oddity::IrisCode);
                code.map(Self::Failed)
            }
            _ => Err(Malformed::new(WHAT, element.offset)),
        }
    }

    fn shown(self) -> Value {
        match self {
            Self::Distance(distance) => Value::Number(distance.into()),
            Self::Failed(code) => code.shown(),
        }
    }
}

impl fmt::Debug for Iris {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Iris", f)
    }
}
