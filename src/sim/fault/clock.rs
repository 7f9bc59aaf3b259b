//! What the verifier's clock says.

use jiff::Span;
use jiff::civil::Date;
use jiff::civil::date;

use crate::sim::persona::Persona;

named! {
    /// A clock that is wrong, or a day on which the card does not count. Lies outside the card: `read
    /// --virtual` and the control interface play it.
    Clock {
        /// The day before the document was issued.
        BeforeSigning = "clock-before-signing",
        /// The day after the document's expiry.
        AfterExpiry = "clock-after-expiry",
        /// The first day of 1970, as of a machine without a battery.
        Beginning = "clock-1970",
    }
}

/// What stands for the expiry of a card that never expires: nobody's signer lasts as long.
const LATE: Date = date(2050, 1, 1);

impl Clock {
    /// The day, for this persona's card.
    pub fn day(self, persona: &Persona) -> Date {
        let citizen = &persona.citizen;
        let by = |date: Date, days| date.checked_add(Span::new().days(days)).unwrap_or(date);
        match self {
            Self::BeforeSigning => by(citizen.issued, -1),
            Self::AfterExpiry => citizen.expires.map_or(LATE, |expires| by(expires, 1)),
            Self::Beginning => date(1970, 1, 1),
        }
    }
}
