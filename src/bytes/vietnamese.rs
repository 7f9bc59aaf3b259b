//! Vietnamese names as people, keyboards and machines write them: when two spellings are one name,
//! and what is left of a name in ASCII.
//!
//! A syllable is read as its letters, each with its quality mark (ă â ê ô ơ ư đ), and one tone.
//! `hoà` and `hòa` are then the same syllable, while `Hòa` and `Hoa` are not: a diacritic is a part
//! of the name and is never folded away. The transliteration is that of Doc 9303-3 §6 A.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;
use unicode_normalization::char::is_combining_mark;

/// What had to be put aside before two names were equal.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Kind, number and place of the spaces.
    Spaces,
    /// Capital and small letters.
    Case,
    /// How a letter and its marks are encoded: composed, decomposed, or half of each.
    UnicodeForm,
    /// On which vowel of the syllable the tone mark stands: `hoà`, `hòa`.
    TonePlacement,
    /// Ð (U+00D0) or Ɖ (U+0189) in the place of Đ (U+0110), which look alike.
    StrokedD,
    /// The shape of an apostrophe, as in `H'Hen`.
    Apostrophe,
}

impl Rule {
    /// Every rule, in the order in which they are reported.
    pub const ALL: [Self; 6] = [
        Self::Spaces,
        Self::Case,
        Self::UnicodeForm,
        Self::TonePlacement,
        Self::StrokedD,
        Self::Apostrophe,
    ];

    /// The word for it in reports and vectors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Spaces => "spaces",
            Self::Case => "case",
            Self::UnicodeForm => "unicode_form",
            Self::TonePlacement => "tone_placement",
            Self::StrokedD => "stroked_d",
            Self::Apostrophe => "apostrophe",
        }
    }
}

/// How two names compare.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameMatch {
    /// Character for character the same.
    Exact,
    /// The same name in two spellings, and the rules without which they would differ.
    AfterNormalisation(Vec<Rule>),
    /// Two names, or nothing to compare.
    Different,
}

/// Compares two names. A name without a letter matches nothing, not even itself.
///
/// ```
/// use cancuoc::bytes::vietnamese::{NameMatch, Rule, compare};
/// assert_eq!(compare("Hoà", "Hòa"), NameMatch::AfterNormalisation(vec![Rule::TonePlacement]));
/// assert_eq!(compare("Hoa", "Hòa"), NameMatch::Different);
/// ```
pub fn compare(one: &str, other: &str) -> NameMatch {
    if !same(one, other) {
        return NameMatch::Different;
    }
    if one == other {
        return NameMatch::Exact;
    }
    let mut rules: Vec<Rule> = Rule::ALL
        .into_iter()
        .filter(|rule| key(one, Some(*rule)) != key(other, Some(*rule)))
        .collect();
    if rules.is_empty() {
        // Both are half composed, each in another way: no rule alone tells them apart.
        rules.push(Rule::UnicodeForm);
    }
    NameMatch::AfterNormalisation(rules)
}

/// Whether two names compare as anything but different, at a fraction of the cost of explaining it.
pub fn same(one: &str, other: &str) -> bool {
    one.chars().any(char::is_alphabetic) && (one == other || key(one, None) == key(other, None))
}

/// The tone of a syllable; the level tone has no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Grave,
    Acute,
    Tilde,
    HookAbove,
    DotBelow,
}

impl Tone {
    const fn of(mark: char) -> Option<Self> {
        match mark {
            '\u{300}' => Some(Self::Grave),
            '\u{301}' => Some(Self::Acute),
            '\u{303}' => Some(Self::Tilde),
            '\u{309}' => Some(Self::HookAbove),
            '\u{323}' => Some(Self::DotBelow),
            _ => None,
        }
    }
}

/// One letter: with its quality mark, its tone, and whatever marks Vietnamese does not have.
#[derive(Debug, PartialEq, Eq)]
struct Letter {
    letter: char,
    tone: Option<Tone>,
    foreign: Vec<char>,
}

impl Letter {
    /// Adds a mark that follows the letter. The order in which a quality mark and a tone were typed
    /// does not matter; a second mark of the same kind is foreign to the language and is kept.
    fn mark(&mut self, mark: char) {
        // Circumflex, breve, horn.
        let quality = matches!(mark, '\u{302}' | '\u{306}' | '\u{31B}');
        let composed = if quality {
            compose(self.letter, mark)
        } else {
            None
        };
        match (composed, Tone::of(mark)) {
            (Some(letter), _) => self.letter = letter,
            (None, Some(tone)) if self.tone.is_none() => self.tone = Some(tone),
            _ => self.foreign.push(mark),
        }
    }

    /// Whether the tone of a syllable may stand here.
    fn is_vowel(&self) -> bool {
        "aăâeêioôơuưy"
            .chars()
            .any(|vowel| self.letter.to_lowercase().eq([vowel]))
    }
}

/// A word in the form that is compared.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    /// A Vietnamese syllable: its letters and its one tone, wherever that stands.
    Syllable(Vec<char>, Option<Tone>),
    /// Anything else; each mark counts where it stands.
    Letters(Vec<Letter>),
    /// White space, where it counts.
    Gap(char),
    /// How the next word is encoded, where that counts.
    Form { composed: bool },
}

/// The text in the form that is compared, with one rule left out.
fn key(text: &str, without: Option<Rule>) -> Vec<Word> {
    let active = |rule| without != Some(rule);
    let mut key = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            if !active(Rule::Spaces) {
                key.push(Word::Gap(first));
            }
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if !active(Rule::UnicodeForm) {
            key.push(Word::Form {
                composed: word.nfc().eq(word.chars()),
            });
        }
        let letters = letters(word, active);
        let letters = if active(Rule::TonePlacement) {
            syllable(letters)
        } else {
            Err(letters)
        };
        key.push(match letters {
            Ok((letters, tone)) => Word::Syllable(letters, tone),
            Err(letters) => Word::Letters(letters),
        });
    }
    key
}

/// The letters of a word, from any mixture of composed and decomposed characters.
fn letters(word: &str, active: impl Fn(Rule) -> bool) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for character in word.nfd() {
        if is_combining_mark(character)
            && let Some(last) = letters.last_mut()
        {
            last.mark(character);
            continue;
        }
        let letter = match character {
            'Ð' | 'Ɖ' if active(Rule::StrokedD) => 'Đ',
            'ð' | 'ɖ' if active(Rule::StrokedD) => 'đ',
            '\u{2019}' | '\u{2018}' | '\u{2BC}' if active(Rule::Apostrophe) => '\'',
            other => other,
        };
        letters.push(Letter {
            letter,
            tone: None,
            foreign: Vec::new(),
        });
    }
    if active(Rule::Case) {
        for letter in &mut letters {
            // Vietnamese letters have one small form; where a foreign one has several, it stays.
            let mut small = letter.letter.to_lowercase();
            if let (Some(only), None) = (small.next(), small.next()) {
                letter.letter = only;
            }
        }
    }
    letters
}

/// Reads a word as one syllable: one run of vowels, at most one tone, and that on a vowel.
fn syllable(letters: Vec<Letter>) -> Result<(Vec<char>, Option<Tone>), Vec<Letter>> {
    let runs = letters.chunk_by(|a, b| a.is_vowel() == b.is_vowel());
    let vowel_runs = runs
        .filter(|run| run.first().is_some_and(Letter::is_vowel))
        .count();
    let toned: Vec<&Letter> = letters
        .iter()
        .filter(|letter| letter.tone.is_some())
        .collect();
    let regular = vowel_runs == 1
        && toned.len() <= 1
        && toned.iter().all(|letter| letter.is_vowel())
        && letters.iter().all(|letter| letter.foreign.is_empty());
    if !regular {
        return Err(letters);
    }
    let tone = toned.first().and_then(|letter| letter.tone);
    Ok((
        letters.into_iter().map(|letter| letter.letter).collect(),
        tone,
    ))
}

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

    #[derive(serde::Deserialize)]
    struct Corpus {
        pair: Vec<Pair>,
    }

    #[derive(serde::Deserialize)]
    struct Pair {
        a: String,
        b: String,
        expect: String,
        #[serde(default)]
        rules: Vec<String>,
        reason: String,
    }

    #[test]
    fn the_corpus_of_names_compares_as_it_says() {
        let text = include_str!("../../tests/vectors/names.toml");
        let corpus: Corpus = toml::from_str(text).unwrap();
        assert!(corpus.pair.len() >= 60);
        let mut wrong = Vec::new();
        for pair in &corpus.pair {
            for (a, b) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
                let (word, rules) = match compare(a, b) {
                    NameMatch::Exact => ("exact", Vec::new()),
                    NameMatch::AfterNormalisation(rules) => ("normalised", rules),
                    NameMatch::Different => ("different", Vec::new()),
                };
                let mut rules: Vec<&str> = rules.into_iter().map(Rule::code).collect();
                let mut expected: Vec<&str> = pair.rules.iter().map(String::as_str).collect();
                rules.sort_unstable();
                expected.sort_unstable();
                if word != pair.expect || rules != expected {
                    wrong.push(format!("{a} | {b}: {word} {rules:?} ({})", pair.reason));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_tone_may_stand_on_either_vowel_of_oa_oe_uy() {
        let marks = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
        for pair in ["oa", "oe", "uy"] {
            let (first, second) = pair.split_at(1);
            for mark in marks {
                let old = format!("h{first}{mark}{second}");
                for other in marks {
                    let new = format!("h{first}{second}{other}");
                    let same = compare(&old, &new) != NameMatch::Different;
                    assert_eq!(same, mark == other, "{old} {new}");
                }
                assert_eq!(compare(&old, &format!("h{pair}")), NameMatch::Different);
            }
        }
    }

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
