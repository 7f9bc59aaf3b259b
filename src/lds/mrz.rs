//! The machine-readable zone (Doc 9303-3 §4; TD1: 9303-5, TD2: 9303-6, TD3: 9303-4).

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::bytes::date::PartialDate;
use crate::error::Malformed;
use crate::secret::Secret;

/// Length of the document number field, in characters.
const NUMBER_LEN: usize = 9;

/// Longest document number that TD1 can hold: nine characters and thirteen in the optional data.
const MAX_NUMBER_LEN: usize = 22;

/// Documents with a chip came in 2004; none of them expired before this year.
const FIRST_EXPIRY: i16 = 2000;

/// Years after which an expired document is no longer looked at.
const EXPIRED_YEARS: i16 = 30;

/// Check digit (Doc 9303-3 §4.9): weights 7, 3, 1; `<` counts 0, `A` to `Z` 10 to 35; modulo 10.
/// `None` when another character is there.
///
/// ```
/// assert_eq!(cancuoc::lds::mrz::check_digit("AB2134<<<"), Some('5'));
/// ```
pub fn check_digit(text: &str) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in text.chars().zip([7, 3, 1].into_iter().cycle()) {
        let value = match character {
            '<' => 0,
            '0'..='9' | 'A'..='Z' => character.to_digit(36)?,
            _ => return None,
        };
        sum = (sum + value * weight) % 10;
    }
    char::from_digit(sum, 10)
}

/// Size of the document, which lays the zone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Card: three lines of 30 (Doc 9303-5)
    Td1,
    /// Larger card: two lines of 36 (Doc 9303-6)
    Td2,
    /// Passport: two lines of 44 (Doc 9303-4)
    Td3,
}

impl Form {
    /// Length of a line, in characters.
    pub const fn line_len(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 => 36,
            Self::Td3 => 44,
        }
    }
}

/// Sex as the zone says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// `M`
    Male,
    /// `F`
    Female,
    /// `<`
    Unspecified,
}

/// A date as printed: YYMMDD, where unknown parts are `<`.
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

    /// Year, month, day; zero for a month or day that is not known.
    fn numbers(self) -> Option<[i16; 3]> {
        let [y1, y2, m1, m2, d1, d2] = self.0;
        let number = |tens: char, ones: char| match (tens, ones) {
            ('<', '<') => Some(0),
            _ => i16::try_from(tens.to_digit(10)? * 10 + ones.to_digit(10)?).ok(),
        };
        if (y1, y2) == ('<', '<') {
            return None;
        }
        Some([number(y1, y2)?, number(m1, m2)?, number(d1, d2)?])
    }
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

/// A machine-readable zone, taken apart.
///
/// Holds characters of the alphabet `A` to `Z`, `0` to `9` and `<` only. Check digits may be wrong:
/// [`Mrz::wrong_check_digits`] names those. [`fmt::Debug`] shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    form: Form,
    /// All lines in a row.
    text: String,
    birth: MrzDate,
    expiry: MrzDate,
    sex: Sex,
    number: String,
    /// Check digit of the number, wherever it stands.
    number_check: char,
}

/// Where the fields of a form stand: offsets in all lines in a row.
struct Layout {
    number: usize,
    nationality: usize,
    birth: usize,
    sex: usize,
    expiry: usize,
    optional: [(usize, usize); 2],
    names: (usize, usize),
    composite: &'static [(usize, usize)],
    composite_check: usize,
}

/// Doc 9303-5 §4.2.2
const TD1: Layout = Layout {
    number: 5,
    nationality: 45,
    birth: 30,
    sex: 37,
    expiry: 38,
    optional: [(15, 30), (48, 59)],
    names: (60, 90),
    composite: &[(5, 30), (30, 37), (38, 45), (48, 59)],
    composite_check: 59,
};

/// Doc 9303-6 §4.2.2
const TD2: Layout = Layout {
    number: 36,
    nationality: 46,
    birth: 49,
    sex: 56,
    expiry: 57,
    optional: [(64, 71), (71, 71)],
    names: (5, 36),
    composite: &[(36, 46), (49, 56), (57, 71)],
    composite_check: 71,
};

/// Doc 9303-4 §4.2.2
const TD3: Layout = Layout {
    number: 44,
    nationality: 54,
    birth: 57,
    sex: 64,
    expiry: 65,
    optional: [(72, 86), (86, 86)],
    names: (5, 44),
    composite: &[(44, 54), (57, 64), (65, 87)],
    composite_check: 87,
};

/// Offset of the check digit of TD3's optional data.
const TD3_OPTIONAL_CHECK: usize = 86;

impl Mrz {
    /// Takes a zone apart: 3 lines of 30, 2 of 36 or 2 of 44, in a row or with line ends.
    ///
    /// # Errors
    /// [`Malformed`] when the length is another, a line ends early, a character is not of the
    /// alphabet, a date holds a letter, or the sex is none.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        let text = lines.concat();
        let form = match text.len() {
            90 => Form::Td1,
            72 => Form::Td2,
            88 => Form::Td3,
            _ => return Err(Malformed::new("MRZ length", 0)),
        };
        if lines.len() > 1 && lines.iter().any(|line| line.len() != form.line_len()) {
            return Err(Malformed::new("MRZ line", 0));
        }
        let stray = |c: char| !matches!(c, 'A'..='Z' | '0'..='9' | '<');
        if let Some(offset) = text.find(stray) {
            return Err(Malformed::new("MRZ character", offset));
        }

        let layout = form.layout();
        let date = |at: usize, what| {
            MrzDate::new(slice(&text, (at, at + 6))).ok_or(Malformed::new(what, at))
        };
        let birth = date(layout.birth, "MRZ date of birth")?;
        let expiry = date(layout.expiry, "MRZ date of expiry")?;
        let sex = match slice(&text, (layout.sex, layout.sex + 1)) {
            "M" => Sex::Male,
            "F" => Sex::Female,
            "<" | "X" => Sex::Unspecified,
            _ => return Err(Malformed::new("MRZ sex", layout.sex)),
        };
        let (number, number_check) = document_number(&text, &layout);
        Ok(Self {
            form,
            birth,
            expiry,
            sex,
            number,
            number_check,
            text,
        })
    }

    /// Size of the document.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The lines as printed.
    pub fn lines(&self) -> Vec<&str> {
        let length = self.form.line_len();
        (0..self.text.len() / length)
            .map(|line| slice(&self.text, (line * length, (line + 1) * length)))
            .collect()
    }

    /// Document code without filler: `I`, `ID`, `P`.
    pub fn document_code(&self) -> &str {
        slice(&self.text, (0, 2)).trim_end_matches('<')
    }

    /// Issuing state or organization without filler: `VNM`, `D`.
    pub fn issuing_state(&self) -> &str {
        slice(&self.text, (2, 5)).trim_end_matches('<')
    }

    /// Document number without filler at its end, in full where it runs over into the optional data.
    pub fn document_number(&self) -> &str {
        &self.number
    }

    /// Nationality without filler.
    pub fn nationality(&self) -> &str {
        let at = self.form.layout().nationality;
        slice(&self.text, (at, at + 3)).trim_end_matches('<')
    }

    /// Date of birth as printed.
    pub const fn birth(&self) -> MrzDate {
        self.birth
    }

    /// Date of expiry as printed.
    pub const fn expiry(&self) -> MrzDate {
        self.expiry
    }

    /// Sex
    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// Primary identifier with spaces for fillers. Transliterated, and cut off where it is too long.
    pub fn surname(&self) -> String {
        self.name(0)
    }

    /// Secondary identifier with spaces for fillers; empty where there is none.
    pub fn given_names(&self) -> String {
        self.name(1)
    }

    fn name(&self, part: usize) -> String {
        let names = slice(&self.text, self.form.layout().names);
        let part = names.splitn(2, "<<").nth(part).unwrap_or_default();
        let words: Vec<&str> = part.split('<').filter(|word| !word.is_empty()).collect();
        words.join(" ")
    }

    /// Optional data elements as printed, without filler at the end. Only TD1 has a second one.
    pub fn optional_data(&self) -> [&str; 2] {
        self.form
            .layout()
            .optional
            .map(|field| slice(&self.text, field).trim_end_matches('<'))
    }

    /// The twelve-digit citizen number in a Vietnamese card's optional data: `IDVNM`, nine digits,
    /// check digit, twelve digits, `<<`, check digit over the twelve.
    pub fn citizen_number(&self) -> Option<&str> {
        if self.form != Form::Td1 || self.issuing_state() != "VNM" {
            return None;
        }
        let number = slice(&self.text, (15, 27));
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        (digits && slice(&self.text, (27, 29)) == "<<").then_some(number)
    }

    /// Names the fields whose check digit is wrong.
    ///
    /// A check digit of empty optional data may be `<` or `0` (Doc 9303-4 §4.2.2); a composite check
    /// digit that is not there (`<`) is not wrong.
    pub fn wrong_check_digits(&self) -> Vec<&'static str> {
        let layout = self.form.layout();
        let mut checks = vec![
            ("document number", self.padded_number(), self.number_check),
            (
                "date of birth",
                self.birth.to_string(),
                self.at(layout.birth + 6),
            ),
            (
                "date of expiry",
                self.expiry.to_string(),
                self.at(layout.expiry + 6),
            ),
        ];
        if self.form == Form::Td3 {
            let optional = slice(&self.text, (72, TD3_OPTIONAL_CHECK));
            let check = self.at(TD3_OPTIONAL_CHECK);
            if check != '<' || optional.contains(|c| c != '<') {
                checks.push(("optional data", optional.to_owned(), check));
            }
        }
        if let Some(number) = self.citizen_number() {
            checks.push(("optional data", number.to_owned(), self.at(29)));
        }
        let composite = self.at(layout.composite_check);
        if composite != '<' {
            let fields = layout
                .composite
                .iter()
                .map(|field| slice(&self.text, *field));
            checks.push(("composite", fields.collect(), composite));
        }
        checks
            .into_iter()
            .filter(|(_, text, printed)| check_digit(text) != Some(*printed))
            .map(|(field, _, _)| field)
            .collect()
    }

    /// The three fields that open the chip.
    pub fn key(&self) -> MrzKey {
        MrzKey {
            number: Zeroizing::new(self.number.clone()),
            birth: self.birth,
            expiry: self.expiry,
        }
    }

    fn padded_number(&self) -> String {
        format!("{:<<NUMBER_LEN$}", self.number)
    }

    fn at(&self, offset: usize) -> char {
        char_at(&self.text, offset)
    }
}

impl Form {
    const fn layout(self) -> Layout {
        match self {
            Self::Td1 => TD1,
            Self::Td2 => TD2,
            Self::Td3 => TD3,
        }
    }
}

/// A field of text whose length and alphabet were checked.
fn slice(text: &str, (from, to): (usize, usize)) -> &str {
    text.get(from..to).unwrap_or_default()
}

fn char_at(text: &str, offset: usize) -> char {
    slice(text, (offset, offset + 1))
        .chars()
        .next()
        .unwrap_or('<')
}

/// The document number without filler, and its check digit.
///
/// Doc 9303-5 §4.2.2 note j and 9303-6 likewise: where the number is longer than nine characters,
/// `<` stands in place of the check digit, and the rest of the number, then its check digit, then a
/// filler, begin the optional data.
fn document_number(text: &str, layout: &Layout) -> (String, char) {
    let head = slice(text, (layout.number, layout.number + NUMBER_LEN));
    let check = char_at(text, layout.number + NUMBER_LEN);
    let [optional, _] = layout.optional;
    let tail = slice(text, optional).split('<').next().unwrap_or_default();
    let mut rest = tail.chars();
    if check == '<'
        && !head.ends_with('<')
        && tail.len() > 1
        && let Some(check) = rest.next_back()
    {
        return (format!("{head}{}", rest.as_str()), check);
    }
    (head.trim_end_matches('<').to_owned(), check)
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mrz({:?}, ..)", self.form)
    }
}

/// What basic access control and PACE take from the machine-readable zone: document number, date
/// of birth, date of expiry (Doc 9303-11 §4.3.1, §4.4.4.1).
///
/// ```
/// use cancuoc::lds::mrz::MrzKey;
/// let key = MrzKey::new("T22000129", "640812", "101031")?;
/// assert_eq!(key.information().expose(), b"T22000129364081251010318");
/// # Ok::<(), cancuoc::error::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MrzKey {
    number: Zeroizing<String>,
    birth: MrzDate,
    expiry: MrzDate,
}

impl MrzKey {
    /// Takes the printed characters; fillers at the end of the number make no difference.
    ///
    /// # Errors
    /// [`Malformed`] when the number is empty, too long or holds other characters than the zone
    /// can, or a date is not six digits or `<`.
    pub fn new(document_number: &str, birth: &str, expiry: &str) -> Result<Self, Malformed> {
        let number = document_number.trim_end_matches('<');
        let known = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<');
        if number.is_empty() || number.len() > MAX_NUMBER_LEN || !number.bytes().all(known) {
            return Err(Malformed::new("document number", 0));
        }
        let date = |text, what| MrzDate::new(text).ok_or(Malformed::new(what, 0));
        Ok(Self {
            number: Zeroizing::new(number.to_owned()),
            birth: date(birth, "date of birth")?,
            expiry: date(expiry, "date of expiry")?,
        })
    }

    /// The MRZ information in ASCII: number, padded with `<` to nine characters, birth and expiry,
    /// each with its check digit.
    pub fn information(&self) -> Secret {
        let mut text = Zeroizing::new(String::with_capacity(MAX_NUMBER_LEN + 15));
        let number = Zeroizing::new(format!("{:<<NUMBER_LEN$}", self.number.as_str()));
        let dates = [self.birth, self.expiry].map(|date| Zeroizing::new(date.to_string()));
        for field in [&number].into_iter().chain(&dates) {
            text.push_str(field);
            text.extend(check_digit(field));
        }
        Secret::copy_of(text.as_bytes())
    }
}

impl fmt::Debug for MrzKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    const VECTORS: &str = include_str!("../../tests/vectors/check_digits.toml");

    /// A citizen card with invented values.
    const CITIZEN: &str = "IDVNM0990001232001099000123<<3\n9903159M2403155VNM<<<<<<<<<<<0\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<";

    #[derive(Deserialize)]
    struct Vectors {
        check_digit: Vec<CheckDigit>,
        mrz: Vec<Zone>,
    }

    #[derive(Deserialize)]
    struct CheckDigit {
        input: String,
        digit: char,
    }

    #[derive(Deserialize)]
    struct Zone {
        name: String,
        lines: Vec<String>,
        number: String,
        information: String,
        wrong: Vec<String>,
    }

    fn vectors() -> Vectors {
        toml::from_str(VECTORS).unwrap()
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn published_check_digits_come_out() {
        for vector in vectors().check_digit {
            assert_eq!(
                check_digit(&vector.input),
                Some(vector.digit),
                "{}",
                vector.input
            );
        }
        assert_eq!(check_digit("abc"), None);
    }

    #[test]
    fn published_zones_are_taken_apart() {
        for zone in vectors().mrz {
            let mrz = Mrz::parse(&zone.lines.join("\r\n")).unwrap();
            assert_eq!(mrz, Mrz::parse(&zone.lines.concat()).unwrap());
            assert_eq!(mrz.document_number(), zone.number, "{}", zone.name);
            assert_eq!(
                mrz.key().information().expose(),
                zone.information.as_bytes()
            );
            assert_eq!(mrz.wrong_check_digits(), zone.wrong, "{}", zone.name);
            assert_eq!(mrz.lines(), zone.lines);
        }
    }

    #[test]
    fn the_citizen_cards_zone_is_taken_apart() {
        let mrz = Mrz::parse(CITIZEN).unwrap();
        assert_eq!(mrz.wrong_check_digits(), [""; 0]);
        assert_eq!(mrz.form(), Form::Td1);
        assert_eq!((mrz.document_code(), mrz.issuing_state()), ("ID", "VNM"));
        assert_eq!(
            (mrz.document_number(), mrz.nationality()),
            ("099000123", "VNM")
        );
        assert_eq!(mrz.citizen_number(), Some("001099000123"));
        assert_eq!(mrz.optional_data(), ["001099000123<<3", ""]);
        assert_eq!(
            (mrz.surname(), mrz.given_names()),
            ("NGUYEN".into(), "VAN MAU".into())
        );
        assert_eq!(mrz.sex(), Sex::Male);
        assert_eq!(
            mrz.key().information().expose(),
            b"099000123299031592403155"
        );
    }

    #[test]
    fn each_wrong_check_digit_is_named() {
        for (at, field) in [
            (14, "document number"),
            (29, "optional data"),
            (31 + 6, "date of birth"),
            (31 + 14, "date of expiry"),
        ] {
            let mut text = CITIZEN.to_owned();
            text.replace_range(at..=at, "9");
            if text == CITIZEN {
                text.replace_range(at..=at, "8");
            }
            let wrong = Mrz::parse(&text).unwrap().wrong_check_digits();
            assert_eq!(wrong, [field, "composite"]);
        }
        let composite = CITIZEN.replacen("<0\n", "<1\n", 1);
        assert_eq!(
            Mrz::parse(&composite).unwrap().wrong_check_digits(),
            ["composite"]
        );
        let absent = CITIZEN.replacen("<0\n", "<<\n", 1);
        assert_eq!(Mrz::parse(&absent).unwrap().wrong_check_digits(), [""; 0]);
    }

    #[test]
    fn empty_optional_data_of_a_passport_is_checked_by_filler_or_zero() {
        let passport = |check: char, composite: char| {
            format!(
                "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<HA672242<6YTO5802254M9601086<<<<<<<<<<<<<<{check}{composite}"
            )
        };
        for check in ['0', '<'] {
            let mrz = Mrz::parse(&passport(check, '8')).unwrap();
            assert_eq!(mrz.wrong_check_digits(), [""; 0]);
            assert_eq!(mrz.document_number(), "HA672242");
        }
        let mrz = Mrz::parse(&passport('1', '9')).unwrap();
        assert_eq!(mrz.wrong_check_digits(), ["optional data"]);
    }

    #[test]
    fn wrong_lengths_characters_dates_and_sexes_are_refused() {
        let parse = |text: &str| Mrz::parse(text).map(|_| ());
        assert!(parse("").is_err());
        assert!(parse(&CITIZEN[1..]).is_err());
        assert!(parse(&CITIZEN.replace("<<3\n", "<\n<3")).is_err());
        assert!(parse(&CITIZEN.replace("IDVNM", "idvnm")).is_err());
        assert!(parse(&CITIZEN.replace("990315", "99O315")).is_err());
        assert!(parse(&CITIZEN.replace("9M2", "9A2")).is_err());
        assert!(parse(&CITIZEN.replace("VAN", "VĂN")).is_err());
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

    #[test]
    fn keys_refuse_what_the_zone_cannot_hold() {
        for (number, birth, expiry) in [
            ("", "990315", "240315"),
            ("<<<", "990315", "240315"),
            ("a12345678", "990315", "240315"),
            ("12345678901234567890123", "990315", "240315"),
            ("099000123", "99031", "240315"),
            ("099000123", "990315", "24031Z"),
        ] {
            assert!(MrzKey::new(number, birth, expiry).is_err());
        }
        let short = MrzKey::new("L898902C", "690806", "940623").unwrap();
        assert_eq!(short.information().expose(), b"L898902C<369080619406236");
        assert_eq!(format!("{short:?}"), "MrzKey(..)");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,95}", zone in "[A-Z0-9<]{72}|[A-Z0-9<]{88}|[A-Z0-9<]{90}") {
            let _ = Mrz::parse(&text);
            let _ = check_digit(&text);
            if let Ok(mrz) = Mrz::parse(&zone) {
                let _ = (mrz.wrong_check_digits(), mrz.key().information(), mrz.surname());
            }
        }

        #[test]
        fn a_changed_sample_never_panics(at in 0_usize..90, character in "[A-Z0-9<]") {
            let mut text = CITIZEN.replace('\n', "");
            text.replace_range(at..=at, &character);
            if let Ok(mrz) = Mrz::parse(&text) {
                let _ = (mrz.wrong_check_digits(), mrz.birth().birth_date(2026), mrz.expiry().expiry_date(2026));
            }
        }
    }
}
