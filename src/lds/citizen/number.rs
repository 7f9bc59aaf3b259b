//! The parts of a citizen number.

use std::fmt;

use crate::lds::citizen::countries::COUNTRIES;
use crate::lds::citizen::provinces::PROVINCES;
use crate::lds::mrz::Sex;

/// Digits of a citizen number.
const DIGITS: usize = 12;

/// The century that the smallest digit stands for.
const FIRST_CENTURY: i16 = 1900;

/// A citizen number, taken apart as numbers were made up until the law of 2024: three digits of the
/// province or country where the birth was registered, one of century and sex, two of the year of
/// birth, six without meaning. There is no check digit.
///
/// Every twelve digits are one, whatever they mean. [`fmt::Display`] gives the digits,
/// [`fmt::Debug`] does not.
///
/// ```
/// use cancuoc::lds::citizen::{Number, Origin};
/// use cancuoc::lds::mrz::Sex;
/// let number = Number::parse("015199000123").unwrap();
/// assert_eq!(number.origin(), Some(Origin::Province("Yên Bái")));
/// assert_eq!((number.sex(), number.birth_year()), (Sex::Female, 1999));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number {
    place: u16,
    century_and_sex: u8,
    year: u8,
    serial: u32,
}

/// Where a birth was registered, by the code in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A province as it was before July 2025, by its Vietnamese name.
    Province(&'static str),
    /// A country, by its Vietnamese name.
    Country(&'static str),
}

impl Origin {
    /// The name in Vietnamese.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Province(name) | Self::Country(name) => name,
        }
    }
}

impl Number {
    /// Puts a number together. `None` when a part has too many digits.
    pub const fn of_parts(place: u16, century_and_sex: u8, year: u8, serial: u32) -> Option<Self> {
        if place > 999 || century_and_sex > 9 || year > 99 || serial > 999_999 {
            return None;
        }
        Some(Self {
            place,
            century_and_sex,
            year,
            serial,
        })
    }

    /// Takes exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::of_parts(
            text.get(..3)?.parse().ok()?,
            text.get(3..4)?.parse().ok()?,
            text.get(4..6)?.parse().ok()?,
            text.get(6..)?.parse().ok()?,
        )
    }

    /// Code of the province or country.
    pub const fn place(self) -> u16 {
        self.place
    }

    /// The digit of century and sex.
    pub const fn century_and_sex(self) -> u8 {
        self.century_and_sex
    }

    /// The last two digits of the year of birth.
    pub const fn year(self) -> u8 {
        self.year
    }

    /// The six digits that mean nothing.
    pub const fn serial(self) -> u32 {
        self.serial
    }

    /// The province or country that the code stood for when numbers were given by it; `None` for a
    /// code in neither list.
    pub fn origin(self) -> Option<Origin> {
        let find = |table: &[(u16, &'static str)]| {
            let place = table.binary_search_by_key(&self.place, |(code, _)| *code);
            place
                .ok()
                .and_then(|at| table.get(at))
                .map(|(_, name)| *name)
        };
        find(&PROVINCES)
            .map(Origin::Province)
            .or_else(|| find(&COUNTRIES).map(Origin::Country))
    }

    /// Sex by the number: male where the digit is even.
    pub const fn sex(self) -> Sex {
        if self.century_and_sex.is_multiple_of(2) {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// First year of the century by the number: 1900 for 0 and 1, 2000 for 2 and 3, up to 2300.
    pub fn century(self) -> i16 {
        FIRST_CENTURY + i16::from(self.century_and_sex / 2) * 100
    }

    /// Year of birth by the number.
    pub fn birth_year(self) -> i16 {
        self.century() + i16::from(self.year)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:03}{}{:02}{:06}",
            self.place, self.century_and_sex, self.year, self.serial
        )
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::is_nfc;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn the_known_sample_is_taken_apart() {
        let number = number("001099000123");
        assert_eq!(number.origin(), Some(Origin::Province("Hà Nội")));
        assert_eq!((number.sex(), number.birth_year()), (Sex::Male, 1999));
        assert_eq!(number.serial(), 123);
        assert_eq!(format!("{number:?}"), "Number(..)");
    }

    #[test]
    fn codes_keep_the_meaning_they_had_when_the_number_was_given() {
        // Since July 2025 the province of code 15 is Lào Cai.
        assert_eq!(number("015099000123").origin().unwrap().name(), "Yên Bái");
        assert_eq!(
            number("155299000123").origin(),
            Some(Origin::Country("Đức"))
        );
        for nowhere in ["000", "003", "097", "100", "296", "999"] {
            assert_eq!(number(&format!("{nowhere}099000123")).origin(), None);
        }
    }

    #[test]
    fn the_fourth_digit_tells_century_and_sex() {
        for (digit, sex, century) in [
            ('0', Sex::Male, 1900),
            ('1', Sex::Female, 1900),
            ('2', Sex::Male, 2000),
            ('3', Sex::Female, 2000),
            ('4', Sex::Male, 2100),
            ('9', Sex::Female, 2300),
        ] {
            let number = number(&format!("001{digit}05000123"));
            assert_eq!((number.sex(), number.century()), (sex, century));
            assert_eq!(number.birth_year(), century + 5);
        }
    }

    #[test]
    fn the_lists_are_whole_in_order_and_composed() {
        assert_eq!((PROVINCES.len(), COUNTRIES.len()), (63, 195));
        let codes = |list: &[(u16, &str)]| list.iter().map(|(code, _)| *code).collect::<Vec<_>>();
        for list in [codes(&PROVINCES), codes(&COUNTRIES)] {
            assert!(list.is_sorted());
        }
        assert_eq!(codes(&COUNTRIES), (101..=295).collect::<Vec<u16>>());
        for (code, name) in PROVINCES.iter().chain(&COUNTRIES) {
            assert!(is_nfc(name) && !name.contains(['(', ';', '/']), "{code}");
            assert_eq!(name.trim(), *name);
        }
    }

    #[test]
    fn what_is_no_twelve_digits_is_none() {
        for text in [
            "",
            "00109900012",
            "0010990001234",
            "00109900012x",
            "+01099000123",
            "001099 00123",
            "०01099000123",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(Number::of_parts(1000, 0, 0, 0), None);
        assert_eq!(Number::of_parts(0, 10, 0, 0), None);
        assert_eq!(Number::of_parts(0, 0, 100, 0), None);
        assert_eq!(Number::of_parts(0, 0, 0, 1_000_000), None);
    }

    proptest! {
        #[test]
        fn a_number_is_its_parts(
            place in 0_u16..1000, digit in 0_u8..10, year in 0_u8..100, serial in 0_u32..1_000_000,
        ) {
            let number = Number::of_parts(place, digit, year, serial).unwrap();
            let text = number.to_string();
            prop_assert_eq!(text.len(), DIGITS);
            prop_assert_eq!(Number::parse(&text), Some(number));
            prop_assert_eq!(number.birth_year().rem_euclid(100), i16::from(year));
            prop_assert_eq!(
                (number.place(), number.century_and_sex(), number.year(), number.serial()),
                (place, digit, year, serial)
            );
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}|[0-9]{12}") {
            if let Some(number) = Number::parse(&text) {
                prop_assert_eq!(number.to_string(), text);
                let _ = number.origin();
            }
        }
    }
}
