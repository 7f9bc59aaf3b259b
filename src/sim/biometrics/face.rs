//! Face records (ISO/IEC 19794-5:2005).

use crate::sim::biometrics::length;
use crate::sim::faces::Portrait;

/// Octets of the record header.
const HEADER: usize = 14;
/// Octets of facial information and image information.
const INFORMATION: usize = 20 + 12;
/// Octets of a feature point.
const POINT: usize = 8;

/// What a record says of one face, in the numbers of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Gender
    pub gender: u8,
    /// Eye colour
    pub eye_colour: u8,
    /// Hair colour
    pub hair_colour: u8,
    /// Feature mask, 24 bits
    pub properties: u32,
    /// Expression
    pub expression: u16,
    /// Yaw, pitch and roll
    pub pose: [u8; 3],
    /// How sure they are
    pub uncertainty: [u8; 3],
    /// Feature points
    pub points: Vec<Point>,
    /// Face image type
    pub image_type: u8,
    /// Image data type
    pub data_type: u8,
    /// Image colour space
    pub colour_space: u8,
    /// Source type
    pub source: u8,
    /// Device type
    pub device: u16,
    /// Quality
    pub quality: u16,
    /// The image and its size
    pub portrait: Portrait,
}

/// A feature point: major and minor number, column and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Major and minor number, four bits each
    pub code: u8,
    /// Column
    pub x: u16,
    /// Row
    pub y: u16,
}

impl Face {
    /// A full frontal image in 24-bit sRGB, of which nothing else is specified.
    pub fn of(portrait: &Portrait) -> Self {
        // JPEG 2000 begins with its signature box or with a bare codestream; else it is JPEG.
        let data_type = match portrait.image.as_ref() {
            [0, 0, 0, 0x0C, ..] | [0xFF, 0x4F, ..] => 1,
            _ => 0,
        };
        Self {
            gender: 0,
            eye_colour: 0,
            hair_colour: 0,
            properties: 0,
            expression: 0,
            pose: [0; 3],
            uncertainty: [0; 3],
            points: Vec::new(),
            image_type: 1,
            data_type,
            colour_space: 1,
            source: 0,
            device: 0,
            quality: 0,
            portrait: portrait.clone(),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let image = &self.portrait.image;
        let all = INFORMATION + POINT * self.points.len() + image.len();
        let mut out = length(all, 4);
        out.extend(length(self.points.len(), 2));
        out.extend([self.gender, self.eye_colour, self.hair_colour]);
        let [_, properties @ ..] = self.properties.to_be_bytes();
        out.extend(properties);
        out.extend(self.expression.to_be_bytes());
        out.extend(self.pose);
        out.extend(self.uncertainty);
        for point in &self.points {
            // One type of point, and two octets for later.
            out.extend([1, point.code]);
            out.extend(point.x.to_be_bytes());
            out.extend(point.y.to_be_bytes());
            out.extend([0, 0]);
        }
        out.extend([self.image_type, self.data_type]);
        out.extend(self.portrait.width.to_be_bytes());
        out.extend(self.portrait.height.to_be_bytes());
        out.extend([self.colour_space, self.source]);
        out.extend(self.device.to_be_bytes());
        out.extend(self.quality.to_be_bytes());
        out.extend_from_slice(image);
        out
    }
}

/// A record of these faces.
pub fn record(faces: &[Face]) -> Vec<u8> {
    let body: Vec<u8> = faces.iter().flat_map(Face::encode).collect();
    let mut out = b"FAC\x00010\x00".to_vec();
    out.extend(length(HEADER + body.len(), 4));
    out.extend(length(faces.len(), 2));
    out.extend(body);
    out
}
