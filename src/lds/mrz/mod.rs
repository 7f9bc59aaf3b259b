//! The machine-readable zone (Doc 9303-3 §4; TD1: 9303-5, TD2: 9303-6, TD3: 9303-4).

mod date;
mod key;

use std::fmt;

use crate::error::Malformed;

pub use date::MrzDate;
pub use key::MrzKey;

/// Length of the document number field, in characters.
const NUMBER_LEN: usize = 9;

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
        MrzKey::of_zone(&self.number, self.birth, self.expiry)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    const VECTORS: &str = include_str!("../../../tests/vectors/check_digits.toml");

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
