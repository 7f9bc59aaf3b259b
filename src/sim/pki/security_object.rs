//! Builds EF.SOD: the LDS security object signed as CMS (Doc 9303-10 §4.6.2, RFC 5652 §5).

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use crate::bytes::tlv::Reader;
use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::lds::DataGroup;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::der;

/// id-icao-mrtd-security-ldsSecurityObject, 2.23.136.1.1.1
pub const LDS_SECURITY_OBJECT: &[u8] = &[0x67, 0x81, 0x08, 1, 1, 1];

/// id-SecurityObject, 0.4.0.127.0.7.3.2.1: the content of EF.CardSecurity
pub const SECURITY_OBJECT: &[u8] = &[0x04, 0x00, 0x7F, 0x00, 0x07, 3, 2, 1];

/// pkcs-7 signedData, 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];

/// pkcs-9, 1.2.840.113549.1.9
const PKCS_9: [u8; 8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9];

/// How the groups of a card are signed. Every field may be changed, to make security objects that
/// a verifier must refuse, or must accept although they are unusual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityObjectSpec {
    /// Hash over each group.
    pub group_hash: Hash,
    /// LDS and Unicode version, which make the security object version 1.
    pub versions: Option<(String, String)>,
    /// Type of the signed content, identifier octets.
    pub content_type: Vec<u8>,
    /// Hash over the content and of the signature.
    pub digest: Hash,
    /// Signing time attribute, in UTC.
    pub signing_time: Option<DateTime>,
    /// What the signed attributes say.
    pub attributes: SignedAttributes,
    /// How the signer's certificate is named.
    pub signer_id: SignerId,
    /// Certificates to embed, DER; `None` embeds the signer's.
    pub certificates: Option<Vec<Vec<u8>>>,
}

/// What the signed attributes say about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedAttributes {
    /// The truth.
    Right,
    /// Nothing: the signature is over the content itself.
    Absent,
    /// The digest of other content.
    OtherDigest,
    /// Another content type (id-data).
    OtherContentType,
}

/// How a SignerInfo names the signer's certificate (RFC 5652 §5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerId {
    /// Issuer and serial number, SignerInfo version 1
    IssuerAndSerial,
    /// Subject key identifier, SignerInfo version 3
    SubjectKeyId,
}

impl SecurityObjectSpec {
    /// An ordinary security object: version 0, SHA-256 throughout.
    pub fn new(signing_time: DateTime) -> Self {
        Self {
            group_hash: Hash::Sha256,
            versions: None,
            content_type: LDS_SECURITY_OBJECT.to_vec(),
            digest: Hash::Sha256,
            signing_time: Some(signing_time),
            attributes: SignedAttributes::Right,
            signer_id: SignerId::IssuerAndSerial,
            certificates: None,
        }
    }

    /// Hashes the groups as they stand and signs; gives the whole file, tag 77.
    ///
    /// # Errors
    /// [`Malformed`] when the signer's key or certificate does not serve.
    pub fn sign(
        &self,
        groups: &BTreeMap<DataGroup, Vec<u8>>,
        signer: &Entity,
    ) -> Result<Vec<u8>, Malformed> {
        let content_info = self.content_info(&self.security_object(groups), signer)?;
        Ok(encode(0x77, &[&content_info]))
    }

    /// Signs any content of the content type; gives the ContentInfo, as EF.CardSecurity is.
    ///
    /// # Errors
    /// [`Malformed`] when the signer's key or certificate does not serve.
    pub fn content_info(&self, content: &[u8], signer: &Entity) -> Result<Vec<u8>, Malformed> {
        let embedded: Vec<u8> = match &self.certificates {
            Some(list) => list.concat(),
            None => signer.certificate.clone(),
        };
        let embedded = match embedded.as_slice() {
            [] => Vec::new(),
            certificates => der::explicit(0, &[certificates]),
        };
        let signer_info = self.signer_info(content, signer)?;
        let signed_data = der::sequence(&[
            &der::small(3),
            &der::set_of(vec![der::hash_algorithm(self.digest)]),
            &der::sequence(&[
                &der::oid(&self.content_type),
                &der::explicit(0, &[&der::octets(content)]),
            ]),
            &embedded,
            &der::set_of(vec![signer_info]),
        ]);
        Ok(der::sequence(&[
            &der::oid(SIGNED_DATA),
            &der::explicit(0, &[&signed_data]),
        ]))
    }

    /// LDSSecurityObject (Doc 9303-10 §4.6.2.3).
    fn security_object(&self, groups: &BTreeMap<DataGroup, Vec<u8>>) -> Vec<u8> {
        let hashes: Vec<Vec<u8>> = groups
            .iter()
            .map(|(group, bytes)| {
                der::sequence(&[
                    &der::small(u32::from(group.number())),
                    &der::octets(&self.group_hash.digest(&[bytes])),
                ])
            })
            .collect();
        let (version, versions) = match &self.versions {
            None => (0, Vec::new()),
            Some((lds, unicode)) => (
                1,
                der::sequence(&[&der::printable(lds), &der::printable(unicode)]),
            ),
        };
        der::sequence(&[
            &der::small(version),
            &der::hash_algorithm(self.group_hash),
            &der::sequence_of(&hashes),
            &versions,
        ])
    }

    fn signer_info(&self, content: &[u8], signer: &Entity) -> Result<Vec<u8>, Malformed> {
        let (version, id) = match self.signer_id {
            SignerId::IssuerAndSerial => {
                let (issuer, serial) = signer.issuer_and_serial()?;
                (1, der::sequence(&[issuer, serial]))
            }
            SignerId::SubjectKeyId => (3, der::implicit(0, &signer.key_identifier()?)),
        };
        let attributes = self.signed_attributes(content);
        // RFC 5652 §5.4: the signature covers the attributes as a SET OF, which then stand there
        // under tag A0; without attributes it covers the content.
        let (signature, attributes) = match attributes {
            None => (signer.key.sign(self.digest, content)?, Vec::new()),
            Some(set) => {
                let signature = signer.key.sign(self.digest, &set)?;
                let inside = Reader::new(&set)
                    .expect(tag::SET, "signed attributes")?
                    .value;
                (signature, der::explicit(0, &[inside]))
            }
        };
        Ok(der::sequence(&[
            &der::small(version),
            &id,
            &der::hash_algorithm(self.digest),
            &attributes,
            &signer.key.algorithm(self.digest),
            &der::octets(&signature),
        ]))
    }

    /// The signed attributes as a DER SET OF, if there are to be any.
    fn signed_attributes(&self, content: &[u8]) -> Option<Vec<u8>> {
        const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
        let attribute = |last: u8, value: Vec<u8>| {
            let identifier = encode(tag::OID, &[&PKCS_9, &[last]]);
            der::sequence(&[&identifier, &der::set_of(vec![value])])
        };
        let (content_type, digested): (&[u8], &[u8]) = match self.attributes {
            SignedAttributes::Absent => return None,
            SignedAttributes::Right => (&self.content_type, content),
            SignedAttributes::OtherDigest => (&self.content_type, b"other content"),
            SignedAttributes::OtherContentType => (DATA, content),
        };
        let mut list = vec![
            attribute(3, der::oid(content_type)),
            attribute(4, der::octets(&self.digest.digest(&[digested]))),
        ];
        list.extend(self.signing_time.map(|at| attribute(5, der::time(at))));
        Some(der::set_of(list))
    }
}
