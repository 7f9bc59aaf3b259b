//! Vietnamese names as machines write them: what is left of a name in ASCII. The transliteration is
//! that of Doc 9303-3 §6 A.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The name in capital letters without diacritics and with single spaces, as the machine-readable
/// zone writes it (Doc 9303-3 §4.6 and §6 A): Đ becomes D, apostrophes go, hyphens become spaces.
///
/// A character that has no base letter among A to Z stays as it is, so that it never equals one
/// that has.
///
/// ```
/// use cancuoc::bytes::vietnamese::fold_ascii;
/// assert_eq!(fold_ascii("Đặng  Thuỳ Dương"), "DANG THUY DUONG");
/// ```
pub fn fold_ascii(name: &str) -> String {
    let mut folded = String::new();
    let mut gap = false;
    for character in name.nfd() {
        match character {
            '\'' | '\u{2019}' | '\u{2018}' | '\u{2BC}' | '\u{B4}' | '`' | ',' | '.' => {}
            mark if is_combining_mark(mark) => {}
            space if space.is_whitespace() || matches!(space, '-' | '\u{2010}' | '<') => gap = true,
            letter => {
                if gap && !folded.is_empty() {
                    folded.push(' ');
                }
                gap = false;
                match letter {
                    'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ' => folded.push('D'),
                    // Of the Ê Đê, Gia Rai and others; like Đ it has no mark that could go.
                    'ƀ' | 'Ƀ' => folded.push('B'),
                    other => folded.extend(other.to_uppercase()),
                }
            }
        }
    }
    folded
}

/// Longest name of which letters may be lost, in characters.
const MAX_LOSSY: usize = 256;

/// Whether a text is what a scanner that acts as a keyboard left of a name: letters with a diacritic may
/// be lost, whole or but for their base, and those of ASCII are all there. Spaces do not count.
///
/// ```
/// use cancuoc::bytes::vietnamese::is_left_of;
/// assert!(is_left_of("Nguyn Thi Mu An", "Nguyễn Thị Mẫu An"));
/// assert!(!is_left_of("Nguyễn Thị Mẫu A", "Nguyễn Thị Mẫu An"));
/// ```
pub fn is_left_of(text: &str, name: &str) -> bool {
    let text = fold_ascii(text);
    let text: Vec<char> = text.chars().filter(|one| *one != ' ').collect();
    // How much of the text may have been met, in every way to lose letters.
    let mut met = BTreeSet::from([0_usize]);
    for letter in name.nfc().take(MAX_LOSSY + 1) {
        for base in fold_ascii(letter.encode_utf8(&mut [0; 4])).chars() {
            let kept = met.iter().filter(|at| text.get(**at) == Some(&base));
            let mut next: BTreeSet<usize> = kept.map(|at| at + 1).collect();
            if !letter.is_ascii() {
                next.extend(&met);
            }
            met = next;
        }
    }
    name.nfc().nth(MAX_LOSSY).is_none() && !text.is_empty() && met.contains(&text.len())
}

/// How a name with diacritics compares with a machine-readable zone.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transliteration {
    /// The zone holds this name in full.
    Whole,
    /// The zone is full and holds as much of this name as fits.
    Shortened,
    /// The zone holds another name.
    Different,
}

/// Compares a name with the identifiers of a machine-readable zone, whose name field is
/// `field_length` characters long: 30 in TD1, 31 in TD2, 39 in TD3.
///
/// Words may be missing or shortened only where the field is filled to its last position, or to the one
/// before: a letter there is the sign of truncation (Doc 9303-4 and 9303-5, truncation of the name). Where words end
/// says nothing: of apostrophes and hyphens some issuers leave nothing, and others a filler.
pub fn compare_with_mrz(
    name: &str,
    primary: &str,
    secondary: &str,
    field_length: usize,
) -> Transliteration {
    let (primary, secondary) = (fold_ascii(primary), fold_ascii(secondary));
    let folded = fold_ascii(name);
    let expected: Vec<&str> = folded.split(' ').collect();
    let written: Vec<&str> = primary
        .split(' ')
        .chain(secondary.split(' '))
        .filter(|word| !word.is_empty())
        .collect();
    if written.is_empty() {
        return Transliteration::Different;
    }
    let (whole, found) = (expected.concat(), written.concat());
    if whole == found {
        return Transliteration::Whole;
    }
    // Two fillers stand between the identifiers. Where the field ends behind a word, a plain cut leaves a
    // filler in its last position.
    let filled = primary
        .len()
        .saturating_add(3)
        .saturating_add(secondary.len())
        >= field_length;
    let prefixes = written
        .iter()
        .zip(&expected)
        .all(|(short, long)| long.starts_with(short));
    if filled && (prefixes && written.len() <= expected.len() || whole.starts_with(&found)) {
        Transliteration::Shortened
    } else {
        Transliteration::Different
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_follows_the_transliteration_table() {
        assert_eq!(fold_ascii("Nguyễn Văn Mẫu"), "NGUYEN VAN MAU");
        assert_eq!(fold_ascii("ĐỖ ĐÌNH ĐỨC"), "DO DINH DUC");
        assert_eq!(fold_ascii("Ðỗ Ưu Ơn"), "DO UU ON");
        assert_eq!(fold_ascii(" H’Hen\u{a0} Niê "), "HHEN NIE");
        assert_eq!(fold_ascii("Lê-Anh"), "LE ANH");
        assert_eq!(fold_ascii("Nguyê\u{303}n"), "NGUYEN");
        assert_eq!(fold_ascii("Иван"), "ИВАН");
        assert_eq!(fold_ascii(""), "");
    }

    #[test]
    fn scanners_lose_letters_with_diacritics_and_no_others() {
        let left = |text| is_left_of(text, "Đặng Thị Ánh Ân");
        for text in [
            "Đặng Thị Ánh Ân",
            "DANG THI ANH AN",
            "ng Th nh n",
            "Dng Thi nh An",
            "Đă\u{323}ng Thị A\u{301}nh n",
        ] {
            assert!(left(text), "{text}");
        }
        for text in [
            "",
            "Á",
            "Đặng Thị Ánh",
            "Đặng Thị Ánh Âm",
            "Đặng Thị Ánh Ân B",
        ] {
            assert!(!left(text), "{text}");
        }
        // A letter that was lost may be one that stands again behind it.
        assert!(is_left_of("a", "âa") && !is_left_of("aaa", "âa"));
        let decomposed = "Nguye\u{302}\u{303}n";
        assert!(is_left_of("Nguyn", decomposed) && is_left_of("Nguyen", decomposed));
        assert!(!is_left_of(&"a".repeat(99), &"â".repeat(100_000)));
    }

    #[test]
    fn a_zone_may_shorten_a_name_only_when_it_is_full() {
        let long = "Công Tằng Tôn Nữ Thị Phương Uyên Thảo";
        let zone = |primary, secondary| compare_with_mrz(long, primary, secondary, 30);
        assert_eq!(
            zone("CONG TANG TON NU", "THI PHUONG U"),
            Transliteration::Shortened
        );
        assert_eq!(
            zone("CONG TANG TON NU", "THI PHUONG"),
            Transliteration::Different
        );
        assert_eq!(
            zone("CONG TANG TON NU", "THI PHUONH U"),
            Transliteration::Different
        );
        // CONG<TANG<TON<NU<<THI<PHUONGA<
        assert_eq!(
            compare_with_mrz(
                "Công Tằng Tôn Nữ Thị Phươnga Uyên",
                "CONG TANG TON NU",
                "THI PHUONGA",
                30
            ),
            Transliteration::Shortened
        );
        let short = |name, secondary| compare_with_mrz(name, "NGUYEN", secondary, 30);
        assert_eq!(short("Nguyễn Văn Mẫu", "VAN MAU"), Transliteration::Whole);
        assert_eq!(short("Nguyễn Văn Mậu", "VAN MAU"), Transliteration::Whole);
        assert_eq!(
            short("Nguyễn Văn Mẫn", "VAN MAU"),
            Transliteration::Different
        );
        assert_eq!(short("Nguyễn Văn Mẫu", "VAN"), Transliteration::Different);
        for (name, primary, secondary) in [
            ("H'Hen Niê", "HHEN", "NIE"),
            ("H'Hen Niê", "H", "HEN NIE"),
            ("H´Hen Niê", "HHEN", "NIE"),
            ("Lê-Anh Tôn", "LEANH", "TON"),
            ("Y Ƀut Niê", "Y", "BUT NIE"),
        ] {
            let compared = compare_with_mrz(name, primary, secondary, 30);
            assert_eq!(compared, Transliteration::Whole, "{name}");
        }
        assert_eq!(compare_with_mrz("", "", "", 30), Transliteration::Different);
    }
}
