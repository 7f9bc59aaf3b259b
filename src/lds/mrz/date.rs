//! Dates in the machine-readable zone: two digits for the year (Doc 9303-3 §4.8).

use std::fmt;

use jiff::civil::Date;

use crate::bytes::date::PartialDate;

/// Documents with a chip came in 2004; none of them expired before this year.
const FIRST_EXPIRY: i16 = 2000;

/// Years after which an expired document is no longer looked at.
const EXPIRED_YEARS: i16 = 30;

/// A date as printed: YYMMDD, where unknown parts are `<` (Doc 9303-3 §4.8). From a chip it may also
/// be what is no date at all.
///
/// [`fmt::Display`] gives the six characters, [`fmt::Debug`] does not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MrzDate([char; 6]);

impl MrzDate {
    /// Takes six characters, digits or `<`.
    pub fn new(text: &str) -> Option<Self> {
        let mut characters = ['<'; 6];
        let mut given = text.chars();
        for place in &mut characters {
            *place = given.next().filter(|c| c.is_ascii_digit() || *c == '<')?;
        }
        given.next().is_none().then_some(Self(characters))
    }

    /// Six characters of the zone, whatever they are.
    pub(super) fn printed(text: &str) -> Self {
        let mut characters = ['<'; 6];
        for (place, character) in characters.iter_mut().zip(text.chars()) {
            *place = character;
        }
        Self(characters)
    }

    /// Two digits of the year, month and day, each where it is known. `None` where it is no date.
    pub fn parts(self) -> Option<[Option<i16>; 3]> {
        let [y1, y2, m1, m2, d1, d2] = self.0;
        let number = |tens: char, ones: char| match (tens, ones) {
            ('<', '<') => Some(None),
            _ => i16::try_from(tens.to_digit(10)? * 10 + ones.to_digit(10)?)
                .ok()
                .map(Some),
        };
        Some([number(y1, y2)?, number(m1, m2)?, number(d1, d2)?])
    }

    /// Whether some calendar day has these parts, in whatever century.
    pub fn is_possible(self) -> bool {
        self.parts().is_some_and(|parts| {
            let [_, month, day] = parts;
            month != Some(0) && day != Some(0) && in_calendar(parts)
        })
    }

    /// The parts of a date that is possible. Some issuers write zeros for a month or day that is not
    /// known, where fillers belong.
    fn known(self) -> Option<[Option<i16>; 3]> {
        let [year, month, day] = self.parts()?;
        let parts = [year, month.filter(|m| *m > 0), day.filter(|d| *d > 0)];
        in_calendar(parts).then_some(parts)
    }

    /// Whether a date may be this one, as far as both are known. What is no date contradicts none.
    pub fn agrees_with(self, date: PartialDate) -> bool {
        let Some([year, month, day]) = self.known() else {
            return true;
        };
        let same = |a: Option<i16>, b: Option<i16>| a.zip(b).is_none_or(|(a, b)| a == b);
        let (known_month, known_day) = match date {
            PartialDate::Year(_) => (None, None),
            PartialDate::Month(_, month) => (Some(month), None),
            PartialDate::Day(date) => (Some(date.month()), Some(date.day())),
        };
        same(year, Some(date.year().rem_euclid(100)))
            && same(month, known_month.map(i16::from))
            && same(day, known_day.map(i16::from))
    }

    /// As a date of birth: the latest that is not after the given day. `None` when the year is not
    /// known or this is no date.
    pub fn birth_until(self, today: Date) -> Option<PartialDate> {
        let [year, month, day] = self.numbers()?;
        let this_century = today.year() - today.year() % 100 + year;
        [this_century, this_century - 100]
            .into_iter()
            .filter_map(|year| partial(year, month, day))
            .find(|date| match date {
                PartialDate::Year(year) => *year <= today.year(),
                PartialDate::Month(year, month) => (*year, *month) <= (today.year(), today.month()),
                PartialDate::Day(date) => *date <= today,
            })
    }

    /// As a date of birth in the given year or before. [`MrzDate::birth_until`] tells more exactly.
    pub fn birth_date(self, today_year: i16) -> Option<PartialDate> {
        self.birth_until(Date::new(today_year, 12, 31).ok()?)
    }

    /// As a date of expiry: from thirty years before the given one on, and never before 2000, since
    /// documents with a chip came later. So `991231`, on Vietnamese cards without expiry, is 2099.
    pub fn expiry_date(self, today_year: i16) -> Option<PartialDate> {
        let [year, month, day] = self.numbers()?;
        let earliest = today_year.saturating_sub(EXPIRED_YEARS).max(FIRST_EXPIRY);
        let year = earliest + (year - earliest % 100).rem_euclid(100);
        partial(year, month, day)
    }

    /// Year, month, day; zero for a month or day that is not known. Without a month a day says
    /// nothing.
    fn numbers(self) -> Option<[i16; 3]> {
        match self.known()? {
            [Some(year), Some(month), day] => Some([year, month, day.unwrap_or(0)]),
            [Some(year), None, _] => Some([year, 0, 0]),
            [None, ..] => None,
        }
    }
}

/// Whether some day has these parts: a year that is not known may be a leap year, and a month that is
/// not known may have 31 days.
fn in_calendar([year, month, day]: [Option<i16>; 3]) -> bool {
    let years = year.map_or([2000, 2000], |year| [1900 + year, 2000 + year]);
    years
        .into_iter()
        .any(|year| partial(year, month.unwrap_or(1), day.unwrap_or(1)).is_some())
}

fn partial(year: i16, month: i16, day: i16) -> Option<PartialDate> {
    PartialDate::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

impl fmt::Display for MrzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_iter(self.0))
    }
}

impl fmt::Debug for MrzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzDate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn births_are_never_in_the_future() {
        let birth = |text: &str| MrzDate::new(text).unwrap().birth_until(day("2026-11-22"));
        let text = |date: Option<PartialDate>| date.map(|date| date.to_string());
        assert_eq!(text(birth("990315")).as_deref(), Some("1999-03-15"));
        assert_eq!(text(birth("261122")).as_deref(), Some("2026-11-22"));
        assert_eq!(text(birth("261123")).as_deref(), Some("1926-11-23"));
        assert_eq!(text(birth("50<<<<")).as_deref(), Some("1950"));
        assert_eq!(text(birth("2612<<")).as_deref(), Some("1926-12"));
        assert_eq!(text(birth("<<<<<<")), None);
        assert_eq!(text(birth("990231")), None);
        let year = MrzDate::new("261123").unwrap().birth_date(2026);
        assert_eq!(text(year).as_deref(), Some("2026-11-23"));
    }

    #[test]
    fn expiries_lie_near_or_ahead() {
        let expiry = |text: &str, year| {
            let date = MrzDate::new(text).unwrap().expiry_date(year);
            date.map(|date| date.to_string())
        };
        assert_eq!(expiry("991231", 2026).as_deref(), Some("2099-12-31"));
        assert_eq!(expiry("240315", 2026).as_deref(), Some("2024-03-15"));
        assert_eq!(expiry("050315", 2060).as_deref(), Some("2105-03-15"));
        assert_eq!(expiry("400315", 2060).as_deref(), Some("2040-03-15"));
        assert_eq!(expiry("990229", 2026), None);
    }
}
