//! Whose document a card is, and of which kind.

/// What tells the documents of states apart, as far as their zones and certificates show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Issuing state and nationality in the zone, without fillers: `VNM`, `D`
    pub state: String,
    /// Country in the certificates: `VN`, `DE`
    pub country: String,
    /// Document code in the zone, without filler: `ID`, `P`
    pub code: String,
    /// How large it is, and so how its zone is laid out
    pub size: Size,
    /// What the document number is made of
    pub number: DocumentNumber,
    /// A document number of its own, which has nothing to do with the citizen number
    pub own_number: Option<String>,
}

/// The size of a document (Doc 9303-3 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A card, with three lines of 30 (Doc 9303-5)
    Td1,
    /// A larger card or a sheet, with two lines of 36 (Doc 9303-6)
    Td2,
    /// A passport, with two lines of 44 (Doc 9303-4)
    Td3,
}

impl Size {
    /// Characters of the field for the name.
    pub const fn name_room(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 => 31,
            Self::Td3 => 39,
        }
    }

    /// Characters of the longest document number: where it is longer than nine, the rest takes the
    /// place of the optional data, but for a check digit and a filler (Doc 9303-5 §4.2.2 note j,
    /// 9303-6 likewise).
    pub const fn number_room(self) -> usize {
        match self {
            Self::Td1 => 22,
            Self::Td2 => 14,
            Self::Td3 => 9,
        }
    }
}

/// What stands as document number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentNumber {
    /// The last nine digits of the citizen number, and all twelve as optional data
    Citizen,
    /// The last nine digits, and no optional data
    Nine,
}

impl Document {
    /// The Vietnamese identity card.
    pub fn citizen_card() -> Self {
        Self {
            number: DocumentNumber::Citizen,
            ..Self::of("VNM", "VN", "ID")
        }
    }

    /// A document of any state: a passport where the code begins with `P`, else a card.
    pub fn of(state: &str, country: &str, code: &str) -> Self {
        Self {
            state: state.to_owned(),
            country: country.to_owned(),
            code: code.to_owned(),
            size: if code.starts_with('P') {
                Size::Td3
            } else {
                Size::Td1
            },
            number: DocumentNumber::Nine,
            own_number: None,
        }
    }

    /// Whether it is a passport.
    pub fn is_passport(&self) -> bool {
        self.size == Size::Td3
    }

    /// Whether a code for scanners is printed on it, as on Vietnamese identity cards alone.
    pub fn has_qr(&self) -> bool {
        self.number == DocumentNumber::Citizen
    }
}
