//! What is written into a chip before it is handed out: files, keys, and how the chip behaves.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve;
use crate::crypto::hash::Hash;
use crate::crypto::rsa;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::security_infos::PaceProtocol;
use crate::secret::Secret;
use crate::sim::fault::Cue;
use crate::sim::quirk::Quirk;

/// Everything that makes one virtual chip. The chip takes it over and knows nothing else.
pub struct Personalisation {
    /// Answer to reset.
    pub atr: Vec<u8>,
    /// Elementary files by their identifier, as the bytes that READ BINARY gives.
    pub files: BTreeMap<FileId, Vec<u8>>,
    /// Card access number, ASCII digits.
    pub can: Secret,
    /// MRZ information, ASCII: document number, date of birth and date of expiry, each with its
    /// check digit (Doc 9303-11 §4.3.2).
    pub mrz_information: Secret,
    /// The holder's PIN, with what is left of its tries.
    pub pin: Option<Pin>,
    /// The key that unblocks the PIN, ASCII digits.
    pub puk: Option<Secret>,
    /// Static key of chip authentication mapping; an elliptic curve's.
    pub mapping_key: Option<Private>,
    /// PACE variants that the chip accepts; none means no PACE.
    pub pace: Vec<PaceOffer>,
    /// Whether the chip does basic access control.
    pub bac: Bac,
    /// Keys for chip authentication; none means that the chip does not offer it.
    pub chip_keys: Vec<ChipAuthenticationKey>,
    /// Key for active authentication.
    pub active: Option<ActiveKey>,
    /// Command and response lengths that the chip takes.
    pub lengths: Lengths,
    /// How this chip honestly differs from the standard.
    pub quirks: BTreeSet<Quirk>,
    /// What is wrong with this chip or with the line to it.
    pub faults: Vec<Cue>,
    /// Whom the chip lets read fingers and irises; `None` means no terminal authentication.
    pub terminal: Option<TerminalTrust>,
    /// Applications beside the eMRTD application.
    pub applications: Vec<Application>,
}

/// An application that may stand beside the eMRTD application (Doc 9303-10 §5).
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// Application identifier
    pub identifier: Vec<u8>,
    /// Its files by their identifiers
    pub files: BTreeMap<u16, ApplicationFile>,
}

/// A file of such an application.
#[derive(Clone, PartialEq, Eq)]
pub enum ApplicationFile {
    /// Linear, with records of variable size, numbered from 1.
    Records(Vec<Vec<u8>>),
    /// Transparent.
    Transparent {
        /// Its octets.
        content: Vec<u8>,
        /// Whether it may still be written.
        state: FileState,
    },
}

/// Life cycle state of a file of additional biometrics (Doc 9303-10 §3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It may be written and read by those who may write it.
    Deactivated,
    /// It may be read, and never be written again.
    Activated,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identifier = hex::encode(&self.identifier);
        write!(f, "Application({identifier}, {} files)", self.files.len())
    }
}

impl fmt::Debug for ApplicationFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationFile(..)")
    }
}

/// What a chip needs for terminal authentication (BSI TR-03110-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalTrust {
    /// Certificates of the verifying authority (CVCA), each as data object 7F21, the newest first;
    /// at most two are kept.
    pub authorities: Vec<Vec<u8>>,
    /// The chip's date when it is handed out. It has no clock: certificates advance it.
    pub date: Date,
    /// Where EF.CVCA lies.
    pub file: CvcaFile,
    /// Versions of terminal authentication that the chip does.
    pub versions: Vec<u32>,
}

/// Where EF.CVCA lies in the eMRTD application (BSI TR-03110-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CvcaFile {
    /// File identifier
    pub id: u16,
    /// Short file identifier, if it has one
    pub sfi: Option<u8>,
}

impl CvcaFile {
    /// Where it lies unless TerminalAuthenticationInfo says otherwise.
    pub const DEFAULT: Self = Self {
        id: 0x011C,
        sfi: Some(0x1C),
    };
}

/// A password that the chip counts the tries of. The count belongs to the chip: it outlives every
/// session.
#[derive(Debug)]
pub struct Pin {
    /// ASCII digits.
    pub value: Secret,
    /// Tries that are left: with one the PIN is suspended, with none it is blocked.
    pub tries: u8,
    /// Tries that there are after a success.
    pub limit: u8,
}

/// One PACE variant (Doc 9303-11 §9.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceOffer {
    /// Protocol object identifier, content octets.
    pub oid: Vec<u8>,
    /// What it means: key agreement, mapping and cipher.
    pub protocol: PaceProtocol,
    /// Domain parameters.
    pub domain: Domain,
    /// Standardized domain parameter id, or the number that explicit parameters go by.
    pub parameter_id: u8,
    /// How EF.CardAccess tells of it.
    pub advertised: Advertised,
}

/// How EF.CardAccess tells of a PACE variant (Doc 9303-11 §9.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advertised {
    /// PACEInfo with the number of standardized domain parameters.
    Id,
    /// PACEInfo without a number.
    NoId,
    /// PACEInfo without a number, and PACEDomainParameterInfo that names the standardized ones.
    Standardized,
    /// PACEInfo with a number, and PACEDomainParameterInfo of that number with all the numbers of
    /// the group written out.
    Explicit,
    /// PACEInfo with elements behind the number that no standard knows.
    ExtraElements,
}

/// Whether the chip does basic access control (Doc 9303-11 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bac {
    /// It does.
    Offered,
    /// It does not.
    Absent,
}

/// A static key for chip authentication (Doc 9303-11 §6.2).
#[derive(Debug)]
pub struct ChipAuthenticationKey {
    /// The private key.
    pub private: Private,
    /// Protocol object identifier, content octets.
    pub oid: Vec<u8>,
    /// Cipher of secure messaging afterwards.
    pub cipher: Cipher,
    /// Key identifier, content octets of the INTEGER; `None` where the card has a single key.
    pub key_id: Option<Vec<u8>>,
    /// Version of the protocol, 1 or 2.
    pub version: u32,
}

/// A key for active authentication (Doc 9303-11 §6.1).
#[expect(
    clippy::large_enum_variant,
    reason = "a chip has one of these, and it never moves about"
)]
#[derive(Debug)]
pub enum ActiveKey {
    /// ISO/IEC 9796-2 digital signature scheme 1 with this hash.
    Rsa {
        /// The private key.
        key: rsa::PrivateKey,
        /// Hash function of the signature.
        hash: Hash,
        /// How the signature names it.
        trailer: Trailer,
    },
    /// ECDSA, r and s in a row, with this hash.
    Ec {
        /// The private key.
        key: curve::PrivateKey,
        /// Hash function of the signature.
        hash: Hash,
    },
}

/// How a signature with message recovery names its hash function (ISO/IEC 9796-2 §8.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailer {
    /// SHA-1 by the one octet BC, any other by two octets.
    Usual,
    /// SHA-1 by two octets, too: 33CC.
    Explicit,
}

/// Command and response lengths that a chip takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lengths {
    /// Short length fields only.
    Short,
    /// Extended length fields.
    Extended {
        /// Most data bytes in one answer.
        max_response: usize,
    },
}

impl Pin {
    /// Tries of a PIN that was never entered wrongly (TR-03110-2: the usual initial value).
    pub const TRIES: u8 = 3;

    /// A PIN that was never entered wrongly.
    pub const fn new(value: Secret) -> Self {
        Self {
            value,
            tries: Self::TRIES,
            limit: Self::TRIES,
        }
    }
}

impl Personalisation {
    /// The data groups as they are now, for signing them.
    pub fn groups(&self) -> BTreeMap<DataGroup, Vec<u8>> {
        self.files
            .iter()
            .filter_map(|(file, bytes)| match file {
                FileId::Group(group) => Some((*group, bytes.clone())),
                _ => None,
            })
            .collect()
    }
}

impl fmt::Debug for Personalisation {
    /// Shows which files there are and how long: what is in them is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personalisation({} files)", self.files.len())
    }
}
