//! From a document signer to an anchor of its country (Doc 9303-12 §6.1 and Appendix D.1,
//! RFC 5280 §6.1). A pure function of the signer, the store and the time.
//!
//! Revocation and the signer's own dates are other questions: `pki::revocation` and
//! `verify::validity`.

use jiff::Timestamp;
use thiserror::Error;

use crate::crypto::algorithm::KeyFault;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::pki::certificate::Certificate;
use crate::pki::profile;
use crate::pki::profile::Departure;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;

mod search;

/// How a signer's certificate leads to an anchor: the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The anchor's certificate.
    pub anchor: Certificate,
    /// Who vouches for the anchor.
    pub provenance: Provenance,
    /// The country of signer, links and anchor, in upper case.
    pub country: String,
    /// Every link certificate passed, from the signer upwards.
    pub links: Vec<Certificate>,
    /// How each certificate on the way is signed, from the signer's upwards; the anchor's own
    /// signature is not among them.
    pub signatures: Vec<MadeWith>,
}

/// With what a signature was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeWith {
    /// How, such as ECDSA with SHA-384.
    pub scheme: Scheme,
    /// The key that made it.
    pub key: PublicKey,
}

impl Path {
    /// The certificate whose key signed the signer's: the first link's, or the anchor's.
    pub fn issuer(&self) -> &Certificate {
        self.links.first().unwrap_or(&self.anchor)
    }
}

/// The times at which the authorities on a path must be valid, beside the time when each was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The present, unless no clock can be believed: then nothing is compared with it.
    pub now: Option<Timestamp>,
    /// Another moment that counts, such as the signing time.
    pub used: Option<Timestamp>,
}

impl From<Timestamp> for When {
    fn from(now: Timestamp) -> Self {
        Self {
            now: Some(now),
            used: None,
        }
    }
}

/// Why a signer does not lead to an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathFault {
    /// The store has no anchor of the signer's country: nothing can be said.
    #[error("there is no anchor of the signer's country")]
    NoAnchor,
    /// An algorithm, key or curve on the way is unknown to this build: nothing can be said.
    #[error("{0} is not supported")]
    UnknownAlgorithm(String),
    /// The store has more candidates than are tried: nothing can be said.
    #[error("there are too many candidates for the issuer")]
    TooManyCandidates,
    /// The store has anchors of the signer's country, and none bears the issuer's name.
    #[error("no anchor bears the name of the signer's issuer")]
    UnknownIssuer,
    /// An anchor bears the issuer's name, and its key is not the one that the signer names.
    #[error("no anchor has the key that the signer names")]
    AuthorityKeyId,
    /// The signature on the signer's certificate is wrong under every candidate.
    #[error("the signer's certificate is not signed by an anchor")]
    Signature,
    /// The signer's certificate names one algorithm inside what is signed and another beside it.
    #[error("the certificate names {inner} inside what is signed and {outer} beside it")]
    Algorithms {
        /// What is signed.
        inner: String,
        /// What stands beside.
        outer: String,
    },
    /// The signer's certificate is signed rightly, and in a form that its profile does not have:
    /// what it means is not said.
    #[error("the form of the certificate is another than its profile has")]
    Profile(Departure),
    /// The signer is self-signed, or is itself an anchor.
    #[error("the signer is its own authority")]
    SelfSigned,
    /// The signer's key is not for signing documents.
    #[error("the signer's key usage has no digital signature")]
    KeyUsage,
    /// The signer's key is only for other purposes, such as signing master lists.
    #[error("the signer's key is for other purposes")]
    Purpose,
    /// An issuer on the way may not sign certificates.
    #[error("an issuer is not allowed to sign certificates")]
    NotCa,
    /// More authorities lie between than an issuer allows.
    #[error("the path is longer than an issuer allows")]
    PathLength,
    /// A certificate on the way has a critical extension that this build does not process.
    #[error("the critical extension {0} is unknown")]
    CriticalExtension(String),
    /// The countries of subject and issuer differ, or one is missing.
    #[error("the countries of signer and issuer do not agree")]
    Country,
    /// The signer's certificate was issued outside its issuer's validity or key usage period.
    #[error("the signer's certificate was issued outside its issuer's period")]
    IssuedOutsidePeriod,
    /// An authority on the way was not valid when the signer's key was used, and had to be.
    #[error("an authority's certificate was not valid at the time of signing")]
    NotValidWhenUsed,
    /// An authority on the way is no longer valid.
    #[error("an authority's certificate has expired")]
    AnchorExpired,
    /// An authority on the way is not valid yet.
    #[error("an authority's certificate is not valid yet")]
    AnchorNotYetValid,
}

impl PathFault {
    /// Of several candidates' faults the one that got farthest is told, in the order in which the rules
    /// are asked: whatever the order of the store is, the same. An authority may have several
    /// certificates over one key, of which one has ended and another began too late.
    const fn rank(&self) -> u8 {
        match self {
            Self::UnknownIssuer => 0,
            Self::AuthorityKeyId => 1,
            Self::Signature => 2,
            Self::UnknownAlgorithm(_) => 3,
            // Who was not tried might have done: that says more than what is wrong with the others.
            Self::TooManyCandidates => 13,
            Self::CriticalExtension(_) => 6,
            Self::NotCa => 7,
            Self::PathLength => 8,
            Self::IssuedOutsidePeriod => 9,
            Self::NotValidWhenUsed => 10,
            Self::AnchorNotYetValid => 11,
            Self::AnchorExpired => 12,
            // What is wrong with the signer's certificate itself is so under every candidate.
            Self::NoAnchor
            | Self::Algorithms { .. }
            | Self::Profile(_)
            | Self::SelfSigned
            | Self::KeyUsage
            | Self::Purpose
            | Self::Country => 5,
        }
    }
}

/// What a signer signs, which its certificate must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs<'a> {
    /// Security objects of documents: digitalSignature, and no purpose named.
    Documents,
    /// Records of LDS2: this purpose is named (Doc 9303-12 §7.1.2 table 7), and no key usage needs to
    /// be.
    Records(&'a str),
}

/// Finds the way from a document signer's certificate to an anchor, and checks every rule on it.
///
/// # Errors
/// [`PathFault`]; four of its variants say that nothing is known, the others that it is bad.
pub fn signer_path(
    signer: &Certificate,
    store: &TrustStore,
    when: impl Into<When>,
) -> Result<Path, PathFault> {
    path(signer, store, when, Signs::Documents)
}

/// The same where the issuing state has published that this signer's certificate may name another
/// hash than it is signed with (Doc 9303-3 §7). It must be signed all the same.
///
/// # Errors
/// As [`signer_path`].
pub fn excused_signer_path(
    signer: &Certificate,
    store: &TrustStore,
    when: impl Into<When>,
) -> Result<Path, PathFault> {
    find(
        signer,
        store,
        when.into(),
        Signs::Documents,
        NamedHash::MayBeWrong,
    )
}

/// The same as [`signer_path`] for whatever a signer signs.
///
/// # Errors
/// As [`signer_path`].
pub fn path(
    signer: &Certificate,
    store: &TrustStore,
    when: impl Into<When>,
    signs: Signs<'_>,
) -> Result<Path, PathFault> {
    find(signer, store, when.into(), signs, NamedHash::Binds)
}

/// Whether the hash that the signer's certificate names is the one that it is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NamedHash {
    Binds,
    MayBeWrong,
}

fn find(
    signer: &Certificate,
    store: &TrustStore,
    when: When,
    signs: Signs<'_>,
    named: NamedHash,
) -> Result<Path, PathFault> {
    let country = signer_rules(signer, store, signs)?;
    let unreadable = profile::unreadable(signer);
    let found = search::upwards(signer, store, &country, when, named)?;
    // A version says what the fields mean, and a date in another form may mean another day. Of 588
    // certificates of authorities in one real master list none has either.
    if let Some(departure) = unreadable {
        return Err(PathFault::Profile(departure));
    }
    let links: Vec<Certificate> = found.links.into_iter().cloned().collect();
    let anchor = found.anchor.certificate.clone();
    let mut signatures = {
        let signed = std::iter::once(signer).chain(&links);
        let signing = links.iter().chain(std::iter::once(&anchor));
        signed
            .zip(signing)
            .map(|(signed, signing)| {
                Ok(MadeWith {
                    scheme: signed.scheme()?,
                    key: signing.public_key()?,
                })
            })
            .collect::<Result<Vec<_>, KeyFault>>()
            .map_err(|fault| PathFault::UnknownAlgorithm(fault.to_string()))?
    };
    if let (Some(first), Some(scheme)) = (signatures.first_mut(), found.in_fact) {
        first.scheme = scheme;
    }
    Ok(Path {
        anchor,
        provenance: found.anchor.provenance.clone(),
        country,
        links,
        signatures,
    })
}

/// Whether an anchor of the country vouches for a link, through others or by itself, at whatever
/// time.
pub(in crate::pki) fn vouched_link(link: &Certificate, store: &TrustStore, country: &str) -> bool {
    let when = When {
        now: None,
        used: None,
    };
    search::above_link(link, store, country, when).is_ok()
}

/// The rules that the signer's certificate must keep by itself; gives its country.
fn signer_rules(
    signer: &Certificate,
    store: &TrustStore,
    signs: Signs<'_>,
) -> Result<String, PathFault> {
    // Doc 9303-12 §3: the document signer is another than the authority, with a key of its own. A
    // certificate that names itself as issuer, or whose key is an anchor's, proves nothing.
    let is_anchor = store
        .anchors()
        .iter()
        .any(|anchor| anchor.certificate.public_key_info() == signer.public_key_info());
    if signer.self_issued() || is_anchor {
        return Err(PathFault::SelfSigned);
    }
    critical(signer)?;
    // Doc 9303-12 §7.1.1 table 6: keyUsage is mandatory, with digitalSignature for a signer.
    let allowed = match (signs, signer.key_usage()) {
        (_, Some(usage)) => usage.digital_signature,
        (Signs::Documents, None) => false,
        (Signs::Records(_), None) => true,
    };
    if !allowed {
        return Err(PathFault::KeyUsage);
    }
    // RFC 5280 §4.2.1.12: a key is used only for the purposes that are named. Document signers name
    // none (table 6); signers of master lists and of other things do (§7.1.1.3).
    let fits = match (signs, signer.extended_key_usage()) {
        (Signs::Documents, None) => true,
        (Signs::Documents, Some(purposes)) => purposes.iter().any(|one| one == ANY_PURPOSE),
        (Signs::Records(purpose), Some(purposes)) => purposes.iter().any(|one| one == purpose),
        (Signs::Records(_), None) => false,
    };
    if !fits {
        return Err(PathFault::Purpose);
    }
    // Doc 9303-12 §7.1.1 table 5: countryName in issuer and subject must match. Lower case is found.
    match (signer.country(), signer.issuer_country()) {
        (Some(subject), Some(issuer)) if subject == issuer => Ok(issuer),
        _ => Err(PathFault::Country),
    }
}

/// anyExtendedKeyUsage (RFC 5280 §4.2.1.12)
const ANY_PURPOSE: &str = "2.5.29.37.0";

/// RFC 5280 §6.1.4 (o), §6.1.5 (f): an unrecognized critical extension fails.
fn critical(certificate: &Certificate) -> Result<(), PathFault> {
    match certificate.unknown_critical() {
        [] => Ok(()),
        [first, ..] => Err(PathFault::CriticalExtension(first.clone())),
    }
}

#[cfg(test)]
mod tests;
