//! Which keys and protocols of chip authentication a chip offers, best first (quirk rows 36 and 37).

use std::cmp::Reverse;

use crate::capture::ChipWitness;
use crate::capture::KeySource;
use crate::channel::chip_auth::CA_DH_3DES;
use crate::channel::chip_auth::CA_ECDH_3DES;
use crate::channel::chip_auth::Parameters;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Public;
use crate::crypto::cipher::Cipher;
use crate::lds::security_infos::ChipAuthenticationInfo;
use crate::lds::security_infos::ChipKey;
use crate::lds::security_infos::SecurityInfos;

/// A key and the protocol to run with it.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    /// Content octets of the protocol's identifier.
    pub(super) oid: Vec<u8>,
    /// Cipher of the channel that follows.
    pub(super) cipher: Cipher,
    /// The chip's static key.
    pub(super) public: Public,
    /// Key references in the order they are tried; the first is the one that the standard has.
    pub(super) references: Vec<Option<Vec<u8>>>,
    /// Name of the quirk that the offer itself shows.
    pub(super) quirk: Option<&'static str>,
}

impl Offer {
    fn new(
        oid: &[u8],
        cipher: Cipher,
        key: &ChipKey,
        asked: Option<&Vec<u8>>,
        quirk: Option<&'static str>,
    ) -> Option<Self> {
        let mut references = Vec::new();
        for reference in [asked, key.key_id.as_ref()].into_iter().flatten() {
            let reference = Some(reference.clone());
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        references.push(None);
        let zero = references.first() == Some(&Some(vec![0]));
        Some(Self {
            oid: oid.to_vec(),
            cipher,
            public: key.key.clone()?,
            quirk: quirk.or(zero.then_some("ca-key-id-zero")),
            references,
        })
    }

    /// What the protocol steps take.
    pub(super) fn parameters(&self, key_id: Option<Vec<u8>>) -> Parameters {
        Parameters {
            oid: self.oid.clone(),
            cipher: self.cipher,
            public: self.public.clone(),
            key_id,
        }
    }

    /// What is told when the chip has proven that it holds the key.
    pub(super) fn witness(&self, source: KeySource) -> ChipWitness {
        ChipWitness {
            oid: self.oid.clone(),
            public: self.public.encoded().to_vec(),
            name: format!("{} {}", self.public.domain().name(), self.cipher.name()),
            source,
        }
    }
}

/// What a chip offers of version 1, by cipher and then by the strength of the key. Infos of other
/// versions are passed over.
pub(super) fn version_one(infos: &SecurityInfos) -> Vec<Offer> {
    if infos.chip_authentication.is_empty() && infos.damaged.is_empty() {
        // Quirk row 36: a key without an info means 3DES.
        let lone = infos.chip_keys.iter().filter_map(|key| {
            let oid = match key.agreement {
                Agreement::Dh => CA_DH_3DES,
                Agreement::Ecdh => CA_ECDH_3DES,
            };
            let quirk = Some("ca-info-missing");
            Offer::new(oid.octets(), Cipher::TripleDes, key, None, quirk)
        });
        return best_first(lone.collect());
    }
    of_version(infos, 1)
}

/// What a chip offers of version 2, in the same order.
pub(super) fn version_two(infos: &SecurityInfos) -> Vec<Offer> {
    of_version(infos, 2)
}

/// The group in which terminal authentication version 2 makes the ephemeral key for chip
/// authentication version 2, from what EF.CardAccess says before the key itself can be read. Nobody
/// vouches for that file: a prime field counts when it is a standardized one, by number or in full,
/// so that the terminal signs no key that somebody else chose the group of. Every curve here is a
/// published one.
pub(in crate::reader) fn domain_for_version_two(infos: &SecurityInfos) -> Option<Domain> {
    infos
        .chip_authentication
        .iter()
        .filter(|info| info.version == 2)
        .filter_map(|info| {
            let domain = infos
                .chip_domains
                .iter()
                .filter(|domain| domain.agreement == info.agreement)
                .find(|domain| {
                    info.key_id.is_none() || domain.key_id.is_none() || domain.key_id == info.key_id
                })?
                .domain
                .clone()
                .filter(|domain| {
                    matches!(domain, Domain::Curve(_)) || domain.parameter_id().is_some()
                })?;
            Some(((info.cipher, domain.strength()), domain))
        })
        .max_by_key(|(order, _)| *order)
        .map(|(_, domain)| domain)
}

fn of_version(infos: &SecurityInfos, version: u32) -> Vec<Offer> {
    let offers = infos
        .chip_authentication
        .iter()
        .filter(|info| info.version == version)
        .flat_map(|info| {
            let (keys, quirk) = keys_for(infos, info);
            keys.into_iter().filter_map(move |key| {
                Offer::new(&info.oid, info.cipher, key, info.key_id.as_ref(), quirk)
            })
        });
    best_first(offers.collect())
}

fn best_first(mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.sort_by_key(|offer| Reverse((offer.cipher, offer.public.domain().strength())));
    offers
}

/// The keys that an info may mean: those of its kind and reference, else those without a reference,
/// else the only one of its kind, whose reference is another.
fn keys_for<'a>(
    infos: &'a SecurityInfos,
    info: &ChipAuthenticationInfo,
) -> (Vec<&'a ChipKey>, Option<&'static str>) {
    let of_kind: Vec<&ChipKey> = infos
        .chip_keys
        .iter()
        .filter(|key| key.agreement == info.agreement)
        .collect();
    if info.key_id.is_none() {
        return (of_kind, None);
    }
    for meant in [&info.key_id, &None] {
        let keys: Vec<&ChipKey> = of_kind
            .iter()
            .copied()
            .filter(|key| key.key_id == *meant)
            .collect();
        if !keys.is_empty() {
            return (keys, None);
        }
    }
    match of_kind.as_slice() {
        [_] => (of_kind, Some("ca-key-id-mismatch")),
        _ => (Vec::new(), None),
    }
}
