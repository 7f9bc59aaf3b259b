//! From a document signer to an anchor of its country (Doc 9303-12 §6.1 and Appendix D.1,
//! RFC 5280 §6.1). A pure function of the signer, the store and the time.
//!
//! Revocation and the signer's own dates are other questions: `pki::revocation` and
//! `verify::validity`.

use jiff::Timestamp;
use thiserror::Error;

use crate::crypto::algorithm::KeyFault;
use crate::crypto::signature::PublicKey;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::certificate::same_name;
use crate::pki::profile;
use crate::pki::profile::Departure;
use crate::pki::store::Anchor;
use crate::pki::store::Provenance;
use crate::pki::store::TrustStore;

/// Most signature checks made for one path. An authority renews its key every three to five years
/// and has under twenty anchors and links; this stops a swollen trust folder.
const MAX_SIGNATURE_CHECKS: usize = 64;

/// Most link certificates followed between a signer and an anchor.
const MAX_LINKS: usize = 4;

/// How a signer's certificate leads to an anchor: the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// SHA-256 of the anchor's certificate.
    pub anchor_fingerprint: [u8; 32],
    /// The anchor's subject as people read it.
    pub anchor_subject: String,
    /// The country of signer, links and anchor, in upper case.
    pub country: String,
    /// Who vouches for the anchor.
    pub provenance: Provenance,
    /// SHA-256 of every link certificate passed, from the signer upwards.
    pub links: Vec<[u8; 32]>,
    /// The certificate whose key signed the signer's: the anchor's, or the first link's.
    pub issuer: Certificate,
    /// How the signer's certificate is signed, such as `ECDSA with SHA-384`.
    pub scheme: String,
    /// The key that signed it, such as `secp384r1`.
    pub key: String,
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
    /// An authority on the way is no longer valid.
    #[error("an authority's certificate has expired")]
    AnchorExpired,
    /// An authority on the way is not valid yet.
    #[error("an authority's certificate is not valid yet")]
    AnchorNotYetValid,
}

impl PathFault {
    /// Of several candidates' faults the one that got farthest is told.
    const fn rank(&self) -> u8 {
        match self {
            Self::UnknownIssuer => 0,
            Self::AuthorityKeyId => 1,
            Self::Signature => 2,
            Self::UnknownAlgorithm(_) => 3,
            Self::TooManyCandidates => 4,
            _ => 5,
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
    at: Timestamp,
) -> Result<Path, PathFault> {
    path(signer, store, at, Signs::Documents)
}

/// The same for whatever a signer signs.
///
/// # Errors
/// As [`signer_path`].
pub fn path(
    signer: &Certificate,
    store: &TrustStore,
    at: Timestamp,
    signs: Signs<'_>,
) -> Result<Path, PathFault> {
    let country = signer_rules(signer, store, signs)?;
    let unreadable = profile::departures(signer)
        .into_iter()
        .find(|departure| matches!(departure, Departure::Version | Departure::TimeForm));
    if store.anchors_for(&country).next().is_none() {
        return Err(PathFault::NoAnchor);
    }
    let mut search = Search {
        store,
        at,
        country: &country,
        checks_left: MAX_SIGNATURE_CHECKS,
        worst: PathFault::UnknownIssuer,
    };
    let found = search.climb(signer, &mut Vec::new());
    let worst = search.worst;
    let Some(found) = found else {
        return Err(worst);
    };
    // A version says what the fields mean, and a date in another form may mean another day. Of 588
    // certificates of authorities in one real master list none has either.
    if let Some(departure) = unreadable {
        return Err(PathFault::Profile(departure));
    }
    let anchor = &found.anchor.certificate;
    let issuer = found.links.first().copied().unwrap_or(anchor);
    let fault = |fault| PathFault::UnknownAlgorithm(KeyFault::to_string(&fault));
    Ok(Path {
        anchor_fingerprint: *anchor.fingerprint(),
        anchor_subject: anchor.subject_text(),
        provenance: found.anchor.provenance.clone(),
        links: found.links.iter().map(|link| *link.fingerprint()).collect(),
        issuer: issuer.clone(),
        scheme: signer.scheme().map_err(fault)?.name(),
        key: issuer.public_key().map_err(fault)?.name(),
        country,
    })
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

/// A way that was found.
struct Found<'a> {
    anchor: &'a Anchor,
    links: Vec<&'a Certificate>,
}

/// A depth-first search upwards, bounded in depth and in signature checks.
struct Search<'a> {
    store: &'a TrustStore,
    at: Timestamp,
    country: &'a str,
    checks_left: usize,
    worst: PathFault,
}

impl<'a> Search<'a> {
    /// Looks for the issuer of the topmost certificate; `links` are those passed so far.
    fn climb(
        &mut self,
        child: &Certificate,
        links: &mut Vec<&'a Certificate>,
    ) -> Option<Found<'a>> {
        let store = self.store;
        for anchor in store.anchors_for(self.country) {
            match self.issued(child, &anchor.certificate, links) {
                Ok(()) => {
                    let links = std::mem::take(links);
                    return Some(Found { anchor, links });
                }
                Err(fault) => self.note(fault),
            }
        }
        if links.len() >= MAX_LINKS {
            return None;
        }
        // Doc 9303-12 §7.1.1.5: a link carries trust from the authority's old key to its new one.
        for link in store.links() {
            if link == child || links.contains(&link) || !of_country(link, self.country) {
                continue;
            }
            match self.issued(child, link, links) {
                Ok(()) => {
                    links.push(link);
                    if let Some(found) = self.climb(link, links) {
                        return Some(found);
                    }
                    links.pop();
                }
                Err(fault) => self.note(fault),
            }
        }
        None
    }

    fn note(&mut self, fault: PathFault) {
        if fault.rank() > self.worst.rank() {
            self.worst = fault;
        }
    }

    /// The rules between a certificate and one candidate for its issuer.
    fn issued(
        &mut self,
        child: &Certificate,
        issuer: &Certificate,
        links: &[&Certificate],
    ) -> Result<(), PathFault> {
        // RFC 5280 §6.1.3 (a)(4): the issuer's name is the child's issuer name.
        if !same_name(child.issuer(), issuer.subject()) {
            return Err(PathFault::UnknownIssuer);
        }
        // Doc 9303-12 Appendix D.1.1.1: of several anchors with that name, the one whose key the
        // authority key identifier names. Early certificates lack one or the other.
        let other_key = child
            .authority_key_id()
            .zip(issuer.subject_key_id())
            .is_some_and(|(named, has)| named != has);
        if other_key {
            return Err(PathFault::AuthorityKeyId);
        }
        self.signed(child, issuer)?;
        critical(issuer)?;
        // RFC 5280 §6.1.4 (k) and (n), Doc 9303-12 §7.1.1 table 6: cA, and keyCertSign.
        let constraints = issuer
            .basic_constraints()
            .filter(|constraints| constraints.ca)
            .ok_or(PathFault::NotCa)?;
        if !issuer.key_usage().is_some_and(|usage| usage.key_cert_sign) {
            return Err(PathFault::NotCa);
        }
        // RFC 5280 §6.1.4 (l): self-issued certificates do not count; Doc 9303-12 §7.1.1.5: nor
        // does a link that changes the authority's name.
        let between = links
            .iter()
            .filter(|link| !link.self_issued() && !link.changes_name())
            .count();
        let allowed = constraints.path_len.map(usize::try_from);
        if let Some(Ok(allowed)) = allowed
            && between > allowed
        {
            return Err(PathFault::PathLength);
        }
        // Doc 9303-12 §4.1, Appendix A: the authority signs within its key's usage period, which
        // lies within its validity. For links validity alone is asked: of 213 in a real master list
        // 16 were signed with the old key after its period had ended.
        let issued_at = child.not_before();
        let key_in_use = issuer
            .private_key_usage()
            .is_none_or(|period| period.contains(issued_at));
        if !issuer.valid_at(issued_at) || (links.is_empty() && !key_in_use) {
            return Err(PathFault::IssuedOutsidePeriod);
        }
        // RFC 5280 §6.1.3 (a)(2), Doc 9303-12 Appendix A: an authority's certificate outlives every
        // document under it, so that past its end nothing is left to verify.
        if self.at > issuer.not_after() {
            return Err(PathFault::AnchorExpired);
        }
        if self.at < issuer.not_before() {
            return Err(PathFault::AnchorNotYetValid);
        }
        Ok(())
    }

    /// RFC 5280 §6.1.3 (a)(1): the signature verifies under the issuer's key.
    fn signed(&mut self, child: &Certificate, issuer: &Certificate) -> Result<(), PathFault> {
        self.checks_left = self
            .checks_left
            .checked_sub(1)
            .ok_or(PathFault::TooManyCandidates)?;
        let memo = self.store.memo();
        memo.certificate(child, issuer, || verified(child, issuer))
    }
}

/// The signature alone, which follows from the two certificates' bytes.
fn verified(child: &Certificate, issuer: &Certificate) -> Result<(), PathFault> {
    let key: PublicKey = issuer.public_key().map_err(|fault| {
        // The operator gave this key: that it cannot be read says nothing about the signer.
        PathFault::UnknownAlgorithm(fault.to_string())
    })?;
    match child.verify(&key) {
        Ok(_) => Ok(()),
        Err(SignatureFault::Key(KeyFault::Unsupported(what))) => {
            Err(PathFault::UnknownAlgorithm(what))
        }
        Err(SignatureFault::Algorithms { inner, outer }) => Err(PathFault::Algorithms {
            inner: inner.name(),
            outer: outer.name(),
        }),
        Err(SignatureFault::Key(KeyFault::Malformed(_)) | SignatureFault::Wrong(_)) => {
            Err(PathFault::Signature)
        }
    }
}

/// Whether both names of a link are of that country.
fn of_country(link: &Certificate, country: &str) -> bool {
    link.country().as_deref() == Some(country) && link.issuer_country().as_deref() == Some(country)
}

#[cfg(test)]
mod tests;
