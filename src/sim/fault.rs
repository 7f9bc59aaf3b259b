//! What is wrong with a card, with the line to it or with what is said of it: the catalogue.
//!
//! Commands and responses are counted from 1 since power-up; response n answers command n.

use crate::lds::FileId;

/// Defines a list of faults, each with its stable name, and all of them in `ALL`.
macro_rules! named {
    (
        $(#[$about:meta])*
        $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

mod answer;
mod answers;
mod applied;
mod clock;
mod content;
mod cue;
mod flaw;
mod lds;
mod name;
pub mod nearest;
mod pki;
mod register;
mod sod;
mod stage;
mod watch;

pub use crate::sim::fault::answer::Answer;
pub use crate::sim::fault::answer::Row;
pub use crate::sim::fault::answer::Source;
pub use crate::sim::fault::applied::Surroundings;
pub use crate::sim::fault::clock::Clock;
pub use crate::sim::fault::content::Content;

pub use crate::sim::fault::cue::Cue;
pub use crate::sim::fault::cue::Moment;
pub use crate::sim::fault::cue::NoCue;
pub use crate::sim::fault::cue::Point;
pub use crate::sim::fault::cue::Span;
pub use crate::sim::fault::flaw::Flaw;
pub use crate::sim::fault::lds::Lds;
pub use crate::sim::fault::pki::Pki;
pub use crate::sim::fault::register::Register;
pub use crate::sim::fault::sod::Sod;
pub use crate::sim::fault::stage::Stage;
pub(in crate::sim) use crate::sim::fault::watch::Watch;

/// A forgery, an attack or a breakdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The card is gone when this command comes, until it is powered up again. Happens once.
    LostAtCommand(u32),
    /// The message authentication code of this response is wrong in its last bit. After every
    /// power-up.
    BadMacAtCommand(u32),
    /// This response is a bare 9000 in the clear, whatever the chip had to say. After every
    /// power-up.
    PlainStatusAtCommand(u32),
    /// One bit of one response comes over changed. After every power-up.
    FlipBit {
        /// Number of the response.
        response: u32,
        /// Number of the bit in it, from 0 at the most significant bit of the first octet, status
        /// word included; a number beyond the end changes nothing.
        bit: u32,
    },
    /// The card is gone before this byte of its answers, counted from 1 since power-up, until it is
    /// powered up again. Happens once.
    LostAtByte(u32),
    /// The chip answers nothing at all.
    Mute,
    /// Every answer comes so many milliseconds late.
    Slow(u32),
    /// Another program resets the card at this command, which gets no answer. Happens once.
    Reset(u32),
    /// Another program holds the card when this command is sent. Happens once. In this process alone:
    /// no card can do that to a reader.
    SharingViolation(u32),
    /// The reader is gone when this command is sent: it fell asleep or was pulled out. Happens once. In
    /// this process alone.
    ReaderGone(u32),
    /// This response comes over as other bytes of the same length, status word included. After every
    /// power-up.
    Garbage(u32),
    /// Of this response only the first byte comes over. After every power-up.
    CutAnswer(u32),
    /// BAC: the checksum of the chip's answer is wrong in its last bit.
    BacFalseCode,
    /// BAC: the chip's answer, rightly sealed, gives back another challenge than the chip's own.
    BacOtherChipNonce,
    /// BAC: the chip's answer, rightly sealed, gives back another number than the terminal's.
    BacOtherTerminalNonce,
    /// The PIN is suspended: one try is left, and it waits for the card access number.
    PinSuspended,
    /// The PIN is blocked: no try is left.
    PinBlocked,
    /// The chip refuses chip authentication, although its files offer it.
    ChipAuthenticationRefused,
    /// The chip refuses active authentication, although its files offer it.
    ActiveAuthenticationRefused,
    /// A clone: the chip does chip authentication with another private key than its files say.
    WrongChipKey,
    /// A clone: the chip does active authentication with another private key than its files say.
    WrongActiveKey,
    /// The chip ends PACE with an error status in this step: 0 is MSE:Set AT, then the four commands
    /// GENERAL AUTHENTICATE.
    PaceErrorStatus(u32),
    /// The answer of this step of PACE, 1 to 4, comes under a tag that is 10 (hexadecimal) too high.
    PaceWrongTag(u32),
    /// The value in the answer of this step of PACE lacks its last octet; where it is empty, it has one
    /// too many.
    PaceWrongLength(u32),
    /// The data object in the answer of this step of PACE is empty.
    PaceEmptyObject(u32),
    /// The chip maps another nonce than the one it encrypted.
    PaceNonceChanged,
    /// The public key of step 2 or 3 of PACE is not on the curve; curves only.
    PaceOffCurve {
        /// Number of the step.
        step: u32,
        /// Which coordinate is wrong: 0 is x, 1 is y.
        coordinate: u32,
    },
    /// The public key of step 2 or 3 of PACE is the point at infinity; curves only.
    PaceInfinity(u32),
    /// The public key of step 2 or 3 of PACE is 0; prime fields only.
    PaceDhValueZero(u32),
    /// The public key of step 2 or 3 of PACE is 1; prime fields only.
    PaceDhValueOne(u32),
    /// The public key of step 2 or 3 of PACE is p - 1, which has order two; prime fields only.
    PaceDhValueOrderTwo(u32),
    /// The public key of step 2 or 3 of PACE is p; prime fields only.
    PaceDhValueModulus(u32),
    /// The public key of step 2 or 3 of PACE is a good one, and not the one that the chip goes on with.
    PaceOtherKey(u32),
    /// The chip sends the terminal's ephemeral key back as its own.
    PaceMirrorsKey,
    /// The chip's authentication token is wrong in its last bit.
    PaceBadToken,
    /// Chip authentication mapping ends without the encrypted data.
    CamDataMissing,
    /// The encrypted data of chip authentication mapping comes without its tag and length.
    CamDataWithoutTag,
    /// The encrypted data of chip authentication mapping comes under tag 8B.
    CamWrongTag,
    /// The encrypted data of chip authentication mapping is empty.
    CamEmpty,
    /// What chip authentication mapping encrypts is an INTEGER in DER, not the octets of the number.
    CamNotOctetString,
    /// A clone: chip authentication mapping uses another private key than the chip's files say.
    CamWrong,
    /// The last answer of generic or integrated mapping carries data as chip authentication mapping
    /// does.
    CamDataInGenericMapping,
    /// EF.CardSecurity, signed rightly, holds another key for chip authentication mapping.
    CardSecurityWrongKey,
    /// EF.CardSecurity, signed rightly, holds no key for chip authentication mapping.
    CardSecurityWithoutKey,
    /// EF.CardSecurity was changed after it was signed, in the last octet of its content.
    CardSecurityChanged,
    /// DG14 says nothing of chip authentication mapping, which EF.CardAccess offers.
    CamMissingInDg14,
    /// EF.CardAccess offers chip authentication mapping under an identifier that nobody knows.
    CamOidUnknown,
    /// A length in EF.CardAccess reaches beyond the end.
    CardAccessMalformed,
    /// Every PACEInfo in EF.CardAccess names domain parameters that do not exist.
    CardAccessUnknownParameters,
    /// A clone: the files were copied, and no key came with them.
    CopiedFiles,
    /// A clone: DG14 and DG15 are not there, EF.COM lists neither, and EF.CardAccess offers no chip
    /// authentication.
    StrippedFiles,
    /// A clone: the chip signs the challenge of an earlier session, rightly.
    ActiveReplayed,
    /// Active authentication by RSA ends in a trailer that is none.
    ActiveTrailerWrong,
    /// Active authentication by RSA names a hash function that does not exist.
    ActiveTrailerUnknown,
    /// DG14 names a signature algorithm for active authentication that does not exist. Belongs to
    /// the files: for a persona, before it is personalised.
    ActiveAlgorithmUnknown,
    /// MSE:Set AT and MSE:Set KAT for chip authentication answer this status word.
    ChipKeyRefused(u16),
    /// The key agreement of chip authentication answers this status word.
    ChipAgreementRefused(u16),
    /// Chip authentication answers 9000, and secure messaging goes on under the old keys.
    ChipKeepsOldKeys,
    /// The token of chip authentication version 2 is wrong.
    ChipTokenWrong,
    /// DG14 offers chip authentication and holds no key for it. Belongs to the files.
    ChipKeyMissing,
    /// The public key of chip authentication in DG14 lacks its last octet. Belongs to the files.
    ChipKeyCut,
    /// The public key of chip authentication in DG14 is no element of its group. Belongs to the
    /// files.
    ChipKeyOffCurve,
    /// The public key of chip authentication in DG14 has another identifier than the protocol
    /// entry. Belongs to the files.
    ChipKeyOtherId,
    /// EF.CardAccess and DG14 name a cipher for chip authentication that does not exist. Belongs to
    /// the files.
    ChipProtocolUnknown,
    /// MSE:Set DST answers this status word.
    TerminalKeyRefused(u16),
    /// MSE:Set AT for terminal authentication answers this status word.
    TerminalTemplateRefused(u16),
    /// PSO:VERIFY CERTIFICATE answers this status word to every certificate.
    CertificateRefused(u16),
    /// GET CHALLENGE for terminal authentication answers this status word.
    TerminalChallengeRefused(u16),
    /// GET CHALLENGE for terminal authentication gives so many bytes in place of eight; the number
    /// is hexadecimal.
    TerminalChallengeLength(u16),
    /// EXTERNAL AUTHENTICATE for terminal authentication answers this status word.
    TerminalRefused(u16),
    /// Fingers and irises stay shut after terminal authentication.
    TerminalRightsIgnored,
    /// EF.CVCA is not there, although the chip does terminal authentication.
    CvcaMissing,
    /// EF.CVCA names no authority.
    CvcaEmpty,
    /// EF.CVCA names three authorities.
    CvcaThree,
    /// EF.CVCA names an authority that nobody knows.
    CvcaUnknown,
    /// Terminal authentication is bound to another document number than the zone has.
    OtherDocumentNumber,
    /// Secure messaging is wrong in this way in the response of this number, if it is protected.
    /// After every power-up.
    Messaging(Flaw, u32),
    /// The first reference in EF.CVCA stands under tag 43.
    CvcaWrongTag,
    /// What is wrong with one of the card's files, since it was signed.
    Lds(Lds, FileId),
    /// What is wrong with EF.SOD.
    Sod(Sod),
    /// What is wrong with the signer's certificate, with its authority or with the lists.
    Pki(Pki),
    /// What the issuer signed rightly and is not true, or not of one piece.
    Content(Content),
    /// What the register answers.
    Register(Register),
    /// What the verifier's clock says.
    Clock(Clock),
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// The line between reader and chip
    Transport,
    /// PACE, BAC, PIN and terminal authentication
    Access,
    /// Secure messaging
    Messaging,
    /// The files of the logical data structure
    Lds,
    /// EF.SOD and EF.CardSecurity
    Sod,
    /// Certificates and lists
    Pki,
    /// What proves that the chip is no copy
    Clone,
    /// What is said, rightly signed
    Content,
    /// What a register answers
    Register,
    /// The verifier's clock
    Clock,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 10] = [
        Self::Transport,
        Self::Access,
        Self::Messaging,
        Self::Lds,
        Self::Sod,
        Self::Pki,
        Self::Clone,
        Self::Content,
        Self::Register,
        Self::Clock,
    ];

    /// Its word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Access => "access",
            Self::Messaging => "messaging",
            Self::Lds => "lds",
            Self::Sod => "sod",
            Self::Pki => "pki",
            Self::Clone => "clone",
            Self::Content => "content",
            Self::Register => "register",
            Self::Clock => "clock",
        }
    }

    /// The category with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.code() == code)
    }
}

impl Fault {
    /// What it is about.
    pub const fn category(self) -> Category {
        match self {
            Self::LostAtCommand(_)
            | Self::LostAtByte(_)
            | Self::FlipBit { .. }
            | Self::Mute
            | Self::Slow(_)
            | Self::Reset(_)
            | Self::SharingViolation(_)
            | Self::ReaderGone(_)
            | Self::Garbage(_)
            | Self::CutAnswer(_) => Category::Transport,
            Self::BadMacAtCommand(_) | Self::PlainStatusAtCommand(_) | Self::Messaging(..) => {
                Category::Messaging
            }
            Self::PaceErrorStatus(_)
            | Self::PaceWrongTag(_)
            | Self::PaceWrongLength(_)
            | Self::PaceEmptyObject(_)
            | Self::PaceNonceChanged
            | Self::PaceOffCurve { .. }
            | Self::PaceInfinity(_)
            | Self::PaceDhValueZero(_)
            | Self::PaceDhValueOne(_)
            | Self::PaceDhValueOrderTwo(_)
            | Self::PaceDhValueModulus(_)
            | Self::PaceOtherKey(_)
            | Self::PaceMirrorsKey
            | Self::PaceBadToken
            | Self::BacFalseCode
            | Self::BacOtherChipNonce
            | Self::BacOtherTerminalNonce
            | Self::PinSuspended
            | Self::PinBlocked
            | Self::CardAccessMalformed
            | Self::CardAccessUnknownParameters
            | Self::TerminalKeyRefused(_)
            | Self::TerminalTemplateRefused(_)
            | Self::CertificateRefused(_)
            | Self::TerminalChallengeRefused(_)
            | Self::TerminalChallengeLength(_)
            | Self::TerminalRefused(_)
            | Self::TerminalRightsIgnored
            | Self::CvcaMissing
            | Self::CvcaEmpty
            | Self::CvcaThree
            | Self::CvcaUnknown
            | Self::CvcaWrongTag
            | Self::OtherDocumentNumber => Category::Access,
            Self::CardSecurityWrongKey
            | Self::CardSecurityWithoutKey
            | Self::CardSecurityChanged
            | Self::Sod(_) => Category::Sod,
            Self::ChipAuthenticationRefused
            | Self::ActiveAuthenticationRefused
            | Self::WrongChipKey
            | Self::WrongActiveKey
            | Self::CopiedFiles
            | Self::StrippedFiles
            | Self::ActiveReplayed
            | Self::CamDataMissing
            | Self::CamDataWithoutTag
            | Self::CamWrongTag
            | Self::CamEmpty
            | Self::CamNotOctetString
            | Self::CamWrong
            | Self::CamDataInGenericMapping
            | Self::CamMissingInDg14
            | Self::CamOidUnknown
            | Self::ActiveTrailerWrong
            | Self::ActiveTrailerUnknown
            | Self::ActiveAlgorithmUnknown
            | Self::ChipKeyRefused(_)
            | Self::ChipAgreementRefused(_)
            | Self::ChipKeepsOldKeys
            | Self::ChipTokenWrong
            | Self::ChipKeyMissing
            | Self::ChipKeyCut
            | Self::ChipKeyOffCurve
            | Self::ChipKeyOtherId
            | Self::ChipProtocolUnknown => Category::Clone,
            Self::Lds(..) => Category::Lds,
            Self::Pki(_) => Category::Pki,
            Self::Content(_) => Category::Content,
            Self::Register(_) => Category::Register,
            Self::Clock(_) => Category::Clock,
        }
    }

    /// Whether it lies outside the chip and its files: it needs a reader, a verifier or a register that
    /// plays along, as those of `read --virtual` do.
    pub const fn is_around_the_chip(self) -> bool {
        match self {
            Self::SharingViolation(_)
            | Self::ReaderGone(_)
            | Self::Register(_)
            | Self::Clock(_) => true,
            Self::Pki(pki) => pki.is_around_the_chip(),
            _ => false,
        }
    }

    /// Number of the command that it says itself that it happens at.
    pub(in crate::sim) const fn command(self) -> Option<u32> {
        match self {
            Self::LostAtCommand(command)
            | Self::Reset(command)
            | Self::SharingViolation(command)
            | Self::ReaderGone(command)
            | Self::Garbage(command)
            | Self::CutAnswer(command)
            | Self::BadMacAtCommand(command)
            | Self::PlainStatusAtCommand(command)
            | Self::Messaging(_, command)
            | Self::FlipBit {
                response: command, ..
            } => Some(command),
            _ => None,
        }
    }

    /// The same at another command, where it says at which.
    const fn at_command(self, command: u32) -> Self {
        match self {
            Self::LostAtCommand(_) => Self::LostAtCommand(command),
            Self::Reset(_) => Self::Reset(command),
            Self::SharingViolation(_) => Self::SharingViolation(command),
            Self::ReaderGone(_) => Self::ReaderGone(command),
            Self::Garbage(_) => Self::Garbage(command),
            Self::CutAnswer(_) => Self::CutAnswer(command),
            Self::BadMacAtCommand(_) => Self::BadMacAtCommand(command),
            Self::PlainStatusAtCommand(_) => Self::PlainStatusAtCommand(command),
            Self::Messaging(flaw, _) => Self::Messaging(flaw, command),
            Self::FlipBit { bit, .. } => Self::FlipBit {
                response: command,
                bit,
            },
            other => other,
        }
    }

    /// Whether it can happen at a moment of its own: what stands in the card's files, or lies outside
    /// the chip, cannot.
    pub const fn has_moments(self) -> bool {
        !matches!(
            self,
            Self::CardSecurityWrongKey
                | Self::CardSecurityWithoutKey
                | Self::CardSecurityChanged
                | Self::CamMissingInDg14
                | Self::CamOidUnknown
                | Self::CardAccessMalformed
                | Self::CardAccessUnknownParameters
                | Self::ActiveAlgorithmUnknown
                | Self::ChipKeyMissing
                | Self::ChipKeyCut
                | Self::ChipKeyOffCurve
                | Self::ChipKeyOtherId
                | Self::ChipProtocolUnknown
                | Self::CvcaMissing
                | Self::CvcaEmpty
                | Self::CvcaThree
                | Self::CvcaUnknown
                | Self::CvcaWrongTag
                | Self::LostAtByte(_)
                | Self::PinSuspended
                | Self::PinBlocked
                | Self::CopiedFiles
                | Self::StrippedFiles
                | Self::Lds(..)
                | Self::Sod(_)
                | Self::Pki(_)
                | Self::Content(_)
                | Self::Register(_)
                | Self::Clock(_)
        )
    }
}
