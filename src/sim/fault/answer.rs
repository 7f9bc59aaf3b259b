//! What every fault is good for: where it comes from, on which card it can be seen, and what a verifier
//! must answer. A fault without all three does not compile.

use crate::sim::fault::Fault;
use crate::sim::fault::stage::Stage;

use Answer::Error;
use Answer::Evidence;
use Answer::Genuine;
use Answer::Inconclusive;
use Answer::NotGenuine;
use Source::Case;
use Source::Checklist;
use Source::Quirk;

/// Where a fault comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A line of `docs/checklist.md`
    Checklist(u8),
    /// A row of `docs/deviations.md`
    Quirk(u8),
    /// A case of BSI TR-03105, part 3.2 or 5.1
    Case(&'static str),
}

/// What a verifier must answer under the policy for counters: the verdict, and the outcome code of the
/// check that decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Genuine: the fault is harmless, or is got over.
    Genuine,
    /// Genuine, and this outcome or note tells of the fault.
    Noted(&'static str),
    /// Not genuine, for this outcome.
    NotGenuine(&'static str),
    /// Not in force, for this outcome.
    NotInForce(&'static str),
    /// Inconclusive, for this outcome.
    Inconclusive(&'static str),
    /// The read ends with this error.
    Error(&'static str),
    /// The verdict stands, and the evidence of the chip check says this of terminal authentication.
    Evidence(&'static str),
}

/// The row of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it comes from; at least one.
    pub sources: &'static [Source],
    /// The fault with the numbers that it is seen with.
    pub played: Fault,
    /// On which card.
    pub stage: Stage,
    /// What must be answered.
    pub answer: Answer,
}

impl Answer {
    /// The word of the verdict; none where there is none.
    pub const fn verdict(self) -> Option<&'static str> {
        match self {
            Self::Genuine | Self::Noted(_) | Self::Evidence(_) => Some("genuine"),
            Self::NotGenuine(_) => Some("not_genuine"),
            Self::NotInForce(_) => Some("not_in_force"),
            Self::Inconclusive(_) => Some("inconclusive"),
            Self::Error(_) => None,
        }
    }

    /// Whether the card is found genuine and in force all the same.
    pub fn is_genuine(self) -> bool {
        self.verdict() == Some("genuine")
    }

    /// The outcome, note or error code.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Genuine | Self::Evidence(_) => None,
            Self::Noted(code)
            | Self::NotGenuine(code)
            | Self::NotInForce(code)
            | Self::Inconclusive(code)
            | Self::Error(code) => Some(code),
        }
    }

    /// The check that the outcome is of.
    pub fn check(self) -> Option<&'static str> {
        let (area, _) = match self {
            Self::Genuine | Self::Error(_) | Self::Evidence(_) => return None,
            _ => self.code()?.split_once('.')?,
        };
        if self.code() == Some("sod.version") {
            // Of an unknown version nobody knows where the hashes are.
            return Some("hashes");
        }
        Some(match area {
            "access" => "access",
            "sod" => "sod_signature",
            "chain" => "signer_chain",
            "revocation" => "revocation",
            "hashes" => "hashes",
            "consistency" => "consistency",
            "chip" => "chip",
            "validity" => "validity",
            "registry" => "registry",
            _ => return None,
        })
    }
}

/// Number of the answer that gives EF.SOD, protected.
const PROTECTED: u32 = 9;

impl Fault {
    /// Where it comes from, where it is seen, and what must be answered.
    pub fn row(self) -> Row {
        let (sources, answer) = self.told();
        Row {
            sources,
            played: match self {
                Self::FlipBit { .. } => Self::FlipBit {
                    response: PROTECTED,
                    bit: 40,
                },
                _ => self.at_command(PROTECTED),
            },
            stage: self.stage(),
            answer,
        }
    }

    fn told(self) -> (&'static [Source], Answer) {
        match self {
            Self::LostAtCommand(_) => (&[Checklist(41), Quirk(48)], Error("card.removed")),
            Self::LostAtByte(_) => (&[Checklist(41), Quirk(48)], Error("card.removed")),
            Self::BadMacAtCommand(_) => (
                &[Checklist(1), Case("ISO7816_B_08")],
                Error("channel.bad_mac"),
            ),
            Self::PlainStatusAtCommand(_) => (&[Checklist(3)], Error("channel.plain_answer")),
            Self::FlipBit { .. } => (&[Checklist(1), Checklist(2)], Error("channel.bad_mac")),
            Self::Mute => (&[Checklist(41)], Error("card.mute")),
            Self::Slow(_) => (&[Checklist(41), Quirk(49)], Genuine),
            // The reader begins anew, once.
            Self::Reset(_) => (&[Checklist(41), Quirk(50)], Genuine),
            Self::SharingViolation(_) => (&[Checklist(41), Quirk(50)], Error("reader.in_use")),
            Self::ReaderGone(_) => (&[Checklist(41), Quirk(51)], Genuine),
            Self::Garbage(_) => (&[Checklist(1), Checklist(38)], Error("channel.malformed")),
            Self::CutAnswer(_) => (&[Checklist(37), Quirk(9)], Error("card.short_answer")),
            Self::BacFalseCode => (
                &[Checklist(5), Case("ISO7816_B_01")],
                Error("access.chip_token"),
            ),
            Self::BacOtherChipNonce => (
                &[Checklist(5), Case("ISO7816_B_02")],
                Error("access.chip_token"),
            ),
            Self::BacOtherTerminalNonce => (
                &[Checklist(5), Case("ISO7816_B_02")],
                Error("access.chip_token"),
            ),
            Self::PinSuspended => (&[Checklist(10)], Error("access.pin_suspended")),
            Self::PinBlocked => (&[Checklist(10)], Error("access.pin_blocked")),
            Self::ChipAuthenticationRefused | Self::ActiveAuthenticationRefused => {
                (&[Checklist(30)], NotGenuine("chip.refused"))
            }
            Self::WrongChipKey => (&[Checklist(28)], NotGenuine("chip.proof_failed")),
            Self::WrongActiveKey => (&[Checklist(27)], NotGenuine("chip.proof_failed")),
            Self::CopiedFiles => (&[Checklist(30)], NotGenuine("chip.refused")),
            Self::StrippedFiles => (&[Checklist(30), Checklist(32)], NotGenuine("chip.refused")),
            Self::ActiveReplayed => (
                &[Checklist(27), Checklist(31)],
                NotGenuine("chip.proof_failed"),
            ),
            Self::PaceErrorStatus(_) => (
                &[Checklist(7), Case("ISO7816_G_08")],
                Error("access.refused"),
            ),
            Self::PaceWrongTag(_) => (&[Checklist(6), Checklist(37)], Error("access.bad_answer")),
            Self::PaceWrongLength(_) | Self::PaceEmptyObject(_) => {
                (&[Checklist(6), Checklist(37)], Error("access.invalid_key"))
            }
            Self::PaceNonceChanged => (
                &[Checklist(6), Case("ISO7816_G_09")],
                Error("access.wrong_key"),
            ),
            Self::PaceOffCurve { .. }
            | Self::PaceInfinity(_)
            | Self::PaceDhValueZero(_)
            | Self::PaceDhValueOne(_)
            | Self::PaceDhValueOrderTwo(_)
            | Self::PaceDhValueModulus(_) => (&[Checklist(6)], Error("access.invalid_key")),
            Self::PaceOtherKey(_) => (&[Checklist(6)], Error("access.wrong_key")),
            Self::PaceMirrorsKey => (&[Checklist(6)], Error("access.reflected_key")),
            Self::PaceBadToken => (&[Checklist(6)], Error("access.chip_token")),
            Self::CamDataMissing => (
                &[Checklist(29), Checklist(30)],
                NotGenuine("chip.proof_failed"),
            ),
            Self::CamDataWithoutTag => {
                (&[Checklist(29), Checklist(37)], Error("access.bad_answer"))
            }
            Self::CamWrongTag
            | Self::CamEmpty
            | Self::CamNotOctetString
            | Self::CamWrong
            | Self::CardSecurityWrongKey
            | Self::CardSecurityWithoutKey => (&[Checklist(29)], NotGenuine("chip.proof_failed")),
            Self::CamDataInGenericMapping => (&[Checklist(29)], Genuine),
            Self::CardSecurityChanged => (
                &[Checklist(26), Checklist(29)],
                NotGenuine("chip.proof_failed"),
            ),
            Self::CamMissingInDg14 => (
                &[Checklist(26), Checklist(29)],
                Inconclusive("chip.not_bound"),
            ),
            // The card's number opens PACE, and nobody knows the only one that is offered.
            Self::CamOidUnknown => (&[Checklist(8), Checklist(29)], Error("access.key_kind")),
            Self::CardAccessMalformed => (&[Checklist(8), Checklist(37)], Error("access.key_kind")),
            Self::CardAccessUnknownParameters => (&[Checklist(8)], Error("access.key_kind")),
            Self::ActiveTrailerWrong => (
                &[Checklist(27), Case("ISO7816_F_08")],
                NotGenuine("chip.proof_failed"),
            ),
            Self::ActiveTrailerUnknown => (&[Checklist(27)], NotGenuine("chip.proof_failed")),
            Self::ActiveAlgorithmUnknown => (&[Checklist(27), Case("ISO7816_F_09")], Genuine),
            Self::ChipKeyRefused(_) => (
                &[Checklist(30), Case("ISO7816_D_06")],
                NotGenuine("chip.refused"),
            ),
            Self::ChipAgreementRefused(_) => (&[Checklist(30)], NotGenuine("chip.refused")),
            Self::ChipKeepsOldKeys => (
                &[Checklist(28), Case("ISO7816_D_09")],
                NotGenuine("chip.proof_failed"),
            ),
            // The chip has gone on to its new keys, and the terminal cannot follow.
            Self::ChipTokenWrong => (&[Checklist(28)], NotGenuine("chip.proof_failed")),
            Self::ChipKeyMissing => (
                &[Checklist(28), Case("LDS_F_05")],
                Inconclusive("chip.unsupported"),
            ),
            Self::ChipKeyCut => (
                &[Checklist(28), Checklist(37), Case("ISO7816_D_08")],
                Inconclusive("chip.key_malformed"),
            ),
            Self::ChipKeyOffCurve => (
                &[Checklist(28), Case("ISO7816_D_08")],
                Inconclusive("chip.key_malformed"),
            ),
            // Of one key the proof decides, whatever it is called.
            Self::ChipKeyOtherId => (&[Checklist(28), Case("ISO7816_D_06")], Genuine),
            Self::ChipProtocolUnknown => (
                &[Checklist(28), Case("LDS_F_04")],
                NotGenuine("chip.refused"),
            ),
            Self::TerminalKeyRefused(_) => (
                &[Checklist(34)],
                Evidence("refused at MSE:Set DST with 6A80"),
            ),
            Self::TerminalTemplateRefused(_) => (
                &[Checklist(34)],
                Evidence("refused at MSE:Set AT with 6A80"),
            ),
            Self::CertificateRefused(_) => (
                &[Checklist(34), Case("ISO7816_E_17")],
                Evidence("refused at PSO:Verify Certificate with 6A80"),
            ),
            Self::TerminalChallengeRefused(_) => (
                &[Checklist(34)],
                Evidence("refused at Get Challenge with 6A80"),
            ),
            Self::TerminalChallengeLength(_) => (
                &[Checklist(34), Case("ISO7816_E_13")],
                Evidence("challenge of 9 bytes"),
            ),
            Self::TerminalRefused(_) => (
                &[Checklist(34)],
                Evidence("refused at External Authenticate with 6A80"),
            ),
            Self::TerminalRightsIgnored => (&[Checklist(34)], Evidence("passed DG3 DG4")),
            Self::CvcaMissing => (&[Checklist(34)], Evidence("no authority named")),
            Self::CvcaEmpty => (
                &[Checklist(34), Case("ISO7816_E_09")],
                Evidence("no authority named"),
            ),
            Self::CvcaThree => (
                &[Checklist(34), Case("ISO7816_E_10")],
                Evidence("no authority named"),
            ),
            Self::CvcaUnknown => (
                &[Checklist(34), Case("ISO7816_E_08")],
                Evidence("no chain for ZZUNKNOWN00001"),
            ),
            Self::CvcaWrongTag => (
                &[Checklist(34), Case("LDS_G_01")],
                Evidence("no authority named"),
            ),
            Self::OtherDocumentNumber => (
                &[Checklist(35), Case("ISO7816_E_11")],
                Evidence("refused at External Authenticate with 6300"),
            ),
            Self::Messaging(flaw, _) => flaw.told(),
            Self::Lds(lds, file) => lds.told(file),
            Self::Sod(sod) => sod.told(),
            Self::Pki(pki) => pki.told(),
            Self::Content(content) => content.told(),
            Self::Register(register) => register.told(),
            Self::Clock(clock) => clock.told(),
        }
    }
}
