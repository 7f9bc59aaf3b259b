//! SecurityInfos: which protocols a chip offers (Doc 9303-11 §9.2).
//!
//! ```text
//! SecurityInfos ::= SET OF SecurityInfo
//! SecurityInfo  ::= SEQUENCE { protocol OBJECT IDENTIFIER,
//!                              requiredData ANY DEFINED BY protocol,
//!                              optionalData ANY DEFINED BY protocol OPTIONAL }
//! ```
//! EF.CardAccess is one, DG14 holds one in tag 6E, EF.CardSecurity a signed one. What this build
//! does not know is kept by name; what it knows must be well formed. Elements after those that the
//! standard defines are passed over, because real chips send them. Of chip and active authentication
//! a damaged entry is named and leaves the others as they are: nothing there is used before it is
//! signed, and a chip may have another way to prove itself.

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::bytes::tlv::trim_zeros;
pub use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::cipher::Cipher;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;

/// Most entries followed. The longest list seen has fourteen.
const MAX_INFOS: usize = 64;

/// Most prime fields in full that are looked at: each costs exponentiations with numbers of 4096 bits
/// before anybody has vouched for them.
const MAX_FIELDS_IN_FULL: usize = 4;

/// id-PK-DH, 0.4.0.127.0.7.2.2.1.1: a Diffie-Hellman key for chip authentication.
pub const ID_PK_DH: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 1, 1]);
/// id-PK-ECDH, 0.4.0.127.0.7.2.2.1.2: an elliptic-curve key for chip authentication.
pub const ID_PK_ECDH: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 1, 2]);
/// id-TA, 0.4.0.127.0.7.2.2.2: terminal authentication.
pub const ID_TA: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 2]);
/// id-CA, 0.4.0.127.0.7.2.2.3: chip authentication. Two arcs follow: agreement and cipher.
pub const ID_CA: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 3]);
/// id-PACE, 0.4.0.127.0.7.2.2.4: PACE. Two arcs follow: agreement with mapping, and cipher.
pub const ID_PACE: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 2, 2, 4]);
/// id-AA, 2.23.136.1.1.5: active authentication.
pub const ID_AA: Oid<'static> = Oid::new(&[0x67, 0x81, 0x08, 1, 1, 5]);

/// ecdsa-plain-signatures, 0.4.0.127.0.7.1.1.4.1. One arc follows: the hash.
const ECDSA_PLAIN: Oid<'static> = Oid::new(&[0x04, 0, 0x7F, 0, 7, 1, 1, 4, 1]);

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
const fn pace_variant(arc: u8) -> Option<(Agreement, Mapping)> {
    match arc {
        1 => Some((Agreement::Dh, Mapping::Generic)),
        2 => Some((Agreement::Ecdh, Mapping::Generic)),
        3 => Some((Agreement::Dh, Mapping::Integrated)),
        4 => Some((Agreement::Ecdh, Mapping::Integrated)),
        6 => Some((Agreement::Ecdh, Mapping::ChipAuthentication)),
        _ => None,
    }
}

/// The last arc of id-PACE-… and id-CA-….
const fn cipher_arc(arc: u8) -> Option<Cipher> {
    match arc {
        1 => Some(Cipher::TripleDes),
        2 => Some(Cipher::Aes128),
        3 => Some(Cipher::Aes192),
        4 => Some(Cipher::Aes256),
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

/// One version of terminal authentication.
///
/// ```text
/// TerminalAuthenticationInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, version INTEGER,
///                                           efCVCA FileID OPTIONAL }
/// FileID ::= SEQUENCE { fid OCTET STRING (SIZE(2)), sfid OCTET STRING (SIZE(1)) OPTIONAL }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalAuthenticationInfo {
    /// Version 1 or 2
    pub version: u32,
    /// Where EF.CVCA is, when it is not at its own place: file identifier and short one.
    pub ef_cvca: Option<(u16, Option<u8>)>,
}

/// Everything that a set of SecurityInfos offers, in the order of the set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityInfos {
    /// Ways to run PACE, also those that this build does not know.
    pub pace: Vec<PaceInfo>,
    /// Groups for it that stand apart.
    pub pace_domains: Vec<PaceDomainParameterInfo>,
    /// Protocols of PACE whose entries go on after what the standard defines, as dotted
    /// identifiers.
    pub pace_surplus: Vec<String>,
    /// Ways to run chip authentication
    pub chip_authentication: Vec<ChipAuthenticationInfo>,
    /// Keys for it
    pub chip_keys: Vec<ChipKey>,
    /// Groups of keys for it
    pub chip_domains: Vec<ChipDomain>,
    /// How active authentication signs. The first, should there be several.
    pub active_authentication: Option<ActiveAuthenticationInfo>,
    /// Versions of terminal authentication
    pub terminal_authentication: Vec<TerminalAuthenticationInfo>,
    /// Entries of chip and active authentication that are not what they must be.
    pub damaged: Vec<Damaged>,
    /// Protocols of all other entries, as dotted identifiers.
    pub other: Vec<String>,
}

/// An entry of a known protocol that does not have the form of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// The protocol, as content octets.
    pub oid: Vec<u8>,
    /// What is wrong with it.
    pub fault: Malformed,
}

impl SecurityInfos {
    /// Decodes a set of SecurityInfos.
    ///
    /// # Errors
    /// [`Malformed`] when this is no SET of SEQUENCEs that begin with an identifier, an entry of
    /// PACE or terminal authentication lacks what it must have, there are too many entries, or
    /// bytes follow.
    pub fn decode(set: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(set);
        let mut entries = reader.expect(tag::SET, "SecurityInfos")?.inside()?;
        reader.finish("SecurityInfos")?;
        let mut infos = Self::default();
        let mut fields = Fields(MAX_FIELDS_IN_FULL);
        for _ in 0..MAX_INFOS {
            if entries.at_end() {
                return Ok(infos);
            }
            infos.add(entries.expect(tag::SEQUENCE, "SecurityInfo")?, &mut fields)?;
        }
        entries.finish("SecurityInfos")?;
        Ok(infos)
    }

    fn add(&mut self, entry: Element<'_>, fields: &mut Fields) -> Result<(), Malformed> {
        let mut entry = entry.inside()?;
        let oid = Oid::new(entry.expect(tag::OID, "SecurityInfo protocol")?.value);
        if oid == ID_TA {
            let info = terminal_authentication(&mut entry)?;
            self.terminal_authentication.push(info);
        } else if let Some(kind) = Kind::of(oid) {
            if let Err(fault) = self.add_proof(kind, oid, &mut entry, fields) {
                self.damaged.push(Damaged {
                    oid: oid.octets().to_vec(),
                    fault,
                });
            }
            return Ok(());
        } else if let Some(info) = pace(oid, &mut entry)? {
            self.pace.push(info);
            if !entry.at_end() {
                self.pace_surplus.push(oid.to_string());
            }
        } else if let Some(info) = pace_domain(oid, &mut entry, fields)? {
            self.pace_domains.push(info);
        } else {
            self.other.push(oid.to_string());
        }
        pass_over(&mut entry)
    }

    /// Adds an entry by which the chip proves itself.
    fn add_proof(
        &mut self,
        kind: Kind,
        oid: Oid<'_>,
        entry: &mut Reader<'_>,
        fields: &mut Fields,
    ) -> Result<(), Malformed> {
        match kind {
            Kind::Key(agreement) => {
                let key = chip_key(agreement, entry, fields)?;
                self.chip_keys.push(key);
            }
            Kind::ChipAuthentication(agreement, cipher) => {
                let version = entry.expect(tag::INTEGER, "ChipAuthenticationInfo version")?;
                self.chip_authentication.push(ChipAuthenticationInfo {
                    oid: oid.octets().to_vec(),
                    agreement,
                    cipher,
                    version: version.small_integer()?,
                    key_id: key_id(entry)?,
                });
            }
            Kind::Domain(agreement) => {
                let algorithm = entry.expect(tag::SEQUENCE, "domainParameter")?;
                self.chip_domains.push(ChipDomain {
                    agreement,
                    domain: fields.domain(algorithm, agreement),
                    key_id: key_id(entry)?,
                });
            }
            Kind::ActiveAuthentication => {
                // The first, should there be several.
                let info = active_authentication(entry)?;
                self.active_authentication.get_or_insert(info);
            }
        }
        pass_over(entry)
    }
}

/// How many prime fields in full are still looked at.
struct Fields(usize);

impl Fields {
    /// Whether the numbers of this group may be looked at.
    fn take(&mut self, algorithm: Element<'_>) -> bool {
        if !algorithm::is_prime_field_in_full(algorithm) {
            return true;
        }
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }

    /// The group, where this build knows it and it is one of this kind.
    fn domain(&mut self, algorithm: Element<'_>, agreement: Agreement) -> Option<Domain> {
        self.take(algorithm)
            .then(|| algorithm::domain(algorithm).ok())
            .flatten()
            .filter(|domain| domain.agreement() == agreement)
    }
}

/// Elements that nobody knows: well formed.
fn pass_over(entry: &mut Reader<'_>) -> Result<(), Malformed> {
    while !entry.at_end() {
        entry.element("SecurityInfo")?;
    }
    Ok(())
}

/// An entry by which a chip proves itself.
#[derive(Clone, Copy)]
enum Kind {
    Key(Agreement),
    ChipAuthentication(Agreement, Cipher),
    Domain(Agreement),
    ActiveAuthentication,
}

impl Kind {
    fn of(oid: Oid<'_>) -> Option<Self> {
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

/// A PACEInfo. `None` for other protocols and for PACEDomainParameterInfo, whose identifier lacks
/// the cipher's arc.
fn pace(oid: Oid<'_>, entry: &mut Reader<'_>) -> Result<Option<PaceInfo>, Malformed> {
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
fn pace_domain(
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

fn terminal_authentication(
    entry: &mut Reader<'_>,
) -> Result<TerminalAuthenticationInfo, Malformed> {
    let version = entry.expect(tag::INTEGER, "TerminalAuthenticationInfo version")?;
    let file = entry.optional(tag::SEQUENCE, "TerminalAuthenticationInfo efCVCA")?;
    Ok(TerminalAuthenticationInfo {
        version: version.small_integer()?,
        ef_cvca: file.map(file_id).transpose()?,
    })
}

fn file_id(file: Element<'_>) -> Result<(u16, Option<u8>), Malformed> {
    let mut inside = file.inside()?;
    let fid = inside.expect(tag::OCTET_STRING, "FileID fid")?;
    let sfid = inside.optional(tag::OCTET_STRING, "FileID sfid")?;
    inside.finish("FileID")?;
    let fid =
        <[u8; 2]>::try_from(fid.value).map_err(|_| Malformed::new("FileID fid", fid.offset))?;
    let sfid = match sfid {
        None => None,
        Some(element) => match *element.value {
            [sfid @ 1..=30] => Some(sfid),
            _ => return Err(Malformed::new("FileID sfid", element.offset)),
        },
    };
    Ok((u16::from_be_bytes(fid), sfid))
}

fn active_authentication(entry: &mut Reader<'_>) -> Result<ActiveAuthenticationInfo, Malformed> {
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

fn key_id(entry: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
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

fn chip_key(
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::encode_integer;

    #[derive(Deserialize)]
    struct Vectors {
        citizen_card: String,
        pace_gm_ecdh: String,
        eac2: String,
        eac2_signed: String,
        eac2_chip_public: String,
    }

    fn vectors() -> Vectors {
        toml::from_str(include_str!("../../tests/vectors/security_infos.toml")).unwrap()
    }

    fn decode(text: &str) -> Result<SecurityInfos, Malformed> {
        SecurityInfos::decode(&hex::decode(text).unwrap())
    }

    const fn at_its_place(version: u32) -> TerminalAuthenticationInfo {
        TerminalAuthenticationInfo {
            version,
            ef_cvca: None,
        }
    }

    #[test]
    fn terminal_authentication_may_say_where_ef_cvca_is() {
        let read = |file: &str| {
            let entry = format!("060804007F0007020202020101{file}");
            let length = entry.len() / 2;
            decode(&format!("31{:02X}30{length:02X}{entry}", length + 2))
                .map(|infos| infos.terminal_authentication[0].ef_cvca)
        };
        assert_eq!(read(""), Ok(None));
        assert_eq!(read("30040402011C"), Ok(Some((0x011C, None))));
        assert_eq!(read("30070402420104011C"), Ok(Some((0x4201, Some(0x1C)))));
        for wrong in [
            "3000",
            "3003040101",
            "30070402011C0401FF",
            "30070402011C020101",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_citizen_cards_offer_is_read() {
        let infos = decode(&vectors().citizen_card).unwrap();
        assert_eq!(infos.terminal_authentication, [at_its_place(1)]);
        let [chip] = infos.chip_authentication.as_slice() else {
            panic!("one ChipAuthenticationInfo");
        };
        assert_eq!(
            (chip.agreement, chip.cipher),
            (Agreement::Ecdh, Cipher::Aes128)
        );
        assert_eq!((chip.version, chip.key_id.as_ref()), (1, None));
        let [pace] = infos.pace.as_slice() else {
            panic!("one PACEInfo");
        };
        assert_eq!((pace.version, pace.parameter_id), (2, Some(13)));
        assert_eq!(
            pace.protocol,
            Some(PaceProtocol {
                agreement: Agreement::Ecdh,
                mapping: Mapping::Generic,
                cipher: Cipher::Aes128
            })
        );
        assert!(infos.other.is_empty());
    }

    #[test]
    fn version_two_with_unknown_entries_is_read() {
        let infos = decode(&vectors().eac2).unwrap();
        assert_eq!(infos.terminal_authentication, [at_its_place(2)]);
        let ids: Vec<_> = infos
            .chip_authentication
            .iter()
            .map(|info| (info.version, info.key_id.clone().unwrap()))
            .collect();
        assert_eq!(ids, [(2, vec![1])]);
        assert_eq!(infos.pace.len(), 1);
        let [domain] = infos.chip_domains.as_slice() else {
            panic!("one ChipAuthenticationDomainParameterInfo");
        };
        assert_eq!(domain.domain.as_ref().unwrap().parameter_id(), Some(13));
        assert_eq!(domain.key_id, Some(vec![1]));
        // A link, and infos for privileged terminals.
        assert_eq!(infos.other, ["0.4.0.127.0.7.2.2.6", "0.4.0.127.0.7.2.2.8"]);
    }

    #[test]
    fn parameter_ids_may_be_missing_and_further_elements_are_passed_over() {
        let infos = decode("3111300F060A04007F00070202040204020102").unwrap();
        assert_eq!(infos.pace[0].parameter_id, None);
        assert_eq!(infos.pace[0].protocol.unwrap().cipher, Cipher::Aes256);
        let infos = decode("31173015060A04007F0007020204020202010202010D020107").unwrap();
        assert_eq!(infos.pace[0].parameter_id, Some(13));
        assert_eq!(infos.pace_surplus, ["0.4.0.127.0.7.2.2.4.2.2"]);
    }

    #[test]
    fn the_signed_set_holds_the_chips_key() {
        let infos = decode(&vectors().eac2_signed).unwrap();
        let [key] = infos.chip_keys.as_slice() else {
            panic!("one key");
        };
        assert_eq!(key.agreement, Agreement::Ecdh);
        assert_eq!(key.key_id, Some(vec![1]));
        let public = key.key.as_ref().unwrap();
        assert_eq!(public.domain().parameter_id(), Some(13));
        assert_eq!(hex::encode(public.encoded()), vectors().eac2_chip_public);
    }

    #[test]
    fn a_key_stands_without_chip_authentication_info() {
        // The last entry of the sample, with its key id and without.
        let signed = hex::decode(vectors().eac2_signed).unwrap();
        let (_, entry) = signed.split_at(signed.len() - 100);
        let with = encode(tag::SET, &[entry]);
        let without = encode(tag::SET, &[&encode(tag::SEQUENCE, &[&entry[2..97]])]);
        for (set, key_id) in [(with, Some(vec![1])), (without, None)] {
            let infos = SecurityInfos::decode(&set).unwrap();
            assert!(infos.chip_authentication.is_empty());
            assert!(infos.chip_keys[0].key.is_some());
            assert_eq!(infos.chip_keys[0].key_id, key_id);
        }
    }

    #[test]
    fn a_point_beside_its_curve_is_named_and_an_unknown_curve_is_kept_raw() {
        let signed = hex::decode(vectors().eac2_signed).unwrap();
        let mut off_curve = signed.clone();
        let last = off_curve.len() - 4;
        off_curve[last] ^= 1;
        let infos = SecurityInfos::decode(&off_curve).unwrap();
        assert!(matches!(
            infos.chip_keys[0].fault,
            Some(KeyFault::Malformed(_))
        ));
        // Parameter id 99 in place of 13, in the key alone.
        let mut unknown = signed;
        let id = unknown.len() - 72;
        assert_eq!(unknown[id], 13);
        unknown[id] = 99;
        let infos = SecurityInfos::decode(&unknown).unwrap();
        assert!(matches!(
            infos.chip_keys[0].fault,
            Some(KeyFault::Unsupported(_))
        ));
        assert!(!infos.chip_keys[0].raw.is_empty());
    }

    #[test]
    fn the_worked_examples_offer_is_read() {
        let infos = decode(&vectors().pace_gm_ecdh).unwrap();
        assert_eq!(hex::encode(&infos.pace[0].oid), "04007f00070202040202");
        assert_eq!(infos.pace[0].parameter_id, Some(13));
    }

    #[test]
    fn unknown_pace_protocols_are_kept_without_a_meaning() {
        // Arc 9, and chip authentication mapping with triple DES, which is not defined.
        for arcs in ["0902", "0601"] {
            let entry = format!("3012060A04007F0007020204{arcs}02010202010D");
            let infos = decode(&format!("3114{entry}")).unwrap();
            assert_eq!(infos.pace[0].protocol, None);
            assert_eq!(infos.pace[0].parameter_id, Some(13));
        }
    }

    #[test]
    fn domain_parameters_of_pace_are_read_by_number_and_in_full() {
        let with = |protocol: u8, parameters: &[u8], id: &[u8]| {
            let oid = [0x06, 0x09, 0x04, 0, 0x7F, 0, 7, 2, 2, 4, protocol];
            let entry = encode(tag::SEQUENCE, &[&oid, parameters, id]);
            let set = encode(tag::SET, &[&entry]);
            SecurityInfos::decode(&set).map(|infos| infos.pace_domains)
        };
        let standardized = |id| {
            let oid = [0x06, 0x07, 0x04, 0, 0x7F, 0, 7, 1, 2];
            encode(tag::SEQUENCE, &[&oid, &[0x02, 0x01, id]])
        };
        let [info] = with(2, &standardized(13), &[0x02, 0x01, 0x21])
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(info.domain, Domain::from_parameter_id(13));
        assert_eq!(
            (info.agreement, info.mapping),
            (Agreement::Ecdh, Mapping::Generic)
        );
        assert_eq!(info.parameter_id, Some(0x21));
        // A named curve counts as well; the number may be missing.
        let p256 = hex::decode("301306072a8648ce3d020106082a8648ce3d030107").unwrap();
        let infos = with(4, &p256, &[]).unwrap();
        assert_eq!(infos[0].domain, Domain::from_parameter_id(12));
        assert_eq!(
            (infos[0].mapping, infos[0].parameter_id),
            (Mapping::Integrated, None)
        );
        let Some(Domain::Modp(group)) = Domain::from_parameter_id(2) else {
            panic!("a prime field");
        };
        let numbers = [group.prime(), group.generator(), group.order().unwrap()]
            .map(encode_integer)
            .concat();
        let oid = hex::decode("06072a8648ce3e0201").unwrap();
        let full = encode(tag::SEQUENCE, &[&oid, &encode(tag::SEQUENCE, &[&numbers])]);
        let infos = with(1, &full, &[]).unwrap();
        assert_eq!(infos[0].domain, Domain::from_parameter_id(2));
        // Another kind of agreement than the protocol's, an unknown number, nothing at all.
        for (protocol, parameters) in [
            (1, standardized(13)),
            (2, standardized(2)),
            (2, standardized(99)),
            (2, vec![0x30, 0]),
        ] {
            assert_eq!(with(protocol, &parameters, &[]).unwrap()[0].domain, None);
        }
        assert!(with(2, &[0x02, 0x01, 0x0D], &[]).is_err());
        assert_eq!(with(9, &standardized(13), &[]).unwrap(), []);
    }

    #[test]
    fn key_ids_are_absent_zero_or_numbers() {
        let id = |integer: &str| {
            let entry = format!("060A04007F00070202030202020101{integer}");
            let set = format!(
                "31{:02X}30{:02X}{entry}",
                entry.len() / 2 + 2,
                entry.len() / 2
            );
            let infos = decode(&set).unwrap();
            match infos.damaged.as_slice() {
                [] => Ok(infos.chip_authentication[0].key_id.clone()),
                [damaged] => Err(damaged.clone()),
                _ => panic!("one entry"),
            }
        };
        assert_eq!(id(""), Ok(None));
        assert_eq!(id("020100"), Ok(Some(vec![0])));
        assert_eq!(id("02020080"), Ok(Some(vec![0x80])));
        assert_eq!(id("0201FF"), Ok(Some(vec![0xFF])));
        assert!(id("0200").is_err());
    }

    #[test]
    fn active_authentication_names_its_signature() {
        let infos = decode("311930170606678108010105020101060A04007F00070101040103").unwrap();
        let info = infos.active_authentication.unwrap();
        assert_eq!(info.signature, Some(Scheme::EcdsaPlain(Hash::Sha256)));
        // RIPEMD-160 is not known here.
        let infos = decode("311930170606678108010105020101060A04007F00070101040106").unwrap();
        assert_eq!(infos.active_authentication.unwrap().signature, None);
    }

    #[test]
    fn a_known_protocol_without_its_data_is_refused() {
        for wrong in [
            "310C300A060804007F0007020202",
            "310E300C060A04007F00070202040202",
            "3004310202020000",
            "3102300000",
            "31023000",
        ] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
        for damaged in [
            "310E300C060A04007F00070202030202",
            "310A30080606678108010105",
            "310D300B060904007F000702020102",
            "310D300B060904007F000702020302",
        ] {
            let infos = decode(damaged).unwrap();
            assert_eq!(infos.damaged.len(), 1, "{damaged}");
            let rest = SecurityInfos {
                damaged: Vec::new(),
                ..infos
            };
            assert_eq!(rest, SecurityInfos::default());
        }
        let many = vec![vec![0x30, 3, 6, 1, 1]; 65].concat();
        assert!(SecurityInfos::decode(&encode(tag::SET, &[&many])).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..200, value: u8) {
            let _ = SecurityInfos::decode(&bytes);
            let vectors = vectors();
            for sample in [vectors.citizen_card, vectors.eac2_signed] {
                let mut mutated = hex::decode(sample).unwrap();
                if let Some(octet) = mutated.get_mut(at) {
                    *octet = value;
                }
                let _ = SecurityInfos::decode(&mutated);
            }
        }
    }
}
