//! Who signed a list that a state publishes (Doc 9303-12 §9 and §10): master lists and deviation
//! lists alike.
//!
//! It says whose signature it is and that it is right. Whether that signer is trusted is
//! `pki::path`'s to say, for the purpose that each kind of list names.

use jiff::Timestamp;
use thiserror::Error;

use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::pki::certificate::Certificate;
use crate::pki::cms::SignedData;
use crate::pki::cms::SignerInfo;
use crate::pki::signer;
use crate::pki::signer::AttributeForm;
use crate::pki::signer::SignerFault;

/// Most signatures checked on one list. Doc 9303-12 §9.1 recommends one; a change of keys makes two.
const MAX_SIGNERS: usize = 4;

/// Most certificates tried for one signature. An authority's root and links share one key and so
/// one identifier.
const MAX_CANDIDATES: usize = 8;

/// Whose right signature a list bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signatory {
    /// The signer's certificate, not trusted yet.
    pub certificate: Certificate,
    /// As what it signs lists.
    pub capacity: Capacity,
    /// The signing-time attribute; the signer says so, and nobody else.
    pub signed: Option<Timestamp>,
    /// The signature's scheme.
    pub scheme: Scheme,
    /// Which form of the signed attributes was signed.
    pub form: AttributeForm,
}

/// As what a certificate signs lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// Its extended key usage names this kind of list (Doc 9303-12 §7.1.1.3).
    ListSigner,
    /// It is an authority's own. Doc 9303-12 §5.3 and Doc 9303-3 §7.3.2 forbid that; since an
    /// authority could make a list signer whenever it liked, nothing is lost by reading such a list.
    Authority,
}

/// Why the signature on a list does not count.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListFault {
    /// Nobody signed the list.
    #[error("nobody signed the list")]
    Unsigned,
    /// More signatures than are checked.
    #[error("the list bears {0} signatures")]
    TooManySigners(usize),
    /// The certificate that the signer names is neither in the list nor among those beside it.
    #[error("the signer's certificate is missing")]
    SignerMissing,
    /// The same, and a certificate in the list cannot be read.
    #[error("the signer's certificate cannot be read: {0}")]
    SignerMalformed(Malformed),
    /// The signature is wrong, or cannot be checked.
    #[error(transparent)]
    Signature(#[from] SignerFault),
    /// The signature is right, and its certificate may not sign lists of this kind.
    #[error("the signer's certificate is not for signing such lists")]
    Purpose,
}

impl ListFault {
    /// Of several candidates' faults the one that got farthest is told.
    const fn rank(&self) -> u8 {
        match self {
            Self::Signature(SignerFault::Wrong(_)) => 1,
            Self::Signature(_) => 2,
            Self::Purpose => 3,
            _ => 0,
        }
    }
}

/// The certificates that came along and can be read, in order.
pub(crate) fn certificates(signed: &SignedData) -> Vec<Certificate> {
    signed
        .certificates
        .iter()
        .filter_map(|raw| Certificate::decode(raw).ok())
        .collect()
}

/// Checks every signature on a list; one that is wrong takes the others with it, so that nobody can
/// hide behind somebody else's.
///
/// `purpose` is the dotted identifier that the extended key usage must name; `beside` are
/// certificates that may stand in for one that the list does not bring.
pub(crate) fn verify(
    signed: &SignedData,
    purpose: &str,
    beside: &[Certificate],
) -> Result<Vec<Signatory>, ListFault> {
    match signed.signers.len() {
        0 => return Err(ListFault::Unsigned),
        count if count > MAX_SIGNERS => return Err(ListFault::TooManySigners(count)),
        _ => {}
    }
    let inside = certificates(signed);
    signed
        .signers
        .iter()
        .map(|info| signatory(signed, info, purpose, &inside, beside))
        .collect()
}

/// One signature: the certificate that the signer id names, under which it is right.
fn signatory(
    signed: &SignedData,
    info: &SignerInfo,
    purpose: &str,
    inside: &[Certificate],
    beside: &[Certificate],
) -> Result<Signatory, ListFault> {
    let mut worst = None;
    let candidates = inside
        .iter()
        .chain(beside)
        .filter(|certificate| info.id.names(certificate))
        .take(MAX_CANDIDATES);
    for certificate in candidates {
        match check(signed, info, purpose, certificate) {
            Ok(signatory) => return Ok(signatory),
            Err(fault) => {
                if worst
                    .as_ref()
                    .is_none_or(|worst: &ListFault| worst.rank() < fault.rank())
                {
                    worst = Some(fault);
                }
            }
        }
    }
    Err(worst.unwrap_or_else(|| missing(signed)))
}

/// Why there is no certificate.
fn missing(signed: &SignedData) -> ListFault {
    signed
        .certificates
        .iter()
        .find_map(|raw| Certificate::decode(raw).err())
        .map_or(ListFault::SignerMissing, ListFault::SignerMalformed)
}

fn check(
    signed: &SignedData,
    info: &SignerInfo,
    purpose: &str,
    certificate: &Certificate,
) -> Result<Signatory, ListFault> {
    let key = certificate.public_key().map_err(SignerFault::Key)?;
    let right = signer::verify(signed, info, &key)?;
    Ok(Signatory {
        certificate: certificate.clone(),
        capacity: capacity(certificate, purpose).ok_or(ListFault::Purpose)?,
        signed: info
            .signed_attributes
            .as_ref()
            .and_then(|attributes| attributes.signing_time),
        scheme: right.scheme,
        form: right.form,
    })
}

/// As what a certificate may sign lists of this purpose, if it may.
fn capacity(certificate: &Certificate, purpose: &str) -> Option<Capacity> {
    let usage = certificate.key_usage();
    // RFC 5280 §4.2.1.12: the key is for the purposes that are named, and no other. Doc 9303-12
    // §7.1.1 table 6: a list signer has digitalSignature.
    if let Some(purposes) = certificate.extended_key_usage() {
        let named = purposes.iter().any(|one| one == purpose);
        let signs = usage.is_none_or(|usage| usage.digital_signature);
        return (named && signs).then_some(Capacity::ListSigner);
    }
    let authority = certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
        && usage.is_some_and(|usage| usage.key_cert_sign);
    authority.then_some(Capacity::Authority)
}
