//! Response APDUs and their status words (ISO/IEC 7816-4 §5.1.3).

use std::fmt;

use crate::error::TransportError;

/// A status word.
///
/// The number itself is kept: `iso7816::Status` gives names, but turns 254 of the 65,536 values
/// into others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u16);

impl Status {
    /// No further qualification.
    pub const SUCCESS: Self = Self(0x9000);
    /// End of file reached before the expected number of bytes was read.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Selected file deactivated.
    pub const DEACTIVATED: Self = Self(0x6283);
    /// No information given; a wrong key in BAC and PACE.
    pub const VERIFICATION_FAILED: Self = Self(0x6300);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Security status not satisfied.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// Authentication method blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// Reference data not usable.
    pub const REFERENCE_UNUSABLE: Self = Self(0x6984);
    /// Conditions of use not satisfied.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// Command not allowed, no current EF.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// Expected secure messaging data objects missing.
    pub const OBJECTS_MISSING: Self = Self(0x6987);
    /// Incorrect secure messaging data objects.
    pub const OBJECTS_INCORRECT: Self = Self(0x6988);
    /// Incorrect parameters in the data field.
    pub const INCORRECT_DATA: Self = Self(0x6A80);
    /// Function not supported.
    pub const NOT_SUPPORTED: Self = Self(0x6A81);
    /// File or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Incorrect parameters P1-P2.
    pub const INCORRECT_P1_P2: Self = Self(0x6A86);
    /// Lc inconsistent with P1-P2; some chips say it to an object that they do not expect.
    pub const WRONG_LC: Self = Self(0x6A87);
    /// Referenced data not found.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// Wrong parameters P1-P2: offset beyond the end of the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// Instruction not supported.
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6D00);
    /// Class not supported.
    pub const UNKNOWN_CLASS: Self = Self(0x6E00);
    /// No precise diagnosis.
    pub const UNSPECIFIED: Self = Self(0x6F00);

    /// The name that the standard gives, as the `iso7816` crate knows it.
    pub fn name(self) -> iso7816::Status {
        iso7816::Status::from_u16(self.0)
    }

    /// First octet.
    pub const fn sw1(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Second octet.
    pub const fn sw2(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// Bytes still to be fetched with GET RESPONSE, for 61xx; zero means 256 or more.
    pub const fn more(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x61, rest] => Some(rest),
            _ => None,
        }
    }

    /// The right expected length, for 6Cxx; zero means 256.
    pub const fn right_length(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x6C, length] => Some(length),
            _ => None,
        }
    }

    /// Tries left, for 63Cx.
    pub const fn tries_left(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x63, tries @ 0xC0..=0xCF] => Some(tries & 0x0F),
            _ => None,
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// An answer: data and status.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Response data.
    pub data: Vec<u8>,
    /// Status word.
    pub status: Status,
}

impl Response {
    /// Splits what came over the wire into data and status.
    ///
    /// # Errors
    /// [`TransportError::ShortAnswer`] when there are fewer than two bytes.
    pub fn parse(mut bytes: Vec<u8>) -> Result<Self, TransportError> {
        let sw2 = bytes.pop().ok_or(TransportError::ShortAnswer)?;
        let sw1 = bytes.pop().ok_or(TransportError::ShortAnswer)?;
        Ok(Self {
            data: bytes,
            status: Status(u16::from_be_bytes([sw1, sw2])),
        })
    }
}

impl fmt::Debug for Response {
    /// Shows length and status only: data may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({} bytes, {})", self.data.len(), self.status)
    }
}
