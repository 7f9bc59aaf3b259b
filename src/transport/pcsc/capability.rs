//! What a reader can carry, asked of the reader itself (PC/SC part 3 and part 10).

use crate::transport::MAX_COMMAND;
use crate::transport::MAX_RESPONSE;

use super::pace;

/// Control code by which a reader lists its features (PC/SC part 10 §2.2).
const GET_FEATURE_REQUEST: pcsc::ffi::DWORD = pcsc::ctl_code(3400);

/// Feature: properties in tag, length, value (PC/SC part 10 §2.3).
const GET_TLV_PROPERTIES: u8 = 0x12;

/// Feature: the reader runs PACE itself (PC/SC part 10 §2.3 and amendment 1).
const EXECUTE_PACE: u8 = 0x20;

/// Property: most data bytes in an APDU (PC/SC part 10 §2.6.14).
const MAX_APDU_DATA_SIZE: u8 = 0x0A;

/// Longest short command: header, length, 255 bytes, expected length. Every reader carries it.
const SHORT_COMMAND: usize = 4 + 1 + 255 + 1;

/// Longest answer to a short command.
const SHORT_RESPONSE: usize = 256 + 2;

/// Most data bytes that go into a short command; a reader that says this carries no others.
const SHORT_DATA: usize = 256;

/// Most bytes that a reader's list of features or properties has.
const MAX_LIST: usize = 512;

/// Whether the reader runs PACE by itself, with the key on its own pad (PC/SC part 10, amendment 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderPace {
    /// It does not, or does not say.
    Absent,
    /// It offers to.
    Offered,
}

/// What a reader can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Capability {
    /// Longest command, in bytes.
    pub(super) max_command: usize,
    /// Longest answer, in bytes.
    pub(super) max_response: usize,
    /// Whether it runs PACE.
    pub(super) pace: ReaderPace,
    /// Control code by which it does.
    pub(super) pace_code: Option<u32>,
}

impl Capability {
    /// Asks the reader under a card. A reader that says nothing is taken to carry everything.
    pub(super) fn of(card: &pcsc::Card) -> Self {
        let mut buffer = [0; MAX_LIST];
        let features = card
            .control(GET_FEATURE_REQUEST, &[], &mut buffer)
            .map(Self::features)
            .unwrap_or_default();
        let data_size = features
            .iter()
            .find(|(tag, _)| *tag == GET_TLV_PROPERTIES)
            .and_then(|(_, code)| {
                let mut buffer = [0; MAX_LIST];
                let properties = card.control((*code).into(), &[], &mut buffer).ok()?;
                Self::max_data(properties)
            });
        let mut buffer = [0; size_of::<u32>()];
        let max_input = card
            .get_attribute(pcsc::Attribute::Maxinput, &mut buffer)
            .ok()
            .and_then(|value| value.try_into().ok())
            .and_then(|value| usize::try_from(u32::from_ne_bytes(value)).ok());
        let (max_command, max_response) = Self::lengths(data_size, max_input);
        let pace_code = features
            .iter()
            .find(|(tag, _)| *tag == EXECUTE_PACE)
            .map(|(_, code)| *code)
            .filter(|code| {
                let mut buffer = [0; MAX_LIST];
                card.control((*code).into(), &pace::CAPABILITIES, &mut buffer)
                    .is_ok_and(pace::offers_pace)
            });
        let pace = match pace_code {
            Some(_) => ReaderPace::Offered,
            None => ReaderPace::Absent,
        };
        Self {
            max_command,
            max_response,
            pace,
            pace_code,
        }
    }

    /// Longest command and answer.
    ///
    /// Property before attribute: the attribute is the longest single USB message, and readers that
    /// split longer APDUs over several messages name a small number there.
    fn lengths(data_size: Option<usize>, max_input: Option<usize>) -> (usize, usize) {
        let command = match (data_size, max_input) {
            (Some(size), _) if size <= SHORT_DATA => SHORT_COMMAND,
            // Header, three octets of length, data, two octets of expected length.
            (Some(size), _) => size.saturating_add(4 + 3 + 2),
            (None, Some(input)) => input,
            (None, None) => MAX_COMMAND,
        };
        let command = command.clamp(SHORT_COMMAND, MAX_COMMAND);
        match command {
            SHORT_COMMAND => (SHORT_COMMAND, SHORT_RESPONSE),
            longer => (longer, MAX_RESPONSE),
        }
    }

    /// Tags and control codes in a list of features: octet, octet 04, four octets.
    fn features(list: &[u8]) -> Vec<(u8, u32)> {
        list.chunks_exact(6)
            .filter_map(|entry| match *entry {
                [tag, 4, a, b, c, d] => Some((tag, u32::from_be_bytes([a, b, c, d]))),
                _ => None,
            })
            .collect()
    }

    /// Most data bytes in an APDU, from a list of properties; numbers come least octet first.
    fn max_data(mut properties: &[u8]) -> Option<usize> {
        while let [tag, length, rest @ ..] = properties {
            let (value, rest) = rest.split_at_checked(usize::from(*length))?;
            if *tag == MAX_APDU_DATA_SIZE {
                let value = u32::from_le_bytes(value.try_into().ok()?);
                return usize::try_from(value).ok().filter(|size| *size > 0);
            }
            properties = rest;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_tags_with_control_codes() {
        let list = [
            0x12, 4, 0x42, 0x33, 0x00, 0x12, 0x20, 4, 0x42, 0x33, 0x00, 0x20, 0x13,
        ];
        assert_eq!(
            Capability::features(&list),
            [(0x12, 0x4233_0012), (0x20, 0x4233_0020)]
        );
        assert_eq!(Capability::features(&[0x12, 3, 0, 0, 0, 0]), []);
    }

    #[test]
    fn the_largest_apdu_is_found_among_other_properties() {
        let list = [0x09, 1, 1, 0x0A, 4, 0x00, 0x00, 0x01, 0x00, 0x0B, 2, 0, 0];
        assert_eq!(Capability::max_data(&list), Some(0x1_0000));
        assert_eq!(Capability::max_data(&[0x0A, 4, 0x00, 0x01]), None);
        assert_eq!(Capability::max_data(&[0x0A, 4, 0, 0, 0, 0]), None);
        assert_eq!(Capability::max_data(&[]), None);
    }

    #[test]
    fn a_reader_is_believed_when_it_promises_little() {
        let short = (SHORT_COMMAND, SHORT_RESPONSE);
        assert_eq!(Capability::lengths(Some(0x100), Some(3072)), short);
        assert_eq!(Capability::lengths(None, Some(261)), short);
        // Fewer than a short command is no answer to be taken at its word.
        assert_eq!(Capability::lengths(None, Some(64)), short);
    }

    #[test]
    fn a_reader_that_promises_much_or_nothing_gets_the_full_lengths() {
        let full = (MAX_COMMAND, MAX_RESPONSE);
        assert_eq!(Capability::lengths(Some(0x1_0000), Some(261)), full);
        assert_eq!(Capability::lengths(None, None), full);
        assert_eq!(
            Capability::lengths(Some(2_048), None),
            (2_057, MAX_RESPONSE)
        );
    }
}
