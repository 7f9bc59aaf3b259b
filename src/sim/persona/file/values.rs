//! Single values of a persona's file.

use jiff::civil::Date;

use crate::bytes::date::PartialDate;
use crate::bytes::legible::is_legible;
use crate::crypto::cipher::Cipher;
use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::error::Wrong;
use crate::profile::table::Entry;
use crate::profile::table::Reader;
use crate::profile::table::Table;
use crate::profile::values::choice;
use crate::profile::values::number;

/// Longest text about a person or a place, in bytes: a long address in Vietnamese.
pub(super) const MAX_TEXT: usize = 256;

/// Most tables in one list: a chip has a handful of protocols and ten fingers.
const MAX_TABLES: usize = 16;

/// One of several words.
pub(super) fn word<T: Copy>(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    words: &[(&'static str, T)],
) -> Option<T> {
    choice(reader, entry, words)
}

/// One of several words under a key, where it is there.
pub(super) fn word_of<T: Copy>(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    words: &[(&'static str, T)],
) -> Option<T> {
    choice(reader, &table.get(key)?, words)
}

/// Puts one of several words in its place, where it is there.
pub(super) fn set<T: Copy>(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    words: &[(&'static str, T)],
    place: &mut T,
) {
    if let Some(value) = word_of(reader, table, key, words) {
        *place = value;
    }
}

/// A number in a range under a key, where it is there.
pub(super) fn number_of<T: TryFrom<usize>>(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    key: &str,
    (least, most): (usize, usize),
) -> Option<T> {
    let number = number(reader, &table.get(key)?, least, most)?;
    T::try_from(number).ok()
}

/// The name of a persona: lower-case letters and digits, joined by hyphens, so that it is no path.
pub(super) fn name(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    /// Longest name, in bytes.
    const MAX_NAME: usize = 32;
    let text = reader.text(entry)?;
    let word = |word: &str| {
        let lawful = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !word.is_empty() && word.bytes().all(lawful)
    };
    if text.len() <= MAX_NAME && text.split('-').all(word) {
        return Some(text.to_owned());
    }
    reader.fault(entry, Wrong::Name { joint: '-' });
    None
}

/// A line of text in which everything is seen. `|` and `<` part fields of the QR code and of groups.
pub(super) fn text(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<String> {
    let text = reader.text(entry)?;
    let shown = text.trim() == text && text.len() <= MAX_TEXT && !text.contains(['|', '<']);
    if shown && is_legible(text) {
        return Some(text.to_owned());
    }
    reader.fault(entry, Wrong::Words);
    None
}

/// So many ASCII digits.
pub(super) fn digits(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    least: usize,
    most: usize,
) -> Option<String> {
    let text = reader.text(entry)?;
    let lawful = text.bytes().all(|byte| byte.is_ascii_digit());
    if lawful && (least..=most).contains(&text.len()) {
        return Some(text.to_owned());
    }
    reader.fault(entry, Wrong::Digits { least, most });
    None
}

/// Capital letters, without filler.
pub(super) fn capitals(reader: &mut Reader<'_>, entry: &Entry<'_>, most: usize) -> Option<String> {
    let text = reader.text(entry)?;
    let lawful = text.bytes().all(|byte| byte.is_ascii_uppercase());
    if lawful && (1..=most).contains(&text.len()) {
        return Some(text.to_owned());
    }
    reader.fault(entry, Wrong::Capitals { most });
    None
}

/// A whole date.
pub(super) fn date(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Date> {
    let date = PartialDate::from_iso(reader.text(entry)?).and_then(PartialDate::day);
    if date.is_none() {
        reader.fault(entry, Wrong::Date);
    }
    date
}

/// A date that may lack its day or its month.
pub(super) fn partial_date(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<PartialDate> {
    let date = PartialDate::from_iso(reader.text(entry)?);
    if date.is_none() {
        reader.fault(entry, Wrong::PartialDate);
    }
    date
}

/// Hexadecimal digits of so many octets.
pub(super) fn octets(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    least: usize,
    most: usize,
) -> Option<Vec<u8>> {
    let text = reader.text(entry)?;
    let octets = hex::decode(text).ok();
    let octets = octets.filter(|octets| (least..=most).contains(&octets.len()));
    if octets.is_none() {
        reader.fault(entry, Wrong::Hexadecimal);
    }
    octets
}

/// The tables of a list, where it is there, and the entry of each.
pub(super) fn tables<'v>(
    reader: &mut Reader<'_>,
    table: &Table<'v>,
    key: &str,
    known: &'static [&'static str],
) -> Option<Vec<(Entry<'v>, Table<'v>)>> {
    let list = table.get(key)?;
    let entries = reader.entries(&list, "a list of tables")?;
    if entries.len() > MAX_TABLES {
        reader.fault(&list, Wrong::TooMany { most: MAX_TABLES });
    }
    let mut tables = Vec::new();
    for entry in entries.into_iter().take(MAX_TABLES) {
        if let Some(table) = reader.table(&entry, known) {
            tables.push((entry, table));
        }
    }
    Some(tables)
}

/// Ciphers by name.
pub(super) const CIPHERS: [(&str, Cipher); 4] = [
    ("3DES", Cipher::TripleDes),
    ("AES-128", Cipher::Aes128),
    ("AES-192", Cipher::Aes192),
    ("AES-256", Cipher::Aes256),
];

/// Hash functions by name.
pub(super) const HASHES: [(&str, Hash); 5] = [
    ("SHA-1", Hash::Sha1),
    ("SHA-224", Hash::Sha224),
    ("SHA-256", Hash::Sha256),
    ("SHA-384", Hash::Sha384),
    ("SHA-512", Hash::Sha512),
];

/// Curves by name.
pub(super) const CURVES: [(&str, Curve); 12] = [
    ("P-192", Curve::P192),
    ("P-224", Curve::P224),
    ("P-256", Curve::P256),
    ("P-384", Curve::P384),
    ("P-521", Curve::P521),
    ("brainpoolP160r1", Curve::BrainpoolP160r1),
    ("brainpoolP192r1", Curve::BrainpoolP192r1),
    ("brainpoolP224r1", Curve::BrainpoolP224r1),
    ("brainpoolP256r1", Curve::BrainpoolP256r1),
    ("brainpoolP320r1", Curve::BrainpoolP320r1),
    ("brainpoolP384r1", Curve::BrainpoolP384r1),
    ("brainpoolP512r1", Curve::BrainpoolP512r1),
];
