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

mod pace;
mod proof;

pub use pace::Mapping;
pub use pace::PaceDomainParameterInfo;
pub use pace::PaceInfo;
pub use pace::PaceProtocol;
pub use proof::ActiveAuthenticationInfo;
pub use proof::ChipAuthenticationInfo;
pub use proof::ChipDomain;
pub use proof::ChipKey;

use pace::pace;
use pace::pace_domain;
use proof::Kind;
use proof::active_authentication;
use proof::chip_key;
use proof::key_id;

use crate::bytes::oid::Oid;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
pub use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::algorithm;
use crate::crypto::cipher::Cipher;
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

#[cfg(test)]
mod tests;
