//! What a person looks like in an image (ISO/IEC 39794-5, identity metadata).

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;

/// The profile does not permit the first.
const GENDERS: &Table = &[(0, "unknown"), (1, "other"), (2, "male"), (3, "female")];

const EYE_COLOURS: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "black"),
    (3, "blue"),
    (4, "brown"),
    (5, "grey"),
    (6, "green"),
    (7, "hazel"),
    (8, "multi_coloured"),
    (9, "pink"),
];

const HAIR_COLOURS: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "bald"),
    (3, "black"),
    (4, "blonde"),
    (5, "brown"),
    (6, "grey"),
    (7, "white"),
    (8, "red"),
    (9, "known_colour"),
];

const PROPERTIES: [&str; 11] = [
    "glasses",
    "moustache",
    "beard",
    "teeth_visible",
    "pupil_not_visible",
    "mouth_open",
    "left_eye_patch",
    "right_eye_patch",
    "dark_glasses",
    "biometric_absent",
    "head_covering",
];

const EXPRESSIONS: [&str; 6] = [
    "neutral",
    "smile",
    "raised_eyebrows",
    "eyes_looking_away",
    "squinting",
    "frowning",
];

/// What a person looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Gender
    pub gender: Option<Code>,
    /// Colour of the eyes
    pub eye_colour: Option<Code>,
    /// Colour of the hair
    pub hair_colour: Option<Code>,
    /// Height
    pub height: Option<u16>,
    /// Glasses, beard and the like; nothing where nobody looked
    pub properties: Option<Vec<&'static str>>,
    /// Expressions; nothing where nobody looked
    pub expressions: Option<Vec<&'static str>>,
    /// Yaw, pitch and roll
    pub pose: [Option<Angle>; 3],
}

/// An angle and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Angle {
    /// Degrees, -180 to 180
    pub degrees: i16,
    /// Largest error in degrees, 0 to 180
    pub uncertainty: Option<u16>,
}

impl Identity {
    pub(super) fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        const WHAT: &str = "identity metadata";
        let mut members = Members::of(element, WHAT)?;
        let gender = walk.coded(&mut members, 0, GENDERS, Oddity::Gender)?;
        let eye_colour = walk.coded(&mut members, 1, EYE_COLOURS, Oddity::EyeColour)?;
        let hair_colour = walk.coded(&mut members, 2, HAIR_COLOURS, Oddity::HairColour)?;
        let height = members.take(3);
        let height = height.map(|height| walk::short(&height)).transpose()?;
        walk.note(height == Some(0));
        let mut flags = |number, words: &[&'static str]| {
            let flags = members.take(number);
            let flags = flags.map(|flags| walk.flags(&flags, words, WHAT));
            flags.transpose()
        };
        let properties = flags(4, &PROPERTIES)?;
        let expressions = flags(5, &EXPRESSIONS)?;
        let mut pose = [None; 3];
        if let Some(element) = members.take(6) {
            let mut angles = Members::of(&element, "pose angles")?;
            for (number, angle) in (0..).zip(&mut pose) {
                let element = angles.take(number);
                let decoded = element.map(|element| Angle::decode(&element, walk));
                *angle = decoded.transpose()?;
            }
            angles.rest(walk)?;
        }
        members.rest(walk)?;
        Ok(Self {
            gender,
            eye_colour,
            hair_colour,
            height,
            properties,
            expressions,
            pose,
        })
    }
}

impl Angle {
    /// Largest angle and largest uncertainty
    const MOST: u16 = 180;

    fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        let mut members = Members::of(element, "pose angle")?;
        let degrees = walk::signed(&members.need(0)?)?;
        let uncertainty = members.take(1);
        let uncertainty = uncertainty.map(|number| walk::short(&number));
        let uncertainty = uncertainty.transpose()?;
        members.rest(walk)?;
        if degrees.unsigned_abs() > Self::MOST {
            walk.oddities().insert(Oddity::PoseAngle);
        }
        if uncertainty.is_some_and(|most| most > Self::MOST) {
            walk.oddities().insert(Oddity::PoseUncertainty);
        }
        Ok(Self {
            degrees,
            uncertainty,
        })
    }

    pub(super) fn text(self) -> String {
        let sure = self.uncertainty.map(|most| format!(" ± {most}"));
        format!("{}{}", self.degrees, sure.unwrap_or_default())
    }
}
