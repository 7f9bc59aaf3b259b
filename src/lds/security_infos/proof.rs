//! What SecurityInfos say of how a chip proves itself: keys and ways of chip authentication, and how
//! active authentication signs.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::tlv::trim_zeros;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::lds::security_infos::Fields;
use crate::lds::security_infos::ID_AA;
use crate::lds::security_infos::ID_CA;
use crate::lds::security_infos::ID_PK_DH;
use crate::lds::security_infos::ID_PK_ECDH;
use crate::lds::security_infos::cipher_arc;

/// ecdsa-plain-signatures, 0.4.0.127.0.7.1.1.4.1. One arc follows: the hash.
const ECDSA_PLAIN: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1]);

/// One way to run chip authentication.
///
/// ```text
/// ChipAuthenticationInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, version INTEGER,
///                                       keyId INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipAuthenticationInfo {
    /// The protocol, as content octets.
    pub oid: Vec<u8>,
    /// Key agreement
    pub agreement: Agreement,
    /// Cipher of the channel that follows
    pub cipher: Cipher,
    /// Version, 1 in Doc 9303; 2 and 3 in TR-03110
    pub version: u32,
    /// Which key: unsigned, without leading zeros, `00` for zero.
    pub key_id: Option<Vec<u8>>,
}

/// The group of a key for chip authentication, told before the key itself can be read.
///
/// ```text
/// ChipAuthenticationDomainParameterInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER,
///   domainParameter AlgorithmIdentifier, keyId INTEGER OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChipDomain {
    /// Key agreement
    pub agreement: Agreement,
    /// The group, where this build knows it.
    pub domain: Option<Domain>,
    /// Of which key: unsigned, without leading zeros, `00` for zero.
    pub key_id: Option<Vec<u8>>,
}

/// A key for chip authentication.
///
/// ```text
/// ChipAuthenticationPublicKeyInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER,
///   chipAuthenticationPublicKey SubjectPublicKeyInfo, keyId INTEGER OPTIONAL }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ChipKey {
    /// Key agreement
    pub agreement: Agreement,
    /// The key, where it is an element of a group that this build knows.
    pub key: Option<Public>,
    /// Why there is none.
    pub fault: Option<KeyFault>,
    /// Which key: unsigned, without leading zeros, `00` for zero.
    pub key_id: Option<Vec<u8>>,
    /// The SubjectPublicKeyInfo as it stood.
    pub raw: Vec<u8>,
}

impl std::fmt::Debug for ChipKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChipKey")
            .field("agreement", &self.agreement)
            .field("key", &self.key)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// How the chip signs in active authentication with an elliptic-curve key.
///
/// ```text
/// ActiveAuthenticationInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, version INTEGER,
///                                         signatureAlgorithm OBJECT IDENTIFIER }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveAuthenticationInfo {
    /// The signature scheme; `None` when this build does not know it.
    pub signature: Option<Scheme>,
    /// Its identifier, as content octets.
    pub oid: Vec<u8>,
}

/// An entry by which a chip proves itself.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Key(Agreement),
    ChipAuthentication(Agreement, Cipher),
    Domain(Agreement),
    ActiveAuthentication,
}

impl Kind {
    pub(super) fn of(oid: Oid<'_>) -> Option<Self> {
        const fn agreement(arc: u8) -> Option<Agreement> {
            match arc {
                1 => Some(Agreement::Dh),
                2 => Some(Agreement::Ecdh),
                _ => None,
            }
        }
        if oid == ID_PK_DH {
            return Some(Self::Key(Agreement::Dh));
        } else if oid == ID_PK_ECDH {
            return Some(Self::Key(Agreement::Ecdh));
        } else if oid == ID_AA {
            return Some(Self::ActiveAuthentication);
        }
        match *oid.below(ID_CA)? {
            [arc] => Some(Self::Domain(agreement(arc)?)),
            [arc, cipher] => Some(Self::ChipAuthentication(
                agreement(arc)?,
                cipher_arc(cipher)?,
            )),
            _ => None,
        }
    }
}

pub(super) fn active_authentication(
    entry: &mut Reader<'_>,
) -> Result<ActiveAuthenticationInfo, Malformed> {
    let version = entry.expect(tag::INTEGER, "ActiveAuthenticationInfo version")?;
    version.small_integer()?;
    let oid = entry.expect(tag::OID, "ActiveAuthenticationInfo signatureAlgorithm")?;
    Ok(ActiveAuthenticationInfo {
        signature: signature_scheme(Oid::new(oid.value)),
        oid: oid.value.to_vec(),
    })
}

/// The scheme that an identifier of TR-03111 §5.2.1.1 names.
fn signature_scheme(oid: Oid<'_>) -> Option<Scheme> {
    let hash = match *oid.below(ECDSA_PLAIN)? {
        [1] => Hash::Sha1,
        [2] => Hash::Sha224,
        [3] => Hash::Sha256,
        [4] => Hash::Sha384,
        [5] => Hash::Sha512,
        _ => return None,
    };
    Some(Scheme::EcdsaPlain(hash))
}

pub(super) fn key_id(entry: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(id) = entry.optional(tag::INTEGER, "keyId")? else {
        return Ok(None);
    };
    Ok(Some(match trim_zeros(id.value) {
        [] if id.value.is_empty() => return Err(Malformed::new("keyId", id.offset)),
        [] => vec![0],
        // A reference is no quantity. Issuers that forget the zero before a high bit write a
        // negative number and mean its octets.
        octets => octets.to_vec(),
    }))
}

pub(super) fn chip_key(
    agreement: Agreement,
    entry: &mut Reader<'_>,
    fields: &mut Fields,
) -> Result<ChipKey, Malformed> {
    let key = entry.expect(tag::SEQUENCE, "ChipAuthenticationPublicKey")?;
    let group = key
        .inside()
        .and_then(|mut inside| inside.expect(tag::SEQUENCE, "key AlgorithmIdentifier"));
    let decoded = if group.is_ok_and(|group| !fields.take(group)) {
        Err(KeyFault::Unsupported("one prime field too many".to_owned()))
    } else {
        algorithm::agreement_key(key.raw)
    };
    let (public, fault) = match decoded {
        Ok(public) if public.domain().agreement() == agreement => (Some(public), None),
        Ok(_) => {
            let other = Malformed::new("ChipAuthenticationPublicKey", key.offset);
            (None, Some(other.into()))
        }
        Err(fault) => (None, Some(fault)),
    };
    Ok(ChipKey {
        agreement,
        key: public,
        fault,
        key_id: key_id(entry)?,
        raw: key.raw.to_vec(),
    })
}
