//! What is wrong with a chip or with the line to it: breakdowns, attacks on the channel, clones.
//!
//! Commands and responses are counted from 1 since power-up; response n answers command n.

use std::fmt;

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
}

impl Fault {
    /// Every fault; those with numbers stand here with small ones.
    pub const ALL: [Self; 37] = [
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
        }
    }

    /// The fault with this name and its numbers after colons: `mute`, `lost-at-command:12`,
    /// `flip-bit:3:17`. Numbers that are missing are those of [`Fault::ALL`].
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
            _ => Ok(()),
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
    }
}
