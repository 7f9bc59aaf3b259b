//! Builds deviation lists (Doc 9303-3 §7, Doc 9303-12 §10) and the certificates of those who sign
//! them (§7.1.1.3).

use jiff::civil::DateTime;

use crate::bytes::tlv::encode;
use crate::bytes::tlv::tag;
use crate::crypto::hash::Hash;
use crate::error::Malformed;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::der;
use crate::sim::pki::master_list;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignerId;

/// id-icao-DeviationList, 2.23.136.1.1.7
pub const DEVIATION_LIST: &[u8] = &[0x67, 0x81, 0x08, 1, 1, 7];

/// id-icao-DeviationListSigningKey, 2.23.136.1.1.8
pub const DEVIATION_LIST_SIGNING_KEY: &[u8] = &[0x67, 0x81, 0x08, 1, 1, 8];

/// What a deviation list says, and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviationListSpec {
    /// Version of the list: 0.
    pub version: u32,
    /// The hash of certificates' digests, where it is named.
    pub digest_algorithm: Option<Hash>,
    /// The deviations.
    pub deviations: Vec<DeviationSpec>,
    /// The signed data around it; hashes of groups and their versions are not used.
    pub cms: SecurityObjectSpec,
}

/// One deviation: which documents, and what is wrong with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviationSpec {
    /// Document code, two characters.
    pub document_type: Option<String>,
    /// The document signer.
    pub signer: Option<NamedSigner>,
    /// First and last issuing date, in UTC.
    pub issued: Option<(DateTime, DateTime)>,
    /// Numbers of documents.
    pub numbers: Option<Vec<String>>,
    /// What is wrong.
    pub descriptions: Vec<DescriptionSpec>,
    /// How the tags of the documents are written.
    pub tags: Tags,
}

/// How the module's tags are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tags {
    /// In place of the universal ones, as the module says.
    #[default]
    Implicit,
    /// Around the universal ones.
    Explicit,
}

/// How a deviation names a document signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedSigner {
    /// The Name element of the issuer and the INTEGER of the serial number.
    IssuerAndSerial(Vec<u8>, Vec<u8>),
    /// Identifier of the key.
    SubjectKeyId(Vec<u8>),
    /// Digest of the certificate.
    Digest(Vec<u8>),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptionSpec {
    /// In words.
    pub text: Option<String>,
    /// The arcs below id-icao-DeviationList, each under 128: `[2, 2]` for a wrong hash.
    pub kind: Vec<u8>,
    /// A finished element that says where.
    pub parameters: Option<Vec<u8>>,
    /// A finished element for the state's own use.
    pub national_use: Option<Vec<u8>>,
}

impl DeviationListSpec {
    /// A list with these deviations, as Doc 9303-12 table 19 recommends it: SHA-256, and the signer
    /// by its key's identifier.
    pub fn new(deviations: Vec<DeviationSpec>, signing_time: DateTime) -> Self {
        let mut cms = SecurityObjectSpec::new(signing_time);
        cms.content_type = DEVIATION_LIST.to_vec();
        cms.signer_id = SignerId::SubjectKeyId;
        Self {
            version: 0,
            digest_algorithm: None,
            deviations,
            cms,
        }
    }

    /// DeviationList: what is signed.
    pub fn content(&self) -> Vec<u8> {
        let digest = self.digest_algorithm.map(der::hash_algorithm);
        let deviations = self.deviations.iter().map(DeviationSpec::encode);
        der::sequence(&[
            &der::small(self.version),
            &digest.unwrap_or_default(),
            &der::set_of(deviations.collect()),
        ])
    }

    /// Signs the list; gives the ContentInfo. `cms.certificates` says which certificates come along,
    /// by default the signer's alone.
    ///
    /// # Errors
    /// [`Malformed`] when the signer's key or certificate does not serve.
    pub fn sign(&self, signer: &Entity) -> Result<Vec<u8>, Malformed> {
        self.cms.content_info(&self.content(), signer)
    }
}

impl DeviationSpec {
    fn encode(&self) -> Vec<u8> {
        let field = |number: u8, universal: Vec<u8>| self.tags.of(number, universal);
        let kind = self.document_type.as_deref().map(der::printable);
        let signer = self.signer.clone().map(|signer| match signer {
            NamedSigner::IssuerAndSerial(issuer, serial) => {
                field(1, der::sequence(&[&issuer, &serial]))
            }
            NamedSigner::SubjectKeyId(id) => field(2, der::octets(&id)),
            NamedSigner::Digest(digest) => field(3, der::octets(&digest)),
        });
        let issued = self.issued.map(|(first, last)| {
            let time = |at| encode(0x18, &[der::generalized(at).as_bytes()]);
            field(4, der::sequence(&[&time(first), &time(last)]))
        });
        let numbers = self.numbers.as_ref().map(|numbers| {
            let numbers = numbers.iter().map(|number| der::printable(number));
            field(5, der::set_of(numbers.collect()))
        });
        let documents = der::sequence(&[
            &kind.map(|kind| field(0, kind)).unwrap_or_default(),
            &signer.unwrap_or_default(),
            &issued.unwrap_or_default(),
            &numbers.unwrap_or_default(),
        ]);
        let descriptions = self.descriptions.iter().map(DescriptionSpec::encode);
        der::sequence(&[&documents, &der::set_of(descriptions.collect())])
    }
}

impl Tags {
    /// An element under a context-specific tag.
    fn of(self, number: u8, universal: Vec<u8>) -> Vec<u8> {
        match (self, universal.split_first()) {
            // X.690 §8.14: the tag is replaced, and what is constructed stays so.
            (Self::Implicit, Some((first, rest))) => {
                let mut out = vec![0x80 | (first & 0x20) | number];
                out.extend_from_slice(rest);
                out
            }
            _ => der::explicit(number, &[&universal]),
        }
    }
}

impl DescriptionSpec {
    /// A description of a kind alone.
    pub fn of(kind: &[u8]) -> Self {
        Self {
            text: None,
            kind: kind.to_vec(),
            parameters: None,
            national_use: None,
        }
    }

    /// The same with a number for its parameter: a group, or a field of certificate or zone.
    #[must_use]
    pub fn at(mut self, number: u32) -> Self {
        self.parameters = Some(der::small(number));
        self
    }

    fn encode(&self) -> Vec<u8> {
        let text = self.text.as_deref().map(der::printable);
        // X.680 §31.2.7: the tag of an open type is explicit in any module.
        let open = |number, value: &Option<Vec<u8>>| {
            let value = value.as_ref();
            value.map(|value| der::explicit(number, &[value]))
        };
        der::sequence(&[
            &text.unwrap_or_default(),
            &encode(tag::OID, &[DEVIATION_LIST, &self.kind]),
            &open(0, &self.parameters).unwrap_or_default(),
            &open(1, &self.national_use).unwrap_or_default(),
        ])
    }
}

/// What the certificate of a deviation list signer says: digitalSignature, and the one purpose.
pub fn deviation_list_signer(subject: Name) -> CertificateSpec {
    master_list::list_signer(subject, DEVIATION_LIST_SIGNING_KEY)
}
