//! A face record (ISO/IEC 19794-5:2005).
//!
//! ```text
//! record  = "FAC" 0, "010" 0, length (4), faces (2), face*
//! face    = facial information (20), feature point (8)*, image information (12), image
//! ```

use std::fmt;

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::image::Channels;
use crate::image::Format;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::MAX_IMAGE;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::image::Layout;
use crate::lds::biometrics::image::Packing;
use crate::lds::biometrics::octets::Octets;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// Format identifier and version number
const START: &[u8] = b"FAC\x00010\x00";
/// Length of the record header, in bytes
const RECORD_HEADER: usize = 14;
/// Length of a face without feature points and image, in bytes
const FACE_FIXED: usize = 20 + 12;
/// Length of one feature point, in bytes
const FEATURE_POINT: usize = 8;

/// Most faces in all records. One is usual; the limit stops a count that costs time.
pub const MAX_FACES: usize = 16;

/// Most feature points of a face. MPEG-4 names fewer than a hundred.
const MAX_POINTS: usize = 1_024;

/// First code of an expression that is the vendor's own
const VENDOR_EXPRESSION: u16 = 0x8000;
/// First code of a colour space or a source that is the vendor's own
const VENDOR: u16 = 0x80;

const GENDERS: &Table = &[
    (0, "unspecified"),
    (1, "male"),
    (2, "female"),
    (0xFF, "unknown"),
];

const EYE_COLOURS: &Table = &[
    (0, "unspecified"),
    (1, "black"),
    (2, "blue"),
    (3, "brown"),
    (4, "grey"),
    (5, "green"),
    (6, "multi_coloured"),
    (7, "pink"),
    (0xFF, "unknown"),
];

/// Green and blue are of later prints.
const HAIR_COLOURS: &Table = &[
    (0, "unspecified"),
    (1, "bald"),
    (2, "black"),
    (3, "blonde"),
    (4, "brown"),
    (5, "grey"),
    (6, "white"),
    (7, "red"),
    (8, "green"),
    (9, "blue"),
    (0xFF, "unknown"),
];

const EXPRESSIONS: &Table = &[
    (0, "unspecified"),
    (1, "neutral"),
    (2, "smile_closed_jaw"),
    (3, "smile_open_jaw"),
    (4, "raised_eyebrows"),
    (5, "eyes_looking_away"),
    (6, "squinting"),
    (7, "frowning"),
];

const IMAGE_TYPES: &Table = &[(0, "basic"), (1, "full_frontal"), (2, "token_frontal")];

const COLOUR_SPACES: &Table = &[
    (0, "unspecified"),
    (1, "rgb_24_bit"),
    (2, "yuv_422"),
    (3, "grey_8_bit"),
    (4, "other"),
];

const SOURCES: &Table = &[
    (0, "unspecified"),
    (1, "photo_unknown_source"),
    (2, "photo_digital_camera"),
    (3, "photo_scanner"),
    (4, "video_unknown_source"),
    (5, "video_analogue_camera"),
    (6, "video_digital_camera"),
    (7, "unknown"),
];

/// What the bits of the feature mask say, from the second one on; the first says that they count.
const PROPERTIES: [&str; 10] = [
    "glasses",
    "moustache",
    "beard",
    "teeth_visible",
    "blink",
    "mouth_open",
    "left_eye_patch",
    "right_eye_patch",
    "dark_glasses",
    "distorting_condition",
];

/// A face record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// At least one.
    pub faces: Vec<Face>,
    /// Bytes behind the last face.
    pub padding: usize,
}

/// One image of a face and what is said of it. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    /// Gender
    pub gender: Code,
    /// Colour of the eyes
    pub eye_colour: Code,
    /// Colour of the hair
    pub hair_colour: Code,
    /// Glasses, beard and the like
    pub properties: Properties,
    /// Expression of the face
    pub expression: Code,
    /// Where the head is turned
    pub pose: Pose,
    /// Points of the face, by their MPEG-4 codes
    pub points: Vec<FeaturePoint>,
    /// How the image was composed
    pub image_type: Code,
    /// Colour space
    pub colour_space: Code,
    /// What the image was taken with
    pub source: Code,
    /// The vendor's number of the device; 0 where it is not specified
    pub device: u16,
    /// Quality; the standard has 0 for all
    pub quality: u16,
    /// The image
    pub image: Image,
}

/// The feature mask: 24 bits, of which the lowest says whether the others mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties(u32);

impl Properties {
    /// What is there to be seen, in words of ours; nothing where the mask is not specified.
    pub fn words(self) -> Option<Vec<&'static str>> {
        let bits = (1_u32..).zip(PROPERTIES);
        let set = bits.filter(|(bit, _)| (self.0 >> bit) & 1 == 1);
        (self.0 & 1 == 1).then(|| set.map(|(_, word)| word).collect())
    }

    /// All 24 bits.
    pub const fn mask(self) -> u32 {
        self.0
    }

    /// Bits that the standard keeps for later, and bits that are set although nothing is specified.
    const fn is_odd(self) -> bool {
        self.0 >> 11 != 0 || (self.0 & 1 == 0 && self.0 != 0)
    }
}

/// Where the head is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pose {
    /// About the vertical axis
    pub yaw: Angle,
    /// About the axis from ear to ear
    pub pitch: Angle,
    /// About the axis towards the camera
    pub roll: Angle,
}

/// An angle and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Angle {
    /// As it stands: 0 unspecified, 1 to 91 for 0° to 180°, from there back to -2° at 180.
    pub code: u8,
    /// As it stands: 0 unspecified, 1 to 181 for 0° to 180°.
    pub uncertainty_code: u8,
}

impl Angle {
    /// Largest code of an angle and of an uncertainty
    const LAST: u8 = 181;

    /// Degrees, in steps of two; nothing where unspecified or out of range.
    pub fn degrees(self) -> Option<i16> {
        match self.code {
            1..=91 => Some((i16::from(self.code) - 1) * 2),
            92..=Self::LAST => Some((i16::from(self.code) - 181) * 2),
            _ => None,
        }
    }

    /// Largest error, in degrees; nothing where unspecified or out of range.
    pub fn uncertainty(self) -> Option<u8> {
        match self.uncertainty_code {
            1..=Self::LAST => Some(self.uncertainty_code - 1),
            _ => None,
        }
    }

    fn note(self, oddities: &mut Oddities) {
        if self.code > Self::LAST {
            oddities.insert(Oddity::PoseAngle);
        }
        if self.uncertainty_code > Self::LAST {
            oddities.insert(Oddity::PoseUncertainty);
        }
    }
}

/// One point of a face (ISO/IEC 14496-2: MPEG-4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeaturePoint {
    /// Type of the point; 1 is the only one
    pub kind: u8,
    /// Major number of the point
    pub major: u8,
    /// Minor number of the point
    pub minor: u8,
    /// Column in the image
    pub x: u16,
    /// Row in the image
    pub y: u16,
}

impl Record {
    /// Decodes a record that is the value of this data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when it is another record, a length or count is more than the bytes are, there is
    /// no face or too many, or an image is neither JPEG nor JPEG 2000.
    pub(in crate::lds) fn decode(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        let mut octets = Octets::new(block.value, block.offset);
        octets.exactly(START, "facial record header")?;
        let lengths = RECORD_HEADER..=block.value.len();
        let announced = octets.within(&lengths, 4, "facial record length")?;
        let count = octets.within(&(1..=MAX_FACES), 2, "number of facial images")?;
        let mut faces = Vec::new();
        for _ in 0..count {
            faces.push(Face::decode(&mut octets, oddities)?);
        }
        // What follows the last face is padding.
        let padding = octets.rest().len();
        if announced + padding != block.value.len() {
            oddities.insert(Oddity::Lengths);
        }
        Ok(Self { faces, padding })
    }
}

impl Face {
    fn decode(octets: &mut Octets<'_>, oddities: &mut Oddities) -> Result<Self, Malformed> {
        const INFORMATION: &str = "facial information";
        const IMAGE: &str = "image information";
        let start = octets.offset();
        let length = octets.number(4, "face record length")?;
        let at = octets.offset();
        let points = octets.number(2, "number of feature points")?;
        let fixed = FACE_FIXED + points * FEATURE_POINT;
        let image_len = length
            .checked_sub(fixed)
            .filter(|length| *length <= MAX_IMAGE)
            .ok_or(Malformed::new("face record length", start))?;
        if points > MAX_POINTS {
            return Err(Malformed::new("number of feature points", at));
        }
        let mut code = |table, value, oddity| Code::of(table, value, oddity, oddities);
        let gender = code(GENDERS, octets.one(INFORMATION)?.into(), Oddity::Gender);
        let eyes = octets.one(INFORMATION)?.into();
        let eye_colour = code(EYE_COLOURS, eyes, Oddity::EyeColour);
        let hair = octets.one(INFORMATION)?.into();
        let hair_colour = code(HAIR_COLOURS, hair, Oddity::HairColour);
        let [high, low] = [
            u32::from(octets.one(INFORMATION)?),
            u32::from(octets.two(INFORMATION)?),
        ];
        let properties = Properties((high << 16) | low);
        let expression = vendor_code(
            EXPRESSIONS,
            VENDOR_EXPRESSION,
            octets.two(INFORMATION)?,
            oddities,
        );
        let pose = Pose::decode(octets, INFORMATION, oddities)?;
        let points = feature_points(octets, points, oddities)?;

        let kind = octets.one(IMAGE)?.into();
        let image_type = Code::of(IMAGE_TYPES, kind, Oddity::FaceImageType, oddities);
        let announced = match octets.one(IMAGE)? {
            0 => Some(Format::Jpeg),
            1 => Some(Format::Jpeg2000),
            _ => None,
        };
        let [width, height] = [octets.two(IMAGE)?, octets.two(IMAGE)?];
        let colours = octets.one(IMAGE)?.into();
        let colour_space = vendor_code(COLOUR_SPACES, VENDOR, colours, oddities);
        let source = vendor_code(SOURCES, VENDOR, octets.one(IMAGE)?.into(), oddities);
        let [device, quality] = [octets.two(IMAGE)?, octets.two(IMAGE)?];
        if properties.is_odd() {
            oddities.insert(Oddity::FaceCode);
        }
        let layout = Layout {
            width,
            height,
            depth: 8,
            channels: match colour_space.value {
                3 => Channels::Grey,
                _ => Channels::Rgb,
            },
            packing: Packing::Octets,
        };
        let at = octets.offset();
        let bytes = octets.take(image_len, "face image")?;
        let image = Image::new(bytes, at, announced, layout, oddities)?;
        if !matches!(image.format, Format::Jpeg | Format::Jpeg2000) {
            return Err(Malformed::new("face image format", at));
        }
        Ok(Self {
            gender,
            eye_colour,
            hair_colour,
            properties,
            expression,
            pose,
            points,
            image_type,
            colour_space,
            source,
            device,
            quality,
            image,
        })
    }

    /// What is said of the face, without what is not specified.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = self.image.fields();
        let mut put = |name, value| fields.push(Field::shown(name, value));
        for (name, code) in [
            ("image_type", self.image_type),
            ("gender", self.gender),
            ("eye_colour", self.eye_colour),
            ("hair_colour", self.hair_colour),
            ("expression", self.expression),
            ("colour_space", self.colour_space),
            ("source", self.source),
        ] {
            if code.word != Some("unspecified") {
                put(name, code.shown());
            }
        }
        if let Some(words) = self.properties.words() {
            let words = words.into_iter().map(Value::Word).collect();
            put("properties", Value::List(words));
        }
        for (name, angle) in [
            ("yaw", self.pose.yaw),
            ("pitch", self.pose.pitch),
            ("roll", self.pose.roll),
        ] {
            if let Some(degrees) = angle.degrees() {
                let sure = angle.uncertainty().map(|most| format!(" ± {most}"));
                let sure = sure.unwrap_or_default();
                put(name, Value::Text(format!("{degrees}{sure}")));
            }
        }
        for (name, number) in [("device", self.device), ("quality", self.quality)] {
            if number != 0 {
                put(name, Value::Number(number.into()));
            }
        }
        if !self.points.is_empty() {
            let points = self.points.iter().map(|point| Value::Text(point.text()));
            put("feature_points", Value::List(points.collect()));
        }
        fields
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Face", f)
    }
}

impl Pose {
    fn decode(
        octets: &mut Octets<'_>,
        what: &'static str,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        let codes = [octets.one(what)?, octets.one(what)?, octets.one(what)?];
        let mut angle = |code| {
            let angle = Angle {
                code,
                uncertainty_code: octets.one(what)?,
            };
            angle.note(oddities);
            Ok(angle)
        };
        let [yaw, pitch, roll] = codes;
        Ok(Self {
            yaw: angle(yaw)?,
            pitch: angle(pitch)?,
            roll: angle(roll)?,
        })
    }
}

impl FeaturePoint {
    /// Number, column and row: `12.1 at 310, 420`.
    fn text(self) -> String {
        let Self {
            major, minor, x, y, ..
        } = self;
        format!("{major}.{minor} ({x}, {y})")
    }
}

fn feature_points(
    octets: &mut Octets<'_>,
    count: usize,
    oddities: &mut Oddities,
) -> Result<Vec<FeaturePoint>, Malformed> {
    const WHAT: &str = "feature points";
    let bytes = octets.offset();
    let all = octets.take(count * FEATURE_POINT, WHAT)?;
    let mut octets = Octets::new(all, bytes);
    let mut points = Vec::new();
    for _ in 0..count {
        let kind = octets.one(WHAT)?;
        let code = octets.one(WHAT)?;
        let [x, y] = [octets.two(WHAT)?, octets.two(WHAT)?];
        let reserved = octets.two(WHAT)?;
        if kind != 1 || reserved != 0 {
            oddities.insert(Oddity::FaceCode);
        }
        points.push(FeaturePoint {
            kind,
            major: code >> 4,
            minor: code & 0x0F,
            x,
            y,
        });
    }
    Ok(points)
}

/// A code of a table whose upper end is the vendor's.
fn vendor_code(table: &Table, first: u16, value: u16, oddities: &mut Oddities) -> Code {
    if value >= first {
        return Code {
            value,
            word: Some("vendor_specific"),
        };
    }
    Code::of(table, value, Oddity::FaceCode, oddities)
}
