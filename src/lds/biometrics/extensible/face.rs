//! Faces (ISO/IEC 39794-5; ICAO's application profile for eMRTDs, version 1).
//!
//! ```text
//! representation = 80 number, A1 { A0 { A0 { 80 image, A1 information, A2 device } } },
//!                  A2 captured, A3 qualities, A4 attack detection, 85 session, 86 derived from,
//!                  A7 device, A8 identity metadata, A9 landmarks
//! ```

use std::fmt;

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::image::Channels;
use crate::image::Format;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Image;
use crate::lds::biometrics::Oddities;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::extensible;
use crate::lds::biometrics::extensible::AttackDetection;
use crate::lds::biometrics::extensible::Block;
use crate::lds::biometrics::extensible::Moment;
use crate::lds::biometrics::extensible::Quality;
use crate::lds::biometrics::extensible::Registered;
use crate::lds::biometrics::extensible::identity::Identity;
use crate::lds::biometrics::extensible::landmark::Landmark;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::biometrics::face::MAX_FACES;
use crate::lds::biometrics::image::Layout;
use crate::lds::biometrics::image::Packing;
use crate::lds::field::Field;
use crate::lds::field::Value;

const KIND: extensible::Kind = extensible::Kind {
    application: 0x65,
    standard: "ISO/IEC 39794-5",
    most: MAX_FACES,
    odd: Oddity::FaceCode,
};

/// The profile permits the last three alone.
const FORMATS: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "jpeg"),
    (3, "jpeg2000_lossy"),
    (4, "jpeg2000_lossless"),
];

/// The profile permits the first alone.
const KINDS: &Table = &[(0, "mrtd"), (1, "general_purpose")];

const ATTEMPTS: &Table = &[
    (0, "unknown"),
    (1, "not_once"),
    (2, "once"),
    (3, "more_than_once"),
];

const COLOUR_SPACES: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "rgb_24_bit"),
    (3, "rgb_48_bit"),
    (4, "yuv_422"),
    (5, "grey_8_bit"),
    (6, "grey_16_bit"),
];

const SOURCES: &Table = &[
    (0, "unknown"),
    (1, "photo_unknown_source"),
    (2, "photo_digital_camera"),
    (3, "photo_scanner"),
    (4, "video_unknown_source"),
    (5, "video_analogue_camera"),
    (6, "video_digital_camera"),
];

const LIGHTS: [&str; 3] = ["white_light", "near_infrared", "thermal"];

const PROCESSING: [&str; 12] = [
    "rotated",
    "cropped",
    "down_sampled",
    "white_balance_adjusted",
    "multiply_compressed",
    "interpolated",
    "contrast_stretched",
    "pose_corrected",
    "multi_view",
    "age_progressed",
    "super_resolution",
    "normalised",
];

/// One image of a face and what is said of it. [`fmt::Debug`] shows the image's format and length.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    /// Number of the representation
    pub number: u32,
    /// The image
    pub image: Image,
    /// How the image was made
    pub information: Information,
    /// What light it was taken in: white, near infrared, thermal
    pub lights: Vec<&'static str>,
    /// What it was taken with
    pub source: Option<Code>,
    /// When it was taken
    pub captured: Option<Moment>,
    /// How good it is
    pub qualities: Vec<Quality>,
    /// Whether somebody posed as another
    pub attack_detection: Vec<AttackDetection>,
    /// Number of the session in which it was taken
    pub session: Option<u32>,
    /// Number of the representation that it was made from
    pub derived_from: Option<u32>,
    /// Model of the camera
    pub device: Option<Registered>,
    /// Certifications of the camera
    pub certifications: Vec<Registered>,
    /// What the person looks like
    pub identity: Identity,
    /// Points of the face
    pub landmarks: Vec<Landmark>,
}

/// How an image was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Information {
    /// How it is said to be compressed
    pub format: Option<Code>,
    /// What for it was taken
    pub kind: Option<Code>,
    /// What was done to it afterwards
    pub processing: Vec<&'static str>,
    /// How often it was compressed with losses
    pub attempts: Option<Code>,
    /// Distance of the camera
    pub distance: Option<u32>,
    /// Diagonal of the sensor
    pub diagonal: Option<u32>,
    /// Focal length of the lens
    pub focal_length: Option<u32>,
    /// Width and height in pixels
    pub size: Option<(u16, u16)>,
    /// In pixels: width of the head, distance between the eyes, from the eyes to the mouth, and
    /// length of the head
    pub measurements: [Option<u32>; 4],
    /// Colour space
    pub colour_space: Option<Code>,
}

impl Block<Face> {
    /// Decodes a face image data block; codes outside their tables are noted.
    ///
    /// # Errors
    /// [`Malformed`] when its form is another, a part that must be there is missing, there is no face
    /// or too many, or an image is neither JPEG nor JPEG 2000.
    pub(in crate::lds) fn faces(
        block: &Element<'_>,
        oddities: &mut Oddities,
    ) -> Result<Self, Malformed> {
        Self::of(block, &KIND, oddities, Face::decode)
    }

    /// What is said of each face.
    pub(in crate::lds) fn fields(&self) -> Vec<Vec<Field>> {
        let face = |face: &Face| {
            let mut fields = face.fields();
            fields.extend(self.fields_of(&KIND));
            fields
        };
        self.representations.iter().map(face).collect()
    }
}

/// Tag of a data block of faces.
pub(in crate::lds) const APPLICATION: u32 = KIND.application;

impl Face {
    fn decode(mut members: Members<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "face image";
        let number = walk::number(&members.need(0)?)?;
        let representation = members.need(1)?;
        // Only an image has a form that is known: [0] of [0].
        let (0, base) = walk::choice(&representation, WHAT)? else {
            return Err(Malformed::new(WHAT, representation.offset));
        };
        let (0, plane) = walk::choice(&base, WHAT)? else {
            return Err(Malformed::new(WHAT, base.offset));
        };
        let mut plane = Members::of(&plane, WHAT)?;
        let data = plane.need(0)?;
        let information = Information::decode(&plane.need(1)?, walk)?;
        let (lights, source) = match plane.take(2) {
            Some(device) => camera(&device, walk)?,
            None => (Vec::new(), None),
        };
        plane.rest(walk)?;
        let image = information.image(&data, walk)?;

        let captured = members.take(2);
        let captured = captured.map(|captured| Moment::decode(&captured, walk));
        let captured = captured.transpose()?;
        let qualities = Quality::list(members.take(3), walk, Oddity::FaceCode)?;
        let attack_detection = AttackDetection::decode(members.take(4), walk, Oddity::FaceCode)?;
        let session = optional(&mut members, 5)?;
        let derived_from = optional(&mut members, 6)?;
        let (device, certifications) = match members.take(7) {
            Some(device) => model(&device, walk)?,
            None => (None, Vec::new()),
        };
        let identity = match members.take(8) {
            Some(identity) => Identity::decode(&identity, walk)?,
            None => Identity::default(),
        };
        let landmarks = Landmark::list(members.take(9), walk)?;
        members.rest(walk)?;
        Ok(Self {
            number,
            image,
            information,
            lights,
            source,
            captured,
            qualities,
            attack_detection,
            session,
            derived_from,
            device,
            certifications,
            identity,
            landmarks,
        })
    }

    /// What is said of the face.
    fn fields(&self) -> Vec<Field> {
        let mut fields = self.image.fields();
        let mut put = |name, value: Option<Value>| {
            fields.extend(value.map(|value| Field::shown(name, value)));
        };
        let Self {
            information,
            identity,
            ..
        } = self;
        for (name, code) in [
            ("image_type", information.kind),
            ("gender", identity.gender),
            ("eye_colour", identity.eye_colour),
            ("hair_colour", identity.hair_colour),
            ("colour_space", information.colour_space),
            ("source", self.source),
            ("lossy_compressions", information.attempts),
        ] {
            put(name, code.map(Code::shown));
        }
        let words = |words: &[&'static str]| {
            Value::List(words.iter().map(|word| Value::Word(word)).collect())
        };
        put("expression", identity.expressions.as_deref().map(words));
        put("properties", identity.properties.as_deref().map(words));
        for (name, list) in [
            ("processing", &information.processing),
            ("lights", &self.lights),
        ] {
            put(name, (!list.is_empty()).then(|| words(list)));
        }
        for (name, angle) in ["yaw", "pitch", "roll"].into_iter().zip(identity.pose) {
            put(name, angle.map(|angle| Value::Text(angle.text())));
        }
        let number = |number: Option<u32>| number.map(|number| Value::Number(number.into()));
        put("subject_height", number(identity.height.map(u32::from)));
        let measured = ["head_width", "eye_distance", "eye_to_mouth", "head_length"];
        for (name, length) in measured.into_iter().zip(information.measurements) {
            put(name, number(length));
        }
        for (name, length) in [
            ("camera_distance", information.distance),
            ("sensor_diagonal", information.diagonal),
            ("focal_length", information.focal_length),
        ] {
            put(name, number(length));
        }
        put("quality", Quality::shown(&self.qualities));
        put("device_model", self.device.map(Registered::shown));
        let certifications = self.certifications.iter().map(|one| one.shown());
        let certifications: Vec<Value> = certifications.collect();
        put(
            "certifications",
            (!certifications.is_empty()).then_some(Value::List(certifications)),
        );
        put("captured", self.captured.and_then(Moment::value));
        put(
            "attack_detection",
            AttackDetection::shown(&self.attack_detection),
        );
        let points = self.landmarks.iter().map(|point| Value::Text(point.text()));
        let points: Vec<Value> = points.collect();
        put(
            "feature_points",
            (!points.is_empty()).then_some(Value::List(points)),
        );
        fields
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.image.outline("Face", f)
    }
}

/// A number that may be missing.
fn optional(members: &mut Members<'_>, number: u8) -> Result<Option<u32>, Malformed> {
    let member = members.take(number);
    member.map(|member| walk::number(&member)).transpose()
}

/// In what light and with what an image was taken.
fn camera(
    element: &Element<'_>,
    walk: &mut Walk<'_>,
) -> Result<(Vec<&'static str>, Option<Code>), Malformed> {
    const WHAT: &str = "camera";
    let mut members = Members::of(element, WHAT)?;
    let lights = match members.take(0) {
        Some(lights) => walk.flags(&lights, &LIGHTS, WHAT)?,
        None => Vec::new(),
    };
    let source = walk.coded(&mut members, 1, SOURCES, Oddity::FaceCode)?;
    members.rest(walk)?;
    Ok((lights, source))
}

/// Model and certifications of a camera.
fn model(
    element: &Element<'_>,
    walk: &mut Walk<'_>,
) -> Result<(Option<Registered>, Vec<Registered>), Malformed> {
    let mut members = Members::of(element, "capture device")?;
    let model = members.take(0);
    let model = model.map(|model| Registered::decode(&model, walk));
    let model = model.transpose()?;
    let certifications = match members.take(1) {
        Some(list) => Registered::list(&list, walk)?,
        None => Vec::new(),
    };
    members.rest(walk)?;
    Ok((model, certifications))
}

impl Information {
    fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "image information";
        let mut members = Members::of(element, WHAT)?;
        let format = walk.code(&members.need(0)?, FORMATS, Oddity::ImageType)?;
        let kind = walk.coded(&mut members, 1, KINDS, Oddity::FaceImageType)?;
        let processing = match members.take(2) {
            Some(flags) => walk.flags(&flags, &PROCESSING, WHAT)?,
            None => Vec::new(),
        };
        let attempts = walk.coded(&mut members, 3, ATTEMPTS, Oddity::FaceCode)?;
        let distance = optional(&mut members, 4)?;
        let diagonal = optional(&mut members, 5)?;
        let focal_length = optional(&mut members, 6)?;
        let size = match members.take(7) {
            Some(size) => {
                let mut sides = Members::of(&size, "image size")?;
                let [width, height] = [sides.need(0)?, sides.need(1)?];
                sides.rest(walk)?;
                Some((walk::short(&width)?, walk::short(&height)?))
            }
            None => None,
        };
        let mut measurements = [None; 4];
        if let Some(measured) = members.take(8) {
            let mut lengths = Members::of(&measured, "measurements of the face")?;
            for (number, length) in (0..).zip(&mut measurements) {
                *length = optional(&mut lengths, number)?;
            }
            lengths.rest(walk)?;
        }
        let colour_space = walk.coded(&mut members, 9, COLOUR_SPACES, Oddity::FaceCode)?;
        // Colours of reference are for those who made the image.
        if let Some(mapping) = members.take(10) {
            walk.keep(WHAT, &mapping)?;
        }
        members.rest(walk)?;
        Ok(Self {
            format,
            kind,
            processing,
            attempts,
            distance,
            diagonal,
            focal_length,
            size,
            measurements,
            colour_space,
        })
    }

    fn image(&self, data: &Element<'_>, walk: &mut Walk<'_>) -> Result<Image, Malformed> {
        let bytes = walk::octets(data, "face image")?;
        let announced = match self.format.map(|format| format.value) {
            Some(2) => Some(Format::Jpeg),
            Some(3 | 4) => Some(Format::Jpeg2000),
            _ => None,
        };
        let (width, height) = self.size.unwrap_or((0, 0));
        let colours = self.colour_space.map(|colours| colours.value);
        let layout = Layout {
            width,
            height,
            depth: match colours {
                Some(3 | 6) => 16,
                _ => 8,
            },
            channels: match colours {
                Some(5 | 6) => Channels::Grey,
                _ => Channels::Rgb,
            },
            packing: Packing::Octets,
        };
        let image = Image::new(bytes, data.offset, announced, layout, walk.oddities())?;
        if matches!(image.format, Format::Jpeg | Format::Jpeg2000) {
            Ok(image)
        } else {
            Err(Malformed::new("face image format", data.offset))
        }
    }
}
