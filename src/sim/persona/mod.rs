//! Invented citizens and the cards they hold.
//!
//! A [`Persona`] is a person's data and the options of the chip; [`Persona::personalise`] makes
//! the chip's contents from them, the same each time. Nobody of these exists.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::mrz::Sex;
use crate::secret::Secret;
use crate::sim::files;
use crate::sim::persona::printed::compact;
use crate::sim::persona::printed::dg13_fields;
use crate::sim::persona::printed::sex_word;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::pki::IssuerSpec;

mod access;
mod document;
mod enrolled;
pub mod file;
mod further;
mod issuer;
mod mrz;
mod options;
mod printed;
mod proofs;
mod shipped;
mod state;
mod switched;

use crate::sim::persona::access::Place;
use crate::sim::persona::file::Kind;

pub use crate::sim::persona::document::Document;
pub use crate::sim::persona::document::DocumentNumber;
pub use crate::sim::persona::document::Size;
pub use crate::sim::persona::enrolled::EnrolledFinger;
pub use crate::sim::persona::enrolled::EnrolledIris;
pub use crate::sim::persona::options::ActiveAuthentication;
pub use crate::sim::persona::options::ActiveRsa;
pub use crate::sim::persona::options::ApplicationTemplate;
pub use crate::sim::persona::options::AtrInfo;
pub use crate::sim::persona::options::Biometrics;
pub use crate::sim::persona::options::CardSecurity;
pub use crate::sim::persona::options::ChipAuthentication;
pub use crate::sim::persona::options::ChipOptions;
pub use crate::sim::persona::options::Details;
pub use crate::sim::persona::options::PaceVariant;
pub use crate::sim::persona::options::PinOptions;
pub use crate::sim::persona::options::Records;
pub(in crate::sim) use crate::sim::persona::printed::eight_digits;
pub use crate::sim::persona::shipped::find;
pub use crate::sim::persona::shipped::names;
pub use crate::sim::persona::shipped::shipped;
pub use crate::sim::persona::shipped::text_of;
pub use crate::sim::persona::state::CardState;
pub use crate::sim::persona::state::Expected;

/// An invented citizen and the card that they hold.
#[derive(Debug, Clone)]
pub struct Persona {
    /// Name on the command line.
    pub name: String,
    /// The kind of card.
    pub kind: Kind,
    /// What is special about this card.
    pub title: Title,
    /// What the card says about the holder.
    pub citizen: Citizen,
    /// What the chip can do.
    pub chip: ChipOptions,
    /// What a register says of the card.
    pub state: CardState,
    /// What a read of the card must end in.
    pub expected: Expected,
    /// What the card's own keys follow from; the name where there is nothing else.
    pub seed: Option<String>,
    /// The issuer, where it is not the one that ships: a PKI that follows from a seed.
    pub issuer: Option<IssuerSpec>,
}

/// A line for people in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Vietnamese
    pub vi: String,
    /// English
    pub en: String,
}

/// What a card says about its holder, as in DG13.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// Twelve digits
    pub number: String,
    /// Full name with diacritics, family name first
    pub name: String,
    /// Date of birth, as far as it is known
    pub birth: PartialDate,
    /// Sex
    pub sex: Sex,
    /// Nationality
    pub nationality: String,
    /// Ethnicity
    pub ethnicity: String,
    /// Religion
    pub religion: String,
    /// Place of origin
    pub origin: String,
    /// Place of residence
    pub residence: String,
    /// Identifying features
    pub features: String,
    /// Date of issue
    pub issued: Date,
    /// Date of expiry; `None` where the card does not expire
    pub expires: Option<Date>,
    /// Father's name
    pub father: Option<String>,
    /// Mother's name
    pub mother: Option<String>,
    /// Spouse's name
    pub spouse: Option<String>,
    /// Old identity number of nine digits
    pub old_number: Option<String>,
    /// Sixteen characters whose meaning is not published
    pub code16: String,
}

impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(..)")
    }
}

impl Persona {
    /// The same persona with a changed chip.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ChipOptions)) -> Self {
        change(&mut self.chip);
        self
    }

    /// The card access number: the last six digits of the citizen number.
    pub fn can(&self) -> String {
        let number = &self.citizen.number;
        number
            .get(number.len().saturating_sub(6)..)
            .unwrap_or_default()
            .to_owned()
    }

    /// Document number, date of birth and date of expiry with their check digits: the key of basic
    /// access control.
    pub fn mrz_information(&self) -> String {
        self.zone(&self.issued_citizen()).information()
    }

    /// The three lines of the machine-readable zone, without line breaks.
    pub fn mrz(&self) -> String {
        self.zone(&self.issued_citizen()).text()
    }

    /// The text of the QR code on the 2021 card.
    pub fn qr(&self) -> String {
        let citizen = &self.citizen;
        [
            citizen.number.as_str(),
            citizen.old_number.as_deref().unwrap_or_default(),
            &citizen.name,
            &compact(citizen.birth),
            sex_word(citizen.sex),
            &citizen.residence,
            &compact(PartialDate::Day(citizen.issued)),
        ]
        .join("|")
    }

    /// Makes what is written into the chip.
    ///
    /// # Errors
    /// [`Malformed`] when the options cannot be: a PACE curve without a parameter id, a hash or
    /// curve that cannot sign.
    pub fn personalise(&self) -> Result<Personalisation, Malformed> {
        let chip = &self.chip;
        let security_infos = self.security_infos()?;
        let (active, dg15) = self.active()?;

        let mut files = BTreeMap::new();
        let mut group = |group, bytes| files.insert(FileId::Group(group), bytes);
        group(DataGroup::DG1, files::dg1(&self.mrz()));
        group(DataGroup::DG2, self.dg2());
        group(DataGroup::DG3, self.dg3());
        if let Some(bytes) = self.dg4() {
            group(DataGroup::DG4, bytes);
        }
        for (number, details) in [
            (DataGroup::DG11, self.dg11()),
            (DataGroup::DG12, self.dg12()),
        ] {
            if let Some(bytes) = details {
                group(number, bytes);
            }
        }
        if chip.dg13 != Details::Absent {
            group(DataGroup::DG13, self.dg13());
        }
        for (number, bytes) in self.further_groups() {
            group(number, bytes);
        }
        // Doc 9303-11 §9.2.4: with ECDSA the hash stands in ActiveAuthenticationInfo, and that in DG14.
        if security_infos.len() > 1 || self.active_info().is_some() {
            group(DataGroup::DG14, files::dg14(&security_infos));
        }
        if let Some(key) = dg15 {
            group(DataGroup::DG15, files::dg15(&key));
        }
        self.lengthen(&mut files);
        let pace = self.pace_offers()?;
        if !pace.is_empty() {
            let infos = self.open_security_infos(Place::CardAccess)?;
            files.insert(FileId::CardAccess, self.card_access(infos));
        }
        let card_security = self.open_security_infos(Place::CardSecurity)?;
        if let Some(file) = self.card_security(card_security)? {
            files.insert(FileId::CardSecurity, file);
        }
        if let Some((command, response)) = self.announced_lengths() {
            files.insert(FileId::AtrInfo, files::atr_info(command, response));
        }
        let directory = self.directory_file();
        if !directory.is_empty() {
            files.insert(FileId::Dir, directory);
        }
        let mut personalisation = Personalisation {
            atr: atr(chip.lengths),
            files,
            can: Secret::new(self.can().into_bytes()),
            mrz_information: Secret::new(self.mrz_information().into_bytes()),
            pin: chip.pin.as_ref().map(|pin| Pin {
                tries: pin.tries,
                ..Pin::new(Secret::copy_of(pin.digits.as_bytes()))
            }),
            puk: chip.puk.as_ref().map(|puk| Secret::copy_of(puk.as_bytes())),
            mapping_key: self.mapping_key()?,
            pace,
            bac: chip.bac,
            chip_keys: self.chip_keys()?,
            active,
            lengths: chip.lengths,
            quirks: chip.quirks.clone(),
            faults: chip.faults.clone(),
            terminal: chip.terminal.clone(),
            applications: chip.applications.clone(),
        };
        self.spoil_before_signing(&mut personalisation)?;
        self.seal(&mut personalisation)?;
        self.spoil_after_signing(&mut personalisation)?;
        Ok(personalisation)
    }

    /// What the card's own keys go by.
    fn label(&self) -> &str {
        self.seed.as_deref().unwrap_or(&self.name)
    }

    /// What DG14 holds.
    fn security_infos(&self) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut infos = self.open_security_infos(Place::Dg14)?;
        infos.extend(self.active_info());
        Ok(infos)
    }

    /// What EF.CardAccess, EF.CardSecurity and DG14 hold, each its part of it.
    fn open_security_infos(&self, place: Place) -> Result<Vec<Vec<u8>>, Malformed> {
        let mut infos = self.terminal_infos();
        infos.extend(self.chip_infos(place)?);
        infos.extend(self.pace_infos(place)?);
        Ok(infos)
    }

    /// What EF.ATR/INFO says of commands and answers, if it is there.
    fn announced_lengths(&self) -> Option<(u16, u16)> {
        match (self.chip.atr_info, self.chip.lengths) {
            (AtrInfo::Sizes { command, response }, _) => Some((command, response)),
            (AtrInfo::Present, Lengths::Extended { max_response }) => {
                let most = u16::try_from(max_response).unwrap_or(u16::MAX);
                Some((most, most))
            }
            (AtrInfo::Present, Lengths::Short) | (AtrInfo::Absent, _) => None,
        }
    }

    /// Octets that differ from card to card, for groups without anything in them.
    fn filler(&self, group: &str) -> [u8; 8] {
        let digest = Hash::Sha256.digest(&[group.as_bytes(), b" ", self.label().as_bytes()]);
        digest.first_chunk().copied().unwrap_or_default()
    }
}

/// An answer to reset as readers give it for contactless cards (PC/SC part 3 §3.1.3.2.3.1):
/// historical bytes with the card capabilities, last of all whether lengths may be extended
/// (ISO/IEC 7816-4 §12.1.1.9).
fn atr(lengths: Lengths) -> Vec<u8> {
    let extended = match lengths {
        Lengths::Short => 0x00,
        Lengths::Extended { .. } => 0x40,
    };
    let mut atr = vec![0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0x84, 0x21, extended];
    let check = atr.iter().skip(1).fold(0, |sum, byte| sum ^ byte);
    atr.push(check);
    atr
}

#[cfg(test)]
mod tests;
