//! When a fault happens: `mute@read:DG2:3`.

use std::fmt;

use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::fault::Fault;
use crate::sim::fault::nearest;

/// A fault, and when it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cue {
    /// What happens.
    pub fault: Fault,
    /// When; without a moment as the fault says itself, which is always for most.
    pub when: Option<Moment>,
}

/// A moment in the life of a chip, which the chip tells by what it sees itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// What must come.
    pub point: Point,
    /// How long it lasts.
    pub span: Span,
}

/// What a chip can count. Every number is from 1; commands, reads and selections are counted since
/// power-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Point {
    /// This command.
    Command(u32),
    /// This READ BINARY of the file.
    Read(FileId, u32),
    /// The file becomes current so many times, by SELECT or by its short identifier.
    Select(FileId, u32),
    /// All that follows this power-up, until the next; counted since the chip was made.
    Power(u32),
    /// This command of a secure channel, counted since the channel was opened.
    Session(u32),
}

/// How long a moment lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// For that command alone (after [`Point::Power`], until power goes), and never again.
    Once,
    /// From then on for the rest of the chip's life.
    Onwards,
}

/// Why a text is no cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCue {
    /// No fault has this name, or not with these numbers.
    Fault,
    /// What stands behind `@` is no moment.
    Moment,
    /// The fault stands in the card's files, or outside the chip: it has no moment.
    Timeless,
    /// The fault says itself at which command, and the moment says it, too.
    TwoMoments,
}

impl NoCue {
    /// In a few words, with what would be right.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Fault => "no such fault",
            Self::Moment => {
                "command:N, read:FILE:N, select:FILE:N, power:N or session:N, and + for from then on"
            }
            Self::Timeless => "no moment: it is in the files or outside the chip",
            Self::TwoMoments => "the number or the moment, not both",
        }
    }
}

impl Cue {
    /// The cue with this text: `mute`, `mute@read:DG2:3`, `bad-mac-at-command@session:7+`. A fault that
    /// has the number of a command has none where a moment is given.
    ///
    /// ```
    /// use cancuoc::sim::fault::Cue;
    /// let cue = Cue::from_name("mute@read:DG2:3").unwrap();
    /// assert_eq!(cue.to_string(), "mute@read:DG2:3");
    /// assert_eq!(Cue::from_name("mute@lunch"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::parse(name).ok()
    }

    /// The same, and why not.
    ///
    /// # Errors
    /// [`NoCue`].
    pub fn parse(text: &str) -> Result<Self, NoCue> {
        let Some((name, when)) = text.split_once('@') else {
            let fault = Fault::from_name(text).ok_or(NoCue::Fault)?;
            return Ok(fault.into());
        };
        let moment = Moment::from_name(when).ok_or(NoCue::Moment)?;
        let (plain, numbers) = match name.split_once(':') {
            Some((plain, numbers)) => (plain, Some(numbers)),
            None => (name, None),
        };
        let usual = Fault::from_name(plain).ok_or(NoCue::Fault)?;
        if !usual.has_moments() {
            return Err(NoCue::Timeless);
        }
        let fault = match (usual, numbers) {
            (usual, None) => usual,
            (Fault::FlipBit { response, .. }, Some(bit)) => Fault::FlipBit {
                response,
                bit: bit.parse().map_err(|_| NoCue::TwoMoments)?,
            },
            (usual, Some(_)) if usual.command().is_some() => return Err(NoCue::TwoMoments),
            (_, Some(_)) => Fault::from_name(name).ok_or(NoCue::Fault)?,
        };
        Ok(Self {
            fault,
            when: Some(moment),
        })
    }
}

impl Cue {
    /// The same, for whoever gave the name.
    ///
    /// # Errors
    /// [`SetupError::SwitchUnknown`], [`SetupError::CueMalformed`].
    pub fn named(text: &str) -> Result<Self, SetupError> {
        Self::parse(text).map_err(|no_cue| match no_cue {
            NoCue::Fault => SetupError::SwitchUnknown {
                name: text.to_owned(),
                nearest: nearest::switch(text),
            },
            NoCue::Moment | NoCue::Timeless | NoCue::TwoMoments => SetupError::CueMalformed {
                text: text.to_owned(),
                why: no_cue.why(),
            },
        })
    }
}

impl From<Fault> for Cue {
    fn from(fault: Fault) -> Self {
        Self { fault, when: None }
    }
}

impl fmt::Display for Cue {
    /// The text that [`Cue::from_name`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(moment) = self.when else {
            return self.fault.fmt(f);
        };
        match self.fault {
            Fault::FlipBit { bit, .. } => write!(f, "{}:{bit}", self.fault.name())?,
            fault if fault.command().is_some() => f.write_str(fault.name())?,
            fault => fault.fmt(f)?,
        }
        write!(f, "@{moment}")
    }
}

impl Moment {
    /// The moment of this text: `command:12`, `read:DG2:3`, `select:SOD`, `power:2`, `session:7`, each
    /// with `+` behind it for "from then on".
    pub fn from_name(text: &str) -> Option<Self> {
        let (text, span) = match text.strip_suffix('+') {
            Some(text) => (text, Span::Onwards),
            None => (text, Span::Once),
        };
        let parts: Vec<&str> = text.split(':').collect();
        let number = |digits: &str| {
            let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|_| plain)?;
            (number > 0).then_some(number)
        };
        let point = match parts.as_slice() {
            ["command", n] => Point::Command(number(n)?),
            ["power", n] => Point::Power(number(n)?),
            ["session", n] => Point::Session(number(n)?),
            ["read", file] => Point::Read(file_named(file)?, 1),
            ["read", file, n] => Point::Read(file_named(file)?, number(n)?),
            ["select", file] => Point::Select(file_named(file)?, 1),
            ["select", file, n] => Point::Select(file_named(file)?, number(n)?),
            _ => return None,
        };
        Some(Self { point, span })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.point {
            Point::Command(n) => write!(f, "command:{n}"),
            Point::Read(file, n) => write!(f, "read:{}:{n}", file_name(file)),
            Point::Select(file, n) => write!(f, "select:{}:{n}", file_name(file)),
            Point::Power(n) => write!(f, "power:{n}"),
            Point::Session(n) => write!(f, "session:{n}"),
        }?;
        match self.span {
            Span::Once => Ok(()),
            Span::Onwards => f.write_str("+"),
        }
    }
}

/// Files that are no data group, by their short names.
const FILES: [(FileId, &str); 7] = [
    (FileId::CardAccess, "CardAccess"),
    (FileId::CardSecurity, "CardSecurity"),
    (FileId::AtrInfo, "ATR"),
    (FileId::Dir, "DIR"),
    (FileId::Com, "COM"),
    (FileId::Sod, "SOD"),
    (FileId::Cvca, "CVCA"),
];

/// What a file is called in a cue.
pub(super) fn file_name(file: FileId) -> String {
    let short = FILES.into_iter().find(|(other, _)| *other == file);
    short.map_or_else(|| file.name(), |(_, name)| name.to_owned())
}

/// The file with this name, whatever the case of its letters.
pub(super) fn file_named(name: &str) -> Option<FileId> {
    let groups = DataGroup::ALL.into_iter().map(FileId::Group);
    FILES
        .into_iter()
        .map(|(file, _)| file)
        .chain(groups)
        .find(|file| {
            file_name(*file).eq_ignore_ascii_case(name) || file.name().eq_ignore_ascii_case(name)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cue_is_found_by_its_text() {
        for when in [
            "command:12",
            "read:DG2:3",
            "read:SOD:1+",
            "select:CardAccess:2",
            "power:2+",
            "session:7",
        ] {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.has_moments()) {
                let cue = Cue {
                    fault,
                    when: Moment::from_name(when),
                };
                let text = cue.to_string();
                assert!(text.ends_with(when), "{text}");
                assert_eq!(Cue::from_name(&text), Some(cue), "{text}");
            }
        }
        for fault in Fault::ALL {
            assert_eq!(Cue::from_name(&fault.to_string()), Some(fault.into()));
        }
    }

    #[test]
    fn what_is_no_cue_says_why() {
        for (text, why) in [
            ("mutes@read:DG2:3", NoCue::Fault),
            ("mute:1@read:DG2", NoCue::Fault),
            ("mute@", NoCue::Moment),
            ("mute@read", NoCue::Moment),
            ("mute@read:DG17:1", NoCue::Moment),
            ("mute@read:DG2:0", NoCue::Moment),
            ("mute@command:+1", NoCue::Moment),
            ("mute@command:4294967296", NoCue::Moment),
            ("mute@power:1++", NoCue::Moment),
            ("cvca-empty@power:1", NoCue::Timeless),
            ("bad-mac-at-command:4@read:DG2:1", NoCue::TwoMoments),
        ] {
            assert_eq!(Cue::parse(text), Err(why), "{text}");
        }
        assert_eq!(
            Cue::from_name("mute@read:ef.sod").unwrap().to_string(),
            "mute@read:SOD:1"
        );
    }
}
