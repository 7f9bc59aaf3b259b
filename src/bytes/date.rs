//! Dates as documents write them: a day, a month of a year, or a year alone.

use std::fmt;

use jiff::civil::Date;

/// A date that may lack its day or its month.
///
/// Written in ISO 8601: `1999-03-15`, `1950-07`, `1950`. [`fmt::Debug`] does not show it, because a
/// date of birth is personal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartialDate {
    /// A year alone.
    Year(i16),
    /// A month of a year, 1 to 12.
    Month(i16, i8),
    /// A day.
    Day(Date),
}

impl PartialDate {
    /// Makes a checked date from numbers; zero month or day means that it is not known.
    ///
    /// ```
    /// use cancuoc::bytes::date::PartialDate;
    /// assert_eq!(PartialDate::new(1950, 0, 0).unwrap().to_string(), "1950");
    /// assert!(PartialDate::new(2023, 2, 29).is_none());
    /// ```
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        if !(1..=9999).contains(&year) {
            return None;
        }
        match (month, day) {
            (0, 0) => Some(Self::Year(year)),
            (1..=12, 0) => Some(Self::Month(year, month)),
            _ => Date::new(year, month, day).ok().map(Self::Day),
        }
    }

    /// Reads ISO 8601: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub fn from_iso(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(0), |part| digits(part, 2))?;
        let day = parts.next().map_or(Some(0), |part| digits(part, 2))?;
        if parts.next().is_some() || (text.len() > 4 && month == 0) || (text.len() > 7 && day == 0)
        {
            return None;
        }
        Self::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    }

    /// Reads what Vietnamese cards write: `dd/mm/yyyy`, `ddmmyyyy`, `mm/yyyy` or `yyyy`.
    pub fn from_vietnamese(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let (day, month, year) = match parts.as_slice() {
            [day, month, year] => (digits(day, 2)?, digits(month, 2)?, digits(year, 4)?),
            [month, year] => (0, digits(month, 2)?, digits(year, 4)?),
            [all] if all.len() == 8 => (
                digits(all.get(..2)?, 2)?,
                digits(all.get(2..4)?, 2)?,
                digits(all.get(4..)?, 4)?,
            ),
            [year] => (0, 0, digits(year, 4)?),
            _ => return None,
        };
        Self::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
    }

    /// The day, where it is known.
    pub const fn day(self) -> Option<Date> {
        match self {
            Self::Day(date) => Some(date),
            _ => None,
        }
    }

    /// The year.
    pub fn year(self) -> i16 {
        match self {
            Self::Year(year) | Self::Month(year, _) => year,
            Self::Day(date) => date.year(),
        }
    }

    /// Whether both may be the same date, as far as each is known.
    pub fn agrees_with(self, other: Self) -> bool {
        let month = |date: Self| match date {
            Self::Year(_) => None,
            Self::Month(_, month) => Some(month),
            Self::Day(date) => Some(date.month()),
        };
        let same = |a: Option<i8>, b: Option<i8>| a.zip(b).is_none_or(|(a, b)| a == b);
        self.year() == other.year()
            && same(month(self), month(other))
            && same(self.day().map(Date::day), other.day().map(Date::day))
    }
}

/// Exactly `count` ASCII digits as a number.
fn digits(text: &str, count: usize) -> Option<i16> {
    let right = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(date) => write!(f, "{date}"),
        }
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialDate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_forms_are_read() {
        let read = |text| PartialDate::from_vietnamese(text).map(|date| date.to_string());
        assert_eq!(read("15/03/1999").as_deref(), Some("1999-03-15"));
        assert_eq!(read("15031999").as_deref(), Some("1999-03-15"));
        assert_eq!(read("03/1999").as_deref(), Some("1999-03"));
        assert_eq!(read("1950").as_deref(), Some("1950"));
        assert_eq!(read("31/02/1999"), None);
        assert_eq!(read("Không thời hạn"), None);
    }

    #[test]
    fn a_known_year_agrees_with_a_day_in_it() {
        let year = PartialDate::from_iso("1950").unwrap();
        assert!(year.agrees_with(PartialDate::from_iso("1950-05-01").unwrap()));
        assert!(!year.agrees_with(PartialDate::from_iso("1951-05-01").unwrap()));
        assert!(PartialDate::from_iso("1950-00").is_none());
    }
}
