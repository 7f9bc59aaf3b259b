//! Face image data blocks (ISO/IEC 39794-5).

use crate::image::Format;
use crate::sim::biometrics::extensible::AttackDetection;
use crate::sim::biometrics::extensible::Code;
use crate::sim::biometrics::extensible::Moment;
use crate::sim::biometrics::extensible::Quality;
use crate::sim::biometrics::extensible::Registered;
use crate::sim::biometrics::extensible::block;
use crate::sim::biometrics::extensible::constructed;
use crate::sim::biometrics::extensible::flags;
use crate::sim::biometrics::extensible::integer;
use crate::sim::biometrics::extensible::primitive;
use crate::sim::biometrics::extensible::qualities;
use crate::sim::biometrics::extensible::registered;
use crate::sim::biometrics::extensible::registrations;
use crate::sim::biometrics::extensible::sequences;
use crate::sim::faces::Portrait;

/// `[APPLICATION 5]`
const APPLICATION: u32 = 0x65;
/// Year of the edition
const YEAR: u16 = 2019;

/// What a block says of one face, in the numbers of the standard; what is none is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Representation identifier
    pub number: u32,
    /// The image and its size
    pub portrait: Portrait,
    /// Image data format
    pub format: Code,
    /// Face image kind
    pub kind: Option<Code>,
    /// Twelve flags of processing
    pub processing: Option<u16>,
    /// Lossy transformation attempts
    pub attempts: Option<Code>,
    /// Camera to subject distance, sensor diagonal, lens focal length
    pub optics: [Option<u16>; 3],
    /// Head width, inter-eye distance, eye to mouth distance, head length
    pub measurements: Option<[u32; 4]>,
    /// Image colour space
    pub colour_space: Option<Code>,
    /// Three flags of light
    pub lights: Option<u16>,
    /// Capture device technology
    pub source: Option<Code>,
    /// When it was captured
    pub captured: Option<Moment>,
    /// Quality blocks
    pub qualities: Vec<Quality>,
    /// Presentation attack detection: one as in the profile, or several as in the base standard
    pub attack_detection: Vec<AttackDetection>,
    /// Session identifier and what the image was derived from
    pub origin: [Option<u32>; 2],
    /// Model of the capture device
    pub device: Option<Registered>,
    /// Certifications of the capture device
    pub certifications: Vec<Registered>,
    /// Gender, eye colour and hair colour
    pub looks: [Option<Code>; 3],
    /// Subject height
    pub height: Option<u16>,
    /// Eleven flags of properties
    pub properties: Option<u16>,
    /// Six flags of expression
    pub expression: Option<u16>,
    /// Yaw, pitch and roll, and how sure they are
    pub pose: [Option<(i16, Option<u16>)>; 3],
    /// Landmarks
    pub landmarks: Vec<Landmark>,
    /// Elements of a later edition, as they stand behind the others
    pub more: Vec<u8>,
}

/// A landmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// What it is
    pub kind: Kind,
    /// Where it is
    pub place: Option<Place>,
}

/// What a landmark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// MPEG-4 feature point
    Mpeg4(Code),
    /// Anthropometric landmark: 0 by name, 1 by point, 2 by identifier
    Anthropometric(u8, Code),
}

/// Where a landmark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Cartesian, in the image
    Plane(u16, u16),
    /// In the texture image
    Texture(u32, u32),
    /// Cartesian, in space
    Space(u16, u16, u16),
}

impl Face {
    /// A portrait of a travel document with its size, and nothing else.
    pub fn of(portrait: &Portrait) -> Self {
        // JPEG, else JPEG 2000 with losses.
        let format = match Format::of(&portrait.image) {
            Some(Format::Jpeg2000) => 3,
            _ => 2,
        };
        Self {
            number: 1,
            portrait: portrait.clone(),
            format: Code::Plain(format),
            kind: Some(Code::Fallback(0)),
            processing: None,
            attempts: None,
            optics: [None; 3],
            measurements: None,
            colour_space: None,
            lights: None,
            source: None,
            captured: None,
            qualities: Vec::new(),
            attack_detection: Vec::new(),
            origin: [None; 2],
            device: None,
            certifications: Vec::new(),
            looks: [None; 3],
            height: None,
            properties: None,
            expression: None,
            pose: [None; 3],
            landmarks: Vec::new(),
            more: Vec::new(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut plane = vec![primitive(0, &self.portrait.image), self.information()];
        let mut camera = Vec::new();
        camera.extend(self.lights.map(|bits| flags(0, 3, bits)));
        camera.extend(self.source.map(|code| code.member(1)));
        if !camera.is_empty() {
            plane.push(constructed(2, &camera));
        }
        // ImageRepresentation and its base are choices, each with a tag of its own.
        let base = constructed(0, &[constructed(0, &plane)]);
        let mut members = vec![integer(0, self.number.into()), constructed(1, &[base])];
        members.extend(self.captured.map(|captured| captured.member(2)));
        if !self.qualities.is_empty() {
            members.push(qualities(3, &self.qualities));
        }
        match self.attack_detection.as_slice() {
            [] => {}
            [one] => members.push(constructed(4, &one.members())),
            several => {
                let several: Vec<Vec<u8>> =
                    several.iter().map(|one| one.members().concat()).collect();
                members.push(sequences(4, &several));
            }
        }
        for (number, origin) in (5..).zip(self.origin) {
            members.extend(origin.map(|origin| integer(number, origin.into())));
        }
        let mut device = Vec::new();
        device.extend(
            self.device
                .map(|model| constructed(0, &[registered(model)])),
        );
        if !self.certifications.is_empty() {
            device.push(registrations(1, &self.certifications));
        }
        if !device.is_empty() {
            members.push(constructed(7, &device));
        }
        let identity = self.identity();
        if !identity.is_empty() {
            members.push(constructed(8, &identity));
        }
        if !self.landmarks.is_empty() {
            let landmarks = self.landmarks.iter();
            let landmarks: Vec<Vec<u8>> = landmarks.map(Landmark::content).collect();
            members.push(sequences(9, &landmarks));
        }
        members.push(self.more.clone());
        members.concat()
    }

    fn information(&self) -> Vec<u8> {
        let mut members = vec![self.format.member(0)];
        members.extend(self.kind.map(|code| code.member(1)));
        members.extend(self.processing.map(|bits| flags(2, 12, bits)));
        members.extend(self.attempts.map(|code| code.member(3)));
        for (number, length) in (4..).zip(self.optics) {
            members.extend(length.map(|length| integer(number, length.into())));
        }
        let Portrait { width, height, .. } = self.portrait;
        members.push(constructed(
            7,
            &[integer(0, width.into()), integer(1, height.into())],
        ));
        if let Some(lengths) = self.measurements {
            let lengths = (0..).zip(lengths);
            let lengths: Vec<Vec<u8>> = lengths
                .map(|(number, length)| integer(number, length.into()))
                .collect();
            members.push(constructed(8, &lengths));
        }
        members.extend(self.colour_space.map(|code| code.member(9)));
        constructed(1, &members)
    }

    fn identity(&self) -> Vec<Vec<u8>> {
        let mut members = Vec::new();
        for (number, look) in (0..).zip(self.looks) {
            members.extend(look.map(|code| code.member(number)));
        }
        members.extend(self.height.map(|height| integer(3, height.into())));
        members.extend(self.properties.map(|bits| flags(4, 11, bits)));
        members.extend(self.expression.map(|bits| flags(5, 6, bits)));
        let angles: Vec<Vec<u8>> = (0..)
            .zip(self.pose)
            .filter_map(|(number, angle)| {
                let (degrees, uncertainty) = angle?;
                let mut angle = vec![integer(0, degrees.into())];
                angle.extend(uncertainty.map(|most| integer(1, most.into())));
                Some(constructed(number, &angle))
            })
            .collect();
        if !angles.is_empty() {
            members.push(constructed(6, &angles));
        }
        members
    }
}

impl Landmark {
    fn content(&self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Mpeg4(code) => code.member(0),
            Kind::Anthropometric(form, code) => {
                constructed(1, &[constructed(0, &[code.member(form)])])
            }
        };
        let kind = constructed(0, &[constructed(0, &[kind])]);
        let place = self.place.map(|place| {
            let (form, numbers): (u8, Vec<i64>) = match place {
                Place::Plane(x, y) => (0, vec![x.into(), y.into()]),
                Place::Texture(u, v) => (1, vec![u.into(), v.into()]),
                Place::Space(x, y, z) => (2, vec![x.into(), y.into(), z.into()]),
            };
            let numbers = (0..).zip(numbers);
            let numbers: Vec<Vec<u8>> = numbers
                .map(|(number, length)| integer(number, length))
                .collect();
            constructed(1, &[constructed(0, &[constructed(form, &numbers)])])
        });
        [kind, place.unwrap_or_default()].concat()
    }
}

/// A block of these faces.
pub fn record(faces: &[Face]) -> Vec<u8> {
    let faces: Vec<Vec<u8>> = faces.iter().map(Face::encode).collect();
    block(APPLICATION, YEAR, &faces, &[])
}
