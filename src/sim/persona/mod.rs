//! Invented citizens and the cards they hold.
//!
//! A [`Persona`] is a person's data and the options of the chip; [`Persona::personalise`] makes
//! the chip's contents from them, the same each time. Nobody of these exists.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::mrz::Sex;
use crate::lds::security_infos::Mapping;
use crate::secret::Secret;
use crate::sim::faces::Portrait;
use crate::sim::fault::Cue;
use crate::sim::files;
use crate::sim::files::Dg13Field;
use crate::sim::keys::RsaKey;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::Application;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::Personalisation;
use crate::sim::personalisation::Pin;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::personalisation::Trailer;
use crate::sim::pki::IssuerSpec;
use crate::sim::pki::SignerKey;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::quirk::Quirk;

mod access;
mod document;
mod enrolled;
pub mod file;
mod further;
mod issuer;
mod mrz;
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

/// What a chip can do. Each field may be changed before [`Persona::personalise`]; groups, EF.COM,
/// EF.CardAccess and EF.SOD follow.
#[derive(Debug, Clone)]
pub struct ChipOptions {
    /// PACE variants; none means neither PACE nor EF.CardAccess.
    pub pace: Vec<PaceVariant>,
    /// The PIN, if the card has one.
    pub pin: Option<PinOptions>,
    /// The number that unblocks the PIN, if there is one; digits.
    pub puk: Option<String>,
    /// Whether there is EF.CardSecurity.
    pub card_security: CardSecurity,
    /// Application templates in EF.DIR; none means no EF.DIR.
    pub directory: Vec<ApplicationTemplate>,
    /// Whether there is basic access control.
    pub bac: Bac,
    /// Keys and protocols of chip authentication; none means that the chip does not offer it.
    pub chip_authentication: Vec<ChipAuthentication>,
    /// Active authentication, if any; brings DG15.
    pub active: Option<ActiveAuthentication>,
    /// The image in DG2.
    pub portrait: Portrait,
    /// Command and response lengths.
    pub lengths: Lengths,
    /// Whether EF.ATR/INFO announces the lengths.
    pub atr_info: AtrInfo,
    /// Key of the document signer.
    pub signer: SignerKey,
    /// Hash of the document signer's signature.
    pub signature_hash: Hash,
    /// Honest deviations.
    pub quirks: BTreeSet<Quirk>,
    /// Forgeries, attacks and breakdowns.
    pub faults: Vec<Cue>,
    /// Whom the chip lets read DG3 and DG4.
    pub terminal: Option<TerminalTrust>,
    /// What is said of fingers and irises.
    pub biometrics: Biometrics,
    /// Length and trailer where active authentication is by RSA.
    pub active_rsa: ActiveRsa,
    /// Whether DG11 tells more of the holder.
    pub dg11: Details,
    /// Whether DG12 tells more of the document.
    pub dg12: Details,
    /// Applications beside the eMRTD application; EF.DIR lists them.
    pub applications: Vec<Application>,
    /// Whether DG13 is there.
    pub dg13: Details,
    /// Whether DG5 has the portrait once more, to be shown.
    pub dg5: Details,
    /// Whether DG7 has a signature.
    pub dg7: Details,
    /// Whether DG16 names the parents as persons to notify.
    pub dg16: Details,
    /// Whether DG6, DG8, DG9 and DG10 have something in them, although they are reserved or have no
    /// form that is published.
    pub reserved: Details,
    /// Fingers in DG3.
    pub fingers: Vec<EnrolledFinger>,
    /// Irises in DG4, which brings that group.
    pub irises: Vec<EnrolledIris>,
    /// Whose document it is, and of which kind.
    pub document: Document,
    /// In which formats faces, fingers and irises are.
    pub records: Records,
}

/// Whether there is a group with further details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// There is, made from what is known of the citizen.
    Present,
    /// The same with every data element that the standard has.
    Whole,
    /// There is not.
    Absent,
}

/// What there is to choose of active authentication by RSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveRsa {
    /// The published test key, and so its length
    pub key: RsaKey,
    /// How the signature names its hash function
    pub trailer: Trailer,
}

impl ActiveRsa {
    /// 2048 bits and the trailer that chips have.
    pub const USUAL: Self = Self {
        key: RsaKey::Active,
        trailer: Trailer::Usual,
    };
}

/// A family of formats of faces, fingers and irises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// ISO/IEC 19794, editions of 2005
    Fixed,
    /// ISO/IEC 39794
    Extensible,
}

/// Which groups there are behind terminal authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Biometrics {
    /// DG3, without any finger in it.
    Fingers,
    /// DG3 and DG4, without any finger or iris in them.
    FingersAndIrises,
}

/// A way to run PACE over standardized domain parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceVariant {
    /// How the nonce becomes a generator
    pub mapping: Mapping,
    /// Cipher of the nonce and of secure messaging
    pub cipher: Cipher,
    /// Standardized domain parameters: 0 to 2 are prime fields, 8 to 18 curves
    /// (Doc 9303-11 §9.5.1)
    pub parameter_id: u8,
    /// How EF.CardAccess tells of it
    pub advertised: Advertised,
}

impl PaceVariant {
    /// A variant that EF.CardAccess names in the usual way.
    pub const fn new(mapping: Mapping, cipher: Cipher, parameter_id: u8) -> Self {
        Self {
            mapping,
            cipher,
            parameter_id,
            advertised: Advertised::Id,
        }
    }

    /// Generic mapping.
    pub const fn generic(cipher: Cipher, parameter_id: u8) -> Self {
        Self::new(Mapping::Generic, cipher, parameter_id)
    }

    /// The same, told of in another way.
    #[must_use]
    pub const fn advertised(self, advertised: Advertised) -> Self {
        Self { advertised, ..self }
    }
}

/// A PIN and how often it may be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinOptions {
    /// Six digits, in the clear: nobody of these exists
    pub digits: String,
    /// Tries that are left; see [`Pin`]
    pub tries: u8,
}

/// Whether there is EF.CardSecurity, the signed SecurityInfos in the master file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardSecurity {
    /// It is.
    Present,
    /// It is not, unless chip authentication mapping needs it.
    Absent,
}

/// One record of EF.DIR (ISO/IEC 7816-4, Doc 9303-10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationTemplate {
    /// Application identifier
    pub aid: Vec<u8>,
    /// Label, if there is one
    pub label: Option<String>,
}

/// One protocol of chip authentication and the key for it. Protocols over the same domain parameters
/// and with the same key identifier share their key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipAuthentication {
    /// Cipher of secure messaging afterwards
    pub cipher: Cipher,
    /// Domain parameters of the static key
    pub domain: Domain,
    /// Key identifier, unsigned content octets
    pub key_id: Option<Vec<u8>>,
    /// How the public key names its domain parameters
    pub parameters: EcParameters,
    /// Version of the protocol, 1 or 2
    pub version: u32,
}

/// Active authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveAuthentication {
    /// RSA and ISO/IEC 9796-2 with this hash; [`ChipOptions::active_rsa`] says the rest
    Rsa(Hash),
    /// Plain ECDSA, with ActiveAuthenticationInfo in DG14
    Ecdsa {
        /// Curve of the key
        curve: Curve,
        /// Hash of the signature
        hash: Hash,
    },
}

/// Whether EF.ATR/INFO is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtrInfo {
    /// It is, and announces the longest answer as the longest command, too.
    Present,
    /// It is, and announces these.
    Sizes {
        /// Most bytes in a command
        command: u16,
        /// Most bytes in an answer
        response: u16,
    },
    /// It is not.
    Absent,
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

/// The fields of DG13 in their order.
fn dg13_fields(citizen: &Citizen) -> Vec<(u8, Dg13Field)> {
    let words = |text: &str| Dg13Field::Utf8(text.to_owned());
    let printable = |text: &str| Dg13Field::Printable(text.to_owned());
    let expires = match citizen.expires {
        Some(date) => words(&with_slashes(PartialDate::Day(date))),
        None => words("Không thời hạn"),
    };
    let spouse = match &citizen.spouse {
        Some(name) => Dg13Field::Persons(vec![Some(name.clone())]),
        None => Dg13Field::Absent,
    };
    let old_number = match &citizen.old_number {
        Some(number) => printable(number),
        None => Dg13Field::Absent,
    };
    vec![
        (1, printable(&citizen.number)),
        (2, words(&citizen.name)),
        (3, printable(&with_slashes(citizen.birth))),
        (4, words(sex_word(citizen.sex))),
        (5, words(&citizen.nationality)),
        (6, words(&citizen.ethnicity)),
        (7, words(&citizen.religion)),
        (8, words(&citizen.origin)),
        (9, words(&citizen.residence)),
        (10, words(&citizen.features)),
        (
            11,
            printable(&with_slashes(PartialDate::Day(citizen.issued))),
        ),
        (12, expires),
        (
            13,
            Dg13Field::Persons(vec![citizen.father.clone(), citizen.mother.clone()]),
        ),
        (14, spouse),
        (15, old_number),
        (16, printable(&citizen.code16)),
    ]
}

const fn sex_word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "Nam",
        Sex::Female => "Nữ",
        Sex::Unspecified => "",
    }
}

/// As cards write it: `17/08/1995`, `08/1995`, `1995`.
fn with_slashes(date: PartialDate) -> String {
    match date {
        PartialDate::Day(date) => {
            format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
        }
        PartialDate::Month(year, month) => format!("{month:02}/{year:04}"),
        PartialDate::Year(year) => format!("{year:04}"),
    }
}

/// The same without slashes.
fn compact(date: PartialDate) -> String {
    with_slashes(date).replace('/', "")
}

/// Year, month and day, with zeros for what is not known (Doc 9303-10 §4.7.11).
pub(in crate::sim) fn eight_digits(date: PartialDate) -> String {
    match date {
        PartialDate::Day(date) => {
            format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
        }
        PartialDate::Month(year, month) => format!("{year:04}{month:02}00"),
        PartialDate::Year(year) => format!("{year:04}0000"),
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
