//! When a document stops being valid.

use jiff::civil::Date;

use crate::bytes::date::PartialDate;

/// When the document stops being valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentExpiry {
    /// After this day.
    On(Date),
    /// Never.
    Never,
    /// The document does not say in a form that can be read.
    Unknown,
}

impl DocumentExpiry {
    /// After the last day that a date can mean. Doc 9303-3 §4.8: an unknown day or month is the last
    /// one.
    pub(super) fn after(date: Option<PartialDate>) -> Self {
        match date {
            Some(PartialDate::Day(date)) => Self::On(date),
            Some(PartialDate::Month(year, month)) => Date::new(year, month, 1)
                .map_or(Self::Unknown, |date| Self::On(date.last_of_month())),
            Some(PartialDate::Year(year)) => {
                Date::new(year, 12, 31).map_or(Self::Unknown, Self::On)
            }
            None => Self::Unknown,
        }
    }
}
