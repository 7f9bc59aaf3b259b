//! A time in a file, as RFC 3339 writes it, for `#[serde(with = "moment")]`.

use jiff::Timestamp;
use serde::Deserialize as _;
use serde::Deserializer;
use serde::Serializer;
use serde::de::Error as _;

/// Writes it.
///
/// # Errors
/// What the format gives.
pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// Reads it.
///
/// # Errors
/// For what is no time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("no time"))
}
