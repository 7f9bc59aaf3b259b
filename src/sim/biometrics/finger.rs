//! Finger records (ISO/IEC 19794-4:2005).

use crate::image::Format;
use crate::sim::biometrics::length;
use crate::sim::prints::Picture;

/// Octets of the record header.
const HEADER: usize = 32;
/// Octets in front of an image.
const VIEW: usize = 14;

/// A finger record, in the numbers of the standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The scanner
    pub capture_device: u16,
    /// Image acquisition level
    pub level: u16,
    /// How many fingers there are said to be; as many as there are, if nothing is said
    pub announced: Option<u8>,
    /// Scale units
    pub scale: u8,
    /// Scan resolution, horizontal and vertical
    pub scan_resolution: [u16; 2],
    /// Image resolution, horizontal and vertical
    pub image_resolution: [u16; 2],
    /// Pixel depth
    pub depth: u8,
    /// Compression algorithm
    pub compression: u8,
    /// The fingers
    pub fingers: Vec<Finger>,
}

/// One image of a finger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finger {
    /// Finger or palm position
    pub position: u8,
    /// Count of views
    pub views: u8,
    /// View number
    pub view: u8,
    /// Quality
    pub quality: u8,
    /// Impression type
    pub impression: u8,
    /// The image and its size
    pub picture: Picture,
}

impl Record {
    /// One finger as documents have it: 500 pixels per inch, eight bits, a live scan.
    pub fn of(position: u8, picture: Picture) -> Self {
        Self {
            capture_device: 0,
            level: 31,
            announced: None,
            scale: 1,
            scan_resolution: [500; 2],
            image_resolution: [500; 2],
            depth: 8,
            compression: compression(&picture.image),
            fingers: vec![Finger {
                position,
                views: 1,
                view: 1,
                quality: 254,
                impression: 0,
                picture,
            }],
        }
    }

    /// The record's octets.
    pub fn encode(&self) -> Vec<u8> {
        let body: Vec<u8> = self.fingers.iter().flat_map(Finger::encode).collect();
        let mut out = b"FIR\x00010\x00".to_vec();
        out.extend(length(HEADER + body.len(), 6));
        out.extend(self.capture_device.to_be_bytes());
        out.extend(self.level.to_be_bytes());
        match self.announced {
            Some(count) => out.push(count),
            None => out.extend(length(self.fingers.len(), 1)),
        }
        out.push(self.scale);
        for resolution in self.scan_resolution.iter().chain(&self.image_resolution) {
            out.extend(resolution.to_be_bytes());
        }
        out.extend([self.depth, self.compression]);
        // For later.
        out.extend([0, 0]);
        out.extend(body);
        out
    }
}

impl Finger {
    fn encode(&self) -> Vec<u8> {
        let image = &self.picture.image;
        let mut out = length(VIEW + image.len(), 4);
        out.extend([self.position, self.views, self.view]);
        out.extend([self.quality, self.impression]);
        out.extend(self.picture.width.to_be_bytes());
        out.extend(self.picture.height.to_be_bytes());
        // For later.
        out.push(0);
        out.extend_from_slice(image);
        out
    }
}

/// The compression algorithm that an image has.
fn compression(image: &[u8]) -> u8 {
    match Format::of(image) {
        None | Some(Format::Raw) => 0,
        Some(Format::Wsq) => 2,
        Some(Format::Jpeg) => 3,
        Some(Format::Jpeg2000) => 4,
        Some(Format::Png) => 5,
    }
}

/// What a biometric header calls the finger at this position (ISO/IEC 7816-11); none for others.
pub(super) const fn subtype(position: u8) -> u8 {
    match position {
        // Right hand from the thumb on, then the left one.
        1 => 0b0_0101,
        2 => 0b0_1001,
        3 => 0b0_1101,
        4 => 0b1_0001,
        5 => 0b1_0101,
        6 => 0b0_0110,
        7 => 0b0_1010,
        8 => 0b0_1110,
        9 => 0b1_0010,
        10 => 0b1_0110,
        _ => 0,
    }
}
