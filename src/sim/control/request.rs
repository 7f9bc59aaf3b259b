//! What requests say: JSON objects without unknown fields.

use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error as _;

use crate::error::BenchError;

/// Most faults, or quirks, of one card.
const MAX_NAMES: usize = 128;

/// Whose card.
#[derive(Debug)]
pub(super) enum Whose {
    /// A shipped persona's.
    Name(String),
    /// That of a persona file with this text.
    Text(String),
}

/// `POST /v1/insert`: what is not said stays as it was.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Insert {
    persona: Option<String>,
    toml: Option<String>,
    #[serde(deserialize_with = "some_names")]
    pub(super) faults: Option<Vec<String>>,
    #[serde(deserialize_with = "some_names")]
    pub(super) quirks: Option<Vec<String>>,
    #[serde(deserialize_with = "said")]
    pub(super) link: Option<Option<String>>,
    #[serde(deserialize_with = "said")]
    pub(super) seed: Option<Option<String>>,
}

impl Insert {
    /// Whose card, where the request says so.
    pub(super) fn whose(&self) -> Option<Result<Whose, BenchError>> {
        match (&self.persona, &self.toml) {
            (None, None) => None,
            (persona, toml) => Some(whose(persona.clone(), toml.clone())),
        }
    }

    /// Whether anything is said.
    pub(super) const fn changes(&self) -> bool {
        self.persona.is_some()
            || self.toml.is_some()
            || self.faults.is_some()
            || self.quirks.is_some()
            || self.link.is_some()
            || self.seed.is_some()
    }
}

/// `PUT /v1/persona`: a name, or the text of a persona file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PutPersona {
    persona: Option<String>,
    toml: Option<String>,
}

impl PutPersona {
    /// Whose card.
    pub(super) fn whose(self) -> Result<Whose, BenchError> {
        whose(self.persona, self.toml)
    }
}

/// `PUT /v1/faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutFaults {
    #[serde(deserialize_with = "names")]
    pub(super) faults: Vec<String>,
}

/// `PUT /v1/quirks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutQuirks {
    #[serde(deserialize_with = "names")]
    pub(super) quirks: Vec<String>,
}

/// `PUT /v1/link`: `null` is none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutLink {
    // One that is not there is a mistake, and no `null`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) link: Option<String>,
}

/// `PUT /v1/register`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutRegister {
    pub(super) state: String,
}

/// A request that says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Reads a body; an empty one is an empty object.
///
/// # Errors
/// [`BenchError::RequestBody`]: what is wrong, and where.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, BenchError> {
    let body = if body.trim_ascii().is_empty() {
        b"{}"
    } else {
        body
    };
    // A list would be taken for the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(BenchError::RequestBody {
            why: "no JSON object".to_owned(),
        });
    }
    serde_json::from_slice(body).map_err(|error| BenchError::RequestBody {
        why: error.to_string(),
    })
}

fn whose(persona: Option<String>, toml: Option<String>) -> Result<Whose, BenchError> {
    match (persona, toml) {
        (Some(name), None) => Ok(Whose::Name(name)),
        (None, Some(text)) => Ok(Whose::Text(text)),
        _ => Err(BenchError::RequestBody {
            why: "either persona or toml".to_owned(),
        }),
    }
}

/// Names of faults or quirks, no more than a persona file may have.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    if names.len() > MAX_NAMES {
        return Err(D::Error::custom(format_args!(
            "more than {MAX_NAMES} names"
        )));
    }
    Ok(names)
}

fn some_names<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    names(from).map(Some)
}

/// A field that is there: `null` says something else than nothing.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_an_empty_object_and_unknown_fields_are_refused() {
        assert!(!read::<Insert>(b"").unwrap().changes());
        assert!(!read::<Insert>(b" {} ").unwrap().changes());
        let error = read::<Insert>(b"{\"person\": \"an\"}").unwrap_err();
        assert!(error.to_string().contains("person"), "{error}");
        assert!(read::<Nothing>(b"[]").is_err() && read::<PutLink>(b"[null]").is_err());
    }

    #[test]
    fn lists_have_an_end_and_a_link_is_said() {
        let many = |count| format!("{{\"faults\": {:?}}}", vec!["mute"; count]);
        assert!(read::<PutFaults>(many(MAX_NAMES).as_bytes()).is_ok());
        assert!(read::<PutFaults>(many(MAX_NAMES + 1).as_bytes()).is_err());
        assert!(read::<Insert>(many(MAX_NAMES + 1).as_bytes()).is_err());
        assert!(read::<PutLink>(b"{}").is_err());
        assert!(read::<PutLink>(b"{\"link\": null}").unwrap().link.is_none());
    }

    #[test]
    fn null_takes_a_link_away_and_silence_leaves_it() {
        let none = read::<Insert>(b"{\"link\": null}").unwrap();
        assert_eq!((none.link.clone(), none.changes()), (Some(None), true));
        assert_eq!(read::<Insert>(b"{}").unwrap().link, None);
    }

    #[test]
    fn a_persona_is_named_or_written_not_both() {
        let both = read::<PutPersona>(b"{\"persona\": \"an\", \"toml\": \"\"}").unwrap();
        assert!(both.whose().is_err());
        assert!(read::<PutPersona>(b"{}").unwrap().whose().is_err());
    }
}
