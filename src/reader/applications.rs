//! The applications beside the eMRTD application: listed from EF.DIR, and read where that is asked
//! for (Doc 9303-10 §3.7.2, §3.11.2 and §5, LDS2).
//!
//! They come last. Whatever becomes of them, what was read before stands: no error here ends a read,
//! unless the caller cancels it.

use crate::bytes::tlv;
use crate::capture::ApplicationCapture;
use crate::capture::ApplicationState;
use crate::capture::Capture;
use crate::capture::FileCapture;
use crate::capture::FileEnd;
use crate::error::Error;
use crate::error::TransportError;
use crate::iso7816::Command;
use crate::iso7816::EXTENDED_EXPECTED;
use crate::iso7816::SHORT_EXPECTED;
use crate::iso7816::Status;
use crate::iso7816::ins;
use crate::lds::FileId;
use crate::lds::lds2::Application;
use crate::lds::lds2::File;
use crate::lds::lds2::MAX_BIOMETRIC_CERTIFICATES;
use crate::lds::lds2::MAX_BIOMETRICS;
use crate::lds::lds2::MAX_RECORD;
use crate::lds::lds2::MAX_RECORDS;
use crate::lds::lds2::RecordFile;
use crate::lds::lds2::directory;
use crate::link::ExtendedLength;
use crate::link::Link;
use crate::reader::directory as on_the_card;
use crate::reader::files;
use crate::reader::files::Habits;
use crate::reader::plan::Applications;

/// Most bytes of all these applications together: two full files of travel records and their
/// certificates fill half of it.
const MAX_BYTES: usize = 1024 * 1024;

/// READ RECORD: the record whose number stands in P1 (Doc 9303-10 table 13).
const BY_NUMBER: u8 = 0x04;

/// Record not found (Doc 9303-10 table 12).
const RECORD_NOT_FOUND: Status = Status(0x6A83);

/// Reads EF.DIR, where that is asked for, and notes the applications that it lists. The master file is
/// current, and there is no session yet that a refusal could end: Doc 9303-11 §4.2 reads the file
/// before PACE.
///
/// # Errors
/// When the link breaks.
pub(super) fn list(
    link: &mut Link<'_>,
    wanted: &Applications,
    capture: &mut Capture,
) -> Result<(), Error> {
    if *wanted == Applications::Unasked || capture.files.contains_key(&FileId::Dir) {
        return Ok(());
    }
    let file = on_the_card::read(link)?;
    if directory::identifiers(&file).is_empty() {
        return Ok(());
    }
    for application in directory::applications(&file) {
        capture.applications.insert(
            application,
            ApplicationCapture::new(ApplicationState::Listed),
        );
    }
    capture.files.insert(FileId::Dir, file);
    Ok(())
}

/// Reads the applications that are asked for, with the rights that the session has.
///
/// # Errors
/// When the caller cancels.
pub(super) fn read(
    link: &mut Link<'_>,
    habits: &mut Habits,
    wanted: &Applications,
    capture: &mut Capture,
) -> Result<(), Error> {
    let mut reading = Reading {
        link,
        habits,
        room: MAX_BYTES,
    };
    let mut lost = false;
    for application in wanted.to_read().iter().copied() {
        let unlisted = capture.files.contains_key(&FileId::Dir)
            && !capture.applications.contains_key(&application);
        let found = capture
            .applications
            .entry(application)
            .or_insert(ApplicationCapture::new(ApplicationState::NotListed));
        // A card without EF.DIR may hold it all the same.
        if unlisted {
            continue;
        }
        found.state = ApplicationState::Interrupted;
        if lost {
            continue;
        }
        match reading.application(application, found) {
            Ok(()) => {}
            Err(cancelled @ Error::Transport(TransportError::Cancelled)) => return Err(cancelled),
            Err(error) => {
                tracing::debug!(code = error.code(), "application given up");
                found.state = ApplicationState::Interrupted;
                lost = true;
            }
        }
    }
    Ok(())
}

struct Reading<'a, 'l> {
    link: &'a mut Link<'l>,
    habits: &'a mut Habits,
    /// Bytes that may still come.
    room: usize,
}

impl Reading<'_, '_> {
    /// Selects one application and reads its files.
    fn application(
        &mut self,
        application: Application,
        found: &mut ApplicationCapture,
    ) -> Result<(), Error> {
        let select =
            Command::new(ins::SELECT, 0x04, 0x0C).with_data(application.identifier().to_vec());
        let status = self.link.send(&select)?.status;
        if status != Status::SUCCESS {
            found.state = ApplicationState::Refused(status);
            return Ok(());
        }
        if application == Application::Biometrics {
            for number in 1..=MAX_BIOMETRICS {
                let content = begun(found, File::Biometrics(number));
                self.biometrics(File::Biometrics(number), content)?;
                if content.end == FileEnd::Refused(Status::NOT_FOUND) {
                    // They are numbered in a row.
                    found.files.remove(&File::Biometrics(number));
                    break;
                }
            }
        }
        for file in application.record_files().iter().copied() {
            let most = match (application, file) {
                (Application::Biometrics, RecordFile::Certificates) => MAX_BIOMETRIC_CERTIFICATES,
                _ => MAX_RECORDS,
            };
            self.records(file, most, begun(found, File::Records(file)))?;
        }
        found.state = ApplicationState::Selected;
        Ok(())
    }

    /// Reads records from number 1 on until there is none.
    fn records(
        &mut self,
        file: RecordFile,
        most: u8,
        content: &mut FileCapture,
    ) -> Result<(), Error> {
        for number in 1..=most {
            let (data, status) = self.record(file, number)?;
            content.end = match status {
                RECORD_NOT_FOUND => FileEnd::Complete,
                Status::SUCCESS | Status::END_OF_FILE => match self.room.checked_sub(data.len()) {
                    Some(room) if data.len() <= MAX_RECORD => {
                        self.room = room;
                        content.records.push(data);
                        continue;
                    }
                    _ => FileEnd::TooLong,
                },
                status => FileEnd::Refused(status),
            };
            return Ok(());
        }
        content.end = FileEnd::Complete;
        Ok(())
    }

    /// READ RECORD by short file identifier and number (Doc 9303-10 §3.7.2). The standard knows it
    /// with Le 00 00 00 alone; where there is no extended length, the short form is tried.
    fn record(&mut self, file: RecordFile, number: u8) -> Result<(Vec<u8>, Status), Error> {
        let expected = match self.link.extended() {
            ExtendedLength::Works => EXTENDED_EXPECTED,
            ExtendedLength::Unknown | ExtendedLength::Refused => SHORT_EXPECTED,
        };
        let command = Command::new(ins::READ_RECORD, number, (file.sfi() << 3) | BY_NUMBER);
        let mut response = self.link.send(&command.clone().expecting(expected))?;
        if let Some(length) = response.status.right_length() {
            self.habits.note("le-6cxx");
            let length = match length {
                0 => SHORT_EXPECTED,
                length => usize::from(length),
            };
            response = self.link.send(&command.expecting(length))?;
        }
        Ok((response.data, response.status))
    }

    /// Reads a transparent file by its identifier.
    fn biometrics(&mut self, file: File, content: &mut FileCapture) -> Result<(), Error> {
        let id = file.id().to_be_bytes().to_vec();
        let select = Command::new(ins::SELECT, 0x02, 0x0C).with_data(id);
        let status = self.link.send(&select)?.status;
        if status != Status::SUCCESS {
            content.end = FileEnd::Refused(status);
            return Ok(());
        }
        let first = files::first_piece(self.link, self.habits, 0)?;
        if !files::usable(&first) {
            content.end = FileEnd::Refused(first.status);
            return Ok(());
        }
        let mut data = first.data;
        let announced = tlv::announced_length(&data).unwrap_or(data.len());
        let whole = match announced.max(data.len()) <= self.room {
            true => files::rest(self.link, self.habits, &mut data),
            false => {
                content.end = FileEnd::TooLong;
                return Ok(());
            }
        };
        content.end = match whole {
            Ok(()) => {
                self.room = self.room.saturating_sub(data.len());
                content.records.push(data);
                FileEnd::Complete
            }
            Err(Error::Card(_)) => FileEnd::TooLong,
            Err(error) => return Err(error),
        };
        Ok(())
    }
}

/// The file among those found, as one that has only begun to come.
fn begun(found: &mut ApplicationCapture, file: File) -> &mut FileCapture {
    found.files.entry(file).or_insert(FileCapture {
        records: Vec::new(),
        end: FileEnd::Interrupted,
    })
}
