//! What is wrong with a chip or with the line to it: breakdowns, attacks on the channel, clones.
//!
//! Commands and responses are counted from 1 since power-up; response n answers command n.

use std::fmt;

mod flaw;

pub use crate::sim::fault::flaw::Flaw;

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
    /// The chip answers nothing at all.
    Mute,
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
}

impl Fault {
    /// Every fault; those with numbers stand here with small ones.
    pub const ALL: [Self; 72] = [
        Self::LostAtCommand(1),
        Self::BadMacAtCommand(1),
        Self::PlainStatusAtCommand(1),
        Self::FlipBit {
            response: 1,
            bit: 0,
        },
        Self::Mute,
        Self::ChipAuthenticationRefused,
        Self::ActiveAuthenticationRefused,
        Self::WrongChipKey,
        Self::WrongActiveKey,
        Self::PaceErrorStatus(2),
        Self::PaceWrongTag(2),
        Self::PaceWrongLength(2),
        Self::PaceEmptyObject(2),
        Self::PaceNonceChanged,
        Self::PaceOffCurve {
            step: 2,
            coordinate: 1,
        },
        Self::PaceInfinity(2),
        Self::PaceDhValueZero(2),
        Self::PaceDhValueOne(2),
        Self::PaceDhValueOrderTwo(2),
        Self::PaceDhValueModulus(2),
        Self::PaceOtherKey(2),
        Self::PaceMirrorsKey,
        Self::PaceBadToken,
        Self::CamDataMissing,
        Self::CamDataWithoutTag,
        Self::CamWrongTag,
        Self::CamEmpty,
        Self::CamNotOctetString,
        Self::CamWrong,
        Self::CamDataInGenericMapping,
        Self::CardSecurityWrongKey,
        Self::CardSecurityWithoutKey,
        Self::CardSecurityChanged,
        Self::CamMissingInDg14,
        Self::CamOidUnknown,
        Self::CardAccessMalformed,
        Self::CardAccessUnknownParameters,
        Self::ActiveTrailerWrong,
        Self::ActiveTrailerUnknown,
        Self::ActiveAlgorithmUnknown,
        Self::ChipKeyRefused(0x6A80),
        Self::ChipAgreementRefused(0x6A80),
        Self::ChipKeepsOldKeys,
        Self::ChipTokenWrong,
        Self::ChipKeyMissing,
        Self::ChipKeyCut,
        Self::ChipKeyOffCurve,
        Self::ChipKeyOtherId,
        Self::ChipProtocolUnknown,
        Self::TerminalKeyRefused(0x6A80),
        Self::TerminalTemplateRefused(0x6A80),
        Self::CertificateRefused(0x6A80),
        Self::TerminalChallengeRefused(0x6A80),
        Self::TerminalChallengeLength(9),
        Self::TerminalRefused(0x6A80),
        Self::TerminalRightsIgnored,
        Self::CvcaMissing,
        Self::CvcaEmpty,
        Self::CvcaThree,
        Self::CvcaUnknown,
        Self::OtherDocumentNumber,
        Self::Messaging(Flaw::WithoutChecksum, 1),
        Self::Messaging(Flaw::WithoutData, 1),
        Self::Messaging(Flaw::WithoutStatus, 1),
        Self::Messaging(Flaw::FalseCryptogram, 1),
        Self::Messaging(Flaw::CutCryptogram, 1),
        Self::Messaging(Flaw::OtherStatus, 1),
        Self::Messaging(Flaw::CounterAhead, 1),
        Self::Messaging(Flaw::ObjectsMissing, 1),
        Self::Messaging(Flaw::ObjectsIncorrect, 1),
        Self::Messaging(Flaw::Unprotected, 1),
        Self::CvcaWrongTag,
    ];

    /// Stable name, without the numbers it may have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LostAtCommand(_) => "lost-at-command",
            Self::BadMacAtCommand(_) => "bad-mac-at-command",
            Self::PlainStatusAtCommand(_) => "plain-status-at-command",
            Self::FlipBit { .. } => "flip-bit",
            Self::Mute => "mute",
            Self::ChipAuthenticationRefused => "chip-authentication-refused",
            Self::ActiveAuthenticationRefused => "active-authentication-refused",
            Self::WrongChipKey => "wrong-chip-key",
            Self::WrongActiveKey => "wrong-active-key",
            Self::PaceErrorStatus(_) => "pace-error-status",
            Self::PaceWrongTag(_) => "pace-wrong-tag",
            Self::PaceWrongLength(_) => "pace-wrong-length",
            Self::PaceEmptyObject(_) => "pace-empty-object",
            Self::PaceNonceChanged => "pace-nonce-changed",
            Self::PaceOffCurve { .. } => "pace-off-curve",
            Self::PaceInfinity(_) => "pace-infinity",
            Self::PaceDhValueZero(_) => "pace-dh-value-zero",
            Self::PaceDhValueOne(_) => "pace-dh-value-one",
            Self::PaceDhValueOrderTwo(_) => "pace-dh-value-order-two",
            Self::PaceDhValueModulus(_) => "pace-dh-value-modulus",
            Self::PaceOtherKey(_) => "pace-other-key",
            Self::PaceMirrorsKey => "pace-mirrors-key",
            Self::PaceBadToken => "pace-bad-token",
            Self::CamDataMissing => "cam-data-missing",
            Self::CamDataWithoutTag => "cam-data-without-tag",
            Self::CamWrongTag => "cam-wrong-tag",
            Self::CamEmpty => "cam-empty",
            Self::CamNotOctetString => "cam-not-octet-string",
            Self::CamWrong => "cam-wrong",
            Self::CamDataInGenericMapping => "cam-data-in-generic-mapping",
            Self::CardSecurityWrongKey => "card-security-wrong-key",
            Self::CardSecurityWithoutKey => "card-security-without-key",
            Self::CardSecurityChanged => "card-security-changed",
            Self::CamMissingInDg14 => "cam-missing-in-dg14",
            Self::CamOidUnknown => "cam-oid-unknown",
            Self::CardAccessMalformed => "card-access-malformed",
            Self::CardAccessUnknownParameters => "card-access-unknown-parameters",
            Self::ActiveTrailerWrong => "active-trailer-wrong",
            Self::ActiveTrailerUnknown => "active-trailer-unknown",
            Self::ActiveAlgorithmUnknown => "active-algorithm-unknown",
            Self::ChipKeyRefused(_) => "chip-key-refused",
            Self::ChipAgreementRefused(_) => "chip-agreement-refused",
            Self::ChipKeepsOldKeys => "chip-keeps-old-keys",
            Self::ChipTokenWrong => "chip-token-wrong",
            Self::ChipKeyMissing => "chip-key-missing",
            Self::ChipKeyCut => "chip-key-cut",
            Self::ChipKeyOffCurve => "chip-key-off-curve",
            Self::ChipKeyOtherId => "chip-key-other-id",
            Self::ChipProtocolUnknown => "chip-protocol-unknown",
            Self::TerminalKeyRefused(_) => "terminal-key-refused",
            Self::TerminalTemplateRefused(_) => "terminal-template-refused",
            Self::CertificateRefused(_) => "certificate-refused",
            Self::TerminalChallengeRefused(_) => "terminal-challenge-refused",
            Self::TerminalChallengeLength(_) => "terminal-challenge-length",
            Self::TerminalRefused(_) => "terminal-refused",
            Self::TerminalRightsIgnored => "terminal-rights-ignored",
            Self::CvcaMissing => "cvca-missing",
            Self::CvcaEmpty => "cvca-empty",
            Self::CvcaThree => "cvca-three",
            Self::CvcaUnknown => "cvca-unknown",
            Self::OtherDocumentNumber => "other-document-number",
            Self::Messaging(flaw, _) => flaw.name(),
            Self::CvcaWrongTag => "cvca-wrong-tag",
        }
    }

    /// The same fault with another status word or length in it, if it has one.
    const fn with_word(self, word: u16) -> Option<Self> {
        Some(match self {
            Self::ChipKeyRefused(_) => Self::ChipKeyRefused(word),
            Self::ChipAgreementRefused(_) => Self::ChipAgreementRefused(word),
            Self::TerminalKeyRefused(_) => Self::TerminalKeyRefused(word),
            Self::TerminalTemplateRefused(_) => Self::TerminalTemplateRefused(word),
            Self::CertificateRefused(_) => Self::CertificateRefused(word),
            Self::TerminalChallengeRefused(_) => Self::TerminalChallengeRefused(word),
            Self::TerminalChallengeLength(_) => Self::TerminalChallengeLength(word),
            Self::TerminalRefused(_) => Self::TerminalRefused(word),
            _ => return None,
        })
    }

    /// The status word or length in it.
    const fn word(self) -> Option<u16> {
        match self {
            Self::ChipKeyRefused(word)
            | Self::ChipAgreementRefused(word)
            | Self::TerminalKeyRefused(word)
            | Self::TerminalTemplateRefused(word)
            | Self::CertificateRefused(word)
            | Self::TerminalChallengeRefused(word)
            | Self::TerminalChallengeLength(word)
            | Self::TerminalRefused(word) => Some(word),
            _ => None,
        }
    }

    /// The fault with this name and its numbers after colons: `mute`, `lost-at-command:12`,
    /// `flip-bit:3:17`. Numbers that are missing are those of [`Fault::ALL`]. Status words are
    /// hexadecimal: `chip-key-refused:6a88`.
    ///
    /// ```
    /// use cancuoc::sim::fault::Fault;
    /// assert_eq!(Fault::from_name("lost-at-command:12"), Some(Fault::LostAtCommand(12)));
    /// assert_eq!(Fault::from_name("mute:1"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split(':');
        let word = parts.next()?;
        let usual = Self::ALL.into_iter().find(|fault| fault.name() == word)?;
        if usual.word().is_some()
            && let (Some(digits), None) = (parts.clone().next(), parts.clone().nth(1))
        {
            return u16::from_str_radix(digits, 16)
                .ok()
                .and_then(|word| usual.with_word(word));
        }
        let numbers = parts
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        match (usual, numbers.as_slice()) {
            (fault, []) => Some(fault),
            (Self::LostAtCommand(_), [command]) => Some(Self::LostAtCommand(*command)),
            (Self::BadMacAtCommand(_), [command]) => Some(Self::BadMacAtCommand(*command)),
            (Self::PlainStatusAtCommand(_), [command]) => {
                Some(Self::PlainStatusAtCommand(*command))
            }
            (Self::FlipBit { .. }, [response, bit]) => Some(Self::FlipBit {
                response: *response,
                bit: *bit,
            }),
            (Self::PaceErrorStatus(_), [step]) => Some(Self::PaceErrorStatus(*step)),
            (Self::PaceWrongTag(_), [step]) => Some(Self::PaceWrongTag(*step)),
            (Self::PaceWrongLength(_), [step]) => Some(Self::PaceWrongLength(*step)),
            (Self::PaceEmptyObject(_), [step]) => Some(Self::PaceEmptyObject(*step)),
            (Self::PaceOffCurve { coordinate, .. }, [step]) => Some(Self::PaceOffCurve {
                step: *step,
                coordinate,
            }),
            (Self::PaceOffCurve { .. }, [step, coordinate]) => Some(Self::PaceOffCurve {
                step: *step,
                coordinate: *coordinate,
            }),
            (Self::PaceInfinity(_), [step]) => Some(Self::PaceInfinity(*step)),
            (Self::PaceDhValueZero(_), [step]) => Some(Self::PaceDhValueZero(*step)),
            (Self::PaceDhValueOne(_), [step]) => Some(Self::PaceDhValueOne(*step)),
            (Self::PaceDhValueOrderTwo(_), [step]) => Some(Self::PaceDhValueOrderTwo(*step)),
            (Self::PaceDhValueModulus(_), [step]) => Some(Self::PaceDhValueModulus(*step)),
            (Self::PaceOtherKey(_), [step]) => Some(Self::PaceOtherKey(*step)),
            (Self::Messaging(flaw, _), [response]) => Some(Self::Messaging(flaw, *response)),
            _ => None,
        }
    }
}

impl fmt::Display for Fault {
    /// The name that [`Fault::from_name`] reads, with the numbers where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::LostAtCommand(command)
            | Self::BadMacAtCommand(command)
            | Self::PlainStatusAtCommand(command) => write!(f, ":{command}"),
            Self::PaceErrorStatus(step)
            | Self::PaceWrongTag(step)
            | Self::PaceWrongLength(step)
            | Self::PaceEmptyObject(step)
            | Self::PaceInfinity(step)
            | Self::PaceDhValueZero(step)
            | Self::PaceDhValueOne(step)
            | Self::PaceDhValueOrderTwo(step)
            | Self::PaceDhValueModulus(step)
            | Self::PaceOtherKey(step) => write!(f, ":{step}"),
            Self::PaceOffCurve { step, coordinate } => write!(f, ":{step}:{coordinate}"),
            Self::FlipBit { response, bit } => write!(f, ":{response}:{bit}"),
            Self::Messaging(_, response) => write!(f, ":{response}"),
            _ => match self.word() {
                Some(word) => write!(f, ":{word:04x}"),
                None => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_name() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_name(&fault.to_string()), Some(fault));
            assert_eq!(Fault::from_name(fault.name()), Some(fault));
        }
        assert_eq!(
            Fault::from_name("flip-bit:3:17"),
            Some(Fault::FlipBit {
                response: 3,
                bit: 17
            })
        );
        assert_eq!(Fault::from_name("flip-bit:3"), None);
        assert_eq!(
            Fault::from_name("chip-key-refused:6f00"),
            Some(Fault::ChipKeyRefused(0x6F00))
        );
        assert_eq!(Fault::from_name("chip-key-refused:16f00"), None);
    }
}
