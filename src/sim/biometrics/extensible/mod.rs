//! Encodes blocks of ISO/IEC 39794: of faces after the ASN.1 of ICAO's application profile for eMRTDs
//! (version 1), of fingers and irises as far as their modules are known. Written from these and apart
//! from the decoders; every number may be out of its range.

use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::sim::biometrics::Header;
use crate::sim::biometrics::element;
use crate::sim::biometrics::iris::Side;

pub mod face;
pub mod finger;
pub mod iris;

/// A header whose format is that of a face block (number 42 among those of ISO/IEC JTC 1/SC 37).
pub fn face_header() -> Header {
    Header::face().with(element::FORMAT_TYPE, &[0x00, 0x2A])
}

/// A header whose format is that of a finger block (number 40).
pub fn finger_header(position: u8) -> Header {
    Header::finger(position).with(element::FORMAT_TYPE, &[0x00, 0x28])
}

/// A header whose format is that of an iris block (number 44).
pub fn iris_header(eye: Side) -> Header {
    Header::iris(eye).with(element::FORMAT_TYPE, &[0x00, 0x2C])
}

/// A biometric information template around a block: constructed, and said to be of a standardized
/// format.
pub fn template(header: &Header, block: &[u8]) -> Vec<u8> {
    let data = encode(0x7F2E, &[&encode(0xA1, &[block])]);
    encode(0x7F60, &[&header.encode(), &data])
}

/// A code of a type that may be extended: as it is, or as what to fall back on in an extension, which
/// is how ICAO's profile writes nearly all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// `code`
    Plain(u16),
    /// `extensionBlock { fallback }`
    Fallback(u16),
}

impl Code {
    /// The number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Plain(number) | Self::Fallback(number) => number,
        }
    }

    fn member(self, number: u8) -> Vec<u8> {
        match self {
            Self::Plain(code) => constructed(number, &[integer(0, code.into())]),
            Self::Fallback(code) => {
                constructed(number, &[constructed(1, &[integer(0, code.into())])])
            }
        }
    }
}

/// A number that an organization registered: the organization and its number.
pub type Registered = (u16, u16);

/// An algorithm and its score, or the code of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// The algorithm
    pub algorithm: Registered,
    /// The score
    pub score: Result<u32, Code>,
}

/// Year, month, day, hour, minute, second, millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Year
    pub year: u16,
    /// The rest, as far as it is told
    pub parts: [Option<u16>; 6],
}

/// What was found out about an attack on the camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttackDetection {
    /// Decision
    pub decision: Option<Code>,
    /// Scores
    pub scores: Vec<Quality>,
    /// Capture context
    pub context: Option<Code>,
    /// Supervision level
    pub supervision: Option<Code>,
    /// Risk level
    pub risk: Option<u32>,
    /// Criteria category
    pub criteria: Option<Code>,
    /// Parameter
    pub parameter: Vec<u8>,
    /// Challenges
    pub challenges: Vec<Vec<u8>>,
    /// When it was captured
    pub captured: Option<Moment>,
}

/// Version of the format: generation 3, and the year of its edition.
fn version(year: u16) -> Vec<u8> {
    constructed(0, &[integer(0, 3), integer(1, year.into())])
}

/// A block of representations; `more` follows them, as in later editions.
fn block(application: u32, year: u16, representations: &[Vec<u8>], more: &[u8]) -> Vec<u8> {
    let list = sequences(1, representations);
    encode(application, &[&version(year), &list, more])
}

/// A member without elements inside.
fn primitive(number: u8, octets: &[u8]) -> Vec<u8> {
    encode(0x80 | u32::from(number), &[octets])
}

/// A member with elements inside.
fn constructed(number: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    encode(0xA0 | u32::from(number), &[&parts.concat()])
}

/// A list of SEQUENCEs, of which the contents are given.
fn sequences(number: u8, contents: &[Vec<u8>]) -> Vec<u8> {
    let one = |content: &Vec<u8>| encode(tag::SEQUENCE, &[content]);
    let list: Vec<Vec<u8>> = contents.iter().map(one).collect();
    constructed(number, &list)
}

/// An INTEGER or ENUMERATED in as few octets as it takes.
fn integer(number: u8, value: i64) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let spare = octets.windows(2).take_while(|pair| {
        matches!(pair, [0, second] if second & 0x80 == 0)
            || matches!(pair, [0xFF, second] if second & 0x80 != 0)
    });
    let spare = spare.count();
    primitive(number, octets.get(spare..).unwrap_or_default())
}

fn boolean(number: u8, value: bool) -> Vec<u8> {
    primitive(number, &[if value { 0xFF } else { 0x00 }])
}

/// BOOLEANs, one for each bit from the lowest.
fn flags(number: u8, count: u8, bits: u16) -> Vec<u8> {
    let members: Vec<Vec<u8>> = (0..count)
        .map(|bit| boolean(bit, (bits >> bit) & 1 == 1))
        .collect();
    constructed(number, &members)
}

fn registered((organization, id): Registered) -> Vec<u8> {
    [integer(0, organization.into()), integer(1, id.into())].concat()
}

fn registrations(number: u8, list: &[Registered]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = list.iter().copied().map(registered).collect();
    sequences(number, &list)
}

fn score(number: u8, score: Result<u32, Code>) -> Vec<u8> {
    let choice = match score {
        Ok(score) => integer(0, score.into()),
        Err(failure) => failure.member(1),
    };
    constructed(number, &[choice])
}

fn qualities(number: u8, list: &[Quality]) -> Vec<u8> {
    let one = |quality: &Quality| {
        let algorithm = constructed(0, &[registered(quality.algorithm)]);
        [algorithm, score(1, quality.score)].concat()
    };
    let list: Vec<Vec<u8>> = list.iter().map(one).collect();
    sequences(number, &list)
}

impl Moment {
    fn member(self, number: u8) -> Vec<u8> {
        let parts = (1..).zip(self.parts);
        let parts = parts.filter_map(|(number, part)| Some(integer(number, part?.into())));
        let mut members = vec![integer(0, self.year.into())];
        members.extend(parts);
        constructed(number, &members)
    }
}

impl AttackDetection {
    fn members(&self) -> Vec<Vec<u8>> {
        let mut members = Vec::new();
        members.extend(self.decision.map(|code| code.member(0)));
        if !self.scores.is_empty() {
            members.push(qualities(1, &self.scores));
        }
        members.extend(self.context.map(|code| code.member(3)));
        members.extend(self.supervision.map(|code| code.member(4)));
        members.extend(self.risk.map(|risk| integer(5, risk.into())));
        members.extend(self.criteria.map(|code| code.member(6)));
        if !self.parameter.is_empty() {
            members.push(primitive(7, &self.parameter));
        }
        if !self.challenges.is_empty() {
            let challenges = self.challenges.iter();
            let challenges: Vec<Vec<u8>> = challenges
                .map(|challenge| encode(tag::OCTET_STRING, &[challenge]))
                .collect();
            members.push(constructed(8, &challenges));
        }
        members.extend(self.captured.map(|captured| captured.member(9)));
        members
    }
}

#[cfg(test)]
mod tests;
