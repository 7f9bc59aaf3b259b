//! Numbers, nationality, sex and places.

use crate::lds::mrz::Sex;
use crate::registry::names::compare_name;
use crate::registry::names::rule::Compared;
use crate::registry::names::rule::Rule;

/// Vietnam's codes of Doc 9303-3 §5 and ISO 3166-1, and its name in Vietnamese.
const VIETNAM: [&str; 3] = ["VNM", "VN", "Việt Nam"];

/// Compares two nationalities: codes, or Vietnam's by its name.
///
/// ```
/// use cancuoc::registry::names::{Rule, compare_nationality};
/// assert_eq!(compare_nationality("VNM", "Việt Nam").rule, Rule::CountryName);
/// ```
pub fn compare_nationality(register: &str, supplied: &str) -> Compared {
    let compared = compare_name(register, supplied);
    let is_vietnam = |text: &str| {
        let names = |name: &&str| compare_name(name, text).is_match();
        VIETNAM.iter().any(names)
    };
    if compared.is_mismatch() && is_vietnam(register) && is_vietnam(supplied) {
        return Compared::same(Rule::CountryName);
    }
    compared
}

/// Compares two document numbers; fillers, spaces and case are no part of one.
///
/// ```
/// use cancuoc::registry::names::{Rule, compare_document_number};
/// assert_eq!(compare_document_number("C1234567", "c1234567<").rule, Rule::Fillers);
/// ```
pub fn compare_document_number(register: &str, supplied: &str) -> Compared {
    let [one, two] = [register, supplied].map(significant);
    match (one.is_empty(), two.is_empty()) {
        (_, true) => Compared::NOT_SUPPLIED,
        (true, false) => Compared::NOT_ON_FILE,
        _ if one != two => Compared::differs(digits_differ(&one, &two)),
        _ if register == supplied => Compared::same(Rule::Exact),
        _ => Compared::same(Rule::Fillers),
    }
}

fn significant(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|sign| !sign.is_whitespace() && *sign != '<');
    kept.flat_map(char::to_uppercase).collect()
}

/// Compares two citizen numbers, digit for digit; a space is no part of one.
pub fn compare_number(register: &str, supplied: &str) -> Compared {
    let without_spaces =
        |text: &str| -> String { text.chars().filter(|sign| !sign.is_whitespace()).collect() };
    let [one, two] = [register, supplied].map(without_spaces);
    match (one.is_empty(), two.is_empty()) {
        (_, true) => Compared::NOT_SUPPLIED,
        (true, false) => Compared::NOT_ON_FILE,
        _ if one != two => Compared::differs(digits_differ(&one, &two)),
        _ if register == supplied => Compared::same(Rule::Exact),
        _ => Compared::same(Rule::Spacing),
    }
}

/// Why two numbers are two.
fn digits_differ(one: &str, two: &str) -> Rule {
    let bare = |text: &str| text.trim_start_matches('0').to_owned();
    if one.len() != two.len() && bare(one) == bare(two) {
        return Rule::LeadingZeros;
    }
    let (one, two) = (one.as_bytes(), two.as_bytes());
    if one.len() == two.len() {
        let apart: Vec<usize> = one
            .iter()
            .zip(two)
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(at, _)| at)
            .collect();
        if let [first, second] = *apart.as_slice()
            && first + 1 == second
            && one.get(first) == two.get(second)
            && one.get(second) == two.get(first)
        {
            return Rule::DigitsSwapped;
        }
    }
    Rule::Digits
}

/// Compares two sexes; one that is not stated is not compared.
pub fn compare_sex(register: Sex, supplied: Sex) -> Compared {
    match (register, supplied) {
        (_, Sex::Unspecified) => Compared::NOT_SUPPLIED,
        (Sex::Unspecified, _) => Compared::NOT_ON_FILE,
        (register, supplied) if register == supplied => Compared::same(Rule::Exact),
        _ => Compared::differs(Rule::Value),
    }
}

/// Words for the sexes. Numbers are not among them: 1 is a man in one system and a woman in another.
const SEXES: [(&str, Sex); 13] = [
    ("male", Sex::Male),
    ("m", Sex::Male),
    ("nam", Sex::Male),
    ("trai", Sex::Male),
    ("female", Sex::Female),
    ("f", Sex::Female),
    ("nữ", Sex::Female),
    ("nu", Sex::Female),
    ("gái", Sex::Female),
    ("unspecified", Sex::Unspecified),
    ("x", Sex::Unspecified),
    ("<", Sex::Unspecified),
    ("khác", Sex::Unspecified),
];

/// Reads a sex as lists have it: `male`, `M`, `Nam`, `female`, `F`, `Nữ`, `unspecified`, `X`.
pub fn read_sex(text: &str) -> Option<Sex> {
    let text = text.trim();
    SEXES
        .iter()
        .find(|(word, _)| *word == text || compare_name(word, text).is_match())
        .map(|(_, sex)| *sex)
}

/// Compares a sex with what a list has in its place.
pub fn compare_sex_text(register: Sex, supplied: &str) -> Compared {
    if supplied.trim().is_empty() {
        return Compared::NOT_SUPPLIED;
    }
    let Some(sex) = read_sex(supplied) else {
        return Compared::differs(Rule::Unreadable);
    };
    let compared = compare_sex(register, sex);
    if compared.rule == Rule::Exact && !matches!(supplied, "male" | "female") {
        return Compared::same(Rule::OtherWord);
    }
    compared
}

/// Longest code of an administrative unit: five digits of a commune, with room for what follows.
const MAX_PLACE: usize = 12;

/// Compares two places by the codes of their administrative units as now in force. What is no code
/// is not compared: the same street is written in a hundred ways, and its commune was renamed.
///
/// `now` gives the code that a former unit has today, where it has another; of a unit that was divided
/// nobody can say.
pub fn compare_place<'a>(
    register: &'a str,
    supplied: &'a str,
    now: impl Fn(&'a str) -> Option<&'a str>,
) -> Compared {
    let code = |text: &'a str| {
        let text = text.trim();
        let right =
            (1..=MAX_PLACE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        right.then_some(text)
    };
    let Some(two) = code(supplied) else {
        return Compared::NOT_SUPPLIED;
    };
    let Some(one) = code(register) else {
        return Compared::NOT_ON_FILE;
    };
    let present = |code: &'a str| now(code).unwrap_or(code);
    if one == two {
        Compared::same(Rule::Exact)
    } else if present(one) == present(two) {
        Compared::same(Rule::FormerUnit)
    } else {
        Compared::differs(digits_differ(one, two))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_for_a_reason() {
        for (one, two, expected) in [
            ("001099000123", "001099000123", "exact"),
            ("001099000123", "001 099 000 123", "spacing"),
            ("001099000123", "1099000123", "leading_zeros"),
            ("001099000123", "001099000132", "digits_swapped"),
            ("001099000123", "001099000124", "digits"),
            ("001099000123", "001099000134", "digits"),
            ("001099000123", "001099000112", "digits"),
            ("001099000123", "003099000121", "digits"),
            ("001099000123", "", "not_supplied"),
        ] {
            assert_eq!(compare_number(one, two).rule.code(), expected, "{two}");
        }
    }

    #[test]
    fn a_sex_has_many_words_and_no_number() {
        for (text, expected) in [
            ("male", "exact"),
            ("Nam", "other_word"),
            ("NAM", "other_word"),
            ("Nữ", "value"),
            ("NỮ", "value"),
            ("nu", "value"),
            ("X", "not_supplied"),
            ("", "not_supplied"),
            ("1", "unreadable"),
        ] {
            let compared = compare_sex_text(Sex::Male, text);
            assert_eq!(compared.rule.code(), expected, "{text}");
        }
        let unknown = compare_sex(Sex::Unspecified, Sex::Male);
        assert_eq!(unknown, Compared::NOT_ON_FILE);
    }

    #[test]
    fn places_compare_by_present_code() {
        let now = |code| (code == "00103").then_some("00100");
        for (one, two, expected) in [
            ("00100", "00100", "exact"),
            ("00100", "00103", "former_unit"),
            ("00103", "00100", "former_unit"),
            ("00100", "100", "leading_zeros"),
            ("00100", "00200", "digits"),
            ("00100", "12 Phố Thử", "not_supplied"),
            ("00100", "Phố Thử", "not_supplied"),
            ("12 Phố Thử", "00100", "not_on_file"),
        ] {
            assert_eq!(compare_place(one, two, now).rule.code(), expected);
        }
    }
}
