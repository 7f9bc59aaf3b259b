//! The names of the faults.

use std::fmt;

use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::sim::fault::Clock;
use crate::sim::fault::Content;
use crate::sim::fault::Fault;
use crate::sim::fault::Flaw;
use crate::sim::fault::Lds;
use crate::sim::fault::Pki;
use crate::sim::fault::Register;
use crate::sim::fault::Sod;
use crate::sim::fault::cue;

/// How many faults there are.
const COUNT: usize = Fault::SINGLE.len()
    + Lds::ALL.len()
    + Sod::ALL.len()
    + Pki::ALL.len()
    + Content::ALL.len()
    + Register::ALL.len()
    + Clock::ALL.len();

/// Puts a fault made from every entry of a list behind those that are there.
macro_rules! put {
    ($all:ident, $at:ident, $list:expr, $from:pat => $make:expr) => {
        let mut list: &[_] = $list;
        while let [$from, others @ ..] = list {
            list = others;
            if let Some((_, rest)) = $all.split_at_mut_checked($at)
                && let Some(place) = rest.first_mut()
            {
                *place = $make;
                $at += 1;
            }
        }
    };
}

/// Every fault.
const fn every() -> [Fault; COUNT] {
    const DG2: FileId = FileId::Group(DataGroup::DG2);
    let mut all = [Fault::Mute; COUNT];
    let mut at = 0;
    put!(all, at, &Fault::SINGLE, fault => *fault);
    put!(all, at, Lds::ALL, lds => Fault::Lds(*lds, DG2));
    put!(all, at, Sod::ALL, sod => Fault::Sod(*sod));
    put!(all, at, Pki::ALL, pki => Fault::Pki(*pki));
    put!(all, at, Content::ALL, content => Fault::Content(*content));
    put!(all, at, Register::ALL, register => Fault::Register(*register));
    put!(all, at, Clock::ALL, clock => Fault::Clock(*clock));
    all
}

impl Fault {
    /// Every fault; those with numbers stand here with small ones.
    pub const ALL: [Self; COUNT] = every();

    /// Those that are no list of their own.
    const SINGLE: [Self; 87] = [
        Self::LostAtCommand(1),
        Self::BadMacAtCommand(1),
        Self::PlainStatusAtCommand(1),
        Self::FlipBit {
            response: 1,
            bit: 0,
        },
        Self::LostAtByte(400),
        Self::Mute,
        Self::Slow(20),
        Self::Reset(9),
        Self::SharingViolation(9),
        Self::ReaderGone(9),
        Self::Garbage(9),
        Self::CutAnswer(9),
        Self::BacFalseCode,
        Self::BacOtherChipNonce,
        Self::BacOtherTerminalNonce,
        Self::PinSuspended,
        Self::PinBlocked,
        Self::CopiedFiles,
        Self::StrippedFiles,
        Self::ActiveReplayed,
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
            Self::LostAtByte(_) => "lost-at-byte",
            Self::Mute => "mute",
            Self::Slow(_) => "slow",
            Self::Reset(_) => "reset",
            Self::SharingViolation(_) => "sharing-violation",
            Self::ReaderGone(_) => "reader-gone",
            Self::Garbage(_) => "garbage",
            Self::CutAnswer(_) => "cut-answer",
            Self::BacFalseCode => "bac-false-code",
            Self::BacOtherChipNonce => "bac-other-chip-nonce",
            Self::BacOtherTerminalNonce => "bac-other-terminal-nonce",
            Self::PinSuspended => "pin-suspended",
            Self::PinBlocked => "pin-blocked",
            Self::CopiedFiles => "copied-files",
            Self::StrippedFiles => "stripped-files",
            Self::ActiveReplayed => "active-replayed",
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
            Self::Lds(lds, _) => lds.name(),
            Self::Sod(sod) => sod.name(),
            Self::Pki(pki) => pki.name(),
            Self::Content(content) => content.name(),
            Self::Register(register) => register.name(),
            Self::Clock(clock) => clock.name(),
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
    /// hexadecimal: `chip-key-refused:6a88`; a fault of a file names it: `lds-truncated:DG13`.
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
        if let Self::Lds(lds, _) = usual
            && let (Some(file), None) = (parts.clone().next(), parts.clone().nth(1))
        {
            return cue::file_named(file).map(|file| Self::Lds(lds, file));
        }
        let numbers = parts
            .map(|part| part.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        match (usual, numbers.as_slice()) {
            (fault, []) => Some(fault),
            (Self::LostAtCommand(_), [command]) => Some(Self::LostAtCommand(*command)),
            (Self::LostAtByte(_), [byte]) => Some(Self::LostAtByte(*byte)),
            (Self::Slow(_), [milliseconds]) => Some(Self::Slow(*milliseconds)),
            (Self::Reset(_), [command]) => Some(Self::Reset(*command)),
            (Self::SharingViolation(_), [command]) => Some(Self::SharingViolation(*command)),
            (Self::ReaderGone(_), [command]) => Some(Self::ReaderGone(*command)),
            (Self::Garbage(_), [response]) => Some(Self::Garbage(*response)),
            (Self::CutAnswer(_), [response]) => Some(Self::CutAnswer(*response)),
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
            | Self::LostAtByte(command)
            | Self::Slow(command)
            | Self::Reset(command)
            | Self::SharingViolation(command)
            | Self::ReaderGone(command)
            | Self::Garbage(command)
            | Self::CutAnswer(command)
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
            Self::Lds(_, file) => write!(f, ":{}", cue::file_name(*file)),
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
