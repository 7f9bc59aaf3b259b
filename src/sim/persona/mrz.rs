//! Writes the machine-readable zone: of a Vietnamese identity card, size TD1 (Doc 9303-5 §4.2), or in
//! the ways of other documents.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::bytes::date::PartialDate;
use crate::lds::mrz::Sex;
use crate::sim::persona::Citizen;
use crate::sim::persona::Document;
use crate::sim::persona::DocumentNumber;
use crate::sim::persona::Size;
use crate::sim::zone::check_digit;
use crate::sim::zone::checked;

/// A zone and how it is written.
pub(super) struct Zone<'a> {
    pub(super) citizen: &'a Citizen,
    /// Document code of two characters
    pub(super) code: String,
    /// Issuing state and nationality, with fillers
    pub(super) state: String,
    pub(super) number: Number<'a>,
    pub(super) optional: Optional,
    pub(super) form: Form,
}

/// What stands as document number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Number<'a> {
    /// What the document says
    Own(&'a str),
    /// The last nine digits
    Nine,
    /// The last seven, with fillers behind
    Seven,
    /// All twelve, which run over into the optional data of TD1
    Twelve,
}

/// What stands as optional data of a card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Optional {
    /// All twelve digits and their check digit, as the card of 2021 has it
    Citizen,
    /// Nothing
    Fillers,
}

/// Size of the document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A card
    Td1,
    /// A larger card without optional data
    Td2,
    /// A passport without optional data, and what stands for the check digit of that
    Td3(char),
}

impl<'a> Zone<'a> {
    /// The zone of this document.
    pub(super) fn of(citizen: &'a Citizen, document: &'a Document) -> Self {
        Self {
            citizen,
            code: format!("{:<<2.2}", document.code),
            state: format!("{:<<3.3}", document.state),
            number: match &document.own_number {
                Some(number) => Number::Own(number),
                None => Number::Nine,
            },
            optional: match document.number {
                DocumentNumber::Citizen => Optional::Citizen,
                DocumentNumber::Nine => Optional::Fillers,
            },
            form: match document.size {
                Size::Td1 => Form::Td1,
                Size::Td2 => Form::Td2,
                Size::Td3 => Form::Td3('0'),
            },
        }
    }

    /// The lines without line breaks.
    pub(super) fn text(&self) -> String {
        match self.form {
            Form::Td1 => self.td1(),
            Form::Td2 => self.td2(),
            Form::Td3(check) => self.td3(check),
        }
    }

    /// Document number, date of birth and date of expiry with their check digits, the number as it
    /// is printed.
    pub(super) fn information(&self) -> String {
        [
            format!("{:<<9}", self.document_number()),
            born(self.citizen.birth),
            expiry(self.citizen),
        ]
        .map(|field| checked(&field))
        .concat()
    }

    fn document_number(&self) -> &'a str {
        let number = &self.citizen.number;
        match self.number {
            Number::Own(own) => own,
            Number::Nine => last(number, 9),
            Number::Seven => last(number, 7),
            Number::Twelve => number,
        }
    }

    /// Line 1 has the last nine digits as document number and all twelve as optional data, followed
    /// by two fillers and a check digit over the twelve, as the 2021 card has it.
    fn td1(&self) -> String {
        let citizen = self.citizen;
        let number = &citizen.number;
        let optional = match self.optional {
            Optional::Citizen => format!("{number}<<{}", check_digit(number)),
            Optional::Fillers => String::new(),
        };
        let number = self.number_and_optional(&optional, 15);
        let birth = checked(&born(citizen.birth));
        let expiry = checked(&expiry(citizen));
        let (code, state, sex) = (&self.code, &self.state, sex(citizen.sex));
        let rest = "<".repeat(11);
        // Doc 9303-5 §4.2.2.2: positions 6 to 30 of line 1; 1 to 7, 9 to 15 and 19 to 29 of line 2.
        let composite = check_digit(&format!("{number}{birth}{expiry}{rest}"));
        let name = names(&citizen.name, Size::Td1.name_room());
        format!("{code}{state}{number}{birth}{sex}{expiry}{state}{rest}{composite}{name}")
    }

    /// Two lines of 36, the seven characters of optional data empty unless a long number goes on
    /// there (Doc 9303-6).
    fn td2(&self) -> String {
        let citizen = self.citizen;
        let number = self.number_and_optional("", 7);
        let (number, optional) = number.split_at_checked(10).unwrap_or((&number, ""));
        let birth = checked(&born(citizen.birth));
        let expiry = checked(&expiry(citizen));
        let (code, state, sex) = (&self.code, &self.state, sex(citizen.sex));
        // Doc 9303-6: positions 1 to 10, 14 to 20 and 22 to 35 of line 2.
        let composite = check_digit(&format!("{number}{birth}{expiry}{optional}"));
        let name = names(&citizen.name, Size::Td2.name_room());
        format!("{code}{state}{name}{number}{state}{birth}{sex}{expiry}{optional}{composite}")
    }

    /// The document number with its check digit, and so many characters of optional data behind. A
    /// number of more than nine characters has a filler in place of its check digit and goes on in the
    /// optional data, with its check digit and a filler behind (Doc 9303-5 §4.2.2 note j, 9303-6
    /// likewise).
    fn number_and_optional(&self, optional: &str, room: usize) -> String {
        let number = self.document_number();
        match number.split_at_checked(9) {
            Some((head, tail)) if !tail.is_empty() => {
                let tail = format!("{tail}{}", check_digit(number));
                format!("{head}<{tail:<<room$.room$}")
            }
            _ => {
                let number = checked(&format!("{number:<<9}"));
                format!("{number}{optional:<<room$.room$}")
            }
        }
    }

    /// Two lines of 44 (Doc 9303-4 §4.2.2).
    fn td3(&self, optional_check: char) -> String {
        let citizen = self.citizen;
        let number = checked(&format!("{:<<9}", self.document_number()));
        let birth = checked(&born(citizen.birth));
        let expiry = checked(&expiry(citizen));
        let (code, state, sex) = (&self.code, &self.state, sex(citizen.sex));
        let optional = format!("{}{optional_check}", "<".repeat(14));
        let composite = check_digit(&format!("{number}{birth}{expiry}{optional}"));
        let name = names(&citizen.name, Size::Td3.name_room());
        format!("{code}{state}{name}{number}{state}{birth}{sex}{expiry}{optional}{composite}")
    }
}

const fn sex(sex: Sex) -> char {
    match sex {
        Sex::Male => 'M',
        Sex::Female => 'F',
        Sex::Unspecified => '<',
    }
}

/// The last so many digits.
fn last(number: &str, count: usize) -> &str {
    number
        .get(number.len().saturating_sub(count)..)
        .unwrap_or_default()
}

/// 991231 where the card does not expire.
fn expiry(citizen: &Citizen) -> String {
    citizen
        .expires
        .map_or_else(|| "991231".to_owned(), six_digits)
}

fn six_digits(date: Date) -> String {
    let year = date.year().rem_euclid(100);
    format!("{year:02}{:02}{:02}", date.month(), date.day())
}

/// A date of birth, with fillers for what is not known of it (Doc 9303-3 §4.8).
fn born(birth: PartialDate) -> String {
    let year = birth.year().rem_euclid(100);
    match birth {
        PartialDate::Day(date) => six_digits(date),
        PartialDate::Month(_, month) => format!("{year:02}{month:02}<<"),
        PartialDate::Year(_) => format!("{year:02}<<<<"),
    }
}

/// A name without diacritics, words between spaces; what the zone has no letter for is left out
/// (Doc 9303-3 §6). An apostrophe is left out, a hyphen parts words (Doc 9303-3 §4.6).
pub(super) fn folded(name: &str) -> String {
    name.nfd()
        .map(|character| match character {
            'Đ' | 'đ' => 'D',
            '-' => ' ',
            other => other.to_ascii_uppercase(),
        })
        .filter(|character| character.is_ascii_alphabetic() || *character == ' ')
        .collect()
}

/// Family name, two fillers, the other names, in a field of this size.
fn names(name: &str, room: usize) -> String {
    let folded = folded(name);
    let (family, given) = folded.split_once(' ').unwrap_or((&folded, ""));
    let whole = format!("{family}<<{}", given.replace(' ', "<"));
    let cut = whole.get(..room).unwrap_or(&whole);
    if whole.len() > room && cut.ends_with('<') {
        return shortened(&whole, room);
    }
    format!("{cut:<<room$}")
}

/// A name that is cut ends in a letter, to show that it was: where the cut falls between two words, the
/// longest word before gives up a letter for the first of the next (Doc 9303-3 §4.6 leaves to the
/// issuer which words are shortened).
fn shortened(whole: &str, room: usize) -> String {
    let (family, given) = whole.split_once("<<").unwrap_or((whole, ""));
    let left = room.saturating_sub(family.len().saturating_add(2));
    let (kept, rest) = given.split_at_checked(left).unwrap_or((given, ""));
    let mut words: Vec<&str> = kept.trim_end_matches('<').split('<').collect();
    if let Some(longest) = words.iter_mut().max_by_key(|word| word.len()) {
        *longest = longest
            .get(..longest.len().saturating_sub(1).max(1))
            .unwrap_or(longest);
    }
    let next = rest.get(..1).unwrap_or("<");
    let name = format!("{family}<<{}<{next}", words.join("<"));
    format!("{name:<<room$.room$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::persona::find;

    #[test]
    fn published_check_digits_come_out() {
        let file: toml::Table =
            toml::from_str(include_str!("../../../tests/vectors/check_digits.toml")).unwrap();
        let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
        for entry in file["check_digit"].as_array().unwrap() {
            let input = text(&entry["input"]);
            let digit = check_digit(&input).to_string();
            assert_eq!(digit, text(&entry["digit"]), "{input}");
        }
        // Document number, date of birth, date of expiry as the keys of access control take them.
        for zone in file["mrz"].as_array().unwrap() {
            let information = text(&zone["information"]);
            let (rest, expiry) = information.split_at(information.len() - 7);
            let (number, birth) = rest.split_at(rest.len() - 7);
            for field in [number, birth, expiry] {
                assert_eq!(checked(&field[..field.len() - 1]), field);
            }
        }
    }

    #[test]
    fn the_known_sample_comes_out() {
        let mut citizen = find("an").unwrap().citizen;
        citizen.number = "001099000123".to_owned();
        citizen.name = "Nguyễn Văn Mẫu".to_owned();
        citizen.birth = PartialDate::Day(jiff::civil::date(1999, 3, 15));
        citizen.expires = Some(jiff::civil::date(2024, 3, 15));
        citizen.sex = Sex::Male;
        assert_eq!(
            Zone::of(&citizen, &Document::citizen_card()).text(),
            "IDVNM0990001232001099000123<<39903159M2403155VNM<<<<<<<<<<<0\
             NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
        );
        assert_eq!(
            Zone::of(&citizen, &Document::citizen_card()).information(),
            "099000123299031592403155"
        );
    }

    #[test]
    fn the_letter_d_with_stroke_and_long_names_fit() {
        let mut citizen = find("binh").unwrap().citizen;
        citizen.name = "Đặng Thị Phương Uyên Khuê Hoàng Anh".to_owned();
        let mrz = Zone::of(&citizen, &Document::citizen_card()).text();
        assert_eq!(mrz.len(), 90);
        assert!(mrz.ends_with("DANG<<THI<PHUONG<UYEN<KHUE<HOA"));
    }
}
