//! The keys of the invented chip: of the same kinds and lengths, put where the chip's own stood.
//!
//! Every key follows from the seed and from the place where its public half stands, so that whoever
//! has the redacted conversation can make them again and see that no other key is in it.

use crate::bytes::tlv::Element;
use crate::bytes::tlv::Reader;
use crate::bytes::tlv::tag;
use crate::capture::ActiveExchange;
use crate::crypto::agreement::Agreement;
use crate::crypto::agreement::Domain;
use crate::crypto::agreement::Private;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::signature::PublicKey;
use crate::crypto::signature::Scheme;
use crate::error::Malformed;
use crate::lds::dg15;
use crate::lds::security_infos::SecurityInfos;
use crate::sim::files;
use crate::sim::keys;
use crate::sim::keys::RsaKey;
use crate::sim::personalisation::ActiveKey;
use crate::sim::personalisation::ChipAuthenticationKey;
use crate::sim::personalisation::Trailer;
use crate::sim::pki::signing_key::rsa_public_key_info;

/// Keys that are tried until one is as long as another.
const MAX_TRIALS: usize = 4_096;

/// Most bytes of a value in an entry that nobody knows, and that stays.
const SMALL: usize = 2;

/// Where the protocols of TR-03110 stand: bsi-de protocols smartcard.
const PROTOCOLS: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];

/// Tags of what domain parameters and keys are made of.
const NUMBERS: [u32; 3] = [tag::INTEGER, tag::OCTET_STRING, tag::BIT_STRING];

/// The key that takes the place of one with this public half, as long in its file.
pub(super) fn agreement(
    domain: &Domain,
    data: &[u8],
    seed: &str,
    place: &str,
    number: usize,
) -> Result<Private, Malformed> {
    let high = |data: &[u8]| data.first().is_some_and(|first| first & 0x80 != 0);
    for trial in 0..MAX_TRIALS {
        let label = format!("redacted {seed} {place} {number} {trial}");
        let key = keys::agreement(domain, &label)?;
        let public = key.public();
        if public.data().len() == data.len() && high(public.data()) == high(data) {
            return Ok(key);
        }
    }
    Err(Malformed::new("length of a key", 0))
}

/// SecurityInfos, or a file that holds them, with every key in it replaced and with zeros for what
/// entries that nobody knows hold.
pub(super) fn replaced(
    file: &[u8],
    infos: &SecurityInfos,
    seed: &str,
    place: &str,
) -> Result<Vec<u8>, Malformed> {
    let mut out = file.to_vec();
    for (number, key) in infos.chip_keys.iter().enumerate() {
        let Some(public) = &key.key else {
            continue;
        };
        let new = agreement(&public.domain(), public.data(), seed, place, number)?;
        substitute(&mut out, public.data(), new.public().data());
    }
    Ok(out)
}

/// Which file SecurityInfos stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Open to everybody: no key has a place there.
    CardAccess,
    /// DG14 or EF.CardSecurity, whose keys are replaced.
    Signed,
}

/// SecurityInfos with zeros for what entries hold that nobody knows.
pub(super) fn scrubbed(set: &[u8]) -> Vec<u8> {
    scrubbed_in(Place::Signed, set)
}

/// The same of this file.
pub(super) fn scrubbed_in(place: Place, set: &[u8]) -> Vec<u8> {
    let mut out = set.to_vec();
    for (from, length) in unknown_values(place, set) {
        if let Some(value) = out.get_mut(from..from.saturating_add(length)) {
            value.fill(0);
        }
    }
    out
}

/// Whether entries that nobody knows hold nothing but zeros.
pub(super) fn is_scrubbed(set: &[u8]) -> bool {
    scrubbed(set) == set
}

/// Where the values of unknown entries stand, and what is no entry.
fn unknown_values(place: Place, set: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut whole = Reader::new(set);
    let entries = whole
        .expect(tag::SET, "SecurityInfos")
        .and_then(|set| Ok((set.offset, set.value.len(), set.inside()?)));
    let Ok((from, length, mut entries)) = entries else {
        return vec![(0, set.len())];
    };
    let end = from.saturating_add(length);
    found.push((end, set.len().saturating_sub(end)));
    let mut known = from;
    while let Ok(entry) = entries.element("SecurityInfo") {
        known = entry.offset.saturating_add(entry.value.len());
        let all = (entry.offset, entry.value.len());
        let (Ok(mut parts), tag::SEQUENCE) = (entry.inside(), entry.tag) else {
            found.push(all);
            continue;
        };
        let Ok(oid) = parts.element("protocol") else {
            found.push(all);
            continue;
        };
        let keeps = kept_in(oid.value, place);
        let mut last = oid.offset.saturating_add(oid.value.len());
        while let Ok(part) = parts.element("data") {
            last = part.offset.saturating_add(part.value.len());
            values(part, keeps, &mut found);
        }
        found.push((last, all.0.saturating_add(all.1).saturating_sub(last)));
    }
    found.push((known, end.saturating_sub(known)));
    found
}

/// What may stand in an entry of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    /// Numbers that count or name a kind.
    Numbers,
    /// Domain parameters too, and a key, which is replaced.
    Parameters,
}

fn kept_in(oid: &[u8], place: Place) -> Keeps {
    let domain = oid.strip_prefix(&PROTOCOLS).is_some_and(|rest| match rest {
        // Parameters of PACE have one arc less than its protocols.
        [4, _] => true,
        [1, ..] => place == Place::Signed,
        _ => false,
    });
    if domain {
        Keeps::Parameters
    } else {
        Keeps::Numbers
    }
}

fn values(element: Element<'_>, keeps: Keeps, found: &mut Vec<(usize, usize)>) {
    let constructed = element.raw.first().is_some_and(|first| first & 0x20 != 0);
    match element.inside() {
        Ok(mut inside) if constructed => {
            let mut last = element.offset;
            while let Ok(part) = inside.element("data") {
                last = part.offset.saturating_add(part.value.len());
                values(part, keeps, found);
            }
            let end = element.offset.saturating_add(element.value.len());
            found.push((last, end.saturating_sub(last)));
        }
        _ if keeps == Keeps::Parameters && NUMBERS.contains(&element.tag) => {}
        _ if element.value.len() > SMALL && element.tag != tag::OID => {
            found.push((element.offset, element.value.len()));
        }
        _ => {}
    }
}

/// Puts other bytes of the same number wherever these stand.
pub(super) fn substitute(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    if old.is_empty() || old.len() != new.len() {
        return;
    }
    let mut from = 0;
    while let Some(rest) = bytes.get_mut(from..) {
        let Some(at) = rest.windows(old.len()).position(|window| window == old) else {
            return;
        };
        if let Some(place) = rest.get_mut(at..at.saturating_add(old.len())) {
            place.copy_from_slice(new);
        }
        from = from.saturating_add(at).saturating_add(old.len());
    }
}

/// A key and the identifier that it goes by, where it has one.
pub(super) type Named = (Option<Vec<u8>>, Private);

/// Private halves of the keys in SecurityInfos, where the invented chip has them.
pub(super) fn private_halves(
    infos: &SecurityInfos,
    seed: &str,
    place: &str,
) -> Result<Vec<Named>, Malformed> {
    let mut list = Vec::new();
    for (number, key) in infos.chip_keys.iter().enumerate() {
        if let Some(public) = &key.key {
            let private = agreement(&public.domain(), public.data(), seed, place, number)?;
            list.push((key.key_id.clone(), private));
        }
    }
    Ok(list)
}

/// Keys for chip authentication: for every protocol that is offered, the key that belongs to it.
pub(super) fn chip_keys(
    infos: &SecurityInfos,
    version: u32,
    seed: &str,
    place: &str,
) -> Result<Vec<ChipAuthenticationKey>, Malformed> {
    let mut list = Vec::new();
    for info in infos
        .chip_authentication
        .iter()
        .filter(|info| info.version == version)
    {
        let halves = private_halves(infos, seed, place)?;
        let only = halves.len() == 1;
        let fits = |(id, key): &Named| {
            key.domain().agreement() == info.agreement && (only || *id == info.key_id)
        };
        if let Some((key_id, private)) = halves.into_iter().find(fits) {
            list.push(ChipAuthenticationKey {
                private,
                oid: info.oid.clone(),
                cipher: info.cipher,
                key_id,
                version,
            });
        }
    }
    if list.is_empty() && infos.chip_authentication.is_empty() && version == 1 {
        // Quirk row 36: a key without a protocol serves 3DES.
        for (key_id, private) in private_halves(infos, seed, place)? {
            let agreement: Agreement = private.domain().agreement();
            list.push(ChipAuthenticationKey {
                private,
                oid: files::chip_authentication_oid(agreement, Cipher::TripleDes),
                cipher: Cipher::TripleDes,
                key_id,
                version,
            });
        }
    }
    Ok(list)
}

/// How a chip signs in active authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signing {
    pub(super) hash: Hash,
    pub(super) trailer: Trailer,
}

/// How the chip with this key signed, or would by what DG14 says.
pub(super) fn signing(
    dg15: &[u8],
    infos: Option<&SecurityInfos>,
    exchange: Option<&ActiveExchange>,
) -> Signing {
    let named = infos
        .and_then(|infos| infos.active_authentication.as_ref())
        .and_then(|info| info.signature)
        .map(|scheme| scheme.hash());
    let usual = Signing {
        hash: named.unwrap_or(Hash::Sha256),
        trailer: Trailer::Usual,
    };
    let Some(exchange) = exchange else {
        return usual;
    };
    match dg15::decode(dg15) {
        Ok(PublicKey::Rsa(key)) => key
            .raw(&exchange.response)
            .ok()
            .and_then(|recovered| trailer(&recovered))
            .unwrap_or(usual),
        Ok(key @ PublicKey::Ec(_)) => {
            let right = |hash: &Hash| {
                let signed = [exchange.challenge.as_slice()];
                key.verify(Scheme::EcdsaPlain(*hash), &signed, &exchange.response)
                    .is_ok()
                    || key
                        .verify(Scheme::Ecdsa(*hash), &signed, &exchange.response)
                        .is_ok()
            };
            match named {
                Some(_) => usual,
                None => Signing {
                    hash: HASHES.into_iter().find(right).unwrap_or(usual.hash),
                    ..usual
                },
            }
        }
        _ => usual,
    }
}

/// Every hash that a signature may have.
pub(super) const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

/// What the last octets of a recovered string say (ISO/IEC 9796-2 §8.1.2, ISO/IEC 10118-3).
fn trailer(recovered: &[u8]) -> Option<Signing> {
    let last = recovered.last()?;
    let before = recovered.get(recovered.len().checked_sub(2)?)?;
    let of = |hash, trailer| Some(Signing { hash, trailer });
    match (*before, *last) {
        (_, 0xBC) => of(Hash::Sha1, Trailer::Usual),
        (0x33, 0xCC) => of(Hash::Sha1, Trailer::Explicit),
        (0x34, 0xCC) => of(Hash::Sha256, Trailer::Usual),
        (0x35, 0xCC) => of(Hash::Sha512, Trailer::Usual),
        (0x36, 0xCC) => of(Hash::Sha384, Trailer::Usual),
        (0x38, 0xCC) => of(Hash::Sha224, Trailer::Usual),
        _ => None,
    }
}

/// The published test key of so many bits that active authentication takes.
fn rsa_of(bits: usize) -> Option<RsaKey> {
    RsaKey::ALL.into_iter().find(|key| key.bits() == bits)
}

fn active_label(seed: &str) -> String {
    format!("redacted {seed} AA")
}

/// DG15 with the key of the invented chip.
pub(super) fn dg15_of(file: &[u8], seed: &str) -> Result<Vec<u8>, Malformed> {
    let unknown = Malformed::new("key of active authentication", 0);
    let mut out = file.to_vec();
    match dg15::decode(file).map_err(|_| unknown)? {
        PublicKey::Rsa(old) => {
            let new = keys::rsa(rsa_of(old.bits()).ok_or(unknown)?)?.public();
            substitute(&mut out, old.modulus(), new.modulus());
            if old.exponent() != new.exponent() {
                let info = rsa_public_key_info(&new);
                return Ok(files::dg15(&info));
            }
        }
        PublicKey::Ec(old) => {
            let new = keys::ec(old.curve(), &active_label(seed))?.public();
            substitute(&mut out, old.encoded(), new.encoded());
        }
        PublicKey::Dsa(_) => return Err(unknown),
    }
    Ok(out)
}

/// The private key to DG15 of the invented chip.
pub(super) fn active(
    dg15: &[u8],
    seed: &str,
    signing: Signing,
) -> Result<Option<ActiveKey>, Malformed> {
    let Signing { hash, trailer } = signing;
    Ok(match dg15::decode(dg15) {
        Ok(PublicKey::Rsa(key)) => match rsa_of(key.bits()) {
            Some(known) => Some(ActiveKey::Rsa {
                key: keys::rsa(known)?,
                hash,
                trailer,
            }),
            None => None,
        },
        Ok(PublicKey::Ec(point)) => {
            let curve: Curve = point.curve();
            Some(ActiveKey::Ec {
                key: keys::ec(curve, &active_label(seed))?,
                hash,
            })
        }
        _ => None,
    })
}
