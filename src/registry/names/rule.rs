//! The rules by which values are one, or are two: what a person who cleans data has to know.

use crate::registry::answer::Agreement;
use crate::registry::answer::Reason;

/// How one value of the register compares with one that was supplied, and why.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// Whether they are the same.
    pub agreement: Agreement,
    /// Of the rules that decided it, the weightiest.
    pub rule: Rule,
}

impl Compared {
    /// Both are the same.
    pub(super) const fn same(rule: Rule) -> Self {
        Self {
            agreement: Agreement::Match,
            rule,
        }
    }

    /// They are two values.
    pub(super) const fn differs(rule: Rule) -> Self {
        Self {
            agreement: Agreement::Mismatch,
            rule,
        }
    }

    /// There was nothing to compare with.
    pub const NOT_SUPPLIED: Self = Self {
        agreement: Agreement::NotSupplied,
        rule: Rule::NotSupplied,
    };

    /// The register has nothing to compare with.
    pub const NOT_ON_FILE: Self = Self {
        agreement: Agreement::NotOnFile,
        rule: Rule::NotOnFile,
    };

    /// Whether both are the same.
    pub const fn is_match(self) -> bool {
        matches!(self.agreement, Agreement::Match)
    }

    /// Whether they are two values.
    pub const fn is_mismatch(self) -> bool {
        matches!(self.agreement, Agreement::Mismatch)
    }

    /// Compares what both have; what is missing on a side is said to be.
    pub fn of<T, U>(
        register: Option<T>,
        supplied: Option<U>,
        compare: impl FnOnce(T, U) -> Self,
    ) -> Self {
        match (register, supplied) {
            (_, None) => Self::NOT_SUPPLIED,
            (None, Some(_)) => Self::NOT_ON_FILE,
            (Some(register), Some(supplied)) => compare(register, supplied),
        }
    }

    /// The reason to give in an answer: none where both are the same character for character, and
    /// none where nothing was compared.
    pub fn reason(self, attribute: &'static str) -> Option<Reason> {
        let plain = matches!(self.rule, Rule::Exact | Rule::NotSupplied | Rule::NotOnFile);
        (!plain).then(|| Reason {
            attribute,
            rule: self.rule.code(),
        })
    }
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Why two values are one, or are two.
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* $name,)+
        }

        impl Rule {
            /// Every rule, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word in messages, reports and vectors.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// The rule that a word stands for.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|rule| rule.code() == code)
            }
        }
    };
}

rules! {
    // Why two spellings are one value.
    /// The same, character for character.
    Exact = "exact",
    /// Capital and small letters.
    Case = "case",
    /// Kind, number and place of the spaces; not whether there is one between two words.
    Spacing = "spacing",
    /// Characters that nobody sees: of width zero, marks of direction, soft hyphens.
    Invisible = "invisible",
    /// Letters of full or half width, and other forms of one character kept for old encodings.
    Width = "width",
    /// How a letter and its marks are encoded: composed, decomposed, or half of each.
    Composition = "composition",
    /// On which vowel of its syllable the tone mark stands: `hoà`, `hòa`.
    TonePlacement = "tone_placement",
    /// The shape of an apostrophe, as in `H'Hen`.
    Apostrophe = "apostrophe",
    /// The shape of a hyphen.
    Hyphen = "hyphen",
    /// Family, middle and given names stand apart on one side and together on the other.
    PartsJoined = "parts_joined",
    /// One date in two forms, `15/03/1999` and `1999-03-15`.
    DateForm = "date_form",
    /// One side knows the year alone.
    YearOnly = "year_only",
    /// One side knows the month and year alone.
    YearMonth = "year_month",
    /// One country by its code and by its name.
    CountryName = "country_name",
    /// Fillers, spaces and case of a document number.
    Fillers = "fillers",
    /// The number that the person had before.
    OldNumber = "old_number",
    /// Another word for the same.
    OtherWord = "other_word",
    /// A unit of administration that is part of the other today.
    FormerUnit = "former_unit",

    // Why they are two values.
    /// The same letters, and one side lacks tones or other diacritics.
    DiacriticsMissing = "diacritics_missing",
    /// The same letters with other tones or other diacritics.
    Diacritics = "diacritics",
    /// `i` on one side and `y` on the other: `Lí`, `Lý`.
    IOrY = "i_or_y",
    /// Another letter that looks alike, such as `Ð` (U+00D0) for `Đ` (U+0110).
    LookAlike = "look_alike",
    /// The words are the same in another order.
    WordOrder = "word_order",
    /// The letters are the same, divided into words otherwise.
    WordBreak = "word_break",
    /// Words of one side are missing on the other.
    PartMissing = "part_missing",
    /// Words are shortened to their first letter.
    Initials = "initials",
    /// The letters are the same; apostrophes, hyphens or dots are not.
    Punctuation = "punctuation",
    /// The same name, in the encoding of an old font (TCVN3, VNI), or read in the wrong encoding.
    LegacyEncoding = "legacy_encoding",
    /// The same name with question marks where its letters were lost.
    CharactersLost = "characters_lost",
    /// A text without any letter.
    NoLetters = "no_letters",
    /// Other letters.
    Letters = "letters",
    /// Day and month are exchanged.
    DayMonthSwapped = "day_month_swapped",
    /// Another day of the same month.
    Day = "day",
    /// Another month of the same year.
    Month = "month",
    /// Another year, on the same day and month as far as they are known.
    Year = "year",
    /// Another date altogether.
    Date = "date",
    /// The year has two digits, and nobody knows of which century.
    TwoDigitYear = "two_digit_year",
    /// No such day is in the calendar, as 29 February of most years.
    NoSuchDay = "no_such_day",
    /// No value of this kind can be read from the text.
    Unreadable = "unreadable",
    /// Other digits.
    Digits = "digits",
    /// Two neighbouring digits are exchanged.
    DigitsSwapped = "digits_swapped",
    /// Zeros in front were lost, as spreadsheets do.
    LeadingZeros = "leading_zeros",
    /// Another value.
    Value = "value",

    // Why nothing was compared.
    /// Nothing was supplied.
    NotSupplied = "not_supplied",
    /// The register does not have it.
    NotOnFile = "not_on_file",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_words_of_their_own() {
        let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert_eq!(Rule::from_code(rule.code()), Some(*rule));
        }
    }

    #[test]
    fn a_reason_is_given_only_where_there_is_something_to_say() {
        assert_eq!(Compared::same(Rule::Exact).reason("name"), None);
        assert_eq!(Compared::NOT_SUPPLIED.reason("name"), None);
        let reason = Compared::same(Rule::Case).reason("name").unwrap();
        assert_eq!((reason.attribute, reason.rule), ("name", "case"));
        let nothing: Option<&str> = None;
        let of = |register, supplied| {
            Compared::of(register, supplied, |_: &str, _: &str| {
                Compared::same(Rule::Exact)
            })
        };
        assert_eq!(of(Some("a"), nothing), Compared::NOT_SUPPLIED);
        assert_eq!(of(nothing, nothing), Compared::NOT_SUPPLIED);
        assert_eq!(of(nothing, Some("a")), Compared::NOT_ON_FILE);
        assert_eq!(of(Some("a"), Some("a")).agreement, Agreement::Match);
    }
}
