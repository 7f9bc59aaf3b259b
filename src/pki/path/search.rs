//! The search for the authority above a certificate, bounded in depth and in signature checks.

use crate::crypto::algorithm::KeyFault;
use crate::crypto::hash::Hash;
use crate::crypto::signature::Scheme;
use crate::pki::certificate::Certificate;
use crate::pki::certificate::SignatureFault;
use crate::pki::certificate::same_name;
use crate::pki::cms::same_serial;
use crate::pki::path::NamedHash;
use crate::pki::path::PathFault;
use crate::pki::path::When;
use crate::pki::path::critical;
use crate::pki::store::Anchor;
use crate::pki::store::TrustStore;

/// Most signature checks made for one path. An authority renews its key every three to five years
/// and has under twenty anchors and links; this stops a swollen trust folder.
const MAX_SIGNATURE_CHECKS: usize = 64;

/// Most link certificates followed between a signer and an anchor.
const MAX_LINKS: usize = 4;

/// A way that was found.
pub(super) struct Found<'a> {
    pub(super) anchor: &'a Anchor,
    /// From the signer upwards.
    pub(super) links: Vec<&'a Certificate>,
    /// How the signer's certificate is signed, where that is not how it says.
    pub(super) in_fact: Option<Scheme>,
}

/// Looks for a way from a certificate to an anchor of that country.
///
/// # Errors
/// The [`PathFault`] of the candidate that got farthest.
pub(super) fn upwards<'a>(
    child: &Certificate,
    store: &'a TrustStore,
    country: &str,
    when: When,
    named: NamedHash,
) -> Result<Found<'a>, PathFault> {
    from(child, Vec::new(), store, country, when, named)
}

/// The same from a link of the store on.
///
/// # Errors
/// As [`upwards`].
pub(super) fn above_link<'a>(
    link: &'a Certificate,
    store: &'a TrustStore,
    country: &str,
    when: When,
) -> Result<Found<'a>, PathFault> {
    if !of_country(link, country) {
        return Err(PathFault::Country);
    }
    from(link, vec![link], store, country, when, NamedHash::Binds)
}

fn from<'a>(
    child: &Certificate,
    mut passed: Vec<&'a Certificate>,
    store: &'a TrustStore,
    country: &str,
    when: When,
    named: NamedHash,
) -> Result<Found<'a>, PathFault> {
    let mut search = Search {
        store,
        // Chosen once.
        anchors: store.anchors_for(country).collect(),
        links: store
            .links()
            .iter()
            .filter(|link| of_country(link, country))
            .collect(),
        when,
        named,
        in_fact: None,
        checks_left: MAX_SIGNATURE_CHECKS,
        worst: PathFault::UnknownIssuer,
    };
    if search.anchors.is_empty() {
        return Err(PathFault::NoAnchor);
    }
    search.climb(child, &mut passed).ok_or(search.worst)
}

/// What a candidate for an issuer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Anchor,
    Link,
}

/// A depth-first search.
struct Search<'a> {
    store: &'a TrustStore,
    anchors: Vec<&'a Anchor>,
    links: Vec<&'a Certificate>,
    when: When,
    named: NamedHash,
    in_fact: Option<Scheme>,
    checks_left: usize,
    worst: PathFault,
}

impl<'a> Search<'a> {
    /// Looks for the issuer of the topmost certificate; `passed` are the links so far.
    fn climb(
        &mut self,
        child: &Certificate,
        passed: &mut Vec<&'a Certificate>,
    ) -> Option<Found<'a>> {
        // Of several over one key the nearest to the operator serves, and never the one that happens to
        // come first: two machines with the same store say the same.
        let mut anchors = self.anchors.clone();
        anchors.sort_by_cached_key(|anchor| {
            let certificate = &anchor.certificate;
            (
                !names_exactly(child, certificate),
                anchor.provenance.nearness(),
                *certificate.fingerprint(),
            )
        });
        for anchor in anchors {
            match self.issued(child, &anchor.certificate, Standing::Anchor, passed) {
                Ok(()) => {
                    let links = std::mem::take(passed);
                    let in_fact = self.in_fact;
                    return Some(Found {
                        anchor,
                        links,
                        in_fact,
                    });
                }
                Err(PathFault::TooManyCandidates) => return self.give_up(),
                Err(fault) => self.note(fault),
            }
        }
        if passed.len() >= MAX_LINKS {
            return None;
        }
        // Doc 9303-12 §7.1.1.5: a link carries trust from one key of the authority to another. Most
        // are over the new key, signed with the old; those over the old serve as well.
        let mut links = self.links.clone();
        links.sort_by_cached_key(|link| (!names_exactly(child, link), *link.fingerprint()));
        for link in links {
            if link == child || passed.contains(&link) {
                continue;
            }
            match self.issued(child, link, Standing::Link, passed) {
                Ok(()) => {
                    passed.push(link);
                    if let Some(found) = self.climb(link, passed) {
                        return Some(found);
                    }
                    passed.pop();
                }
                Err(PathFault::TooManyCandidates) => return self.give_up(),
                Err(fault) => self.note(fault),
            }
        }
        None
    }

    fn give_up(&mut self) -> Option<Found<'a>> {
        self.note(PathFault::TooManyCandidates);
        None
    }

    fn note(&mut self, fault: PathFault) {
        if fault.rank() > self.worst.rank() {
            self.worst = fault;
        }
    }

    /// The rules between a certificate and one candidate for its issuer; `passed` are the links
    /// below the candidate, the last of them being the child, if it is one.
    fn issued(
        &mut self,
        child: &Certificate,
        issuer: &Certificate,
        standing: Standing,
        passed: &[&Certificate],
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
        self.signed(child, issuer, passed)?;
        critical(issuer)?;
        // RFC 5280 §6.1.4 (k) and (n), Doc 9303-12 §7.1.1 table 6: cA, and keyCertSign.
        let constraints = issuer
            .basic_constraints()
            .filter(|constraints| constraints.ca)
            .ok_or(PathFault::NotCa)?;
        // Absent, it forbids nothing: one of 588 authorities in one real master list has none.
        if issuer.key_usage().is_some_and(|usage| !usage.key_cert_sign) {
            return Err(PathFault::NotCa);
        }
        // RFC 5280 §6.1.4 (l): self-issued certificates do not count; Doc 9303-12 §7.1.1.5: nor
        // does a link that changes the authority's name.
        let between = passed
            .iter()
            .filter(|link| !link.self_issued() && !link.changes_name())
            .count();
        let allowed = constraints.path_len.map(usize::try_from);
        if let Some(Ok(allowed)) = allowed
            && between > allowed
        {
            return Err(PathFault::PathLength);
        }
        self.dates(child, issuer, standing, passed)
    }

    /// When the issuer's key was used, and when its certificate must be valid besides.
    fn dates(
        &self,
        child: &Certificate,
        issuer: &Certificate,
        standing: Standing,
        passed: &[&Certificate],
    ) -> Result<(), PathFault> {
        let in_period = if passed.is_empty() {
            // Doc 9303-12 §4.1, Appendix A: the authority signs within its key's usage period, which
            // lies within its validity.
            let issued_at = child.not_before();
            let in_use = issuer
                .private_key_usage()
                .is_none_or(|period| period.contains(issued_at));
            let valid = match standing {
                Standing::Anchor => issuer.valid_at(issued_at),
                // A link over the authority's old key begins when the new key does, and the signers
                // under the old one were issued before.
                Standing::Link => issued_at <= issuer.not_after(),
            };
            valid && in_use
        } else {
            // A link's dates are those of the key that it is over as often as those of its making: of
            // 213 in one real master list 16 were signed with the old key after its usage period had
            // ended.
            child.not_before() <= issuer.not_after() && issuer.not_before() <= child.not_after()
        };
        if !in_period {
            return Err(PathFault::IssuedOutsidePeriod);
        }
        if let Some(used) = self.when.used
            && !issuer.valid_at(used)
        {
            return Err(PathFault::NotValidWhenUsed);
        }
        // RFC 5280 §6.1.3 (a)(2), Doc 9303-12 Appendix A: an authority's certificate outlives every
        // document under it, so that past its end nothing is left to verify.
        let Some(now) = self.when.now else {
            return Ok(());
        };
        if now > issuer.not_after() {
            return Err(PathFault::AnchorExpired);
        }
        if now < issuer.not_before() {
            return Err(PathFault::AnchorNotYetValid);
        }
        Ok(())
    }

    /// RFC 5280 §6.1.3 (a)(1): the signature verifies under the issuer's key.
    fn signed(
        &mut self,
        child: &Certificate,
        issuer: &Certificate,
        passed: &[&Certificate],
    ) -> Result<(), PathFault> {
        self.spend()?;
        let memo = self.store.memo();
        let fault = match memo.certificate(child, issuer, || verified(child, issuer)) {
            Ok(()) => {
                if passed.is_empty() {
                    self.in_fact = None;
                }
                return Ok(());
            }
            Err(fault) => fault,
        };
        let excused = self.named == NamedHash::MayBeWrong && passed.is_empty();
        if !excused || fault != PathFault::Signature {
            return Err(fault);
        }
        // What another hash makes right is not kept: without that word of the state it is wrong.
        let (Ok(named), Ok(key)) = (child.scheme(), issuer.public_key()) else {
            return Err(fault);
        };
        for hash in HASHES.into_iter().filter(|hash| *hash != named.hash()) {
            self.spend()?;
            let scheme = with_hash(named, hash);
            if key
                .verify(scheme, &[child.tbs()], child.signature())
                .is_ok()
            {
                self.in_fact = Some(scheme);
                return Ok(());
            }
        }
        Err(fault)
    }

    /// One signature check fewer is left.
    fn spend(&mut self) -> Result<(), PathFault> {
        self.checks_left = self
            .checks_left
            .checked_sub(1)
            .ok_or(PathFault::TooManyCandidates)?;
        Ok(())
    }
}

/// Hash functions that may be the right one where a wrong one is named (Doc 9303-12 §4.1.6).
const HASHES: [Hash; 5] = [
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
    Hash::Sha224,
    Hash::Sha1,
];

/// The same scheme with another hash.
const fn with_hash(scheme: Scheme, hash: Hash) -> Scheme {
    match scheme {
        Scheme::RsaPkcs1(_) => Scheme::RsaPkcs1(hash),
        Scheme::RsaPss { salt_len, .. } => Scheme::RsaPss {
            hash,
            mgf: hash,
            salt_len,
        },
        Scheme::Ecdsa(_) => Scheme::Ecdsa(hash),
        Scheme::EcdsaPlain(_) => Scheme::EcdsaPlain(hash),
        Scheme::Dsa(_) => Scheme::Dsa(hash),
    }
}

/// The signature alone, which follows from the two certificates' bytes.
fn verified(child: &Certificate, issuer: &Certificate) -> Result<(), PathFault> {
    let key = issuer.public_key().map_err(|fault| {
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

/// Whether a certificate names this one as its authority's: by the key's identifier, or by issuer
/// and serial number (RFC 5280 §4.2.1.1). It says whom to try first. A serial number excludes nobody:
/// a link has another one than the anchor over the same key.
fn names_exactly(child: &Certificate, issuer: &Certificate) -> bool {
    match child.authority_key_id().zip(issuer.subject_key_id()) {
        Some((named, has)) => named == has,
        None => child
            .authority_serial()
            .is_some_and(|serial| same_serial(serial, issuer.serial())),
    }
}

/// Whether both names of a link are of that country.
fn of_country(link: &Certificate, country: &str) -> bool {
    link.country().as_deref() == Some(country) && link.issuer_country().as_deref() == Some(country)
}
