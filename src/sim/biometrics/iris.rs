//! Iris records (ISO/IEC 19794-6:2005).

use crate::image::Format;
use crate::sim::biometrics::length;
use crate::sim::prints::Picture;

/// Octets of the record header.
const HEADER: usize = 45;

/// Which eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The right one
    Right,
    /// The left one
    Left,
}

impl Side {
    /// The number of both standards.
    pub const fn code(self) -> u8 {
        match self {
            Self::Right => 1,
            Self::Left => 2,
        }
    }
}

/// An iris record, in the numbers of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The camera
    pub capture_device: u16,
    /// Bit field of properties
    pub properties: u16,
    /// Expected diameter of the iris, in pixels
    pub diameter: u16,
    /// Image format
    pub format: u16,
    /// Columns of every image
    pub width: u16,
    /// Rows of every image
    pub height: u16,
    /// Intensity depth
    pub depth: u8,
    /// Image transformation
    pub transformation: u8,
    /// Device unique identifier
    pub device: [u8; 16],
    /// The eyes
    pub eyes: Vec<Eye>,
}

/// The images of one eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Eye {
    /// Biometric subtype
    pub which: u8,
    /// The images
    pub images: Vec<Iris>,
}

/// One image of an iris.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iris {
    /// Image number
    pub number: u16,
    /// Quality
    pub quality: u8,
    /// Rotation angle
    pub rotation: u16,
    /// Rotation uncertainty
    pub uncertainty: u16,
    /// The image
    pub image: Vec<u8>,
}

impl Record {
    /// One upright image of one eye, in eight bits of grey, of which nothing else is known.
    pub fn of(side: Side, picture: &Picture) -> Self {
        Self {
            capture_device: 0,
            // Neither direction is flipped; progressive.
            properties: 1 | (1 << 2) | (1 << 4),
            diameter: 0,
            format: format(&picture.image),
            width: picture.width,
            height: picture.height,
            depth: 8,
            transformation: 0,
            device: [0; 16],
            eyes: vec![Eye {
                which: side.code(),
                images: vec![Iris {
                    number: 1,
                    quality: 254,
                    rotation: 0xFFFF,
                    uncertainty: 0xFFFF,
                    image: picture.image.to_vec(),
                }],
            }],
        }
    }

    /// The record's octets.
    pub fn encode(&self) -> Vec<u8> {
        let body: Vec<u8> = self.eyes.iter().flat_map(Eye::encode).collect();
        let mut out = b"IIR\x00010\x00".to_vec();
        out.extend(length(HEADER + body.len(), 4));
        out.extend(self.capture_device.to_be_bytes());
        out.extend(length(self.eyes.len(), 1));
        out.extend(length(HEADER, 2));
        for number in [
            self.properties,
            self.diameter,
            self.format,
            self.width,
            self.height,
        ] {
            out.extend(number.to_be_bytes());
        }
        out.extend([self.depth, self.transformation]);
        out.extend(self.device);
        out.extend(body);
        out
    }
}

impl Eye {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.which];
        out.extend(length(self.images.len(), 2));
        for iris in &self.images {
            out.extend(iris.number.to_be_bytes());
            out.push(iris.quality);
            out.extend(iris.rotation.to_be_bytes());
            out.extend(iris.uncertainty.to_be_bytes());
            out.extend(length(iris.image.len(), 4));
            out.extend(&iris.image);
        }
        out
    }
}

/// The image format that a grey image has.
fn format(image: &[u8]) -> u16 {
    match Format::of(image) {
        Some(Format::Jpeg) => 6,
        Some(Format::Jpeg2000) => 14,
        _ => 2,
    }
}
