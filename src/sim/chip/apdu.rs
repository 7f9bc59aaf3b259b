//! Command APDUs as the chip takes them apart (ISO/IEC 7816-4 §5.1, §5.2).

use crate::bytes::tlv::has_shortest_lengths;
use crate::iso7816::Status;

/// Bits of the class octet that the chip knows: chaining, and secure messaging with an
/// authenticated header (ISO/IEC 7816-4 §5.4.1).
const CHAINED: u8 = 0x10;
const SECURE: u8 = 0x0C;

/// One command, taken apart.
pub(super) struct Apdu {
    /// Class, instruction and both parameters as they came.
    pub(super) header: [u8; 4],
    /// Command data.
    pub(super) data: Vec<u8>,
    /// Expected length.
    pub(super) expected: Expected,
    /// Whether the length fields have the extended form.
    pub(super) form: Form,
}

/// Form of the length fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Short,
    Extended,
}

/// What the Le field asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// No Le field: no data.
    Nothing,
    /// So many bytes.
    Exactly(usize),
    /// Le is all zeros: as many as there are, at most so many.
    UpTo(usize),
}

impl Expected {
    /// Most bytes that may come (Ne).
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Exactly(most) | Self::UpTo(most) => most,
        }
    }

    /// Reads an Le field of one octet (short) or two (extended).
    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        match octets {
            [0] => Some(Self::UpTo(256)),
            [length] => Some(Self::Exactly(usize::from(*length))),
            [0, 0] => Some(Self::UpTo(65_536)),
            [high, low] => Some(Self::Exactly(usize::from(u16::from_be_bytes([
                *high, *low,
            ])))),
            _ => None,
        }
    }
}

impl Apdu {
    /// Takes a command apart.
    ///
    /// # Errors
    /// The status word that says no: 6700 when the length fields do not fit.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Status> {
        let (header, body) = bytes.split_first_chunk::<4>().ok_or(Status::WRONG_LENGTH)?;
        let parsed = match body {
            [] => Some((&[][..], Expected::Nothing, Form::Short)),
            [_] => Expected::from_octets(body).map(|expected| (&[][..], expected, Form::Short)),
            // Case 2, extended.
            [0, le @ ..] if le.len() == 2 => {
                Expected::from_octets(le).map(|expected| (&[][..], expected, Form::Extended))
            }
            [0, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                Self::data_and_le(rest, length, 2).map(|(data, le)| (data, le, Form::Extended))
            }
            [length, rest @ ..] => Self::data_and_le(rest, usize::from(*length), 1)
                .map(|(data, le)| (data, le, Form::Short)),
        };
        let (data, expected, form) = parsed.ok_or(Status::WRONG_LENGTH)?;
        Ok(Self {
            header: *header,
            data: data.to_vec(),
            expected,
            form,
        })
    }

    /// Splits what follows the Lc field into data and, where it is there, an Le field.
    fn data_and_le(rest: &[u8], length: usize, le_octets: usize) -> Option<(&[u8], Expected)> {
        if length == 0 {
            return None;
        }
        let (data, le) = rest.split_at_checked(length)?;
        if le.is_empty() {
            return Some((data, Expected::Nothing));
        }
        if le.len() != le_octets {
            return None;
        }
        Some((data, Expected::from_octets(le)?))
    }

    /// The class octet, if the chip knows it: nothing set but chaining and secure messaging.
    pub(super) const fn class(&self) -> Option<Class> {
        let [class, ..] = self.header;
        let chain = if class & CHAINED == 0 {
            Chain::Last
        } else {
            Chain::More
        };
        match class & !CHAINED {
            0 => Some(Class::Plain(chain)),
            SECURE => Some(Class::Secure(chain)),
            _ => None,
        }
    }

    /// Instruction octet.
    pub(super) const fn instruction(&self) -> u8 {
        let [_, instruction, ..] = self.header;
        instruction
    }

    /// Both parameters.
    pub(super) const fn parameters(&self) -> [u8; 2] {
        let [_, _, p1, p2] = self.header;
        [p1, p2]
    }

    /// Refuses parameters other than these.
    pub(super) fn require_parameters(&self, parameters: [u8; 2]) -> Result<(), Status> {
        if self.parameters() == parameters {
            Ok(())
        } else {
            Err(Status::INCORRECT_P1_P2)
        }
    }

    /// Refuses an Le field.
    pub(super) fn require_no_expected(&self) -> Result<(), Status> {
        if self.expected == Expected::Nothing {
            Ok(())
        } else {
            Err(Status::WRONG_LENGTH)
        }
    }

    /// Refuses a missing Le field.
    pub(super) fn require_expected(&self) -> Result<(), Status> {
        if self.expected == Expected::Nothing {
            Err(Status::WRONG_LENGTH)
        } else {
            Ok(())
        }
    }

    /// Refuses data objects with a longer length field than they need (TR-03110-3: data objects are
    /// encoded by the distinguished encoding rules).
    pub(super) fn require_shortest_lengths(&self) -> Result<(), Status> {
        if has_shortest_lengths(&self.data) {
            Ok(())
        } else {
            Err(Status::INCORRECT_DATA)
        }
    }

    /// Refuses command data.
    pub(super) const fn require_no_data(&self) -> Result<(), Status> {
        if self.data.is_empty() {
            Ok(())
        } else {
            Err(Status::WRONG_LENGTH)
        }
    }
}

/// A class octet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// No secure messaging.
    Plain(Chain),
    /// Secure messaging with an authenticated header.
    Secure(Chain),
}

/// Whether more of a chain follows (ISO/IEC 7816-4 §5.3.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    Last,
    More,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(bytes: &[u8]) -> Option<(usize, usize, bool)> {
        let apdu = Apdu::parse(bytes).ok()?;
        Some((
            apdu.data.len(),
            apdu.expected.most(),
            apdu.form == Form::Extended,
        ))
    }

    #[test]
    fn all_cases_of_iso_7816_4_are_taken_apart() {
        assert_eq!(shape(&[0, 0xA4, 0, 0x0C]), Some((0, 0, false)));
        assert_eq!(shape(&[0, 0xB0, 0, 0, 0]), Some((0, 256, false)));
        assert_eq!(shape(&[0, 0xB0, 0, 0, 9]), Some((0, 9, false)));
        assert_eq!(shape(&[0, 0xA4, 2, 0x0C, 2, 1, 2]), Some((2, 0, false)));
        assert_eq!(
            shape(&[0, 0xA4, 2, 0x0C, 2, 1, 2, 0]),
            Some((2, 256, false))
        );
        assert_eq!(shape(&[0, 0xB0, 0, 0, 0, 0, 0]), Some((0, 65_536, true)));
        assert_eq!(shape(&[0, 0xB0, 0, 0, 0, 1, 0]), Some((0, 256, true)));
        assert_eq!(shape(&[0, 0xB0, 0, 0, 0, 0, 1, 7]), Some((1, 0, true)));
        assert_eq!(
            shape(&[0, 0xB0, 0, 0, 0, 0, 1, 7, 0, 0]),
            Some((1, 65_536, true))
        );
    }

    #[test]
    fn length_fields_that_do_not_fit_are_refused() {
        for bytes in [
            &[0, 0xA4, 0][..],
            &[0, 0xA4, 0, 0, 2, 1],
            &[0, 0xA4, 0, 0, 1, 1, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0, 1, 7, 0],
        ] {
            assert_eq!(Apdu::parse(bytes).err(), Some(Status::WRONG_LENGTH));
        }
    }
}
