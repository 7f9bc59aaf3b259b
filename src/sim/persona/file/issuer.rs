//! `[issuer]`: whose certificates and signature the card has.

use crate::error::Wrong;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::sim::persona::ChipOptions;
use crate::sim::persona::file::values;
use crate::sim::pki::AuthorityKey;
use crate::sim::pki::IssuerSpec;
use crate::sim::pki::SignerKey;
use crate::sim::pki::SigningKind;

/// Keys here.
pub(super) const KEYS: &[&str] = &["seed", "country", "authority", "signer", "salt"];

/// Octets that a key of 2048 bits leaves for the hash and the salt (RFC 8017 §9.1.1: two less than the
/// encoded message).
const HASH_AND_SALT: usize = 254;

/// Reads the table, where it is there. With a seed the issuer is one of its own, else the one that
/// ships, or that of another country.
pub(super) fn issuer(
    reader: &mut Reader<'_>,
    top: &Table<'_>,
    chip: &mut ChipOptions,
) -> Option<IssuerSpec> {
    let entry = top.get("issuer")?;
    let table = reader.table(&entry, KEYS)?;
    if let Some(country) = table.get("country").and_then(|it| country(reader, &it)) {
        chip.document.country = country;
    }
    if let Some(entry) = table.get("signer")
        && let Some(kind) = kind(reader, &entry, SigningKind::signs_documents)
    {
        chip.signer = kind.key;
        chip.signature_hash = kind.hash;
    }
    let longest = HASH_AND_SALT.saturating_sub(chip.signature_hash.len());
    if let Some(entry) = table.get("salt")
        && let Some(salt) = values::number_of(reader, &table, "salt", (0, longest))
    {
        if chip.signer != SignerKey::RsaPss {
            let other = "issuer.signer";
            reader.fault(&entry, Wrong::Against { other });
        }
        chip.signer = SignerKey::RsaPssSalt(salt);
    }
    let authority = table.get("authority");
    let authority = authority.map(|entry| {
        (
            kind(reader, &entry, AuthorityKey::signs_certificates),
            entry,
        )
    });
    let Some(seed) = table.get("seed") else {
        // The authority that ships has the key that it has.
        if let Some((_, entry)) = authority {
            let other = "issuer.seed";
            reader.fault(&entry, Wrong::Against { other });
        }
        return None;
    };
    let seed = values::text(reader, &seed)?;
    let usual = IssuerSpec::new(&seed);
    Some(IssuerSpec {
        seed,
        country: chip.document.country.clone(),
        authority: authority
            .and_then(|(kind, _)| kind)
            .unwrap_or(usual.authority),
        signer: chip.signer,
    })
}

/// The kind of a key by its name.
fn kind(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    lawful: impl Fn(SigningKind) -> bool,
) -> Option<SigningKind> {
    let kind = SigningKind::from_name(reader.text(entry)?).filter(|kind| lawful(*kind));
    if kind.is_none() {
        reader.fault(entry, Wrong::SigningKind);
    }
    kind
}

/// Two capital letters.
fn country(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let text = values::capitals(reader, entry, 2)?;
    if text.len() == 2 {
        return Some(text);
    }
    reader.fault(entry, Wrong::Capitals { most: 2 });
    None
}
