//! Whose document a card is, and of which kind.

/// What tells the documents of states apart, as far as their zones and certificates show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Issuing state and nationality in the zone, without fillers: `VNM`, `D`
    pub state: String,
    /// Country in the certificates: `VN`, `DE`
    pub country: String,
    /// Document code in the zone, without filler. One that begins with `P` is a passport of two lines.
    pub code: String,
    /// What the document number is made of
    pub number: DocumentNumber,
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

    /// A document of any state.
    pub fn of(state: &str, country: &str, code: &str) -> Self {
        Self {
            state: state.to_owned(),
            country: country.to_owned(),
            code: code.to_owned(),
            number: DocumentNumber::Nine,
        }
    }

    /// Whether it is a passport, which has two lines.
    pub fn is_passport(&self) -> bool {
        self.code.starts_with('P')
    }
}
