//! The keys that open the persona's card, as they stand in the header: each is what the persona's own
//! files say, or follows from the seed. So none of them can be anybody's.

use std::collections::BTreeMap;

use crate::crypto::random::Random;
use crate::error::Error;
use crate::error::SetupError;
use crate::lds::DataGroup;
use crate::lds::FileId;
use crate::lds::dg1::Dg1;
use crate::lds::key::AccessKey;
use crate::lds::mrz::Mrz;
use crate::redact::groups;
use crate::redact::invent::Inventor;
use crate::redact::invent::NEVER;
use crate::redact::terms::Terms;
use crate::redact::terms::ZoneKey;
use crate::secret::Secret;
use crate::sim::seed::Seeded;

/// Digits of a card access number, which are the last of a citizen number.
const ACCESS_NUMBER: usize = 6;

/// So many digits in a row in a seed may be somebody's number.
const NUMBER: usize = 6;

/// The zone of a persona.
pub(super) fn zone_of(files: &BTreeMap<FileId, Vec<u8>>) -> Option<Mrz> {
    let file = files.get(&FileId::Group(DataGroup::DG1))?;
    Dg1::decode(file).ok().map(|dg1| dg1.mrz)
}

/// Digits that follow from the seed.
fn digits(seed: &str, what: &str, length: usize) -> Result<String, SetupError> {
    let mut octets = vec![0; length];
    Seeded::new(&format!("{seed} key {what}")).fill(&mut octets)?;
    Ok(octets
        .into_iter()
        .map(|octet| char::from(b'0' + octet % 10))
        .collect())
}

/// A date of a zone that follows from the seed.
fn date(seed: &str, what: &str) -> Result<String, SetupError> {
    let mut octets = [0; 3];
    Seeded::new(&format!("{seed} key {what}")).fill(&mut octets)?;
    let [year, month, day] = octets;
    let (year, month, day) = (30 + year % 60, 1 + month % 12, 1 + day % 28);
    Ok(format!("{year:02}{month:02}{day:02}"))
}

/// The key of a zone that follows from the seed, as long as another.
fn zone(seed: &str, place: usize, length: usize) -> Result<ZoneKey, SetupError> {
    Ok(ZoneKey {
        number: digits(seed, &format!("number {place}"), length)?,
        birth: date(seed, &format!("birth {place}"))?,
        expiry: date(seed, &format!("expiry {place}"))?,
    })
}

/// Names the persona's keys: of the kinds that were tried at the card, in their order.
pub(super) fn name(
    key: &AccessKey,
    old: Option<&Mrz>,
    new: Option<&Mrz>,
    terms: &mut Terms,
    inventor: &Inventor,
) -> Result<(), Error> {
    let seed = terms.seed.clone();
    let length = |secret: &Secret| secret.expose().len();
    terms.can = match &key.can {
        None => None,
        Some(secret) => {
            let text = std::str::from_utf8(secret.expose()).unwrap_or_default();
            let known = inventor.known_number(text).filter(|_| new.is_some());
            Some(match known {
                Some(known) => known.to_owned(),
                None => digits(&seed, "CAN", length(secret))?,
            })
        }
    };
    let of_seed = |secret: &Option<Secret>, what: &str| {
        let secret = secret.as_ref();
        secret
            .map(|secret| digits(&seed, what, length(secret)))
            .transpose()
    };
    terms.pin = of_seed(&key.pin, "PIN")?;
    terms.puk = of_seed(&key.puk, "PUK")?;
    let fields = |mrz: Option<&Mrz>| mrz.and_then(|mrz| ZoneKey::of(&mrz.key()));
    let people = fields(old).zip(fields(new));
    terms.zones.clear();
    for (place, candidate) in key.mrz.iter().filter_map(ZoneKey::of).enumerate() {
        let mut made = zone(&seed, place, candidate.number.len())?;
        // A candidate that is partly right is partly right again.
        if let Some((old, new)) = &people {
            if candidate.number == old.number {
                made.number.clone_from(&new.number);
            }
            if candidate.birth == old.birth {
                made.birth.clone_from(&new.birth);
            }
            if candidate.expiry == old.expiry {
                made.expiry.clone_from(&new.expiry);
            }
        }
        if candidate.expiry == NEVER {
            NEVER.clone_into(&mut made.expiry);
        }
        terms.zones.push(made);
    }
    Ok(())
}

/// Whether every key and every other text of the header is the persona's or the seed's.
pub(super) fn is_own(terms: &Terms, files: &BTreeMap<FileId, Vec<u8>>) -> Result<bool, SetupError> {
    let seed = &terms.seed;
    let mut digits_in_a_row = 0;
    for character in seed.chars() {
        digits_in_a_row = if character.is_ascii_digit() {
            digits_in_a_row + 1
        } else {
            0
        };
        if digits_in_a_row >= NUMBER {
            return Ok(false);
        }
    }
    let letters = terms.country.bytes().all(|byte| byte.is_ascii_uppercase());
    if terms.country.len() != 2 || !letters {
        return Ok(false);
    }
    let mrz = zone_of(files);
    let group_13 = files.get(&FileId::Group(DataGroup::DG13));
    let mut numbers: Vec<String> = group_13
        .and_then(|file| groups::citizen_number(file))
        .into_iter()
        .collect();
    if let Some(mrz) = &mrz {
        numbers.push(mrz.document_number().to_owned());
        numbers.extend(mrz.citizen_number().map(str::to_owned));
    }
    let says = |number: &String, key: &String| {
        key.len() == ACCESS_NUMBER && number.ends_with(key.as_str())
    };
    for (key, what) in [
        (&terms.can, "CAN"),
        (&terms.pin, "PIN"),
        (&terms.puk, "PUK"),
    ] {
        let Some(key) = key else {
            continue;
        };
        let tail = what == "CAN" && numbers.iter().any(|number| says(number, key));
        if !tail && *key != digits(seed, what, key.len())? {
            return Ok(false);
        }
    }
    let own = mrz.and_then(|mrz| ZoneKey::of(&mrz.key()));
    for (place, key) in terms.zones.iter().enumerate() {
        let made = zone(seed, place, key.number.len())?;
        let is = |field: fn(&ZoneKey) -> &String| {
            field(key) == field(&made) || own.as_ref().is_some_and(|own| field(key) == field(own))
        };
        let expires = is(|key| &key.expiry) || key.expiry == NEVER;
        if !(is(|key| &key.number) && is(|key| &key.birth) && expires) {
            return Ok(false);
        }
    }
    Ok(match terms.challenge {
        None => true,
        Some(challenge) => challenge == self::challenge(seed)?,
    })
}

/// The challenge in place of that of a relying party.
pub(super) fn challenge(seed: &str) -> Result<[u8; 8], SetupError> {
    let mut invented = [0; 8];
    Seeded::new(&format!("{seed} challenge")).fill(&mut invented)?;
    Ok(invented)
}
