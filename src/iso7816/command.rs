//! Command APDUs (ISO/IEC 7816-4 §5.1).

use std::fmt;

use iso7816::command::CommandBuilder;
use iso7816::command::ExpectedLen;
use iso7816::command::class::Class;

use crate::error::Malformed;

/// Instruction octets that documents use.
pub mod ins {
    /// MANAGE SECURITY ENVIRONMENT
    pub const MANAGE_SECURITY_ENVIRONMENT: u8 = 0x22;
    /// PERFORM SECURITY OPERATION
    pub const PERFORM_SECURITY_OPERATION: u8 = 0x2A;
    /// EXTERNAL AUTHENTICATE
    pub const EXTERNAL_AUTHENTICATE: u8 = 0x82;
    /// GET CHALLENGE
    pub const GET_CHALLENGE: u8 = 0x84;
    /// GENERAL AUTHENTICATE
    pub const GENERAL_AUTHENTICATE: u8 = 0x86;
    /// INTERNAL AUTHENTICATE
    pub const INTERNAL_AUTHENTICATE: u8 = 0x88;
    /// SELECT
    pub const SELECT: u8 = 0xA4;
    /// READ BINARY with the offset in P1 and P2
    pub const READ_BINARY: u8 = 0xB0;
    /// READ BINARY with the offset in a data object
    pub const READ_BINARY_ODD: u8 = 0xB1;
    /// READ RECORD(S)
    pub const READ_RECORD: u8 = 0xB2;
    /// GET RESPONSE
    pub const GET_RESPONSE: u8 = 0xC0;
}

/// Most bytes that the short length field of a command can announce.
pub const SHORT_DATA: usize = 255;

/// Most bytes that a short expected length can ask for.
pub const SHORT_EXPECTED: usize = 256;

/// Most bytes that an extended expected length can ask for.
pub const EXTENDED_EXPECTED: usize = 65_536;

/// Which length fields a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One octet each.
    Short,
    /// Two octets each, after a zero octet.
    Extended,
}

/// A command before it is encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class octet.
    pub class: u8,
    /// Instruction octet; [`ins`] has the names.
    pub instruction: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data, up to 65,535 bytes.
    pub data: Vec<u8>,
    /// Most response bytes wanted: 0 for none, up to 65,536.
    pub expected: usize,
}

impl Command {
    /// A command in class 00 without data and without an answer.
    pub const fn new(instruction: u8, p1: u8, p2: u8) -> Self {
        Self {
            class: 0,
            instruction,
            p1,
            p2,
            data: Vec::new(),
            expected: 0,
        }
    }

    /// The same with command data.
    #[must_use]
    pub fn with_data(mut self, data: Vec<u8>) -> Self {
        self.data = data;
        self
    }

    /// The same with an expected length, in bytes.
    #[must_use]
    pub const fn expecting(mut self, expected: usize) -> Self {
        self.expected = expected;
        self
    }

    /// The shortest form whose length fields can carry this command.
    pub const fn least_form(&self) -> Form {
        if self.data.len() > SHORT_DATA || self.expected > SHORT_EXPECTED {
            Form::Extended
        } else {
            Form::Short
        }
    }

    /// Encodes the command.
    ///
    /// An expected length that the short form cannot carry is asked for as 256.
    ///
    /// ```
    /// use cancuoc::iso7816::{Command, Form, ins};
    /// let select = Command::new(ins::SELECT, 0x02, 0x0C).with_data(vec![0x01, 0x1C]);
    /// assert_eq!(select.encode(Form::Short)?, [0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, 0x1C]);
    /// # Ok::<(), cancuoc::error::Malformed>(())
    /// ```
    ///
    /// # Errors
    /// [`Malformed`] when the data is too long for the form, or the class octet is FF.
    pub fn encode(&self, form: Form) -> Result<Vec<u8>, Malformed> {
        let class = Class::from_byte(self.class).map_err(|_| Malformed::new("class octet", 0))?;
        let (most_data, most_expected) = match form {
            Form::Short => (SHORT_DATA, SHORT_EXPECTED),
            Form::Extended => (usize::from(u16::MAX), EXTENDED_EXPECTED),
        };
        if self.data.len() > most_data {
            return Err(Malformed::new("command data", 5));
        }
        let expected = u16::try_from(self.expected.min(most_expected))
            .map_or(ExpectedLen::Max, ExpectedLen::Ne);
        let builder = CommandBuilder::new(
            class,
            self.instruction.into(),
            self.p1,
            self.p2,
            self.data.as_slice(),
            expected,
        );
        Ok(match form {
            Form::Short => builder.serialize_to_vec(),
            Form::Extended => builder.force_extended().serialize_to_vec(),
        })
    }
}

impl fmt::Debug for Command {
    /// Shows header and lengths only: data may be secret or personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Command({:02X} {:02X} {:02X} {:02X}, {} bytes, expecting {})",
            self.class,
            self.instruction,
            self.p1,
            self.p2,
            self.data.len(),
            self.expected
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(data: usize, expected: usize, form: Form) -> Vec<u8> {
        Command::new(ins::READ_BINARY, 1, 2)
            .with_data(vec![0xDD; data])
            .expecting(expected)
            .encode(form)
            .unwrap()
    }

    #[test]
    fn all_cases_of_iso_7816_4_are_encoded() {
        assert_eq!(encoded(0, 0, Form::Short), [0, 0xB0, 1, 2]);
        assert_eq!(encoded(0, 256, Form::Short), [0, 0xB0, 1, 2, 0]);
        assert_eq!(encoded(1, 0, Form::Short), [0, 0xB0, 1, 2, 1, 0xDD]);
        assert_eq!(encoded(1, 7, Form::Short), [0, 0xB0, 1, 2, 1, 0xDD, 7]);
        assert_eq!(encoded(0, 7, Form::Extended), [0, 0xB0, 1, 2, 0, 0, 7]);
        assert_eq!(encoded(0, 65_536, Form::Extended), [0, 0xB0, 1, 2, 0, 0, 0]);
        assert_eq!(
            encoded(1, 65_536, Form::Extended),
            [0, 0xB0, 1, 2, 0, 0, 1, 0xDD, 0, 0]
        );
        assert_eq!(
            encoded(1, 256, Form::Extended),
            [0, 0xB0, 1, 2, 0, 0, 1, 0xDD, 1, 0]
        );
        assert_eq!(
            encoded(1, 0, Form::Extended),
            [0, 0xB0, 1, 2, 0, 0, 1, 0xDD]
        );
        assert_eq!(encoded(0, 0, Form::Extended), [0, 0xB0, 1, 2]);
        assert_eq!(encoded(300, 0, Form::Extended).len(), 307);
    }

    #[test]
    fn data_too_long_for_the_form_is_refused() {
        let command = Command::new(ins::SELECT, 0, 0).with_data(vec![0; 256]);
        assert!(command.encode(Form::Short).is_err());
        assert_eq!(command.least_form(), Form::Extended);
    }
}
