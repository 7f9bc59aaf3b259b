//! Where the fields stand in each form of zone.

use crate::lds::mrz::NUMBER_LEN;

/// Size and kind of the document, which lay the zone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Card: three lines of 30 (Doc 9303-5)
    Td1,
    /// Larger card: two lines of 36 (Doc 9303-6)
    Td2,
    /// Passport: two lines of 44 (Doc 9303-4)
    Td3,
    /// Visa of the larger size: two lines of 44 (Doc 9303-7)
    MrvA,
    /// Visa of the smaller size: two lines of 36 (Doc 9303-7)
    MrvB,
}

impl Form {
    /// The form of a zone of so many characters that begins with this one: a V means a visa.
    pub(super) const fn of(length: usize, first: char) -> Option<Self> {
        match (length, first) {
            (90, _) => Some(Self::Td1),
            (72, 'V') => Some(Self::MrvB),
            (72, _) => Some(Self::Td2),
            (88, 'V') => Some(Self::MrvA),
            (88, _) => Some(Self::Td3),
            _ => None,
        }
    }

    /// Length of a line, in characters.
    pub const fn line_len(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 | Self::MrvB => 36,
            Self::Td3 | Self::MrvA => 44,
        }
    }

    /// Length of the field with the names, in characters.
    pub const fn name_len(self) -> usize {
        let (from, to) = self.layout().names;
        to - from
    }

    pub(super) const fn layout(self) -> Layout {
        match self {
            Self::Td1 => TD1,
            Self::Td2 => TD2,
            Self::Td3 => TD3,
            Self::MrvA => MRV_A,
            Self::MrvB => MRV_B,
        }
    }
}

/// From one offset to before another, in all lines in a row.
pub(super) type Range = (usize, usize);

/// Where the fields of a form stand: offsets in all lines in a row. The check digit of a date stands
/// behind it.
pub(super) struct Layout {
    pub(super) number: usize,
    pub(super) nationality: usize,
    pub(super) birth: usize,
    pub(super) sex: usize,
    pub(super) expiry: usize,
    pub(super) optional: [Range; 2],
    /// Check digit of the optional data.
    pub(super) optional_check: Option<usize>,
    pub(super) names: Range,
    pub(super) composite: &'static [Range],
    /// Visas have none.
    pub(super) composite_check: Option<usize>,
    /// Whether a long document number goes on in the optional data.
    pub(super) overflow: Overflow,
    /// First letters that a document code may have.
    pub(super) codes: &'static str,
}

/// What becomes of a document number of more than nine characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// It goes on in the optional data.
    Optional,
    /// There is none.
    Never,
}

/// Doc 9303-5 §4.2.2
const TD1: Layout = Layout {
    number: 5,
    nationality: 45,
    birth: 30,
    sex: 37,
    expiry: 38,
    optional: [(15, 30), (48, 59)],
    optional_check: None,
    names: (60, 90),
    composite: &[(5, 30), (30, 37), (38, 45), (48, 59)],
    composite_check: Some(59),
    overflow: Overflow::Optional,
    codes: "ACI",
};

/// Doc 9303-6 §4.2.2
const TD2: Layout = Layout {
    number: 36,
    nationality: 46,
    birth: 49,
    sex: 56,
    expiry: 57,
    optional: [(64, 71), (71, 71)],
    optional_check: None,
    names: (5, 36),
    composite: &[(36, 46), (49, 56), (57, 71)],
    composite_check: Some(71),
    overflow: Overflow::Optional,
    codes: "ACI",
};

/// Doc 9303-4 §4.2.2
const TD3: Layout = Layout {
    number: 44,
    nationality: 54,
    birth: 57,
    sex: 64,
    expiry: 65,
    optional: [(72, 86), (86, 86)],
    optional_check: Some(86),
    names: (5, 44),
    composite: &[(44, 54), (57, 64), (65, 87)],
    composite_check: Some(87),
    overflow: Overflow::Never,
    codes: "P",
};

/// Doc 9303-7: like a passport, with optional data to the end of the line.
const MRV_A: Layout = Layout {
    optional: [(72, 88), (88, 88)],
    optional_check: None,
    composite: &[],
    composite_check: None,
    codes: "V",
    ..TD3
};

/// Doc 9303-7: like a larger card, with optional data to the end of the line.
const MRV_B: Layout = Layout {
    optional: [(64, 72), (72, 72)],
    composite: &[],
    composite_check: None,
    overflow: Overflow::Never,
    codes: "V",
    ..TD2
};

/// A field of text whose length and alphabet were checked.
pub(super) fn slice(text: &str, (from, to): Range) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// One character of such text.
pub(super) fn char_at(text: &str, offset: usize) -> char {
    slice(text, (offset, offset + 1))
        .chars()
        .next()
        .unwrap_or('<')
}

/// The document number without filler at its end, and its check digit.
///
/// Doc 9303-5 §4.2.2 note j and 9303-6 likewise: where the number is longer than nine characters,
/// `<` stands in place of the check digit, and the rest of the number, then its check digit, then a
/// filler, begin the optional data.
pub(super) fn document_number(text: &str, layout: &Layout) -> (String, char) {
    let head = slice(text, (layout.number, layout.number + NUMBER_LEN));
    let check = char_at(text, layout.number + NUMBER_LEN);
    let [optional, _] = layout.optional;
    let tail = slice(text, optional).split('<').next().unwrap_or_default();
    let mut rest = tail.chars();
    if layout.overflow == Overflow::Optional
        && check == '<'
        && !head.ends_with('<')
        && tail.len() > 1
        && let Some(check) = rest.next_back()
    {
        return (format!("{head}{}", rest.as_str()), check);
    }
    (head.trim_end_matches('<').to_owned(), check)
}
