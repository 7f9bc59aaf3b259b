//! What was found of the applications beside the eMRTD application.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroize as _;

use crate::iso7816::Status;
use crate::lds::lds2::Application;
use crate::lds::lds2::File;
use crate::lds::lds2::MAX_RECORDS;

/// One application as it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationCapture {
    /// How far the read came.
    pub state: ApplicationState,
    /// What came of its files.
    pub files: BTreeMap<File, FileCapture>,
}

/// How far the read of an application came. None of it says anything of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationState {
    /// EF.DIR lists it, and it was not asked for.
    Listed,
    /// It was asked for, and EF.DIR does not list it.
    NotListed,
    /// It was selected; its files say what came of them.
    Selected,
    /// The chip answered its selection with this: 6982 where the terminal has no right in it, 6A82
    /// where it is not there.
    Refused(Status),
    /// Card or channel were lost; everything before that stands.
    Interrupted,
}

/// One file of an application, as far as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct FileCapture {
    /// Its records from number 1 on, as read; a transparent file is one.
    pub records: Vec<Vec<u8>>,
    /// Why there are no more.
    pub end: FileEnd,
}

/// Why a file ends where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileEnd {
    /// It was read to its end.
    Complete,
    /// The chip answered with this instead of what comes next.
    Refused(Status),
    /// What comes next is longer than is taken.
    TooLong,
    /// Card or channel were lost.
    Interrupted,
}

impl Drop for FileCapture {
    fn drop(&mut self) {
        for record in &mut self.records {
            record.zeroize();
        }
    }
}

impl ApplicationCapture {
    /// An application of which nothing has been read.
    pub const fn new(state: ApplicationState) -> Self {
        Self {
            state,
            files: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for ApplicationCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApplicationCapture({}", self.state)?;
        for (file, content) in &self.files {
            write!(f, ", {}: {content:?}", file.name())?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for FileCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records, {}", self.records.len(), self.end)
    }
}

impl fmt::Display for ApplicationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed => f.write_str("listed"),
            Self::NotListed => f.write_str("not_listed"),
            Self::Selected => f.write_str("selected"),
            Self::Refused(status) => write!(f, "refused {:04x}", status.0),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl ApplicationState {
    /// Its word in reports, without the status word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::NotListed => "not_listed",
            Self::Selected => "read",
            Self::Refused(status) => refusal(status),
            Self::Interrupted => "interrupted",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "listed" => Self::Listed,
            "not_listed" => Self::NotListed,
            "selected" => Self::Selected,
            "interrupted" => Self::Interrupted,
            other => Self::Refused(refused(other)?),
        })
    }
}

impl fmt::Display for FileEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Refused(status) => write!(f, "refused {:04x}", status.0),
            Self::TooLong => f.write_str("too_long"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl FileEnd {
    /// Its word in reports, without the status word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Refused(status) => refusal(status),
            Self::TooLong => "too_long",
            Self::Interrupted => "interrupted",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(match text {
            "complete" => Self::Complete,
            "too_long" => Self::TooLong,
            "interrupted" => Self::Interrupted,
            other => Self::Refused(refused(other)?),
        })
    }
}

/// What a refusal means.
const fn refusal(status: Status) -> &'static str {
    match status {
        Status::SECURITY_NOT_SATISFIED => "no_right",
        Status::NOT_FOUND => "not_there",
        _ => "refused",
    }
}

fn refused(text: &str) -> Option<Status> {
    let digits = text.strip_prefix("refused ")?;
    let status = u16::from_str_radix(digits, 16).ok()?;
    (format!("{status:04x}") == digits).then_some(Status(status))
}

/// The saved form of one application.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    state: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, SavedFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedFile {
    end: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<String>,
}

/// The saved form of all of them, by name.
pub(super) fn saved(
    applications: &BTreeMap<Application, ApplicationCapture>,
) -> BTreeMap<String, Saved> {
    let saved_file = |file: &FileCapture| SavedFile {
        end: file.end.to_string(),
        records: file.records.iter().map(hex::encode).collect(),
    };
    applications
        .iter()
        .map(|(application, capture)| {
            let files = capture.files.iter();
            let files = files.map(|(file, content)| (file.name(), saved_file(content)));
            let saved = Saved {
                state: capture.state.to_string(),
                files: files.collect(),
            };
            (application.name().to_owned(), saved)
        })
        .collect()
}

/// The other way round; `None` when a name or a form is none of ours.
pub(super) fn parse(
    saved: &BTreeMap<String, Saved>,
) -> Option<BTreeMap<Application, ApplicationCapture>> {
    saved
        .iter()
        .map(|(name, saved)| {
            let application = Application::from_name(name)?;
            let files = saved.files.iter().map(|(name, saved)| {
                let records = saved.records.iter().map(|record| hex::decode(record).ok());
                let content = FileCapture {
                    records: records.collect::<Option<_>>()?,
                    end: FileEnd::from_text(&saved.end)?,
                };
                let most = usize::from(MAX_RECORDS);
                (content.records.len() <= most).then_some((File::from_name(name)?, content))
            });
            let capture = ApplicationCapture {
                state: ApplicationState::from_text(&saved.state)?,
                files: files.collect::<Option<_>>()?,
            };
            Some((application, capture))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_ends_are_written_in_one_way() {
        for state in [
            ApplicationState::Listed,
            ApplicationState::NotListed,
            ApplicationState::Selected,
            ApplicationState::Refused(Status(0x6A82)),
            ApplicationState::Interrupted,
        ] {
            let text = state.to_string();
            assert_eq!(ApplicationState::from_text(&text), Some(state), "{text}");
        }
        for end in [
            FileEnd::Complete,
            FileEnd::Refused(Status(0x6982)),
            FileEnd::TooLong,
            FileEnd::Interrupted,
        ] {
            assert_eq!(FileEnd::from_text(&end.to_string()), Some(end));
        }
        for text in [
            "",
            "refused",
            "refused 6A82",
            "refused +6a8",
            "refused 06a82",
        ] {
            assert_eq!(FileEnd::from_text(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_saved_comes_back() {
        let files = BTreeMap::from([(
            File::Biometrics(7),
            FileCapture {
                records: vec![vec![1, 2, 3], Vec::new()],
                end: FileEnd::TooLong,
            },
        )]);
        let capture = ApplicationCapture {
            state: ApplicationState::Selected,
            files,
        };
        let all = BTreeMap::from([
            (Application::Biometrics, capture),
            (
                Application::Travel,
                ApplicationCapture::new(ApplicationState::Listed),
            ),
        ]);
        assert_eq!(parse(&saved(&all)), Some(all));
    }

    #[test]
    fn more_records_than_a_file_can_have_are_no_capture() {
        let file = SavedFile {
            end: "complete".to_owned(),
            records: vec![String::new(); 255],
        };
        let application = Saved {
            state: "selected".to_owned(),
            files: BTreeMap::from([("EF.EntryRecords".to_owned(), file)]),
        };
        let all = BTreeMap::from([("travel".to_owned(), application)]);
        assert_eq!(parse(&all), None);
    }
}
