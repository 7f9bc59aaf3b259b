//! A register that knows a virtual card from a file, in the state that the file says.

use crate::crypto::hash::Hash;
use crate::error::Error;
use crate::lds::FileId;
use crate::lds::mrz::Sex;
use crate::registry::Embedded;
use crate::registry::samples;
use crate::registry::samples::Card;
use crate::registry::samples::Citizen;
use crate::sim::persona::CardState;
use crate::sim::persona::Persona;

/// Characters of the document number that access control takes.
const NUMBER: usize = 9;

/// A register that knows this persona and nobody else.
///
/// # Errors
/// [`Error`] when the card cannot be made, or the register cannot.
pub(super) fn knowing(persona: &Persona) -> Result<Embedded, Error> {
    let citizen = &persona.citizen;
    let card = match persona.state {
        CardState::NotOnFile => return Ok(Embedded::holding(Vec::new())?),
        CardState::NotIssued => None,
        status => Some(Card {
            status: status.code().to_owned(),
            document_number: document_number(persona),
            issued: citizen.issued.to_string(),
            expiry: citizen
                .expires
                .map_or_else(|| "never".to_owned(), |day| day.to_string()),
            sod: digest(persona)?,
        }),
    };
    let sex = match citizen.sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unspecified => "unspecified",
    };
    Ok(Embedded::holding(vec![Citizen {
        number: citizen.number.clone(),
        old_number: None,
        status: samples::in_force(),
        fact: Vec::new(),
        name: citizen.name.clone(),
        birth: citizen.birth.to_string(),
        sex: sex.to_owned(),
        nationality: persona.chip.document.state.clone(),
        residence: citizen.residence.clone(),
        card: card.into_iter().collect(),
    }])?)
}

/// What the zone has as document number.
fn document_number(persona: &Persona) -> String {
    if let Some(own) = &persona.chip.document.own_number {
        return own.clone();
    }
    let information = persona.mrz_information();
    let number = information.get(..NUMBER).unwrap_or_default();
    number.trim_end_matches('<').to_owned()
}

/// The digest of the security object, for documents that do not say the citizen number, by which a
/// register else finds a card. It is that of the card without faults: the register knows what was issued.
fn digest(persona: &Persona) -> Result<Option<String>, Error> {
    if persona.chip.document.has_qr() {
        return Ok(None);
    }
    let honest = persona.clone().with(|chip| chip.faults.clear());
    let card = honest.personalise()?;
    let object = card.files.get(&FileId::Sod);
    Ok(object.map(|bytes| hex::encode(Hash::Sha256.digest(&[bytes]))))
}
