//! Invented words, numbers and dates that take the places of a person's.
//!
//! What is invented is drawn from a stream that follows from the seed, which stands in the redacted
//! file, and from the whole of the original conversation, which does not: nobody else can make the
//! stream again, and take from what was invented what stood there before. The same word becomes the
//! same word wherever it stands, so that files which agreed still agree.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bytes::vietnamese;
use crate::crypto::hash::Hash;
use crate::crypto::random::Random;
use crate::error::SetupError;
use crate::sim::seed::Seeded;

const CONSONANTS: &[u8] = b"BCDGHKLMNPRSTVX";
const VOWELS: &[u8] = b"AEIOUY";

/// Words that say what a register says, not who somebody is, and that must go on saying it.
pub(super) const KEPT: [&str; 6] = ["Nam", "Nữ", "Việt Nam", "Không thời hạn", "VNM", "VIỆT NAM"];

/// The number that stands for "never" in place of a date of expiry.
pub(super) const NEVER: &str = "991231";

/// From so many characters on a text says who somebody is.
const LONG: usize = 4;

/// Invents.
pub(super) struct Inventor {
    random: Seeded,
    /// By the folded word: letters of the invented one.
    words: BTreeMap<String, String>,
    /// Bytes that each folded word needs beyond one for a letter, at most.
    extra: BTreeMap<String, usize>,
    numbers: BTreeMap<String, String>,
    days: BTreeMap<(i8, i8), (i8, i8)>,
    birth_year: Option<(i16, i16)>,
}

/// A run of one kind in a text.
enum Run<'t> {
    Letters(&'t str),
    Digits(&'t str),
    Other(&'t str),
}

impl Inventor {
    /// The original conversation makes the stream secret: it holds the session keys of a chip.
    pub(super) fn new(seed: &str, original: &str) -> Self {
        let secret = Hash::Sha256.digest(&[original.as_bytes()]);
        Self {
            random: Seeded::new(&format!("{seed} persona {}", hex::encode(secret))),
            words: BTreeMap::new(),
            extra: BTreeMap::new(),
            numbers: BTreeMap::new(),
            days: BTreeMap::new(),
            birth_year: None,
        }
    }

    /// Bytes that mean nothing.
    pub(super) fn bytes(&mut self, length: usize) -> Result<Vec<u8>, SetupError> {
        let mut bytes = vec![0; length];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn below(&mut self, bound: usize) -> Result<usize, SetupError> {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes)?;
        let number = usize::try_from(u32::from_be_bytes(bytes)).unwrap_or_default();
        Ok(number.checked_rem(bound).unwrap_or_default())
    }

    fn one_of(&mut self, list: &[u8]) -> Result<char, SetupError> {
        let place = self.below(list.len())?;
        Ok(char::from(list.get(place).copied().unwrap_or(b'A')))
    }

    /// Takes note of how much room the words of a text need, before any is invented.
    pub(super) fn learn(&mut self, text: &str) {
        for run in runs(text) {
            if let Run::Letters(word) = run {
                let folded = vietnamese::fold_ascii(word);
                let extra = word.len().saturating_sub(folded.len());
                let known = self.extra.entry(folded).or_default();
                *known = extra.max(*known);
            }
        }
    }

    /// Says which digits take the place of which.
    pub(super) fn set_number(&mut self, old: &str, new: &str) {
        self.numbers.insert(old.to_owned(), new.to_owned());
    }

    /// The digits that are known to take the place of these.
    pub(super) fn known_number(&self, old: &str) -> Option<&str> {
        self.numbers.get(old).map(String::as_str)
    }

    /// Moves the year of birth, within its century.
    pub(super) fn set_birth(&mut self, year: i16) -> Result<(), SetupError> {
        if self.birth_year.is_none() {
            let by = 1 + i16::try_from(self.below(3)?).unwrap_or(0);
            // The two digits in a zone and in a citizen number must stay of their century.
            let moved = if year.rem_euclid(100) < 50 {
                year + by
            } else {
                year - by
            };
            self.birth_year = Some((year, moved));
        }
        Ok(())
    }

    /// The year that takes the place of a year.
    pub(super) fn year(&self, year: i16) -> i16 {
        match self.birth_year {
            Some((old, new)) if old == year => new,
            _ => year,
        }
    }

    /// The same of two digits, which may be of the year of birth.
    pub(super) fn short_year(&self, digits: &str) -> String {
        let number: i16 = digits.parse().unwrap_or_default();
        match self.birth_year {
            Some((old, new)) if old.rem_euclid(100) == number => {
                format!("{:02}", new.rem_euclid(100))
            }
            _ => digits.to_owned(),
        }
    }

    /// The month and day that take the place of these; equal ones become equal.
    pub(super) fn day(&mut self, month: i8, day: i8) -> Result<(i8, i8), SetupError> {
        if let Some(known) = self.days.get(&(month, day)) {
            return Ok(*known);
        }
        loop {
            let invented = (
                i8::try_from(self.below(12)?).unwrap_or_default() + 1,
                i8::try_from(self.below(28)?).unwrap_or_default() + 1,
            );
            // No digit of the month stays, so that no six characters of a written date do.
            let digits = |number: i8| (number / 10, number % 10);
            let (was, is) = (digits(month), digits(invented.0));
            let (day_was, day_is) = (digits(day), digits(invented.1));
            if was.1 != is.1 && day_was.1 != day_is.1 {
                self.days.insert((month, day), invented);
                return Ok(invented);
            }
        }
    }

    /// The date that takes the place of a date.
    pub(super) fn date(&mut self, date: Date) -> Result<Date, SetupError> {
        let (month, day) = self.day(date.month(), date.day())?;
        Ok(Date::new(self.year(date.year()), month, day).unwrap_or(date))
    }

    /// Digits YYMMDD of a zone; unknown parts stay unknown, and "never" stays never.
    pub(super) fn zone_date(&mut self, text: &str) -> Result<String, SetupError> {
        if text == NEVER {
            return Ok(text.to_owned());
        }
        let (Some(year), Some(rest)) = (text.get(..2), text.get(2..)) else {
            return Ok(text.to_owned());
        };
        let year = self.short_year(year);
        let parts = (
            rest.get(..2).and_then(|month| month.parse().ok()),
            rest.get(2..).and_then(|day| day.parse().ok()),
        );
        Ok(match parts {
            (Some(month), Some(day)) => {
                let (month, day) = self.day(month, day)?;
                format!("{year}{month:02}{day:02}")
            }
            (Some(month), None) => format!("{year}{:02}<<", self.day(month, 0)?.0),
            _ => format!("{year}{rest}"),
        })
    }

    /// The digits that take the place of these.
    pub(super) fn digits(&mut self, text: &str) -> Result<String, SetupError> {
        if let Some(known) = self.numbers.get(text) {
            return Ok(known.clone());
        }
        let invented = match (text.len(), compact_date(text)) {
            (8, Some(date)) => written(self.date(date)?),
            (14, Some(date)) => {
                let time = (self.below(24)?, self.below(60)?, self.below(60)?);
                let day = written(self.date(date)?);
                format!("{day}{:02}{:02}{:02}", time.0, time.1, time.2)
            }
            (4, _) if text.starts_with("19") || text.starts_with("20") => {
                format!("{:04}", self.year(text.parse().unwrap_or_default()))
            }
            _ => self.other_digits(text)?,
        };
        self.set_number(text, &invented);
        Ok(invented)
    }

    /// As many digits. Any digit may be what it was, so that several redactions of one card do not
    /// say together which it was not; but never most of them.
    pub(super) fn other_digits(&mut self, text: &str) -> Result<String, SetupError> {
        loop {
            let mut invented = String::new();
            for _ in text.chars() {
                invented.push_str(&self.below(10)?.to_string());
            }
            // A house number is too short for that, and is another.
            if !is_near(&invented, text) && invented != text {
                return Ok(invented);
            }
        }
    }

    /// Letters and digits of the same kinds in the same places.
    pub(super) fn characters(&mut self, text: &str) -> Result<String, SetupError> {
        if let Some(known) = self.numbers.get(text) {
            return Ok(known.clone());
        }
        loop {
            let mut invented = String::new();
            for character in text.chars() {
                match character {
                    '0'..='9' => invented.push_str(&self.below(10)?.to_string()),
                    'A'..='Z' => invented.push(self.one_of(CONSONANTS)?),
                    other => invented.push(other),
                }
            }
            let counts = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).count();
            if counts(text) < LONG || !is_near(&invented, text) {
                self.set_number(text, &invented);
                return Ok(invented);
            }
        }
    }

    /// One of these texts.
    pub(super) fn choice<'t>(&mut self, list: &[&'t str]) -> Result<&'t str, SetupError> {
        let place = self.below(list.len())?;
        Ok(list.get(place).copied().unwrap_or_default())
    }

    /// The text that takes the place of a text, in as many bytes.
    pub(super) fn text(&mut self, text: &str) -> Result<String, SetupError> {
        if is_kept(text) {
            return Ok(text.to_owned());
        }
        if let Some(known) = self.numbers.get(text) {
            return Ok(known.clone());
        }
        if let Some(dated) = self.written_date(text)? {
            return Ok(dated);
        }
        let mut invented = String::with_capacity(text.len());
        for run in runs(text) {
            match run {
                Run::Letters(word) => invented.push_str(&self.word(word)?),
                Run::Digits(digits) => invented.push_str(&self.digits(digits)?),
                Run::Other(other) => invented.push_str(other),
            }
        }
        Ok(invented)
    }

    /// A date as people write it: dd/mm/yyyy or yyyy-mm-dd.
    fn written_date(&mut self, text: &str) -> Result<Option<String>, SetupError> {
        for separator in ['/', '-', '.'] {
            let parts: Vec<&str> = text.split(separator).collect();
            let [first, second, third] = parts.as_slice() else {
                continue;
            };
            let lengths = (first.len(), second.len(), third.len());
            let (year, month, day) = match lengths {
                (2, 2, 4) => (third, second, first),
                (4, 2, 2) => (first, second, third),
                _ => continue,
            };
            let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
                continue;
            };
            let Ok(date) = Date::new(year, month, day) else {
                continue;
            };
            let date = self.date(date)?;
            let (year, month, day) = (date.year(), date.month(), date.day());
            return Ok(Some(match lengths {
                (2, ..) => format!("{day:02}{separator}{month:02}{separator}{year:04}"),
                _ => format!("{year:04}{separator}{month:02}{separator}{day:02}"),
            }));
        }
        Ok(None)
    }

    /// The word that takes the place of a word, in as many bytes and in its case.
    pub(super) fn word(&mut self, word: &str) -> Result<String, SetupError> {
        let folded = vietnamese::fold_ascii(word);
        let letters = match self.words.get(&folded) {
            Some(known) => known.clone(),
            None => {
                let extra = self.extra.get(&folded).copied().unwrap_or_default();
                let invented = self.letters(&folded, extra.div_ceil(2))?;
                self.words.insert(folded.clone(), invented.clone());
                invented
            }
        };
        Ok(in_bytes(&letters, word))
    }

    /// As many letters as a folded word has, so many vowels among them, and never itself.
    fn letters(&mut self, folded: &str, vowels: usize) -> Result<String, SetupError> {
        let length = folded.chars().count();
        loop {
            let mut invented = String::new();
            for place in 0..length {
                // Where every other letter is not enough, vowels come first.
                let vowel = place % 2 == 1 || place < vowels || length == 1;
                invented.push(self.one_of(if vowel { VOWELS } else { CONSONANTS })?);
            }
            let near = invented
                .bytes()
                .zip(folded.bytes())
                .filter(|(one, other)| one == other)
                .count();
            // Nor is it another word of the same person.
            let another = length >= LONG && self.extra.contains_key(&invented);
            if length <= 1 || near.saturating_mul(2) <= length.saturating_sub(1) && !another {
                return Ok(invented);
            }
        }
    }
}

/// Whether more than half of a text is what another has in the same places.
fn is_near(text: &str, other: &str) -> bool {
    let pairs = text.bytes().zip(other.bytes());
    let same = pairs.filter(|(one, other)| one == other).count();
    text.len() >= LONG && same.saturating_mul(2) > text.len()
}

/// Whether a text is one of the words that stay.
pub(super) fn is_kept(text: &str) -> bool {
    KEPT.contains(&text.trim())
}

/// Letters written in as many bytes as a word has, with marks on the vowels, and in its case.
fn in_bytes(letters: &str, word: &str) -> String {
    let mut missing = word.len().saturating_sub(letters.len());
    let mut cases = word.chars().map(char::is_uppercase);
    let first = word.chars().next().is_some_and(char::is_uppercase);
    let all = first && word.chars().all(|letter| !letter.is_lowercase());
    let mut written = String::with_capacity(word.len());
    for letter in letters.chars() {
        if written.len().saturating_add(1) > word.len() {
            break;
        }
        let upper = cases.next().unwrap_or(all);
        let (marked, takes) = marked(letter, missing);
        missing = missing.saturating_sub(takes);
        if upper || all {
            written.extend(marked.to_uppercase());
        } else {
            written.extend(marked.to_lowercase());
        }
    }
    while written.len() < word.len() {
        written.push('x');
    }
    written
}

/// The letter with a mark that takes up to so many bytes more, and how many it takes.
fn marked(letter: char, missing: usize) -> (char, usize) {
    let pair = match letter {
        'A' => ('Á', 'Ạ'),
        'E' => ('É', 'Ẹ'),
        'I' => ('Í', 'Ị'),
        'O' => ('Ó', 'Ọ'),
        'U' => ('Ú', 'Ụ'),
        'Y' => ('Ý', 'Ỵ'),
        other => return (other, 0),
    };
    match missing {
        0 => (letter, 0),
        1 => (pair.0, 1),
        _ => (pair.1, 2),
    }
}

fn runs(text: &str) -> Vec<Run<'_>> {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Letter,
        Digit,
        Other,
    }
    let kind = |character: char| match character {
        '0'..='9' => Kind::Digit,
        letter if letter.is_alphabetic() || is_mark(letter) => Kind::Letter,
        _ => Kind::Other,
    };
    let mut list = Vec::new();
    let mut start = 0;
    let mut before = None;
    let mut push = |kind: Option<Kind>, part| match kind {
        Some(Kind::Letter) => list.push(Run::Letters(part)),
        Some(Kind::Digit) => list.push(Run::Digits(part)),
        Some(Kind::Other) => list.push(Run::Other(part)),
        None => {}
    };
    for (place, character) in text.char_indices() {
        let now = Some(kind(character));
        if now != before {
            push(before, text.get(start..place).unwrap_or_default());
            (start, before) = (place, now);
        }
    }
    push(before, text.get(start..).unwrap_or_default());
    list
}

/// Combining marks of texts that are not composed.
const fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

/// The date at the front of digits YYYYMMDD.
fn compact_date(text: &str) -> Option<Date> {
    let part = |from, to| {
        text.get(from..to)
            .and_then(|digits: &str| digits.parse().ok())
    };
    let year: i16 = text.get(..4)?.parse().ok()?;
    let month: i8 = part(4, 6)?;
    let day: i8 = part(6, 8)?;
    Date::new(year, month, day)
        .ok()
        .filter(|_| (1900..2100).contains(&year))
}

fn written(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_bytes_and_agree_with_their_folded_forms() {
        let mut inventor = Inventor::new("words", "a conversation");
        for text in ["Nguyễn Văn Mẫu", "NGUYEN", "VAN", "MAU", "Đỗ Thị Ở"] {
            inventor.learn(text);
        }
        let name = inventor.text("Nguyễn Văn Mẫu").unwrap();
        assert_eq!(name.len(), "Nguyễn Văn Mẫu".len());
        let folded: Vec<String> = ["NGUYEN", "VAN", "MAU"]
            .map(|word| inventor.word(word).unwrap())
            .to_vec();
        assert_eq!(vietnamese::fold_ascii(&name), folded.join(" "));
        assert!(!name.contains("Nguy"));
        let short = inventor.text("Đỗ Thị Ở").unwrap();
        assert_eq!(short.len(), "Đỗ Thị Ở".len());
    }

    /// The seed stands in the redacted file: with it alone nothing can be reckoned back.
    #[test]
    fn what_is_invented_does_not_follow_from_the_seed_alone() {
        let invented = |original: &str| {
            let mut inventor = Inventor::new("seed", original);
            let number = inventor.other_digits("036195000123").unwrap();
            (number, inventor.word("NGUYEN").unwrap())
        };
        assert_eq!(invented("one"), invented("one"));
        let (number, word) = invented("one");
        let (other_number, other_word) = invented("two");
        assert_ne!(number, other_number);
        assert_ne!(word, other_word);
    }

    /// No digit of a number is ruled out: many redactions of one card say no more than one.
    #[test]
    fn every_digit_may_become_every_digit() {
        let mut seen = BTreeMap::new();
        for original in 0..200 {
            let mut inventor = Inventor::new("seed", &original.to_string());
            let invented = inventor.other_digits("036195").unwrap();
            for (place, digit) in invented.char_indices() {
                *seen.entry((place, digit)).or_insert(0) += 1;
            }
        }
        assert_eq!(seen.len(), 60);
    }

    #[test]
    fn dates_stay_dates_in_every_spelling() {
        let mut inventor = Inventor::new("dates", "a conversation");
        inventor.set_birth(1999).unwrap();
        let long = inventor.text("15/03/1999").unwrap();
        let short = inventor.zone_date("990315").unwrap();
        let packed = inventor.text("19990315").unwrap();
        let (day, month, year) = (&long[..2], &long[3..5], &long[6..]);
        assert_eq!(packed, format!("{year}{month}{day}"));
        assert_eq!(short, packed[2..]);
        assert_ne!(long, "15/03/1999");
        assert_eq!(inventor.zone_date("991231").unwrap(), "991231");
        assert_eq!(&inventor.zone_date("99<<<<").unwrap()[2..], "<<<<");
    }
}
