//! The invented citizens that fill a new register.

use serde::Deserialize;

use crate::registry::facts::Fact;
use crate::registry::facts::FactKind;
use crate::registry::number_key::NumberKey;
use crate::registry::number_key::PersonKey;
use crate::registry::query::CitizenNumber;
use crate::registry::tables::Malformed;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Samples {
    citizen: Vec<Citizen>,
}

/// What a new register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// The sample citizens.
    Samples,
    /// Nobody.
    Nobody,
}

/// An invented citizen, as the file of samples has them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citizen {
    /// Twelve digits
    pub number: String,
    /// The number that the citizen had before, where there was another
    #[serde(default)]
    pub old_number: Option<String>,
    /// Code of the person's status
    #[serde(default = "in_force")]
    pub status: String,
    /// Full name
    pub name: String,
    /// Date of birth in ISO 8601, as far as it is known
    pub birth: String,
    /// `male`, `female` or `unspecified`
    pub sex: String,
    /// As the zone has it
    pub nationality: String,
    /// Place of permanent residence
    pub residence: String,
    /// The other facts, by the codes of their kinds
    #[serde(default)]
    pub fact: Vec<SampleFact>,
    /// The citizen's cards
    #[serde(default)]
    pub card: Vec<Card>,
}

/// A fact about an invented citizen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleFact {
    /// Code of its kind
    pub kind: String,
    /// What it says
    pub value: String,
    /// Code of the administrative unit, where it is a place
    #[serde(default)]
    pub place: Option<String>,
}

/// A card of an invented citizen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Code of its status
    pub status: String,
    /// Document number
    pub document_number: String,
    /// Date of issue
    pub issued: String,
    /// Date of expiry, or `never`
    pub expiry: String,
    /// SHA-256 of EF.SOD in hexadecimal, where the register knows it
    pub sod: Option<String>,
}

/// The status of a citizen of whom nothing else is said.
pub fn in_force() -> String {
    "in_force".to_owned()
}

impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(..)")
    }
}

impl std::fmt::Debug for SampleFact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SampleFact(..)")
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(..)")
    }
}

impl Citizen {
    /// The keys of this number and of the earlier one.
    pub(super) fn keys(
        &self,
        key: &NumberKey,
    ) -> Result<(PersonKey, Option<PersonKey>), Malformed> {
        let person = |number: &str| {
            let number = CitizenNumber::new(number).ok_or(Malformed("number of a sample"))?;
            Ok(key.person(&number))
        };
        let old = self.old_number.as_deref().map(person).transpose()?;
        Ok((person(&self.number)?, old))
    }

    /// What the register knows beside.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let residence = Fact {
            kind: FactKind::PermanentResidence,
            value: self.residence.clone(),
            place: None,
        };
        let others = self.fact.iter().filter_map(|fact| {
            Some(Fact {
                kind: FactKind::from_code(&fact.kind)?,
                value: fact.value.clone(),
                place: fact.place.clone(),
            })
        });
        let mut all: Vec<Fact> = others.collect();
        if !all.iter().any(|fact| fact.kind == residence.kind) && !self.residence.is_empty() {
            all.push(residence);
        }
        all
    }
}

impl Card {
    /// The digest of the security object.
    pub(super) fn digest(&self) -> Result<Option<Vec<u8>>, Malformed> {
        let digest = self.sod.as_deref().map(hex::decode).transpose();
        match digest {
            Ok(digest) if digest.as_ref().is_none_or(|octets| octets.len() == 32) => Ok(digest),
            _ => Err(Malformed("digest of a sample card")),
        }
    }
}

/// The citizens whom a new register knows.
pub(super) fn citizens() -> Result<Vec<Citizen>, Malformed> {
    let samples: Result<Samples, _> = toml::from_str(include_str!("sample_citizens.toml"));
    let samples = samples.map_err(|_| Malformed("list of sample citizens"))?;
    Ok(samples.citizen)
}
