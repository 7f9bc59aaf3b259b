//! Landmarks of a face (ISO/IEC 39794-5).

use crate::bytes::tlv::Element;
use crate::error::Malformed;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;

/// Most landmarks of a face. The standard names 88 points of MPEG-4 and 161 anthropometric ones.
const MAX_LANDMARKS: usize = 256;

/// How many points each major number has, from 2 to 12, in the order of their codes.
const MPEG4: [u16; 11] = [14, 14, 6, 4, 4, 1, 10, 15, 10, 6, 4];

/// Points by number: major and minor, in the order of their codes.
const POINTS: [&str; 37] = [
    "1.1", "1.2", "1.5", "1.6", "1.7", "1.8", "1.9", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6",
    "2.7", "2.9", "2.10", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8", "3.9", "3.10",
    "3.11", "3.12", "4.1", "4.2", "4.3", "4.4", "5.1", "5.2", "5.3", "5.4", "5.6",
];

/// Last codes of points by name and by identifier
const LAST_NAME: u16 = 60;
const LAST_ID: u16 = 62;

/// A landmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landmark {
    /// Which point of the face it is; nothing for a point of an extension
    pub kind: Option<Kind>,
    /// Where it is, if that is told
    pub place: Option<Place>,
}

/// Which point of the face a landmark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A feature point of MPEG-4 (ISO/IEC 14496-2), by its code from 0 on
    Mpeg4(u16),
    /// An anthropometric landmark, by the code of its name
    Name(u16),
    /// An anthropometric landmark, by the code of its number
    Point(u16),
    /// An anthropometric landmark, by the code of its abbreviation
    Id(u16),
}

/// Where a landmark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Column and row in the image
    Plane(u16, u16),
    /// Column and row in the texture image
    Texture(u32, u32),
    /// In space
    Space(u16, u16, u16),
}

impl Landmark {
    pub(super) fn list(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "landmarks";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        walk.list(&element, MAX_LANDMARKS, WHAT, |element, walk| {
            let mut members = Members::of(element, WHAT)?;
            let kind = Kind::decode(&members.need(0)?, walk)?;
            let place = match members.take(1) {
                Some(place) => Place::decode(&place, walk)?,
                None => None,
            };
            members.rest(walk)?;
            walk.note(kind.is_some_and(Kind::is_odd));
            Ok(Self { kind, place })
        })
    }

    /// Number and place: `12.1 (310, 420)`, as of feature points; other kinds have a sign in front.
    pub(super) fn text(self) -> String {
        let kind = match self.kind {
            Some(Kind::Mpeg4(code)) => mpeg4(code).map_or_else(
                || format!("#{code}"),
                |(major, minor)| format!("{major}.{minor}"),
            ),
            Some(Kind::Point(code)) => match POINTS.get(usize::from(code)) {
                Some(point) => format!("p{point}"),
                None => format!("p#{code}"),
            },
            Some(Kind::Name(code)) => format!("n{code}"),
            Some(Kind::Id(code)) => format!("i{code}"),
            None => "?".to_owned(),
        };
        match self.place {
            Some(Place::Plane(x, y)) => format!("{kind} ({x}, {y})"),
            Some(Place::Texture(u, v)) => format!("{kind} ({u}, {v})"),
            Some(Place::Space(x, y, z)) => format!("{kind} ({x}, {y}, {z})"),
            None => kind,
        }
    }
}

impl Kind {
    fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Option<Self>, Malformed> {
        const WHAT: &str = "kind of landmark";
        let (extended, base) = walk::choice(element, WHAT)?;
        if extended != 0 {
            return walk.keep(WHAT, element).map(|()| None);
        }
        match walk::choice(&base, WHAT)? {
            (0, point) => Ok(walk.bare_code(&point)?.map(Self::Mpeg4)),
            (1, landmark) => {
                let (extended, base) = walk::choice(&landmark, WHAT)?;
                if extended != 0 {
                    return walk.keep(WHAT, &landmark).map(|()| None);
                }
                let (form, by) = walk::choice(&base, WHAT)?;
                let form = match form {
                    0 => Self::Name,
                    1 => Self::Point,
                    2 => Self::Id,
                    _ => return walk.keep(WHAT, &base).map(|()| None),
                };
                Ok(walk.bare_code(&by)?.map(form))
            }
            _ => walk.keep(WHAT, &base).map(|()| None),
        }
    }

    fn is_odd(self) -> bool {
        match self {
            Self::Mpeg4(code) => mpeg4(code).is_none(),
            Self::Point(code) => usize::from(code) >= POINTS.len(),
            Self::Name(code) => code > LAST_NAME,
            Self::Id(code) => code > LAST_ID,
        }
    }
}

/// Major and minor number of a point of MPEG-4.
fn mpeg4(code: u16) -> Option<(u16, u16)> {
    let mut left = code;
    for (major, points) in (2..).zip(MPEG4) {
        if left < points {
            return Some((major, left + 1));
        }
        left -= points;
    }
    None
}

impl Place {
    fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Option<Self>, Malformed> {
        const WHAT: &str = "place of a landmark";
        let (extended, base) = walk::choice(element, WHAT)?;
        if extended != 0 {
            return walk.keep(WHAT, element).map(|()| None);
        }
        let (form, numbers) = walk::choice(&base, WHAT)?;
        if form > 2 {
            return walk.keep(WHAT, &base).map(|()| None);
        }
        let mut members = Members::of(&numbers, WHAT)?;
        let [first, second] = [members.need(0)?, members.need(1)?];
        let place = match form {
            1 => Self::Texture(walk::number(&first)?, walk::number(&second)?),
            2 => Self::Space(
                walk::short(&first)?,
                walk::short(&second)?,
                walk::short(&members.need(2)?)?,
            ),
            _ => Self::Plane(walk::short(&first)?, walk::short(&second)?),
        };
        members.rest(walk)?;
        Ok(Some(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_mpeg4_are_counted_through() {
        assert_eq!(mpeg4(0), Some((2, 1)));
        assert_eq!(mpeg4(42), Some((7, 1)));
        assert_eq!(mpeg4(43), Some((8, 1)));
        assert_eq!(mpeg4(87), Some((12, 4)));
        assert_eq!(mpeg4(88), None);
    }
}
