//! When a value of the register and one of a card or a list mean the same, and by which rule.
//!
//! A diacritic is a part of a name and is never folded away, nor is a letter; what is put aside is
//! how a name was typed. `docs/names.md` says which rules there are, and `tests/vectors/names` holds
//! pairs that must and must not match.

mod dates;
mod legacy;
mod rule;
mod spelling;
mod values;
mod why;

pub use dates::compare_date;
pub use dates::compare_date_text;
pub use dates::compare_expiry;
pub use dates::read_date;
pub use rule::Compared;
pub use rule::Rule;
pub use values::compare_document_number;
pub use values::compare_nationality;
pub use values::compare_number;
pub use values::compare_place;
pub use values::compare_sex;
pub use values::compare_sex_text;
pub use values::read_sex;

use spelling::Spelling;

/// Longest name that is compared in any other way than character for character, in bytes. The longest
/// names of persons have some two hundred characters.
const MAX_NAME: usize = 1024;

/// Compares two full names. A name without a letter matches nothing, not even itself.
///
/// ```
/// use cancuoc::registry::names::{Rule, compare_name};
/// let compared = compare_name("Lê Thuý Hoà", "LÊ THÚY HÒA");
/// assert!(compared.is_match());
/// assert_eq!(compared.rule, Rule::TonePlacement);
/// assert_eq!(compare_name("Lê Thuý Hoà", "Le Thuy Hoa").rule, Rule::DiacriticsMissing);
/// ```
pub fn compare_name(register: &str, supplied: &str) -> Compared {
    if register == supplied && register.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return Compared::same(Rule::Exact);
    }
    if register.len().max(supplied.len()) > MAX_NAME {
        return Compared::differs(Rule::Letters);
    }
    let [one, two] = [register, supplied].map(Spelling::of);
    if two.is_blank() {
        return Compared::NOT_SUPPLIED;
    }
    if one.is_blank() {
        return Compared::NOT_ON_FILE;
    }
    if one.letters == two.letters && one.has_letter() {
        return Compared::same(if register == supplied {
            Rule::Exact
        } else {
            one.rule(&two)
        });
    }
    Compared::differs(why::differs([register, supplied], [&one, &two]))
}

/// Compares a name that the register holds in parts (họ, chữ đệm, tên) with one in full.
///
/// ```
/// use cancuoc::registry::names::{Rule, compare_name_parts};
/// let compared = compare_name_parts(&["Nguyễn", "Văn", "Mẫu"], "Nguyễn Văn Mẫu");
/// assert_eq!(compared.rule, Rule::PartsJoined);
/// ```
pub fn compare_name_parts(register: &[&str], supplied: &str) -> Compared {
    let compared = compare_name(&register.join(" "), supplied);
    if compared.is_match() && register.len() > 1 {
        return Compared::same(Rule::PartsJoined);
    }
    compared
}

/// Whether two full names are one name, in any spelling of Vietnamese.
pub fn same_name(register: &str, supplied: &str) -> bool {
    compare_name(register, supplied).is_match()
}

/// Whether two nationalities are the same: two codes, or a code and its name in Vietnamese.
pub fn same_nationality(register: &str, supplied: &str) -> bool {
    compare_nationality(register, supplied).is_match()
}

/// Whether two document numbers are the same, apart from fillers, spaces and case.
pub fn same_document_number(register: &str, supplied: &str) -> bool {
    compare_document_number(register, supplied).is_match()
}

// The corpus is read by what reads the program's own lists.
#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;
