//! Finger image data blocks (ISO/IEC 39794-4).

use crate::bytes::tlv::encode;
use crate::image::Format;
use crate::sim::biometrics::extensible::AttackDetection;
use crate::sim::biometrics::extensible::Code;
use crate::sim::biometrics::extensible::Moment;
use crate::sim::biometrics::extensible::Quality;
use crate::sim::biometrics::extensible::Registered;
use crate::sim::biometrics::extensible::block;
use crate::sim::biometrics::extensible::boolean;
use crate::sim::biometrics::extensible::constructed;
use crate::sim::biometrics::extensible::integer;
use crate::sim::biometrics::extensible::primitive;
use crate::sim::biometrics::extensible::qualities;
use crate::sim::biometrics::extensible::registered;
use crate::sim::biometrics::extensible::registrations;
use crate::sim::biometrics::extensible::score;
use crate::sim::biometrics::extensible::sequences;
use crate::sim::prints::Picture;

/// `[APPLICATION 4]`
const APPLICATION: u32 = 0x64;
/// Year of the edition
const YEAR: u16 = 2019;
/// VisibleString
const VISIBLE_STRING: u32 = 0x1A;

/// One image of a finger, in the numbers of the standard; what is none is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finger {
    /// Position
    pub position: Code,
    /// Impression
    pub impression: Code,
    /// Image data format
    pub format: Code,
    /// Image data
    pub image: Vec<u8>,
    /// When it was captured
    pub captured: Option<Moment>,
    /// The scanner
    pub device: Option<Device>,
    /// Quality blocks
    pub qualities: Vec<Quality>,
    /// Samples per unit, and the unit
    pub resolution: Option<(u16, u16)>,
    /// Position computed by the scanner; image rotated to vertical; compressed with losses
    pub flags: [Option<bool>; 3],
    /// Original rotation
    pub rotation: Option<i16>,
    /// Segmentation blocks
    pub segments: Vec<Segment>,
    /// Annotation blocks: position and reason
    pub annotations: Vec<(Code, Code)>,
    /// Presentation attack detection
    pub attack_detection: Option<AttackDetection>,
    /// Comment blocks
    pub comments: Vec<String>,
    /// Vendor-specific data: the form's number and octets
    pub vendor: Vec<(Registered, Vec<u8>)>,
}

/// A scanner or a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Model
    pub model: Registered,
    /// Technology
    pub technology: Option<Code>,
    /// Certifications
    pub certifications: Vec<Registered>,
}

/// A finger in an image of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Algorithm
    pub algorithm: Registered,
    /// Position
    pub position: Code,
    /// Enclosing coordinates
    pub corners: Vec<(u16, u16)>,
    /// Orientation
    pub orientation: Option<u8>,
    /// Confidence
    pub confidence: Option<Result<u32, Code>>,
}

impl Finger {
    /// One finger at 500 pixels per inch, pressed flat.
    pub fn of(position: u8, picture: &Picture) -> Self {
        let (format, image) = match Format::of(&picture.image) {
            Some(Format::Wsq) => (1, picture.image.to_vec()),
            Some(Format::Jpeg2000) => (2, picture.image.to_vec()),
            Some(Format::Png) => (4, picture.image.to_vec()),
            _ => (0, grey_map(picture)),
        };
        Self {
            position: Code::Plain(position.into()),
            impression: Code::Plain(0),
            format: Code::Plain(format),
            image,
            captured: None,
            device: None,
            qualities: Vec::new(),
            resolution: Some((500, 0)),
            flags: [None; 3],
            rotation: None,
            segments: Vec::new(),
            annotations: Vec::new(),
            attack_detection: None,
            comments: Vec::new(),
            vendor: Vec::new(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut members = vec![
            self.position.member(0),
            self.impression.member(1),
            self.format.member(2),
            primitive(3, &self.image),
        ];
        members.extend(self.captured.map(|captured| captured.member(4)));
        members.extend(self.device.iter().map(|device| device.member(5)));
        if !self.qualities.is_empty() {
            members.push(qualities(6, &self.qualities));
        }
        members.extend(self.resolution.map(|(samples, unit)| {
            constructed(7, &[integer(0, samples.into()), integer(1, unit.into())])
        }));
        let [computed, upright, compressed] = self.flags;
        members.extend(computed.map(|flag| boolean(8, flag)));
        members.extend(self.rotation.map(|angle| integer(9, angle.into())));
        members.extend(upright.map(|flag| boolean(10, flag)));
        members.extend(compressed.map(|flag| boolean(11, flag)));
        if !self.segments.is_empty() {
            let segments: Vec<Vec<u8>> = self.segments.iter().map(Segment::content).collect();
            members.push(sequences(12, &segments));
        }
        if !self.annotations.is_empty() {
            let one =
                |(position, reason): &(Code, Code)| [position.member(0), reason.member(1)].concat();
            let annotations: Vec<Vec<u8>> = self.annotations.iter().map(one).collect();
            members.push(sequences(13, &annotations));
        }
        let detection = self.attack_detection.iter();
        members.extend(detection.map(|detection| constructed(14, &detection.members())));
        if !self.comments.is_empty() {
            let comments = self.comments.iter();
            let comments: Vec<Vec<u8>> = comments
                .map(|comment| encode(VISIBLE_STRING, &[comment.as_bytes()]))
                .collect();
            members.push(constructed(15, &comments));
        }
        if !self.vendor.is_empty() {
            let one = |(form, data): &(Registered, Vec<u8>)| {
                [constructed(0, &[registered(*form)]), primitive(1, data)].concat()
            };
            let vendor: Vec<Vec<u8>> = self.vendor.iter().map(one).collect();
            members.push(sequences(16, &vendor));
        }
        members.concat()
    }
}

impl Device {
    pub(super) fn member(&self, number: u8) -> Vec<u8> {
        let mut members = vec![constructed(0, &[registered(self.model)])];
        members.extend(self.technology.map(|code| code.member(1)));
        if !self.certifications.is_empty() {
            members.push(registrations(2, &self.certifications));
        }
        constructed(number, &members)
    }
}

impl Segment {
    /// A segmentation with this segment alone.
    fn content(&self) -> Vec<u8> {
        let corners = self.corners.iter();
        let corners: Vec<Vec<u8>> = corners
            .map(|(x, y)| [integer(0, (*x).into()), integer(1, (*y).into())].concat())
            .collect();
        let mut members = vec![self.position.member(0), sequences(1, &corners)];
        members.extend(self.orientation.map(|turn| integer(2, turn.into())));
        members.extend(self.confidence.map(|confidence| score(4, confidence)));
        let algorithm = constructed(0, &[registered(self.algorithm)]);
        [algorithm, sequences(1, &[members.concat()])].concat()
    }
}

/// The samples of a picture as a portable grey map.
pub(super) fn grey_map(picture: &Picture) -> Vec<u8> {
    let head = format!("P5\n{} {}\n255\n", picture.width, picture.height);
    [head.as_bytes(), &picture.image].concat()
}

/// A block of these fingers.
pub fn record(fingers: &[Finger]) -> Vec<u8> {
    let fingers: Vec<Vec<u8>> = fingers.iter().map(Finger::encode).collect();
    block(APPLICATION, YEAR, &fingers, &[])
}
