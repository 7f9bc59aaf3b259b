//! How long a citizen card holds (identity law 26/2023/QH15, article 21).
//!
//! A card ends at the birthday of 14, 25, 40 or 60 years, and one that would end within two years of
//! its issue ends at the next of them; from 58 years at issue on it does not end. One rule: the keys
//! that are tried come from it, and the report notes a card that does not keep it. It judges nothing.

use std::cmp::Reverse;

use jiff::civil::Date;

use crate::lds::mrz::MrzDate;

/// Most candidates for the date of expiry.
pub const MAX_CANDIDATES: usize = 6;

/// First year in which citizen cards had a chip.
pub const FIRST_ISSUE_YEAR: i16 = 2021;

/// Age at issue from which a citizen card does not expire.
const NO_EXPIRY_AGE: i16 = 58;

/// Ages at which cards end.
const AGES: [i16; 4] = [14, 25, 40, 60];

/// The year that stands for no expiry, in full: two digits of it are printed.
const NO_EXPIRY_YEAR: i16 = 2099;

/// How long a citizen card holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Until the birthday of so many years.
    Birthday(i16),
    /// For ever.
    Unlimited,
}

impl Term {
    /// The term by completed years at issue.
    pub const fn of_age(age: i16) -> Self {
        match age {
            ..12 => Self::Birthday(14),
            12..23 => Self::Birthday(25),
            23..38 => Self::Birthday(40),
            38..NO_EXPIRY_AGE => Self::Birthday(60),
            _ => Self::Unlimited,
        }
    }

    /// The term of a card by birth and issue.
    pub fn of(birth: Date, issued: Date) -> Self {
        Self::of_age(age(birth, issued))
    }

    /// The days on which such a card of this person may end; none where it does not. There are two
    /// for a birth on 29 February, where the year of the end has no such day.
    pub fn ends(self, birth: Date) -> Vec<Date> {
        match self {
            Self::Birthday(years) => anniversaries(birth, birth.year().saturating_add(years)),
            Self::Unlimited => Vec::new(),
        }
    }

    /// The forms in which the end may be printed, as YYMMDD.
    fn printed(self, birth: Date) -> Vec<String> {
        match self {
            Self::Birthday(_) => self.ends(birth).into_iter().map(printed).collect(),
            // Two sources say the former, one the latter.
            Self::Unlimited => {
                let mut texts = vec!["991231".to_owned()];
                let days = anniversaries(birth, NO_EXPIRY_YEAR);
                texts.extend(days.into_iter().map(printed));
                texts.dedup();
                texts
            }
        }
    }
}

/// Every expiry that a citizen card of this person can bear, as printed, the likeliest first; at most
/// [`MAX_CANDIDATES`].
///
/// Cards with a chip were first issued in 2021, so the age since then decides. First the term that
/// the date of issue gives; then, from 58 years on, no expiry; then terms that have not run out;
/// then the one under which more years of issue fall.
pub fn candidates(birth: Date, issued: Option<Date>, today: Date) -> Vec<String> {
    let first = Date::new(FIRST_ISSUE_YEAR, 1, 1)
        .unwrap_or(today)
        .max(birth);
    let last = today.max(first);
    let by_issue = issued
        .filter(|issued| *issued >= first)
        .map(|issued| Term::of(birth, issued));

    let mut terms: Vec<(Term, i16)> = vec![];
    for term in (age(birth, first)..=age(birth, last)).map(Term::of_age) {
        match terms.last_mut() {
            Some((same, years)) if *same == term => *years += 1,
            _ => terms.push((term, 1)),
        }
    }
    terms.sort_by_key(|(term, years)| {
        let over = match term {
            Term::Birthday(age_then) => age(birth, today) >= *age_then,
            Term::Unlimited => false,
        };
        let unlimited = age(birth, today) >= NO_EXPIRY_AGE && *term == Term::Unlimited;
        (by_issue != Some(*term), !unlimited, over, Reverse(*years))
    });
    let mut texts: Vec<String> = terms
        .iter()
        .flat_map(|(term, _)| term.printed(birth))
        .collect();
    texts.truncate(MAX_CANDIDATES);
    texts
}

/// Whether a printed date of expiry stands for none on a citizen card: 31 December or the birthday
/// in the year 99. Without the day of birth only the former does.
///
/// No card with a chip expired in 1999, and none can expire in 2099 but that of somebody who turns
/// 14, 25, 40 or 60 then: such a date is a date.
pub fn stands_for_none(expiry: MrzDate, birth: Option<Date>) -> bool {
    let text = expiry.to_string();
    match birth {
        Some(birth) => {
            let ends_then = AGES
                .iter()
                .any(|years| birth.year().saturating_add(*years) == NO_EXPIRY_YEAR);
            !ends_then && Term::Unlimited.printed(birth).contains(&text)
        }
        None => text == "991231",
    }
}

/// Completed years on a day.
pub fn age(birth: Date, on: Date) -> i16 {
    let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(before_birthday)
}

/// The birthday in a year; two days around 29 February in a year that has none.
fn anniversaries(birth: Date, year: i16) -> Vec<Date> {
    match Date::new(year, birth.month(), birth.day()) {
        Ok(day) => vec![day],
        Err(_) => [(2, 28), (3, 1)]
            .into_iter()
            .filter_map(|(month, day)| Date::new(year, month, day).ok())
            .collect(),
    }
}

/// YYMMDD.
fn printed(date: Date) -> String {
    let year = date.year().rem_euclid(100);
    format!("{year:02}{:02}{:02}", date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 22);

    #[test]
    fn the_term_goes_by_the_age_at_issue() {
        let birth = date(1999, 3, 15);
        for (issued, ends) in [
            (date(2021, 5, 10), Some(date(2024, 3, 15))),
            // The day before 23, and the day of it.
            (date(2022, 3, 14), Some(date(2024, 3, 15))),
            (date(2022, 3, 15), Some(date(2039, 3, 15))),
            (date(2037, 3, 15), Some(date(2059, 3, 15))),
            (date(2057, 3, 14), Some(date(2059, 3, 15))),
            (date(2057, 3, 15), None),
        ] {
            assert_eq!(
                Term::of(birth, issued).ends(birth).first().copied(),
                ends,
                "{issued}"
            );
        }
        let child = date(2020, 1, 2);
        let ends = |issued| Term::of(child, issued).ends(child);
        assert_eq!(ends(date(2024, 7, 1)), [date(2034, 1, 2)]);
        assert_eq!(ends(date(2032, 1, 2)), [date(2045, 1, 2)]);
    }

    #[test]
    fn a_birth_on_29_february_has_two_days_where_the_year_has_no_such_day() {
        let birth = date(2000, 2, 29);
        let ends = |issued| Term::of(birth, issued).ends(birth);
        assert_eq!(
            ends(date(2021, 1, 1)),
            [date(2025, 2, 28), date(2025, 3, 1)]
        );
        assert_eq!(ends(date(2024, 1, 1)), [date(2040, 2, 29)]);
        assert_eq!(
            Term::Unlimited.printed(date(1952, 2, 29)),
            ["991231", "990228", "990301"]
        );
    }

    #[test]
    fn no_expiry_is_neither_1999_nor_2099() {
        let none = |text: &str, birth| stands_for_none(MrzDate::new(text).unwrap(), birth);
        let old = Some(date(1955, 3, 2));
        assert!(none("991231", old));
        assert!(none("990302", old));
        assert!(none("991231", None));
        assert!(!none("990302", None));
        assert!(!none("990303", old));
        assert!(!none("981231", old));
        assert!(none("990228", Some(date(1952, 2, 29))));
        assert!(none("990301", Some(date(1952, 2, 29))));
        // Who turns 60 in 2099 has a card that ends then.
        assert!(!none("990302", Some(date(2039, 3, 2))));
        assert!(!none("991231", Some(date(2039, 12, 31))));
    }

    #[test]
    fn a_birth_on_31_december_prints_no_expiry_once() {
        assert_eq!(Term::Unlimited.printed(date(1950, 12, 31)), ["991231"]);
    }

    proptest! {
        #[test]
        fn every_lawful_expiry_is_among_the_candidates(
            born in 0_i32..40_000,
            issued in 0_i32..2_000,
        ) {
            let issued = date(2021, 1, 1).saturating_add(jiff::Span::new().days(issued));
            let birth = issued.saturating_sub(jiff::Span::new().days(born));
            prop_assume!(issued <= TODAY);
            let texts = candidates(birth, None, TODAY);
            prop_assert!(texts.len() <= MAX_CANDIDATES);
            let term = Term::of(birth, issued);
            for text in term.printed(birth) {
                prop_assert!(texts.contains(&text));
            }
            let first = candidates(birth, Some(issued), TODAY);
            prop_assert_eq!(&first[0], &term.printed(birth)[0]);
        }

        #[test]
        fn never_panics(year in -9000_i16..9000, day in 1_i8..29, issued in -9000_i16..9000) {
            let (birth, issued) = (date(year, 2, day), date(issued, 3, day));
            let _ = Term::of(birth, issued).ends(birth);
            prop_assert!(candidates(birth, Some(issued), TODAY).len() <= MAX_CANDIDATES);
            let _ = stands_for_none(MrzDate::new("991231").unwrap(), Some(birth));
        }
    }
}
