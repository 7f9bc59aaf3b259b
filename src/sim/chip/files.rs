//! Selecting and reading files on the chip's side (Doc 9303-10 §3.6, ISO/IEC 7816-4 §11.2).
//!
//! Where the standard leaves the end of a file open, this chip answers as common chips do: asked
//! for an exact number of bytes that is more than there are, it gives what is there with 6282
//! (ISO/IEC 7816-4: end of file reached before Ne bytes); asked with Le all zeros, which means "up
//! to", it gives what is there with 9000. The other customs are quirks.

use crate::bytes::tlv;
use crate::bytes::tlv::Reader;
use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::Silence;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::quirk::Quirk;

/// Application identifier of the eMRTD application (Doc 9303-10 §3.6.1.2).
const EMRTD: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// First offset that only the odd instruction reaches.
const FIRST_ODD_OFFSET: usize = 0x8000;

/// Largest value of a data object that still has a length field of one octet, or of two.
const ONE_OCTET: usize = 0x7F;
const TWO_OCTETS: usize = 0xFF;

/// How many bytes READ BINARY of the quirk `header-read-refused` wants at least.
const HEADER: usize = 8;

impl Df {
    /// The file with this identifier in this application.
    fn file(self, id: u16) -> Option<FileId> {
        self.files().find(|file| file.id() == id)
    }

    /// The file with this short identifier in this application.
    fn file_by_sfi(self, sfi: u8) -> Option<FileId> {
        self.files().find(|file| file.sfi() == sfi)
    }

    fn files(self) -> impl Iterator<Item = FileId> {
        let master = [
            FileId::CardAccess,
            FileId::CardSecurity,
            FileId::AtrInfo,
            FileId::Dir,
        ];
        let application = [FileId::Com, FileId::Sod]
            .into_iter()
            .chain(DataGroup::ALL.into_iter().map(FileId::Group));
        let (master, application) = match self {
            Self::Master => (Some(master), None),
            Self::Application => (None, Some(application)),
            Self::Beside(_) => (None, None),
        };
        master
            .into_iter()
            .flatten()
            .chain(application.into_iter().flatten())
    }
}

impl Chip {
    /// SELECT.
    pub(super) fn select(&mut self, command: &Apdu) -> Result<Response, Status> {
        match command.parameters() {
            [0x00, 0x0C] => self.select_master_file(command),
            [0x04, 0x0C] => {
                command.require_no_expected()?;
                self.df = if command.data == EMRTD {
                    Df::Application
                } else {
                    self.beside(&command.data)?
                };
                self.file = None;
                self.file_beside = None;
                Ok(done(Status::SUCCESS))
            }
            [0x02, 0x0C] => {
                command.require_no_expected()?;
                let id = <[u8; 2]>::try_from(command.data.as_slice())
                    .map_err(|_| Status::WRONG_LENGTH)?;
                if let Df::Beside(_) = self.df {
                    self.select_beside(u16::from_be_bytes(id))?;
                    return Ok(done(Status::SUCCESS));
                }
                let file = self.find(self.file_here(u16::from_be_bytes(id)), id)?;
                self.make_current(file);
                let deactivated = file == FileId::CardAccess && self.has(Quirk::CardAccess6283);
                Ok(done(if deactivated {
                    Status::DEACTIVATED
                } else {
                    Status::SUCCESS
                }))
            }
            _ => Err(Status::INCORRECT_P1_P2),
        }
    }

    fn select_master_file(&mut self, command: &Apdu) -> Result<Response, Status> {
        if self.has(Quirk::SelectMf6d00) {
            return Err(Status::UNKNOWN_INSTRUCTION);
        }
        if self.has(Quirk::SelectMf6a86) {
            return Err(Status::INCORRECT_P1_P2);
        }
        for (quirk, status) in [
            (Quirk::SelectMf6a81, Status::NOT_SUPPORTED),
            (Quirk::SelectMf6a87, Status::WRONG_LC),
            (Quirk::SelectMf6985, Status::CONDITIONS_NOT_SATISFIED),
        ] {
            if self.has(quirk) {
                return Err(status);
            }
        }
        command.require_no_expected()?;
        if !matches!(command.data.as_slice(), [] | [0x3F, 0x00]) {
            return Err(Status::NOT_FOUND);
        }
        self.df = Df::Master;
        self.file = None;
        self.file_beside = None;
        Ok(done(Status::SUCCESS))
    }

    /// Lets a file of the current application be used, if it is there and may be read.
    ///
    /// What may not be read answers 6982 whether it is there or not.
    fn find(&self, file: Option<FileId>, id: [u8; 2]) -> Result<FileId, Status> {
        let Some(file) = file else {
            let card_access = u16::from_be_bytes(id) == FileId::CardAccess.id();
            return Err(if card_access && self.has(Quirk::CardAccess6982AfterAid) {
                Status::SECURITY_NOT_SATISFIED
            } else {
                Status::NOT_FOUND
            });
        };
        let there = self.card.files.contains_key(&file);
        let readable = match file {
            FileId::CardAccess => !self.has(Quirk::CardAccess6982),
            FileId::AtrInfo | FileId::Dir => true,
            // Doc 9303-11 §7.1: fingers and irises need terminal authentication as well.
            FileId::Group(group @ (DataGroup::DG3 | DataGroup::DG4)) => {
                self.session.is_some() && (!there || self.may_read(group))
            }
            // Doc 9303-10: readable after PACE.
            FileId::CardSecurity => self.session.is_some() && self.access.is_some(),
            FileId::Com | FileId::Sod | FileId::Cvca | FileId::Group(_) => self.session.is_some(),
        };
        match (readable, there) {
            (true, true) => Ok(file),
            (true, false) => Err(Status::NOT_FOUND),
            (false, _) => Err(Status::SECURITY_NOT_SATISFIED),
        }
    }

    /// The file with this identifier in the current application.
    fn file_here(&self, id: u16) -> Option<FileId> {
        if self.is_cvca(id) {
            Some(FileId::Cvca)
        } else {
            self.df.file(id)
        }
    }

    /// The current file.
    fn current(&self) -> Result<FileId, Status> {
        self.file.ok_or(Status::NO_CURRENT_FILE)
    }

    /// Makes the file with this short identifier current.
    fn take_sfi(&mut self, sfi: u8) -> Result<FileId, Status> {
        if !(1..=30).contains(&sfi) || self.has(Quirk::SfiUnsupported) {
            return Err(Status::INCORRECT_P1_P2);
        }
        if self.has(Quirk::SfiNotFound) {
            return Err(Status::NOT_FOUND);
        }
        let mut file = if self.is_cvca_by_sfi(sfi) {
            Some(FileId::Cvca)
        } else {
            self.df.file_by_sfi(sfi)
        };
        let there = |file: &FileId| self.card.files.contains_key(file);
        if self.has(Quirk::SfiLeavesApplication) && !file.as_ref().is_some_and(there) {
            let above = Df::Master.file_by_sfi(sfi).filter(there);
            if above.is_some() {
                file = above;
                self.df = Df::Master;
            }
        }
        let id = if sfi == FileId::CardAccess.sfi() {
            FileId::CardAccess.id()
        } else {
            u16::from(sfi)
        };
        let file = self.find(file, id.to_be_bytes())?;
        self.make_current(file);
        Ok(file)
    }

    fn make_current(&mut self, file: FileId) {
        self.file = Some(file);
        self.watch.select(file);
    }

    /// READ BINARY with the offset in the parameters.
    pub(super) fn read_binary(&mut self, command: &Apdu) -> Result<Response, Status> {
        command.require_no_data()?;
        command.require_expected()?;
        let [p1, p2] = command.parameters();
        if let Df::Beside(_) = self.df {
            // Files of additional biometrics have no short identifier (Doc 9303-10 table 92).
            if p1 & 0x80 != 0 {
                return Err(Status::INCORRECT_P1_P2);
            }
            let offset = usize::from(u16::from_be_bytes([p1, p2]));
            self.check_chunk(offset, command.expected)?;
            let content = self.content_beside()?;
            return self.piece(command.expected, self.at_offset(content, offset)?);
        }
        let (file, offset) = if p1 & 0x80 == 0 {
            (self.current()?, usize::from(u16::from_be_bytes([p1, p2])))
        } else if p1 & 0x60 == 0 {
            (self.take_sfi(p1 & 0x1F)?, usize::from(p2))
        } else {
            return Err(Status::INCORRECT_P1_P2);
        };
        self.watch.read(file);
        self.check_chunk(offset, command.expected)?;
        let mut content = self.content(file)?;
        if self.has(Quirk::EvenReadEndsAt8000) {
            content = content.get(..FIRST_ODD_OFFSET).unwrap_or(content);
        }
        self.piece(command.expected, self.at_offset(content, offset)?)
    }

    /// As much as was asked for of what stands from the offset on.
    fn piece(&self, expected: Expected, rest: &[u8]) -> Result<Response, Status> {
        let most = expected.most();
        let status = if rest.is_empty() || rest.len() >= most {
            Status::SUCCESS
        } else {
            self.over_the_end(expected, rest.len())?
        };
        Ok(Response {
            data: rest.get(..most).unwrap_or(rest).to_vec(),
            status,
        })
    }

    /// READ BINARY with the offset in data object 54 (Doc 9303-10 §3.6.6). Strict: only on a card
    /// with a file that needs it. There it serves from the first octet on, and for every file
    /// (TR-03105-3.2, ISO7816_H_15 and H_16, reads EF.CVCA so).
    pub(super) fn read_binary_odd(&mut self, command: &Apdu) -> Result<Response, Status> {
        let needed = |content: &Vec<u8>| content.len() > FIRST_ODD_OFFSET;
        if !self.card.files.values().any(needed) {
            return Err(Status::UNKNOWN_INSTRUCTION);
        }
        command.require_expected()?;
        let file = match command.parameters() {
            [0, 0] => self.current()?,
            [0, sfi @ 0x01..=0x1F] => self.take_sfi(sfi)?,
            id => {
                let file = self.find(self.file_here(u16::from_be_bytes(id)), id)?;
                self.make_current(file);
                file
            }
        };
        self.watch.read(file);
        command.require_shortest_lengths()?;
        let offset = offset_object(&command.data)?;
        self.check_chunk(offset, command.expected)?;
        let most = command.expected.most();
        let rest = self.at_offset(self.content(file)?, offset)?;
        let room = value_room(most).ok_or(Status::WRONG_LENGTH)?;
        let tag = if self.has(Quirk::DiscretionaryTemplate) {
            0x73
        } else {
            0x53
        };
        let data = tlv::encode(tag, &[rest.get(..room).unwrap_or(rest)]);
        let status = if rest.is_empty() || rest.len() >= room {
            Status::SUCCESS
        } else {
            self.over_the_end(command.expected, data.len())?
        };
        Ok(Response { data, status })
    }

    fn content(&self, file: FileId) -> Result<&[u8], Status> {
        // Rights may have gone since the file was selected.
        if let FileId::Group(group) = file
            && !self.may_read(group)
        {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        self.card
            .files
            .get(&file)
            .map(Vec::as_slice)
            .ok_or(Status::NOT_FOUND)
    }

    /// What stands from the offset on; nothing only where the chip takes that.
    fn at_offset<'a>(&self, content: &'a [u8], offset: usize) -> Result<&'a [u8], Status> {
        match content.get(offset..) {
            None => Err(Status::WRONG_OFFSET),
            Some([]) if !self.has(Quirk::EndOfFileEmpty) => Err(Status::WRONG_OFFSET),
            Some(rest) => Ok(rest),
        }
    }

    fn check_chunk(&mut self, offset: usize, expected: Expected) -> Result<(), Status> {
        let most = expected.most();
        for quirk in &self.card.quirks {
            match quirk {
                Quirk::ChunkLimit(limit) if most > usize::from(*limit) => {
                    return Err(Status::WRONG_LENGTH);
                }
                Quirk::ChunkLimit6282(limit) if most > usize::from(*limit) => {
                    return Err(Status::END_OF_FILE);
                }
                Quirk::ChunkDrops(limit) if most > usize::from(*limit) => {
                    self.silence = Some(Silence::Dropped);
                    return Err(Status::UNSPECIFIED);
                }
                _ => {}
            }
        }
        if offset == 0 && most < HEADER && self.has(Quirk::HeaderReadRefused) {
            return Err(Status::WRONG_LENGTH);
        }
        Ok(())
    }

    /// The status when fewer bytes are there than were asked for.
    fn over_the_end(&self, expected: Expected, there: usize) -> Result<Status, Status> {
        if self.has(Quirk::EndOfFile6b00) {
            return Err(Status::WRONG_OFFSET);
        }
        if self.has(Quirk::Le6cxx) && there <= 256 {
            return Err(self.wrong_expected(there));
        }
        if self.has(Quirk::EndOfFile6282) {
            return Ok(Status::END_OF_FILE);
        }
        if self.has(Quirk::EndOfFile9000) {
            return Ok(Status::SUCCESS);
        }
        Ok(match expected {
            Expected::UpTo(_) | Expected::Nothing => Status::SUCCESS,
            Expected::Exactly(_) => Status::END_OF_FILE,
        })
    }
}

const fn done(status: Status) -> Response {
    Response {
        data: Vec::new(),
        status,
    }
}

/// The offset in data object 54, which must stand alone.
fn offset_object(data: &[u8]) -> Result<usize, Status> {
    let wrong = |_| Status::INCORRECT_DATA;
    let mut reader = Reader::new(data);
    let object = reader.expect(0x54, "offset").map_err(wrong)?;
    reader.finish("offset").map_err(wrong)?;
    if object.value.is_empty() || object.value.len() > 4 {
        return Err(Status::INCORRECT_DATA);
    }
    object
        .value
        .iter()
        .try_fold(0_usize, |sum, octet| {
            Some(sum.checked_mul(256)? + usize::from(*octet))
        })
        .ok_or(Status::INCORRECT_DATA)
}

/// How long the value of a data object with a one-octet tag may be so that all of it fits.
pub(super) fn value_room(most: usize) -> Option<usize> {
    let room = match most {
        0..=2 => return None,
        _ if most - 2 <= ONE_OCTET => most - 2,
        _ if most - 3 <= TWO_OCTETS => most - 3,
        _ => most - 4,
    };
    Some(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_object_always_fits_what_was_asked_for() {
        assert_eq!(value_room(2), None);
        for most in 3..700 {
            let room = value_room(most).unwrap();
            let whole = tlv::encode(0x53, &[&vec![0; room]]);
            assert!(whole.len() <= most, "{most}");
            assert!(most - whole.len() <= 1, "{most}");
        }
    }
}
