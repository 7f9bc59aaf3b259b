//! EF.SOD: the signed hashes of the data groups (Doc 9303-10 §4.6.2).
//!
//! ```text
//! 77 { ContentInfo (RFC 5652) }
//! LDSSecurityObject ::= SEQUENCE {
//!   version               INTEGER { v0(0), v1(1) },
//!   hashAlgorithm         AlgorithmIdentifier,
//!   dataGroupHashValues   SEQUENCE SIZE (2..16) OF SEQUENCE {
//!     dataGroupNumber     INTEGER, dataGroupHashValue OCTET STRING },
//!   ldsVersionInfo        SEQUENCE { ldsVersion PrintableString,
//!                                    unicodeVersion PrintableString } OPTIONAL }
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bytes::oid::Oid;
use crate::bytes::tlv;
use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;

const TEMPLATE: u32 = 0x77;

/// Most hashes that there can be.
const MAX_HASHES: usize = 16;

/// The latest version of the structure that there is.
const LATEST_VERSION: u32 = 1;

/// id-icao-mrtd-security-ldsSecurityObject, 2.23.136.1.1.1
pub const LDS_SECURITY_OBJECT: Oid<'static> = Oid::new(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x01]);

/// 1.3.27.1.1.1 and 1.2.528.1.1006.1.20.1, which the first documents carry.
const OLD_CONTENT_TYPES: [Oid<'static>; 2] = [
    Oid::new(&[0x2B, 0x1B, 0x01, 0x01, 0x01]),
    Oid::new(&[0x2A, 0x84, 0x10, 0x01, 0x87, 0x6E, 0x01, 0x14, 0x01]),
];

/// By which of its names a content type says "LDS security object".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alias {
    /// The identifier of Doc 9303.
    Current,
    /// One of the two older identifiers.
    Old,
}

/// Whether a CMS content type is the LDS security object, and by which name.
pub fn is_content_type(oid: Oid<'_>) -> Option<Alias> {
    if oid == LDS_SECURITY_OBJECT {
        Some(Alias::Current)
    } else if OLD_CONTENT_TYPES.contains(&oid) {
        Some(Alias::Old)
    } else {
        None
    }
}

/// Takes the CMS `ContentInfo` out of the file, in definite form.
///
/// # Errors
/// [`Malformed`] when tag 77 is missing, holds anything but one SEQUENCE, or bytes follow.
pub fn signed_data(file: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    match tlv::definite(file)? {
        Cow::Borrowed(bytes) => content_info(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => content_info(&bytes).map(|info| Cow::Owned(info.to_vec())),
    }
}

fn content_info(file: &[u8]) -> Result<&[u8], Malformed> {
    let mut reader = Reader::new(file);
    let mut inside = reader.expect(TEMPLATE, "EF.SOD")?.inside()?;
    reader.finish("EF.SOD")?;
    let info = inside.expect(tag::SEQUENCE, "ContentInfo")?;
    inside.finish("EF.SOD")?;
    Ok(info.raw)
}

/// The LDS security object: which hash each data group must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityObject {
    /// 0 or 1
    pub version: u32,
    /// The hash function of every group.
    pub hash: Hash,
    /// Hash of each group, each of the function's length.
    pub hashes: BTreeMap<DataGroup, Vec<u8>>,
    /// LDS and Unicode version, in version 1.
    pub versions: Option<(String, String)>,
}

/// Why a security object could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityObjectFault {
    /// The bytes do not have the form.
    Malformed(Malformed),
    /// The hash function is none that this build knows; its dotted identifier.
    UnknownHash(String),
    /// The version is none that this build knows, and what follows has no form that it knows.
    UnknownVersion(u32),
}

impl From<Malformed> for SecurityObjectFault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl SecurityObject {
    /// Decodes the `eContent` octets.
    ///
    /// One hash is enough, although the standard asks for two. A later version is read as far as it
    /// has the form of these two; whether the version fits the rest is not judged here, see
    /// [`Self::version_fits`].
    ///
    /// # Errors
    /// [`SecurityObjectFault`] when the form is another, a group is named twice, a hash has another
    /// length than its function gives, or the function is unknown.
    pub fn decode(econtent: &[u8]) -> Result<Self, SecurityObjectFault> {
        let mut reader = Reader::new(econtent);
        let mut object = reader
            .expect(tag::SEQUENCE, "LDSSecurityObject")?
            .inside()?;
        reader.finish("LDSSecurityObject")?;

        let version = object.expect(tag::INTEGER, "LDSSecurityObject version")?;
        let version = version.small_integer()?;
        match Self::fields_of(version, object) {
            Err(SecurityObjectFault::Malformed(_)) if version > LATEST_VERSION => {
                Err(SecurityObjectFault::UnknownVersion(version))
            }
            other => other,
        }
    }

    /// What follows the version.
    fn fields_of(version: u32, mut object: Reader<'_>) -> Result<Self, SecurityObjectFault> {
        let hash = hash(object.expect(tag::SEQUENCE, "hashAlgorithm")?)?;
        let values = object.expect(tag::SEQUENCE, "dataGroupHashValues")?;
        let hashes = hash_values(&values, hash)?;
        let versions = match object.optional(tag::SEQUENCE, "ldsVersionInfo")? {
            Some(info) => Some(version_info(&info)?),
            None => None,
        };
        object.finish("LDSSecurityObject")?;
        Ok(Self {
            version,
            hash,
            hashes,
            versions,
        })
    }

    /// Whether the version is the one that the rest asks for (Doc 9303-10 §4.6.2.3): 1 where the
    /// versions of LDS and Unicode are there, else 0.
    pub fn version_fits(&self) -> bool {
        self.version == u32::from(self.versions.is_some())
    }
}

fn hash_values(
    values: &Element<'_>,
    hash: Hash,
) -> Result<BTreeMap<DataGroup, Vec<u8>>, Malformed> {
    let mut hashes = BTreeMap::new();
    let mut inside = values.inside()?;
    while !inside.at_end() {
        let malformed = Malformed::new("DataGroupHash", inside.offset());
        let mut entry = inside.expect(tag::SEQUENCE, "DataGroupHash")?.inside()?;
        let number = entry.expect(tag::INTEGER, "dataGroupNumber")?;
        let value = entry.expect(tag::OCTET_STRING, "dataGroupHashValue")?.value;
        entry.finish("DataGroupHash")?;
        let group = u8::try_from(number.small_integer()?)
            .ok()
            .and_then(DataGroup::new)
            .ok_or(malformed)?;
        if value.len() != hash.len() || hashes.insert(group, value.to_vec()).is_some() {
            return Err(malformed);
        }
    }
    if hashes.is_empty() || hashes.len() > MAX_HASHES {
        return Err(Malformed::new("dataGroupHashValues", values.offset));
    }
    Ok(hashes)
}

fn version_info(info: &Element<'_>) -> Result<(String, String), Malformed> {
    let mut inside = info.inside()?;
    let mut text = |what| {
        let element = inside.expect(tag::PRINTABLE_STRING, what)?;
        match std::str::from_utf8(element.value) {
            Ok(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(text.to_owned()),
            _ => Err(Malformed::new(what, element.offset)),
        }
    };
    let versions = (text("ldsVersion")?, text("unicodeVersion")?);
    inside.finish("ldsVersionInfo")?;
    Ok(versions)
}

/// The hash function of an AlgorithmIdentifier.
fn hash(algorithm: Element<'_>) -> Result<Hash, SecurityObjectFault> {
    algorithm::hash(algorithm).or_else(|fault| match fault {
        KeyFault::Malformed(malformed) => Err(malformed.into()),
        KeyFault::Unsupported(_) => {
            let oid = algorithm.inside()?.expect(tag::OID, "hash algorithm")?;
            let dotted = Oid::new(oid.value).to_string();
            Err(SecurityObjectFault::UnknownHash(dotted))
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::tlv::encode;
    use crate::bytes::tlv::encode_integer;

    const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

    fn entry(number: u8, value: &[u8]) -> Vec<u8> {
        let value = encode(tag::OCTET_STRING, &[value]);
        encode(tag::SEQUENCE, &[&encode_integer(&[number]), &value])
    }

    fn object(oid: &[u8], entries: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
        let algorithm = encode(tag::SEQUENCE, &[&encode(tag::OID, &[oid])]);
        let entries = encode(tag::SEQUENCE, &[&entries.concat()]);
        encode(
            tag::SEQUENCE,
            &[
                &encode_integer(&[u8::from(!rest.is_empty())]),
                &algorithm,
                &entries,
                rest,
            ],
        )
    }

    #[test]
    fn both_versions_are_read() {
        let plain = object(&SHA256, &[entry(1, &[7; 32]), entry(14, &[8; 32])], &[]);
        let read = SecurityObject::decode(&plain).unwrap();
        assert_eq!((read.version, read.hash), (0, Hash::Sha256));
        assert_eq!(read.hashes[&DataGroup::DG14], [8; 32]);
        assert_eq!(read.versions, None);

        let info = encode(tag::SEQUENCE, &[b"\x13\x040108", b"\x13\x06040000"]);
        let dated = object(&SHA256, &[entry(1, &[7; 32])], &info);
        let read = SecurityObject::decode(&dated).unwrap();
        assert_eq!(read.version, 1);
        assert_eq!(
            read.versions,
            Some(("0108".to_owned(), "040000".to_owned()))
        );
    }

    #[test]
    fn a_version_fits_what_follows_or_is_named() {
        let numbered = |version: u8, rest: &[u8]| {
            let mut bytes = object(&SHA256, &[entry(1, &[7; 32])], rest);
            // SEQUENCE, length, INTEGER, length.
            bytes[4] = version;
            SecurityObject::decode(&bytes)
        };
        let info = encode(tag::SEQUENCE, &[b"\x13\x040108", b"\x13\x06040000"]);
        for (version, rest, fits) in [
            (0, &[][..], true),
            (1, &info, true),
            (0, &info, false),
            (1, &[], false),
            (2, &[], false),
            (2, &info, false),
        ] {
            let read = numbered(version, rest).unwrap();
            assert_eq!(read.version, u32::from(version));
            assert_eq!(read.version_fits(), fits, "{version} {rest:?}");
        }
        // A structure that nobody knows yet.
        let later = |version| numbered(version, &[5, 0]);
        assert_eq!(later(2), Err(SecurityObjectFault::UnknownVersion(2)));
        assert!(matches!(later(1), Err(SecurityObjectFault::Malformed(_))));
    }

    #[test]
    fn doubled_short_missing_and_impossible_hashes_are_refused() {
        for entries in [
            vec![entry(1, &[7; 32]), entry(1, &[7; 32])],
            vec![entry(1, &[7; 31])],
            vec![entry(0, &[7; 32])],
            vec![entry(17, &[7; 32])],
            vec![],
        ] {
            let bytes = object(&SHA256, &entries, &[]);
            assert!(SecurityObject::decode(&bytes).is_err());
        }
    }

    #[test]
    fn an_unknown_hash_is_named() {
        let md5 = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x05];
        let bytes = object(&md5, &[entry(1, &[7; 16])], &[]);
        assert_eq!(
            SecurityObject::decode(&bytes),
            Err(SecurityObjectFault::UnknownHash(
                "1.2.840.113549.2.5".to_owned()
            ))
        );
    }

    #[test]
    fn content_types_are_known_by_their_old_names_too() {
        assert_eq!(is_content_type(LDS_SECURITY_OBJECT), Some(Alias::Current));
        let dotted = OLD_CONTENT_TYPES.map(|oid| oid.to_string());
        assert_eq!(dotted, ["1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"]);
        for oid in OLD_CONTENT_TYPES {
            assert_eq!(is_content_type(oid), Some(Alias::Old));
        }
        assert_eq!(is_content_type(Oid::new(&SHA256)), None);
    }

    #[test]
    fn the_wrapping_is_taken_off_in_every_form() {
        assert_eq!(
            signed_data(&[0x77, 2, 0x30, 0]).unwrap().as_ref(),
            [0x30, 0]
        );
        let indefinite = [0x77, 0x80, 0x30, 0x80, 2, 1, 5, 0, 0, 0, 0];
        assert_eq!(
            signed_data(&indefinite).unwrap().as_ref(),
            [0x30, 3, 2, 1, 5]
        );
        assert!(signed_data(&[0x30, 0]).is_err());
        assert!(signed_data(&[0x77, 2, 0x30, 0, 0]).is_err());
        assert!(signed_data(&[0x77, 4, 0x30, 0, 0x30, 0]).is_err());
    }

    #[test]
    fn the_reference_passports_wrapping_is_taken_off() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../shared/data/samples/tr03105-5/EF_SOD.bin"
        );
        let Ok(file) = std::fs::read(path) else {
            println!("skipped: no ../shared/data");
            return;
        };
        let info = signed_data(&file).unwrap();
        assert_eq!(info.first(), Some(&0x30));
        assert_eq!(info.len() + 4, file.len());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..96), at in 0_usize..60, value: u8) {
            let _ = signed_data(&bytes);
            let _ = SecurityObject::decode(&bytes);
            let mut mutated = object(&SHA256, &[entry(1, &[7; 32])], &[]);
            if let Some(octet) = mutated.get_mut(at) {
                *octet = value;
            }
            let _ = SecurityObject::decode(&mutated);
        }
    }
}
