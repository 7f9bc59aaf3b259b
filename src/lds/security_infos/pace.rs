//! What SecurityInfos say of PACE (Doc 9303-11 §9.2.3): PACEInfo and PACEDomainParameterInfo.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::cipher::Cipher;
use crate::error::Malformed;
use crate::lds::security_infos::Fields;
use crate::lds::security_infos::ID_PACE;
use crate::lds::security_infos::cipher_arc;

/// How PACE turns the nonce into a generator (Doc 9303-11 §4.4.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mapping {
    /// Generic mapping
    Generic,
    /// Integrated mapping
    Integrated,
    /// Generic mapping with chip authentication
    ChipAuthentication,
}

impl Mapping {
    /// Name in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Integrated => "integrated",
            Self::ChipAuthentication => "chip authentication",
        }
    }
}

/// What the arcs below id-PACE say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaceProtocol {
    /// Key agreement
    pub agreement: Agreement,
    /// Mapping
    pub mapping: Mapping,
    /// Cipher of the nonce, the token and the channel
    pub cipher: Cipher,
}

impl PaceProtocol {
    /// Reads the object identifier; `None` for one that this build does not know.
    pub fn from_oid(oid: Oid<'_>) -> Option<Self> {
        let [variant, cipher] = *oid.below(ID_PACE)? else {
            return None;
        };
        let (agreement, mapping) = pace_variant(variant)?;
        let cipher = cipher_arc(cipher)?;
        // Doc 9303-11 §9.2.3: chip authentication mapping is defined with AES alone.
        if mapping == Mapping::ChipAuthentication && cipher == Cipher::TripleDes {
            return None;
        }
        Some(Self {
            agreement,
            mapping,
            cipher,
        })
    }
}

/// The arc below id-PACE.
pub(super) const fn pace_variant(arc: u8) -> Option<(Agreement, Mapping)> {
    match arc {
        1 => Some((Agreement::Dh, Mapping::Generic)),
        2 => Some((Agreement::Ecdh, Mapping::Generic)),
        3 => Some((Agreement::Dh, Mapping::Integrated)),
        4 => Some((Agreement::Ecdh, Mapping::Integrated)),
        6 => Some((Agreement::Ecdh, Mapping::ChipAuthentication)),
        _ => None,
    }
}

/// One way to run PACE.
///
/// ```text
/// PACEInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, version INTEGER,
///                         parameterId INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceInfo {
    /// The protocol, as content octets.
    pub oid: Vec<u8>,
    /// What it means; `None` when this build does not know it.
    pub protocol: Option<PaceProtocol>,
    /// Version, 2 in every published edition.
    pub version: u32,
    /// Standardized domain parameters (Doc 9303-11 §9.5.1).
    pub parameter_id: Option<u32>,
}

/// Domain parameters for PACE, where a PACEInfo does not name standardized ones.
///
/// ```text
/// PACEDomainParameterInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER,
///   domainParameter AlgorithmIdentifier, parameterId INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceDomainParameterInfo {
    /// Key agreement
    pub agreement: Agreement,
    /// Mapping
    pub mapping: Mapping,
    /// The group, where this build knows it.
    pub domain: Option<Domain>,
    /// Its own number, which a PACEInfo refers to.
    pub parameter_id: Option<u32>,
}

/// A PACEInfo. `None` for other protocols and for PACEDomainParameterInfo, whose identifier lacks
/// the cipher's arc.
pub(super) fn pace(oid: Oid<'_>, entry: &mut Reader<'_>) -> Result<Option<PaceInfo>, Malformed> {
    if oid.below(ID_PACE).is_none_or(|arcs| arcs.len() != 2) {
        return Ok(None);
    }
    let protocol = PaceProtocol::from_oid(oid);
    if protocol.is_none() && entry.peek() != Some(tag::INTEGER) {
        return Ok(None);
    }
    let version = entry.expect(tag::INTEGER, "PACEInfo version")?;
    let parameter_id = entry.optional(tag::INTEGER, "PACEInfo parameterId")?;
    Ok(Some(PaceInfo {
        oid: oid.octets().to_vec(),
        protocol,
        version: version.small_integer()?,
        parameter_id: parameter_id.map(|id| id.small_integer()).transpose()?,
    }))
}

/// A PACEDomainParameterInfo; `None` for other protocols. Parameters that say nothing to this build
/// are no fault of the file.
pub(super) fn pace_domain(
    oid: Oid<'_>,
    entry: &mut Reader<'_>,
    fields: &mut Fields,
) -> Result<Option<PaceDomainParameterInfo>, Malformed> {
    let Some([variant]) = oid.below(ID_PACE) else {
        return Ok(None);
    };
    let Some((agreement, mapping)) = pace_variant(*variant) else {
        return Ok(None);
    };
    let parameters = entry.expect(tag::SEQUENCE, "PACE domainParameter")?;
    let parameter_id = entry.optional(tag::INTEGER, "PACE parameterId")?;
    Ok(Some(PaceDomainParameterInfo {
        agreement,
        mapping,
        domain: fields.domain(parameters, agreement),
        parameter_id: parameter_id.map(|id| id.small_integer()).transpose()?,
    }))
}
