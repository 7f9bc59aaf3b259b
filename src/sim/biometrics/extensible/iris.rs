//! Iris image data blocks (ISO/IEC 39794-6).

use crate::image::Format;
use crate::sim::biometrics::extensible::AttackDetection;
use crate::sim::biometrics::extensible::Code;
use crate::sim::biometrics::extensible::Moment;
use crate::sim::biometrics::extensible::Quality;
use crate::sim::biometrics::extensible::block;
use crate::sim::biometrics::extensible::constructed;
use crate::sim::biometrics::extensible::finger::Device;
use crate::sim::biometrics::extensible::finger::grey_map;
use crate::sim::biometrics::extensible::integer;
use crate::sim::biometrics::extensible::primitive;
use crate::sim::biometrics::extensible::qualities;
use crate::sim::biometrics::iris::Side;
use crate::sim::prints::Picture;

/// `[APPLICATION 6]`
const APPLICATION: u32 = 0x66;
/// Year of the edition
const YEAR: u16 = 2021;

/// One image of an iris, in the numbers of the standard; what is none is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iris {
    /// Eye label
    pub eye: u16,
    /// Iris image kind
    pub kind: Code,
    /// Bit depth
    pub depth: u16,
    /// Image data format
    pub format: Code,
    /// Horizontal and vertical orientation, compression history
    pub codes: [u16; 3],
    /// When it was captured
    pub captured: Moment,
    /// Iris image data
    pub image: Vec<u8>,
    /// Range, or why there is none
    pub range: Option<Result<u16, u16>>,
    /// The camera
    pub device: Option<Device>,
    /// Quality blocks
    pub qualities: Vec<Quality>,
    /// Roll angle and its uncertainty
    pub roll: Option<(u16, u16)>,
    /// Centre, smallest and largest column; row; diameter
    pub localisation: Option<[u16; 6]>,
    /// Presentation attack detection
    pub attack_detection: Option<AttackDetection>,
}

impl Iris {
    /// An upright image of an eye in eight bits of grey, of an invented day.
    pub fn of(side: Side, picture: &Picture) -> Self {
        let (format, image) = match Format::of(&picture.image) {
            Some(Format::Png) => (2, picture.image.to_vec()),
            Some(Format::Jpeg2000) => (4, picture.image.to_vec()),
            _ => (0, grey_map(picture)),
        };
        Self {
            eye: side.code().into(),
            kind: Code::Plain(1),
            depth: 8,
            format: Code::Plain(format),
            codes: [1, 1, 0],
            captured: Moment {
                year: 2024,
                parts: [Some(1), Some(2), None, None, None, None],
            },
            image,
            range: None,
            device: None,
            qualities: Vec::new(),
            roll: None,
            localisation: None,
            attack_detection: None,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let [horizontal, vertical, history] = self.codes;
        let mut members = vec![
            integer(0, self.eye.into()),
            self.kind.member(1),
            integer(2, self.depth.into()),
            self.format.member(3),
            integer(4, horizontal.into()),
            integer(5, vertical.into()),
            integer(6, history.into()),
            self.captured.member(7),
            primitive(8, &self.image),
        ];
        members.extend(self.range.map(|range| {
            let choice = match range {
                Ok(distance) => integer(0, distance.into()),
                Err(failure) => integer(1, failure.into()),
            };
            constructed(9, &[choice])
        }));
        members.extend(self.device.iter().map(|device| device.member(10)));
        if !self.qualities.is_empty() {
            members.push(qualities(11, &self.qualities));
        }
        members.extend(self.roll.map(|(angle, uncertainty)| {
            constructed(
                12,
                &[integer(0, angle.into()), integer(1, uncertainty.into())],
            )
        }));
        if let Some(numbers) = self.localisation {
            let numbers = (0..).zip(numbers);
            let numbers: Vec<Vec<u8>> = numbers
                .map(|(number, length)| integer(number, length.into()))
                .collect();
            members.push(constructed(13, &numbers));
        }
        let detection = self.attack_detection.iter();
        members.extend(detection.map(|detection| constructed(14, &detection.members())));
        members.concat()
    }
}

/// A block of these irises.
pub fn record(irises: &[Iris]) -> Vec<u8> {
    let irises: Vec<Vec<u8>> = irises.iter().map(Iris::encode).collect();
    block(APPLICATION, YEAR, &irises, &[])
}
