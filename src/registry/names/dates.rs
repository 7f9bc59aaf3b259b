//! Dates of birth and expiry: read from what people type, and compared as far as both are known.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::bytes::date::PartialDate;
use crate::registry::names::rule::Compared;
use crate::registry::names::rule::Rule;
use crate::registry::query::Expiry;

/// Earliest year of a date without separators, and the latest: what else eight digits say is the other
/// order of day, month and year.
const YEARS: RangeInclusive<i16> = 1850..=2150;

/// Longest text that is read as a date: a day with a time of day.
const MAX_TEXT: usize = 40;

/// Reads a date as lists have it: `15/03/1999`, `5/3/1999`, `15-03-1999`, `15.03.1999`,
/// `15031999`, `1999-03-15`, `1999/3/15`, `03/1999`, `1999-03`, `1999`; an unknown day or month
/// may be `00`. A time of day behind it is put aside. The day comes before the month, as in Vietnam.
///
/// # Errors
/// [`Rule::TwoDigitYear`], [`Rule::NoSuchDay`] or [`Rule::Unreadable`].
///
/// ```
/// use cancuoc::registry::names::{Rule, read_date};
/// assert_eq!(read_date("5/3/1999").unwrap().to_string(), "1999-03-05");
/// assert_eq!(read_date("05/03/99"), Err(Rule::TwoDigitYear));
/// ```
pub fn read_date(text: &str) -> Result<PartialDate, Rule> {
    if text.len() > MAX_TEXT {
        return Err(Rule::Unreadable);
    }
    let text = plain(text);
    let text = text.trim();
    let text = text
        .split_once([' ', 'T'])
        .filter(|(_, time)| is_time(time))
        .map_or(text, |(day, _)| day);
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || is_separator(byte))
    {
        return Err(Rule::Unreadable);
    }
    let parts: Vec<&str> = text
        .split(|sign: char| u8::try_from(sign).is_ok_and(is_separator))
        .collect();
    let number = |part: &str| -> Result<i16, Rule> {
        let number = part.parse().ok().filter(|_| part.len() <= 4);
        number.ok_or(Rule::Unreadable)
    };
    match parts.as_slice() {
        [all] if all.len() == 8 => eight_digits(all),
        [year] => year_alone(year),
        [first, second] => match (first.len(), second.len()) {
            (4, 1 | 2) => date(number(first)?, number(second)?, 0),
            (1 | 2, 4) => date(number(second)?, number(first)?, 0),
            (1 | 2, 1 | 2) => Err(Rule::TwoDigitYear),
            _ => Err(Rule::Unreadable),
        },
        [first, second, third] => match (first.len(), second.len(), third.len()) {
            (4, 1 | 2, 1 | 2) => date(number(first)?, number(second)?, number(third)?),
            (1 | 2, 1 | 2, 4) => date(number(third)?, number(second)?, number(first)?),
            (1 | 2, 1 | 2, 1 | 2) => Err(Rule::TwoDigitYear),
            _ => Err(Rule::Unreadable),
        },
        _ => Err(Rule::Unreadable),
    }
}

/// Digits and signs of full width as those of ASCII, and characters without width left out.
fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().filter_map(|sign| match sign {
        '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => None,
        '\u{A0}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2014}' => Some('-'),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(sign) - 0xFEE0),
        other => Some(other),
    });
    Cow::Owned(plain.collect())
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'-' | b'.')
}

fn is_time(text: &str) -> bool {
    let signs =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'Z' | b'+' | b'-');
    text.contains(':') && text.bytes().all(signs)
}

fn date(year: i16, month: i16, day: i16) -> Result<PartialDate, Rule> {
    let part = |number: i16| i8::try_from(number).unwrap_or(i8::MAX);
    // A day of a month that nobody knows is as good as none.
    let day = if month == 0 { 0 } else { part(day) };
    PartialDate::new(year, part(month), day).ok_or(Rule::NoSuchDay)
}

fn year_alone(text: &str) -> Result<PartialDate, Rule> {
    match text.len() {
        4 => date(text.parse().map_err(|_| Rule::Unreadable)?, 0, 0),
        2 => Err(Rule::TwoDigitYear),
        _ => Err(Rule::Unreadable),
    }
}

/// `ddmmyyyy`, as chips have it, or `yyyymmdd`: whichever is a date within living memory.
fn eight_digits(text: &str) -> Result<PartialDate, Rule> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let read = |year: Option<i16>, month: Option<i16>, day: Option<i16>| {
        date(year?, month?, day?)
            .ok()
            .filter(|date| YEARS.contains(&date.year()))
    };
    let day_first = read(part(4, 8), part(2, 4), part(0, 2));
    let year_first = read(part(0, 4), part(4, 6), part(6, 8));
    // Never both: the century of one would be the month of the other.
    day_first.or(year_first).ok_or(Rule::NoSuchDay)
}

/// Compares two dates as far as both are known.
///
/// ```
/// use cancuoc::bytes::date::PartialDate;
/// use cancuoc::registry::names::{Rule, compare_date};
/// let date = |text| PartialDate::from_iso(text).unwrap();
/// assert_eq!(compare_date(date("1950"), date("1950-07-01")).rule, Rule::YearOnly);
/// assert_eq!(compare_date(date("1999-03-05"), date("1999-05-03")).rule, Rule::DayMonthSwapped);
/// ```
pub fn compare_date(register: PartialDate, supplied: PartialDate) -> Compared {
    if register == supplied {
        return Compared::same(Rule::Exact);
    }
    let [one, two] = [register, supplied].map(parts);
    if register.agrees_with(supplied) {
        return Compared::same(if one.1.is_none() || two.1.is_none() {
            Rule::YearOnly
        } else {
            Rule::YearMonth
        });
    }
    let agree = |a: Option<i8>, b: Option<i8>| a.zip(b).is_none_or(|(a, b)| a == b);
    let (month, day) = (agree(one.1, two.1), agree(one.2, two.2));
    let days = one.2.zip(two.2);
    let swapped = days.is_some() && one.0 == two.0 && one.1 == two.2 && one.2 == two.1;
    Compared::differs(match (one.0 == two.0, month, day) {
        _ if swapped => Rule::DayMonthSwapped,
        (true, true, _) => Rule::Day,
        (true, false, true) => Rule::Month,
        // As far as month and day are known: of a year alone neither is.
        (false, true, true) => Rule::Year,
        _ => Rule::Date,
    })
}

fn parts(date: PartialDate) -> (i16, Option<i8>, Option<i8>) {
    match date {
        PartialDate::Year(year) => (year, None, None),
        PartialDate::Month(year, month) => (year, Some(month), None),
        PartialDate::Day(date) => (date.year(), Some(date.month()), Some(date.day())),
    }
}

/// Compares a date with what a list has in its place.
pub fn compare_date_text(register: PartialDate, supplied: &str) -> Compared {
    if supplied.trim().is_empty() {
        return Compared::NOT_SUPPLIED;
    }
    match read_date(supplied) {
        Ok(date) => in_another_form(compare_date(register, date), date, supplied),
        Err(rule) => Compared::differs(rule),
    }
}

/// Says so where the same date is written in another form than ISO 8601.
pub(super) fn in_another_form(compared: Compared, date: PartialDate, text: &str) -> Compared {
    if compared.rule == Rule::Exact && date.to_string() != text {
        return Compared::same(Rule::DateForm);
    }
    compared
}

/// Compares how long two cards are valid.
pub fn compare_expiry(register: Expiry, supplied: Expiry) -> Compared {
    match (register, supplied) {
        (Expiry::Date(register), Expiry::Date(supplied)) => compare_date(register, supplied),
        (Expiry::Never, Expiry::Never) => Compared::same(Rule::Exact),
        _ => Compared::differs(Rule::Value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match read_date(text) {
            Ok(date) => date.to_string(),
            Err(rule) => rule.code().to_owned(),
        }
    }

    #[test]
    fn dates_are_read_as_people_type_them() {
        for (text, expected) in [
            ("15/03/1999", "1999-03-15"),
            (" 5/3/1999 ", "1999-03-05"),
            ("15-03-1999", "1999-03-15"),
            ("15.3.1999", "1999-03-15"),
            ("15031999", "1999-03-15"),
            ("19990315", "1999-03-15"),
            ("1999-03-15", "1999-03-15"),
            ("1999/3/15", "1999-03-15"),
            ("1999-03-15 00:00:00", "1999-03-15"),
            ("1999-03-15T00:00:00.000Z", "1999-03-15"),
            ("03/1999", "1999-03"),
            ("1999-03", "1999-03"),
            ("1999", "1999"),
            ("00/00/1950", "1950"),
            ("00/07/1950", "1950-07"),
            ("1950-00-00", "1950"),
            ("15/00/1999", "1999"),
            ("15031200", "no_such_day"),
            ("15031700", "no_such_day"),
            ("15/03/1999 abc", "unreadable"),
            ("１５/０３/１９９９", "1999-03-15"),
            ("29/02/2000", "2000-02-29"),
            ("29/02/1999", "no_such_day"),
            ("31/04/1999", "no_such_day"),
            ("03/15/1999", "no_such_day"),
            ("15/03/99", "two_digit_year"),
            ("3/99", "two_digit_year"),
            ("99", "two_digit_year"),
            ("20112012", "2012-11-20"),
            ("36234", "unreadable"),
            ("15 tháng 3", "unreadable"),
            ("15//1999", "unreadable"),
            ("-1999", "unreadable"),
            ("0000", "no_such_day"),
            ("1/2/3/4", "unreadable"),
            ("", "unreadable"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn two_dates_differ_for_a_reason() {
        for (one, two, expected) in [
            ("1999-03-15", "1999-03-15", "exact"),
            ("1999-03-15", "1999-03", "year_month"),
            ("1999-03-15", "1999", "year_only"),
            ("1999-03", "1999", "year_only"),
            ("1999-03-05", "1999-05-03", "day_month_swapped"),
            ("1999-03-05", "1999-03-06", "day"),
            ("1999-03-05", "1999-04-05", "month"),
            ("1999-03", "1999-04", "month"),
            ("1999-03-05", "1999-04", "month"),
            ("1999-03-05", "1998-03-05", "year"),
            ("1999-03-05", "1998-05-03", "date"),
            ("1999", "1998", "year"),
            ("1999-03", "1998-03", "year"),
            ("1999-03-05", "1998-03", "year"),
            ("1999-03", "1998-04", "date"),
            ("1999-03-05", "1998-04", "date"),
            ("1999-03-05", "1998", "year"),
            ("1999-03-05", "1999-04-06", "date"),
            ("1999-03-05", "1998-04-06", "date"),
        ] {
            let date = |text| PartialDate::from_iso(text).unwrap();
            for (one, two) in [(one, two), (two, one)] {
                let compared = compare_date(date(one), date(two));
                assert_eq!(compared.rule.code(), expected, "{one} {two}");
            }
        }
    }

    #[test]
    fn a_card_without_end_is_no_card_of_any_date() {
        let until = PartialDate::from_iso("2035-08-17")
            .map(Expiry::Date)
            .unwrap();
        for (one, two, expected) in [
            (Expiry::Never, Expiry::Never, "exact"),
            (until, until, "exact"),
            (until, Expiry::Never, "value"),
            (Expiry::Never, until, "value"),
        ] {
            let compared = compare_expiry(one, two);
            assert_eq!(compared.rule.code(), expected);
            assert_eq!(compared.is_match(), expected == "exact");
        }
    }
}
