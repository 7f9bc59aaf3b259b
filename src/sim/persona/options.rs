//! What there is to choose of a chip.

use std::collections::BTreeSet;

use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::lds::security_infos::Mapping;
use crate::sim::faces::Portrait;
use crate::sim::fault::Cue;
use crate::sim::keys::RsaKey;
use crate::sim::persona::document::Document;
use crate::sim::persona::enrolled::EnrolledFinger;
use crate::sim::persona::enrolled::EnrolledIris;
use crate::sim::personalisation::Advertised;
use crate::sim::personalisation::Application;
use crate::sim::personalisation::Bac;
use crate::sim::personalisation::Lengths;
use crate::sim::personalisation::TerminalTrust;
use crate::sim::personalisation::Trailer;
use crate::sim::pki::SignerKey;
use crate::sim::pki::signing_key::EcParameters;
use crate::sim::quirk::Quirk;

/// What a chip can do. Each field may be changed before [`Persona::personalise`](crate::sim::persona::Persona::personalise); groups, EF.COM,
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
    /// Tries that are left; see [`Pin`](crate::sim::personalisation::Pin)
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
