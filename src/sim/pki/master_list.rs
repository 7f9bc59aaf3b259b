//! Builds master lists (Doc 9303-12 §9) and the certificates of those who sign them (§7.1.1.3).

use jiff::civil::DateTime;

use crate::error::Malformed;
use crate::sim::pki::certificate::CertificateSpec;
use crate::sim::pki::certificate::Critical;
use crate::sim::pki::certificate::Entity;
use crate::sim::pki::certificate::Name;
use crate::sim::pki::certificate::extension;
use crate::sim::pki::der;
use crate::sim::pki::security_object::SecurityObjectSpec;
use crate::sim::pki::security_object::SignerId;

/// id-icao-cscaMasterList, 2.23.136.1.1.2
pub const MASTER_LIST: &[u8] = &[0x67, 0x81, 0x08, 1, 1, 2];

/// id-icao-cscaMasterListSigningKey, 2.23.136.1.1.3
pub const MASTER_LIST_SIGNING_KEY: &[u8] = &[0x67, 0x81, 0x08, 1, 1, 3];

/// What a master list says, and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterListSpec {
    /// Version of the list: 0.
    pub version: u32,
    /// The certificates, DER, or whatever is to stand in their place.
    pub certificates: Vec<Vec<u8>>,
    /// The signed data around it; hashes of groups and their versions are not used.
    pub cms: SecurityObjectSpec,
}

impl MasterListSpec {
    /// A list with these certificates, as Doc 9303-12 table 18 recommends it: SHA-256, and the signer
    /// by its key's identifier.
    pub fn new(certificates: Vec<Vec<u8>>, signing_time: DateTime) -> Self {
        let mut cms = SecurityObjectSpec::new(signing_time);
        cms.content_type = MASTER_LIST.to_vec();
        cms.signer_id = SignerId::SubjectKeyId;
        Self {
            version: 0,
            certificates,
            cms,
        }
    }

    /// CscaMasterList: what is signed.
    pub fn content(&self) -> Vec<u8> {
        der::sequence(&[
            &der::small(self.version),
            &der::set_of(self.certificates.clone()),
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

/// What the certificate of a master list signer says: digitalSignature, and the one purpose.
pub fn master_list_signer(subject: Name) -> CertificateSpec {
    list_signer(subject, MASTER_LIST_SIGNING_KEY)
}

/// A certificate for signing lists of one kind. Doc 9303-12 table 6: the extended key usage is
/// critical, and no document types are named.
pub(in crate::sim) fn list_signer(subject: Name, purpose: &[u8]) -> CertificateSpec {
    let mut spec = CertificateSpec::document_signer(subject);
    spec.document_types.clear();
    let purposes = der::sequence(&[&der::oid(purpose)]);
    spec.more_extensions = vec![extension(&[0x55, 0x1D, 37], Critical::Yes, &purposes)];
    spec
}
