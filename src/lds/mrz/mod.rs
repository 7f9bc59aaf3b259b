//! The machine-readable zone (Doc 9303-3 §4; TD1: 9303-5, TD2: 9303-6, TD3: 9303-4, visas: 9303-7):
//! one engine for what chips hold, people type and scanners read.

mod date;
mod fault;
mod key;
mod layout;

use std::fmt;

use crate::error::Malformed;
use crate::lds::mrz::layout::char_at;
use crate::lds::mrz::layout::document_number;
use crate::lds::mrz::layout::slice;

pub use date::MrzDate;
pub use fault::MrzFault;
pub use fault::MrzFaultKind;
pub use fault::MrzField;
pub use key::MrzKey;
pub use layout::Form;

/// Length of the document number field, in characters.
const NUMBER_LEN: usize = 9;

/// Length of the longest zone, in characters.
const MAX_LEN: usize = 90;

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
/// Holds characters of the alphabet `A` to `Z`, `0` to `9` and `<` only. Anything else about it may be
/// wrong: [`Mrz::faults`] names it. [`fmt::Debug`] shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    form: Form,
    /// All lines in a row.
    text: String,
    /// Where characters stood that are not of the alphabet.
    strays: Vec<usize>,
    birth: MrzDate,
    expiry: MrzDate,
    number: String,
    /// Check digit of the number, wherever it stands.
    number_check: char,
}

impl Mrz {
    /// Takes a zone apart that somebody typed or scanned: 3 lines of 30, 2 of 36 or 2 of 44, in a row
    /// or with line ends. Stricter than [`Mrz::decode`], because a fault here is a slip of the hand.
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
        let mrz = Self::decode(lines.concat().as_bytes())?;
        if lines.len() > 1 && lines.iter().any(|line| line.len() != mrz.form.line_len()) {
            return Err(Malformed::new("MRZ line", 0));
        }
        if let Some(offset) = mrz.strays.first() {
            return Err(Malformed::new("MRZ character", *offset));
        }
        let layout = mrz.form.layout();
        if mrz.birth.parts().is_none() {
            return Err(Malformed::new("MRZ date of birth", layout.birth));
        }
        if mrz.expiry.parts().is_none() {
            return Err(Malformed::new("MRZ date of expiry", layout.expiry));
        }
        if !matches!(mrz.at(layout.sex), 'M' | 'F' | '<' | 'X') {
            return Err(Malformed::new("MRZ sex", layout.sex));
        }
        Ok(mrz)
    }

    /// Takes a zone apart as it stands on a chip, in a row. Whatever is wrong in it is among its
    /// [`Mrz::faults`]; a character outside the alphabet is made to fit it: a small letter becomes a
    /// capital, anything else a filler.
    ///
    /// # Errors
    /// [`Malformed`] when the length is no zone's.
    pub fn decode(zone: &[u8]) -> Result<Self, Malformed> {
        let mut strays = Vec::new();
        let text: String = zone
            .iter()
            // A longer one is none, and need not be copied.
            .take(MAX_LEN + 1)
            .enumerate()
            .map(|(offset, byte)| match byte {
                b'A'..=b'Z' | b'0'..=b'9' | b'<' => char::from(*byte),
                other => {
                    strays.push(offset);
                    match other.to_ascii_uppercase() {
                        letter @ b'A'..=b'Z' => char::from(letter),
                        _ => '<',
                    }
                }
            })
            .collect();
        let form =
            Form::of(zone.len(), char_at(&text, 0)).ok_or(Malformed::new("MRZ length", 0))?;
        let layout = form.layout();
        let date = |at: usize| MrzDate::printed(slice(&text, (at, at + 6)));
        let (number, number_check) = document_number(&text, &layout);
        Ok(Self {
            form,
            birth: date(layout.birth),
            expiry: date(layout.expiry),
            number,
            number_check,
            text,
            strays,
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

    /// Sex; unspecified, too, where the zone has a sign for none.
    pub fn sex(&self) -> Sex {
        match self.at(self.form.layout().sex) {
            'M' => Sex::Male,
            'F' => Sex::Female,
            _ => Sex::Unspecified,
        }
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

    /// Optional data elements as printed, without filler at the end and without what a long document
    /// number takes of them. Only TD1 has a second one.
    pub fn optional_data(&self) -> [&str; 2] {
        let [(from, to), second] = self.form.layout().optional;
        // The rest of the number, its check digit and a filler.
        let from = match self.number.len().saturating_sub(NUMBER_LEN) {
            0 => from,
            rest => (from + rest + 2).min(to),
        };
        [(from, to), second].map(|field| slice(&self.text, field).trim_end_matches('<'))
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

    /// Everything that is wrong, each once, in the order of the fields.
    pub fn faults(&self) -> Vec<MrzFault> {
        fault::of(self)
    }

    /// Names the fields whose check digit is wrong. A composite check digit that is not there (`<`) is
    /// not wrong; [`Mrz::faults`] tells of that, too.
    pub fn wrong_check_digits(&self) -> Vec<&'static str> {
        let wrong = |fault: &MrzFault| match (fault.field, fault.kind) {
            (MrzField::Composite, MrzFaultKind::NoCheckDigit) => false,
            (_, kind) => matches!(kind, MrzFaultKind::CheckDigit | MrzFaultKind::NoCheckDigit),
        };
        let faults = self.faults();
        let faults = faults.iter().filter(|fault| wrong(fault));
        faults
            .map(|fault| match fault.field {
                MrzField::DocumentNumber => "document number",
                MrzField::Birth => "date of birth",
                MrzField::Expiry => "date of expiry",
                MrzField::OptionalData => "optional data",
                _ => "composite",
            })
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
    fn what_a_long_number_takes_is_not_optional_data() {
        // Doc 9303-5 and 9303-6 have the number; the optional data is invented.
        let rest = "<<<<3407127M9507122UTOXYZ<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<";
        for (optional, expected) in [("7349<ABCDEF", "ABCDEF"), ("7349<<<<<<<", "")] {
            let zone = format!("I<UTOD23145890<{optional}{rest}");
            let mrz = Mrz::decode(zone.as_bytes()).unwrap();
            assert_eq!(mrz.document_number(), "D23145890734");
            assert_eq!(mrz.optional_data(), [expected, "XYZ"]);
        }
        let zone = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<D23145890<UTO3407127M95071227349<AB8";
        let mrz = Mrz::decode(zone.as_bytes()).unwrap();
        assert_eq!(mrz.document_number(), "D23145890734");
        assert_eq!(mrz.optional_data(), ["AB", ""]);
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
