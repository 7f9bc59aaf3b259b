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
use crate::sim::pki::parts::Changes;
use crate::sim::pki::spelling;
use crate::sim::pki::spelling::AlgorithmParameters;
use crate::sim::pki::spelling::Spelling;

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
    /// How the frame is encoded.
    pub encoding: Encoding,
    /// In which order the signed attributes stand.
    pub order: AttributeOrder,
    /// How the algorithms of the signer are written.
    pub parameters: AlgorithmParameters,
    /// Parts that are written otherwise, or not at all.
    pub changes: Changes<Part>,
}

/// A part of a security object: of SignedData and SignerInfo (RFC 5652 §5.1, §5.3), and of the
/// LDSSecurityObject inside (Doc 9303-10 §4.6.2.3). What stands in its place is signed, where it is
/// of the content or of the signed attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// SignedData version
    Version,
    /// digestAlgorithms
    DigestAlgorithms,
    /// eContentType
    ContentType,
    /// `[0]` and eContent inside
    Content,
    /// SignerInfo version
    SignerVersion,
    /// sid
    SignerId,
    /// digestAlgorithm
    SignerDigest,
    /// The attribute contentType
    ContentTypeAttribute,
    /// The attribute messageDigest
    MessageDigest,
    /// signatureAlgorithm
    SignatureAlgorithm,
    /// signature
    Signature,
    /// LDSSecurityObject version
    ObjectVersion,
    /// hashAlgorithm
    HashAlgorithm,
    /// dataGroupHashValues
    Hashes,
    /// The DataGroupHash of a group
    Entry(DataGroup),
    /// dataGroupNumber
    Number(DataGroup),
    /// dataGroupHashValue
    HashValue(DataGroup),
    /// ldsVersionInfo
    VersionInfo,
}

/// How signed data is encoded (X.690).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// DER
    Der,
    /// BER with indefinite lengths around content and certificates
    Indefinite,
    /// BER with the content in two pieces
    SplitOctets,
}

/// In which order the signed attributes stand, which DER sorts (X.690 §11.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeOrder {
    /// Sorted
    Der,
    /// Turned around, and signed so
    Reversed,
    /// Turned around after they were signed in order
    ReversedAfterSigning,
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
    /// Issuer and serial number, and the issuer is written otherwise
    Respelled(Spelling),
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
            encoding: Encoding::Der,
            order: AttributeOrder::Der,
            parameters: AlgorithmParameters::Usual,
            changes: Changes::none(),
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
            certificates => self.frame(0xA0, &[certificates]),
        };
        let signer_info = self.signer_info(content, signer)?;
        let content = match self.encoding {
            Encoding::SplitOctets => spelling::octets_in_pieces(content),
            Encoding::Der | Encoding::Indefinite => der::octets(content),
        };
        let content = self.part(Part::Content, self.frame(0xA0, &[&content]));
        let content_type = self.part(Part::ContentType, der::oid(&self.content_type));
        let digest = self.parameters.of(der::hash_algorithm(self.digest))?;
        let signed_data = self.frame(
            0x30,
            &[
                &self.part(Part::Version, der::small(3)),
                &self.part(Part::DigestAlgorithms, der::set_of(vec![digest])),
                &self.frame(0x30, &[&content_type, &content]),
                &embedded,
                &der::set_of(vec![signer_info]),
            ],
        );
        let signed_data = self.frame(0xA0, &[&signed_data]);
        Ok(self.frame(0x30, &[&der::oid(SIGNED_DATA), &signed_data]))
    }

    fn part(&self, part: Part, usual: Vec<u8>) -> Vec<u8> {
        self.changes.of(part, usual)
    }

    /// A constructed element of the frame.
    fn frame(&self, tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        match self.encoding {
            Encoding::Indefinite => spelling::indefinite(tag, parts),
            Encoding::Der | Encoding::SplitOctets => encode(u32::from(tag), parts),
        }
    }

    /// LDSSecurityObject (Doc 9303-10 §4.6.2.3).
    pub(in crate::sim) fn security_object(&self, groups: &BTreeMap<DataGroup, Vec<u8>>) -> Vec<u8> {
        let hashes: Vec<Vec<u8>> = groups
            .iter()
            .map(|(group, bytes)| {
                let number = der::small(u32::from(group.number()));
                let hash = der::octets(&self.group_hash.digest(&[bytes]));
                let entry = der::sequence(&[
                    &self.part(Part::Number(*group), number),
                    &self.part(Part::HashValue(*group), hash),
                ]);
                self.part(Part::Entry(*group), entry)
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
            &self.part(Part::ObjectVersion, der::small(version)),
            &self.part(Part::HashAlgorithm, der::hash_algorithm(self.group_hash)),
            &self.part(Part::Hashes, der::sequence_of(&hashes)),
            &self.part(Part::VersionInfo, versions),
        ])
    }

    fn signer_info(&self, content: &[u8], signer: &Entity) -> Result<Vec<u8>, Malformed> {
        let (version, id) = match self.signer_id {
            SignerId::IssuerAndSerial => {
                let (issuer, serial) = signer.issuer_and_serial();
                (1, der::sequence(&[&issuer, &serial]))
            }
            SignerId::SubjectKeyId => (3, der::implicit(0, &signer.key_identifier()?)),
            SignerId::Respelled(spelling) => {
                let (issuer, serial) = signer.issuer_and_serial();
                (1, der::sequence(&[&spelling.of(&issuer)?, &serial]))
            }
        };
        let attributes = self.signed_attributes(content);
        // RFC 5652 §5.4: the signature covers the attributes as a SET OF, which then stand there
        // under tag A0; without attributes it covers the content.
        let (signature, attributes) = match attributes {
            None => (signer.key.sign(self.digest, content)?, Vec::new()),
            Some(sorted) => {
                let reversed = reversed(&sorted)?;
                let (signed, sent) = match self.order {
                    AttributeOrder::Der => (&sorted, &sorted),
                    AttributeOrder::Reversed => (&reversed, &reversed),
                    AttributeOrder::ReversedAfterSigning => (&sorted, &reversed),
                };
                let signature = signer.key.sign(self.digest, signed)?;
                let inside = Reader::new(sent)
                    .expect(tag::SET, "signed attributes")?
                    .value;
                (signature, der::explicit(0, &[inside]))
            }
        };
        let digest = self.parameters.of(der::hash_algorithm(self.digest))?;
        let algorithm = self.parameters.of(signer.key.algorithm(self.digest))?;
        Ok(der::sequence(&[
            &self.part(Part::SignerVersion, der::small(version)),
            &self.part(Part::SignerId, id),
            &self.part(Part::SignerDigest, digest),
            &attributes,
            &self.part(Part::SignatureAlgorithm, algorithm),
            &self.part(Part::Signature, der::octets(&signature)),
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
        let digest = attribute(4, der::octets(&self.digest.digest(&[digested])));
        let mut list = vec![
            self.part(
                Part::ContentTypeAttribute,
                attribute(3, der::oid(content_type)),
            ),
            self.part(Part::MessageDigest, digest),
        ];
        list.extend(self.signing_time.map(|at| attribute(5, der::time(at))));
        list.retain(|attribute| !attribute.is_empty());
        Some(der::set_of(list))
    }
}

/// The same SET with its members the other way around.
fn reversed(set: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut members = Reader::new(set)
        .expect(tag::SET, "signed attributes")?
        .inside()?;
    let mut list = Vec::new();
    while !members.at_end() {
        list.insert(0, members.element("signed attribute")?.raw);
    }
    Ok(encode(tag::SET, &list))
}
