//! The text of the QR code on a Vietnamese citizen card.
//!
//! On the front of the card of 2021, fields between `|`, in UTF-8:
//! `number|old number or nothing|name|birth|Nam or Nữ|address|issue`, dates as ddmmyyyy. The code on
//! the back of the card of 2024 adds relatives' names and numbers; the order of its fields is not
//! sure. No specification is public. Nothing vouches for it: it is ink, and whoever prints a card
//! prints it too.
//!
//! Scanners that act as keyboards mangle Vietnamese letters, so numbers and dates are what is taken,
//! wherever they stand, and a name only where it looks whole.

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

use crate::bytes::date::PartialDate;
use crate::bytes::vietnamese::fold_ascii;
use crate::error::Malformed;
use crate::lds::citizen::Number;
use crate::lds::citizen::expiry::FIRST_ISSUE_YEAR;
use crate::lds::mrz::Sex;

/// Longest text looked at, in bytes. A QR code with two relatives has about 400.
pub const MAX_TEXT: usize = 4096;

/// Fewest fields.
const LEAST_FIELDS: usize = 7;

/// Most fields. The card of 2024 has about twelve.
const MAX_FIELDS: usize = 64;

/// Places in the order of 2021, from 0.
const OLD_NUMBER: usize = 1;
const NAME: usize = 2;
const BIRTH: usize = 3;
const SEX: usize = 4;
const ADDRESS: usize = 5;

/// What the QR code of a citizen card says. [`fmt::Debug`] shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    /// Citizen number, twelve digits. Its last six are the card access number.
    pub number: Zeroizing<String>,
    /// Number of the identity card before, nine or twelve digits.
    pub old_number: Option<String>,
    /// Full name, where the order is that of 2021 and no letter looks mangled. A scanner that drops
    /// letters may go unnoticed, so a name that differs proves nothing.
    pub name: Option<String>,
    /// Date of birth, or its year alone.
    pub birth: Option<PartialDate>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Address as scanned, where the order is that of 2021. For showing and never compared: districts
    /// were abolished and provinces merged in July 2025, and letters may be mangled.
    pub address: Option<String>,
    /// Date of issue.
    pub issued: Option<Date>,
    /// Every other field as scanned, in order, empty ones too.
    pub rest: Vec<String>,
}

impl Qr {
    /// Reads the text. The birth is the first date in the year that the number names, or else the
    /// fourth field; the issue is the first date after it since chips came.
    ///
    /// ```
    /// use cancuoc::lds::qr::Qr;
    /// let qr = Qr::parse("001099000123||Nguyễn Văn Mẫu|15031999|Nam|Phố Mẫu|10052021").unwrap();
    /// assert_eq!(qr.birth.unwrap().to_string(), "1999-03-15");
    /// assert_eq!(qr.issued, Some(jiff::civil::date(2021, 5, 10)));
    /// ```
    ///
    /// # Errors
    /// [`Malformed`] when there are fewer fields than the card of 2021 has, or far more, or the first
    /// is no citizen number.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > MAX_TEXT {
            return Err(Malformed::new("QR text", MAX_TEXT));
        }
        let text = text.trim_start_matches('\u{FEFF}').trim();
        let fields: Vec<&str> = text.split('|').map(str::trim).collect();
        if !(LEAST_FIELDS..=MAX_FIELDS).contains(&fields.len()) {
            return Err(Malformed::new("QR fields", 0));
        }
        let mut fields = Fields::new(fields);
        let digits = fields.take(0).unwrap_or_default();
        let number = Number::parse(digits).ok_or(Malformed::new("QR citizen number", 0))?;
        let birth = fields.birth(number);
        let in_order = fields.is_taken(BIRTH);
        let sex = fields.sex();
        let issued = fields.issued(birth);
        let old_number = fields.old_number();
        let name = fields.take_if(NAME, |name| in_order && looks_whole(name));
        let address = fields.take_if(ADDRESS, |address| {
            in_order && address.chars().any(char::is_alphabetic)
        });
        Ok(Self {
            number: Zeroizing::new(digits.to_owned()),
            old_number: old_number.map(str::to_owned),
            name: name.map(str::to_owned),
            birth,
            sex,
            address: address.map(str::to_owned),
            issued,
            rest: fields.rest(),
        })
    }
}

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Qr(..)")
    }
}

/// The fields, and which of them are understood already.
struct Fields<'a> {
    fields: Vec<(&'a str, Use)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Open,
    Taken,
}

impl<'a> Fields<'a> {
    fn new(fields: Vec<&'a str>) -> Self {
        Self {
            fields: fields.into_iter().map(|field| (field, Use::Open)).collect(),
        }
    }

    fn take(&mut self, place: usize) -> Option<&'a str> {
        self.take_if(place, |_| true)
    }

    fn take_if(&mut self, place: usize, fits: impl Fn(&str) -> bool) -> Option<&'a str> {
        let (field, state) = self.fields.get_mut(place)?;
        if *state == Use::Taken || !fits(field) {
            return None;
        }
        *state = Use::Taken;
        Some(field)
    }

    /// Takes the first open field that means something.
    fn find<T>(&mut self, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let open = self
            .fields
            .iter_mut()
            .filter(|(_, state)| *state == Use::Open);
        for (field, state) in open {
            if let Some(value) = read(field) {
                *state = Use::Taken;
                return Some(value);
            }
        }
        None
    }

    fn is_taken(&self, place: usize) -> bool {
        self.fields
            .get(place)
            .is_some_and(|(_, state)| *state == Use::Taken)
    }

    fn birth(&mut self, number: Number) -> Option<PartialDate> {
        let named = self.find(|field| day(field).filter(|day| day.year() == number.birth_year()));
        if let Some(day) = named {
            return Some(PartialDate::Day(day));
        }
        let field = self.take_if(BIRTH, |field| PartialDate::from_vietnamese(field).is_some());
        PartialDate::from_vietnamese(field?)
    }

    fn issued(&mut self, birth: Option<PartialDate>) -> Option<Date> {
        let earliest = birth.map_or(FIRST_ISSUE_YEAR, |birth| birth.year().max(FIRST_ISSUE_YEAR));
        let born = birth.and_then(PartialDate::day);
        self.find(|field| {
            day(field).filter(|day| day.year() >= earliest && born.is_none_or(|born| *day > born))
        })
    }

    fn sex(&mut self) -> Option<Sex> {
        let read = |field: &str| match fold_ascii(field).as_str() {
            "NAM" => Some(Sex::Male),
            "NU" => Some(Sex::Female),
            _ => None,
        };
        let there = self.take_if(SEX, |field| read(field).is_some());
        there.and_then(read).or_else(|| self.find(read))
    }

    /// In its place nine or twelve digits, or nothing; elsewhere nine, since twelve may be a
    /// relative's number.
    fn old_number(&mut self) -> Option<&'a str> {
        let of = |field: &str, count| {
            field.len() == count && field.bytes().all(|byte| byte.is_ascii_digit())
        };
        if self.take_if(OLD_NUMBER, str::is_empty).is_some() {
            return None;
        }
        self.take_if(OLD_NUMBER, |field| of(field, 9) || of(field, 12))
            .or_else(|| {
                let place = self
                    .fields
                    .iter()
                    .position(|(field, state)| *state == Use::Open && of(field, 9))?;
                self.take(place)
            })
    }

    fn rest(self) -> Vec<String> {
        self.fields
            .into_iter()
            .filter(|(_, state)| *state == Use::Open)
            .map(|(field, _)| field.to_owned())
            .collect()
    }
}

/// A day as ddmmyyyy.
fn day(field: &str) -> Option<Date> {
    let digits = field.len() == 8 && field.bytes().all(|byte| byte.is_ascii_digit());
    PartialDate::from_vietnamese(field)
        .filter(|_| digits)?
        .day()
}

/// Whether a name looks as it was printed: letters of the Vietnamese alphabet alone, a vowel in every
/// word, and at least one diacritic or đ. A name that has none cannot be told from one that lost them.
fn looks_whole(name: &str) -> bool {
    let tones_and_qualities = |mark| {
        matches!(
            mark,
            '\u{300}'
                | '\u{301}'
                | '\u{302}'
                | '\u{303}'
                | '\u{306}'
                | '\u{309}'
                | '\u{31B}'
                | '\u{323}'
        )
    };
    let known = |letter: char| {
        letter.is_ascii_alphabetic()
            || matches!(letter, 'đ' | 'Đ' | ' ' | '\'' | '-')
            || tones_and_qualities(letter)
    };
    let marked = |letter: char| matches!(letter, 'đ' | 'Đ') || is_combining_mark(letter);
    let vowel = |letter: char| "aeiouyAEIOUY".contains(letter);
    name.nfd().all(known)
        && name.nfd().any(marked)
        && name.split(' ').all(|word| word.nfd().any(vowel))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const OF_2021: &str =
        "001099000123|012345678|Nguyễn Văn Mẫu|15031999|Nam|Số 1 Phố Mẫu, Hà Nội|10052021";

    fn parse(text: &str) -> Qr {
        Qr::parse(text).unwrap()
    }

    fn birth(qr: &Qr) -> String {
        qr.birth.unwrap().to_string()
    }

    #[test]
    fn the_code_of_2021_is_read_whole() {
        let qr = parse(&format!("\u{FEFF}{OF_2021}\r\n"));
        assert_eq!(qr.number.as_str(), "001099000123");
        assert_eq!(qr.old_number.as_deref(), Some("012345678"));
        assert_eq!(qr.name.as_deref(), Some("Nguyễn Văn Mẫu"));
        assert_eq!(birth(&qr), "1999-03-15");
        assert_eq!(qr.sex, Some(Sex::Male));
        assert_eq!(qr.address.as_deref(), Some("Số 1 Phố Mẫu, Hà Nội"));
        assert_eq!(qr.issued, Some(date(2021, 5, 10)));
        assert!(qr.rest.is_empty());
        assert_eq!(format!("{qr:?}"), "Qr(..)");
        let without = parse(&OF_2021.replace("012345678", ""));
        assert_eq!((without.old_number, without.rest.len()), (None, 0));
        let twelve = parse(&OF_2021.replace("012345678", "001099000124"));
        assert_eq!(twelve.old_number.as_deref(), Some("001099000124"));
    }

    #[test]
    fn the_code_of_2024_keeps_its_further_fields() {
        let qr = parse(&format!(
            "{OF_2021}||Nguyễn Văn Cha|001070000001|Trần Thị Mẹ|"
        ));
        assert_eq!(qr.name.as_deref(), Some("Nguyễn Văn Mẫu"));
        assert_eq!(
            qr.rest,
            ["", "Nguyễn Văn Cha", "001070000001", "Trần Thị Mẹ", ""]
        );
    }

    #[test]
    fn in_another_order_numbers_and_dates_are_found_and_no_name_is_guessed() {
        let qr = parse("001099000123|Nguyễn Văn Mẫu|10052021|Nam|15031999|012345678|Cha|Mẹ");
        assert_eq!(birth(&qr), "1999-03-15");
        assert_eq!(qr.issued, Some(date(2021, 5, 10)));
        assert_eq!(qr.old_number.as_deref(), Some("012345678"));
        assert_eq!(qr.sex, Some(Sex::Male));
        assert_eq!((qr.name, qr.address), (None, None));
        assert_eq!(qr.rest, ["Nguyễn Văn Mẫu", "Cha", "Mẹ"]);
    }

    #[test]
    fn mangled_letters_spoil_the_name_and_nothing_else() {
        for name in [
            "Nguy?n V?n M?u",
            "Nguyá»…n VÄƒn Máº«u",
            "NguyÔn V¨n MÉu",
            "Ngu\u{FFFD}n Văn Mẫu",
            "Nguyễn V\u{1}n Mẫu",
            "Nguyễn Vn Mẫu",
            "Nguyeexn Vawn Maaxu",
            "Nguyen Van Mau",
            "",
        ] {
            let text = OF_2021
                .replace("Nguyễn Văn Mẫu", name)
                .replace("Phố Mẫu", "Ph? M?u");
            let qr = parse(&text);
            assert_eq!(qr.name, None, "{name}");
            assert_eq!(qr.rest, [name]);
            assert_eq!(birth(&qr), "1999-03-15");
            assert_eq!(qr.issued, Some(date(2021, 5, 10)));
        }
        for whole in ["Đinh Lan Anh", "H'Hen Niê", "Nguyê\u{303}n An"] {
            let qr = parse(&OF_2021.replace("Nguyễn Văn Mẫu", whole));
            assert_eq!(qr.name.as_deref(), Some(whole));
        }
        for (word, sex) in [("Nữ", Some(Sex::Female)), ("N?", None), ("Ná»¯", None)] {
            assert_eq!(
                parse(&OF_2021.replace("|Nam|", &format!("|{word}|"))).sex,
                sex
            );
        }
    }

    #[test]
    fn a_year_or_a_number_that_names_another_one_still_gives_what_it_can() {
        let qr = parse("001050000123||Đỗ Mẫu|1950|Nữ|Số 1|10052021");
        assert_eq!(birth(&qr), "1950");
        assert_eq!(qr.issued, Some(date(2021, 5, 10)));
        let qr = parse("001200000123||Đỗ Mẫu|15031999|Nữ|Số 1|10052021");
        assert_eq!(birth(&qr), "1999-03-15");
        let qr = parse("001099000123||M|31021999|Nam|Y|1005");
        assert_eq!((qr.birth, qr.issued), (None, None));
        assert_eq!(qr.rest, ["M", "31021999", "Y", "1005"]);
    }

    #[test]
    fn what_is_no_such_text_is_refused() {
        for text in [
            "",
            "||||||",
            "001099000123",
            "01099000123|012345678|Mẫu|15031999|Nam|Số 1|10052021",
            "001099000123|012345678|Mẫu|15031999|Nam|Số 1",
        ] {
            assert!(Qr::parse(text).is_err(), "{text}");
        }
        assert!(Qr::parse(&format!("{OF_2021}{}", "|x".repeat(58))).is_err());
        assert!(Qr::parse(&format!("{OF_2021}{}", "x".repeat(MAX_TEXT))).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,80}", tail in "[0-9]{12}(\\|[\\PC]{0,12}){6,9}") {
            let _ = Qr::parse(&text);
            let _ = Qr::parse(&tail);
        }

        #[test]
        fn no_field_is_lost(words in proptest::collection::vec("[a-zđê0-9 ]{0,9}", 6..12)) {
            let text = format!("001099000123|{}", words.join("|"));
            let qr = parse(&text);
            let taken = [
                qr.old_number.is_some(),
                qr.name.is_some(),
                qr.birth.is_some(),
                qr.sex.is_some(),
                qr.address.is_some(),
                qr.issued.is_some(),
                // An empty place of the old number.
                words[0].trim().is_empty(),
            ];
            let taken = taken.into_iter().filter(|taken| *taken).count();
            prop_assert_eq!(qr.rest.len() + taken, words.len());
        }
    }
}
