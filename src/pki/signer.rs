//! Whether a signer's signature over a CMS content counts (RFC 5652 §5.4, §5.6, §11).

use crate::crypto::algorithm;
use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::pki::cms::SignedData;
use crate::pki::cms::SignerInfo;

/// What a right signature was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedWith {
    /// The signature's scheme.
    pub scheme: Scheme,
    /// The form of the attributes that was signed.
    pub form: AttributeForm,
}

/// Which form of the signed attributes a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeForm {
    /// As they were sent.
    AsSent,
    /// As they were sent, and that is not the order of DER.
    Unsorted,
    /// In DER, although they were sent otherwise.
    Sorted,
}

/// Why a signature over a content does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerFault {
    /// There are no signed attributes, which Doc 9303-10 §4.6.2 requires, or one of the two that
    /// RFC 5652 §5.3 requires is not among them.
    #[error("the signed attributes, or one that is mandatory, are missing")]
    NoSignedAttributes,
    /// The content-type attribute names another type (RFC 5652 §11.1).
    #[error("the signed content type is another")]
    ContentType,
    /// The message-digest attribute is not the content's (RFC 5652 §11.2).
    #[error("the signed digest is another")]
    MessageDigest,
    /// The signature algorithm uses another hash than the digest algorithm says.
    #[error("the digest is made with {digest:?} and the signature with {signature:?}")]
    Algorithms {
        /// Hash of the digest algorithm.
        digest: Hash,
        /// Hash inside the signature algorithm.
        signature: Hash,
    },
    /// An algorithm or the key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// The signature itself is wrong.
    #[error("the signature is wrong")]
    Wrong(Scheme),
}

/// Verifies one signer's signature over a content under a key.
///
/// The algorithm is the SignerInfo's, never the certificate's. Signed attributes are required; the
/// signature is tried over them as they were sent and then in DER, since some signers sort after
/// signing and some never.
///
/// # Errors
/// [`SignerFault`].
pub fn verify(
    signed: &SignedData,
    info: &SignerInfo,
    key: &PublicKey,
) -> Result<SignedWith, SignerFault> {
    let attributes = info
        .signed_attributes
        .as_ref()
        .ok_or(SignerFault::NoSignedAttributes)?;
    let (Some(content_type), Some(message_digest)) =
        (&attributes.content_type, &attributes.message_digest)
    else {
        return Err(SignerFault::NoSignedAttributes);
    };
    if *content_type != signed.content_type {
        return Err(SignerFault::ContentType);
    }
    let digest = algorithm::hash_of(&info.digest_algorithm)?;
    let scheme = algorithm::scheme_of(&info.signature_algorithm, Some(digest))?;
    if scheme.hash() != digest {
        return Err(SignerFault::Algorithms {
            digest,
            signature: scheme.hash(),
        });
    }
    if *message_digest != digest.digest(&[&signed.content]) {
        return Err(SignerFault::MessageDigest);
    }
    let signs = |set: &[u8]| key.verify(scheme, &[set], &info.signature).is_ok();
    let (sent, sorted) = (attributes.as_set(), attributes.sorted_set());
    if signs(&sent) {
        let form = if sent == sorted {
            AttributeForm::AsSent
        } else {
            AttributeForm::Unsorted
        };
        return Ok(SignedWith { scheme, form });
    }
    if sorted != sent && signs(&sorted) {
        let form = AttributeForm::Sorted;
        return Ok(SignedWith { scheme, form });
    }
    Err(SignerFault::Wrong(scheme))
}
