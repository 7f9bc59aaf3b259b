//! What a conversation said inside its secure channel, and the files that came of it.
//!
//! A read that failed leaves no capture. What it had read by then is put together here from its own
//! commands (ISO/IEC 7816-4, SELECT and READ BINARY).

use std::collections::BTreeMap;

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::iso7816::Command;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::DataGroup;
use crate::lds::FileId;

/// Application identifier of the eMRTD application (Doc 9303-10 §3.6.1.2).
const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// Bit of P1 that says a short file identifier stands there.
const SHORT_IDENTIFIER: u8 = 0x80;

/// Longest file that is put together, in bytes.
const MAX_FILE: usize = 1024 * 1024;

/// One command and its answer, as they are without secure messaging.
pub(super) struct Said {
    pub(super) command: Command,
    pub(super) response: Response,
    /// Number of the exchange that ended it, from 1.
    pub(super) exchange: usize,
}

/// Which dedicated file is current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Master,
    Travel,
    Beside,
}

/// A file as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The bytes from the first on.
    pub(super) bytes: Vec<u8>,
    /// How long its first bytes say it is.
    pub(super) announced: Option<usize>,
}

impl Part {
    /// Whether all that is announced is there.
    pub(super) fn is_whole(&self) -> bool {
        self.announced
            .is_some_and(|length| self.bytes.len() >= length)
    }
}

/// The files that were read, whole or in part.
pub(super) fn files(said: &[Said]) -> BTreeMap<FileId, Part> {
    let mut place = Place::Master;
    let mut current = None;
    let mut pieces: BTreeMap<FileId, BTreeMap<usize, Vec<u8>>> = BTreeMap::new();
    for one in said {
        let Said {
            command, response, ..
        } = one;
        let fine = matches!(
            response.status,
            Status::SUCCESS | Status::END_OF_FILE | Status::DEACTIVATED
        );
        match command.instruction {
            ins::SELECT if fine => match (command.p1, command.data.as_slice()) {
                (0x00, _) => (place, current) = (Place::Master, None),
                (0x04, data) if data == EMRTD => (place, current) = (Place::Travel, None),
                (0x04, _) => (place, current) = (Place::Beside, None),
                (0x02, [high, low]) => {
                    current = by_id(place, u16::from_be_bytes([*high, *low]));
                }
                _ => {}
            },
            ins::READ_BINARY if fine => {
                let offset = if command.p1 & SHORT_IDENTIFIER != 0 {
                    current = by_short_id(place, command.p1 & 0x1F);
                    usize::from(command.p2)
                } else {
                    usize::from(u16::from_be_bytes([command.p1, command.p2]))
                };
                note(&mut pieces, current, offset, &response.data);
            }
            ins::READ_BINARY_ODD if fine => {
                if command.p1 == 0 && command.p2 != 0 {
                    current = by_short_id(place, command.p2 & 0x1F);
                }
                if let (Some(offset), Some(data)) = (odd_offset(command), odd_data(response)) {
                    note(&mut pieces, current, offset, data);
                }
            }
            _ => {}
        }
    }
    pieces
        .into_iter()
        .map(|(file, pieces)| (file, joined(file, &pieces)))
        .filter(|(_, part)| !part.bytes.is_empty())
        .collect()
}

/// Most bytes of a file that came in one answer.
pub(super) fn longest_piece(said: &[Said]) -> usize {
    let reads = said
        .iter()
        .filter(|one| one.command.instruction == ins::READ_BINARY);
    reads
        .map(|one| one.response.data.len())
        .max()
        .unwrap_or_default()
}

fn note(
    pieces: &mut BTreeMap<FileId, BTreeMap<usize, Vec<u8>>>,
    file: Option<FileId>,
    offset: usize,
    data: &[u8],
) {
    let Some(file) = file.filter(|_| offset.saturating_add(data.len()) <= MAX_FILE) else {
        return;
    };
    let known = pieces.entry(file).or_default().entry(offset).or_default();
    if data.len() > known.len() {
        *known = data.to_vec();
    }
}

/// The pieces in a row, up to the first gap.
fn joined(file: FileId, pieces: &BTreeMap<usize, Vec<u8>>) -> Part {
    let mut bytes: Vec<u8> = Vec::new();
    for (offset, data) in pieces {
        let Some(known) = bytes.len().checked_sub(*offset) else {
            break;
        };
        bytes.extend_from_slice(data.get(known..).unwrap_or_default());
    }
    // Files of the master file may be several data objects in a row (ISO/IEC 7816-4).
    let announced = match file {
        FileId::Dir | FileId::AtrInfo => Some(bytes.len()),
        _ => tlv::announced_length(&bytes),
    };
    if let Some(length) = announced {
        bytes.truncate(length);
    }
    Part { bytes, announced }
}

/// The offset in the data object 54 of READ BINARY with the odd instruction.
fn odd_offset(command: &Command) -> Option<usize> {
    let offset = Reader::new(&command.data).expect(0x54, "offset").ok()?;
    offset.value.iter().try_fold(0_usize, |sum, octet| {
        sum.checked_mul(256)?.checked_add(usize::from(*octet))
    })
}

/// What the discretionary data object of its answer holds: 53, or 73 of some chips.
fn odd_data(response: &Response) -> Option<&[u8]> {
    let object = Reader::new(&response.data).element("piece").ok()?;
    matches!(object.tag, 0x53 | 0x73).then_some(object.value)
}

fn by_id(place: Place, id: u16) -> Option<FileId> {
    candidates(place).find(|file| file.id() == id)
}

fn by_short_id(place: Place, id: u8) -> Option<FileId> {
    candidates(place).find(|file| file.sfi() == id)
}

fn candidates(place: Place) -> impl Iterator<Item = FileId> {
    let (master, travel) = match place {
        Place::Master => (
            Some([
                FileId::CardAccess,
                FileId::CardSecurity,
                FileId::AtrInfo,
                FileId::Dir,
            ]),
            None,
        ),
        Place::Travel => (
            None,
            Some(
                [FileId::Com, FileId::Sod, FileId::Cvca]
                    .into_iter()
                    .chain(DataGroup::ALL.into_iter().map(FileId::Group)),
            ),
        ),
        Place::Beside => (None, None),
    };
    master
        .into_iter()
        .flatten()
        .chain(travel.into_iter().flatten())
}
