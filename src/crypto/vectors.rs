//! Reading the test vectors in `tests/vectors`.

use toml::Table;

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
