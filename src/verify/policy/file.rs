//! The file of a policy: every key is known, every value is checked, and every mistake is told at
//! once (`docs/policies.md`).

use std::collections::BTreeSet;

use crate::bytes::legible::is_legible;
use crate::channel::preference::AccessPreference;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::ProfileFault;
use crate::error::Wrong;
use crate::profile::Words;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::AtLeast;
use crate::profile::values::MAX_LENGTH;
use crate::profile::values::choice;
use crate::profile::values::labels;
use crate::profile::values::list;
use crate::profile::values::number;
use crate::verify::Anchors;
use crate::verify::Check;
use crate::verify::Offline;
use crate::verify::Policy;
use crate::verify::ValidityModel;
use crate::verify::policy::algorithms::Family;
use crate::verify::policy::algorithms::Refused;
use crate::verify::policy::canonical;

/// Largest file, in bytes. The longest that is shipped has 4 KiB.
pub const MAX_FILE: usize = 64 * 1024;

/// Longest words about the purpose, in bytes: a few sentences.
const MAX_PURPOSE: usize = 1024;

/// Most days that a list may be old: ten years, beyond which the key says nothing.
const MOST_DAYS: usize = 3650;

/// Shortest and longest number that a size of keys can ask for, in bits. More than the longest key
/// would refuse every key.
const PRIMES: (usize, usize) = (1, 16_384);

/// The same for curves: the longest is NIST P-521.
const ORDERS: (usize, usize) = (1, 521);

/// Keys at the top.
const TOP: &[&str] = &[
    "name",
    "title",
    "purpose",
    "require",
    "access",
    "clone_protection",
    "model",
    "anchors",
    "crl_age_days",
    "list_age_days",
    "registry_age_days",
    "registry_offline",
    "algorithms",
];

/// Keys of `algorithms`.
const ALGORITHMS: &[&str] = &[
    "refused_hashes",
    "refused_schemes",
    "refused_curves",
    "refused_ciphers",
    "smallest_rsa",
    "smallest_ec",
    "smallest_dsa",
    "smallest_dh",
];

/// Reads and checks a policy.
///
/// # Errors
/// Every mistake, in the order of the file; at least one.
pub(super) fn parse(text: &str) -> Result<Policy, Vec<ProfileFault>> {
    if text.len() > MAX_FILE {
        return Err(vec![ProfileFault {
            line: 1,
            at: String::new(),
            wrong: Wrong::TooLong { most: MAX_FILE },
        }]);
    }
    let mut reader = Reader::new(text);
    let policy = reader.document(TOP, whole);
    reader.finish(policy).map(Policy::sealed)
}

/// The whole file. What is missing or wrong is told by the reader, which refuses the policy then:
/// what stands in its place here is never seen.
fn whole(reader: &mut Reader<'_>, top: &Table<'_>) -> Policy {
    let name = top.needed(reader, "name");
    let title = words(reader, top, "title", MAX_LENGTH);
    let purpose = words(reader, top, "purpose", MAX_PURPOSE);
    let mut required = list(
        reader,
        top.get("require"),
        AtLeast::None,
        |reader, entry| {
            choice(
                reader,
                entry,
                &Check::ALL.map(|check| (check.name(), check)),
            )
        },
    );
    clone_protection(reader, top, &mut required);
    let accesses = [
        AccessPreference::RequirePace,
        AccessPreference::PreferPace,
        AccessPreference::AllowBac,
    ];
    let models = [
        ValidityModel::Chain,
        ValidityModel::Shell,
        ValidityModel::Hybrid,
    ];
    let anchors = [Anchors::Any, Anchors::Real, Anchors::Test];
    let access = accesses.map(|access| (canonical::access(access), access));
    let model = models.map(|model| (canonical::model(model), model));
    let anchors = anchors.map(|anchors| (canonical::anchors(anchors), anchors));
    let offline = [Offline::Refuse, Offline::Accept].map(|it| (canonical::offline(it), it));
    Policy {
        name: name
            .and_then(|entry| called(reader, &entry))
            .unwrap_or_default(),
        title,
        purpose,
        required,
        access: word(reader, top, "access", &access).unwrap_or(AccessPreference::PreferPace),
        model: word(reader, top, "model", &model).unwrap_or_default(),
        anchors: word(reader, top, "anchors", &anchors).unwrap_or_default(),
        crl_age_days: days(reader, top, "crl_age_days"),
        list_age_days: days(reader, top, "list_age_days"),
        registry_age_days: days(reader, top, "registry_age_days"),
        registry_offline: word(reader, top, "registry_offline", &offline).unwrap_or_default(),
        refused: refused(reader, top),
        sha256: [0; 32],
    }
}

/// `clone_protection = true` is `chip` among the required checks, in words that say why. `false`
/// takes nothing away, so it may not stand beside a list that has it.
fn clone_protection(reader: &mut Reader<'_>, top: &Table<'_>, required: &mut Vec<Check>) {
    let Some(entry) = top.get("clone_protection") else {
        return;
    };
    match (reader.truth(&entry), required.contains(&Check::Chip)) {
        (Some(true), false) => required.push(Check::Chip),
        (Some(false), true) => reader.fault(&entry, Wrong::Against { other: "require" }),
        (Some(_), _) | (None, _) => {}
    }
}

/// What the policy is called in reports: any line of text in which everything is seen, so that no name
/// looks like another.
fn called(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let text = reader.text(entry)?;
    let shown = !text.is_empty() && text.trim() == text && text.len() <= MAX_LENGTH;
    if shown && is_legible(text) {
        return Some(text.to_owned());
    }
    reader.fault(entry, Wrong::Words);
    None
}

fn words(reader: &mut Reader<'_>, top: &Table<'_>, key: &str, most: usize) -> Option<Words> {
    let entry = top.get(key)?;
    let table = reader.table(&entry, &["vi", "en"])?;
    Some(labels(reader, &table, most))
}

fn word<T: Copy>(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    known: &[(&'static str, T)],
) -> Option<T> {
    choice(reader, &table.get(key)?, known)
}

fn days(reader: &mut Reader<'_>, top: &Table<'_>, key: &str) -> Option<u32> {
    let days = number(reader, &top.get(key)?, 1, MOST_DAYS)?;
    u32::try_from(days).ok()
}

fn refused(reader: &mut Reader<'_>, top: &Table<'_>) -> Refused {
    let table = top.get("algorithms");
    let Some(table) = table.and_then(|entry| reader.table(&entry, ALGORITHMS)) else {
        return Refused::default();
    };
    Refused {
        hashes: set(
            reader,
            &table,
            "refused_hashes",
            &HASHES.map(|it| (it.name(), it)),
        ),
        schemes: set(
            reader,
            &table,
            "refused_schemes",
            &Family::ALL.map(|it| (it.name(), it)),
        ),
        curves: set(
            reader,
            &table,
            "refused_curves",
            &Curve::ALL.map(|it| (it.name(), it)),
        ),
        ciphers: set(
            reader,
            &table,
            "refused_ciphers",
            &CIPHERS.map(|it| (it.name(), it)),
        ),
        smallest_rsa: bits(reader, &table, "smallest_rsa", PRIMES),
        smallest_ec: bits(reader, &table, "smallest_ec", ORDERS),
        smallest_dsa: bits(reader, &table, "smallest_dsa", PRIMES),
        smallest_dh: bits(reader, &table, "smallest_dh", PRIMES),
    }
}

const HASHES: [Hash; 5] = [
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
];

const CIPHERS: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
];

fn set<T: Copy + Ord>(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    known: &[(&'static str, T)],
) -> BTreeSet<T> {
    let values = list(reader, table.get(key), AtLeast::None, |reader, entry| {
        choice(reader, entry, known)
    });
    values.into_iter().collect()
}

fn bits(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    (least, most): (usize, usize),
) -> usize {
    let bits = table.get(key);
    bits.and_then(|entry| number(reader, &entry, least, most))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
