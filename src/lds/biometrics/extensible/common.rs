//! What faces, fingers and irises have in common (ISO/IEC 39794-1).

use std::fmt;

use jiff::civil::Date;
use jiff::civil::Time;

use crate::bytes::date::PartialDate;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::tag;
use crate::error::Malformed;
use crate::lds::biometrics::Code;
use crate::lds::biometrics::code::Table;
use crate::lds::biometrics::extensible::walk;
use crate::lds::biometrics::extensible::walk::MAX_LIST;
use crate::lds::biometrics::extensible::walk::Members;
use crate::lds::biometrics::extensible::walk::Walk;
use crate::lds::biometrics::oddity::Oddity;
use crate::lds::field::Field;
use crate::lds::field::Value;

/// Highest score
const MAX_SCORE: u32 = 100;

const FAILURES: &Table = &[(0, "failure_to_assess")];

const DECISIONS: &Table = &[(0, "no_attack"), (1, "attack"), (2, "failure_to_assess")];

const CONTEXTS: &Table = &[(0, "enrolment"), (1, "verification"), (2, "identification")];

const SUPERVISIONS: &Table = &[
    (0, "unknown"),
    (1, "controlled"),
    (2, "assisted"),
    (3, "observed"),
    (4, "unattended"),
];

const CRITERIA: &Table = &[(0, "unknown"), (1, "individual"), (2, "common")];

/// A number that an organization gave to a product or a certification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registered {
    /// The organization, by its number among the owners of formats
    pub organization: u16,
    /// The organization's number
    pub id: u16,
}

impl Registered {
    pub(super) fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        let mut members = Members::of(element, "registered number")?;
        let registered = Self {
            organization: walk::short(&members.need(0)?)?,
            id: walk::short(&members.need(1)?)?,
        };
        members.rest(walk)?;
        walk.note(registered.organization == 0 || registered.id == 0);
        Ok(registered)
    }

    pub(super) fn list(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Vec<Self>, Malformed> {
        walk.list(element, MAX_LIST, "certifications", |element, walk| {
            Self::decode(element, walk)
        })
    }

    /// `organization/id`
    pub(super) fn shown(self) -> Value {
        Value::Text(format!("{}/{}", self.organization, self.id))
    }
}

/// When something was captured, as precisely as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Year
    pub year: u16,
    /// Month, 1 to 12
    pub month: Option<u16>,
    /// Day, 1 to 31
    pub day: Option<u16>,
    /// Hour, 0 to 23
    pub hour: Option<u16>,
    /// Minute, 0 to 59
    pub minute: Option<u16>,
    /// Second, 0 to 59
    pub second: Option<u16>,
    /// Millisecond, 0 to 999
    pub millisecond: Option<u16>,
}

impl Moment {
    pub(super) fn decode(element: &Element<'_>, walk: &mut Walk<'_>) -> Result<Self, Malformed> {
        let mut members = Members::of(element, "capture date and time")?;
        let year = walk::short(&members.need(0)?)?;
        let mut part = |number| {
            let member = members.take(number);
            member.map(|member| walk::short(&member)).transpose()
        };
        let moment = Self {
            year,
            month: part(1)?,
            day: part(2)?,
            hour: part(3)?,
            minute: part(4)?,
            second: part(5)?,
            millisecond: part(6)?,
        };
        members.rest(walk)?;
        walk.note(moment.value().is_none());
        Ok(moment)
    }

    /// The time, else the date as far as it is told; nothing where there is no such date.
    pub(super) fn value(self) -> Option<Value> {
        let small = |part: Option<u16>| i8::try_from(part.unwrap_or(0)).ok();
        let year = i16::try_from(self.year).ok()?;
        let [month, day] = [small(self.month)?, small(self.day)?];
        if self.hour.is_none() || self.minute.is_none() {
            return PartialDate::new(year, month, day).map(Value::Date);
        }
        let [hour, minute, second] = [small(self.hour)?, small(self.minute)?, small(self.second)?];
        let time = Time::new(hour, minute, second, 0).ok()?;
        let date = Date::new(year, month, day).ok()?;
        Some(Value::Time(date.to_datetime(time)))
    }
}

/// A score, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// 0 to 100
    Score(u32),
    /// None was made; nothing where the reason is not known
    Failed(Option<Code>),
}

impl Score {
    pub(super) fn decode(
        element: &Element<'_>,
        walk: &mut Walk<'_>,
        odd: Oddity,
    ) -> Result<Self, Malformed> {
        const WHAT: &str = "score";
        match walk::choice(element, WHAT)? {
            (0, score) => {
                let score = walk::number(&score)?;
                walk.note(score > MAX_SCORE);
                Ok(Self::Score(score))
            }
            (1, failure) => walk.code(&failure, FAILURES, odd).map(Self::Failed),
            _ => Err(Malformed::new(WHAT, element.offset)),
        }
    }

    fn shown(self) -> Value {
        match self {
            Self::Score(score) => Value::Number(score.into()),
            Self::Failed(code) => code.map_or(Value::Word("unknown"), Code::shown),
        }
    }
}

/// What an algorithm found: how good an image is, or how surely it is no attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quality {
    /// The algorithm
    pub algorithm: Registered,
    /// Its score
    pub score: Score,
}

impl Quality {
    pub(super) fn list(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
        odd: Oddity,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "quality blocks";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        walk.list(&element, MAX_LIST, WHAT, |element, walk| {
            let mut members = Members::of(element, WHAT)?;
            let quality = Self {
                algorithm: Registered::decode(&members.need(0)?, walk)?,
                score: Score::decode(&members.need(1)?, walk, odd)?,
            };
            members.rest(walk)?;
            Ok(quality)
        })
    }

    /// The score, or all of them.
    pub(super) fn shown(list: &[Self]) -> Option<Value> {
        match list {
            [] => None,
            [one] => Some(one.score.shown()),
            several => Some(Value::List(
                several.iter().map(|one| one.score.shown()).collect(),
            )),
        }
    }
}

/// Octets whose form somebody registered. [`fmt::Debug`] shows the number and the length.
#[derive(Clone, PartialEq, Eq)]
pub struct Extended {
    /// Their form
    pub form: Registered,
    /// The octets
    pub data: Vec<u8>,
}

impl Extended {
    pub(super) fn list(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "extended data";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        walk.list(&element, MAX_LIST, WHAT, |element, walk| {
            let mut members = Members::of(element, WHAT)?;
            let extended = Self {
                form: Registered::decode(&members.need(0)?, walk)?,
                data: walk::octets(&members.need(1)?, WHAT)?.to_vec(),
            };
            members.rest(walk)?;
            Ok(extended)
        })
    }
}

impl fmt::Debug for Extended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extended({:?}, {} bytes)", self.form, self.data.len())
    }
}

/// Whether somebody posed as another before the camera or scanner (presentation attack detection).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AttackDetection {
    /// What was decided
    pub decision: Option<Code>,
    /// Scores of mechanisms
    pub scores: Vec<Quality>,
    /// Further data
    pub data: Vec<Extended>,
    /// What the capture was for
    pub context: Option<Code>,
    /// Who watched over it
    pub supervision: Option<Code>,
    /// Risk level
    pub risk: Option<u32>,
    /// Whose criteria they were
    pub criteria: Option<Code>,
    /// Parameter of the mechanism
    pub parameter: Vec<u8>,
    /// What the person was asked to do
    pub challenges: Vec<Vec<u8>>,
    /// When it was found out
    pub captured: Option<Moment>,
}

impl AttackDetection {
    /// One block, or a list of them: the profile for eMRTDs has one, the base standard several.
    pub(super) fn decode(
        element: Option<Element<'_>>,
        walk: &mut Walk<'_>,
        odd: Oddity,
    ) -> Result<Vec<Self>, Malformed> {
        const WHAT: &str = "presentation attack detection";
        let Some(element) = element else {
            return Ok(Vec::new());
        };
        if element.inside()?.peek() == Some(tag::SEQUENCE) {
            walk.list(&element, MAX_LIST, WHAT, |element, walk| {
                Self::one(Members::of(element, WHAT)?, walk, odd)
            })
        } else {
            Ok(vec![Self::one(Members::of(&element, WHAT)?, walk, odd)?])
        }
    }

    fn one(mut members: Members<'_>, walk: &mut Walk<'_>, odd: Oddity) -> Result<Self, Malformed> {
        let decision = walk.coded(&mut members, 0, DECISIONS, odd)?;
        let scores = Quality::list(members.take(1), walk, odd)?;
        let data = Extended::list(members.take(2), walk)?;
        let context = walk.coded(&mut members, 3, CONTEXTS, odd)?;
        let supervision = walk.coded(&mut members, 4, SUPERVISIONS, odd)?;
        let risk = members
            .take(5)
            .map(|risk| walk::number(&risk))
            .transpose()?;
        let criteria = walk.coded(&mut members, 6, CRITERIA, odd)?;
        let parameter = match members.take(7) {
            Some(parameter) => walk::octets(&parameter, "parameter")?.to_vec(),
            None => Vec::new(),
        };
        let challenges = match members.take(8) {
            Some(challenges) => walk::strings(&challenges, tag::OCTET_STRING, "challenges")?,
            None => Vec::new(),
        };
        let captured = members.take(9);
        let captured = captured
            .map(|captured| Moment::decode(&captured, walk))
            .transpose()?;
        members.rest(walk)?;
        Ok(Self {
            decision,
            scores,
            data,
            context,
            supervision,
            risk,
            criteria,
            parameter,
            challenges,
            captured,
        })
    }

    /// What there is to show of it.
    pub(super) fn shown(list: &[Self]) -> Option<Value> {
        let one = |detection: &Self| {
            let mut fields = Vec::new();
            for (name, code) in [
                ("decision", detection.decision),
                ("capture_context", detection.context),
                ("supervision", detection.supervision),
                ("criteria", detection.criteria),
            ] {
                fields.extend(code.map(|code| Field::shown(name, code.shown())));
            }
            let risk = detection.risk.map(|risk| Value::Number(risk.into()));
            fields.extend(risk.map(|risk| Field::shown("risk", risk)));
            let scores = Quality::shown(&detection.scores);
            fields.extend(scores.map(|scores| Field::shown("scores", scores)));
            Value::Fields(fields)
        };
        (!list.is_empty()).then(|| Value::List(list.iter().map(one).collect()))
    }
}

impl fmt::Debug for AttackDetection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttackDetection({:?})", self.decision)
    }
}
