//! A name in the form that is compared, and what was put aside to get there.
//!
//! A Vietnamese syllable is read as its letters, each with its quality mark (ă â ê ô ơ ư đ), and one
//! tone: `hoà` and `hòa` are then the same syllable, while `Hòa` and `Hoa` are not. In words of other
//! languages each mark counts where it stands.

use std::mem;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::char::compose;
use unicode_normalization::char::decompose_canonical;
use unicode_normalization::char::decompose_compatible;
use unicode_normalization::char::is_combining_mark;

use crate::registry::names::rule::Rule;

/// Between two words.
pub(super) const GAP: char = ' ';

/// One letter of a name: small, with its quality mark, its tone, and marks that Vietnamese does not
/// have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Letter {
    pub(super) base: char,
    /// The combining mark, or NUL for the level tone.
    pub(super) tone: char,
    /// In canonical order, filled up with NUL.
    pub(super) foreign: [char; FOREIGN],
}

/// Marks that one letter may have beside quality and tone; further ones count as letters.
const FOREIGN: usize = 3;

/// No mark.
pub(super) const NONE: char = '\0';

impl Letter {
    pub(super) const fn new(base: char) -> Self {
        Self {
            base,
            tone: NONE,
            foreign: [NONE; FOREIGN],
        }
    }

    /// Adds a mark, of which those of another class came in canonical order; false where there is no
    /// room left. The order in which a quality mark and a tone were typed does not matter. A second one
    /// of the same kind is foreign.
    fn takes(&mut self, mark: char) -> bool {
        let bare = self.foreign == [NONE; FOREIGN];
        // Circumflex, breve, horn.
        if matches!(mark, '\u{302}' | '\u{306}' | '\u{31B}')
            && bare
            && let Some(composed) = compose(self.base, mark)
        {
            self.base = composed;
            return true;
        }
        if is_tone(mark) && self.tone == NONE {
            self.tone = mark;
            return true;
        }
        let free = self.foreign.iter_mut().find(|kept| **kept == NONE);
        free.is_some_and(|slot| {
            *slot = mark;
            true
        })
    }

    /// What joins two pieces of a word.
    pub(super) const fn joins(self) -> bool {
        matches!(self.base, '\'' | '-' | '.')
    }

    /// Whether a space beside it divides nothing.
    const fn holds(self) -> bool {
        matches!(self.base, '\'' | '-')
    }

    /// Whether the tone of a syllable may stand here.
    const fn is_vowel(self) -> bool {
        is_vowel(self.base)
    }
}

/// Grave, acute, tilde, hook above, dot below.
const fn is_tone(mark: char) -> bool {
    matches!(
        mark,
        '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'
    )
}

const fn is_vowel(letter: char) -> bool {
    matches!(
        letter,
        'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y'
    )
}

/// What was put aside, as sums over the places where it was; two spellings of one name that have the
/// same sum agree in it.
#[derive(Debug, Default, Clone, Copy)]
struct Aside {
    case: u64,
    spacing: u64,
    invisible: u64,
    width: u64,
    composition: u64,
    tone_placement: u64,
    apostrophe: u64,
    hyphen: u64,
    parts: u64,
}

/// A name, ready to be compared.
#[derive(Debug)]
pub(super) struct Spelling {
    pub(super) letters: Vec<Letter>,
    aside: Aside,
    has_letter: bool,
}

impl Spelling {
    /// Reads a name in any spelling.
    pub(super) fn of(text: &str) -> Self {
        let mut reading = Reading {
            letters: Vec::with_capacity(text.len()),
            marks: Vec::new(),
            aside: Aside::default(),
            gap: Gap::default(),
            has_letter: false,
        };
        for character in text.chars() {
            reading.character(character);
        }
        reading.end()
    }

    /// Whether there is anything to see.
    pub(super) const fn is_blank(&self) -> bool {
        self.letters.is_empty()
    }

    /// Whether it can be a name.
    pub(super) const fn has_letter(&self) -> bool {
        self.has_letter
    }

    /// The weightiest of the rules without which this would differ from another spelling of the same
    /// name.
    pub(super) fn rule(&self, other: &Self) -> Rule {
        let (one, two) = (&self.aside, &other.aside);
        let found = [
            (Rule::PartsJoined, one.parts != two.parts),
            (
                Rule::TonePlacement,
                one.tone_placement != two.tone_placement,
            ),
            (Rule::Apostrophe, one.apostrophe != two.apostrophe),
            (Rule::Hyphen, one.hyphen != two.hyphen),
            (Rule::Width, one.width != two.width),
            (Rule::Invisible, one.invisible != two.invisible),
            (Rule::Composition, one.composition != two.composition),
            (Rule::Spacing, one.spacing != two.spacing),
            (Rule::Case, one.case != two.case),
        ];
        // Where no sum tells them apart, both are half composed, each in another way.
        found
            .into_iter()
            .find(|entry| entry.1)
            .map_or(Rule::Composition, |entry| entry.0)
    }
}

/// What stands between two letters.
#[derive(Default)]
struct Gap {
    /// Any white space, or what stands between the parts of a name.
    seen: bool,
    /// A single plain space and nothing else, which is how it should be.
    plain: bool,
    /// A comma or another sign that names are kept in parts.
    parts: bool,
    sum: u64,
}

/// A name that is being read.
struct Reading {
    letters: Vec<Letter>,
    /// Those behind the last letter, until it is known that these are all.
    marks: Vec<char>,
    aside: Aside,
    gap: Gap,
    has_letter: bool,
}

impl Reading {
    fn character(&mut self, character: char) {
        if character.is_ascii_alphabetic() {
            self.letter(character);
            self.has_letter = true;
            return;
        }
        match character {
            ' ' => self.space(' '),
            ',' | ';' | '|' | '/' | '<' => {
                self.settle_marks();
                self.gap.seen = true;
                self.gap.parts = true;
            }
            '\'' | '-' | '.' => self.joiner(character),
            other if other.is_ascii() => {
                if other.is_ascii_whitespace() || other == '\u{B}' {
                    self.space(other);
                } else {
                    self.letter(other);
                }
            }
            other => self.beyond_ascii(other),
        }
    }

    fn beyond_ascii(&mut self, character: char) {
        let place = self.place();
        match character {
            _ if is_invisible(character) => add(&mut self.aside.invisible, place, character),
            _ if character.is_whitespace() => self.space(character),
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{2BC}' | '\u{2BB}' | '\u{2B9}'
            | '\u{2032}' | '\u{B4}' | '\u{FF07}' => {
                add(&mut self.aside.apostrophe, place, character);
                self.joiner('\'');
            }
            '\u{2010}'..='\u{2014}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => {
                add(&mut self.aside.hyphen, place, character);
                self.joiner('-');
            }
            _ if is_combining_mark(character) => {
                add_unplaced(&mut self.aside.composition, character);
                self.marks(character);
            }
            // Full and half width, Kangxi radicals, ligatures: forms of one character.
            '\u{FF01}'..='\u{FFDC}' | '\u{2E80}'..='\u{2FDF}' | '\u{FB00}'..='\u{FB06}' => {
                add(&mut self.aside.width, place, character);
                decompose_compatible(character, |part| self.decomposed(part));
            }
            _ => {
                let (mut parts, mut first) = (0_u32, character);
                decompose_canonical(character, |part| {
                    if parts == 0 {
                        first = part;
                    }
                    parts = parts.saturating_add(1);
                    self.decomposed(part);
                });
                // Code points that stand for one other alone: composed, they are that other.
                if parts == 1 && character != first {
                    add_unplaced(&mut self.aside.composition, character);
                }
            }
        }
    }

    fn decomposed(&mut self, part: char) {
        if is_combining_mark(part) {
            self.marks(part);
        } else if matches!(part, '\'' | '-' | '.') {
            self.joiner(part);
        } else {
            self.letter(part);
            self.has_letter |= part.is_alphabetic();
        }
    }

    fn marks(&mut self, mark: char) {
        // The old code points for the tones, U+0340 and U+0341, stand for others.
        decompose_canonical(mark, |part| self.marks.push(part));
    }

    /// Gives the marks to the letter before them, in canonical order (Unicode §3.11). A mark behind a
    /// space belongs to no letter.
    fn settle_marks(&mut self) {
        if self.marks.is_empty() {
            return;
        }
        let mut marks = mem::take(&mut self.marks);
        if marks.len() > 1 {
            marks.sort_by_key(|mark| canonical_combining_class(*mark));
        }
        for mark in marks.drain(..) {
            let taken = match self.letters.last_mut() {
                Some(last) if !self.gap.seen => last.takes(mark),
                _ => false,
            };
            if !taken {
                self.put(Letter::new(mark));
            }
        }
        self.marks = marks;
    }

    fn space(&mut self, space: char) {
        self.settle_marks();
        self.gap.plain = !self.gap.seen && space == ' ';
        self.gap.seen = true;
        let place = self.place();
        add(&mut self.gap.sum, place, space);
    }

    fn letter(&mut self, character: char) {
        let small = if character.is_ascii() {
            character.to_ascii_lowercase()
        } else {
            small(character)
        };
        if small != character {
            let place = self.place();
            add(&mut self.aside.case, place, 'A');
        }
        self.push(Letter::new(small));
    }

    fn joiner(&mut self, sign: char) {
        self.push(Letter::new(sign));
    }

    fn push(&mut self, letter: Letter) {
        self.settle_marks();
        self.put(letter);
    }

    /// Puts a letter down, and a gap before it where words are divided. Beside an apostrophe or a
    /// hyphen a space divides nothing.
    fn put(&mut self, letter: Letter) {
        if self.gap.seen {
            let last = self.letters.last().copied();
            let divides = !letter.holds() && last.is_some_and(|last| !last.holds());
            self.close_gap(divides);
            if divides {
                self.letters.push(Letter::new(GAP));
            }
        }
        self.letters.push(letter);
    }

    fn close_gap(&mut self, divides: bool) {
        let gap = mem::take(&mut self.gap);
        let place = self.place();
        if gap.parts {
            add(&mut self.aside.parts, place, ',');
        } else if !(gap.plain && divides) {
            self.aside.spacing = self.aside.spacing.wrapping_add(gap.sum);
        }
    }

    fn end(mut self) -> Spelling {
        self.settle_marks();
        self.close_gap(false);
        let aside = &mut self.aside;
        let mut start = 0;
        while let Some(rest) = self.letters.get_mut(start..) {
            let apart = |letter: &Letter| letter.base == GAP || letter.joins();
            let length = rest.iter().position(apart).unwrap_or(rest.len());
            if let Some(piece) = rest.get_mut(..length) {
                settle_tone(piece, start, &mut aside.tone_placement);
            }
            if length == rest.len() {
                break;
            }
            start += length + 1;
        }
        Spelling {
            letters: self.letters,
            aside: self.aside,
            has_letter: self.has_letter,
        }
    }

    /// Where the next letter will stand, the same in every spelling of a name.
    fn place(&self) -> usize {
        self.letters.len()
    }
}

/// Moves the tone of a Vietnamese syllable to its first vowel, and notes where it stood.
fn settle_tone(piece: &mut [Letter], start: usize, sum: &mut u64) {
    let mut toned = piece
        .iter()
        .enumerate()
        .filter(|(_, letter)| letter.tone != NONE);
    let (Some((at, letter)), None) = (toned.next(), toned.next()) else {
        return;
    };
    if !letter.is_vowel() || !is_syllable(piece) {
        return;
    }
    let tone = letter.tone;
    add(sum, start + at, tone);
    if let Some(letter) = piece.get_mut(at) {
        letter.tone = NONE;
    }
    if let Some(first) = piece.iter_mut().find(|letter| letter.is_vowel()) {
        first.tone = tone;
    }
}

/// Longest run of vowels, with the u of qu and the i of gi: `quyê`.
const VOWELS: usize = 4;

/// Longest initial or final: `ngh`.
const CONSONANTS: usize = 3;

/// Whether a piece of a word has the build of a Vietnamese syllable: initial, vowels, final.
fn is_syllable(piece: &[Letter]) -> bool {
    if piece.iter().any(|letter| letter.foreign != [NONE; FOREIGN]) {
        return false;
    }
    let is_vowel = |letter: &Letter| letter.is_vowel();
    let initial = piece.iter().take_while(|letter| !is_vowel(letter)).count();
    let (initial, rest) = piece.split_at(initial);
    let vowels = rest.iter().take_while(|letter| is_vowel(letter)).count();
    let (vowels, last) = rest.split_at(vowels);
    (1..=VOWELS).contains(&vowels.len()) && is_initial(initial) && is_final(last)
}

fn bases(letters: &[Letter]) -> Option<[char; CONSONANTS]> {
    let mut bases = [NONE; CONSONANTS];
    if letters.len() > CONSONANTS {
        return None;
    }
    for (to, from) in bases.iter_mut().zip(letters) {
        *to = from.base;
    }
    Some(bases)
}

/// Initial consonants of Vietnamese. `qu` and `gi` have their vowel letter among the vowels.
fn is_initial(letters: &[Letter]) -> bool {
    match bases(letters) {
        Some([first, NONE, NONE]) => matches!(
            first,
            NONE | 'b'
                | 'c'
                | 'd'
                | 'đ'
                | 'g'
                | 'h'
                | 'k'
                | 'l'
                | 'm'
                | 'n'
                | 'p'
                | 'q'
                | 'r'
                | 's'
                | 't'
                | 'v'
                | 'x'
        ),
        Some([first, second, NONE]) => matches!(
            (first, second),
            ('c' | 'g' | 'k' | 'n' | 'p' | 't', 'h') | ('n', 'g') | ('t', 'r')
        ),
        Some(three) => three == ['n', 'g', 'h'],
        None => false,
    }
}

/// Final consonants of Vietnamese.
fn is_final(letters: &[Letter]) -> bool {
    match bases(letters) {
        Some([first, NONE, NONE]) => matches!(first, NONE | 'c' | 'm' | 'n' | 'p' | 't'),
        Some([first, second, NONE]) => {
            matches!((first, second), ('c' | 'n', 'h') | ('n', 'g'))
        }
        _ => false,
    }
}

/// The small form of a letter. Where it is more than one character, the letter stays.
fn small(letter: char) -> char {
    let mut small = letter.to_lowercase();
    match (small.next(), small.next()) {
        // The final form of sigma is one of case: both have the same capital.
        (Some('ς'), None) => 'σ',
        (Some(only), None) => only,
        _ => letter,
    }
}

/// Characters that take no room and have no meaning in a name: width zero, direction, soft hyphen.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
    )
}

/// Adds one observation to a sum, by what it is and where. Sums are compared only after the letters
/// were found the same, so that two that fall together cost a less telling word and nothing else.
fn add(sum: &mut u64, place: usize, what: char) {
    let place = u64::try_from(place).unwrap_or(u64::MAX);
    let mixed = place
        .wrapping_shl(21)
        .wrapping_add(u64::from(u32::from(what)))
        .wrapping_add(1)
        // The odd constant of Knuth's multiplicative hashing, 2^64 divided by the golden ratio.
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    *sum = sum.wrapping_add(mixed ^ (mixed >> 29));
}

/// The same for what may stand at several places of one name: a mark moves with its vowel.
fn add_unplaced(sum: &mut u64, what: char) {
    add(sum, 0, what);
}
