//! On which card a fault can be seen.

use crate::crypto::cipher::Cipher;
use crate::lds::security_infos::Mapping;
use crate::sim::fault::Fault;
use crate::sim::persona::Biometrics;
use crate::sim::persona::PaceVariant;
use crate::sim::persona::Persona;
use crate::sim::persona::PinOptions;
use crate::sim::personalisation::Bac;
use crate::sim::pki::signing_key::EcParameters;

/// A card of the persona "an", changed where the fault could not be seen otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// As it is: PACE over a curve, chip and active authentication.
    Ordinary,
    /// PACE over a prime field.
    PrimeField,
    /// The mapping of PACE is the only proof.
    Mapping,
    /// Chip authentication is the only proof.
    ChipAuthentication,
    /// Chip authentication of version 2 is the only proof.
    SecondVersion,
    /// Basic access control and no PACE.
    Bac,
    /// With a PIN, which the reader is given.
    Pin,
    /// With fingers and irises, read by a terminal that may see them.
    Terminal,
    /// The same with basic access control and no PACE.
    BacTerminal,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 9] = [
        Self::Ordinary,
        Self::PrimeField,
        Self::Mapping,
        Self::ChipAuthentication,
        Self::SecondVersion,
        Self::Bac,
        Self::Pin,
        Self::Terminal,
        Self::BacTerminal,
    ];

    /// Its word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::PrimeField => "prime-field",
            Self::Mapping => "mapping",
            Self::ChipAuthentication => "chip-authentication",
            Self::SecondVersion => "second-version",
            Self::Bac => "bac",
            Self::Pin => "pin",
            Self::Terminal => "terminal",
            Self::BacTerminal => "bac-terminal",
        }
    }

    /// Name of the persona.
    pub const fn persona(self) -> &'static str {
        "an"
    }

    /// Whether a terminal that may see fingers and irises reads the card.
    pub const fn has_terminal(self) -> bool {
        matches!(
            self,
            Self::Terminal | Self::BacTerminal | Self::SecondVersion
        )
    }

    /// The persona as this stage needs them.
    #[must_use]
    pub fn set(self, persona: Persona) -> Persona {
        persona.with(|chip| match self {
            Self::Ordinary => {}
            Self::PrimeField => chip.pace = vec![PaceVariant::generic(Cipher::Aes128, 0)],
            Self::Mapping => {
                let mapping = Mapping::ChipAuthentication;
                chip.pace = vec![PaceVariant::new(mapping, Cipher::Aes128, 13)];
                chip.chip_authentication.clear();
                chip.active = None;
            }
            Self::ChipAuthentication => chip.active = None,
            Self::SecondVersion => {
                chip.active = None;
                chip.biometrics = Biometrics::FingersAndIrises;
                for offer in &mut chip.chip_authentication {
                    offer.version = 2;
                    offer.parameters = EcParameters::Standardized;
                }
                if let Some(trust) = &mut chip.terminal {
                    trust.versions = vec![2];
                }
            }
            Self::Bac => {
                chip.pace.clear();
                chip.bac = Bac::Offered;
            }
            Self::Terminal | Self::BacTerminal => {
                chip.biometrics = Biometrics::FingersAndIrises;
                if let Some(trust) = &mut chip.terminal {
                    trust.versions = vec![1];
                }
                if self == Self::BacTerminal {
                    chip.pace.clear();
                    chip.bac = Bac::Offered;
                }
            }
            Self::Pin => {
                chip.pin = Some(PinOptions {
                    digits: "246810".to_owned(),
                    tries: 3,
                });
            }
        })
    }
}

impl Fault {
    /// Where it can be seen.
    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::PaceDhValueZero(_)
            | Self::PaceDhValueOne(_)
            | Self::PaceDhValueOrderTwo(_)
            | Self::PaceDhValueModulus(_) => Stage::PrimeField,
            Self::CamDataMissing
            | Self::CamDataWithoutTag
            | Self::CamWrongTag
            | Self::CamEmpty
            | Self::CamNotOctetString
            | Self::CamWrong
            | Self::CardSecurityWrongKey
            | Self::CardSecurityWithoutKey
            | Self::CardSecurityChanged
            | Self::CamMissingInDg14
            | Self::CamOidUnknown => Stage::Mapping,
            Self::ChipKeyMissing
            | Self::ChipKeyCut
            | Self::ChipKeyOffCurve
            | Self::ChipKeyOtherId
            | Self::ChipProtocolUnknown => Stage::ChipAuthentication,
            Self::ChipTokenWrong => Stage::SecondVersion,
            Self::BacFalseCode | Self::BacOtherChipNonce | Self::BacOtherTerminalNonce => {
                Stage::Bac
            }
            Self::PinSuspended | Self::PinBlocked => Stage::Pin,
            Self::TerminalKeyRefused(_)
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
            | Self::CvcaWrongTag => Stage::Terminal,
            Self::OtherDocumentNumber => Stage::BacTerminal,
            _ => Stage::Ordinary,
        }
    }
}
