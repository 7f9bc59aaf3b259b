//! The applications that may stand beside the eMRTD application: travel records, visa records,
//! additional biometrics (Doc 9303-10 §5, LDS2).
//!
//! Authorities of any state append to them after the card was issued, so EF.SOD says nothing of
//! them: each record carries a signature of its own. Decoders only, as everywhere in `lds`.

use std::fmt;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::error::Malformed;

pub mod biometrics;
pub mod certificates;
pub mod directory;
pub mod elements;
pub mod travel;
pub mod visa;

/// Most records of one file (Doc 9303-10 §5.1.2, §5.1.3, §5.2.3).
pub const MAX_RECORDS: u8 = 254;

/// Most certificates of additional biometrics (Doc 9303-10 §5.3.2).
pub const MAX_BIOMETRIC_CERTIFICATES: u8 = 64;

/// Most files of additional biometrics (Doc 9303-10 §5.3.3).
pub const MAX_BIOMETRICS: u8 = 64;

/// Longest record accepted, in bytes. The longest that the tables allow, a certificate of 900 with
/// its number, has under a thousand.
pub const MAX_RECORD: usize = 4 * 1024;

/// An application of LDS2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Application {
    /// Travel records: entries and exits (Doc 9303-10 §5.1)
    Travel,
    /// Visa records (Doc 9303-10 §5.2)
    Visas,
    /// Additional biometrics (Doc 9303-10 §5.3)
    Biometrics,
}

impl Application {
    /// Every application, in the order of the standard.
    pub const ALL: [Self; 3] = [Self::Travel, Self::Visas, Self::Biometrics];

    /// Application identifier (Doc 9303-10 §5.1.1, §5.2.1, §5.3.1).
    pub const fn identifier(self) -> [u8; 7] {
        let number = match self {
            Self::Travel => 0x01,
            Self::Visas => 0x02,
            Self::Biometrics => 0x03,
        };
        [0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, number]
    }

    /// The application with this identifier.
    pub fn from_identifier(identifier: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|application| application.identifier() == identifier)
    }

    /// Name on the command line, in captures and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Travel => "travel",
            Self::Visas => "visas",
            Self::Biometrics => "biometrics",
        }
    }

    /// The application with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|application| application.name() == name)
    }

    /// Its files that hold records, certificates last: what they vouch for is of more use than they
    /// are.
    pub const fn record_files(self) -> &'static [RecordFile] {
        match self {
            Self::Travel => &[
                RecordFile::EntryRecords,
                RecordFile::ExitRecords,
                RecordFile::Certificates,
            ],
            Self::Visas => &[RecordFile::VisaRecords, RecordFile::Certificates],
            Self::Biometrics => &[RecordFile::Certificates],
        }
    }

    /// Content octets of the purpose that a signer's certificate must name (Doc 9303-12 §7.1.2):
    /// 2.23.136.1.1.9.8.1 to 3.
    pub const fn signer_purpose(self) -> &'static str {
        match self {
            Self::Travel => "2.23.136.1.1.9.8.1",
            Self::Visas => "2.23.136.1.1.9.8.2",
            Self::Biometrics => "2.23.136.1.1.9.8.3",
        }
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file of numbered records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordFile {
    /// EF.EntryRecords (Doc 9303-10 §5.1.4)
    EntryRecords,
    /// EF.ExitRecords (Doc 9303-10 §5.1.3)
    ExitRecords,
    /// EF.VisaRecords (Doc 9303-10 §5.2.3)
    VisaRecords,
    /// EF.Certificates (Doc 9303-10 §5.1.2, §5.2.2, §5.3.2)
    Certificates,
}

impl RecordFile {
    /// File identifier.
    pub const fn id(self) -> u16 {
        match self {
            Self::EntryRecords => 0x0101,
            Self::ExitRecords => 0x0102,
            Self::VisaRecords => 0x0103,
            Self::Certificates => 0x011A,
        }
    }

    /// Short file identifier.
    pub const fn sfi(self) -> u8 {
        match self {
            Self::EntryRecords => 0x01,
            Self::ExitRecords => 0x02,
            Self::VisaRecords => 0x03,
            Self::Certificates => 0x1A,
        }
    }
}

/// A file of one of these applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum File {
    /// One with records.
    Records(RecordFile),
    /// EF.Biometrics1 to 64, each a single data object.
    Biometrics(u8),
}

impl File {
    /// The file of additional biometrics with this number, 1 to 64.
    pub const fn biometrics(number: u8) -> Option<Self> {
        match number {
            1..=MAX_BIOMETRICS => Some(Self::Biometrics(number)),
            _ => None,
        }
    }

    /// File identifier (Doc 9303-10 §5).
    pub fn id(self) -> u16 {
        match self {
            Self::Records(file) => file.id(),
            Self::Biometrics(number) => 0x0200 | u16::from(number),
        }
    }

    /// Name in captures and reports: `EF.EntryRecords`, `EF.Biometrics1`.
    pub fn name(self) -> String {
        let name = match self {
            Self::Records(RecordFile::EntryRecords) => "EF.EntryRecords",
            Self::Records(RecordFile::ExitRecords) => "EF.ExitRecords",
            Self::Records(RecordFile::VisaRecords) => "EF.VisaRecords",
            Self::Records(RecordFile::Certificates) => "EF.Certificates",
            Self::Biometrics(number) => return format!("EF.Biometrics{number}"),
        };
        name.to_owned()
    }

    /// The file with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(number) = name.strip_prefix("EF.Biometrics") {
            let file = Self::biometrics(number.parse().ok()?)?;
            // One name for each file: no sign and no leading zero.
            return (file.name() == name).then_some(file);
        }
        [
            RecordFile::EntryRecords,
            RecordFile::ExitRecords,
            RecordFile::VisaRecords,
            RecordFile::Certificates,
        ]
        .into_iter()
        .map(Self::Records)
        .find(|file| file.name() == name)
    }
}

/// What stands behind the signed data object of every record: the signature over it, tag and length
/// included, and the number of the signer's certificate (Doc 9303-10 tables 86, 90 and 93).
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticity {
    /// The data object that is signed, as it stood.
    pub signed: Vec<u8>,
    /// Authenticity token (5F37): the signature. Which hash function and encoding it has is not
    /// said.
    pub signature: Vec<u8>,
    /// Number of the record in EF.Certificates, from 1 (5F38).
    pub certificate: u8,
}

impl Authenticity {
    /// Takes the token and the reference that follow the signed object.
    fn take(signed: &Element<'_>, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let signature = reader.expect(0x5F37, "authenticity token")?;
        let reference = reader.expect(0x5F38, "reference to the signer's certificate")?;
        let [certificate @ 1..=MAX_RECORDS] = *reference.value else {
            return Err(Malformed::new(
                "reference to the signer's certificate",
                reference.offset,
            ));
        };
        Ok(Self {
            signed: signed.raw.to_vec(),
            signature: signature.value.to_vec(),
            certificate,
        })
    }
}

impl fmt::Debug for Authenticity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authenticity(certificate {})", self.certificate)
    }
}

/// Takes a record's end: nothing, or filler octets (ISO/IEC 7816-4: 00 or FF may stand between data
/// objects, and Doc 9303-10 §3.7.2 speaks of padded records).
fn finish(reader: &Reader<'_>, what: &'static str) -> Result<(), Malformed> {
    if reader
        .rest()
        .iter()
        .all(|octet| matches!(octet, 0x00 | 0xFF))
    {
        Ok(())
    } else {
        Err(Malformed::new(what, reader.offset()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_and_files_have_the_identifiers_of_the_standard() {
        let identifiers = Application::ALL.map(|one| hex::encode(one.identifier()));
        assert_eq!(
            identifiers,
            ["a0000002472001", "a0000002472002", "a0000002472003"]
        );
        for application in Application::ALL {
            let identifier = application.identifier();
            assert_eq!(Application::from_identifier(&identifier), Some(application));
            assert_eq!(
                Application::from_name(application.name()),
                Some(application)
            );
        }
        assert_eq!(
            Application::from_identifier(&[0xA0, 0, 0, 2, 0x47, 0x10, 1]),
            None
        );
        assert_eq!(File::biometrics(64).unwrap().id(), 0x0240);
        assert_eq!(File::biometrics(65), None);
        assert_eq!(File::biometrics(0), None);
    }

    #[test]
    fn every_file_has_one_name() {
        for number in 1..=MAX_BIOMETRICS {
            let file = File::Biometrics(number);
            assert_eq!(File::from_name(&file.name()), Some(file));
        }
        for application in Application::ALL {
            for file in application.record_files().iter().copied() {
                let file = File::Records(file);
                assert_eq!(File::from_name(&file.name()), Some(file));
            }
        }
        for name in [
            "EF.Biometrics01",
            "EF.Biometrics+1",
            "EF.Biometrics65",
            "DG1",
        ] {
            assert_eq!(File::from_name(name), None, "{name}");
        }
    }
}
