//! Every fault of the virtual card: which lines of the checklist it attacks, on which card it is
//! played, and how that ends. A fault without its row does not compile.

use cancuoc::crypto::cipher::Cipher;
use cancuoc::sim::fault::Fault;
use cancuoc::sim::fault::Flaw;
use cancuoc::sim::persona::PaceVariant;
use cancuoc::sim::persona::Persona;

use crate::conformance::wire;
use crate::promise::responses::mapping_card;
use crate::support::cards;

/// Where a fault is played.
pub enum Stage {
    /// The ordinary card, with PACE over a curve, chip and active authentication.
    Ordinary,
    /// The same with PACE over a prime field.
    Field,
    /// A card whose only proof is the mapping of PACE.
    Mapping,
    /// A card without a proof but chip authentication.
    ChipAlone,
    /// A card that authenticates terminals: played by this test, which holds the exact words.
    Elsewhere(&'static str),
}

/// One fault's row.
pub struct Row {
    /// Lines of the checklist.
    pub lines: &'static [u8],
    /// The fault with the numbers that it is played with.
    pub played: Fault,
    /// Where.
    pub stage: Stage,
    /// The error, or verdict and code.
    pub ends: &'static str,
}

/// Number of the answer that gives EF.SOD, protected.
const PROTECTED: u32 = 9;

/// What a chip does wrong in terminal authentication is told in the evidence of the chip check.
const TERMINAL: Stage =
    Stage::Elsewhere("terminal_authentication::what_a_chip_does_wrong_is_named");

/// The row of a fault.
pub fn row(fault: Fault) -> Row {
    use Stage::ChipAlone;
    use Stage::Field;
    use Stage::Mapping;
    use Stage::Ordinary;
    let (lines, played, stage, ends): (&[u8], _, _, _) = match fault {
        Fault::LostAtCommand(_) => (
            &[41],
            Fault::LostAtCommand(PROTECTED),
            Ordinary,
            "card.removed",
        ),
        Fault::BadMacAtCommand(_) => (
            &[1],
            Fault::BadMacAtCommand(PROTECTED),
            Ordinary,
            "channel.bad_mac",
        ),
        Fault::PlainStatusAtCommand(_) => (
            &[3],
            Fault::PlainStatusAtCommand(PROTECTED),
            Ordinary,
            "channel.plain_answer",
        ),
        Fault::FlipBit { .. } => (
            &[1, 2],
            Fault::FlipBit {
                response: PROTECTED,
                bit: 40,
            },
            Ordinary,
            "channel.bad_mac",
        ),
        Fault::Mute => (&[41], fault, Ordinary, "card.mute"),
        Fault::ChipAuthenticationRefused => (&[30], fault, Ordinary, "not genuine: chip.refused"),
        Fault::ActiveAuthenticationRefused => (&[30], fault, Ordinary, "not genuine: chip.refused"),
        Fault::WrongChipKey => (&[28], fault, Ordinary, "not genuine: chip.proof_failed"),
        Fault::WrongActiveKey => (&[27], fault, Ordinary, "not genuine: chip.proof_failed"),
        Fault::PaceErrorStatus(_) => (&[7], fault, Ordinary, "access.refused"),
        Fault::PaceWrongTag(_) => (&[6, 37], fault, Ordinary, "access.bad_answer"),
        Fault::PaceWrongLength(_) => (&[6, 37], fault, Ordinary, "access.invalid_key"),
        Fault::PaceEmptyObject(_) => (&[6, 37], fault, Ordinary, "access.invalid_key"),
        Fault::PaceNonceChanged => (&[6], fault, Ordinary, "access.wrong_key"),
        Fault::PaceOffCurve { .. } => (&[6], fault, Ordinary, "access.invalid_key"),
        Fault::PaceInfinity(_) => (&[6], fault, Ordinary, "access.invalid_key"),
        Fault::PaceDhValueZero(_) => (&[6], fault, Field, "access.invalid_key"),
        Fault::PaceDhValueOne(_) => (&[6], fault, Field, "access.invalid_key"),
        Fault::PaceDhValueOrderTwo(_) => (&[6], fault, Field, "access.invalid_key"),
        Fault::PaceDhValueModulus(_) => (&[6], fault, Field, "access.invalid_key"),
        Fault::PaceOtherKey(_) => (&[6], fault, Ordinary, "access.wrong_key"),
        Fault::PaceMirrorsKey => (&[6], fault, Ordinary, "access.reflected_key"),
        Fault::PaceBadToken => (&[6], fault, Ordinary, "access.chip_token"),
        Fault::CamDataMissing => (&[29, 30], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamDataWithoutTag => (&[29, 37], fault, Mapping, "access.bad_answer"),
        Fault::CamWrongTag => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamEmpty => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamNotOctetString => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamWrong => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamDataInGenericMapping => (&[29], fault, Ordinary, "genuine"),
        Fault::CardSecurityWrongKey => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CardSecurityWithoutKey => (&[29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CardSecurityChanged => (&[26, 29], fault, Mapping, "not genuine: chip.proof_failed"),
        Fault::CamMissingInDg14 => (&[26, 29], fault, Mapping, "inconclusive: chip.not_bound"),
        // The card's number opens PACE, and nobody knows the only one that is offered.
        Fault::CamOidUnknown => (&[8, 29], fault, Mapping, "access.key_kind"),
        Fault::CardAccessMalformed => (&[8, 37], fault, Ordinary, "access.key_kind"),
        Fault::CardAccessUnknownParameters => (&[8], fault, Ordinary, "access.key_kind"),
        Fault::ActiveTrailerWrong => (&[27], fault, Ordinary, "not genuine: chip.proof_failed"),
        Fault::ActiveTrailerUnknown => (&[27], fault, Ordinary, "not genuine: chip.proof_failed"),
        Fault::ActiveAlgorithmUnknown => (&[27], fault, Ordinary, "genuine"),
        Fault::ChipKeyRefused(_) => (&[30], fault, Ordinary, "not genuine: chip.refused"),
        Fault::ChipAgreementRefused(_) => (&[30], fault, Ordinary, "not genuine: chip.refused"),
        Fault::ChipKeepsOldKeys => (&[28], fault, Ordinary, "not genuine: chip.proof_failed"),
        Fault::ChipTokenWrong => (
            &[28],
            fault,
            Stage::Elsewhere("terminal_authentication::version_two_that_fails_leaves_the_rest"),
            "",
        ),
        Fault::ChipKeyMissing => (&[28], fault, ChipAlone, "inconclusive: chip.unsupported"),
        Fault::ChipKeyCut => (
            &[28, 37],
            fault,
            ChipAlone,
            "inconclusive: chip.key_malformed",
        ),
        Fault::ChipKeyOffCurve => (&[28], fault, ChipAlone, "inconclusive: chip.key_malformed"),
        // Of one key the proof decides, whatever it is called.
        Fault::ChipKeyOtherId => (&[28], fault, ChipAlone, "genuine"),
        Fault::ChipProtocolUnknown => (&[28], fault, ChipAlone, "not genuine: chip.refused"),
        Fault::TerminalKeyRefused(_)
        | Fault::TerminalTemplateRefused(_)
        | Fault::CertificateRefused(_)
        | Fault::TerminalChallengeRefused(_)
        | Fault::TerminalChallengeLength(_)
        | Fault::TerminalRefused(_)
        | Fault::TerminalRightsIgnored
        | Fault::CvcaMissing
        | Fault::CvcaEmpty
        | Fault::CvcaThree
        | Fault::CvcaUnknown
        | Fault::CvcaWrongTag => (&[34], fault, TERMINAL, ""),
        Fault::OtherDocumentNumber => (&[35], fault, TERMINAL, ""),
        Fault::Messaging(flaw, _) => {
            let (lines, ends) = flawed(flaw);
            (lines, Fault::Messaging(flaw, PROTECTED), Ordinary, ends)
        }
    };
    Row {
        lines,
        played,
        stage,
        ends,
    }
}

/// The same for what can be wrong with a protected answer.
const fn flawed(flaw: Flaw) -> (&'static [u8], &'static str) {
    match flaw {
        Flaw::WithoutChecksum => (&[1], "channel.malformed"),
        // A success without data to a read is asked for again, in short length.
        Flaw::WithoutData => (&[1], "genuine"),
        Flaw::WithoutStatus => (&[2], "channel.status_mismatch"),
        Flaw::FalseCryptogram => (&[1], "channel.malformed"),
        Flaw::CutCryptogram => (&[1, 37], "channel.malformed"),
        Flaw::OtherStatus => (&[2], "channel.status_mismatch"),
        Flaw::CounterAhead => (&[4], "channel.bad_mac"),
        Flaw::ObjectsMissing => (&[3], "channel.plain_answer"),
        Flaw::ObjectsIncorrect => (&[3], "channel.plain_answer"),
        Flaw::Unprotected => (&[3], "channel.malformed"),
    }
}

fn persona(stage: &Stage) -> Option<Persona> {
    Some(match stage {
        Stage::Ordinary => cards::persona("an"),
        Stage::Field => cards::changed("an", |chip| {
            chip.pace = vec![PaceVariant::generic(Cipher::Aes128, 0)];
        }),
        Stage::Mapping => mapping_card(),
        Stage::ChipAlone => cards::changed("an", |chip| chip.active = None),
        Stage::Elsewhere(_) => return None,
    })
}

#[test]
fn every_fault_of_the_virtual_card_ends_as_its_row_says() {
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        let row = row(fault);
        match (persona(&row.stage), &row.stage) {
            (None, Stage::Elsewhere(test)) => assert!(super::is_test(test), "{fault}: {test}"),
            (None, _) => unreachable!(),
            (Some(persona), _) => {
                let ending = wire::with_fault(&persona, row.played);
                if ending != row.ends {
                    wrong.push(format!("{fault}: {ending}, not {}", row.ends));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
