//! Why two names are two: the first explanation that fits, from the most to the least telling.
//!
//! Nothing here makes two names one.

use unicode_normalization::char::decompose_canonical;

use crate::registry::names::legacy;
use crate::registry::names::rule::Rule;
use crate::registry::names::spelling::GAP;
use crate::registry::names::spelling::Letter;
use crate::registry::names::spelling::NONE;
use crate::registry::names::spelling::Spelling;

/// Letters that look like one of another alphabet or of ASCII, each with the one it is taken for.
const LOOK_ALIKE: [(char, char); 38] = [
    // Eth, and the African d with a hook: fonts draw all three capitals alike.
    ('ð', 'đ'),
    ('ɖ', 'đ'),
    // Cyrillic
    ('а', 'a'),
    ('в', 'b'),
    ('с', 'c'),
    ('е', 'e'),
    ('н', 'h'),
    ('і', 'i'),
    ('ј', 'j'),
    ('к', 'k'),
    ('м', 'm'),
    ('о', 'o'),
    ('р', 'p'),
    ('ѕ', 's'),
    ('т', 't'),
    ('у', 'y'),
    ('х', 'x'),
    ('һ', 'h'),
    ('ԛ', 'q'),
    ('ԝ', 'w'),
    // Greek
    ('α', 'a'),
    ('β', 'b'),
    ('ε', 'e'),
    ('ζ', 'z'),
    ('η', 'h'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('μ', 'm'),
    ('ν', 'n'),
    ('ο', 'o'),
    ('ρ', 'p'),
    ('τ', 't'),
    ('υ', 'y'),
    ('χ', 'x'),
    // Digits
    ('0', 'o'),
    ('1', 'i'),
    // Dotless i, and alpha of Latin
    ('ı', 'i'),
    ('ɑ', 'a'),
];

/// Why two names that are not the same differ.
pub(super) fn differs(texts: [&str; 2], spellings: [&Spelling; 2]) -> Rule {
    if !spellings.iter().all(|spelling| spelling.has_letter()) {
        return Rule::NoLetters;
    }
    let [one, two] = spellings.map(|spelling| spelling.letters.as_slice());
    let [first, second] = texts;
    if is_legacy(first, two) || is_legacy(second, one) {
        return Rule::LegacyEncoding;
    }
    if is_lost(first, one, two) || is_lost(second, two, one) {
        return Rule::CharactersLost;
    }
    if same_by(one, two, look_alike) {
        return Rule::LookAlike;
    }
    if same_by(one, two, bare) {
        let lacks = |less: &[Letter], more: &[Letter]| {
            less.iter()
                .zip(more)
                .all(|(less, more)| is_part(*less, *more))
        };
        return if lacks(one, two) || lacks(two, one) {
            Rule::DiacriticsMissing
        } else {
            Rule::Diacritics
        };
    }
    if same_by(one, two, i_for_y) {
        return Rule::IOrY;
    }
    if same_without(one, two, |letter| letter.base == GAP) {
        return Rule::WordBreak;
    }
    if same_without(one, two, |letter| letter.base == GAP || letter.joins()) {
        return Rule::Punctuation;
    }
    of_words(&words(one), &words(two))
}

fn same_by(one: &[Letter], two: &[Letter], fold: fn(Letter) -> Letter) -> bool {
    let fold = |letter: &Letter| fold(*letter);
    one.iter().map(fold).eq(two.iter().map(fold))
}

/// Whether letters and tones are the same but for some signs; where in its syllable a tone stands
/// depends on where syllables end.
fn same_without(one: &[Letter], two: &[Letter], skipped: fn(&Letter) -> bool) -> bool {
    let kept = |letter: &&Letter| !skipped(letter);
    let letters = |letter: &Letter| (letter.base, letter.foreign);
    let tones = |letter: &Letter| Some(letter.tone).filter(|tone| *tone != NONE);
    one.iter()
        .filter(kept)
        .map(letters)
        .eq(two.iter().filter(kept).map(letters))
        && one
            .iter()
            .filter_map(tones)
            .eq(two.iter().filter_map(tones))
}

fn is_legacy(text: &str, other: &[Letter]) -> bool {
    !text.is_ascii()
        && legacy::readings(text).any(|reading| Spelling::of(&reading).letters == other)
}

/// Whether one text is the other with a question mark, or the replacement character of Unicode, for
/// letters that the encoding between them did not have.
fn is_lost(text: &str, letters: &[Letter], other: &[Letter]) -> bool {
    let is_loss = |letter: &Letter| matches!(letter.base, '?' | '\u{FFFD}');
    text.contains(['?', '\u{FFFD}'])
        && letters.len() == other.len()
        && letters.iter().zip(other).all(|(letter, other)| {
            let has_marks = |letter: Letter| bare(letter) != letter;
            // The tone of a syllable stands at its first vowel here, and elsewhere in the text.
            letter.base == other.base
                || is_loss(letter) && !other.base.is_ascii()
                || is_loss(letter) && (has_marks(*other) || is_vowel(*other))
        })
}

fn is_vowel(letter: Letter) -> bool {
    matches!(bare(letter).base, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn look_alike(letter: Letter) -> Letter {
    let alike = LOOK_ALIKE.iter().find(|entry| entry.0 == letter.base);
    Letter {
        base: alike.map_or(letter.base, |entry| entry.1),
        ..letter
    }
}

fn i_for_y(letter: Letter) -> Letter {
    Letter {
        base: if letter.base == 'y' { 'i' } else { letter.base },
        ..letter
    }
}

/// The letter without any mark, and đ without its stroke.
fn bare(letter: Letter) -> Letter {
    let mut base = letter.base;
    if base == 'đ' {
        base = 'd';
    } else if !base.is_ascii() {
        let mut parts = 0_u32;
        decompose_canonical(letter.base, |part| {
            if parts == 0 {
                base = part;
            }
            parts = parts.saturating_add(1);
        });
    }
    Letter::new(base)
}

/// Whether every mark of one letter is on the other, too, which has the same base.
fn is_part(less: Letter, more: Letter) -> bool {
    let quality = less.base == more.base || less.base == bare(more).base;
    let tone = less.tone == more.tone || less.tone == NONE;
    let foreign = less
        .foreign
        .iter()
        .all(|mark| *mark == NONE || more.foreign.contains(mark));
    quality && tone && foreign
}

fn words(letters: &[Letter]) -> Vec<&[Letter]> {
    letters.split(|letter| letter.base == GAP).collect()
}

fn of_words(one: &[&[Letter]], two: &[&[Letter]]) -> Rule {
    let sorted = |words: &[&[Letter]]| -> Vec<Vec<Letter>> {
        let mut sorted: Vec<Vec<Letter>> = words.iter().map(|word| word.to_vec()).collect();
        sorted.sort_unstable();
        sorted
    };
    if one.len() == two.len() {
        let shortened = |(a, b): (&&[Letter], &&[Letter])| a == b || initial(a, b) || initial(b, a);
        return if sorted(one) == sorted(two) {
            Rule::WordOrder
        } else if one.iter().zip(two).all(shortened) {
            Rule::Initials
        } else {
            Rule::Letters
        };
    }
    let (few, many) = if one.len() < two.len() {
        (one, two)
    } else {
        (two, one)
    };
    let mut rest = many.iter();
    if few.iter().all(|word| rest.any(|other| other == word)) {
        Rule::PartMissing
    } else {
        Rule::Letters
    }
}

/// Whether one word is the first letter of the other, with a dot or without.
fn initial(short: &[Letter], long: &[Letter]) -> bool {
    let short = match short {
        [short @ .., dot] if dot.base == '.' => short,
        short => short,
    };
    match (short, long) {
        ([letter], [first, _, ..]) => letter.base == first.base,
        _ => false,
    }
}
