//! Writes the machine-readable zone of a Vietnamese identity card: size TD1 (Doc 9303-5 §4.2).

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::lds::mrz::Sex;
use crate::sim::persona::Citizen;

/// The three lines without line breaks.
///
/// Line 1 has the last nine digits as document number and all twelve as optional data, followed
/// by two fillers and a check digit over the twelve, as the 2021 card has it.
pub(super) fn td1(citizen: &Citizen) -> String {
    let number = &citizen.number;
    let document_number = with_check_digit(short_number(number));
    let birth = with_check_digit(&six_digits(citizen.birth));
    let expiry = with_check_digit(&expiry(citizen));
    let sex = match citizen.sex {
        Sex::Male => 'M',
        Sex::Female => 'F',
        Sex::Unspecified => '<',
    };
    let optional = format!("{number}<<{}", check_digit(number));
    let rest = "<".repeat(11);
    // Doc 9303-5 §4.2.2.2: positions 6 to 30 of line 1; 1 to 7, 9 to 15 and 19 to 29 of line 2.
    let composite = check_digit(&format!("{document_number}{optional}{birth}{expiry}{rest}"));
    let name: String = names(&citizen.name);
    format!(
        "IDVNM{document_number}{optional}{birth}{sex}{expiry}VNM{rest}{composite}{name:<<30.30}"
    )
}

/// Document number, date of birth and date of expiry with their check digits.
pub(super) fn information(citizen: &Citizen) -> String {
    [
        short_number(&citizen.number),
        &six_digits(citizen.birth),
        &expiry(citizen),
    ]
    .map(with_check_digit)
    .concat()
}

/// The last nine digits.
fn short_number(number: &str) -> &str {
    number
        .get(number.len().saturating_sub(9)..)
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

fn with_check_digit(field: &str) -> String {
    format!("{field}{}", check_digit(field))
}

/// Doc 9303-3 §4.9: weights 7, 3, 1; digits count as such, A to Z as 10 to 35, fillers as 0.
fn check_digit(field: &str) -> u32 {
    field
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(character, weight)| character.to_digit(36).unwrap_or(0) * weight)
        .sum::<u32>()
        % 10
}

/// Family name, two fillers, the other names; without diacritics (Doc 9303-3 §6).
fn names(name: &str) -> String {
    let folded: String = name
        .nfd()
        .map(|character| match character {
            'Đ' | 'đ' => 'D',
            other => other.to_ascii_uppercase(),
        })
        .filter(|character| character.is_ascii_alphabetic() || *character == ' ')
        .collect();
    let (family, given) = folded.split_once(' ').unwrap_or((&folded, ""));
    format!("{family}<<{}", given.replace(' ', "<"))
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
                assert_eq!(with_check_digit(&field[..field.len() - 1]), field);
            }
        }
    }

    #[test]
    fn the_known_sample_comes_out() {
        let mut citizen = find("an").unwrap().citizen;
        citizen.number = "001099000123".to_owned();
        citizen.name = "Nguyễn Văn Mẫu".to_owned();
        citizen.birth = jiff::civil::date(1999, 3, 15);
        citizen.expires = Some(jiff::civil::date(2024, 3, 15));
        citizen.sex = Sex::Male;
        assert_eq!(
            td1(&citizen),
            "IDVNM0990001232001099000123<<39903159M2403155VNM<<<<<<<<<<<0\
             NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
        );
        assert_eq!(information(&citizen), "099000123299031592403155");
    }

    #[test]
    fn the_letter_d_with_stroke_and_long_names_fit() {
        let mut citizen = find("binh").unwrap().citizen;
        citizen.name = "Đặng Thị Phương Uyên Khuê Hoàng Anh".to_owned();
        let mrz = td1(&citizen);
        assert_eq!(mrz.len(), 90);
        assert!(mrz.ends_with("DANG<<THI<PHUONG<UYEN<KHUE<HOA"));
    }
}
