//! What a revocation list says beside serial numbers: why a certificate is revoked, and which
//! certificates the list is not about (RFC 5280 §5.2.5, §5.3).

use jiff::Timestamp;

use crate::bytes::tlv::Element;
use crate::bytes::tlv::tag;
use crate::error::Malformed;

/// Since when a certificate is revoked, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// The revocation date.
    pub since: Timestamp,
    /// The reason code. Doc 9303-12 §7.1.4 wants none.
    pub reason: Option<Reason>,
}

/// Reason codes (RFC 5280 §5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// unspecified, or a code that RFC 5280 does not have
    Unspecified,
    /// keyCompromise
    KeyCompromise,
    /// cACompromise
    CaCompromise,
    /// affiliationChanged
    AffiliationChanged,
    /// superseded
    Superseded,
    /// cessationOfOperation
    CessationOfOperation,
    /// certificateHold
    CertificateHold,
    /// removeFromCRL. It belongs in lists of differences alone; in a whole list the certificate is
    /// taken for revoked, as it stands there.
    RemoveFromCrl,
    /// privilegeWithdrawn
    PrivilegeWithdrawn,
    /// aACompromise
    AaCompromise,
}

/// Why a list does not speak for all certificates of its issuer; such a list says nothing here
/// (Doc 9303-12 §7.1.4: not to be used).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restriction {
    /// It has only what changed since another (deltaCRLIndicator).
    Delta,
    /// It has certificates of other issuers (indirectCRL, certificateIssuer).
    Indirect,
    /// It has some kinds of certificates, or some reasons (issuingDistributionPoint).
    Partial,
}

impl Reason {
    pub(super) fn read(value: Element<'_>) -> Result<Self, Malformed> {
        let mut only = value.inside()?;
        let code = only.expect(ENUMERATED, "reasonCode")?;
        only.finish("reasonCode")?;
        Ok(match code.small_integer()? {
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => Self::Unspecified,
        })
    }

    /// The name that RFC 5280 §5.3.1 gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

/// How an issuingDistributionPoint restricts its list, if by more than the place where it is found:
/// `SEQUENCE { distributionPoint [0] OPTIONAL, onlyContainsUserCerts [1] BOOLEAN,
/// onlyContainsCACerts [2] BOOLEAN, onlySomeReasons [3] OPTIONAL, indirectCRL [4] BOOLEAN,
/// onlyContainsAttributeCerts [5] BOOLEAN }` (RFC 5280 §5.2.5).
pub(super) fn restriction(value: Element<'_>) -> Result<Option<Restriction>, Malformed> {
    const WHAT: &str = "issuingDistributionPoint";
    let mut outer = value.inside()?;
    let mut fields = outer.expect(tag::SEQUENCE, WHAT)?.inside()?;
    outer.finish(WHAT)?;
    let mut restriction = None;
    while !fields.at_end() {
        let field = fields.element(WHAT)?;
        match (field.tag, field.value) {
            (0xA0, _) | (0x81 | 0x82 | 0x84 | 0x85, [0]) => {}
            (0x84, _) => restriction = Some(Restriction::Indirect),
            _ => restriction = restriction.or(Some(Restriction::Partial)),
        }
    }
    Ok(restriction)
}

const ENUMERATED: u32 = 0x0A;
