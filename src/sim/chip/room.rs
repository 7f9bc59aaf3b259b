//! Answers that are longer than what was asked for: pieces, GET RESPONSE, and what a wrong Le is told.

use std::mem;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::sim::chip::Chip;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::files::value_room;
use crate::sim::chip::secure_messaging::Session;
use crate::sim::chip::status;
use crate::sim::personalisation::Lengths;
use crate::sim::quirk::Quirk;

impl Chip {
    /// What a protected reading command is answered whose answer the outer Le cannot carry: as much as it
    /// can, where an Le of zeros asked for whatever there is "within the limit of 256", or of 65,536
    /// (ISO/IEC 7816-4, READ BINARY), which protection takes its part of.
    pub(super) fn what_fits(
        &self,
        session: &Session,
        command: &Apdu,
        plain: &Apdu,
        response: Response,
    ) -> Response {
        let any = matches!(plain.expected, Expected::UpTo(_)) || self.has(Quirk::ReadWhatFits);
        let room = self.room(command);
        let mut lengths = (0..response.data.len()).rev();
        let most = lengths.find(|most| session.sealed_len(*most) <= room);
        let data = match (plain.instruction(), most) {
            (ins::READ_BINARY, Some(most)) if any => response.data.get(..most).map(<[u8]>::to_vec),
            (ins::READ_BINARY_ODD, Some(most)) if any => shortened(&response.data, most),
            _ => None,
        };
        data.map_or(status(Status::WRONG_LENGTH), |data| Response {
            data,
            status: Status::SUCCESS,
        })
    }

    /// Most data bytes that can go out in answer to this command.
    pub(super) fn room(&self, command: &Apdu) -> usize {
        let parts = self.card.quirks.iter().find_map(|quirk| match quirk {
            Quirk::AnswersInParts(most) => Some(usize::from(*most).max(1)),
            _ => None,
        });
        let most = command.expected.most().min(parts.unwrap_or(usize::MAX));
        match self.card.lengths {
            Lengths::Short => most,
            Lengths::Extended { max_response } => most.min(max_response.max(1)),
        }
    }

    /// Gives an answer at once, or its beginning with 61xx (ISO/IEC 7816-4 §5.3.4).
    pub(super) fn fit(&mut self, command: &Apdu, mut response: Response) -> Response {
        let room = self.room(command);
        let not_asked_for = command.expected == Expected::Nothing;
        if not_asked_for || response.data.len() <= room {
            return response;
        }
        let rest = response.data.split_off(room);
        let more = u8::try_from(rest.len()).unwrap_or(0);
        let last = mem::replace(
            &mut response.status,
            Status(u16::from_be_bytes([0x61, more])),
        );
        self.rest = Some(Response {
            data: rest,
            status: last,
        });
        response
    }

    /// GET RESPONSE: the rest of an answer. It is bounded by the longest answer there is, and by
    /// being dropped at any other command.
    pub(super) fn get_response(&mut self, rest: Response, command: &Apdu) -> Response {
        let there = rest.data.len();
        match command.expected {
            _ if !command.data.is_empty() => self.refuse(Status::WRONG_LENGTH),
            Expected::Nothing => self.refuse(Status::WRONG_LENGTH),
            Expected::Exactly(most) if most > there => {
                self.rest = Some(rest);
                status(Status(u16::from_be_bytes([
                    0x6C,
                    u8::try_from(there).unwrap_or(0),
                ])))
            }
            Expected::Exactly(_) | Expected::UpTo(_) => self.fit(command, rest),
        }
    }

    /// The status for a wrong Le, where this many bytes would be right; 256 is written 00.
    pub(super) fn wrong_expected(&self, right: usize) -> Status {
        match u8::try_from(right % 256) {
            Ok(right_octet) if right <= 256 && self.has(Quirk::Le6cxx) => {
                Status(u16::from_be_bytes([0x6C, right_octet]))
            }
            _ => Status::WRONG_LENGTH,
        }
    }
}

/// A data object with as much of its value as so many bytes hold.
fn shortened(object: &[u8], most: usize) -> Option<Vec<u8>> {
    let object = Reader::new(object).element("a data object").ok()?;
    let value = object.value.get(..value_room(most)?)?;
    Some(tlv::encode(object.tag, &[value]))
}
