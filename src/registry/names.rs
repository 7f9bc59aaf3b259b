//! When a text of the register and one of the card mean the same.

use crate::bytes::vietnamese;

/// Whether two full names are one name, in any spelling of Vietnamese; see
/// [`vietnamese`]. Diacritics are never folded away.
pub fn same_name(register: &str, supplied: &str) -> bool {
    vietnamese::same(register, supplied)
}

/// What cards and registers call the nationality of Vietnam, beside the code of Doc 9303-3 §5.
const VIETNAM: [&str; 3] = ["VNM", "VN", "Việt Nam"];

/// Whether two nationalities are the same: two codes, or a code and its name in Vietnamese.
pub fn same_nationality(register: &str, supplied: &str) -> bool {
    let is_vietnam = |text| VIETNAM.iter().any(|name| same_name(name, text));
    same_name(register, supplied) || (is_vietnam(register) && is_vietnam(supplied))
}

/// Whether two document numbers are the same, apart from fillers, spaces and case.
pub fn same_document_number(register: &str, supplied: &str) -> bool {
    let significant = |text: &str| -> String {
        let kept = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '<');
        kept.flat_map(char::to_uppercase).collect()
    };
    let register = significant(register);
    !register.is_empty() && register == significant(supplied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_spelling_of_one_name() {
        assert!(same_name("Lê Thuý Hoà", "LÊ THÚY HÒA"));
        assert!(!same_name("Lê Thuý Hoà", "LE THUY HOA"));
        assert!(!same_name("", ""));
    }

    #[test]
    fn a_nationality_is_a_code_or_a_name() {
        assert!(same_nationality("VNM", "Việt Nam"));
        assert!(same_nationality("VNM", "VIỆT NAM"));
        assert!(same_nationality("LAO", "LAO"));
        assert!(!same_nationality("VNM", "LAO"));
        assert!(!same_nationality("VNM", "Viet Nam"));
    }

    #[test]
    fn fillers_are_no_part_of_a_document_number() {
        assert!(same_document_number("C1234567", "c1234567<"));
        assert!(!same_document_number("C1234567", "C1234568"));
        assert!(!same_document_number("", "<<"));
    }
}
