//! A Vietnamese citizen card's record field by field, for showing.
//!
//! Labels are the card profile's, by these names: the card of 2024 names some fields otherwise than
//! the card of 2021.

use crate::bytes::date::PartialDate;
use crate::lds::dg13::citizen::CitizenRecord;
use crate::lds::dg13::citizen::Expiry;
use crate::lds::dg13::entry::Value;
use crate::lds::dg13::field;
use crate::lds::field::Field;
use crate::lds::field::Value as Shown;
use crate::lds::mrz::Sex;

/// Fields of one text each, in the order they are shown, by their names in card profiles.
const TEXTS: [(u32, &str); 14] = [
    (field::CITIZEN_NUMBER, "citizen_number"),
    (field::NAME, "name"),
    (field::BIRTH, "birth"),
    (field::SEX, "sex"),
    (field::NATIONALITY, "nationality"),
    (field::ETHNICITY, "ethnicity"),
    (field::RELIGION, "religion"),
    (field::ORIGIN, "origin"),
    (field::RESIDENCE, "residence"),
    (field::FEATURES, "features"),
    (field::ISSUED, "issued"),
    (field::EXPIRES, "expires"),
    (field::OLD_NUMBER, "old_number"),
    (field::CODE16, "code16"),
];

/// What the law counts among sensitive personal data (decree 356/2025): of these fields what shows
/// origin, belief, or the body.
const SENSITIVE: [u32; 3] = [field::ETHNICITY, field::RELIGION, field::FEATURES];

/// Names of persons, by field and place.
const PERSONS: [(u32, usize, &str); 3] = [
    (field::PARENTS, 0, "father"),
    (field::PARENTS, 1, "mother"),
    (field::SPOUSE, 0, "spouse"),
];

impl CitizenRecord {
    /// What the record says, in the order of the card. A field that is absent is not there; a date or
    /// word that is none of the known ones is shown as the text it is.
    ///
    /// Entries that nobody knows, and known ones of another form, are listed by their numbers in
    /// `unknown_entries`; their octets are in `unknown_octets`, which is sensitive, since nobody can
    /// say what they tell.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        for (number, name) in TEXTS {
            if let Some(text) = self.text(number) {
                let value = self.shown(number, text);
                fields.push(if SENSITIVE.contains(&number) {
                    Field::sensitive(name, value)
                } else {
                    Field::shown(name, value)
                });
            }
            // Persons stand between the dates and the numbers, as on the card.
            if number == field::EXPIRES {
                fields.extend(self.persons());
            }
        }
        fields.extend(self.unknown());
        fields
    }

    fn shown(&self, number: u32, text: &str) -> Shown {
        let date = || PartialDate::from_vietnamese(text).map(Shown::Date);
        let known = match number {
            field::BIRTH | field::ISSUED => date(),
            field::EXPIRES => match self.expires() {
                Expiry::Date(date) => Some(Shown::Date(date)),
                Expiry::None => Some(Shown::Word("never")),
                Expiry::Unknown => None,
            },
            field::SEX => match self.sex() {
                Some(Sex::Male) => Some(Shown::Word("male")),
                Some(Sex::Female) => Some(Shown::Word("female")),
                Some(Sex::Unspecified) | None => None,
            },
            _ => None,
        };
        known.unwrap_or_else(|| Shown::Text(text.to_owned()))
    }

    fn persons(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        for (number, place, name) in PERSONS {
            if let Some(person) = self.person(number, place) {
                fields.push(Field::shown(name, Shown::Text(person.to_owned())));
            }
        }
        // Behind the two parents and the one spouse: nobody knows who these are.
        let named = |number| PERSONS.iter().filter(|known| known.0 == number).count();
        let others: Vec<Shown> = [field::PARENTS, field::SPOUSE]
            .into_iter()
            .filter_map(|number| match self.fields.get(&number)? {
                Value::Persons(names) => Some(names.iter().skip(named(number))),
                _ => None,
            })
            .flatten()
            .filter(|name| !name.is_empty())
            .map(|name| Shown::Text(name.clone()))
            .collect();
        if !others.is_empty() {
            fields.push(Field::shown("further_persons", Shown::List(others)));
        }
        fields
    }

    fn unknown(&self) -> Vec<Field> {
        let raw: Vec<(u32, &Vec<u8>)> = self
            .fields
            .iter()
            .filter_map(|(number, value)| match value {
                Value::Raw(octets) => Some((*number, octets)),
                _ => None,
            })
            .collect();
        if raw.is_empty() {
            return Vec::new();
        }
        let number = |number: u32| Shown::Number(u64::from(number));
        let numbers = raw.iter().map(|(entry, _)| number(*entry)).collect();
        let entries = raw
            .iter()
            .map(|(entry, octets)| {
                Shown::Fields(vec![
                    Field::shown("entry", number(*entry)),
                    Field::sensitive("content", Shown::Octets((*octets).clone())),
                ])
            })
            .collect();
        vec![
            Field::shown("unknown_entries", Shown::List(numbers)),
            Field::sensitive("unknown_octets", Shown::List(entries)),
        ]
    }
}
