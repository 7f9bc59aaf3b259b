//! What can be wrong with EF.SOD.

use std::collections::BTreeMap;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::sim::keys;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::der;
use crate::sim::pki::security_object::Part;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignedAttributes;
use crate::sim::pki::signing_key::SigningKey;

named! {
    /// A security object that a verifier must refuse, or must take although it is unusual.
    Sod {
        /// The last bit of the signature is another one.
        SignatureWrong = "sod-signature-wrong",
        /// There is no signature.
        SignatureMissing = "sod-signature-missing",
        /// Another key than that of the certificate signed.
        AnotherKey = "sod-another-key",
        /// The signed digest is that of other content.
        DigestWrong = "sod-digest-wrong",
        /// The attribute with the digest is missing.
        DigestMissing = "sod-digest-missing",
        /// There are no signed attributes: the signature is over the content.
        AttributesMissing = "sod-attributes-missing",
        /// The attribute with the content type is missing.
        ContentTypeMissing = "sod-content-type-missing",
        /// The attribute names another content type.
        ContentTypeAttribute = "sod-content-type-attribute",
        /// The content is of another type, and so is the attribute.
        ContentType = "sod-content-type",
        /// There is no content.
        ContentMissing = "sod-content-missing",
        /// The signer's digest algorithm is another than that of its signature.
        AlgorithmsDiffer = "sod-algorithms-differ",
        /// The signer's digest algorithm is MD5.
        DigestMd5 = "sod-digest-md5",
        /// The signature is over SHA-1.
        Sha1 = "sod-sha1",
        /// There are two signers.
        SeveralSigners = "sod-several-signers",
        /// There is no signer.
        SignerMissing = "sod-signer-missing",
        /// There is no certificate inside.
        CertificateMissing = "sod-certificate-missing",
        /// The one certificate inside is of another number and another key.
        OtherCertificate = "sod-other-certificate",
        /// There are two certificates inside, and the signer's is neither.
        OtherCertificates = "sod-other-certificates",
        /// The hash of DG2 is another one, and signed.
        HashWrong = "sod-hash-wrong",
        /// The hashes of DG1 and DG2 stand under each other's number.
        HashesSwapped = "sod-hashes-swapped",
        /// The hashes are of another algorithm than is said.
        HashAlgorithm = "sod-hash-algorithm",
        /// The hashes are said to be of MD5.
        HashAlgorithmMd5 = "sod-hash-algorithm-md5",
        /// The algorithm of the hashes is not named.
        HashAlgorithmMissing = "sod-hash-algorithm-missing",
        /// The hash of DG13 is missing.
        GroupMissing = "sod-group-missing",
        /// There is a hash of DG16, which is not there.
        GroupAdded = "sod-group-added",
        /// The hash of DG2 stands there twice.
        GroupTwice = "sod-group-twice",
        /// The number of DG1 is 255.
        GroupNumber = "sod-group-number",
        /// There is no hash at all.
        HashesMissing = "sod-hashes-missing",
        /// The signed version of the data structure is another than that of EF.COM.
        OtherVersions = "sod-other-versions",
        /// The security object is of a version that does not exist.
        VersionUnknown = "sod-version-unknown",
        /// There is no time of signing.
        TimeMissing = "sod-time-missing",
        /// The time of signing lies before the signer's period.
        SignedTooEarly = "sod-signed-too-early",
        /// The time of signing lies after the signer's period.
        SignedTooLate = "sod-signed-too-late",
    }
}

/// id-data, 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];

/// MD5, 1.2.840.113549.2.5
const MD5: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5];

impl Sod {
    /// How the security object is written, where this says otherwise.
    pub(super) fn spec(
        self,
        spec: SecurityObjectSpec,
        signer: &Entity,
        authority: &Entity,
        groups: &BTreeMap<DataGroup, Vec<u8>>,
    ) -> Result<SecurityObjectSpec, Malformed> {
        let attributes = |attributes| SecurityObjectSpec {
            attributes,
            ..spec.clone()
        };
        let with = |part, bytes: &[u8]| SecurityObjectSpec {
            changes: spec.changes.clone().with(part, bytes),
            ..spec.clone()
        };
        let signed_at = |time| SecurityObjectSpec {
            signing_time: time,
            ..spec.clone()
        };
        let md5 = der::sequence(&[&der::oid(MD5)]);
        let (one, two) = (DataGroup::DG1, DataGroup::DG2);
        let hash = |group: DataGroup, hash: Hash| {
            let bytes = groups.get(&group).map(Vec::as_slice);
            der::octets(&hash.digest(&[bytes.unwrap_or_default()]))
        };
        Ok(match self {
            Self::SignatureWrong
            | Self::AnotherKey
            | Self::SeveralSigners
            | Self::SignerMissing
            | Self::GroupMissing
            | Self::GroupAdded => spec,
            Self::SignatureMissing => with(Part::Signature, &[]),
            Self::DigestWrong => attributes(SignedAttributes::OtherDigest),
            Self::DigestMissing => with(Part::MessageDigest, &[]),
            Self::AttributesMissing => attributes(SignedAttributes::Absent),
            Self::ContentTypeMissing => with(Part::ContentTypeAttribute, &[]),
            Self::ContentTypeAttribute => attributes(SignedAttributes::OtherContentType),
            Self::ContentType => SecurityObjectSpec {
                content_type: DATA.to_vec(),
                ..spec
            },
            Self::ContentMissing => with(Part::Content, &[]),
            Self::AlgorithmsDiffer => {
                with(Part::SignerDigest, &der::hash_algorithm(other(spec.digest)))
            }
            Self::DigestMd5 => with(Part::SignerDigest, &md5),
            Self::Sha1 => SecurityObjectSpec {
                digest: Hash::Sha1,
                ..spec
            },
            Self::CertificateMissing => SecurityObjectSpec {
                certificates: Some(Vec::new()),
                ..spec
            },
            Self::OtherCertificate => {
                let other = neighbour(signer, authority, 1)?;
                SecurityObjectSpec {
                    certificates: Some(vec![other]),
                    ..spec
                }
            }
            Self::OtherCertificates => {
                let others = [
                    neighbour(signer, authority, 1)?,
                    neighbour(signer, authority, 2)?,
                ];
                SecurityObjectSpec {
                    certificates: Some(others.to_vec()),
                    ..spec
                }
            }
            Self::HashWrong => with(Part::HashValue(two), &hash(one, spec.group_hash)),
            Self::HashesSwapped => SecurityObjectSpec {
                changes: spec
                    .changes
                    .clone()
                    .with(Part::HashValue(one), &hash(two, spec.group_hash))
                    .with(Part::HashValue(two), &hash(one, spec.group_hash)),
                ..spec
            },
            Self::HashAlgorithm => with(
                Part::HashAlgorithm,
                &der::hash_algorithm(other(spec.group_hash)),
            ),
            Self::HashAlgorithmMd5 => with(Part::HashAlgorithm, &md5),
            Self::HashAlgorithmMissing => with(Part::HashAlgorithm, &[]),
            Self::GroupTwice => SecurityObjectSpec {
                changes: spec.changes.clone().twice(Part::Entry(two)),
                ..spec
            },
            Self::GroupNumber => with(Part::Number(one), &encode(tag::INTEGER, &[&[0, 0xFF]])),
            Self::HashesMissing => with(Part::Hashes, &der::sequence(&[])),
            Self::OtherVersions => SecurityObjectSpec {
                versions: Some(("0108".to_owned(), "040000".to_owned())),
                ..spec
            },
            Self::VersionUnknown => with(Part::ObjectVersion, &der::small(9)),
            Self::TimeMissing => signed_at(None),
            Self::SignedTooEarly => {
                let (from, _) = signer.spec.validity;
                signed_at(from.checked_sub(jiff::Span::new().days(1)).ok())
            }
            Self::SignedTooLate => {
                let (_, to) = signer.spec.validity;
                signed_at(to.checked_add(jiff::Span::new().days(1)).ok())
            }
        })
    }

    /// The groups that are signed, where this says otherwise.
    pub(super) fn groups(self, groups: &mut BTreeMap<DataGroup, Vec<u8>>) {
        match self {
            Self::GroupMissing => drop(groups.remove(&DataGroup::DG13)),
            Self::GroupAdded => drop(groups.insert(DataGroup::DG16, vec![0x70, 0])),
            _ => {}
        }
    }

    /// Who signs, where this says otherwise.
    pub(super) fn signer(self, signer: Entity) -> Result<Entity, Malformed> {
        Ok(match self {
            Self::AnotherKey => Entity {
                key: impostor(&signer.key)?,
                ..signer
            },
            _ => signer,
        })
    }

    /// What is changed in the finished file.
    pub(super) fn file(self, mut file: Vec<u8>) -> Result<Vec<u8>, Malformed> {
        match self {
            Self::SignatureWrong => {
                if let Some(last) = file.last_mut() {
                    *last ^= 1;
                }
                Ok(file)
            }
            Self::SeveralSigners => with_signer_infos(&file, |infos| [infos, infos].concat()),
            Self::SignerMissing => with_signer_infos(&file, |_| Vec::new()),
            _ => Ok(file),
        }
    }
}

/// Another hash than this.
fn other(hash: Hash) -> Hash {
    match hash {
        Hash::Sha512 => Hash::Sha256,
        _ => Hash::Sha512,
    }
}

/// A key of the forger's, of the same kind where that is a curve.
pub(super) fn impostor(key: &SigningKey) -> Result<SigningKey, Malformed> {
    let curve = match key {
        SigningKey::Ec(key) | SigningKey::EcPlain(key) => key.curve(),
        _ => Curve::P384,
    };
    Ok(SigningKey::Ec(keys::ec(curve, "impostor")?))
}

/// A certificate like the signer's, rightly issued to another key under another number.
fn neighbour(signer: &Entity, authority: &Entity, number: u8) -> Result<Vec<u8>, Malformed> {
    let spec = CertificateSpec {
        serial: vec![number],
        subject: Name {
            common_name: format!("TEST DS neighbour {number}"),
            ..signer.spec.subject.clone()
        },
        ..signer.spec.clone()
    };
    let issued = spec.issued_by(authority, impostor(&signer.key)?)?;
    Ok(issued.certificate)
}

/// EF.SOD with other content in its SET of SignerInfo (RFC 5652 §5.1).
fn with_signer_infos(
    file: &[u8],
    change: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<Vec<u8>, Malformed> {
    const WHAT: &str = "security object to change";
    let mut info = Reader::new(file)
        .expect(0x77, WHAT)?
        .inside()?
        .expect(tag::SEQUENCE, WHAT)?
        .inside()?;
    let kind = info.expect(tag::OID, WHAT)?.raw;
    let mut signed = info
        .expect(0xA0, WHAT)?
        .inside()?
        .expect(tag::SEQUENCE, WHAT)?
        .inside()?;
    let mut parts = Vec::new();
    while !signed.at_end() {
        parts.push(signed.element(WHAT)?);
    }
    let infos = parts.pop().ok_or(Malformed::new(WHAT, 0))?;
    let infos = encode(tag::SET, &[&change(infos.value)]);
    let parts: Vec<&[u8]> = parts
        .iter()
        .map(|part| part.raw)
        .chain([infos.as_slice()])
        .collect();
    let signed = encode(0xA0, &[&encode(tag::SEQUENCE, &parts)]);
    Ok(encode(0x77, &[&encode(tag::SEQUENCE, &[kind, &signed])]))
}
