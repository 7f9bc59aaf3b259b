//! Reading the test vectors in `tests/vectors`.

use toml::Table;

use crate::crypto::curve::Curve;
use crate::crypto::hash::Hash;
use crate::crypto::rsa::PrivateKey;
use crate::crypto::rsa::PublicKey;

pub(crate) fn parse(text: &str) -> Table {
    text.parse().unwrap()
}

/// The text at a key.
pub(crate) fn text<'t>(table: &'t Table, key: &str) -> &'t str {
    table
        .get(key)
        .and_then(|value| value.as_str())
        .unwrap_or_else(|| panic!("no text {key}"))
}

/// The hex string at a key.
pub(crate) fn hex(table: &Table, key: &str) -> Vec<u8> {
    hex::decode(text(table, key)).unwrap()
}

/// The number at a key.
pub(crate) fn number(table: &Table, key: &str) -> usize {
    let value = table.get(key).and_then(|value| value.as_integer()).unwrap();
    usize::try_from(value).unwrap()
}

/// The table at a key.
pub(crate) fn table<'t>(table: &'t Table, key: &str) -> &'t Table {
    table.get(key).and_then(|value| value.as_table()).unwrap()
}

/// The tables of an array.
pub(crate) fn tables<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t Table> {
    let array = table.get(key).and_then(|value| value.as_array()).unwrap();
    array.iter().map(|entry| entry.as_table().unwrap())
}

/// The hash function of a lower-case name.
pub(crate) fn hash(name: &str) -> Hash {
    match name {
        "sha1" => Hash::Sha1,
        "sha224" => Hash::Sha224,
        "sha256" => Hash::Sha256,
        "sha384" => Hash::Sha384,
        "sha512" => Hash::Sha512,
        other => panic!("no hash {other}"),
    }
}

/// The curve that a table has as `name`.
pub(crate) fn curve(table: &Table) -> Curve {
    let name = text(table, "name");
    Curve::ALL
        .into_iter()
        .find(|curve| curve.name() == name)
        .unwrap()
}

/// The public key of a table with `modulus` and `exponent` (or `public_exponent`).
pub(crate) fn rsa_public_key(table: &Table) -> PublicKey {
    PublicKey::new(&hex(table, "modulus"), &exponent(table)).unwrap()
}

/// The private key of a table with `private` (or `private_exponent`), `prime_1` and `prime_2` too.
pub(crate) fn rsa_private_key(table: &Table) -> PrivateKey {
    let private = if table.contains_key("private") {
        hex(table, "private")
    } else {
        hex(table, "private_exponent")
    };
    PrivateKey::new(
        &hex(table, "modulus"),
        &exponent(table),
        &private,
        [&hex(table, "prime_1"), &hex(table, "prime_2")],
    )
    .unwrap()
}

fn exponent(table: &Table) -> Vec<u8> {
    if table.contains_key("exponent") {
        hex(table, "exponent")
    } else {
        hex(table, "public_exponent")
    }
}
