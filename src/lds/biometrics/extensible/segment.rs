//! Which fingers an image shows, where, and which not.

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::Oddity;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::extensible::Quality;
use crate::lds::biometrics::extensible::Registered;
use crate::lds::biometrics::extensible::common::Score;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::MAX_LIST;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// Fingers are counted as in ISO/IEC 19794-4, palms otherwise. Feet have one word.
pub(super) const POSITIONS: &Table = &[
    (0, "unknown_finger"),
    (1, "right_thumb"),
    (2, "right_index"),
    (3, "right_middle"),
    (4, "right_ring"),
    (5, "right_little"),
    (6, "left_thumb"),
    (7, "left_index"),
    (8, "left_middle"),
    (9, "left_ring"),
    (10, "left_little"),
    (13, "right_four_fingers"),
    (14, "left_four_fingers"),
    (15, "thumbs"),
    (16, "right_extra_digit"),
    (17, "left_extra_digit"),
    (18, "unknown_friction_ridge"),
    (19, "entire_joint"),
    (20, "unknown_palm"),
    (21, "right_full_palm"),
    (22, "right_writers_palm"),
    (23, "right_lower_palm"),
    (24, "right_upper_palm"),
    (25, "right_other_palm"),
    (26, "right_interdigital"),
    (27, "right_thenar"),
    (28, "right_hypothenar"),
    (29, "left_full_palm"),
    (30, "left_writers_palm"),
    (31, "left_lower_palm"),
    (32, "left_upper_palm"),
    (33, "left_other_palm"),
    (34, "left_interdigital"),
    (35, "left_thenar"),
    (36, "left_hypothenar"),
    (37, "right_grasp"),
    (38, "left_grasp"),
    (40, "several_fingers"),
    (41, "several_fingers"),
    (42, "several_fingers"),
    (43, "several_fingers"),
    (44, "several_fingers"),
    (45, "several_fingers"),
    (46, "several_fingers"),
    (47, "several_fingers"),
    (48, "several_fingers"),
    (49, "several_fingers"),
    (50, "several_fingers"),
    (51, "several_fingers"),
    (52, "several_fingers"),
    (53, "several_fingers"),
    (54, "several_fingers"),
    (55, "several_fingers"),
    (60, "foot"),
    (61, "foot"),
    (62, "foot"),
    (63, "foot"),
    (64, "foot"),
    (65, "foot"),
    (66, "foot"),
    (67, "foot"),
    (68, "foot"),
    (69, "foot"),
    (70, "foot"),
    (71, "foot"),
    (72, "foot"),
    (73, "foot"),
    (74, "foot"),
    (75, "foot"),
    (76, "foot"),
    (77, "foot"),
    (78, "foot"),
    (79, "foot"),
    (81, "wrist"),
    (82, "wrist"),
    (83, "right_full_palm"),
    (84, "left_full_palm"),
    (85, "wrist"),
    (86, "wrist"),
    (999, "other"),
];

const REASONS: &Table = &[
    (0, "unknown"),
    (1, "other"),
    (2, "amputated"),
    (3, "unable_to_print"),
    (4, "bandaged"),
    (5, "physically_challenged"),
    (6, "diseased"),
];

/// Where a single finger is in an image of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The algorithm that found it
    pub algorithm: Registered,
    /// Which finger
    pub position: Option<Code>,
    /// Corners: columns and rows
    pub corners: Vec<(u16, u16)>,
    /// How it lies: 256 parts of a full turn
    pub orientation: Option<u32>,
    /// How good it is
    pub qualities: Vec<Quality>,
    /// How sure that is
    pub confidence: Option<Score>,
}

/// A finger of which there is no print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Which finger
    pub position: Option<Code>,
    /// Why
    pub reason: Option<Code>,
}

impl Segment {
    pub(super) fn list(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "segmentations";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        let lists = walk.list(&element, MAX_LIST, WHAT, |element, walk| {
            let mut members = Members::of(element, WHAT)?;
            let algorithm = Registered::decode(&members.need(0)?, walk)?;
            let segments = members.need(1)?;
            members.rest(walk)?;
            walk.list(&segments, MAX_LIST, WHAT, |element, walk| {
                Self::decode(element, algorithm, walk)
            })
        })?;
        Ok(lists.into_iter().flatten().collect())
    }

    fn decode(
        element: &Element<'_>,
        algorithm: Registered,
        walk: &mut Walk<'_>,
    ) -> Result<Self, Malformed> {
        const WHAT: &str = "segment";
        const ODD: Oddity = Oddity::FingerCode;
        let mut members = Members::of(element, WHAT)?;
        let position = walk.code(&members.need(0)?, POSITIONS, ODD)?;
        let corners = members.need(1)?;
        let corners = walk.list(&corners, MAX_LIST, WHAT, |element, walk| {
            let mut corner = Members::of(element, WHAT)?;
            let [x, y] = [corner.need(0)?, corner.need(1)?];
            corner.rest(walk)?;
            Ok((walk::short(&x)?, walk::short(&y)?))
        })?;
        let orientation = members.take(2);
        let orientation = orientation.map(|turn| walk::number(&turn)).transpose()?;
        let qualities = Quality::list(members.take(3), walk, ODD)?;
        let confidence = members.take(4);
        let confidence = confidence.map(|score| Score::decode(&score, walk, ODD));
        let confidence = confidence.transpose()?;
        members.rest(walk)?;
        Ok(Self {
            algorithm,
            position,
            corners,
            orientation,
            qualities,
            confidence,
        })
    }
}

impl Missing {
    pub(super) fn list(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "annotations";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        walk.list(&element, MAX_LIST, WHAT, |element, walk| {
            let mut members = Members::of(element, WHAT)?;
            let missing = Self {
                position: walk.code(&members.need(0)?, POSITIONS, Oddity::FingerCode)?,
                reason: walk.code(&members.need(1)?, REASONS, Oddity::FingerCode)?,
            };
            members.rest(walk)?;
            Ok(missing)
        })
    }

    pub(super) fn shown(self) -> Value {
        let mut fields = Vec::new();
        let mut put = |name, code: Option<Code>| {
            fields.extend(code.map(|code| Field::shown(name, code.shown())));
        };
        put("position", self.position);
        put("reason", self.reason);
        Value::Fields(fields)
    }
}
