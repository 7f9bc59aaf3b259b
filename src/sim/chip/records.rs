//! The applications beside the eMRTD application, on the chip's side: their selection, who may read
//! what, and READ RECORD (Doc 9303-10 §3.7.2 and §5).
//!
//! Choices made here, where the standard leaves the status word to the chip: an application that the
//! terminal has no right in answers 6982, and so does each file that it may not read, whether it is
//! there or not; one that the card does not hold answers 6A82. The standard asks for PACE before any
//! of this (Doc 9303-11 §4.1 note 2) and for an Le field of three zero octets with READ RECORD; so does
//! this chip. Rights hold for the session, whatever is selected (Doc 9303-11 §7.1.3 note 1).

use crate::iso7816::Response;
use crate::iso7816::Status;
use crate::sim::chip::Chip;
use crate::sim::chip::Df;
use crate::sim::chip::apdu::Apdu;
use crate::sim::chip::apdu::Expected;
use crate::sim::chip::apdu::Form;
use crate::sim::personalisation::Application;
use crate::sim::personalisation::ApplicationFile;
use crate::sim::personalisation::FileState;

/// Record not found.
const RECORD_NOT_FOUND: Status = Status(0x6A83);

/// Command incompatible with file structure.
const OTHER_STRUCTURE: Status = Status(0x6981);

/// EF.Certificates in each of these applications.
const CERTIFICATES: u16 = 0x011A;

/// First and last file of additional biometrics.
const FIRST_BIOMETRICS: u16 = 0x0201;
const LAST_BIOMETRICS: u16 = 0x0240;

/// Rights in travel and visa records (Doc 9303-10 tables 96 and 97): records, certificates.
const READ_RECORDS: u8 = 0x01;
const READ_CERTIFICATES: u8 = 0x04;

/// Right in the first octet for additional biometrics (Doc 9303-10 table 98).
const READ_BIOMETRIC_CERTIFICATES: u8 = 0x01;

/// Rights in each file of additional biometrics have two bits; so many files to an octet.
const FILES_PER_OCTET: u16 = 4;

/// Which of the three applications this is, by the last octet of its identifier; others have no rights
/// that this chip knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Travel,
    Visas,
    Biometrics,
}

impl Kind {
    fn of(application: &Application) -> Option<Self> {
        match application.identifier.as_slice() {
            [0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, number] => match number {
                1 => Some(Self::Travel),
                2 => Some(Self::Visas),
                3 => Some(Self::Biometrics),
                _ => None,
            },
            _ => None,
        }
    }

    /// Content octets of the certificate extension that grants rights in it: 2.23.136.1.1.9.x.3.
    const fn extension(self) -> [u8; 8] {
        let number = match self {
            Self::Travel => 1,
            Self::Visas => 2,
            Self::Biometrics => 3,
        };
        [0x67, 0x81, 0x08, 1, 1, 9, number, 3]
    }
}

impl Chip {
    /// The application with this name, if the terminal may select it.
    pub(super) fn beside(&self, identifier: &[u8]) -> Result<Df, Status> {
        let number = self
            .card
            .applications
            .iter()
            .position(|application| application.identifier == identifier)
            .ok_or(Status::NOT_FOUND)?;
        // Doc 9303-10 §5.1.1, §5.2.1, §5.3.1: without rights to any data in it, it is refused.
        let any = self.rights_beside(number).iter().any(|octet| *octet != 0);
        if any {
            Ok(Df::Beside(number))
        } else {
            Err(Status::SECURITY_NOT_SATISFIED)
        }
    }

    /// The terminal's rights in this application; none without PACE.
    fn rights_beside(&self, number: usize) -> &[u8] {
        let granted = || {
            self.session.as_ref()?;
            self.pace_ephemeral.as_ref()?;
            let kind = Kind::of(self.card.applications.get(number)?)?;
            let rights = self.terminal.rights.as_ref()?;
            rights.applications.get(kind.extension().as_slice())
        };
        granted().map(Vec::as_slice).unwrap_or_default()
    }

    /// Makes a file of the current application current, by its identifier.
    pub(super) fn select_beside(&mut self, id: u16) -> Result<(), Status> {
        self.file_here_beside(id)?;
        self.file_beside = Some(id);
        Ok(())
    }

    /// The file with this identifier, if it is there and may be read.
    fn file_here_beside(&self, id: u16) -> Result<&ApplicationFile, Status> {
        let Df::Beside(number) = self.df else {
            return Err(Status::NO_CURRENT_FILE);
        };
        let application = self.card.applications.get(number);
        let application = application.ok_or(Status::NO_CURRENT_FILE)?;
        let file = application.files.get(&id);
        if !self.may_read_beside(number, id, file) {
            return Err(Status::SECURITY_NOT_SATISFIED);
        }
        file.ok_or(Status::NOT_FOUND)
    }

    fn may_read_beside(&self, number: usize, id: u16, file: Option<&ApplicationFile>) -> bool {
        let rights = self.rights_beside(number);
        let kind = self.card.applications.get(number).and_then(Kind::of);
        let has = |octet: usize, bit: u8| rights.get(octet).is_some_and(|rights| rights & bit != 0);
        match (kind, id) {
            (Some(Kind::Travel | Kind::Visas), CERTIFICATES) => has(0, READ_CERTIFICATES),
            (Some(Kind::Travel | Kind::Visas), _) => has(0, READ_RECORDS),
            (Some(Kind::Biometrics), CERTIFICATES) => has(0, READ_BIOMETRIC_CERTIFICATES),
            (Some(Kind::Biometrics), FIRST_BIOMETRICS..=LAST_BIOMETRICS) => {
                let index = id - FIRST_BIOMETRICS;
                let octet = usize::from(index / FILES_PER_OCTET) + 1;
                // The first file of an octet has its highest two bits: the higher for the file while
                // it is deactivated, the lower once it is activated.
                let activated = 0x40_u8 >> (2 * (index % FILES_PER_OCTET));
                match file {
                    Some(ApplicationFile::Transparent {
                        state: FileState::Deactivated,
                        ..
                    }) => has(octet, activated << 1),
                    _ => has(octet, activated),
                }
            }
            _ => false,
        }
    }

    /// What the current transparent file holds.
    pub(super) fn content_beside(&self) -> Result<&[u8], Status> {
        let id = self.file_beside.ok_or(Status::NO_CURRENT_FILE)?;
        match self.file_here_beside(id)? {
            ApplicationFile::Transparent { content, .. } => Ok(content),
            ApplicationFile::Records(_) => Err(OTHER_STRUCTURE),
        }
    }

    /// READ RECORD: the record with the number in P1, or all from it on.
    pub(super) fn read_record(&mut self, command: &Apdu) -> Result<Response, Status> {
        command.require_no_data()?;
        let Df::Beside(_) = self.df else {
            return Err(Status::NO_CURRENT_FILE);
        };
        // Doc 9303-10 table 11: Le is 00 00 00, and any other value is out of its scope.
        if command.form != Form::Extended || !matches!(command.expected, Expected::UpTo(_)) {
            return Err(Status::WRONG_LENGTH);
        }
        let [first, reference] = command.parameters();
        let (sfi, mode) = (reference >> 3, reference & 0x07);
        let id = match sfi {
            0 => self.file_beside.ok_or(Status::NO_CURRENT_FILE)?,
            // The short identifier is the last five bits of the file's own (tables 82 to 91).
            sfi @ 1..=30 => 0x0100 | u16::from(sfi),
            _ => return Err(Status::INCORRECT_P1_P2),
        };
        // Record 0, the current one, is out of the standard's scope, and FF is reserved.
        if !(1..=0xFE).contains(&first) || !matches!(mode, 0b100 | 0b101) {
            return Err(Status::INCORRECT_P1_P2);
        }
        self.select_beside(id)?;
        let ApplicationFile::Records(records) = self.file_here_beside(id)? else {
            return Err(OTHER_STRUCTURE);
        };
        let there = records.get(usize::from(first) - 1..).unwrap_or_default();
        let data = match (mode, there) {
            (_, []) => return Err(RECORD_NOT_FOUND),
            (0b100, [record, ..]) => record.clone(),
            (_, records) => records.concat(),
        };
        Ok(Response {
            data,
            status: Status::SUCCESS,
        })
    }
}
