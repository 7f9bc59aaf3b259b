//! The key to a chip that the machine-readable zone holds.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Malformed;
use crate::lds::mrz::MrzDate;
use crate::lds::mrz::NUMBER_LEN;
use crate::lds::mrz::check_digit;
use crate::secret::Secret;

/// Longest document number that TD1 can hold: nine characters and thirteen in the optional data.
const MAX_NUMBER_LEN: usize = 22;

/// What basic access control and PACE take from the machine-readable zone: document number, date
/// of birth, date of expiry (Doc 9303-11 §4.3.1, §4.4.4.1).
///
/// ```
/// use cancuoc::lds::mrz::MrzKey;
/// let key = MrzKey::new("T22000129", "640812", "101031")?;
/// assert_eq!(key.information().expose(), b"T22000129364081251010318");
/// # Ok::<(), cancuoc::error::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MrzKey {
    number: Zeroizing<String>,
    birth: MrzDate,
    expiry: MrzDate,
}

impl MrzKey {
    /// The fields of a zone that was read.
    pub(super) fn of_zone(number: &str, birth: MrzDate, expiry: MrzDate) -> Self {
        Self {
            number: Zeroizing::new(number.to_owned()),
            birth,
            expiry,
        }
    }

    /// Takes the printed characters; fillers at the end of the number make no difference.
    ///
    /// # Errors
    /// [`Malformed`] when the number is empty, too long or holds other characters than the zone
    /// can, or a date is not six digits or `<`.
    pub fn new(document_number: &str, birth: &str, expiry: &str) -> Result<Self, Malformed> {
        let number = document_number.trim_end_matches('<');
        let known = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<');
        if number.is_empty() || number.len() > MAX_NUMBER_LEN || !number.bytes().all(known) {
            return Err(Malformed::new("document number", 0));
        }
        let date = |text, what| MrzDate::new(text).ok_or(Malformed::new(what, 0));
        Ok(Self {
            number: Zeroizing::new(number.to_owned()),
            birth: date(birth, "date of birth")?,
            expiry: date(expiry, "date of expiry")?,
        })
    }

    /// The MRZ information in ASCII: number, padded with `<` to nine characters, birth and expiry,
    /// each with its check digit.
    pub fn information(&self) -> Secret {
        let mut text = Zeroizing::new(String::with_capacity(MAX_NUMBER_LEN + 15));
        let number = Zeroizing::new(format!("{:<<NUMBER_LEN$}", self.number.as_str()));
        let dates = [self.birth, self.expiry].map(|date| Zeroizing::new(date.to_string()));
        for field in [&number].into_iter().chain(&dates) {
            text.push_str(field);
            text.extend(check_digit(field));
        }
        Secret::copy_of(text.as_bytes())
    }
}

impl fmt::Debug for MrzKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_refuse_what_the_zone_cannot_hold() {
        for (number, birth, expiry) in [
            ("", "990315", "240315"),
            ("<<<", "990315", "240315"),
            ("a12345678", "990315", "240315"),
            ("12345678901234567890123", "990315", "240315"),
            ("099000123", "99031", "240315"),
            ("099000123", "990315", "24031Z"),
        ] {
            assert!(MrzKey::new(number, birth, expiry).is_err());
        }
        let short = MrzKey::new("L898902C", "690806", "940623").unwrap();
        assert_eq!(short.information().expose(), b"L898902C<369080619406236");
        assert_eq!(format!("{short:?}"), "MrzKey(..)");
    }
}
